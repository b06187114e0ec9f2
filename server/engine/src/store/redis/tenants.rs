//! Customers and teams in Redis.

use super::{CONNECT, DURING, Redis, corrupt, kind, script};
use crate::store::keys::KeyRecord;
use crate::store::teams::{Team, TeamChange};
use crate::store::{StoreError, StoreErrorKind};
use crate::tenant::ApiKey;
use futures_util::StreamExt as _;
use redis::Script;
use redis::aio::PubSubStream;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

const KEYS: &str = "weir:keys";
const NAMES: &str = "weir:key-names";
const USED: &str = "weir:keys-used";
const TEAMS: &str = "weir:teams";
const VERSION: &str = "weir:teams-version";
/// Where it is told that teams changed.
const CHANGED: &str = "weir:teams-changed";
/// Two who change the same thing at once, again and again, is a fault.
const TRIES: usize = 100;

/// `id, name, record`: whether there was none of the name.
static ADD: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local id = redis.call('HGET', KEYS[2], ARGV[3])
if id and id ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], ARGV[3], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
return 1",
    )
});

/// `id, name`
static REVOKE: LazyLock<Script> = LazyLock::new(|| {
    script(
        "redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[3])
redis.call('HDEL', KEYS[3], ARGV[2])
return 1",
    )
});

/// `field, old, new`: in the place of the old one, if that is still there.
static EXCHANGE: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local there = redis.call('HGET', KEYS[1], ARGV[2]) or ''
if there == ARGV[4] then return 1 end
if there ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
return 1",
    )
});

/// A connection on which it is told that teams changed.
pub(in crate::store) struct News(PubSubStream);

impl News {
    /// Waits for the next change. `false`: the connection is lost, and changes may have been missed.
    pub(in crate::store) async fn next(&mut self) -> bool {
        self.0.next().await.is_some()
    }
}

fn read(text: &str) -> Result<KeyRecord, StoreError> {
    serde_json::from_str(text).map_err(|_| corrupt())
}

fn write(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| corrupt())
}

impl Redis {
    pub(in crate::store) async fn add_key(&self, record: &KeyRecord) -> Result<(), StoreError> {
        let added: u8 = self.run(&ADD, &[KEYS, NAMES], (&record.id, &record.name, write(record)?)).await?;
        if added == 1 { Ok(()) } else { Err(StoreError::new(StoreErrorKind::Exists, "adding a key")) }
    }

    pub(in crate::store) async fn key(&self, id: &str) -> Result<Option<KeyRecord>, StoreError> {
        let found: Option<String> = self.command(redis::cmd("HGET").arg(KEYS).arg(id)).await?;
        found.map(|text| read(&text)).transpose()
    }

    pub(in crate::store) async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let all: Vec<String> = self.command(redis::cmd("HVALS").arg(KEYS)).await?;
        all.iter().map(|text| read(text)).collect()
    }

    pub(in crate::store) async fn revoke_key(&self, name_or_id: &str) -> Result<Option<KeyRecord>, StoreError> {
        let Some(record) = self.called(name_or_id).await? else { return Ok(None) };
        let _: u8 = self.run(&REVOKE, &[KEYS, NAMES, USED], (&record.id, &record.name)).await?;
        Ok(Some(record))
    }

    pub(in crate::store) async fn rotate_key(
        &self,
        name_or_id: &str,
        until: u64,
    ) -> Result<Option<(ApiKey, KeyRecord)>, StoreError> {
        for _ in 0..TRIES {
            let Some(mut record) = self.called(name_or_id).await? else { return Ok(None) };
            let old = write(&record)?;
            let key = record.rotate(until)?;
            let exchanged: u8 = self.run(&EXCHANGE, &[KEYS], (&record.id, old, write(&record)?)).await?;
            if exchanged == 1 {
                return Ok(Some((key, record)));
            }
        }
        Err(StoreError::new(StoreErrorKind::Internal, "rotating a key"))
    }

    pub(in crate::store) async fn used(&self) -> Result<HashMap<String, u64>, StoreError> {
        self.command(redis::cmd("HGETALL").arg(USED)).await
    }

    pub(in crate::store) async fn set_used(&self, used: &[(String, u64)]) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        let mut set = redis::cmd("HSET");
        set.arg(USED);
        for (id, at) in used {
            set.arg(id).arg(at);
        }
        self.command(&set).await
    }

    pub(in crate::store) async fn team(&self, name: &str) -> Result<Option<Arc<Team>>, StoreError> {
        let found: Option<String> = self.command(redis::cmd("HGET").arg(TEAMS).arg(name)).await?;
        found.map(|text| serde_json::from_str(&text).map_err(|_| corrupt())).transpose()
    }

    /// Grows with every change of a team.
    pub(in crate::store) async fn teams_version(&self) -> Result<u64, StoreError> {
        let version: Option<u64> = self.command(redis::cmd("GET").arg(VERSION)).await?;
        Ok(version.unwrap_or(0))
    }

    pub(in crate::store) async fn set_team(&self, name: &str, change: TeamChange) -> Result<Arc<Team>, StoreError> {
        for _ in 0..TRIES {
            let old: Option<String> = self.command(redis::cmd("HGET").arg(TEAMS).arg(name)).await?;
            let before: Option<Team> =
                old.as_ref().map(|text| serde_json::from_str(text).map_err(|_| corrupt())).transpose()?;
            let version: u64 = self.command(redis::cmd("INCR").arg(VERSION)).await?;
            let team = change.clone().of(name, before.as_ref(), version)?;
            let exchanged: u8 = self.run(&EXCHANGE, &[TEAMS], (name, old.unwrap_or_default(), write(&team)?)).await?;
            if exchanged == 1 {
                // Who looked between the two would take this for no change.
                let _: u64 = self.command(redis::cmd("INCR").arg(VERSION)).await?;
                self.tell_of_teams().await;
                return Ok(Arc::new(team));
            }
        }
        Err(StoreError::new(StoreErrorKind::Internal, "changing a team"))
    }

    pub(in crate::store) async fn clear_team(&self, name: &str) -> Result<bool, StoreError> {
        let removed: u64 = self.command(redis::cmd("HDEL").arg(TEAMS).arg(name)).await?;
        let _: u64 = self.command(redis::cmd("INCR").arg(VERSION)).await?;
        self.tell_of_teams().await;
        Ok(removed > 0)
    }

    /// Tells those who watch teams. Whoever misses it looks by itself, a little later.
    async fn tell_of_teams(&self) {
        let told: Result<u64, _> = self.command(redis::cmd("PUBLISH").arg(CHANGED).arg("")).await;
        if let Err(error) = told {
            tracing::warn!("{error}");
        }
    }

    /// What others tell of teams, from now on.
    pub(in crate::store) async fn news_of_teams(&self) -> Result<News, StoreError> {
        let subscribe = async {
            let mut connection = self.client.get_async_pubsub().await?;
            connection.subscribe(CHANGED).await?;
            Ok(News(connection.into_on_message()))
        };
        match tokio::time::timeout(CONNECT, subscribe).await {
            Ok(subscribed) => subscribed.map_err(|error: redis::RedisError| kind(&error)),
            Err(_) => Err(StoreError::new(StoreErrorKind::Unreachable, DURING)),
        }
    }

    async fn called(&self, name_or_id: &str) -> Result<Option<KeyRecord>, StoreError> {
        Ok(self.keys().await?.into_iter().find(|record| record.is_called(name_or_id)))
    }
}
