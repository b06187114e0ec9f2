//! A mark as it was read: what it asks to ignore, and where.

use std::ops::Range;
use weir_model::{MarkKind, MarkPlace, Span, Suppression};
use weir_syntax::Part;

/// A mark in a text.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(super) kind: MarkKind,
    /// From its keyword to the end of its ids and reason.
    pub(super) span: Span,
    /// The comment it stands in; none for `nosemgrep` in other places, where it counts as well.
    pub(super) comment: Option<Span>,
    pub(super) reach: Reach,
    pub(super) asks: Asks,
    pub(super) reason: Option<String>,
    pub(super) until: Option<Until>,
}

/// Where a mark counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// For findings that begin here.
    First(Vec<Span>),
    /// For findings in a statement that has a part here: a line.
    Line(Span),
    /// For findings that begin here: a block, a function, a file.
    Range(Span),
}

/// What a mark asks to ignore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// Everything.
    All,
    /// Everything about secrets.
    Secrets,
    /// Some checks.
    Checks(Vec<Check>),
}

/// One check that a mark names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// Where it is named.
    pub(super) span: Span,
    pub(super) id: String,
    /// Where it is in force again.
    pub(super) end: u32,
}

/// The last day of a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Until {
    /// As written, `YYYY-MM-DD`.
    pub(super) text: String,
    /// Days since 1970-01-01.
    pub(super) day: i64,
}

impl Mark {
    /// Whether its last day is over.
    pub(super) fn is_expired(&self, today: i64) -> bool {
        self.until.as_ref().is_some_and(|until| until.day < today)
    }

    /// Where it counts for a finding of this span in this statement.
    pub(super) fn covers(&self, finding: Span, statement: Span) -> bool {
        match &self.reach {
            Reach::First(lines) => lines.iter().any(|line| line.start <= finding.start && finding.start <= line.end),
            Reach::Line(line) => statement.touches(*line),
            Reach::Range(range) => range.start <= finding.start && finding.start < range.end,
        }
    }

    /// The checks that it names.
    pub(super) fn checks(&self) -> &[Check] {
        match &self.asks {
            Asks::Checks(checks) => checks,
            Asks::All | Asks::Secrets => &[],
        }
    }

    /// What becomes of a finding that it covers.
    pub(super) fn suppression(&self, part: &Part<'_>) -> Suppression {
        Suppression {
            mark: self.kind,
            place: MarkPlace::Text(part.place(self.comment.unwrap_or(self.span))),
            reason: self.reason.clone(),
            until: self.until.as_ref().map(|until| until.text.clone()),
        }
    }
}

impl Until {
    /// A day in a text; none if there is no such day.
    pub(super) fn read(text: &str) -> Option<Self> {
        Some(Self { text: text.to_owned(), day: crate::rule::comparison::day(text)? })
    }
}

/// A list of checks in a text: what stands between separators, quotes left out. `at` is where the list begins.
pub(super) fn list(list: &str, at: u32, is_separator: impl Fn(char) -> bool) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut start = 0;
    for part in list.split(is_separator) {
        let id = part.trim_matches(|c: char| c.is_whitespace() || "\"'[](){}:".contains(c));
        if !id.is_empty() {
            let from = start + (id.as_ptr() as usize - part.as_ptr() as usize);
            checks.push(check(id, at as usize + from));
        }
        start += part.len();
        start += list[start..].chars().next().map_or(0, char::len_utf8);
    }
    checks
}

/// A check that is named at a place.
pub(super) fn check(id: &str, at: usize) -> Check {
    Check { span: Span::from(at..at + id.len()), id: id.to_owned(), end: u32::MAX }
}

/// What is written as a reason, if anything is.
pub(super) fn reason(text: &str) -> Option<String> {
    let end = ["*/", "-->", "?>", "#}"].iter().filter_map(|closer| text.find(closer)).min().unwrap_or(text.len());
    let text = text[..end].trim().trim_start_matches([':', '-']).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The line of an offset, without its break.
pub(super) fn line(text: &str, at: u32) -> Range<usize> {
    let bytes = text.as_bytes();
    let at = (at as usize).min(bytes.len());
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |newline| at + newline);
    start..end
}
