//! Bodies of requests: read within bounds, and read as what the contract says they are.

use crate::contract::{ApiError, Code};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{error::Category, json};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of the body of a request that is refused before it is read is looked at for its id.
const GLANCE: usize = 64 << 10;

/// Of a body that nobody wants, so much is taken all the same, for so long.
const UNWANTED: usize = 16 << 20;
const UNWANTED_TIME: Duration = Duration::from_secs(2);

/// Room that is made for a body before it comes: what is announced need not come.
const RESERVE: u64 = 1 << 20;

/// Longest `requestId`, in characters.
pub(super) const REQUEST_ID_CHARS: usize = 256;

/// The client can read JSON.
pub(super) fn takes_json(headers: &HeaderMap) -> Result<(), ApiError> {
    takes(headers, "application/json")
}

/// The client can read this type.
pub(super) fn takes(headers: &HeaderMap, wanted: &str) -> Result<(), ApiError> {
    let mut accepts = headers.get_all(header::ACCEPT).iter().peekable();
    if accepts.peek().is_none() {
        return Ok(());
    }
    let family = wanted.split('/').next().unwrap_or_default();
    let fits = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused =
            parts.any(|part| matches!(part.replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        !refused && (kind == "*/*" || kind == wanted || kind == format!("{family}/*"))
    };
    let fit = accepts.any(|value| value.to_str().is_ok_and(|value| value.split(',').any(fits)));
    if fit {
        Ok(())
    } else {
        Err(ApiError::invalid(format!("the answer is {wanted}, which Accept rules out"))
            .with_status(StatusCode::NOT_ACCEPTABLE))
    }
}

/// The body is JSON as it is.
pub(super) fn is_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let wrong = |message: &str| ApiError::invalid(message).with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(str::trim);
    if !parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        return Err(wrong("Content-Type must be application/json"));
    }
    let charset = parts.find_map(|part| part.to_ascii_lowercase().strip_prefix("charset=").map(str::to_owned));
    if charset.is_some_and(|charset| charset.trim_matches('"') != "utf-8") {
        return Err(wrong("JSON is UTF-8"));
    }
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => {
            Err(wrong("the body must not be compressed: encrypted content does not become smaller"))
        }
        _ => Ok(()),
    }
}

/// How long a request waits for room before it is sent away.
const ROOM_PATIENCE: Duration = Duration::from_secs(2);

/// When it may come again.
const ROOM_AFTER: Duration = Duration::from_secs(1);

/// Room is counted in pieces of so many bytes.
const PIECE: usize = 1 << 10;

/// Memory for bodies of requests, over all customers: each may send its limits' worth at once, and all of them together
/// more than the machine has.
pub(crate) struct Room {
    pieces: Arc<Semaphore>,
    all: u32,
}

impl Room {
    /// So many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let all = u32::try_from(bytes / PIECE as u64).unwrap_or(u32::MAX).max(1);
        Self { pieces: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Room for a body, as soon as there is some. One that needs more than all there is has it to itself.
    async fn make(&self, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let pieces = u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX).min(self.all);
        let made = Arc::clone(&self.pieces).acquire_many_owned(pieces);
        match tokio::time::timeout(ROOM_PATIENCE, made).await {
            Ok(Ok(made)) => Ok(made),
            _ => Err(ApiError::new(Code::InternalError, "other requests take all the engine's memory for requests")
                .with_status(StatusCode::SERVICE_UNAVAILABLE)
                .with_retry_after(ROOM_AFTER)),
        }
    }
}

/// A body, and the room it takes until this is dropped.
pub(super) struct Taken {
    pub(super) bytes: Bytes,
    pub(super) room: OwnedSemaphorePermit,
}

/// The whole body, if it is no larger than this and there is room. Of one that is not read, the request's id if it is near the
/// beginning.
pub(super) async fn read(room: &Room, headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Taken, ApiError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let mut whole = Vec::with_capacity(announced.map_or(0, |length| length.min(RESERVE) as usize));
    if announced.is_none_or(|length| length <= limit as u64) {
        let room = match room.make(announced.map_or(limit, |length| length as usize)).await {
            Ok(room) => room,
            Err(error) => {
                return Err(match rest(body, whole).await {
                    Some(id) => error.of_request(&id),
                    None => error,
                });
            }
        };
        loop {
            let Some(frame) = body.frame().await else { return Ok(Taken { bytes: whole.into(), room }) };
            // The connection broke: nobody reads the answer.
            let frame = frame.map_err(|_| ApiError::invalid("the body ended early"))?;
            let Some(data) = frame.data_ref() else { continue };
            if whole.len() + data.len() > limit {
                break;
            }
            whole.extend_from_slice(data);
        }
    }
    let error = ApiError::new(Code::FileTooLarge, format!("the request is larger than {limit} bytes"))
        .with_details(json!({ "maxRequestBytes": limit }));
    whole.truncate(GLANCE);
    Err(match rest(body, whole).await {
        Some(id) => error.of_request(&id),
        None => error,
    })
}

