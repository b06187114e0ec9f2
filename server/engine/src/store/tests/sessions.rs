use super::world::{new_session, session};
use super::{World, both};
use crate::store::{Opened, SessionId};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_gets_as_many_sessions_as_it_may_however_it_asks() {
    both(|world: World| async move {
        let nodes = world.nodes().await;
        let asking: Vec<_> = (0..24)
            .map(|number| {
                let store = nodes[number % 2].clone();
                tokio::spawn(async move { store.open_session(new_session("acme", 3600, false, 10)).await })
            })
            .collect();
        let (mut opened, mut refused) = (BTreeSet::new(), 0);
        for asked in asking {
            match asked.await.expect("no panic").expect("no error") {
                Opened::Session(session) => assert!(opened.insert(session.id)),
                Opened::TooMany { retry_after } => {
                    assert_eq!(retry_after.as_secs(), 3600);
                    refused += 1;
                }
            }
        }
        assert_eq!((opened.len(), refused), (10, 14));
        // Another customer's are counted by themselves, and each is seen from every node.
        session(&nodes[0], "other").await;
        let listed: BTreeSet<_> =
            nodes[1].sessions(Some("acme")).await.expect("listed").into_iter().map(|session| session.id).collect();
        assert_eq!(listed, opened);
        assert_eq!(nodes[1].sessions(None).await.expect("listed").len(), 11);
        // One that ends makes room for one.
        let first = opened.first().expect("ten");
        assert!(nodes[1].end_session("acme", first).await.expect("ended"));
        assert!(!nodes[0].end_session("acme", first).await.expect("ended"));
        let again = nodes[0].open_session(new_session("acme", 3600, false, 10)).await.expect("asked");
        assert!(matches!(again, Opened::Session(_)));
        assert_eq!(nodes[0].end_sessions("acme").await.expect("ended"), 10);
        assert_eq!(nodes[1].sessions(None).await.expect("listed").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_when_they_should() {
    both(|world: World| async move {
        let store = world.open().await;
        let open = async |sliding| match store.open_session(new_session("acme", 100, sliding, 10)).await {
            Ok(Opened::Session(session)) => session,
            other => panic!("{other:?}"),
        };
        let (fixed, sliding) = (open(false).await, open(true).await);
        let is_open = async |id: &SessionId| store.use_session("acme", id).await.expect("asked").is_some();
        assert_eq!(store.use_session("acme", &fixed.id).await.expect("asked"), Some(fixed.clone()));
        world.advance(99);
        assert!(is_open(&fixed.id).await && is_open(&sliding.id).await);
        assert!(store.use_session("other", &fixed.id).await.expect("asked").is_none());
        world.advance(1);
        assert!(!is_open(&fixed.id).await && is_open(&sliding.id).await);
        assert!(!store.move_session("acme", &fixed.id, "two").await.expect("asked"));
        assert!(store.move_session("acme", &sliding.id, "two").await.expect("asked"));
        let moved = store.use_session("acme", &sliding.id).await.expect("asked").expect("open");
        assert_eq!((moved.node.as_str(), moved.wrapped_key), ("two", sliding.wrapped_key.clone()));
        store.sweep().await.expect("swept");
        assert_eq!(store.sessions(None).await.expect("listed").len(), 1);
        world.advance(100);
        assert!(!is_open(&sliding.id).await);
        assert!(!store.end_session("acme", &sliding.id).await.expect("asked"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_outlive_the_engine() {
    both(|world: World| async move {
        let store = world.open().await;
        let before = session(&store, "acme").await;
        store.close().await.expect("closed");
        let store = world.open().await;
        assert_eq!(store.use_session("acme", &before.id).await.expect("asked"), Some(before));
        assert!(store.losses().is_empty());
    })
    .await;
}
