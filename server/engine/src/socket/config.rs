//! How much a live link may take, and for how long.

use std::time::Duration;
use weir_worker::Program;
use weir_worker::sandbox::{Confinement, Level};

/// How live links are served.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// What to start as a session's worker.
    pub program: Program,
    /// What workers give up before they read anything, and how much memory each may take.
    pub confinement: Confinement,
    /// Sessions of all customers together: each is a process.
    pub max_sessions: usize,
    /// An editor that does not come to keys with its worker by then is sent away.
    pub handshake_timeout: Duration,
    /// How long a worker is kept for an editor whose connection broke. Longer than a laptop changes its network, and short
    /// enough that a text is not kept for somebody who has gone home.
    pub grace: Duration,
    /// A session in which nobody has said anything sealed for so long is ended.
    pub idle: Duration,
    /// How long a session lasts after a handshake. A new handshake makes new keys, and asks whether the customer's key is
    /// still good.
    pub expiry: Duration,
    /// How long before that the editor is told.
    pub expiry_notice: Duration,
    /// How often an editor is pinged, so that nobody on the way takes the connection for dead,
    pub ping_every: Duration,
    /// and how long it may say nothing, or take nothing, before it counts as gone.
    pub silence: Duration,
    /// How often a worker is asked for its counters, and looked after.
    pub tick: Duration,
    /// A worker that works for so long without saying anything is killed. Longer than any deadline of its own.
    pub burn: Duration,
    /// How often an open session's key is looked up again: a revoked one ends its sessions.
    pub recheck: Duration,
    /// Documents of which a session's worker keeps the text.
    pub session_documents: u64,
    /// Bytes of text in all of them.
    pub session_bytes: u64,
    /// Bytes of text in one file.
    pub file_bytes: u64,
    /// The text of a document that nobody touched for so long is forgotten.
    pub idle_document: Duration,
    /// The longest that the analysis of a document under edit may be given.
    pub interactive_deadline: Duration,
    /// The longest that one file of a scan may be given.
    pub scan_deadline: Duration,
    /// What workers seal is padded to size classes. Editors decide for themselves.
    pub pads: bool,
}

impl Default for LinkConfig {
    /// Workers of this program.
    fn default() -> Self {
        Self {
            program: Program { args: vec!["worker".into(), "--sealed".into()], ..Program::this() },
            confinement: Confinement { level: Level::Hardened, memory: Confinement::MEMORY },
            max_sessions: 2000,
            handshake_timeout: Duration::from_secs(10),
            grace: Duration::from_mins(2),
            idle: Duration::from_mins(30),
            expiry: Duration::from_hours(1),
            expiry_notice: Duration::from_mins(5),
            ping_every: Duration::from_secs(20),
            silence: Duration::from_mins(1),
            tick: Duration::from_secs(10),
            burn: Duration::from_mins(2),
            recheck: Duration::from_mins(1),
            session_documents: 2000,
            session_bytes: 256 << 20,
            file_bytes: 10_000_000,
            idle_document: Duration::from_mins(10),
            interactive_deadline: Duration::from_secs(5),
            scan_deadline: Duration::from_secs(30),
            pads: true,
        }
    }
}
