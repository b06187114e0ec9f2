//! Patterns against code.
//!
//! [`find`] evaluates a rule's formula over one file. The matcher knows no language: what languages see as equal was made
//! equal by lowering, what is left are the equivalences of the rule language itself.

mod candidates;
mod conditions;
mod ellipsis;
mod equivalence;
mod formula;
mod found;
mod index;
mod list;
mod metavar;
mod names;
mod nearest;
mod occurrences;
mod record;
mod refresh;
mod texts;
mod types;
mod unify;
mod value;

pub(crate) use candidates::Among;
pub(crate) use formula::{Zone, find, find_near, find_recorded};
pub(crate) use found::FoundLeaves;
pub(crate) use index::Index;
pub(crate) use list::Touched;
pub(crate) use names::Names;
pub(crate) use nearest::{nearest, quote};
pub(crate) use record::{Effect, Matched, Record};
pub(crate) use refresh::refresh;
pub(crate) use texts::{FoundTexts, refresh_text};

use weir_model::Span;
use weir_syntax::{NodeId, Symbol};

/// One match of a formula.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    /// Where; after focus, the metavariable's place.
    pub(crate) span: Span,
    /// The node matched, where one node is the match (not a statement sequence, not a regex).
    pub(crate) node: Option<NodeId>,
    /// What the metavariables are bound to.
    pub(crate) bindings: Bindings,
    /// All that it was found by, where that is more than its place: the place before focus. Says nothing of what the match is.
    pub(crate) whole: Span,
}

impl Match {
    /// A match whose place is all that it was found by.
    pub(crate) fn new(span: Span, node: Option<NodeId>, bindings: Bindings) -> Self {
        Self { span, node, bindings, whole: span }
    }
}

impl PartialEq for Match {
    fn eq(&self, other: &Self) -> bool {
        (self.span, self.node) == (other.span, other.node) && self.bindings == other.bindings
    }
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
