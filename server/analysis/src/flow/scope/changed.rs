//! Of which names the scopes of two versions tell something else.

use super::{Name, Scopes};
use crate::hash::NumberSet;
use weir_syntax::{Difference, NodeId, Symbol, Tree};

impl Scopes {
    /// Names of which other scopes than in a version before know something, or other assignments.
    pub(in crate::flow) fn changed_names(&self, old: &Self, tree: &Tree, difference: &Difference) -> NumberSet<Symbol> {
        let now_of = |scope: usize| self.at(difference.node(old.all[scope].node)?);
        let now_of: Vec<Option<usize>> = (0..old.all.len()).map(now_of).collect();
        let mut was_of = vec![None; self.all.len()];
        for (was, now) in now_of.iter().enumerate().filter_map(|(was, now)| Some((was, (*now)?))) {
            was_of[now] = Some(was);
        }
        // A value of which a part is new is another one, wherever it stands.
        let is_kept = |value: NodeId| {
            let all = value.0..tree.end(value).0;
            !difference.around.contains(&value) && !difference.stretched.iter().any(|node| all.contains(&node.0))
        };
        let once = |name: &Name| name.value.filter(|_| name.writes == 1);
        let same = |was: &Name, now: &Name| {
            was.is_constant() == now.is_constant()
                && match (once(was), once(now)) {
                    (Some(was), Some(now)) => difference.node(was) == Some(now) && is_kept(now),
                    (was, now) => was.is_none() && now.is_none(),
                }
        };
        let mut changed = NumberSet::default();
        // What scopes that are gone or new hold concerns nobody outside of them.
        for ((scope, name), was) in &old.names {
            let Some(scope) = now_of[*scope] else { continue };
            if !self.names.get(&(scope, *name)).is_some_and(|now| same(was, now)) {
                changed.insert(*name);
            }
        }
        for (scope, name) in self.names.keys() {
            if was_of[*scope].is_some_and(|was| !old.names.contains_key(&(was, *name))) {
                changed.insert(*name);
            }
        }
        for (name, scope) in &old.classes {
            if now_of[*scope].is_none() || self.classes.get(name) != now_of[*scope].as_ref() {
                changed.insert(*name);
            }
        }
        changed.extend(self.classes.iter().filter(|(name, _)| !old.classes.contains_key(*name)).map(|(name, _)| *name));
        changed
    }

    /// Names of which the one value that they are assigned holds one of these nodes, which are in order.
    pub(in crate::flow) fn names_that_hold(&self, tree: &Tree, nodes: &[NodeId]) -> Vec<Symbol> {
        let holds = |value: NodeId| {
            let first = nodes.partition_point(|node| *node < value);
            nodes.get(first).is_some_and(|node| *node < tree.end(value))
        };
        let names = self.names.iter().filter(|(_, name)| !nodes.is_empty() && name.value.is_some_and(holds));
        names.map(|((_, name), _)| *name).collect()
    }
}
