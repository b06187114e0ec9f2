//! What a lowering remembers, so that the next one, after an edit, lowers only what the edit touched.

use super::MAX_DEPTH;
use super::draft::moved;
use crate::tree::Node;
use crate::{ParseNote, Role};
use tree_sitter as ts;
use weir_model::Span;

/// Concrete nodes that became fewer generic nodes than this are not remembered: to look them up costs what lowering does.
pub(super) const WORTH_KEEPING: u32 = 12;

/// No node is kept there.
const NO_ID: usize = 0;

/// No grammar has a kind with this number.
const NO_KIND: u16 = u16::MAX - 1;

/// A concrete node and what became of it.
#[derive(Clone)]
pub(crate) struct Record {
    /// Where tree-sitter keeps the node: trees share what has not changed, all that is below included. [`NO_ID`] if it is
    /// only known to look the same as one that is gone.
    id: usize,
    pub(super) place: Span,
    kind: u16,
    role: Role,
    pub(super) depth: u32,
    /// How many levels there are below it.
    pub(super) height: u32,
    /// Stretches of the nodes, comments and notes: start and length.
    pub(super) nodes: (u32, u32),
    pub(super) comments: (u32, u32),
    pub(super) notes: (u32, u32),
    /// How many records follow that are of nodes below this one.
    pub(super) below: u32,
}

impl Record {
    /// A record of a node of which nothing is known yet.
    pub(super) fn new(node: ts::Node<'_>, role: Role, depth: u32) -> Self {
        Self {
            id: node.id(),
            place: Span::from(node.byte_range()),
            kind: node.kind_id(),
            role,
            depth,
            height: 0,
            nodes: (0, 0),
            comments: (0, 0),
            notes: (0, 0),
            below: 0,
        }
    }

    /// Makes the record one of nothing.
    pub(super) fn forget(&mut self) {
        self.kind = NO_KIND;
    }

    /// Whether the same would become of the node so many levels down: where code is nested too deeply, it is left out.
    fn fits(&self, depth: u32) -> bool {
        self.depth == depth || self.depth.max(depth) + self.height < MAX_DEPTH
    }
}

/// What a lowering made beside the nodes.
#[derive(Default)]
pub(crate) struct Past {
    /// Comments in the order they were come upon.
    pub(crate) comments: Vec<Span>,
    pub(crate) notes: Vec<ParseNote>,
    /// Records in the order of the nodes, the outer before the inner.
    pub(crate) records: Vec<Record>,
}

impl Past {
    /// The end of what there is, for [`Past::keep`] and records.
    pub(super) fn lengths(&self) -> (u32, u32) {
        (self.comments.len() as u32, self.notes.len() as u32)
    }

    /// Takes over what a record of another past is about, for what is the same concrete node now and whose nodes start at
    /// `nodes`.
    pub(super) fn keep(&mut self, past: &Self, record: usize, node: ts::Node<'_>, depth: u32, nodes: u32) {
        fn stretch<T>(all: &[T], (start, len): (u32, u32)) -> &[T] {
            &all[start as usize..(start + len) as usize]
        }
        let kept = &past.records[record..=record + past.records[record].below as usize];
        let Record { place, depth: old_depth, nodes: old_nodes, comments, notes, .. } = kept[0];
        let shift = (node.start_byte() as u32).wrapping_sub(place.start);
        let deeper = depth.wrapping_sub(old_depth);
        let (first, same) = (self.records.len(), node.id() == kept[0].id);
        let lengths = self.lengths();
        self.comments.extend(stretch(&past.comments, comments).iter().map(|&span| moved(span, shift)));
        self.notes.extend(stretch(&past.notes, notes).iter().map(|note| match *note {
            ParseNote::Syntax(span) => ParseNote::Syntax(moved(span, shift)),
            ParseNote::TooDeep(span) => ParseNote::TooDeep(moved(span, shift)),
            ParseNote::NotJson(_) | ParseNote::Stopped => *note,
        }));
        let by = |(start, len): (u32, u32), distance: u32| (start.wrapping_add(distance), len);
        let nodes = nodes.wrapping_sub(old_nodes.0);
        let comments = lengths.0.wrapping_sub(comments.0);
        let notes = lengths.1.wrapping_sub(notes.0);
        self.records.extend(kept.iter().map(|record| Record {
            id: if same { record.id } else { NO_ID },
            place: moved(record.place, shift),
            depth: record.depth.wrapping_add(deeper),
            nodes: by(record.nodes, nodes),
            comments: by(record.comments, comments),
            notes: by(record.notes, notes),
            ..*record
        }));
        self.records[first].id = node.id();
    }
}

