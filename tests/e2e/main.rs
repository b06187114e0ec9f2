//! End to end: real processes, real streams, real files, real editors.

mod docs;
mod emacs;
mod engine;
mod helix;
mod lsp;
mod neovim;
mod scan;
mod screenshot;
mod terminal;
mod try_it;
mod vscode;
mod workplace;
