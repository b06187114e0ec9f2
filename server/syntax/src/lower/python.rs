//! Python.

mod commands;
mod definitions;
mod rewrite;
mod statements;

use super::{Context, Handler, Lowering, PatternSyntax, Spec, block, name, number, parenthesized, unwrap};
use crate::{Kind, Role, Symbol};
pub(super) use commands::commands;
use definitions::{decorated, definition, import, import_from, param};
use statements::{
    case, command, except, expression_statement, for_statement, if_statement, match_statement, raise, try_statement,
    while_statement, with,
};
use tree_sitter as ts;
use weir_model::Span;

pub(super) static PYTHON: Spec = Spec {
    grammar: || tree_sitter_python::LANGUAGE.into(),
    table: TABLE,
    pattern: PatternSyntax { native_metavars: false, rewrite: rewrite::python, contexts: CONTEXTS },
};

const CONTEXTS: &[Context] = &[
    Context { before: "", after: "" },
    // Headers without a body.
    Context { before: "", after: " pass\n" },
    Context { before: "", after: ": pass\n" },
    Context { before: "try: pass\n", after: "" },
    Context { before: "if weir: pass\n", after: "" },
    Context { before: "", after: "\ndef weir(): pass\n" },
    Context { before: "", after: "\nexcept: pass\n" },
    // Entries, arguments, parameters, cases.
    Context { before: "{", after: "}" },
    Context { before: "weir(", after: ")" },
    Context { before: "def weir(", after: "): pass\n" },
    Context { before: "match weir:\n case ", after: "" },
    Context { before: "match weir:\n case ", after: ": pass\n" },
];

const TABLE: &[(&str, Handler)] = &[
    // Names and literals
    ("identifier", name),
    ("dotted_name", dotted),
    ("integer", number),
    ("float", number),
    ("true", |l, node, role| boolean(l, node, role, "true")),
    ("false", |l, node, role| boolean(l, node, role, "false")),
    ("none", |l, node, role| l.token(Kind::Null, role, node)),
    ("string", string),
    ("concatenated_string", |l, node, role| {
        l.node(Kind::Template, role, node, |l| l.children(node, Role::Part));
    }),
    // Expressions
    ("parenthesized_expression", parenthesized),
    ("call", call),
    ("keyword_argument", keyword),
    ("list_splat", |l, node, role| spread(l, node, role, "*")),
    ("list_splat_pattern", |l, node, role| spread(l, node, role, "*")),
    ("dictionary_splat", dictionary_splat),
    ("dictionary_splat_pattern", dictionary_splat),
    ("attribute", attribute),
    ("subscript", subscript),
    ("slice", slice),
    ("assignment", assignment),
    ("augmented_assignment", |l, node, role| assign(l, node, role, operator(node))),
    ("named_expression", |l, node, role| {
        l.node_sym(Kind::Assign, role, Symbol::new(":="), Span::from(node.byte_range()), |l| {
            l.field(node, "name", Role::Target);
            l.field(node, "value", Role::Value);
            l.rest(node);
        });
    }),
    ("as_pattern", as_pattern),
    ("as_pattern_target", unwrap),
    ("binary_operator", |l, node, role| binary(l, node, role, operator(node))),
    ("boolean_operator", |l, node, role| {
        binary(l, node, role, if operator(node) == "and" { "&&" } else { "||" });
    }),
    ("comparison_operator", comparison),
    ("not_operator", |l, node, role| unary(l, node, role, "!")),
    ("unary_operator", |l, node, role| unary(l, node, role, operator(node))),
    ("conditional_expression", conditional),
    ("await", |l, node, role| l.node(Kind::Await, role, node, |l| l.children(node, Role::Value))),
    ("yield", yield_),
    ("lambda", lambda),
    ("list", |l, node, role| sequence(l, node, role, Kind::Array)),
    ("list_pattern", |l, node, role| sequence(l, node, role, Kind::Array)),
    ("tuple", |l, node, role| sequence(l, node, role, Kind::Tuple)),
    ("tuple_pattern", |l, node, role| sequence(l, node, role, Kind::Tuple)),
    ("pattern_list", |l, node, role| sequence(l, node, role, Kind::Tuple)),
    ("expression_list", |l, node, role| sequence(l, node, role, Kind::Tuple)),
    ("set", |l, node, role| sequence(l, node, role, Kind::Set)),
    ("dictionary", |l, node, role| l.node(Kind::Dict, role, node, |l| l.children(node, Role::Entry))),
    ("pair", pair),
    ("list_comprehension", |l, node, role| comprehension(l, node, role, "list")),
    ("set_comprehension", |l, node, role| comprehension(l, node, role, "set")),
    ("dictionary_comprehension", |l, node, role| comprehension(l, node, role, "dict")),
    ("generator_expression", |l, node, role| comprehension(l, node, role, "generator")),
    ("for_in_clause", comprehension_for),
    ("if_clause", if_clause),
    ("type", unwrap),
    ("generic_type", generic),
    ("line_continuation", |_, _, _| {}),
    // Statements
    ("expression_statement", expression_statement),
    ("block", block),
    ("if_statement", if_statement),
    ("while_statement", while_statement),
    ("for_statement", for_statement),
    ("match_statement", match_statement),
    ("case_clause", case),
    ("case_pattern", unwrap),
    ("return_statement", |l, node, role| l.node(Kind::Return, role, node, |l| l.children(node, Role::Value))),
    ("raise_statement", raise),
    ("try_statement", try_statement),
    ("except_clause", except),
    ("else_clause", unwrap),
    ("finally_clause", unwrap),
    ("with_statement", with),
    ("break_statement", |l, node, role| l.node(Kind::Break, role, node, |_| {})),
    ("continue_statement", |l, node, role| l.node(Kind::Continue, role, node, |_| {})),
    ("print_statement", |l, node, role| command(l, node, role, "print")),
    ("exec_statement", |l, node, role| command(l, node, role, "exec")),
    // Definitions
    ("function_definition", definition),
    ("class_definition", definition),
    ("decorated_definition", decorated),
    ("decorator", |l, node, role| l.node(Kind::Decorator, role, node, |l| l.children(node, Role::Value))),
    // Imports
    ("import_statement", import),
    ("import_from_statement", import_from),
    ("future_import_statement", import_from),
];

