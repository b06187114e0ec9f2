//! Concrete tree to generic tree. What languages share is here; one file a language holds the rest.
//!
//! A language is a [`Spec`]: pairs of (grammar kind, handler). A handler gets the concrete node and the role the node has
//! for its parent, and emits generic nodes. Kinds without a handler become [`Kind::Other`], so no code is invisible.
//! Order of emission is the order of the generic tree, whatever the order in the text.

mod draft;
mod elixir;
mod java;
mod javascript;
mod outline;
mod past;
mod php;
mod python;
mod ruby;

use crate::pattern::Holes;
use crate::tree::Node;
use crate::veil::Cover;
use crate::{Kind, ParseNote, Role, Symbol};
use draft::Draft;
pub(crate) use past::{Change, Dirty, Lookup, Past};
use past::{Record, WORTH_KEEPING};
use std::collections::HashMap;
use std::sync::OnceLock;
use tree_sitter as ts;
use weir_model::{Language, Span};

/// Emits the generic form of one concrete node.
pub(crate) type Handler = for<'t> fn(&mut Lowering<'t>, ts::Node<'t>, Role);

/// Code nested deeper than this is left out: every walk over the tree recurses, on a stack sized for this depth.
pub(crate) const MAX_DEPTH: u32 = 2000;

/// What a language brings. Adding a language is one file with such a value and one line in [`spec`].
pub(crate) struct Spec {
    /// The grammar.
    pub(crate) grammar: fn() -> ts::Language,
    /// Handlers by grammar kind (named kinds only).
    pub(crate) table: &'static [(&'static str, Handler)],
    /// How patterns of the language are made parseable.
    pub(crate) pattern: PatternSyntax,
}

/// How a pattern of a language is made parseable by its grammar; see [`crate::pattern`].
pub(crate) struct PatternSyntax {
    /// `$X` is an identifier of the language already (JavaScript, Java) or a variable (PHP): leave it as it is.
    pub(crate) native_metavars: bool,
    /// Rewrites a pattern before placeholders are put in, for what only this language has (typed metavariables, ..).
    pub(crate) rewrite: fn(&str) -> String,
    /// The contexts a pattern is tried in; the first in which it parses without errors is taken.
    pub(crate) contexts: &'static [Context],
}

/// A context for a pattern: text before and after that makes it a whole program. The pattern's nodes are those that
/// start in the middle; what lies in `after` is dropped from them.
pub(crate) struct Context {
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}

fn spec(language: Language) -> &'static Spec {
    match language {
        Language::JavaScript | Language::Tsx => &javascript::TSX,
        Language::TypeScript => &javascript::TYPESCRIPT,
        Language::Python => &python::PYTHON,
        Language::Ruby => &ruby::RUBY,
        Language::Php => &php::PHP,
        Language::Java => &java::JAVA,
        Language::Elixir => &elixir::ELIXIR,
    }
}

/// A parser with the grammar of a language.
pub(crate) fn parser(language: Language) -> ts::Parser {
    let mut parser = ts::Parser::new();
    parser.set_language(&(spec(language).grammar)()).expect("every grammar built in has an ABI this tree-sitter reads");
    parser
}

/// The pattern syntax of a language.
pub(crate) fn pattern_syntax(language: Language) -> &'static PatternSyntax {
    &spec(language).pattern
}

/// What must not be shown to the grammar of a language; see [`crate::veil`].
pub(crate) fn veiled(language: Language, text: &str) -> Vec<Cover> {
    match language {
        Language::Ruby => ruby::long_words(text),
        _ => Vec::new(),
    }
}

/// Commands of those who run a program step by step, which are none of its language.
pub(crate) fn commands(language: Language, text: &str) -> Vec<Cover> {
    match language {
        Language::Python => python::commands(text),
        _ => Vec::new(),
    }
}

