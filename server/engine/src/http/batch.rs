//! `/api/v1/ast/batch`: whole repositories, analysed while nobody waits.

use super::analyze::session_key;
use super::body;
use super::caller::Caller;
use super::trace::RequestId;
use super::{Engine, Shared};
use crate::batch::{JobDetails, pack};
use crate::contract::{ApiError, BatchPage, BatchProgress, BatchRequest, BatchState, BatchStatus, Code, ErrorResponse};
use crate::intake::{self, File, Wanted};
use crate::sessions::{failed, iso8601};
use crate::store::{Added, Job, JobRoom, JobState, NewJob, SessionId, unwrap_session_key, wrap_session_key};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use weir_seal::SessionKey;

/// A job and its results are kept so long from its opening.
const JOB_LIFE: Duration = Duration::from_hours(24);

/// Files in one upload. Their bytes are bound by those of a request.
const UPLOAD_FILES: usize = 1_000;

/// Results on a page, if nothing is said, and at most.
const PAGE: usize = 100;
const MAX_PAGE: usize = 1_000;

/// How often a job is looked at for those who watch it.
const WATCH_EVERY: Duration = Duration::from_millis(250);

/// Opens a job, or adds files to one.
///
/// One upload is a job. Where more are needed, all but the last say `complete: false`. An upload that got lost is sent again
/// with the same `firstIndex`.
#[utoipa::path(
    post, path = "/api/v1/ast/batch", tag = "analysis",
    params(("X-Encryption-Key" = Option<String>, Header, description = "The key of the files: 32 bytes in base64; needed to open a job")),
    request_body = BatchRequest<'static>,
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 202, description = "The files are taken", body = BatchStatus),
        (status = 400, description = "INVALID_REQUEST, TOO_MANY_FILES", body = ErrorResponse),
        (status = 401, description = "AUTH_REQUIRED, INVALID_API_KEY", body = ErrorResponse),
        (status = 404, description = "INVALID_REQUEST: the caller has no such job", body = ErrorResponse),
        (status = 406, description = "INVALID_REQUEST", body = ErrorResponse),
        (status = 408, description = "TIMEOUT", body = ErrorResponse),
        (status = 409, description = "INVALID_REQUEST: the job takes no more files", body = ErrorResponse),
        (status = 413, description = "FILE_TOO_LARGE", body = ErrorResponse),
        (status = 415, description = "INVALID_REQUEST", body = ErrorResponse),
        (status = 429, description = "RATE_LIMITED", body = ErrorResponse),
        (status = 500, description = "INTERNAL_ERROR", body = ErrorResponse),
        (status = 503, description = "INTERNAL_ERROR: the store is away; `Retry-After` says when to come back", body = ErrorResponse),
    )
)]
pub(super) async fn upload(
    State(engine): State<Shared>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, request_body) = request.into_parts();
    let admitted = match engine.caller(&parts.headers).await {
        Ok(caller) => engine.admit(&caller).await.map(|permit| (caller, permit)),
        Err(error) => Err(error),
    };
    let kinds = || body::takes_json(&parts.headers).and_then(|()| body::is_json(&parts.headers));
    let (caller, _permit) = match admitted.and_then(|admitted| kinds().map(|()| admitted)) {
        Ok(admitted) => admitted,
        Err(error) => {
            let own = body::glance(request_body).await;
            return error.of_request(own.as_deref().unwrap_or(&id.0)).into_response();
        }
    };
    let within = Duration::from_millis(caller.limits.request_ms);
    let most = intake::most_bytes(&caller.limits);
    let read = body::read(&engine.room, &parts.headers, request_body, most);
    let body::Taken { bytes, room: _room } = match tokio::time::timeout(within, read).await {
        Ok(Ok(taken)) => taken,
        Ok(Err(error)) => return error.of_request(&id.0).into_response(),
        Err(_) => {
            let error = ApiError::new(Code::Timeout, "the request did not arrive in time");
            return error.with_status(StatusCode::REQUEST_TIMEOUT).of_request(&id.0).into_response();
        }
    };
    let limits = caller.limits;
    let read = tokio::task::spawn_blocking(move || {
        let upload = body::parse(&bytes).and_then(|request| Upload::of(&request, &limits));
        upload.map_err(|error| match body::request_id(&bytes) {
            Some(id) => error.of_request(&id),
            None => error,
        })
    });
    let taken = async {
        let upload = read.await.map_err(|_| ApiError::internal())??;
        let own = upload.request_id.clone();
        let taken = async { upload.take(&engine, &caller, session_key(&parts.headers)?).await };
        taken.await.map_err(|error: ApiError| error.of_request(&own))
    };
    match taken.await {
        Ok(status) => (StatusCode::ACCEPTED, Json(status)).into_response(),
        Err(error) => error.of_request(&id.0).into_response(),
    }
}

