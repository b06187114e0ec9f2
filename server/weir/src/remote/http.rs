//! As much of HTTP as is spoken before there is a WebSocket: the answer of a proxy, and who an engine says it is.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Proxies and engines say little in their headers.
const MAX_HEAD: usize = 16 << 10;

/// What an engine says of itself is less.
const MAX_BODY: u64 = 64 << 10;

/// Reads the head of an answer, byte by byte: what follows belongs to whoever asked for the tunnel.
pub(super) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

/// The status of an answer with this head.
pub(super) fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|&byte| byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

/// Asks for one document. In the words of HTTP/1.0, whose answers end with the connection.
pub(super) async fn get(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    host: &str,
    path: &str,
) -> io::Result<(Option<u16>, Vec<u8>)> {
    let request =
        format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let head = read_head(stream).await?;
    let mut body = Vec::new();
    match stream.take(MAX_BODY).read_to_end(&mut body).await {
        // A peer that closes TLS without saying so has said what it had to say.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok((status(&head), body)),
    }
}
