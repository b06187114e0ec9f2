//! Which functions of the file a call runs.

use super::call::{Arguments, Callee};
use super::cell::Cell;
use super::engine::Engine;
use super::reference::{Held, Ref};
use crate::flow::{Interpret, class_around, is_this, last_name};
use std::rc::Rc;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

/// A function that a call may run.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) function: NodeId,
    pub(super) receiver: Receiver,
    /// What the function holds on to from where it was made.
    pub(super) held: Held,
    /// So many arguments are not for it.
    pub(super) skip: usize,
}

impl Target {
    fn new(function: NodeId, receiver: Receiver) -> Self {
        Self { function, receiver, held: Held::default(), skip: 0 }
    }
}

/// The object a function runs on.
#[derive(Clone, Debug)]
pub(super) enum Receiver {
    /// None.
    None,
    /// One that stands among the arguments.
    Explicit,
    /// The one that the caller runs on.
    Same,
    /// The one at a node.
    Object(NodeId, Cell),
    /// One that is being made.
    Made(Cell),
}

/// What a call may run.
#[derive(Debug)]
pub(super) enum Called {
    /// Nothing in the file.
    Unknown,
    Functions(Vec<Target>),
    Class(NodeId),
}

/// Methods of functions that run them, and how many arguments are not for the function itself.
const RUNS: &[(&str, usize)] = &[
    ("()", 0),
    ("accept", 0),
    ("apply", 0),
    ("call", 0),
    ("execute", 0),
    ("get", 0),
    ("invoke", 0),
    ("run", 0),
    ("submit", 0),
    ("test", 0),
    ("yield", 0),
    ("", 0),
];