/// Handlers by the grammar's kind number.
fn handlers(language: Language) -> &'static [Handler] {
    static TABLES: [OnceLock<Vec<Handler>>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
    TABLES[language as usize].get_or_init(|| {
        let spec = spec(language);
        let grammar = (spec.grammar)();
        let by_name: HashMap<&str, Handler> = spec.table.iter().rev().copied().collect();
        (0..grammar.node_kind_count() as u16)
            .map(|id| {
                let name = grammar.node_kind_for_id(id).unwrap_or_default();
                let found = if grammar.node_kind_is_named(id) { by_name.get(name) } else { None };
                found.copied().unwrap_or(other)
            })
            .collect()
    })
}

/// The state of one lowering: what is emitted so far and which generic node is open.
pub(crate) struct Lowering<'t> {
    text: &'t str,
    root: Option<ts::Node<'t>>,
    handlers: &'static [Handler],
    draft: Draft,
    done: Past,
    lookup: Option<Lookup<'t>>,
    parent: u32,
    depth: u32,
    /// The greatest depth reached in the concrete node being lowered.
    deepest: u32,
    /// The text that the concrete node being lowered depends on.
    reads: Span,
    holes: Option<&'t Holes>,
}

/// What a lowering made: call [`Lowered::nodes`] with the nodes that its [`Lookup`] was made of.
pub(crate) struct Lowered {
    draft: Draft,
    pub(crate) past: Past,
}

impl Lowered {
    /// The arena.
    pub(crate) fn nodes(self, old: Vec<Node>) -> (Vec<Node>, Past) {
        (self.draft.assemble(old), self.past)
    }

    /// How many nodes were emitted, those not counted that stayed.
    pub(crate) fn emitted(&self) -> usize {
        self.draft.emitted()
    }
}

impl<'t> Lowering<'t> {
    pub(crate) fn new(language: Language, text: &'t str) -> Self {
        Self {
            text,
            root: None,
            handlers: handlers(language),
            draft: Draft::default(),
            done: Past::default(),
            lookup: None,
            parent: 0,
            depth: 0,
            deepest: 0,
            reads: Span::default(),
            holes: None,
        }
    }

    /// A lowering of a pattern: placeholders become holes.
    pub(crate) fn of_pattern(language: Language, text: &'t str, holes: &'t Holes) -> Self {
        Self { holes: Some(holes), ..Self::new(language, text) }
    }

    /// A lowering after an edit: what stayed as it was is looked up.
    pub(crate) fn after(language: Language, text: &'t str, lookup: Lookup<'t>) -> Self {
        Self { lookup: Some(lookup), ..Self::new(language, text) }
    }

    /// Lowers a whole file.
    pub(crate) fn file(mut self, root: ts::Node<'t>) -> Lowered {
        let span = Span::new(0, self.text.len() as u32);
        self.root = Some(root);
        self.node_sym(Kind::File, Role::Root, Symbol::EMPTY, span, |l| l.children(root, Role::Stmt));
        Lowered { draft: self.draft, past: self.done }
    }

    // ---- reading

    /// The text of a concrete node.
    pub(crate) fn text(&self, node: ts::Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    /// The whole text.
    pub(crate) fn source(&self) -> &'t str {
        self.text
    }

