//! A text under edit and its trees: tree-sitter re-parses what changed, the lowering redoes the items that changed.

use crate::lower::{self, Piece};
use crate::{Kind, Role, Symbol, Tree, tree::Node};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tree_sitter as ts;
use weir_model::{Edit, Language, Span};

/// When to stop. The caller owns the clock.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// Asked often while parsing; `true` stops.
    pub stop: &'a dyn Fn() -> bool,
}

impl Limits<'_> {
    /// Never stops.
    pub const NONE: Limits<'static> = Limits { stop: &|| false };
}

/// What could not be read in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseNote {
    /// The text here is not valid in its language.
    Syntax(Span),
    /// The code here is nested too deeply and was left out.
    TooDeep(Span),
    /// Parsing was stopped: the tree is empty.
    Stopped,
}

/// A text with its trees.
pub struct Source {
    language: Language,
    text: String,
    parser: ts::Parser,
    cst: Option<ts::Tree>,
    tree: Tree,
    items: Vec<Item>,
    notes: Vec<ParseNote>,
    relowered: usize,
    lowering: Duration,
    settled: bool,
}

/// A top-level node of the concrete tree and what became of it: the unit that an edit redoes or moves.
struct Item {
    span: Span,
    kind_id: u16,
    nodes: (u32, u32),
    comments: (u32, u32),
    notes: (u32, u32),
}

impl Source {
    /// Parses a text.
    pub fn parse(language: Language, text: String, limits: Limits<'_>) -> Self {
        let mut source = Self {
            language,
            text,
            parser: lower::parser(language),
            cst: None,
            tree: Tree::default(),
            items: Vec::new(),
            notes: Vec::new(),
            relowered: 0,
            lowering: Duration::ZERO,
            settled: true,
        };
        source.reparse(&[], limits);
        source
    }

    /// Applies edits in order and parses again. Every edit must fit the text (both ends on character boundaries); the
    /// caller checked them against the same text ([`weir_model::Document::apply`]).
    ///
    /// # Panics
    /// If an edit does not fit.
    pub fn edit(&mut self, edits: &[Edit], limits: Limits<'_>) {
        let mut dirty: Vec<Dirty> = Vec::with_capacity(edits.len());
        for edit in edits.iter().filter(|edit| !(edit.span.is_empty() && edit.text.is_empty())) {
            let (start, old_end) = (edit.span.start as usize, edit.span.end as usize);
            let new_end = start + edit.text.len();
            let start_position = point(&self.text, start);
            let old_end_position = point(&self.text, old_end);
            self.text.replace_range(start..old_end, &edit.text);
            if let Some(cst) = &mut self.cst {
                cst.edit(&ts::InputEdit {
                    start_byte: start,
                    old_end_byte: old_end,
                    new_end_byte: new_end,
                    start_position,
                    old_end_position,
                    new_end_position: point(&self.text, new_end),
                });
            }
            dirty.push(Dirty { start: edit.span.start, old_end: edit.span.end, new_end: new_end as u32 });
        }
        if !dirty.is_empty() || self.cst.is_none() {
            self.reparse(&dirty, limits);
        }
    }

