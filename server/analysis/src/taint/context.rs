//! What a function does, worked out once for each way it is entered.
//!
//! A run of a function depends on its code, the marks in it, what the functions it calls do, and an [`Entry`]: what its
//! parameters, its object and variables outside hold, with all taint replaced by numbers of inputs. So whoever calls it in
//! the same way, with whatever taint, gets the same [`Outcome`], in which the numbers stand for the caller's own taint.

use super::cell::{Cell, Origin, Taint, Taints};
use super::engine::Engine;
use super::function::Handed;
use super::state::{MAX_DEPTH, Place, State};
use super::trace::{TraceId, Traces};
use crate::budget::Stop;
use crate::flow::Interpret;
use std::rc::Rc;
use weir_model::{Span, StepKind};
use weir_syntax::{Kind, NodeId, Role, Symbol};

/// How a function is entered.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// What is known of its object and of variables outside.
    pub(super) state: State,
    /// What its parameters get, as far as a call says.
    pub(super) parameters: Vec<Option<Cell>>,
}

/// What a function does if it is entered in a certain way.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// What it returns.
    pub(super) returned: Cell,
    /// What its parameters, its object and variables outside hold at its end, if it has one.
    pub(super) end: Option<State>,
    /// What it throws.
    pub(super) thrown: Taints,
    /// The sinks reached in it, by match.
    pub(super) reached: Vec<(usize, Taint)>,
    /// It is still at work: it may do more than is known.
    pub(super) partial: bool,
}

/// A function with a way to enter it.
pub(super) struct Context {
    entry: Entry,
    /// Where the paths of its inputs begin, if somebody watches.
    inputs: Vec<TraceId>,
    outcome: Rc<Outcome>,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// At work, as deep as this. What is known of it so far is less than what it does.
    Working(usize),
    /// Worked out with what is known so far of a context as deep as this, which is still at work.
    Provisional(usize),
    /// To be worked out again: more is known of what it depended on.
    Stale,
    Done,
}

/// Calls within calls. Deeper ones are taken for calls of functions that are not known.
const MAX_CALLS: usize = 24;

/// Nodes within nodes, over all calls at work: walks recurse, on a stack that is sized for one deep file.
const MAX_NESTING: usize = 600;

/// Ways of entering one function that are told apart; further ones do not tell fields apart.
pub(super) const MAX_CONTEXTS: usize = 6;

/// Ways of entering one function in all; what goes beyond is taken for calls of functions that are not known.
const MAX_FLAT_CONTEXTS: usize = 10;

/// Calls followed for one rule in one file; code made for it could make them multiply. What comes after is taken for calls of
/// functions that are not known.
pub(super) const MAX_FOLLOWED: u32 = 20_000;

/// A call that hands over this many values counts twice.
const CELLS_PER_CALL: u32 = 8;

/// How often functions that call each other are worked out again with what they do so far.
const MAX_ROUNDS: u32 = 5;

impl Entry {
    /// Whether no taint enters.
    pub(super) fn is_clean(&self) -> bool {
        self.state.is_clean() && self.parameters.iter().flatten().all(Cell::is_clean)
    }

    fn rewrite(&self, depth: usize, change: &mut dyn FnMut(&Taints) -> Taints) -> Self {
        let parameters = self.parameters.iter().map(|cell| cell.as_ref().map(|cell| cell.rewrite(depth, change)));
        let parameters = parameters.collect();
        Self { state: self.state.rewrite(depth, change), parameters }
    }

    fn same(&self, other: &Self) -> bool {
        self.state.same(&other.state)
            && self.parameters.len() == other.parameters.len()
            && self.parameters.iter().zip(&other.parameters).all(|pair| match pair {
                (Some(ours), Some(theirs)) => ours.same(theirs),
                (None, None) => true,
                _ => false,
            })
    }
}

impl Context {
    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    pub(super) fn into_entry(self) -> Entry {
        self.entry
    }
}

impl Outcome {
    fn same(&self, other: &Self) -> bool {
        let reached = |outcome: &Self| {
            let mut keys: Vec<_> = outcome.reached.iter().map(|(sink, taint)| (*sink, taint.key())).collect();
            keys.sort_unstable();
            keys
        };
        self.returned.same(&other.returned)
            && match (&self.end, &other.end) {
                (Some(ours), Some(theirs)) => ours.same(theirs),
                (None, None) => true,
                _ => false,
            }
            && self.thrown.same(&other.thrown)
            && reached(self) == reached(other)
    }
}

