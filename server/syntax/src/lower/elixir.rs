//! Elixir. Its grammar knows calls only: `def`, `if`, `import` and the rest are told apart by name in [`forms`].

mod definitions;
mod forms;
mod pattern;

use super::{Handler, Lowering, Spec, name, number, other};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

pub(super) static ELIXIR: Spec =
    Spec { grammar: || tree_sitter_elixir::LANGUAGE.into(), table: TABLE, pattern: pattern::SYNTAX };

const TABLE: &[(&str, Handler)] = &[
    // names and literals
    ("identifier", name),
    ("operator_identifier", name),
    ("alias", alias),
    ("integer", number),
    ("float", number),
    ("boolean", boolean),
    ("nil", nil),
    ("atom", atom),
    ("quoted_atom", quoted_atom),
    ("string", string),
    ("charlist", charlist),
    ("sigil", sigil),
    ("list", list),
    ("tuple", tuple),
    ("map", map),
    ("pair", pair),
    ("keywords", keywords),
    // expressions
    ("block", parentheses),
    ("call", forms::call),
    ("dot", dot),
    ("access_call", access),
    ("unary_operator", unary),
    ("binary_operator", binary),
    // definitions
    ("anonymous_function", definitions::lambda),
    ("stab_clause", forms::clause),
];

// ---- names and literals

/// `A.B.C` is one token of the grammar.
fn alias<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    dotted(l, role, Span::from(node.byte_range()));
}

/// Emits the names of a dotted text as a chain of members.
fn dotted(l: &mut Lowering<'_>, role: Role, span: Span) {
    let text = span.text(l.source());
    let Some(dot) = text.rfind('.') else {
        return l.name_of(role, text, span);
    };
    let object = Span::new(span.start, span.start + text[..dot].trim_end().len() as u32);
    let last = text[dot + 1..].trim_start();
    l.node_sym(Kind::Member, role, Symbol::EMPTY, span, |l| {
        l.nested(Role::Object, object, |l| dotted(l, Role::Object, object));
        l.name_of(Role::Name, last, Span::new(span.end - last.len() as u32, span.end));
    });
}

fn boolean<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.token(Kind::Bool, role, node);
}

fn nil<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.token(Kind::Null, role, node);
}

fn atom<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym = l.sym(l.text(node).trim_start_matches(':'));
    l.leaf(Kind::Atom, role, sym, Span::from(node.byte_range()));
}

/// `:"a b"`; one with substitutions makes an atom while the program runs.
fn quoted_atom<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if is_interpolated(node) {
        l.node_sym(Kind::Other, role, Symbol::new(node.kind()), Span::from(node.byte_range()), |l| {
            parts(l, node, Role::Child);
        });
    } else {
        let sym = l.sym(content(node).text(l.source()));
        l.leaf(Kind::Atom, role, sym, Span::from(node.byte_range()));
    }
}

fn string<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if is_interpolated(node) {
        l.node(Kind::Template, role, node, |l| parts(l, node, Role::Part));
    } else {
        l.string(role, Span::from(node.byte_range()), content(node));
    }
}

/// `'abc'` is a list of characters, no string.
fn charlist<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if is_interpolated(node) {
        l.node_sym(Kind::Other, role, Symbol::new(node.kind()), Span::from(node.byte_range()), |l| {
            parts(l, node, Role::Child);
        });
    } else {
        l.token(Kind::Token, role, node);
    }
}

/// `~s` and `~S` are strings, `~r` is a regular expression; others keep their text, or what is substituted into them.
fn sigil<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let name = node.named_child(0).map_or("", |name| l.text(name));
    match name {
        "s" | "S" => string(l, node, role),
        _ if is_interpolated(node) => {
            l.node_sym(Kind::Other, role, Symbol::new(node.kind()), Span::from(node.byte_range()), |l| {
                parts(l, node, Role::Child);
            });
        }
        "r" | "R" => {
            let sym = l.sym(content(node).text(l.source()));
            l.leaf(Kind::Regex, role, sym, Span::from(node.byte_range()));
        }
        _ => l.token(Kind::Token, role, node),
    }
}

fn is_interpolated(node: ts::Node<'_>) -> bool {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).any(|part| part.kind() == "interpolation")
}

/// What stands between the quotes.
fn content(node: ts::Node<'_>) -> Span {
    let start = node.child_by_field_name("quoted_start").map_or(node.start_byte(), |quote| quote.end_byte());
    let end = node.child_by_field_name("quoted_end").map_or(node.end_byte(), |quote| quote.start_byte());
    Span::new(start as u32, end.max(start) as u32)
}

/// Fragments and substitutions in turn.
fn parts<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let content = content(node);
    let mut at = content.start;
    let mut cursor = node.walk();
    for hole in node.named_children(&mut cursor).filter(|part| part.kind() == "interpolation") {
        let span = Span::from(hole.byte_range());
        fragment(l, Span::new(at, span.start), role);
        l.children(hole, role);
        at = span.end;
    }
    fragment(l, Span::new(at, content.end), role);
}

fn fragment(l: &mut Lowering<'_>, span: Span, role: Role) {
    if !span.is_empty() {
        l.string(role, span, span);
    }
}

