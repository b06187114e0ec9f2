//! What names stand for: which declaration a name refers to, and under which full name an import brought it in.
//!
//! Scopes are functions, classes and the file, and blocks where the language has block scopes. A name that nothing in the
//! file declares has no entity and is compared by its text alone.

use crate::hash::{NumberMap, NumberSet};
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

/// The names of a file, resolved.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By node: 0, or one more than the index into `entities`.
    resolved: Vec<u32>,
    entities: Vec<Entity>,
    declared: NumberMap<(NodeId, Symbol), u32>,
    /// Modules all of whose names were imported for the whole file, and from where on.
    wildcards: Vec<(NodeId, Vec<Segment>)>,
    /// Names that are part of an import.
    imported: NumberSet<Symbol>,
    /// Names of modules all of whose names were imported.
    opened: NumberSet<Symbol>,
}

/// Something declared.
#[derive(Debug)]
pub(crate) struct Entity {
    /// Its declared type, or the class that `new` made it of.
    pub(crate) type_: Option<NodeId>,
    /// Its full name, if it is imported; empty if not.
    pub(crate) path: Vec<Segment>,
}

/// One step of a full name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The name.
    pub(crate) name: Symbol,
    /// The node that stands for the full name up to here.
    pub(crate) node: NodeId,
}

impl Names {
    /// Resolves the names of a tree.
    pub(crate) fn of(tree: &Tree, language: Language) -> Self {
        let mut collector =
            Collector { tree, language, declared: NumberMap::default(), entities: Vec::new(), wildcards: Vec::new() };
        let mut scopes = Scopes::default();
        let mut resolved = vec![0; tree.len()];
        // Names mean what was declared last before them...
        for node in tree.ids() {
            scopes.enter(tree, node);
            collector.declare(node, &scopes);
            resolved[node.0 as usize] = collector.resolve(node, &scopes);
        }
        // ... or, in functions that are written before, what is declared later; imports only hold from where they stand.
        let mut scopes = Scopes::default();
        for node in tree.ids() {
            scopes.enter(tree, node);
            if resolved[node.0 as usize] == 0 {
                let number = collector.resolve(node, &scopes);
                let is_import =
                    collector.entities.get(number.wrapping_sub(1) as usize).is_some_and(|e| !e.path.is_empty());
                resolved[node.0 as usize] = if is_import { 0 } else { number };
            }
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
            wildcards: collector.wildcards,
        }
    }

    /// What an identifier refers to, if the file declares it.
    pub(crate) fn entity(&self, node: NodeId) -> Option<&Entity> {
        let number = *self.resolved.get(node.0 as usize)?;
        self.entities.get(number.checked_sub(1)? as usize)
    }

    /// The type a name was declared with; a name that is a type is of itself.
    pub(crate) fn type_of(&self, tree: &Tree, node: NodeId) -> Option<NodeId> {
        match self.entity(node) {
            Some(entity) => entity.type_.or_else(|| (!entity.path.is_empty()).then_some(node)),
            None => tree.sym(node).as_str().starts_with(char::is_uppercase).then_some(node),
        }
    }

    /// The declared type of `this.x`.
    pub(super) fn type_of_field(&self, tree: &Tree, node: NodeId) -> Option<NodeId> {
        let (object, name) = (tree.child(node, Role::Object)?, tree.child(node, Role::Name)?);
        if !matches!(tree.sym(object).as_str(), "this" | "self") {
            return None;
        }
        let class = tree.ancestors(node).find(|&above| tree.kind(above) == Kind::Class)?;
        let number = self.declared.get(&(class, tree.sym(name)))?;
        self.entities[*number as usize - 1].type_
    }

    /// Whether two identifiers can be the same thing: the same declaration, or one of them unknown.
    pub(crate) fn same_entity(&self, a: NodeId, b: NodeId) -> bool {
        let number = |node: NodeId| self.resolved.get(node.0 as usize).copied().unwrap_or_default();
        let (a, b) = (number(a), number(b));
        a == b || a == 0 || b == 0
    }

