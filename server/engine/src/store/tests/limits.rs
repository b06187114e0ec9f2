use super::{World, both};
use crate::limits::Limits;
use crate::store::{Admission, PERMIT_LIFE};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_over_all_nodes() {
    both(|world: World| async move {
        let nodes = world.nodes().await;
        let limits = Limits { per_minute: 30, concurrent: 1000, ..Limits::default() };
        let asking: Vec<_> = (0..50)
            .map(|number| {
                let store = nodes[number % 2].clone();
                tokio::spawn(async move { store.admit("acme", &limits).await })
            })
            .collect();
        let mut admitted = 0;
        for asked in asking {
            match asked.await.expect("no panic").expect("no error") {
                Admission::Admitted(_) => admitted += 1,
                Admission::TooFast { retry_after } => assert_eq!(retry_after, Duration::from_secs(2)),
                Admission::TooMany { .. } => panic!("a thousand may work"),
            }
        }
        assert_eq!(admitted, 30);
        assert!(matches!(nodes[0].admit("other", &limits).await, Ok(Admission::Admitted(_))));
        world.advance(2);
        assert!(matches!(nodes[1].admit("acme", &limits).await, Ok(Admission::Admitted(_))));
        assert!(matches!(nodes[0].admit("acme", &limits).await, Ok(Admission::TooFast { .. })));
        world.advance(3600);
        assert_eq!(nodes[0].count("acme", 30, 30).await.expect("counted"), Ok(()));
        assert_eq!(nodes[1].count("acme", 30, 1).await.expect("counted"), Err(Duration::from_secs(2)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_work_at_once_and_no_more_until_one_is_done_or_dead() {
    both(|world: World| async move {
        let nodes = world.nodes().await;
        let limits = Limits { per_minute: 6000, concurrent: 10, ..Limits::default() };
        let asking: Vec<_> = (0..30)
            .map(|number| {
                let store = nodes[number % 2].clone();
                tokio::spawn(async move { store.admit("acme", &limits).await })
            })
            .collect();
        let mut permits = Vec::new();
        for asked in asking {
            if let Admission::Admitted(permit) = asked.await.expect("no panic").expect("no error") {
                permits.push(permit);
            }
        }
        assert_eq!(permits.len(), 10);
        assert_eq!(nodes[0].working("acme").await.expect("counted"), 10);
        drop(permits.pop());
        let admitted = async || loop {
            match nodes[1].admit("acme", &limits).await.expect("no error") {
                Admission::Admitted(permit) => return permit,
                // It is given back in the background; the test's own time bounds this.
                _ => tokio::task::yield_now().await,
            }
        };
        permits.push(tokio::time::timeout(Duration::from_secs(20), admitted()).await.expect("one is free"));
        // A node that dies gives nothing back.
        let kept = permits.pop().expect("ten");
        permits.into_iter().for_each(std::mem::forget);
        world.advance(PERMIT_LIFE.as_secs() - 1);
        assert!(kept.renew().await.expect("renewed"));
        assert!(matches!(nodes[0].admit("acme", &limits).await, Ok(Admission::TooMany { .. })));
        world.advance(1);
        assert_eq!(nodes[0].working("acme").await.expect("counted"), 1);
        assert!(matches!(nodes[0].admit("acme", &limits).await, Ok(Admission::Admitted(_))));
        world.advance(PERMIT_LIFE.as_secs());
        assert!(!kept.renew().await.expect("asked"));
    })
    .await;
}
