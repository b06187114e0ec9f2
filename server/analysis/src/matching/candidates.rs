//! All matches of one pattern: which nodes can match at all, then the match itself.

use super::Match;
use super::ellipsis::Tail;
use super::list::Found;
use super::metavar::Env;
use super::unify::{Unifier, is_expression_kind};
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::rule::PatternLeaf;
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
    /// Only matches found at these nodes are wanted.
    pub(super) among: Option<Rc<Among>>,
}

impl Scope {
    /// All of a file, or of it only what is found at some nodes.
    pub(super) fn of(file: &FileContext<'_>, among: Option<Rc<Among>>) -> Self {
        Self { nodes: 0..file.tree.len() as u32, top: Vec::new(), env: Env::default(), around: None, among }
    }

    /// Whether all of the file is looked at, not what a metavariable is bound to.
    pub(super) fn reads_all(&self, file: &FileContext<'_>) -> bool {
        self.nodes == (0..file.tree.len() as u32) && self.top.is_empty()
    }

    /// Whether nothing is bound yet.
    pub(super) fn is_unbound(&self) -> bool {
        self.env == Env::default()
    }

    /// Whether nothing is bound yet, and whatever is found is wanted.
    pub(super) fn is_free(&self) -> bool {
        self.is_unbound() && self.around.is_none()
    }

    pub(super) fn wants(&self, span: Span) -> bool {
        self.around.as_ref().is_none_or(|around| around.has_within(span))
    }

    /// The only nodes of a kind (of any: `None`) that can be wanted, where they are known.
    fn known(&self, kind: Option<Kind>, tree: &Tree) -> Option<Vec<NodeId>> {
        let is_wanted = |node: &NodeId| self.nodes.contains(&node.0) && self.admits(*node);
        if let Some(holders) = self.around.as_ref().and_then(|around| around.holders.as_ref()) {
            let of_kind = |node: &NodeId| kind.is_none_or(|kind| tree.kind(*node) == kind);
            return Some(holders.iter().copied().filter(of_kind).filter(is_wanted).collect());
        }
        let among = self.among.as_ref()?;
        Some(among.of_kind(kind).filter(|node| self.nodes.contains(&node.0)).collect())
    }

    /// Whether only few nodes can be wanted.
    fn is_narrow(&self) -> bool {
        self.among.is_some() || self.around.as_ref().is_some_and(|around| around.holders.is_some())
    }

    /// Whether what is found at a node is wanted.
    fn admits(&self, node: NodeId) -> bool {
        self.among.as_ref().is_none_or(|among| among.nodes.binary_search(&node).is_ok())
    }
}

/// Nodes of which some kinds are asked for.
#[derive(Debug)]
pub(crate) struct Among {
    nodes: Vec<NodeId>,
    by_kind: Vec<(Kind, NodeId)>,
}

impl Among {
    /// These nodes; they are sorted.
    pub(crate) fn new(tree: &Tree, nodes: Vec<NodeId>) -> Self {
        let mut by_kind: Vec<_> = nodes.iter().map(|&node| (tree.kind(node), node)).collect();
        by_kind.sort_unstable();
        Self { nodes, by_kind }
    }

    /// A node, all below it and all above it.
    pub(super) fn zone(tree: &Tree, node: NodeId) -> Self {
        let mut nodes: Vec<_> = tree.ancestors(node).collect();
        nodes.reverse();
        nodes.extend(tree.descendants(node));
        Self::new(tree, nodes)
    }

    fn of_kind(&self, kind: Option<Kind>) -> impl Iterator<Item = NodeId> + '_ {
        let place = |kind: Kind| self.by_kind.partition_point(|(other, _)| *other < kind);
        let (all, some) = match kind {
            None => (&self.nodes[..], &[][..]),
            Some(kind) => {
                let rest = &self.by_kind[place(kind)..];
                (&[][..], &rest[..rest.partition_point(|(other, _)| *other == kind)])
            }
        };
        all.iter().copied().chain(some.iter().map(|&(_, node)| node))
    }
}

