//! Untrusted data from source to sink.

use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::matching::Match;
use crate::rule::TaintSpec;
use weir_model::Trace;

/// The places a taint rule's formulas matched; the number is the index into the spec's list.
#[derive(Debug, Default)]
pub(crate) struct TaintMatches {
    pub(crate) sources: Vec<(usize, Match)>,
    pub(crate) sinks: Vec<(usize, Match)>,
    pub(crate) sanitizers: Vec<(usize, Match)>,
    pub(crate) propagators: Vec<(usize, Match)>,
}

/// Untrusted data that reached a sink.
#[derive(Debug)]
pub(crate) struct TaintFinding {
    /// The sink's match, with the source's bindings added where the sink has none of that name.
    pub(crate) sink: Match,
    /// The path.
    pub(crate) trace: Trace,
}

/// Follows taint through every function of the file (and its top level).
pub(crate) fn run(
    _file: &FileContext<'_>,
    _spec: &TaintSpec,
    _matches: &TaintMatches,
    _budget: &Budget<'_>,
) -> Result<Vec<TaintFinding>, Stop> {
    Ok(Vec::new())
}
