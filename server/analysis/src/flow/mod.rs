//! What happens in a function: constants.

use std::collections::HashMap;
use weir_syntax::{NodeId, Symbol};

/// What variables are known to hold where they are used.
#[derive(Debug, Default)]
pub(crate) struct Constants {
    values: HashMap<NodeId, Value>,
}

/// A value known before the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The expression that was assigned, a literal or (symbolic) any other.
    Node(NodeId),
    /// A string that was put together; the content without quotes.
    Str(Symbol),
}

impl Constants {
    /// What the name at this node is known to hold.
    pub(crate) fn get(&self, node: NodeId) -> Option<&Value> {
        self.values.get(&node)
    }
}
