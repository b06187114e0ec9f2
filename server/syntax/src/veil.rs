//! What a grammar cannot bear, or does not know, is not shown to it: something else of the same length is.

use crate::lower::{self, Dirty};
use std::ops::ControlFlow;
use tree_sitter as ts;
use weir_model::{Language, Span};

/// What is shown in place of what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// An operator of the same length and precedence as the `<<` that is not shown.
    Shift,
    /// A number.
    Value,
    /// A number and the end of its statement.
    Statement,
    /// Nothing.
    Blank,
}

/// A stretch of a text that is shown as something else. It holds no line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cover {
    pub(crate) span: Span,
    pub(crate) shown: Shown,
}

/// The stretches of a text that its grammar is to read as something else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Veil(Vec<Cover>);

impl Shown {
    /// How long a stretch must be to be shown as this.
    pub(crate) const fn length(self) -> usize {
        self.first().len()
    }

    /// What is shown before blanks fill the stretch.
    const fn first(self) -> &'static [u8] {
        match self {
            Self::Shift => b">>",
            Self::Value => b"0",
            Self::Statement => b"0;",
            Self::Blank => b"",
        }
    }
}

impl Cover {
    /// What is shown from a place within it on, or the beginning of that.
    fn from(&self, at: usize) -> &'static [u8] {
        const BLANKS: &[u8] = &[b' '; 64];
        let (into, first) = (at - self.span.start as usize, self.shown.first());
        match first.get(into..) {
            Some(rest) if !rest.is_empty() => &rest[..rest.len().min(self.span.end as usize - at)],
            _ => &BLANKS[..BLANKS.len().min(self.span.end as usize - at)],
        }
    }
}

impl Veil {
    /// What a pattern in a language needs.
    pub(crate) fn of(language: Language, text: &str) -> Self {
        Self(lower::veiled(language, text))
    }

    /// What a program needs, in which may be commands that are none of its language.
    pub(crate) fn of_program(language: Language, text: &str) -> Self {
        let mut covers = lower::veiled(language, text);
        covers.extend(lower::commands(language, text));
        Self(covers)
    }

    /// Moves with the text. A stretch that is edited itself is dropped.
    pub(crate) fn edit(&mut self, edit: Dirty) {
        self.0.retain(|cover| cover.span.end <= edit.start || cover.span.start >= edit.old_end);
        for Cover { span, .. } in self.0.iter_mut().filter(|cover| cover.span.start >= edit.old_end) {
            let moved = |at: u32| at - edit.old_end + edit.new_end;
            *span = Span::new(moved(span.start), moved(span.end));
        }
    }

    /// The text from a place on, as far as it is shown as one.
    fn from<'t>(&self, text: &'t str, at: usize) -> &'t [u8] {
        let next = self.0.partition_point(|cover| cover.span.end as usize <= at);
        match self.0.get(next) {
            Some(cover) if cover.span.start as usize <= at => cover.from(at),
            next => {
                let end = next.map_or(text.len(), |cover| cover.span.start as usize);
                text.as_bytes().get(at..end).unwrap_or_default()
            }
        }
    }

    /// Parses the text; `None` if it was stopped.
    pub(crate) fn parse(
        &self,
        parser: &mut ts::Parser,
        text: &str,
        old: Option<&ts::Tree>,
        stop: &dyn Fn() -> bool,
    ) -> Option<ts::Tree> {
        let mut progress = |_: &ts::ParseState| if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let options = ts::ParseOptions::new().progress_callback(&mut progress);
        parser.parse_with_options(&mut |at, _| self.from(text, at), old, Some(options))
    }
}
