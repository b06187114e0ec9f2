//! Leases of a connection: asked for in text messages, and given back when the connection is gone.
//!
//! Who waits asks again: nobody is queued here, so nobody who is gone can be next. The names are the editor's own; all that is known
//! of them here is whether two are the same.

use super::control::Notice;
use super::gate::Customer;
use crate::store::{Lease, LeaseMode, LeaseRequest, Leased, Store, StoreErrorKind};
use std::time::Duration;
use tokio::time::Instant;

/// How long a lease lasts unless it is renewed. What it is for, reading a small file again and writing it, takes less; who
/// holds one and is cut off keeps others waiting for no longer.
const LIFE: Duration = Duration::from_secs(30);

/// Leases that a connection may hold at once: an editor has one for each project whose baseline it writes.
const MOST: usize = 16;

/// Questions about leases that a connection may ask in a while. One that waits for a lease asks twenty times in its first seconds.
const ASKS: u32 = 200;
const WHILE: Duration = Duration::from_secs(10);

/// What one connection holds.
pub(super) struct Leases<'a> {
    store: &'a Store,
    customer: &'a Customer,
    held: Vec<(Lease, Instant)>,
    /// What was refused last, and since when it is waited for.
    waits: Option<(Vec<String>, Instant)>,
    asked: (Instant, u32),
}

impl<'a> Leases<'a> {
    /// None yet.
    pub(super) fn new(store: &'a Store, customer: &'a Customer) -> Self {
        Self { store, customer, held: Vec::new(), waits: None, asked: (Instant::now(), 0) }
    }

    /// Counts a question; false if there were too many.
    pub(super) fn may_ask(&mut self) -> bool {
        if self.asked.0.elapsed() > WHILE {
            self.asked = (Instant::now(), 0);
        }
        self.asked.1 += 1;
        self.asked.1 <= ASKS
    }

    /// Asks for a lease once.
    pub(super) async fn take(&mut self, id: u64, names: Vec<String>, mode: LeaseMode) -> Notice {
        if self.held.len() >= MOST {
            return Notice::LeaseRefused { id, message: "this connection holds as many leases as it may".to_owned() };
        }
        let Customer { team, name, .. } = self.customer;
        let request = LeaseRequest { team: team.clone(), names, mode, holder: name.clone(), life: LIFE };
        match self.store.try_lease(&request).await {
            Ok(Leased::Granted(lease)) => {
                count(mode, "granted");
                if let Some((_, since)) = self.waits.take_if(|(names, _)| *names == request.names) {
                    metrics::histogram!("weir_engine_lease_wait_seconds", "mode" => mode.name())
                        .record(since.elapsed().as_secs_f64());
                }
                let fence = lease.fence;
                self.held.push((lease, Instant::now()));
                Notice::Leased { id, fence, seconds: LIFE.as_secs() }
            }
            Ok(Leased::Held { name, holder, retry_after }) => {
                count(mode, "held");
                if self.waits.as_ref().is_none_or(|(names, _)| *names != request.names) {
                    self.waits = Some((request.names, Instant::now()));
                }
                let retry_after_ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
                Notice::LeaseHeld { id, name, holder, retry_after_ms }
            }
            Err(error) => {
                count(mode, "refused");
                let message = match error.kind() {
                    StoreErrorKind::Invalid => "no names that a lease may have",
                    StoreErrorKind::TooLarge => "there are as many leases as there may be",
                    _ => "leases cannot be had at the moment",
                };
                Notice::LeaseRefused { id, message: message.to_owned() }
            }
        }
    }

    /// Makes a lease last. One that has ended is not renewed: somebody else may have had it since.
    pub(super) async fn renew(&mut self, id: u64, fence: u64) -> Notice {
        let Some(at) = self.at(fence) else { return Notice::LeaseLost { id } };
        let mode = self.held[at].0.mode;
        match self.store.renew_lease(&self.held[at].0, LIFE).await {
            Ok(true) => {
                count(mode, "renewed");
                Notice::Leased { id, fence, seconds: LIFE.as_secs() }
            }
            Ok(false) => {
                count(mode, "lost");
                self.held.remove(at);
                Notice::LeaseLost { id }
            }
            Err(_) => Notice::LeaseRefused { id, message: "leases cannot be had at the moment".to_owned() },
        }
    }

    /// Gives one back.
    pub(super) async fn release(&mut self, fence: u64) {
        if let Some(at) = self.at(fence) {
            let (lease, since) = self.held.remove(at);
            self.give_back(&lease, since, "released").await;
        }
    }

    /// Gives back all that are held: the connection is gone.
    pub(super) async fn end(mut self) {
        for (lease, since) in std::mem::take(&mut self.held) {
            self.give_back(&lease, since, "left").await;
        }
    }

    async fn give_back(&self, lease: &Lease, since: Instant, outcome: &'static str) {
        // Where the store cannot be reached the lease ends by itself.
        let held = self.store.release_lease(lease).await.unwrap_or(false);
        count(lease.mode, if held { outcome } else { "lost" });
        metrics::histogram!("weir_engine_lease_held_seconds", "mode" => lease.mode.name())
            .record(since.elapsed().as_secs_f64());
    }

    fn at(&self, fence: u64) -> Option<usize> {
        self.held.iter().position(|(lease, _)| lease.fence == fence)
    }
}

fn count(mode: LeaseMode, outcome: &'static str) {
    metrics::counter!("weir_engine_leases_total", "mode" => mode.name(), "outcome" => outcome).increment(1);
}
