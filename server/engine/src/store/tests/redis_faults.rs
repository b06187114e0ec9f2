//! What happens when Redis does not answer, comes back, or comes back with nothing.

use super::world::{kind, new_session, session, tenant};
use super::{Place, World};
use crate::limits::Limits;
use crate::store::{Admission, Recovery, StoreErrorKind, TeamChange, Tenants};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_redis_is_there_again_after_it_was_killed_in_the_middle_of_work() {
    let mut world = World::new(Place::Redis);
    let [one, two] = world.nodes().await;
    let (key, _) = tenant(&one, "acme").await;
    let working = {
        let store = two.clone();
        // Sessions are opened all the time; those that were said to be open must be.
        tokio::spawn(async move {
            let mut said = Vec::new();
            for _ in 0..400 {
                match store.open_session(new_session("acme", 3600, false, 1000)).await {
                    Ok(crate::store::Opened::Session(session)) => said.push(session.id),
                    Ok(other) => panic!("{other:?}"),
                    Err(error) => assert_eq!(error.kind(), StoreErrorKind::Unreachable),
                }
            }
            said
        })
    };
    for _ in 0..3 {
        session(&one, "other").await;
        world.redis().kill();
        world.redis().start_again(true);
    }
    let said = working.await.expect("no panic");
    assert!(!said.is_empty());
    for id in said {
        assert!(one.use_session("acme", &id).await.expect("asked").is_some());
    }
    assert_eq!(one.sessions(Some("other")).await.expect("listed").len(), 3);
    assert!(two.tenants().find(&key).await.expect("asked").is_some());
    assert!(one.losses().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_is_said_to_be_and_used_again_when_it_is_back() {
    let mut world = World::new(Place::Redis);
    let store = world.open().await;
    let there = session(&store, "acme").await;
    let mut watch = store.tenants().watch_team("red").await.expect("watched");
    world.redis().kill();
    let away = StoreErrorKind::Unreachable;
    assert_eq!(kind(store.use_session("acme", &there.id).await, "redis.sock"), away);
    assert_eq!(kind(store.admit("acme", &Limits::default()).await.map(|_| ()), "redis.sock"), away);
    assert_eq!(kind(world.try_open().await.map(|_| ()), "redis.sock"), away);
    world.redis().start_again(true);
    assert_eq!(store.use_session("acme", &there.id).await, Ok(Some(there)));
    assert!(matches!(store.admit("acme", &Limits::default()).await, Ok(Admission::Admitted(_))));
    let beside = Tenants::open(&world.config(), world.clock.clone()).await.expect("opened");
    let change = TeamChange { config: Some("a = 1".to_owned()), ..TeamChange::default() };
    let set = beside.set_team("red", change).await.expect("set");
    tokio::time::timeout(Duration::from_secs(30), watch.changed()).await.expect("in time").expect("watched");
    assert_eq!(*watch.borrow(), Some(set));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_lost_everything_is_noticed() {
    let mut world = World::new(Place::Redis);
    let store = world.open().await;
    let there = session(&store, "acme").await;
    let (key, _) = tenant(&store, "acme").await;
    store.check().await.expect("well");
    world.redis().kill();
    world.redis().start_again(false);
    store.check().await.expect("well again");
    assert_eq!((store.losses().len(), store.losses()[0].how), (1, Recovery::Empty));
    assert_eq!(store.use_session("acme", &there.id).await, Ok(None));
    assert!(store.tenants().find(&key).await.expect("asked").is_none());
    session(&store, "acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_is_said_not_to_be_one() {
    let world = World::new(Place::Embedded);
    for (address, expected) in [
        ("nonsense", StoreErrorKind::Invalid),
        ("http://redis", StoreErrorKind::Invalid),
        ("redis://user:hunter2@127.0.0.1:1/", StoreErrorKind::Unreachable),
        ("rediss://user:hunter2@127.0.0.1:1/", StoreErrorKind::Unreachable),
    ] {
        let config = crate::StoreConfig { redis: Some(address.to_owned()), ..world.config() };
        let opened = crate::Store::open(config, world.clock.clone()).await.map(|_| ());
        assert_eq!(kind(opened, "hunter2"), expected, "{address}");
    }
}
