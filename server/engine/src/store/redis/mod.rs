//! The store of a cluster, in Redis or Valkey. Every step that must not be taken by two nodes at once is one script
//! there, and the time is Redis' own, so that nodes need not agree on it.
//!
//! What expires is written with the time at which it does, which decides; Redis is also told to forget it about then, which
//! only keeps its memory small.

mod jobs;
mod leases;
mod limits;
mod nodes;
mod sessions;
mod tenants;

pub(super) use tenants::News;

use super::{Loss, Recovery, ResultKey, StoreError, StoreErrorKind, Swept};
use crate::clock::Clock;
use crate::{hex, random};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind, FromRedisValue, RedisError, Script, ServerErrorKind, ToRedisArgs};
use std::slice;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const DURING: &str = "asking Redis";
/// Longest wait for an answer. Scripts take some ten microseconds; a longer wait is a lost connection that nobody told.
const ANSWER: Duration = Duration::from_secs(2);
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// How often, and after which pauses, a command is sent again whose connection was lost: a Redis that restarts is back by
/// then.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1)];
/// A command that did not get through until then is not sent again, however many pauses are left: a Redis that hangs would else keep
/// everybody waiting for each of them.
const TRY_FOR: Duration = Duration::from_secs(2);
/// Redis forgets so much later than things expire, in milliseconds: its clock and a test's need not agree.
const SLACK: u64 = 60_000;

/// The name under which a number is kept by which it is told whether Redis lost everything.
const INSTANCE: &str = "weir:instance";

/// No arguments but the time.
const NOTHING: &[&str] = &[];

/// A connection that comes back by itself.
pub(super) struct Redis {
    connection: ConnectionManager,
    /// For connections on which Redis speaks by itself.
    client: Client,
    clock: Clock,
    /// What [`INSTANCE`] was.
    instance: Mutex<String>,
    losses: Mutex<Vec<Loss>>,
}

/// A script that knows the time: `now`, in milliseconds. Its first argument is a test's clock, or 0.
pub(super) fn script(body: &str) -> Script {
    Script::new(&format!(
        "local now = tonumber(ARGV[1])\n\
         if now == 0 then local t = redis.call('TIME') now = t[1] * 1000 + math.floor(t[2] / 1000) end\n\
         local function int(n) return string.format('%.0f', n) end\n\
         {body}"
    ))
}

