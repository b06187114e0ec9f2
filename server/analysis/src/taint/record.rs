//! What a run writes down of itself, for the next version of the text: how every function's body was run, and what came of it.

use super::cell::{Cell, Origin, Taint, Taints};
use super::context::{Context, Entry};
use super::engine::Engine;
use super::function::Handed;
use super::marks::Mark;
use super::state::State;
use super::trace::Traces;
use crate::budget::Stop;
use crate::hash::NumberMap;
use std::rc::Rc;
use weir_syntax::NodeId;

/// What the fields of classes hold before any method has run.
pub(super) type ClassFields = NumberMap<NodeId, Cell>;

/// All of a run that the next one may ask for.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(super) ran: NumberMap<NodeId, Vec<Ran>>,
    pub(super) traces: Traces,
    /// The ways of entering each function.
    pub(super) entries: NumberMap<NodeId, Vec<Entry>>,
    /// Calls followed.
    pub(super) followed: u32,
}

/// One time that the body of a function was run.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) with: Given,
    pub(super) came: Came,
}

/// What a body was run with: all that it reads but for the file itself.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) state: State,
    pub(super) handed: Parameters,
    pub(super) active: Vec<Mark>,
    /// The functions around it at work.
    pub(super) functions: Vec<NodeId>,
    pub(super) class_fields: Rc<ClassFields>,
    pub(super) calls: usize,
    pub(super) nesting: usize,
}

/// What the parameters were given ([`Handed`], kept).
#[derive(Clone, Debug)]
pub(super) enum Parameters {
    Nothing,
    All(Cell),
    Each(Vec<Option<Cell>>),
}

/// What came of running a body.
#[derive(Clone, Debug)]
pub(super) struct Came {
    pub(super) returned: Cell,
    pub(super) end: Option<State>,
    pub(super) reached: Vec<((usize, Origin, u8), Taint)>,
    pub(super) thrown: Taints,
    /// The contexts it asked for: the function, and the number among its contexts.
    pub(super) used: Vec<(NodeId, usize)>,
}

/// Where bodies were run more often than this, nothing is kept: what is kept costs memory for as long as the file is open.
const MAX_RAN: usize = 4096;

impl Handed<'_> {
    fn keep(self) -> Parameters {
        match self {
            Self::Nothing => Parameters::Nothing,
            Self::All(cell) => Parameters::All(cell.clone()),
            Self::Each(each) => Parameters::Each(each.to_vec()),
        }
    }
}

impl Parameters {
    pub(super) fn hand(&self) -> Handed<'_> {
        match self {
            Self::Nothing => Handed::Nothing,
            Self::All(cell) => Handed::All(cell),
            Self::Each(each) => Handed::Each(each),
        }
    }
}

impl Engine<'_> {
    /// Runs a function's body in a state; gives what it returns and the state at its end.
    pub(super) fn body(
        &mut self,
        node: NodeId,
        state: State,
        handed: Handed<'_>,
    ) -> Result<(Cell, Option<State>), Stop> {
        let with = self.record.is_some().then(|| Given {
            state: state.clone(),
            handed: handed.keep(),
            active: self.active.clone(),
            functions: self.functions.clone(),
            class_fields: self.class_fields.clone(),
            calls: self.calls,
            nesting: self.nesting,
        });
        let came = self.body_apart(node, state, handed)?;
        let reached: Vec<_> = came.reached.iter().map(|((sink, ..), taint)| (*sink, *taint)).collect();
        self.reach(&reached);
        self.thrown.union(&came.thrown);
        if let (Some(record), Some(with)) = (&mut self.record, with) {
            record.entry(node).or_default().push(Ran { with, came: came.clone() });
            self.recorded += 1;
            if self.recorded > MAX_RAN {
                self.record = None;
            }
        }
        Ok((came.returned, came.end))
    }

    /// Runs a function's body, and tells what it reached, threw and asked for from what others did.
    pub(super) fn body_apart(&mut self, node: NodeId, state: State, handed: Handed<'_>) -> Result<Came, Stop> {
        let reached = std::mem::take(&mut self.reached);
        let thrown = std::mem::take(&mut self.thrown);
        let used = std::mem::take(&mut self.used);
        let (returned, end) = self.run_body(node, state, handed)?;
        let reached = std::mem::replace(&mut self.reached, reached).into_iter().collect();
        let thrown = std::mem::replace(&mut self.thrown, thrown);
        let used = std::mem::replace(&mut self.used, used);
        Ok(Came { returned, end, reached, thrown, used })
    }

    /// What was written down, if it was.
    pub(super) fn take_record(&mut self) -> Option<Record> {
        let ran = self.record.take()?;
        let entries = |contexts: Vec<Context>| contexts.into_iter().map(Context::into_entry).collect();
        let contexts = std::mem::take(&mut self.contexts);
        let entries = contexts.into_iter().map(|(node, contexts)| (node, entries(contexts))).collect();
        Some(Record { ran, traces: std::mem::take(&mut self.traces), entries, followed: self.followed })
    }
}
