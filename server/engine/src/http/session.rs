//! `DELETE /api/v1/ast/sessions/{id}`

use super::Shared;
use super::trace::RequestId;
use crate::contract::{ApiError, ErrorResponse};
use crate::sessions;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// Ends a session: its key is forgotten, and its analysis process with all that it has seen is gone.
#[utoipa::path(
    delete, path = "/api/v1/ast/sessions/{id}", tag = "analysis",
    params(("id" = String, Path, description = "As in `session.sessionId`")),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 204, description = "The session is over"),
        (status = 401, description = "AUTH_REQUIRED, INVALID_API_KEY", body = ErrorResponse),
        (status = 404, description = "SESSION_EXPIRED: the caller has no such session open", body = ErrorResponse),
        (status = 500, description = "INTERNAL_ERROR", body = ErrorResponse),
        (status = 503, description = "INTERNAL_ERROR: the store is away; `Retry-After` says when to come back", body = ErrorResponse),
    )
)]
pub(super) async fn end(
    State(engine): State<Shared>,
    Extension(id): Extension<RequestId>,
    session: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    // What cannot be read is no session.
    let session = session.map(|Path(session)| session).unwrap_or_default();
    match end_it(&engine, &headers, &session).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => error.of_request(&id.0).into_response(),
    }
}

async fn end_it(engine: &Shared, headers: &HeaderMap, session: &str) -> Result<(), ApiError> {
    let caller = engine.caller(headers).await?;
    let not_open = || sessions::expired().with_status(StatusCode::NOT_FOUND);
    let session = session.parse().map_err(|_| not_open())?;
    let ended = sessions::end(&engine.store, &engine.workers, &caller.tenant.id, &session, "asked").await?;
    if ended { Ok(()) } else { Err(not_open()) }
}
