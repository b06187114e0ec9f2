//! Where each name, operator and literal content of a tree occurs.

use crate::hash::NumberMap;
use weir_syntax::{Difference, NodeId, Symbol, Tree};

/// The nodes of every symbol of a tree.
#[derive(Debug)]
pub(super) struct Occurrences {
    /// By symbol; some may be of versions before.
    numbers: NumberMap<Symbol, u32>,
    /// By node the number of its symbol; [`NONE`] if it has none.
    of_nodes: Vec<u32>,
    /// By number, where its nodes begin among all; one more for the end.
    starts: Vec<u32>,
    nodes: Vec<NodeId>,
}

const NONE: u32 = u32::MAX;

/// Of so many times as many symbols as there are nodes most are of versions before: they are forgotten.
const STALE: usize = 2;

impl Occurrences {
    /// Those of a tree, of which all but the new nodes were in the tree of the version before.
    pub(super) fn of(tree: &Tree, earlier: Option<(&Self, &Difference)>) -> Self {
        let Some((old, difference)) = earlier.filter(|(old, _)| old.numbers.len() <= STALE * tree.len()) else {
            let mut numbers = NumberMap::default();
            let of_nodes = tree.ids().map(|node| number(&mut numbers, tree.sym(node))).collect();
            return Self::sorted(numbers, of_nodes);
        };
        let mut numbers = old.numbers.clone();
        let mut of_nodes = Vec::with_capacity(tree.len());
        of_nodes.extend_from_slice(&old.of_nodes[..difference.new.start as usize]);
        of_nodes.extend(difference.new.clone().map(|at| number(&mut numbers, tree.sym(NodeId(at)))));
        of_nodes.extend_from_slice(&old.of_nodes[difference.old.end as usize..]);
        Self::sorted(numbers, of_nodes)
    }

    fn sorted(numbers: NumberMap<Symbol, u32>, of_nodes: Vec<u32>) -> Self {
        let named = || (0..).map(NodeId).zip(&of_nodes).filter(|(_, number)| **number != NONE);
        // How often each occurs, one place further on; then where its next node goes; then where the next one's begin.
        let mut starts = vec![0; numbers.len() + 2];
        named().for_each(|(_, number)| starts[*number as usize + 2] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut nodes = vec![Tree::ROOT; starts.last().copied().unwrap_or(0) as usize];
        for (node, number) in named() {
            let place = &mut starts[*number as usize + 1];
            nodes[*place as usize] = node;
            *place += 1;
        }
        Self { numbers, of_nodes, starts, nodes }
    }

    /// The nodes of one, in order.
    pub(super) fn get(&self, symbol: Symbol) -> &[NodeId] {
        let Some(&number) = self.numbers.get(&symbol) else { return &[] };
        let number = number as usize;
        &self.nodes[self.starts[number] as usize..self.starts[number + 1] as usize]
    }
}

/// The number of a symbol, a new one if it has none.
fn number(numbers: &mut NumberMap<Symbol, u32>, symbol: Symbol) -> u32 {
    let next = numbers.len() as u32;
    if symbol.is_empty() { NONE } else { *numbers.entry(symbol).or_insert(next) }
}
