//! PHP, with the HTML around it.

mod definitions;
mod patterns;
mod statements;
mod strings;

use super::{Handler, Lowering, PatternSyntax, Spec, block, name, number, other, unwrap};
use crate::{Kind, Role, Symbol};
use definitions::{
    attribute, case_of_enum, class, constants, declaration_list, function, lambda, namespace, parameters, property,
    static_variables, use_, use_traits,
};
use statements::{
    break_, case_, catch, continue_, do_while, echo, exit, expression_statement, for_, foreach, if_, match_, match_arm,
    return_, skip, switch, try_, unset, while_,
};
use strings::{encapsed, heredoc, nowdoc, shell, string};
use tree_sitter as ts;
use weir_model::Span;

pub(super) static PHP: Spec = Spec {
    grammar: || tree_sitter_php::LANGUAGE_PHP.into(),
    table: TABLE,
    pattern: PatternSyntax { native_metavars: true, rewrite: patterns::rewrite, contexts: patterns::CONTEXTS },
};

const TABLE: &[(&str, Handler)] = &[
    // names and literals
    ("name", name),
    ("variable_name", name),
    ("relative_scope", name),
    ("primitive_type", name),
    ("cast_type", name),
    ("qualified_name", qualified),
    ("relative_name", qualified),
    ("namespace_name", qualified),
    ("named_type", unwrap),
    ("optional_type", unwrap),
    ("integer", number),
    ("float", number),
    ("boolean", boolean),
    ("null", null),
    ("string", string),
    ("encapsed_string", encapsed),
    ("heredoc", heredoc),
    ("nowdoc", nowdoc),
    ("shell_command_expression", shell),
    // expressions
    ("parenthesized_expression", unwrap),
    ("function_call_expression", call),
    ("member_call_expression", method_call),
    ("nullsafe_member_call_expression", method_call),
    ("scoped_call_expression", method_call),
    ("object_creation_expression", new),
    ("argument", argument),
    ("variadic_unpacking", spread),
    ("member_access_expression", member),
    ("nullsafe_member_access_expression", member),
    ("scoped_property_access_expression", member),
    ("class_constant_access_expression", class_constant),
    ("subscript_expression", subscript),
    ("assignment_expression", assignment),
    ("reference_assignment_expression", assignment),
    ("augmented_assignment_expression", assignment),
    ("by_ref", unwrap),
    ("list_literal", list),
    ("binary_expression", binary),
    ("unary_op_expression", unary),
    ("update_expression", update),
    ("error_suppression_expression", silenced),
    ("clone_expression", clone),
    ("cast_expression", cast),
    ("conditional_expression", conditional),
    ("array_creation_expression", array),
    ("array_element_initializer", element),
    ("pair", pair),
    ("print_intrinsic", intrinsic),
    ("include_expression", intrinsic),
    ("include_once_expression", intrinsic),
    ("require_expression", intrinsic),
    ("require_once_expression", intrinsic),
    ("throw_expression", throw),
    ("yield_expression", yield_),
    ("anonymous_function", lambda),
    ("arrow_function", lambda),
    ("match_expression", match_),
    ("match_conditional_expression", match_arm),
    ("match_default_expression", match_arm),
    // statements
    ("php_tag", skip),
    ("php_end_tag", skip),
    ("text_interpolation", unwrap),
    ("empty_statement", skip),
    ("expression_statement", expression_statement),
    ("compound_statement", block),
    ("colon_block", block),
    ("if_statement", if_),
    ("while_statement", while_),
    ("do_statement", do_while),
    ("for_statement", for_),
    ("foreach_statement", foreach),
    ("switch_statement", switch),
    ("case_statement", case_),
    ("default_statement", case_),
    ("return_statement", return_),
    ("echo_statement", echo),
    ("exit_statement", exit),
    ("unset_statement", unset),
    ("try_statement", try_),
    ("catch_clause", catch),
    ("break_statement", break_),
    ("continue_statement", continue_),
    // definitions
    ("function_definition", function),
    ("method_declaration", function),
    ("formal_parameters", parameters),
    ("class_declaration", class),
    ("interface_declaration", class),
    ("trait_declaration", class),
    ("enum_declaration", class),
    ("enum_case", case_of_enum),
    ("declaration_list", declaration_list),
    ("enum_declaration_list", declaration_list),
    ("property_declaration", property),
    ("const_declaration", constants),
    ("function_static_declaration", static_variables),
    ("use_declaration", use_traits),
    ("attribute_list", unwrap),
    ("attribute_group", unwrap),
    ("attribute", attribute),
    // imports
    ("namespace_use_declaration", use_),
    ("namespace_definition", namespace),
];

// ---- names and literals

/// `A\B\c` is a chain of members; a backslash in front says no more than that it is whole.
fn qualified<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let at = Span::from(node.byte_range());
    qualified_text(l, l.text(node), at, role);
}

