//! Randomness from the system, for secrets and for ids that nobody can guess.

use crate::hex;
use crate::store::{StoreError, StoreErrorKind};

/// So many random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(StoreError::new(StoreErrorKind::Internal, "asking the system for random bytes")),
    }
}

/// An id of so many random bytes.
pub(crate) fn id<const N: usize>() -> Result<String, StoreError> {
    Ok(hex::encode(&bytes::<N>()?))
}
