//! How the engine says that something went wrong: one form and ten codes, everywhere.

use crate::http::Noted;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use utoipa::ToSchema;

/// The body of every answer that is no success.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorResponse {
    /// What went wrong.
    pub error: ErrorBody,
    /// The request's id; one of the engine's if the request's could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What went wrong.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// One of the contract's codes.
    pub code: Code,
    /// For people. Quotes nothing of what was sent.
    pub message: String,
    /// For programs: which field, which limit, when to come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<Value>,
}

/// The codes of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// No API key provided.
    AuthRequired,
    /// The API key is invalid or expired.
    InvalidApiKey,
    /// The session has expired, create a new one.
    SessionExpired,
    /// Too many requests.
    RateLimited,
    /// The request's format is invalid.
    InvalidRequest,
    /// A file exceeds the size limit.
    FileTooLarge,
    /// More files in a request than allowed.
    TooManyFiles,
    /// The parser failed for a specific file.
    ParserError,
    /// The analysis timed out.
    Timeout,
    /// Unexpected server error.
    InternalError,
}

impl Code {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthRequired => "AUTH_REQUIRED",
            Self::InvalidApiKey => "INVALID_API_KEY",
            Self::SessionExpired => "SESSION_EXPIRED",
            Self::RateLimited => "RATE_LIMITED",
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::FileTooLarge => "FILE_TOO_LARGE",
            Self::TooManyFiles => "TOO_MANY_FILES",
            Self::ParserError => "PARSER_ERROR",
            Self::Timeout => "TIMEOUT",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }

    /// The status that goes with it, if no other fits better.
    pub const fn status(self) -> StatusCode {
        match self {
            // Clients treat both as "log in again": a session is a credential that has run out.
            Self::AuthRequired | Self::InvalidApiKey | Self::SessionExpired => StatusCode::UNAUTHORIZED,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::InvalidRequest | Self::TooManyFiles => StatusCode::BAD_REQUEST,
            Self::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ParserError => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// When to come back to an engine whose store is away: who restarts a Redis needs a few seconds.
const AWAY: Duration = Duration::from_secs(5);

/// An answer that is no success, in the making.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    body: ErrorBody,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    allow: Option<&'static str>,
}

impl ApiError {
    /// One with the status of its code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let body = ErrorBody { code, message: message.into(), details: None };
        Self { status: code.status(), body, request_id: None, retry_after: None, allow: None }
    }

    /// The request's format is invalid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, message)
    }

    /// Something of ours failed: the client is told no more than that.
    pub fn internal() -> Self {
        Self::new(Code::InternalError, "the engine could not do this; the request can be sent again")
    }

    /// What is needed is away for a moment.
    pub fn unavailable() -> Self {
        let error = Self::new(Code::InternalError, "the engine cannot do this at the moment; send the request again");
        Self { retry_after: Some(AWAY), ..error.with_status(StatusCode::SERVICE_UNAVAILABLE) }
    }

    /// Come back later.
    pub fn rate_limited(message: impl Into<String>, retry_after: Duration) -> Self {
        // Whole seconds, up: who comes back at this time is not sent away again.
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        let seconds = seconds.max(1);
        let details = serde_json::json!({ "retryAfter": seconds });
        let error = Self::new(Code::RateLimited, message).with_details(details);
        Self { retry_after: Some(Duration::from_secs(seconds)), ..error }
    }

    /// With another status than its code's.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// With something for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.body.details = Some(details);
        self
    }

    /// Worth to be tried again after this time, in whole seconds.
    #[must_use]
    pub fn with_retry_after(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }

    /// With the methods that are allowed here.
    #[must_use]
    pub fn with_allow(self, allow: &'static str) -> Self {
        Self { allow: Some(allow), ..self }
    }

    /// With the request's id, unless it has one already.
    #[must_use]
    pub fn of_request(mut self, request_id: &str) -> Self {
        self.request_id.get_or_insert_with(|| request_id.to_owned());
        self
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.body.code
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = self.body.code;
        let noted = Noted { request: self.request_id.clone().unwrap_or_default(), ..Noted::default() };
        let body = ErrorResponse { error: self.body, request_id: self.request_id };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, after.as_secs().into());
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if matches!(code, Code::AuthRequired | Code::InvalidApiKey) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(code);
        response.extensions_mut().insert(noted);
        response
    }
}
