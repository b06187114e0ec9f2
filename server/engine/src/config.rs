//! What the engine is told when it starts.

use crate::limits::Limits;
use crate::socket::{LinkConfig, LinkLimits};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use weir_model::RuleSource;
use weir_worker::PoolConfig;

/// How an engine runs.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where it listens; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// How connections are kept private.
    pub transport: Transport,
    /// Keys, sessions, jobs.
    pub data: PathBuf,
    /// A Redis or Valkey that nodes share; `None`: everything is under [`Self::data`].
    pub redis: Option<String>,
    /// The file with what offers to editors are signed with, which nodes share; `None`: [`Self::data`] has one.
    pub identity: Option<PathBuf>,
    /// The rules of whoever has none of its own.
    pub rules: Arc<[RuleSource]>,
    /// What a customer may, unless its key says otherwise.
    pub limits: Limits,
    /// The processes that analyse.
    pub workers: WorkersConfig,
    /// Live sessions of editors.
    pub link: LinkConfig,
    /// How many of them one key may have.
    pub link_limits: LinkLimits,
    /// Connections at once. Each costs a file descriptor and some kilobytes.
    pub max_connections: usize,
    /// Bytes of all requests' bodies at once. What is made of them takes some three times as much.
    pub bytes_in_flight: u64,
    /// How long results are kept for files that are sent again; zero: not at all.
    pub results_life: Duration,
    /// How long requests at work may go on after the engine was told to end.
    pub drain: Duration,
}

/// How connections are kept private.
#[derive(Clone, Debug)]
pub enum Transport {
    /// Not at all: nobody else is on this machine's loopback.
    Loopback,
    /// By TLS, with this chain and key (PEM).
    Tls {
        /// The certificate chain.
        cert: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// By a proxy before the engine, which adds `X-Forwarded-For`.
    BehindProxy,
    /// Not at all, by somebody's explicit wish.
    Insecure,
}

/// The processes that analyse.
#[derive(Clone, Debug)]
pub struct WorkersConfig {
    /// What each runs.
    pub pool: PoolConfig,
    /// How many at once; sessions wait for one another beyond.
    pub most: usize,
    /// How long one is kept that has nothing to do.
    pub idle: Duration,
}

/// Why an engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Plain HTTP where others could listen.
    #[error(
        "{0} is no loopback address, and keys would cross the network in the clear: give --tls-cert and --tls-key, or \
         --behind-proxy if a proxy does TLS, or --insecure-http if that is really wanted"
    )]
    Unprotected(SocketAddr),
    /// The certificate or key is not usable.
    #[error("the TLS certificate or key cannot be used: {0}")]
    Tls(String),
    /// The address is not to be had.
    #[error("cannot listen on {listen}: {reason}")]
    Bind {
        /// The address.
        listen: SocketAddr,
        /// Why.
        reason: String,
    },
    /// The store is not usable.
    #[error(transparent)]
    Store(#[from] crate::StoreError),
    /// No rules can be read.
    #[error("the analysis processes do not start: {0}")]
    Workers(String),
    /// Editors of the one would refuse the other.
    #[error(
        "other engines that use this Redis have another identity, and editors that know theirs would refuse this one: \
         give all of them the same file (--identity-file)"
    )]
    OtherIdentity,
    /// The process cannot have what it needs.
    #[error("the engine cannot start: {0}")]
    System(String),
}

/// Seven requests as large as they may be, or thousands of usual ones.
const BYTES_IN_FLIGHT: u64 = 1 << 30;

/// A repository is scanned again and again in the days of a change.
const RESULTS_LIFE: Duration = Duration::from_hours(7 * 24);

/// The largest share of memory one file takes on its way: ciphertext, text, trees of some twenty times its size.
pub const DEFAULT_WORKERS: usize = 32;

impl Default for WorkersConfig {
    fn default() -> Self {
        let mut pool = PoolConfig::this_program(1);
        // A request may take 30 s and has up to ten files: one that takes a third of that is stopped.
        pool.scan_deadline = Duration::from_secs(10);
        pool.max_file = weir_model::framing::MAX_FRAME;
        // It is the code of others: no process that cannot be locked down opens it.
        pool.hardened = true;
        Self { pool, most: DEFAULT_WORKERS, idle: Duration::from_secs(30) }
    }
}

impl EngineConfig {
    /// An engine with the limits of the contract.
    pub fn new(listen: SocketAddr, data: PathBuf, rules: Arc<[RuleSource]>) -> Self {
        Self {
            listen,
            transport: Transport::Loopback,
            data,
            redis: None,
            identity: None,
            rules,
            limits: Limits::default(),
            workers: WorkersConfig::default(),
            link: LinkConfig::default(),
            link_limits: LinkLimits::default(),
            max_connections: 1_024,
            bytes_in_flight: BYTES_IN_FLIGHT,
            results_life: RESULTS_LIFE,
            drain: Duration::from_secs(30),
        }
    }

    /// Refuses what would show keys and sessions to a network.
    pub fn check(&self) -> Result<(), StartError> {
        match self.transport {
            Transport::Loopback if !self.listen.ip().is_loopback() => Err(StartError::Unprotected(self.listen)),
            _ => Ok(()),
        }
    }
}
