//! Rules to findings. Pure: no files, no clock, no threads, no async; budgets are passed in.
//!
//! [`RuleSet::compile`] turns rule files into one rule set; [`analyze`] runs it over one [`Unit`]. Analysis of broken code
//! is normal work: the answer is findings and notes, never an error.

pub mod budget;
mod context;
mod flow;
mod matching;
mod rule;
mod taint;

pub use budget::{Budget, Stop};
