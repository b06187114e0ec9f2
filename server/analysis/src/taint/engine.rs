//! The walk: expressions and their taint, marks applied where they stand.

use super::again::Since;
use super::cell::{Cell, Origin, Taint, Taints};
use super::context::Context;
use super::function::{Deferred, Handed};
use super::marks::{Mark, MarkRole, Marks, bound, effects};
use super::record::{ClassFields, Ran};
use super::safe::is_comparison;
use super::state::{Place, State};
use super::trace::{TraceId, Traces};
use super::watch::{Notes, Why};
use super::{TaintFinding, TaintMatches, TaintRun};
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::flow::{Flow, Functions, Interpret, Reached};
use crate::hash::NumberMap;
use crate::matching::{Binding, Bindings, Match};
use crate::rule::{Formula, Node, Options, Requires, SinkRequires, TaintSpec};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use weir_model::{Language, Span, StepKind};
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

pub(super) struct Engine<'t> {
    pub(super) file: &'t FileContext<'t>,
    spec: &'t TaintSpec,
    pub(super) options: &'t Options,
    pub(super) matches: &'t TaintMatches,
    budget: &'t Budget<'t>,
    pub(super) marks: Marks,
    /// Marks of the nodes around that hold for all that lies within.
    pub(super) active: Vec<Mark>,
    pub(super) flow: Flow<State>,
    pub(super) traces: Traces,
    labels: Vec<Symbol>,
    /// What stood where a propagator takes it from, by match.
    pub(super) propagated: HashMap<usize, Taints>,
    /// What the nodes hold that a sink's `requires` asks of by themselves.
    pub(super) asked: HashMap<NodeId, Taints>,
    /// The sinks reached, by match and where the taint began, by the shortest way.
    pub(super) reached: BTreeMap<(usize, Origin, u8), Taint>,
    /// Named functions seen, to be run when the code around them is through.
    pub(super) deferred: Vec<Deferred>,
    /// The functions at work, outermost first.
    pub(super) functions: Vec<NodeId>,
    /// What the functions at work return.
    pub(super) returned: Vec<Cell>,
    /// What was thrown and not yet caught.
    pub(super) thrown: Taints,
    /// The functions whose bodies were run.
    pub(super) entered: BTreeSet<NodeId>,
    /// What functions do, by how they are entered.
    pub(super) contexts: NumberMap<NodeId, Vec<Context>>,
    /// Calls at work.
    pub(super) calls: usize,
    /// Calls followed so far.
    pub(super) followed: u32,
    /// Nodes within nodes at work, apart from the innermost function's.
    pub(super) nesting: usize,
    /// The outermost context at work that was asked for what it does.
    pub(super) lowest: usize,
    /// Contexts worked out with what was known so far of one still at work.
    pub(super) provisional: Vec<(NodeId, usize)>,
    /// What the fields of classes hold before any method has run.
    pub(super) class_fields: Rc<ClassFields>,
    /// What a constructor that has just run has made.
    pub(super) made: Option<Cell>,
    /// Functions in which, or in what they run, there is a source or a sink.
    with_source: Option<Reached>,
    with_sink: Option<Reached>,
    /// What a node gets apart from its value: a sink there is reached by both.
    pub(super) given: Option<(NodeId, Taints)>,
    /// Names that are bound are where a value begins (parameters) or is taken apart: their marks count.
    pub(super) marks_names: bool,
    /// The contexts that the code at work asked for: the function, and the number among its contexts.
    pub(super) used: Vec<(NodeId, usize)>,
    /// How the bodies of functions were run, if that is to be kept, and how many times that was.
    pub(super) record: Option<NumberMap<NodeId, Vec<Ran>>>,
    pub(super) recorded: usize,
    /// What is noted down for an explanation, if one is asked for.
    pub(super) watch: Option<Notes>,
}

