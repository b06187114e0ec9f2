//! Engines that share a Redis, and what stands before them.

use super::harness::{Engine, administer};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use tempfile::TempDir;
use weir_tests::binary::weir;
use weir_tests::lsp_client::{LspClient, capabilities};
use weir_tests::redis_server::RedisServer;

/// Arguments of engines that count no requests.
pub(super) fn limits_off() -> [&'static str; 2] {
    ["--requests-per-minute=100000", "--concurrent-requests=1000"]
}

/// Some engines, their Redis, and a customer's key.
pub(super) struct Cluster {
    pub(super) redis: RedisServer,
    pub(super) nodes: Vec<Engine>,
    pub(super) key: String,
    pub(super) balancer: Balancer,
    args: Vec<String>,
    folder: TempDir,
}

impl Cluster {
    /// So many engines with these arguments. New connections are sent to the first.
    pub(super) fn start(nodes: usize, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let redis = RedisServer::start(folder.path().join("redis"));
        let key = administer(&["keys", "add", "first", "--team", "red", "--redis", &redis.address()]);
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        let mut cluster = Self { redis, nodes: Vec::new(), key, balancer: Balancer::start(), args, folder };
        for _ in 0..nodes {
            cluster.add_node();
        }
        cluster
    }

    /// One more engine, with nothing of its own but the identity that all have.
    pub(super) fn add_node(&mut self) {
        let (redis, identity) = (self.redis.address(), self.identity());
        let mut args = vec!["--redis", &redis, "--identity-file", identity.to_str().unwrap()];
        args.extend(self.args.iter().map(String::as_str));
        let data = tempfile::tempdir().unwrap();
        self.nodes.push(Engine::on(data, self.key.clone(), "127.0.0.1:0", &args));
        self.balance();
    }

    /// Kills one; gives its log. Those behind it move up.
    pub(super) fn kill(&mut self, node: usize) -> String {
        let (log, _) = self.nodes.remove(node).kill();
        self.balance();
        log
    }

    /// Sends new connections to this node as long as it lives.
    pub(super) fn prefer(&mut self, node: usize) {
        self.nodes.swap(0, node);
        self.balance();
    }

    /// A program whose engine is whichever node the balancer chooses.
    pub(super) fn weir(&self) -> Command {
        let mut command = Command::new(weir());
        command
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("WEIR_ENGINE_URL", self.balancer.url())
            .env("WEIR_ENGINE_IDENTITY", self.nodes[0].get("/health").ok()["identity"].as_str().unwrap())
            .env("WEIR_ENGINE_KEY", &self.key);
        command
    }

    /// A language server.
    pub(super) fn editor(&self) -> LspClient {
        let mut editor = LspClient::start_with(self.weir(), &[]);
        editor.initialize(&capabilities(), None, &serde_json::Value::Null);
        editor
    }

    /// How many live sessions a node has.
    pub(super) fn live_sessions(&self, node: usize) -> u64 {
        let metrics = self.nodes[node].get("/metrics").text;
        let line = metrics.lines().find_map(|line| line.strip_prefix("weir_engine_live_sessions "));
        line.unwrap_or_else(|| panic!("no live sessions in {metrics}")).parse().unwrap()
    }

    /// The identity's file: made where the first looks for it.
    pub(super) fn identity(&self) -> PathBuf {
        self.folder.path().join("identity.key")
    }

    fn balance(&self) {
        let address = |node: &Engine| node.url.strip_prefix("http://").unwrap().parse().unwrap();
        *lock(&self.balancer.shared.nodes) = self.nodes.iter().map(address).collect();
    }
}

/// Sends each new connection to the first node that takes it.
pub(super) struct Balancer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    nodes: Mutex<Vec<SocketAddr>>,
    /// What clients send is held back.
    held: Mutex<bool>,
    changed: Condvar,
}

impl Balancer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let of_clients = Arc::clone(&shared);
        // Ends with the test's process: nobody connects any more.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&of_clients);
                thread::spawn(move || shared.forward(&client));
            }
        });
        Self { address, shared }
    }

    /// Where clients connect.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Holds back what clients send, from now on or no longer.
    pub(super) fn hold(&self, hold: bool) {
        *lock(&self.shared.held) = hold;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn forward(&self, client: &TcpStream) {
        let nodes = lock(&self.nodes).clone();
        // A connection that nobody takes is closed.
        let Some(node) = nodes.iter().find_map(|node| TcpStream::connect(node).ok()) else { return };
        for stream in [client, &node] {
            let _ = stream.set_nodelay(true);
        }
        thread::scope(|scope| {
            scope.spawn(|| copy(client, &node, || self.wait()));
            copy(&node, client, || {});
        });
    }

    fn wait(&self) {
        drop(self.changed.wait_while(lock(&self.held), |held| *held));
    }
}

/// Carries what comes until one side ends, which ends the other.
fn copy(mut from: &TcpStream, mut to: &TcpStream, wait: impl Fn()) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        wait();
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
