//! Text to tree. tree-sitter lives behind this door: no type of it leaves the crate.
//!
//! [`parse`](Source::parse) turns the programs in a text into tree-sitter's concrete trees and lowers each to ONE generic [`Tree`], on
//! which patterns and code are compared. A [`Pattern`] is parsed by the same grammar and lowered by the same code, then
//! its placeholders become holes. This crate knows nothing of rules, taint, LSP, files or processes.

mod code;
mod difference;
mod host;
pub mod kind;
mod lower;
mod misfit;
mod pattern;
mod pattern_parser;
mod program;
mod source;
mod spot;
mod symbol;
mod tree;
mod veil;

pub use difference::Difference;
pub use kind::{Kind, Role};
pub use pattern::{Pattern, PatternError};
pub use pattern_parser::PatternParser;
pub use source::{Limits, ParseNote, Part, Source};
pub use spot::{PageSpot, Spot};
pub use symbol::{Symbol, interned_bytes};
pub use tree::{Children, NodeId, Tree};