/// An upload that is well formed.
struct Upload {
    request_id: String,
    batch_id: Option<String>,
    first_index: Option<u32>,
    files: Vec<File>,
    wanted: Option<Wanted>,
    complete: bool,
}

impl Upload {
    fn of(request: &BatchRequest<'_>, limits: &crate::limits::Limits) -> Result<Self, ApiError> {
        if !body::is_request_id(&request.request_id) {
            return Err(ApiError::invalid("requestId: must have 1 to 256 characters"));
        }
        if request.files.len() > UPLOAD_FILES {
            return Err(ApiError::new(
                Code::TooManyFiles,
                format!("maximum {UPLOAD_FILES} files allowed in one upload"),
            )
            .with_details(json!({ "maxFiles": UPLOAD_FILES, "files": request.files.len() })));
        }
        if request.files.is_empty() && request.complete != Some(true) {
            return Err(ApiError::invalid("files: at least one file is required, unless complete is true"));
        }
        // How large a file may be for this job is known when it is opened; later uploads of it are not told again.
        let wanted = request.options.as_ref().map(Wanted::of);
        let max_bytes = wanted.and_then(|wanted| wanted.max_bytes);
        let files = request.files.iter().enumerate();
        let files = files.map(|(at, file)| File::of(file, at, limits, max_bytes)).collect::<Result<_, _>>()?;
        Ok(Self {
            request_id: request.request_id.to_string(),
            batch_id: request.batch_id.as_deref().map(str::to_owned),
            first_index: request.first_index,
            files,
            wanted,
            complete: request.complete != Some(false),
        })
    }

    async fn take(self, engine: &Engine, caller: &Caller, shown: Option<SessionKey>) -> Result<BatchStatus, ApiError> {
        let Self { request_id, batch_id, first_index, files, wanted, complete } = self;
        let job = match &batch_id {
            Some(id) => engine.job_of(caller, id).await?,
            None => open(engine, caller, wanted, shown).await?,
        };
        let first = first_index.unwrap_or(job.files);
        if first > job.files {
            let message = format!(
                "firstIndex: the job has {} files so far, and files that are missing are not waited for",
                job.files
            );
            return Err(ApiError::invalid(message)
                .with_status(StatusCode::CONFLICT)
                .with_details(json!({ "field": "firstIndex", "files": job.files })));
        }
        let begun = matches!(job.state, JobState::Started | JobState::Done);
        let has_all = begun && u64::from(first) + files.len() as u64 <= u64::from(job.files);
        // The answer to the last upload was lost, if the job has all of it.
        let files = if has_all { Vec::new() } else { files };
        if job.state != JobState::Receiving && !files.is_empty() {
            return Err(closed());
        }
        let room = JobRoom { files: caller.limits.job_files, bytes: caller.limits.job_bytes };
        for (index, file) in (first..=u32::MAX).zip(files) {
            let File { named, sealed } = file;
            let packed = pack(&named, sealed);
            let added = engine.store.add_job_file(&caller.tenant.id, &job.id, index, packed, room).await;
            match added.map_err(|error| failed(&error))? {
                Added::Stored | Added::Already => {}
                Added::Full => {
                    return Err(ApiError::new(Code::TooManyFiles, "the job is full; open another one for the rest")
                        .with_details(json!({ "maxFiles": room.files, "maxBytes": room.bytes, "batchId": job.id })));
                }
                Added::Closed => return Err(closed()),
            }
        }
        let tenant = &caller.tenant.id;
        let now = if complete {
            let started = engine.store.start_job(tenant, &job.id).await.map_err(|error| failed(&error))?;
            engine.jobs.wake();
            started
        } else {
            engine.store.job(tenant, &job.id).await.map_err(|error| failed(&error))?
        };
        let status = status(&now.ok_or_else(no_job)?);
        Ok(BatchStatus { request_id: Some(request_id), ..status })
    }
}

