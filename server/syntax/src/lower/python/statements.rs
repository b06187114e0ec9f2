//! Python's statements.

use super::{sequence, several};
use crate::lower::{Lowering, unwrap};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

pub(super) fn expression_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    if node.children(&mut cursor).any(|child| child.kind() == ",") {
        return sequence(l, node, role, Kind::Tuple);
    }
    unwrap(l, node, role);
}

pub(super) fn if_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::If, role, node, |l| {
        let mut alternatives = Vec::new();
        l.each(node, |l, field, child| match field {
            "condition" => l.visit(child, Role::Cond),
            "alternative" => alternatives.push(child),
            _ => l.visit(child, Role::Then),
        });
        otherwise(l, &alternatives);
    });
}

/// `elif` and `else`: an `if` in the `else` of the one before.
pub(super) fn otherwise<'t>(l: &mut Lowering<'t>, alternatives: &[ts::Node<'t>]) {
    let [first, rest @ ..] = alternatives else { return };
    if first.kind() != "elif_clause" {
        return l.visit(*first, Role::Else);
    }
    let end = rest.last().unwrap_or(first).end_byte() as u32;
    let span = Span::new(first.start_byte() as u32, end);
    l.nested(Role::Else, span, |l| {
        l.node_sym(Kind::If, Role::Else, Symbol::EMPTY, span, |l| {
            l.each(*first, |l, field, child| {
                l.visit(child, if field == "condition" { Role::Cond } else { Role::Then });
            });
            otherwise(l, rest);
        });
    });
}

pub(super) fn while_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::While, role, node, |l| {
        l.each(node, |l, field, child| match field {
            "condition" => l.visit(child, Role::Cond),
            "alternative" => l.visit(child, Role::Else),
            _ => l.visit(child, Role::Body),
        });
    });
}

pub(super) fn for_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::ForEach, role, node, |l| {
        l.each(node, |l, field, child| match field {
            "left" => l.visit(child, Role::Target),
            "right" => l.visit(child, Role::Iter),
            "alternative" => l.visit(child, Role::Else),
            _ => l.visit(child, Role::Body),
        });
    });
}

pub(super) fn match_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Switch, role, node, |l| {
        several(l, node, "subject", Role::Subject);
        l.each(node, |l, field, child| {
            if field == "body" {
                l.children(child, Role::Case);
            }
        });
    });
}

pub(super) fn case<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Case, role, node, |l| {
        l.each(node, |l, field, child| match field {
            "guard" => l.visit(child, Role::Guard),
            "consequence" => l.visit(child, Role::Body),
            // `case _:` is the default.
            _ if l.text(child) == "_" => {}
            _ => l.visit(child, Role::Cond),
        });
    });
}

/// `raise E from cause`, Python 2's `raise E, message`.
pub(super) fn raise<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Throw, role, node, |l| {
        let mut part = Role::Value;
        l.each(node, |l, _, child| match child.kind() {
            "expression_list" => l.each(child, |l, _, child| l.visit(child, std::mem::replace(&mut part, Role::Arg))),
            _ => l.visit(child, std::mem::replace(&mut part, Role::Arg)),
        });
    });
}

pub(super) fn try_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Try, role, node, |l| {
        l.each(node, |l, _, child| match child.kind() {
            "except_clause" => l.visit(child, Role::Catch),
            "else_clause" => l.visit(child, Role::Else),
            "finally_clause" => l.visit(child, Role::Finally),
            _ => l.visit(child, Role::Body),
        });
    });
}

/// `except (A, B) as e`, Python 2's `except A, e`.
pub(super) fn except<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Catch, role, node, |l| {
        let mut types = 0;
        l.each(node, |l, field, child| match (field, child.kind()) {
            ("value", "as_pattern") => {
                let last = u32::try_from(child.named_child_count()).unwrap_or(0).saturating_sub(1);
                if let (Some(value), Some(target)) = (child.named_child(0), child.named_child(last)) {
                    caught(l, value);
                    l.visit(target, Role::Name);
                }
            }
            ("value", "identifier") if types == 1 && !l.text(child).starts_with(char::is_uppercase) => {
                l.visit(child, Role::Name);
            }
            ("value", _) => {
                types += 1;
                caught(l, child);
            }
            ("alias", _) => l.visit(child, Role::Name),
            _ => l.visit(child, Role::Body),
        });
    });
}

pub(super) fn caught<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    match node.kind() {
        "tuple" => l.children(node, Role::Type),
        _ => l.visit(node, Role::Type),
    }
}

/// `with a as x, b as y:` is `with a as x:` around `with b as y:`.
pub(super) fn with<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut resources = Vec::new();
    let mut body = None;
    l.each(node, |l, _, child| match child.kind() {
        "with_clause" => l.each(child, |l, _, item| {
            let value = item.child_by_field_name("value").unwrap_or(item);
            match value.kind() {
                "tuple" => l.each(value, |_, _, value| resources.push(value)),
                _ => resources.push(value),
            }
        }),
        _ => body = Some(child),
    });
    let start = node.start_byte() as u32;
    with_resources(l, Span::new(start, node.end_byte() as u32), &resources, body, role);
}

pub(super) fn with_resources<'t>(
    l: &mut Lowering<'t>,
    span: Span,
    resources: &[ts::Node<'t>],
    body: Option<ts::Node<'t>>,
    role: Role,
) {
    l.nested(role, span, |l| {
        l.node_sym(Kind::With, role, Symbol::EMPTY, span, |l| {
            let [first, rest @ ..] = resources else { return };
            l.visit(*first, Role::Resource);
            if let [second, ..] = rest {
                let inner = Span::new(second.start_byte() as u32, span.end);
                l.node_sym(Kind::Block, Role::Body, Symbol::EMPTY, inner, |l| {
                    with_resources(l, inner, rest, body, Role::Stmt);
                });
            } else if let Some(body) = body {
                l.visit(body, Role::Body);
            }
        });
    });
}

/// Python 2's `print x` and `exec x` as calls.
pub(super) fn command<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, name: &str) {
    l.node(Kind::Call, role, node, |l| {
        let start = node.start_byte() as u32;
        l.name_of(Role::Callee, name, Span::new(start, start + name.len() as u32));
        l.children(node, Role::Arg);
    });
}
