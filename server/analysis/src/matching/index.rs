//! Where things are in a file: nodes by kind, and which names occur at all.

use super::Names;
use super::occurrences::Occurrences;
use super::unify::is_expression_kind;
use crate::context::FileContext;
use crate::hash::NumberMap;
use weir_model::Language;
use weir_syntax::{Difference, Kind, NodeId, Role, Symbol, Tree};

const KINDS: usize = Kind::TypedMetavar as usize + 1;

/// Built once a file; every pattern starts from it instead of walking the tree.
#[derive(Debug)]
pub(crate) struct Index {
    by_kind: Vec<Vec<NodeId>>,
    /// Where names, operators and literal contents occur.
    symbols: Occurrences,
    /// The same of names for which the file's imports have others stand.
    imported: NumberMap<Symbol, Vec<NodeId>>,
    /// All statements, nested ones included, but for bare blocks.
    statements: Vec<NodeId>,
    /// Nodes that have statements as children.
    lists: Vec<NodeId>,
    /// By node: it is a name, a type or a part of an import.
    no_expression: Vec<bool>,
}

impl Index {
    /// Reads a tree; `earlier` is the index of the version before.
    pub(crate) fn of(tree: &Tree, language: Option<Language>, earlier: Option<(&Self, &Difference)>) -> Self {
        let mut count = [0; KINDS];
        tree.ids().for_each(|node| count[tree.kind(node) as usize] += 1);
        let mut index = Self {
            by_kind: count.into_iter().map(Vec::with_capacity).collect(),
            symbols: Occurrences::of(tree, earlier.map(|(index, difference)| (&index.symbols, difference))),
            imported: NumberMap::default(),
            statements: Vec::new(),
            lists: Vec::new(),
            no_expression: vec![false; tree.len()],
        };
        let has_named_keys = matches!(language, Some(Language::JavaScript | Language::TypeScript | Language::Tsx));
        for node in tree.ids() {
            index.by_kind[tree.kind(node) as usize].push(node);
            let is_statement = match tree.role(node) {
                Role::Stmt => tree.kind(node) != Kind::Block,
                role => role == Role::Else && tree.kind(node) == Kind::If,
            };
            if is_statement {
                index.statements.push(node);
            }
            if index.no_expression[node.0 as usize] {
                continue;
            }
            if language.is_some_and(|language| names_only(tree, node, language)) {
                for below in node.0..tree.end(node).0 {
                    index.no_expression[below as usize] = !is_literal_type(tree, node, NodeId(below));
                }
                continue;
            }
            // What is exported is looked at by itself.
            if has_named_keys && tree.kind(node) == Kind::Other && tree.sym(node).as_str() == "export_statement" {
                index.no_expression[node.0 as usize] = true;
            }
            let parent = tree.parent(node).map(|parent| tree.kind(parent));
            match tree.role(node) {
                // What Python and Ruby catch is an expression.
                Role::Type
                    if matches!(language, Some(Language::Python | Language::Ruby)) && parent == Some(Kind::Catch) => {}
                // What a case compares with is a pattern.
                Role::Cond if parent == Some(Kind::Case) && language != Some(Language::Elixir) => {
                    let simple = matches!(
                        tree.kind(node),
                        Kind::Str | Kind::Number | Kind::Bool | Kind::Null | Kind::Atom | Kind::Regex
                    ) || (tree.kind(node) == Kind::Ident && language != Some(Language::Ruby));
                    index.no_expression[node.0 as usize] = simple;
                }
                Role::Type | Role::Module | Role::Alias | Role::Modifier => {
                    let below = node.0 as usize..tree.end(node).0 as usize;
                    index.no_expression[below].fill(true);
                }
                // A parameter may be a pattern that takes its value apart.
                Role::Name => {
                    let takes_apart = matches!(tree.kind(node), Kind::Dict | Kind::Array);
                    index.no_expression[node.0 as usize] = !takes_apart;
                }
                Role::Decorator => index.no_expression[node.0 as usize] = true,
                // Text between elements.
                Role::Element if tree.kind(node) == Kind::Token => index.no_expression[node.0 as usize] = true,
                Role::Target => {
                    let declared = tree.parent(node).is_some_and(|parent| {
                        tree.kind(parent) == Kind::VarDef && tree.child(parent, Role::Value).is_none()
                    });
                    index.no_expression[node.0 as usize] = declared && tree.kind(node) == Kind::Ident;
                }
                Role::Key => {
                    // JavaScript's keys are names, quoted or not.
                    let named = tree.kind(node) == Kind::Ident || (has_named_keys && tree.kind(node) == Kind::Str);
                    index.no_expression[node.0 as usize] = named;
                }
                _ => {}
            }
            if tree.children(node).next().is_some_and(|child| tree.role(child) == Role::Stmt) {
                index.lists.push(node);
            }
        }
        index
    }

