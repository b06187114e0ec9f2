//! Ruby.

mod definitions;
mod heredoc;
mod long_words;
mod rewrite;
mod statements;

use super::{Context, Handler, Lowering, PatternSyntax, Spec, block, name, number, unwrap};
use crate::{Kind, Role, Symbol};
use definitions::{class, method, params};
pub(crate) use long_words::long_words;
use statements::{
    body, branch, branch_modifier, case, for_statement, repeat, repeat_modifier, rescue, rescue_modifier, when,
};
use tree_sitter as ts;
use weir_model::Span;

pub(super) static RUBY: Spec = Spec {
    grammar: || tree_sitter_ruby::LANGUAGE.into(),
    table: TABLE,
    pattern: PatternSyntax { native_metavars: false, rewrite: rewrite::ruby, contexts: CONTEXTS },
};

const CONTEXTS: &[Context] = &[
    Context { before: "", after: "" },
    // Entries and arguments.
    Context { before: "weir = {", after: "}" },
    Context { before: "weir(", after: ")" },
    // Headers without a body.
    Context { before: "", after: "\nend" },
    Context { before: "def weir(", after: ")\nend" },
    Context { before: "begin\n", after: "\nend" },
    Context { before: "case weir\n", after: "\nend" },
];

const TABLE: &[(&str, Handler)] = &[
    // Names and literals
    ("identifier", name),
    ("constant", name),
    ("instance_variable", name),
    ("class_variable", name),
    ("global_variable", name),
    ("self", name),
    ("super", name),
    ("setter", |l, node, role| l.token(Kind::Ident, role, node)),
    ("operator", |l, node, role| l.token(Kind::Ident, role, node)),
    ("scope_resolution", scope),
    ("integer", number),
    ("float", number),
    ("rational", number),
    ("complex", number),
    ("true", |l, node, role| l.token(Kind::Bool, role, node)),
    ("false", |l, node, role| l.token(Kind::Bool, role, node)),
    ("nil", |l, node, role| l.token(Kind::Null, role, node)),
    ("string", string),
    ("bare_string", string),
    ("character", character),
    ("chained_string", |l, node, role| l.node(Kind::Template, role, node, |l| l.children(node, Role::Part))),
    ("heredoc_beginning", heredoc::heredoc),
    ("heredoc_body", |_, _, _| {}),
    ("regex", regex),
    ("subshell", subshell),
    ("simple_symbol", symbol),
    ("hash_key_symbol", symbol),
    ("bare_symbol", symbol),
    ("delimited_symbol", delimited_symbol),
    ("string_array", |l, node, role| sequence(l, node, role, Kind::Array)),
    ("symbol_array", |l, node, role| sequence(l, node, role, Kind::Array)),
    // Expressions
    ("call", call),
    ("element_reference", element),
    ("argument_list", unwrap),
    ("splat_argument", |l, node, role| spread(l, node, role, "*")),
    ("hash_splat_argument", hash_splat),
    ("block_argument", |l, node, role| spread(l, node, role, "&")),
    ("rest_assignment", |l, node, role| spread(l, node, role, "*")),
    ("pair", pair),
    ("match_pattern", match_pattern),
    ("array", |l, node, role| sequence(l, node, role, Kind::Array)),
    ("right_assignment_list", |l, node, role| sequence(l, node, role, Kind::Array)),
    ("left_assignment_list", |l, node, role| sequence(l, node, role, Kind::Tuple)),
    ("destructured_left_assignment", |l, node, role| sequence(l, node, role, Kind::Tuple)),
    ("hash", |l, node, role| l.node(Kind::Dict, role, node, |l| l.children(node, Role::Entry))),
    ("assignment", assignment),
    ("operator_assignment", operator_assignment),
    ("binary", binary),
    ("unary", unary),
    ("range", range),
    ("conditional", conditional),
    ("lambda", lambda),
    ("block", lambda),
    ("do_block", lambda),
    ("yield", |l, node, role| jump(l, node, role, Kind::Yield)),
    ("parenthesized_statements", parenthesized),
    ("interpolation", unwrap),
    // Statements
    ("body_statement", body),
    ("block_body", block),
    ("begin", body),
    ("then", block),
    ("else", block),
    ("ensure", block),
    ("do", block),
    ("in", unwrap),
    ("empty_statement", |_, _, _| {}),
    ("uninterpreted", |_, _, _| {}),
    ("if", |l, node, role| branch(l, node, role, false)),
    ("elsif", |l, node, role| branch(l, node, role, false)),
    ("unless", |l, node, role| branch(l, node, role, true)),
    ("if_modifier", |l, node, role| branch_modifier(l, node, role, false)),
    ("unless_modifier", |l, node, role| branch_modifier(l, node, role, true)),
    ("while", |l, node, role| repeat(l, node, role, false)),
    ("until", |l, node, role| repeat(l, node, role, true)),
    ("while_modifier", |l, node, role| repeat_modifier(l, node, role, false)),
    ("until_modifier", |l, node, role| repeat_modifier(l, node, role, true)),
    ("for", for_statement),
    ("case", case),
    ("case_match", case),
    ("when", when),
    ("in_clause", when),
    ("pattern", unwrap),
    ("return", |l, node, role| jump(l, node, role, Kind::Return)),
    ("break", |l, node, role| jump(l, node, role, Kind::Break)),
    ("next", |l, node, role| jump(l, node, role, Kind::Continue)),
    ("rescue", rescue),
    ("rescue_modifier", rescue_modifier),
    // Definitions
    ("method", method),
    ("singleton_method", method),
    ("class", class),
    ("module", class),
];

