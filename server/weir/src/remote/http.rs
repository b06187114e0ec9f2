//! As much of HTTP as is spoken before there is a WebSocket: the answer of a proxy, and who an engine is.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Proxies and engines say little in their headers.
const MAX_HEAD: usize = 16 << 10;

/// What an engine says of itself is less.
const MAX_BODY: usize = 64 << 10;

/// What every answer begins with.
const BEGINNING: &[u8] = b"HTTP/1.";

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// Another request may follow it over the same stream.
    pub(super) goes_on: bool,
}

/// Reads the head of an answer, byte by byte: what follows belongs to whoever asked for it.
pub(super) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
        // Who speaks something else may wait for us to speak.
        if head.len() > MAX_HEAD || head.iter().zip(BEGINNING).any(|(one, other)| one != other) {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(head)
}

/// The status of an answer with this head.
pub(super) fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|&byte| byte == b'\r').next()?;
    std::str::from_utf8(line).ok()?.split(' ').nth(1)?.parse().ok()
}

/// Asks for one document, such that more can be asked for over the same stream.
pub(super) async fn get(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    host: &str,
    path: &str,
) -> io::Result<Answer> {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let head = read_head(stream).await?;
    let status = status(&head).ok_or(io::ErrorKind::InvalidData)?;
    let has = |name: &str, word: &str| values(&head, name).any(|value| value.eq_ignore_ascii_case(word));
    let mut goes_on = head.starts_with(b"HTTP/1.1") && !has("connection", "close");
    let body = if has("transfer-encoding", "chunked") {
        read_chunks(stream).await?
    } else if let Some(length) = values(&head, "content-length").next() {
        let length = length.parse().map_err(|_| io::ErrorKind::InvalidData)?;
        read_exactly(stream, length).await?
    } else {
        goes_on = false;
        read_to_end(stream).await?
    };
    Ok(Answer { status, body, goes_on })
}

/// What a head says under a name: all of a list.
fn values<'a>(head: &'a [u8], name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = head.split(|&byte| byte == b'\n').skip(1).filter_map(|line| std::str::from_utf8(line).ok());
    let named = lines.filter_map(|line| line.split_once(':')).filter(move |(key, _)| key.eq_ignore_ascii_case(name));
    named.flat_map(|(_, values)| values.split(',').map(str::trim))
}

async fn read_exactly(stream: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Vec<u8>> {
    if length > MAX_BODY {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    match stream.take(MAX_BODY as u64).read_to_end(&mut body).await {
        // A peer that closes TLS without saying so has said what it had to say.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(body),
    }
}

/// A body whose sender did not know its length, as some proxies pass all bodies on.
async fn read_chunks(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream).await?;
        let length = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(length, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if length == 0 {
            break;
        }
        if length > MAX_BODY - body.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        body.extend(read_exactly(stream, length).await?);
        read_line(stream).await?;
    }
    while !read_line(stream).await?.is_empty() {}
    Ok(body)
}

async fn read_line(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        if line.len() == MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        line.push(stream.read_u8().await?);
    }
    line.truncate(line.len() - 2);
    String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    /// What comes of an answer, and what is left on the stream for who reads on.
    async fn answered(answer: &str) -> (Result<(u16, String, bool), io::ErrorKind>, String) {
        let (mut ours, mut theirs) = duplex(1 << 20);
        theirs.write_all(answer.as_bytes()).await.expect("room");
        theirs.shutdown().await.expect("open");
        let got = get(&mut ours, "engine.example.com:443", "/health").await;
        let got = got.map(|got| (got.status, String::from_utf8(got.body).expect("text"), got.goes_on));
        let mut rest = String::new();
        ours.read_to_string(&mut rest).await.expect("text");
        (got.map_err(|error| error.kind()), rest)
    }

    #[tokio::test]
    async fn an_answer_is_read_to_its_end_and_no_further() {
        for (answer, expected, rest) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}rest", (200, "{}", true), "rest"),
            ("HTTP/1.1 503 Busy\r\nx: y\r\ncontent-length:0\r\nConnection: Close\r\n\r\n", (503, "", false), ""),
            ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}", (200, "{}", false), ""),
            ("HTTP/1.1 200 OK\r\n\r\n{}", (200, "{}", false), ""),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nx: y\r\n\r\nrest",
                (200, "{}", true),
                "rest",
            ),
        ] {
            let (got, left) = answered(answer).await;
            assert_eq!((got, left.as_str()), (Ok((expected.0, expected.1.to_owned(), expected.2)), rest), "{answer}");
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_or_none_that_an_engine_gives_is_not_read_on() {
        let large = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(MAX_HEAD));
        let chunks = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", MAX_BODY + 1);
        for answer in [
            "SSH-2.0-x\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 65537\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
            &chunks,
            &large,
        ] {
            assert_eq!(answered(answer).await.0, Err(io::ErrorKind::InvalidData), "{answer}");
        }
        for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{"] {
            assert_eq!(answered(answer).await.0, Err(io::ErrorKind::UnexpectedEof), "{answer}");
        }
    }
}
