//! Workers that are processes of a program, and their pipes.

use super::served::{Says, Served};
use crate::sandbox::Confinement;
use crate::usage::usage;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Once;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use weir_model::framing::{self, FrameError, MAX_FRAME};
use weir_model::{Event, Judged};

/// Answers come in bursts of small frames.
const READ_BUFFER: usize = 64 << 10;

/// A worker that writes more lines than this to its standard error is not worth the log's space.
const MAX_LOGGED_LINES: u32 = 100;

/// Longest part of a line that is logged, in bytes.
const MAX_LOGGED_LINE: u64 = 400;

/// A program that is a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

impl Program {
    /// This program, as `weir worker`.
    pub fn this() -> Self {
        Self { path: this_executable(), args: vec!["worker".into()] }
    }

    /// Starts a process that serves a slot until it ends or is killed.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn serve(&self, confinement: Confinement, served: Served) {
        let Served { requests, killed, says } = served;
        match self.spawn(confinement) {
            Ok((child, stdin, stdout, stderr)) => {
                tokio::spawn(write(stdin, requests));
                tokio::spawn(log(stderr));
                tokio::spawn(async move {
                    let killed = async {
                        // Nobody left who could is none who does.
                        if killed.await.is_err() {
                            std::future::pending::<()>().await;
                        }
                    };
                    watch(child, stdout, killed, says).await;
                });
            }
            Err(error) => tracing::error!("cannot start {}: {error}", self.path.display()),
        }
    }

    fn spawn(&self, confinement: Confinement) -> io::Result<(Child, ChildStdin, ChildStdout, ChildStderr)> {
        let mut command = Command::new(&self.path);
        // The environment may hold secrets, and a worker reads what strangers wrote.
        let kept = KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.env_clear().envs(kept).envs(confinement.variables());
        command.args(&self.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // A Ctrl-C in the terminal is for the parent; a group of its own keeps it from the worker.
        #[cfg(unix)]
        command.process_group(0).arg0("weir");
        // No console window for an editor's server.
        #[cfg(windows)]
        command.creation_flags(0x0800_0000);
        let mut child = command.spawn()?;
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok((child, stdin, stdout, stderr)),
            _ => Err(io::Error::other("the process has no pipes")),
        }
    }
}

/// What a worker gets of this process' environment: how it logs, and without what no program starts on Windows.
const KEPT: [&str; 4] = ["WEIR_LOG", "WEIR_LOG_FORMAT", "NO_COLOR", "SystemRoot"];

/// On Linux the running program itself, even after an update has replaced its file: parent and worker stay one version.
fn this_executable() -> PathBuf {
    let running = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() {
        return running.to_owned();
    }
    std::env::current_exe().unwrap_or_else(|_| "weir".into())
}

async fn write(mut stdin: ChildStdin, mut frames: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(frame) = frames.recv().await {
        if stdin.write_all(&frame).await.is_err() {
            return;
        }
    }
}

/// Passes on what the worker says until it ends or is killed, then makes sure that it is gone, and says so.
async fn watch(mut child: Child, stdout: ChildStdout, killed: impl Future<Output = ()>, says: Says) {
    let pid = child.id().unwrap_or_default();
    tokio::select! {
        end = read(stdout, pid, &says) => {
            if let Err(error) = end {
                tracing::warn!("a worker is stopped: {error}");
            }
        }
        () = killed => {}
    }
    // An error means that it is gone already. Waiting for it leaves no zombie.
    let _ = child.start_kill();
    match child.wait().await {
        Ok(status) => tracing::debug!("a worker ended: {status}"),
        Err(error) => tracing::warn!("a worker cannot be waited for: {error}"),
    }
}

async fn read(stdout: ChildStdout, pid: u32, says: &Says) -> Result<(), FrameError> {
    let mut stdout = BufReader::with_capacity(READ_BUFFER, stdout);
    let mut prefix = [0; 4];
    loop {
        match stdout.read_exact(&mut prefix).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        };
        let mut body = vec![0; framing::body_len(prefix, MAX_FRAME)?];
        stdout.read_exact(&mut body).await?;
        let mut event: Event = framing::decode(&body)?;
        match &mut event {
            Event::Unconfined { lacks, refused: false } => tell_unconfined(lacks),
            // It cannot look itself: it may open no file.
            Event::Judged { judged: Judged::Analysed(analysed), .. } => {
                analysed.resident = usage(pid).map_or(0, |usage| usage.memory);
            }
            _ => {}
        }
        if !says.say(event) {
            return Ok(());
        }
    }
}

/// Logs, once for all pools, what workers go on without.
fn tell_unconfined(lacks: &[String]) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        let lacks = lacks.join("; ");
        // Where nothing else can be had, it is a property of Weir, and nobody can do anything about it.
        if cfg!(target_os = "linux") {
            tracing::warn!("analysis processes are not confined as they should be: {lacks}");
        } else {
            tracing::info!("analysis processes are not confined on this system: {lacks}");
        }
    });
}

/// Logs what the worker writes to its standard error. Workers of ours write no source text there.
async fn log(stderr: ChildStderr) {
    let mut stderr = BufReader::new(stderr);
    let mut lines = 0;
    loop {
        let mut line = Vec::new();
        match (&mut stderr).take(MAX_LOGGED_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) if lines < MAX_LOGGED_LINES => {
                lines += 1;
                tracing::debug!("worker: {}", String::from_utf8_lossy(&line).trim_end());
            }
            // Read on, so that the worker never waits for somebody to read.
            Ok(_) => {}
        }
    }
}