async fn open(
    engine: &Engine,
    caller: &Caller,
    wanted: Option<Wanted>,
    shown: Option<SessionKey>,
) -> Result<Job, ApiError> {
    let wanted = wanted.ok_or_else(|| {
        ApiError::invalid("options: a new job needs them").with_details(json!({ "field": "options" }))
    })?;
    let key = shown.ok_or_else(|| {
        ApiError::invalid("a new job needs the key of its files: send it as base64 in X-Encryption-Key")
            .with_details(json!({ "header": "X-Encryption-Key" }))
    })?;
    let session = SessionId::random().map_err(|error| failed(&error))?;
    let details = JobDetails {
        wrapped_key: wrap_session_key(&caller.key, &session, &key).map_err(|error| failed(&error))?,
        session,
        options: wanted.options,
        max_bytes: wanted.max_bytes,
        team: caller.tenant.team.clone(),
    };
    let details = postcard::to_allocvec(&details).map_err(|_| ApiError::internal())?;
    let new = NewJob { tenant: caller.tenant.id.clone(), details, life: JOB_LIFE, most: caller.limits.jobs };
    let job = engine.store.create_job(new).await.map_err(|error| failed(&error))?;
    let job = job.ok_or_else(|| {
        let message = format!("maximum {} jobs at once; wait for one to end, or cancel one", caller.limits.jobs);
        ApiError::rate_limited(message, Duration::from_secs(10))
    })?;
    engine.jobs.learn(&job.tenant, &job.id, key);
    Ok(job)
}

impl Engine {
    /// A job of the caller. Its key, wrapped under the API key that was shown, is known from then on.
    async fn job_of(&self, caller: &Caller, id: &str) -> Result<Job, ApiError> {
        let job = self.store.job(&caller.tenant.id, id).await.map_err(|error| failed(&error))?;
        let job = job.ok_or_else(no_job)?;
        if !job.has_ended()
            && !self.jobs.knows(&job.id)
            && let Ok(details) = postcard::from_bytes::<JobDetails>(&job.details)
            && let Ok(Some(key)) = unwrap_session_key(&caller.key, &details.session, &details.wrapped_key)
        {
            self.jobs.learn(&job.tenant, &job.id, key);
        }
        Ok(job)
    }
}

type Pairs = Query<Vec<(String, String)>>;

/// Where a job stands, and a page of its results; with `Accept: text/event-stream` as they come.
#[utoipa::path(
    get, path = "/api/v1/ast/batch/{id}", tag = "analysis",
    params(
        ("id" = String, Path, description = "As in `batchId`"),
        ("from" = Option<u32>, Query, description = "The number of the first file of the page"),
        ("limit" = Option<u32>, Query, description = "Results on the page, 100 if nothing is said, at most 1000"),
    ),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The job", body = BatchPage),
        (status = 400, description = "INVALID_REQUEST", body = ErrorResponse),
        (status = 401, description = "AUTH_REQUIRED, INVALID_API_KEY", body = ErrorResponse),
        (status = 404, description = "INVALID_REQUEST: the caller has no such job", body = ErrorResponse),
        (status = 406, description = "INVALID_REQUEST", body = ErrorResponse),
        (status = 500, description = "INTERNAL_ERROR", body = ErrorResponse),
        (status = 503, description = "INTERNAL_ERROR: the store is away; `Retry-After` says when to come back", body = ErrorResponse),
    )
)]
pub(super) async fn page(
    State(engine): State<Shared>,
    Extension(id): Extension<RequestId>,
    job: Result<Path<String>, PathRejection>,
    query: Result<Pairs, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let wants_events = headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|accept| accept.to_str().is_ok_and(|accept| accept.starts_with("text/event-stream")));
    let job = job.map(|Path(job)| job).unwrap_or_default();
    let answer = if wants_events {
        watch(engine, &headers, &job).await
    } else {
        read(&engine, &headers, &job, query).await.map(IntoResponse::into_response)
    };
    answer.unwrap_or_else(|error| error.of_request(&id.0).into_response())
}

