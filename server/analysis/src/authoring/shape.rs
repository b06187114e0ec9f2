//! What code looks like to a pattern: its tree, and for each node a pattern that finds its like.

use crate::analyze::Unit;
use crate::budget::Budget;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use weir_model::{Language, Shape, Span};
use weir_syntax::{Kind, NodeId, PatternParser, Role, Tree};

/// Nodes that are shown; who wants to see more asks for a smaller piece.
const MAX_NODES: usize = 400;

/// Code of a node longer than this is cut, in characters.
const MAX_CODE: usize = 60;

/// The column at which patterns start.
const COLUMN: usize = 48;

/// The tree of the smallest statement around a span; `None` where there is no code.
pub fn shape(unit: &Unit<'_>, span: Span, budget: &Budget<'_>) -> Option<Shape> {
    let parts = unit.source.parts();
    // Of a page the program that has something there.
    let (part, language, span) = parts.iter().find_map(|part| Some((part, part.language?, part.within(span)?)))?;
    let tree = part.tree;
    let root = statement(tree, span)?;
    let mut page = Page {
        tree,
        text: part.text,
        language,
        parser: PatternParser::default(),
        known: BTreeMap::new(),
        out: String::new(),
    };
    let base = depth(tree, root);
    for (shown, node) in tree.descendants(root).enumerate() {
        if shown == MAX_NODES || budget.tick().is_err() {
            page.out.push_str("...\n");
            break;
        }
        page.line(node, depth(tree, node) - base);
    }
    Some(Shape { span: part.place(tree.span(root)), language: language.name().to_owned(), tree: page.out })
}

/// The innermost statement that holds a span; of an empty line the next that follows in its block.
fn statement(tree: &Tree, span: Span) -> Option<NodeId> {
    let holds = |node: &NodeId| tree.span(*node).contains(span) && !tree.span(*node).is_empty();
    let innermost = tree.ids().rfind(holds)?;
    let around = std::iter::once(innermost).chain(tree.ancestors(innermost));
    let found = around.into_iter().find(|&node| tree.role(node) == Role::Stmt);
    let is_between = matches!(tree.kind(innermost), Kind::File | Kind::Block);
    let next = || tree.children(innermost).find(|&node| tree.span(node).end > span.start);
    if is_between { next().or(found) } else { found.or(Some(innermost)) }
}

fn depth(tree: &Tree, node: NodeId) -> usize {
    tree.ancestors(node).count()
}

struct Page<'a> {
    tree: &'a Tree,
    text: &'a str,
    language: Language,
    parser: PatternParser,
    /// Whether a text is a pattern.
    known: BTreeMap<String, bool>,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, node: NodeId, depth: usize) {
        let tree = self.tree;
        let mut line = format!("{:indent$}{:?} {:?}", "", tree.role(node), tree.kind(node), indent = 2 * depth);
        let sym = tree.sym(node);
        if !sym.is_empty() {
            let _ = write!(line, " {}", cut(&format!("{:?}", sym.as_str())));
        }
        let pattern = self.pattern(node);
        if let Some(pattern) = pattern {
            let width = line.chars().count();
            let _ = write!(line, "{:fill$}{pattern}", "", fill = COLUMN.saturating_sub(width).max(2));
        }
        self.out.push_str(&line);
        self.out.push('\n');
    }

    /// A pattern that finds what is built like a node, on one line; `None` if there is none.
    fn pattern(&mut self, node: NodeId) -> Option<String> {
        let tree = self.tree;
        if matches!(tree.role(node), Role::Modifier) {
            return None;
        }
        let pattern = match tree.kind(node) {
            Kind::Ident | Kind::Number | Kind::Bool | Kind::Null => {
                let code = tree.span(node).text(self.text);
                return self.is_pattern(code).then(|| format!("{} or $X", cut(code)));
            }
            Kind::Str | Kind::Template if !matches!(tree.role(node), Role::Part | Role::Module) => "\"...\"".to_owned(),
            Kind::File | Kind::Block | Kind::Token | Kind::Error | Kind::TooDeep | Kind::Str => return None,
            _ => self.holes(node)?,
        };
        let line = pattern.split_whitespace().collect::<Vec<_>>().join(" ");
        (line.len() < 4 * MAX_CODE && self.is_pattern(&line)).then_some(line)
    }

    /// The code of a node with holes in place of its parts. Names stay: they are what tells one call from another.
    fn holes(&self, node: NodeId) -> Option<String> {
        let mut out = String::new();
        self.holes_of(node, &mut (b'A'..=b'W').map(char::from), 0, &mut out)?;
        Some(out)
    }

    fn holes_of(
        &self,
        node: NodeId,
        names: &mut impl Iterator<Item = char>,
        depth: usize,
        out: &mut String,
    ) -> Option<()> {
        let (tree, text) = (self.tree, self.text);
        let whole = tree.span(node);
        let mut parts: Vec<NodeId> = tree.children(node).filter(|&part| whole.contains(tree.span(part))).collect();
        parts.sort_by_key(|&part| tree.span(part));
        let mut at = whole.start;
        let mut list = None;
        for part in parts {
            let span = tree.span(part);
            if span.start < at || span.is_empty() {
                continue;
            }
            let (role, kind) = (tree.role(part), tree.kind(part));
            let is_listed = kind == Kind::Block
                || matches!(role, Role::Arg | Role::Param | Role::Element | Role::Entry | Role::Stmt | Role::Case);
            // Of a list one ellipsis stands for all.
            if !is_listed || list != Some(role) {
                out.push_str(Span::new(at, span.start).text(text));
                match (role, kind) {
                    (Role::Name | Role::Modifier | Role::Key | Role::Callee, Kind::Ident | Kind::Modifier)
                    | (Role::Module | Role::Alias, _) => out.push_str(span.text(text)),
                    (Role::Callee, Kind::Member) if depth == 0 => self.holes_of(part, names, depth + 1, out)?,
                    _ if is_listed => out.push_str("..."),
                    _ => {
                        out.push('$');
                        out.push(names.next()?);
                    }
                }
            }
            list = is_listed.then_some(role);
            at = span.end;
        }
        out.push_str(Span::new(at, whole.end).text(text));
        Some(())
    }

    fn is_pattern(&mut self, text: &str) -> bool {
        if let Some(&known) = self.known.get(text) {
            return known;
        }
        let is_pattern = self.parser.parse(self.language, text).is_ok();
        self.known.insert(text.to_owned(), is_pattern);
        is_pattern
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_CODE) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
