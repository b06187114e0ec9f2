//! Java: variables, methods, classes, annotations and imports.

use super::pattern::is_untyped;
use super::{array_of, depth_of};
use crate::lower::Lowering;
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// Locals, fields and constants: one definition a declarator, each with all modifiers and the type.
pub(super) fn variables<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let whole = Span::from(node.byte_range());
    let mut cursor = node.walk();
    let several = node.children_by_field_name("declarator", &mut cursor).count() > 1;
    for (at, declarator) in node.children_by_field_name("declarator", &mut cursor).enumerate() {
        let own = Span::from(declarator.byte_range());
        let span = match (several, at) {
            (false, _) => whole,
            // The first of several starts where the declaration does: that is the line a comment above speaks about.
            (true, 0) => Span::new(whole.start, own.end),
            (true, _) => own,
        };
        l.node_sym(Kind::VarDef, role, Symbol::EMPTY, span, |l| {
            if at == 0 {
                l.rest(node);
            }
            l.rest(declarator);
            modifiers(l, node);
            declared_type(l, node, declarator);
            l.field(declarator, "name", Role::Target);
            l.field(declarator, "value", Role::Value);
        });
    }
}

/// Annotations, then keywords.
fn modifiers<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let mut cursor = node.walk();
    let Some(list) = node.named_children(&mut cursor).take(2).find(|child| child.kind() == "modifiers") else { return };
    l.children(list, Role::Decorator);
    let mut cursor = list.walk();
    for word in list.children(&mut cursor).filter(|child| !child.is_named()) {
        l.modifier(l.text(word), Span::from(word.byte_range()));
    }
}

/// The type, with the brackets that C's heritage lets stand behind the name (`int a[]`).
fn declared_type<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, declarator: ts::Node<'t>) {
    if let Some(declared) = node.child_by_field_name("type") {
        let depth = declarator.child_by_field_name("dimensions").map_or(0, |dimensions| depth_of(l, dimensions));
        array_of(l, declared, depth, Span::from(declared.byte_range()), Role::Type);
    }
}

/// Modifiers, type and name where all three are children of one node.
pub(super) fn typed<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, kind: Kind, role: Role, name_role: Role) {
    let start = node.child_by_field_name("type").map_or(node.start_byte(), |declared| declared.start_byte());
    let end = node.child_by_field_name("name").map_or(node.end_byte(), |name| name.end_byte());
    l.node_sym(kind, role, Symbol::EMPTY, Span::new(start as u32, end as u32), |l| {
        modifiers(l, node);
        declared_type(l, node, node);
        l.field(node, "name", name_role);
    });
}

/// `A(args) { body }` of an enum: a variable whose value is made by the constructor.
pub(super) fn enum_constant<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::VarDef, role, node, |l| {
        modifiers(l, node);
        l.field(node, "name", Role::Target);
        let (arguments, body) = (node.child_by_field_name("arguments"), node.child_by_field_name("body"));
        if let Some(first) = arguments.or(body) {
            let span = Span::new(first.start_byte() as u32, node.end_byte() as u32);
            l.node_sym(Kind::New, Role::Value, Symbol::EMPTY, span, |l| {
                if let Some(arguments) = arguments {
                    l.children(arguments, Role::Arg);
                }
                if let Some(body) = body {
                    l.visit(body, Role::Body);
                }
            });
        }
    });
}

/// What a `try (...)` opens: a definition, or a variable that is there already.
pub(super) fn resource<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if node.child_by_field_name("type").is_none() {
        return l.children(node, role);
    }
    l.node(Kind::VarDef, role, node, |l| {
        modifiers(l, node);
        declared_type(l, node, node);
        l.field(node, "name", Role::Target);
        l.field(node, "value", Role::Value);
    });
}

/// `case String s`
pub(super) fn type_pattern<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if node.named_child_count() < 2 {
        return l.children(node, role);
    }
    l.node(Kind::VarDef, role, node, |l| {
        let mut cursor = node.walk();
        for (at, child) in node.named_children(&mut cursor).filter(|child| !child.is_extra()).enumerate() {
            l.visit(child, if at == 0 { Role::Type } else { Role::Target });
        }
    });
}

