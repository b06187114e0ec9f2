//! What the client says, frame by frame. One that cannot be read costs nothing but itself: the transport behind this would end
//! with it, and the session with that. Half characters, which JavaScript's strings can hold and text cannot, are replaced: without the
//! change that brings one all later changes would be made in wrong places.

use serde_json::Value;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream,
};

/// What is passed on in the place of a frame that is no JSON: [`super::gate`] answers it.
pub(super) const MALFORMED: &str = "$/weir/malformed";

/// The same of JSON that is no message, or several.
pub(super) const NO_MESSAGE: &str = "$/weir/no-message";

/// What stands for a half character: as long as what it replaces, in JSON as in the client's columns.
const REPLACEMENT: &[u8; 6] = br"\ufffd";

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
            let body = admitted(body);
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

/// What is passed on of a frame.
fn admitted(mut body: Vec<u8>) -> Vec<u8> {
    let mut read = serde_json::from_slice::<Value>(&body);
    if read.is_err() && replace_half_characters(&mut body) {
        read = serde_json::from_slice(&body);
    }
    match read {
        Ok(message) if is_message(&message) => body,
        Ok(_) => substitute(NO_MESSAGE),
        Err(_) => substitute(MALFORMED),
    }
}

/// Whether this is a request, a notification or an answer.
fn is_message(message: &Value) -> bool {
    let is_id = |id: &Value| id.is_null() || id.is_string() || id.is_i64();
    let id = message.get("id");
    let is_said = message.get("method").is_some_and(Value::is_string) && id.is_none_or(|id| is_id(id) && !id.is_null());
    let is_error = |error: &Value| error["code"].is_i64() && error["message"].is_string();
    let is_answer = id.is_some_and(is_id) && (message.get("error").map_or(message.get("result").is_some(), is_error));
    message["jsonrpc"] == "2.0" && (is_said || is_answer)
}

/// Replaces each surrogate that has no other half, and all that are no escapes: no UTF-8 holds any. Whether there was one.
fn replace_half_characters(json: &mut [u8]) -> bool {
    let unit = |escape: Option<&[u8]>| {
        let digits = escape?.strip_prefix(br"\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (mut at, mut any) = (0, false);
    while at < json.len() {
        at += match (json[at], unit(json.get(at..at + 6))) {
            (b'\\', Some(0xD800..=0xDBFF)) if matches!(unit(json.get(at + 6..at + 12)), Some(0xDC00..=0xDFFF)) => 12,
            (b'\\', Some(0xD800..=0xDFFF)) => {
                json[at..at + 6].copy_from_slice(REPLACEMENT);
                any = true;
                6
            }
            // Whatever is escaped is not the start of an escape.
            (b'\\', _) => 2,
            (0xED, _) if matches!(json.get(at + 1..at + 3), Some([0xA0..=0xBF, 0x80..=0xBF])) => {
                json[at..at + 3].copy_from_slice("\u{FFFD}".as_bytes());
                any = true;
                3
            }
            _ => 1,
        };
    }
    any
}

fn substitute(method: &str) -> Vec<u8> {
    serde_json::json!({ "jsonrpc": "2.0", "method": method }).to_string().into_bytes()
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
        for (bad, method) in [
            (r#"{"a":"#, MALFORMED),
            ("\u{0}", MALFORMED),
            ("[]", NO_MESSAGE),
            (r#"[{"jsonrpc":"2.0","method":"a"}]"#, NO_MESSAGE),
            ("{}", NO_MESSAGE),
            ("1", NO_MESSAGE),
            (r#"{"jsonrpc":"1.0","method":"a"}"#, NO_MESSAGE),
            (r#"{"jsonrpc":"2.0","id":{}}"#, NO_MESSAGE),
        ] {
            let instead = framed(&String::from_utf8(substitute(method)).expect("text"));
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
    async fn half_characters_are_replaced_and_all_else_stays() {
        let message = |text: &str| framed(&format!(r#"{{"jsonrpc":"2.0","method":"a","params":["{text}"]}}"#));
        for (said, expected) in [
            (r"\ud83d", r"\ufffd"),
            (r"a\uDE00\uD83Db", r"a\ufffd\ufffdb"),
            (r"\ud83d\ud83d\ude00\ude00", r"\ufffd\ud83d\ude00\ufffd"),
            (r"\\ud83d\ud83d\n", r"\\ud83d\ufffd\n"),
            (r"\ud83d\u0041", r"\ufffd\u0041"),
            (r"\ud83d\ude00\\ud83d", r"\ud83d\ude00\\ud83d"),
        ] {
            assert_eq!(passed(&message(said)).await, message(expected), "{said}");
        }
        // As bytes, where what writes them does not look.
        let mut bytes = message("a###b\u{D7FF}").into_bytes();
        let at = bytes.iter().position(|&byte| byte == b'#').expect("a place");
        bytes[at..at + 3].copy_from_slice(&[0xED, 0xA0, 0xBD]);
        let mut out = String::new();
        messages(Cursor::new(bytes)).read_to_string(&mut out).await.expect("text");
        assert_eq!(out, message("a\u{FFFD}b\u{D7FF}"));
        let instead = framed(&String::from_utf8(substitute(MALFORMED)).expect("text"));
        for broken in [r"\ud83", r"\ud83d\", r"\ud83d\ux"] {
            assert_eq!(passed(&message(broken)).await, instead, "{broken}");
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
