//! A session's worker: its process, its pipes, and what the system says of it.

use super::LinkConfig;
use std::io;
use std::process::Stdio;
use std::sync::Once;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use weir_model::framing;
use weir_model::link::Tag;
use weir_seal::MAX_SEALED_FRAME;

/// Starts a worker. It gets nothing of this process but its pipes and how to confine itself: no environment, no directory, and
/// no place to write lines to, so that nothing it could say of what it reads is ever kept.
pub(super) fn start(config: &LinkConfig) -> io::Result<(Child, ChildStdin, ChildStdout)> {
    let mut command = Command::new(&config.program.path);
    command
        .args(&config.program.args)
        .env_clear()
        .envs(config.confinement.variables())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.kill_on_drop(true);
    // A Ctrl-C in the terminal is for the engine, which ends its workers in order.
    #[cfg(unix)]
    command.process_group(0).arg0("weir").current_dir("/");
    let mut child = command.spawn()?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(stdin), Some(stdout)) => Ok((child, stdin, stdout)),
        _ => Err(io::Error::other("the process has no pipes")),
    }
}

/// Logs, once, what workers go on without, or do not start for.
pub(super) fn tell_unconfined(lacks: &str) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| tracing::warn!("sealed workers are not confined as they should be: {lacks}"));
}

/// Bytes of a frame's length.
const PREFIX: usize = 4;

/// Writes one frame to a worker: its tag and its body, as it came over the WebSocket.
pub(super) async fn write(stdin: &mut ChildStdin, message: &[u8]) -> io::Result<()> {
    let prefix = (message.len() as u32).to_le_bytes();
    if message.len() <= SMALL {
        // One write for what is small, which nearly all is.
        return stdin.write_all(&[&prefix, message].concat()).await;
    }
    stdin.write_all(&prefix).await?;
    stdin.write_all(message).await
}

/// A frame of a keystroke is no larger.
const SMALL: usize = 4 << 10;

/// Reads one frame of a worker's: its tag and, with the tag before it as it goes over the WebSocket, its body. `None` at
/// the end, and if what comes is none of a worker's.
pub(super) async fn read(stdout: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<(Tag, Vec<u8>)> {
    let mut prefix = [0; PREFIX];
    stdout.read_exact(&mut prefix).await.ok()?;
    let len = framing::body_len(prefix, MAX_SEALED_FRAME + 1).ok().filter(|&len| len > 0)?;
    let mut message = vec![0; len];
    stdout.read_exact(&mut message).await.ok()?;
    Some((Tag::from_byte(message[0])?, message))
}