    /// Whether the tree is the one that this text alone gives. Where text does not parse, what tree-sitter makes of it
    /// depends on the text before the edit too: such a tree is good enough for a first answer and is not settled.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// Parses a text that is not settled from scratch. Gives whether the generic tree is another one now.
    pub fn settle(&mut self, limits: Limits<'_>) -> bool {
        if self.settled {
            return false;
        }
        let tree = std::mem::take(&mut self.tree);
        let items = std::mem::take(&mut self.items);
        let notes = std::mem::take(&mut self.notes);
        let cst = self.cst.take();
        self.reparse(&[], limits);
        if self.cst.is_none() {
            // Out of time: what there was is better than nothing.
            (self.tree, self.items, self.notes, self.cst, self.settled) = (tree, items, notes, cst, false);
            return false;
        }
        self.tree != tree
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The generic tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What could not be read, in order of place.
    pub fn notes(&self) -> &[ParseNote] {
        &self.notes
    }

    /// How many top-level items the last change lowered anew; for benchmarks and tests.
    pub fn relowered(&self) -> usize {
        self.relowered
    }

    /// How long the last lowering took: the part of a parse that is not tree-sitter's.
    pub fn lowering(&self) -> Duration {
        self.lowering
    }

    fn reparse(&mut self, edits: &[Dirty], limits: Limits<'_>) {
        let mut progress = |_: &ts::ParseState| {
            if (limits.stop)() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let bytes = self.text.as_bytes();
        let parsed = self.parser.parse_with_options(
            &mut |at, _| bytes.get(at..).unwrap_or_default(),
            self.cst.as_ref(),
            Some(ts::ParseOptions::new().progress_callback(&mut progress)),
        );
        let Some(cst) = parsed else {
            self.parser.reset();
            self.cst = None;
            self.tree = Tree::default();
            self.tree.nodes.push(root(&self.text));
            self.items.clear();
            self.notes = vec![ParseNote::Stopped];
            // The next edit parses from scratch in any case.
            self.settled = true;
            return;
        };
        let mut reuse = self.cst.as_ref().map(|old| Reuse::new(edits, old.changed_ranges(&cst)));
        if let Some(reuse) = reuse.as_mut().filter(|_| self.language == Language::Ruby) {
            reuse.widen_to_heredocs(&cst, &self.text);
        }
        self.settled = reuse.is_none() || !cst.root_node().has_error();
        let began = Instant::now();
        self.lower(&cst, reuse.as_ref());
        self.lowering = began.elapsed();
        self.cst = Some(cst);
    }

    fn lower(&mut self, cst: &ts::Tree, reuse: Option<&Reuse>) {
        let old_tree = std::mem::take(&mut self.tree);
        let old_items = std::mem::take(&mut self.items);
        let old_notes = std::mem::take(&mut self.notes);
        self.relowered = 0;
        let mut lowering = lower::Lowering::new(self.language, &self.text);
        lowering.piece.nodes.reserve(old_tree.nodes.len() + 64);
        lowering.piece.nodes.push(root(&self.text));
        let mut cursor = cst.walk();
        let mut candidates = old_items.iter().peekable();
        // What an item means may depend on the text just before it: PHP prints what stands behind `<?=`.
        let mut before_is_old = true;
        for child in cst.root_node().children(&mut cursor) {
            let span = Span::from(child.byte_range());
            let begin = lowering.piece.lengths();
            let same = reuse.and_then(|reuse| {
                let old_start = reuse.old_start(span)?;
                while candidates.next_if(|item| item.span.start < old_start).is_some() {}
                candidates
                    .peek()
                    .filter(|item| {
                        item.span == Span::new(old_start, old_start + span.len()) && item.kind_id == child.kind_id()
                    })
                    .copied()
            });
            let old = same.filter(|_| before_is_old);
            before_is_old = same.is_some();
            if let Some(old) = old {
                copy(&mut lowering.piece, old, &old_tree, &old_notes, span.start.wrapping_sub(old.span.start));
            } else {
                lowering.item(child);
                self.relowered += 1;
            }
            let end = lowering.piece.lengths();
            self.items.push(Item {
                span,
                kind_id: child.kind_id(),
                nodes: (begin.0, end.0),
                comments: (begin.1, end.1),
                notes: (begin.2, end.2),
            });
        }
        let Piece { mut nodes, comments, notes } = lowering.piece;
        nodes[0].size = nodes.len() as u32;
        self.tree = Tree { nodes, comments };
        self.notes = notes;
    }
}

fn root(text: &str) -> Node {
    Node {
        kind: Kind::File,
        role: Role::Root,
        sym: Symbol::EMPTY,
        span: Span::new(0, text.len() as u32),
        size: 1,
        up: 0,
    }
}

/// Copies an unchanged item, moved by `shift` bytes (wrapping: it may be negative).
fn copy(piece: &mut Piece, old: &Item, tree: &Tree, notes: &[ParseNote], shift: u32) {
    let moved = |span: Span| Span::new(span.start.wrapping_add(shift), span.end.wrapping_add(shift));
    let from = old.nodes.0;
    let to = piece.nodes.len() as u32;
    piece.nodes.extend(tree.nodes[from as usize..old.nodes.1 as usize].iter().enumerate().map(|(at, node)| {
        // The item's own top nodes hang from the root, whose distance changes with the item's place.
        let outside = node.up > at as u32;
        Node { span: moved(node.span), up: if outside { node.up - from + to } else { node.up }, ..*node }
    }));
    piece
        .comments
        .extend(tree.comments[old.comments.0 as usize..old.comments.1 as usize].iter().map(|&span| moved(span)));
    piece.notes.extend(notes[old.notes.0 as usize..old.notes.1 as usize].iter().map(|note| match *note {
        ParseNote::Syntax(span) => ParseNote::Syntax(moved(span)),
        ParseNote::TooDeep(span) => ParseNote::TooDeep(moved(span)),
        ParseNote::Stopped => ParseNote::Stopped,
    }));
}

/// One edit's range, in the text before and after it.
#[derive(Clone, Copy)]
struct Dirty {
    start: u32,
    old_end: u32,
    new_end: u32,
}

/// Which places of the new text are as they were, and where they were.
struct Reuse {
    /// One range of the new text covers all that changed.
    dirty: Span,
    /// How far what follows it moved (wrapping).
    shift: u32,
}

impl Reuse {
    fn new(edits: &[Dirty], changed: impl Iterator<Item = ts::Range>) -> Self {
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
        let mut dirty = dirty.unwrap_or_default();
        for range in changed {
            dirty = dirty.union(Span::new(range.start_byte as u32, range.end_byte as u32));
        }
        Self { dirty, shift }
    }

    /// The text of a heredoc between items belongs to an item on the line before: what changes one changes the other.
    fn widen_to_heredocs(&mut self, cst: &ts::Tree, text: &str) {
        let mut cursor = cst.walk();
        let items = cst.root_node().children(&mut cursor);
        let bodies: Vec<_> = items.filter(|item| item.kind() == "heredoc_body").map(|item| item.byte_range()).collect();
        for body in bodies.into_iter().rev() {
            if body.end as u32 >= self.dirty.start && body.start as u32 <= self.dirty.end {
                let line = text[..body.start].rfind('\n').map_or(0, |at| at + 1);
                self.dirty.start = self.dirty.start.min(line as u32);
            }
        }
    }

    /// Where an item of the new text started in the old one, if nothing in it or next to it changed.
    fn old_start(&self, item: Span) -> Option<u32> {
        if item.end < self.dirty.start {
            Some(item.start)
        } else if item.start > self.dirty.end {
            Some(item.start.wrapping_sub(self.shift))
        } else {
            None
        }
    }
}

/// Row and column in bytes, as tree-sitter counts them.
fn point(text: &str, offset: usize) -> ts::Point {
    let before = &text.as_bytes()[..offset];
    let line = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let row = memchr::memchr_iter(b'\n', before).count();
    ts::Point { row, column: offset - line }
}