    /// Whether a name is part of an import, so that code may call the same thing by another name.
    pub(super) fn is_imported(&self, name: Symbol) -> bool {
        self.imported.contains(&name)
    }

    /// Whether a name is a module's all of whose names were imported: any name may be within it.
    pub(super) fn is_opened(&self, name: Symbol) -> bool {
        self.opened.contains(&name)
    }

    /// Identifiers that stand for something imported, in order, each with the full name it stands for.
    pub(super) fn references(&self) -> impl Iterator<Item = (NodeId, &[Segment])> {
        (0..).map(NodeId).zip(&self.resolved).filter_map(|(node, &number)| {
            let path = &self.entities.get(number.checked_sub(1)? as usize)?.path;
            (!path.is_empty()).then_some((node, path.as_slice()))
        })
    }

    /// The full name of an identifier or member chain that starts with something imported.
    pub(crate) fn path(&self, tree: &Tree, node: NodeId) -> Option<Vec<Segment>> {
        // Most names are no import's: that is seen before the chain is written down.
        let entity = self.entity(head(tree, node)?)?;
        if entity.path.is_empty() {
            return None;
        }
        let (_, chain) = chain(tree, node)?;
        Some(entity.path.iter().chain(chain.iter().rev()).copied().collect())
    }

    /// The full names an identifier or member chain can have because all names of a module were imported.
    pub(crate) fn wildcard_paths(&self, tree: &Tree, node: NodeId) -> Vec<Vec<Segment>> {
        if self.wildcards.is_empty() {
            return Vec::new();
        }
        let Some((head, mut chain)) = chain(tree, node).filter(|(head, _)| self.entity(*head).is_none()) else {
            return Vec::new();
        };
        chain.push(Segment { name: tree.sym(head), node: head });
        let modules = self.wildcards.iter().filter(|(import, _)| *import < node);
        modules.map(|(_, module)| module.iter().chain(chain.iter().rev()).copied().collect()).collect()
    }
}

/// The identifier a member chain starts with.
fn head(tree: &Tree, node: NodeId) -> Option<NodeId> {
    let mut at = node;
    while tree.kind(at) == Kind::Member {
        at = tree.child(at, Role::Object)?;
    }
    (tree.kind(at) == Kind::Ident).then_some(at)
}

/// The identifier a member chain starts with, and its members, last first.
fn chain(tree: &Tree, node: NodeId) -> Option<(NodeId, Vec<Segment>)> {
    let mut chain = Vec::new();
    let mut at = node;
    while tree.kind(at) == Kind::Member {
        chain.push(Segment { name: tree.sym(tree.child(at, Role::Name)?), node: at });
        at = tree.child(at, Role::Object)?;
    }
    (tree.kind(at) == Kind::Ident).then_some((at, chain))
}

/// Whether an identifier is a name of its own, not a member's, a keyword's or a key's.
fn refers(tree: &Tree, node: NodeId) -> bool {
    let parent = tree.parent(node).map(|parent| tree.kind(parent));
    match tree.role(node) {
        Role::Name => !matches!(parent, Some(Kind::Member | Kind::KeywordArg | Kind::JsxAttr)),
        Role::Key => false,
        _ => true,
    }
}

/// The scopes open at a node, the file first.
#[derive(Default)]
struct Scopes(Vec<NodeId>);

impl Scopes {
    fn enter(&mut self, tree: &Tree, node: NodeId) {
        while self.0.last().is_some_and(|&scope| tree.end(scope) <= node) {
            self.0.pop();
        }
        let opens = matches!(
            tree.kind(node),
            Kind::File
                | Kind::Function
                | Kind::Lambda
                | Kind::Class
                | Kind::Block
                | Kind::Comprehension
                | Kind::For
                | Kind::ForEach
                | Kind::Catch
        );
        if opens {
            self.0.push(node);
        }
    }

    /// Where a name declared by `node` lives. The node itself may be a scope (a function's name is outside).
    fn owner(&self, tree: &Tree, node: NodeId, wanted: impl Fn(Kind) -> bool) -> NodeId {
        let outside = self.0.iter().rev().filter(|&&scope| scope != node);
        outside.copied().find(|&scope| wanted(tree.kind(scope))).unwrap_or(Tree::ROOT)
    }

