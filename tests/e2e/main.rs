//! End to end: real processes, real streams, real files.

mod lsp;
mod neovim;
mod scan;