    /// The concrete node of the whole text, for handlers that look outside of their own; see [`Lowering::reads`].
    pub(crate) fn root(&self) -> Option<ts::Node<'t>> {
        self.root
    }

    /// Whether a pattern is lowered, not code.
    pub(crate) fn in_pattern(&self) -> bool {
        self.holes.is_some()
    }

    /// The hole that a name is in a pattern; `None` for plain names and in code.
    pub(crate) fn hole(&self, node: ts::Node<'_>) -> Option<Kind> {
        self.hole_of(self.text(node))
    }

    /// The hole that a text is in a pattern.
    pub(crate) fn hole_of(&self, text: &str) -> Option<Kind> {
        let (kind, _) = self.holes?.name(text);
        (kind != Kind::Ident).then_some(kind)
    }

    /// The symbol of a text; placeholders of patterns are turned back into what was written.
    pub(crate) fn sym(&self, text: &str) -> Symbol {
        match self.holes {
            Some(_) => Symbol::new(&Holes::restore(text)),
            None => Symbol::new(text),
        }
    }

    /// To be called with any text that a handler looks at outside of the node it is given. (It is given no more of the
    /// tree than that node; the node's parent and siblings are its parent's business.) A node that depends on text around
    /// it is lowered again after each edit, unless it stands in one that holds that text, too.
    pub(crate) fn reads(&mut self, span: Span) {
        self.reads = self.reads.union(span);
    }

    // ---- keeping

    /// Keeps what became of a concrete node before the last edit, if it is known.
    fn keep(&mut self, node: ts::Node<'t>, role: Role) -> bool {
        let Some(lookup) = &mut self.lookup else { return false };
        let Some(at) = lookup.find(node, role, self.depth) else { return false };
        let record = &lookup.past.records[at];
        let (from, len) = record.nodes;
        let shift = (node.start_byte() as u32).wrapping_sub(record.place.start);
        self.deepest = self.deepest.max(self.depth + record.height);
        self.done.keep(lookup.past, at, node, self.depth, self.draft.len());
        self.draft.keep(lookup.nodes, from, len, self.parent, shift);
        true
    }

    /// Begins the record of a concrete node. Gives its number and what those around it read and how deep they are.
    fn begin(&mut self, node: ts::Node<'t>, role: Role) -> (usize, (Span, u32)) {
        let mut record = Record::new(node, role, self.depth);
        (record.comments.0, record.notes.0) = self.done.lengths();
        record.nodes.0 = self.draft.len();
        let around = (self.reads, self.deepest);
        (self.reads, self.deepest) = (record.place, self.depth);
        self.done.records.push(record);
        (self.done.records.len() - 1, around)
    }

    /// Ends a record, and drops it if it is of no use.
    fn end(&mut self, at: usize, around: (Span, u32)) {
        let (reads, deepest) = (self.reads, self.deepest);
        (self.reads, self.deepest) = (around.0.union(reads), around.1.max(deepest));
        let (comments, notes) = self.done.lengths();
        let below = self.done.records.len() - at - 1;
        let record = &mut self.done.records[at];
        record.height = deepest - record.depth;
        record.nodes.1 = self.draft.len() - record.nodes.0;
        record.comments.1 = comments - record.comments.0;
        record.notes.1 = notes - record.notes.0;
        record.below = below as u32;
        if record.nodes.1 < WORTH_KEEPING {
            self.done.records.truncate(at);
        } else if !record.place.contains(reads) {
            record.forget();
        }
    }

    fn deeper(&mut self) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
    }

    // ---- emitting

    /// The number that the next node will have.
    pub(crate) fn next(&self) -> u32 {
        self.draft.len()
    }

    /// Gives a node that was emitted a span that its own text does not tell.
    pub(crate) fn set_span(&mut self, node: u32, span: Span) {
        self.draft.set_span(node, span);
        let records = &mut self.done.records;
        let first = records.partition_point(|record| record.nodes.0 < node);
        records[first..].iter_mut().take_while(|record| record.nodes.0 == node).for_each(Record::forget);
    }

    /// Lowers a concrete node by its handler. Comments are noted and leave no node.
    pub(crate) fn visit(&mut self, node: ts::Node<'t>, role: Role) {
        if node.is_extra() && !node.is_error() {
            if node.kind().contains("comment") {
                self.done.comments.push(Span::from(node.byte_range()));
                return;
            }
        } else if node.is_missing() {
            self.done.notes.push(ParseNote::Syntax(Span::from(node.byte_range())));
            return;
        }
        if self.depth >= MAX_DEPTH {
            let span = Span::from(node.byte_range());
            self.done.notes.push(ParseNote::TooDeep(span));
            self.leaf(Kind::TooDeep, role, Symbol::EMPTY, span);
            return;
        }
        if self.keep(node, role) {
            return;
        }
        // A pattern is never edited.
        let record = (!self.in_pattern()).then(|| self.begin(node, role));
        self.deeper();
        if node.is_error() {
            self.done.notes.push(ParseNote::Syntax(Span::from(node.byte_range())));
            self.node(Kind::Error, role, node, |l| l.children(node, Role::Child));
        } else {
            let handler = self.handlers.get(node.kind_id() as usize).copied().unwrap_or(other);
            handler(self, node, role);
        }
        self.depth -= 1;
        if let Some((record, around)) = record {
            self.end(record, around);
        }
    }

    /// Emits a node with the span of a concrete node; `children` emits what is below it.
    pub(crate) fn node(&mut self, kind: Kind, role: Role, at: ts::Node<'_>, children: impl FnOnce(&mut Self)) {
        self.node_sym(kind, role, Symbol::EMPTY, Span::from(at.byte_range()), children);
    }

    /// Emits a node with a symbol and a span; `children` emits what is below it.
    pub(crate) fn node_sym(
        &mut self,
        kind: Kind,
        role: Role,
        sym: Symbol,
        span: Span,
        children: impl FnOnce(&mut Self),
    ) {
        let emitted = self.draft.emitted();
        let id = self.leaf(kind, role, sym, span);
        let outer = std::mem::replace(&mut self.parent, id);
        children(self);
        self.parent = outer;
        self.draft.close(emitted, id);
    }

    /// Emits a node without children; returns its number.
    pub(crate) fn leaf(&mut self, kind: Kind, role: Role, sym: Symbol, span: Span) -> u32 {
        let id = self.next();
        self.draft.push(Node { kind, role, sym, span, size: 1, up: id - self.parent });
        id
    }

    /// Emits a leaf whose symbol is the node's text.
    pub(crate) fn token(&mut self, kind: Kind, role: Role, node: ts::Node<'_>) {
        let sym = self.sym(self.text(node));
        self.leaf(kind, role, sym, Span::from(node.byte_range()));
    }

    /// Emits a name: an identifier, or in a pattern the hole it stands for. Every identifier goes through here.
    pub(crate) fn name(&mut self, role: Role, node: ts::Node<'_>) {
        let text = self.text(node);
        self.name_of(role, text, Span::from(node.byte_range()));
    }

    /// Emits a name with a given text and span.
    pub(crate) fn name_of(&mut self, role: Role, text: &str, span: Span) {
        let (kind, sym) = match self.holes {
            Some(holes) => holes.name(text),
            None => (Kind::Ident, Symbol::new(text)),
        };
        self.leaf(kind, role, sym, span);
    }

    /// Emits a string literal: `content` is the span between the quotes, `at` the whole literal.
    pub(crate) fn string(&mut self, role: Role, at: Span, content: Span) {
        let sym = self.sym(content.text(self.text));
        self.leaf(Kind::Str, role, sym, at);
    }

    /// Lowers all named children.
    pub(crate) fn children(&mut self, node: ts::Node<'t>, role: Role) {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if child.is_named() || child.is_error() || child.is_missing() {
                self.visit(child, role);
            }
        }
    }

    /// The first child of each field, found in one pass over the children. What stands between them is not lost: comments
    /// are noted, text that does not parse is lowered. Call it inside the node it is for.
    pub(crate) fn parts<const N: usize>(&mut self, node: ts::Node<'t>, fields: [&str; N]) -> [Option<ts::Node<'t>>; N] {
        let mut found = [None; N];
        let mut cursor = node.walk();
        let mut more = cursor.goto_first_child();
        while more {
            let child = cursor.node();
            if child.is_extra() || child.is_error() || child.is_missing() {
                self.visit(child, Role::Child);
            } else if let Some(field) = cursor.field_name()
                && let Some(at) = fields.iter().position(|&wanted| wanted == field)
            {
                found[at].get_or_insert(child);
            }
            more = cursor.goto_next_sibling();
        }
        found
    }

    /// Calls `emit` with the field (or "") and node of each named child, in order. Comments and errors among them are
    /// dealt with here.
    pub(crate) fn each(&mut self, node: ts::Node<'t>, mut emit: impl FnMut(&mut Self, &'t str, ts::Node<'t>)) {
        let mut cursor = node.walk();
        let mut more = cursor.goto_first_child();
        while more {
            let child = cursor.node();
            if child.is_extra() || child.is_error() || child.is_missing() {
                self.visit(child, Role::Child);
            } else if child.is_named() {
                emit(self, cursor.field_name().unwrap_or_default(), child);
            }
            more = cursor.goto_next_sibling();
        }
    }

    /// The comments and errors among a node's children, for handlers that emit the others out of order by their fields.
    pub(crate) fn rest(&mut self, node: ts::Node<'t>) {
        self.each(node, |_, _, _| {});
    }

    /// The comments among a node's children, for handlers that may pass them over. Noting one twice does no harm.
    pub(crate) fn comments(&mut self, node: Option<ts::Node<'t>>) {
        let Some(node) = node else { return };
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if child.is_extra() && child.kind().contains("comment") {
                self.visit(child, Role::Child);
            }
        }
    }

    /// Goes one level deeper without a concrete node: for handlers that recurse on their own.
    pub(crate) fn nested(&mut self, role: Role, span: Span, emit: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            self.done.notes.push(ParseNote::TooDeep(span));
            self.leaf(Kind::TooDeep, role, Symbol::EMPTY, span);
            return;
        }
        self.deeper();
        emit(self);
        self.depth -= 1;
    }

    /// Lowers a node if there is one.
    pub(crate) fn visit_some(&mut self, node: Option<ts::Node<'t>>, role: Role) {
        if let Some(node) = node {
            self.visit(node, role);
        }
    }

    /// Lowers all named children of a node if there is one.
    pub(crate) fn children_of(&mut self, node: Option<ts::Node<'t>>, role: Role) {
        if let Some(node) = node {
            self.children(node, role);
        }
    }

    /// Lowers the named children, each with the next of the roles; those beyond them with the last.
    pub(crate) fn in_turn(&mut self, node: ts::Node<'t>, roles: &[Role]) {
        let mut cursor = node.walk();
        let mut at = 0;
        for child in node.children(&mut cursor) {
            if child.is_extra() || child.is_error() || child.is_missing() {
                self.visit(child, Role::Child);
            } else if child.is_named() {
                self.visit(child, roles[at.min(roles.len() - 1)]);
                at += 1;
            }
        }
    }

    /// Lowers the first child of a field, if there is one.
    pub(crate) fn field(&mut self, node: ts::Node<'t>, field: &str, role: Role) {
        if let Some(child) = node.child_by_field_name(field) {
            self.visit(child, role);
        }
    }

    /// Lowers all named children of a field.
    pub(crate) fn fields(&mut self, node: ts::Node<'t>, field: &str, role: Role) {
        let mut cursor = node.walk();
        for child in node.children_by_field_name(field, &mut cursor) {
            if child.is_named() {
                self.visit(child, role);
            }
        }
    }

    /// Emits a modifier by its text.
    pub(crate) fn modifier(&mut self, text: &str, span: Span) {
        let sym = self.sym(text);
        self.leaf(Kind::Modifier, Role::Modifier, sym, span);
    }
}