// ---- names and literals

/// `A::B`; `::A` is `A`.
fn scope<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let Some(within) = node.child_by_field_name("scope") else {
        return l.fields(node, "name", role);
    };
    l.node_sym(Kind::Member, role, Symbol::new("::"), Span::from(node.byte_range()), |l| {
        l.visit(within, Role::Object);
        l.field(node, "name", Role::Name);
    });
}

/// Quoted text: a string, or a template if something is substituted.
fn string<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let at = Span::from(node.byte_range());
    text(l, node, role, at, inside(node));
}

/// A literal at `at` with its text in `content`; its substitutions are children of `node`.
fn text<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, at: Span, content: Span) {
    let mut cursor = node.walk();
    if !node.children(&mut cursor).any(|child| child.kind() == "interpolation") {
        return l.string(role, at, content);
    }
    l.node_sym(Kind::Template, role, Symbol::EMPTY, at, |l| {
        let mut from = content.start;
        for child in node.children(&mut cursor).filter(|child| child.kind() == "interpolation") {
            let span = Span::from(child.byte_range());
            fragment(l, Span::new(from, span.start.max(from)));
            l.children(child, Role::Part);
            from = span.end;
        }
        fragment(l, Span::new(from, content.end.max(from)));
    });
}

fn fragment(l: &mut Lowering<'_>, span: Span) {
    if !span.is_empty() {
        l.string(Role::Part, span, span);
    }
}

/// The span between a literal's delimiters, if it has any.
fn inside(node: ts::Node<'_>) -> Span {
    let whole = Span::from(node.byte_range());
    let last = node.child_count().checked_sub(1).filter(|&last| last > 0);
    let delimiter = |child: &ts::Node<'_>| !child.is_named() && !child.is_missing();
    let start = node.child(0).filter(delimiter).map_or(whole.start, |first| first.end_byte() as u32);
    let end =
        last.and_then(|last| node.child(last)).filter(delimiter).map_or(whole.end, |last| last.start_byte() as u32);
    Span::new(start, end.max(start))
}

/// `?a`
fn character<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let at = Span::from(node.byte_range());
    l.string(role, at, Span::new(at.start + 1, at.end));
}

/// Between its slashes; what is substituted are its parts.
fn regex<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = l.sym(inside(node).text(l.source()));
    l.node_sym(Kind::Regex, role, sym, Span::from(node.byte_range()), |l| {
        l.each(node, |l, _, child| {
            if child.kind() == "interpolation" {
                l.children(child, Role::Part);
            }
        });
    });
}

