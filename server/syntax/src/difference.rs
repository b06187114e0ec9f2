//! What changed between two trees of one text under edit.

use crate::tree::Node;
use crate::{Kind, NodeId, Tree};
use std::ops::Range;
use weir_model::Span;

/// How a tree differs from an older one: one range of nodes is new, the nodes before it are as they were, those behind it
/// moved. Node numbers before the range are the same in both trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The nodes of the new tree that are not as they were, each with all that lies below it.
    pub new: Range<u32>,
    /// The nodes of the old tree that are gone.
    pub old: Range<u32>,
    /// Nodes that stay but hold the range, or the text that changed, outermost first. Their numbers are the same in both.
    pub around: Vec<NodeId>,
    /// Nodes that stay but reach to another place: not around the range, yet their end moved against their start.
    pub stretched: Vec<NodeId>,
    /// The text that changed: all between what is the same at the beginning and at the end of both texts.
    pub new_text: Span,
    /// The same, in the old text.
    pub old_text: Span,
}

impl Difference {
    /// Compares two trees, each with the text it was made of.
    pub fn between((old, old_text): (&Tree, &str), (new, new_text): (&Tree, &str)) -> Self {
        let (old_span, new_span) = changed_text(old_text.as_bytes(), new_text.as_bytes());
        let mut difference = Self {
            new: 0..0,
            old: 0..0,
            around: Vec::new(),
            stretched: Vec::new(),
            new_text: new_span,
            old_text: old_span,
        };
        let (a, b) = (&old.nodes[..], &new.nodes[..]);
        let mut ends_moved = Vec::new();
        let mut same_start = |(at, (a, b)): (usize, (&Node, &Node))| {
            if a.span.end != b.span.end || a.size != b.size {
                ends_moved.push(NodeId(at as u32));
            }
            (a.kind, a.role, a.sym, a.up, a.span.start) == (b.kind, b.role, b.sym, b.up, b.span.start)
        };
        let prefix = a.iter().zip(b).enumerate().take_while(|&pair| same_start(pair)).count();
        ends_moved.retain(|node| (node.0 as usize) < prefix);
        let shift = (new_text.len() as u32).wrapping_sub(old_text.len() as u32);
        let mut suffix = a
            .iter()
            .rev()
            .zip(b.iter().rev())
            .take_while(|(a, b)| {
                (a.kind, a.role, a.sym, a.size) == (b.kind, b.role, b.sym, b.size)
                    && a.span.start.wrapping_add(shift) == b.span.start
                    && a.span.end.wrapping_add(shift) == b.span.end
            })
            .count();
        // The text that changed belongs to what stands there, even where the nodes look alike (`'a'` and `"a"`).
        let leaves = innermost(new, new_span);
        let mut start = prefix;
        if !leaves.is_empty() {
            start = start.min(leaves.start as usize);
            suffix = suffix.min(b.len() - leaves.end as usize);
        }
        suffix = suffix.min(a.len().min(b.len()) - start);
        difference.grow(a, b, start, suffix);
        difference.surround(old, new, &ends_moved);
        difference
    }

    /// How far the nodes behind the range moved (wrapping).
    pub fn node_shift(&self) -> u32 {
        self.new.end.wrapping_sub(self.old.end)
    }

    /// How far the text behind the change moved (wrapping).
    pub fn text_shift(&self) -> u32 {
        self.new_text.end.wrapping_sub(self.old_text.end)
    }

    /// The number that an old node has now; `None` if it is gone.
    pub fn node(&self, old: NodeId) -> Option<NodeId> {
        if old.0 < self.old.start {
            Some(old)
        } else if old.0 >= self.old.end {
            Some(NodeId(old.0.wrapping_add(self.node_shift())))
        } else {
            None
        }
    }

    /// Where an old place is now; `None` if a part of it changed. A place around all that changed is still one.
    pub fn span(&self, old: Span) -> Option<Span> {
        let moved = |at: u32| at.wrapping_add(self.text_shift());
        if old.end < self.old_text.start || (old.end == self.old_text.start && !old.is_empty()) {
            Some(old)
        } else if old.start > self.old_text.end || (old.start == self.old_text.end && !old.is_empty()) {
            Some(Span::new(moved(old.start), moved(old.end)))
        } else if old.start <= self.old_text.start && self.old_text.end <= old.end {
            Some(Span::new(old.start, moved(old.end)))
        } else {
            None
        }
    }

    /// Widens the range until it holds whole subtrees in both trees, with all that changed its parent.
    fn grow(&mut self, a: &[Node], b: &[Node], start: usize, suffix: usize) {
        let mut behind = suffix;
        loop {
            let (old_end, new_end) = (a.len() - behind, b.len() - behind);
            let end = |nodes: &[Node], end: usize| {
                (start..end).map(|at| at + nodes[at].size as usize).max().unwrap_or(end).max(end)
            };
            let least = (a.len() - end(a, old_end)).min(b.len() - end(b, new_end));
            if least < behind {
                behind = least;
                continue;
            }
            match first_adopted(a, b, start, behind) {
                Some(at) => behind = b.len() - at - b[at].size as usize,
                None => break,
            }
        }
        self.old = start as u32..(a.len() - behind) as u32;
        self.new = start as u32..(b.len() - behind) as u32;
    }

