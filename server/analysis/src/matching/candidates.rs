//! All matches of one pattern: which nodes can match at all, then the match itself.

use super::Match;
use super::ellipsis::Tail;
use super::metavar::Env;
use super::unify::{Unifier, is_expression_kind};
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::rule::Options;
use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;
use weir_model::{Language, Span};
use weir_syntax::{Kind, NodeId, Pattern, Role, Tree};

/// Where a pattern is looked for.
#[derive(Clone)]
pub(super) struct Scope {
    /// The nodes looked at.
    pub(super) nodes: Range<u32>,
    /// The outermost of them, where they are what a metavariable was bound to: statements that belong together.
    pub(super) top: Vec<NodeId>,
    /// What is bound already.
    pub(super) env: Env,
    /// Only matches around one of these are wanted.
    pub(super) around: Option<Rc<Around>>,
}

impl Scope {
    /// Whether all of the file is looked at and nothing is bound yet.
    pub(super) fn is_file(&self, file: &FileContext<'_>) -> bool {
        self.nodes == (0..file.tree.len() as u32) && self.top.is_empty() && self.env == Env::default()
    }

    pub(super) fn wants(&self, span: Span) -> bool {
        self.around.as_ref().is_none_or(|around| around.has_within(span))
    }
}

/// Spans, sorted so that it is quick to say whether one lies within another span.
pub(super) struct Around {
    spans: Vec<Span>,
    /// By span: the smallest end among it and all behind it.
    ends: Vec<u32>,
}

impl Around {
    pub(super) fn new(spans: impl Iterator<Item = Span>) -> Self {
        let mut spans: Vec<Span> = spans.collect();
        spans.sort_unstable();
        let mut ends: Vec<u32> = spans.iter().map(|span| span.end).collect();
        for at in (1..ends.len()).rev() {
            ends[at - 1] = ends[at - 1].min(ends[at]);
        }
        Self { spans, ends }
    }

    fn has_within(&self, outer: Span) -> bool {
        let first = self.spans.partition_point(|span| span.start < outer.start);
        self.ends.get(first).is_some_and(|&end| end <= outer.end)
    }
}

/// Finds a pattern in a scope.
pub(super) fn matches(
    pattern: &Pattern,
    options: Options,
    file: &FileContext<'_>,
    scope: &Scope,
    budget: &Budget<'_>,
) -> Result<Vec<Match>, Stop> {
    let tree = pattern.tree();
    if !names_occur(tree, file) {
        return Ok(Vec::new());
    }
    let unifier = Unifier::new(tree, options, file, budget);
    let roots: Vec<NodeId> = pattern.roots().collect();
    match roots[..] {
        [root] if is_whole_statement(pattern, root) => run(&unifier, &roots, scope),
        [root] if !matches!(tree.kind(root), Kind::EllipsisMetavar) => single(&unifier, root, scope),
        [first, ..]
            if roots.iter().all(|&root| is_import_of(tree, root) == is_import_of(tree, first))
                && is_import_of(tree, first).is_some() =>
        {
            imports(&unifier, &roots, scope)
        }
        _ => run(&unifier, &roots, scope),
    }
}

/// `f(...);` stands for statements: the call itself, or what is defined, returned or done with it.
fn is_whole_statement(pattern: &Pattern, root: NodeId) -> bool {
    let kind = pattern.tree().kind(root);
    pattern.is_statement() && (is_expression_kind(kind) && kind != Kind::Assign || kind == Kind::TypedMetavar)
}

/// Whether every plain name of a pattern occurs in the file. An alias does not hide a name: its import says it.
fn names_occur(pattern: &Tree, file: &FileContext<'_>) -> bool {
    let is_type = |node: NodeId| {
        // Literals have types that nobody wrote.
        pattern.ancestors(node).any(|above| pattern.kind(above) == Kind::TypedMetavar)
    };
    pattern.ids().all(|node| pattern.kind(node) != Kind::Ident || file.index.has(pattern.sym(node)) || is_type(node))
}

