//! What metavariables are bound to while a pattern is tried, and when two bindings are the same code.

use super::unify::same_value;
use super::{Binding, Bindings};
use crate::context::FileContext;
use crate::flow::Value;
use std::rc::Rc;
use weir_model::Span;
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

/// Bindings under construction: a list that shares its tail, because a pattern is tried in many ways from one prefix.
#[derive(Clone, Default)]
pub(super) struct Env(Option<Rc<Link>>);

struct Link {
    name: Symbol,
    binding: Binding,
    rest: Env,
}

impl Env {
    /// What a metavariable is bound to.
    pub(super) fn get(&self, name: Symbol) -> Option<&Binding> {
        let mut at = self;
        while let Some(link) = &at.0 {
            if link.name == name {
                return Some(&link.binding);
            }
            at = &link.rest;
        }
        None
    }

    /// The environment with one more binding; `None` if the name is bound to other code.
    pub(super) fn bind(self, file: &FileContext<'_>, name: Symbol, binding: Binding) -> Option<Self> {
        if is_anonymous(name) {
            return Some(self);
        }
        match self.get(name) {
            Some(bound) => same(file, bound, &binding).then_some(self),
            None => Some(Self(Some(Rc::new(Link { name, binding, rest: self })))),
        }
    }

    /// The bindings in their final form.
    pub(super) fn finish(&self) -> Bindings {
        let mut out = Vec::new();
        let mut at = self;
        while let Some(link) = &at.0 {
            out.push((link.name, link.binding.clone()));
            at = &link.rest;
        }
        out.sort_by_key(|(name, _)| *name);
        Bindings(out)
    }
}

impl From<&Bindings> for Env {
    fn from(bindings: &Bindings) -> Self {
        bindings.0.iter().fold(Self::default(), |rest, (name, binding)| {
            Self(Some(Rc::new(Link { name: *name, binding: binding.clone(), rest })))
        })
    }
}

impl PartialEq for Env {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Rc::ptr_eq(a, b) || (a.name == b.name && a.binding == b.binding && a.rest == b.rest),
            _ => false,
        }
    }
}

impl Bindings {
    /// What a metavariable (with its dollar sign) is bound to.
    pub(crate) fn get(&self, name: Symbol) -> Option<&Binding> {
        self.0.iter().find(|(bound, _)| *bound == name).map(|(_, binding)| binding)
    }

    /// With what others bind besides.
    pub(crate) fn extended(&self, other: &Self) -> Self {
        let mut out = self.clone();
        out.0.extend(other.0.iter().filter(|(name, _)| self.get(*name).is_none()).cloned());
        out.0.sort_by_key(|(name, _)| *name);
        out
    }

    /// Both together, or `None` if they bind one name to different code.
    pub(crate) fn merge(&self, other: &Self, file: &FileContext<'_>) -> Option<Self> {
        self.agrees(other, file).then(|| self.extended(other))
    }

    /// Whether every name that both bind is bound to the same code. Numbers of a regex's groups are its own.
    pub(crate) fn agrees(&self, other: &Self, file: &FileContext<'_>) -> bool {
        self.conflict(other, file).is_none()
    }

    /// The first name that both bind, but to different code.
    pub(crate) fn conflict(&self, other: &Self, file: &FileContext<'_>) -> Option<Symbol> {
        let differs = |name: Symbol, binding: &Binding| {
            !is_number(name) && other.get(name).is_some_and(|bound| !same(file, binding, bound))
        };
        self.0.iter().find(|(name, binding)| differs(*name, binding)).map(|(name, _)| *name)
    }
}

impl Binding {
    /// Where it stands.
    pub(crate) fn span(&self, file: &FileContext<'_>) -> Span {
        match self {
            Self::Node(node) => file.tree.span(*node),
            Self::Nodes(_, span) | Self::Text(span) => *span,
        }
    }
}

