//! What the end-to-end tests and benchmarks share: where the binary is, and a client for its language server.

pub mod binary;
pub mod lsp_client;
pub mod protocol;