    /// Nodes that were a name, type or part of an import and are none now, or the other way round.
    pub(crate) fn changed_places(&self, old: &Self, difference: &Difference) -> Vec<NodeId> {
        let before = difference.new.start as usize;
        let (behind, old_behind) = (difference.new.end as usize, difference.old.end as usize);
        let changed = |(at, (now, was)): (usize, (&bool, &bool))| (now != was).then_some(NodeId(at as u32));
        let prefix = self.no_expression[..before].iter().zip(&old.no_expression[..before]);
        let suffix = self.no_expression[behind..].iter().zip(&old.no_expression[old_behind..]);
        prefix.enumerate().filter_map(changed).chain((behind..).zip(suffix).filter_map(changed)).collect()
    }

    /// Takes up what the file's imports tell: an imported name also occurs where another name stands for it.
    pub(crate) fn add_imports(&mut self, names: &Names) {
        for (node, path) in names.references() {
            for segment in path {
                let known = || self.symbols.get(segment.name).to_vec();
                self.imported.entry(segment.name).or_insert_with(known).push(node);
            }
        }
        for nodes in self.imported.values_mut() {
            nodes.sort_unstable();
            nodes.dedup();
        }
    }

    /// The nodes within `scope` at or below which a name, operator or literal content occurs, in order.
    pub(super) fn holding(&self, tree: &Tree, symbol: Symbol, scope: std::ops::Range<u32>) -> Vec<NodeId> {
        let mut holding = Vec::new();
        // What begins at or before the last occurrence holds that, too, and is told already.
        let mut told = scope.start;
        for &node in within(self.occurrences(symbol), scope) {
            let above = std::iter::once(node).chain(tree.ancestors(node));
            holding.extend(above.take_while(|above| above.0 >= told));
            told = node.0 + 1;
        }
        holding.sort_unstable();
        holding
    }

    /// The nodes of a kind, in order, that lie within `scope`.
    pub(super) fn of_kind(&self, kind: Kind, scope: std::ops::Range<u32>) -> &[NodeId] {
        within(&self.by_kind[kind as usize], scope)
    }

    /// Whether a node holds statements.
    pub(super) fn is_list(&self, node: NodeId) -> bool {
        self.lists.binary_search(&node).is_ok()
    }

    /// The nodes that hold statements, in order, that lie within `scope`.
    pub(super) fn lists(&self, scope: std::ops::Range<u32>) -> &[NodeId] {
        within(&self.lists, scope)
    }

    /// Whether what stands at a node is no name, type or part of an import.
    pub(super) fn is_expression_place(&self, node: NodeId) -> bool {
        !self.no_expression[node.0 as usize]
    }

    /// Whether a Ruby method or block gives back what stands at a node although it does not say `return`. An assignment's
    /// value is given back, too, but few mean it.
    pub(super) fn is_returned(&self, file: &FileContext<'_>, node: NodeId) -> bool {
        let tree = file.tree;
        let is_value = is_expression_kind(tree.kind(node)) && self.is_expression_place(node);
        let means_it = match tree.kind(node) {
            // What a call gives is kept in a variable, and given back.
            Kind::Assign => {
                let kind = |role| tree.child(node, role).map(|part| tree.kind(part));
                tree.sym(node).as_str() == "="
                    && kind(Role::Target) == Some(Kind::Ident)
                    && matches!(kind(Role::Value), Some(Kind::Call | Kind::Subscript))
            }
            Kind::Conditional => false,
            _ => true,
        };
        if file.language != Language::Ruby || !is_value || !means_it {
            return false;
        }
        let mut at = node;
        while let Some(parent) = tree.parent(at) {
            let last = match (tree.kind(parent), tree.role(at)) {
                (Kind::Function | Kind::Lambda, Role::Body) => return true,
                (Kind::Block, Role::Stmt) => tree.end(at) == tree.end(parent),
                (Kind::If | Kind::Case, _) => matches!(tree.role(at), Role::Then | Role::Else | Role::Body),
                (Kind::Switch, role) => role == Role::Case,
                (Kind::Catch, role) => role == Role::Body,
                (Kind::Try, Role::Finally) => true,
                (Kind::Try, _) => tree.child(parent, Role::Finally).is_none(),
                _ => false,
            };
            if !last {
                return false;
            }
            at = parent;
        }
        false
    }