/// Spans, sorted so that it is quick to say whether one lies within another span.
pub(super) struct Around {
    spans: Vec<Span>,
    /// By span: the smallest end among it and all behind it.
    ends: Vec<u32>,
    /// Of a single span: all nodes around it, in order. They are few, and found at once.
    holders: Option<Vec<NodeId>>,
}

impl Around {
    pub(super) fn new(tree: &Tree, spans: impl Iterator<Item = Span>) -> Self {
        let mut spans: Vec<Span> = spans.collect();
        spans.sort_unstable();
        let mut ends: Vec<u32> = spans.iter().map(|span| span.end).collect();
        for at in (1..ends.len()).rev() {
            ends[at - 1] = ends[at - 1].min(ends[at]);
        }
        let holders = match spans[..] {
            [only] => Some(holders(tree, only)),
            _ => None,
        };
        Self { spans, ends, holders }
    }

    fn has_within(&self, outer: Span) -> bool {
        let first = self.spans.partition_point(|span| span.start < outer.start);
        self.ends.get(first).is_some_and(|&end| end <= outer.end)
    }
}

/// The nodes a span lies within, in order.
fn holders(tree: &Tree, span: Span) -> Vec<NodeId> {
    let mut holders = Vec::new();
    if tree.is_empty() || !tree.span(Tree::ROOT).contains(span) {
        return holders;
    }
    holders.push(Tree::ROOT);
    let mut next = 0;
    while let Some(&node) = holders.get(next) {
        // Of several nodes at one place (clauses of one function) each may hold the span.
        holders.extend(tree.children(node).filter(|&child| tree.span(child).contains(span)));
        next += 1;
    }
    holders.sort_unstable();
    holders
}

/// Finds a pattern in a scope.
pub(super) fn matches(
    leaf: &PatternLeaf,
    pattern: &Pattern,
    file: &FileContext<'_>,
    scope: &Scope,
    budget: &Budget<'_>,
) -> Result<Vec<Found>, Stop> {
    let tree = pattern.tree();
    if !names_occur(tree, file) {
        return Ok(Vec::new());
    }
    let unifier = Unifier::of_leaf(leaf, tree, file, budget);
    let roots: Vec<NodeId> = pattern.roots().collect();
    if let Some(root) = single_root(pattern) {
        return single(&unifier, root, scope);
    }
    match roots[..] {
        [first, _, ..]
            if roots.iter().all(|&root| is_import_of(tree, root) == is_import_of(tree, first))
                && is_import_of(tree, first).is_some() =>
        {
            imports(&unifier, &roots, scope)
        }
        _ => run(&unifier, &roots, scope),
    }
}

/// The root of a pattern that is found at single nodes, not in lists of statements.
pub(super) fn single_root(pattern: &Pattern) -> Option<NodeId> {
    let mut roots = pattern.roots();
    let root = roots.next().filter(|_| roots.next().is_none())?;
    let in_list = is_whole_statement(pattern, root) || pattern.tree().kind(root) == Kind::EllipsisMetavar;
    (!in_list).then_some(root)
}

/// `f(...);` stands for statements: the call itself, or what is defined, returned or done with it.
fn is_whole_statement(pattern: &Pattern, root: NodeId) -> bool {
    let kind = pattern.tree().kind(root);
    pattern.is_statement() && (is_expression_kind(kind) && kind != Kind::Assign || kind == Kind::TypedMetavar)
}

/// Whether every plain name of a pattern occurs in the file. An alias does not hide a name: its import says it.
pub(super) fn names_occur(pattern: &Tree, file: &FileContext<'_>) -> bool {
    let is_type = |node: NodeId| {
        // Literals have types that nobody wrote.
        pattern.ancestors(node).any(|above| pattern.kind(above) == Kind::TypedMetavar)
    };
    pattern.ids().all(|node| pattern.kind(node) != Kind::Ident || file.index.has(pattern.sym(node)) || is_type(node))
}

