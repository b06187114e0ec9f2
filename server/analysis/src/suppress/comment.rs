//! Comments that may hold marks: of code those of its tree; of a page its own, its template's and those of the programs in
//! it; in other texts what looks like a comment.

use super::mark::line;
use regex::Regex;
use std::sync::LazyLock;
use weir_model::{Format, Language, Span};
use weir_syntax::{Part, Source};

/// The comments of a part that holds marks, with what they are about.
pub(super) struct Comments<'a> {
    pub(super) text: &'a str,
    pub(super) format: Format,
    /// See [`programs`].
    pub(super) parts: Vec<Part<'a>>,
    /// In the order of their starts.
    all: Vec<Place>,
}

/// Where a comment is.
struct Place {
    span: Span,
    /// Of a program that is a part of a page: the program's.
    language: Option<Language>,
    /// The number of the comment that this one stands in: a page's may have a template's in it.
    outer: Option<usize>,
}

/// A comment in its text.
#[derive(Clone, Copy)]
pub(super) struct Comment<'a> {
    pub(super) span: Span,
    pub(super) all: &'a Comments<'a>,
    /// `None`: that of the file, whatever that holds.
    language: Option<Language>,
}

/// What opens a comment in a text whose language is not read.
static OPENER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)(?:#|//|--|/\*|<!--|;|%)").expect("a constant regex"));

/// What a template's tag has around a comment if there is nothing else in it.
const TAGS: [(&str, &str); 4] = [("<%", "%>"), ("<%-", "-%>"), ("<%-", "%>"), ("<%", "-%>")];

/// What closes comments, longer ones first; those of pages close nothing elsewhere.
const CLOSERS: [&str; 2] = ["*/", "-->"];
const PAGE_CLOSERS: [&str; 7] = ["*/", "--%>", "-->", "-%>", "%>", "-#}", "#}"];

impl<'a> Comments<'a> {
    /// Those of a part of a file.
    pub(super) fn of(part: &Part<'a>, source: &'a Source) -> Self {
        let parts = programs(part, source);
        let text = part.text;
        let (format, of_templates) = if part.is_whole {
            (source.format(), source.comments_of_templates())
        } else {
            (part.language.map_or(Format::Text, Format::Code), &[][..])
        };
        let mut all: Vec<Place> = Vec::new();
        for part in &parts {
            let language = part.language.filter(|_| !part.is_whole);
            let span = |span: Span| if language.is_some() { with_tag(span, text) } else { span };
            all.extend(part.comments().map(|comment| Place { span: span(comment), language, outer: None }));
        }
        all.extend(of_templates.iter().map(|&span| Place { span, language: None, outer: None }));
        all.sort_by_key(|place| (place.span.start, std::cmp::Reverse(place.span.end)));
        let mut open: Vec<usize> = Vec::new();
        for at in 0..all.len() {
            while open.last().is_some_and(|&outer| all[outer].span.end <= all[at].span.start) {
                open.pop();
            }
            all[at].outer = open.last().copied();
            open.push(at);
        }
        Self { text, format, parts, all }
    }

    /// The innermost that a place is in.
    pub(super) fn around(&self, at: u32) -> Option<Span> {
        let mut number = self.all.partition_point(|place| place.span.start <= at).checked_sub(1);
        while let Some(place) = number.map(|number| &self.all[number]) {
            if at < place.span.end {
                return Some(place.span);
            }
            number = place.outer;
        }
        None
    }

    /// Whether no other comment within it has a place of its body.
    pub(super) fn is_innermost(&self, comment: &Comment<'_>, offset: usize) -> bool {
        self.around(comment.at(offset)).is_none_or(|innermost| innermost == comment.span)
    }

    /// All of them.
    pub(super) fn iter(&'a self) -> impl Iterator<Item = Comment<'a>> {
        self.all.iter().map(|place| Comment { span: place.span, all: self, language: place.language })
    }

    /// What looks like a comment on a line, in a text in no language.
    pub(super) fn on_line(&'a self, line: Span) -> Option<Comment<'a>> {
        let opener = OPENER.find(line.text(self.text))?;
        let blanks = opener.as_str().len() - opener.as_str().trim_start().len();
        let start = line.start + (opener.start() + blanks) as u32;
        let end = line.start + line.text(self.text).trim_end().len() as u32;
        Some(Comment { span: Span::new(start, end), all: self, language: None })
    }

    /// Whether it is a page with programs in it.
    pub(super) fn is_page(&self) -> bool {
        matches!(self.format, Format::Host(_))
    }
}

/// What a part that holds marks is made of: all parts of the file if it is all of that. Their places are places in that part.
pub(super) fn programs<'a>(part: &Part<'a>, source: &'a Source) -> Vec<Part<'a>> {
    if part.is_whole { source.parts() } else { vec![part.alone()] }
}

/// A program's comment with the template's tag that holds nothing else.
fn with_tag(comment: Span, text: &str) -> Span {
    let (before, after) = (&text[..comment.start as usize], &text[comment.end as usize..]);
    let (open, close) = (before.trim_end(), after.trim_start());
    let around = TAGS.iter().find(|(start, end)| open.ends_with(start) && close.starts_with(end));
    around.map_or(comment, |(start, end)| Span::from(open.len() - start.len()..text.len() - close.len() + end.len()))
}

impl<'a> Comment<'a> {
    pub(super) fn text(&self) -> &'a str {
        self.all.text
    }

    /// Whether it is in one of some languages. A page's own comments are about all that the page may hold.
    pub(super) fn is_in(&self, languages: &[Language]) -> bool {
        match self.language {
            Some(language) => languages.contains(&language),
            None => self.all.format.languages().iter().any(|language| languages.contains(language)),
        }
    }

    /// Whether it is a page's or its template's own.
    pub(super) fn is_of_page(&self) -> bool {
        self.all.is_page() && self.language.is_none()
    }

    /// What is written in it, with what opens it.
    pub(super) fn body(&self) -> &'a str {
        let body = self.span.text(self.all.text).trim_end();
        let closers = if body.starts_with(['<', '{']) { &PAGE_CLOSERS[..] } else { &CLOSERS[..] };
        closers.iter().find_map(|closer| body.strip_suffix(closer)).unwrap_or(body)
    }

    /// A place in its text.
    pub(super) fn at(&self, offset: usize) -> u32 {
        self.span.start + offset as u32
    }

    /// Whether there is nothing else on its lines but what encloses it.
    pub(super) fn is_alone(&self) -> bool {
        let text = self.text();
        let before = line(text, self.span.start).start..self.span.start as usize;
        let after = self.span.end as usize..line(text, self.span.end).end;
        let before = text[before].trim().trim_start_matches("<?php").trim();
        let after = text[after].trim();
        let braces = (before, after) == ("{", "}");
        braces || (before.is_empty() && (after.is_empty() || after == "?>"))
    }

    /// The line that its mark is about: that of the mark, or if the comment is alone the next that is no comment.
    pub(super) fn line(&self, at: u32) -> Span {
        if self.is_alone() { self.next_line() } else { Span::from(line(self.text(), at)) }
    }

    /// The next line that is no comment.
    pub(super) fn next_line(&self) -> Span {
        let text = self.text();
        let mut at = line(text, self.span.end).end;
        while at < text.len() {
            let next = line(text, at as u32 + 1);
            let content = &text[next.clone()];
            let first = next.start + content.len() - content.trim_start().len();
            let is_code = self.all.around(first as u32).is_none() && !content.trim().is_empty();
            if is_code {
                return Span::from(next);
            }
            at = next.end;
        }
        Span::from(at..at)
    }
}
