//! A run after a change within one function: if that function still does what it did, whatever it was given, so does all else.
//!
//! What a function is to others is what comes of running its body ([`Came`]). Each time the last run did so is tried again on
//! the new text, with what it was given then; the functions that it calls are run with it. If the same comes of it each time,
//! paths included, nobody else can tell the difference.

use super::cell::{Cell, Taint, Taints};
use super::context::{Entry, MAX_FOLLOWED};
use super::engine::Engine;
use super::marks::MarkRole;
use super::record::{Came, ClassFields, Given, Parameters, Record};
use super::reference::Ref;
use super::state::State;
use super::trace::{Adopted, TraceId, Traces};
use super::{TaintMatches, TaintRun};
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::rule::{Options, TaintSpec};
use std::rc::Rc;
use weir_model::Span;
use weir_syntax::{Difference, Kind, NodeId, Role};

/// How the text changed since a run was recorded, the first change first.
#[derive(Clone, Debug, Default)]
pub(super) struct Since(pub(super) Vec<Rc<Difference>>);

impl Since {
    pub(super) fn node(&self, node: NodeId) -> Option<NodeId> {
        self.0.iter().try_fold(node, |node, difference| difference.node(node))
    }

    pub(super) fn span(&self, span: Span) -> Option<Span> {
        self.0.iter().try_fold(span, |span, difference| difference.span(span))
    }
}

/// What a run found, after a change within the body of one of the functions that it ran; `old` is that run, moved. `None` if the
/// function does not do what it did, or if that cannot be told.
pub(crate) fn again(
    file: &FileContext<'_>,
    spec: &TaintSpec,
    options: &Options,
    matches: &TaintMatches,
    budget: &Budget<'_>,
    old: &TaintRun,
    function: NodeId,
) -> Result<Option<TaintRun>, Stop> {
    let Some(record) = &old.record else { return Ok(None) };
    let mut engine = Engine::new(file, spec, options, matches, budget);
    if !engine.stands_alone(function) {
        return Ok(None);
    }
    let key = record.ran.keys().copied().find(|&node| old.since.node(node) == Some(function));
    let Some(ran) = key.and_then(|key| record.ran.get(&key)) else { return Ok(None) };
    let mut adopted = Adopted::default();
    for ran in ran {
        let moved = Moved { since: &old.since, traces: &record.traces };
        let Some(given) = moved.given(&ran.with, &mut adopted, &mut engine.traces) else { return Ok(None) };
        let came = engine.run_as(function, given)?;
        let asks_the_same = engine.asks_the_same(record, &old.since, &ran.came, &came);
        if !asks_the_same || !moved.same(&ran.came, &came, &mut adopted, &engine.traces) {
            return Ok(None);
        }
    }
    // What is known so far of a function that calls itself depends on where that began.
    let mut around = std::iter::once(function).chain(file.tree.ancestors(function));
    let recursive = around.any(|node| engine.contexts.contains_key(&node));
    if recursive || engine.followed + record.followed > MAX_FOLLOWED {
        return Ok(None);
    }
    let mut entered = engine.entered;
    entered.extend(&old.entered);
    Ok(Some(TaintRun { entered: entered.into_iter().collect(), ..old.clone() }))
}

impl Engine<'_> {
    /// Whether running a function has no effects that are not written down.
    fn stands_alone(&self, function: NodeId) -> bool {
        let tree = self.file.tree;
        let is_apart = |node: NodeId| {
            let keeps = |role| matches!(role, MarkRole::From | MarkRole::To | MarkRole::Asked);
            let is_class = tree.kind(node) == Kind::Class
                || tree.kind(node) == Kind::New && tree.child(node, Role::Body).is_some();
            !is_class && !self.marks.at(node).iter().any(|mark| keeps(mark.role))
        };
        tree.descendants(function).all(is_apart)
    }

    /// Runs a function's body as it was run before.
    fn run_as(&mut self, function: NodeId, given: Given) -> Result<Came, Stop> {
        let Given { state, handed, active, functions, class_fields, calls, nesting } = given;
        self.active = active;
        self.functions = functions;
        self.class_fields = class_fields;
        self.calls = calls;
        self.nesting = nesting;
        self.body_apart(function, state, handed.hand())
    }

    /// Whether code asks for the same contexts as it did.
    fn asks_the_same(&self, record: &Record, since: &Since, old: &Came, new: &Came) -> bool {
        old.used.len() == new.used.len()
            && old.used.iter().zip(&new.used).all(|((was, old), (is, new))| {
                since.node(*was) == Some(*is) && self.contexts[is][*new].entry().is(&record.entries[was][*old], since)
            })
    }
}

/// What was recorded, as the version at hand has it.
struct Moved<'a> {
    since: &'a Since,
    traces: &'a Traces,
}

