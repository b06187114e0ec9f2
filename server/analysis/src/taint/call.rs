//! Calls: what comes back, what is changed by them, and functions handed to them.

use super::cell::{Cell, Taints};
use super::engine::Engine;
use super::function::Handed;
use super::invoke::BLOCK;
use super::library::{GIVES_BY_KEY, HANDS_OVER, ONLY_ASKS, READS_FIELDS, STORES, STORES_BY_KEY, STORES_IN_ARGUMENT};
use super::marks::MarkRole;
use super::reference::Ref;
use super::resolve::Called;
use super::state::Place;
use super::watch::Why;
use crate::budget::Stop;
use crate::flow::{Interpret, is_this};
use weir_model::{Language, StepKind};
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

/// What is called.
pub(super) struct Callee<'t> {
    pub(super) name: &'t str,
    /// The object of a method and what it holds.
    pub(super) receiver: Option<(NodeId, Cell)>,
    /// What the function itself holds.
    value: Taints,
    /// What it may be.
    pub(super) refs: Vec<Ref>,
}

/// What a call is given.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) each: Vec<(NodeId, Cell)>,
    /// What functions among them return, if the call hands them something.
    returned: Taints,
    /// The block a Ruby method is given.
    block: Cell,
    /// The call may give back any field of an object it is given.
    reads_fields: bool,
}

impl Arguments {
    pub(super) fn block(&self) -> Cell {
        self.block.clone()
    }

    /// The taint of all of them. Of the object at work it is not that of its fields, of which few are meant.
    pub(super) fn all(&self, tree: &Tree) -> Taints {
        let mut all = self.returned.clone();
        for (argument, value) in &self.each {
            if is_this(tree, Some(*argument)) && !self.reads_fields {
                all.union(value.own());
            } else {
                all.union(&value.all());
            }
        }
        all
    }
}

impl<'t> Engine<'t> {
    pub(super) fn call(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let callee = self.callee(node)?;
        let mut whole = callee.value.clone();
        if let Some((_, object)) = &callee.receiver {
            whole.union(&object.all());
        }
        let arguments = self.arguments(node, callee.name, &whole)?;
        whole.union(&arguments.all(tree));
        whole.union(&self.propagated_late(node));
        if let Some(mut value) = self.known_call(node, &callee, &arguments)? {
            value.taint(&self.propagated_late(node));
            self.given = Some((node, whole));
            self.may_throw();
            return Ok(value);
        }
        if self.options.taint_intrafile && self.constructs_base(node) {
            self.keep_in_object(&arguments.all(tree));
        }
        self.stores(node, &callee, &arguments);
        self.may_throw();
        if let Some(value) = self.given_by_key(node, &callee, &arguments) {
            return Ok(self.step(value, tree.span(node), StepKind::Call));
        }
        if self.options.taint_assume_safe_functions || self.only_assignments() {
            // Clean is only what comes back of arguments; a propagator may say that the function itself is not.
            let mut back = self.propagated_late(node);
            if callee.receiver.is_none() && !self.only_assignments() {
                back.union(&callee.value);
            }
            let why = if self.only_assignments() { Why::NotAssigned } else { Why::Called };
            self.halt(why, node, |_| whole.clone().filter(|taint| !back.contains(*taint)));
            self.given = Some((node, whole));
            return Ok(Cell::flat(back));
        }
        if self.is_trusted(node) {
            self.halt(Why::Trusted, node, |_| whole.clone());
            self.given = Some((node, whole));
            return Ok(Cell::default());
        }
        Ok(self.step(Cell::flat(whole), tree.span(node), StepKind::Call))
    }

    /// The value of a call of what is in the file.
    fn known_call(&mut self, node: NodeId, callee: &Callee<'_>, arguments: &Arguments) -> Result<Option<Cell>, Stop> {
        match self.called(node, callee, arguments) {
            Called::Unknown => Ok(None),
            Called::Functions(targets) => self.invoke(node, &targets, arguments),
            Called::Class(class) => self.construct(node, class, arguments),
        }
    }

