//! Functions, parameters, classes, variables, imports and exports.

use super::{Lowering, other};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// What stands before a definition but outside its node: decorators, `export`, `default`.
type Before<'a, 't> = &'a [ts::Node<'t>];

pub(super) fn function<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    function_after(l, node, role, &[]);
}

fn function_after<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, before: Before<'_, 't>) {
    l.node_sym(Kind::Function, role, Symbol::EMPTY, whole(node, before), |l| {
        prefix(l, node, before);
        let [name, params, result, inner] = l.parts(node, ["name", "parameters", "return_type", "body"]);
        l.visit_some(result, Role::Type);
        l.visit_some(name, Role::Name);
        l.visit_some(params, Role::Param);
        l.visit_some(inner, Role::Body);
    });
}

/// Function expressions and arrows. An expression as body is returned.
pub(super) fn lambda<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = if node.kind() == "arrow_function" { Symbol::new("=>") } else { Symbol::EMPTY };
    l.node_sym(Kind::Lambda, role, sym, Span::from(node.byte_range()), |l| {
        let [name, params, param, result, inner] =
            l.parts(node, ["name", "parameters", "parameter", "return_type", "body"]);
        l.visit_some(name, Role::Name);
        prefix(l, node, &[]);
        l.visit_some(params, Role::Param);
        if let Some(param) = param {
            parameter(l, param);
        }
        l.visit_some(result, Role::Type);
        match inner {
            Some(inner) if inner.kind() == "statement_block" => l.visit(inner, Role::Body),
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
        if child.is_extra() || child.is_error() || child.is_missing() {
            l.visit(child, Role::Child);
        } else if child.is_named() {
            parameter(l, child);
        }
    }
}

fn parameter<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let typed = matches!(node.kind(), "required_parameter" | "optional_parameter");
    let pattern = if typed { node.child_by_field_name("pattern") } else { Some(node) };
    let rest = pattern.filter(|pattern| pattern.kind() == "rest_pattern");
    let sym = if rest.is_some() { Symbol::new("...") } else { Symbol::EMPTY };
    l.node_sym(Kind::Param, Role::Param, sym, Span::from(node.byte_range()), |l| {
        if typed {
            prefix(l, node, &[]);
            let [annotation, value] = l.parts(node, ["type", "value"]);
            l.visit_some(annotation, Role::Type);
            l.visit_some(rest.and_then(|rest| rest.named_child(0)).or(pattern), Role::Name);
            l.visit_some(value, Role::Default);
        } else {
            l.visit_some(rest.and_then(|rest| rest.named_child(0)).or(pattern), Role::Name);
        }
    });
}

/// Classes and interfaces.
pub(super) fn class<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    class_after(l, node, role, &[]);
}

fn class_after<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, before: Before<'_, 't>) {
    let sym = if node.kind() == "interface_declaration" { "interface" } else { "class" };
    l.node_sym(Kind::Class, role, Symbol::new(sym), whole(node, before), |l| {
        prefix(l, node, before);
        let [name, inner] = l.parts(node, ["name", "body"]);
        l.visit_some(name, Role::Name);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "class_heritage" => heritage(l, child),
                "extends_type_clause" => l.children(child, Role::Base),
                _ => {}
            }
        }
        l.visit_some(inner, Role::Body);
    });
}

fn heritage<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "extends_clause" => l.fields(child, "value", Role::Base),
            "implements_clause" => l.children(child, Role::Interface),
            _ => l.visit(child, Role::Base),
        }
    }
}

/// Members. TypeScript's grammar has the decorators of a method beside it.
pub(super) fn class_body<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Block, role, node, |l| {
        let mut decorators = Vec::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "decorator" => decorators.push(child),
                "method_definition" | "method_signature" | "abstract_method_signature" if !decorators.is_empty() => {
                    function_after(l, child, Role::Stmt, &decorators);
                    decorators.clear();
                }
                _ if child.is_named() || child.is_error() || child.is_missing() => l.visit(child, Role::Stmt),
                _ => {}
            }
        }
    });
}