fn single(unifier: &Unifier<'_>, root: NodeId, scope: &Scope) -> Result<Vec<Match>, Stop> {
    let tree = unifier.file.tree;
    let kind = unifier.pattern.kind(root);
    let of_expression = is_expression_kind(kind) && kind != Kind::Assign
        || matches!(kind, Kind::Metavar | Kind::TypedMetavar | Kind::DeepEllipsis | Kind::Ellipsis);
    let mut out = Vec::new();
    let mut attempt = |node: NodeId| -> Result<(), Stop> {
        unifier.budget.tick()?;
        if !scope.wants(tree.span(node)) {
            return Ok(());
        }
        // What a metavariable was bound to may be a name only.
        if of_expression && !scope.top.contains(&node) && !unifier.is_expression(node) {
            return Ok(());
        }
        let decorates = tree.parent(node).is_some_and(|above| tree.kind(above) == Kind::Decorator);
        if of_expression && decorates && !unifier.options.attr_expr {
            return Ok(());
        }
        if kind == Kind::Block
            && unifier.pattern.role(root) != Role::Stmt
            && unifier.pattern.role(root) != tree.role(node)
        {
            return Ok(());
        }
        for env in unifier.node(root, node, scope.env.clone())? {
            out.push(Match { span: tree.span(node), node: Some(node), bindings: env.finish() });
        }
        Ok(())
    };
    let implicit = kind == Kind::Return && unifier.file.language == Language::Ruby;
    let holding = unifier.anchor(root).map(|name| unifier.file.index.holding(tree, name, scope.nodes.clone()));
    let kinds = kinds_for(kind, unifier.file.language).filter(|_| !implicit);
    match (kinds, holding) {
        (Some(kinds), holding) => {
            for &kind in kinds.iter().chain([&kind]) {
                match &holding {
                    Some(holding) => {
                        holding.iter().filter(|&&node| tree.kind(node) == kind).try_for_each(|&node| attempt(node))?;
                    }
                    None => {
                        for &node in unifier.file.index.of_kind(kind, scope.nodes.clone()) {
                            attempt(node)?;
                        }
                    }
                }
            }
        }
        (None, Some(holding)) => {
            for node in holding {
                attempt(node)?;
            }
        }
        (None, None) => {
            for node in scope.nodes.clone() {
                attempt(NodeId(node))?;
            }
        }
    }
    Ok(out)
}

/// The kinds besides its own that a pattern's root can match; `None` for any.
pub(super) fn kinds_for(kind: Kind, language: Language) -> Option<&'static [Kind]> {
    Some(match kind {
        Kind::Metavar | Kind::TypedMetavar | Kind::DeepEllipsis | Kind::Ellipsis => return None,
        // A constant may be known of a variable, a field or an operation.
        Kind::Str => &[Kind::Ident, Kind::Member, Kind::Binary, Kind::Template],
        Kind::Number | Kind::Bool | Kind::Null | Kind::Regex | Kind::Atom | Kind::Unary => {
            &[Kind::Ident, Kind::Member, Kind::Binary]
        }
        // A module's name may be a string.
        Kind::Ident => &[Kind::Member, Kind::Atom, Kind::Str],
        Kind::Member => &[Kind::Ident],
        Kind::Assign => &[Kind::VarDef],
        Kind::Function => &[Kind::VarDef, Kind::Pair, Kind::Lambda],
        Kind::Import => &[Kind::ImportFrom, Kind::VarDef],
        Kind::ImportFrom => &[Kind::Import, Kind::VarDef],
        Kind::Template => &[Kind::Str],
        Kind::Dict => &[Kind::Set],
        Kind::Set => &[Kind::Dict],
        Kind::Array => &[Kind::Comprehension],
        Kind::Call if language == Language::Ruby => &[Kind::Ident],
        Kind::Lambda => &[Kind::Function],
        Kind::For => &[Kind::ForEach],
        _ => &[],
    })
}

