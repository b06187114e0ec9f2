//! An engine with nothing but its live links, on a loopback address.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use weir_engine::Clock;
use weir_engine::socket::{
    Customer, Denied, Gate, IDENTITY_FILE, LinkConfig, LinkEvent, LinkRecord, Sockets, identity,
};
use weir_engine::store::{Store, StoreConfig, Team};
use weir_seal::PublicIdentity;
use weir_worker::Program;

pub(crate) const WORKER: &str = env!("CARGO_BIN_EXE_weir-engine-test-worker");

/// API keys and whose they are.
pub(crate) const ALICE: &str = "key-of-alice";
pub(crate) const BOB: &str = "key-of-bob";
pub(crate) const CAROL: &str = "key-of-carol";
/// One of which nobody knows how many sessions it has elsewhere.
pub(crate) const UNCOUNTED: &str = "key-of-uncounted";

/// Sessions of Alice's, and connections of Bob's, that may exist at once. Of the others there may be many.
pub(crate) const MAX_SESSIONS: usize = 3;
pub(crate) const MAX_CONNECTIONS: usize = 2;
const MANY: usize = 100;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) identity: PublicIdentity,
    pub(crate) sockets: Sockets,
    data: tempfile::TempDir,
    records: Arc<Mutex<Vec<LinkRecord>>>,
    revoked: Arc<Mutex<Vec<String>>>,
    pub(crate) team: watch::Sender<Option<Arc<Team>>>,
    pub(crate) store: Store,
}

impl Server {
    /// Sealed workers, and nothing out of the ordinary but as the test says.
    pub(crate) async fn start(change: impl FnOnce(&mut LinkConfig)) -> Self {
        Self::with_worker("sealed", change).await
    }

    pub(crate) async fn with_worker(mode: &str, change: impl FnOnce(&mut LinkConfig)) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let pid = data.path().join("pid");
        let mut config = LinkConfig {
            program: Program { path: WORKER.into(), args: vec![mode.into(), pid.into()] },
            // None of these is to end anything unless it is what the test is about.
            handshake_timeout: Duration::from_mins(10),
            ..LinkConfig::default()
        };
        change(&mut config);
        let identity = identity(&data.path().join(IDENTITY_FILE)).expect("a new one");
        let public = identity.public();
        let (records, revoked) = (Arc::default(), Arc::default());
        let team = watch::Sender::new(None);
        let store = Store::open(StoreConfig::embedded(data.path().join("store")), Clock::system()).await;
        let store = store.expect("a new store");
        let sockets = Sockets::new(config, identity, gate(&records, &revoked, team.subscribe(), store.clone()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = sockets.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, identity: public, sockets, data, records, revoked, team, store }
    }

    /// The process id of the worker that was started last.
    pub(crate) fn worker(&self) -> String {
        std::fs::read_to_string(self.pid_file()).expect("it writes it first of all")
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = std::process::Command::new("kill").args([signal, &self.worker()]).status();
        assert!(sent.expect("there is a kill").success());
    }

    pub(crate) fn revoke(&self, key: &str) {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner).push(id_of(key));
    }

    /// What the audit log was told.
    pub(crate) fn records(&self) -> Vec<LinkEvent> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(records.iter().all(|record| record.session.len() == 8), "not the id itself");
        records.iter().map(|record| record.what).collect()
    }

    fn pid_file(&self) -> PathBuf {
        self.data.path().join("pid")
    }
}

fn gate(
    records: &Arc<Mutex<Vec<LinkRecord>>>,
    revoked: &Arc<Mutex<Vec<String>>>,
    team: watch::Receiver<Option<Arc<Team>>>,
    leases: Store,
) -> Gate {
    let (records, revoked) = (Arc::clone(records), Arc::clone(revoked));
    Gate {
        authenticate: Arc::new(|key| {
            Box::pin(async move {
                match key.as_str() {
                    ALICE | BOB | CAROL | UNCOUNTED => Ok(Customer {
                        id: key.trim_start_matches("key-of-").to_owned(),
                        key: id_of(&key),
                        name: key.trim_start_matches("key-of-").to_owned(),
                        team: "team".to_owned(),
                        max_sessions: if key == ALICE { MAX_SESSIONS } else { MANY },
                        max_connections: if key == BOB { MAX_CONNECTIONS } else { MANY },
                    }),
                    "nobody-knows" => Err(Denied::Unavailable),
                    _ => Err(Denied::Unknown),
                }
            })
        }),
        is_valid: Arc::new(move |id| {
            let valid = !revoked.lock().unwrap_or_else(PoisonError::into_inner).contains(&id);
            Box::pin(async move { Some(valid) })
        }),
        team: Arc::new(move |_| {
            let team = team.clone();
            Box::pin(async move { Some(team) })
        }),
        leases,
        share: Arc::new(|share| {
            let within = share.most.is_none_or(|most| share.sessions <= most);
            Box::pin(async move { (share.key != id_of(UNCOUNTED)).then_some(within) })
        }),
        record: Arc::new(move |record| records.lock().unwrap_or_else(PoisonError::into_inner).push(record)),
    }
}

fn id_of(key: &str) -> String {
    format!("id of {key}")
}