pub(super) fn field<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::VarDef, role, node, |l| {
        prefix(l, node, &[]);
        let [name, annotation, value] = l.parts(node, ["name", "type", "value"]);
        l.visit_some(annotation, Role::Type);
        l.visit_some(name, Role::Target);
        l.visit_some(value, Role::Value);
    });
}

pub(super) fn enumeration<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    enumeration_after(l, node, role, &[]);
}

fn enumeration_after<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, before: Before<'_, 't>) {
    l.node_sym(Kind::Class, role, Symbol::new("enum"), whole(node, before), |l| {
        prefix(l, node, before);
        let [name, inner] = l.parts(node, ["name", "body"]);
        l.visit_some(name, Role::Name);
        let Some(inner) = inner else { return };
        l.node(Kind::Block, Role::Body, inner, |l| {
            let mut cursor = inner.walk();
            for child in inner.named_children(&mut cursor) {
                if child.is_extra() || child.is_error() {
                    l.visit(child, Role::Stmt);
                    continue;
                }
                l.node(Kind::VarDef, Role::Stmt, child, |l| {
                    let [name, value] = l.parts(child, ["name", "value"]);
                    l.visit(name.unwrap_or(child), Role::Target);
                    l.visit_some(value, Role::Value);
                });
            }
        });
    });
}

/// `module "m" {}`, `namespace N {}`
pub(super) fn module<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Class, role, Symbol::new("module"), Span::from(node.byte_range()), |l| {
        let [name, inner] = l.parts(node, ["name", "body"]);
        l.visit_some(name, Role::Name);
        l.visit_some(inner, Role::Body);
    });
}

pub(super) fn variables<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    variables_after(l, node, role, &[]);
}

/// Each variable is a definition of its own; the first one starts at the keyword, the last one ends without semicolon.
fn variables_after<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, before: Before<'_, 't>) {
    let mut start = Some(whole(node, before).start);
    let keyword = node.child(0).filter(|child| !child.is_named());
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if child.kind() != "variable_declarator" {
            l.visit(child, role);
            continue;
        }
        let at = Span::new(start.take().unwrap_or(child.start_byte() as u32), child.end_byte() as u32);
        l.node_sym(Kind::VarDef, role, Symbol::EMPTY, at, |l| {
            for &part in before {
                outside(l, part);
            }
            if let Some(keyword) = keyword {
                l.modifier(l.text(keyword), Span::from(keyword.byte_range()));
            }
            let [name, annotation, value] = l.parts(child, ["name", "type", "value"]);
            l.visit_some(annotation, Role::Type);
            l.visit_some(name, Role::Target);
            l.visit_some(value, Role::Value);
        });
    }
}

/// `export` is a modifier of what it declares.
pub(super) fn export<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let Some(declared) = node.child_by_field_name("declaration") else { return exported(l, node, role) };
    let mut cursor = node.walk();
    let before: Vec<_> = node.children(&mut cursor).take_while(|&child| child != declared).collect();
    match declared.kind() {
        "function_declaration" | "generator_function_declaration" | "function_signature" => {
            function_after(l, declared, role, &before);
        }
        "class_declaration" | "abstract_class_declaration" | "interface_declaration" => {
            class_after(l, declared, role, &before);
        }
        "enum_declaration" => enumeration_after(l, declared, role, &before),
        "variable_declaration" | "lexical_declaration" | "using_declaration" => {
            variables_after(l, declared, role, &before);
        }
        _ => exported(l, node, role),
    }
}

/// What is exported but not declared here: `export default` is something else than the rest.
fn exported<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    let is_default = node.children(&mut cursor).any(|child| child.kind() == "default");
    let sym = Symbol::new(if is_default { "export default" } else { node.kind() });
    l.node_sym(Kind::Other, role, sym, Span::from(node.byte_range()), |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "source" { Role::Module } else { Role::Child }));
    });
}

