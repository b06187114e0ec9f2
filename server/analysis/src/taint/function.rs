//! Functions: parameters in, a body with the state it stands in, returned values out.

use super::cell::Cell;
use super::context::Entry;
use super::engine::{Engine, RAN};
use super::marks::{Mark, MarkRole};
use super::reference::Ref;
use super::state::{Place, State};
use super::watch::Why;
use crate::budget::Stop;
use crate::flow::{Interpret, last_name};
use std::collections::BTreeMap;
use std::rc::Rc;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

/// A named function, to be run when the code around it is through.
pub(super) struct Deferred {
    node: NodeId,
    /// What the code around it knows where it is defined.
    state: State,
    active: Vec<Mark>,
}

/// What the parameters of a function get.
#[derive(Clone, Copy)]
pub(super) enum Handed<'a> {
    /// Nothing is known of it.
    Nothing,
    /// The same for all.
    All(&'a Cell),
    /// Each its own, as far as the call says.
    Each(&'a [Option<Cell>]),
}

/// Functions of one object or file may store what others of it read; that is followed this many times around.
const ROUNDS: u32 = 3;

impl Engine<'_> {
    /// The file's own code, then its functions.
    pub(super) fn file_body(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let (value, end) = self.function_body(|this| this.statements(node))?;
        let mut end = end.unwrap_or_default();
        // A variable that is assigned again and again holds who knows what when a function runs.
        let scopes = self.file.constants.scopes();
        let stays = |name| !scopes.is_assigned_often(name);
        end.retain(stays);
        for deferred in &mut self.deferred {
            deferred.state.retain(stays);
        }
        self.run_deferred(0, &end)?;
        Ok(value)
    }

    /// A definition that stands in code: a class's body is run at once, a function when the code around it is through.
    pub(super) fn definition(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        for child in tree.children(node) {
            if matches!(tree.role(child), Role::Decorator | Role::Base) {
                self.eval(child)?;
            }
        }
        if tree.kind(node) == Kind::Class {
            self.class_body(node)?;
            return Ok(Cell::reference(Ref::Class(node)));
        }
        if let Some(state) = self.flow.state().cloned() {
            self.deferred.push(Deferred { node, state, active: self.active.clone() });
        }
        Ok(self.function_value(node))
    }

    /// Runs a class's body. Its methods see what the code around does, and its fields through the object they run on.
    pub(super) fn class_body(&mut self, node: NodeId) -> Result<(), Stop> {
        let first = self.deferred.len();
        let before = self.flow.state().cloned().unwrap_or_default();
        let this = field_of_object(Symbol::EMPTY, self.language()).root;
        if let Some(state) = self.flow.state_mut() {
            state.set(&Place::variable(this), &Cell::default());
        }
        self.eval_child(node, Role::Body)?;
        let within = self.flow.replace(None).unwrap_or_default();
        // Fields of the class itself stay.
        let mut for_methods = before;
        if let Some(class) = last_name(self.tree(), self.tree().child(node, Role::Name)) {
            for_methods.set(&Place::variable(class), &within.get(class));
        }
        self.flow.replace(Some(for_methods.clone()));
        // What code in the class's body did to an object, a block for instance.
        let mut fields = if self.options.taint_intrafile { within.get(this) } else { Cell::default() };
        for_methods.set(&Place::variable(this), &fields);
        for &name in self.file.constants.scopes().declared(node) {
            let value = within.get(name);
            if !value.is_empty() {
                for_methods.set(&field_of_object(name, self.language()), &value);
                let key = Symbol::new(name.as_str().trim_start_matches(['$', '@']));
                fields.set(&[key], &value, super::cell::Store::Replace);
            }
        }
        Rc::make_mut(&mut self.class_fields).insert(node, fields);
        for deferred in &mut self.deferred[first..] {
            deferred.state.clone_from(&for_methods);
        }
        Ok(())
    }

    /// Runs the functions deferred since there were `first`, with what the code around knows at its end.
    fn run_deferred(&mut self, first: usize, end: &State) -> Result<(), Stop> {
        let deferred = self.deferred.split_off(first);
        // What each leaves in variables of the code around and in its object, for the others to read.
        let mut left: BTreeMap<usize, (State, Cell)> = BTreeMap::new();
        let classes: Vec<Option<NodeId>> = deferred.iter().map(|deferred| self.class_of(deferred.node)).collect();
        let leaves: Vec<bool> = deferred.iter().map(|deferred| self.leaves_fields(deferred.node)).collect();
        for _ in 0..ROUNDS {
            let mut changed = false;
            for (at, deferred) in deferred.iter().enumerate() {
                let marked = |role| deferred.active.iter().any(|mark| mark.role == role);
                let source = self.has_source(deferred.node) || marked(MarkRole::Source);
                let sink = self.has_sink(deferred.node) || marked(MarkRole::Sink);
                if !(sink || source) {
                    continue;
                }
                let mut state = deferred.state.clone();
                state.join(end);
                if hides_outer_variables(self.language()) {
                    let hidden = |c: char| c.is_lowercase() || c == '_' || c == '$';
                    state
                        .retain(|name| matches!(name.as_str(), "self" | "$this") || !name.as_str().starts_with(hidden));
                }
                state.retain(|name| name != RAN);
                let mut object = Cell::default();
                for (&other, (outside, others)) in left.iter().filter(|(other, _)| **other != at) {
                    state.join(outside);
                    if classes[at].is_some() && classes[at] == classes[other] && leaves[other] {
                        object.join(others);
                    }
                }
                if !source && state.is_clean() && object.is_clean() {
                    continue;
                }
                let Some((outside, object)) = self.run_alone(deferred.node, &state, classes[at], &object)? else {
                    continue;
                };
                let keeps = self.options.taint_intrafile && !(outside.is_clean() && object.is_clean());
                if keeps {
                    let left = left.entry(at).or_default();
                    changed |= left.0.join(&outside);
                    changed |= !object.is_clean() && left.1.join(&object);
                }
            }
            if !changed {
                break;
            }
        }
        Ok(())
    }

    /// Runs a function of which no caller is known; gives what it leaves in variables outside and in its object.
    fn run_alone(
        &mut self,
        node: NodeId,
        state: &State,
        class: Option<NodeId>,
        object: &Cell,
    ) -> Result<Option<(State, Cell)>, Stop> {
        let mut entry = Entry { state: self.visible(node, state), parameters: Vec::new() };
        if let Some(class) = class {
            let name = Symbol::new(self.object_name(node));
            let mut this = state.get(name).with_refs(&[Ref::Object(class)]);
            if let Some(fields) = self.class_fields.get(&class) {
                this.join(fields);
            }
            this.join(object);
            self.set_object(node, &mut entry, this);
        }
        let outer = self.flow.replace(None);
        let outcome = self.outcome(node, &entry, None)?;
        self.flow.replace(outer);
        let Some(outcome) = outcome else { return Ok(None) };
        self.reach(&outcome.reached);
        let mut left = State::default();
        let Some(end) = &outcome.end else { return Ok(Some((left, Cell::default()))) };
        for (name, cell) in end.iter().filter(|(_, cell)| !cell.is_clean()) {
            if self.is_outer(node, name) {
                left.add(&Place::variable(name), cell);
            }
        }
        let object = class.map(|_| end.get(Symbol::new(self.object_name(node)))).unwrap_or_default();
        Ok(Some((left, object)))
    }

    /// Runs a function expression where it stands, if that can make a difference to what runs after it. Nobody takes what it
    /// returns unless it is handed something.
    pub(super) fn inline(&mut self, node: NodeId, handed: Handed<'_>) -> Result<Cell, Stop> {
        if self.is_idle(node, handed) { Ok(Cell::default()) } else { self.lambda(node, handed) }
    }

    /// Runs a function expression where it stands; `handed` is what its parameters get. What it does to variables of the code
    /// around may have happened when that goes on. Gives what it returns.
    pub(super) fn lambda(&mut self, node: NodeId, handed: Handed<'_>) -> Result<Cell, Stop> {
        let Some(before) = self.flow.state().cloned() else { return Ok(Cell::default()) };
        let (returned, end) = self.body(node, before.clone(), handed)?;
        let mut after = before.clone();
        if let Some(mut end) = end {
            for &name in self.file.constants.scopes().declared(node) {
                end.restore(name, &before);
            }
            after.join(&end);
        }
        self.flow.replace(Some(after));
        Ok(returned)
    }

    /// Whether no taint enters a function or begins in it, and it makes nothing that takes taint to a sink. An explanation tells
    /// of what is idle, too.
    fn is_idle(&mut self, node: NodeId, handed: Handed<'_>) -> bool {
        let enters = match handed {
            Handed::Nothing => false,
            Handed::All(cell) => !cell.is_clean(),
            Handed::Each(each) => each.iter().flatten().any(|cell| !cell.is_clean()),
        };
        let is_source = |mark: &Mark| mark.role == MarkRole::Source;
        if enters || self.watch.is_some() || self.active.iter().any(is_source) || self.has_source(node) {
            return false;
        }
        let is_clean = self.flow.state().is_none_or(State::is_clean);
        is_clean && !(self.has_sink(node) && self.functions_of_file().makes(node))
    }

    /// As [`body`](Self::body), with what is reached and thrown added to what was before.
    pub(super) fn run_body(
        &mut self,
        node: NodeId,
        mut state: State,
        handed: Handed<'_>,
    ) -> Result<(Cell, Option<State>), Stop> {
        let tree = self.tree();
        let declared = self.file.constants.scopes().declared(node);
        // A method's own object comes with what is known of its fields.
        state.retain(|name| !declared.contains(&name) || name.as_str() == "self");
        self.flow.replace(Some(state));
        self.returned.push(Cell::default());
        self.functions.push(node);
        self.entered.insert(node);
        let first_deferred = self.deferred.len();
        let (last, end) = self.function_body(|this| {
            for (at, parameter) in tree.with_role(node, Role::Param).enumerate() {
                let outer = std::mem::replace(&mut this.marks_names, true);
                match handed {
                    Handed::Nothing => this.bind_target(parameter, Cell::default())?,
                    Handed::All(cell) => this.bind_target(parameter, cell.clone())?,
                    Handed::Each(each) => this.bind_parameter(parameter, each.get(at).and_then(Option::as_ref))?,
                }
                this.marks_names = outer;
            }
            this.eval_child(node, Role::Guard)?;
            let outer = std::mem::take(&mut this.marks_names);
            let value = this.eval_child(node, Role::Body);
            this.marks_names = outer;
            value
        })?;
        let mut returned = self.returned.pop().unwrap_or_default();
        if matches!(self.language(), Language::Ruby | Language::Elixir) {
            returned.join(&last);
        }
        self.run_deferred(first_deferred, &end.clone().unwrap_or_default())?;
        self.functions.pop();
        Ok((returned, end))
    }

    /// Binds a parameter to what a call hands it; its default counts only if that is nothing.
    fn bind_parameter(&mut self, parameter: NodeId, handed: Option<&Cell>) -> Result<(), Stop> {
        let tree = self.tree();
        match (handed, tree.child(parameter, Role::Name)) {
            (Some(cell), Some(name)) if tree.kind(parameter) == Kind::Param => {
                let mut cell = self.step(cell.clone(), tree.span(name), weir_model::StepKind::Parameter);
                if self.is_declared_trusted(parameter) {
                    self.halt(Why::Trusted, name, |_| cell.all());
                    cell = Cell::default();
                }
                let before = self.active.len();
                self.enter(parameter);
                let cell = self.marked(parameter, cell);
                self.bind_target(name, cell)?;
                self.active.truncate(before);
                Ok(())
            }
            (cell, _) => self.bind_target(parameter, cell.cloned().unwrap_or_default()),
        }
    }

    /// A function as a value, with what it holds on to of the functions around it.
    pub(super) fn function_value(&self, node: NodeId) -> Cell {
        if !self.options.taint_intrafile {
            return Cell::default();
        }
        let mut held = Vec::new();
        if let (Some(state), false) = (self.flow.state(), self.functions.is_empty()) {
            let scopes = self.file.constants.scopes();
            let is_held = |name: &Symbol| {
                matches!(name.as_str(), "this" | "$this" | "self")
                    || self.functions.iter().any(|function| scopes.declared(*function).contains(name))
            };
            let uses = self.functions_of_file().uses(node);
            let own_object = [Symbol::new("this"), Symbol::new("$this"), Symbol::new("self")];
            for &name in uses.iter().chain(&own_object).filter(|name| is_held(name)) {
                let cell = state.get(name);
                if !cell.is_empty() {
                    held.push((name, cell.rewrite(2, &mut Clone::clone)));
                }
            }
            held.sort_by_key(|(name, _)| *name);
            held.dedup_by_key(|(name, _)| *name);
        }
        Cell::reference(Ref::Function(node, Rc::new(held)))
    }
}

/// A field as methods reach it.
fn field_of_object(name: Symbol, language: Language) -> Place {
    let object = match language {
        Language::Python | Language::Ruby => "self",
        Language::Php => "$this",
        _ => "this",
    };
    let field = Symbol::new(name.as_str().trim_start_matches(['$', '@']));
    Place { root: Symbol::new(object), path: vec![field], element: false }
}

/// Whether functions do not see the variables of the code around them.
fn hides_outer_variables(language: Language) -> bool {
    matches!(language, Language::Php | Language::Ruby | Language::Elixir)
}
