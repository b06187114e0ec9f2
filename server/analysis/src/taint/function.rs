//! Functions: parameters in, a body with the state it stands in, returned values out.

use super::cell::Cell;
use super::engine::Engine;
use super::marks::{Mark, MarkRole};
use super::state::State;
use crate::budget::Stop;
use crate::flow::Interpret;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role};

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
        let scopes = self.file.constants.scopes();
        end.retain(|name| scopes.is_assigned_once(name));
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
            let before = self.flow.state().cloned();
            self.eval_child(node, Role::Body)?;
            self.flow.replace(before);
        } else if let Some(state) = self.flow.state().cloned() {
            self.deferred.push(Deferred { node, state, active: self.active.clone() });
        }
        Ok(Cell::default())
    }

    /// Runs the functions deferred since there were `first`, with what the code around knows at its end.
    fn run_deferred(&mut self, first: usize, end: &State) -> Result<(), Stop> {
        let tree = self.tree();
        for deferred in self.deferred.split_off(first) {
            let mut state = deferred.state;
            state.join(end);
            if tree.parent(deferred.node).is_some_and(|parent| parent == weir_syntax::Tree::ROOT) {
                state.clone_from(end);
            }
            if hides_outer_variables(self.language()) {
                state.retain(|name| !name.as_str().starts_with(|c: char| c.is_lowercase() || c == '_' || c == '$'));
            }
            let source = self.marks.has_source(tree, deferred.node)
                || deferred.active.iter().any(|mark| mark.role == MarkRole::Source);
            let sink = self.marks.has_sink(tree, deferred.node)
                || deferred.active.iter().any(|mark| mark.role == MarkRole::Sink);
            if !sink || !(source || !state.is_clean()) {
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
        state.retain(|name| !declared.contains(&name));
        self.flow.replace(Some(state));
        self.returned.push(super::cell::Taints::default());
        let first_deferred = self.deferred.len();
        let (last, end) = self.function_body(|this| {
            for parameter in tree.with_role(node, Role::Param) {
                let outer = std::mem::replace(&mut this.parameters, true);
                this.bind_target(parameter, handed.cloned().unwrap_or_default())?;
                this.parameters = outer;
            }
            let outer = std::mem::take(&mut this.parameters);
            let value = this.eval_child(node, Role::Body);
            this.parameters = outer;
            value
        })?;
        let mut returned = self.returned.pop().unwrap_or_default();
        if matches!(self.language(), Language::Ruby | Language::Elixir) {
            returned.union(&last.all());
        }
        self.run_deferred(first_deferred, &end.clone().unwrap_or_default())?;
        Ok((Cell::flat(returned), end))
    }
}

/// Whether functions do not see the variables of the code around them.
fn hides_outer_variables(language: Language) -> bool {
    matches!(language, Language::Php | Language::Ruby | Language::Elixir)
}