/// A run of statements: starts at any statement of any list.
fn run(unifier: &Unifier<'_>, roots: &[NodeId], scope: &Scope) -> Result<Vec<Match>, Stop> {
    let tree = unifier.file.tree;
    let mut out: Vec<Match> = Vec::new();
    let leading = roots.first().is_some_and(|&root| unifier.pattern.kind(root) == Kind::Ellipsis);
    // All roots' names stand in the list: the rarest tells which lists there are.
    let index = &unifier.file.index;
    let rarest =
        roots.iter().filter_map(|&root| unifier.anchor(root)).min_by_key(|&name| index.occurrences(name).len());
    let lists = match rarest {
        Some(name) => {
            let mut holding = index.holding(tree, name, scope.nodes.clone());
            holding.retain(|&node| index.is_list(node));
            Cow::Owned(holding)
        }
        None => Cow::Borrowed(index.lists(scope.nodes.clone())),
    };
    let lists = lists.iter().map(|&list| tree.with_role(list, Role::Stmt).collect::<Vec<_>>());
    // What a `try (...)` opens are statements too.
    let tries = unifier.file.index.of_kind(Kind::Try, scope.nodes.clone()).iter();
    let resources = tries.map(|&node| tree.with_role(node, Role::Resource).collect::<Vec<_>>());
    for statements in std::iter::once(scope.top.clone()).chain(lists).chain(resources) {
        let Some(&last) = statements.last() else { continue };
        let end = tree.end(last).0;
        for start in 0..statements.len() {
            unifier.budget.tick()?;
            let first = statements[start];
            if !scope.wants(Span::new(tree.span(first).start, tree.span(last).end)) {
                break;
            }
            // Nothing that is asked for may stand only before this place: then it stands before all that follow.
            if !roots.iter().all(|&root| unifier.may_occur(root, first.0..end)) {
                break;
            }
            // A bare block is no statement of its own.
            if tree.kind(first) == Kind::Block || !(leading || unifier.may_occur(roots[0], first.0..tree.end(first).0))
            {
                continue;
            }
            let from = tree.span(first).start;
            for (to, env) in unifier.statements(roots, &statements[start..], scope.env.clone(), Tail::Free)? {
                if to == 0 || !scope.wants(Span::new(from, to)) {
                    continue;
                }
                let node = (roots.len() == 1).then_some(first);
                let found = Match { span: Span::new(from, to), node, bindings: env.finish() };
                if !out.contains(&found) {
                    out.push(found);
                }
            }
            if leading {
                // Wherever it starts within the list, the ellipsis reaches back to the first statement.
                break;
            }
        }
    }
    Ok(out)
}

/// The place of the module of `from m import a, b`, of which every name is a node.
fn is_import_of(tree: &Tree, node: NodeId) -> Option<Span> {
    let module = tree.child(node, Role::Module).filter(|_| tree.kind(node) == Kind::ImportFrom)?;
    Some(tree.span(module))
}

/// Several names of one import statement, in any order and among others.
fn imports(unifier: &Unifier<'_>, roots: &[NodeId], scope: &Scope) -> Result<Vec<Match>, Stop> {
    let tree = unifier.file.tree;
    let mut out = Vec::new();
    let nodes = unifier.file.index.of_kind(Kind::ImportFrom, scope.nodes.clone());
    for statement in nodes.chunk_by(|&a, &b| is_import_of(tree, a) == is_import_of(tree, b)) {
        for env in unifier.subset(roots, statement, scope.env.clone())? {
            out.push(Match { span: unifier.span_of(statement), node: None, bindings: env.finish() });
        }
    }
    // `const {a, b} = require("m")`.
    for &node in unifier.file.index.of_kind(Kind::VarDef, scope.nodes.clone()) {
        let mut envs = vec![scope.env.clone()];
        for &root in roots {
            envs = unifier.each(envs, |env| unifier.node(root, node, env))?;
        }
        out.extend(envs.iter().map(|env| Match { span: tree.span(node), node: Some(node), bindings: env.finish() }));
    }
    Ok(out)
}
