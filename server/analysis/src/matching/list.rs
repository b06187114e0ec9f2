//! Matches that move with the text around a change without being touched.

use super::{Binding, Bindings, Match};
use std::ops::Range;
use std::rc::Rc;
use weir_model::Span;
use weir_syntax::{Difference, NodeId, Tree};

/// A match, and the node it was found at: the matched node, or the one whose statements were matched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) root: NodeId,
    pub(crate) matched: Match,
    /// Whether all that is bound lies within the root.
    local: bool,
}

/// Matches of one pattern in one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundList {
    /// Apart from each other, in order of their roots.
    parts: Vec<Part>,
    /// Those looked at again of late, and those that are bound to something outside of their root.
    loose: Vec<Found>,
}

/// Matches side by side, each of which lies within its root, so that all move alike.
#[derive(Clone, Debug)]
struct Part {
    /// Sorted by root.
    all: Rc<[Found]>,
    range: Range<usize>,
    /// How far nodes have moved since (wrapping).
    nodes: u32,
    /// How far text has moved since (wrapping).
    text: u32,
}

/// With more loose matches than this the list is made anew: they are read one by one.
const MOST_LOOSE: usize = 64;

/// With more parts than this, too.
const MOST_PARTS: usize = 32;

impl FoundList {
    /// A list of matches in any order.
    pub(crate) fn new(found: Vec<Found>) -> Self {
        let (mut local, loose): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.local);
        local.sort_by_key(|found| found.root);
        let range = 0..local.len();
        let part = Part { all: local.into(), range, nodes: 0, text: 0 };
        Self { parts: if part.range.is_empty() { Vec::new() } else { vec![part] }, loose }
    }

    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.range.len()).sum::<usize>() + self.loose.len()
    }

    /// All matches, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Found> + '_ {
        self.parts.iter().flat_map(|part| part.range.clone().map(|at| part.get(at))).chain(self.loose.iter().cloned())
    }

    /// The matches found at or below a node, or at one of those above it.
    pub(crate) fn around(&self, tree: &Tree, node: NodeId) -> Vec<Match> {
        let mut out = Vec::new();
        let below = node.0..tree.end(node).0;
        let is_above = |other: NodeId| other < node && tree.is_within(node, other);
        let near = |found: &&Found| below.contains(&found.root.0) || is_above(found.root);
        out.extend(self.loose.iter().filter(near).map(|found| found.matched.clone()));
        for part in &self.parts {
            for above in tree.ancestors(node) {
                out.extend(part.at(above..NodeId(above.0 + 1)).map(|at| part.get(at).matched));
            }
            out.extend(part.at(node..NodeId(below.end)).map(|at| part.get(at).matched));
        }
        out
    }

    /// The list after a change: without what was found at nodes that are gone or touched. Gives those of them, too, that can
    /// still be told, and where the others were found, if that is still there.
    pub(crate) fn moved(&self, difference: &Difference, touched: &Touched) -> (Self, Vec<Found>, Vec<Option<NodeId>>) {
        let (mut lost, mut gone) = (Vec::new(), Vec::new());
        let mut loose = Vec::new();
        for found in &self.loose {
            match found.moved(difference) {
                Some(found) if touched.has(found.root) => lost.push(found),
                Some(found) => loose.push(found),
                None => gone.push(difference.node(found.root)),
            }
        }
        let mut parts: Vec<Part> = Vec::new();
        for part in &self.parts {
            let [before, removed, behind] = part.split(difference);
            gone.extend((!removed.range.is_empty()).then_some(None));
            for part in [before, behind] {
                touched.cut(part, difference, &mut parts, &mut lost, &mut gone);
            }
        }
        let list = Self { parts, loose };
        (if list.parts.len() > MOST_PARTS { Self::new(list.iter().collect()) } else { list }, lost, gone)
    }

    /// Adds matches.
    pub(crate) fn add(&mut self, found: Vec<Found>) {
        self.loose.extend(found);
        if self.loose.len() > MOST_LOOSE && self.loose.iter().any(|found| found.local) {
            *self = Self::new(self.iter().collect());
        }
    }
}

