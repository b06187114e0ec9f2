//! `POST /api/v1/ast/analyze`

use super::body;
use super::trace::{Noted, RequestId};
use super::{Engine, Shared};
use crate::contract::{AnalyzeRequest, AnalyzeResponse, ApiError, Code, DebugOptions, ErrorResponse};
use crate::findings::{self, Outcome};
use crate::intake::{self, Intake, Wanted};
use crate::results::Judging;
use crate::sessions::{self, Held};
use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use hyper::body::Bytes;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use weir_seal::SessionKey;

/// Of the time a request may take, so much is kept for the answer.
const ANSWERING: Duration = Duration::from_millis(500);

/// Opens, analyses and forgets a few files.
///
/// The session's key is sent with the first request of a session; later ones may leave it out.
#[utoipa::path(
    post, path = "/api/v1/ast/analyze", tag = "analysis",
    params(("X-Encryption-Key" = Option<String>, Header, description = "The key of the files: 32 bytes in base64. May be left out with `sessionId`")),
    request_body = AnalyzeRequest<'static>,
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "What became of each file", body = AnalyzeResponse),
        (status = 400, description = "INVALID_REQUEST, TOO_MANY_FILES", body = ErrorResponse),
        (status = 401, description = "AUTH_REQUIRED, INVALID_API_KEY, SESSION_EXPIRED", body = ErrorResponse),
        (status = 406, description = "INVALID_REQUEST: the client does not take JSON", body = ErrorResponse),
        (status = 408, description = "TIMEOUT: the request did not arrive in time", body = ErrorResponse),
        (status = 413, description = "FILE_TOO_LARGE", body = ErrorResponse),
        (status = 415, description = "INVALID_REQUEST: the body is not said to be JSON", body = ErrorResponse),
        (status = 429, description = "RATE_LIMITED", body = ErrorResponse, headers(("Retry-After" = u64, description = "Seconds"))),
        (status = 500, description = "INTERNAL_ERROR", body = ErrorResponse),
        (status = 503, description = "INTERNAL_ERROR: the store is away; `Retry-After` says when to come back", body = ErrorResponse),
        (status = 504, description = "TIMEOUT: no file was analysed in time", body = ErrorResponse),
    )
)]
pub(super) async fn analyze(
    State(engine): State<Shared>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let caller = match engine.caller(&parts.headers).await {
        Ok(caller) => caller,
        Err(error) => return early(error, &id, body).await,
    };
    let permit = match engine.admit(&caller).await {
        Ok(permit) => permit,
        Err(error) => return early(error, &id, body).await,
    };
    if let Err(error) = body::takes_json(&parts.headers).and_then(|()| body::is_json(&parts.headers)) {
        return early(error, &id, body).await;
    }
    let began = Instant::now();
    let deadline = began + Duration::from_millis(caller.limits.request_ms);
    let most = intake::most_bytes(&caller.limits);
    let read = tokio::time::timeout_at(deadline.into(), body::read(&engine.room, &parts.headers, body, most)).await;
    let body::Taken { bytes, room } = match read {
        Ok(Ok(taken)) => taken,
        Ok(Err(error)) => return error.of_request(&id.0).into_response(),
        Err(_) => {
            let error = ApiError::new(Code::Timeout, "the request did not arrive in time");
            return error.with_status(StatusCode::REQUEST_TIMEOUT).of_request(&id.0).into_response();
        }
    };
    let work = Work { engine: &engine, caller: &caller, began, deadline };
    let answer = work.answer(&parts, bytes).await;
    drop((permit, room));
    match answer {
        Ok(answer) => {
            let noted = noted(&answer);
            (Extension(noted), Json(answer)).into_response()
        }
        Err(error) => error.of_request(&id.0).into_response(),
    }
}

/// The answer to a request of which the body was not read.
async fn early(error: ApiError, id: &RequestId, body: axum::body::Body) -> Response {
    let own = body::glance(body).await;
    error.of_request(own.as_deref().unwrap_or(&id.0)).into_response()
}

struct Work<'a> {
    engine: &'a Arc<Engine>,
    caller: &'a super::Caller,
    began: Instant,
    deadline: Instant,
}

