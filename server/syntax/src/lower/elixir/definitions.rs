//! Elixir: functions, modules, attributes, imports, lambdas.

use super::forms::{Parts, clause_body, clause_left, is_ellipsis, keyword_argument, named, pair_key, try_parts};
use super::{is_when, operator, other};
use crate::lower::Lowering;
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// Clauses of one function that follow each other: each is a [`Kind::Function`] of its own, all have the span of the
/// whole definition, so that a pattern which matches several of them has found one thing.
#[derive(Default)]
pub(super) struct Clauses<'t> {
    key: Option<(&'t str, &'t str, usize)>,
    span: Span,
    nodes: Vec<u32>,
}

impl<'t> Clauses<'t> {
    /// To be told each statement with the number of the node it became.
    pub(super) fn add(&mut self, l: &mut Lowering<'t>, statement: ts::Node<'t>, node: u32) {
        if statement.is_extra() {
            return;
        }
        let key = key(l, statement);
        let span = Span::from(statement.byte_range());
        if key.is_some() && key == self.key {
            self.span = self.span.union(span);
        } else {
            self.flush(l);
            (self.key, self.span) = (key, span);
        }
        if key.is_some() {
            self.nodes.push(node);
        }
    }

    /// Gives the clauses seen last their common span.
    pub(super) fn flush(&mut self, l: &mut Lowering<'t>) {
        if self.nodes.len() > 1 {
            self.nodes.iter().for_each(|&node| l.set_span(node, self.span));
        }
        self.nodes.clear();
    }
}

/// What makes two clauses one function: `def` or `defp`, name and number of parameters.
fn key<'t>(l: &Lowering<'t>, statement: ts::Node<'t>) -> Option<(&'t str, &'t str, usize)> {
    let parts = (statement.kind() == "call").then(|| Parts::new(statement)).flatten()?;
    let keyword = l.text(parts.target);
    if !matches!(keyword, "def" | "defp" | "defmacro" | "defmacrop") {
        return None;
    }
    let (head, _) = head(l, parts.first()?);
    match head.kind() {
        "identifier" => Some((keyword, l.text(head), 0)),
        "call" => {
            let head = Parts::new(head)?;
            Some((keyword, l.text(head.target), named(head.arguments).count()))
        }
        _ => None,
    }
}

/// `head when guard`
fn head<'t>(l: &Lowering<'t>, node: ts::Node<'t>) -> (ts::Node<'t>, Option<ts::Node<'t>>) {
    match node.child_by_field_name("left") {
        Some(left) if is_when(l, node) => (left, node.child_by_field_name("right")),
        _ => (node, None),
    }
}

/// `def`, `defp`, `defmacro`, ..: private ones and macros have a modifier. Handlers of the body (`rescue`) make it a try.
pub(super) fn function<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role) {
    l.node_sym(Kind::Function, role, Symbol::EMPTY, parts.span, |l| {
        let keyword = l.text(parts.target);
        let at = Span::from(parts.target.byte_range());
        let kind = keyword.trim_start_matches("def").trim_end_matches('p');
        if !kind.is_empty() {
            l.modifier(kind, at);
        }
        if keyword.len() > 3 && keyword.ends_with('p') {
            l.modifier("private", at);
        }
        let Some(first) = parts.first() else { return };
        let (head, guard) = head(l, first);
        match head.kind() {
            "call" => match Parts::new(head) {
                Some(head) => {
                    l.visit(head.target, Role::Name);
                    parameters(l, head.arguments);
                }
                None => l.visit(head, Role::Name),
            },
            // `def a + b`
            "binary_operator" => {
                if let Some(operator) = head.child_by_field_name("operator") {
                    l.name(Role::Name, operator);
                }
                for side in ["left", "right"] {
                    if let Some(side) = head.child_by_field_name(side) {
                        parameter(l, side);
                    }
                }
            }
            _ => l.visit(head, Role::Name),
        }
        if let Some(guard) = guard {
            l.visit(guard, Role::Guard);
        }
        let handled = ["rescue_block", "catch_block", "else_block", "after_block"];
        match parts.block.filter(|_| handled.iter().any(|kind| parts.section(kind).is_some())) {
            Some(block) => l.node(Kind::Block, Role::Body, block, |l| {
                l.node(Kind::Try, Role::Stmt, block, |l| try_parts(l, parts));
            }),
            None => parts.body(l, Role::Body),
        }
    });
}

