//! Java: statements, and the switch that is an expression as well.

use super::definitions::typed;
use super::is_ellipsis;
use crate::lower::Lowering;
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// What a statement governs, as a block even without braces. In a pattern a lone metavariable stands for all of it.
fn body<'t>(l: &mut Lowering<'t>, node: Option<ts::Node<'t>>, role: Role) {
    let Some(node) = node else { return };
    if node.kind() == "block" || is_metavariable(l, node) {
        l.visit(node, role);
    } else {
        l.node(Kind::Block, role, node, |l| l.visit(node, Role::Stmt));
    }
}

fn is_metavariable(l: &Lowering<'_>, statement: ts::Node<'_>) -> bool {
    l.in_pattern()
        && statement.kind() == "expression_statement"
        && statement.named_child(0).is_some_and(|expression| {
            let text = l.text(expression);
            expression.kind() == "identifier" && text.starts_with('$') && !text.bytes().any(|b| b.is_ascii_lowercase())
        })
}

pub(super) fn if_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::If, role, node, |l| {
        let [condition, consequence, alternative] = l.parts(node, ["condition", "consequence", "alternative"]);
        l.visit_some(condition, Role::Cond);
        body(l, consequence, Role::Then);
        match alternative {
            Some(nested) if nested.kind() == "if_statement" => l.visit(nested, Role::Else),
            alternative => body(l, alternative, Role::Else),
        }
    });
}

pub(super) fn while_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::While, role, node, |l| {
        let [condition, inner] = l.parts(node, ["condition", "body"]);
        l.visit_some(condition, Role::Cond);
        body(l, inner, Role::Body);
    });
}

pub(super) fn do_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::DoWhile, role, node, |l| {
        let [condition, inner] = l.parts(node, ["condition", "body"]);
        body(l, inner, Role::Body);
        l.visit_some(condition, Role::Cond);
    });
}

pub(super) fn for_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::For, role, node, |l| {
        l.rest(node);
        l.fields(node, "init", Role::Init);
        l.field(node, "condition", Role::Cond);
        l.fields(node, "update", Role::Update);
        body(l, node.child_by_field_name("body"), Role::Body);
    });
}

pub(super) fn for_each<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::ForEach, role, node, |l| {
        l.rest(node);
        typed(l, node, Kind::VarDef, Role::Target, Role::Target);
        l.field(node, "value", Role::Iter);
        body(l, node.child_by_field_name("body"), Role::Body);
    });
}

pub(super) fn return_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Return, role, node, |l| l.children(node, Role::Value));
}

pub(super) fn yield_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Yield, role, node, |l| l.children(node, Role::Value));
}

pub(super) fn throw_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Throw, role, node, |l| l.children(node, Role::Value));
}

pub(super) fn break_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    jump(l, Kind::Break, node, role);
}

pub(super) fn continue_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    jump(l, Kind::Continue, node, role);
}

fn jump(l: &mut Lowering<'_>, kind: Kind, node: ts::Node<'_>, role: Role) {
    let label = node.named_child(0).map_or(Symbol::EMPTY, |label| l.sym(l.text(label)));
    l.leaf(kind, role, label, Span::from(node.byte_range()));
}

pub(super) fn try_statement<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Try, role, node, |l| {
        l.rest(node);
        if let Some(resources) = node.child_by_field_name("resources") {
            l.children(resources, Role::Resource);
        }
        l.field(node, "body", Role::Body);
        let mut cursor = node.walk();
        for clause in node.named_children(&mut cursor) {
            match clause.kind() {
                "catch_clause" => catch(l, clause),
                "finally_clause" => l.children(clause, Role::Finally),
                _ => {}
            }
        }
    });
}

fn catch<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    l.node(Kind::Catch, Role::Catch, node, |l| {
        l.rest(node);
        let mut cursor = node.walk();
        for parameter in node.named_children(&mut cursor).filter(|child| child.kind() == "catch_formal_parameter") {
            let mut cursor = parameter.walk();
            for types in parameter.named_children(&mut cursor).filter(|child| child.kind() == "catch_type") {
                l.children(types, Role::Type);
            }
            l.field(parameter, "name", Role::Name);
        }
        l.field(node, "body", Role::Body);
    });
}

/// `synchronized (x) { }` holds `x` while the block runs.
pub(super) fn synchronized<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::With, role, node, |l| {
        let mut cursor = node.walk();
        for held in node.named_children(&mut cursor).filter(|child| child.kind() == "parenthesized_expression") {
            l.visit(held, Role::Resource);
        }
        l.field(node, "body", Role::Body);
    });
}

/// Old switches and arrows alike.
pub(super) fn switch<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Switch, role, node, |l| {
        l.field(node, "condition", Role::Subject);
        let Some(body) = node.child_by_field_name("body") else { return };
        let mut cursor = body.walk();
        for group in body.children(&mut cursor) {
            match group.kind() {
                "switch_rule" | "switch_block_statement_group" => case(l, group),
                _ if group.is_named() || group.is_error() => l.visit(group, Role::Case),
                _ => {}
            }
        }
    });
}

/// Labels and the statements or the value behind them.
fn case<'t>(l: &mut Lowering<'t>, group: ts::Node<'t>) {
    let mut cursor = group.walk();
    if let Some(ellipsis) = ellipsis_case(l, group) {
        return l.visit(ellipsis, Role::Case);
    }
    l.node(Kind::Case, Role::Case, group, |l| {
        for label in group.named_children(&mut cursor).filter(|child| child.kind() == "switch_label") {
            label_conditions(l, label);
        }
        let is_statement = |child: &ts::Node<'t>| child.kind() != "switch_label";
        let first = group.named_children(&mut cursor).find(|child| is_statement(child) && !child.is_extra());
        match first {
            Some(block) if group.kind() == "switch_rule" && block.kind() == "block" => l.visit(block, Role::Body),
            _ => {
                let start = first.map_or(group.end_byte(), |first| first.start_byte());
                let span = Span::new(start as u32, group.end_byte() as u32);
                l.node_sym(Kind::Block, Role::Body, Symbol::EMPTY, span, |l| {
                    for statement in group.named_children(&mut cursor).filter(is_statement) {
                        l.visit(statement, Role::Stmt);
                    }
                });
            }
        }
    });
}

fn label_conditions<'t>(l: &mut Lowering<'t>, label: ts::Node<'t>) {
    let mut cursor = label.walk();
    for child in label.named_children(&mut cursor) {
        match child.kind() {
            "guard" => l.children(child, Role::Guard),
            "pattern" => l.children(child, Role::Cond),
            _ => l.visit(child, Role::Cond),
        }
    }
}

/// In a pattern, `...` among the cases was made `case ...:` or `case ... -> ...;`.
fn ellipsis_case<'t>(l: &Lowering<'t>, group: ts::Node<'t>) -> Option<ts::Node<'t>> {
    let only = group.named_child(0).filter(|_| l.in_pattern())?.named_child(0).filter(|&only| is_ellipsis(l, only))?;
    let bare = group.named_child(1).is_none_or(|body| l.text(body).starts_with(l.text(only)));
    bare.then_some(only)
}
