//! How fast messages are sealed and opened, beside `openssl speed` on the same machine in the same run:
//! `cargo bench -p weir-seal --bench seal`. Ratios are worth more than gigabytes a second of a machine that others use, so
//! the two take turns, and time is that of the processor, as OpenSSL's.

#![allow(missing_docs)]

use rustix::time::{ClockId, clock_gettime};
use std::{hint::black_box, process::Command, time::Duration};
use weir_seal::{ClientHandshake, Context, Identity, Link, Opened, SessionKey, WorkerHandshake, file, sign_offer};

const SIZES: [usize; 6] = [1_000, 10_000, 100_000, 1_000_000, 5_000_000, 10_000_000];
/// Each figure is the best of so many turns of so long.
const TURNS: usize = 5;
const TURN: Duration = Duration::from_millis(200);

fn main() {
    let (mut editor, mut worker) = linked();
    let key = SessionKey::from_bytes([1; 32]);
    println!("{:>10}  {:>9}  {:>16}  {:>16}  {:>16}", "bytes", "openssl", "seal", "open", "file::open");
    for size in SIZES {
        let message = vec![7; size];
        let [mut openssl, mut sealing, mut opening, mut files] = [0_f64; 4];
        for _ in 0..TURNS {
            openssl = openssl.max(openssl_speed(size).unwrap_or(f64::NAN));
            let (seal, open) = turn(&mut editor, &mut worker, &message);
            (sealing, opening) = (sealing.max(seal), opening.max(open));
            files = files.max(open_files(&key, &message));
        }
        let ratio = |speed: f64| format!("{:6.2} ({:4.2} x)", speed, speed / openssl);
        println!("{size:>10}  {openssl:>9.2}  {:>16}  {:>16}  {:>16}", ratio(sealing), ratio(opening), ratio(files));
    }
    println!("GB/s, and as a multiple of `openssl speed -evp aes-256-gcm`");
    println!("handshake: {:.0} us, both sides and the signature", handshakes().as_secs_f64() * 1e6);
}

fn linked() -> (Link, Link) {
    let identity = Identity::from_bytes(&[1; 32]);
    let context = Context { session: "s".to_owned(), customer: "c".to_owned() };
    let (editor, hello) = ClientHandshake::start(&identity.public(), &context, None).expect("a hello");
    let (worker, offer) = WorkerHandshake::offer(&hello, &context, None).expect("an offer");
    let (accept, editor) = editor.finish(&sign_offer(&identity, &context, &hello, &offer)).expect("an accept");
    (editor, worker.accept(&accept).expect("a link"))
}

/// Seals and opens for a turn each, in GB/s: frames as they are sent and a message to read, with all their buffers. Small
/// messages are sealed many at a time, of large ones each frame is opened before the next is sealed, as on a link.
fn turn(editor: &mut Link, worker: &mut Link, message: &[u8]) -> (f64, f64) {
    let (mut sealing, mut opening, mut bytes) = (Duration::ZERO, Duration::ZERO, 0);
    let batch = batch(message.len());
    while sealing + opening < 2 * TURN {
        let mut open = |frames: &mut dyn Iterator<Item = Vec<u8>>| {
            let start = now();
            for frame in frames {
                if let Opened::Whole(message) = worker.opener.open(frame).expect("the next frame") {
                    black_box(&message);
                    worker.opener.reuse(message);
                }
            }
            opening += since(start);
        };
        if batch > 1 {
            let start = now();
            let seal = |_| editor.sealer.seal(black_box(message)).expect("below the limit");
            let sealed: Vec<_> = (0..batch).map(seal).collect();
            sealing += since(start);
            open(&mut sealed.into_iter().flatten());
        } else {
            let frames = editor.sealer.frames(black_box(message)).expect("below the limit");
            let mut start = now();
            for frame in frames {
                sealing += since(start);
                open(&mut std::iter::once(frame));
                start = now();
            }
        }
        bytes += batch * message.len();
    }
    (rate(bytes, sealing), rate(bytes, opening))
}

/// How many messages are done between two looks at the clock, which costs as much as sealing a small one. No more, or
/// it is the system that is measured, which takes memory back and hands it out again.
fn batch(len: usize) -> usize {
    (50_000 / len).max(1)
}

fn open_files(key: &SessionKey, message: &[u8]) -> f64 {
    let sealed = file::seal(key, message).expect("randomness");
    let (mut time, mut bytes) = (Duration::ZERO, 0);
    while time < TURN {
        let files: Vec<_> = (0..batch(message.len())).map(|_| sealed.ciphertext.clone()).collect();
        bytes += files.len() * message.len();
        let start = now();
        for file in files {
            black_box(file::open(key, &sealed.iv, &sealed.tag, file).expect("what was sealed"));
        }
        time += since(start);
    }
    rate(bytes, time)
}

/// What OpenSSL does with one buffer over and over, in GB/s.
fn openssl_speed(size: usize) -> Option<f64> {
    let arguments = ["speed", "-mr", "-seconds", "1", "-evp", "aes-256-gcm", "-bytes", &size.to_string()];
    let output = Command::new("openssl").args(arguments).output().ok()?;
    // `+F:22:AES-256-GCM:BYTES_PER_SECOND`
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().find(|line| line.starts_with("+F:"))?;
    line.rsplit(':').next()?.trim().parse::<f64>().ok().map(|rate| rate / 1e9)
}

fn handshakes() -> Duration {
    let (start, mut count) = (now(), 0);
    while since(start) < TURN {
        black_box(linked());
        count += 1;
    }
    since(start) / count
}

/// Time of the processor that this process took, the system's on its behalf included.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn since(start: Duration) -> Duration {
    now().saturating_sub(start)
}

fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / 1e9
}