    /// The scopes whose names can be used here, innermost first. A class's names are used through the object, but in Java.
    fn visible<'s>(&'s self, tree: &'s Tree, language: Language) -> impl Iterator<Item = NodeId> + 's {
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

struct Collector<'t> {
    tree: &'t Tree,
    language: Language,
    declared: NumberMap<(NodeId, Symbol), u32>,
    entities: Vec<Entity>,
    wildcards: Vec<(NodeId, Vec<Segment>)>,
}

impl Collector<'_> {
    fn declare(&mut self, node: NodeId, scopes: &Scopes) {
        let tree = self.tree;
        let function = |kind: Kind| matches!(kind, Kind::Function | Kind::Lambda | Kind::Class | Kind::File);
        match tree.kind(node) {
            Kind::Param => {
                let owner =
                    scopes.owner(tree, node, |kind| matches!(kind, Kind::Function | Kind::Lambda | Kind::Catch));
                if let Some(name) = tree.child(node, Role::Name) {
                    self.bind(owner, name, tree.child(node, Role::Type));
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
                    self.bind_new(owner, target);
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
                    self.bind_new(owner, target);
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
            Kind::Import | Kind::ImportFrom => {
                let owner = scopes.owner(tree, node, function);
                self.import(owner, node);
            }
            _ => {}
        }
    }

    /// The number of what a name refers to.
    fn resolve(&self, node: NodeId, scopes: &Scopes) -> u32 {
        let tree = self.tree;
        if tree.kind(node) != Kind::Ident || !refers(tree, node) {
            return 0;
        }
        let name = tree.sym(node);
        let found = scopes.visible(tree, self.language).find_map(|scope| self.declared.get(&(scope, name)));
        found.copied().unwrap_or_default()
    }

    /// Python, Ruby, PHP and Elixir declare a variable by assigning to it.
    fn assignment_declares(&self) -> bool {
        matches!(self.language, Language::Python | Language::Ruby | Language::Php | Language::Elixir)
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

    /// As [`bind`](Self::bind), for an assignment: the first one declares.
    fn bind_new(&mut self, owner: NodeId, target: NodeId) {
        let tree = self.tree;
        if tree.kind(target) == Kind::Ident && self.declared.contains_key(&(owner, tree.sym(target))) {
            return;
        }
        self.bind(owner, target, None);
    }

    fn add(&mut self, owner: NodeId, name: Symbol, type_: Option<NodeId>, path: Vec<Segment>) {
        self.entities.push(Entity { type_, path });
        self.declared.insert((owner, name), self.entities.len() as u32);
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

/// The full name of an import's module.
pub(super) fn module_path(tree: &Tree, module: NodeId) -> Vec<Segment> {
    match tree.kind(module) {
        Kind::Member => {
            let mut path = tree.child(module, Role::Object).map(|object| module_path(tree, object)).unwrap_or_default();
            if let Some(name) = tree.child(module, Role::Name) {
                path.push(Segment { name: tree.sym(name), node: module });
            }
            path
        }
        _ => vec![Segment { name: tree.sym(module), node: module }],
    }
}

/// The full name of what `require` gives.
pub(super) fn required(tree: &Tree, value: NodeId) -> Option<Vec<Segment>> {
    match tree.kind(value) {
        Kind::Member => {
            let mut path = required(tree, tree.child(value, Role::Object)?)?;
            let name = tree.child(value, Role::Name)?;
            path.push(Segment { name: tree.sym(name), node: value });
            Some(path)
        }
        Kind::Call => {
            let callee = tree.child(value, Role::Callee)?;
            let mut args = tree.with_role(value, Role::Arg);
            let module = args.next()?;
            let is_require = tree.kind(callee) == Kind::Ident && tree.sym(callee).as_str() == "require";
            (is_require && args.next().is_none() && tree.kind(module) == Kind::Str)
                .then(|| vec![Segment { name: tree.sym(module), node: module }])
        }
        _ => None,
    }
}
