//! Statements of JavaScript and TypeScript.

use super::{Lowering, property_key, unwrap};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// What leaves no node: a lone semicolon, the line that names the interpreter.
pub(super) fn skip<'t>(_: &mut Lowering<'t>, _: ts::Node<'t>, _: Role) {}

/// A body is a block, with braces or without.
fn body<'t>(l: &mut Lowering<'t>, node: Option<ts::Node<'t>>, role: Role) {
    match node {
        Some(node) if node.kind() == "statement_block" => l.visit(node, role),
        Some(node) => l.node(Kind::Block, role, node, |l| l.visit(node, Role::Stmt)),
        None => {}
    }
}

/// What a statement decides about: its parentheses belong to the statement.
fn head<'t>(l: &mut Lowering<'t>, node: Option<ts::Node<'t>>, role: Role) {
    match node {
        Some(node) if node.kind() == "parenthesized_expression" => unwrap(l, node, role),
        node => l.visit_some(node, role),
    }
}

pub(super) fn if_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::If, role, node, |l| {
        let [condition, then, otherwise] = l.parts(node, ["condition", "consequence", "alternative"]);
        head(l, condition, Role::Cond);
        body(l, then, Role::Then);
        let mut cursor = node.walk();
        if let Some(clause) = otherwise {
            for child in clause.named_children(&mut cursor) {
                if child.kind() == "if_statement" || child.is_extra() {
                    l.visit(child, Role::Else);
                } else {
                    body(l, Some(child), Role::Else);
                }
            }
        }
    });
}

pub(super) fn while_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::While, role, node, |l| {
        let [condition, inner] = l.parts(node, ["condition", "body"]);
        head(l, condition, Role::Cond);
        body(l, inner, Role::Body);
    });
}

pub(super) fn do_while<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::DoWhile, role, node, |l| {
        let [inner, condition] = l.parts(node, ["body", "condition"]);
        body(l, inner, Role::Body);
        head(l, condition, Role::Cond);
    });
}

pub(super) fn for_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::For, role, node, |l| {
        let [init, condition, update, inner] = l.parts(node, ["initializer", "condition", "increment", "body"]);
        sequence(l, init, Role::Init);
        l.visit_some(condition, Role::Cond);
        sequence(l, update, Role::Update);
        body(l, inner, Role::Body);
    });
}

/// `i++, j++` are two updates.
fn sequence<'t>(l: &mut Lowering<'t>, node: Option<ts::Node<'t>>, role: Role) {
    match node {
        Some(node) if node.kind() == "sequence_expression" => l.children(node, role),
        node => l.visit_some(node, role),
    }
}

pub(super) fn for_in<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = node.child_by_field_name("operator").map_or("", |operator| l.text(operator));
    l.node_sym(Kind::ForEach, role, Symbol::new(sym), Span::from(node.byte_range()), |l| {
        let [kind, left, value, right, inner] = l.parts(node, ["kind", "left", "value", "right", "body"]);
        match (kind, left) {
            (Some(kind), Some(left)) => {
                let at = Span::new(kind.start_byte() as u32, left.end_byte() as u32);
                l.node_sym(Kind::VarDef, Role::Target, Symbol::EMPTY, at, |l| {
                    l.modifier(l.text(kind), Span::from(kind.byte_range()));
                    l.visit(left, Role::Target);
                    l.visit_some(value, Role::Value);
                });
            }
            _ => l.visit_some(left, Role::Target),
        }
        l.visit_some(right, Role::Iter);
        body(l, inner, Role::Body);
    });
}

pub(super) fn switch<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Switch, role, node, |l| {
        let [subject, cases] = l.parts(node, ["value", "body"]);
        head(l, subject, Role::Subject);
        if let Some(cases) = cases {
            l.children(cases, Role::Case);
        }
    });
}

/// A case; `case ...:` in a pattern stands for any cases.
pub(super) fn switch_case<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let value = node.child_by_field_name("value");
    if let Some(value) = value.filter(|&value| l.hole(value) == Some(Kind::Ellipsis)) {
        return l.name(role, value);
    }
    l.node(Kind::Case, role, node, |l| {
        sequence(l, value, Role::Cond);
        let mut cursor = node.walk();
        let first = node.children_by_field_name("body", &mut cursor).next();
        let end = node.end_byte() as u32;
        let at = Span::new(first.map_or(end, |first| first.start_byte() as u32), end);
        l.node_sym(Kind::Block, Role::Body, Symbol::EMPTY, at, |l| {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                if Some(child) != value {
                    l.visit(child, Role::Stmt);
                }
            }
        });
    });
}

pub(super) fn return_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Return, role, node, |l| l.children(node, Role::Value));
}

pub(super) fn throw<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Throw, role, node, |l| l.children(node, Role::Value));
}

pub(super) fn try_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Try, role, node, |l| {
        let [inner, handler, finalizer] = l.parts(node, ["body", "handler", "finalizer"]);
        l.visit_some(inner, Role::Body);
        l.visit_some(handler, Role::Catch);
        if let Some(finalizer) = finalizer {
            l.children(finalizer, Role::Finally);
        }
    });
}

pub(super) fn catch<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Catch, role, node, |l| {
        let [parameter, annotation, inner] = l.parts(node, ["parameter", "type", "body"]);
        l.visit_some(annotation, Role::Type);
        l.visit_some(parameter, Role::Name);
        l.visit_some(inner, Role::Body);
    });
}

pub(super) fn with<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::With, role, node, |l| {
        let [object, inner] = l.parts(node, ["object", "body"]);
        head(l, object, Role::Resource);
        body(l, inner, Role::Body);
    });
}

pub(super) fn break_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    jump(l, Kind::Break, node, role);
}

pub(super) fn continue_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    jump(l, Kind::Continue, node, role);
}

fn jump<'t>(l: &mut Lowering<'t>, kind: Kind, node: ts::Node<'t>, role: Role) {
    let sym = node.child_by_field_name("label").map_or(Symbol::EMPTY, |label| l.sym(l.text(label)));
    l.leaf(kind, role, sym, Span::from(node.byte_range()));
}

/// A label leaves no node of its own. In a pattern `key: value` is an entry of an object.
pub(super) fn labeled<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let (label, inner) = (node.child_by_field_name("label"), node.child_by_field_name("body"));
    match (label, inner) {
        (Some(label), Some(inner)) if l.in_pattern() && inner.kind() == "expression_statement" => {
            l.node(Kind::Pair, role, node, |l| {
                property_key(l, label);
                l.visit(inner, Role::Value);
            });
        }
        _ => l.visit_some(inner, role),
    }
}