// ---- names and literals

fn dotted<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let end = u32::try_from(node.named_child_count()).unwrap_or(u32::MAX);
    dotted_to(l, node, role, end);
}

/// The first `end` names of a dotted name, as a chain of members.
fn dotted_to<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, end: u32) {
    let Some(last) = end.checked_sub(1).and_then(|at| node.named_child(at)) else { return };
    if end == 1 {
        return l.name(role, last);
    }
    let span = Span::new(node.start_byte() as u32, last.end_byte() as u32);
    l.nested(role, span, |l| {
        l.node_sym(Kind::Member, role, Symbol::EMPTY, span, |l| {
            dotted_to(l, node, Role::Object, end - 1);
            l.name(Role::Name, last);
        });
    });
}

fn boolean<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, value: &str) {
    l.leaf(Kind::Bool, role, Symbol::new(value), Span::from(node.byte_range()));
}

/// `"..."` with any prefix; an f-string is a template with symbol `f`, even one without substitutions.
fn string<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let at = Span::from(node.byte_range());
    let start = node.child(0).filter(|child| child.kind() == "string_start");
    let format = start.is_some_and(|start| l.text(start).bytes().any(|b| matches!(b, b'f' | b'F' | b't' | b'T')));
    if !format {
        let begin = start.map_or(at.start, |start| start.end_byte() as u32);
        let last = node.child_count().checked_sub(1).and_then(|at| node.child(at));
        let end = last.filter(|last| last.kind() == "string_end").map_or(at.end, |last| last.start_byte() as u32);
        return l.string(role, at, Span::new(begin, end.max(begin)));
    }
    l.node_sym(Kind::Template, role, Symbol::new("f"), at, |l| {
        l.each(node, |l, _, child| match child.kind() {
            "string_content" => {
                let span = Span::from(child.byte_range());
                l.string(Role::Part, span, span);
            }
            "interpolation" => interpolation(l, child),
            _ => {}
        });
    });
}

