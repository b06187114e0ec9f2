//! What is noted of every request: an id, how it ended, how long it took. Nothing of what was in it.

use super::Shared;
use super::caller::shown_id;
use crate::audit::Entry;
use crate::contract::Code;
use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What handlers have noted of a request for the audit log, beside how it ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    /// The id that the customer chose.
    pub(crate) request: String,
    /// Files, findings, bytes.
    pub(crate) counts: BTreeMap<String, u64>,
}

/// The engine's own id of a request: in the log, in `X-Request-Id`, and in errors of requests whose own could not be read.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    fn new() -> Self {
        let number = crate::random::id::<12>().unwrap_or_else(|_| "unknown".to_owned());
        Self(format!("req-{number}"))
    }
}

/// Notes a request.
pub(super) async fn around(State(engine): State<Shared>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new();
    let began = Instant::now();
    let method = request.method().clone();
    // The path as it is routed: one that somebody made up is not worth a metric of its own, nor a line in a log.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let shown = shown_id(request.headers());
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert("x-request-id", value);
    }
    let (status, took) = (response.status(), began.elapsed());
    let code = response.extensions().get::<Code>().map_or("", |code| code.name());
    metrics::counter!(
        "weir_engine_http_requests_total",
        "route" => route.clone(), "method" => known(&method), "status" => status.as_str().to_owned(), "code" => code
    )
    .increment(1);
    metrics::histogram!("weir_engine_http_request_seconds", "route" => route.clone()).record(took.as_secs_f64());
    tracing::info!(
        target: "weir_engine::access",
        request = %id.0, %method, %route, status = status.as_u16(), code, milliseconds = took.as_millis() as u64,
    );
    if let Some(action) = action(&method, &route) {
        let entry = entry(&id, action, shown, took, &response);
        write(&engine, entry).await;
    }
    response
}

/// What the audit log calls a request; `None` for those that are no customer's business.
fn action(method: &axum::http::Method, route: &str) -> Option<&'static str> {
    Some(match (method.as_str(), route) {
        ("POST", "/api/v1/ast/analyze") => "analyze",
        ("DELETE", "/api/v1/ast/sessions/{id}") => "session.end",
        ("POST", "/api/v1/ast/batch") => "batch.upload",
        ("GET", "/api/v1/ast/batch/{id}" | "/api/v1/ast/batch/{id}/events") => "batch.read",
        ("DELETE", "/api/v1/ast/batch/{id}") => "batch.cancel",
        ("GET", "/api/v1/patterns") => "patterns",
        _ => return None,
    })
}

fn entry(id: &RequestId, action: &str, shown: Option<String>, took: Duration, response: &Response) -> Entry {
    let code = response.extensions().get::<Code>().copied();
    let Noted { request, mut counts } = response.extensions().get::<Noted>().cloned().unwrap_or_default();
    counts.insert("milliseconds".to_owned(), took.as_millis() as u64);
    // A key that was refused is nobody's.
    let is_known = !matches!(code, Some(Code::AuthRequired | Code::InvalidApiKey));
    Entry {
        tenant: shown.filter(|_| is_known).unwrap_or_default(),
        request: if request.is_empty() { id.0.clone() } else { request },
        action: action.to_owned(),
        status: code.map_or("ok", Code::name).to_owned(),
        counts,
    }
}

/// Writes a line where waiting for a disk holds nobody else up. A log that cannot be written is said, and ends nothing: the
/// store's probe takes the engine out of service when its disk is gone.
async fn write(engine: &Shared, entry: Entry) {
    let audit = Arc::clone(&engine.audit);
    let written = tokio::task::spawn_blocking(move || audit.append(entry)).await;
    if let Ok(Err(error)) = written {
        tracing::error!("{error}");
    }
}

/// Methods that somebody made up are not worth a metric of their own.
fn known(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        _ => "other",
    }
}
