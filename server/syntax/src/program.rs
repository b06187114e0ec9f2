//! Code under edit and its trees: tree-sitter re-parses what changed, the lowering redoes what changed.

use crate::Tree;
use crate::lower::{self, Change, Dirty, Lookup, Lowering, Past};
use crate::source::{Limits, ParseNote};
use crate::veil::Veil;
use std::time::{Duration, Instant};
use tree_sitter as ts;
use weir_model::{Edit, Language};

/// The text of one program with its trees.
pub(crate) struct Program {
    language: Language,
    text: String,
    veil: Veil,
    parser: ts::Parser,
    cst: Option<ts::Tree>,
    tree: Tree,
    past: Past,
    relowered: usize,
    lowering: Duration,
    settled: bool,
}

impl Program {
    /// Parses a text.
    pub(crate) fn parse(language: Language, text: String, limits: Limits<'_>) -> Self {
        let mut source = Self {
            language,
            text,
            veil: Veil::default(),
            parser: lower::parser(language),
            cst: None,
            tree: Tree::default(),
            past: Past::default(),
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
    pub(crate) fn edit(&mut self, edits: &[Edit], limits: Limits<'_>) {
        let mut dirty: Vec<Dirty> = Vec::with_capacity(edits.len());
        for edit in edits.iter().filter(|edit| !(edit.span.is_empty() && edit.text.is_empty())) {
            let (start, old_end) = (edit.span.start as usize, edit.span.end as usize);
            let new_end = start + edit.text.len();
            let start_position = after(ts::Point::default(), &self.text[..start]);
            let old_end_position = after(start_position, &self.text[start..old_end]);
            self.text.replace_range(start..old_end, &edit.text);
            if let Some(cst) = &mut self.cst {
                cst.edit(&ts::InputEdit {
                    start_byte: start,
                    old_end_byte: old_end,
                    new_end_byte: new_end,
                    start_position,
                    old_end_position,
                    new_end_position: after(start_position, &edit.text),
                });
            }
            let change = Dirty { start: edit.span.start, old_end: edit.span.end, new_end: new_end as u32 };
            self.veil.edit(change);
            dirty.push(change);
        }
        if !dirty.is_empty() || self.cst.is_none() {
            self.reparse(&dirty, limits);
        }
    }

    /// Whether the tree is the one that this text alone gives. Where text does not parse, what tree-sitter makes of it
    /// depends on the text before the edit too: such a tree is good enough for a first answer and is not settled.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled
    }

    /// Parses a text that is not settled from scratch. Gives whether the generic tree is another one now.
    pub(crate) fn settle(&mut self, limits: Limits<'_>) -> bool {
        if self.settled {
            return false;
        }
        let tree = std::mem::take(&mut self.tree);
        let past = std::mem::take(&mut self.past);
        let cst = self.cst.take();
        self.reparse(&[], limits);
        if self.cst.is_none() {
            // Out of time: what there was is better than nothing.
            (self.tree, self.past, self.cst, self.settled) = (tree, past, cst, false);
            return false;
        }
        self.tree != tree
    }

    /// The language.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The generic tree.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// tree-sitter's tree, unless parsing was stopped.
    pub(crate) fn concrete(&self) -> Option<&ts::Tree> {
        self.cst.as_ref()
    }

    /// What could not be read, in order of place.
    pub(crate) fn notes(&self) -> &[ParseNote] {
        &self.past.notes
    }

    /// How many nodes of the tree the last change made anew; for benchmarks and tests.
    pub(crate) fn relowered(&self) -> usize {
        self.relowered
    }

    /// How long the last lowering took: the part of a parse that is not tree-sitter's.
    pub(crate) fn lowering(&self) -> Duration {
        self.lowering
    }

    fn reparse(&mut self, edits: &[Dirty], limits: Limits<'_>) {
        let veil = Veil::of_program(self.language, &self.text);
        if veil != self.veil {
            // Something is read otherwise that no edit touched.
            self.cst = None;
            self.veil = veil;
        }
        let parsed = self.veil.parse(&mut self.parser, &self.text, self.cst.as_ref(), limits.stop);
        let Some(cst) = parsed else {
            self.parser.reset();
            self.cst = None;
            self.tree = Tree::empty_file(self.text.len());
            self.past = Past { notes: vec![ParseNote::Stopped], ..Past::default() };
            // The next edit parses from scratch in any case.
            self.settled = true;
            return;
        };
        let change = self.cst.as_ref().map(|old| Change::new(edits, old, &cst));
        self.settled = change.is_none() || !cst.root_node().has_error();
        let began = Instant::now();
        self.lower(&cst, change);
        self.lowering = began.elapsed();
        self.cst = Some(cst);
    }

    fn lower(&mut self, cst: &ts::Tree, change: Option<Change>) {
        let Tree { nodes, mut comments } = std::mem::take(&mut self.tree);
        let lowering = match change {
            Some(change) => Lowering::after(self.language, &self.text, Lookup::new(&nodes, &self.past, change)),
            None => Lowering::new(self.language, &self.text),
        };
        let lowered = lowering.file(cst.root_node());
        self.relowered = lowered.emitted();
        let (nodes, past) = lowered.nodes(nodes);
        self.past = past;
        comments.clear();
        comments.extend_from_slice(&self.past.comments);
        // Handlers note what stands between a node's parts before they go into the parts.
        comments.sort_by_key(|comment| comment.start);
        comments.dedup();
        self.tree = Tree { nodes, comments };
    }
}

/// The row and column in bytes, as tree-sitter counts them, of the end of a text that starts at a point.
fn after(start: ts::Point, text: &str) -> ts::Point {
    match memchr::memrchr(b'\n', text.as_bytes()) {
        Some(last) => ts::Point {
            row: start.row + memchr::memchr_iter(b'\n', text.as_bytes()).count(),
            column: text.len() - last - 1,
        },
        None => ts::Point { row: start.row, column: start.column + text.len() },
    }
}