fn single(unifier: &Unifier<'_>, root: NodeId, scope: &Scope) -> Result<Vec<Found>, Stop> {
    let tree = unifier.file.tree;
    let kind = unifier.pattern.kind(root);
    let of_expression = is_expression_kind(kind) && kind != Kind::Assign
        || matches!(kind, Kind::Metavar | Kind::TypedMetavar | Kind::DeepEllipsis | Kind::Ellipsis);
    // `<... x = 1 ...>` may be a definition.
    let defines = kind == Kind::DeepEllipsis
        && unifier.pattern.children(root).any(|inner| unifier.pattern.kind(inner) == Kind::Assign);
    let mut out = Vec::new();
    let mut attempt = |node: NodeId| -> Result<(), Stop> {
        unifier.budget.tick()?;
        if !scope.wants(tree.span(node)) {
            return Ok(());
        }
        if kind == Kind::Member && tree.kind(node) == Kind::Call && !unifier.is_chain_ellipsis(root) {
            return Ok(());
        }
        // What a metavariable was bound to may be a name only.
        let decorator = kind == Kind::Call && tree.kind(node) == Kind::Decorator;
        let is_definition = decorator || (defines && tree.kind(node) == Kind::VarDef);
        if of_expression && !is_definition && !scope.top.contains(&node) && !unifier.may_stand(root, node) {
            return Ok(());
        }
        // A loop's variable is no statement.
        if matches!(kind, Kind::VarDef | Kind::Assign)
            && tree.kind(node) == Kind::VarDef
            && tree.role(node) == Role::Init
        {
            return Ok(());
        }
        let decorates = decorator || tree.parent(node).is_some_and(|above| tree.kind(above) == Kind::Decorator);
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
            let found = Match::new(tree.span(node), Some(node), env.finish());
            out.push(Found::new(tree, node, found));
        }
        Ok(())
    };
    let index = &unifier.file.index;
    let kinds = kinds_of(kind, unifier.file.language);
    let anchored = || unifier.anchor(root).map(|name| index.holding(tree, name, scope.nodes.clone()));
    let may_hold = |&node: &NodeId| unifier.may_occur(root, node.0..tree.end(node).0);
    let Some(kinds) = kinds else {
        let all = || scope.nodes.clone().map(NodeId).collect();
        let nodes = scope.known(None, tree).or_else(anchored).unwrap_or_else(all);
        nodes.into_iter().filter(may_hold).try_for_each(&mut attempt)?;
        return Ok(out);
    };
    let holding = if scope.is_narrow() { None } else { anchored() };
    for kind in kinds {
        if let Some(nodes) = scope.known(Some(kind), tree) {
            nodes.into_iter().filter(may_hold).try_for_each(&mut attempt)?;
        } else if let Some(holding) = &holding {
            holding.iter().copied().filter(|&node| tree.kind(node) == kind).try_for_each(&mut attempt)?;
        } else {
            index.of_kind(kind, scope.nodes.clone()).iter().copied().try_for_each(&mut attempt)?;
        }
    }
    Ok(out)
}

/// The kinds of node that a pattern's root can match; `None` for any.
pub(super) fn kinds_of(root: Kind, language: Language) -> Option<impl Iterator<Item = Kind>> {
    // A Ruby method returns without saying so.
    let implicit = root == Kind::Return && language == Language::Ruby;
    let others = kinds_for(root, language).filter(|_| !implicit)?;
    Some(others.iter().copied().chain([root]))
}

/// Whether a pattern's root can match a node of a kind.
pub(super) fn can_match(root: Kind, kind: Kind, language: Language) -> bool {
    root == kind || kinds_of(root, language).is_none_or(|mut kinds| kinds.any(|other| other == kind))
}

