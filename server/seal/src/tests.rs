//! What holds of a link, and that nothing else gets through: an attack a test, each of which must fail closed.

mod attacks;
mod dishonest;
mod files;
#[cfg(target_os = "linux")]
mod forgotten;
mod frames;
mod keys;
mod proofs;
mod resumption;
mod scene;
mod vectors;
