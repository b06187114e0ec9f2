//! The functions and classes of a file: what names mean which of them, and which of them each of them mentions.

use super::scope::Scopes;
use crate::hash::{NumberMap, NumberSet};
use std::cell::RefCell;
use std::rc::Rc;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

/// The functions and classes of a file.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    all: Vec<Definition>,
    by_node: NumberMap<NodeId, usize>,
    /// Named functions, by the function, class or file they are defined in.
    in_scope: NumberMap<(NodeId, Symbol), Vec<NodeId>>,
    classes: NumberMap<Symbol, Vec<NodeId>>,
    /// The names of all functions and classes.
    names: NumberSet<Symbol>,
    /// Names that code shares with the code around it ([`Scopes::shared_names`]).
    shared: NumberSet<Symbol>,
    /// Fields that belong to a class itself, not to its objects; Java's.
    statics: NumberSet<(NodeId, Symbol)>,
    /// The names of all fields that classes declare.
    fields: NumberSet<Symbol>,
    /// Names of classes that a class says it extends.
    bases: NumberMap<NodeId, Vec<Symbol>>,
    /// The classes that extend a class of this name.
    extended: NumberMap<Symbol, Vec<NodeId>>,
    /// Definitions that mention a definition.
    mentioned_by: Vec<Vec<usize>>,
    /// Definitions that may give back a function or an object.
    makes: Vec<bool>,
    used: RefCell<NumberMap<usize, Rc<[Symbol]>>>,
    fates: RefCell<NumberMap<NodeId, Rc<Fates>>>,
}

/// A function, lambda or class.
#[derive(Debug)]
struct Definition {
    node: NodeId,
    /// Definitions it mentions by name or holds.
    mentions: Vec<usize>,
    /// Names it uses that belong to code around it.
    uses: Vec<Symbol>,
}

/// What becomes of a function's variables: whether they are tested, and whether they are handed on.
type Fates = NumberMap<Symbol, (bool, bool)>;

/// A set of definitions.
#[derive(Debug, Default)]
pub(crate) struct Reached(Vec<bool>);

/// Names that this many definitions share say too little about who is meant.
const MAX_SHARED: usize = 24;

impl Functions {
    /// Reads the definitions of a tree.
    pub(crate) fn of(tree: &Tree, scopes: &Scopes) -> Self {
        let mut functions = Self::default();
        let mut by_name: NumberMap<Symbol, Vec<usize>> = NumberMap::default();
        for node in tree.ids() {
            let is_body = tree.kind(node) == Kind::New && tree.child(node, Role::Body).is_some();
            if matches!(tree.kind(node), Kind::Function | Kind::Lambda | Kind::Class) || is_body {
                functions.define(tree, node, &mut by_name);
            } else if tree.kind(node) == Kind::VarDef {
                functions.define_static(tree, node);
            }
        }
        for &class in functions.bases.keys() {
            functions.fields.extend(scopes.declared(class));
        }
        functions.mention(tree, scopes, &by_name);
        functions
    }

    fn define(&mut self, tree: &Tree, node: NodeId, by_name: &mut NumberMap<Symbol, Vec<usize>>) {
        let number = self.all.len();
        self.all.push(Definition { node, mentions: Vec::new(), uses: Vec::new() });
        self.by_node.insert(node, number);
        let name = match tree.kind(node) {
            Kind::New => None,
            _ => last_name(tree, tree.child(node, Role::Name).or_else(|| assigned_name(tree, node))),
        };
        if let Some(name) = name {
            by_name.entry(name).or_default().push(number);
            self.names.insert(name);
        }
        match tree.kind(node) {
            Kind::Function => {
                if let Some(name) = name {
                    let scope = scope_around(tree, node);
                    self.in_scope.entry((scope, name)).or_default().push(node);
                }
            }
            Kind::Class | Kind::New => {
                if let Some(name) = name {
                    self.classes.entry(name).or_default().push(node);
                }
                let mut bases = Vec::new();
                for base in tree.children(node) {
                    if matches!(tree.role(base), Role::Base | Role::Interface | Role::Callee) {
                        bases.extend(last_name(tree, Some(base)));
                    }
                }
                for &base in &bases {
                    self.extended.entry(base).or_default().push(node);
                }
                self.bases.insert(node, bases);
            }
            _ => {}
        }
    }