/// The kinds besides its own that a pattern's root can match; `None` for any.
pub(super) fn kinds_for(kind: Kind, language: Language) -> Option<&'static [Kind]> {
    Some(match kind {
        Kind::Metavar | Kind::TypedMetavar | Kind::DeepEllipsis | Kind::Ellipsis => return None,
        // A constant may be known of a variable, a field, an operation or what is one of two.
        Kind::Str => &[Kind::Ident, Kind::Member, Kind::Binary, Kind::Conditional, Kind::Template],
        Kind::Number | Kind::Bool | Kind::Null | Kind::Regex | Kind::Atom | Kind::Unary => {
            &[Kind::Ident, Kind::Member, Kind::Binary, Kind::Conditional]
        }
        // A module's name may be a string.
        Kind::Ident => &[Kind::Member, Kind::Atom, Kind::Str],
        // `o. ...` is also what is called at its end.
        Kind::Member => &[Kind::Ident, Kind::Call],
        Kind::Assign => &[Kind::VarDef],
        Kind::Binary if matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx) => {
            &[Kind::Assign]
        }
        Kind::Function => &[Kind::VarDef, Kind::Pair, Kind::Lambda],
        Kind::Import => &[Kind::ImportFrom, Kind::VarDef],
        Kind::ImportFrom => &[Kind::Import, Kind::VarDef],
        Kind::Template => &[Kind::Str],
        Kind::Dict => &[Kind::Set, Kind::Comprehension],
        Kind::Set => &[Kind::Dict, Kind::Comprehension],
        Kind::Array => &[Kind::Comprehension, Kind::Dict],
        Kind::Call if language == Language::Ruby => &[Kind::Ident],
        Kind::Call => &[Kind::Decorator],
        Kind::Lambda => &[Kind::Function],
        Kind::For => &[Kind::ForEach],
        _ => &[],
    })
}

