//! Python's functions, classes and imports.

use crate::lower::Lowering;
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

pub(super) fn definition<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    define(l, node, role, node);
}

pub(super) fn decorated<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    match node.child_by_field_name("definition") {
        Some(definition) => define(l, definition, role, node),
        None => l.node(Kind::Error, role, node, |l| l.children(node, Role::Child)),
    }
}

/// A function or class; `whole` is the node with its decorators.
pub(super) fn define<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, whole: ts::Node<'t>) {
    let is_class = node.kind() == "class_definition";
    let (kind, sym) = if is_class { (Kind::Class, Symbol::new("class")) } else { (Kind::Function, Symbol::EMPTY) };
    l.node_sym(kind, role, sym, Span::from(whole.byte_range()), |l| {
        if whole != node {
            l.each(whole, |l, _, child| {
                if child.kind() == "decorator" {
                    l.visit(child, Role::Decorator);
                }
            });
        }
        if let Some(modifier) = node.child(0).filter(|child| child.kind() == "async") {
            l.modifier("async", Span::from(modifier.byte_range()));
        }
        l.field(node, "return_type", Role::Type);
        l.each(node, |l, field, child| match field {
            "name" => l.visit(child, Role::Name),
            "parameters" => l.each(child, |l, _, child| param(l, child)),
            "superclasses" => l.children(child, Role::Base),
            "body" => l.visit(child, Role::Body),
            "return_type" => {}
            _ => l.visit(child, Role::Child),
        });
    });
}

pub(super) fn param<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let (named, of, default) = match node.kind() {
        "keyword_separator" | "positional_separator" => return l.token(Kind::Token, Role::Param, node),
        "default_parameter" | "typed_default_parameter" => {
            (node.child_by_field_name("name"), node.child_by_field_name("type"), node.child_by_field_name("value"))
        }
        "typed_parameter" => (node.named_child(0), node.child_by_field_name("type"), None),
        _ => (Some(node), None, None),
    };
    let (operator, name) = match named {
        Some(splat) if splat.kind() == "list_splat_pattern" => ("*", splat.named_child(0)),
        Some(splat) if splat.kind() == "dictionary_splat_pattern" => ("**", splat.named_child(0)),
        plain => ("", plain),
    };
    l.node_sym(Kind::Param, Role::Param, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        for (part, role) in [(of, Role::Type), (name, Role::Name), (default, Role::Default)] {
            if let Some(part) = part {
                l.visit(part, role);
            }
        }
        if named != Some(node) {
            l.rest(node);
        }
    });
}

/// `import a.b as c, d`
pub(super) fn import<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.each(node, |l, _, child| {
        let span = Span::new(node.start_byte() as u32, child.end_byte() as u32);
        l.node_sym(Kind::Import, role, Symbol::EMPTY, span, |l| imported(l, child, Role::Module));
    });
}

/// `from m import n as a, o`
pub(super) fn import_from<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let start = node.start_byte() as u32;
    l.each(node, |l, field, child| {
        if field == "module_name" {
            return;
        }
        let span = Span::new(start, child.end_byte() as u32);
        l.node_sym(Kind::ImportFrom, role, Symbol::EMPTY, span, |l| {
            match node.child_by_field_name("module_name") {
                Some(module) => l.visit(module, Role::Module),
                None => l.name_of(Role::Module, "__future__", Span::new(start + 5, start + 15)),
            }
            match child.kind() {
                "wildcard_import" => l.name_of(Role::Name, "*", Span::from(child.byte_range())),
                _ => imported(l, child, Role::Name),
            }
        });
    });
}

/// `n` or `n as a`
pub(super) fn imported<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if node.kind() != "aliased_import" {
        return l.visit(node, role);
    }
    l.each(node, |l, field, child| l.visit(child, if field == "alias" { Role::Alias } else { role }));
}
