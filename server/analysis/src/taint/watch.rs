//! What a run notes down of itself, so that it can be explained: where taint ends, and with what sinks are reached.

use super::cell::{Cell, Taints};
use super::engine::Engine;
use super::state::{Place, State};
use crate::flow::Interpret;
use weir_model::{Span, Step};
use weir_syntax::{NodeId, Symbol};

/// A run that never ends a path anew would fill memory with a loop's rounds; more than these nobody reads.
const MOST_HALTS: usize = 1024;

/// What there is to know after a run.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Where taint ended, in the order it happened, none twice.
    pub(crate) halts: Vec<Halt>,
    /// The sinks that were run over.
    pub(crate) arrivals: Vec<Arrival>,
    /// Every step of every path, in the order of the run; the first step of each is its source.
    pub(crate) steps: Vec<(Span, Step)>,
}

/// Where some taint went no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Halt {
    pub(crate) why: Why,
    pub(crate) span: Span,
    /// The sources it came from: indexes into the matches.
    pub(crate) sources: Vec<u32>,
    /// The labels it had.
    pub(crate) labels: Vec<Symbol>,
}

/// Why taint goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// A sanitizer: an index into its matches.
    Sanitized(usize),
    /// Clean data is stored over it.
    Overwritten,
    /// The value is a number or boolean, which the rule trusts.
    Trusted,
    /// The result of a comparison, which the rule trusts.
    Compared,
    /// An index, which the rule trusts.
    Index,
    /// A call of a function that the rule trusts.
    Called,
    /// An operator or call, where only assignments carry taint.
    NotAssigned,
    /// It is returned.
    Returned,
    /// A source asks for other labels: an index into its matches.
    SourceAsks(usize),
    /// A propagator asks for other labels: an index into its matches.
    PropagatorAsks(usize),
}

/// A sink was run over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// An index into the matches.
    pub(crate) sink: usize,
    /// The sources of what came.
    pub(crate) sources: Vec<u32>,
    /// The labels of what came, or of that part of it that is not what the sink asks for.
    pub(crate) labels: Vec<Symbol>,
    /// Some of what came was left out: its metavariables are bound to other code than the sink's.
    pub(crate) unlike: bool,
    /// Which of what the sink asks for was not met, if anything: a number among the entries of its `requires`.
    pub(crate) unmet: Option<usize>,
}

impl Arrival {
    /// Whether the sink is reached by it.
    pub(crate) fn is_met(&self) -> bool {
        self.unmet.is_none() && !self.sources.is_empty()
    }
}

impl Engine<'_> {
    /// Taint ends at a node. `held` is asked only if somebody watches.
    pub(super) fn halt(&mut self, why: Why, node: NodeId, held: impl FnOnce(&Self) -> Taints) {
        if self.watch.is_some() {
            let held = held(self);
            let (sources, labels) = self.origins(&held);
            let halt = Halt { why, span: self.tree().span(node), sources, labels };
            if let Some(watch) = &mut self.watch
                && !held.is_empty()
                && watch.halts.len() < MOST_HALTS
                && !watch.halts.contains(&halt)
            {
                watch.halts.push(halt);
            }
        }
    }

    /// A sink is run over, and some taint reaches it. `unmet`: what it asks for in vain, and of which taint.
    pub(super) fn arrive(&mut self, sink: usize, taints: &Taints, unlike: bool, unmet: Option<&(usize, Taints)>) {
        if self.watch.is_some() {
            let (sources, _) = self.origins(taints);
            let (_, labels) = self.origins(unmet.map_or(taints, |(_, asked)| asked));
            let arrival = Arrival { sink, sources, labels, unlike, unmet: unmet.map(|(number, _)| *number) };
            if let Some(watch) = &mut self.watch
                && watch.arrivals.len() < MOST_HALTS
                && !watch.arrivals.contains(&arrival)
            {
                watch.arrivals.push(arrival);
            }
        }
    }

    /// The sources and labels of some taint.
    fn origins(&self, taints: &Taints) -> (Vec<u32>, Vec<Symbol>) {
        let mut sources: Vec<u32> = taints.iter().map(|taint| taint.source).collect();
        let mut labels: Vec<Symbol> = taints.iter().filter_map(|taint| self.label_name(taint.label)).collect();
        sources.sort_unstable();
        sources.dedup();
        labels.sort_unstable();
        labels.dedup();
        (sources, labels)
    }

    /// What was watched, with all paths.
    pub(super) fn watched(&mut self) -> Watch {
        let mut watch = self.watch.take().unwrap_or_default();
        watch.steps = self.traces.all();
        watch
    }
}

impl State {
    /// What a place holds.
    pub(super) fn held(&self, place: &Place) -> Cell {
        place.path.iter().fold(self.get(place.root), |cell, &name| cell.field(name))
    }
}