impl<'t> Interpret<'t> for Engine<'t> {
    type State = State;
    type Value = Cell;

    fn tree(&self) -> &'t Tree {
        self.file.tree
    }

    fn language(&self) -> Language {
        self.file.language
    }

    fn budget(&self) -> &'t Budget<'t> {
        self.budget
    }

    fn flow(&mut self) -> &mut Flow<State> {
        &mut self.flow
    }

    fn join(into: &mut State, from: &State) -> bool {
        into.join(from)
    }

    fn either(mut a: Cell, b: Cell) -> Cell {
        a.join(&b);
        a
    }

    fn elements(value: Cell) -> Cell {
        value.any_field()
    }

    fn decided(&self, condition: NodeId) -> Option<bool> {
        self.truth(condition)
    }

    fn is_case(&self, subject: NodeId, condition: NodeId) -> Option<bool> {
        let (subject, case) = (self.literal(subject)?, self.literal(condition)?);
        (subject.kind == case.kind).then_some(subject.sym == case.sym)
    }

    fn caught(&mut self) -> Cell {
        Cell::flat(std::mem::take(&mut self.thrown))
    }

    fn enter(&mut self, node: NodeId) {
        self.active.extend(self.marks.at(node).iter().filter(|mark| !mark.exact));
    }

    fn leave(&mut self, node: NodeId, mut value: Cell) -> Result<Cell, Stop> {
        if !value.is_clean() && self.is_trusted(node) {
            self.halt(Why::Trusted, node, |_| value.all());
            value = Cell::default();
        }
        match self.tree().kind(node) {
            Kind::Return if !self.returned.is_empty() && !value.is_empty() => {
                self.halt(Why::Returned, node, |_| value.all());
                let value = self.step(value.clone(), self.tree().span(node), StepKind::Return);
                if let Some(returned) = self.returned.last_mut() {
                    returned.join(&value);
                }
            }
            Kind::Throw => {
                self.thrown.union(&value.all());
            }
            _ => {}
        }
        let own = self.marks.at(node);
        if own.is_empty() && self.active.is_empty() {
            return Ok(value);
        }
        let inherited = own.iter().filter(|mark| !mark.exact).count();
        let value = self.marked(node, value);
        self.active.truncate(self.active.len() - inherited);
        Ok(value)
    }

    fn expression(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        match tree.kind(node) {
            Kind::Ident => self.name(node),
            Kind::Str | Kind::Number | Kind::Bool | Kind::Null | Kind::Atom | Kind::Regex | Kind::Token => {
                Ok(Cell::default())
            }
            Kind::Import | Kind::ImportFrom | Kind::Modifier => Ok(Cell::default()),
            Kind::Call => self.call(node),
            Kind::New => self.new_object(node),
            Kind::Member => {
                let object = self.eval_child(node, Role::Object)?;
                self.read_member(node, &object)
            }
            Kind::Subscript => self.subscript(node),
            Kind::Slice => self.parts(node).map(|_| Cell::default()),
            Kind::Assign => self.assign(node),
            Kind::VarDef => self.define(node),
            Kind::Array | Kind::Tuple | Kind::Set => self.array(node),
            Kind::Dict => self.dict(node),
            Kind::Pair => {
                let mut whole = self.eval_child(node, Role::Key)?.all();
                whole.union(&self.eval_child(node, Role::Value)?.all());
                Ok(Cell::flat(whole))
            }
            Kind::Spread | Kind::KeywordArg | Kind::Cast | Kind::Await | Kind::JsxAttr | Kind::Decorator => {
                self.eval_child(node, Role::Value)
            }
            Kind::Yield => {
                // What comes back is the caller's; what is handed out may be a sink's.
                let value = self.eval_child(node, Role::Value)?;
                self.given = Some((node, value.all()));
                if self.language() == Language::Ruby {
                    return self.yield_to_block(node, &value);
                }
                if let Some(returned) = self.returned.last_mut() {
                    returned.taint(&value.all());
                }
                Ok(Cell::default())
            }
            Kind::Comprehension => self.comprehension(node),
            Kind::CompFor => {
                let all = self.eval_child(node, Role::Iter)?;
                if let Some(target) = tree.child(node, Role::Target) {
                    self.bind(target, all.any_field())?;
                }
                Ok(Cell::default())
            }
            Kind::CompIf => self.eval_child(node, Role::Cond).map(|_| Cell::default()),
            Kind::Binary => {
                let left = self.eval_child(node, Role::Left)?;
                // Java's `x instanceof T t` makes `t` another name of `x`.
                if let Some(bound) = tree.child(node, Role::Right).filter(|&bound| tree.kind(bound) == Kind::VarDef) {
                    self.bind_target(bound, left)?;
                    return Ok(Cell::default());
                }
                let right = self.eval_child(node, Role::Right)?;
                Ok(self.binary(node, left, right))
            }
            Kind::Unary if tree.sym(node).as_str() == "&" && self.language() == Language::Elixir => self.capture(node),
            Kind::Unary => {
                let value = self.eval_child(node, Role::Operand)?;
                if tree.sym(node).as_str() == "delete" {
                    self.forget(tree.child(node, Role::Operand));
                }
                Ok(if self.only_assignments() { Cell::default() } else { Cell::flat(value.all()) })
            }
            Kind::Lambda => {
                let value = self.function_value(node);
                self.inline(node, Handed::Nothing)?;
                Ok(value)
            }
            Kind::Function | Kind::Class => self.definition(node),
            Kind::Other if tree.sym(node).as_str() == "sequence_expression" => self.eval_all(node, Role::Child),
            Kind::Other if tree.sym(node).as_str() == "delete_statement" => {
                for child in tree.children(node) {
                    self.forget(Some(child));
                }
                Ok(Cell::default())
            }
            // Elixir's function of several clauses.
            Kind::Other if tree.sym(node).as_str() == "anonymous_function" => {
                let mut clauses = Cell::default();
                for clause in tree.children(node) {
                    clauses.join(&self.eval(clause)?);
                }
                Ok(clauses)
            }
            _ => self.parts(node).map(Cell::flat),
        }
    }

    fn binary(&mut self, node: NodeId, left: Cell, right: Cell) -> Cell {
        let operator = self.tree().sym(node).as_str();
        let right = right.all();
        if operator == "<<" && self.language() == Language::Ruby {
            let place = self.tree().child(node, Role::Left).and_then(|left| self.place(left));
            if let Some(place) = place {
                self.add_to(&place, &right);
            }
        }
        let is_trusted = self.options.taint_assume_safe_comparisons && is_comparison(operator);
        if self.only_assignments() || is_trusted {
            let why = if is_trusted { Why::Compared } else { Why::NotAssigned };
            self.halt(why, node, |_| left.all().with(&right));
            return Cell::default();
        }
        // The left side is what comes out only if it counts as false: nothing in it can do harm.
        let mut whole = if operator == "&&" { Taints::default() } else { left.all() };
        whole.union(&right);
        Cell::flat(whole)
    }

    fn bind(&mut self, target: NodeId, value: Cell) -> Result<(), Stop> {
        self.bind_target(target, value)
    }

    fn sequence(&mut self, node: NodeId) -> Result<Cell, Stop> {
        if self.tree().kind(node) == Kind::File { self.file_body(node) } else { self.statements(node) }
    }
}

