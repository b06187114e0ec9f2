//! Assignments: which places they name and what is stored there; and the values that have places within.

use super::cell::{Cell, Store, Taints, number};
use super::engine::Engine;
use super::state::Place;
use super::watch::Why;
use crate::budget::Stop;
use crate::flow::{Interpret, Value, is_this};
use weir_model::{Language, StepKind};
use weir_syntax::{Kind, NodeId, Role, Symbol};

impl Engine<'_> {
    pub(super) fn assign(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let value = self.eval_child(node, Role::Value)?;
        let Some(target) = tree.child(node, Role::Target) else { return Ok(value) };
        let operator = tree.sym(node).as_str();
        let value = if matches!(operator, "=" | ":=" | "as" | "<-") {
            value
        } else {
            // What was there stays, or may stay.
            let mut whole = self.eval(target)?.all();
            whole.union(&value.all());
            Cell::flat(whole)
        };
        if matches!(tree.kind(target), Kind::Member | Kind::Subscript) {
            let within = self.walk_target(target)?;
            self.given = Some((node, within));
        }
        self.bind_target(target, value.clone())?;
        if operator == "=" {
            self.note_alias(target, tree.child(node, Role::Value));
        }
        Ok(value)
    }

    /// After `a = b`: what is stored in a field of one is there in the other.
    fn note_alias(&mut self, target: NodeId, value: Option<NodeId>) {
        if matches!(self.language(), Language::Php | Language::Elixir) {
            return;
        }
        let tree = self.tree();
        let place = |node: NodeId| match tree.kind(node) {
            Kind::Ident | Kind::Member | Kind::Subscript => self.place(node),
            _ => None,
        };
        let (Some(target), Some(value)) = (place(target), value.and_then(place)) else { return };
        if let Some(state) = self.flow.state_mut().filter(|_| !value.element) {
            state.alias(&target, &value);
        }
    }

    pub(super) fn define(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        for decorator in tree.with_role(node, Role::Decorator) {
            self.eval(decorator)?;
        }
        let mut value = self.eval_child(node, Role::Value)?;
        if self.is_declared_trusted(node) {
            self.halt(Why::Trusted, node, |_| value.all());
            self.given = Some((node, value.all()));
            value = Cell::default();
        }
        if let Some(target) = tree.child(node, Role::Target) {
            self.bind_target(target, value.clone())?;
            self.note_alias(target, tree.child(node, Role::Value));
        }
        Ok(value)
    }

    /// Stores a value in a variable or field, or takes it apart as the target says.
    pub(super) fn bind_target(&mut self, target: NodeId, value: Cell) -> Result<(), Stop> {
        if self.marks_names {
            let before = self.active.len();
            self.enter(target);
            let mut value = self.marked(target, value);
            let parameter = self.tree().parent(target).filter(|&parent| self.tree().kind(parent) == Kind::Param);
            if parameter.is_some_and(|parameter| self.is_declared_trusted(parameter)) {
                self.halt(Why::Trusted, target, |_| value.all());
                value = Cell::default();
            }
            self.store(target, value)?;
            self.active.truncate(before);
            return Ok(());
        }
        self.store(target, value)
    }

    /// Evaluates what a target is made of, for its sinks and effects; gives the taint of its object and index.
    fn walk_target(&mut self, target: NodeId) -> Result<Taints, Stop> {
        let mut taints = self.eval_child(target, Role::Object)?.own().clone();
        for index in self.tree().with_role(target, Role::Index) {
            taints.union(&self.eval(index)?.all());
        }
        Ok(taints)
    }

    fn store(&mut self, target: NodeId, value: Cell) -> Result<(), Stop> {
        let tree = self.tree();
        match tree.kind(target) {
            Kind::Ident if self.marks_names && value.is_empty() && is_this(tree, Some(target)) => {}
            Kind::Ident | Kind::Member | Kind::Subscript => {
                if let Some(place) = self.place(target) {
                    let value = self.step(value, tree.span(target), StepKind::Assign);
                    if value.is_clean() {
                        self.halt(Why::Overwritten, target, |this| this.held(&place));
                    }
                    if let Some(state) = self.flow.state_mut() {
                        state.set(&place, &value);
                    }
                    if !self.marks_names && !self.marks.at(target).is_empty() {
                        // Marks with side effects hold for the variable from here on.
                        self.enter(target);
                        self.leave(target, Cell::default())?;
                    }
                }
            }
            Kind::Array | Kind::Tuple | Kind::Dict if !self.marks_names => {
                self.marks_names = true;
                self.store(target, value)?;
                self.marks_names = false;
            }
            Kind::Array | Kind::Tuple => {
                for (at, element) in tree.children(target).enumerate() {
                    if let Some((head, tail)) = self.head_and_tail(element) {
                        self.bind_target(head, value.field(number(at)))?;
                        self.bind_target(tail, value.tail(at + 1))?;
                        continue;
                    }
                    let part =
                        if tree.kind(element) == Kind::Spread { value.tail(at) } else { value.field(number(at)) };
                    self.bind_target(element, part)?;
                }
            }
            Kind::Dict => {
                let mut taken = Vec::new();
                for entry in tree.children(target).filter(|&entry| tree.role(entry) != Role::Callee) {
                    let key = tree.child(entry, Role::Key).and_then(|key| self.key(key));
                    match (tree.kind(entry), key) {
                        (Kind::Pair, key) => {
                            taken.extend(key);
                            let part = match key {
                                Some(key) => value.field(key),
                                None => value.clone().any_field(),
                            };
                            if let Some(inner) = tree.child(entry, Role::Value) {
                                self.bind_target(inner, part)?;
                            }
                        }
                        (Kind::Spread, _) => self.bind_target(entry, value.without(&taken))?,
                        _ => self.bind_target(entry, value.clone())?,
                    }
                }
            }
            // Elixir's `pattern = name` within a pattern: both get the value.
            Kind::Assign if self.language() == Language::Elixir => {
                for inner in tree.children(target) {
                    self.bind_target(inner, value.clone())?;
                }
            }
            // `a = default` within a pattern.
            Kind::Assign => {
                let mut value = value;
                let marks_names = std::mem::take(&mut self.marks_names);
                value.join(&self.eval_child(target, Role::Value)?);
                self.marks_names = marks_names;
                if let Some(inner) = tree.child(target, Role::Target) {
                    self.bind_target(inner, value)?;
                }
            }
            Kind::VarDef => {
                if let Some(inner) = tree.child(target, Role::Target) {
                    self.bind_target(inner, value)?;
                }
            }
            Kind::Param => {
                let mut value = value;
                if let Some(default) = tree.child(target, Role::Default) {
                    let marks_names = std::mem::take(&mut self.marks_names);
                    value.join(&self.eval(default)?);
                    self.marks_names = marks_names;
                }
                if let Some(name) = tree.child(target, Role::Name) {
                    self.bind_target(name, value)?;
                }
            }
            // `k => v` of a loop; a key or value by name of a pattern.
            Kind::Pair | Kind::KeywordArg | Kind::Spread | Kind::Cast => {
                for inner in tree.children(target).filter(|&inner| !matches!(tree.role(inner), Role::Type | Role::Name))
                {
                    self.bind_target(inner, value.clone())?;
                }
            }
            Kind::Str
            | Kind::Number
            | Kind::Bool
            | Kind::Null
            | Kind::Atom
            | Kind::Regex
            | Kind::Token
            | Kind::Unary => {}
            // What a pattern calls is a type.
            _ => {
                let flat = Cell::flat(value.all());
                for inner in
                    tree.children(target).filter(|&inner| !matches!(tree.role(inner), Role::Type | Role::Callee))
                {
                    self.bind_target(inner, flat.clone())?;
                }
            }
        }
        Ok(())
    }

    /// Elixir's `[head | tail]`, seen from within.
    fn head_and_tail(&self, element: NodeId) -> Option<(NodeId, NodeId)> {
        let tree = self.tree();
        let is_cons = self.language() == Language::Elixir
            && tree.kind(element) == Kind::Binary
            && tree.sym(element).as_str() == "|";
        if is_cons { tree.child(element, Role::Left).zip(tree.child(element, Role::Right)) } else { None }
    }

    /// The place an expression names, if it names one.
    pub(super) fn place(&self, node: NodeId) -> Option<Place> {
        let tree = self.tree();
        match tree.kind(node) {
            Kind::Ident => Some(self.field_named(node).unwrap_or_else(|| Place::variable(tree.sym(node)))),
            Kind::Member => {
                let object = tree.child(node, Role::Object)?;
                let mut place = match self.own_class(object) {
                    Some(class) => class,
                    None => self.place(object)?,
                };
                let name = tree.child(node, Role::Name).filter(|&name| tree.kind(name) == Kind::Ident);
                descend(&mut place, name.map(|name| tree.sym(name)));
                Some(place)
            }
            Kind::Subscript => {
                let mut place = self.place(tree.child(node, Role::Object)?)?;
                let mut indexes = tree.with_role(node, Role::Index);
                let index = indexes.next().and_then(|index| self.key(index)).filter(|_| indexes.next().is_none());
                descend(&mut place, index);
                Some(place)
            }
            Kind::Cast | Kind::Spread | Kind::KeywordArg | Kind::Param => {
                let inner = tree.child(node, Role::Value).or_else(|| tree.child(node, Role::Name))?;
                self.place(inner)
            }
            _ => None,
        }
    }

    /// The field of the object or class at work that a bare name means: Java's, unless a variable hides it, and Ruby's `@x`.
    pub(super) fn field_named(&self, node: NodeId) -> Option<Place> {
        let tree = self.tree();
        let name = tree.sym(node);
        let of = |root: Symbol, field: Symbol| Some(Place { root, path: vec![field], element: false });
        let functions = self.file.functions();
        match self.language() {
            Language::Ruby => {
                let field = name.as_str().strip_prefix('@').filter(|field| !field.starts_with('@'))?;
                of(Symbol::new("self"), Symbol::new(field))
            }
            Language::Java if functions.has_field(name) => {
                let scopes = self.file.constants.scopes();
                for around in tree.ancestors(node) {
                    match tree.kind(around) {
                        Kind::Class => {
                            let lineage = functions.lineage(around);
                            let class = lineage.into_iter().find(|&class| scopes.declared(class).contains(&name))?;
                            let own = crate::flow::last_name(tree, tree.child(class, Role::Name));
                            return match own.filter(|_| functions.is_static(class, name)) {
                                Some(class) => of(class, name),
                                None => of(Symbol::new("this"), name),
                            };
                        }
                        Kind::Function | Kind::Lambda if scopes.declared(around).contains(&name) => return None,
                        _ => {}
                    }
                }
                None
            }
            _ => None,
        }
    }

    /// The class that PHP's `self::` or `static::` means, by name.
    fn own_class(&self, object: NodeId) -> Option<Place> {
        let tree = self.tree();
        let means_class = self.language() == Language::Php
            && tree.kind(object) == Kind::Ident
            && matches!(tree.sym(object).as_str(), "self" | "static");
        let class = crate::flow::class_around(tree, self.file.functions(), object).filter(|_| means_class)?;
        crate::flow::last_name(tree, tree.child(class, Role::Name)).map(Place::variable)
    }

    /// The field or element a key or index is known to name.
    pub(super) fn key(&self, node: NodeId) -> Option<Symbol> {
        let tree = self.tree();
        match tree.kind(node) {
            Kind::Str | Kind::Number | Kind::Atom => Some(tree.sym(node)),
            Kind::Ident | Kind::Binary | Kind::Template => match self.file.constants.get(node)? {
                Value::Str(text) | Value::Number(text) => Some(*text),
                Value::Node(literal) => {
                    matches!(tree.kind(*literal), Kind::Str | Kind::Number | Kind::Atom).then(|| tree.sym(*literal))
                }
                Value::Bool(_) | Value::AnyStr => None,
            },
            _ => None,
        }
    }

    pub(super) fn subscript(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let object = self.eval_child(node, Role::Object)?;
        let mut index_taints = Taints::default();
        let mut key = None;
        for index in tree.with_role(node, Role::Index) {
            index_taints.union(&self.eval(index)?.all());
            key = self.key(index);
        }
        let mut value = match key {
            Some(key) => object.field(key),
            None => object.clone().any_field(),
        };
        if self.only_assignments() {
            return Ok(key.map_or_else(Cell::default, |key| object.listed_field(key)));
        }
        if self.options.taint_assume_safe_indexes {
            self.halt(Why::Index, node, |_| index_taints);
        } else {
            value.taint(&index_taints);
        }
        Ok(value)
    }

    pub(super) fn array(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let mut before = Vec::new();
        let mut after = Taints::default();
        let mut known = tree.kind(node) != Kind::Set;
        for element in tree.children(node) {
            let value = self.eval(element)?;
            known &= tree.kind(element) != Kind::Spread;
            if known {
                before.push(value);
            } else {
                after.union(&value.all());
            }
        }
        // Where an element stands is known up to the first that may be many.
        let mut array = Cell::flat(after);
        for (at, value) in before.iter().enumerate() {
            if !value.is_empty() || !array.own().is_empty() {
                array.set(&[number(at)], value, Store::Replace);
            }
        }
        Ok(array)
    }

    pub(super) fn dict(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let mut dict = Cell::default();
        for entry in tree.children(node) {
            if tree.kind(entry) != Kind::Pair {
                let value = self.eval(entry)?;
                dict.join(&value);
                continue;
            }
            self.enter(entry);
            let key_taints = match tree.child(entry, Role::Key) {
                // A bare name as key is a name, not a variable, unless the language says otherwise by its kind.
                Some(key) => self.eval(key)?.all(),
                None => Taints::default(),
            };
            let value = self.eval_child(entry, Role::Value)?;
            let value = self.leave(entry, value)?;
            match tree.child(entry, Role::Key).and_then(|key| self.key(key)) {
                Some(key) => dict.set(&[key], &value, Store::Replace),
                None => dict.taint(&value.all()),
            }
            dict.taint(&key_taints);
        }
        Ok(dict)
    }

    pub(super) fn comprehension(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let before = self.flow.state().cloned();
        for clause in tree.with_role(node, Role::Clause) {
            self.eval(clause)?;
        }
        let element = self.eval_child(node, Role::Element)?;
        // Its variables are its own; what else happened in it stays.
        let mut names = Vec::new();
        for clause in tree.with_role(node, Role::Clause).filter(|&clause| tree.kind(clause) == Kind::CompFor) {
            if let Some(target) = tree.child(clause, Role::Target) {
                names.extend(tree.descendants(target).filter(|&name| tree.kind(name) == Kind::Ident));
            }
        }
        if let (Some(state), Some(before)) = (self.flow.state_mut(), before) {
            for name in names {
                state.restore(tree.sym(name), &before);
            }
        }
        Ok(Cell::flat(element.all()))
    }
}

/// From a place to a field of it, or to one of its elements if the name is not known. Elements are not told apart: what is
/// below one is below the place.
fn descend(place: &mut Place, name: Option<Symbol>) {
    place.element = name.is_none();
    place.path.extend(name);
}
