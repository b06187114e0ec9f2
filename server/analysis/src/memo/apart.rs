//! Whether a change lies in a function that a taint rule never ran, and is nothing to the functions that it did run.
//!
//! A run of taint reads the functions it enters; of all others it knows which names they mention, which variables of the code
//! around they assign, and whether they make objects or functions ([`crate::flow::Functions`]). Where these stay, so does what
//! the rule found.

use super::Before;
use crate::context::FileContext;
use crate::flow::{Functions, Scopes};
use crate::matching::Index;
use weir_syntax::{Difference, Kind, NodeId, Role, Symbol, Tree};

/// One version, as far as it is asked here.
struct Version<'a> {
    tree: &'a Tree,
    index: &'a Index,
    scopes: &'a Scopes,
    functions: &'a Functions,
}

/// The functions around a change in whose bodies all of it lies, if others see no difference unless they run them.
#[derive(Default)]
pub(super) struct Apart {
    /// Outermost first.
    pub(super) functions: Vec<NodeId>,
    /// The last of them, if all of the change is in its own code, not in that of functions within it, and if those who run it
    /// need to know no more than what it does.
    pub(super) innermost: Option<NodeId>,
}

impl Apart {
    pub(super) fn of(before: &Before, file: &FileContext<'_>) -> Self {
        let Some(old_functions) = before.kept.functions.get() else { return Self::default() };
        let functions = functions(before, old_functions, file);
        let own = |&node: &NodeId| {
            let around = std::iter::once(node).chain(file.tree.ancestors(node));
            around.into_iter().find(|&node| is_definition(file.tree.kind(node)))
        };
        let is_own = |function: &NodeId| {
            let place = std::iter::once(&before.place);
            before.touched.all().iter().chain(place).all(|node| own(node) == Some(*function) || node < function)
                && old_functions.has_fates_of(&before.kept.tree, file.functions(), file.tree, *function)
        };
        let innermost = functions.last().copied().filter(is_own);
        Self { functions, innermost }
    }
}

fn functions(before: &Before, functions: &Functions, file: &FileContext<'_>) -> Vec<NodeId> {
    let Before { kept, difference, touched, .. } = before;
    let old = Version { tree: &kept.tree, index: &kept.index, scopes: kept.constants.scopes(), functions };
    let (scopes, functions) = (file.constants.scopes(), file.functions());
    let new = Version { tree: file.tree, index: &file.index, scopes, functions };
    let touched = touched.all();
    let holds_all =
        |node: NodeId| touched.iter().all(|&other| new.tree.is_within(other, node) || new.tree.is_within(node, other));
    let definitions: Vec<NodeId> =
        difference.around.iter().copied().filter(|&node| is_definition(new.tree.kind(node))).collect();
    // Numbers of nodes around a change are the same in both versions.
    let changed = Changed::between(&old, &new, difference);
    let same = |&node: &NodeId| {
        changed.is_nothing_to(&old, &new, node)
            && old.declared(node) == new.declared(node)
            && old.writes_outer(node) == new.writes_outer(node)
    };
    let same_names = |&node: &NodeId| old.scopes.declared(node) == new.scopes.declared(node);
    let mut outer = difference.around.iter().filter(|&&node| matches!(new.tree.kind(node), Kind::File | Kind::Class));
    if !outer.all(same_names) || !definitions.iter().all(same) {
        return Vec::new();
    }
    let runs_later = |&node: &NodeId| {
        matches!(new.tree.kind(node), Kind::Function | Kind::Lambda) && in_body(new.tree, difference, node)
    };
    definitions.into_iter().filter(runs_later).filter(|&node| holds_all(node)).collect()
}

/// Whether the change lies in a function's body, not in its parameters.
fn in_body(tree: &Tree, difference: &Difference, function: NodeId) -> bool {
    tree.child(function, Role::Body).is_some_and(|body| difference.around.contains(&body))
}

fn is_definition(kind: Kind) -> bool {
    matches!(kind, Kind::Function | Kind::Lambda | Kind::Class | Kind::New)
}

/// What may be different in what others know of the functions around a change that they do not run. All of it that stands
/// elsewhere is the same in both versions.
struct Changed {
    /// Names in what is new and in what is gone, and those for which an import has others stand; as far as they stand for
    /// something that functions share.
    names: Vec<Symbol>,
    /// Whether there are as many definitions in it, and objects made in it.
    makes_the_same: bool,
}

impl Changed {
    fn between(old: &Version<'_>, new: &Version<'_>, difference: &Difference) -> Self {
        let mut names: Vec<Symbol> = old.index.imported().chain(new.index.imported()).collect();
        let mut made = [[0; 6]; 2];
        for (made, (version, range)) in made.iter_mut().zip([(old, &difference.old), (new, &difference.new)]) {
            for node in range.clone().map(NodeId) {
                match version.tree.kind(node) {
                    Kind::Ident | Kind::Str | Kind::Atom => names.push(version.tree.sym(node)),
                    Kind::Function => made[0] += 1,
                    Kind::Lambda => made[1] += 1,
                    Kind::Class => made[2] += 1,
                    Kind::New => made[3] += 1,
                    Kind::Dict => made[4] += 1,
                    Kind::Import | Kind::ImportFrom => made[5] += 1,
                    _ => {}
                }
            }
        }
        names.sort_unstable();
        names.dedup();
        names.retain(|&name| old.functions.is_telling(name) || new.functions.is_telling(name));
        Self { names, makes_the_same: made[0] == made[1] }
    }

    /// Whether a function around the change mentions the same names of the code around it, and makes the same.
    fn is_nothing_to(&self, old: &Version<'_>, new: &Version<'_>, function: NodeId) -> bool {
        let same = |&name: &Symbol| old.shares(function, name) == new.shares(function, name);
        self.makes_the_same && self.names.iter().all(same)
    }
}

impl Version<'_> {
    /// Whether a name stands both in a function and outside of it.
    fn shares(&self, function: NodeId, name: Symbol) -> bool {
        let within = function.0..self.tree.end(function).0;
        let is_name = |node: &NodeId| {
            matches!(self.tree.kind(*node), Kind::Ident | Kind::Str | Kind::Atom) && self.tree.sym(*node) == name
        };
        self.index.occurs_outside(name, within.clone()) && self.index.occurrences_in(name, within).iter().any(is_name)
    }

    /// Names of a function's own that stand outside of it, too.
    fn declared(&self, function: NodeId) -> Vec<Symbol> {
        let within = function.0..self.tree.end(function).0;
        let outside = |name: &Symbol| self.index.occurs_outside(*name, within.clone());
        let mut declared: Vec<Symbol> = self.scopes.declared(function).iter().copied().filter(outside).collect();
        declared.sort_unstable();
        declared
    }

    /// Names from further out that a function assigns, and whether others do.
    fn writes_outer(&self, function: NodeId) -> Vec<(Symbol, bool)> {
        let writes = self.scopes.writes_outer(function).iter();
        let mut writes: Vec<_> = writes.map(|&name| (name, self.scopes.is_assigned_often(name))).collect();
        writes.sort_unstable();
        writes
    }
}
