//! Which code a mark or a finding is about.

use super::comment::Comments;
use super::mark::line;
use weir_model::Span;
use weir_syntax::{Kind, NodeId, Part, Role};

/// Where statements and the code inside of them begin and end.
pub(super) struct Statements<'a>(Vec<(Part<'a>, Vec<u32>)>);

impl<'a> Statements<'a> {
    /// Those of some programs.
    pub(super) fn of(programs: &[Part<'a>]) -> Self {
        let programs = programs.iter().filter(|part| part.language.is_some());
        Self(programs.map(|part| (*part, Self::borders(part))).collect())
    }

    fn borders(part: &Part<'_>) -> Vec<u32> {
        let tree = part.tree;
        let borders = |node: &NodeId| {
            tree.kind(*node) == Kind::Block
                || matches!(tree.role(*node), Role::Stmt | Role::Else | Role::Catch | Role::Finally | Role::Case)
        };
        let spans = tree.ids().filter(borders).map(|node| tree.span(node));
        let spans = spans.filter(|&span| !part.is_made_up(span)).map(|span| part.place(span));
        let mut all: Vec<u32> = spans.flat_map(|span| [span.start, span.end]).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The statement of a finding, without the code inside of it: of an `if` its condition, of a call with a function as
    /// argument what stands before its body. At least the finding's first line; without a tree all of the finding.
    pub(super) fn around(&self, finding: Span, text: &str) -> Span {
        let first_line = line(text, finding.start).end as u32;
        let first = Span::new(finding.start, finding.end.min(first_line).max(finding.start));
        let borders = self.borders_at(finding);
        let after = borders.partition_point(|&border| border <= finding.start);
        let Some((&start, &end)) =
            after.checked_sub(1).and_then(|before| Some((&borders[before], borders.get(after)?)))
        else {
            return finding;
        };
        let statement = Span::new(start, end);
        let end = start + statement.text(text).trim_end().len() as u32;
        Span::new(start, end).union(first)
    }

    /// Those of the program that a finding is in: of several that have a part of it the one that it begins with, and rather a
    /// template's than that of the code for which the template is a text.
    fn borders_at(&self, finding: Span) -> &[u32] {
        let begins = |part: &Part<'_>| {
            let within = part.within(finding).filter(|within| !within.is_empty());
            within.map(|within| part.place(within).start)
        };
        let programs = self.0.iter().filter_map(|(part, borders)| Some(((begins(part)?, part.is_whole), borders)));
        programs.min_by_key(|(place, _)| *place).map_or(&[], |(_, borders)| borders)
    }
}

/// The first function behind a comment.
pub(super) fn next_function(comments: &Comments<'_>, comment: Span) -> Option<Span> {
    let of_part = |part: &Part<'_>| {
        let functions = part.tree.ids().filter(|&node| part.tree.kind(node) == Kind::Function);
        let spans = functions.map(|node| part.place(part.tree.span(node)));
        let after = spans.filter(|span| span.start >= comment.end);
        after.min_by_key(|span| (span.start, std::cmp::Reverse(span.end)))
    };
    let spans = comments.parts.iter().filter_map(of_part);
    spans.min_by_key(|span| (span.start, std::cmp::Reverse(span.end)))
}

/// The outermost statement that begins on a line; the line if none does.
pub(super) fn next_statement(comments: &Comments<'_>, line: Span) -> Span {
    let of_part = |part: &Part<'_>| {
        let statements = part.tree.ids().filter(|&node| part.tree.role(node) == Role::Stmt);
        let spans = statements.map(|node| part.place(part.tree.span(node)));
        spans.filter(|span| line.start <= span.start && span.start < line.end).max_by_key(|span| span.end)
    };
    comments.parts.iter().filter_map(of_part).max_by_key(|span| span.end).unwrap_or(line)
}

/// Where the indented block ends that a comment stands in.
pub(super) fn end_of_suite(text: &str, comment: Span) -> u32 {
    let own = line(text, comment.start);
    let indent = own.end - own.start - text[own.clone()].trim_start().len();
    let mut at = own.end;
    while at < text.len() {
        let next = line(text, at as u32 + 1);
        let content = &text[next.clone()];
        if !content.trim().is_empty() && content.len() - content.trim_start().len() < indent {
            return next.start as u32;
        }
        at = next.end;
    }
    text.len() as u32
}

/// The innermost braces around a place, with the line they open on; all of the text if there are none.
pub(super) fn braces_around(text: &str, at: u32) -> Span {
    let mut depth = 0;
    let open = text.as_bytes()[..at as usize].iter().rposition(|&byte| {
        depth += i32::from(byte == b'}') - i32::from(byte == b'{');
        depth < 0
    });
    match open {
        Some(open) => Span::new(line(text, open as u32).start as u32, closing(text, open)),
        None => Span::new(0, text.len() as u32 + 1),
    }
}

/// The next line, with all of the braces that open on it.
pub(super) fn braces_after(text: &str, at: u32) -> Span {
    let next = line(text, line(text, at).end as u32 + 1);
    let open = text.as_bytes()[next.clone()].iter().position(|&byte| byte == b'{');
    let end = open.map_or(next.end as u32, |open| closing(text, next.start + open));
    Span::new(next.start as u32, end.max(next.end as u32))
}

/// Where braces that open at a place are closed.
fn closing(text: &str, open: usize) -> u32 {
    let mut depth = 0;
    let close = text.as_bytes()[open..].iter().position(|&byte| {
        depth += i32::from(byte == b'{') - i32::from(byte == b'}');
        depth == 0
    });
    close.map_or(text.len(), |close| open + close + 1) as u32
}
