//! The walk: expressions and their taint.

use super::again::Since;
use super::cell::{Cell, Origin, Taint, Taints};
use super::context::Context;
use super::function::{Deferred, Handed};
use super::marks::{Mark, Marks};
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
use crate::rule::{Options, TaintSpec};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use weir_model::{Language, Span, StepKind};
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

pub(super) struct Engine<'t> {
    pub(super) file: &'t FileContext<'t>,
    pub(super) spec: &'t TaintSpec,
    pub(super) options: &'t Options,
    pub(super) matches: &'t TaintMatches,
    budget: &'t Budget<'t>,
    pub(super) marks: Marks,
    /// Marks of the nodes around that hold for all that lies within.
    pub(super) active: Vec<Mark>,
    pub(super) flow: Flow<State>,
    pub(super) traces: Traces,
    pub(super) labels: Vec<Symbol>,
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

    /// What a place holds where the run is.
    pub(super) fn held(&self, place: &Place) -> Taints {
        self.flow.state().map(|state| state.held(place).all()).unwrap_or_default()
    }
}

/// Not a variable: holds the taint of the `control` sources that ran.
pub(super) const RAN: Symbol = Symbol::EMPTY;