    fn define_static(&mut self, tree: &Tree, field: NodeId) {
        let is_static = tree.with_role(field, Role::Modifier).any(|modifier| tree.sym(modifier).as_str() == "static");
        let class = tree.parent(field).and_then(|body| tree.parent(body));
        if let (Some(class), Some(name)) = (class, last_name(tree, tree.child(field, Role::Target)))
            && is_static
            && tree.kind(class) == Kind::Class
        {
            self.statics.insert((class, name));
        }
    }

    fn mention(&mut self, tree: &Tree, scopes: &Scopes, by_name: &NumberMap<Symbol, Vec<usize>>) {
        let mut around: Vec<(usize, NodeId)> = Vec::new();
        let mut makes = vec![false; self.all.len()];
        let mut outer: NumberSet<(usize, Symbol)> = NumberSet::default();
        for node in tree.ids() {
            while around.last().is_some_and(|&(_, end)| end <= node) {
                around.pop();
            }
            let innermost = around.last().map(|&(number, _)| number);
            if let Some(&number) = self.by_node.get(&node) {
                if let Some(innermost) = innermost {
                    self.all[innermost].mentions.push(number);
                }
                for &(number, _) in &around {
                    makes[number] = true;
                }
                around.push((number, tree.end(node)));
                continue;
            }
            let Some(innermost) = innermost else { continue };
            match tree.kind(node) {
                Kind::Ident | Kind::Str | Kind::Atom => {
                    let name = tree.sym(node);
                    if let Some(meant) = by_name.get(&name).filter(|meant| meant.len() <= MAX_SHARED) {
                        self.all[innermost].mentions.extend(meant);
                    }
                    makes[innermost] |= self.classes.contains_key(&name) || is_object_name(name);
                    if tree.kind(node) == Kind::Ident && outer.insert((innermost, name)) {
                        if let Some(class) = self.class_meant(tree, &around, name) {
                            for &(number, _) in around.iter().rev() {
                                self.all[number].uses.push(class);
                            }
                        }
                        for &(number, _) in around.iter().rev() {
                            if scopes.declared(self.all[number].node).contains(&name) {
                                break;
                            }
                            self.all[number].uses.push(name);
                        }
                    }
                }
                Kind::New | Kind::Dict => makes[innermost] = true,
                _ => {}
            }
        }
        let shared = scopes.shared_names();
        for definition in &mut self.all {
            definition.mentions.sort_unstable();
            definition.mentions.dedup();
            definition.uses.sort_unstable();
            definition.uses.dedup();
            definition.uses.retain(|name| shared.contains(name));
        }
        self.shared = shared;
        let mut mentioned_by = vec![Vec::new(); self.all.len()];
        for (number, definition) in self.all.iter().enumerate() {
            for &mentioned in &definition.mentions {
                mentioned_by[mentioned].push(number);
            }
        }
        self.mentioned_by = mentioned_by;
        self.makes = self.closure(makes).0;
    }

    /// The name of the class that a name in its methods stands for: `self`, or a field of the class itself.
    fn class_meant(&self, tree: &Tree, around: &[(usize, NodeId)], name: Symbol) -> Option<Symbol> {
        let is_own = matches!(name.as_str(), "self" | "static");
        if !is_own && !self.fields.contains(&name) {
            return None;
        }
        let classes = around.iter().rev().map(|&(number, _)| self.all[number].node);
        let mut classes = classes.filter(|&class| tree.kind(class) == Kind::Class);
        let class = classes.find(|&class| is_own || self.statics.contains(&(class, name)))?;
        last_name(tree, tree.child(class, Role::Name))
    }

    /// Whether a field belongs to its class itself.
    pub(crate) fn is_static(&self, class: NodeId, name: Symbol) -> bool {
        self.statics.contains(&(class, name))
    }

    /// The definitions from which one of the given nodes can be reached, in them or in what they mention.
    pub(crate) fn reaching(&self, tree: &Tree, nodes: &[NodeId]) -> Reached {
        let mut seeds = vec![false; self.all.len()];
        for &node in nodes {
            let around = std::iter::once(node).chain(tree.ancestors(node));
            if let Some(number) = around.into_iter().find_map(|around| self.by_node.get(&around)) {
                seeds[*number] = true;
            }
        }
        self.closure(seeds)
    }