impl Engine<'_> {
    /// What a function does if it is entered like this, in terms of the taint that enters; `call` is where it is called.
    /// Nothing if that is too much to work out.
    pub(super) fn outcome(
        &mut self,
        function: NodeId,
        entry: &Entry,
        call: Option<Span>,
    ) -> Result<Option<Outcome>, Stop> {
        self.followed += 1;
        if self.followed > MAX_FOLLOWED {
            return Ok(None);
        }
        let mut inputs = Vec::new();
        let (mut canonical, mut begin) = self.canonical(entry, MAX_DEPTH, &mut inputs);
        let known = self.contexts.get(&function).map_or(&[][..], Vec::as_slice);
        let mut at = known.iter().position(|context| context.entry.same(&canonical));
        if at.is_none() && known.len() >= MAX_CONTEXTS {
            inputs.clear();
            (canonical, begin) = self.canonical(entry, 0, &mut inputs);
            let known = &self.contexts[&function];
            at = known.iter().position(|context| context.entry.same(&canonical));
            if at.is_none() && known.len() >= MAX_FLAT_CONTEXTS {
                return Ok(None);
            }
        }
        let at = match at {
            Some(at) => at,
            None if !self.may_call() => return Ok(None),
            None => {
                let contexts = self.contexts.entry(function).or_default();
                contexts.push(Context {
                    entry: canonical,
                    inputs: begin,
                    outcome: Rc::default(),
                    progress: Progress::Stale,
                });
                contexts.len() - 1
            }
        };
        self.used.push((function, at));
        let mut partial = false;
        let progress = self.context(function, at).progress;
        match progress {
            Progress::Done => {}
            Progress::Working(depth) | Progress::Provisional(depth) => {
                self.lowest = self.lowest.min(depth);
                partial = true;
            }
            Progress::Stale if !self.may_call() => return Ok(None),
            Progress::Stale => self.work_out(function, at)?,
        }
        if self.watch.is_some() {
            let begin = self.context(function, at).inputs.clone();
            self.note_entered(function, call.is_some(), &begin, &inputs);
        }
        let outcome = self.context(function, at).outcome.clone();
        Ok(Some(Outcome { partial, ..self.instantiate(&outcome, &inputs, call) }))
    }

    fn may_call(&self) -> bool {
        self.calls < MAX_CALLS && self.nesting < MAX_NESTING
    }

    /// Runs a function in a context, again and again if it calls itself.
    fn work_out(&mut self, function: NodeId, at: usize) -> Result<(), Stop> {
        let depth = self.calls;
        self.calls += 1;
        let outer_lowest = std::mem::replace(&mut self.lowest, usize::MAX);
        let first_provisional = self.provisional.len();
        let mut rounds = MAX_ROUNDS;
        let progress = loop {
            self.budget().look()?;
            self.lowest = usize::MAX;
            self.context(function, at).progress = Progress::Working(depth);
            let entry = self.context(function, at).entry.clone();
            let outcome = Rc::new(self.run_function(function, &entry)?);
            let before = std::mem::replace(&mut self.context(function, at).outcome, outcome.clone());
            rounds -= 1;
            if self.lowest < depth {
                break Progress::Provisional(self.lowest);
            }
            let settled = self.lowest > depth || rounds == 0 || outcome.same(&before);
            if settled && self.lowest == depth && rounds > 0 && outcome.end.is_none() {
                // It calls itself on every path: what runs after that counts all the same.
                let end = Some(self.as_entered(function, &entry));
                self.context(function, at).outcome = Rc::new(Outcome { end, ..Outcome::clone(&outcome) });
            } else if settled {
                break Progress::Done;
            }
            for (function, at) in self.provisional.split_off(first_provisional) {
                self.context(function, at).progress = Progress::Stale;
            }
        };
        self.context(function, at).progress = progress;
        self.calls = depth;
        if progress == Progress::Done {
            for (function, at) in self.provisional.split_off(first_provisional) {
                self.context(function, at).progress = Progress::Done;
            }
            self.lowest = outer_lowest;
        } else {
            self.provisional.push((function, at));
            self.lowest = outer_lowest.min(self.lowest);
        }
        Ok(())
    }

    fn context(&mut self, function: NodeId, at: usize) -> &mut Context {
        &mut self.contexts.get_mut(&function).expect("contexts are never dropped")[at]
    }

    /// The entry with its taint replaced by numbers, and what they stand for; also where the paths of each number begin, if
    /// somebody watches.
    fn canonical(&mut self, entry: &Entry, depth: usize, inputs: &mut Vec<Taints>) -> (Entry, Vec<TraceId>) {
        let shared = self.traces.entry();
        let watched = self.watch.is_some();
        let traces = &mut self.traces;
        let mut begin = Vec::new();
        let mut cells = 0;
        let entry = entry.rewrite(depth, &mut |taints| {
            cells += 1;
            let mut changed = Taints::default();
            let mut labels: Vec<u8> = taints.iter().map(|taint| taint.label).collect();
            labels.sort_unstable();
            labels.dedup();
            for label in labels {
                let group = taints.clone().filter(|taint| taint.label == label);
                let at = inputs.iter().position(|input| input.same(&group)).unwrap_or_else(|| {
                    inputs.push(group);
                    if watched {
                        begin.push(traces.entry_apart());
                    }
                    inputs.len() - 1
                });
                let trace = begin.get(at).copied().unwrap_or(shared);
                changed.add(Taint { origin: Origin::Input(at as u32), label, trace });
            }
            changed
        });
        // Closures hold what closures around them hold: a call that hands over much counts for many.
        self.followed += cells / CELLS_PER_CALL;
        (entry, begin)
    }

    /// An outcome with the caller's taint in place of the numbers.
    fn instantiate(&mut self, outcome: &Outcome, inputs: &[Taints], call: Option<Span>) -> Outcome {
        let traces = &mut self.traces;
        let handed = |traces: &mut Traces, taint: Taint, into: &mut dyn FnMut(Taint)| match taint.origin {
            Origin::Source(_) => into(taint),
            Origin::Input(at) => {
                for input in inputs[at as usize].iter() {
                    let trace = if traces.length(taint.trace) == 0 {
                        input.trace
                    } else {
                        let before = call.map_or(input.trace, |call| traces.step(input.trace, call, StepKind::Call));
                        traces.through(before, taint.trace)
                    };
                    into(Taint { origin: input.origin, label: taint.label, trace });
                }
            }
        };
        let mut reached = Vec::new();
        for &(sink, taint) in &outcome.reached {
            handed(traces, taint, &mut |taint| reached.push((sink, taint)));
        }
        let mut change = |taints: &Taints| {
            let mut changed = Taints::default();
            for taint in taints.iter() {
                handed(traces, taint, &mut |taint| {
                    changed.add(taint);
                });
            }
            changed
        };
        let mut returned = outcome.returned.rewrite(MAX_DEPTH, &mut change);
        let thrown = change(&outcome.thrown);
        let end = outcome.end.as_ref().map(|end| end.rewrite(MAX_DEPTH, &mut change));
        if let Some(call) = call {
            // What begins within goes on here; what came from here has been told so before.
            let began: Vec<TraceId> = outcome.returned.all().iter().map(|taint| taint.trace).collect();
            returned = returned.map(&mut |trace| {
                if began.contains(&trace) { traces.step(trace, call, StepKind::Call) } else { trace }
            });
        }
        Outcome { returned, end, thrown, reached, partial: false }
    }

    /// Runs a function apart from whatever is at work.
    fn run_function(&mut self, function: NodeId, entry: &Entry) -> Result<Outcome, Stop> {
        let tree = self.tree();
        let mut around: Vec<NodeId> = tree.ancestors(function).collect();
        around.reverse();
        let active = around.iter().flat_map(|&node| self.marks.at(node)).filter(|mark| !mark.exact).copied().collect();
        around.retain(|&node| matches!(tree.kind(node), Kind::Function | Kind::Lambda));
        let active = std::mem::replace(&mut self.active, active);
        let functions = std::mem::replace(&mut self.functions, around);
        let state = self.flow.replace(None);
        let thrown = std::mem::take(&mut self.thrown);
        let given = self.given.take();
        let marks_names = std::mem::take(&mut self.marks_names);
        let propagated = std::mem::take(&mut self.propagated);
        let asked = std::mem::take(&mut self.asked);
        let reached = std::mem::take(&mut self.reached);
        self.enter(function);
        let (returned, end) = self.body(function, entry.state.clone(), Handed::Each(&entry.parameters))?;
        self.leave(function, Cell::default())?;
        let end = end.map(|end| self.seen_outside(function, &end));
        let outcome = Outcome {
            returned: returned.bounded().rewrite(MAX_DEPTH, &mut Clone::clone),
            end,
            thrown: std::mem::replace(&mut self.thrown, thrown),
            reached: std::mem::replace(&mut self.reached, reached)
                .into_iter()
                .map(|((sink, ..), taint)| (sink, taint))
                .collect(),
            partial: false,
        };
        self.active = active;
        self.functions = functions;
        self.flow.replace(state);
        self.given = given;
        self.marks_names = marks_names;
        self.propagated = propagated;
        self.asked = asked;
        Ok(outcome)
    }

    /// The state of a function that has changed nothing.
    fn as_entered(&self, function: NodeId, entry: &Entry) -> State {
        let tree = self.tree();
        let mut state = entry.state.clone();
        for (parameter, cell) in tree.with_role(function, Role::Param).zip(&entry.parameters) {
            let name = tree.child(parameter, Role::Name).filter(|&name| tree.kind(name) == Kind::Ident);
            if let (Some(name), Some(cell)) = (name, cell) {
                state.set(&Place::variable(tree.sym(name)), cell);
            }
        }
        self.seen_outside(function, &state)
    }

    /// What of a function's end others can see.
    fn seen_outside(&self, function: NodeId, end: &State) -> State {
        let mut seen = State::default();
        for (name, cell) in end.iter() {
            if self.is_parameter(function, name)
                || self.is_outer(function, name)
                || matches!(name.as_str(), "this" | "self" | "$this")
            {
                seen.set(&Place::variable(name), &cell.rewrite(MAX_DEPTH, &mut Clone::clone));
            }
        }
        seen
    }

    /// Whether a name is that of a parameter of a function.
    fn is_parameter(&self, function: NodeId, name: Symbol) -> bool {
        let tree = self.tree();
        tree.with_role(function, Role::Param)
            .any(|parameter| tree.child(parameter, Role::Name).is_some_and(|node| tree.sym(node) == name))
    }
}
