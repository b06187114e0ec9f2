//! Where taint has been: a forest of steps that share their beginnings.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use weir_model::{Span, Step, StepKind, Trace};

/// The last step of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TraceId(u32);

#[derive(Debug)]
struct Link {
    before: Option<TraceId>,
    length: u32,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// The caller knows what was before.
    Entry,
    Step(Step),
    /// A whole path of a function that was called, from its entry on.
    Within(TraceId),
}

/// All paths of one run.
#[derive(Debug, Default)]
pub(super) struct Traces {
    links: Vec<Link>,
    entry: Option<TraceId>,
}

/// Paths of an earlier run that go on in another: by the number they have there, and by the one they have here.
#[derive(Debug, Default)]
pub(super) struct Adopted {
    here: HashMap<TraceId, TraceId>,
    there: HashMap<TraceId, TraceId>,
    /// Pairs of paths that were compared.
    compared: HashMap<(TraceId, TraceId), bool>,
}

/// Longer paths are not told step by step: nobody reads them, and loops would make them grow.
const MAX_LENGTH: u32 = 64;

impl Traces {
    /// A path that begins here.
    pub(super) fn source(&mut self, span: Span) -> TraceId {
        self.push(Link { before: None, length: 1, way: Way::Step(Step { span, kind: StepKind::Source }) })
    }

    /// The path of what a function is handed, seen from within.
    pub(super) fn entry(&mut self) -> TraceId {
        if let Some(entry) = self.entry {
            return entry;
        }
        let entry = self.entry_apart();
        self.entry = Some(entry);
        entry
    }

    /// As [`entry`](Self::entry), but one that no other path shares.
    pub(super) fn entry_apart(&mut self) -> TraceId {
        self.push(Link { before: None, length: 0, way: Way::Entry })
    }

    /// Where a path begins.
    pub(super) fn first(&self, trace: TraceId) -> TraceId {
        let mut first = trace;
        while let Some(before) = self.links[first.0 as usize].before {
            first = before;
        }
        first
    }

    /// A path that goes on here.
    pub(super) fn step(&mut self, before: TraceId, span: Span, kind: StepKind) -> TraceId {
        let last = &self.links[before.0 as usize];
        // Handing a value to a parameter stores it there.
        let told = |step: &Step| step.kind == kind || (step.kind, kind) == (StepKind::Parameter, StepKind::Assign);
        if last.length >= MAX_LENGTH || matches!(&last.way, Way::Step(step) if step.span == span && told(step)) {
            return before;
        }
        let length = last.length + 1;
        self.push(Link { before: Some(before), length, way: Way::Step(Step { span, kind }) })
    }

    /// A path that goes on through a function, as the function's own path says.
    pub(super) fn through(&mut self, before: TraceId, within: TraceId) -> TraceId {
        let inner = self.length(within);
        let length = self.length(before) + inner;
        if inner == 0 || length > MAX_LENGTH {
            return before;
        }
        self.push(Link { before: Some(before), length, way: Way::Within(within) })
    }

    /// The number of steps.
    pub(super) fn length(&self, trace: TraceId) -> u32 {
        self.links[trace.0 as usize].length
    }

    /// The path that ends at a sink.
    pub(super) fn finish(&self, trace: TraceId, sink: Span) -> Trace {
        let mut steps = vec![Step { span: sink, kind: StepKind::Sink }];
        let mut rest = vec![trace];
        while let Some(trace) = rest.pop() {
            let link = &self.links[trace.0 as usize];
            rest.extend(link.before);
            match &link.way {
                Way::Entry => {}
                Way::Step(step) if step.kind == StepKind::Call && step.span == sink => {}
                Way::Step(step) => steps.push(step.clone()),
                Way::Within(inner) => rest.push(*inner),
            }
        }
        steps.reverse();
        Trace { steps }
    }

    /// All steps so far, none twice, each with the places of the sources its path begins at; `handed` tells those of what a
    /// function was handed.
    pub(super) fn all(&self, handed: impl Fn(TraceId) -> Vec<Span>) -> Vec<(Span, Step)> {
        let mut sources: Vec<Rc<[Span]>> = Vec::with_capacity(self.links.len());
        let mut steps: Vec<(Span, Step)> = Vec::new();
        let mut seen = HashSet::new();
        for (at, link) in self.links.iter().enumerate() {
            // A link comes after the one before it.
            let from: Rc<[Span]> = match (link.before, &link.way) {
                (Some(before), _) => sources[before.0 as usize].clone(),
                (None, Way::Step(step)) => Rc::from([step.span]),
                (None, _) => handed(TraceId(at as u32)).into(),
            };
            if let Way::Step(step) = &link.way {
                for &source in from.iter() {
                    if seen.insert((source, step.span, step.kind as u8)) {
                        steps.push((source, step.clone()));
                    }
                }
            }
            sources.push(from);
        }
        steps
    }

    /// A path of an earlier run, to go on with. `None` if its last step is gone.
    pub(super) fn adopt(
        &mut self,
        adopted: &mut Adopted,
        trace: TraceId,
        from: &Self,
        moved: impl Fn(Span) -> Option<Span>,
    ) -> Option<TraceId> {
        if let Some(&known) = adopted.here.get(&trace) {
            return Some(known);
        }
        let Link { length, way, .. } = &from.links[trace.0 as usize];
        let way = match way {
            Way::Step(step) => Way::Step(Step { span: moved(step.span)?, kind: step.kind }),
            Way::Entry | Way::Within(_) => Way::Entry,
        };
        let here = self.push(Link { before: None, length: *length, way });
        adopted.here.insert(trace, here);
        adopted.there.insert(here, trace);
        Some(here)
    }

    /// Whether a path is that of an earlier run, moved.
    pub(super) fn is_after(
        &self,
        adopted: &mut Adopted,
        here: TraceId,
        there: TraceId,
        from: &Self,
        moved: &dyn Fn(Span) -> Option<Span>,
    ) -> bool {
        if let Some(&known) = adopted.there.get(&here) {
            return known == there;
        }
        if let Some(&known) = adopted.compared.get(&(here, there)) {
            return known;
        }
        let (new, old) = (&self.links[here.0 as usize], &from.links[there.0 as usize]);
        let same = new.length == old.length
            && match (&new.way, &old.way) {
                (Way::Entry, Way::Entry) => true,
                (Way::Step(new), Way::Step(old)) => new.kind == old.kind && moved(old.span) == Some(new.span),
                (Way::Within(new), Way::Within(old)) => self.is_after(adopted, *new, *old, from, moved),
                _ => false,
            }
            && match (new.before, old.before) {
                (Some(new), Some(old)) => self.is_after(adopted, new, old, from, moved),
                (None, None) => true,
                _ => false,
            };
        adopted.compared.insert((here, there), same);
        same
    }

    fn push(&mut self, link: Link) -> TraceId {
        self.links.push(link);
        TraceId(self.links.len() as u32 - 1)
    }
}