    fn surround(&mut self, old: &Tree, new: &Tree, ends_moved: &[NodeId]) {
        let (a, b, start) = (&old.nodes, &new.nodes, self.new.start);
        // From the place of the change outwards.
        let nothing = self.new.is_empty() && self.old.is_empty();
        let holds = |at: usize| {
            let (old_end, new_end) = (at as u32 + a[at].size, at as u32 + b[at].size);
            if nothing {
                let span = b[at].span;
                return span.start <= self.new_text.start && self.new_text.end <= span.end;
            }
            old_end >= self.old.end
                && new_end >= self.new.end
                && (old_end > start || self.old.is_empty())
                && (new_end > start || self.new.is_empty())
                && (old_end > start || new_end > start)
        };
        let mut around: Vec<NodeId> = Vec::new();
        if nothing {
            // Text between nodes: who holds it is told by places.
            let mut at = 0;
            while at < b.len() {
                if holds(at) {
                    around.push(NodeId(at as u32));
                    at += 1;
                } else {
                    at += b[at].size.max(1) as usize;
                }
            }
        } else if start > 0 {
            // Whoever holds the range is the node before it or above that.
            let before = NodeId(start - 1);
            around.extend(std::iter::once(before).chain(new.ancestors(before)).filter(|node| holds(node.0 as usize)));
            around.reverse();
        }
        let inner = |node: &&NodeId| !around.contains(node) && node.0 < start;
        self.stretched = ends_moved.iter().filter(inner).copied().collect();
        self.around = around;
    }
}

/// A node behind the range that has another parent than it had.
fn first_adopted(a: &[Node], b: &[Node], start: usize, behind: usize) -> Option<usize> {
    let (old_end, new_end) = (a.len() - behind, b.len() - behind);
    let mut at = new_end;
    while at < b.len() {
        let old_at = at - new_end + old_end;
        let (new_parent, old_parent) = (at.wrapping_sub(b[at].up as usize), old_at.wrapping_sub(a[old_at].up as usize));
        let in_place = new_parent == old_parent && new_parent < start;
        let moved = new_parent >= new_end && old_parent >= old_end && new_parent - new_end == old_parent - old_end;
        if !in_place && !moved {
            return Some(at);
        }
        at += b[at].size.max(1) as usize;
    }
    None
}

/// The smallest subtrees that a changed text belongs to: of those that only hold statements none.
fn innermost(tree: &Tree, text: Span) -> Range<u32> {
    let mut range: Option<Range<u32>> = None;
    let mut at = 0u32;
    while (at as usize) < tree.len() {
        let node = NodeId(at);
        let span = tree.span(node);
        if !span.touches(text) {
            at = tree.end(node).0;
            continue;
        }
        let holds_all = span.start < text.start && text.end < span.end;
        let deeper = tree.children(node).any(|child| tree.span(child).touches(text));
        let is_frame = matches!(tree.kind(node), Kind::File | Kind::Block | Kind::Class | Kind::Function);
        if (holds_all && deeper) || is_frame {
            at += 1;
            continue;
        }
        let end = tree.end(node).0;
        range = Some(range.map_or(at..end, |range| range.start.min(at)..range.end.max(end)));
        at = end;
    }
    range.unwrap_or(0..0)
}

/// What lies between the bytes that are the same at both ends, in both texts.
pub(crate) fn changed_text(old: &[u8], new: &[u8]) -> (Span, Span) {
    /// Equality of whole blocks is one `memcmp`.
    const BLOCK: usize = 256;
    let most = old.len().min(new.len());
    let mut prefix = 0;
    while prefix + BLOCK <= most && old[prefix..prefix + BLOCK] == new[prefix..prefix + BLOCK] {
        prefix += BLOCK;
    }
    prefix += old[prefix..most].iter().zip(&new[prefix..most]).take_while(|(a, b)| a == b).count();
    let most = most - prefix;
    let (old_end, new_end) = (old.len(), new.len());
    let mut suffix = 0;
    while suffix + BLOCK <= most
        && old[old_end - suffix - BLOCK..old_end - suffix] == new[new_end - suffix - BLOCK..new_end - suffix]
    {
        suffix += BLOCK;
    }
    let rest = most - suffix;
    let (old_tail, new_tail) = (&old[..old_end - suffix], &new[..new_end - suffix]);
    suffix += old_tail.iter().rev().zip(new_tail.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    (Span::new(prefix as u32, (old_end - suffix) as u32), Span::new(prefix as u32, (new_end - suffix) as u32))
}
