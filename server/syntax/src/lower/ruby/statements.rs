//! Ruby's statements.

use super::body_or_empty;
use crate::lower::{Lowering, block};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// Statements, with what rescues them.
pub(super) fn body<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let is_clause = |child: &ts::Node<'_>| matches!(child.kind(), "rescue" | "else" | "ensure");
    let mut cursor = node.walk();
    let Some(first) = node.named_children(&mut cursor).find(is_clause) else { return block(l, node, role) };
    l.node(Kind::Block, role, node, |l| {
        l.node(Kind::Try, Role::Stmt, node, |l| {
            let start = node.named_child(0).unwrap_or(first).start_byte() as u32;
            let span = Span::new(start, (first.start_byte() as u32).max(start));
            let mut cursor = node.walk();
            l.node_sym(Kind::Block, Role::Body, Symbol::EMPTY, span, |l| {
                let statements = node.children(&mut cursor).filter(|child| child.is_named() || child.is_error());
                for child in statements.take_while(|child| !is_clause(child)) {
                    l.visit(child, Role::Stmt);
                }
            });
            for child in node.children(&mut cursor).skip_while(|child| !is_clause(child)).filter(ts::Node::is_named) {
                l.visit(
                    child,
                    match child.kind() {
                        "rescue" => Role::Catch,
                        "else" => Role::Else,
                        _ => Role::Finally,
                    },
                );
            }
        });
    });
}

pub(super) fn rescue<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Catch, role, node, |l| {
        let mut body = None;
        l.each(node, |l, field, child| match field {
            "exceptions" => l.children(child, Role::Type),
            "variable" => l.children(child, Role::Name),
            _ => body = Some(child),
        });
        body_or_empty(l, node, body);
    });
}

/// `a rescue b`
pub(super) fn rescue_modifier<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Try, role, node, |l| {
        l.each(node, |l, field, child| {
            if field == "body" {
                return only(l, child, Role::Body);
            }
            l.node(Kind::Catch, Role::Catch, child, |l| only(l, child, Role::Body));
        });
    });
}

/// One statement as a block.
pub(super) fn only<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Block, role, node, |l| l.visit(node, Role::Stmt));
}

/// `if`, `elsif`, `unless`
pub(super) fn branch<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, negated: bool) {
    l.node(Kind::If, role, node, |l| {
        let [cond, then, otherwise] = l.parts(node, ["condition", "consequence", "alternative"]);
        condition(l, cond, negated);
        if let Some(then) = then {
            l.visit(then, Role::Then);
        } else {
            let at = cond.unwrap_or(node).end_byte() as u32;
            l.leaf(Kind::Block, Role::Then, Symbol::EMPTY, Span::new(at, at));
        }
        l.visit_some(otherwise, Role::Else);
    });
}

/// `a if b`, `a unless b`
pub(super) fn branch_modifier<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, negated: bool) {
    l.node(Kind::If, role, node, |l| {
        let [cond, then] = l.parts(node, ["condition", "body"]);
        condition(l, cond, negated);
        if let Some(then) = then {
            only(l, then, Role::Then);
        }
    });
}

pub(super) fn condition<'t>(l: &mut Lowering<'t>, node: Option<ts::Node<'t>>, negated: bool) {
    match node {
        Some(node) if negated => {
            let span = Span::from(node.byte_range());
            l.node_sym(Kind::Unary, Role::Cond, Symbol::new("!"), span, |l| l.visit(node, Role::Operand));
        }
        _ => l.visit_some(node, Role::Cond),
    }
}

/// `while`, `until`
pub(super) fn repeat<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, negated: bool) {
    l.node(Kind::While, role, node, |l| {
        let [cond, body] = l.parts(node, ["condition", "body"]);
        condition(l, cond, negated);
        l.visit_some(body, Role::Body);
    });
}

/// `a while b`; after `begin .. end` the body comes first.
pub(super) fn repeat_modifier<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, negated: bool) {
    let is_block = node.child_by_field_name("body").is_some_and(|body| body.kind() == "begin");
    l.node(if is_block { Kind::DoWhile } else { Kind::While }, role, node, |l| {
        let [cond, inner] = l.parts(node, ["condition", "body"]);
        if is_block {
            l.visit_some(inner, Role::Body);
        }
        condition(l, cond, negated);
        if let Some(inner) = inner.filter(|_| !is_block) {
            only(l, inner, Role::Body);
        }
    });
}

pub(super) fn for_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::ForEach, role, node, |l| {
        l.each(node, |l, field, child| match field {
            "pattern" => l.visit(child, Role::Target),
            "value" => l.visit(child, Role::Iter),
            _ => l.visit(child, Role::Body),
        });
    });
}

/// `case` with `when` or `in`.
pub(super) fn case<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Switch, role, node, |l| {
        l.each(node, |l, field, child| match child.kind() {
            _ if field == "value" => l.visit(child, Role::Subject),
            "else" => l.node(Kind::Case, Role::Case, child, |l| l.visit(child, Role::Body)),
            _ => l.visit(child, Role::Case),
        });
    });
}

pub(super) fn when<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Case, role, node, |l| {
        let mut body = None;
        l.each(node, |l, field, child| match field {
            "pattern" => l.visit(child, Role::Cond),
            "guard" => {
                let negated = child.kind() == "unless_guard";
                if negated {
                    let span = Span::from(child.byte_range());
                    l.node_sym(Kind::Unary, Role::Guard, Symbol::new("!"), span, |l| l.children(child, Role::Operand));
                } else {
                    l.children(child, Role::Guard);
                }
            }
            _ => body = Some(child),
        });
        body_or_empty(l, node, body);
    });
}
