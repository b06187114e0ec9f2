//! Java.

mod definitions;
mod pattern;
mod statements;

use super::{Handler, Lowering, Spec, block, name, number, unwrap};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

pub(super) static JAVA: Spec =
    Spec { grammar: || tree_sitter_java::LANGUAGE.into(), table: TABLE, pattern: pattern::SYNTAX };

const TABLE: &[(&str, Handler)] = &[
    // names and literals
    ("identifier", name),
    ("type_identifier", name),
    ("this", name),
    ("super", name),
    ("integral_type", name),
    ("floating_point_type", name),
    ("boolean_type", name),
    ("void_type", name),
    ("underscore_pattern", name),
    ("asterisk", name),
    ("scoped_identifier", dotted),
    ("scoped_type_identifier", dotted),
    ("generic_type", generic_type),
    ("type_parameter", type_parameter),
    ("array_type", array_type),
    ("annotated_type", annotated_type),
    ("decimal_integer_literal", number),
    ("hex_integer_literal", number),
    ("octal_integer_literal", number),
    ("binary_integer_literal", number),
    ("decimal_floating_point_literal", number),
    ("hex_floating_point_literal", number),
    ("true", boolean),
    ("false", boolean),
    ("null_literal", null),
    ("string_literal", string),
    ("class_literal", class_literal),
    ("array_initializer", array),
    ("element_value_array_initializer", array),
    // expressions
    ("parenthesized_expression", unwrap),
    ("method_invocation", call),
    ("explicit_constructor_invocation", constructor_call),
    ("object_creation_expression", new),
    ("array_creation_expression", new_array),
    ("field_access", field_access),
    ("array_access", array_access),
    ("method_reference", method_reference),
    ("template_expression", template_expression),
    ("assignment_expression", assignment),
    ("binary_expression", binary),
    ("instanceof_expression", instance_of),
    ("unary_expression", unary),
    ("update_expression", update),
    ("cast_expression", cast),
    ("ternary_expression", ternary),
    ("lambda_expression", lambda),
    ("switch_expression", statements::switch),
    // statements
    ("expression_statement", unwrap),
    ("block", block),
    ("constructor_body", block),
    ("class_body", block),
    ("interface_body", block),
    ("annotation_type_body", block),
    ("enum_body", block),
    ("enum_body_declarations", unwrap),
    ("if_statement", statements::if_statement),
    ("while_statement", statements::while_statement),
    ("do_statement", statements::do_statement),
    ("for_statement", statements::for_statement),
    ("enhanced_for_statement", statements::for_each),
    ("return_statement", statements::return_statement),
    ("yield_statement", statements::yield_statement),
    ("throw_statement", statements::throw_statement),
    ("break_statement", statements::break_statement),
    ("continue_statement", statements::continue_statement),
    ("try_statement", statements::try_statement),
    ("try_with_resources_statement", statements::try_statement),
    ("synchronized_statement", statements::synchronized),
    ("local_variable_declaration", definitions::variables),
    // definitions
    ("field_declaration", definitions::variables),
    ("constant_declaration", definitions::variables),
    ("enum_constant", definitions::enum_constant),
    ("resource", definitions::resource),
    ("type_pattern", definitions::type_pattern),
    ("record_pattern_component", definitions::type_pattern),
    ("method_declaration", definitions::function),
    ("constructor_declaration", definitions::function),
    ("compact_constructor_declaration", definitions::function),
    ("annotation_type_element_declaration", definitions::function),
    ("formal_parameter", definitions::parameter),
    ("spread_parameter", definitions::spread_parameter),
    ("receiver_parameter", definitions::receiver_parameter),
    ("class_declaration", definitions::class),
    ("record_declaration", definitions::class),
    ("interface_declaration", definitions::class),
    ("enum_declaration", definitions::class),
    ("annotation_type_declaration", definitions::class),
    ("marker_annotation", definitions::annotation),
    ("annotation", definitions::annotation),
    ("element_value_pair", definitions::element_value_pair),
    // imports
    ("import_declaration", definitions::import),
];

