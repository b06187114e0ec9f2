//! `nosemgrep`, `nosem`: with or without ids, a reason and a last day. What Semgrep reads of it is read as it reads it: by
//! the line's text, wherever on it the mark stands.
//!
//! ```text
//! # nosemgrep: id, other-id -- reason (until 2026-12-31)
//! ```
//!
//! Semgrep splits what follows the colon at commas and takes the first word of each part, so that it never sees the reason
//! unless that has a comma; and a mark whose last day is over still counts there.

use super::comment::Comments;
use super::mark::{Asks, Mark, Reach, Until, line, list, reason};
use regex::Regex;
use std::sync::LazyLock;
use weir_model::{MarkKind, Span};

/// After white space anywhere in the line; the ids end where the line does.
static ON_LINE: LazyLock<Regex> = LazyLock::new(|| mark(r"\s"));

/// On a line before: nothing that is code stands before it.
static ON_LINE_BEFORE: LazyLock<Regex> = LazyLock::new(|| mark(r"^[^a-zA-Z0-9]*\s"));

fn mark(before: &str) -> Regex {
    let mark = format!(r"(?i){before}(?P<mark>nosem(?:grep)?)(?:\s*[:=]\s*(?P<ids>[^\s,](?:[^\r\n]*)))?");
    Regex::new(&mark).expect("a constant regex")
}

static NOSEM: LazyLock<Regex> = LazyLock::new(|| Regex::new("(?i)nosem").expect("a constant regex"));

/// Where the reason begins, and where another comment of the same line does.
static REASON: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|\s)--(?:\s|$)").expect("a constant regex"));
static NEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s+(?:(?:#|//)(?:\s|no(?:qa|sec))|\*/|--%?>|-?%>|-?#\}|\{%|\?>)").expect("a constant regex")
});
static UNTIL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\buntil (\d{4}-\d{2}-\d{2})\b").expect("a constant regex"));

/// All of a text.
pub(super) fn find(comments: &Comments<'_>, marks: &mut Vec<Mark>) {
    let (text, mut from) = (comments.text, 0);
    while let Some(found) = NOSEM.find_at(text, from) {
        let line = line(text, found.start() as u32);
        marks.extend(read(text, Span::from(line.clone()), comments));
        from = line.end.max(found.end());
    }
}

/// That of one line.
fn read(text: &str, line: Span, comments: &Comments<'_>) -> Option<Mark> {
    let content = line.text(text);
    let here = ON_LINE.captures(content);
    let below = ON_LINE_BEFORE.captures(content);
    let captures = below.as_ref().or(here.as_ref())?;
    let (keyword, ids) = (captures.name("mark")?, captures.name("ids"));
    let start = line.start as usize + keyword.start();
    let mut lines = vec![line];
    if below.is_some() && (line.end as usize) < text.len() {
        lines.push(Span::from(super::mark::line(text, line.end + 1)));
    }
    let words = ids.map_or(&content[keyword.end()..], |ids| &content[ids.start()..]);
    let end = NEXT.find(words).map_or(words.trim_end().len(), |next| next.start());
    let at = line.end as usize - words.len();
    let words = &words[..end];
    let why = REASON.find(words);
    let names = why.as_ref().map_or(words, |why| &words[..why.start()]);
    let asks = if ids.is_none() {
        Asks::All
    } else {
        let mut checks = list(names, at as u32, |c| c == ',');
        for check in &mut checks {
            check.id = check.id.split_whitespace().next().unwrap_or_default().to_owned();
            check.span.end = check.span.start + check.id.len() as u32;
        }
        Asks::Checks(checks)
    };
    let why = why.map(|why| &words[why.end()..]);
    let span = Span::from(start..(at + end).max(start + keyword.len()));
    Some(Mark {
        kind: MarkKind::Nosemgrep,
        span,
        comment: comments.around(span.start),
        reach: Reach::First(lines),
        asks,
        until: why.and_then(|why| UNTIL.captures(why)).and_then(|until| Until::read(&until[1])),
        reason: why.and_then(reason).filter(|why| why != super::ignore::PLACEHOLDER),
    })
}

/// An id names a rule if one is the other's last part: reports put the rule file's folder before the id.
pub(crate) fn names(id: &str, rule_id: &str) -> bool {
    let id = id.split_whitespace().next().unwrap_or("").trim_matches(['"', '\'']);
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|before| before.ends_with('.'));
    !id.is_empty() && (id == rule_id || ends(id, rule_id) || ends(rule_id, id))
}