impl Part {
    fn get(&self, at: usize) -> Found {
        self.all[at].shifted(self.nodes, self.text)
    }

    fn root(&self, at: usize) -> NodeId {
        NodeId(self.all[at].root.0.wrapping_add(self.nodes))
    }

    /// The places of what was found at some nodes.
    fn at(&self, nodes: Range<NodeId>) -> Range<usize> {
        let place = |node: NodeId| {
            let all = &self.all[self.range.clone()];
            self.range.start + all.partition_point(|found| found.root.0.wrapping_add(self.nodes) < node.0)
        };
        place(nodes.start)..place(nodes.end)
    }

    fn slice(&self, range: Range<usize>) -> Self {
        Self { range, ..self.clone() }
    }

    /// What stands before a change, in it, and behind it, moved.
    fn split(&self, difference: &Difference) -> [Self; 3] {
        let removed = self.at(NodeId(difference.old.start)..NodeId(difference.old.end));
        let behind = self.slice(removed.end..self.range.end);
        [
            self.slice(self.range.start..removed.start),
            self.slice(removed),
            Self {
                nodes: self.nodes.wrapping_add(difference.node_shift()),
                text: self.text.wrapping_add(difference.text_shift()),
                ..behind
            },
        ]
    }
}

impl Found {
    /// A match found at a node.
    pub(crate) fn new(tree: &Tree, root: NodeId, matched: Match) -> Self {
        let (place, inside) = (tree.span(root), |node: &NodeId| tree.is_within(*node, root));
        let local = place.contains(matched.span)
            && matched.node.as_ref().is_none_or(inside)
            && matched.bindings.0.iter().all(|(_, binding)| match binding {
                Binding::Node(node) => inside(node),
                Binding::Nodes(nodes, span) => nodes.iter().all(inside) && (nodes.is_empty() || place.contains(*span)),
                Binding::Text(span) => place.contains(*span),
            });
        Self { root, matched, local }
    }

    fn shifted(&self, nodes: u32, text: u32) -> Self {
        if nodes == 0 && text == 0 {
            return self.clone();
        }
        let node = |node: NodeId| Some(NodeId(node.0.wrapping_add(nodes)));
        let span = |span: Span| Some(Span::new(span.start.wrapping_add(text), span.end.wrapping_add(text)));
        let matched = self.matched.mapped(&node, &span).expect("moving by a number loses nothing");
        Self { root: NodeId(self.root.0.wrapping_add(nodes)), matched, local: self.local }
    }

    /// The same match after a change; `None` if something of it is gone.
    pub(crate) fn moved(&self, difference: &Difference) -> Option<Self> {
        Some(Self { root: difference.node(self.root)?, matched: self.matched.moved(difference)?, local: self.local })
    }
}

impl Match {
    /// The same match after a change; `None` if something of it is gone.
    pub(crate) fn moved(&self, difference: &Difference) -> Option<Self> {
        self.mapped(&|node| difference.node(node), &|span| difference.span(span))
    }

    fn mapped(&self, node: &dyn Fn(NodeId) -> Option<NodeId>, span: &dyn Fn(Span) -> Option<Span>) -> Option<Self> {
        let moved = |binding: &Binding| {
            Some(match binding {
                Binding::Node(at) => Binding::Node(node(*at)?),
                // Nothing stands nowhere.
                Binding::Nodes(all, place) if all.is_empty() && *place == Span::default() => binding.clone(),
                Binding::Nodes(all, place) => {
                    Binding::Nodes(all.iter().map(|&at| node(at)).collect::<Option<_>>()?, span(*place)?)
                }
                Binding::Text(place) => Binding::Text(span(*place)?),
            })
        };
        let bindings =
            self.bindings.0.iter().map(|(name, binding)| Some((*name, moved(binding)?))).collect::<Option<_>>()?;
        let at = match self.node {
            Some(at) => Some(node(at)?),
            None => None,
        };
        Some(Self { span: span(self.span)?, node: at, bindings: Bindings(bindings), whole: span(self.whole)? })
    }
}

