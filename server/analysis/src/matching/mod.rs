//! Patterns against code.

use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::rule::{Formula, Leaf, Node};
use weir_model::Span;
use weir_syntax::{NodeId, Symbol};

/// What names stand for, by the file's imports.
#[derive(Debug, Default)]
pub(crate) struct Names {}

/// One match of a formula.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Match {
    /// Where; after focus, the metavariable's place.
    pub(crate) span: Span,
    /// The node matched, where one node is the match (not a statement sequence, not a regex).
    pub(crate) node: Option<NodeId>,
    /// What the metavariables are bound to.
    pub(crate) bindings: Bindings,
}

/// What metavariables are bound to, sorted by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bindings(pub(crate) Vec<(Symbol, Binding)>);

/// What one metavariable is bound to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Binding {
    /// A node.
    Node(NodeId),
    /// Sibling nodes (`$...X`), possibly none; the span is where they stand.
    Nodes(Vec<NodeId>, Span),
    /// Text that is no node of its own: a regex's group, a string's content.
    Text(Span),
}

/// The matches of a formula in a file: regexes, so far.
pub(crate) fn find(formula: &Formula, file: &FileContext<'_>, budget: &Budget<'_>) -> Result<Vec<Match>, Stop> {
    let Node::Leaf(Leaf::Regex(regex)) = &formula.node else { return Ok(Vec::new()) };
    let found = regex.find_iter(file.text, budget)?;
    let bind = |groups: Vec<(Symbol, Span)>| {
        Bindings(groups.into_iter().map(|(name, span)| (name, Binding::Text(span))).collect())
    };
    Ok(found.into_iter().map(|m| Match { span: m.span, node: None, bindings: bind(m.groups) }).collect())
}
