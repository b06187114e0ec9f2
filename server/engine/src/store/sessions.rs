//! The directory of sessions.

use super::{Backend, Store, StoreError, StoreErrorKind, on};
use crate::{hex, random};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The name of a session: 192 random bits, so that nobody guesses one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(String);

impl SessionId {
    /// A new one.
    pub fn random() -> Result<Self, StoreError> {
        Ok(Self(random::id::<24>()?))
    }

    /// As it is sent to the customer.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for SessionId {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        match hex::decode::<24>(text) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(StoreError::new(StoreErrorKind::Invalid, "reading a session id")),
        }
    }
}

/// A session that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// The customer's id.
    pub tenant: String,
    /// When it was opened, in milliseconds since 1970.
    pub opened: u64,
    /// When it ends by itself.
    pub expires: u64,
    /// How long it lives, in milliseconds.
    pub lifetime: u64,
    /// Whether being used makes it live on for its whole lifetime.
    pub sliding: bool,
    /// Its key, wrapped under the API key; empty if it has none that anybody but customer and worker knows.
    #[serde(with = "serde_bytes")]
    pub wrapped_key: Vec<u8>,
    /// Which node holds its worker, as nodes call one another.
    pub node: String,
}

/// A session to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Chosen by the caller ([`SessionId::random`]), who may have wrapped a key for it.
    pub id: SessionId,
    /// The customer's id.
    pub tenant: String,
    /// See [`Session::lifetime`].
    pub lifetime: Duration,
    /// See [`Session::sliding`].
    pub sliding: bool,
    /// See [`Session::wrapped_key`].
    pub wrapped_key: Vec<u8>,
    /// See [`Session::node`].
    pub node: String,
    /// How many the customer may have open, this one included.
    pub most: u32,
}

/// Whether a session was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was.
    Session(Session),
    /// The customer has as many as it may.
    TooMany {
        /// When the first of them ends by itself, from now.
        retry_after: Duration,
    },
}

/// Longest wrapped key, in bytes: a key of 32 with nonce and tag is 60.
pub const WRAPPED_KEY_BYTES: usize = 256;

impl Session {
    pub(super) fn open(new: NewSession, now: u64) -> Result<Self, StoreError> {
        if new.wrapped_key.len() > WRAPPED_KEY_BYTES {
            return Err(StoreError::new(StoreErrorKind::TooLarge, "opening a session"));
        }
        let lifetime = crate::clock::milliseconds(new.lifetime);
        Ok(Self {
            id: new.id,
            tenant: new.tenant,
            opened: now,
            expires: now.saturating_add(lifetime),
            lifetime,
            sliding: new.sliding,
            wrapped_key: new.wrapped_key,
            node: new.node,
        })
    }

    /// When it ends if it is used now, if that is worth writing down: not every use may cost a write, so it is when more
    /// than a sixteenth of the lifetime is gained.
    pub(super) fn touched(&self, now: u64) -> Option<u64> {
        let expires = now.saturating_add(self.lifetime);
        (self.sliding && expires.saturating_sub(self.expires) > self.lifetime / 16).then_some(expires)
    }
}

impl Store {
    /// Opens a session unless the customer has as many as it may. Two at once cannot both take the last place.
    pub async fn open_session(&self, new: NewSession) -> Result<Opened, StoreError> {
        let now = self.now();
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.open_session(new, now)).await,
            Backend::Redis(redis) => redis.open_session(new).await,
        }
    }

    /// A customer's session, if it is open; makes a sliding one live on. Another customer's is not found.
    pub async fn use_session(&self, tenant: &str, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let now = self.now();
        let (tenant, id) = (tenant.to_owned(), id.clone());
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.use_session(&tenant, &id, now)).await,
            Backend::Redis(redis) => redis.use_session(&tenant, &id).await,
        }
    }

    /// Says which node holds a session's worker now. `false` if the session is not open.
    pub async fn move_session(&self, tenant: &str, id: &SessionId, node: &str) -> Result<bool, StoreError> {
        let now = self.now();
        let (tenant, id, node) = (tenant.to_owned(), id.clone(), node.to_owned());
        match &self.inner.backend {
            Backend::Embedded(embedded) => {
                on(embedded, move |embedded| embedded.move_session(&tenant, &id, node, now)).await
            }
            Backend::Redis(redis) => redis.move_session(&tenant, &id, node).await,
        }
    }

    /// Ends a session. Says whether it was open.
    pub async fn end_session(&self, tenant: &str, id: &SessionId) -> Result<bool, StoreError> {
        let now = self.now();
        let (tenant, id) = (tenant.to_owned(), id.clone());
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.end_session(&tenant, &id, now)).await,
            Backend::Redis(redis) => redis.end_session(&tenant, &id).await,
        }
    }

    /// Ends all sessions of a customer: its key was revoked. Says how many were open.
    pub async fn end_sessions(&self, tenant: &str) -> Result<u64, StoreError> {
        let sessions = self.sessions(Some(tenant)).await?;
        let mut ended = 0;
        for session in sessions {
            ended += u64::from(self.end_session(tenant, &session.id).await?);
        }
        Ok(ended)
    }

    /// The open sessions of a customer, or all.
    pub async fn sessions(&self, tenant: Option<&str>) -> Result<Vec<Session>, StoreError> {
        let now = self.now();
        let tenant = tenant.map(str::to_owned);
        match &self.inner.backend {
            Backend::Embedded(embedded) => {
                on(embedded, move |embedded| embedded.sessions(tenant.as_deref(), now)).await
            }
            Backend::Redis(redis) => redis.sessions(tenant.as_deref()).await,
        }
    }
}
