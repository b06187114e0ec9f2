//! Untrusted data from source to sink.
//!
//! One rule, one walk: every function of the file is run abstractly ([`Interpret`]) with a [`State`](state::State) of what
//! its variables hold. What the rule's formulas matched stands as marks on nodes; taint begins at a source's mark and is
//! reported at a sink's.

mod again;
mod apply;
mod bind;
mod call;
mod cell;
mod context;
mod engine;
mod exit;
mod function;
mod invoke;
mod library;
mod marks;
mod parameters;
mod read;
mod record;
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
use again::Since;
pub(crate) use again::again;
use engine::Engine;
pub(crate) use exit::is_at_exit;
use record::Record;
use std::rc::Rc;
pub(crate) use watch::{Arrival, Halt, Watch, Why};
use weir_model::{Span, Step, Trace};
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
#[derive(Clone, Debug)]
pub(crate) struct TaintFinding {
    /// The sink and the source: indexes into their matches.
    sink: usize,
    source: usize,
    /// The path.
    pub(crate) trace: Trace,
}

impl TaintFinding {
    /// The sink's match, with the source's bindings added where the sink has none of that name.
    pub(crate) fn place(&self, matches: &TaintMatches) -> Match {
        let mut sink = matches.sinks[self.sink].1.clone();
        for (name, binding) in &matches.sources[self.source].1.bindings.0 {
            if let Err(at) = sink.bindings.0.binary_search_by_key(name, |(name, _)| *name) {
                sink.bindings.0.insert(at, (*name, binding.clone()));
            }
        }
        sink
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaintRun {
    pub(crate) findings: Vec<TaintFinding>,
    /// The functions whose bodies were run, each once, in the order of the tree. What the others do has no part in the findings.
    pub(crate) entered: Vec<NodeId>,
    /// How functions were run, if that was to be kept; in terms of the text it was written down for.
    record: Option<Rc<Record>>,
    /// How the text changed since then.
    since: Since,
}

/// After so many changes what was recorded is let go: all that is asked of it goes through every one of them.
const MAX_SINCE: usize = 32;

impl TaintRun {
    /// The same run after a change; `None` if something of it is gone.
    pub(crate) fn moved(&self, difference: &Rc<Difference>) -> Option<Self> {
        // Whether what is typed where a place ends is part of it only the tree knows.
        let touches = |span: Span| span.end == difference.old_text.start || span.start == difference.old_text.end;
        let moved = |span: Span| difference.span(span).filter(|_| !touches(span));
        let step = |step: &Step| Some(Step { span: moved(step.span)?, kind: step.kind });
        let finding = |finding: &TaintFinding| {
            let steps = finding.trace.steps.iter().map(step).collect::<Option<_>>()?;
            Some(TaintFinding { trace: Trace { steps }, ..*finding })
        };
        let findings = self.findings.iter().map(finding).collect::<Option<_>>()?;
        let entered = self.entered.iter().map(|&function| difference.node(function)).collect::<Option<_>>()?;
        let mut since = self.since.clone();
        since.0.push(Rc::clone(difference));
        let record = self.record.clone().filter(|_| since.0.len() <= MAX_SINCE);
        Some(Self { findings, entered, record, since })
    }
}

/// Follows taint through every function of the file (and its top level). `for_later`: how is written down for the next version of
/// the text.
pub(crate) fn run(
    file: &FileContext<'_>,
    spec: &TaintSpec,
    options: &Options,
    matches: &TaintMatches,
    for_later: bool,
    budget: &Budget<'_>,
) -> Result<TaintRun, Stop> {
    if matches.sources.is_empty() || matches.sinks.is_empty() || file.tree.is_empty() {
        return Ok(TaintRun::default());
    }
    let mut engine = Engine::new(file, spec, options, matches, budget);
    engine.record = for_later.then(Default::default);
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
