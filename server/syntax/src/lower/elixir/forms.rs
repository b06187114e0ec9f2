//! Elixir: calls, and the calls that are control flow.

use super::{definitions, is_when, keyword, keyword_span, operator, other};
use crate::lower::Lowering;
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// The parts of a call, wherever they stand.
#[derive(Clone, Copy)]
pub(super) struct Parts<'t> {
    /// The call itself.
    pub(super) node: ts::Node<'t>,
    /// From the piped value on.
    pub(super) span: Span,
    pub(super) target: ts::Node<'t>,
    /// What `|>` puts before the arguments.
    pub(super) piped: Option<ts::Node<'t>>,
    pub(super) arguments: Option<ts::Node<'t>>,
    /// `do ... end`
    pub(super) block: Option<ts::Node<'t>>,
}

impl<'t> Parts<'t> {
    pub(super) fn new(node: ts::Node<'t>) -> Option<Self> {
        let mut cursor = node.walk();
        let (mut arguments, mut block) = (None, None);
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "arguments" => arguments = Some(child),
                "do_block" => block = Some(child),
                _ => {}
            }
        }
        let target = node.child_by_field_name("target")?;
        Some(Self { node, span: Span::from(node.byte_range()), target, piped: None, arguments, block })
    }

    /// The arguments before keywords, the piped one first.
    pub(super) fn positional(&self) -> impl Iterator<Item = ts::Node<'t>> + use<'t> {
        self.piped.into_iter().chain(named(self.arguments).filter(|argument| argument.kind() != "keywords"))
    }

    /// The pairs of the trailing keywords.
    pub(super) fn keywords(&self) -> impl Iterator<Item = ts::Node<'t>> + use<'t> {
        named(named(self.arguments).find(|argument| argument.kind() == "keywords")).filter(|pair| pair.kind() == "pair")
    }

    /// The value of `key: value`.
    pub(super) fn keyword(&self, l: &Lowering<'t>, wanted: &str) -> Option<ts::Node<'t>> {
        self.keywords().find_map(|pair| {
            let key = pair.child_by_field_name("key")?;
            (keyword_span(l, key).text(l.source()) == wanted).then(|| pair.child_by_field_name("value"))?
        })
    }

    /// The value of the only argument or the first.
    pub(super) fn first(&self) -> Option<ts::Node<'t>> {
        self.positional().next()
    }

    /// Emits what `do` governs, written as a block or as `do: x`.
    pub(super) fn body(&self, l: &mut Lowering<'t>, role: Role) {
        if let Some(block) = self.block {
            section(l, block, role);
        } else if let Some(value) = self.keyword(l, "do") {
            l.node(Kind::Block, role, value, |l| l.visit(value, Role::Stmt));
        }
    }

    /// A section of the block (`else_block`, ..).
    pub(super) fn section(&self, kind: &str) -> Option<ts::Node<'t>> {
        named(self.block).find(|child| child.kind() == kind)
    }

    /// Emits keywords that are neither sections nor in `used`, which the caller takes care of.
    fn other_keywords(&self, l: &mut Lowering<'t>, role: Role) {
        for pair in self.keywords() {
            keyword_argument(l, pair, role);
        }
    }
}

/// The named children of a node, text that does not parse among them, comments left out.
pub(super) fn named(node: Option<ts::Node<'_>>) -> impl Iterator<Item = ts::Node<'_>> {
    let mut cursor = node.map(|node| node.walk());
    let mut more = cursor.as_mut().is_some_and(ts::TreeCursor::goto_first_child);
    std::iter::from_fn(move || {
        let cursor = cursor.as_mut().filter(|_| more)?;
        let child = cursor.node();
        more = cursor.goto_next_sibling();
        Some(child)
    })
    .filter(|child| child.is_named() && (child.is_error() || !child.is_extra()))
}

fn is_section(node: ts::Node<'_>) -> bool {
    matches!(node.kind(), "after_block" | "rescue_block" | "catch_block" | "else_block")
}

/// Emits the statements of a block or of one of its sections, without the sections that follow.
pub(super) fn section<'t>(l: &mut Lowering<'t>, block: ts::Node<'t>, role: Role) {
    let end = named(Some(block)).find(|&child| is_section(child)).map_or(block.end_byte(), |next| next.start_byte());
    let span = Span::new(block.start_byte() as u32, end as u32);
    l.node_sym(Kind::Block, role, Symbol::EMPTY, span, |l| statements(l, block));
}