impl Moved<'_> {
    /// What a body was given. Paths begin where they did, and are not told again.
    fn given(&self, given: &Given, adopted: &mut Adopted, traces: &mut Traces) -> Option<Given> {
        let mut node = |node| self.since.node(node);
        let mut taint = |taint: Taint| {
            let trace = traces.adopt(adopted, taint.trace, self.traces, |span| self.since.span(span))?;
            Some(Taint { trace, ..taint })
        };
        let mut translate = |cell: &Cell| cell.translate(&mut node, &mut taint);
        let handed = match &given.handed {
            Parameters::Nothing => Parameters::Nothing,
            Parameters::All(cell) => Parameters::All(translate(cell)?),
            Parameters::Each(each) => Parameters::Each(
                each.iter()
                    .map(|cell| match cell {
                        Some(cell) => translate(cell).map(Some),
                        None => Some(None),
                    })
                    .collect::<Option<_>>()?,
            ),
        };
        let state = given.state.translate(&mut translate)?;
        let mut class_fields = ClassFields::default();
        for (&class, fields) in &*given.class_fields {
            class_fields.insert(self.since.node(class)?, translate(fields)?);
        }
        Some(Given {
            state,
            handed,
            active: given.active.clone(),
            functions: given.functions.iter().map(|&function| self.since.node(function)).collect::<Option<_>>()?,
            class_fields: Rc::new(class_fields),
            calls: given.calls,
            nesting: given.nesting,
        })
    }

    /// Whether the same came of a body, by the same ways.
    fn same(&self, old: &Came, new: &Came, adopted: &mut Adopted, traces: &Traces) -> bool {
        let mut same_trace =
            |old: TraceId, new: TraceId| traces.is_after(adopted, new, old, self.traces, &|span| self.since.span(span));
        let mut same = Same { since: self.since, trace: &mut same_trace };
        same.cell(&old.returned, &new.returned)
            && match (&old.end, &new.end) {
                (Some(old), Some(new)) => same.state(old, new),
                (None, None) => true,
                _ => false,
            }
            && same.taints(&old.thrown, &new.thrown)
            && old.reached.len() == new.reached.len()
            && old
                .reached
                .iter()
                .zip(&new.reached)
                .all(|((old_key, old), (new_key, new))| old_key == new_key && (same.trace)(old.trace, new.trace))
    }
}

/// Compares what is known of values in two versions.
struct Same<'a> {
    since: &'a Since,
    trace: &'a mut dyn FnMut(TraceId, TraceId) -> bool,
}

impl Same<'_> {
    fn taints(&mut self, old: &Taints, new: &Taints) -> bool {
        old.same(new) && old.iter().zip(new.iter()).all(|(old, new)| (self.trace)(old.trace, new.trace))
    }

    fn cell(&mut self, old: &Cell, new: &Cell) -> bool {
        self.taints(old.own(), new.own())
            && old.refs().len() == new.refs().len()
            && old.refs().iter().zip(new.refs()).all(|(old, new)| self.reference(old, new))
            && old.fields().count() == new.fields().count()
            && old.fields().zip(new.fields()).all(|((a, old), (b, new))| a == b && self.cell(old, new))
    }

    fn reference(&mut self, old: &Ref, new: &Ref) -> bool {
        match (old, new) {
            (Ref::Function(a, old), Ref::Function(b, new)) => {
                self.since.node(*a) == Some(*b)
                    && old.len() == new.len()
                    && old.iter().zip(&**new).all(|((a, old), (b, new))| a == b && self.cell(old, new))
            }
            (Ref::Method(a, old), Ref::Method(b, new)) => self.since.node(*a) == Some(*b) && self.cell(old, new),
            (Ref::Class(a), Ref::Class(b)) | (Ref::Object(a), Ref::Object(b)) => self.since.node(*a) == Some(*b),
            (Ref::Literal(a), Ref::Literal(b)) => a == b,
            _ => false,
        }
    }

    fn state(&mut self, old: &State, new: &State) -> bool {
        old.aliases() == new.aliases()
            && old.iter().count() == new.iter().count()
            && old.iter().zip(new.iter()).all(|((a, old), (b, new))| a == b && self.cell(old, new))
    }
}

impl Entry {
    /// Whether this is the same way to enter a function as another was before the text changed.
    fn is(&self, old: &Self, since: &Since) -> bool {
        let mut any = |_, _| true;
        let mut same = Same { since, trace: &mut any };
        same.state(&old.state, &self.state)
            && old.parameters.len() == self.parameters.len()
            && old.parameters.iter().zip(&self.parameters).all(|pair| match pair {
                (Some(old), Some(new)) => same.cell(old, new),
                (None, None) => true,
                _ => false,
            })
    }
}
