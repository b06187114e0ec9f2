//! The remote engine: ciphertext in, ciphertext out.

pub mod socket;
