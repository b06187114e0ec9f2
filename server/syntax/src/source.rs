//! A text under edit and the programs in it: one for code and what its templates hold, several or none for a page, none for any
//! other text.

use crate::code::Code;
use crate::host::{Map, Page};
use crate::program::Program;
use crate::{PageSpot, Spot, Tree};
use std::time::Duration;
use weir_model::{Cells, Edit, Engine, Format, Language, Span};

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

impl ParseNote {
    /// Where it is.
    pub(crate) fn place(&self) -> Span {
        match *self {
            Self::Syntax(span) | Self::TooDeep(span) | Self::NotJson(span) => span,
            Self::Stopped => Span::default(),
        }
    }
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
    /// In the order of their starts.
    pub(crate) comments: &'a [Span],
    pub(crate) program: Option<&'a Program>,
    pub(crate) map: Option<&'a Map>,
}

impl<'a> Part<'a> {
    /// A text in no language.
    fn text(text: &'a str, tree: &'a Tree) -> Self {
        let (language, program, map) = (None, None, None);
        Self { language, text, tree, whole: text, is_whole: true, holds_marks: true, comments: &[], program, map }
    }

    /// A file of code.
    pub(crate) fn code(program: &'a Program) -> Self {
        let (text, tree) = (program.text(), program.tree());
        Self {
            language: Some(program.language()),
            text,
            tree,
            whole: text,
            is_whole: true,
            holds_marks: true,
            comments: tree.comments(),
            program: Some(program),
            map: None,
        }
    }

    /// The same program as if its text were all of a file: places in it are those of the program.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { whole: self.text, is_whole: true, map: None, ..*self }
    }

    /// Where the comments of the part stand in the file: of a page its own and those of its template's engine.
    pub fn comments(&self) -> impl Iterator<Item = Span> {
        let written = self.comments.iter().filter(|&&comment| !self.is_made_up(comment));
        written.map(|&comment| self.place(comment))
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
    Code(Box<Code>),
    Page(Page),
}

impl Source {
    /// Parses a text.
    pub fn parse(format: impl Into<Format>, text: String, limits: Limits<'_>) -> Self {
        let format = format.into();
        let body = match format {
            Format::Text => Body::Text { text, tree: Tree::default() },
            Format::Code(language) => Body::Code(Box::new(Code::parse(language, text, limits))),
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
            Body::Code(code) => code.edit(edits, limits),
            Body::Page(page) => page.edit(edits, limits),
        }
    }

    /// Whether the trees are those that this text alone gives. Where text does not parse, what tree-sitter makes of it
    /// depends on the text before the edit too: such a tree is good enough for a first answer and is not settled.
    pub fn is_settled(&self) -> bool {
        match &self.body {
            Body::Text { .. } => true,
            Body::Code(code) => code.is_settled(),
            Body::Page(page) => page.is_settled(),
        }
    }

    /// Parses what is not settled from scratch. Gives whether a generic tree is another one now.
    pub fn settle(&mut self, limits: Limits<'_>) -> bool {
        match &mut self.body {
            Body::Text { .. } => false,
            Body::Code(code) => code.settle(limits),
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
            Body::Code(code) => code.program().text(),
            Body::Page(page) => page.text(),
        }
    }

    /// What rules look at, in an order that the format tells.
    pub fn parts(&self) -> Vec<Part<'_>> {
        match &self.body {
            Body::Text { text, tree } => vec![Part::text(text, tree)],
            Body::Code(code) => code.parts(),
            Body::Page(page) => page.parts(),
        }
    }

    /// The generic tree of code; of a page and any other text an empty one.
    pub fn tree(&self) -> &Tree {
        match &self.body {
            Body::Text { tree, .. } => tree,
            Body::Code(code) => code.program().tree(),
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

    /// What a line break of a page is in.
    pub fn at_break_of_page(&self, at: u32) -> PageSpot {
        match &self.body {
            Body::Page(page) => page.at_break(at),
            Body::Code(code) => code.templates().map_or(PageSpot::Token, |templates| templates.at_break(at)),
            Body::Text { .. } => PageSpot::Token,
        }
    }

    /// What reads the page that a place is in: of code the template.
    pub fn engine_at(&self, at: u32) -> Option<Engine> {
        match &self.body {
            Body::Page(page) => page.engine_at(at),
            Body::Code(code) => code.templates()?.engine_at(at),
            Body::Text { .. } => None,
        }
    }

    /// The comments of the templates in code, which are none of its language's; in the order of their starts.
    pub fn comments_of_templates(&self) -> &[Span] {
        match &self.body {
            Body::Code(code) => code.templates().map_or(&[], Page::comments),
            Body::Page(_) | Body::Text { .. } => &[],
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
            Body::Code(code) => code.notes(),
            Body::Page(page) => page.notes(),
        }
    }

    /// How many nodes of the trees the last change made anew; for benchmarks and tests.
    pub fn relowered(&self) -> usize {
        match &self.body {
            Body::Text { .. } => 0,
            Body::Code(code) => code.programs().map(Program::relowered).sum(),
            Body::Page(page) => page.programs().map(Program::relowered).sum(),
        }
    }

    /// How long the last lowering took: the part of a parse that is not tree-sitter's.
    pub fn lowering(&self) -> Duration {
        match &self.body {
            Body::Text { .. } => Duration::ZERO,
            Body::Code(code) => code.programs().map(Program::lowering).sum(),
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
