//! The remote engine: ciphertext in, ciphertext out.
//!
//! This process never parses code and never holds any that is not sealed: what customers send is opened in worker
//! processes. What it keeps is in the [`store`]: keys as hashes, sessions without what opens them, jobs as ciphertext.

pub mod audit;
pub mod clock;
pub mod config;
pub mod contract;
pub mod limits;
pub mod socket;
pub mod store;
pub mod tenant;

mod batch;
mod findings;
mod hex;
mod http;
mod intake;
mod random;
mod results;
mod rulebook;
mod rules;
mod sessions;
mod workers;

pub use clock::Clock;
pub use config::{EngineConfig, StartError, Transport, WorkersConfig};
pub use http::serve;
pub use store::{Store, StoreConfig, StoreError, StoreErrorKind};
