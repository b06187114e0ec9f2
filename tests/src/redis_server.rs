//! A Redis of a test's own, which it may kill and start again.

use crate::waiting::wait_until;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A Redis that keeps what it has on disk, behind a socket in a folder. Killed when dropped.
pub struct RedisServer {
    folder: PathBuf,
    server: Child,
}

impl RedisServer {
    /// Starts one in a folder of its own, which is made.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start(folder: PathBuf) -> Self {
        std::fs::create_dir_all(&folder).expect("a folder");
        let server = spawn(&folder);
        Self { folder, server }
    }

    /// Where it is, as the engine is told.
    pub fn address(&self) -> String {
        format!("redis+unix://{}", self.folder.join(SOCKET).display())
    }

    /// Kills it as a power failure would.
    ///
    /// # Panics
    ///
    /// If it cannot be killed.
    pub fn kill(&mut self) {
        self.server.kill().expect("killed");
        self.server.wait().expect("ended");
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.server.id()
    }

    /// Starts it again with what it had on disk, or without.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_again(&mut self, with_data: bool) {
        if !with_data {
            std::fs::remove_dir_all(&self.folder).expect("removed");
            std::fs::create_dir_all(&self.folder).expect("a folder");
        }
        self.server = spawn(&self.folder);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

const SOCKET: &str = "redis.sock";

fn spawn(folder: &Path) -> Child {
    let socket = folder.join(SOCKET);
    let _ = std::fs::remove_file(&socket);
    let mut command = Command::new("redis-server");
    command.current_dir(folder).args(["--port", "0", "--unixsocket", SOCKET, "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no"]);
    let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let server = server.expect("redis-server, which tests/setup installs");
    wait_until("Redis to start", || UnixStream::connect(&socket).is_ok());
    server
}