    /// All statements, nested ones included, within `scope`, in order.
    pub(super) fn statements(&self, scope: std::ops::Range<u32>) -> &[NodeId] {
        within(&self.statements, scope)
    }

    /// Where a name, operator or literal content occurs, in order.
    pub(super) fn occurrences(&self, symbol: Symbol) -> &[NodeId] {
        self.imported.get(&symbol).map_or_else(|| self.symbols.get(symbol), Vec::as_slice)
    }

    /// Where a name, operator or literal content occurs in `scope`, in order.
    pub(crate) fn occurrences_in(&self, symbol: Symbol, scope: std::ops::Range<u32>) -> &[NodeId] {
        within(self.occurrences(symbol), scope)
    }

    /// Whether a name, operator or literal content occurs in `scope`.
    pub(super) fn occurs_in(&self, symbol: Symbol, scope: std::ops::Range<u32>) -> bool {
        !self.occurrences_in(symbol, scope).is_empty()
    }

    /// Names that also occur where the file's imports have another one stand for them.
    pub(crate) fn imported(&self) -> impl Iterator<Item = Symbol> {
        self.imported.keys().copied()
    }

    /// Whether a name, operator or literal content occurs outside of `scope`.
    pub(crate) fn occurs_outside(&self, symbol: Symbol, scope: std::ops::Range<u32>) -> bool {
        let all = self.occurrences(symbol);
        all.first().is_some_and(|first| first.0 < scope.start) || all.last().is_some_and(|last| last.0 >= scope.end)
    }

    /// Whether a name, operator or literal content occurs anywhere.
    pub(crate) fn has(&self, symbol: Symbol) -> bool {
        !self.occurrences(symbol).is_empty()
    }
}

/// Whether what stands at a node and below it are names and types only, where other languages, or other places, have expressions.
fn names_only(tree: &Tree, node: NodeId, language: Language) -> bool {
    let sym = || tree.sym(node).as_str();
    let is_path = || matches!(tree.kind(node), Kind::Ident | Kind::Member | Kind::Generic);
    let is_script = matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx);
    let above = || tree.parent(node).filter(|&above| matches!(tree.kind(above), Kind::Member | Kind::Class));
    match (tree.kind(node), tree.role(node)) {
        // Methods that get or lose a name.
        (Kind::Other, _) if language == Language::Ruby => matches!(sym(), "alias" | "undef"),
        (Kind::Other, _) if language == Language::Java => matches!(sym(), "package_declaration" | "throws"),
        (Kind::Other, _) if is_script => match sym() {
            "export_clause" => tree.parent(node).is_some_and(|export| tree.child(export, Role::Module).is_none()),
            alias => alias == "type_alias_declaration",
        },
        // Ruby's `A::B` is one name.
        (_, Role::Object) if language == Language::Ruby => {
            is_path() && above().is_some_and(|above| tree.sym(above).as_str() == "::")
        }
        (_, Role::Body) if is_script => above().is_some_and(|class| tree.sym(class).as_str() == "enum"),
        (_, Role::Base | Role::Interface) => {
            is_path() && (is_script || matches!(language, Language::Java | Language::Php))
        }
        (Kind::Member, Role::Name) => true,
        // Python's statement that is none.
        (Kind::Token, Role::Stmt) => language == Language::Python && sym() == "pass",
        _ => false,
    }
}

/// Whether a node in a type alias is a literal: it means itself.
fn is_literal_type(tree: &Tree, alias: NodeId, node: NodeId) -> bool {
    tree.sym(alias).as_str() == "type_alias_declaration"
        && matches!(tree.kind(node), Kind::Str | Kind::Number | Kind::Bool | Kind::Null)
}

fn within(nodes: &[NodeId], scope: std::ops::Range<u32>) -> &[NodeId] {
    let start = nodes.partition_point(|node| node.0 < scope.start);
    let end = nodes.partition_point(|node| node.0 < scope.end);
    &nodes[start..end.max(start)]
}
