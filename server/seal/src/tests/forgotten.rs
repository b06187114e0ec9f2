//! What was secret is in no memory of the process once its owner has dropped it.

use super::scene::linked;
use crate::{MAX_CHUNK, Opened, SessionKey, Zeroizing, file};
use std::{fs::File, os::unix::fs::FileExt};

/// What is looked for, in a form that is not found itself.
struct Masked([u8; 32]);

const MASK: u8 = 0xa5;

impl Masked {
    fn new(secret: &[u8]) -> Self {
        Self(std::array::from_fn(|at| secret[at] ^ MASK))
    }

    /// Whether it stands anywhere in what this process can write to.
    fn is_in_memory(&self) -> bool {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let memory = File::open("/proc/self/mem").unwrap();
        // What is found was copied to be looked at: that is to go, too.
        let mut buffer = Zeroizing::new(vec![0; 1 << 20]);
        for line in maps.lines() {
            let (range, rest) = line.split_once(' ').unwrap();
            if !rest.starts_with("rw") {
                continue;
            }
            let (start, end) = range.split_once('-').unwrap();
            let [mut start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
            while start < end {
                let len = buffer.len().min((end - start) as usize);
                // A page that cannot be read holds nothing.
                if memory.read_exact_at(&mut buffer[..len], start).is_ok() && self.is_within(&buffer[..len]) {
                    return true;
                }
                // One that stands across the end of a buffer is found in the next one.
                start += (len as u64).saturating_sub(31).max(1);
                if len < buffer.len() {
                    break;
                }
            }
        }
        false
    }

    fn is_within(&self, bytes: &[u8]) -> bool {
        let first = self.0[0] ^ MASK;
        bytes
            .windows(32)
            .filter(|window| window[0] == first)
            .any(|window| window.iter().zip(&self.0).all(|(byte, masked)| byte ^ MASK == *masked))
    }
}

/// A message with something in it that stands nowhere else.
fn message(len: usize) -> (Zeroizing<Vec<u8>>, Masked) {
    let mut message = Zeroizing::new(vec![0; len]);
    let canary = len - 32;
    getrandom::fill(&mut message[canary..]).unwrap();
    let masked = Masked::new(&message[canary..]);
    (message, masked)
}

#[test]
fn a_message_is_forgotten_on_both_sides() {
    for len in [100, 5000, 2 * MAX_CHUNK + 100] {
        let (mut editor, mut worker) = linked();
        let (message, masked) = message(len);
        let frames = editor.sealer.seal(&message).unwrap();
        let mut opened = frames.into_iter().map(|frame| worker.opener.open(frame).unwrap());
        let whole = opened.find(|opened| matches!(opened, Opened::Whole(_)));
        assert!(masked.is_in_memory());
        drop((message, whole));
        assert!(!masked.is_in_memory(), "{len} bytes");
    }
}

#[test]
fn half_a_message_is_forgotten_when_the_link_fails() {
    let (mut editor, mut worker) = linked();
    let mut message = Zeroizing::new(vec![0; 2 * MAX_CHUNK]);
    getrandom::fill(&mut message[..32]).unwrap();
    let masked = Masked::new(&message);
    let frames = editor.sealer.seal(&message).unwrap();
    drop(message);
    assert!(matches!(worker.opener.open(frames[0].clone()), Ok(Opened::Part { .. })));
    assert!(masked.is_in_memory());
    assert!(worker.opener.open(frames[0].clone()).is_err());
    assert!(!masked.is_in_memory());
}

#[test]
fn keys_of_a_link_are_forgotten() {
    let (editor, worker) = linked();
    let secrets = [editor.sealer.chain(), editor.opener.chain(), editor.resumption.secret.bytes()]
        .map(|secret| Masked::new(secret));
    assert!(secrets.iter().all(Masked::is_in_memory));
    drop((editor, worker));
    assert!(!secrets.iter().any(Masked::is_in_memory));
}

#[test]
fn a_session_key_and_a_file_are_forgotten() {
    let key = SessionKey::generate().unwrap();
    let (content, masked) = message(10_000);
    let sealed = file::seal(&key, &content).unwrap();
    drop(content);
    assert!(!masked.is_in_memory());
    let again = SessionKey::from_base64(&key.to_base64()).unwrap();
    let content = file::open(&again, &sealed.iv, &sealed.tag, sealed.ciphertext).unwrap();
    let masked_key = Masked::new(key.as_bytes());
    assert!(masked.is_in_memory() && masked_key.is_in_memory());
    drop((content, key, again));
    assert!(!masked.is_in_memory());
    assert!(!masked_key.is_in_memory());
}