pub(super) fn import<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.comments(Some(node));
    let mut cursor = node.walk();
    let clause = node.named_children(&mut cursor).find(|child| child.kind() == "import_clause");
    let Some(source) = node.child_by_field_name("source") else { return import_require(l, node, role) };
    let Some(clause) = clause else {
        return l.node(Kind::Import, role, node, |l| l.visit(source, Role::Module));
    };
    let mut cursor = clause.walk();
    for child in clause.named_children(&mut cursor) {
        match child.kind() {
            "identifier" => l.node(Kind::ImportFrom, role, node, |l| {
                l.visit(source, Role::Module);
                l.leaf(Kind::Ident, Role::Name, Symbol::new("default"), Span::from(child.byte_range()));
                l.visit(child, Role::Alias);
            }),
            "namespace_import" => l.node(Kind::Import, role, node, |l| {
                l.visit(source, Role::Module);
                l.children(child, Role::Alias);
            }),
            "named_imports" => imported_names(l, node, source, child, role),
            _ => l.visit(child, role),
        }
    }
}

/// `import a = require("m")`
fn import_require<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    let clause = node.named_children(&mut cursor).find(|child| child.kind() == "import_require_clause");
    let Some((alias, source)) =
        clause.and_then(|clause| clause.named_child(0).zip(clause.child_by_field_name("source")))
    else {
        return other(l, node, role);
    };
    l.node(Kind::Import, role, node, |l| {
        l.visit(source, Role::Module);
        l.visit(alias, Role::Alias);
    });
}

/// `import a = B.c`
pub(super) fn import_alias<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Import, role, node, |l| {
        l.visit_some(node.named_child(1), Role::Module);
        l.visit_some(node.named_child(0), Role::Alias);
    });
}

fn imported_names<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, source: ts::Node<'t>, names: ts::Node<'t>, role: Role) {
    let mut cursor = names.walk();
    for child in names.named_children(&mut cursor) {
        if child.kind() != "import_specifier" {
            l.visit(child, role);
            continue;
        }
        // `import {..., a} from "m"`: each name stands for itself, so an ellipsis beside others adds nothing.
        if names.named_child_count() > 1 && l.hole(child) == Some(Kind::Ellipsis) {
            continue;
        }
        l.node(Kind::ImportFrom, role, node, |l| {
            let [name, alias] = l.parts(child, ["name", "alias"]);
            l.visit(source, Role::Module);
            l.visit_some(name, Role::Name);
            l.visit_some(alias, Role::Alias);
        });
    }
}

/// The span of a definition with what stands before it.
fn whole(node: ts::Node<'_>, before: &[ts::Node<'_>]) -> Span {
    let first = before.first().copied().unwrap_or(node);
    Span::new(first.start_byte() as u32, node.end_byte() as u32)
}

/// Decorators and modifiers of a definition, those outside its node first.
fn prefix<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, before: Before<'_, 't>) {
    for &part in before {
        outside(l, part);
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "decorator" => l.visit(child, Role::Decorator),
            "accessibility_modifier"
            | "override_modifier"
            | "async"
            | "static"
            | "get"
            | "set"
            | "*"
            | "readonly"
            | "abstract"
            | "declare"
            | "accessor"
            | "const" => {
                l.modifier(l.text(child), Span::from(child.byte_range()));
            }
            "static get" => {
                let at = Span::from(child.byte_range());
                l.modifier("static", at);
                l.modifier("get", at);
            }
            "function" | "class" | "enum" | "interface" => {}
            _ if child.is_extra() => {}
            _ => break,
        }
    }
}

fn outside<'t>(l: &mut Lowering<'t>, part: ts::Node<'t>) {
    if part.is_named() {
        l.visit(part, Role::Decorator);
    } else {
        l.modifier(l.text(part), Span::from(part.byte_range()));
    }
}
