//! Hashes of what was said, in which nothing can be shifted from one part to the next.

use sha2::{Digest, Sha256};

/// SHA-256 of a label and parts, each with its length before it. A label is used for one purpose only, and names the
/// protocol's version: what is made of it is worth nothing to any other.
pub(crate) fn transcript(label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [label.as_bytes()].iter().chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
