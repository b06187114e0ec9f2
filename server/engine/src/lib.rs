//! The remote engine: ciphertext in, ciphertext out.
//!
//! This process never parses code and never holds any that is not sealed: what customers send is opened in worker
//! processes. What it keeps is in the [`store`]: keys as hashes, sessions without what opens them, jobs as ciphertext.

pub mod audit;
pub mod clock;
pub mod limits;
pub mod store;
pub mod tenant;

mod hex;
mod random;

pub use clock::Clock;
pub use store::{Store, StoreConfig, StoreError, StoreErrorKind};
