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

/// What others know of a function they do not run, by what stands in it.
#[derive(PartialEq)]
struct Mentions {
    /// Names in it that stand outside of it, too, as far as they stand for something.
    names: Vec<Symbol>,
    /// Definitions in it, and objects made in it.
    made: [usize; 6],
}

/// What others know of the variables of a function they do not run.
#[derive(PartialEq)]
struct Says {
    /// Names of its own that stand outside of it, too.
    declared: Vec<Symbol>,
    writes_outer: Vec<(Symbol, bool)>,
}

/// The functions around a change in whose bodies all of it lies, if others see no difference; outermost first.
pub(super) fn functions(before: &Before, file: &FileContext<'_>) -> Vec<NodeId> {
    let Before { kept, difference, touched, .. } = before;
    let Some(functions) = kept.functions.get() else { return Vec::new() };
    let old = Version { tree: &kept.tree, index: &kept.index, scopes: kept.constants.scopes(), functions };
    let (scopes, functions) = (file.constants.scopes(), file.functions());
    let new = Version { tree: file.tree, index: &file.index, scopes, functions };
    let touched = touched.all();
    let holds_all =
        |node: NodeId| touched.iter().all(|&other| new.tree.is_within(other, node) || new.tree.is_within(node, other));
    let definitions: Vec<NodeId> =
        difference.around.iter().copied().filter(|&node| is_definition(new.tree.kind(node))).collect();
    // Numbers of nodes around a change are the same in both versions. What stands outside of an outer definition stands outside
    // of the innermost one.
    let mentions = |version: &Version<'_>| {
        let telling = |name: Symbol| old.functions.is_telling(name) || new.functions.is_telling(name);
        definitions.last().map(|&innermost| version.mentions(innermost, &telling))
    };
    let same = |&node: &NodeId| old.says(node) == new.says(node);
    let mut outer = difference.around.iter().filter(|&&node| matches!(new.tree.kind(node), Kind::File | Kind::Class));
    let same_names = |&node: &NodeId| old.scopes.declared(node) == new.scopes.declared(node);
    if !outer.all(same_names) || !definitions.iter().all(same) || mentions(&old) != mentions(&new) {
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

impl Version<'_> {
    fn mentions(&self, node: NodeId, is_telling: &impl Fn(Symbol) -> bool) -> Mentions {
        let mut names = Vec::new();
        let mut made = [0; 6];
        for below in self.tree.descendants(node) {
            match self.tree.kind(below) {
                Kind::Ident | Kind::Str | Kind::Atom => names.push(self.tree.sym(below)),
                Kind::Function => made[0] += 1,
                Kind::Lambda => made[1] += 1,
                Kind::Class => made[2] += 1,
                Kind::New => made[3] += 1,
                Kind::Dict => made[4] += 1,
                Kind::Import | Kind::ImportFrom => made[5] += 1,
                _ => {}
            }
        }
        names.sort_unstable();
        names.dedup();
        names.retain(|&name| is_telling(name) && self.is_outside(name, node));
        Mentions { names, made }
    }

    fn says(&self, node: NodeId) -> Says {
        let declared = self.scopes.declared(node).iter().copied();
        let mut declared: Vec<Symbol> = declared.filter(|&name| self.is_outside(name, node)).collect();
        declared.sort_unstable();
        let writes = self.scopes.writes_outer(node).iter();
        let mut writes_outer: Vec<_> = writes.map(|&name| (name, self.scopes.is_assigned_often(name))).collect();
        writes_outer.sort_unstable();
        Says { declared, writes_outer }
    }

    /// Whether a name stands outside of a node, too.
    fn is_outside(&self, name: Symbol, node: NodeId) -> bool {
        self.index.occurs_outside(name, node.0..self.tree.end(node).0)
    }
}
