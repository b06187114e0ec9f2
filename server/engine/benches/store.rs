//! What the embedded store costs, printed: `cargo bench -p weir-engine --bench store`.

use std::time::{Duration, Instant};
use weir_engine::limits::Limits;
use weir_engine::store::{Admission, LeaseMode, LeaseRequest, Leased, NewSession, Opened, SessionId, Store};
use weir_engine::tenant::NewTenant;
use weir_engine::{Clock, StoreConfig};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(StoreConfig::embedded(folder.path().join("data")), Clock::system()).await.expect("a store");
    let new = NewTenant { name: "acme".to_owned(), ..NewTenant::default() };
    let (key, tenant) = store.tenants().add(new).await.expect("a key");
    let key = key.reveal();
    let limits = Limits { per_minute: u32::MAX, concurrent: u32::MAX, ..Limits::default() };
    measure("find a key", 10_000, async || {
        assert!(store.tenants().find(&key).await.expect("asked").is_some());
    })
    .await;
    measure("admit a request and let it go", 10_000, async || {
        assert!(matches!(store.admit(&tenant.id, &limits).await.expect("asked"), Admission::Admitted(_)));
    })
    .await;
    let request = LeaseRequest {
        team: "red".to_owned(),
        names: vec!["baseline".to_owned(), "marks".to_owned()],
        mode: LeaseMode::Exclusive,
        holder: "ann".to_owned(),
        life: Duration::from_secs(10),
    };
    measure("acquire two things and release them", 10_000, async || {
        let Leased::Granted(lease) = store.try_lease(&request).await.expect("asked") else { panic!("nobody has it") };
        assert!(store.release_lease(&lease).await.expect("released"));
    })
    .await;
    let open = async || {
        let new = NewSession {
            id: SessionId::random().expect("random"),
            tenant: tenant.id.clone(),
            lifetime: Duration::from_hours(1),
            sliding: true,
            wrapped_key: vec![0; 60],
            node: String::new(),
            most: u32::MAX,
        };
        let Opened::Session(session) = store.open_session(new).await.expect("asked") else { panic!("there is room") };
        session.id
    };
    let id = open().await;
    measure("use a session", 10_000, async || {
        assert!(store.use_session(&tenant.id, &id).await.expect("asked").is_some());
    })
    .await;
    measure("open a session and end it, on disk", 200, async || {
        let id = open().await;
        assert!(store.end_session(&tenant.id, &id).await.expect("ended"));
    })
    .await;
}

/// Prints the median and the 99th of a hundred.
async fn measure(what: &str, times: usize, work: impl AsyncFn()) {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        work().await;
        took.push(start.elapsed());
    }
    took.sort();
    println!("{what:<40} median {:>9.1?}   p99 {:>9.1?}", took[times / 2], took[times * 99 / 100]);
}
