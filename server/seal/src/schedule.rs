//! Which key a direction uses when: a chain of secrets, each made from the one before, which is then forgotten.

use crate::{
    cipher::{Cipher, Forged, IV_LEN},
    secret::Secret,
};
use hkdf::Hkdf;
use sha2::Sha256;
use std::time::Duration;

/// Frames under one key. Far below what AES-GCM stands (2^32 of the largest), and little enough that who takes a key
/// has little to read with it.
pub const REKEY_FRAMES: u64 = 1 << 16;
/// Bytes of frames under one key.
pub const REKEY_BYTES: u64 = 1 << 30;
/// How long a key is used if its frames are few.
pub const REKEY_TIME: Duration = Duration::from_mins(10);

/// When keys change. Part of the protocol: both sides count alike.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    pub(crate) time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { frames: REKEY_FRAMES, bytes: REKEY_BYTES, time: REKEY_TIME }
    }
}

/// The keys of one direction.
pub(crate) struct Schedule {
    chain: Secret,
    cipher: Cipher,
    frames: u64,
    bytes: u64,
}

impl Schedule {
    pub(crate) fn new(chain: Secret) -> Self {
        let cipher = cipher(&chain);
        Self { chain, cipher, frames: 0, bytes: 0 }
    }

    #[cfg(test)]
    pub(crate) fn chain(&self) -> &[u8; 32] {
        self.chain.bytes()
    }

    /// Counts a frame of so many bytes in all; true if it is the last one allowed under this key.
    pub(crate) fn count(&mut self, bytes: usize, limits: &Limits) -> bool {
        self.frames += 1;
        self.bytes += bytes as u64;
        self.frames >= limits.frames || self.bytes >= limits.bytes
    }

    pub(crate) fn seal(&mut self, frame: &mut Vec<u8>) {
        self.cipher.seal(frame);
    }

    pub(crate) fn open<'a>(&mut self, frame: &'a mut [u8]) -> Result<&'a mut [u8], Forged> {
        self.cipher.open(frame)
    }

    /// Goes on to the next key. Nobody finds the way back.
    pub(crate) fn ratchet(&mut self) {
        *self = Self::new(Secret::filled(|next| expand(&self.chain, b"weir-seal 1 next", next)));
    }
}

fn cipher(chain: &Secret) -> Cipher {
    let key = Secret::filled(|key| expand(chain, b"weir-seal 1 key", key));
    let mut iv = [0; IV_LEN];
    expand(chain, b"weir-seal 1 iv", &mut iv);
    Cipher::new(&key, iv)
}

fn expand(chain: &Secret, label: &[u8], out: &mut [u8]) {
    let chain = Hkdf::<Sha256>::from_prk(chain.bytes()).expect("a secret of a hash's length");
    chain.expand(label, out).expect("less than 255 hashes are asked for");
}
