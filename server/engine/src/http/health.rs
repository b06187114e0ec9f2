//! Probes.

use super::{RequestId, Shared};
use crate::contract::ApiError;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;
use utoipa::ToSchema;
use weir_seal::{Challenge, Proof};

/// The longest name that a host can have, and its port.
const MAX_HOST: usize = 253 + 6;

/// What somebody who asks for a proof says.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    challenge: Option<String>,
    host: Option<String>,
}

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
    /// That this is the holder of `identity`: its Ed25519 signature (`docs/sealed-link.md`) over the challenge and the host, base64 for
    /// URLs without padding.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
}

/// For clients: whether it is worth sending files. With a challenge the engine proves its identity, so that a client knows who answers
/// before it sends its API key over the same connection.
#[utoipa::path(
    get, path = "/health", tag = "operation",
    params(
        ("challenge" = Option<String>, Query, description = "32 random bytes, base64 for URLs without padding: `proof` is over them"),
        ("host" = Option<String>, Query, description = "Host and port that the client addresses, needed with `challenge`: `proof` is over them, too"),
    ),
    responses(
        (status = 200, description = "Requests are taken", body = Health),
        (status = 400, description = "This is no challenge", body = crate::contract::ErrorResponse),
        (status = 503, description = "They are not", body = Health)
    )
)]
pub(super) async fn health(
    State(engine): State<Shared>,
    Extension(id): Extension<RequestId>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Ok(proof) = asked.map_err(|_| ()).and_then(|Query(asked)| prove(&engine, asked)) else {
        let message = "challenge is 32 bytes in base64 for URLs, without padding; host goes with it";
        return ApiError::invalid(message).of_request(&id.0).into_response();
    };
    let is_proof = proof.is_some();
    let mut response = state(&engine, proof).await;
    if is_proof {
        // For who asked, and once.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// The proof that is asked for, if one is.
fn prove(engine: &Shared, asked: Asked) -> Result<Option<Proof>, ()> {
    let Some(challenge) = asked.challenge else { return Ok(None) };
    let challenge: Challenge = challenge.parse().map_err(|_| ())?;
    let host = asked.host.filter(|host| !host.is_empty() && host.len() <= MAX_HOST).ok_or(())?;
    Ok(Some(engine.sockets.prove(&challenge, &host)))
}

/// For supervisors: the process answers.
#[utoipa::path(
    get, path = "/health/live", tag = "operation",
    responses((status = 200, description = "The process answers", body = Health))
)]
pub(super) async fn live() -> Response {
    told("ok", StatusCode::OK, None, None)
}

/// For load balancers: requests are taken.
#[utoipa::path(
    get, path = "/health/ready", tag = "operation",
    responses((status = 200, description = "Requests are taken", body = Health), (status = 503, description = "They are not", body = Health))
)]
pub(super) async fn ready(State(engine): State<Shared>) -> Response {
    state(&engine, None).await
}

async fn state(engine: &Shared, proof: Option<Proof>) -> Response {
    let (status, code) = if engine.draining.load(Ordering::Relaxed) {
        ("draining", StatusCode::SERVICE_UNAVAILABLE)
    } else if let Err(error) = engine.store.check().await {
        tracing::error!("{error}");
        ("store unavailable", StatusCode::SERVICE_UNAVAILABLE)
    } else {
        ("ok", StatusCode::OK)
    };
    told(status, code, Some(engine.identity.to_string()), proof)
}

fn told(status: &'static str, code: StatusCode, identity: Option<String>, proof: Option<Proof>) -> Response {
    let proof = proof.map(|proof| proof.to_string());
    let body = Health { status, service: "weir-engine", version: env!("CARGO_PKG_VERSION"), identity, proof };
    (code, Json(body)).into_response()
}
