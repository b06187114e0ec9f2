//! JavaScript, TypeScript and TSX: one table for both of TypeScript's grammars. JavaScript is read as TSX, as plenty of
//! it has decorators or Flow's types.

mod definitions;
mod jsx;
mod patterns;
mod statements;
mod types;

use super::{Handler, Lowering, PatternSyntax, Spec, block, name, number, other, unwrap};
use crate::{Kind, Role, Symbol};
use definitions::{
    class, class_body, enumeration, export, field, function, import, import_alias, lambda, module, parameters,
    variables,
};
use jsx::{jsx_attribute, jsx_element, jsx_expression, jsx_self_closing, jsx_text};
use statements::{
    break_, catch, continue_, do_while, for_, for_in, if_, labeled, return_, skip, switch, switch_case, throw, try_,
    while_, with,
};
use tree_sitter as ts;
use types::{as_expression, generic_type, nested_type, non_null, type_assertion};
use weir_model::Span;

pub(super) static TYPESCRIPT: Spec =
    Spec { grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), table: TABLE, pattern: PATTERN };

pub(super) static TSX: Spec =
    Spec { grammar: || tree_sitter_typescript::LANGUAGE_TSX.into(), table: TABLE, pattern: PATTERN };

const PATTERN: PatternSyntax =
    PatternSyntax { native_metavars: true, rewrite: patterns::rewrite, contexts: patterns::CONTEXTS };

const TABLE: &[(&str, Handler)] = &[
    // names and literals
    ("identifier", name),
    ("property_identifier", name),
    ("private_property_identifier", name),
    ("type_identifier", name),
    ("predefined_type", name),
    ("this", name),
    ("this_type", name),
    ("super", name),
    ("import", name),
    ("string", string),
    ("template_string", template),
    ("template_substitution", unwrap),
    ("number", number),
    ("true", boolean),
    ("false", boolean),
    ("null", null),
    ("undefined", null),
    ("regex", regex),
    // expressions
    ("parenthesized_expression", parenthesized),
    ("call_expression", call),
    ("new_expression", new),
    ("member_expression", member),
    ("nested_identifier", member),
    ("subscript_expression", subscript),
    ("spread_element", spread),
    ("rest_pattern", spread),
    ("assignment_expression", assignment),
    ("augmented_assignment_expression", assignment),
    ("assignment_pattern", assignment),
    ("binary_expression", binary),
    ("unary_expression", unary),
    ("update_expression", update),
    ("ternary_expression", ternary),
    ("await_expression", await_),
    ("yield_expression", yield_),
    ("array", array),
    ("array_pattern", array),
    ("object", object),
    ("object_pattern", object),
    ("pair", pair),
    ("pair_pattern", pair),
    ("computed_property_name", unwrap),
    ("shorthand_property_identifier", shorthand),
    ("shorthand_property_identifier_pattern", shorthand),
    ("object_assignment_pattern", shorthand_default),
    ("function_expression", lambda),
    ("generator_function", lambda),
    ("arrow_function", lambda),
    ("jsx_element", jsx_element),
    ("jsx_self_closing_element", jsx_self_closing),
    ("jsx_attribute", jsx_attribute),
    ("jsx_expression", jsx_expression),
    ("jsx_text", jsx_text),
    ("jsx_namespace_name", name),
    ("html_character_reference", jsx_text),
    // statements
    ("expression_statement", unwrap),
    ("empty_statement", skip),
    ("hash_bang_line", skip),
    ("statement_block", block),
    ("if_statement", if_),
    ("while_statement", while_),
    ("do_statement", do_while),
    ("for_statement", for_),
    ("for_in_statement", for_in),
    ("switch_statement", switch),
    ("switch_case", switch_case),
    ("switch_default", switch_case),
    ("return_statement", return_),
    ("throw_statement", throw),
    ("try_statement", try_),
    ("catch_clause", catch),
    ("with_statement", with),
    ("break_statement", break_),
    ("continue_statement", continue_),
    ("labeled_statement", labeled),
    // definitions
    ("variable_declaration", variables),
    ("lexical_declaration", variables),
    ("using_declaration", variables),
    ("function_declaration", function),
    ("generator_function_declaration", function),
    ("function_signature", function),
    ("method_definition", function),
    ("method_signature", function),
    ("abstract_method_signature", function),
    ("formal_parameters", parameters),
    ("class", class),
    ("class_declaration", class),
    ("abstract_class_declaration", class),
    ("interface_declaration", class),
    ("enum_declaration", enumeration),
    ("module", module),
    ("internal_module", module),
    ("ambient_declaration", unwrap),
    ("class_body", class_body),
    ("interface_body", class_body),
    ("public_field_definition", field),
    ("property_signature", field),
    ("decorator", decorator),
    // imports and exports
    ("import_statement", import),
    ("import_alias", import_alias),
    ("export_statement", export),
    // types
    ("as_expression", as_expression),
    ("satisfies_expression", as_expression),
    ("type_assertion", type_assertion),
    ("non_null_expression", non_null),
    ("instantiation_expression", generic_type),
    ("generic_type", generic_type),
    ("nested_type_identifier", nested_type),
    ("type_annotation", unwrap),
    ("parenthesized_type", unwrap),
    ("literal_type", unwrap),
];