fn parameters<'t>(l: &mut Lowering<'t>, arguments: Option<ts::Node<'t>>) {
    for argument in named(arguments) {
        if argument.kind() == "keywords" {
            for pair in named(Some(argument)) {
                parameter(l, pair);
            }
        } else {
            parameter(l, argument);
        }
    }
}

/// `p` or `p \\ default`, where `p` may be any pattern.
fn parameter<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    if let Some(ellipsis) = node.child_by_field_name("value").filter(|&value| is_ellipsis(l, value)) {
        return l.visit(ellipsis, Role::Param);
    }
    l.node(Kind::Param, Role::Param, node, |l| {
        if operator(l, node) == "\\\\" {
            l.field(node, "left", Role::Name);
            l.field(node, "right", Role::Default);
        } else {
            l.visit(node, Role::Name);
        }
    });
}

/// `fn a, b when g -> body end`. One with several clauses is several lambdas in an [`Kind::Other`] node.
pub(super) fn lambda<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.comments(Some(node));
    let mut clauses = named(Some(node)).filter(|child| child.kind() == "stab_clause");
    match (clauses.next(), clauses.next()) {
        (Some(only), None) => lambda_clause(l, only, Span::from(node.byte_range()), role),
        (None, _) => other(l, node, role),
        (Some(_), Some(_)) => {
            l.node_sym(Kind::Other, role, Symbol::new(node.kind()), Span::from(node.byte_range()), |l| {
                for clause in named(Some(node)) {
                    if clause.kind() == "stab_clause" {
                        lambda_clause(l, clause, Span::from(clause.byte_range()), Role::Child);
                    } else {
                        l.visit(clause, Role::Child);
                    }
                }
            });
        }
    }
}

fn lambda_clause<'t>(l: &mut Lowering<'t>, clause: ts::Node<'t>, span: Span, role: Role) {
    l.comments(Some(clause));
    let (arguments, guard) = clause_left(l, clause);
    l.node_sym(Kind::Lambda, role, Symbol::EMPTY, span, |l| {
        parameters(l, arguments);
        if let Some(guard) = guard {
            l.visit(guard, Role::Guard);
        }
        clause_body(l, clause, Role::Body);
    });
}

/// `&f(&1, x)` is a lambda with the parameters `&1`, ..; `&f/1` names a function; `&1` is a variable in the first.
pub(super) fn capture<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let Some(operand) = node.child_by_field_name("operand") else { return other(l, node, role) };
    if operand.kind() == "integer" {
        return l.token(Kind::Ident, role, node);
    }
    let span = Span::from(node.byte_range());
    let arity = highest_capture(l, operand);
    if arity == 0 {
        l.node_sym(Kind::Unary, role, Symbol::new("&"), span, |l| l.visit(operand, Role::Operand));
    } else {
        l.node_sym(Kind::Lambda, role, Symbol::EMPTY, span, |l| {
            let at = Span::new(span.start, span.start + 1);
            for number in 1..=arity {
                l.node_sym(Kind::Param, Role::Param, Symbol::EMPTY, at, |l| {
                    l.name_of(Role::Name, &format!("&{number}"), at);
                });
            }
            l.node(Kind::Block, Role::Body, operand, |l| {
                l.node(Kind::Return, Role::Stmt, operand, |l| l.visit(operand, Role::Value));
            });
        });
    }
}

/// The highest `n` of the `&n` below, at most 255 as in Elixir.
fn highest_capture(l: &Lowering<'_>, node: ts::Node<'_>) -> u8 {
    let mut cursor = node.walk();
    let mut highest = 0;
    let mut depth = 0u32;
    loop {
        let here = cursor.node();
        let is_capture = operator(l, here) == "&";
        if is_capture {
            let number = here.child_by_field_name("operand").and_then(|operand| l.text(operand).parse().ok());
            highest = highest.max(number.unwrap_or(0));
        }
        if !is_capture && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while depth > 0 && !cursor.goto_next_sibling() {
            cursor.goto_parent();
            depth -= 1;
        }
        if depth == 0 {
            return highest;
        }
    }
}

