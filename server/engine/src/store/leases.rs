//! Leases on what several editors of a team share: a baseline, suppressions, the team's configuration.
//!
//! Who holds a lease may change the thing until the lease ends. Each has a *fence*, a number larger than that of every
//! lease granted before: whoever keeps the thing refuses a change with a smaller one, so that somebody who slept through the end of
//! a lease changes nothing. Several names are taken in one step or not at all, so nobody can wait for another in a
//! circle.

use super::{Backend, Store, StoreError, StoreErrorKind};
use crate::clock::milliseconds;
use crate::random;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// What a lease allows others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LeaseMode {
    /// Others may hold collaborative leases on the same things.
    Collaborative,
    /// Nobody else may hold a lease on them.
    Exclusive,
}

impl LeaseMode {
    /// As it is called where it is written down.
    pub fn name(self) -> &'static str {
        match self {
            Self::Collaborative => "collaborative",
            Self::Exclusive => "exclusive",
        }
    }
}

/// A lease that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Whose things they are.
    pub team: String,
    /// The things.
    pub names: Vec<String>,
    /// What others may do meanwhile.
    pub mode: LeaseMode,
    /// Who asks, for people.
    pub holder: String,
    /// How long until it ends unless it is renewed.
    pub life: Duration,
}

/// A lease that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Whose things they are.
    pub team: String,
    /// The things, sorted.
    pub names: Vec<String>,
    /// What others may do meanwhile.
    pub mode: LeaseMode,
    /// Who holds it, for people.
    pub holder: String,
    /// Larger than that of every lease granted before.
    pub fence: u64,
}

/// Whether a lease was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leased {
    /// It was.
    Granted(Lease),
    /// Somebody else has it.
    Held {
        /// Which of the things.
        name: String,
        /// Who, for people.
        holder: String,
        /// When that lease ends if it is not renewed, from now.
        retry_after: Duration,
    },
}

/// What happened to leases since the engine started, or the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeaseStatistics {
    /// Held now, counted by things and holders.
    pub held: u64,
    /// Requests granted.
    pub granted: u64,
    /// Requests refused.
    pub refused: u64,
    /// Renewed.
    pub renewed: u64,
    /// Given back.
    pub released: u64,
    /// Ended without being given back.
    pub expired: u64,
    /// Taken away by an administrator.
    pub cleared: u64,
}

/// Most things in one lease, and longest name of one.
pub const LEASE_NAMES: usize = 32;
const LEASE_NAME_BYTES: usize = 128;
/// Longest life of a lease: who is gone must not keep others waiting for longer.
pub const LEASE_LIFE: Duration = Duration::from_mins(10);
/// Holders of one thing at once.
pub(super) const LEASE_HOLDERS: usize = 1000;

/// First wait before a lease is asked for again, and the longest; doubled each time, and half of it is up to chance, so
/// that those who were refused together do not come back together.
const FIRST_WAIT: Duration = Duration::from_millis(5);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

impl LeaseRequest {
    /// The request with its names sorted and single, if it may be asked at all.
    pub(super) fn checked(&self) -> Result<Self, StoreError> {
        let invalid = |name: &String| {
            name.is_empty() || name.len() > LEASE_NAME_BYTES || name.bytes().any(|byte| byte.is_ascii_control())
        };
        let mut names = self.names.clone();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() || names.len() > LEASE_NAMES || names.iter().any(invalid) || invalid(&self.holder) {
            return Err(StoreError::new(StoreErrorKind::Invalid, "asking for a lease"));
        }
        if !crate::tenant::is_name(&self.team) {
            return Err(StoreError::new(StoreErrorKind::Invalid, "asking for a lease"));
        }
        Ok(Self { names, life: self.life.min(LEASE_LIFE), ..self.clone() })
    }

    pub(super) fn granted(&self, fence: u64) -> Lease {
        Lease {
            team: self.team.clone(),
            names: self.names.clone(),
            mode: self.mode,
            holder: self.holder.clone(),
            fence,
        }
    }
}

impl Store {
    /// Asks for a lease once.
    pub async fn try_lease(&self, request: &LeaseRequest) -> Result<Leased, StoreError> {
        let request = request.checked()?;
        match &self.inner.backend {
            Backend::Embedded(embedded) => embedded.leases().grant(&request, self.now()),
            Backend::Redis(redis) => redis.grant(&request).await,
        }
    }

    /// Asks for a lease until it is granted or this much time has passed.
    pub async fn lease(&self, request: &LeaseRequest, patience: Duration) -> Result<Leased, StoreError> {
        let until = Instant::now() + patience;
        let mut wait = FIRST_WAIT;
        loop {
            let leased = self.try_lease(request).await?;
            let left = until.saturating_duration_since(Instant::now());
            if matches!(leased, Leased::Granted(_)) || left.is_zero() {
                return Ok(leased);
            }
            let chance = f64::from(u16::from_le_bytes(random::bytes()?)) / f64::from(u16::MAX);
            tokio::time::sleep(wait.mul_f64(0.5 + chance / 2.0).min(left)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Makes a lease last for so long from now. `false`: it has ended, or was taken away.
    pub async fn renew_lease(&self, lease: &Lease, life: Duration) -> Result<bool, StoreError> {
        let life = milliseconds(life.min(LEASE_LIFE));
        Ok(match &self.inner.backend {
            Backend::Embedded(embedded) => embedded.leases().renew(lease, life, self.now()),
            Backend::Redis(redis) => redis.renew_lease(lease, life).await?,
        })
    }

    /// Whether a lease is still held: to be asked before a change is made under it.
    pub async fn holds_lease(&self, lease: &Lease) -> Result<bool, StoreError> {
        Ok(match &self.inner.backend {
            Backend::Embedded(embedded) => embedded.leases().holds(lease, self.now()),
            Backend::Redis(redis) => redis.holds_lease(lease).await?,
        })
    }

    /// Gives a lease back. `false`: it had ended already.
    pub async fn release_lease(&self, lease: &Lease) -> Result<bool, StoreError> {
        Ok(match &self.inner.backend {
            Backend::Embedded(embedded) => embedded.leases().release(lease, self.now()),
            Backend::Redis(redis) => redis.release_lease(lease).await?,
        })
    }

    /// Takes leases away from whoever holds them: those of a team, or those on one of its things. For emergencies. Says
    /// how many holders lost one.
    pub async fn clear_leases(&self, team: &str, name: Option<&str>) -> Result<u64, StoreError> {
        Ok(match &self.inner.backend {
            Backend::Embedded(embedded) => embedded.leases().clear(team, name, self.now()),
            Backend::Redis(redis) => redis.clear_leases(team, name).await?,
        })
    }

    /// What happened to leases.
    pub async fn lease_statistics(&self) -> Result<LeaseStatistics, StoreError> {
        Ok(match &self.inner.backend {
            Backend::Embedded(embedded) => embedded.leases().statistics(self.now()),
            Backend::Redis(redis) => redis.lease_statistics().await?,
        })
    }
}
