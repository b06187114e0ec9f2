use super::world::tenant;
use super::{World, both};
use crate::store::{Added, Claim, Job, JobFile, JobRoom, JobState, NewJob, Put, ResultKey, Store, StoreConfig};
use std::time::Duration;

const ROOM: JobRoom = JobRoom { files: 100, bytes: 1000 };
const LIFE: Duration = Duration::from_secs(30);

async fn create(store: &Store, most: u32) -> Option<Job> {
    let life = Duration::from_hours(1);
    let new = NewJob { tenant: "acme".to_owned(), details: b"details".to_vec(), life, most };
    store.create_job(new).await.expect("created")
}

fn file(number: u32) -> JobFile {
    JobFile { details: vec![1], bytes: number.to_le_bytes().repeat(2) }
}

async fn started(store: &Store, files: u32) -> Job {
    let job = create(store, 100).await.expect("room");
    for number in 0..files {
        assert_eq!(store.add_job_file("acme", &job.id, number, file(number), ROOM).await, Ok(Added::Stored));
    }
    store.start_job("acme", &job.id).await.expect("started").expect("there")
}

async fn claim(store: &Store, node: &str) -> Option<Claim> {
    let known: Vec<_> = store.jobs("acme").await.expect("listed").into_iter().map(|job| job.id).collect();
    assert_eq!(store.claim_job(node, &["0".repeat(48)], LIFE).await, Ok(None), "not one that is not asked for");
    store.claim_job(node, &known, LIFE).await.expect("claimed")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_done_once_whoever_dies_over_it() {
    both(|world: World| async move {
        let [one, two] = world.nodes().await;
        let job = started(&one, 5).await;
        assert_eq!((job.state.clone(), job.files, job.bytes), (JobState::Started, 5, 40));
        let first = claim(&one, "one").await.expect("a job");
        assert_eq!(claim(&two, "two").await, None);
        assert_eq!(one.unfinished(&first).await.expect("asked"), [0, 1, 2, 3, 4]);
        assert_eq!(one.job_file(&first, 3).await.expect("asked"), Some(file(3)));
        assert_eq!(one.put_part(&first, 3, b"first".to_vec()).await, Ok(Put::Stored));
        assert_eq!(one.put_part(&first, 3, b"again".to_vec()).await, Ok(Put::Already));
        assert_eq!(one.job_file(&first, 3).await.expect("asked"), None);
        world.advance(29);
        assert!(one.renew_claim(&first, LIFE).await.expect("renewed"));
        world.advance(29);
        assert_eq!(claim(&two, "two").await, None);
        world.advance(1);
        // The first node is thought dead; it comes back, and changes nothing.
        let second = claim(&two, "two").await.expect("the job");
        assert!(second.fence > first.fence);
        assert_eq!(one.put_part(&first, 0, b"late".to_vec()).await, Ok(Put::Lost));
        assert!(!one.renew_claim(&first, LIFE).await.expect("asked"));
        assert!(!one.finish_job(&first, None).await.expect("asked"));
        for index in two.unfinished(&second).await.expect("asked") {
            let put = two.put_part(&second, index, format!("result {index}").into_bytes()).await;
            assert_eq!(put, Ok(Put::Stored));
        }
        assert!(two.finish_job(&second, None).await.expect("finished"));
        let job = one.job("acme", &job.id).await.expect("asked").expect("there");
        assert_eq!((job.state, job.finished, job.node.as_str()), (JobState::Done, 5, "two"));
        assert_eq!(job.details, b"details");
        let parts = one.job_parts("acme", &job.id, 2, 2).await.expect("read");
        assert_eq!(parts, [(2, b"result 2".to_vec()), (3, b"first".to_vec())]);
        assert!(one.job_parts("other", &job.id, 0, 9).await.expect("read").is_empty());
        assert_eq!(claim(&one, "one").await, None);
        world.advance(3600);
        one.sweep().await.expect("swept");
        assert_eq!(one.job("acme", &job.id).await, Ok(None));
        assert!(one.job_parts("acme", &job.id, 0, 9).await.expect("read").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_race_for_jobs_each_get_another_oldest_first() {
    both(|world: World| async move {
        let nodes = world.nodes().await;
        let mut ids = Vec::new();
        for _ in 0..4 {
            world.advance(1);
            ids.push(started(&nodes[0], 1).await.id);
        }
        let oldest = claim(&nodes[0], "one").await.expect("a job");
        assert_eq!(oldest.job, ids[0]);
        let racing: Vec<_> = (0..8)
            .map(|number| {
                let store = nodes[number % 2].clone();
                tokio::spawn(async move { claim(&store, "some").await })
            })
            .collect();
        let mut claimed = vec![oldest.job];
        for raced in racing {
            claimed.extend(raced.await.expect("no panic").map(|claim| claim.job));
        }
        claimed[1..].sort();
        ids[1..].sort();
        assert_eq!(claimed, ids);
        assert_eq!(nodes[1].jobs("acme").await.expect("listed").len(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_have_limits_and_can_be_cancelled() {
    both(|world: World| async move {
        let store = world.open().await;
        let job = create(&store, 2).await.expect("room");
        let small = JobRoom { files: 2, bytes: 20 };
        let add = async |index, size| {
            let file = JobFile { details: Vec::new(), bytes: vec![0; size] };
            store.add_job_file("acme", &job.id, index, file, small).await.expect("asked")
        };
        assert_eq!(add(0, 21).await, Added::Full);
        assert_eq!(add(0, 10).await, Added::Stored);
        assert_eq!(add(0, 10).await, Added::Already);
        assert_eq!(add(7, 10).await, Added::Stored);
        assert_eq!(add(8, 0).await, Added::Full);
        assert_eq!(store.add_job_file("other", &job.id, 1, file(1), ROOM).await, Ok(Added::Closed));
        assert_eq!(store.add_job_file("acme", "../../x", 1, file(1), ROOM).await, Ok(Added::Closed));
        let empty = create(&store, 2).await.expect("room");
        assert_eq!(create(&store, 2).await, None);
        let empty = store.start_job("acme", &empty.id).await.expect("started").expect("there");
        assert_eq!(empty.state, JobState::Done);
        store.start_job("acme", &job.id).await.expect("started");
        assert_eq!(add(9, 0).await, Added::Closed);
        let given_up = claim(&store, "one").await.expect("a job");
        let job = store.cancel_job("acme", &job.id).await.expect("cancelled").expect("there");
        assert_eq!(job.state, JobState::Cancelled);
        assert_eq!(store.put_part(&given_up, 0, Vec::new()).await, Ok(Put::Lost));
        assert!(store.unfinished(&given_up).await.expect("asked").is_empty());
        assert_eq!(store.cancel_job("other", &job.id).await, Ok(None));
        let failed = started(&store, 1).await;
        let taken = claim(&store, "one").await.expect("a job");
        assert!(store.finish_job(&taken, Some("too tired")).await.expect("finished"));
        let failed = store.job("acme", &failed.id).await.expect("asked").expect("there");
        assert_eq!(failed.state, JobState::Failed("too tired".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_outlive_the_engine() {
    both(|world: World| async move {
        let store = world.open().await;
        let job = started(&store, 3).await;
        let taken = claim(&store, "one").await.expect("a job");
        assert_eq!(store.put_part(&taken, 1, b"done".to_vec()).await, Ok(Put::Stored));
        store.close().await.expect("closed");
        let store = world.open().await;
        world.advance(30);
        let taken = claim(&store, "one").await.expect("the job");
        assert_eq!((taken.job.as_str(), store.unfinished(&taken).await.expect("asked")), (job.id.as_str(), vec![0, 2]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_found_by_their_customer_until_they_expire() {
    both(|world: World| async move {
        let store = world.open().await;
        let ((_, acme), (_, other)) = (tenant(&store, "acme").await, tenant(&store, "other").await);
        let key = |tenant, rules: u8| ResultKey::new(tenant, &[1; 32], &rules.to_string(), "1.0", b"");
        let life = Duration::from_secs(100);
        store.keep_result(&key(&acme, 1), b"found".to_vec(), life).await.expect("kept");
        assert_eq!(store.result(&key(&acme, 1)).await, Ok(Some(b"found".to_vec())));
        assert_eq!(store.result(&key(&acme, 2)).await, Ok(None));
        assert_eq!(store.result(&key(&other, 1)).await, Ok(None));
        world.advance(100);
        assert_eq!(store.result(&key(&acme, 1)).await, Ok(None));
        store.sweep().await.expect("swept");
        store.keep_result(&key(&acme, 1), b"again".to_vec(), life).await.expect("kept");
        assert_eq!(store.result(&key(&acme, 1)).await, Ok(Some(b"again".to_vec())));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_nobody_used_go_when_there_is_no_room() {
    let world = World::new(super::Place::Embedded);
    let config = StoreConfig { results_bytes: 10_000, ..world.config() };
    let store = Store::open(config, world.clock.clone()).await.expect("a store");
    let (_, acme) = tenant(&store, "acme").await;
    let key = |number: u8| ResultKey::new(&acme, &[number; 32], "", "1.0", b"");
    let life = Duration::from_secs(100_000);
    for number in 0..20 {
        world.advance(120);
        store.keep_result(&key(number), vec![number; 1000], life).await.expect("kept");
        // One is used all the time.
        assert_eq!(store.result(&key(0)).await, Ok(Some(vec![0; 1000])), "{number}");
    }
    let mut there = Vec::new();
    for number in 0..20 {
        if let Some(result) = store.result(&key(number)).await.expect("asked") {
            assert_eq!(result, vec![number; 1000]);
            there.push(number);
        }
    }
    assert_eq!(there, [0, 13, 14, 15, 16, 17, 18, 19]);
}