/// `[a, b]`, `[k: v]`, `[h | t]`
fn list<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Array, role, node, |l| l.children(node, Role::Element));
}

fn tuple<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Tuple, role, node, |l| l.children(node, Role::Element));
}

/// `%{}`, and `%T{}` with the struct as callee.
fn map<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Dict, role, node, |l| {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "struct" => l.children(child, Role::Callee),
                "map_content" => entries(l, child),
                _ => l.visit(child, Role::Entry),
            }
        }
    });
}

fn entries<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let mut cursor = node.walk();
    for entry in node.named_children(&mut cursor) {
        map_entry(l, entry);
    }
}

fn map_entry<'t>(l: &mut Lowering<'t>, entry: ts::Node<'t>) {
    match operator(l, entry) {
        "=>" => l.node(Kind::Pair, Role::Entry, entry, |l| {
            l.field(entry, "left", Role::Key);
            l.field(entry, "right", Role::Value);
        }),
        // `%{old | k: v}`: all entries of the old map, then the new ones.
        "|" => {
            if let Some(old) = entry.child_by_field_name("left") {
                l.node_sym(Kind::Spread, Role::Entry, Symbol::new("|"), Span::from(old.byte_range()), |l| {
                    l.visit(old, Role::Value);
                });
            }
            match entry.child_by_field_name("right") {
                Some(new) if new.kind() == "keywords" => l.visit(new, Role::Entry),
                Some(new) => l.nested(Role::Entry, Span::from(new.byte_range()), |l| map_entry(l, new)),
                None => {}
            }
        }
        _ => l.visit(entry, Role::Entry),
    }
}

fn keywords<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.children(node, role);
}

/// `k: v`, whose key is an atom.
fn pair<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Pair, role, node, |l| {
        if let Some(key) = node.child_by_field_name("key") {
            keyword(l, key, Role::Key, Kind::Atom);
        }
        l.field(node, "value", Role::Value);
    });
}

/// The span of a keyword without its colon and quotes.
fn keyword_span(l: &Lowering<'_>, key: ts::Node<'_>) -> Span {
    if key.kind() == "quoted_keyword" {
        return content(key);
    }
    let text = l.text(key).trim_end().trim_end_matches(':');
    Span::new(key.start_byte() as u32, (key.start_byte() + text.len()) as u32)
}

/// Emits a keyword as an atom or a name, or as the hole it is in a pattern.
fn keyword(l: &mut Lowering<'_>, key: ts::Node<'_>, role: Role, kind: Kind) {
    let span = keyword_span(l, key);
    let text = span.text(l.source());
    if kind == Kind::Ident || l.sym(text).as_str().starts_with(['$', '.']) {
        l.name_of(role, text, span);
    } else {
        let sym = l.sym(text);
        l.leaf(kind, role, sym, span);
    }
}

// ---- expressions

/// `(a)` is `a`, `(a; b)` a block.
fn parentheses<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let mut cursor = node.walk();
    if node.named_children(&mut cursor).filter(|child| !child.is_extra()).count() == 1 {
        l.children(node, role);
    } else {
        l.node(Kind::Block, role, node, |l| l.children(node, Role::Stmt));
    }
}

/// `a.B`, `a.b` as a callee; `f.` of `f.(x)` is `f`.
fn dot<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let Some(right) = node.child_by_field_name("right") else {
        return l.field(node, "left", role);
    };
    l.node(Kind::Member, role, node, |l| {
        l.field(node, "left", Role::Object);
        l.visit(right, Role::Name);
    });
}

fn access<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Subscript, role, node, |l| {
        l.field(node, "target", Role::Object);
        l.field(node, "key", Role::Index);
    });
}

fn unary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    match operator(l, node) {
        "@" => definitions::attribute(l, node, role),
        "&" => definitions::capture(l, node, role),
        operator => {
            let sym = Symbol::new(if operator == "not" { "!" } else { operator });
            l.node_sym(Kind::Unary, role, sym, Span::from(node.byte_range()), |l| {
                l.field(node, "operand", Role::Operand);
            });
        }
    }
}

fn binary<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let span = Span::from(node.byte_range());
    let operator = operator(l, node);
    let (kind, left, right) = match operator {
        "|>" => return forms::pipe(l, node, role),
        "=" | "<-" => (Kind::Assign, Role::Target, Role::Value),
        _ => (Kind::Binary, Role::Left, Role::Right),
    };
    let sym = match operator {
        "and" => "&&",
        "or" => "||",
        _ => operator,
    };
    l.comments(Some(node));
    l.node_sym(kind, role, Symbol::new(sym), span, |l| {
        l.field(node, "left", left);
        l.field(node, "right", right);
    });
}

/// The operator of a unary or binary operator, else empty.
fn operator<'t>(l: &Lowering<'t>, node: ts::Node<'_>) -> &'t str {
    match node.kind() {
        "binary_operator" | "unary_operator" => {
            node.child_by_field_name("operator").map_or("", |operator| l.text(operator))
        }
        _ => "",
    }
}

/// Whether this is `left when guard`.
fn is_when(l: &Lowering<'_>, node: ts::Node<'_>) -> bool {
    operator(l, node) == "when"
}
