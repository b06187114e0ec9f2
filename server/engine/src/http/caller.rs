//! Who calls: the customer whose API key a request shows.

use super::Engine;
use crate::contract::{ApiError, Code};
use crate::limits::Limits;
use crate::sessions::failed;
use crate::store::{Admission, Permit};
use crate::tenant::{ApiKey, Tenant};
use axum::http::{HeaderMap, header};

/// A customer at work.
pub(crate) struct Caller {
    pub(crate) tenant: Tenant,
    pub(crate) key: ApiKey,
    pub(crate) limits: Limits,
}

impl Engine {
    /// Whose key a request shows, in `x-api-key` or as a bearer's token.
    pub(super) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let shown = shown_key(headers)?;
        let refused = || ApiError::new(Code::InvalidApiKey, "Invalid or expired API key");
        let tenant = self.store.tenants().find(shown).await.map_err(|error| failed(&error))?;
        let tenant = tenant.ok_or_else(refused)?;
        let key = shown.parse().map_err(|_| refused())?;
        let limits = tenant.limits(&self.config.limits);
        Ok(Caller { tenant, key, limits })
    }

    /// Counts a request that is to be worked on.
    pub(super) async fn admit(&self, caller: &Caller) -> Result<Permit, ApiError> {
        let limits = &caller.limits;
        match self.store.admit(&caller.tenant.id, limits).await.map_err(|error| failed(&error))? {
            Admission::Admitted(permit) => Ok(permit),
            Admission::TooFast { retry_after } => {
                let message = format!("Rate limit exceeded: {} requests a minute", limits.per_minute);
                Err(ApiError::rate_limited(message, retry_after))
            }
            Admission::TooMany { retry_after } => {
                let message = format!("Rate limit exceeded: {} requests at once", limits.concurrent);
                Err(ApiError::rate_limited(message, retry_after))
            }
        }
    }
}

/// The public part of the key that a request shows, whether it is valid or not.
pub(super) fn shown_id(headers: &HeaderMap) -> Option<String> {
    shown_key(headers).ok()?.parse::<ApiKey>().ok().map(|key| key.id())
}

fn shown_key(headers: &HeaderMap) -> Result<&str, ApiError> {
    let missing = || ApiError::new(Code::AuthRequired, "API key must be provided in x-api-key header");
    let invalid = || ApiError::new(Code::InvalidApiKey, "Invalid or expired API key");
    let shown = match (headers.get("x-api-key"), headers.get(header::AUTHORIZATION)) {
        (Some(key), _) => key.to_str().map_err(|_| invalid())?,
        (None, Some(authorization)) => {
            let text = authorization.to_str().map_err(|_| invalid())?;
            let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(missing());
            }
            token
        }
        (None, None) => return Err(missing()),
    };
    match shown.trim() {
        "" => Err(missing()),
        key => Ok(key),
    }
}
