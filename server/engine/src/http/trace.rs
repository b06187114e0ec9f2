//! What is noted of every request: an id, how it ended, how long it took. Nothing of what was in it.

use crate::contract::Code;
use axum::extract::{MatchedPath, Request};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

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
pub(super) async fn around(mut request: Request, next: Next) -> Response {
    let id = RequestId::new();
    let began = Instant::now();
    let method = request.method().clone();
    // The path as it is routed: one that somebody made up is not worth a metric of its own, nor a line in a log.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
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
    response
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
