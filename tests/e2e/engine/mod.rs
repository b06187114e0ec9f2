//! The remote engine over real HTTP, held against its contract field by field and error by error.

mod analysis;
mod batch;
mod errors;
mod harness;
mod keys;
mod leases;
mod limits;
mod operation;
mod remote;
mod retention;
mod sessions;
mod team;

use harness::{Engine, Sealer};