fn qualified_text(l: &mut Lowering<'_>, text: &str, at: Span, role: Role) {
    let bare = text.trim_start_matches('\\');
    let start = at.start + (text.len() - bare.len()) as u32;
    match bare.rsplit_once('\\') {
        Some((module, last)) => {
            let cut = start + module.len() as u32;
            l.node_sym(Kind::Member, role, Symbol::EMPTY, Span::new(start, at.end), |l| {
                qualified_text(l, module, Span::new(start, cut), Role::Object);
                l.name_of(Role::Name, last, Span::new(cut + 1, at.end));
            });
        }
        None => l.name_of(role, bare, Span::new(start, at.end)),
    }
}

fn boolean<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = Symbol::new(if l.text(node).eq_ignore_ascii_case("true") { "true" } else { "false" });
    l.leaf(Kind::Bool, role, sym, Span::from(node.byte_range()));
}

fn null<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.leaf(Kind::Null, role, Symbol::new("null"), Span::from(node.byte_range()));
}

// ---- expressions

fn call<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Call, role, node, |l| {
        let [callee, arguments] = l.parts(node, ["function", "arguments"]);
        match callee {
            Some(callee) if is_global(l.text(callee)) => function_name(l, callee, Role::Callee),
            callee => l.visit_some(callee, Role::Callee),
        }
        l.children_of(arguments, Role::Arg);
    });
}

/// `f` or `\f`
fn is_global(text: &str) -> bool {
    let bare = text.strip_prefix('\\').unwrap_or(text);
    bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii())
}

/// Names of functions are the same in upper and lower case.
fn function_name(l: &mut Lowering<'_>, node: ts::Node<'_>, role: Role) {
    let text = l.text(node).trim_start_matches('\\');
    let end = node.end_byte() as u32;
    let at = Span::new(end - text.len() as u32, end);
    if l.hole(node).is_none() && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        l.name_of(role, &text.to_ascii_lowercase(), at);
    } else {
        l.name_of(role, text, at);
    }
}

/// `$o->f()`, `C::f()`
fn method_call<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Call, role, node, |l| {
        let [object, scope, name, arguments] = l.parts(node, ["object", "scope", "name", "arguments"]);
        let end = name.map_or(node.end_byte(), |name| name.end_byte()) as u32;
        let sym = if scope.is_some() { Symbol::new("::") } else { Symbol::EMPTY };
        l.node_sym(Kind::Member, Role::Callee, sym, Span::new(node.start_byte() as u32, end), |l| {
            l.visit_some(object.or(scope), Role::Object);
            l.visit_some(name, Role::Name);
        });
        l.children_of(arguments, Role::Arg);
    });
}

/// `new C(..)`; of an anonymous class the callee is what it extends.
fn new<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::New, role, node, |l| {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "arguments" => l.children(child, Role::Arg),
                "anonymous_class" => anonymous_class(l, child),
                _ => l.visit(child, Role::Callee),
            }
        }
    });
}

fn anonymous_class<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "base_clause" => l.children(child, Role::Callee),
            "class_interface_clause" => l.children(child, Role::Child),
            "arguments" => l.children(child, Role::Arg),
            "declaration_list" => l.visit(child, Role::Body),
            _ => l.visit(child, Role::Child),
        }
    }
}

/// An argument leaves a node only if it is named.
fn argument<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let Some(name) = node.child_by_field_name("name") else {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if child.kind() != "reference_modifier" {
                l.visit(child, role);
            }
        }
        return;
    };
    let sym = l.sym(l.text(name));
    l.node_sym(Kind::KeywordArg, role, sym, Span::from(node.byte_range()), |l| {
        l.name(Role::Name, name);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if child != name {
                l.visit(child, Role::Value);
            }
        }
    });
}

fn spread<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Spread, role, Symbol::new("..."), Span::from(node.byte_range()), |l| {
        l.children(node, Role::Value);
    });
}

fn member<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = if node.kind() == "scoped_property_access_expression" { "::" } else { "" };
    l.node_sym(Kind::Member, role, Symbol::new(sym), Span::from(node.byte_range()), |l| {
        let [object, scope, name] = l.parts(node, ["object", "scope", "name"]);
        l.visit_some(object.or(scope), Role::Object);
        l.visit_some(name, Role::Name);
    });
}

/// `C::X`
fn class_constant<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Member, role, Symbol::new("::"), Span::from(node.byte_range()), |l| {
        l.in_turn(node, &[Role::Object, Role::Name]);
    });
}

fn subscript<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Subscript, role, node, |l| l.in_turn(node, &[Role::Object, Role::Index]));
}

fn assignment<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = node.child_by_field_name("operator").map_or("=", |operator| l.text(operator));
    l.node_sym(Kind::Assign, role, Symbol::new(sym), Span::from(node.byte_range()), |l| {
        let [left, right] = l.parts(node, ["left", "right"]);
        l.visit_some(left, Role::Target);
        l.visit_some(right, Role::Value);
    });
}