/// The statements themselves; clauses of one function that follow each other are one definition.
fn statements<'t>(l: &mut Lowering<'t>, block: ts::Node<'t>) {
    let mut clauses = definitions::Clauses::default();
    let mut cursor = block.walk();
    for child in block.children(&mut cursor) {
        if is_section(child) || !(child.is_named() || child.is_error() || child.is_missing()) {
            continue;
        }
        let at = l.next();
        l.visit(child, Role::Stmt);
        clauses.add(l, child, at);
    }
    clauses.flush(l);
}

/// Any call.
pub(super) fn call<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    match Parts::new(node) {
        Some(parts) => {
            l.comments(parts.arguments);
            l.comments(parts.block);
            for section in named(parts.block).filter(|&child| is_section(child)) {
                l.comments(Some(section));
            }
            dispatch(l, parts, role);
        }
        None => other(l, node, role),
    }
}

/// `x |> f(y)` is `f(x, y)`.
pub(super) fn pipe<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.comments(Some(node));
    let span = Span::from(node.byte_range());
    let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
        return other(l, node, role);
    };
    match Parts::new(right).filter(|_| right.kind() == "call") {
        Some(parts) => dispatch(l, Parts { span, piped: Some(left), ..parts }, role),
        None => l.node_sym(Kind::Call, role, Symbol::EMPTY, span, |l| {
            l.visit(right, Role::Callee);
            l.visit(left, Role::Arg);
        }),
    }
}

fn dispatch<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role) {
    if parts.target.kind() != "identifier" {
        return plain(l, parts, role);
    }
    match l.text(parts.target) {
        "def" | "defp" | "defmacro" | "defmacrop" | "defguard" | "defguardp" => definitions::function(l, parts, role),
        "defmodule" | "defprotocol" | "defimpl" => definitions::module(l, parts, role),
        "alias" => definitions::alias(l, parts, role),
        "import" | "require" | "use" => definitions::import(l, parts, role),
        "if" => if_form(l, parts, role, false),
        "unless" => if_form(l, parts, role, true),
        "case" if parts.block.is_some() => switch(l, parts, role, parts.first()),
        "cond" | "receive" if parts.block.is_some() => switch(l, parts, role, None),
        "for" => for_form(l, parts, role),
        "with" => with(l, parts, role),
        "try" if parts.block.is_some() => {
            l.node_sym(Kind::Try, role, Symbol::EMPTY, parts.span, |l| try_parts(l, parts));
        }
        "raise" | "reraise" | "throw" => throw(l, parts, role),
        _ => plain(l, parts, role),
    }
}

/// A call of a function or a macro nobody knows: its block is an argument.
fn plain<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role) {
    // `x.y` without parentheses is a field.
    if parts.target.kind() == "dot" && parts.arguments.is_none() && parts.block.is_none() && parts.piped.is_none() {
        return l.visit(parts.target, role);
    }
    l.node_sym(Kind::Call, role, Symbol::EMPTY, parts.span, |l| {
        l.visit(parts.target, Role::Callee);
        for argument in parts.positional() {
            l.visit(argument, Role::Arg);
        }
        for pair in parts.keywords() {
            if parts.block.is_some() || pair_key(l, pair) != "do" {
                keyword_argument(l, pair, Role::Arg);
            }
        }
        if let Some(block) = parts.block.filter(|&block| named(Some(block)).any(is_section)) {
            return l.node(Kind::Block, Role::BlockArg, block, |l| {
                l.node(Kind::Try, Role::Stmt, block, |l| try_parts(l, parts));
            });
        }
        parts.body(l, Role::BlockArg);
    });
}

pub(super) fn pair_key<'t>(l: &Lowering<'t>, pair: ts::Node<'t>) -> &'t str {
    pair.child_by_field_name("key").map_or("", |key| keyword_span(l, key).text(l.source()))
}

