use super::{Place, World};
use crate::store::NODE_LIFE;

#[tokio::test(flavor = "multi_thread")]
async fn live_sessions_are_counted_over_all_nodes_that_live() {
    let mut world = World::new(Place::Redis);
    let [one, two] = world.nodes().await;
    assert!(one.share_live("acme", 3, Some(5)).await.expect("asked"));
    assert!(two.share_live("acme", 2, Some(5)).await.expect("asked"));
    assert!(two.share_live("other", 5, Some(5)).await.expect("asked"));
    // What is refused is not noted.
    assert!(!two.share_live("acme", 3, Some(5)).await.expect("asked"));
    assert!(!one.share_live("acme", 4, Some(5)).await.expect("asked"));
    assert!(one.share_live("acme", 2, None).await.expect("asked"));
    assert!(two.share_live("acme", 3, Some(5)).await.expect("asked"));
    // What is there is noted, also over the limit: an administrator may have lowered it.
    assert!(two.share_live("acme", 6, None).await.expect("asked"));
    assert!(!one.share_live("acme", 1, Some(6)).await.expect("asked"));
    // A node that does not say that it lives counts no more.
    world.advance(NODE_LIFE.as_secs() - 1);
    assert!(one.share_live("acme", 1, None).await.expect("asked"));
    world.advance(1);
    assert!(one.share_live("acme", 5, Some(5)).await.expect("asked"));
    assert!(!two.share_live("acme", 1, Some(5)).await.expect("asked"));
    // A Redis that lost everything has it back when nodes say it again.
    world.redis().kill();
    world.redis().start_again(false);
    assert!(one.share_live("acme", 5, None).await.expect("asked"));
    assert!(!two.share_live("acme", 1, Some(5)).await.expect("asked"));
    // One that ends takes its own away.
    assert!(one.share_live("acme", 0, None).await.expect("asked"));
    assert!(two.share_live("acme", 5, Some(5)).await.expect("asked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_by_itself_counts_what_it_has() {
    let world = World::new(Place::Embedded);
    let store = world.open().await;
    assert!(store.share_live("acme", 5, Some(5)).await.expect("asked"));
    assert!(!store.share_live("acme", 6, Some(5)).await.expect("asked"));
    assert!(store.is_one_of_us("weir-ed25519:a").await.expect("asked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_nodes_have_one_identity() {
    let world = World::new(Place::Redis);
    let [one, two] = world.nodes().await;
    assert!(one.is_one_of_us("weir-ed25519:a").await.expect("asked"));
    assert!(!two.is_one_of_us("weir-ed25519:b").await.expect("asked"));
    assert!(two.is_one_of_us("weir-ed25519:a").await.expect("asked"));
}
