//! Rules to findings. Pure: no files, no clock, no threads, no async; budgets are passed in.
//!
//! [`RuleSet::compile`] turns rule files into one rule set, [`RuleFiles`] spares reading them again; [`analyze()`] runs it over one [`Unit`]. Analysis of broken code
//! is normal work: the answer is findings and notes, never an error.

mod analyze;
pub mod budget;
mod context;
mod fix;
mod flow;
mod hash;
mod matching;
mod message;
mod paths;
mod rule;
mod suppress;
mod taint;

pub use analyze::{Analysis, Options, Unit, analyze};
pub use budget::{Budget, Stop};
pub use fix::apply_fixes;
pub use rule::{RuleFiles, RuleSet};
