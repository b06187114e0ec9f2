//! What a run notes down of itself, so that it can be explained: where taint ends, and with what sinks are reached.

use super::cell::{Cell, Origin, Taint, Taints};
use super::engine::Engine;
use super::state::{Place, State};
use super::trace::TraceId;
use crate::flow::Interpret;
use std::collections::{BTreeMap, BTreeSet};
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
    /// The functions whose bodies were run.
    pub(crate) entered: BTreeSet<NodeId>,
}

/// What is noted down during a run. Within a function it is not known yet what the taint is that it was handed.
#[derive(Debug, Default)]
pub(super) struct Notes {
    halts: Vec<Noted<Halt>>,
    arrivals: Vec<Noted<Arrival>>,
    /// What functions were handed, by the beginning of its paths within.
    handed: BTreeMap<TraceId, BTreeSet<Beginning>>,
    /// Functions of which a call was followed.
    called: BTreeSet<NodeId>,
}

/// A note that lacks some of its sources.
#[derive(Debug, PartialEq, Eq)]
struct Noted<T> {
    note: T,
    /// The innermost function at work.
    function: Option<NodeId>,
    /// Where the taint begins of which the source is not known yet.
    handed: Vec<TraceId>,
}

/// Where taint begins, seen from where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Beginning {
    /// At a source: an index into the matches.
    Source(u32),
    /// The function was handed it.
    Handed(TraceId),
}

impl Notes {
    /// The sources of what some function was handed, whoever called it.
    fn sources(&self, handed: &[TraceId]) -> BTreeSet<u32> {
        let mut sources = BTreeSet::new();
        let mut seen: BTreeSet<TraceId> = BTreeSet::new();
        let mut rest = handed.to_vec();
        while let Some(handed) = rest.pop() {
            if seen.insert(handed) {
                for beginning in self.handed.get(&handed).into_iter().flatten() {
                    match *beginning {
                        Beginning::Source(source) => _ = sources.insert(source),
                        Beginning::Handed(outer) => rest.push(outer),
                    }
                }
            }
        }
        sources
    }
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
    /// It is returned by a function of which no call was followed.
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
            let (sources, handed) = self.beginnings(&held);
            let note = Halt { why, span: self.tree().span(node), sources, labels: self.labels_of(&held) };
            let noted = Noted { note, function: self.functions.last().copied(), handed };
            if let Some(notes) = &mut self.watch
                && !held.is_empty()
                && notes.halts.len() < MOST_HALTS
                && !notes.halts.contains(&noted)
            {
                notes.halts.push(noted);
            }
        }
    }

    /// A sink is run over, and some taint reaches it. `unmet`: what it asks for in vain, and of which taint.
    pub(super) fn arrive(&mut self, sink: usize, taints: &Taints, unlike: bool, unmet: Option<&(usize, Taints)>) {
        if self.watch.is_some() {
            let (sources, handed) = self.beginnings(taints);
            let labels = self.labels_of(unmet.map_or(taints, |(_, asked)| asked));
            let note = Arrival { sink, sources, labels, unlike, unmet: unmet.map(|(number, _)| *number) };
            let noted = Noted { note, function: self.functions.last().copied(), handed };
            if let Some(notes) = &mut self.watch
                && notes.arrivals.len() < MOST_HALTS
                && !notes.arrivals.contains(&noted)
            {
                notes.arrivals.push(noted);
            }
        }
    }

    /// A function is entered: what it is handed, and where the paths of that begin within it.
    pub(super) fn note_entered(&mut self, function: NodeId, by_call: bool, begin: &[TraceId], inputs: &[Taints]) {
        let handed: Vec<Vec<Beginning>> =
            inputs.iter().map(|input| input.iter().map(|taint| self.beginning(taint)).collect()).collect();
        let Some(notes) = &mut self.watch else { return };
        for (&begin, handed) in begin.iter().zip(handed) {
            notes.handed.entry(begin).or_default().extend(handed);
        }
        if by_call {
            notes.called.insert(function);
        }
    }

    fn beginning(&self, taint: Taint) -> Beginning {
        match taint.origin {
            Origin::Source(source) => Beginning::Source(source),
            Origin::Input(_) => Beginning::Handed(self.traces.first(taint.trace)),
        }
    }

    /// The sources of some taint, as far as they are known, and where the rest begins.
    fn beginnings(&self, taints: &Taints) -> (Vec<u32>, Vec<TraceId>) {
        let (mut sources, mut handed) = (Vec::new(), Vec::new());
        for taint in taints.iter() {
            match self.beginning(taint) {
                Beginning::Source(source) => sources.push(source),
                Beginning::Handed(begin) => handed.push(begin),
            }
        }
        sources.sort_unstable();
        sources.dedup();
        handed.sort_unstable();
        handed.dedup();
        (sources, handed)
    }

    fn labels_of(&self, taints: &Taints) -> Vec<Symbol> {
        let mut labels: Vec<Symbol> = taints.iter().filter_map(|taint| self.label_name(taint.label)).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// What was watched, with all paths, in terms of sources.
    pub(super) fn watched(mut self) -> Watch {
        let mut notes = self.watch.take().unwrap_or_default();
        let mut watch = Watch { entered: std::mem::take(&mut self.entered), ..Watch::default() };
        for Noted { mut note, function, handed } in std::mem::take(&mut notes.halts) {
            // What is returned goes on where the call is.
            let goes_on =
                note.why == Why::Returned && function.is_some_and(|function| notes.called.contains(&function));
            note.sources = with(note.sources, notes.sources(&handed));
            if !goes_on && !watch.halts.contains(&note) {
                watch.halts.push(note);
            }
        }
        for Noted { mut note, handed, .. } in std::mem::take(&mut notes.arrivals) {
            let mut sources = notes.sources(&handed);
            let before = sources.len();
            sources.retain(|&source| self.agrees(&self.matches.sinks[note.sink].1, source));
            note.unlike |= sources.len() < before;
            note.sources = with(note.sources, sources);
            if !watch.arrivals.contains(&note) {
                watch.arrivals.push(note);
            }
        }
        let places = |sources: BTreeSet<u32>| {
            sources.into_iter().map(|source| self.matches.sources[source as usize].1.span).collect()
        };
        watch.steps = self.traces.all(|begin| places(notes.sources(&[begin])));
        watch
    }
}

/// Both together, in order.
fn with(known: Vec<u32>, mut more: BTreeSet<u32>) -> Vec<u32> {
    more.extend(known);
    more.into_iter().collect()
}

impl State {
    /// What a place holds.
    pub(super) fn held(&self, place: &Place) -> Cell {
        place.path.iter().fold(self.get(place.root), |cell, &name| cell.field(name))
    }
}