impl Redis {
    pub(super) async fn open(address: &str, clock: Clock) -> Result<Self, StoreError> {
        // Several libraries in one program may bring several; who is first decides for all, and that is no error.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::open(address)
            .map_err(|_| StoreError::new(StoreErrorKind::Invalid, "reading the address of Redis"))?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(ANSWER))
            .set_connection_timeout(Some(CONNECT))
            .set_number_of_retries(1)
            .set_max_delay(PAUSES[0]);
        let connection =
            ConnectionManager::new_with_config(client.clone(), config).await.map_err(|error| kind(&error))?;
        let redis = Self { connection, client, clock, instance: Mutex::default(), losses: Mutex::default() };
        redis.look_for_losses().await?;
        Ok(redis)
    }

    pub(super) async fn check(&self) -> Result<(), StoreError> {
        self.look_for_losses().await
    }

    pub(super) async fn sweep(&self) -> Result<Swept, StoreError> {
        self.look_for_losses().await?;
        self.sweep_leases().await?;
        // All else forgets by itself.
        Ok(Swept::default())
    }

    pub(super) fn losses(&self) -> Vec<Loss> {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A Redis that was started anew without what it had (no persistence, or another machine) is told by a number that it
    /// no longer knows.
    async fn look_for_losses(&self) -> Result<(), StoreError> {
        let new = random::id::<8>()?;
        let mut set = redis::cmd("SET");
        set.arg(INSTANCE).arg(&new).arg("NX");
        let _: redis::Value = self.command(&set).await?;
        let mut get = redis::cmd("GET");
        get.arg(INSTANCE);
        let found: String = self.command(&get).await?;
        let mut known = self.instance.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.is_empty() && *known != found {
            let loss = Loss::new("what was kept in Redis (keys, sessions, jobs)", Recovery::Empty);
            tracing::error!("{loss}");
            self.losses.lock().unwrap_or_else(PoisonError::into_inner).push(loss);
        }
        *known = found;
        Ok(())
    }

    /// Runs a script. It must do no harm if it is run twice: a connection may be lost after it ran.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[&str],
        arguments: impl ToRedisArgs,
    ) -> Result<T, StoreError> {
        let mut call = script.prepare_invoke();
        for key in keys {
            call.key(*key);
        }
        call.arg(self.clock.by_hand().unwrap_or(0)).arg(arguments);
        let mut tries = Tries::new();
        loop {
            match call.invoke_async(&mut self.connection.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => tries.again(&error).await?,
            }
        }
    }

    /// Sends a command, under the same condition.
    pub(super) async fn command<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        let mut tries = Tries::new();
        loop {
            match command.query_async(&mut self.connection.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => tries.again(&error).await?,
            }
        }
    }

    /// The time by which things expire.
    pub(super) async fn now(&self) -> Result<u64, StoreError> {
        if let Some(now) = self.clock.by_hand() {
            return Ok(now);
        }
        let (seconds, micros): (u64, u64) = self.command(&redis::cmd("TIME")).await?;
        Ok(seconds * 1000 + micros / 1000)
    }

    pub(super) async fn result(&self, key: &ResultKey) -> Result<Option<Vec<u8>>, StoreError> {
        let kept: Option<Vec<u8>> = self.command(redis::cmd("GET").arg(result_name(key))).await?;
        let now = self.now().await?;
        Ok(kept.and_then(|kept| {
            let (expires, result) = kept.split_first_chunk()?;
            (u64::from_le_bytes(*expires) > now).then(|| result.to_vec())
        }))
    }

    pub(super) async fn keep_result(&self, key: &ResultKey, result: &[u8], life: u64) -> Result<(), StoreError> {
        let expires = self.now().await?.saturating_add(life);
        let kept = [&expires.to_le_bytes(), result].concat();
        self.command(redis::cmd("SET").arg(result_name(key)).arg(kept).arg("PX").arg(life.saturating_add(SLACK))).await
    }
}

fn result_name(key: &ResultKey) -> String {
    format!("weir:result:{}", hex::encode(&key.0))
}

/// How often a command may be sent again.
struct Tries {
    pauses: slice::Iter<'static, Duration>,
    until: Instant,
}

impl Tries {
    fn new() -> Self {
        Self { pauses: PAUSES.iter(), until: Instant::now() + TRY_FOR }
    }

    /// Waits before a command is sent again that got no answer; an error if that would not help, or was done often enough.
    async fn again(&mut self, error: &RedisError) -> Result<(), StoreError> {
        match self.pauses.next() {
            Some(pause) if passes(error) && Instant::now() + *pause < self.until => {
                tokio::time::sleep(*pause).await;
                Ok(())
            }
            _ => Err(kind(error)),
        }
    }
}

/// Whether sending it again may help.
fn passes(error: &RedisError) -> bool {
    kind(error).kind() == StoreErrorKind::Unreachable
}

/// What Redis says, of which only the kind is kept: its text may hold an address.
fn kind(error: &RedisError) -> StoreError {
    let kind = match error.kind() {
        ErrorKind::AuthenticationFailed => StoreErrorKind::Refused,
        ErrorKind::InvalidClientConfig => StoreErrorKind::Invalid,
        ErrorKind::Io => StoreErrorKind::Unreachable,
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown,
        ) => StoreErrorKind::Unreachable,
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::NoPerm) => StoreErrorKind::Refused,
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => StoreErrorKind::Corrupt,
        _ => match error.code() {
            Some("NOAUTH" | "WRONGPASS" | "NOPERM") => StoreErrorKind::Refused,
            Some("OOM") => StoreErrorKind::DiskFull,
            // It could not write its file to disk, and so takes no more.
            Some("MISCONF") => StoreErrorKind::DiskFull,
            _ if error.is_connection_dropped() || error.is_timeout() || error.is_connection_refusal() => {
                StoreErrorKind::Unreachable
            }
            _ => StoreErrorKind::Internal,
        },
    };
    StoreError::new(kind, DURING)
}

/// What is not as we write it.
fn corrupt() -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, DURING)
}
