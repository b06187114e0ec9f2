//! AES-256-GCM for frames: a key, its nonces in order, and nothing that could use one twice.

use crate::secret::Secret;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Bytes of a tag.
pub(crate) const TAG_LEN: usize = 16;

/// Bytes of what nonces are made of.
pub(crate) const IV_LEN: usize = NONCE_LEN;

/// Names what a frame is, so that its key could never be made to open anything else.
const FRAME: &[u8] = b"weir-seal 1 frame";

/// The bytes do not open.
pub(crate) struct Forged;

/// A key with the number of its next frame. Each direction has its own, so no nonce is ever used by two.
pub(crate) struct Cipher {
    key: LessSafeKey,
    iv: [u8; IV_LEN],
    /// Frames under this key so far.
    sequence: u64,
}

impl Cipher {
    pub(crate) fn new(key: &Secret, iv: [u8; IV_LEN]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key.bytes()).expect("AES-256 takes 32 bytes");
        Self { key: LessSafeKey::new(key), iv, sequence: 0 }
    }

    /// As in TLS 1.3: the frame's number over a secret start, which differs from link to link.
    fn nonce(&mut self) -> Nonce {
        let mut nonce = self.iv;
        for (byte, number) in nonce[IV_LEN - 8..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= number;
        }
        self.sequence += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    /// Seals where it stands, and appends the tag.
    pub(crate) fn seal(&mut self, frame: &mut Vec<u8>) {
        let nonce = self.nonce();
        self.key.seal_in_place_append_tag(nonce, Aad::from(FRAME), frame).expect("a frame is shorter than 64 GiB");
    }

    /// Opens where it stands; the plaintext is what comes back.
    pub(crate) fn open<'a>(&mut self, frame: &'a mut [u8]) -> Result<&'a mut [u8], Forged> {
        let nonce = self.nonce();
        self.key.open_in_place(nonce, Aad::from(FRAME), frame).map_err(|_| Forged)
    }
}
