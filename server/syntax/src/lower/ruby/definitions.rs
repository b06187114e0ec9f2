//! Ruby's methods, classes and modules.

use super::statements::only;
use super::{body_or_empty, sequence};
use crate::lower::Lowering;
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// `def f(x)`; `def self.f` is a static method.
pub(super) fn method<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Function, role, node, |l| {
        let [object, name, parameters, body] = l.parts(node, ["object", "name", "parameters", "body"]);
        if let Some(object) = object {
            l.modifier("static", Span::from(object.byte_range()));
        }
        l.visit_some(name, Role::Name);
        if let Some(parameters) = parameters {
            params(l, parameters);
        }
        match body {
            Some(expression) if expression.kind() != "body_statement" => only(l, expression, Role::Body),
            _ => body_or_empty(l, node, body),
        }
    });
}

pub(super) fn params<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    l.each(node, |l, _, child| param(l, child));
}

pub(super) fn param<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let operator = match node.kind() {
        "forward_parameter" | "hash_splat_nil" => return l.token(Kind::Token, Role::Param, node),
        "splat_parameter" => "*",
        "hash_splat_parameter" => "**",
        "block_parameter" => "&",
        _ => "",
    };
    l.node_sym(Kind::Param, Role::Param, Symbol::new(operator), Span::from(node.byte_range()), |l| match node.kind() {
        "destructured_parameter" => sequence(l, node, Role::Name, Kind::Tuple),
        "identifier" => l.name(Role::Name, node),
        _ => l.each(node, |l, field, child| {
            l.visit(child, if field == "name" { Role::Name } else { Role::Default });
        }),
    });
}

pub(super) fn class<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Class, role, Symbol::new(node.kind()), Span::from(node.byte_range()), |l| {
        let [name, base, body] = l.parts(node, ["name", "superclass", "body"]);
        l.visit_some(name, Role::Name);
        if let Some(base) = base {
            l.children(base, Role::Base);
        }
        body_or_empty(l, node, body);
    });
}
