//! A place to keep a store in, for a test.

use crate::Clock;
use crate::store::{NewSession, Opened, Session, SessionId, Store, StoreConfig, StoreError, StoreErrorKind};
use crate::tenant::{NewTenant, Tenant};
use std::fmt::Debug;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use weir_tests::redis_server::RedisServer;

/// Some day in November 2026.
pub(super) const NOW: u64 = 1_795_000_000_000;

/// What the data directory is called, which no error may tell.
pub(super) const HIDDEN: &str = "hidden-place";

/// Where a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Embedded,
    Redis,
}

/// A data directory, with a Redis if the place is one, and a clock that stands still.
pub(super) struct World {
    pub(super) folder: TempDir,
    pub(super) clock: Clock,
    redis: Option<RedisServer>,
}

/// Runs a test in both places.
pub(super) async fn both<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    for place in [Place::Embedded, Place::Redis] {
        eprintln!("in {place:?}");
        test(World::new(place)).await;
    }
}

impl World {
    pub(super) fn new(place: Place) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let redis = (place == Place::Redis).then(|| RedisServer::start(folder.path().join("redis")));
        Self { folder, clock: Clock::standing_at(NOW), redis }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join(HIDDEN)
    }

    pub(super) fn config(&self) -> StoreConfig {
        let redis = self.redis.as_ref().map(RedisServer::address);
        StoreConfig { redis, ..StoreConfig::embedded(self.data()) }
    }

    pub(super) async fn open(&self) -> Store {
        self.try_open().await.expect("a store")
    }

    pub(super) async fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(self.config(), self.clock.clone()).await
    }

    /// Two nodes of a cluster; embedded there is but one.
    pub(super) async fn nodes(&self) -> [Store; 2] {
        let one = self.open().await;
        let other = if self.redis.is_some() { self.open().await } else { one.clone() };
        [one, other]
    }

    pub(super) fn redis(&mut self) -> &mut RedisServer {
        self.redis.as_mut().expect("a Redis")
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// A session for this customer, for so many seconds.
pub(super) fn new_session(tenant: &str, seconds: u64, sliding: bool, most: u32) -> NewSession {
    NewSession {
        id: SessionId::random().expect("random"),
        tenant: tenant.to_owned(),
        lifetime: Duration::from_secs(seconds),
        sliding,
        wrapped_key: vec![7; 60],
        node: "one".to_owned(),
        most,
    }
}

/// A session that was opened.
pub(super) async fn session(store: &Store, tenant: &str) -> Session {
    match store.open_session(new_session(tenant, 3600, false, 100)).await {
        Ok(Opened::Session(session)) => session,
        other => panic!("{other:?}"),
    }
}

/// A customer and its key.
pub(super) async fn tenant(store: &Store, name: &str) -> (String, Tenant) {
    let new = NewTenant { name: name.to_owned(), ..NewTenant::default() };
    let (key, tenant) = store.tenants().add(new).await.expect("added");
    (key.reveal(), tenant)
}

/// The kind of an error, which must not name the place it is from.
pub(super) fn kind<T: Debug>(result: Result<T, StoreError>, secret: &str) -> StoreErrorKind {
    let error = result.expect_err("it cannot work");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(secret) && !text.contains('/') && !text.contains("redb"), "{text}");
    }
    error.kind()
}
