//! Where taint has been: a forest of steps that share their beginnings.

use std::collections::HashSet;
use weir_model::{Span, Step, StepKind, Trace};

/// The last step of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TraceId(u32);

#[derive(Debug)]
struct Link {
    before: Option<TraceId>,
    length: u32,
    step: Step,
}

/// All paths of one run.
#[derive(Debug, Default)]
pub(super) struct Traces(Vec<Link>);

/// Longer paths are not told step by step: nobody reads them, and loops would make them grow.
const MAX_LENGTH: u32 = 64;

impl Traces {
    /// A path that begins here.
    pub(super) fn source(&mut self, span: Span) -> TraceId {
        self.push(Link { before: None, length: 1, step: Step { span, kind: StepKind::Source } })
    }

    /// A path that goes on here.
    pub(super) fn step(&mut self, before: TraceId, span: Span, kind: StepKind) -> TraceId {
        let last = &self.0[before.0 as usize];
        if last.length >= MAX_LENGTH || (last.step.span == span && last.step.kind == kind) {
            return before;
        }
        let length = last.length + 1;
        self.push(Link { before: Some(before), length, step: Step { span, kind } })
    }

    /// The number of steps.
    pub(super) fn length(&self, trace: TraceId) -> u32 {
        self.0[trace.0 as usize].length
    }

    /// The path that ends at a sink.
    pub(super) fn finish(&self, trace: TraceId, sink: Span) -> Trace {
        let mut steps = vec![Step { span: sink, kind: StepKind::Sink }];
        let mut at = Some(trace);
        while let Some(trace) = at {
            let link = &self.0[trace.0 as usize];
            let is_sink = link.step.kind == StepKind::Call && link.step.span == sink;
            if !is_sink {
                steps.push(link.step.clone());
            }
            at = link.before;
        }
        steps.reverse();
        Trace { steps }
    }

    /// All steps so far, none twice, each with the place of the source its path begins at.
    pub(super) fn all(&self) -> Vec<(Span, Step)> {
        let mut sources: Vec<Span> = Vec::with_capacity(self.0.len());
        let mut steps: Vec<(Span, Step)> = Vec::new();
        let mut seen = HashSet::new();
        for link in &self.0 {
            // A link comes after the one before it.
            let source = link.before.map_or(link.step.span, |before| sources[before.0 as usize]);
            sources.push(source);
            if seen.insert((source, link.step.span, link.step.kind as u8)) {
                steps.push((source, link.step.clone()));
            }
        }
        steps
    }

    fn push(&mut self, link: Link) -> TraceId {
        self.0.push(link);
        TraceId(self.0.len() as u32 - 1)
    }
}
