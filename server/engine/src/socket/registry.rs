//! All live sessions, and how many connections each key has.

use super::config::LinkConfig;
use super::control::{End, Notice};
use super::gate::{Customer, Gate, LinkEvent, LinkRecord};
use super::meters::{LinkMetrics, Meters};
use super::session::Session;
use super::shares::Shares;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use weir_model::link::TextHash;
use weir_seal::Identity;

/// What all live links share.
pub(super) struct Shared {
    pub(super) config: LinkConfig,
    pub(super) gate: Gate,
    pub(super) identity: Identity,
    pub(super) meters: Meters,
    pub(super) shares: Arc<Shares>,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
    /// Connections by key.
    connections: Mutex<HashMap<String, usize>>,
    /// When the engine stops.
    draining: watch::Sender<Option<Instant>>,
    /// How many sessions there are.
    count: watch::Sender<usize>,
}

/// One connection of a key's, until it is dropped.
pub(super) struct Permit {
    shared: Arc<Shared>,
    key: String,
}

/// A worker that was killed is gone by then.
const GONE_PATIENCE: Duration = Duration::from_secs(10);

impl Shared {
    pub(super) fn new(config: LinkConfig, identity: Identity, gate: Gate) -> Self {
        Self {
            config,
            shares: Arc::new(Shares::new(gate.clone())),
            gate,
            identity,
            meters: Meters::default(),
            sessions: Mutex::default(),
            connections: Mutex::default(),
            draining: watch::Sender::new(None),
            count: watch::Sender::new(0),
        }
    }

    /// Takes one of the connections that a key may have; `None` if it has them all.
    pub(super) fn permit(self: &Arc<Self>, customer: &Customer) -> Option<Permit> {
        let mut connections = self.connections();
        let used = connections.entry(customer.key.clone()).or_default();
        if *used >= customer.max_connections {
            return None;
        }
        *used += 1;
        drop(connections);
        Meters::add(&self.meters.connections, 1);
        Some(Permit { shared: Arc::clone(self), key: customer.key.clone() })
    }

    /// Whether no session more is taken, whoever asks.
    pub(super) fn is_full(&self) -> bool {
        self.sessions().len() >= self.config.max_sessions
    }

    /// Notes a session that has begun.
    pub(super) fn begun(&self, session: &Arc<Session>) {
        Meters::add(&self.meters.sessions, 1);
        self.sessions().insert(session.id.clone(), Arc::clone(session));
        self.count.send_modify(|count| *count += 1);
    }

    /// The session with this id, if it is this customer's.
    pub(super) fn find(&self, id: &str, customer: &Customer) -> Option<Arc<Session>> {
        self.sessions().get(id).filter(|session| session.customer.id == customer.id).cloned()
    }

    /// Notes that a session is over.
    pub(super) fn gone(&self, session: &Session, why: End) {
        self.meters.ended(why);
        if self.sessions().remove(&session.id).is_some() {
            self.count.send_modify(|count| *count -= 1);
        }
        self.record(session, LinkEvent::Ended(why));
    }

    /// Tells the audit log.
    pub(super) fn record(&self, session: &Session, what: LinkEvent) {
        let name = TextHash::of(session.id.as_bytes()).short();
        let Customer { id, key, .. } = &session.customer;
        (self.gate.record)(LinkRecord { customer: id.clone(), key: key.clone(), session: name, what });
    }

    /// Whether the engine is about to stop.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.borrow().is_some()
    }

    /// What a connection that comes now is told of that.
    pub(super) fn drain_notice(&self) -> Option<Notice> {
        let until = (*self.draining.borrow())?;
        Some(Notice::Drain { seconds: until.saturating_duration_since(Instant::now()).as_secs() })
    }

    pub(super) async fn drain(&self, within: Duration) {
        self.draining.send_replace(Some(Instant::now() + within));
        for session in self.all() {
            if session.is_taken() {
                session.say(Notice::Drain { seconds: within.as_secs() });
            } else {
                session.end(End::Drained);
            }
        }
        let mut count = self.count.subscribe();
        if timeout(within, count.wait_for(|&count| count == 0)).await.is_err() {
            for session in self.all() {
                session.end(End::Drained);
            }
            // What is not gone by then goes with this process.
            let _ = timeout(GONE_PATIENCE, count.wait_for(|&count| count == 0)).await;
        }
        let _ = timeout(GONE_PATIENCE, self.shares.leave()).await;
    }

    pub(super) fn metrics(&self) -> LinkMetrics {
        let mut metrics = self.meters.read();
        for session in self.all() {
            metrics.sessions += 1;
            metrics.worker_memory += session.memory();
            let counters = session.counters();
            metrics.workers.documents += counters.documents;
            metrics.workers.idle_documents += counters.idle_documents;
            metrics.workers.document_bytes += counters.document_bytes;
        }
        metrics.connections = self.connections().values().map(|&used| used as u64).sum();
        metrics
    }

    fn all(&self) -> Vec<Arc<Session>> {
        self.sessions().values().cloned().collect()
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut connections = self.shared.connections();
        if let Some(used) = connections.get_mut(&self.key) {
            *used -= 1;
            if *used == 0 {
                connections.remove(&self.key);
            }
        }
    }
}