// ---- names and literals

/// `a.b.c`, of values, packages and types.
fn dotted<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Member, role, node, |l| {
        let last = node.named_child_count().saturating_sub(1);
        let mut cursor = node.walk();
        for (at, child) in node.named_children(&mut cursor).enumerate() {
            if at == 0 {
                l.visit(child, Role::Object);
            } else if at == last {
                l.visit(child, Role::Name);
            }
        }
    });
}

fn generic_type<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Generic, role, node, |l| {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if child.kind() == "type_arguments" {
                l.children(child, Role::Arg);
            } else {
                l.visit(child, Role::Callee);
            }
        }
    });
}

/// `T` of `class A<T>` is a name; one with bounds or annotations has them as children.
fn type_parameter<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if node.named_child_count() == 1 {
        l.children(node, role);
    } else {
        super::other(l, node, role);
    }
}

/// `T[]` is a subscript without an index.
fn array_type<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if let (Some(element), Some(dimensions)) =
        (node.child_by_field_name("element"), node.child_by_field_name("dimensions"))
    {
        array_of(l, element, depth_of(l, dimensions), Span::from(node.byte_range()), role);
    }
}

/// A type followed by this many `[]`.
pub(super) fn array_of<'t>(l: &mut Lowering<'t>, element: ts::Node<'t>, depth: usize, span: Span, role: Role) {
    if depth == 0 {
        l.visit(element, role);
    } else {
        l.node_sym(Kind::Subscript, role, Symbol::EMPTY, span, |l| {
            l.nested(Role::Object, span, |l| array_of(l, element, depth - 1, span, Role::Object));
        });
    }
}

/// How many pairs of brackets there are in `[][]`.
fn depth_of(l: &Lowering<'_>, dimensions: ts::Node<'_>) -> usize {
    l.text(dimensions).bytes().filter(|&byte| byte == b'[').count()
}

/// `@NonNull String`: the type alone counts.
fn annotated_type<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let count = node.named_child_count();
    if let Some(inner) = count.checked_sub(1).and_then(|last| node.named_child(last as u32)) {
        l.visit(inner, role);
    }
}

fn boolean<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.token(Kind::Bool, role, node);
}

fn null<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.token(Kind::Null, role, node);
}

/// Strings, text blocks (content as written) and string templates.
fn string<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let span = Span::from(node.byte_range());
    let quote = if l.text(node).starts_with("\"\"\"") { 3 } else { 1 };
    let content = Span::new((span.start + quote).min(span.end), span.end.saturating_sub(quote).max(span.start + quote));
    let mut cursor = node.walk();
    if !node.named_children(&mut cursor).any(|part| part.kind() == "string_interpolation") {
        return l.string(role, span, content);
    }
    l.node(Kind::Template, role, node, |l| {
        let mut at = content.start;
        for part in node.named_children(&mut cursor).filter(|part| part.kind() == "string_interpolation") {
            let hole = Span::from(part.byte_range());
            fragment(l, Span::new(at, hole.start));
            l.children(part, Role::Part);
            at = hole.end;
        }
        fragment(l, Span::new(at, content.end));
    });
}

fn fragment(l: &mut Lowering<'_>, span: Span) {
    if !span.is_empty() {
        l.string(Role::Part, span, span);
    }
}

/// `T.class`
fn class_literal<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Member, role, node, |l| {
        l.children(node, Role::Object);
        let end = node.end_byte();
        // In broken code the word may be missing.
        let keyword = node.child_count().checked_sub(1).and_then(|last| node.child(last));
        let start = keyword.filter(|keyword| keyword.kind() == "class").map_or(end, |keyword| keyword.start_byte());
        l.name_of(Role::Name, "class", Span::new(start as u32, end as u32));
    });
}

