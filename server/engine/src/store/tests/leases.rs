use super::{World, both};
use crate::store::{Lease, LeaseMode, LeaseRequest, LeaseStatistics, Leased, Store, StoreErrorKind};
use std::time::Duration;

fn request(names: &[&str], mode: LeaseMode, holder: &str) -> LeaseRequest {
    LeaseRequest {
        team: "red".to_owned(),
        names: names.iter().map(|&name| name.to_owned()).collect(),
        mode,
        holder: holder.to_owned(),
        life: Duration::from_secs(10),
    }
}

async fn granted(store: &Store, names: &[&str], mode: LeaseMode, holder: &str) -> Lease {
    match store.try_lease(&request(names, mode, holder)).await {
        Ok(Leased::Granted(lease)) => lease,
        other => panic!("{other:?}"),
    }
}

async fn refused(store: &Store, names: &[&str], mode: LeaseMode) -> (String, String) {
    match store.try_lease(&request(names, mode, "late")).await {
        Ok(Leased::Held { name, holder, retry_after }) => {
            assert!(retry_after <= Duration::from_secs(10));
            (name, holder)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_keep_out_who_they_should_and_their_fences_grow() {
    use LeaseMode::{Collaborative, Exclusive};
    both(|world: World| async move {
        let [one, two] = world.nodes().await;
        let a = granted(&one, &["baseline"], Collaborative, "ann").await;
        let b = granted(&two, &["baseline"], Collaborative, "bob").await;
        assert!(a.fence < b.fence);
        assert_eq!(refused(&two, &["config", "baseline"], Exclusive).await.0, "baseline");
        // Nothing of a request that was refused is held.
        let c = granted(&one, &["config"], Exclusive, "cid").await;
        assert_eq!(refused(&two, &["config"], Collaborative).await, ("config".to_owned(), "cid".to_owned()));
        assert!(one.release_lease(&a).await.expect("released") && !two.release_lease(&a).await.expect("asked"));
        assert!(two.release_lease(&b).await.expect("released"));
        let both = granted(&two, &["baseline", "marks", "baseline"], Exclusive, "dan").await;
        assert_eq!(both.names, ["baseline", "marks"]);
        assert!(both.fence > c.fence);
        world.advance(9);
        assert!(one.renew_lease(&both, Duration::from_secs(10)).await.expect("renewed"));
        world.advance(1);
        assert!(!one.holds_lease(&c).await.expect("asked") && two.holds_lease(&both).await.expect("asked"));
        assert!(!two.renew_lease(&c, Duration::from_secs(10)).await.expect("asked"));
        granted(&one, &["config"], Exclusive, "eve").await;
        assert_eq!(two.clear_leases("red", Some("marks")).await.expect("cleared"), 1);
        assert!(!one.holds_lease(&both).await.expect("asked"));
        assert_eq!(one.clear_leases("red", None).await.expect("cleared"), 2);
        let statistics = two.lease_statistics().await.expect("counted");
        let expected =
            LeaseStatistics { held: 0, granted: 5, refused: 2, renewed: 1, released: 2, expired: 1, cleared: 3 };
        assert_eq!(statistics, expected);
        let last = granted(&one, &["x"], Exclusive, "fay").await;
        assert!(last.fence > both.fence);
        for wrong in [vec![], vec![""], vec!["a\nb"]] {
            let asked = one.try_lease(&request(&wrong, Exclusive, "gus")).await;
            assert_eq!(asked.expect_err("no name").kind(), StoreErrorKind::Invalid);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_want_the_same_things_in_any_order_all_get_them_one_after_another() {
    both(|world: World| async move {
        let nodes = world.nodes().await;
        let working = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let wanting: Vec<_> = (0..12)
            .map(|number| {
                let (store, working) = (nodes[number % 2].clone(), working.clone());
                let names = if number % 3 == 0 { ["a", "b"] } else { ["b", "a"] };
                tokio::spawn(async move {
                    let request = request(&names, LeaseMode::Exclusive, "someone");
                    let leased = store.lease(&request, Duration::from_mins(1)).await.expect("no error");
                    let Leased::Granted(lease) = leased else { panic!("{leased:?}") };
                    assert_eq!(working.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                    tokio::task::yield_now().await;
                    assert_eq!(working.fetch_sub(1, std::sync::atomic::Ordering::SeqCst), 1);
                    assert!(store.release_lease(&lease).await.expect("released"));
                    lease.fence
                })
            })
            .collect();
        let mut fences = std::collections::BTreeSet::new();
        for wanted in wanting {
            assert!(fences.insert(wanted.await.expect("no panic")));
        }
        assert_eq!(fences.len(), 12);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fences_grow_over_a_restart() {
    both(|world: World| async move {
        let mut last = 0;
        for _ in 0..3 {
            let store = world.open().await;
            store.clear_leases("red", None).await.expect("cleared");
            let lease = granted(&store, &["a"], LeaseMode::Exclusive, "ann").await;
            assert!(lease.fence > last);
            last = lease.fence;
            store.close().await.expect("closed");
        }
    })
    .await;
}
