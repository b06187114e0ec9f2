//! Rules as they are compiled: formulas over patterns, and taint specifications.

pub(crate) mod formula;
pub(crate) mod regex;

pub(crate) use formula::{Condition, Formula, Leaf, Node, PatternLeaf, Propagator, Sanitizer, Sink, Source, TaintSpec};