fn array<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Array, role, node, |l| l.children(node, Role::Element));
}

// ---- expressions

/// `f(x)`, `o.m(x)`; type arguments (`o.<T>m(x)`) change nothing about what is called.
fn call<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Call, role, node, |l| {
        let [object, method, arguments] = l.parts(node, ["object", "name", "arguments"]);
        match (object, method) {
            (Some(object), Some(method)) => {
                let span = Span::new(object.start_byte() as u32, method.end_byte() as u32);
                l.node_sym(Kind::Member, Role::Callee, Symbol::EMPTY, span, |l| {
                    l.visit(object, Role::Object);
                    l.visit(method, Role::Name);
                });
            }
            (object, method) => l.visit_some(object.or(method), Role::Callee),
        }
        l.children_of(arguments, Role::Arg);
    });
}

/// `this(x)`, `super(x)`, `outer.super(x)`
fn constructor_call<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Call, role, node, |l| {
        let [constructor, arguments] = l.parts(node, ["constructor", "arguments"]);
        l.visit_some(constructor, Role::Callee);
        l.children_of(arguments, Role::Arg);
    });
}

fn new<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::New, role, node, |l| {
        let mut cursor = node.walk();
        if let Some(outer) = node.child(0).filter(ts::Node::is_named) {
            l.visit(outer, Role::Object);
        }
        let [class, arguments] = l.parts(node, ["type", "arguments"]);
        l.visit_some(class, Role::Callee);
        l.children_of(arguments, Role::Arg);
        for body in node.named_children(&mut cursor).filter(|child| child.kind() == "class_body") {
            l.visit(body, Role::Body);
        }
    });
}

/// `new T[n]` makes a `T` subscripted by `n`; `new T[]{a, b}` has the elements as an array argument.
fn new_array<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::New, role, node, |l| {
        if let Some(element) = node.child_by_field_name("type") {
            let mut cursor = node.walk();
            let end = node
                .children_by_field_name("dimensions", &mut cursor)
                .last()
                .map_or(element.end_byte(), |last| last.end_byte());
            let span = Span::new(element.start_byte() as u32, end as u32);
            l.node_sym(Kind::Subscript, Role::Callee, Symbol::EMPTY, span, |l| {
                l.visit(element, Role::Object);
                for dimension in node.children_by_field_name("dimensions", &mut cursor) {
                    if dimension.kind() == "dimensions_expr" {
                        l.children(dimension, Role::Index);
                    }
                }
            });
        }
        l.field(node, "value", Role::Arg);
    });
}

fn field_access<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Member, role, node, |l| {
        let [object, field] = l.parts(node, ["object", "field"]);
        l.visit_some(object, Role::Object);
        l.visit_some(field, Role::Name);
    });
}

fn array_access<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if pattern::typed_metavariable(l, node, role) {
        return;
    }
    l.node(Kind::Subscript, role, node, |l| {
        let [array, index] = l.parts(node, ["array", "index"]);
        l.visit_some(array, Role::Object);
        l.visit_some(index, Role::Index);
    });
}

/// `T::m`, `T::new`
fn method_reference<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Member, role, Symbol::new("::"), Span::from(node.byte_range()), |l| {
        let count = node.child_count();
        if let (Some(object), Some(last)) = (node.child(0), node.child(count.saturating_sub(1))) {
            l.visit(object, Role::Object);
            l.name(Role::Name, last);
        }
    });
}

/// `STR."..."` calls the template processor.
fn template_expression<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Call, role, node, |l| {
        l.field(node, "template_processor", Role::Callee);
        l.field(node, "template_argument", Role::Arg);
    });
}

fn assignment<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let operator = operator(l, node);
    l.node_sym(Kind::Assign, role, operator, Span::from(node.byte_range()), |l| {
        let [left, right] = l.parts(node, ["left", "right"]);
        l.visit_some(left, Role::Target);
        l.visit_some(right, Role::Value);
    });
}

