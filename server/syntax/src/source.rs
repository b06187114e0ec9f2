//! A text under edit and the programs in it: one for code, several or none for a page, none for any other text.

use crate::host::{Map, Page};
use crate::program::Program;
use crate::{Spot, Tree};
use std::time::Duration;
use weir_model::{Cells, Edit, Format, Language, Span};

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
    /// The notebook is no valid JSON here: nothing in it was read.
    NotJson(Span),
    /// Parsing was stopped: the tree is empty.
    Stopped,
}

/// What rules look at: a program in one language, or a text in none.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// Its language; `None` for a text only rules for any text look at.
    pub language: Option<Language>,
    /// The text: of the whole file, or of a program that is put together of pieces of it.
    pub text: &'a str,
    /// The tree; empty without a language.
    pub tree: &'a Tree,
    /// The text of the whole file.
    pub whole: &'a str,
    /// Whether it is the whole file, so that rules for any text look at it.
    pub is_whole: bool,
    /// Whether it is where comments that ask to ignore findings are looked for.
    pub holds_marks: bool,
    pub(crate) program: Option<&'a Program>,
    pub(crate) map: Option<&'a Map>,
}

impl<'a> Part<'a> {
    /// All of a file.
    fn whole(language: Option<Language>, text: &'a str, tree: &'a Tree, program: Option<&'a Program>) -> Self {
        Self { language, text, tree, whole: text, is_whole: true, holds_marks: true, program, map: None }
    }

    /// Where something in the part stands in the file.
    pub fn place(&self, span: Span) -> Span {
        self.map.map_or(span, |map| map.span(span))
    }

    /// Whether something in the part is there only to make a program of pieces: nobody wrote it.
    pub fn is_made_up(&self, span: Span) -> bool {
        self.map.is_some_and(|map| !map.is_written(span))
    }

    /// What an edit of the part is in the file; `None` where more than that would be replaced.
    pub fn edit(&self, edit: &Edit) -> Option<Edit> {
        let Some(map) = self.map else { return Some(edit.clone()) };
        map.edit(edit, self.text)
    }

    /// What of the part stands in a place of the file; `None` if nothing does.
    pub fn within(&self, span: Span) -> Option<Span> {
        self.map.map_or(Some(span), |map| map.within(span))
    }

    /// What a line break of code is in, or the end of the text.
    pub fn at_break(&self, at: u32) -> Spot {
        self.program.map_or(Spot::Token, |program| program.at_break(at))
    }

    /// Whether a comment in the middle of a line may stand right before a token of code: in languages that have such comments.
    pub fn takes_comment_before(&self, at: u32) -> bool {
        self.program.is_some_and(|program| program.takes_comment_before(at))
    }
}

/// A text with its trees.
pub struct Source {
    format: Format,
    body: Body,
}

enum Body {
    Text { text: String, tree: Tree },
    Code(Box<Program>),
    Page(Page),
}

impl Source {
    /// Parses a text.
    pub fn parse(format: impl Into<Format>, text: String, limits: Limits<'_>) -> Self {
        let format = format.into();
        let body = match format {
            Format::Text => Body::Text { text, tree: Tree::default() },
            Format::Code(language) => Body::Code(Box::new(Program::parse(language, text, limits))),
            Format::Host(host) => Body::Page(Page::parse(host, text, limits)),
        };
        Self { format, body }
    }

    /// Applies edits in order and parses again. Every edit must fit the text (both ends on character boundaries); the
    /// caller checked them against the same text ([`weir_model::Document::apply`]).
    ///
    /// # Panics
    /// If an edit does not fit.
    pub fn edit(&mut self, edits: &[Edit], limits: Limits<'_>) {
        match &mut self.body {
            Body::Text { text, .. } => apply(text, edits),
            Body::Code(program) => program.edit(edits, limits),
            Body::Page(page) => page.edit(edits, limits),
        }
    }

    /// Whether the trees are those that this text alone gives. Where text does not parse, what tree-sitter makes of it
    /// depends on the text before the edit too: such a tree is good enough for a first answer and is not settled.
    pub fn is_settled(&self) -> bool {
        match &self.body {
            Body::Text { .. } => true,
            Body::Code(program) => program.is_settled(),
            Body::Page(page) => page.is_settled(),
        }
    }

    /// Parses what is not settled from scratch. Gives whether a generic tree is another one now.
    pub fn settle(&mut self, limits: Limits<'_>) -> bool {
        match &mut self.body {
            Body::Text { .. } => false,
            Body::Code(program) => program.settle(limits),
            Body::Page(page) => page.settle(limits),
        }
    }

    /// What the text is made of.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The text.
    pub fn text(&self) -> &str {
        match &self.body {
            Body::Text { text, .. } => text,
            Body::Code(program) => program.text(),
            Body::Page(page) => page.text(),
        }
    }

    /// What rules look at, in an order that the format tells.
    pub fn parts(&self) -> Vec<Part<'_>> {
        match &self.body {
            Body::Text { text, tree } => vec![Part::whole(None, text, tree, None)],
            Body::Code(program) => {
                vec![Part::whole(Some(program.language()), program.text(), program.tree(), Some(program))]
            }
            Body::Page(page) => page.parts(),
        }
    }

    /// The generic tree of code; of a page and any other text an empty one.
    pub fn tree(&self) -> &Tree {
        match &self.body {
            Body::Text { tree, .. } => tree,
            Body::Code(program) => program.tree(),
            Body::Page(page) => page.no_tree(),
        }
    }

    /// The cells of code, if it is a notebook.
    pub fn cells(&self) -> Option<Cells> {
        match &self.body {
            Body::Page(page) => page.cells(),
            Body::Text { .. } | Body::Code(_) => None,
        }
    }

    /// What stands in a place: as the program there has it, also where the file writes that with escapes.
    pub fn excerpt(&self, span: Span) -> &str {
        match &self.body {
            Body::Page(page) => page.excerpt(span),
            Body::Text { .. } | Body::Code(_) => span.text(self.text()),
        }
    }

    /// What could not be read, in order of place.
    pub fn notes(&self) -> &[ParseNote] {
        match &self.body {
            Body::Text { .. } => &[],
            Body::Code(program) => program.notes(),
            Body::Page(page) => page.notes(),
        }
    }

    /// How many nodes of the trees the last change made anew; for benchmarks and tests.
    pub fn relowered(&self) -> usize {
        match &self.body {
            Body::Text { .. } => 0,
            Body::Code(program) => program.relowered(),
            Body::Page(page) => page.programs().map(Program::relowered).sum(),
        }
    }

    /// How long the last lowering took: the part of a parse that is not tree-sitter's.
    pub fn lowering(&self) -> Duration {
        match &self.body {
            Body::Text { .. } => Duration::ZERO,
            Body::Code(program) => program.lowering(),
            Body::Page(page) => page.programs().map(Program::lowering).sum(),
        }
    }
}

/// Applies edits to a text, each in what those before it left.
pub(crate) fn apply(text: &mut String, edits: &[Edit]) {
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.text);
    }
}
