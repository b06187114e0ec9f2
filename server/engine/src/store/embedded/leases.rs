//! Leases of one engine, in memory. They end with the engine, and so do the connections of those who hold them; what
//! outlives it is that fences grow, for which each start of the engine has a number of its own.

use crate::clock::milliseconds;
use crate::store::leases::LEASE_HOLDERS;
use crate::store::{Lease, LeaseMode, LeaseRequest, LeaseStatistics, Leased, StoreError, StoreErrorKind};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most things with leases on them at once, over all teams.
const MOST: usize = 100_000;

pub(crate) struct Leases {
    state: Mutex<State>,
}

struct State {
    /// The fence of the last lease granted.
    fence: u64,
    /// Holders of each thing, by team and name. Those that have ended are forgotten when somebody looks.
    held: HashMap<(String, String), Vec<Holder>>,
    statistics: LeaseStatistics,
}

struct Holder {
    fence: u64,
    mode: LeaseMode,
    who: String,
    expires: u64,
}

impl Leases {
    /// No leases, in the engine's so-many-th start.
    pub(super) fn new(start: u32) -> Self {
        let state =
            State { fence: u64::from(start) << 32, held: HashMap::new(), statistics: LeaseStatistics::default() };
        Self { state: Mutex::new(state) }
    }

    /// Grants a request whose names are sorted, or says who is in the way.
    pub(crate) fn grant(&self, request: &LeaseRequest, now: u64) -> Result<Leased, StoreError> {
        let mut state = self.state();
        for name in &request.names {
            let holders = state.live(&request.team, name, now);
            let exclusive = request.mode == LeaseMode::Exclusive;
            let in_the_way = holders.iter().find(|holder| exclusive || holder.mode == LeaseMode::Exclusive);
            if let Some(holder) = in_the_way {
                let held = Leased::Held {
                    name: name.clone(),
                    holder: holder.who.clone(),
                    retry_after: Duration::from_millis(holder.expires - now),
                };
                state.statistics.refused += 1;
                return Ok(held);
            }
            if holders.len() >= LEASE_HOLDERS {
                return Err(StoreError::new(StoreErrorKind::TooLarge, "asking for a lease"));
            }
        }
        if state.held.len() + request.names.len() > MOST {
            state.forget(now);
            if state.held.len() + request.names.len() > MOST {
                return Err(StoreError::new(StoreErrorKind::TooLarge, "asking for a lease"));
            }
        }
        state.fence += 1;
        let fence = state.fence;
        for name in &request.names {
            state.held.entry((request.team.clone(), name.clone())).or_default().push(Holder {
                fence,
                mode: request.mode,
                who: request.holder.clone(),
                expires: now.saturating_add(milliseconds(request.life)),
            });
        }
        state.statistics.granted += 1;
        Ok(Leased::Granted(request.granted(fence)))
    }

    pub(crate) fn renew(&self, lease: &Lease, life: u64, now: u64) -> bool {
        let mut state = self.state();
        if !state.holds(lease, now) {
            return false;
        }
        for name in &lease.names {
            for holder in state.live(&lease.team, name, now).iter_mut().filter(|holder| holder.fence == lease.fence) {
                holder.expires = now.saturating_add(life);
            }
        }
        state.statistics.renewed += 1;
        true
    }

    pub(crate) fn holds(&self, lease: &Lease, now: u64) -> bool {
        self.state().holds(lease, now)
    }

    pub(crate) fn release(&self, lease: &Lease, now: u64) -> bool {
        let mut state = self.state();
        let held = state.holds(lease, now);
        for name in &lease.names {
            state.live(&lease.team, name, now).retain(|holder| holder.fence != lease.fence);
            state.drop_empty(&lease.team, name);
        }
        state.statistics.released += u64::from(held);
        held
    }

    pub(crate) fn clear(&self, team: &str, name: Option<&str>, now: u64) -> u64 {
        let mut state = self.state();
        state.forget(now);
        let mut cleared = 0;
        state.held.retain(|(of, thing), holders| {
            let meant = of == team && name.is_none_or(|name| name == thing);
            if meant {
                cleared += holders.len() as u64;
            }
            !meant
        });
        state.statistics.cleared += cleared;
        cleared
    }

    pub(crate) fn statistics(&self, now: u64) -> LeaseStatistics {
        let mut state = self.state();
        state.forget(now);
        let held = state.held.values().map(|holders| holders.len() as u64).sum();
        LeaseStatistics { held, ..state.statistics }
    }

    /// Forgets what has ended.
    pub(super) fn sweep(&self, now: u64) {
        self.state().forget(now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Who holds a thing now.
    fn live(&mut self, team: &str, name: &str, now: u64) -> &mut Vec<Holder> {
        let holders = self.held.entry((team.to_owned(), name.to_owned())).or_default();
        let before = holders.len();
        holders.retain(|holder| holder.expires > now);
        self.statistics.expired += (before - holders.len()) as u64;
        holders
    }

    /// Whether a lease is held on all its things.
    fn holds(&mut self, lease: &Lease, now: u64) -> bool {
        lease.names.iter().all(|name| {
            let held = self.live(&lease.team, name, now).iter().any(|holder| holder.fence == lease.fence);
            self.drop_empty(&lease.team, name);
            held
        })
    }

    fn drop_empty(&mut self, team: &str, name: &str) {
        let key = (team.to_owned(), name.to_owned());
        if self.held.get(&key).is_some_and(Vec::is_empty) {
            self.held.remove(&key);
        }
    }

    fn forget(&mut self, now: u64) {
        let mut expired = 0;
        self.held.retain(|_, holders| {
            let before = holders.len();
            holders.retain(|holder| holder.expires > now);
            expired += (before - holders.len()) as u64;
            !holders.is_empty()
        });
        self.statistics.expired += expired;
    }
}