// ---- names and literals

fn string<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let at = Span::from(node.byte_range());
    l.string(role, at, inside(at));
}

fn template<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let content = inside(Span::from(node.byte_range()));
    l.node(Kind::Template, role, node, |l| {
        let mut from = content.start;
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if child.kind() == "template_substitution" {
                fragment(l, Span::new(from, child.start_byte() as u32));
                substitution(l, child);
                from = child.end_byte() as u32;
            }
        }
        fragment(l, Span::new(from, content.end.max(from)));
    });
}

/// What is put into a template; `${...}` in a pattern is one expression, not any number of parts.
fn substitution<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    match node.named_child(0) {
        Some(inner) if l.hole(inner) == Some(Kind::Ellipsis) => {
            l.leaf(Kind::Metavar, Role::Part, Symbol::new("$_"), Span::from(inner.byte_range()));
        }
        _ => l.visit(node, Role::Part),
    }
}

/// Text between substitutions; `...` in a pattern stands for any parts.
fn fragment(l: &mut Lowering<'_>, at: Span) {
    if at.is_empty() {
        return;
    }
    let sym = l.sym(at.text(l.source()));
    if l.in_pattern() && sym.as_str() == "..." {
        l.leaf(Kind::Ellipsis, Role::Part, Symbol::EMPTY, at);
    } else {
        l.leaf(Kind::Str, Role::Part, sym, at);
    }
}

/// The span without its first and last byte: what is between quotes.
fn inside(at: Span) -> Span {
    let start = at.end.min(at.start + 1);
    Span::new(start, start.max(at.end.saturating_sub(1)))
}

fn boolean<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.token(Kind::Bool, role, node);
}

fn null<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.token(Kind::Null, role, node);
}

/// `/a/g`, where the flags are a modifier.
fn regex<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let pattern = node.child_by_field_name("pattern").map_or("", |pattern| l.text(pattern));
    let sym = l.sym(pattern);
    l.node_sym(Kind::Regex, role, sym, Span::from(node.byte_range()), |l| {
        if let Some(flags) = node.child_by_field_name("flags") {
            l.modifier(l.text(flags), Span::from(flags.byte_range()));
        }
    });
}

// ---- expressions

/// Parentheses leave no node but belong to the place of what is in them; in a pattern `($X: T)` is a typed metavariable.
fn parenthesized<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    match (node.child_by_field_name("type"), node.named_child(0)) {
        (Some(annotation), Some(name)) if l.hole(name) == Some(Kind::Metavar) => {
            let sym = l.sym(l.text(name));
            l.node_sym(Kind::TypedMetavar, role, sym, Span::from(node.byte_range()), |l| {
                l.visit(annotation, Role::Type);
            });
        }
        _ => super::parenthesized(l, node, role),
    }
}

fn call<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Call, role, node, |l| {
        let [callee, arguments] = l.parts(node, ["function", "arguments"]);
        l.visit_some(callee, Role::Callee);
        match arguments {
            Some(tagged) if tagged.kind() == "template_string" => l.visit(tagged, Role::Arg),
            Some(arguments) => l.children(arguments, Role::Arg),
            None => {}
        }
    });
}

fn new<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::New, role, node, |l| {
        let [callee, arguments] = l.parts(node, ["constructor", "arguments"]);
        l.visit_some(callee, Role::Callee);
        if let Some(arguments) = arguments {
            l.children(arguments, Role::Arg);
        }
    });
}

fn member<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Member, role, node, |l| {
        let [object, property] = l.parts(node, ["object", "property"]);
        l.visit_some(object, Role::Object);
        l.visit_some(property, Role::Name);
    });
}

fn subscript<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Subscript, role, node, |l| {
        let [object, index] = l.parts(node, ["object", "index"]);
        l.visit_some(object, Role::Object);
        l.visit_some(index, Role::Index);
    });
}

