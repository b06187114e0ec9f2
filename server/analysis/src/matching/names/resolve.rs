//! Which declaration each name of a tree refers to.

use super::{Entity, Names, Segment, module_path, required};
use crate::hash::{NumberMap, NumberSet};
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

impl Names {
    /// Resolves the names of a tree.
    pub(crate) fn of(tree: &Tree, language: Language) -> Self {
        let mut collector = Collector {
            tree,
            language,
            declared: NumberMap::default(),
            names: NumberSet::default(),
            repeated: NumberSet::default(),
            entities: Vec::new(),
            wildcards: Vec::new(),
            at: Tree::ROOT,
        };
        let mut scopes = Scopes::default();
        let mut resolved = vec![0; tree.len()];
        // Names mean what was declared last before them...
        let mut unresolved = Vec::new();
        for node in tree.ids() {
            scopes.enter(tree, node);
            collector.declare(node, &scopes);
            if tree.kind(node) == Kind::Ident && refers(tree, node) {
                let number = collector.resolve(node, &scopes);
                resolved[node.0 as usize] = number;
                if number == 0 {
                    unresolved.push(node);
                }
            }
        }
        // ... or, in functions that are written before, what is declared later; imports only hold from where they stand.
        unresolved.retain(|&node| collector.names.contains(&tree.sym(node)));
        for node in unresolved {
            let number = collector.resolve(node, &Scopes::around(tree, node));
            let is_import = collector.entities.get(number.wrapping_sub(1) as usize).is_some_and(|e| !e.path.is_empty());
            resolved[node.0 as usize] = if is_import { 0 } else { number };
        }
        let names = |path: &Vec<Segment>| path.iter().map(|segment| segment.name).collect::<Vec<_>>();
        let opened: NumberSet<Symbol> = collector.wildcards.iter().flat_map(|(_, path)| names(path)).collect();
        let paths = collector.entities.iter().flat_map(|entity| names(&entity.path));
        let imported = paths.chain(opened.iter().copied()).collect();
        Self {
            imported,
            opened,
            resolved,
            entities: collector.entities,
            declared: collector.declared,
            all: collector.names,
            repeated: collector.repeated,
            wildcards: collector.wildcards,
        }
    }
}

/// Python, Ruby, PHP and Elixir declare a variable by assigning to it.
pub(super) fn assignment_declares(language: Language) -> bool {
    matches!(language, Language::Python | Language::Ruby | Language::Php | Language::Elixir)
}

/// Whether an identifier is a name of its own, not a member's, a keyword's or a key's.
pub(super) fn refers(tree: &Tree, node: NodeId) -> bool {
    let parent = tree.parent(node).map(|parent| tree.kind(parent));
    match tree.role(node) {
        Role::Name => !matches!(parent, Some(Kind::Member | Kind::KeywordArg | Kind::JsxAttr)),
        Role::Key => false,
        _ => true,
    }
}

/// The scopes open at a node, the file first.
#[derive(Default)]
pub(super) struct Scopes(Vec<NodeId>);

impl Scopes {
    fn enter(&mut self, tree: &Tree, node: NodeId) {
        while self.0.last().is_some_and(|&scope| tree.end(scope) <= node) {
            self.0.pop();
        }
        if opens(tree.kind(node)) {
            self.0.push(node);
        }
    }

    /// Those around a node.
    pub(super) fn around(tree: &Tree, node: NodeId) -> Self {
        let mut scopes: Vec<NodeId> = tree.ancestors(node).filter(|&above| opens(tree.kind(above))).collect();
        scopes.reverse();
        Self(scopes)
    }

    /// Where a name declared by `node` lives. The node itself may be a scope (a function's name is outside).
    fn owner(&self, tree: &Tree, node: NodeId, wanted: impl Fn(Kind) -> bool) -> NodeId {
        let outside = self.0.iter().rev().filter(|&&scope| scope != node);
        outside.copied().find(|&scope| wanted(tree.kind(scope))).unwrap_or(Tree::ROOT)
    }

    /// The scopes whose names can be used here, innermost first. A class's names are used through the object, but in Java.
    pub(super) fn visible<'s>(&'s self, tree: &'s Tree, language: Language) -> impl Iterator<Item = NodeId> + 's {
        let mut in_function = false;
        self.0.iter().rev().copied().filter(move |&scope| match tree.kind(scope) {
            Kind::Class => !in_function || language == Language::Java,
            Kind::Function | Kind::Lambda => {
                in_function = true;
                true
            }
            _ => true,
        })
    }
}

/// Whether a node of a kind has names of its own.
pub(super) fn opens(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::File
            | Kind::Function
            | Kind::Lambda
            | Kind::Class
            | Kind::Block
            | Kind::Comprehension
            | Kind::For
            | Kind::ForEach
            | Kind::Catch
    )
}

