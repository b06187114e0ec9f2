//! Functions: parameters in, a body with the state it stands in, returned values out.

use super::cell::{Cell, Taints};
use super::engine::{Engine, RAN};
use super::marks::{Mark, MarkRole};
use super::state::{Place, State};
use crate::budget::Stop;
use crate::flow::Interpret;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

/// A named function, to be run when the code around it is through.
pub(super) struct Deferred {
    node: NodeId,
    /// What the code around it knows where it is defined.
    state: State,
    active: Vec<Mark>,
}

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
        } else if let Some(state) = self.flow.state().cloned() {
            self.deferred.push(Deferred { node, state, active: self.active.clone() });
        }
        Ok(Cell::default())
    }

    /// Runs a class's body. Its methods see what the code around does, and its fields through the object they run on.
    fn class_body(&mut self, node: NodeId) -> Result<(), Stop> {
        let first = self.deferred.len();
        let before = self.flow.state().cloned().unwrap_or_default();
        self.eval_child(node, Role::Body)?;
        let within = self.flow.replace(Some(before.clone())).unwrap_or_default();
        let mut for_methods = before;
        for &name in self.file.constants.scopes().declared(node) {
            let value = within.get(name);
            if !value.is_clean() {
                for_methods.set(&field_of_object(name, self.language()), &value);
            }
        }
        for deferred in &mut self.deferred[first..] {
            deferred.state.clone_from(&for_methods);
        }
        Ok(())
    }

    /// Runs the functions deferred since there were `first`, with what the code around knows at its end.
    fn run_deferred(&mut self, first: usize, end: &State) -> Result<(), Stop> {
        let tree = self.tree();
        for deferred in self.deferred.split_off(first) {
            let mut state = deferred.state;
            state.join(end);
            if hides_outer_variables(self.language()) {
                let hidden = |c: char| c.is_lowercase() || c == '_' || c == '$';
                state.retain(|name| matches!(name.as_str(), "self" | "$this") || !name.as_str().starts_with(hidden));
            }
            let source = self.marks.has_source(tree, deferred.node)
                || deferred.active.iter().any(|mark| mark.role == MarkRole::Source);
            let sink = self.marks.has_sink(tree, deferred.node)
                || deferred.active.iter().any(|mark| mark.role == MarkRole::Sink);
            state.retain(|name| name != RAN);
            if !sink || (!source && state.is_clean()) {
                continue;
            }
            let outer_active = std::mem::replace(&mut self.active, deferred.active);
            let outer_state = self.flow.replace(None);
            self.enter(deferred.node);
            self.body(deferred.node, state, None)?;
            self.leave(deferred.node, Cell::default())?;
            self.flow.replace(outer_state);
            self.active = outer_active;
        }
        Ok(())
    }

    /// Runs a function expression where it stands; `handed` is what its parameters get. What it does to variables of the code
    /// around may have happened when that goes on. Gives what it returns.
    pub(super) fn lambda(&mut self, node: NodeId, handed: Option<&Cell>) -> Result<Cell, Stop> {
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

    /// Runs a function's body in a state; gives what it returns and the state at its end.
    fn body(&mut self, node: NodeId, mut state: State, handed: Option<&Cell>) -> Result<(Cell, Option<State>), Stop> {
        let tree = self.tree();
        let declared = self.file.constants.scopes().declared(node);
        // A method's own object comes with what is known of its fields.
        state.retain(|name| !declared.contains(&name) || name.as_str() == "self");
        self.flow.replace(Some(state));
        self.returned.push(Taints::default());
        self.functions.push(node);
        let first_deferred = self.deferred.len();
        let (last, end) = self.function_body(|this| {
            for parameter in tree.with_role(node, Role::Param) {
                let outer = std::mem::replace(&mut this.marks_names, true);
                this.bind_target(parameter, handed.cloned().unwrap_or_default())?;
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
            returned.union(&last.all());
        }
        self.run_deferred(first_deferred, &end.clone().unwrap_or_default())?;
        self.functions.pop();
        Ok((Cell::flat(returned), end))
    }
}

/// A field as methods name it; Java's by its bare name, as [`Engine::own_field`] reads it.
fn field_of_object(name: Symbol, language: Language) -> Place {
    if language == Language::Java {
        return Place::variable(name);
    }
    let object = match language {
        Language::Python | Language::Ruby => "self",
        Language::Php => "$this",
        _ => "this",
    };
    let field = Symbol::new(name.as_str().trim_start_matches('$'));
    Place { root: Symbol::new(object), path: vec![field], element: false }
}

/// Whether functions do not see the variables of the code around them.
fn hides_outer_variables(language: Language) -> bool {
    matches!(language, Language::Php | Language::Ruby | Language::Elixir)
}