    fn closure(&self, mut seeds: Vec<bool>) -> Reached {
        let mut work: Vec<usize> = seeds.iter().enumerate().filter(|(_, seed)| **seed).map(|(at, _)| at).collect();
        while let Some(number) = work.pop() {
            for &by in &self.mentioned_by[number] {
                if !std::mem::replace(&mut seeds[by], true) {
                    work.push(by);
                }
            }
        }
        Reached(seeds)
    }

    /// Whether a definition is in a set.
    pub(crate) fn is_in(&self, set: &Reached, node: NodeId) -> bool {
        self.by_node.get(&node).is_some_and(|&number| set.0[number])
    }

    /// Whether a function may give back a function or an object.
    pub(crate) fn makes(&self, node: NodeId) -> bool {
        self.by_node.get(&node).is_some_and(|&number| self.makes[number])
    }

    /// The names of variables outside that a function uses, or one that it may run.
    pub(crate) fn uses(&self, node: NodeId) -> Rc<[Symbol]> {
        let Some(&number) = self.by_node.get(&node) else { return Rc::default() };
        if let Some(known) = self.used.borrow().get(&number) {
            return known.clone();
        }
        let mut seen = vec![false; self.all.len()];
        let mut names = Vec::new();
        let mut work = vec![number];
        seen[number] = true;
        while let Some(number) = work.pop() {
            names.extend(&self.all[number].uses);
            for &mentioned in &self.all[number].mentions {
                if !std::mem::replace(&mut seen[mentioned], true) {
                    work.push(mentioned);
                }
            }
        }
        names.sort_unstable();
        names.dedup();
        let names: Rc<[Symbol]> = names.into();
        self.used.borrow_mut().insert(number, names.clone());
        names
    }

    /// Whether a function tests a variable of its own in a condition, and whether it hands it on in a call.
    pub(crate) fn fate(&self, tree: &Tree, function: NodeId, name: Symbol) -> (bool, bool) {
        self.fates(tree, function).get(&name).copied().unwrap_or_default()
    }

    fn fates(&self, tree: &Tree, function: NodeId) -> Rc<Fates> {
        let known = self.fates.borrow().get(&function).cloned();
        known.unwrap_or_else(|| {
            let mut fates = Fates::default();
            let mut conditions = NodeId(0);
            for node in tree.descendants(function) {
                if matches!(tree.role(node), Role::Cond | Role::Subject | Role::Guard) {
                    conditions = conditions.max(tree.end(node));
                }
                if tree.kind(node) == Kind::Ident {
                    let fate = fates.entry(tree.sym(node)).or_default();
                    fate.0 |= node < conditions;
                    fate.1 |= tree.role(node) == Role::Arg;
                }
            }
            let fates = Rc::new(fates);
            self.fates.borrow_mut().insert(function, fates.clone());
            fates
        })
    }

    /// Whether the variables that a function has in both versions of a tree are used alike ([`fate`](Self::fate)).
    pub(crate) fn has_fates_of(&self, tree: &Tree, other: &Self, other_tree: &Tree, function: NodeId) -> bool {
        let (ours, theirs) = (self.fates(tree, function), other.fates(other_tree, function));
        ours.iter().all(|(name, fate)| theirs.get(name).is_none_or(|other| other == fate))
    }

    /// The functions a bare name means where `node` stands; those of a class count where a language says so.
    pub(crate) fn named(
        &self,
        tree: &Tree,
        language: Language,
        scopes: &Scopes,
        node: NodeId,
        name: Symbol,
    ) -> Vec<NodeId> {
        let of_class = matches!(language, Language::Java | Language::Ruby | Language::Elixir);
        for around in tree.ancestors(node) {
            match tree.kind(around) {
                Kind::Class if !of_class => {}
                Kind::Class => {
                    let found = self.methods(around, name);
                    if !found.is_empty() {
                        return found;
                    }
                }
                Kind::File | Kind::Function | Kind::Lambda | Kind::New => {
                    if let Some(found) = self.in_scope.get(&(around, name)) {
                        return found.clone();
                    }
                    let hides = !of_class && language != Language::Php && tree.kind(around) != Kind::File;
                    if hides && scopes.declared(around).contains(&name) {
                        return Vec::new();
                    }
                }
                _ => {}
            }
        }
        Vec::new()
    }

