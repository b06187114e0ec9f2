//! Functions, classes, properties, imports and namespaces of PHP.

use super::{Lowering, function_name, other, qualified_text};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

pub(super) fn function<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Function, role, node, |l| {
        let mut cursor = node.walk();
        let says = node.children(&mut cursor).any(|child| child.kind() == "visibility_modifier");
        if node.kind() == "method_declaration" && !says && !l.in_pattern() {
            // A method that does not say who sees it is public.
            l.modifier("public", Span::new(node.start_byte() as u32, node.start_byte() as u32));
        }
        prefix(l, node);
        let [name, params, result, inner] = l.parts(node, ["name", "parameters", "return_type", "body"]);
        l.visit_some(result, Role::Type);
        match name {
            Some(name) if node.kind() == "function_definition" => function_name(l, name, Role::Name),
            name => l.visit_some(name, Role::Name),
        }
        l.visit_some(params, Role::Param);
        l.visit_some(inner, Role::Body);
    });
}

/// `function (..) use (..) {..}`, whose captured variables keep their names, and `fn (..) => x`, which returns x.
pub(super) fn lambda<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Lambda, role, node, |l| {
        prefix(l, node);
        let [params, result, inner] = l.parts(node, ["parameters", "return_type", "body"]);
        l.visit_some(params, Role::Param);
        l.visit_some(result, Role::Type);
        match inner {
            Some(inner) if inner.kind() == "compound_statement" => l.visit(inner, Role::Body),
            Some(inner) => l.node(Kind::Block, Role::Body, inner, |l| {
                if l.hole(inner) == Some(Kind::Ellipsis) {
                    l.name(Role::Stmt, inner);
                } else {
                    l.node(Kind::Return, Role::Stmt, inner, |l| l.visit(inner, Role::Value));
                }
            }),
            None => {}
        }
    });
}

pub(super) fn parameters<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, _: Role) {
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "simple_parameter" | "variadic_parameter" | "property_promotion_parameter" => parameter(l, child),
            _ if child.is_named() || child.is_error() || child.is_missing() => l.visit(child, Role::Child),
            _ => {}
        }
    }
}

fn parameter<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let sym = if node.kind() == "variadic_parameter" { "..." } else { "" };
    l.node_sym(Kind::Param, Role::Param, Symbol::new(sym), Span::from(node.byte_range()), |l| {
        prefix(l, node);
        let [annotation, name, value] = l.parts(node, ["type", "name", "default_value"]);
        l.visit_some(annotation, Role::Type);
        l.visit_some(name, Role::Name);
        l.visit_some(value, Role::Default);
    });
}

/// Classes, interfaces, traits and enums.
pub(super) fn class<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = match node.kind() {
        "interface_declaration" => "interface",
        "trait_declaration" => "trait",
        "enum_declaration" => "enum",
        _ => "class",
    };
    l.node_sym(Kind::Class, role, Symbol::new(sym), Span::from(node.byte_range()), |l| {
        prefix(l, node);
        let [name, inner] = l.parts(node, ["name", "body"]);
        l.visit_some(name, Role::Name);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "base_clause" => l.children(child, Role::Base),
                "class_interface_clause" => l.children(child, Role::Interface),
                _ => {}
            }
        }
        l.visit_some(inner, Role::Body);
    });
}

pub(super) fn declaration_list<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Block, role, node, |l| l.children(node, Role::Stmt));
}

/// Each property is a definition of its own, the first one starts at the modifiers.
pub(super) fn property<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut start = Some(node.start_byte());
    let annotation = node.child_by_field_name("type");
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "property_element" => {
                let at = Span::new(start.take().unwrap_or(child.start_byte()) as u32, child.end_byte() as u32);
                l.node_sym(Kind::VarDef, role, Symbol::EMPTY, at, |l| {
                    prefix(l, node);
                    l.visit_some(annotation, Role::Type);
                    let [name, value] = l.parts(child, ["name", "default_value"]);
                    l.visit_some(name, Role::Target);
                    l.visit_some(value, Role::Value);
                });
            }
            "property_hook_list" => other(l, child, role),
            _ => {}
        }
    }
}

/// `const A = 1, B = 2;`
pub(super) fn constants<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor).filter(|child| child.kind() == "const_element") {
        l.node(Kind::VarDef, role, child, |l| {
            prefix(l, node);
            l.modifier("const", Span::new(node.start_byte() as u32, node.start_byte() as u32));
            l.in_turn(child, &[Role::Target, Role::Value]);
        });
    }
}

