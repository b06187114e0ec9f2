//! What the client says, frame by frame. One that cannot be read costs nothing but itself: the transport behind this would end
//! with it, and the session with that.

use serde_json::Value;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream,
};

/// What is passed on in the place of a frame that is no message: [`super::gate`] answers it.
pub(super) const MALFORMED: &str = "$/weir/malformed";

/// What waits between this and the transport.
const BUFFER: usize = 64 << 10;

/// No message of an editor is so long: documents over the worker's limit are refused at a tenth of it.
const MAX_BODY: usize = 256 << 20;

/// Passes on every message that is one.
pub(super) fn messages(input: impl AsyncRead + Send + Unpin + 'static) -> DuplexStream {
    let (mut out, read) = tokio::io::duplex(BUFFER);
    tokio::spawn(async move {
        let mut input = BufReader::new(input);
        while let Some(body) = frame(&mut input).await {
            let body = if is_message(&body) { body } else { substitute() };
            let header = format!("Content-Length: {}\r\n\r\n", body.len());
            if out.write_all(header.as_bytes()).await.is_err() || out.write_all(&body).await.is_err() {
                break;
            }
        }
    });
    read
}

/// The body of the next frame; none at the end. Lines that are no header are skipped until there is one.
async fn frame(input: &mut (impl AsyncBufRead + Unpin)) -> Option<Vec<u8>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line);
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse::<usize>().ok().filter(|&length| length <= MAX_BODY);
            }
            None if line.trim().is_empty() && length.is_some() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length?];
    input.read_exact(&mut body).await.ok()?;
    Some(body)
}

/// Whether this is a request, a notification or an answer.
fn is_message(body: &[u8]) -> bool {
    let Ok(message) = serde_json::from_slice::<Value>(body) else { return false };
    let is_id = |id: &Value| id.is_null() || id.is_string() || id.is_i64();
    let id = message.get("id");
    let is_said = message.get("method").is_some_and(Value::is_string) && id.is_none_or(|id| is_id(id) && !id.is_null());
    let is_error = |error: &Value| error["code"].is_i64() && error["message"].is_string();
    let is_answer = id.is_some_and(is_id) && (message.get("error").map_or(message.get("result").is_some(), is_error));
    message["jsonrpc"] == "2.0" && (is_said || is_answer)
}

fn substitute() -> Vec<u8> {
    serde_json::json!({ "jsonrpc": "2.0", "method": MALFORMED }).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    async fn passed(input: &str) -> String {
        let mut out = String::new();
        messages(Cursor::new(input.to_owned().into_bytes())).read_to_string(&mut out).await.expect("text");
        out
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn what_is_no_message_is_replaced_and_what_follows_is_passed_on() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"a","params":["\u00e4"]}"#);
        let instead = framed(&String::from_utf8(substitute()).expect("text"));
        for bad in
            [r#"{"a":"#, "[]", "{}", "1", r#"{"jsonrpc":"1.0","method":"a"}"#, r#"{"jsonrpc":"2.0","id":{}}"#, "\u{0}"]
        {
            let input = format!("{}{good}", framed(bad));
            assert_eq!(passed(&input).await, format!("{instead}{good}"), "{bad}");
        }
        for answer in
            [r#"{"jsonrpc":"2.0","id":1,"result":null}"#, r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#]
        {
            assert_eq!(passed(&framed(answer)).await, framed(answer));
        }
    }

    #[tokio::test]
    async fn headers_come_in_any_form() {
        let body = r#"{"jsonrpc":"2.0","method":"a"}"#;
        let length = body.len();
        for header in [
            format!("content-length:{length}\r\n\r\n"),
            format!("Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: {length}\r\n\r\n"),
            format!("noise\r\n\r\nContent-Length: {length}\n\n"),
            format!("Content-Length: x\r\nContent-Length: {length}\r\n\r\n"),
        ] {
            assert_eq!(passed(&format!("{header}{body}")).await, framed(body), "{header}");
        }
        assert_eq!(passed("Content-Length: 10\r\n\r\n{}").await, "");
    }
}