/// A command in backticks or `%x` is a call of the method that Ruby names like that.
fn subshell<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let at = Span::from(node.byte_range());
    l.node(Kind::Call, role, node, |l| {
        l.name_of(Role::Callee, "`", Span::new(at.start, at.start + 1));
        let command = inside(node);
        // Of a pattern, `...` alone is any command, also one with substitutions.
        match l.hole_of(command.text(l.source())) {
            Some(_) => l.name_of(Role::Arg, command.text(l.source()), command),
            None => text(l, node, Role::Arg, at, command),
        }
    });
}

/// `:a`, and `a` of `a: 1`; in a pattern `$X` of either stands for any symbol.
fn symbol<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = l.sym(symbol_name(l, node));
    l.leaf(Kind::Atom, role, sym, Span::from(node.byte_range()));
}

/// The name of a symbol, without colon and quotes.
fn symbol_name<'t>(l: &Lowering<'t>, node: ts::Node<'t>) -> &'t str {
    let name = l.text(node);
    match node.kind() {
        "string" | "delimited_symbol" => inside(node).text(l.source()),
        _ => name.strip_prefix(':').unwrap_or(name),
    }
}

/// `:"a b"`; with substitutions it is a template.
fn delimited_symbol<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    if node.children(&mut cursor).any(|child| child.kind() == "interpolation") {
        return string(l, node, role);
    }
    symbol(l, node, role);
}

// ---- expressions

/// `f(x)`, `a.f(x)`, `f x`, each with or without a block; `a.f` alone is a member.
fn call<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let (arguments, block) = (node.child_by_field_name("arguments"), node.child_by_field_name("block"));
    if arguments.is_none() && block.is_none() {
        return callee(l, node, role);
    }
    if let Some(module) = required(l, node).filter(|_| role == Role::Stmt) {
        return l.node(Kind::Import, role, node, |l| l.visit(module, Role::Module));
    }
    l.node(Kind::Call, role, node, |l| {
        callee(l, node, Role::Callee);
        let mut block = block;
        if let Some(arguments) = arguments {
            l.each(arguments, |l, _, argument| match trailing_block(l, argument) {
                Some((ellipsis, its)) => {
                    l.visit(ellipsis, Role::Arg);
                    block = Some(its);
                }
                None => l.visit(argument, Role::Arg),
            });
        }
        l.visit_some(block, Role::BlockArg);
        l.rest(node);
    });
}

/// The file that `require "a"` and the like bring in, where they say it or name it.
fn required<'t>(l: &Lowering<'t>, call: ts::Node<'t>) -> Option<ts::Node<'t>> {
    let [receiver, method, arguments, block] =
        ["receiver", "method", "arguments", "block"].map(|field| call.child_by_field_name(field));
    let brings_in = matches!(l.text(method?), "require" | "require_relative" | "load");
    let arguments = arguments.filter(|arguments| brings_in && arguments.named_child_count() == 1)?;
    let module = arguments.named_child(0).filter(|_| receiver.is_none() && block.is_none())?;
    let is_plain = match module.kind() {
        "string" => {
            let mut cursor = module.walk();
            !module.children(&mut cursor).any(|child| child.kind() == "interpolation")
        }
        "identifier" => l.hole(module).is_none_or(|hole| hole == Kind::Metavar),
        _ => false,
    };
    is_plain.then_some(module)
}

/// In the pattern `f ... { }` the block is the grammar's to give to `...`; it belongs to `f`.
fn trailing_block<'t>(l: &Lowering<'t>, argument: ts::Node<'t>) -> Option<(ts::Node<'t>, ts::Node<'t>)> {
    if !l.in_pattern() || argument.kind() != "call" || argument.child_by_field_name("arguments").is_some() {
        return None;
    }
    let method = argument.child_by_field_name("method").filter(|&method| l.hole(method) == Some(Kind::Ellipsis))?;
    Some((method, argument.child_by_field_name("block")?))
}