/// The id in a request that will not be read, if it is near its beginning.
pub(super) async fn glance(body: Body) -> Option<String> {
    rest(body, Vec::new()).await
}

/// Takes the rest of a body that nobody wants, within bounds: a client that is still sending does not hear an answer.
/// Gives the request's id.
async fn rest(mut body: Body, mut seen: Vec<u8>) -> Option<String> {
    let mut taken = 0;
    let take = async {
        while taken < UNWANTED {
            let Some(Ok(frame)) = body.frame().await else { break };
            let data = frame.data_ref().map_or(&[][..], |data| data);
            taken += data.len();
            seen.extend_from_slice(&data[..data.len().min(GLANCE.saturating_sub(seen.len()))]);
        }
    };
    // What came until then is looked at all the same.
    let _ = tokio::time::timeout(UNWANTED_TIME, take).await;
    request_id(&seen)
}

/// Reads JSON as a type of the contract. What is wrong is told by its place, never by its content.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        ApiError::invalid("the body is not valid UTF-8").with_details(json!({ "byte": error.valid_up_to() }))
    })?;
    // A list of the fields' values would be read as an object, too.
    if !text.trim_start().starts_with('{') {
        return Err(ApiError::invalid("the body is not a JSON object")
            .with_details(json!({ "field": "", "problem": "expected an object" })));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        told(error.inner(), (path != ".").then_some(path))
    })?;
    reader.end().map_err(|error| told(&error, None))?;
    Ok(parsed)
}

/// What is wrong with JSON. The library's words quote what was sent; only those parts are said that are ours.
fn told(error: &serde_json::Error, path: Option<String>) -> ApiError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Data => {
            let text = error.to_string();
            // Their names are of the contract's types.
            let names_fields = text.starts_with("missing field `") || text.starts_with("duplicate field `");
            let what = if names_fields {
                text.split(" at line ").next().unwrap_or_default().to_owned()
            } else {
                let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
                let expected = expected.and_then(|expected| expected.split(" at line ").next());
                format!(
                    "expected {}",
                    expected.map_or("another value", |what| if what == "u32" { "a whole number" } else { what })
                )
            };
            let field = path.unwrap_or_default();
            let message = if field.is_empty() { what.clone() } else { format!("{field}: {what}") };
            ApiError::invalid(message)
                .with_details(json!({ "field": field, "problem": what, "line": line, "column": column }))
        }
        Category::Eof => ApiError::invalid("the body ends in the middle of its JSON")
            .with_details(json!({ "line": line, "column": column })),
        Category::Syntax | Category::Io => {
            ApiError::invalid(format!("the body is not JSON: line {line}, column {column}"))
                .with_details(json!({ "line": line, "column": column }))
        }
    }
}

/// The `requestId` of a body that may be broken further on, if there is one that can be told back.
pub(super) fn request_id(bytes: &[u8]) -> Option<String> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    // Where it ends in an error, what was found before that stands.
    let _ = reader.deserialize_map(Finder { found: &mut found });
    found.filter(|id| is_request_id(id))
}

/// Whether something can be told back as the id of a request.
pub(crate) fn is_request_id(id: &str) -> bool {
    !id.is_empty() && id.chars().count() <= REQUEST_ID_CHARS
}

struct Finder<'a> {
    found: &'a mut Option<String>,
}

impl<'de> Visitor<'de> for Finder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "requestId" {
                *self.found = map.next_value::<serde_json::Value>()?.as_str().map(str::to_owned);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::AnalyzeRequest;
    use axum::http::HeaderValue;
    use axum::response::IntoResponse as _;

