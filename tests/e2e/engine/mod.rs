//! The remote engine over real HTTP, held against its contract field by field and error by error.

mod analysis;
mod batch;
mod cluster;
mod errors;
mod harness;
mod keys;
mod leases;
mod limits;
mod nodes;
mod operation;
mod remote;
mod results;
mod retention;
mod sessions;
mod team;
mod typing;

use harness::{Engine, Sealer};
