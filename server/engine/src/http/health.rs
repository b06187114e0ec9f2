//! Probes.

use super::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::atomic::Ordering;
use utoipa::ToSchema;

/// What a probe answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, or why not.
    status: &'static str,
    service: &'static str,
    version: &'static str,
    /// What live links are signed with, for editors that do not know the engine yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
}

/// For clients: whether it is worth sending files.
#[utoipa::path(
    get, path = "/health", tag = "operation",
    responses((status = 200, description = "Requests are taken", body = Health), (status = 503, description = "They are not", body = Health))
)]
pub(super) async fn health(State(engine): State<Shared>) -> Response {
    ready(State(engine)).await
}

/// For supervisors: the process answers.
#[utoipa::path(
    get, path = "/health/live", tag = "operation",
    responses((status = 200, description = "The process answers", body = Health))
)]
pub(super) async fn live() -> Response {
    told("ok", StatusCode::OK, None)
}

/// For load balancers: requests are taken.
#[utoipa::path(
    get, path = "/health/ready", tag = "operation",
    responses((status = 200, description = "Requests are taken", body = Health), (status = 503, description = "They are not", body = Health))
)]
pub(super) async fn ready(State(engine): State<Shared>) -> Response {
    let (status, code) = if engine.draining.load(Ordering::Relaxed) {
        ("draining", StatusCode::SERVICE_UNAVAILABLE)
    } else if let Err(error) = engine.store.check().await {
        tracing::error!("{error}");
        ("store unavailable", StatusCode::SERVICE_UNAVAILABLE)
    } else {
        ("ok", StatusCode::OK)
    };
    told(status, code, Some(engine.identity.to_string()))
}

fn told(status: &'static str, code: StatusCode, identity: Option<String>) -> Response {
    let body = Health { status, service: "weir-engine", version: env!("CARGO_PKG_VERSION"), identity };
    (code, Json(body)).into_response()
}
