//! What the protocol is spoken over. An editor that does not use standard input and output listens, and is connected to: so VS Code's
//! client has it.

use crate::args::LspArgs;
use anyhow::Context as _;
use std::net::Ipv4Addr;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Where the client's messages come from.
pub(super) type Input = Box<dyn AsyncRead + Send + Unpin>;

/// Where the server's go.
pub(super) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// Both ends of what the arguments ask for.
pub(super) async fn open(args: &LspArgs) -> anyhow::Result<(Input, Output)> {
    if let Some(port) = args.socket {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
        let stream = stream.with_context(|| format!("cannot connect to the editor at port {port}"))?;
        // Each message is written as a whole: waiting for more would hold it up.
        stream.set_nodelay(true).context("cannot set up the connection to the editor")?;
        let (input, output) = stream.into_split();
        return Ok((Box::new(input), Box::new(output)));
    }
    if let Some(path) = &args.pipe {
        let stream = pipe(path).await.with_context(|| format!("cannot connect to the editor at {}", path.display()))?;
        let (input, output) = tokio::io::split(stream);
        return Ok((Box::new(input), Box::new(output)));
    }
    Ok((Box::new(tokio::io::stdin()), Box::new(tokio::io::stdout())))
}

#[cfg(unix)]
async fn pipe(path: &Path) -> std::io::Result<tokio::net::UnixStream> {
    tokio::net::UnixStream::connect(path).await
}

#[cfg(windows)]
#[expect(clippy::unused_async, reason = "elsewhere it waits")]
async fn pipe(path: &Path) -> std::io::Result<tokio::net::windows::named_pipe::NamedPipeClient> {
    tokio::net::windows::named_pipe::ClientOptions::new().open(path)
}
