//! Rules to findings. Pure: no files, no clock, no async, no threads but those it is told to read rules on; budgets are
//! passed in.
//!
//! [`RuleSet::compile`] turns rule files into one rule set, [`RuleFiles`] spares reading them again; [`analyze()`] runs it over
//! one [`Unit`], and [`explain()`] says why it reports a line, or does not. Analysis of broken code
//! is normal work: the answer is findings and notes, never an error.

mod analyze;
mod authoring;
pub mod budget;
mod context;
mod explain;
mod fallback;
mod fix;
mod flow;
mod generic;
mod hash;
mod matching;
mod memo;
mod message;
mod paths;
mod place;
mod repair;
mod rule;
mod suppress;
mod surroundings;
mod taint;

pub use analyze::{Analysis, Options, Unit, analyze, analyze_again};
pub use authoring::{rule_cursor, rule_file, shape};
pub use budget::{Budget, Stop};
pub use explain::explain;
pub use fallback::{Fallbacks, Hit, Hits};
pub use fix::apply_fixes;
pub use memo::Memo;
pub use repair::{repairs, together};
pub use rule::{RuleFiles, RuleSet};
pub use suppress::{Habit, offer_ignores, weaknesses};
pub use surroundings::surroundings;