fn operator(l: &Lowering<'_>, node: ts::Node<'_>) -> Symbol {
    node.child_by_field_name("operator").map_or(Symbol::EMPTY, |operator| Symbol::new(l.text(operator)))
}

fn binary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let operator = operator(l, node);
    l.node_sym(Kind::Binary, role, operator, Span::from(node.byte_range()), |l| {
        let [left, right] = l.parts(node, ["left", "right"]);
        l.visit_some(left, Role::Left);
        l.visit_some(right, Role::Right);
    });
}

/// `x instanceof T`; `x instanceof T t` declares `t` on the right.
fn instance_of<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Binary, role, Symbol::new("instanceof"), Span::from(node.byte_range()), |l| {
        l.rest(node);
        l.field(node, "left", Role::Left);
        match (node.child_by_field_name("right"), node.child_by_field_name("name")) {
            (Some(class), Some(bound)) => {
                let span = Span::new(class.start_byte() as u32, bound.end_byte() as u32);
                l.node_sym(Kind::VarDef, Role::Right, Symbol::EMPTY, span, |l| {
                    l.visit(class, Role::Type);
                    l.visit(bound, Role::Target);
                });
            }
            (Some(class), None) => l.visit(class, Role::Right),
            _ => l.field(node, "pattern", Role::Right),
        }
    });
}

fn unary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let operator = operator(l, node);
    l.node_sym(Kind::Unary, role, operator, Span::from(node.byte_range()), |l| l.field(node, "operand", Role::Operand));
}

fn update<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let prefix = node.child(0).filter(|first| !first.is_named());
    let sym = match (prefix, l.text(node).ends_with("++")) {
        (Some(operator), _) => Symbol::new(l.text(operator)),
        (None, true) => Symbol::new("post++"),
        (None, false) => Symbol::new("post--"),
    };
    l.node_sym(Kind::Unary, role, sym, Span::from(node.byte_range()), |l| l.children(node, Role::Operand));
}

fn cast<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Cast, role, node, |l| {
        l.rest(node);
        l.fields(node, "type", Role::Type);
        l.field(node, "value", Role::Value);
    });
}

fn ternary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Conditional, role, node, |l| {
        let [condition, consequence, alternative] = l.parts(node, ["condition", "consequence", "alternative"]);
        l.visit_some(condition, Role::Cond);
        l.visit_some(consequence, Role::Then);
        l.visit_some(alternative, Role::Else);
    });
}

fn lambda<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Lambda, role, node, |l| {
        l.rest(node);
        if let Some(parameters) = node.child_by_field_name("parameters") {
            match parameters.kind() {
                "formal_parameters" => l.children(parameters, Role::Param),
                "inferred_parameters" => {
                    let mut cursor = parameters.walk();
                    for parameter in parameters.named_children(&mut cursor) {
                        inferred_parameter(l, parameter);
                    }
                }
                _ => inferred_parameter(l, parameters),
            }
        }
        let Some(body) = node.child_by_field_name("body") else { return };
        if body.kind() == "block" {
            l.visit(body, Role::Body);
        } else {
            l.node(Kind::Block, Role::Body, body, |l| {
                if is_ellipsis(l, body) {
                    l.visit(body, Role::Stmt);
                } else {
                    l.node(Kind::Return, Role::Stmt, body, |l| l.visit(body, Role::Value));
                }
            });
        }
    });
}

fn inferred_parameter<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    if !node.is_extra() && is_ellipsis(l, node) {
        l.visit(node, Role::Param);
    } else {
        l.node(Kind::Param, Role::Param, node, |l| l.visit(node, Role::Name));
    }
}

/// In a pattern: whether the node is `...` or `$...X` and so stands for any number of what is there.
fn is_ellipsis(l: &Lowering<'_>, node: ts::Node<'_>) -> bool {
    l.in_pattern() && l.sym(l.text(node)).as_str().trim_start_matches('$').starts_with("...")
}
