//! A language server must not outlive its editor.

/// Ends this process when the process with this id ends. An editor that dies normally closes our standard input, which
/// ends us too; this is for one that leaves the stream open in another process.
pub(crate) fn exit_with(pid: u32) {
    let watch = move || {
        wait(pid);
        std::process::exit(1);
    };
    if let Err(error) = std::thread::Builder::new().name("parent".into()).spawn(watch) {
        tracing::warn!("cannot watch the editor's process: {error}");
    }
}

#[cfg(target_os = "linux")]
fn wait(pid: u32) {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    let opened = Pid::from_raw(pid.cast_signed()).map(|pid| pidfd_open(pid, PidfdFlags::empty()));
    match opened {
        Some(Ok(fd)) => {
            // Readable once the process has ended; costs nothing until then.
            while poll(&mut [PollFd::new(&fd, PollFlags::IN)], None).is_err() {}
        }
        Some(Err(rustix::io::Errno::SRCH)) => {}
        // In another process namespace, or an old kernel: the stream's end must do.
        _ => park(),
    }
}

#[cfg(not(target_os = "linux"))]
fn wait(_pid: u32) {
    park();
}

/// Waits for ever.
fn park() {
    loop {
        std::thread::park();
    }
}
