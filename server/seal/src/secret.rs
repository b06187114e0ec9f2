//! Secret bytes that stay in one place.

use crate::{Zeroizing, key::NoRandomness};
use std::hint::black_box;
use subtle::ConstantTimeEq;

/// Bytes of every secret.
pub(crate) const SECRET_LEN: usize = 32;

/// A secret on the heap, overwritten when dropped. What moves is a pointer: an array would leave a copy on the stack
/// wherever it had been.
pub(crate) struct Secret(Box<Zeroizing<[u8; SECRET_LEN]>>);

impl Secret {
    /// One that is written where it stays.
    pub(crate) fn filled(fill: impl FnOnce(&mut [u8; SECRET_LEN])) -> Self {
        let mut secret = Self(Box::new(Zeroizing::new([0; SECRET_LEN])));
        fill(&mut secret.0);
        secret
    }

    /// A new one, of the operating system's randomness.
    pub(crate) fn random() -> Result<Self, NoRandomness> {
        let mut filled = Ok(());
        let secret = Self::filled(|bytes| filled = getrandom::fill(bytes));
        filled.map(|()| secret).map_err(|_| NoRandomness)
    }

    pub(crate) fn bytes(&self) -> &[u8; SECRET_LEN] {
        &self.0
    }
}

/// Bytes of stack that are overwritten: more than a handshake or a key schedule takes.
const STACK: usize = 16 << 10;

/// Does what handles keys as values, which ciphers and curves do within, and overwrites the stack it did it on: what
/// was moved there stays otherwise until something else happens to be written over it.
#[inline(never)]
pub(crate) fn on_wiped_stack<T>(work: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn framed<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    #[inline(never)]
    fn wipe() {
        black_box(Zeroizing::new([0_u8; STACK]).as_mut_slice());
    }
    let done = framed(work);
    wipe();
    done
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self::filled(|bytes| bytes.copy_from_slice(self.bytes()))
    }
}

/// In constant time.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }
}

impl Eq for Secret {}
