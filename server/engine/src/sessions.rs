//! Sessions of the HTTP API: opened with a key that the customer chose, which the engine cannot read once the request is over.
//!
//! The key is kept wrapped: sealed under a key that is derived from the API key, which is not kept either. So a request that
//! names its session and shows its API key need not bring the session's key again, and what lies in the store opens nothing.

use crate::contract::{ApiError, Code, SessionInfo};
use crate::http::Caller;
use crate::limits::Limits;
use crate::store::{NewSession, Opened, Session, SessionId, Store, StoreError, unwrap_session_key, wrap_session_key};
use crate::workers::Workers;
use std::time::Duration;
use weir_seal::SessionKey;

/// A session that a request may use, and the key for its files.
pub(crate) struct Held {
    pub(crate) session: Session,
    pub(crate) key: SessionKey,
}

/// A customer may be opening sessions itself while its oldest is ended for a new one.
const TRIES: usize = 8;

/// Opens the session a request asks for, or finds the one it names.
pub(crate) async fn hold(
    store: &Store,
    workers: &Workers,
    caller: &Caller,
    limits: &Limits,
    named: Option<&str>,
    shown: Option<SessionKey>,
) -> Result<Held, ApiError> {
    let Some(named) = named else {
        let Some(key) = shown else {
            return Err(no_key("a new session needs the key of its files: send it as base64 in X-Encryption-Key"));
        };
        let session = open(store, workers, caller, limits, &key).await?;
        return Ok(Held { session, key });
    };
    let id: SessionId = named.parse().map_err(|_| expired())?;
    let found = store.use_session(&caller.tenant.id, &id).await.map_err(|error| failed(&error))?;
    let session = found.ok_or_else(expired)?;
    // A key that is shown is meant: it opens the files of this request. The session keeps the one it was opened with.
    let kept = || unwrap_session_key(&caller.key, &session.id, &session.wrapped_key).map_err(|error| failed(&error));
    let key = match shown {
        Some(key) => Some(key),
        None => kept()?,
    };
    let key =
        key.ok_or_else(|| no_key("the key of this session is not known here any more: send it in X-Encryption-Key"))?;
    Ok(Held { session, key })
}

/// A new session. A customer who has as many as it may loses the one that was unused for longest: clients in the field end theirs
/// too seldom.
async fn open(
    store: &Store,
    workers: &Workers,
    caller: &Caller,
    limits: &Limits,
    key: &SessionKey,
) -> Result<Session, ApiError> {
    let mut wait = Duration::from_secs(1);
    for _ in 0..TRIES {
        let id = SessionId::random().map_err(|error| failed(&error))?;
        let new = NewSession {
            wrapped_key: wrap_session_key(&caller.key, &id, key).map_err(|error| failed(&error))?,
            id,
            tenant: caller.tenant.id.clone(),
            lifetime: Duration::from_secs(limits.session_seconds),
            sliding: true,
            node: String::new(),
            most: limits.sessions,
        };
        match store.open_session(new).await.map_err(|error| failed(&error))? {
            Opened::Session(session) => {
                metrics::counter!("weir_engine_sessions_opened_total").increment(1);
                return Ok(session);
            }
            Opened::TooMany { retry_after } => wait = retry_after,
        }
        let all = store.sessions(Some(&caller.tenant.id)).await.map_err(|error| failed(&error))?;
        // Those with a key are of this API; others belong to editors that are connected.
        let oldest = all.into_iter().filter(|session| !session.wrapped_key.is_empty()).min_by_key(|one| one.expires);
        let Some(oldest) = oldest else { break };
        end(store, workers, &oldest.tenant, &oldest.id, "evicted").await?;
    }
    Err(ApiError::rate_limited("too many sessions are open; end one, or wait until one expires", wait))
}

/// Ends a session and its analysis process. Says whether it was open.
pub(crate) async fn end(
    store: &Store,
    workers: &Workers,
    tenant: &str,
    id: &SessionId,
    why: &'static str,
) -> Result<bool, ApiError> {
    let was_open = store.end_session(tenant, id).await.map_err(|error| failed(&error))?;
    if was_open {
        workers.end(id);
        metrics::counter!("weir_engine_sessions_ended_total", "reason" => why).increment(1);
    }
    Ok(was_open)
}

/// What a client is told of its session.
pub(crate) fn told(session: &Session) -> SessionInfo {
    SessionInfo { session_id: session.id.to_string(), expires_at: iso8601(session.expires) }
}

/// Milliseconds since 1970 as ISO 8601.
pub(crate) fn iso8601(milliseconds: u64) -> String {
    let at = i64::try_from(milliseconds).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    format!("{:.3}", at.unwrap_or(jiff::Timestamp::MAX))
}

/// The session is over, or was never the caller's.
pub(crate) fn expired() -> ApiError {
    ApiError::new(Code::SessionExpired, "the session has expired or was ended; send the request without sessionId")
}

/// The store could not do it: what is said to the log is not for clients.
pub(crate) fn failed(error: &StoreError) -> ApiError {
    tracing::error!("{error}");
    if error.kind().is_outage() { ApiError::unavailable() } else { ApiError::internal() }
}

fn no_key(message: &str) -> ApiError {
    ApiError::invalid(message).with_details(serde_json::json!({ "header": "X-Encryption-Key" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_told_in_iso_8601() {
        assert_eq!(iso8601(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso8601(1_732_617_600_123), "2024-11-26T10:40:00.123Z");
    }
}
