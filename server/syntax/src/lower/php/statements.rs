//! Statements of PHP.

use super::{Lowering, call_of, unwrap};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// What leaves no node.
pub(super) fn skip<'t>(_: &mut Lowering<'t>, _: ts::Node<'t>, _: Role) {}

/// A body is a block, with braces or without.
fn body<'t>(l: &mut Lowering<'t>, node: Option<ts::Node<'t>>, role: Role) {
    match node {
        Some(node) if matches!(node.kind(), "compound_statement" | "colon_block") => l.visit(node, role),
        Some(node) => l.node(Kind::Block, role, node, |l| l.visit(node, Role::Stmt)),
        None => {}
    }
}

/// An expression; behind `<?=` it is printed.
pub(super) fn expression_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    const ECHO: &str = "<?=";
    let before = without_comments(&l.source()[..node.start_byte()]);
    l.reads(Span::new(before.len().saturating_sub(ECHO.len()) as u32, node.end_byte() as u32));
    if before.ends_with(ECHO) {
        call_of(l, "echo", node, role, |l| l.children(node, Role::Arg));
    } else {
        unwrap(l, node, role);
    }
}

/// What stands before code, without the comments between them that are closed by themselves.
fn without_comments(before: &str) -> &str {
    let mut before = before.trim_end();
    while let Some(comment) = before.strip_suffix("*/").and_then(|rest| rest.rfind("/*")) {
        before = before[..comment].trim_end();
    }
    before
}

pub(super) fn echo<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    call_of(l, "echo", node, role, |l| each(l, Some(node), Role::Arg));
}

pub(super) fn exit<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    call_of(l, "exit", node, role, |l| l.children(node, Role::Arg));
}

pub(super) fn unset<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    call_of(l, "unset", node, role, |l| l.children(node, Role::Arg));
}

/// The children, those of sequences (`a, b, c` nests to the right) one by one.
fn each<'t>(l: &mut Lowering<'t>, node: Option<ts::Node<'t>>, role: Role) {
    let mut next = node;
    while let Some(node) = next.take() {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if child.kind() == "sequence_expression" {
                next = Some(child);
            } else {
                l.visit(child, role);
            }
        }
    }
}

pub(super) fn if_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    let alternatives: Vec<_> = node.children_by_field_name("alternative", &mut cursor).collect();
    let end = node.end_byte() as u32;
    branch(l, node, &alternatives, end, role);
}

/// An `if` or `elseif` with what follows it.
fn branch<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, rest: &[ts::Node<'t>], end: u32, role: Role) {
    l.node_sym(Kind::If, role, Symbol::EMPTY, Span::new(node.start_byte() as u32, end), |l| {
        let [condition, then] = l.parts(node, ["condition", "body"]);
        l.visit_some(condition, Role::Cond);
        body(l, then, Role::Then);
        match rest {
            [first, rest @ ..] if first.kind() == "else_if_clause" => branch(l, *first, rest, end, Role::Else),
            [last, ..] => match last.child_by_field_name("body") {
                Some(inner) if inner.kind() == "if_statement" => l.visit(inner, Role::Else),
                inner => body(l, inner, Role::Else),
            },
            [] => {}
        }
    });
}

pub(super) fn while_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::While, role, node, |l| {
        let [condition, inner] = l.parts(node, ["condition", "body"]);
        l.visit_some(condition, Role::Cond);
        body(l, inner, Role::Body);
    });
}

pub(super) fn do_while<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::DoWhile, role, node, |l| {
        let [inner, condition] = l.parts(node, ["body", "condition"]);
        body(l, inner, Role::Body);
        l.visit_some(condition, Role::Cond);
    });
}

pub(super) fn for_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::For, role, node, |l| {
        let [init, condition, update] = l.parts(node, ["initialize", "condition", "update"]);
        one_or_each(l, init, Role::Init);
        one_or_each(l, condition, Role::Cond);
        one_or_each(l, update, Role::Update);
        let mut cursor = node.walk();
        let inner: Vec<_> = node.children_by_field_name("body", &mut cursor).filter(ts::Node::is_named).collect();
        match inner[..] {
            [] => {}
            [only] => body(l, Some(only), Role::Body),
            [first, .., last] => {
                let at = Span::new(first.start_byte() as u32, last.end_byte() as u32);
                l.node_sym(Kind::Block, Role::Body, Symbol::EMPTY, at, |l| {
                    for &statement in &inner {
                        l.visit(statement, Role::Stmt);
                    }
                });
            }
        }
    });
}

fn one_or_each<'t>(l: &mut Lowering<'t>, node: Option<ts::Node<'t>>, role: Role) {
    match node {
        Some(node) if node.kind() == "sequence_expression" => each(l, Some(node), role),
        node => l.visit_some(node, role),
    }
}

pub(super) fn foreach<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::ForEach, role, node, |l| {
        let [inner] = l.parts(node, ["body"]);
        let mut cursor = node.walk();
        let mut parts = node.named_children(&mut cursor).filter(|child| !child.is_extra() && Some(*child) != inner);
        let (iterated, target) = (parts.next(), parts.next());
        l.visit_some(target, Role::Target);
        l.visit_some(iterated, Role::Iter);
        body(l, inner, Role::Body);
    });
}

pub(super) fn switch<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Switch, role, node, |l| {
        let [subject, cases] = l.parts(node, ["condition", "body"]);
        l.visit_some(subject, Role::Subject);
        l.children_of(cases, Role::Case);
    });
}

/// A case; `case ...:` in a pattern stands for any cases.
pub(super) fn case_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let value = node.child_by_field_name("value");
    if let Some(value) = value.filter(|&value| l.hole(value) == Some(Kind::Ellipsis)) {
        return l.name(role, value);
    }
    l.node(Kind::Case, role, node, |l| {
        l.visit_some(value, Role::Cond);
        let mut cursor = node.walk();
        let first = node.named_children(&mut cursor).find(|&child| Some(child) != value);
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

/// `match` is a switch whose arms are expressions.
pub(super) fn match_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    switch(l, node, role);
}

pub(super) fn match_arm<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Case, role, node, |l| {
        let [conditions, value] = l.parts(node, ["conditional_expressions", "return_expression"]);
        l.children_of(conditions, Role::Cond);
        body(l, value, Role::Body);
    });
}

pub(super) fn return_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Return, role, node, |l| l.children(node, Role::Value));
}

pub(super) fn try_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Try, role, node, |l| {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "catch_clause" => l.visit(child, Role::Catch),
                "finally_clause" => l.children(child, Role::Finally),
                _ => l.visit(child, Role::Body),
            }
        }
    });
}

pub(super) fn catch<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Catch, role, node, |l| {
        let [types, name, inner] = l.parts(node, ["type", "name", "body"]);
        l.children_of(types, Role::Type);
        l.visit_some(name, Role::Name);
        l.visit_some(inner, Role::Body);
    });
}

pub(super) fn break_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    jump(l, Kind::Break, node, role);
}

pub(super) fn continue_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    jump(l, Kind::Continue, node, role);
}

/// `break 2` has the number of loops as label.
fn jump<'t>(l: &mut Lowering<'t>, kind: Kind, node: ts::Node<'t>, role: Role) {
    let sym = node.named_child(0).map_or(Symbol::EMPTY, |levels| l.sym(l.text(levels)));
    l.leaf(kind, role, sym, Span::from(node.byte_range()));
}