/// What is called: `a.f`, `f`, or `a.()`, which is `a.call()`.
fn callee<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let (receiver, method) = (node.child_by_field_name("receiver"), node.child_by_field_name("method"));
    let Some(receiver) = receiver else { return l.visit_some(method, role) };
    let end = method.or_else(|| node.child_by_field_name("operator")).unwrap_or(receiver).end_byte();
    let span = Span::new(receiver.start_byte() as u32, end as u32);
    l.node_sym(Kind::Member, role, Symbol::EMPTY, span, |l| {
        l.visit(receiver, Role::Object);
        match method {
            Some(method) => l.visit(method, Role::Name),
            None => l.name_of(Role::Name, "call", Span::new(span.end, span.end)),
        }
    });
}

fn element<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Subscript, role, node, |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "object" { Role::Object } else { Role::Index }));
    });
}

fn spread<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, operator: &str) {
    l.node_sym(Kind::Spread, role, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        l.children(node, Role::Value);
    });
}

fn hash_splat<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    // Among a hash's entries the rewriting of patterns writes `**...` for `...`, which alone is no entry.
    let hole = node.named_child(0).and_then(|child| l.hole(child));
    if matches!(hole, Some(Kind::Ellipsis | Kind::EllipsisMetavar)) {
        return l.children(node, role);
    }
    spread(l, node, role, "**");
}

/// `a: 1` and `:a => 1`, which are keyword arguments in a call; `"a" => 1`.
fn pair<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let Some(key) = node.child_by_field_name("key") else { return };
    let is_symbol = match key.kind() {
        "hash_key_symbol" | "simple_symbol" => true,
        "string" => key.next_sibling().is_some_and(|next| next.kind() == ":"),
        _ => false,
    };
    let value = node.child_by_field_name("value");
    let span = Span::from(key.byte_range());
    let name = symbol_name(l, key);
    if role == Role::Arg && is_symbol {
        let sym = l.sym(name);
        return l.node_sym(Kind::KeywordArg, role, sym, Span::from(node.byte_range()), |l| {
            l.name_of(Role::Name, name, span);
            match value {
                Some(value) => l.visit(value, Role::Value),
                None => l.name_of(Role::Value, name, span),
            }
            l.rest(node);
        });
    }
    l.node(Kind::Pair, role, node, |l| {
        if is_symbol && key.kind() == "string" {
            let sym = l.sym(name);
            l.leaf(Kind::Atom, Role::Key, sym, span);
        } else {
            l.visit(key, Role::Key);
        }
        match value {
            Some(value) => l.visit(value, Role::Value),
            None => l.name_of(Role::Value, name, span),
        }
        l.rest(node);
    });
}

/// `a => b` alone unpacks `a` in code, but in a pattern it is an entry of a hash.
fn match_pattern<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if !l.in_pattern() {
        return super::other(l, node, role);
    }
    l.node(Kind::Pair, role, node, |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "value" { Role::Key } else { Role::Value }));
    });
}

fn sequence<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, kind: Kind) {
    l.node(kind, role, node, |l| l.children(node, Role::Element));
}

/// `a = b`; `a, b = 1, 2` as a statement is two assignments.
fn assignment<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let (left, right) = (node.child_by_field_name("left"), node.child_by_field_name("right"));
    let pairs = left.zip(right).filter(|_| role == Role::Stmt).and_then(|(left, right)| pairwise(left, right));
    if let Some(pairs) = pairs {
        for (target, value) in pairs {
            assign(l, node, role, "=", Some(target), Some(value));
        }
        return;
    }
    assign(l, node, role, "=", left, right);
}