/// `static $a = 1;` in a function.
pub(super) fn static_variables<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if child.kind() != "static_variable_declaration" {
            l.visit(child, role);
            continue;
        }
        l.node(Kind::VarDef, role, child, |l| {
            l.modifier("static", Span::new(node.start_byte() as u32, node.start_byte() as u32));
            let [name, value] = l.parts(child, ["name", "value"]);
            l.visit_some(name, Role::Target);
            l.visit_some(value, Role::Value);
        });
    }
}

pub(super) fn case_of_enum<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::VarDef, role, node, |l| {
        prefix(l, node);
        let [name, value] = l.parts(node, ["name", "value"]);
        l.visit_some(name, Role::Target);
        l.visit_some(value, Role::Value);
    });
}

/// `use T;` in a class. In a pattern `use ...;` stands for any members.
pub(super) fn use_traits<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    match node.named_child(0) {
        Some(name) if l.hole(name) == Some(Kind::Ellipsis) => l.name(role, name),
        _ => other(l, node, role),
    }
}

pub(super) fn attribute<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Decorator, role, node, |l| {
        let name = node.named_child(0);
        match node.child_by_field_name("parameters") {
            Some(arguments) => l.node(Kind::Call, Role::Value, node, |l| {
                l.visit_some(name, Role::Callee);
                l.children(arguments, Role::Arg);
            }),
            None => l.visit_some(name, Role::Value),
        }
    });
}

/// `namespace A;`, `namespace A { .. }`
pub(super) fn namespace<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if node.child_by_field_name("body").is_none() {
        return other(l, node, role);
    }
    l.node_sym(Kind::Class, role, Symbol::new("module"), Span::from(node.byte_range()), |l| {
        let [name, inner] = l.parts(node, ["name", "body"]);
        l.visit_some(name, Role::Name);
        l.visit_some(inner, Role::Body);
    });
}

/// `use A\B as C, D;`, `use A\{B, C as D};`
pub(super) fn use_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    let group = node.named_children(&mut cursor).find(|child| child.kind() == "namespace_name");
    let clauses = node.child_by_field_name("body").unwrap_or(node);
    let mut cursor = clauses.walk();
    for clause in clauses.named_children(&mut cursor) {
        match clause.kind() {
            "namespace_use_clause" => use_clause(l, node, group, clause, role),
            "namespace_name" => {}
            _ => l.visit(clause, role),
        }
    }
}

fn use_clause<'t>(
    l: &mut Lowering<'t>,
    node: ts::Node<'t>,
    group: Option<ts::Node<'t>>,
    clause: ts::Node<'t>,
    role: Role,
) {
    let alias = clause.child_by_field_name("alias");
    let mut cursor = clause.walk();
    let Some(name) = clause.named_children(&mut cursor).find(|child| matches!(child.kind(), "name" | "qualified_name"))
    else {
        return other(l, clause, role);
    };
    let at = Span::from(name.byte_range());
    let text = l.text(name);
    let bare = text.trim_start_matches('\\');
    let start = at.start + (text.len() - bare.len()) as u32;
    let (inner, last) = bare.rsplit_once('\\').map_or((None, bare), |(inner, last)| (Some(inner), last));
    if inner.is_none() && group.is_none() {
        return l.node(Kind::Import, role, node, |l| {
            l.name_of(Role::Module, bare, Span::new(start, at.end));
            l.visit_some(alias, Role::Alias);
        });
    }
    l.node(Kind::ImportFrom, role, node, |l| {
        let inner_at = |inner: &str| Span::new(start, start + inner.len() as u32);
        match (group, inner) {
            (Some(group), Some(inner)) => {
                let whole = format!("{}\\{inner}", l.text(group));
                let group = Span::from(group.byte_range());
                qualified_text(l, &whole, Span::new(group.start, group.start + whole.len() as u32), Role::Module);
            }
            (Some(group), None) => l.visit(group, Role::Module),
            (None, Some(inner)) => qualified_text(l, inner, inner_at(inner), Role::Module),
            (None, None) => {}
        }
        l.name_of(Role::Name, last, Span::new(at.end - last.len() as u32, at.end));
        l.visit_some(alias, Role::Alias);
    });
}

/// Attributes and modifiers.
fn prefix<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "attribute_list" => l.visit(child, Role::Decorator),
            "visibility_modifier"
            | "static_modifier"
            | "final_modifier"
            | "abstract_modifier"
            | "readonly_modifier"
            | "var_modifier" => l.modifier(&l.text(child).to_ascii_lowercase(), Span::from(child.byte_range())),
            _ if child.is_named() && !child.is_extra() => break,
            _ => {}
        }
    }
}
