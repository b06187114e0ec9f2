//! Taking marks away again.

use super::mark::{Mark, line};
use weir_model::{Edit, Span};
use weir_syntax::{Kind, Part, Tree};

/// Removes a mark: its comment where there is nothing else in it, with the line where there is nothing else on that.
pub(super) fn of_mark(mark: &Mark, part: &Part<'_>) -> Vec<Edit> {
    let Some(comment) = mark.comment else { return Vec::new() };
    let text = part.text;
    let before = &text[comment.start as usize..mark.span.start as usize];
    let after = &text[mark.span.end as usize..comment.end as usize];
    let span = if is_frame(before) && is_frame(after) { whole(comment, part) } else { piece(mark.span, comment, text) };
    vec![Edit::new(span, "")]
}

/// Removes one of several checks, with a comma.
pub(super) fn of_check(mark: &Mark, at: usize, part: &Part<'_>) -> Vec<Edit> {
    let checks = mark.checks();
    let span = match (checks.get(at + 1), at.checked_sub(1).map(|before| &checks[before])) {
        // What is quoted starts and ends with the quote: all of the way to the next is as much as from one to the next.
        (Some(next), _) => Span::new(checks[at].span.start, next.span.start),
        (None, Some(before)) => Span::new(before.span.end, checks[at].span.end),
        (None, None) => return of_mark(mark, part),
    };
    vec![Edit::new(span, "")]
}

/// Whether a text is nothing but what opens and closes comments.
fn is_frame(text: &str) -> bool {
    // As Django opens and closes one.
    let tag = text.trim().strip_suffix("%}").and_then(|tag| tag.trim_end().strip_suffix("comment"));
    let text = tag.map_or(text, |tag| tag.trim_end_matches("end"));
    text.chars().all(|c| c.is_whitespace() || "#/*-<!>;%{}".contains(c))
}

/// A comment with the space before it, or with its line.
fn whole(comment: Span, part: &Part<'_>) -> Span {
    let text = part.text;
    // To some grammars the first half of a line break belongs to the comment.
    let comment = Span::new(comment.start, comment.start + comment.text(text).trim_end().len() as u32);
    let (first, last) = (line(text, comment.start), line(text, comment.end));
    let before = &text[first.start..comment.start as usize];
    let after = &text[comment.end as usize..last.end];
    let braces =
        (before.trim(), after.trim()) == ("{", "}") && part.language.is_some() && in_markup(part.tree, comment);
    let tags = before.trim() == "<?php" && after.trim() == "?>";
    let alone = before.trim().is_empty() && (after.trim().is_empty());
    if braces || tags || alone {
        let end = if last.end < text.len() { last.end + 1 } else { last.end };
        return Span::from(first.start..end);
    }
    let start = comment.start - (before.len() - before.trim_end().len()) as u32;
    // At the start of a line, and behind punctuation, it is the space behind the comment that goes as well.
    let blanks = after.len() - after.trim_start_matches(' ').len();
    let is_open = before.ends_with(|c: char| !c.is_alphanumeric() && !c.is_whitespace() && c != '_');
    if before.trim().is_empty() || (blanks > 0 && is_open) {
        return Span::new(comment.start, comment.end + blanks as u32);
    }
    // Between code on both sides one space stays.
    if after.is_empty() || after.starts_with(|c: char| c.is_whitespace() || ",;)]}".contains(c)) {
        return Span::new(start, comment.end);
    }
    comment
}

/// Whether a comment in braces is a child of an element, and no block.
fn in_markup(tree: &Tree, comment: Span) -> bool {
    let mut node = Tree::ROOT;
    while let Some(child) = tree.children(node).find(|&child| tree.span(child).contains(comment)) {
        node = child;
    }
    tree.kind(node) == Kind::Jsx || tree.ancestors(node).next().is_some_and(|parent| tree.kind(parent) == Kind::Jsx)
}

/// A part of a comment, with what sets it apart from the rest.
fn piece(mark: Span, comment: Span, text: &str) -> Span {
    let before = &text[comment.start as usize..mark.start as usize];
    let kept = before.trim_end_matches(|c: char| c.is_whitespace() || c == '#' || c == '/');
    if kept.is_empty() {
        // The first of several in one comment: what opens the comment stays.
        let after = &text[mark.end as usize..comment.end as usize];
        let next = after.len() - after.trim_start_matches(|c: char| c.is_whitespace() || c == '#' || c == '/').len();
        return Span::new(mark.start, mark.end + next as u32);
    }
    Span::new(comment.start + kept.len() as u32, mark.end)
}
