//! The remote engine over real HTTP, held against its contract field by field and error by error.

mod analysis;
mod batch;
mod engine;
mod errors;
mod keys;
mod limits;
mod operation;
mod sessions;

use engine::{Engine, Sealer};