    pub(super) fn new_object(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let callee = self.eval_child(node, Role::Callee)?;
        let arguments = self.arguments(node, "", &Taints::default())?;
        let mut whole = arguments.all(tree);
        whole.union(&self.propagated_late(node));
        if tree.child(node, Role::Body).is_some() {
            self.class_body(node)?;
        }
        self.may_throw();
        if let Some(mut value) = self.known_object(node, &callee, &arguments)? {
            value.taint(&self.propagated_late(node));
            self.given = Some((node, whole));
            return Ok(value);
        }
        let body = tree.child(node, Role::Body).map(|_| Ref::Object(node));
        if self.options.taint_assume_safe_functions || self.only_assignments() {
            let why = if self.only_assignments() { Why::NotAssigned } else { Why::Called };
            self.halt(why, node, |_| whole.clone());
            self.given = Some((node, whole));
            return Ok(Cell::flat(self.propagated_late(node)).with_refs(body.as_slice()));
        }
        Ok(self.step(Cell::flat(whole), self.tree().span(node), StepKind::Call).with_refs(body.as_slice()))
    }

    /// An object of a class, or made by a function, of the file.
    fn known_object(&mut self, node: NodeId, callee: &Cell, arguments: &Arguments) -> Result<Option<Cell>, Stop> {
        if !self.options.taint_intrafile || self.tree().child(node, Role::Body).is_some() {
            return Ok(None);
        }
        match callee.refs() {
            [Ref::Class(class)] => self.construct(node, *class, arguments),
            [reference @ Ref::Function(..)] => {
                let mut targets = self.of_reference(reference);
                for target in &mut targets {
                    target.receiver = super::resolve::Receiver::Made(Cell::default());
                }
                let returned = self.invoke(node, &targets, arguments)?;
                let made = self.made.take().unwrap_or_default();
                Ok(returned.map(|_| made))
            }
            _ => Ok(None),
        }
    }