/// `{x!r:>{width}}`: the expression and those of its format.
fn interpolation<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    l.each(node, |l, _, child| match child.kind() {
        "type_conversion" => {}
        "format_specifier" => l.each(child, |l, _, part| interpolation(l, part)),
        _ => l.visit(child, Role::Part),
    });
}

// ---- expressions

fn call<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if l.in_pattern() && typed_metavar(l, node, role) {
        return;
    }
    l.node(Kind::Call, role, node, |l| {
        l.each(node, |l, field, child| match field {
            "function" => l.visit(child, Role::Callee),
            _ if child.kind() == "argument_list" => l.children(child, Role::Arg),
            _ => generator_argument(l, child),
        });
    });
}

/// A generator alone between a call's parentheses, which are not its own.
fn generator_argument<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let first = l.next();
    l.visit(node, Role::Arg);
    let parts = node.named_child(0).zip(node.named_child(node.named_child_count().saturating_sub(1) as _));
    if let Some((start, end)) = parts.filter(|_| l.next() > first) {
        l.set_span(first, Span::new(start.start_byte() as u32, end.end_byte() as u32));
    }
}

/// `weir_typed($X, T)`, which [`rewrite`] made of `$X: T`.
fn typed_metavar<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) -> bool {
    let (Some(callee), Some(args)) = (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
    else {
        return false;
    };
    let (Some(variable), Some(of)) = (args.named_child(0), args.named_child(1)) else { return false };
    let is_typed = l.text(callee) == rewrite::TYPED;
    if is_typed {
        let sym = l.sym(l.text(variable));
        l.node_sym(Kind::TypedMetavar, role, sym, Span::from(node.byte_range()), |l| l.visit(of, Role::Type));
    }
    is_typed
}

fn keyword<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = node.child_by_field_name("name").map_or(Symbol::EMPTY, |name| l.sym(l.text(name)));
    l.node_sym(Kind::KeywordArg, role, sym, Span::from(node.byte_range()), |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "name" { Role::Name } else { Role::Value }));
    });
}

fn spread<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, operator: &str) {
    l.node_sym(Kind::Spread, role, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        l.children(node, Role::Value);
    });
}

fn dictionary_splat<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    // Among a dictionary's entries the rewriting of patterns writes `**...` for `...`, which alone is no entry.
    if node.named_child(0).is_some_and(|child| matches!(l.hole(child), Some(Kind::Ellipsis | Kind::EllipsisMetavar))) {
        return l.children(node, role);
    }
    spread(l, node, role, "**");
}

fn attribute<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Member, role, node, |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "object" { Role::Object } else { Role::Name }));
    });
}

/// `a[i]`; `a[i, j]` has a tuple as index.
fn subscript<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Subscript, role, node, |l| {
        l.field(node, "value", Role::Object);
        several(l, node, "subscript", Role::Index);
        l.rest(node);
    });
}

/// What a field holds: several things are a tuple.
fn several<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, field: &str, role: Role) {
    let mut cursor = node.walk();
    let mut all = node.children_by_field_name(field, &mut cursor).filter(ts::Node::is_named);
    match (all.next(), all.last()) {
        (Some(first), Some(last)) => {
            let span = Span::new(first.start_byte() as u32, last.end_byte() as u32);
            l.node_sym(Kind::Tuple, role, Symbol::EMPTY, span, |l| l.fields(node, field, Role::Element));
        }
        (Some(only), None) => l.visit(only, role),
        (None, _) => {}
    }
}

fn slice<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Slice, role, node, |l| {
        let mut role = Role::Start;
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if child.kind() == ":" {
                role = if role == Role::Start { Role::End } else { Role::Step };
            } else if child.is_named() {
                l.visit(child, role);
            }
        }
    });
}

fn assignment<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if node.child_by_field_name("type").is_none() {
        return assign(l, node, role, "=");
    }
    l.node(Kind::VarDef, role, node, |l| {
        l.field(node, "type", Role::Type);
        l.field(node, "left", Role::Target);
        l.field(node, "right", Role::Value);
        l.rest(node);
    });
}

fn assign<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, operator: &str) {
    l.node_sym(Kind::Assign, role, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "left" { Role::Target } else { Role::Value }));
    });
}