/// Methods, constructors, and an annotation's elements.
pub(super) fn function<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Function, role, node, |l| {
        l.rest(node);
        modifiers(l, node);
        declared_type(l, node, node);
        l.field(node, "name", Role::Name);
        if let Some(parameters) = node.child_by_field_name("parameters") {
            l.children(parameters, Role::Param);
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if matches!(child.kind(), "type_parameters" | "throws") {
                l.visit(child, Role::Child);
            }
        }
        l.field(node, "body", Role::Body);
        l.field(node, "value", Role::Default);
    });
}

/// `T x`
pub(super) fn parameter<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Param, role, node, |l| {
        modifiers(l, node);
        if !is_untyped(l, node) {
            declared_type(l, node, node);
        }
        l.field(node, "name", Role::Name);
    });
}

/// `T... xs`
pub(super) fn spread_parameter<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Param, role, Symbol::new("..."), Span::from(node.byte_range()), |l| {
        modifiers(l, node);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "modifiers" | "annotation" | "marker_annotation" => {}
                "variable_declarator" => l.field(child, "name", Role::Name),
                _ => l.visit(child, Role::Type),
            }
        }
    });
}

/// `T this`
pub(super) fn receiver_parameter<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Param, role, node, |l| {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "annotation" | "marker_annotation" => l.visit(child, Role::Decorator),
                "this" => l.visit(child, Role::Name),
                "identifier" => {}
                _ => l.visit(child, Role::Type),
            }
        }
    });
}

/// Classes, records, interfaces, enums and annotation types.
pub(super) fn class<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = match node.kind() {
        "record_declaration" => "record",
        "interface_declaration" => "interface",
        "enum_declaration" => "enum",
        "annotation_type_declaration" => "@interface",
        _ => "class",
    };
    l.node_sym(Kind::Class, role, Symbol::new(sym), Span::from(node.byte_range()), |l| {
        l.rest(node);
        modifiers(l, node);
        l.field(node, "name", Role::Name);
        if let Some(components) = node.child_by_field_name("parameters") {
            l.children(components, Role::Param);
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "superclass" => l.children(child, Role::Base),
                "extends_interfaces" => types(l, child, Role::Base),
                "super_interfaces" => types(l, child, Role::Interface),
                "type_parameters" | "permits" => l.visit(child, Role::Child),
                _ => {}
            }
        }
        l.field(node, "body", Role::Body);
    });
}

fn types<'t>(l: &mut Lowering<'t>, clause: ts::Node<'t>, role: Role) {
    let mut cursor = clause.walk();
    for list in clause.named_children(&mut cursor) {
        l.children(list, role);
    }
}

/// `@A`, `@A(x)`, `@A(k = v)`
pub(super) fn annotation<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Decorator, role, node, |l| {
        let (Some(name), arguments) = (node.child_by_field_name("name"), node.child_by_field_name("arguments")) else {
            return;
        };
        let Some(arguments) = arguments else { return l.visit(name, Role::Value) };
        let span = Span::new(name.start_byte() as u32, node.end_byte() as u32);
        l.node_sym(Kind::Call, Role::Value, Symbol::EMPTY, span, |l| {
            l.visit(name, Role::Callee);
            l.children(arguments, Role::Arg);
        });
    });
}

/// `k = v` in an annotation.
pub(super) fn element_value_pair<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let key = node.child_by_field_name("key").map_or(Symbol::EMPTY, |key| l.sym(l.text(key)));
    l.node_sym(Kind::KeywordArg, role, key, Span::from(node.byte_range()), |l| {
        l.field(node, "key", Role::Name);
        l.field(node, "value", Role::Value);
    });
}

/// `import a.b.C`, `import a.b.*`, `import static a.B.f`; a name without a package has no module.
pub(super) fn import<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let is_static = node.child(1).is_some_and(|word| l.text(word) == "static");
    let sym = if is_static { Symbol::new("static") } else { Symbol::EMPTY };
    l.node_sym(Kind::ImportFrom, role, sym, Span::from(node.byte_range()), |l| {
        let mut cursor = node.walk();
        let all = node.named_children(&mut cursor).find(|child| child.kind() == "asterisk");
        let Some(path) = node.named_children(&mut cursor).find(|child| child.kind().ends_with("identifier")) else {
            return;
        };
        match (all, path.child_by_field_name("scope"), path.child_by_field_name("name")) {
            (Some(all), ..) => {
                l.visit(path, Role::Module);
                l.name(Role::Name, all);
            }
            (None, Some(scope), Some(last)) => {
                l.visit(scope, Role::Module);
                l.visit(last, Role::Name);
            }
            _ => l.visit(path, Role::Name),
        }
    });
}
