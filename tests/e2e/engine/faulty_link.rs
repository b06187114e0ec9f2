//! A network that does what networks do: it cuts connections, stalls them without a word, closes half of them, delays and throttles.
//! What befalls a connection, and after how many bytes, is drawn from a seed.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a line takes at once, and a slow one.
const PIECE: usize = 16 << 10;
const SMALL_PIECE: usize = 2 << 10;

/// After a time that is drawn, up to this: what is delayed is late, but not lost.
const LONGEST_DELAY_MS: u64 = 400;

/// A throttled line takes a small piece in this time: 40 KB a second.
const PER_PIECE: Duration = Duration::from_millis(50);

/// What befalls a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Both ends are closed.
    Cut,
    /// Nothing gets through any more, and nobody is told.
    Stall,
    /// The same, and what is sent is not even taken.
    Jam,
    /// The engine's end seems to have said all that it had to say.
    HalfClose,
    /// Everything is late.
    Delay,
    /// Everything is slow.
    Throttle,
}

/// Those that happened least often are next, in this order, so that each is seen.
const FAULTS: [Fault; 6] = [Fault::Cut, Fault::Stall, Fault::Delay, Fault::HalfClose, Fault::Throttle, Fault::Jam];

/// Bytes until a fault, both directions together: from within the handshake to far into a session. One number in eight small ones,
/// so that some are met while the link is made.
const EARLY: u64 = 6 << 10;
const LATE: u64 = 1 << 20;

/// A forwarder to an engine. Its thread ends with the process.
pub(crate) struct FaultyLink {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    target: SocketAddr,
    chance: Mutex<Chance>,
    connections: AtomicUsize,
    happened: [AtomicUsize; FAULTS.len()],
    calm: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl FaultyLink {
    /// To an engine's address.
    pub(crate) fn to(target: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            target,
            chance: Mutex::new(Chance(seed)),
            connections: AtomicUsize::new(0),
            happened: Default::default(),
            // A person logs in first.
            calm: AtomicBool::new(true),
            open: Mutex::default(),
        });
        let link = Self { address, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(client));
            }
        });
        link
    }

    /// From now on connections are befallen.
    pub(crate) fn rage(&self) {
        self.shared.calm.store(false, Ordering::SeqCst);
    }

    /// From now on none is; those that there are end.
    pub(crate) fn calm(&self) {
        self.shared.calm.store(true, Ordering::SeqCst);
        for stream in self.shared.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// How many connections there were, and how often each fault happened.
    pub(crate) fn happened(&self) -> (usize, Vec<(Fault, usize)>) {
        let counts = self.shared.happened.iter().map(|count| count.load(Ordering::SeqCst));
        (self.shared.connections.load(Ordering::SeqCst), FAULTS.into_iter().zip(counts).collect())
    }
}

/// One connection.
struct Connection {
    fault: Option<Fault>,
    after: u64,
    delay: Duration,
    passed: AtomicU64,
    met: AtomicBool,
}

impl Shared {
    fn serve(self: &Arc<Self>, client: TcpStream) {
        // Nobody listens while the engine is down: the client's connection is closed.
        let Ok(server) = TcpStream::connect(self.target) else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let connection = Arc::new(self.draw());
        let copy = |stream: &TcpStream| stream.try_clone().expect("a descriptor");
        self.open.lock().unwrap().extend([copy(&client), copy(&server)]);
        let (up, shared) = (Arc::clone(&connection), Arc::clone(self));
        let (from, to) = (copy(&client), copy(&server));
        std::thread::spawn(move || shared.pump(&up, from, to, true));
        self.pump(&connection, server, client, false);
    }

    fn draw(&self) -> Connection {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let happened = |at: &usize| self.happened[*at].load(Ordering::SeqCst);
        let least = (0..FAULTS.len()).min_by_key(happened).expect("there are some");
        let mut chance = self.chance.lock().unwrap();
        let most = if chance.below(8) == 0 { EARLY } else { LATE };
        Connection {
            fault: (!self.calm.load(Ordering::SeqCst)).then(|| FAULTS[least]),
            after: chance.below(most),
            delay: Duration::from_millis(1 + chance.below(LONGEST_DELAY_MS)),
            passed: AtomicU64::new(0),
            met: AtomicBool::new(false),
        }
    }

    fn pump(&self, connection: &Connection, mut from: TcpStream, mut to: TcpStream, is_up: bool) {
        let mut buffer = [0; PIECE];
        loop {
            let slow = connection.fault == Some(Fault::Throttle);
            let most = if slow { SMALL_PIECE } else { PIECE };
            let Ok(read @ 1..) = from.read(&mut buffer[..most]) else { break };
            let passed = connection.passed.fetch_add(read as u64, Ordering::SeqCst);
            let fault = connection.fault.filter(|_| passed >= connection.after);
            if let Some(fault) = fault {
                if !connection.met.swap(true, Ordering::SeqCst) {
                    let at = FAULTS.iter().position(|&known| known == fault).expect("one of them");
                    self.happened[at].fetch_add(1, Ordering::SeqCst);
                }
                match fault {
                    Fault::Cut => break,
                    Fault::HalfClose => {
                        let _ = if is_up { from.shutdown(Shutdown::Write) } else { to.shutdown(Shutdown::Write) };
                        continue;
                    }
                    Fault::Stall => continue,
                    Fault::Jam => {
                        while !self.calm.load(Ordering::SeqCst) {
                            std::thread::sleep(PER_PIECE);
                        }
                        break;
                    }
                    Fault::Delay => std::thread::sleep(connection.delay),
                    Fault::Throttle => std::thread::sleep(PER_PIECE),
                }
            }
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }
}

/// Numbers that are the same for the same seed.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// One that is smaller. `SplitMix64`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }
}