/// `k: v` of a call.
pub(super) fn keyword_argument<'t>(l: &mut Lowering<'t>, pair: ts::Node<'t>, role: Role) {
    let sym = l.sym(pair_key(l, pair));
    l.node_sym(Kind::KeywordArg, role, sym, Span::from(pair.byte_range()), |l| {
        if let Some(key) = pair.child_by_field_name("key") {
            keyword(l, key, Role::Name, Kind::Ident);
        }
        l.field(pair, "value", Role::Value);
    });
}

fn if_form<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role, negated: bool) {
    l.node_sym(Kind::If, role, Symbol::EMPTY, parts.span, |l| {
        if let Some(condition) = parts.first() {
            if negated {
                l.node_sym(Kind::Unary, Role::Cond, Symbol::new("!"), Span::from(condition.byte_range()), |l| {
                    l.visit(condition, Role::Operand);
                });
            } else {
                l.visit(condition, Role::Cond);
            }
        }
        parts.body(l, Role::Then);
        if let Some(section_node) = parts.section("else_block") {
            section(l, section_node, Role::Else);
        } else if let Some(value) = parts.keyword(l, "else") {
            l.node(Kind::Block, Role::Else, value, |l| l.visit(value, Role::Stmt));
        }
    });
}

/// `case`, `cond` and `receive`; a `receive`'s timeout is a case.
fn switch<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role, subject: Option<ts::Node<'t>>) {
    l.node_sym(Kind::Switch, role, Symbol::EMPTY, parts.span, |l| {
        if let Some(subject) = subject {
            l.visit(subject, Role::Subject);
        }
        clauses(l, parts.block);
        clauses(l, parts.section("after_block"));
    });
}

/// Emits the clauses of a block as cases.
fn clauses<'t>(l: &mut Lowering<'t>, block: Option<ts::Node<'t>>) {
    for child in named(block).filter(|&child| !is_section(child)) {
        l.visit(child, Role::Case);
    }
}

/// `left when guard -> body`
pub(super) fn clause<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.comments(Some(node));
    let (arguments, guard) = clause_left(l, node);
    // In a pattern `... -> ...` stands for any clauses.
    if let Some(ellipsis) = named(arguments).next().filter(|&only| is_ellipsis(l, only)) {
        let body = node.child_by_field_name("right");
        if named(body).all(|statement| is_ellipsis(l, statement)) && named(arguments).count() == 1 {
            return l.visit(ellipsis, role);
        }
    }
    l.node(Kind::Case, role, node, |l| {
        for condition in named(arguments) {
            l.visit(condition, Role::Cond);
        }
        if let Some(guard) = guard {
            l.visit(guard, Role::Guard);
        }
        clause_body(l, node, Role::Body);
    });
}

/// In a pattern: whether the node is `...` or `$...X`.
pub(super) fn is_ellipsis(l: &Lowering<'_>, node: ts::Node<'_>) -> bool {
    l.in_pattern()
        && node.kind() == "identifier"
        && l.sym(l.text(node)).as_str().trim_start_matches('$').starts_with("...")
}

/// What a clause matches, and its guard.
pub(super) fn clause_left<'t>(l: &Lowering<'t>, node: ts::Node<'t>) -> (Option<ts::Node<'t>>, Option<ts::Node<'t>>) {
    match node.child_by_field_name("left") {
        Some(left) if is_when(l, left) => (left.child_by_field_name("left"), left.child_by_field_name("right")),
        left => (left, None),
    }
}

/// The block behind the arrow.
pub(super) fn clause_body<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if let Some(body) = node.child_by_field_name("right") {
        l.node(Kind::Block, role, body, |l| l.children(body, Role::Stmt));
    } else {
        let end = node.end_byte() as u32;
        l.leaf(Kind::Block, role, Symbol::EMPTY, Span::new(end, end));
    }
}

/// `for x <- xs, y <- ys, ok?(x) do ... end`: a loop for each generator, a condition for each filter.
fn for_form<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role) {
    let clauses: Vec<_> = parts.positional().collect();
    generator(l, parts, &clauses, parts.span, role);
}