/// Nodes of a new version that are not what they were: in their text, below them, or in what is known of them.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Whole subtrees, apart from each other, in order.
    ranges: Vec<Range<u32>>,
    /// Others, in order.
    nodes: Vec<NodeId>,
}

impl Touched {
    /// These subtrees and nodes, and all above them.
    pub(crate) fn new(tree: &Tree, mut ranges: Vec<Range<u32>>, mut nodes: Vec<NodeId>) -> Self {
        ranges.retain(|range| !range.is_empty());
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|next, range| {
            let overlap = next.start <= range.end;
            if overlap {
                range.end = range.end.max(next.end);
            }
            overlap
        });
        let of_ranges = ranges.iter().flat_map(|range| tree.ancestors(NodeId(range.start)));
        let above: Vec<_> = of_ranges.chain(nodes.iter().flat_map(|&node| tree.ancestors(node))).collect();
        nodes.extend(above);
        nodes.sort_unstable();
        nodes.dedup();
        let mut touched = Self { ranges, nodes: Vec::new() };
        nodes.retain(|&node| !touched.in_ranges(node));
        touched.nodes = nodes;
        touched
    }

    pub(crate) fn has(&self, node: NodeId) -> bool {
        self.in_ranges(node) || self.nodes.binary_search(&node).is_ok()
    }

    /// How many nodes that are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len() + self.ranges.iter().map(Range::len).sum::<usize>()
    }

    /// All of them, in order.
    pub(crate) fn all(&self) -> Vec<NodeId> {
        let mut all: Vec<_> =
            self.ranges.iter().flat_map(|range| range.clone().map(NodeId)).chain(self.nodes.iter().copied()).collect();
        all.sort_unstable();
        all
    }

    /// Whether anything a match is bound to is touched; `text` is the text that changed.
    pub(crate) fn binds(&self, found: &Match, text: Span) -> bool {
        found.bindings.0.iter().any(|(_, binding)| match binding {
            Binding::Node(node) => self.has(*node),
            Binding::Nodes(nodes, _) => nodes.iter().any(|node| self.has(*node)),
            Binding::Text(place) => place.touches(text),
        })
    }

    fn in_ranges(&self, node: NodeId) -> bool {
        let behind = self.ranges.partition_point(|range| range.start <= node.0);
        behind.checked_sub(1).is_some_and(|at| node.0 < self.ranges[at].end)
    }

    /// Takes what was found at touched nodes out of a part that moved already.
    fn cut(
        &self,
        part: Part,
        difference: &Difference,
        parts: &mut Vec<Part>,
        lost: &mut Vec<Found>,
        gone: &mut Vec<Option<NodeId>>,
    ) {
        if part.range.is_empty() {
            return;
        }
        let first = part.root(part.range.start);
        let last = part.root(part.range.end - 1);
        let single = |node: &NodeId| node.0..node.0 + 1;
        let from = self.nodes.partition_point(|&node| node < first);
        let mut cuts: Vec<Range<u32>> =
            self.nodes[from..].iter().take_while(|&&node| node <= last).map(single).collect();
        cuts.extend(self.ranges.iter().filter(|range| range.start <= last.0 && first.0 < range.end).cloned());
        cuts.sort_unstable_by_key(|range| range.start);
        let mut rest = part;
        let is_before = first.0 < difference.new.start;
        for cut in cuts {
            let taken = rest.at(NodeId(cut.start)..NodeId(cut.end));
            if taken.is_empty() {
                continue;
            }
            for at in taken.clone() {
                // What stands around the change holds what moved and what did not: by the change's own measure.
                let found = rest.get(at);
                match if is_before { found.moved(difference) } else { Some(found.clone()) } {
                    Some(found) => lost.push(found),
                    None => gone.push(Some(found.root)),
                }
            }
            let before = rest.slice(rest.range.start..taken.start);
            if !before.range.is_empty() {
                parts.push(before);
            }
            rest = rest.slice(taken.end..rest.range.end);
        }
        if !rest.range.is_empty() {
            parts.push(rest);
        }
    }
}
