//! The arena of nodes in the making: new nodes, and stretches of the last arena that stay.

use crate::tree::Node;
use weir_model::Span;

/// Nodes in their order, of which those that stay as they were are only referred to until all is known. Numbers of nodes
/// are those in the finished arena.
#[derive(Default)]
pub(super) struct Draft {
    len: u32,
    /// The nodes emitted, without those kept.
    emitted: Vec<Node>,
    kept: Vec<Kept>,
    /// Kept nodes whose parent stands in another distance than it did.
    ups: Vec<(u32, u32)>,
    /// Nodes whose span is known only after they were emitted or kept.
    spans: Vec<(u32, Span)>,
}

/// A stretch of the last arena.
struct Kept {
    /// Where it starts in the last arena.
    from: u32,
    /// Where it starts in the new one.
    to: u32,
    len: u32,
    /// How far its text moved (wrapping: it may be negative).
    shift: u32,
}

impl Draft {
    /// How many nodes there are so far.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// How many of them are new.
    pub(super) fn emitted(&self) -> usize {
        self.emitted.len()
    }

    /// Adds a new node.
    pub(super) fn push(&mut self, node: Node) {
        self.len += 1;
        self.emitted.push(node);
    }

    /// Ends the node that was the `emitted`-th new one, with the number `node`: all after it stands below it.
    pub(super) fn close(&mut self, emitted: usize, node: u32) {
        self.emitted[emitted].size = self.len - node;
    }

    /// Gives a node another span.
    pub(super) fn set_span(&mut self, node: u32, span: Span) {
        self.spans.push((node, span));
    }

    /// Adds the subtrees that fill a stretch of the last arena `old`, moved by `shift` bytes, under `parent`. Stretches
    /// must be kept in the order they have in the last arena.
    pub(super) fn keep(&mut self, old: &[Node], from: u32, len: u32, parent: u32, shift: u32) {
        let to = self.len;
        let mut at = from;
        while at < from + len {
            let top = old[at as usize];
            let up = to + (at - from) - parent;
            if up != top.up {
                self.ups.push((to + (at - from), up));
            }
            at += top.size;
        }
        self.len += len;
        match self.kept.last_mut() {
            Some(last) if last.from + last.len == from && last.to + last.len == to && last.shift == shift => {
                last.len += len;
            }
            _ => self.kept.push(Kept { from, to, len, shift }),
        }
    }

    /// Makes the last arena the new one. What stays where it was is not touched.
    pub(super) fn assemble(self, mut nodes: Vec<Node>) -> Vec<Node> {
        if self.kept.is_empty() {
            nodes = self.emitted;
        } else {
            // Once everything that moves to the back has made room, all moves go to the front and none is in another's way.
            let gap = self.kept.iter().map(|kept| kept.to.saturating_sub(kept.from)).max().unwrap_or(0);
            let first = self.kept.iter().find(|kept| kept.to > kept.from).map_or(u32::MAX, |kept| kept.from);
            if gap > 0 {
                let end = nodes.len();
                nodes.resize(end + gap as usize, self.emitted[0]);
                nodes.copy_within(first as usize..end, (first + gap) as usize);
            }
            let mut done = 0;
            let mut emitted = self.emitted.as_slice();
            for kept in &self.kept {
                let (new, rest) = emitted.split_at((kept.to - done) as usize);
                nodes[done as usize..kept.to as usize].copy_from_slice(new);
                emitted = rest;
                done = kept.to + kept.len;
                let from = if kept.from >= first { kept.from + gap } else { kept.from } as usize;
                if from != kept.to as usize {
                    nodes.copy_within(from..from + kept.len as usize, kept.to as usize);
                }
                if kept.shift != 0 {
                    for node in &mut nodes[kept.to as usize..done as usize] {
                        node.span = moved(node.span, kept.shift);
                    }
                }
            }
            nodes.truncate(done as usize);
            nodes.extend_from_slice(emitted);
            for (node, up) in self.ups {
                nodes[node as usize].up = up;
            }
        }
        for (node, span) in self.spans {
            nodes[node as usize].span = span;
        }
        nodes
    }
}

/// The span, moved (wrapping).
pub(super) fn moved(span: Span, shift: u32) -> Span {
    Span::new(span.start.wrapping_add(shift), span.end.wrapping_add(shift))
}