impl<'t> Engine<'t> {
    pub(super) fn new(
        file: &'t FileContext<'t>,
        spec: &'t TaintSpec,
        options: &'t Options,
        matches: &'t TaintMatches,
        budget: &'t Budget<'t>,
    ) -> Self {
        let mut labels: Vec<_> = spec.sources.iter().map(|source| source.label).collect();
        labels.extend(spec.propagators.iter().filter_map(|propagator| propagator.label));
        labels.sort_unstable();
        labels.dedup();
        Self {
            file,
            spec,
            options,
            matches,
            budget,
            marks: Marks::new(file.tree, spec, matches),
            active: Vec::new(),
            flow: Flow::new(State::default()),
            traces: Traces::default(),
            labels,
            propagated: HashMap::new(),
            asked: HashMap::new(),
            reached: BTreeMap::new(),
            deferred: Vec::new(),
            functions: Vec::new(),
            returned: Vec::new(),
            thrown: Taints::default(),
            entered: BTreeSet::new(),
            contexts: NumberMap::default(),
            calls: 0,
            followed: 0,
            nesting: 0,
            lowest: usize::MAX,
            provisional: Vec::new(),
            class_fields: Rc::default(),
            made: None,
            with_source: None,
            with_sink: None,
            given: None,
            marks_names: false,
            used: Vec::new(),
            record: None,
            recorded: 0,
            watch: None,
        }
    }

