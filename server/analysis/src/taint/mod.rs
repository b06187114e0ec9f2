//! Untrusted data from source to sink.
//!
//! One rule, one walk: every function of the file is run abstractly ([`Interpret`]) with a [`State`](state::State) of what
//! its variables hold. What the rule's formulas matched stands as marks on nodes; taint begins at a source's mark and is
//! reported at a sink's.

mod bind;
mod call;
mod cell;
mod context;
mod engine;
mod function;
mod invoke;
mod marks;
mod parameters;
mod read;
mod reference;
mod resolve;
mod safe;
mod state;
mod trace;
mod truth;

use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::flow::Interpret;
use crate::matching::Match;
use crate::rule::{Options, TaintSpec};
use engine::Engine;
use weir_model::Trace;
use weir_syntax::Tree;

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
    file: &FileContext<'_>,
    spec: &TaintSpec,
    options: &Options,
    matches: &TaintMatches,
    budget: &Budget<'_>,
) -> Result<Vec<TaintFinding>, Stop> {
    if matches.sources.is_empty() || matches.sinks.is_empty() || file.tree.is_empty() {
        return Ok(Vec::new());
    }
    let mut engine = Engine::new(file, spec, options, matches, budget);
    engine.eval(Tree::ROOT)?;
    Ok(engine.finish())
}