/// Targets and values one to one, where nothing is unpacked.
fn pairwise<'t>(left: ts::Node<'t>, right: ts::Node<'t>) -> Option<Vec<(ts::Node<'t>, ts::Node<'t>)>> {
    if left.kind() != "left_assignment_list" || right.kind() != "right_assignment_list" {
        return None;
    }
    let parts = |node: ts::Node<'t>| {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect::<Vec<_>>()
    };
    let (targets, values) = (parts(left), parts(right));
    let plain = |node: &ts::Node<'_>| {
        !matches!(node.kind(), "splat_argument" | "rest_assignment" | "destructured_left_assignment")
    };
    (targets.len() == values.len() && targets.iter().chain(&values).all(plain))
        .then(|| targets.into_iter().zip(values).collect())
}

fn assign<'t>(
    l: &mut Lowering<'t>,
    node: ts::Node<'t>,
    role: Role,
    operator: &str,
    target: Option<ts::Node<'t>>,
    value: Option<ts::Node<'t>>,
) {
    l.node_sym(Kind::Assign, role, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        l.visit_some(target, Role::Target);
        l.visit_some(value, Role::Value);
        l.rest(node);
    });
}

fn operator_assignment<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let [left, right] = ["left", "right"].map(|field| node.child_by_field_name(field));
    assign(l, node, role, operator(l, node), left, right);
}

fn binary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let operator = match operator(l, node) {
        "and" => "&&",
        "or" => "||",
        other => other,
    };
    l.node_sym(Kind::Binary, role, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        l.each(node, |l, field, child| l.visit(child, if field == "left" { Role::Left } else { Role::Right }));
    });
}

fn unary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let operator = if operator(l, node) == "not" { "!" } else { operator(l, node) };
    l.node_sym(Kind::Unary, role, Symbol::new(operator), Span::from(node.byte_range()), |l| {
        l.children(node, Role::Operand);
    });
}

/// `a..b`; an end that is left out is `nil`.
fn range<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node_sym(Kind::Binary, role, Symbol::new(operator(l, node)), Span::from(node.byte_range()), |l| {
        for (field, role, at) in
            [("begin", Role::Left, node.start_byte() as u32), ("end", Role::Right, node.end_byte() as u32)]
        {
            match node.child_by_field_name(field) {
                Some(end) => l.visit(end, role),
                None => {
                    l.leaf(Kind::Null, role, Symbol::new("nil"), Span::new(at, at));
                }
            }
        }
        l.rest(node);
    });
}

fn conditional<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Conditional, role, node, |l| {
        l.each(node, |l, field, child| match field {
            "condition" => l.visit(child, Role::Cond),
            "consequence" => l.visit(child, Role::Then),
            _ => l.visit(child, Role::Else),
        });
    });
}

/// `->(x) { }`, and the block of a call.
fn lambda<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Lambda, role, node, |l| {
        let mut body = None;
        l.each(node, |l, field, child| match field {
            "parameters" => params(l, child),
            _ if node.kind() == "lambda" => {
                l.rest(child);
                body = child.child_by_field_name("body");
            }
            _ => body = Some(child),
        });
        body_or_empty(l, node, body);
    });
}

/// A body; where there is nothing, an empty block at the end of what it is the body of.
fn body_or_empty<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, body: Option<ts::Node<'t>>) {
    if let Some(body) = body {
        l.visit(body, Role::Body);
    } else {
        let end = node.end_byte() as u32;
        l.leaf(Kind::Block, Role::Body, Symbol::EMPTY, Span::new(end, end));
    }
}

/// `(a)` is `a`; `(a; b)` is a block.
fn parenthesized<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if node.named_child_count() == 1 { unwrap(l, node, role) } else { block(l, node, role) }
}

/// `return`, `break`, `next` and `yield`: several values are an array.
fn jump<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role, kind: Kind) {
    l.node(kind, role, node, |l| {
        l.each(node, |l, _, child| match child.named_child_count() {
            0 | 1 => l.visit(child, Role::Value),
            _ => sequence(l, child, Role::Value, Kind::Array),
        });
    });
}

// ---- small things

/// The operator of a node, by its field.
fn operator<'t>(l: &Lowering<'t>, node: ts::Node<'_>) -> &'t str {
    node.child_by_field_name("operator").map_or("", |operator| l.text(operator))
}