    /// What was found.
    pub(super) fn finish(mut self) -> TaintRun {
        let mut best: BTreeMap<usize, (usize, TraceId)> = BTreeMap::new();
        for (&(sink, origin, _), taint) in &self.reached {
            let Origin::Source(source) = origin else { continue };
            let shorter = |best: &(usize, TraceId)| self.traces.length(taint.trace) < self.traces.length(best.1);
            if best.get(&sink).is_none_or(shorter) {
                best.insert(sink, (source as usize, taint.trace));
            }
        }
        let finding = |(sink, (source, trace)): (usize, (usize, TraceId))| {
            let trace = self.traces.finish(trace, self.matches.sinks[sink].1.span);
            TaintFinding { sink, source, trace }
        };
        let findings = best.into_iter().map(finding).collect();
        let record = self.take_record().map(Rc::new);
        let entered = self.entered.into_iter().collect();
        TaintRun { findings, entered, record, since: Since::default() }
    }

    /// All children that are evaluated; all their taint.
    pub(super) fn parts(&mut self, node: NodeId) -> Result<Taints, Stop> {
        let mut whole = Taints::default();
        for child in self.tree().children(node) {
            if !matches!(self.tree().role(child), Role::Name | Role::Type | Role::Modifier | Role::Module | Role::Alias)
            {
                let part = self.eval(child)?;
                if !part.is_clean() {
                    whole.union(&part.all());
                }
            }
        }
        Ok(whole)
    }

    pub(super) fn only_assignments(&self) -> bool {
        self.options.taint_only_propagate_through_assignments
    }

    /// Adds taint to what a place holds.
    pub(super) fn add_to(&mut self, place: &Place, taints: &Taints) {
        if let (Some(state), false) = (self.flow.state_mut(), taints.is_empty()) {
            state.add(place, &Cell::flat(taints.clone()));
        }
    }

    /// The same taint, one step further.
    pub(super) fn step(&mut self, value: Cell, span: Span, kind: StepKind) -> Cell {
        if value.is_clean() {
            return value;
        }
        let traces = &mut self.traces;
        value.map(&mut |trace: TraceId| traces.step(trace, span, kind))
    }

    /// What the rule's marks on a node, and those around that hold for it, make of its value.
    pub(super) fn marked(&mut self, node: NodeId, mut value: Cell) -> Cell {
        let own = self.marks.at(node).to_vec();
        let mut marks = self.active.clone();
        marks.extend(own.iter().filter(|mark| mark.exact));
        // A variable is changed only where it is itself what was matched.
        let place = if own.is_empty() { None } else { self.place(node) };
        let place_of = |mark: &Mark| place.as_ref().filter(|_| own.contains(mark));
        let with_role = |role| marks.iter().filter(move |mark| mark.role == role);
        let mut clean = None;
        let mut taken: Vec<(usize, &Place)> = Vec::new();
        for mark in with_role(MarkRole::Sanitizer) {
            let (entry, _) = &self.matches.sanitizers[mark.index];
            let (changes_place, changes_value) = effects(self.spec.sanitizers[*entry].by_side_effect);
            clean = clean.or(changes_value.then_some(mark.index));
            if changes_place {
                taken.extend(place_of(mark).map(|place| (mark.index, place)));
            }
        }
        for (index, place) in taken {
            self.halt(Why::Sanitized(index), node, |this| this.held(place));
            if let Some(state) = self.flow.state_mut() {
                state.set(place, &Cell::default());
            }
        }
        if let Some(index) = clean {
            self.halt(Why::Sanitized(index), node, |_| value.all());
            return Cell::default();
        }
        let mut given: Vec<(&Place, Taint)> = Vec::new();
        let mut ran = Taints::default();
        for mark in with_role(MarkRole::Source) {
            let (entry, found) = &self.matches.sources[mark.index];
            let source = &self.spec.sources[*entry];
            if source.requires != Requires::Any && !self.satisfies(&source.requires, &value.all()) {
                self.halt(Why::SourceAsks(mark.index), node, |_| value.all());
                continue;
            }
            let trace = self.traces.source(found.span);
            let taint = Taint { origin: Origin::Source(mark.index as u32), label: self.label(source.label), trace };
            if source.control {
                ran.add(taint);
                continue;
            }
            let (changes_place, changes_value) = effects(source.by_side_effect);
            if changes_value {
                value.begin(taint);
            }
            if let Some(place) = place_of(mark).filter(|_| changes_place) {
                given.push((place, taint));
            }
        }
        self.add_to(&Place::variable(RAN), &ran);
        for (place, taint) in given {
            let mut taints = Taints::default();
            taints.add(taint);
            self.add_to(place, &taints);
        }
        for mark in with_role(MarkRole::To) {
            if let Some(taints) = self.propagated.get(&mark.index) {
                value.taint(taints);
            }
        }
        for mark in with_role(MarkRole::From) {
            self.propagate(mark.index, node, &value);
        }
        if with_role(MarkRole::Asked).next().is_some() {
            self.asked.insert(node, value.all());
        }
        for mark in with_role(MarkRole::Sink) {
            let mut reaching = value.all();
            let (sink, _) = &self.matches.sinks[mark.index];
            // A focused sink is the value at the place in focus, not what goes into it.
            let focused = self.spec.sinks[*sink].exact && has_focus(&self.spec.sinks[*sink].formula);
            if let Some((_, given)) = self.given.as_ref().filter(|(at, _)| *at == node && !focused) {
                reaching.union(given);
            }
            if let Some(state) = self.flow.state() {
                reaching.union(&state.get(RAN).all());
            }
            self.sink(mark.index, reaching);
        }
        value
    }

