//! The engine's HTTP: routes, who may use them, and what all of them have in common.

mod analyze;
mod batch;
mod body;
mod caller;
mod describe;
mod health;
mod metrics;
mod patterns;
mod serve;
mod session;
mod tls;
mod trace;

pub(crate) use body::is_request_id;
pub(crate) use caller::Caller;
pub use serve::serve;
pub(crate) use trace::{Noted, RequestId};

use crate::audit::Audit;
use crate::batch::JobKeys;
use crate::config::EngineConfig;
use crate::contract::{ApiError, Code};
use crate::rules::Rules;
use crate::socket::Sockets;
use crate::store::Store;
use crate::workers::Workers;
use axum::Router;
use axum::extract::Extension;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use weir_seal::PublicIdentity;

/// What every request needs.
pub(crate) struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) store: Store,
    pub(crate) workers: Workers,
    pub(crate) rules: Rules,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) jobs: JobKeys,
    /// For bodies of requests.
    pub(crate) room: body::Room,
    pub(crate) audit: Arc<Audit>,
    /// Editors that are connected.
    pub(crate) sockets: Sockets,
    /// What their links are signed with.
    pub(crate) identity: PublicIdentity,
    /// The engine was told to end.
    pub(crate) draining: AtomicBool,
}

/// What every handler is given.
pub(crate) type Shared = Arc<Engine>;

/// All routes.
pub(crate) fn router(engine: Shared) -> Router {
    Router::new()
        .route("/health", get(health::health).fallback(other_method_get))
        .route("/health/live", get(health::live).fallback(other_method_get))
        .route("/health/ready", get(health::ready).fallback(other_method_get))
        .route("/metrics", get(metrics::metrics).fallback(other_method_get))
        .route("/openapi.json", get(describe::openapi).fallback(other_method_get))
        .route("/docs", get(describe::page).fallback(other_method_get))
        // Clients of the pattern API look here.
        .route("/api/v1/patterns/health", get(health::health).fallback(other_method_get))
        .route("/api/v1/patterns", get(patterns::patterns).fallback(other_method_get))
        .route("/api/v1/ast/analyze", post(analyze::analyze).fallback(other_method_post))
        .route("/api/v1/ast/sessions/{id}", delete(session::end).fallback(other_method_delete))
        .route("/api/v1/ast/batch", post(batch::upload).fallback(other_method_post))
        .route("/api/v1/ast/batch/{id}", get(batch::page).delete(batch::cancel).fallback(other_method_get_delete))
        .route("/api/v1/ast/batch/{id}/events", get(batch::events).fallback(other_method_get))
        .fallback(nothing_here)
        .with_state(Arc::clone(&engine))
        .merge(engine.sockets.router())
        .layer(axum::middleware::from_fn_with_state(engine, trace::around))
}

async fn nothing_here(Extension(id): Extension<RequestId>) -> Response {
    ApiError::invalid("there is nothing at this path; GET /openapi.json says what there is")
        .with_status(StatusCode::NOT_FOUND)
        .of_request(&id.0)
        .into_response()
}

async fn other_method_get(method: Method, id: Extension<RequestId>) -> Response {
    other_method(&method, &id.0, "GET, HEAD")
}

async fn other_method_post(method: Method, id: Extension<RequestId>) -> Response {
    other_method(&method, &id.0, "POST")
}

async fn other_method_delete(method: Method, id: Extension<RequestId>) -> Response {
    other_method(&method, &id.0, "DELETE")
}

async fn other_method_get_delete(method: Method, id: Extension<RequestId>) -> Response {
    other_method(&method, &id.0, "GET, HEAD, DELETE")
}

fn other_method(method: &Method, id: &RequestId, allowed: &'static str) -> Response {
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, allowed)]).into_response();
    }
    ApiError::new(Code::InvalidRequest, format!("this path takes {allowed} only"))
        .with_status(StatusCode::METHOD_NOT_ALLOWED)
        .with_allow(allowed)
        .of_request(&id.0)
        .into_response()
}