/// A node without a common kind: matches by its own, with its named children; a leaf by its text.
pub(crate) fn other<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if node.named_child_count() == 0 {
        // A statement is the same with and without its semicolon.
        let text = l.text(node);
        let bare = text.trim_end_matches(';').trim_end();
        let sym = l.sym(if bare.is_empty() { text } else { bare });
        l.leaf(Kind::Token, role, sym, Span::from(node.byte_range()));
    } else {
        l.node_sym(Kind::Other, role, Symbol::new(node.kind()), Span::from(node.byte_range()), |l| {
            l.children(node, Role::Child);
        });
    }
}

/// A node that only wraps: its children take its place.
pub(crate) fn unwrap<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.children(node, role);
}

/// An expression in parentheses, in languages where its place includes them.
pub(crate) fn parenthesized<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let first = l.next();
    unwrap(l, node, role);
    // A pattern's context may be in parentheses, which are not the pattern's.
    if !l.in_pattern() && l.next() > first {
        l.set_span(first, Span::from(node.byte_range()));
    }
}

/// Statements.
pub(crate) fn block<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Block, role, node, |l| l.children(node, Role::Stmt));
}

/// A name.
pub(crate) fn name<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.name(role, node);
}

/// A number.
pub(crate) fn number<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.token(Kind::Number, role, node);
}
