//! The generic tree: one flat arena in pre-order, so that a subtree is a slice and moves by copying it.

use crate::{Kind, Role, Symbol};
use std::fmt::Write as _;
use weir_model::Span;

/// A node of one tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// One node. Its children follow it; `size` counts it and all below it. 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) role: Role,
    pub(crate) sym: Symbol,
    pub(crate) span: Span,
    pub(crate) size: u32,
    /// Distance back to the parent; 0 at the root.
    pub(crate) up: u32,
}

/// The generic tree of a file or pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) comments: Vec<Span>,
}

impl Tree {
    /// The root, always there in a lowered tree.
    pub const ROOT: NodeId = NodeId(0);

    /// The tree of a file nothing is known of.
    pub(crate) fn empty_file(length: usize) -> Self {
        let span = Span::new(0, length as u32);
        let root = Node { kind: Kind::File, role: Role::Root, sym: Symbol::EMPTY, span, size: 1, up: 0 };
        Self { nodes: vec![root], comments: Vec::new() }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node at all, not even a root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All nodes in pre-order (parents before children).
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// What the node is.
    pub fn kind(&self, node: NodeId) -> Kind {
        self.node(node).kind
    }

    /// What the node is to its parent.
    pub fn role(&self, node: NodeId) -> Role {
        self.node(node).role
    }

    /// The node's symbol; see [`Kind`].
    pub fn sym(&self, node: NodeId) -> Symbol {
        self.node(node).sym
    }

    /// Where the node stands in the text.
    pub fn span(&self, node: NodeId) -> Span {
        self.node(node).span
    }

    /// The parent, `None` at the root.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        match self.node(node).up {
            0 => None,
            up => Some(NodeId(node.0 - up)),
        }
    }

    /// The parents, innermost first, the node itself left out.
    pub fn ancestors(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.parent(node), |&node| self.parent(node))
    }

    /// The children in order.
    pub fn children(&self, node: NodeId) -> Children<'_> {
        Children { tree: self, next: node.0 + 1, end: self.end(node).0 }
    }

    /// The children with this role, in order.
    pub fn with_role(&self, node: NodeId, role: Role) -> impl Iterator<Item = NodeId> + Clone + '_ {
        self.children(node).filter(move |&child| self.role(child) == role)
    }

    /// The first child with this role.
    pub fn child(&self, node: NodeId, role: Role) -> Option<NodeId> {
        self.with_role(node, role).next()
    }

    /// The node and all below it, in pre-order.
    pub fn descendants(&self, node: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        (node.0..self.end(node).0).map(NodeId)
    }

    /// One past the last node below this one: where the pre-order goes on.
    pub fn end(&self, node: NodeId) -> NodeId {
        NodeId(node.0 + self.node(node).size)
    }

    /// Whether `inner` is `outer` or stands below it.
    pub fn is_within(&self, inner: NodeId, outer: NodeId) -> bool {
        outer <= inner && inner < self.end(outer)
    }

    /// Comments in order of their place.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// The tree as an indented list, for tests and for people: `role kind "symbol"`.
    pub fn dump(&self) -> String {
        let mut out = String::new();
        let mut depth = vec![0usize; self.nodes.len()];
        for id in self.ids() {
            let d = self.parent(id).map_or(0, |parent| depth[parent.0 as usize] + 1);
            depth[id.0 as usize] = d;
            let node = self.node(id);
            let _ = write!(out, "{:indent$}{:?} {:?}", "", node.role, node.kind, indent = 2 * d);
            if !node.sym.is_empty() {
                let _ = write!(out, " {:?}", node.sym);
            }
            out.push('\n');
        }
        out
    }

    /// The subtree as one line: `Call(Callee:Ident"f", Arg:Number"1")`, for tests.
    pub fn sexp(&self, node: NodeId) -> String {
        let Node { kind, sym, .. } = *self.node(node);
        let mut out = format!("{kind:?}");
        if !sym.is_empty() {
            let _ = write!(out, "{sym:?}");
        }
        let children: Vec<_> =
            self.children(node).map(|child| format!("{:?}:{}", self.role(child), self.sexp(child))).collect();
        if !children.is_empty() {
            let _ = write!(out, "({})", children.join(", "));
        }
        out
    }

    fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.0 as usize]
    }
}

/// Iterator over the children of a node.
#[derive(Clone)]
pub struct Children<'t> {
    tree: &'t Tree,
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        (self.next < self.end).then(|| {
            let child = NodeId(self.next);
            self.next += self.tree.nodes[child.0 as usize].size;
            child
        })
    }
}