    fn propagate(&mut self, index: usize, node: NodeId, value: &Cell) {
        let (propagator, found) = &self.matches.propagators[index];
        let propagator = &self.spec.propagators[*propagator];
        let mut taints = value.all();
        if !self.satisfies(&propagator.requires, &taints) {
            self.halt(Why::PropagatorAsks(index), node, |_| value.all());
            taints = Taints::default();
        }
        let traces = &mut self.traces;
        taints = taints.map(|trace| traces.step(trace, found.span, StepKind::Call));
        if let Some(label) = propagator.label {
            let label = self.label(label);
            let mut relabelled = Taints::default();
            for taint in taints.iter() {
                relabelled.add(Taint { label, ..taint });
            }
            taints = relabelled;
        }
        if propagator.by_side_effect {
            for to in bound(self.tree(), found, propagator.to) {
                if let Some(place) = self.place(to) {
                    self.add_to(&place, &taints);
                }
            }
        }
        self.propagated.insert(index, taints);
    }

    fn sink(&mut self, index: usize, taints: Taints) {
        let (sink, found) = &self.matches.sinks[index];
        let parts = match &self.spec.sinks[*sink].requires {
            SinkRequires::Whole(requires) => vec![(taints, requires)],
            SinkRequires::Each(each) => {
                each.iter().map(|(name, requires)| (self.asked_of(found, *name), requires)).collect()
            }
        };
        let mut taints = Taints::default();
        let (mut unlike, mut unmet) = (false, None);
        for (number, (came, requires)) in parts.into_iter().enumerate() {
            let before = came.len();
            let part = came.filter(|taint| self.may_reach(found, taint));
            unlike |= part.len() < before;
            if unmet.is_none() && !self.holds(requires, &part) {
                unmet = Some((number, part.clone()));
            }
            taints.union(&part);
        }
        self.arrive(index, &taints, unlike, unmet.as_ref());
        if unmet.is_some() {
            return;
        }
        let reached: Vec<_> = taints.iter().map(|taint| (index, taint)).collect();
        self.reach(&reached);
    }

    /// Notes that sinks are reached.
    pub(super) fn reach(&mut self, reached: &[(usize, Taint)]) {
        for &(sink, taint) in reached {
            if !self.may_reach(&self.matches.sinks[sink].1, &taint) {
                continue;
            }
            let key = (sink, taint.origin, taint.label);
            let length = self.traces.length(taint.trace);
            if self.reached.get(&key).is_none_or(|best| length < self.traces.length(best.trace)) {
                self.reached.insert(key, taint);
            }
        }
    }

