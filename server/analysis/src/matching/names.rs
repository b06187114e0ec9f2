//! What names stand for: which declaration a name refers to, and under which full name an import brought it in.
//!
//! Scopes are functions, classes and the file, and blocks where the language has block scopes. A name that nothing in the
//! file declares has no entity and is compared by its text alone.

use super::list::Touched;
use crate::hash::{NumberMap, NumberSet};
use weir_model::{Language, Span};
use weir_syntax::{Difference, Kind, NodeId, Role, Symbol, Tree};

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

    /// Names that refer to something else than they did in an older version: to another declaration, or to one whose type or
    /// import is touched. `None` if that cannot be told name by name.
    pub(crate) fn changed_since(
        &self,
        old: &Self,
        tree: &Tree,
        (old_tree, difference): (&Tree, &Difference),
        touched: &Touched,
    ) -> Option<Vec<NodeId>> {
        let moved = |node: NodeId, now: NodeId| difference.node(node) == Some(now) && !touched.has(now);
        let same_path = |path: &[Segment], other: &[Segment]| {
            path.len() == other.len() && path.iter().zip(other).all(|(a, b)| a.name == b.name && moved(a.node, b.node))
        };
        let same_entity = |entity: &Entity, other: &Entity| {
            let same_type = match (entity.type_, other.type_) {
                (Some(type_), Some(now)) => moved(type_, now),
                (None, None) => true,
                _ => false,
            };
            same_type && same_path(&entity.path, &other.path)
        };
        let same_wildcards = self.wildcards.len() == old.wildcards.len()
            && old
                .wildcards
                .iter()
                .zip(&self.wildcards)
                .all(|((at, path), (now, other))| moved(*at, *now) && same_path(path, other));
        // Fields are found through their class.
        let of_classes = |names: &Self, tree: &Tree| {
            let mut fields: Vec<_> = names
                .declared
                .iter()
                .filter(|((owner, _), _)| tree.kind(*owner) == Kind::Class)
                .map(|((owner, name), number)| (*owner, *name, *number as usize - 1))
                .collect();
            fields.sort_unstable();
            fields
        };
        let (fields, old_fields) = (of_classes(self, tree), of_classes(old, old_tree));
        let same_fields = fields.len() == old_fields.len()
            && old_fields.iter().all(|(owner, name, number)| {
                let Some(owner) = difference.node(*owner) else { return false };
                let at = fields.partition_point(|(other, field, _)| (*other, *field) < (owner, *name));
                fields.get(at).is_some_and(|(other, field, now)| {
                    (*other, *field) == (owner, *name) && same_entity(&old.entities[*number], &self.entities[*now])
                })
            });
        if !same_wildcards || !same_fields {
            return None;
        }
        // Numbers of declarations may differ; they must differ alike wherever they occur.
        let mut now_of: Vec<u32> = vec![u32::MAX; old.entities.len() + 1];
        let mut was_of: Vec<u32> = vec![u32::MAX; self.entities.len() + 1];
        (now_of[0], was_of[0]) = (0, 0);
        let mut changed = Vec::new();
        let mut compare = |at: usize, was: u32, now: u32| {
            let (known, back) = (now_of[was as usize], was_of[now as usize]);
            if known == now && back == was {
                return;
            }
            if known == u32::MAX
                && back == u32::MAX
                && same_entity(&old.entities[was as usize - 1], &self.entities[now as usize - 1])
            {
                (now_of[was as usize], was_of[now as usize]) = (now, was);
                return;
            }
            changed.push(NodeId(at as u32));
        };
        let before = difference.new.start as usize;
        for at in 0..before {
            compare(at, old.resolved[at], self.resolved[at]);
        }
        let behind = (difference.new.end as usize..).zip(&self.resolved[difference.new.end as usize..]);
        for ((at, &now), &was) in behind.zip(&old.resolved[difference.old.end as usize..]) {
            compare(at, was, now);
        }
        Some(changed)
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

    /// For a part of an import outside a place: the last name within the place that stands for it there.
    pub(super) fn use_of(&self, tree: &Tree, part: NodeId, within: Span) -> Option<NodeId> {
        let in_import = |node: NodeId| {
            tree.ancestors(node).any(|above| matches!(tree.kind(above), Kind::Import | Kind::ImportFrom))
        };
        if !in_import(part) || within.contains(tree.span(part)) {
            return None;
        }
        let uses = self.references().filter(|(node, path)| {
            within.contains(tree.span(*node)) && path.iter().any(|segment| segment.node == part) && !in_import(*node)
        });
        uses.last().map(|(node, _)| node)
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

    /// The full names an identifier or member chain can stand for, their parts joined by dots: by an import, or as it is
    /// written, if the file declares nothing of that name.
    pub(super) fn full_names(&self, tree: &Tree, node: NodeId) -> Vec<String> {
        let joined = |path: &[Segment]| {
            let parts: Vec<&str> = path.iter().map(|segment| segment.name.as_str()).collect();
            parts.join(".").replace("::", ".").replace('\\', ".").trim_start_matches('.').to_owned()
        };
        if let Some(path) = self.path(tree, node) {
            return vec![joined(&path)];
        }
        let mut names: Vec<String> = self.wildcard_paths(tree, node).iter().map(|path| joined(path)).collect();
        if let Some((head, mut chain)) = chain(tree, node).filter(|(head, _)| self.entity(*head).is_none()) {
            chain.push(Segment { name: tree.sym(head), node: head });
            chain.reverse();
            names.push(joined(&chain));
        }
        names
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