/// `[$a, 'k' => $b]` and `list(..)` on the left of an assignment.
fn list<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    let keyed = node.children(&mut cursor).any(|child| child.kind() == "=>");
    if !keyed {
        return l.node(Kind::Array, role, node, |l| l.children(node, Role::Element));
    }
    l.node(Kind::Dict, role, node, |l| {
        let mut cursor = node.walk();
        let mut key = None;
        for child in node.named_children(&mut cursor) {
            if child.next_sibling().is_some_and(|next| next.kind() == "=>") {
                key = Some(child);
            } else if let Some(key) = key.take() {
                let at = Span::new(key.start_byte() as u32, child.end_byte() as u32);
                l.node_sym(Kind::Pair, Role::Entry, Symbol::EMPTY, at, |l| {
                    l.visit(key, Role::Key);
                    l.visit(child, Role::Value);
                });
            } else {
                l.visit(child, Role::Entry);
            }
        }
    });
}

fn binary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let operator = node.child_by_field_name("operator").map_or("", |operator| l.text(operator));
    let sym = match operator {
        "<>" => "!=",
        word if word.eq_ignore_ascii_case("and") => "&&",
        word if word.eq_ignore_ascii_case("or") => "||",
        word if word.eq_ignore_ascii_case("instanceof") => "instanceof",
        word => word,
    };
    l.node_sym(Kind::Binary, role, Symbol::new(sym), Span::from(node.byte_range()), |l| {
        let [left, right] = l.parts(node, ["left", "right"]);
        l.visit_some(left, Role::Left);
        l.visit_some(right, Role::Right);
    });
}

fn unary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let operator = node.child(0).map_or("", |operator| l.text(operator));
    l.node_sym(Kind::Unary, role, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        l.children(node, Role::Operand);
    });
}

fn update<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let postfix = node.child(0).is_some_and(|first| first.is_named());
    let operator = node.child_by_field_name("operator").map_or("", |operator| l.text(operator));
    let sym = match (postfix, operator) {
        (true, "++") => "post++",
        (true, _) => "post--",
        (false, prefix) => prefix,
    };
    l.node_sym(Kind::Unary, role, Symbol::new(sym), Span::from(node.byte_range()), |l| {
        l.children(node, Role::Operand);
    });
}

/// `@f()`
fn silenced<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Unary, role, Symbol::new("@"), Span::from(node.byte_range()), |l| {
        l.children(node, Role::Operand);
    });
}

fn clone<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Unary, role, Symbol::new("clone"), Span::from(node.byte_range()), |l| {
        let [arguments] = l.parts(node, ["arguments"]);
        match arguments {
            Some(arguments) => l.children(arguments, Role::Operand),
            None => l.children(node, Role::Operand),
        }
    });
}

fn cast<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Cast, role, node, |l| {
        let [to, value] = l.parts(node, ["type", "value"]);
        l.visit_some(to, Role::Type);
        l.visit_some(value, Role::Value);
    });
}

fn conditional<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Conditional, role, node, |l| {
        let [condition, then, otherwise] = l.parts(node, ["condition", "body", "alternative"]);
        l.visit_some(condition, Role::Cond);
        l.visit_some(then, Role::Then);
        l.visit_some(otherwise, Role::Else);
    });
}

/// An array is a dictionary as soon as one element has a key.
fn array<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    let keyed =
        node.named_children(&mut cursor).any(|child| child.kind() == "array_element_initializer" && is_keyed(child));
    let (kind, part) = if keyed { (Kind::Dict, Role::Entry) } else { (Kind::Array, Role::Element) };
    l.node(kind, role, node, |l| l.children(node, part));
}

fn is_keyed(element: ts::Node<'_>) -> bool {
    let mut cursor = element.walk();
    element.children(&mut cursor).any(|child| child.kind() == "=>")
}

fn element<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if is_keyed(node) { pair(l, node, role) } else { unwrap(l, node, role) }
}

fn pair<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Pair, role, node, |l| l.in_turn(node, &[Role::Key, Role::Value]));
}

/// `print`, `include` and their like are calls.
fn intrinsic<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let name = match node.kind() {
        "print_intrinsic" => "print",
        "include_expression" => "include",
        "include_once_expression" => "include_once",
        "require_expression" => "require",
        _ => "require_once",
    };
    call_of(l, name, node, role, |l| l.children(node, Role::Arg));
}

/// What is written without parentheses, or not only with them, as a call of its keyword.
fn call_of<'t>(
    l: &mut Lowering<'t>,
    name: &str,
    node: ts::Node<'t>,
    role: Role,
    arguments: impl FnOnce(&mut Lowering<'t>),
) {
    let start = node.start_byte();
    // Behind `<?=` there is no keyword.
    let keyword = node.child(0).filter(|first| !first.is_named()).map_or(start..start, |first| first.byte_range());
    l.node(Kind::Call, role, node, |l| {
        l.leaf(Kind::Ident, Role::Callee, Symbol::new(name), Span::from(keyword));
        arguments(l);
    });
}

fn throw<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Throw, role, node, |l| l.children(node, Role::Value));
}

fn yield_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let delegates = node.child(1).is_some_and(|child| child.kind().eq_ignore_ascii_case("from"));
    let sym = Symbol::new(if delegates { "from" } else { "" });
    l.node_sym(Kind::Yield, role, sym, Span::from(node.byte_range()), |l| {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if child.kind() == "array_element_initializer" {
                element(l, child, Role::Value);
            } else {
                l.visit(child, Role::Value);
            }
        }
    });
}
