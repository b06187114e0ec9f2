//! Which nodes are not what they were: new ones, those around them, and those of which something else is known now.

use super::Kept;
use crate::context::FileContext;
use crate::flow::Value;
use crate::matching::Touched;
use weir_model::Language;
use weir_syntax::{Difference, Kind, NodeId};

/// Rounds until nothing new is found to depend on what was found to be touched.
const ROUNDS: usize = 4;

/// The touched nodes; `None` if everything has to be looked at again.
pub(super) fn touched(kept: &Kept, file: &FileContext<'_>, difference: &Difference) -> Option<Touched> {
    let tree = file.tree;
    let mut ranges = vec![difference.new.clone()];
    if file.language == Language::Ruby {
        // What a method gives back is told by what stands last in it.
        let method = difference.around.iter().find(|&&node| tree.kind(node) == Kind::Function);
        ranges.extend(method.map(|method| method.0..tree.end(*method).0));
    }
    let mut nodes: Vec<NodeId> = difference.around.iter().chain(&difference.stretched).copied().collect();
    nodes.extend(file.index.changed_places(&kept.index, difference));
    let mut touched = Touched::new(tree, ranges.clone(), nodes.clone());
    for _ in 0..ROUNDS {
        let mut more = file.names.changed_since(&kept.names, tree, (&kept.tree, difference), &touched)?;
        more.extend(constants(kept, file, difference, &touched));
        more.retain(|&node| !touched.has(node));
        if more.is_empty() {
            return Some(touched);
        }
        nodes.extend(more);
        touched = Touched::new(tree, ranges.clone(), nodes.clone());
    }
    None
}

/// Nodes that are known to hold something else, or of which another expression is known to have been assigned.
fn constants(kept: &Kept, file: &FileContext<'_>, difference: &Difference, touched: &Touched) -> Vec<NodeId> {
    let (old, new) = (&kept.constants, &file.constants);
    let same_value = |value: &Value, other: &Value| match (value, other) {
        (Value::Node(literal), Value::Node(now)) => difference.node(*literal) == Some(*now) && !touched.has(*now),
        _ => value == other,
    };
    let mut changed = Vec::new();
    for (node, value) in old.values() {
        if let Some(now) = difference.node(node)
            && !new.get(now).is_some_and(|other| same_value(value, other))
        {
            changed.push(now);
        }
    }
    for (node, expression) in old.expressions() {
        let Some(now) = difference.node(node) else { continue };
        let same = |now: NodeId| difference.node(expression) == Some(now) && !touched.has(now);
        if !new.symbolic(now).is_some_and(same) {
            changed.push(now);
        }
    }
    let of_old = |node: NodeId| original(difference, node);
    changed
        .extend(new.values().map(|(node, _)| node).filter(|&node| of_old(node).is_some_and(|n| old.get(n).is_none())));
    let is_new = |node: &NodeId| of_old(*node).is_some_and(|n| old.symbolic(n).is_none());
    changed.extend(new.expressions().map(|(node, _)| node).filter(is_new));
    changed
}

/// The number that a node had; `None` if it is new.
fn original(difference: &Difference, node: NodeId) -> Option<NodeId> {
    if difference.new.contains(&node.0) {
        None
    } else if node.0 < difference.new.start {
        Some(node)
    } else {
        Some(NodeId(node.0.wrapping_sub(difference.node_shift())))
    }
}
