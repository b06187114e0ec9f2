//! What the constants of a version before tell of functions that a change did not touch.
//!
//! What is known in a function's body depends on its code, and on what the names it uses are assigned outside of it. So a
//! function is as before where no name in it is one of which the scopes tell something else.

use super::constant::{Constants, NOTHING, Run};
use super::literal::Value;
use super::scope::Scopes;
use crate::hash::NumberSet;
use weir_syntax::{Difference, NodeId, Symbol, Tree};

/// The version before.
pub(super) struct Earlier<'a> {
    constants: &'a Constants,
    difference: &'a Difference,
    tree: &'a Tree,
    /// Where names occur of which something else is known, in order.
    changed: Vec<NodeId>,
}

/// Rounds until no more names are found that depend on others.
const ROUNDS: usize = 4;

impl<'a> Earlier<'a> {
    /// What a version before tells; nothing if too much of it may have changed.
    pub(super) fn new(
        constants: &'a Constants,
        difference: &'a Difference,
        tree: &'a Tree,
        scopes: &Scopes,
    ) -> Option<Self> {
        let mut names = scopes.changed_names(&constants.scopes, tree, difference);
        for _ in 0..ROUNDS {
            let changed = occurrences(tree, &names);
            let known = names.len();
            names.extend(scopes.names_that_hold(tree, &changed));
            if names.len() == known {
                return Some(Self { constants, difference, tree, changed });
            }
        }
        None
    }

    /// The number that the scope of a function had if nothing in it is known to be different, and it was run.
    pub(super) fn scope(&self, function: NodeId) -> Option<usize> {
        let Difference { new, stretched, .. } = self.difference;
        let all = function.0..self.tree.end(function).0;
        let is_behind = all.start >= new.end;
        let is_before = all.end <= new.start && !stretched.iter().any(|node| all.contains(&node.0));
        let first = self.changed.partition_point(|node| *node < function);
        let has_changed = self.changed.get(first).is_some_and(|node| all.contains(&node.0));
        // What ends where the change begins may hold it.
        if !(is_behind || is_before) || self.difference.around.contains(&function) || has_changed {
            return None;
        }
        let old = if is_behind { NodeId(function.0.wrapping_sub(self.difference.node_shift())) } else { function };
        self.constants.scopes.at(old).filter(|&scope| self.run(scope) != Run::Never)
    }

    /// How the body of a scope ran.
    pub(super) fn run(&self, scope: usize) -> Run {
        self.constants.runs[scope]
    }

    /// The same of so many scopes in a row.
    pub(super) fn runs(&self, first: usize, count: usize) -> &[Run] {
        &self.constants.runs[first..first + count]
    }

    /// Takes over what was known of nodes from one on that are as they were. Nothing, if something of that is gone.
    pub(super) fn take_over(&self, first: usize, (values, symbolic): (&mut [Option<Value>], &mut [NodeId])) -> bool {
        let difference = self.difference;
        let shift = if first < difference.new.start as usize { 0 } else { difference.node_shift() };
        let old =
            (first as u32).wrapping_sub(shift) as usize..(first as u32).wrapping_sub(shift) as usize + values.len();
        let mut all = true;
        let mut moved = |node: NodeId| {
            difference.node(node).unwrap_or_else(|| {
                all = false;
                NOTHING
            })
        };
        for (value, old) in values.iter_mut().zip(&self.constants.values[old.clone()]) {
            *value = match old {
                Some(Value::Node(literal)) => Some(Value::Node(moved(*literal))),
                other => *other,
            };
        }
        for (expression, &old) in symbolic.iter_mut().zip(&self.constants.symbolic[old]) {
            *expression = if old == NOTHING { NOTHING } else { moved(old) };
        }
        if !all {
            values.fill(None);
            symbolic.fill(NOTHING);
        }
        all
    }
}

/// Where some names occur, in order.
fn occurrences(tree: &Tree, names: &NumberSet<Symbol>) -> Vec<NodeId> {
    if names.is_empty() {
        return Vec::new();
    }
    tree.ids().filter(|&node| names.contains(&tree.sym(node))).collect()
}
