//! Strings of PHP: plain, with variables inside, heredocs, commands in backquotes.

use super::{Lowering, call_of};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// `'..'`, also with `b` in front
pub(super) fn string<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let at = Span::from(node.byte_range());
    l.string(role, at, inside(l.text(node), at));
}

/// `".."`
pub(super) fn encapsed<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    interpolated(l, node, node, inside(l.text(node), Span::from(node.byte_range())), role);
}

pub(super) fn heredoc<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    match node.child_by_field_name("value") {
        Some(body) => interpolated(l, node, body, trimmed(l, body), role),
        None => l.string(role, Span::from(node.byte_range()), Span::new(0, 0)),
    }
}

pub(super) fn nowdoc<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let content = node.child_by_field_name("value").map_or(Span::new(0, 0), |body| trimmed(l, body));
    l.string(role, Span::from(node.byte_range()), content);
}

/// `` `ls $dir` `` calls the shell, whose name is the backquote.
pub(super) fn shell<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    call_of(l, "`", node, role, |l| {
        let content = inside(l.text(node), Span::from(node.byte_range()));
        if l.in_pattern() && l.hole_of(content.text(l.source())) == Some(Kind::Ellipsis) {
            l.name_of(Role::Arg, content.text(l.source()), content);
        } else {
            interpolated(l, node, node, content, Role::Arg);
        }
    });
}

/// The content between the first quote and the last one.
fn inside(text: &str, at: Span) -> Span {
    let prefix = text.find(['"', '\'', '`']).map_or(0, |quote| quote + 1) as u32;
    let start = at.end.min(at.start + prefix);
    Span::new(start, start.max(at.end.saturating_sub(1)))
}

/// The body of a heredoc without the line end in front of it.
fn trimmed(l: &Lowering<'_>, body: ts::Node<'_>) -> Span {
    let text = l.text(body);
    let cut = text.len() - text.trim_start_matches(['\r', '\n']).len();
    Span::new((body.start_byte() + cut) as u32, body.end_byte() as u32)
}

/// A string whose parts are the children of `body`; one without expressions is a plain string. A string of a pattern
/// that is one metavariable is plain as well: it stands for the content of any plain string.
fn interpolated<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, body: ts::Node<'t>, content: Span, role: Role) {
    let at = Span::from(node.byte_range());
    let mut cursor = body.walk();
    let plain = body
        .named_children(&mut cursor)
        .all(|child| is_text(child) || l.in_pattern() && Span::from(child.byte_range()) == content);
    if plain {
        return l.string(role, at, content);
    }
    l.node_sym(Kind::Template, role, Symbol::EMPTY, at, |l| {
        let mut cursor = body.walk();
        let mut pending: Option<Span> = None;
        for child in body.children(&mut cursor) {
            if is_text(child) {
                let here = Span::from(child.byte_range());
                pending = Some(pending.map_or(here, |span| span.union(here)));
            } else if child.is_named() || child.is_error() {
                fragment(l, pending.take());
                l.visit(child, Role::Part);
            }
        }
        fragment(l, pending);
    });
}

fn is_text(node: ts::Node<'_>) -> bool {
    matches!(node.kind(), "string_content" | "escape_sequence" | "nowdoc_string")
}

/// Text between expressions; `...` in a pattern stands for any parts.
fn fragment(l: &mut Lowering<'_>, at: Option<Span>) {
    let Some(at) = at else { return };
    let sym = l.sym(at.text(l.source()));
    if l.in_pattern() && sym.as_str() == "..." {
        l.leaf(Kind::Ellipsis, Role::Part, Symbol::EMPTY, at);
    } else {
        l.leaf(Kind::Str, Role::Part, sym, at);
    }
}
