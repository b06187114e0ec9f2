//! Analysis in processes of its own. Two doors: [`Pool`] for parents, [`child_main`] for children.
//!
//! The pool starts worker processes, routes documents and files to them, replaces them when they crash or hang, and
//! says what they found. A worker reads frames from standard input, analyses, and writes frames to standard output.
//! Only a worker parses code: this crate's parent side never does.

pub mod child;
mod pool;
pub mod sandbox;
mod usage;

pub use child::{child_main, sealed_main};
pub use pool::{Place, Pool, PoolConfig, Program, Relief, Says, SealedFile, Serve, Served, Update};
pub use usage::{Usage, usage};
pub use weir_analysis::{day, weaknesses};

/// What both sides must agree on: they are the same binary, unless it was replaced on disk under a running parent.
const VERSION: &str = env!("CARGO_PKG_VERSION");