/// The last lowering and where the text has changed since: where the next one looks up what it need not lower.
pub(crate) struct Lookup<'t> {
    pub(super) nodes: &'t [Node],
    pub(super) past: &'t Past,
    change: Change,
    /// Records before this one are kept already or gone.
    at: usize,
}

impl<'t> Lookup<'t> {
    pub(crate) fn new(nodes: &'t [Node], past: &'t Past, change: Change) -> Self {
        Self { nodes, past, change, at: 0 }
    }

    /// The record of a concrete node of the new tree that the old tree had, too. Looks only behind the last one found, and
    /// only behind those that end before the node.
    pub(super) fn find(&mut self, node: ts::Node<'_>, role: Role, depth: u32) -> Option<usize> {
        let new = Span::from(node.byte_range());
        let start = self.change.old_start(new)?;
        let place = Span::new(start, start + new.len());
        while let Some(record) = self.past.records.get(self.at) {
            if record.place == place
                && record.kind == node.kind_id()
                && record.role == role
                && record.fits(depth)
                && (record.id == node.id() || !node.has_error() && !self.change.restructured(new))
            {
                let found = self.at;
                self.at += 1 + record.below as usize;
                return Some(found);
            }
            if record.place.end <= start {
                self.at += 1 + record.below as usize;
            } else if record.place.contains(place) {
                self.at += 1;
            } else {
                return None;
            }
        }
        None
    }
}

/// What some edits changed: one range covers it all.
pub(crate) struct Change {
    /// In the new text.
    dirty: Span,
    /// How far what follows it moved (wrapping).
    shift: u32,
    /// Where tree-sitter says that the new tree is another than the old one, in order.
    restructured: Vec<Span>,
}

/// One edit's range, in the text before and after it.
#[derive(Clone, Copy)]
pub(crate) struct Dirty {
    pub(crate) start: u32,
    pub(crate) old_end: u32,
    pub(crate) new_end: u32,
}

impl Change {
    /// The change that edits make, each in the text that those before it left. The old tree has been told of them.
    pub(crate) fn new(edits: &[Dirty], old: &ts::Tree, new: &ts::Tree) -> Self {
        let mut dirty: Option<Span> = None;
        let mut shift = 0u32;
        for edit in edits {
            let grown = edit.new_end.wrapping_sub(edit.old_end);
            let fresh = Span::new(edit.start, edit.new_end);
            dirty = Some(match dirty {
                // Earlier ranges are in the text before this edit: move what lies behind it.
                Some(span) => {
                    let through = |at: u32, inside: u32| {
                        if at >= edit.old_end { at.wrapping_add(grown) } else { at.min(inside) }
                    };
                    Span::new(through(span.start, edit.start), through(span.end, edit.new_end)).union(fresh)
                }
                None => fresh,
            });
            shift = shift.wrapping_add(grown);
        }
        let range = |range: ts::Range| Span::new(range.start_byte as u32, range.end_byte as u32);
        Self { dirty: dirty.unwrap_or_default(), shift, restructured: old.changed_ranges(new).map(range).collect() }
    }

    /// Where a stretch of the new text started in the old one, if nothing in it or next to it changed.
    fn old_start(&self, place: Span) -> Option<u32> {
        if place.end < self.dirty.start {
            Some(place.start)
        } else if place.start > self.dirty.end {
            Some(place.start.wrapping_sub(self.shift))
        } else {
            None
        }
    }

    /// Whether the tree changed somewhere in a stretch of the new text or next to it.
    fn restructured(&self, place: Span) -> bool {
        let at = self.restructured.partition_point(|range| range.end < place.start);
        self.restructured.get(at).is_some_and(|range| range.start <= place.end)
    }
}
