//! Comments that may hold marks: those of the tree, and in texts without one what looks like a comment.

use super::mark::line;
use regex::Regex;
use std::sync::LazyLock;
use weir_model::Span;
use weir_syntax::Tree;

/// A comment in its text.
#[derive(Clone, Copy)]
pub(super) struct Comment<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
    pub(super) tree: &'a Tree,
}

/// What opens a comment in a text whose language is not read.
static OPENER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)(?:#|//|--|/\*|<!--|;|%)").expect("a constant regex"));

/// The comment of the tree that a place is in.
pub(super) fn around(tree: &Tree, at: u32) -> Option<Span> {
    let comments = tree.comments();
    let before = comments.partition_point(|comment| comment.start <= at);
    comments[..before].last().copied().filter(|comment| at < comment.end)
}

impl<'a> Comment<'a> {
    /// What looks like a comment on a line, in a text without a tree.
    pub(super) fn on_line(text: &'a str, tree: &'a Tree, line: Span) -> Option<Self> {
        let opener = OPENER.find(line.text(text))?;
        let blanks = opener.as_str().len() - opener.as_str().trim_start().len();
        let start = line.start + (opener.start() + blanks) as u32;
        let end = line.start + line.text(text).trim_end().len() as u32;
        Some(Self { text, span: Span::new(start, end), tree })
    }

    /// What is written in it, with what opens and closes it.
    pub(super) fn body(&self) -> &'a str {
        self.span.text(self.text)
    }

    /// A place in its text.
    pub(super) fn at(&self, offset: usize) -> u32 {
        self.span.start + offset as u32
    }

    /// Whether there is nothing else on its lines but what encloses it.
    pub(super) fn is_alone(&self) -> bool {
        let before = line(self.text, self.span.start).start..self.span.start as usize;
        let after = self.span.end as usize..line(self.text, self.span.end).end;
        let before = self.text[before].trim().trim_start_matches("<?php").trim();
        let after = self.text[after].trim();
        let braces = (before, after) == ("{", "}");
        braces || (before.is_empty() && (after.is_empty() || after == "?>"))
    }

    /// The line that its mark is about: that of the mark, or if the comment is alone the next that is no comment.
    pub(super) fn line(&self, at: u32) -> Span {
        if self.is_alone() { self.next_line() } else { Span::from(line(self.text, at)) }
    }

    /// The next line that is no comment.
    pub(super) fn next_line(&self) -> Span {
        let mut at = line(self.text, self.span.end).end;
        while at < self.text.len() {
            let next = line(self.text, at as u32 + 1);
            let content = &self.text[next.clone()];
            let first = next.start + content.len() - content.trim_start().len();
            let is_code = around(self.tree, first as u32).is_none() && !content.trim().is_empty();
            if is_code {
                return Span::from(next);
            }
            at = next.end;
        }
        Span::from(at..at)
    }
}
