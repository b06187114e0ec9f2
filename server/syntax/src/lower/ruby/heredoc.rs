//! Heredocs: `<<~SQL` stands where the string is, its text follows in the next lines, wherever the grammar hangs it.
//!
//! Bodies follow the line in which they begin, without a gap, in the order of their beginnings; those that begin in the text
//! of another one come last. So a body has one beginning, which stands before it: in broken text, too, nothing is within
//! itself, or in two places.

use super::text;
use crate::Role;
use crate::lower::Lowering;
use tree_sitter as ts;
use weir_model::Span;

/// So many bodies are told apart behind a line, and so many `<<` are looked at in it: nobody writes as many, and each heredoc
/// looks for all of them.
const MOST_AT_ONCE: usize = 64;

const LINE_BREAKS: [char; 2] = ['\n', '\r'];

/// A string or template at the place of its beginning, with the text of its body.
pub(super) fn heredoc<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let at = Span::from(node.byte_range());
    let (line, body) = l.root().map_or((0, None), |root| body(l.source(), root, node));
    l.reads(Span::new(line as u32, body.map_or(l.source().len(), |body| body.end_byte()) as u32));
    let Some(body) = body else {
        return l.string(role, at, Span::new(at.end, at.end));
    };
    let end =
        u32::try_from(body.named_child_count()).unwrap_or(0).checked_sub(1).and_then(|last| body.named_child(last));
    // The body starts with the line break after the line of the beginning.
    let line_break = if l.text(body).starts_with("\r\n") { 2 } else { 1 };
    let start = body.start_byte() as u32 + line_break;
    let end = end.filter(|end| end.kind() == "heredoc_end").map_or(body.end_byte(), |end| end.start_byte()) as u32;
    text(l, body, role, at, Span::new(start, end.max(start)));
}

/// The body of a beginning, and where the line starts before which nothing decides that.
fn body<'t>(source: &str, root: ts::Node<'t>, beginning: ts::Node<'t>) -> (usize, Option<ts::Node<'t>>) {
    let (start, end) = (beginning.start_byte(), beginning.end_byte());
    let first = match body_at(root, start) {
        None => source[end..].find(LINE_BREAKS).and_then(|at| body_at(root, end + at)),
        Some(around) => match first_of(root, around) {
            Some(first) => Some(first),
            None => return (0, None),
        },
    };
    let line_end = first.map_or(start, |first| first.start_byte().min(start));
    let line = source[..line_end].rfind(LINE_BREAKS).map_or(0, |at| at + 1);
    let mut earlier = 0;
    for (looked, (at, _)) in source[line..start].rmatch_indices("<<").enumerate() {
        if looked == MOST_AT_ONCE {
            return (line, None);
        }
        let there = root.descendant_for_byte_range(line + at, line + at + 1);
        let begins = |it: ts::Node<'_>| it.kind() == beginning.kind() && it.start_byte() == line + at;
        earlier += usize::from(there.is_some_and(begins));
    }
    let tag = source[start..end].trim_start_matches(['<', '~', '-']).trim_matches(['"', '\'', '`']);
    let is_its = |body: &ts::Node<'_>| {
        let last = source[body.byte_range()].trim_end().rsplit(['\n', '\r', ' ', '\t']).next();
        body.start_byte() >= end && last == Some(tag)
    };
    let body = std::iter::successors(first, |body| body_at(root, body.end_byte())).nth(earlier);
    (line, body.filter(is_its))
}

/// The first of the bodies that stand without a gap before one, it included; `None` if there are too many.
fn first_of<'t>(root: ts::Node<'t>, mut body: ts::Node<'t>) -> Option<ts::Node<'t>> {
    for _ in 0..MOST_AT_ONCE {
        let before = body.start_byte().checked_sub(1).and_then(|last| body_at(root, last));
        match before.filter(|before| before.end_byte() == body.start_byte()) {
            Some(before) => body = before,
            None => return Some(body),
        }
    }
    None
}

/// The body that a place is in; of bodies within bodies, which only broken text has, the outermost.
fn body_at(root: ts::Node<'_>, at: usize) -> Option<ts::Node<'_>> {
    let mut cursor = root.walk();
    while cursor.goto_first_child_for_byte(at).is_some() {
        let node = cursor.node();
        if node.start_byte() > at {
            return None;
        }
        if node.kind() == "heredoc_body" {
            return Some(node);
        }
    }
    None
}