    /// Whether a sink's match and that of a source agree, where the rule wants that.
    pub(super) fn may_reach(&self, sink: &Match, taint: &Taint) -> bool {
        match taint.origin {
            Origin::Source(source) => self.agrees(sink, source),
            // Its caller knows.
            Origin::Input(_) => true,
        }
    }

    /// Whether what comes from a source counts at a sink: always, or with `taint_unify_mvars` if their matches agree.
    pub(super) fn agrees(&self, sink: &Match, source: u32) -> bool {
        !self.options.taint_unify_mvars || self.unify(sink, &self.matches.sources[source as usize].1)
    }

    /// The functions and classes of the file.
    pub(super) fn functions_of_file(&self) -> &'t Functions {
        self.file.functions()
    }

    /// Whether there is a source in a function or in what it may run.
    pub(super) fn has_source(&mut self, function: NodeId) -> bool {
        let functions = self.functions_of_file();
        let set = self.with_source.get_or_insert_with(|| functions.reaching(self.file.tree, self.marks.sources()));
        functions.is_in(set, function)
    }

    /// Whether there is a sink in a function or in what it may run.
    pub(super) fn has_sink(&mut self, function: NodeId) -> bool {
        let functions = self.functions_of_file();
        let set = self.with_sink.get_or_insert_with(|| functions.reaching(self.file.tree, self.marks.sinks()));
        functions.is_in(set, function)
    }

    /// What a metavariable of a sink, of which the sink asks by itself, is known to hold.
    fn asked_of(&self, sink: &Match, metavariable: Symbol) -> Taints {
        let mut taints = Taints::default();
        for asked in bound(self.tree(), sink, metavariable).iter().filter_map(|node| self.asked.get(node)) {
            taints.union(asked);
        }
        taints
    }

    /// Whether two matches bind the same text wherever they bind the same metavariable.
    fn unify(&self, a: &Match, b: &Match) -> bool {
        let Bindings(a) = &a.bindings;
        let Bindings(b) = &b.bindings;
        a.iter().all(|(name, binding)| {
            let other = b.iter().find(|(other, _)| other == name);
            other.is_none_or(|(_, other)| self.text(binding) == self.text(other))
        })
    }

    fn text(&self, binding: &Binding) -> &'t str {
        let span = match binding {
            Binding::Node(node) => self.tree().span(*node),
            Binding::Nodes(_, span) | Binding::Text(span) => *span,
        };
        span.text(self.file.text)
    }

    /// The name of a label.
    pub(super) fn label_name(&self, label: u8) -> Option<Symbol> {
        self.labels.get(usize::from(label)).copied()
    }

    /// What a place holds where the run is.
    pub(super) fn held(&self, place: &Place) -> Taints {
        self.flow.state().map(|state| state.held(place).all()).unwrap_or_default()
    }

    fn label(&self, label: Symbol) -> u8 {
        self.labels.binary_search(&label).map_or(u8::MAX, |at| at as u8)
    }

    /// Whether the labels of some taint meet a condition. No taint at all meets none.
    fn satisfies(&self, requires: &Requires, taints: &Taints) -> bool {
        !taints.is_empty() && self.holds(requires, taints)
    }

    fn holds(&self, requires: &Requires, taints: &Taints) -> bool {
        match requires {
            Requires::Any => true,
            Requires::Label(label) => {
                let label = self.label(*label);
                taints.iter().any(|taint| taint.label == label)
            }
            Requires::Not(inner) => !self.holds(inner, taints),
            Requires::And(a, b) => self.holds(a, taints) && self.holds(b, taints),
            Requires::Or(a, b) => self.holds(a, taints) || self.holds(b, taints),
            Requires::Constant(value) => *value,
        }
    }
}

/// Not a variable: holds the taint of the `control` sources that ran.
pub(super) const RAN: Symbol = Symbol::EMPTY;

/// Whether a formula's match is a metavariable's place.
fn has_focus(formula: &Formula) -> bool {
    !formula.focus.is_empty()
        || match &formula.node {
            Node::All(all) | Node::Any(all) => all.iter().any(has_focus),
            _ => false,
        }
}