impl Work<'_> {
    /// Errors have the request's id if there is one.
    async fn answer(&self, parts: &Parts, bytes: Bytes) -> Result<AnalyzeResponse, ApiError> {
        let limits = self.caller.limits;
        // Tens of megabytes of base64 are not read where others wait.
        let request = tokio::task::spawn_blocking(move || {
            let request = body::parse(&bytes).and_then(|request: AnalyzeRequest<'_>| Intake::of(&request, &limits));
            request.map_err(|error| match body::request_id(&bytes) {
                Some(id) => error.of_request(&id),
                None => error,
            })
        });
        let request = request.await.map_err(|_| ApiError::internal())??;
        let id = request.request_id.clone();
        self.answer_to(parts, request).await.map_err(|error| error.of_request(&id))
    }

    async fn answer_to(&self, parts: &Parts, request: Intake) -> Result<AnalyzeResponse, ApiError> {
        let shown = session_key(&parts.headers)?;
        let Self { engine, caller, .. } = self;
        let (store, limits, named) = (&engine.store, &caller.limits, request.session_id.as_deref());
        let held = sessions::hold(store, &engine.workers, caller, limits, named, shown).await?;
        let team = store.tenants().team(&caller.tenant.team).await.map_err(|error| sessions::failed(&error))?;
        let rules = engine.rules.of(team.as_deref()).await.map_err(|failure| {
            tracing::error!("the rules of a team cannot be read: {failure}");
            ApiError::internal()
        })?;
        let (wanted, debug) = (request.wanted, request.debug);
        let outcomes = self.judge(&held, &rules, request.files, wanted).await;
        if outcomes.iter().all(|(_, outcome)| matches!(outcome, Outcome::TimedOut)) {
            return Err(ApiError::new(Code::Timeout, "no file was analysed in time; send fewer or smaller ones"));
        }
        let results: Vec<_> = outcomes
            .into_iter()
            .map(|(file, outcome)| {
                let size = file.size;
                let result = findings::result(file, outcome, &rules);
                findings::count(&result.0, size);
                result
            })
            .collect();
        let took = self.began.elapsed();
        let summary = findings::summary(&results, took);
        let timing = debug.is_some_and(asks_for_timing).then(|| findings::timing(&results, took));
        Ok(AnalyzeResponse {
            request_id: request.request_id,
            session: sessions::told(&held.session),
            results: results.into_iter().map(|(result, _)| result).collect(),
            summary,
            timing,
        })
    }

    /// What became of each file, in their order.
    async fn judge(
        &self,
        held: &Held,
        rules: &Arc<crate::rulebook::Rulebook>,
        files: Vec<intake::File>,
        wanted: Wanted,
    ) -> Vec<(intake::Named, Outcome)> {
        let until = self.deadline.checked_sub(ANSWERING).unwrap_or(self.deadline);
        let mut work = JoinSet::new();
        let mut outcomes: Vec<Option<(intake::Named, Outcome)>> = Vec::new();
        for (at, file) in files.into_iter().enumerate() {
            let intake::File { named, sealed } = file;
            let Some(sealed) = sealed else {
                outcomes.push(Some((named, Outcome::TooLarge)));
                continue;
            };
            outcomes.push(Some((named, Outcome::TimedOut)));
            let (engine, session, rules) = (Arc::clone(self.engine), held.session.id.clone(), Arc::clone(rules));
            let (tenant, key) = (self.caller.tenant.clone(), held.key.clone());
            work.spawn(async move {
                let judging = Judging { tenant: &tenant, session: &session, rules: &rules, key: &key };
                let judged = judging.judge(&engine, &sealed, wanted.options);
                let outcome = match tokio::time::timeout_at(until.into(), judged).await {
                    Ok(outcome) => outcome,
                    Err(_) => Outcome::TimedOut,
                };
                (at, outcome)
            });
        }
        while let Some(done) = work.join_next().await {
            if let Ok((at, outcome)) = done
                && let Some((_, waiting)) = &mut outcomes[at]
            {
                *waiting = outcome;
            }
        }
        outcomes.into_iter().flatten().collect()
    }
}

/// What the audit log is told of an answer.
fn noted(answer: &AnalyzeResponse) -> Noted {
    let counts = [
        ("files", answer.results.len() as u64),
        ("analyzed", answer.summary.files_analyzed.into()),
        ("findings", answer.summary.total_findings.into()),
    ];
    let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    Noted { request: answer.request_id.clone(), counts }
}

fn asks_for_timing(debug: DebugOptions) -> bool {
    debug.include_timing == Some(true)
}

/// The key of the session's files, if it is shown.
pub(super) fn session_key(headers: &HeaderMap) -> Result<Option<SessionKey>, ApiError> {
    let wrong = |why: &str| {
        ApiError::invalid(format!("X-Encryption-Key must be a key of 32 bytes in base64: {why}"))
            .with_details(serde_json::json!({ "header": "X-Encryption-Key" }))
    };
    let Some(shown) = headers.get("x-encryption-key") else { return Ok(None) };
    let text = shown.to_str().map_err(|_| wrong("it is no text"))?;
    SessionKey::from_base64(text.trim()).map(Some).map_err(|error| wrong(&error.to_string()))
}
