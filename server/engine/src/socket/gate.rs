//! What live links ask of the rest of the engine: who somebody is, whether a key is still good, and who is to be told.

use crate::store::{Store, Team, Tenants};
use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};

/// An answer that may have to be waited for.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The doors that live links knock at.
#[derive(Clone)]
pub struct Gate {
    /// Whose API key that is.
    pub authenticate: Arc<dyn Fn(String) -> Answer<Result<Customer, Denied>> + Send + Sync>,
    /// Whether the API key with this id ([`Customer::key`]) is still good. `None` if nobody can tell at the moment.
    pub is_valid: Arc<dyn Fn(String) -> Answer<Option<bool>> + Send + Sync>,
    /// What a team has of its own, now and from then on. `None` if that cannot be known.
    pub team: Arc<dyn Fn(String) -> Answer<Option<TeamWatch>> + Send + Sync>,
    /// Where leases on what a team shares are had.
    pub leases: Store,
    /// Notes how many live sessions a key has on this node: with a limit only if all nodes together keep to it. Whether it was noted;
    /// `None` if that cannot be known.
    pub share: Arc<dyn Fn(Share) -> Answer<Option<bool>> + Send + Sync>,
    /// What happened, for the audit log.
    pub record: Arc<dyn Fn(LinkRecord) + Send + Sync>,
}

/// A team, whenever it changes.
pub type TeamWatch = watch::Receiver<Option<Arc<Team>>>;

/// The live sessions of a key on this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The key's id ([`Customer::key`]).
    pub key: String,
    /// How many.
    pub sessions: usize,
    /// How many there may be on all nodes together; `None`: these are there, whatever may be.
    pub most: Option<usize>,
}

/// How much of live links one key may have at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLimits {
    /// See [`Customer::max_sessions`].
    pub sessions: usize,
    /// See [`Customer::max_connections`].
    pub connections: usize,
}

impl Default for LinkLimits {
    /// A key is one customer's, and behind one there are as many editors as it has people.
    fn default() -> Self {
        Self { sessions: 500, connections: 1000 }
    }
}

/// Every open session asks whether its key is still good; all of them are answered by one look that is no older than this.
const VALID_FOR: Duration = Duration::from_secs(5);

impl Gate {
    /// The doors of an engine with this store.
    pub fn of(store: &Store, limits: LinkLimits, record: Arc<dyn Fn(LinkRecord) + Send + Sync>) -> Self {
        let (tenants, sharing) = (store.tenants(), store.clone());
        let (finding, watching) = (tenants.clone(), tenants.clone());
        let valid = Arc::new(Valid { tenants: tenants.clone(), known: Mutex::default() });
        Self {
            authenticate: Arc::new(move |shown| {
                let tenants = finding.clone();
                Box::pin(async move {
                    match tenants.find(&shown).await {
                        Ok(Some(tenant)) => Ok(Customer {
                            key: tenant.id.clone(),
                            id: tenant.id,
                            name: tenant.name,
                            team: tenant.team,
                            max_sessions: limits.sessions,
                            max_connections: limits.connections,
                        }),
                        Ok(None) => Err(Denied::Unknown),
                        Err(_) => Err(Denied::Unavailable),
                    }
                })
            }),
            is_valid: Arc::new(move |id| {
                let valid = Arc::clone(&valid);
                Box::pin(async move { valid.is_valid(&id).await })
            }),
            team: Arc::new(move |name| {
                let tenants = watching.clone();
                Box::pin(async move { tenants.watch_team(&name).await.ok() })
            }),
            leases: store.clone(),
            share: Arc::new(move |Share { key, sessions, most }| {
                let store = sharing.clone();
                Box::pin(async move { store.share_live(&key, sessions, most).await.ok() })
            }),
            record,
        }
    }
}

/// The keys that are good.
struct Valid {
    tenants: Tenants,
    known: Mutex<Option<(Instant, HashSet<String>)>>,
}

impl Valid {
    async fn is_valid(&self, id: &str) -> Option<bool> {
        let mut known = self.known.lock().await;
        if known.as_ref().is_none_or(|(at, _)| at.elapsed() >= VALID_FOR) {
            let tenants = self.tenants.list().await.ok()?;
            *known = Some((Instant::now(), tenants.into_iter().map(|tenant| tenant.id).collect()));
        }
        known.as_ref().map(|(_, ids)| ids.contains(id))
    }
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
    /// What the key is called; shown to who waits for a lease that is held with it.
    pub name: String,
    /// The team whose rules and configuration its editors are told.
    pub team: String,
    /// Live sessions that may exist by this key at once, on all nodes together.
    pub max_sessions: usize,
    /// Connections that may be open by this key at once on one node, those included that are not through their handshake.
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