fn generator<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, clauses: &[ts::Node<'t>], span: Span, role: Role) {
    let Some((&first, rest)) = clauses.split_first() else {
        return parts.body(l, role);
    };
    let inner = Span::new(rest.first().map_or(first.end_byte(), ts::Node::start_byte) as u32, span.end);
    let is_generator = operator(l, first) == "<-";
    let outermost = role != Role::Stmt || span == parts.span;
    l.node_sym(if is_generator { Kind::ForEach } else { Kind::If }, role, Symbol::EMPTY, span, |l| {
        if is_generator {
            l.field(first, "left", Role::Target);
            l.field(first, "right", Role::Iter);
        } else {
            l.visit(first, Role::Cond);
        }
        if outermost && span == parts.span {
            for pair in parts.keywords() {
                if pair_key(l, pair) != "do" {
                    keyword_argument(l, pair, Role::Child);
                }
            }
        }
        let body = if is_generator { Role::Body } else { Role::Then };
        if rest.is_empty() {
            parts.body(l, body);
        } else {
            l.node_sym(Kind::Block, body, Symbol::EMPTY, inner, |l| {
                l.nested(Role::Stmt, inner, |l| generator(l, parts, rest, inner, Role::Stmt));
            });
        }
    });
}

/// `with p <- x, y = z do ... else clauses end`
fn with<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role) {
    l.node_sym(Kind::With, role, Symbol::EMPTY, parts.span, |l| {
        for step in parts.positional() {
            l.visit(step, Role::Resource);
        }
        parts.body(l, Role::Body);
        clauses(l, parts.section("else_block"));
    });
}

/// Body, handlers, `else` and `after` of a `try` or of a function.
pub(super) fn try_parts<'t>(l: &mut Lowering<'t>, parts: Parts<'t>) {
    parts.body(l, Role::Body);
    for kind in ["rescue_block", "catch_block"] {
        for clause in named(parts.section(kind)) {
            if clause.kind() == "stab_clause" {
                handler(l, clause);
            } else {
                l.visit(clause, Role::Catch);
            }
        }
    }
    if let Some(otherwise) = parts.section("else_block") {
        l.node(Kind::Block, Role::Else, otherwise, |l| {
            l.node(Kind::Switch, Role::Stmt, otherwise, |l| clauses(l, Some(otherwise)));
        });
    }
    if let Some(after) = parts.section("after_block") {
        section(l, after, Role::Finally);
    }
}

/// `e in [A, B] -> ..`, `A -> ..`, `e -> ..` of rescue; `kind, value when guard -> ..` of catch.
fn handler<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    l.comments(Some(node));
    let (arguments, guard) = clause_left(l, node);
    l.node(Kind::Catch, Role::Catch, node, |l| {
        let mut caught = named(arguments);
        match (caught.next(), caught.next()) {
            (Some(kind), Some(value)) => {
                l.visit(kind, Role::Type);
                l.visit(value, Role::Name);
            }
            (Some(only), None) if operator(l, only) == "in" => {
                match only.child_by_field_name("right") {
                    Some(list) if list.kind() == "list" => l.children(list, Role::Type),
                    Some(class) => l.visit(class, Role::Type),
                    None => {}
                }
                l.field(only, "left", Role::Name);
            }
            (Some(only), None) if only.kind() == "alias" => l.visit(only, Role::Type),
            (Some(only), None) => l.visit(only, Role::Name),
            (None, _) => {}
        }
        if let Some(guard) = guard {
            l.visit(guard, Role::Guard);
        }
        clause_body(l, node, Role::Body);
    });
}

/// `raise "text"`, `raise E, k: v`, `throw x`
fn throw<'t>(l: &mut Lowering<'t>, parts: Parts<'t>, role: Role) {
    l.node_sym(Kind::Throw, role, Symbol::EMPTY, parts.span, |l| {
        for (at, argument) in parts.positional().enumerate() {
            l.visit(argument, if at == 0 { Role::Value } else { Role::Arg });
        }
        parts.other_keywords(l, Role::Arg);
    });
}