/// `defmodule`, `defprotocol`, `defimpl`
pub(super) fn module<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role) {
    let sym = match l.text(parts.target) {
        "defprotocol" => "interface",
        "defimpl" => "impl",
        _ => "module",
    };
    l.node_sym(Kind::Class, role, Symbol::new(sym), parts.span, |l| {
        if let Some(name) = parts.first() {
            l.visit(name, Role::Name);
        }
        for pair in parts.keywords().filter(|&pair| pair_key(l, pair) != "do").collect::<Vec<_>>() {
            keyword_argument(l, pair, Role::Child);
        }
        parts.body(l, Role::Body);
    });
}

/// `@x` is a name; `@x value` assigns to it. Types (`@spec f(t) :: t`) are one token: they do not run.
pub(super) fn attribute<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let Some(operand) = node.child_by_field_name("operand") else { return other(l, node, role) };
    let parts = (operand.kind() == "call").then(|| Parts::new(operand)).flatten();
    // Text that does not parse may stand between the sign and the name.
    let is_attribute =
        |parts: &Parts<'_>| parts.target.kind() == "identifier" && parts.target.start_byte() == node.start_byte() + 1;
    let Some(parts) = parts.filter(is_attribute) else {
        return if operand.kind() == "identifier" { l.name(role, node) } else { other(l, node, role) };
    };
    if matches!(l.text(parts.target), "spec" | "type" | "typep" | "opaque" | "callback" | "macrocallback") {
        return l.token(Kind::Token, role, node);
    }
    l.node_sym(Kind::Assign, role, Symbol::new("="), Span::from(node.byte_range()), |l| {
        let name = Span::new(node.start_byte() as u32, parts.target.end_byte() as u32);
        l.name_of(Role::Target, name.text(l.source()), name);
        for value in named(parts.arguments) {
            if value.kind() == "keywords" {
                l.node(Kind::Array, Role::Value, value, |l| l.children(value, Role::Element));
            } else {
                l.visit(value, Role::Value);
            }
        }
    });
}

// ---- imports

/// `alias A.B`, `alias A.B, as: C`, `alias A.{B, C}`
pub(super) fn alias<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role) {
    let Some(path) = parts.first() else { return other(l, parts.node, role) };
    let several = path.child_by_field_name("right").filter(|right| right.kind() == "tuple");
    let renamed = parts.keyword(l, "as");
    match several {
        Some(list) => {
            for name in named(Some(list)) {
                l.node(Kind::ImportFrom, role, name, |l| {
                    l.field(path, "left", Role::Module);
                    l.visit(name, Role::Name);
                });
            }
        }
        None => l.node_sym(Kind::ImportFrom, role, Symbol::EMPTY, parts.span, |l| {
            let text = l.text(path);
            let span = Span::from(path.byte_range());
            match text.rfind('.').filter(|_| path.kind() == "alias") {
                Some(dot) => {
                    let module = Span::new(span.start, span.start + text[..dot].trim_end().len() as u32);
                    super::dotted(l, Role::Module, module);
                    let last = text[dot + 1..].trim_start();
                    l.name_of(Role::Name, last, Span::new(span.end - last.len() as u32, span.end));
                }
                None if path.kind() == "dot" => {
                    l.field(path, "left", Role::Module);
                    l.field(path, "right", Role::Name);
                }
                None => l.visit(path, Role::Name),
            }
            if let Some(renamed) = renamed {
                l.visit(renamed, Role::Alias);
            }
        }),
    }
}

/// `import A`, `require A, as: B`, `use A, k: v`: which of them it is, is the symbol.
pub(super) fn import<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role) {
    let sym = Symbol::new(l.text(parts.target));
    l.node_sym(Kind::Import, role, sym, parts.span, |l| {
        for (at, argument) in parts.positional().enumerate() {
            l.visit(argument, if at == 0 { Role::Module } else { Role::Child });
        }
        for pair in parts.keywords() {
            match (pair_key(l, pair), pair.child_by_field_name("value")) {
                ("as", Some(renamed)) => l.visit(renamed, Role::Alias),
                _ => keyword_argument(l, pair, Role::Child),
            }
        }
    });
}