    /// Whether a class has a field of this name.
    pub(crate) fn has_field(&self, name: Symbol) -> bool {
        self.fields.contains(&name)
    }

    /// Whether a function or class has this name.
    pub(crate) fn has_name(&self, name: Symbol) -> bool {
        self.names.contains(&name)
    }

    /// Whether it makes a difference to code that a function mentions this name: it may stand for a function, class or object of
    /// the file, or for a variable that functions share.
    pub(crate) fn is_telling(&self, name: Symbol) -> bool {
        self.has_name(name) || self.shared.contains(&name) || self.fields.contains(&name) || is_object_name(name)
    }

    /// The class of a name.
    pub(crate) fn class(&self, name: Symbol) -> Option<NodeId> {
        match self.classes.get(&name)?.as_slice() {
            [class] => Some(*class),
            _ => None,
        }
    }

    /// The methods of a name in a class, or in the nearest class it extends that has one.
    pub(crate) fn methods(&self, class: NodeId, name: Symbol) -> Vec<NodeId> {
        self.lineage(class).into_iter().find_map(|class| self.in_scope.get(&(class, name))).cloned().unwrap_or_default()
    }

    /// The methods of a name in the classes that extend a class.
    pub(crate) fn overrides(&self, tree: &Tree, class: NodeId, name: Symbol) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut seen = vec![class];
        let mut at = 0;
        while let Some(&class) = seen.get(at) {
            at += 1;
            let Some(own) = last_name(tree, tree.child(class, Role::Name)) else { continue };
            for &extending in self.extended.get(&own).into_iter().flatten() {
                if !seen.contains(&extending) && seen.len() < MAX_SHARED {
                    seen.push(extending);
                    found.extend(self.in_scope.get(&(extending, name)).into_iter().flatten().copied());
                }
            }
        }
        found
    }

    /// A class and those it extends, as far as they are in the file.
    pub(crate) fn lineage(&self, class: NodeId) -> Vec<NodeId> {
        let mut lineage = vec![class];
        let mut at = 0;
        while let Some(class) = lineage.get(at) {
            at += 1;
            for &base in self.bases.get(class).into_iter().flatten() {
                if let Some(base) = self.class(base).filter(|base| !lineage.contains(base)) {
                    lineage.push(base);
                }
            }
        }
        lineage
    }

    /// Whether all that a class extends is in the file.
    pub(crate) fn is_whole(&self, class: NodeId) -> bool {
        self.lineage(class).iter().all(|class| {
            let bases = self.bases.get(class).map_or(&[][..], Vec::as_slice);
            bases
                .iter()
                .all(|&base| base.as_str() == "object" || base.as_str() == "Object" || self.class(base).is_some())
        })
    }
}

/// The class around a node, functions in between or not.
pub(crate) fn class_around(tree: &Tree, functions: &Functions, node: NodeId) -> Option<NodeId> {
    tree.ancestors(node).find(|around| functions.bases.contains_key(around))
}

/// The function, class or file whose name a definition is.
fn scope_around(tree: &Tree, node: NodeId) -> NodeId {
    let is_scope = |around: &NodeId| {
        matches!(tree.kind(*around), Kind::Class | Kind::Function | Kind::Lambda | Kind::File | Kind::New)
    };
    tree.ancestors(node).find(is_scope).unwrap_or(Tree::ROOT)
}

/// Whether a name stands for the object or the class that a method runs on.
fn is_object_name(name: Symbol) -> bool {
    matches!(name.as_str(), "this" | "self" | "$this" | "cls" | "static")
}

/// What a function without a name is assigned to.
fn assigned_name(tree: &Tree, node: NodeId) -> Option<NodeId> {
    let parent = tree.parent(node)?;
    match tree.kind(parent) {
        Kind::VarDef | Kind::Assign => tree.child(parent, Role::Target),
        Kind::Pair => tree.child(parent, Role::Key),
        _ => None,
    }
}

/// The last part of a name.
pub(crate) fn last_name(tree: &Tree, node: Option<NodeId>) -> Option<Symbol> {
    let node = node?;
    match tree.kind(node) {
        Kind::Ident | Kind::Str | Kind::Atom => Some(tree.sym(node)),
        Kind::Member => last_name(tree, tree.child(node, Role::Name)),
        Kind::Generic => last_name(tree, tree.child(node, Role::Callee)),
        _ => None,
    }
}
