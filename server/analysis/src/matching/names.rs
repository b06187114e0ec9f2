//! What names stand for: which declaration a name refers to, and under which full name an import brought it in.
//!
//! Scopes are functions, classes and the file, and blocks where the language has block scopes. A name that nothing in the
//! file declares has no entity and is compared by its text alone.

mod again;
mod resolve;

use crate::hash::{NumberMap, NumberSet};
use weir_model::Span;
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

/// The names of a file, resolved.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By node: 0, or one more than the index into `entities`.
    resolved: Vec<u32>,
    entities: Vec<Entity>,
    declared: NumberMap<(NodeId, Symbol), u32>,
    /// All names that are declared anywhere, and those that one scope declares more than once.
    all: NumberSet<Symbol>,
    repeated: NumberSet<Symbol>,
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
    /// The node that declares it.
    by: NodeId,
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
