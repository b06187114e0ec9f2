//! Calls of functions that are in the file: what is handed over, what comes back, what is left changed.

use super::call::Arguments;
use super::cell::{Cell, Store, Taints};
use super::context::Entry;
use super::engine::{Engine, RAN};
use super::parameters::Bound;
use super::reference::{Held, Ref};
use super::resolve::{Receiver, Target};
use super::state::{MAX_DEPTH, Place, State};
use crate::budget::Stop;
use crate::flow::{Interpret, last_name};
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

/// Not a variable: holds the block a Ruby method was given.
pub(super) const BLOCK: &str = "&block";

/// How the names of the methods begin that tell Rails what to run besides an action.
const AROUND_ACTIONS: &[&str] = &["after_", "append_", "around_", "before_", "prepend_"];

impl Engine<'_> {
    /// Runs what a call may run; gives what comes back, or nothing if some of it is not known.
    pub(super) fn invoke(
        &mut self,
        call: NodeId,
        targets: &[Target],
        arguments: &Arguments,
    ) -> Result<Option<Cell>, Stop> {
        let Some(before) = self.flow.state().cloned() else { return Ok(Some(Cell::default())) };
        let mut value = Cell::default();
        let mut after: Option<State> = None;
        let mut runs_on = false;
        for target in targets {
            self.flow.replace(Some(before.clone()));
            let Some(returned) = self.invoke_one(call, target, arguments)? else {
                self.flow.replace(Some(before));
                return Ok(None);
            };
            value.join(&returned);
            if let Some(state) = self.flow.replace(None) {
                runs_on = true;
                match &mut after {
                    Some(after) => {
                        after.join(&state);
                    }
                    None => after = Some(state),
                }
            }
        }
        self.flow.replace(if runs_on { after } else { None });
        Ok(Some(value))
    }

    fn invoke_one(&mut self, call: NodeId, target: &Target, arguments: &Arguments) -> Result<Option<Cell>, Stop> {
        let tree = self.tree();
        let function = target.function;
        if tree.child(function, Role::Body).is_none() {
            return Ok(None);
        }
        let bound = self.bind_arguments(function, arguments, target);
        let Some(state) = self.flow.state().cloned() else { return Ok(Some(Cell::default())) };
        let mut entry = Entry { state: self.visible(function, &state), parameters: bound.cells.clone() };
        for (name, cell) in target.held.iter() {
            if !self.sees(function, *name) || state.get(*name).is_empty() {
                entry.state.set(&Place::variable(*name), cell);
            }
        }
        if self.language() == Language::Ruby {
            let block = arguments.block();
            if !block.is_empty() {
                entry.state.set(&Place::variable(Symbol::new(BLOCK)), &block);
            }
        }
        self.enter_object(function, target, &state, &mut entry);
        let runs = |reference: &Ref| !matches!(reference, Ref::Literal(_));
        let hands_functions = entry.parameters.iter().flatten().any(|cell| cell.refs().iter().any(runs));
        if entry.is_clean()
            && !hands_functions
            && !self.has_source(function)
            && !self.functions_of_file().makes(function)
        {
            return Ok(Some(Cell::default()));
        }
        let nested = tree.ancestors(call).take_while(|node| self.functions.last() != Some(node)).count();
        self.nesting += nested;
        let outcome = self.outcome(function, &entry, Some(tree.span(call)))?;
        self.nesting -= nested;
        let Some(outcome) = outcome else { return Ok(None) };
        self.reach(&outcome.reached);
        self.throw(&outcome.thrown);
        let Some(end) = outcome.end else {
            if outcome.partial {
                self.flow.replace(None);
                return Ok(Some(Cell::default()));
            }
            // It only throws, as a method does that classes below are to define.
            return Ok(None);
        };
        self.leave_changed(function, target, &entry, &bound, &end);
        Ok(Some(outcome.returned))
    }

    /// Makes an object of a class and runs its constructor.
    pub(super) fn construct(
        &mut self,
        call: NodeId,
        class: NodeId,
        arguments: &Arguments,
    ) -> Result<Option<Cell>, Stop> {
        let tree = self.tree();
        let functions = self.functions_of_file();
        let mut object = Cell::reference(Ref::Object(class));
        for class in functions.lineage(class).into_iter().rev() {
            if let Some(fields) = self.class_fields.get(&class) {
                for (name, field) in fields.fields() {
                    object.set(&[name], field, Store::Replace);
                }
            }
        }
        let own = crate::flow::last_name(tree, tree.child(class, Role::Name));
        if let (Some(name), Some(state)) = (own, self.flow.state()) {
            for (name, field) in state.get(name).fields() {
                object.set(&[name], field, Store::Replace);
            }
        }
        let constructors = self.by_count(self.constructors(class), arguments);
        if constructors.is_empty() {
            if let Some(object) = self.construct_by_fields(class, object.clone(), arguments) {
                return Ok(Some(object));
            }
            if !functions.is_whole(class) {
                return Ok(None);
            }
            return Ok(Some(object));
        }
        let mut made = Cell::default();
        let Some(before) = self.flow.state().cloned() else { return Ok(Some(object)) };
        for constructor in constructors {
            self.flow.replace(Some(before.clone()));
            let target = Target {
                function: constructor,
                receiver: Receiver::Made(object.clone()),
                held: Held::default(),
                skip: 0,
            };
            if self.invoke_one(call, &target, arguments)?.is_none() {
                self.flow.replace(Some(before));
                return Ok(None);
            }
            made.join(&self.made.take().unwrap_or_else(|| object.clone()));
        }
        if self.flow.state().is_none() {
            self.flow.replace(Some(before));
        }
        Ok(Some(made))
    }

    /// An object whose fields are what its class declares, in order: records, data classes.
    fn construct_by_fields(&self, class: NodeId, mut object: Cell, arguments: &Arguments) -> Option<Cell> {
        let tree = self.tree();
        let names: Vec<Symbol> = if self.language() == Language::Java {
            let parameters = tree.with_role(class, Role::Param);
            parameters.filter_map(|parameter| Some(tree.sym(tree.child(parameter, Role::Name)?))).collect()
        } else if self.language() == Language::Python && self.is_data_class(class) {
            let body = tree.child(class, Role::Body)?;
            let fields = tree.with_role(body, Role::Stmt).filter(|&field| tree.kind(field) == Kind::VarDef);
            let targets = fields.filter_map(|field| tree.child(field, Role::Target));
            targets.filter(|&target| tree.kind(target) == Kind::Ident).map(|target| tree.sym(target)).collect()
        } else {
            return None;
        };
        if names.is_empty() {
            return None;
        }
        let mut at = 0;
        for (node, cell) in &arguments.each {
            if tree.kind(*node) == Kind::KeywordArg {
                object.set(&[tree.sym(*node)], cell, Store::Replace);
            } else if let Some(&name) = names.get(at) {
                object.set(&[name], cell, Store::Replace);
                at += 1;
            }
        }
        Some(object)
    }

    fn is_data_class(&self, class: NodeId) -> bool {
        let tree = self.tree();
        let mut marks: Vec<Option<Symbol>> = tree
            .with_role(class, Role::Decorator)
            .map(|decorator| {
                let value = tree.child(decorator, Role::Value)?;
                let value = if tree.kind(value) == Kind::Call { tree.child(value, Role::Callee)? } else { value };
                crate::flow::last_name(tree, Some(value))
            })
            .collect();
        marks.extend(tree.with_role(class, Role::Base).map(|base| crate::flow::last_name(tree, Some(base))));
        marks.into_iter().flatten().any(|name| matches!(name.as_str(), "dataclass" | "NamedTuple" | "BaseModel"))
    }

    /// What of a state a function can see: variables outside of it that it, or what it runs, uses.
    pub(super) fn visible(&self, function: NodeId, state: &State) -> State {
        let mut visible = State::default();
        for &name in self.functions_of_file().uses(function).iter() {
            let cell = state.get(name);
            if name != RAN && !cell.is_empty() && self.sees(function, name) {
                visible.set(&Place::variable(name), &cell);
            }
        }
        visible
    }

    /// Whether a name outside of a function means there what it means here.
    fn sees(&self, function: NodeId, name: Symbol) -> bool {
        let scopes = self.file.constants.scopes();
        if self.tree().kind(function) == Kind::Function && hides_outer_variable(self.language(), name) {
            return scopes.is_said_outer(name);
        }
        let hides =
            |here: &&NodeId| !self.tree().is_within(function, **here) && scopes.declared(**here).contains(&name);
        !self.functions.iter().any(|here| hides(&here))
    }

    /// Whether a function uses a name that is not its own.
    pub(super) fn is_outer(&self, function: NodeId, name: Symbol) -> bool {
        self.functions_of_file().uses(function).binary_search(&name).is_ok()
            && !self.file.constants.scopes().declared(function).contains(&name)
    }

    /// Gives a function the object it runs on.
    fn enter_object(&self, function: NodeId, target: &Target, state: &State, entry: &mut Entry) {
        let this = Symbol::new(self.object_name(function));
        match &target.receiver {
            Receiver::None | Receiver::Explicit => {}
            Receiver::Same => {
                let here = self.functions.iter().rev().find(|&&here| self.class_of(here).is_some());
                let own = here.map_or(this, |&here| Symbol::new(self.object_name(here)));
                self.set_object(function, entry, state.get(own));
            }
            Receiver::Made(cell) | Receiver::Object(_, cell) => self.set_object(function, entry, cell.clone()),
        }
    }

    /// Takes over what a function has changed.
    fn leave_changed(&mut self, function: NodeId, target: &Target, entry: &Entry, bound: &Bound, end: &State) {
        let tree = self.tree();
        let scopes = self.file.constants.scopes();
        // Variables outside.
        for &name in self.functions_of_file().uses(function).iter() {
            if self.sees(function, name) && !scopes.declared(function).contains(&name) {
                let (was, is) = (entry.state.get(name), end.get(name));
                if !was.same(&is)
                    && let Some(state) = self.flow.state_mut()
                {
                    state.set(&Place::variable(name), &is);
                }
            }
        }
        // The object.
        let own = Symbol::new(self.object_name(function));
        match &target.receiver {
            Receiver::None | Receiver::Explicit => {}
            Receiver::Same => {
                let here = self.functions.iter().rev().find(|&&here| self.class_of(here).is_some());
                let here = here.map_or(own, |&here| Symbol::new(self.object_name(here)));
                let object = end.get(own);
                if let Some(state) = self.flow.state_mut() {
                    state.set(&Place::variable(here), &object);
                }
            }
            Receiver::Made(_) => self.made = Some(end.get(own)),
            Receiver::Object(node, _) => {
                let object = end.get(own);
                if let Some(place) = self.place(*node)
                    && let Some(state) = self.flow.state_mut()
                {
                    state.update(&place, &object);
                }
            }
        }
        // What parameters refer to.
        if matches!(self.language(), Language::Elixir) {
            return;
        }
        for (at, parameter) in tree.with_role(function, Role::Param).enumerate() {
            let Some(argument) = bound.nodes[at] else { continue };
            let Some(name) = tree.child(parameter, Role::Name).filter(|&name| tree.kind(name) == Kind::Ident) else {
                continue;
            };
            let name = tree.sym(name);
            let by_reference = tree.span(parameter).text(self.file.text).contains('&');
            let by_value = self.language() == Language::Php && !by_reference;
            if scopes.is_reassigned(function, name) && (by_value || self.language() != Language::Php) {
                continue;
            }
            let was = entry.parameters[at].clone().unwrap_or_default();
            let is = end.get(name);
            if by_value && is.refs().is_empty() || was.rewrite(MAX_DEPTH, &mut Clone::clone).same(&is) {
                continue;
            }
            if let Some(place) = self.place(argument)
                && let Some(state) = self.flow.state_mut()
            {
                state.update(&place, &is);
            }
        }
    }

    /// Puts the object a method runs on where the method finds it.
    pub(super) fn set_object(&self, function: NodeId, entry: &mut Entry, this: Cell) {
        if self.has_own_parameter(function) {
            if entry.parameters.is_empty() {
                entry.parameters.push(None);
            }
            entry.parameters[0] = Some(this);
        } else {
            entry.state.set(&Place::variable(Symbol::new(self.object_name(function))), &this);
        }
    }

    /// The variable that holds the object a method runs on.
    pub(super) fn object_name(&self, function: NodeId) -> &'static str {
        let tree = self.tree();
        match self.language() {
            Language::Python if self.has_own_parameter(function) => {
                let first = tree.child(function, Role::Param).and_then(|first| tree.child(first, Role::Name));
                first.map_or("self", |name| tree.sym(name).as_str())
            }
            Language::Python | Language::Ruby | Language::Elixir => "self",
            Language::Php => "$this",
            _ => "this",
        }
    }

    /// Whether the first parameter of a function is the object it runs on.
    pub(super) fn has_own_parameter(&self, function: NodeId) -> bool {
        let tree = self.tree();
        self.language() == Language::Python
            && tree.kind(function) == Kind::Function
            && self.class_of(function).is_some()
            && !self.is_decorated(function, "staticmethod")
            && tree.child(function, Role::Param).is_some_and(|first| tree.sym(first).is_empty())
    }

    pub(super) fn is_decorated(&self, function: NodeId, name: &str) -> bool {
        let tree = self.tree();
        tree.with_role(function, Role::Decorator).any(|decorator| {
            let value = crate::flow::last_name(tree, tree.child(decorator, Role::Value));
            value.is_some_and(|value| value.as_str() == name)
        })
    }

    /// The class a function is a method of.
    pub(super) fn class_of(&self, function: NodeId) -> Option<NodeId> {
        let tree = self.tree();
        let is_scope = |node: &NodeId| {
            matches!(tree.kind(*node), Kind::Function | Kind::Lambda | Kind::Class)
                || tree.kind(*node) == Kind::New && tree.child(*node, Role::Body).is_some()
        };
        let around = tree.ancestors(function).find(is_scope)?;
        matches!(tree.kind(around), Kind::Class | Kind::New).then_some(around)
    }

    /// Whether what a method stores in its object is there when others run. A Rails controller is made anew for each request:
    /// of its methods one is asked for, besides those it says run before or after, and those that are private.
    pub(super) fn leaves_fields(&self, function: NodeId) -> bool {
        let tree = self.tree();
        let class = self.class_of(function).filter(|_| self.language() == Language::Ruby);
        let body =
            class.and_then(|class| tree.child(class, Role::Body)).filter(|&body| tree.parent(function) == Some(body));
        let named = |node| last_name(tree, tree.child(node, Role::Name));
        let (Some(body), Some(name), Some(class)) = (body, named(function), class.and_then(named)) else { return true };
        let hides = |part: NodeId| {
            part < function
                && tree.kind(part) == Kind::Ident
                && matches!(tree.sym(part).as_str(), "private" | "protected")
        };
        let runs = |part: NodeId| {
            let callee = last_name(tree, tree.child(part, Role::Callee)).map_or("", |callee| callee.as_str());
            AROUND_ACTIONS.iter().any(|head| callee.starts_with(head))
                && tree.with_role(part, Role::Arg).any(|argument| last_name(tree, Some(argument)) == Some(name))
        };
        !class.as_str().ends_with("Controller") || tree.children(body).any(|part| hides(part) || runs(part))
    }

    fn throw(&mut self, thrown: &Taints) {
        self.thrown.union(thrown);
    }
}

/// Whether named functions do not see a variable of this name of the code around them.
fn hides_outer_variable(language: Language, name: Symbol) -> bool {
    let text = name.as_str();
    match language {
        Language::Php => text.starts_with('$'),
        Language::Ruby => text.starts_with(|first: char| first.is_lowercase() || first == '_'),
        Language::Elixir => !text.starts_with('@') && !text.starts_with(char::is_uppercase),
        _ => false,
    }
}