impl Engine<'_> {
    /// What a call runs.
    pub(super) fn called(&self, node: NodeId, callee: &Callee<'_>, arguments: &Arguments) -> Called {
        let tree = self.tree();
        if !self.options.taint_intrafile {
            return Called::Unknown;
        }
        let Some(at) = tree.child(node, Role::Callee) else { return Called::Unknown };
        let mut targets = Vec::new();
        match tree.kind(at) {
            Kind::Ident => {
                let name = tree.sym(at);
                if name.as_str() == "super" {
                    return self.of_super(node, arguments);
                }
                for reference in &callee.refs {
                    match reference {
                        Ref::Class(class) if self.language() == Language::Python => return Called::Class(*class),
                        Ref::Object(class) => {
                            let magic =
                                Symbol::new(if self.language() == Language::Php { "__invoke" } else { "__call__" });
                            for function in self.functions_of_file().methods(*class, magic) {
                                let cell = Cell::default().with_refs(&callee.refs);
                                targets.push(Target::new(function, Receiver::Object(at, cell)));
                            }
                        }
                        reference => targets.extend(self.of_reference(reference)),
                    }
                }
            }
            Kind::Member => {
                let Some((object, cell)) = &callee.receiver else { return Called::Unknown };
                let name = Symbol::new(callee.name);
                if let Some(class) = self.super_of(*object) {
                    return self.methods_as(class, name, arguments, &Receiver::Same);
                }
                if name.as_str() == "new"
                    && self.language() == Language::Ruby
                    && let Some(class) = cell.refs().iter().find_map(|reference| match reference {
                        Ref::Class(class) => Some(*class),
                        _ => None,
                    })
                {
                    return Called::Class(class);
                }
                targets.extend(callee.refs.iter().flat_map(|reference| self.of_reference(reference)).map(
                    |mut target| {
                        if matches!(target.receiver, Receiver::None) {
                            target.receiver = Receiver::Object(*object, cell.clone());
                        }
                        target
                    },
                ));
                if targets.is_empty() {
                    targets = self.of_object(*object, cell, name);
                }
            }
            Kind::Lambda => return Called::Unknown,
            _ => targets.extend(callee.refs.iter().flat_map(|reference| self.of_reference(reference))),
        }
        let functions: Vec<NodeId> = targets.iter().map(|target| target.function).collect();
        let fitting = self.by_count(functions, arguments);
        targets.retain(|target| fitting.contains(&target.function));
        if targets.is_empty() { Called::Unknown } else { Called::Functions(targets) }
    }

    /// The functions a value may be.
    pub(super) fn of_reference(&self, reference: &Ref) -> Vec<Target> {
        match reference {
            Ref::Function(function, held) => {
                let same = match self.language() {
                    Language::Java | Language::Ruby => self.class_of(*function).is_some(),
                    _ => false,
                };
                let tree = self.tree();
                let inner = tree.kind(*function) == Kind::Lambda
                    && self.functions.last().is_some_and(|&here| tree.is_within(*function, here));
                let receiver = if same || inner {
                    Receiver::Same
                } else if self.has_own_parameter(*function) {
                    Receiver::Explicit
                } else {
                    Receiver::None
                };
                vec![Target { function: *function, receiver, held: held.clone(), skip: 0 }]
            }
            Ref::Method(function, object) => {
                vec![Target {
                    function: *function,
                    receiver: Receiver::Made(Cell::clone(object)),
                    held: Held::default(),
                    skip: 0,
                }]
            }
            Ref::Class(_) | Ref::Object(_) | Ref::Literal(_) => Vec::new(),
        }
    }

    /// The methods of a name that an object may have.
    pub(super) fn of_object(&self, object: NodeId, cell: &Cell, name: Symbol) -> Vec<Target> {
        let functions = self.functions_of_file();
        let tree = self.tree();
        let this = is_this(tree, Some(object));
        let receiver = if this { Receiver::Same } else { Receiver::Object(object, cell.clone()) };
        let mut targets = Vec::new();
        let mut add = |found: Vec<NodeId>, of_class: bool| {
            for function in found {
                let is_static = self.is_decorated(function, "staticmethod")
                    || matches!(self.language(), Language::Php | Language::Java);
                let receiver = if of_class && is_static {
                    Receiver::None
                } else if of_class && self.has_own_parameter(function) && !self.is_decorated(function, "classmethod") {
                    Receiver::Explicit
                } else {
                    receiver.clone()
                };
                if !targets.iter().any(|target: &Target| target.function == function) {
                    targets.push(Target::new(function, receiver));
                }
            }
        };
        for reference in cell.refs() {
            match reference {
                Ref::Object(class) => {
                    let mut found = functions.methods(*class, name);
                    if found.iter().all(|&method| self.is_abstract(method)) {
                        found = functions.overrides(tree, *class, name);
                    }
                    add(found, false);
                }
                Ref::Class(class) => add(functions.methods(*class, name), !this),
                Ref::Function(function, held) => {
                    if let Some((_, skip)) = RUNS.iter().find(|(run, _)| *run == name.as_str()) {
                        let is_javascript =
                            matches!(self.language(), Language::JavaScript | Language::TypeScript | Language::Tsx);
                        let skip = if is_javascript && name.as_str() == "call" { 1 } else { *skip };
                        let held = held.clone();
                        return vec![Target { function: *function, receiver: Receiver::None, held, skip }];
                    }
                }
                Ref::Method(function, held) => {
                    if RUNS.iter().any(|(run, _)| *run == name.as_str()) {
                        return vec![Target::new(*function, Receiver::Made(Cell::clone(held)))];
                    }
                }
                Ref::Literal(_) => {}
            }
        }
        if targets.is_empty() && this {
            if let Some(class) = class_around(tree, functions, object) {
                let mut found = functions.methods(class, name);
                if found.iter().all(|&method| self.is_abstract(method)) {
                    found = functions.overrides(tree, class, name);
                }
                targets.extend(found.into_iter().map(|function| Target::new(function, Receiver::Same)));
            }
        } else if targets.is_empty() && cell.refs().is_empty() {
            // The type it is declared with.
            let declared = if tree.kind(object) == Kind::Ident { self.file.names.type_of(tree, object) } else { None };
            if let Some(class) = last_name(tree, declared).and_then(|name| functions.class(name)) {
                let mut found = functions.methods(class, name);
                found.extend(functions.overrides(tree, class, name));
                found.retain(|&method| !self.is_abstract(method));
                targets.extend(found.into_iter().map(|function| Target::new(function, receiver.clone())));
            }
        }
        targets
    }

    fn is_abstract(&self, function: NodeId) -> bool {
        self.tree().child(function, Role::Body).is_none()
    }

    /// `super(..)`: the constructor of the class above, in Ruby the method of the same name.
    pub(super) fn of_super(&self, node: NodeId, arguments: &Arguments) -> Called {
        let tree = self.tree();
        let functions = self.functions_of_file();
        let Some(class) = class_around(tree, functions, node) else { return Called::Unknown };
        if self.language() == Language::Ruby {
            let method = tree.ancestors(node).find(|&around| tree.kind(around) == Kind::Function);
            let Some(name) = method.and_then(|method| last_name(tree, tree.child(method, Role::Name))) else {
                return Called::Unknown;
            };
            let above = functions.lineage(class).get(1).copied();
            return above.map_or(Called::Unknown, |above| self.methods_as(above, name, arguments, &Receiver::Same));
        }
        let Some(&above) = functions.lineage(class).get(1) else { return Called::Unknown };
        let constructors = self.by_count(self.constructors(above), arguments);
        if constructors.is_empty() {
            return Called::Unknown;
        }
        Called::Functions(constructors.into_iter().map(|function| Target::new(function, Receiver::Same)).collect())
    }

    /// Whether a call runs the constructor of the class above.
    pub(super) fn constructs_base(&self, call: NodeId) -> bool {
        let tree = self.tree();
        let Some(callee) = tree.child(call, Role::Callee) else { return false };
        match tree.kind(callee) {
            Kind::Ident => tree.sym(callee).as_str() == "super",
            Kind::Member => {
                let name = last_name(tree, Some(callee)).map_or("", |name| name.as_str());
                matches!(name, "__init__" | "__construct")
                    && tree.child(callee, Role::Object).is_some_and(|object| self.is_super(object))
            }
            _ => false,
        }
    }

    fn is_super(&self, object: NodeId) -> bool {
        let tree = self.tree();
        match tree.kind(object) {
            Kind::Ident => matches!(tree.sym(object).as_str(), "super" | "parent"),
            Kind::Call => tree
                .child(object, Role::Callee)
                .is_some_and(|callee| tree.kind(callee) == Kind::Ident && tree.sym(callee).as_str() == "super"),
            _ => false,
        }
    }

    /// The class above, if an expression means the object as one of that.
    fn super_of(&self, object: NodeId) -> Option<NodeId> {
        let tree = self.tree();
        if !self.is_super(object) {
            return None;
        }
        let functions = self.functions_of_file();
        functions.lineage(class_around(tree, functions, object)?).get(1).copied()
    }

    fn methods_as(&self, class: NodeId, name: Symbol, arguments: &Arguments, receiver: &Receiver) -> Called {
        let found = self.by_count(self.functions_of_file().methods(class, name), arguments);
        if found.is_empty() {
            return Called::Unknown;
        }
        Called::Functions(found.into_iter().map(|function| Target::new(function, receiver.clone())).collect())
    }

    /// The constructors of a class.
    pub(super) fn constructors(&self, class: NodeId) -> Vec<NodeId> {
        let functions = self.functions_of_file();
        let name = match self.language() {
            Language::Python => "__init__",
            Language::Ruby => "initialize",
            Language::Php => "__construct",
            Language::Java => {
                // Named as the class is.
                let own = |class: NodeId| {
                    let name = last_name(self.tree(), self.tree().child(class, Role::Name))?;
                    Some(functions.methods(class, name)).filter(|found| !found.is_empty())
                };
                return functions.lineage(class).into_iter().take(2).find_map(own).unwrap_or_default();
            }
            _ => "constructor",
        };
        functions.methods(class, Symbol::new(name))
    }

    /// Of functions of one name those that take as many arguments as there are. Where a language has no overloading it is the
    /// last that counts.
    pub(super) fn by_count(&self, mut functions: Vec<NodeId>, arguments: &Arguments) -> Vec<NodeId> {
        let tree = self.tree();
        if functions.len() < 2 && self.language() != Language::Elixir {
            return functions;
        }
        let count = arguments.each.len();
        let fits = |function: &NodeId| {
            let parameters = tree.with_role(*function, Role::Param);
            let all = parameters.clone().count();
            let required = parameters
                .clone()
                .filter(|&parameter| tree.child(parameter, Role::Default).is_none() && tree.sym(parameter).is_empty())
                .count();
            let open = parameters.clone().any(|parameter| !tree.sym(parameter).is_empty());
            required <= count && (count <= all || open)
        };
        match self.language() {
            Language::Elixir => functions.retain(|function| tree.kind(*function) != Kind::Function || fits(function)),
            Language::Java if functions.iter().any(fits) => functions.retain(fits),
            Language::Java => {}
            // Declarations without a body say only how the one with a body may be called.
            _ => functions.retain(|function| tree.child(*function, Role::Body).is_some()),
        }
        functions
    }

    /// What a name means if no variable says it: a function or class of the file.
    pub(super) fn definition_named(&self, node: NodeId) -> Cell {
        let tree = self.tree();
        let functions = self.functions_of_file();
        let name = tree.sym(node);
        if !self.options.taint_intrafile || !functions.has_name(name) {
            return Cell::default();
        }
        if is_this(tree, Some(node)) {
            return Cell::default();
        }
        let scopes = self.file.constants.scopes();
        let mut cell = Cell::default();
        let mut found = functions.named(tree, self.language(), scopes, node, name);
        if !matches!(self.language(), Language::Java | Language::Elixir | Language::TypeScript | Language::Tsx) {
            found.drain(..found.len().saturating_sub(1));
        }
        for function in found {
            cell = cell.with_refs(self.function_value(function).refs());
        }
        if let Some(class) = functions.class(name) {
            cell = cell.with_refs(&[Ref::Class(class)]);
        }
        cell
    }

    /// A function that a member of an object is: a method as a value.
    pub(super) fn method_value(&self, cell: &Cell, name: Symbol) -> Vec<Ref> {
        let functions = self.functions_of_file();
        let mut found = Vec::new();
        if !self.options.taint_intrafile {
            return found;
        }
        for reference in cell.refs() {
            match reference {
                Ref::Object(class) => found.extend(
                    functions
                        .methods(*class, name)
                        .into_iter()
                        .map(|method| Ref::Method(method, Rc::new(cell.rewrite(2, &mut Clone::clone)))),
                ),
                Ref::Class(class) => found.extend(
                    functions.methods(*class, name).into_iter().map(|method| Ref::Function(method, Held::default())),
                ),
                _ => {}
            }
        }
        found
    }
}