struct Collector<'t> {
    tree: &'t Tree,
    language: Language,
    declared: NumberMap<(NodeId, Symbol), u32>,
    /// All names that are declared anywhere: most are not, which is seen without going through the scopes.
    names: NumberSet<Symbol>,
    /// Those that one scope declares more than once.
    repeated: NumberSet<Symbol>,
    entities: Vec<Entity>,
    wildcards: Vec<(NodeId, Vec<Segment>)>,
    /// The node at hand.
    at: NodeId,
}

impl Collector<'_> {
    fn declare(&mut self, node: NodeId, scopes: &Scopes) {
        self.at = node;
        let tree = self.tree;
        let function = |kind: Kind| matches!(kind, Kind::Function | Kind::Lambda | Kind::Class | Kind::File);
        match tree.kind(node) {
            Kind::Param => {
                let owner =
                    scopes.owner(tree, node, |kind| matches!(kind, Kind::Function | Kind::Lambda | Kind::Catch));
                if let Some(name) = tree.child(node, Role::Name) {
                    self.bind(owner, name, tree.child(node, Role::Type));
                    if let Some(class) = self.class_that_keeps(node, owner) {
                        self.bind(class, name, tree.child(node, Role::Type));
                    }
                }
            }
            Kind::VarDef => {
                let owner = if self.block_scoped(node) {
                    scopes.owner(tree, node, |kind| {
                        function(kind) || matches!(kind, Kind::Block | Kind::For | Kind::ForEach)
                    })
                } else {
                    scopes.owner(tree, node, function)
                };
                let owner = self.class_of_body(owner);
                if self.require(owner, node) {
                    return;
                }
                if let Some(target) = tree.child(node, Role::Target) {
                    let made = || {
                        let value = tree.child(node, Role::Value)?;
                        (tree.kind(value) == Kind::New).then(|| tree.child(value, Role::Callee)).flatten()
                    };
                    // `var` of Java says no type.
                    let type_ = tree.child(node, Role::Type).filter(|&type_| tree.sym(type_).as_str() != "var");
                    self.bind(owner, target, type_.or_else(made));
                }
            }
            Kind::Assign if self.assignment_declares() => {
                let owner = scopes.owner(tree, node, function);
                if let Some(target) = tree.child(node, Role::Target) {
                    let value = tree.child(node, Role::Value).filter(|&value| tree.kind(value) == Kind::New);
                    self.bind_new(owner, target, value.and_then(|value| tree.child(value, Role::Callee)));
                }
            }
            Kind::ForEach | Kind::CompFor => {
                let owner = if self.assignment_declares() && tree.kind(node) == Kind::ForEach {
                    scopes.owner(tree, node, function)
                } else {
                    scopes.0.last().copied().unwrap_or(Tree::ROOT)
                };
                // A declared target (`for (const x of xs)`) is a VarDef and comes by itself.
                let target = tree.child(node, Role::Target).filter(|&target| tree.kind(target) != Kind::VarDef);
                if let Some(target) = target
                    && (self.assignment_declares() || tree.kind(node) == Kind::CompFor)
                {
                    self.bind_new(owner, target, None);
                }
            }
            Kind::Catch => {
                if let Some(name) = tree.child(node, Role::Name) {
                    self.bind(node, name, tree.child(node, Role::Type));
                }
            }
            Kind::Function | Kind::Class => {
                let owner = self.class_of_body(scopes.owner(tree, node, |kind| function(kind) || kind == Kind::Block));
                // A method is called through its object.
                let is_method = tree.kind(node) == Kind::Function && tree.kind(owner) == Kind::Class;
                if let Some(name) = tree.child(node, Role::Name).filter(|_| !is_method) {
                    self.bind(owner, name, None);
                }
            }
            // Ruby's `require` gives nothing a name.
            Kind::Import | Kind::ImportFrom if self.language != Language::Ruby => {
                let owner = scopes.owner(tree, node, function);
                self.import(owner, node);
            }
            _ => {}
        }
    }

    /// The number of what a name refers to.
    fn resolve(&self, node: NodeId, scopes: &Scopes) -> u32 {
        let tree = self.tree;
        let name = tree.sym(node);
        if !self.names.contains(&name) {
            return 0;
        }
        let found = scopes.visible(tree, self.language).find_map(|scope| self.declared.get(&(scope, name)));
        found.copied().unwrap_or_default()
    }

    fn assignment_declares(&self) -> bool {
        assignment_declares(self.language)
    }

    fn block_scoped(&self, var_def: NodeId) -> bool {
        match self.language {
            Language::Java => true,
            Language::JavaScript | Language::TypeScript | Language::Tsx => {
                !self.tree.with_role(var_def, Role::Modifier).any(|modifier| self.tree.sym(modifier).as_str() == "var")
            }
            _ => false,
        }
    }

    /// The body of a class holds the class's own names.
    fn class_of_body(&self, scope: NodeId) -> NodeId {
        match self.tree.parent(scope) {
            Some(parent) if self.tree.kind(scope) == Kind::Block && self.tree.kind(parent) == Kind::Class => parent,
            _ => scope,
        }
    }

    /// Declares every identifier of a target, destructuring included.
    fn bind(&mut self, owner: NodeId, target: NodeId, type_: Option<NodeId>) {
        let tree = self.tree;
        match tree.kind(target) {
            Kind::Ident => self.add(owner, tree.sym(target), type_, Vec::new()),
            Kind::Array | Kind::Tuple | Kind::Dict | Kind::Spread | Kind::Pair | Kind::Assign | Kind::Other => {
                for child in tree.children(target) {
                    if !matches!(tree.role(child), Role::Key | Role::Default) {
                        self.bind(owner, child, None);
                    }
                }
            }
            _ => {}
        }
    }

    /// As [`bind`](Self::bind), for an assignment: the first one declares. Of several types it has none.
    fn bind_new(&mut self, owner: NodeId, target: NodeId, type_: Option<NodeId>) {
        let tree = self.tree;
        let before = self.declared.get(&(owner, tree.sym(target))).filter(|_| tree.kind(target) == Kind::Ident);
        let Some(&before) = before else { return self.bind(owner, target, type_) };
        let known = &mut self.entities[before as usize - 1].type_;
        let same = |type_: NodeId, known: NodeId| tree.sym(type_) == tree.sym(known);
        *known = known.filter(|&known| type_.is_some_and(|type_| same(type_, known)));
    }

    /// The class whose field a parameter of its constructor is too: in JavaScript where it says how the field can be reached,
    /// and in a class with a decorator, whose framework hands it over.
    fn class_that_keeps(&self, parameter: NodeId, function: NodeId) -> Option<NodeId> {
        let tree = self.tree;
        let is_constructor =
            tree.child(function, Role::Name).is_some_and(|name| tree.sym(name).as_str() == "constructor");
        let is_script = matches!(self.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
        let class = tree.ancestors(function).nth(1).filter(|&class| tree.kind(class) == Kind::Class)?;
        let says = tree.child(parameter, Role::Modifier).is_some() || tree.child(class, Role::Decorator).is_some();
        (is_script && is_constructor && says).then_some(class)
    }

    fn add(&mut self, owner: NodeId, name: Symbol, type_: Option<NodeId>, path: Vec<Segment>) {
        self.names.insert(name);
        self.entities.push(Entity { type_, path, by: self.at });
        if self.declared.insert((owner, name), self.entities.len() as u32).is_some() {
            self.repeated.insert(name);
        }
    }

    fn import(&mut self, owner: NodeId, node: NodeId) {
        let tree = self.tree;
        let Some(module) = tree.child(node, Role::Module) else { return };
        let mut path = module_path(tree, module);
        let alias = tree.child(node, Role::Alias).filter(|&alias| tree.kind(alias) == Kind::Ident);
        if tree.kind(node) == Kind::ImportFrom {
            let Some(name) = tree.child(node, Role::Name) else { return };
            if tree.sym(name).as_str() == "*" {
                if owner == Tree::ROOT {
                    self.wildcards.push((node, path));
                }
                return;
            }
            path.push(Segment { name: tree.sym(name), node: name });
            let local = alias.unwrap_or(name);
            self.add(owner, tree.sym(local), None, path);
        } else if let Some(alias) = alias {
            self.add(owner, tree.sym(alias), None, path);
        } else if let Some(first) = path.first().copied() {
            path.truncate(1);
            self.add(owner, first.name, None, path);
        }
    }

    /// `const m = require("m")`, `const {a, b: c} = require("m")`, `const a = require("m").a`.
    fn require(&mut self, owner: NodeId, var_def: NodeId) -> bool {
        let tree = self.tree;
        let (Some(target), Some(value)) = (tree.child(var_def, Role::Target), tree.child(var_def, Role::Value)) else {
            return false;
        };
        let Some(path) = required(tree, value) else { return false };
        match tree.kind(target) {
            Kind::Ident => self.add(owner, tree.sym(target), None, path),
            Kind::Dict => {
                for entry in tree.children(target).filter(|&entry| tree.kind(entry) == Kind::Pair) {
                    let (Some(key), Some(local)) = (tree.child(entry, Role::Key), tree.child(entry, Role::Value))
                    else {
                        continue;
                    };
                    if tree.kind(local) == Kind::Ident {
                        let mut path = path.clone();
                        path.push(Segment { name: tree.sym(key), node: local });
                        self.add(owner, tree.sym(local), None, path);
                    }
                }
            }
            _ => return false,
        }
        true
    }
}