/// A run of statements: starts at any statement of any list.
fn run(unifier: &Unifier<'_>, roots: &[NodeId], scope: &Scope) -> Result<Vec<Found>, Stop> {
    let tree = unifier.file.tree;
    let mut out: Vec<Found> = Vec::new();
    let leading = roots.first().is_some_and(|&root| unifier.pattern.kind(root) == Kind::Ellipsis);
    let index = &unifier.file.index;
    let lists: Cow<'_, [NodeId]> = if let Some(known) = scope.known(None, tree) {
        known.into_iter().filter(|&node| index.is_list(node)).collect::<Vec<_>>().into()
    } else {
        // All roots' names stand in the list: the rarest tells which lists there are.
        let rarest =
            roots.iter().filter_map(|&root| unifier.anchor(root)).min_by_key(|&name| index.occurrences(name).len());
        match rarest {
            Some(name) => {
                let mut holding = index.holding(tree, name, scope.nodes.clone());
                holding.retain(|&node| index.is_list(node));
                holding.into()
            }
            None => index.lists(scope.nodes.clone()).into(),
        }
    };
    let lists = lists.iter().map(|&list| (list, tree.with_role(list, Role::Stmt).collect::<Vec<_>>()));
    // What a `try (...)` opens are statements too.
    let tries = index.of_kind(Kind::Try, scope.nodes.clone()).iter().filter(|&&node| scope.admits(node));
    let resources = tries.map(|&node| (node, tree.with_role(node, Role::Resource).collect::<Vec<_>>()));
    // What a binding stands for is no list of the file's.
    let top = std::iter::once((Tree::ROOT, scope.top.clone()));
    for (list, statements) in top.chain(lists).chain(resources) {
        let Some(&last) = statements.last() else { continue };
        let end = tree.end(last).0;
        for start in 0..statements.len() {
            unifier.budget.tick()?;
            let first = statements[start];
            if !scope.wants(Span::new(start_of(tree, first), tree.span(last).end)) {
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
            let from = start_of(tree, first);
            for (to, env) in unifier.statements(roots, &statements[start..], scope.env.clone(), Tail::Free)? {
                if to == 0 || !scope.wants(Span::new(from, to)) {
                    continue;
                }
                let node = (roots.len() == 1).then_some(first);
                let found = Match::new(Span::new(from, to), node, env.finish());
                let found = Found::new(tree, list, found);
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

/// Where a statement starts: `b = 2` of `var a = 1, b = 2` at the `var`, which says what it is.
fn start_of(tree: &Tree, statement: NodeId) -> u32 {
    let says = |&child: &NodeId| matches!(tree.role(child), Role::Modifier | Role::Type);
    let parts = tree.children(statement).filter(|child| tree.kind(statement) == Kind::VarDef && says(child));
    parts.map(|part| tree.span(part).start).chain([tree.span(statement).start]).min().unwrap_or_default()
}

/// The statements that each of a pattern's statements matches by itself, if the pattern is a run of statements: where these
/// stay, and no statement comes or goes, the run matches as it did.
pub(super) fn hits(
    leaf: &PatternLeaf,
    pattern: &Pattern,
    file: &FileContext<'_>,
    scope: &Scope,
    budget: &Budget<'_>,
) -> Result<Option<Vec<Vec<Found>>>, Stop> {
    let tree = file.tree;
    let roots: Vec<NodeId> = pattern.roots().collect();
    if single_root(pattern).is_some() || is_import_of(pattern.tree(), roots[0]).is_some() {
        return Ok(None);
    }
    let unifier = Unifier::of_leaf(leaf, pattern.tree(), file, budget);
    let is_statement = |&node: &NodeId| match tree.role(node) {
        Role::Stmt => tree.kind(node) != Kind::Block,
        role => role == Role::Resource || (role == Role::Else && tree.kind(node) == Kind::If),
    };
    let statements: Vec<NodeId> = match scope.known(None, tree) {
        Some(known) => known.into_iter().filter(is_statement).collect(),
        None => tree.ids().filter(is_statement).collect(),
    };
    let mut all = Vec::new();
    for root in roots.into_iter().filter(|&root| !unifier.is_sequence_hole(root)) {
        let mut found = Vec::new();
        for &statement in &statements {
            budget.tick()?;
            for env in unifier.statement(root, statement, &Env::default())? {
                let bindings = env.finish();
                found.push(Found::new(tree, statement, Match::new(tree.span(statement), None, bindings)));
            }
        }
        all.push(found);
    }
    Ok(Some(all))
}

/// The place of the module of `from m import a, b`, of which every name is a node.
fn is_import_of(tree: &Tree, node: NodeId) -> Option<Span> {
    let module = tree.child(node, Role::Module).filter(|_| tree.kind(node) == Kind::ImportFrom)?;
    Some(tree.span(module))
}

/// Several names of one import statement, in any order and among others.
fn imports(unifier: &Unifier<'_>, roots: &[NodeId], scope: &Scope) -> Result<Vec<Found>, Stop> {
    let tree = unifier.file.tree;
    let mut out = Vec::new();
    let nodes = unifier.file.index.of_kind(Kind::ImportFrom, scope.nodes.clone());
    for statement in nodes.chunk_by(|&a, &b| is_import_of(tree, a) == is_import_of(tree, b)) {
        let list = tree.parent(statement[0]).unwrap_or(Tree::ROOT);
        if !scope.admits(list) {
            continue;
        }
        for env in unifier.subset(roots, statement, scope.env.clone())? {
            let found = Match::new(unifier.span_of(statement), None, env.finish());
            out.push(Found::new(tree, list, found));
        }
    }
    // `const {a, b} = require("m")`.
    for &node in
        unifier.file.index.of_kind(Kind::VarDef, scope.nodes.clone()).iter().filter(|&&node| scope.admits(node))
    {
        let mut envs = vec![scope.env.clone()];
        for &root in roots {
            envs = unifier.each(envs, |env| unifier.node(root, node, env))?;
        }
        out.extend(
            envs.iter().map(|env| Found::new(tree, node, Match::new(tree.span(node), Some(node), env.finish()))),
        );
    }
    Ok(out)
}