async fn read(
    engine: &Engine,
    headers: &HeaderMap,
    job: &str,
    query: Result<Pairs, QueryRejection>,
) -> Result<Json<BatchPage>, ApiError> {
    let caller = engine.caller(headers).await?;
    body::takes_json(headers)?;
    let Query(pairs) = query.map_err(|_| ApiError::invalid("the query cannot be read"))?;
    let number = |name: &str, default: u32| match pairs.iter().find(|(key, _)| key == name) {
        None => Ok(default),
        Some((_, value)) => value.parse().map_err(|_| {
            ApiError::invalid(format!("{name}: must be a number from 0")).with_details(json!({ "field": name }))
        }),
    };
    let (from, limit) = (number("from", 0)?, number("limit", PAGE as u32)? as usize);
    let limit = limit.clamp(1, MAX_PAGE);
    let job = engine.job_of(&caller, job).await?;
    let parts =
        engine.store.job_parts(&caller.tenant.id, &job.id, from, limit).await.map_err(|error| failed(&error))?;
    let last = parts.last().map(|(index, _)| *index);
    let next = last.filter(|_| parts.len() == limit).map(|last| last + 1).filter(|next| *next < job.files);
    Ok(Json(BatchPage {
        status: status(&job),
        results: parts.into_iter().filter_map(|(_, part)| raw(part)).collect(),
        next,
    }))
}

/// The same as events: `progress` whenever something changed, `result` for each file, `end` at the end.
#[utoipa::path(
    get, path = "/api/v1/ast/batch/{id}/events", tag = "analysis",
    params(
        ("id" = String, Path, description = "As in `batchId`"),
        ("Last-Event-ID" = Option<u32>, Header, description = "The number of the last file whose result came; what comes after it is sent"),
    ),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "Events: `progress`, `result`, `end`", content_type = "text/event-stream"),
        (status = 401, description = "AUTH_REQUIRED, INVALID_API_KEY", body = ErrorResponse),
        (status = 404, description = "INVALID_REQUEST: the caller has no such job", body = ErrorResponse),
        (status = 406, description = "INVALID_REQUEST", body = ErrorResponse),
        (status = 500, description = "INTERNAL_ERROR", body = ErrorResponse),
        (status = 503, description = "INTERNAL_ERROR: the store is away; `Retry-After` says when to come back", body = ErrorResponse),
    )
)]
pub(super) async fn events(
    State(engine): State<Shared>,
    Extension(id): Extension<RequestId>,
    job: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let job = job.map(|Path(job)| job).unwrap_or_default();
    watch(engine, &headers, &job).await.unwrap_or_else(|error| error.of_request(&id.0).into_response())
}

async fn watch(engine: Shared, headers: &HeaderMap, job: &str) -> Result<Response, ApiError> {
    let caller = engine.caller(headers).await?;
    body::takes(headers, "text/event-stream")?;
    let job = engine.job_of(&caller, job).await?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u32>().ok());
    let (send, events) = mpsc::channel(16);
    tokio::spawn(tell(engine, caller.tenant.id, job.id, last.map_or(0, |last| last.saturating_add(1)), send));
    let stream = tokio_stream::wrappers::ReceiverStream::new(events);
    // A proxy that collects what it passes on would keep it from who waits for it.
    let at_once = [("x-accel-buffering", "no")];
    Ok((at_once, Sse::new(stream).keep_alive(KeepAlive::default())).into_response())
}

