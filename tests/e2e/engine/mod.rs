//! The remote engine over real HTTP, held against its contract field by field and error by error.

mod analysis;
pub(crate) mod authority;
mod batch;
mod cluster;
mod errors;
pub(crate) mod faulty_link;
pub(crate) mod harness;
mod keys;
mod leases;
mod limits;
mod nodes;
mod operation;
pub(crate) mod person;
mod remote;
mod results;
mod retention;
mod sessions;
mod team;
mod tls;
mod typing;

use harness::{Engine, Sealer};