    /// What is sent, and what is said of it: never a word that was sent.
    #[test]
    fn mistakes_are_told_by_place_and_not_by_content() {
        const SECRET: &str = "s3cr3t, expected nothing";
        for (sent, field, problem) in [
            (r#"{"requestId":"SECRET"}"#, "", "missing field `files`"),
            (r#"{"requestId":7}"#, "requestId", "expected a string"),
            (r#"{"requestId":"a","requestId":"b"}"#, "", "duplicate field `requestId`"),
            (r#"{"requestId":"a","files":"SECRET"}"#, "files", "expected a list"),
            (r#"{"requestId":"a","files":[{"path":"SECRET"}]}"#, "files[0]", "missing field `encryptedContent`"),
            (
                r#"{"requestId":"a","files":[{"encryption":{"iv":"","algorithm":"SECRET"}}]}"#,
                "files[0].encryption.algorithm",
                "expected `aes-256-gcm`",
            ),
            (r#"{"requestId":"a","files":[{"metadata":{"size":-1}}]}"#, "files[0].metadata.size", "a whole number"),
            (r#"{"requestId":"a","files":[{"metadata":{"size":1e99}}]}"#, "files[0].metadata.size", "a whole number"),
            (r#"{"requestId":"a","files":[{"metadata":{"size":1.5}}]}"#, "files[0].metadata.size", "a whole number"),
            (r#"{"requestId":"a","files":[["a.py"]]}"#, "files[0]", "expected an object"),
            (r#"{"requestId":"a","files":[{"encryption":["a","b"]}]}"#, "files[0].encryption", "expected an object"),
            (r#"{"requestId":"a","files":{"0":{}}}"#, "files", "expected a list"),
            (
                r#"{"requestId":"a","files":[{"encryption":{"algorithm":{"aes-256-gcm":null}}}]}"#,
                "files[0].encryption.algorithm",
                "expected a string",
            ),
            (r#"{"requestId":"a","options":["enhanced",true]}"#, "options", "expected an object"),
            (r#"{"requestId":"a","options":{"debug":[true,true]}}"#, "options.debug", "expected an object"),
            (
                r#"{"requestId":"a","options":{"patternFormat":"SECRET"}}"#,
                "options.patternFormat",
                "expected `standard` or `enhanced`",
            ),
            (r#"["SECRET"]"#, "", "expected an object"),
        ] {
            let sent = sent.replace("SECRET", SECRET);
            let error = parse::<AnalyzeRequest<'_>>(sent.as_bytes()).expect_err("a mistake");
            let told = format!("{error:?}");
            assert!(!told.contains("s3cr3t"), "{told}");
            assert!(told.contains(problem), "{sent}: {told}");
            assert!(told.contains(&format!("\"field\": String(\"{field}\")")), "{sent}: {told}");
        }
        for broken in ["", "{", "{\"a\":}", "nul", "{} {}", "\u{feff}{}"] {
            let error = parse::<AnalyzeRequest<'_>>(broken.as_bytes()).expect_err("no JSON");
            assert_eq!(error.code(), Code::InvalidRequest, "{broken:?}");
        }
        assert!(parse::<AnalyzeRequest<'_>>(b"\xff").is_err());
        assert!(parse::<AnalyzeRequest<'_>>("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn the_id_of_a_broken_request_is_found_before_the_break() {
        for (sent, expected) in [
            (r#"{"requestId":"a","files":[{"path""#, Some("a")),
            (r#"{"files":{"requestId":"b"},"requestId":"a"}"#, Some("a")),
            (r#"{"x":[[[],{}]],"requestId":"a" oops"#, Some("a")),
            (r#"{"requestId":7}"#, None),
            (r#"{"requestId":""}"#, None),
            (r#"[{"requestId":"a"}]"#, None),
            ("", None),
        ] {
            assert_eq!(request_id(sent.as_bytes()).as_deref(), expected, "{sent}");
        }
        let long = format!(r#"{{"requestId":"{}"}}"#, "é".repeat(REQUEST_ID_CHARS + 1));
        assert_eq!(request_id(long.as_bytes()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_wait_for_room_and_are_sent_away_where_there_is_none() {
        let room = Room::new(10 * PIECE as u64);
        let length = |bytes: usize| HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from(bytes))]);
        let body = || Body::from(r#"{"requestId":"a"}"#);
        let first = read(&room, &length(6 * PIECE), body(), 1 << 20).await.expect("there is room");
        let Err(error) = read(&room, &length(6 * PIECE), body(), 1 << 20).await else { panic!("there is none") };
        assert_eq!(error.into_response().status(), StatusCode::SERVICE_UNAVAILABLE);
        let second = read(&room, &length(4 * PIECE), body(), 1 << 20).await.expect("there is room for less");
        // Whoever waits gets what becomes free, also who needs more than there ever is.
        let large = length(50 * PIECE);
        let waits = read(&room, &large, body(), 1 << 20);
        let ends = async {
            tokio::time::sleep(ROOM_PATIENCE / 2).await;
            drop((first, second));
        };
        let (third, ()) = tokio::join!(waits, ends);
        assert_eq!(third.expect("all of it is free").bytes, r#"{"requestId":"a"}"#);
        assert!(read(&room, &HeaderMap::new(), body(), 1 << 20).await.is_ok(), "nobody has it any more");
    }

    #[test]
    fn accept_and_content_type_are_heeded() {
        let headers = |name: header::HeaderName, value: &'static str| {
            HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
        };
        for (value, fits) in [
            ("application/json", true),
            ("text/html, */*;q=0.1", true),
            ("application/*", true),
            ("text/html", false),
            ("application/json;q=0", false),
            ("application/JSON; charset=utf-8", true),
        ] {
            assert_eq!(takes_json(&headers(header::ACCEPT, value)).is_ok(), fits, "{value}");
        }
        for (value, fits) in [
            ("application/json", true),
            ("Application/Json; charset=UTF-8", true),
            ("application/json; charset=latin1", false),
            ("text/plain", false),
            ("", false),
        ] {
            assert_eq!(is_json(&headers(header::CONTENT_TYPE, value)).is_ok(), fits, "{value}");
        }
        assert!(takes_json(&HeaderMap::new()).is_ok());
        assert!(is_json(&HeaderMap::new()).is_err());
    }
}
