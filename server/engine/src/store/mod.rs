//! What the engine remembers: customers and their keys, sessions, limits, leases, batch jobs and results.
//!
//! [`Store`] is one type over two places. Embedded, everything is in the data directory of one engine: [redb] files, and
//! small files for what command lines change while the engine runs. With Redis (or Valkey) nodes share it, and are
//! themselves stateless. Nothing in either place opens what customers sent: keys are hashes, and sessions' keys are wrapped under
//! the API key of whoever shows it. Neither place is given source text.
//!
//! [redb]: https://docs.rs/redb

mod embedded;
mod error;
mod files;
mod jobs;
mod keys;
mod leases;
mod limits;
mod nodes;
mod recovery;
mod redis;
mod results;
mod secret;
mod sessions;
mod teams;
mod tenants;
mod wrap;

pub use error::{StoreError, StoreErrorKind};
pub use jobs::{Added, Claim, Job, JobFile, JobRoom, JobState, NewJob, Put};
pub use jobs::{JOB_DETAILS_BYTES, JOB_FILE_BYTES, JOB_PART_BYTES};
pub use leases::{LEASE_LIFE, LEASE_NAMES, Lease, LeaseMode, LeaseRequest, LeaseStatistics, Leased};
pub use limits::{Admission, PERMIT_LIFE, Permit};
pub use nodes::{NODE_BEAT, NODE_LIFE};
pub use recovery::{Loss, Recovery};
pub use results::{RESULT_BYTES, ResultKey};
pub use sessions::{NewSession, Opened, Session, SessionId, WRAPPED_KEY_BYTES};
pub use teams::{TEAM_BYTES, Team, TeamChange, TeamRules};
pub use tenants::Tenants;
pub use wrap::{unwrap as unwrap_session_key, wrap as wrap_session_key};

pub(crate) use files::{hand_over, make_directory, open_private, replace, sync_directory};
pub(crate) use secret::MachineSecret;

use self::redis::Redis;
use crate::clock::Clock;
use embedded::Embedded;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a store is, and how large it may become.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The data directory. With Redis it still has the audit log and the engine's own secrets.
    pub data: PathBuf,
    /// The address of a Redis or Valkey (`redis://`, `rediss://` for TLS); `None`: embedded.
    pub redis: Option<String>,
    /// How large all results that are kept may be; who was not used for longest goes first. With Redis, whose memory is
    /// bounded there (`maxmemory` with `volatile-lru`), results only end with their time.
    pub results_bytes: u64,
}

/// Room for the results of some hundred thousand files.
pub const RESULTS_BYTES: u64 = 256 * 1024 * 1024;

impl StoreConfig {
    /// An embedded store in this directory.
    pub fn embedded(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), redis: None, results_bytes: RESULTS_BYTES }
    }
}

/// What the engine remembers. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    tenants: Tenants,
    clock: Clock,
    /// What tells this process from other nodes.
    node: String,
}

enum Backend {
    Embedded(Arc<Embedded>),
    Redis(Arc<Redis>),
}

/// How many entries a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sessions that had expired.
    pub sessions: u64,
    /// Jobs that had expired.
    pub jobs: u64,
    /// Results that had expired.
    pub results: u64,
}

impl Store {
    /// Opens the store, and makes it where there is none. What was damaged is brought back as far as it can be; see
    /// [`Store::losses`].
    pub async fn open(config: StoreConfig, clock: Clock) -> Result<Self, StoreError> {
        let now = clock.now();
        let (backend, tenants) = if let Some(address) = &config.redis {
            let redis = Arc::new(Redis::open(address, clock.clone()).await?);
            (Backend::Redis(Arc::clone(&redis)), Tenants::in_redis(redis, clock.clone()))
        } else {
            let tenants = Tenants::open(&config, clock.clone()).await?;
            let embedded = blocking(move || Embedded::open(&config.data, config.results_bytes, now)).await?;
            (Backend::Embedded(Arc::new(embedded)), tenants)
        };
        let node = crate::random::id::<8>()?;
        Ok(Self { inner: Arc::new(Inner { backend, tenants, clock, node }) })
    }

    /// Customers, their keys and teams.
    pub fn tenants(&self) -> &Tenants {
        &self.inner.tenants
    }

    /// The clock by which things expire.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// What was damaged, and what became of it.
    pub fn losses(&self) -> Vec<Loss> {
        let mut losses = self.inner.tenants.losses();
        match &self.inner.backend {
            Backend::Embedded(embedded) => losses.extend(embedded.losses()),
            Backend::Redis(redis) => losses.extend(redis.losses()),
        }
        losses
    }

    /// Whether the store works right now, for readiness probes.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.inner.tenants.list().await?;
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, Embedded::check).await,
            Backend::Redis(redis) => redis.check().await,
        }
    }

    /// Removes what has expired, and writes down what may wait. To be called about once a minute.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        self.inner.tenants.flush().await?;
        let now = self.now();
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.sweep(now)).await,
            Backend::Redis(redis) => redis.sweep().await,
        }
    }

    /// Writes everything down. Other clones can no longer use the store.
    pub async fn close(self) -> Result<(), StoreError> {
        self.inner.tenants.flush().await?;
        match &self.inner.backend {
            Backend::Embedded(embedded) => {
                let now = self.now();
                on(embedded, move |embedded| embedded.close(now)).await
            }
            Backend::Redis(_) => Ok(()),
        }
    }

    fn now(&self) -> u64 {
        self.inner.clock.now()
    }
}

/// Runs what waits for a disk on a thread that may wait. A panic there costs the call, not the engine.
async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, StoreError> + Send + 'static,
) -> Result<R, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::new(StoreErrorKind::Internal, "using the store")),
    }
}

/// The same, of the embedded store.
async fn on<R: Send + 'static>(
    embedded: &Arc<Embedded>,
    work: impl FnOnce(&Embedded) -> Result<R, StoreError> + Send + 'static,
) -> Result<R, StoreError> {
    let embedded = Arc::clone(embedded);
    blocking(move || work(&embedded)).await
}

#[cfg(all(test, unix))]
mod tests;
