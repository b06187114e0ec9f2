//! The remote engine: ciphertext in, ciphertext out.