/// `e as x`, of `with`, `except` and `case`.
fn as_pattern<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Assign, role, Symbol::new("as"), Span::from(node.byte_range()), |l| {
        let last = u32::try_from(node.named_child_count()).unwrap_or(0).saturating_sub(1);
        if let (Some(value), Some(target)) = (node.named_child(0), node.named_child(last)) {
            l.visit(target, Role::Target);
            l.visit(value, Role::Value);
        }
        l.rest(node);
    });
}

fn binary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, operator: &str) {
    l.node_sym(Kind::Binary, role, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "left" { Role::Left } else { Role::Right }));
    });
}

/// `a < b`; a chain `a < b < c` is a node of its own, with its operators as tokens.
fn comparison<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let span = Span::from(node.byte_range());
    let mut cursor = node.walk();
    let mut operators = node.children_by_field_name("operators", &mut cursor).map(|operator| match operator.kind() {
        "<>" => "!=",
        kind => kind,
    });
    let first = operators.next().unwrap_or_default();
    if operators.next().is_none() {
        l.node_sym(Kind::Binary, role, Symbol::new(first), span, |l| {
            let mut side = Role::Left;
            l.each(node, |l, _, child| l.visit(child, std::mem::replace(&mut side, Role::Right)));
        });
        return;
    }
    l.node_sym(Kind::Other, role, Symbol::new(node.kind()), span, |l| {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if child.is_named() || child.is_error() {
                l.visit(child, Role::Child);
            } else {
                l.leaf(Kind::Token, Role::Child, Symbol::new(child.kind()), Span::from(child.byte_range()));
            }
        }
    });
}

fn unary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, operator: &str) {
    l.node_sym(Kind::Unary, role, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        l.children(node, Role::Operand);
    });
}

/// `then if cond else other`
fn conditional<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Conditional, role, node, |l| {
        let mut parts = [None; 3];
        let mut cursor = node.walk();
        for (slot, child) in parts.iter_mut().zip(node.named_children(&mut cursor).filter(|child| !child.is_extra())) {
            *slot = Some(child);
        }
        for (part, role) in [(parts[1], Role::Cond), (parts[0], Role::Then), (parts[2], Role::Else)] {
            if let Some(part) = part {
                l.visit(part, role);
            }
        }
        l.rest(node);
    });
}

fn yield_<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let from = node.child(1).is_some_and(|child| child.kind() == "from");
    let sym = if from { Symbol::new("from") } else { Symbol::EMPTY };
    l.node_sym(Kind::Yield, role, sym, Span::from(node.byte_range()), |l| l.children(node, Role::Value));
}

fn lambda<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Lambda, role, node, |l| {
        l.each(node, |l, field, child| match field {
            "parameters" => l.each(child, |l, _, child| param(l, child)),
            _ => l.node(Kind::Block, Role::Body, child, |l| {
                l.node(Kind::Return, Role::Stmt, child, |l| l.visit(child, Role::Value));
            }),
        });
    });
}

fn sequence<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, kind: Kind) {
    l.node(kind, role, node, |l| l.children(node, Role::Element));
}

fn pair<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Pair, role, node, |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "key" { Role::Key } else { Role::Value }));
    });
}

fn comprehension<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, kind: &str) {
    l.node_sym(Kind::Comprehension, role, Symbol::new(kind), Span::from(node.byte_range()), |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "body" { Role::Element } else { Role::Clause }));
    });
}

fn comprehension_for<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::CompFor, role, node, |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "left" { Role::Target } else { Role::Iter }));
    });
}

/// `if c` of a comprehension or of a `case`.
fn if_clause<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if role == Role::Guard {
        return l.children(node, role);
    }
    l.node(Kind::CompIf, role, node, |l| l.children(node, Role::Cond));
}

fn generic<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Generic, role, node, |l| {
        l.each(node, |l, _, child| match child.kind() {
            "type_parameter" => l.children(child, Role::Arg),
            _ => l.visit(child, Role::Callee),
        });
    });
}

// ---- small things

/// The operator of a node, by its field.
fn operator(node: ts::Node<'_>) -> &str {
    node.child_by_field_name("operator").map_or("", |operator| operator.kind())
}
