//! What live links ask of the rest of the engine: who somebody is, whether a key is still good, and who is to be told.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// An answer that may have to be waited for.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The doors that live links knock at.
#[derive(Clone)]
pub struct Gate {
    /// Whose API key that is.
    pub authenticate: Arc<dyn Fn(String) -> Answer<Result<Customer, Denied>> + Send + Sync>,
    /// Whether the API key with this id ([`Customer::key`]) is still good. `None` if nobody can tell at the moment.
    pub is_valid: Arc<dyn Fn(String) -> Answer<Option<bool>> + Send + Sync>,
    /// What happened, for the audit log.
    pub record: Arc<dyn Fn(LinkRecord) + Send + Sync>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate(..)")
    }
}

/// Who shows an API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The customer's id; bound into every link's keys.
    pub id: String,
    /// The id of the API key: not the key.
    pub key: String,
    /// Live sessions that may exist by this key at once.
    pub max_sessions: usize,
    /// Connections that may be open by this key at once, those included that are not through their handshake.
    pub max_connections: usize,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No such key, or one that is no longer good.
    Unknown,
    /// Whoever knows cannot be asked.
    Unavailable,
}

/// What the audit log is told of a live session. Neither code nor anything that lets somebody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRecord {
    /// The customer.
    pub customer: String,
    /// The id of the API key.
    pub key: String,
    /// Names the session among others, and is not its id: who has that may try to take it up.
    pub session: String,
    /// What happened.
    pub what: LinkEvent,
}

/// What happened to a live session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// An editor connected, and got a worker of its own.
    Opened,
    /// It connected again, to the worker it had.
    Resumed,
    /// A connection is gone.
    Left,
    /// The session is over, and its worker with it.
    Ended(super::control::End),
}
