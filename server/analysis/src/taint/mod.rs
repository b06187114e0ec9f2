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
mod exit;
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
mod watch;

use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::flow::Interpret;
use crate::matching::Match;
use crate::rule::{Options, TaintSpec};
use engine::Engine;
pub(crate) use exit::is_at_exit;
pub(crate) use watch::{Arrival, Halt, Watch, Why};
use weir_model::{Step, Trace};
use weir_syntax::{Difference, NodeId, Tree};

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

/// What came of a run.
#[derive(Debug, Default)]
pub(crate) struct TaintRun {
    pub(crate) findings: Vec<TaintFinding>,
    /// The functions whose bodies were run, each once, in the order of the tree. What the others do has no part in the findings.
    pub(crate) entered: Vec<NodeId>,
}

impl TaintRun {
    /// The same run after a change; `None` if something of it is gone.
    pub(crate) fn moved(&self, difference: &Difference) -> Option<Self> {
        let step = |step: &Step| Some(Step { span: difference.span(step.span)?, kind: step.kind });
        let finding = |finding: &TaintFinding| {
            let steps = finding.trace.steps.iter().map(step).collect::<Option<_>>()?;
            Some(TaintFinding { sink: finding.sink.moved(difference)?, trace: Trace { steps } })
        };
        let findings = self.findings.iter().map(finding).collect::<Option<_>>()?;
        let entered = self.entered.iter().map(|&function| difference.node(function)).collect::<Option<_>>()?;
        Some(Self { findings, entered })
    }
}

/// Follows taint through every function of the file (and its top level).
pub(crate) fn run(
    file: &FileContext<'_>,
    spec: &TaintSpec,
    options: &Options,
    matches: &TaintMatches,
    budget: &Budget<'_>,
) -> Result<TaintRun, Stop> {
    if matches.sources.is_empty() || matches.sinks.is_empty() || file.tree.is_empty() {
        return Ok(TaintRun::default());
    }
    let mut engine = Engine::new(file, spec, options, matches, budget);
    engine.eval(Tree::ROOT)?;
    Ok(engine.finish())
}

/// As [`run`], but says what it noted down of itself instead of what it found.
pub(crate) fn watch(
    file: &FileContext<'_>,
    spec: &TaintSpec,
    options: &Options,
    matches: &TaintMatches,
    budget: &Budget<'_>,
) -> Result<Watch, Stop> {
    if file.tree.is_empty() {
        return Ok(Watch::default());
    }
    let mut engine = Engine::new(file, spec, options, matches, budget);
    engine.watch = Some(watch::Notes::default());
    engine.eval(Tree::ROOT)?;
    Ok(engine.watched())
}