/// `$_` matches anything, anew each time.
pub(super) fn is_anonymous(name: Symbol) -> bool {
    matches!(name.as_str(), "$_" | "$..._" | "$...")
}

/// `$1`: a group of a regex.
fn is_number(name: Symbol) -> bool {
    name.as_str().as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

/// Whether two bindings are the same code: equal but for their place, names meaning the same thing.
pub(super) fn same(file: &FileContext<'_>, a: &Binding, b: &Binding) -> bool {
    match (a, b) {
        (Binding::Node(a), Binding::Node(b)) => same_code(file, *a, *b),
        (Binding::Nodes(a, _), Binding::Nodes(b, _)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_code(file, *a, *b))
        }
        (Binding::Text(a), Binding::Text(b)) => a.text(file.text) == b.text(file.text),
        (Binding::Text(text), Binding::Node(node)) | (Binding::Node(node), Binding::Text(text)) => {
            matches!(file.tree.kind(*node), Kind::Ident | Kind::Str | Kind::Atom)
                && file.tree.sym(*node) == Symbol::new(text.text(file.text))
        }
        (Binding::Nodes(nodes, _), other) | (other, Binding::Nodes(nodes, _)) => match nodes[..] {
            [node] => same(file, &Binding::Node(node), other),
            _ => false,
        },
    }
}

fn same_code(file: &FileContext<'_>, a: NodeId, b: NodeId) -> bool {
    let (a, b) = (without_cast(file.tree, a), without_cast(file.tree, b));
    a == b || same_tree(file, a, b) || same_constant(file, a, b) || same_constant(file, b, a)
}

/// What is cast, where only the type checker sees the cast.
fn without_cast(tree: &Tree, node: NodeId) -> NodeId {
    let cast = tree.kind(node) == Kind::Cast && tree.sym(node).as_str() == "as";
    tree.child(node, Role::Value).filter(|_| cast).unwrap_or(node)
}

fn same_tree(file: &FileContext<'_>, a: NodeId, b: NodeId) -> bool {
    let tree = file.tree;
    let size = |node: NodeId| tree.end(node).0 - node.0;
    if size(a) != size(b) {
        return false;
    }
    if size(a) == 1 && is_key(tree, a) != is_key(tree, b) {
        // A key is a name, however it is written.
        return matches!(tree.kind(a), Kind::Ident | Kind::Str | Kind::Atom) && tree.sym(a) == tree.sym(b);
    }
    tree.descendants(a).zip(tree.descendants(b)).all(|(x, y)| {
        tree.kind(x) == tree.kind(y)
            && size(x) == size(y)
            && (x == a || tree.role(x) == tree.role(y))
            && match tree.kind(x) {
                Kind::Ident => tree.sym(x) == tree.sym(y) && file.names.same_entity(x, y),
                Kind::Number => same_value(tree.sym(x).as_str(), tree.sym(y).as_str(), file.language),
                Kind::Str => tree.sym(x) == tree.sym(y) && is_bytes(file, x) == is_bytes(file, y),
                _ => tree.sym(x) == tree.sym(y),
            }
    })
}

fn is_key(tree: &Tree, node: NodeId) -> bool {
    tree.role(node) == Role::Key
}

/// Whether a string literal is one of bytes (`b"x"`).
fn is_bytes(file: &FileContext<'_>, node: NodeId) -> bool {
    let text = file.tree.span(node).text(file.text);
    let prefix = &text[..text.find(['"', '\'']).unwrap_or(0)];
    prefix.contains(['b', 'B'])
}

/// Whether `name` is known to hold the literal at `literal`.
fn same_constant(file: &FileContext<'_>, name: NodeId, literal: NodeId) -> bool {
    match file.constants.get(name) {
        Some(&Value::Node(value)) => value != name && same_tree(file, value, literal),
        Some(&Value::Str(content)) => file.tree.kind(literal) == Kind::Str && file.tree.sym(literal) == content,
        _ => false,
    }
}
