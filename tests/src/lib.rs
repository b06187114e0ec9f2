//! What the end-to-end tests and benchmarks share: where the binary is, a client for its language
//! server, a Redis, and how to wait for other processes.

pub mod binary;
pub mod lsp_client;
pub mod protocol;
#[cfg(unix)]
pub mod redis_server;
pub mod waiting;