/// Sends events until the job has ended or nobody listens.
async fn tell(
    engine: Arc<Engine>,
    tenant: String,
    job: String,
    mut next: u32,
    send: mpsc::Sender<Result<Event, Infallible>>,
) {
    let mut told = None;
    while !send.is_closed() && !engine.draining.load(std::sync::atomic::Ordering::Relaxed) {
        let Ok(Some(now)) = engine.store.job(&tenant, &job).await else { return };
        // Results are told in the order of the files: one that is late keeps those after it waiting.
        let Ok(parts) = engine.store.job_parts(&tenant, &job, next, MAX_PAGE).await else { return };
        for (index, part) in parts {
            if index != next {
                break;
            }
            next += 1;
            let event = Event::default().event("result").id(index.to_string());
            let Ok(text) = String::from_utf8(part) else { continue };
            if send.send(Ok(event.data(text))).await.is_err() {
                return;
            }
        }
        let status = status(&now);
        let at = (status.status, status.progress);
        let all_told = next >= now.finished;
        let name = if now.has_ended() && all_told { "end" } else { "progress" };
        if told != Some((name, at)) {
            let Ok(event) = Event::default().event(name).json_data(&status) else { return };
            if send.send(Ok(event)).await.is_err() || name == "end" {
                return;
            }
            told = Some((name, at));
        }
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

/// Gives a job up: its files are forgotten, results that are there stay until it expires.
#[utoipa::path(
    delete, path = "/api/v1/ast/batch/{id}", tag = "analysis",
    params(("id" = String, Path, description = "As in `batchId`")),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The job as it is then", body = BatchStatus),
        (status = 401, description = "AUTH_REQUIRED, INVALID_API_KEY", body = ErrorResponse),
        (status = 404, description = "INVALID_REQUEST: the caller has no such job", body = ErrorResponse),
        (status = 500, description = "INTERNAL_ERROR", body = ErrorResponse),
        (status = 503, description = "INTERNAL_ERROR: the store is away; `Retry-After` says when to come back", body = ErrorResponse),
    )
)]
pub(super) async fn cancel(
    State(engine): State<Shared>,
    Extension(id): Extension<RequestId>,
    job: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let job = job.map(|Path(job)| job).unwrap_or_default();
    let cancelled = async {
        let caller = engine.caller(&headers).await?;
        let job = engine.store.cancel_job(&caller.tenant.id, &job).await.map_err(|error| failed(&error))?;
        let job = job.ok_or_else(no_job)?;
        engine.jobs.forget(&job.id);
        Ok::<_, ApiError>(Json(status(&job)))
    };
    match cancelled.await {
        Ok(status) => status.into_response(),
        Err(error) => error.of_request(&id.0).into_response(),
    }
}

fn status(job: &Job) -> BatchStatus {
    let (state, message) = match &job.state {
        JobState::Receiving => (BatchState::Receiving, None),
        JobState::Started => (BatchState::Running, None),
        JobState::Done => (BatchState::Done, None),
        JobState::Failed(reason) => (BatchState::Failed, Some(reason.clone())),
        JobState::Cancelled => (BatchState::Cancelled, None),
    };
    BatchStatus {
        request_id: None,
        batch_id: job.id.clone(),
        status: state,
        message,
        progress: BatchProgress { files: job.files, bytes: job.bytes, finished: job.finished },
        created_at: iso8601(job.created),
        expires_at: iso8601(job.expires),
    }
}

fn raw(part: Vec<u8>) -> Option<Box<RawValue>> {
    RawValue::from_string(String::from_utf8(part).ok()?).ok()
}

fn no_job() -> ApiError {
    ApiError::invalid("there is no such job").with_status(StatusCode::NOT_FOUND)
}

fn closed() -> ApiError {
    let message = "the job takes no more files: it was cancelled, or an upload did not say complete: false";
    ApiError::invalid(message).with_status(StatusCode::CONFLICT)
}