fn spread<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Spread, role, Symbol::new("..."), Span::from(node.byte_range()), |l| {
        l.children(node, Role::Value);
    });
}

fn assignment<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = node.child_by_field_name("operator").map_or("=", |operator| l.text(operator));
    l.node_sym(Kind::Assign, role, Symbol::new(sym), Span::from(node.byte_range()), |l| {
        let [left, right] = l.parts(node, ["left", "right"]);
        l.visit_some(left, Role::Target);
        l.visit_some(right, Role::Value);
    });
}

fn binary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = operator(l, node);
    l.node_sym(Kind::Binary, role, sym, Span::from(node.byte_range()), |l| {
        let [left, right] = l.parts(node, ["left", "right"]);
        l.visit_some(left, Role::Left);
        l.visit_some(right, Role::Right);
    });
}

fn unary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = operator(l, node);
    l.node_sym(Kind::Unary, role, sym, Span::from(node.byte_range()), |l| {
        let [argument] = l.parts(node, ["argument"]);
        l.visit_some(argument, Role::Operand);
    });
}

fn update<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let postfix = node.child(0).is_some_and(|first| first.is_named());
    let sym = match (postfix, operator(l, node).as_str()) {
        (true, "++") => Symbol::new("post++"),
        (true, _) => Symbol::new("post--"),
        (false, prefix) => Symbol::new(prefix),
    };
    l.node_sym(Kind::Unary, role, sym, Span::from(node.byte_range()), |l| {
        let [argument] = l.parts(node, ["argument"]);
        l.visit_some(argument, Role::Operand);
    });
}

fn operator(l: &Lowering<'_>, node: ts::Node<'_>) -> Symbol {
    node.child_by_field_name("operator").map_or(Symbol::EMPTY, |operator| Symbol::new(l.text(operator)))
}

fn ternary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Conditional, role, node, |l| {
        let [condition, then, otherwise] = l.parts(node, ["condition", "consequence", "alternative"]);
        l.visit_some(condition, Role::Cond);
        l.visit_some(then, Role::Then);
        l.visit_some(otherwise, Role::Else);
    });
}

fn await_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Await, role, node, |l| l.children(node, Role::Value));
}

fn yield_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let delegates = node.child(1).is_some_and(|child| child.kind() == "*");
    let sym = if delegates { Symbol::new("*") } else { Symbol::EMPTY };
    l.node_sym(Kind::Yield, role, sym, Span::from(node.byte_range()), |l| l.children(node, Role::Value));
}

fn array<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Array, role, node, |l| l.children(node, Role::Element));
}

fn object<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Dict, role, node, |l| l.children(node, Role::Entry));
}

fn pair<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Pair, role, node, |l| {
        let [key, value] = l.parts(node, ["key", "value"]);
        if let Some(key) = key {
            property_key(l, key);
        }
        l.visit_some(value, Role::Value);
    });
}

/// The key of an entry: `a` and `"a"` are the same.
fn property_key<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    match node.kind() {
        "property_identifier"
        | "shorthand_property_identifier"
        | "shorthand_property_identifier_pattern"
        | "statement_identifier"
            if l.hole(node).is_none() =>
        {
            l.token(Kind::Str, Role::Key, node);
        }
        "property_identifier"
        | "shorthand_property_identifier"
        | "shorthand_property_identifier_pattern"
        | "statement_identifier" => l.name(Role::Key, node),
        _ => l.visit(node, Role::Key),
    }
}

/// `{a}` is `{a: a}`. In a pattern `{$X}` binds the value: it is what the code goes on with.
fn shorthand<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Pair, role, node, |l| {
        if l.hole(node) == Some(Kind::Metavar) {
            l.leaf(Kind::Metavar, Role::Key, Symbol::new("$_"), Span::from(node.byte_range()));
        } else {
            property_key(l, node);
        }
        l.name(Role::Value, node);
    });
}

/// `{a = 1}` on the left of an assignment is `{a: a = 1}`.
fn shorthand_default<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let Some(left) = node.child_by_field_name("left").filter(|left| left.child_count() == 0) else {
        return other(l, node, role);
    };
    l.node(Kind::Pair, role, node, |l| {
        property_key(l, left);
        l.node_sym(Kind::Assign, Role::Value, Symbol::new("="), Span::from(node.byte_range()), |l| {
            let [_, right] = l.parts(node, ["left", "right"]);
            l.name(Role::Target, left);
            l.visit_some(right, Role::Value);
        });
    });
}

fn decorator<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Decorator, role, node, |l| l.children(node, Role::Value));
}
