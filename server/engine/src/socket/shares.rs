//! Live sessions of each key, over all nodes: each node tells the others how many it has, and asks before it has one more.
//!
//! Nothing that is typed waits for this. Who begins a session does, as it waits for its key to be looked up; that a session ended, and
//! that those which are there still are, is told behind everybody's back.

use super::gate::{Customer, Gate, Share};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many live sessions each key has on this node.
pub(super) struct Shares {
    gate: Gate,
    keys: Mutex<HashMap<String, Count>>,
    /// The keys of which other nodes know. Whoever tells them something has this meanwhile, so that what is told last is what is so.
    told: tokio::sync::Mutex<HashSet<String>>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    /// Those included that wait for an answer,
    here: usize,
    /// and without them.
    admitted: usize,
}

/// One live session of a key's, until it is dropped.
pub(super) struct Held {
    shares: Arc<Shares>,
    key: String,
    admitted: bool,
}

/// Why a key gets no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoShare {
    /// It has as many as it may.
    TooMany,
    /// Nobody knows how many it has elsewhere.
    Unknown,
}

impl Shares {
    pub(super) fn new(gate: Gate) -> Self {
        Self { gate, keys: Mutex::default(), told: tokio::sync::Mutex::default() }
    }

    /// Takes one of the sessions that a key may have.
    pub(super) async fn take(self: &Arc<Self>, customer: &Customer) -> Result<Held, NoShare> {
        let (key, most) = (&customer.key, customer.max_sessions);
        // Whoever has too many here need not be counted elsewhere.
        let mut held = self.wait_for_one(key, most).ok_or(NoShare::TooMany)?;
        let mut told = self.told.lock().await;
        let sessions = self.admitted(key) + 1;
        let share = Share { key: key.clone(), sessions, most: Some(most) };
        if !(self.gate.share)(share).await.ok_or(NoShare::Unknown)? {
            return Err(NoShare::TooMany);
        }
        told.insert(key.clone());
        held.admitted = true;
        if let Some(count) = self.keys().get_mut(key) {
            count.admitted += 1;
        }
        Ok(held)
    }

    /// Tells how many there are of each key.
    pub(super) async fn tell_all(&self) {
        let keys: Vec<_> = self.told.lock().await.iter().cloned().collect();
        for key in keys {
            // Nobody is to wait for a store that is away once for each key.
            if !self.tell(&key).await {
                return;
            }
        }
    }

    /// Tells that there are none any more: this node ends.
    pub(super) async fn leave(&self) {
        let mut told = self.told.lock().await;
        for key in told.drain() {
            let _ = (self.gate.share)(Share { key, sessions: 0, most: None }).await;
        }
    }

    /// Whether it could be told. What could not is told with the next beat, or forgotten by the others.
    async fn tell(&self, key: &str) -> bool {
        let mut told = self.told.lock().await;
        let sessions = self.admitted(key);
        let noted = (self.gate.share)(Share { key: key.to_owned(), sessions, most: None }).await;
        if sessions == 0 && noted.is_some() {
            told.remove(key);
        }
        noted.is_some()
    }

    fn wait_for_one(self: &Arc<Self>, key: &str, most: usize) -> Option<Held> {
        let mut keys = self.keys();
        let count = keys.entry(key.to_owned()).or_default();
        if count.here >= most {
            return None;
        }
        count.here += 1;
        Some(Held { shares: Arc::clone(self), key: key.to_owned(), admitted: false })
    }

    fn admitted(&self, key: &str) -> usize {
        self.keys().get(key).map_or(0, |count| count.admitted)
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<String, Count>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut keys = self.shares.keys();
        if let Some(count) = keys.get_mut(&self.key) {
            count.here -= 1;
            count.admitted -= usize::from(self.admitted);
            if count.here == 0 {
                keys.remove(&self.key);
            }
        }
        drop(keys);
        // Without a runtime the program is ending, and has told that.
        if self.admitted
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (shares, key) = (Arc::clone(&self.shares), std::mem::take(&mut self.key));
            runtime.spawn(async move {
                shares.tell(&key).await;
            });
        }
    }
}