    fn callee(&mut self, node: NodeId) -> Result<Callee<'t>, Stop> {
        let tree = self.tree();
        let Some(callee) = tree.child(node, Role::Callee) else {
            return Ok(Callee { name: "", receiver: None, value: Taints::default(), refs: Vec::new() });
        };
        Ok(match tree.kind(callee) {
            Kind::Member => {
                self.enter(callee);
                let object = self.eval_child(callee, Role::Object)?;
                let method = self.member(callee, &object);
                let refs = method.refs().to_vec();
                let value = self.leave(callee, method)?.all();
                let name = tree.child(callee, Role::Name).filter(|&name| tree.kind(name) == Kind::Ident);
                let receiver = tree.child(callee, Role::Object).map(|receiver| (receiver, object));
                Callee { name: name.map_or("", |name| tree.sym(name).as_str()), receiver, value, refs }
            }
            Kind::Lambda => {
                self.enter(callee);
                let returned = self.lambda(callee, Handed::Nothing)?;
                let refs = returned.refs().to_vec();
                Callee { name: "", receiver: None, value: self.leave(callee, returned)?.all(), refs }
            }
            kind => {
                let value = self.eval(callee)?;
                let name = if kind == Kind::Ident { tree.sym(callee).as_str() } else { "" };
                Callee { name, receiver: None, value: value.all(), refs: value.refs().to_vec() }
            }
        })
    }

    /// Evaluates the arguments, functions among them last: they may be handed what the others and the object hold.
    fn arguments(&mut self, node: NodeId, name: &str, of_receiver: &Taints) -> Result<Arguments, Stop> {
        let tree = self.tree();
        let all = tree.children(node).filter(|&child| matches!(tree.role(child), Role::Arg | Role::BlockArg));
        let is_function = |argument: NodeId| tree.kind(argument) == Kind::Lambda;
        let mut arguments = Arguments { reads_fields: READS_FIELDS.contains(&name), ..Arguments::default() };
        for argument in all.clone().filter(|&argument| !is_function(argument)) {
            let value = self.eval(argument)?;
            arguments.each.push((argument, value));
        }
        let handed = (self.options.taint_intrafile && HANDS_OVER.contains(&name)).then(|| {
            let mut handed = of_receiver.clone();
            handed.union(&arguments.all(tree));
            Cell::flat(handed)
        });
        let returns = handed.is_some() && !ONLY_ASKS.contains(&name);
        if let Some(handed) = &handed {
            let returned = self.hand_over(node, handed, &arguments)?;
            if returns {
                arguments.returned.union(&returned);
            }
        }
        for function in all.filter(|&argument| is_function(argument)) {
            self.enter(function);
            let value = self.function_value(function);
            let returned = self.inline(function, handed.as_ref().map_or(Handed::Nothing, Handed::All))?;
            if returns {
                arguments.returned.union(&returned.all());
            }
            let taints = self.leave(function, Cell::default())?;
            arguments.returned.union(&taints.all());
            if tree.role(function) == Role::BlockArg {
                arguments.block.clone_from(&value);
            }
            arguments.each.push((function, value));
        }
        arguments.each.sort_by_key(|(argument, _)| *argument);
        Ok(arguments)
    }

    /// Runs the functions among the arguments that are named, with what they are handed; gives what they return.
    fn hand_over(&mut self, node: NodeId, handed: &Cell, arguments: &Arguments) -> Result<Taints, Stop> {
        let tree = self.tree();
        let mut all = Taints::default();
        let refs: Vec<Ref> = arguments.each.iter().flat_map(|(_, value)| value.refs().to_vec()).collect();
        let targets: Vec<_> = refs.iter().flat_map(|reference| self.of_reference(reference)).collect();
        for target in targets {
            let parameters = tree.with_role(target.function, Role::Param).count();
            let each = vec![(node, handed.clone()); parameters];
            let given = Arguments { each, ..Arguments::default() };
            if let Some(returned) = self.invoke(node, &[target], &given)? {
                all.union(&returned.all());
            }
        }
        Ok(all)
    }

    /// Runs the block that the method at work was given.
    pub(super) fn yield_to_block(&mut self, node: NodeId, value: &Cell) -> Result<Cell, Stop> {
        let block = self.flow.state().map(|state| state.get(Symbol::new(BLOCK))).unwrap_or_default();
        let mut back = Cell::default();
        let targets: Vec<_> = block.refs().iter().flat_map(|reference| self.of_reference(reference)).collect();
        for target in targets {
            let given = Arguments { each: vec![(node, value.clone())], ..Arguments::default() };
            if let Some(returned) = self.invoke(node, &[target], &given)? {
                back.join(&returned);
            }
        }
        Ok(back)
    }

    /// What propagators bring to a part of the call that was evaluated before what they take it from.
    fn propagated_late(&self, node: NodeId) -> Taints {
        let tree = self.tree();
        let mut late = Taints::default();
        let callee = tree.child(node, Role::Callee);
        let object = callee.and_then(|callee| tree.child(callee, Role::Object));
        let name = callee.and_then(|callee| tree.child(callee, Role::Name));
        let arguments = tree.with_role(node, Role::Arg);
        for part in callee.into_iter().chain(object).chain(name).chain(arguments) {
            for mark in self.marks.at(part).iter().filter(|mark| mark.role == MarkRole::To) {
                if let Some(taints) = self.propagated.get(&mark.index) {
                    late.union(taints);
                }
            }
        }
        late
    }

    /// What a call stores in its object or in one of its arguments.
    fn stores(&mut self, node: NodeId, callee: &Callee<'_>, arguments: &Arguments) {
        let name = callee.name;
        let each = &arguments.each;
        if let Some(&(_, to, from)) = STORES_IN_ARGUMENT.iter().find(|(function, ..)| *function == name) {
            let mut stored = Taints::default();
            for (_, value) in each.iter().skip(from).take(if to > from { 1 } else { usize::MAX }) {
                stored.union(&value.all());
            }
            if let Some(&(target, _)) = each.get(to) {
                self.store_by_call(node, target, None, &stored);
            }
            return;
        }
        let Some((object, held)) = &callee.receiver else {
            if name == "setattr" && self.language() == Language::Python && each.len() == 3 {
                self.set_attribute(each[0].0, each[1].0, &each[2].1);
            }
            return;
        };
        if name == "clear" && each.is_empty() {
            self.clear(*object, held);
            return;
        }
        if let Some(field) = property(name, "set").filter(|_| self.language() == Language::Java && each.len() == 1) {
            self.store_by_call(node, *object, Some(field), &each[0].1.all());
            return;
        }
        // `User.update(params)` stores nothing in the class.
        let tree = self.tree();
        let class = tree.kind(*object) == Kind::Ident && is_class_name(tree.sym(*object).as_str());
        let stores = match self.language() {
            Language::Ruby if class => false,
            // Values of Elixir never change.
            Language::Elixir => false,
            Language::Ruby => STORES.contains(&name) || name == "concat",
            _ => STORES.contains(&name),
        };
        if !stores {
            return;
        }
        if let (true, [(entries, _)]) = (matches!(name, "update" | "merge!" | "assign"), each.as_slice())
            && self.tree().kind(*entries) == Kind::Dict
        {
            self.replace_entries(*object, *entries);
        }
        let key = each.first().and_then(|&(key, _)| self.key(key));
        let key = key.filter(|_| each.len() == 2 && STORES_BY_KEY.contains(&name));
        let mut stored = Taints::default();
        for (_, value) in &each[usize::from(key.is_some())..] {
            stored.union(&value.all());
        }
        // What is there already needs no second way.
        let held = held.all();
        let stored = stored.filter(|taint| !held.contains(*taint));
        self.store_by_call(node, *object, key, &stored);
    }

    /// A class above that is not in the file may keep what its constructor is given in the object.
    pub(super) fn keep_in_object(&mut self, taints: &Taints) {
        if let Some(&method) = self.functions.iter().rev().find(|&&function| self.class_of(function).is_some()) {
            let this = Symbol::new(self.object_name(method));
            self.add_to(&Place::variable(this), taints);
        }
    }

    /// Entries with known keys take the place of those a collection had; what is untrusted among them is stored by the call.
    fn replace_entries(&mut self, object: NodeId, entries: NodeId) {
        let tree = self.tree();
        let Some(place) = self.place(object).filter(|place| !place.element) else { return };
        for entry in tree.with_role(entries, Role::Entry).filter(|&entry| tree.kind(entry) == Kind::Pair) {
            if let (Some(key), Some(state)) =
                (tree.child(entry, Role::Key).and_then(|key| self.key(key)), self.flow.state_mut())
            {
                let mut place = place.clone();
                place.path.push(key);
                state.set(&place, &Cell::default());
            }
        }
    }

    /// Python's `setattr(o, "name", value)`.
    fn set_attribute(&mut self, object: NodeId, name: NodeId, value: &Cell) {
        let Some(mut place) = self.place(object) else { return };
        match self.key(name) {
            Some(name) => place.path.push(name),
            None => place.element = true,
        }
        if let Some(state) = self.flow.state_mut() {
            state.set(&place, value);
        }
    }

    /// A collection is emptied.
    fn clear(&mut self, object: NodeId, held: &Cell) {
        if let (Some(place), Some(state)) = (self.place(object), self.flow.state_mut()) {
            state.update(&place, &Cell::default().with_refs(held.refs()));
        }
    }

    fn store_by_call(&mut self, node: NodeId, target: NodeId, field: Option<Symbol>, stored: &Taints) {
        if stored.is_empty() {
            return;
        }
        let Some(place) = self.place(target) else { return };
        let mut place = Place { element: false, ..place };
        place.path.extend(field);
        let stored = self.step(Cell::flat(stored.clone()), self.tree().span(node), StepKind::Call).all();
        self.add_to(&place, &stored);
    }

    /// The value a call is known to take out of one field of its object.
    fn given_by_key(&self, node: NodeId, callee: &Callee<'_>, arguments: &Arguments) -> Option<Cell> {
        if callee.name == "getattr" && self.language() == Language::Python {
            let (_, object) = arguments.each.first().filter(|(_, object)| !object.is_clean())?;
            return Some(object.field(self.key(arguments.each.get(1)?.0)?));
        }
        let (_, object) = callee.receiver.as_ref().filter(|(_, object)| !object.is_clean())?;
        let each = &arguments.each;
        let is_getter = self.language() == Language::Java && each.is_empty();
        let getter = property(callee.name, "get").or_else(|| property(callee.name, "is")).filter(|_| is_getter);
        let key = || {
            let &(key, _) = each.first().filter(|_| GIVES_BY_KEY.contains(&callee.name))?;
            self.key(key)
        };
        let mut value = object.field(getter.or_else(key)?);
        for (_, argument) in each {
            value.taint(&argument.all());
        }
        value.taint(&callee_marks(self, node, callee, object));
        value.taint(&arguments.returned);
        value.taint(&self.propagated_late(node));
        Some(value)
    }
}

/// What marks on the callee add to what its object holds.
fn callee_marks(engine: &Engine<'_>, node: NodeId, callee: &Callee<'_>, object: &Cell) -> Taints {
    let tree = engine.tree();
    let method = tree.child(node, Role::Callee).map(|member| engine.member(member, object).all()).unwrap_or_default();
    callee.value.clone().filter(|taint| !method.contains(*taint))
}

/// Whether a name of Ruby is one of a class, not of a constant.
fn is_class_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains(|c: char| c.is_ascii_lowercase())
}

/// The property a getter or setter is for: `x` of `getX`.
fn property(method: &str, prefix: &str) -> Option<Symbol> {
    let mut rest = method.strip_prefix(prefix)?.chars();
    let first = rest.next().filter(|first| first.is_uppercase())?;
    Some(Symbol::new(&first.to_lowercase().chain(rest).collect::<String>()))
}
