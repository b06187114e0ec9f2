//! End to end: real processes, real streams, real files.

mod docs;
mod lsp;
mod neovim;
mod scan;
