//! Values that are functions, classes and objects: what a call of them runs.

use super::cell::{Cell, Taint, Taints};
use std::rc::Rc;
use weir_syntax::{Kind, NodeId, Symbol};

/// What a function holds on to from where it was made.
pub(super) type Held = Rc<Vec<(Symbol, Cell)>>;

/// A value that is written down: a number, string, boolean, atom or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) kind: Kind,
    pub(super) sym: Symbol,
}

/// A function, class or object of the file; or a literal, of what a call hands to a parameter.
#[derive(Clone, Debug)]
pub(super) enum Ref {
    /// The function or lambda at a node.
    Function(NodeId, Held),
    /// A method with the object it was taken from.
    Method(NodeId, Rc<Cell>),
    /// The class at a node.
    Class(NodeId),
    /// An object of the class at a node.
    Object(NodeId),
    /// This value and no other.
    Literal(Literal),
}

/// More functions or classes that a value may be are not told apart.
const MAX_REFS: usize = 8;

impl Ref {
    /// What it is, whatever it holds.
    fn key(&self) -> (u8, NodeId) {
        match self {
            Self::Function(node, _) => (0, *node),
            Self::Method(node, _) => (1, *node),
            Self::Class(node) => (2, *node),
            Self::Object(node) => (3, *node),
            Self::Literal(_) => (4, NodeId(0)),
        }
    }

    /// The same with other taint in what it holds.
    pub(super) fn rewrite(&self, depth: usize, change: &mut dyn FnMut(&Taints) -> Taints) -> Self {
        match self {
            Self::Function(node, held) if !held.is_empty() => {
                let held = held.iter().map(|(name, cell)| (*name, cell.rewrite(depth, change)));
                Self::Function(*node, Rc::new(held.collect()))
            }
            Self::Method(node, object) => Self::Method(*node, Rc::new(object.rewrite(depth, change))),
            other => other.clone(),
        }
    }

    /// The same in another version of the text.
    pub(super) fn translate(
        &self,
        node: &mut dyn FnMut(NodeId) -> Option<NodeId>,
        taint: &mut dyn FnMut(Taint) -> Option<Taint>,
    ) -> Option<Self> {
        Some(match self {
            Self::Function(function, held) => {
                let function = node(*function)?;
                let held = held.iter().map(|(name, cell)| Some((*name, cell.translate(node, taint)?)));
                Self::Function(function, Rc::new(held.collect::<Option<_>>()?))
            }
            Self::Method(method, object) => Self::Method(node(*method)?, Rc::new(object.translate(node, taint)?)),
            Self::Class(class) => Self::Class(node(*class)?),
            Self::Object(class) => Self::Object(node(*class)?),
            Self::Literal(literal) => Self::Literal(*literal),
        })
    }

    /// Whether both are the same and hold the same.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.key() == other.key()
            && match (self, other) {
                (Self::Function(_, ours), Self::Function(_, theirs)) => {
                    ours.len() == theirs.len()
                        && ours.iter().zip(&**theirs).all(|((a, ours), (b, theirs))| a == b && ours.same(theirs))
                }
                (Self::Method(_, ours), Self::Method(_, theirs)) => ours.same(theirs),
                (Self::Literal(ours), Self::Literal(theirs)) => ours == theirs,
                _ => true,
            }
    }
}

/// Adds what a value may be as well; says whether that was new. What two of the same function hold is joined.
pub(super) fn join_refs(into: &mut Vec<Ref>, from: &[Ref]) -> bool {
    let mut changed = false;
    // A literal is known only if it is the same on all ways.
    let literal = |reference: &Ref| matches!(reference, Ref::Literal(_));
    let (ours, theirs) = (into.iter().find(|known| literal(known)), from.iter().find(|known| literal(known)));
    if let Some(ours) = ours
        && !theirs.is_some_and(|theirs| theirs.same(ours))
    {
        into.retain(|known| !literal(known));
        changed = true;
    }
    for reference in from.iter().filter(|known| !literal(known)) {
        let Some(known) = into.iter_mut().find(|known| known.key() == reference.key()) else {
            if into.len() < MAX_REFS {
                into.push(reference.clone());
                into.sort_by_key(Ref::key);
                changed = true;
            }
            continue;
        };
        match known {
            Ref::Function(_, ours) => {
                let Ref::Function(_, theirs) = reference else { continue };
                if !theirs.is_empty() && !Rc::ptr_eq(ours, theirs) {
                    changed |= join_held(Rc::make_mut(ours), theirs);
                }
            }
            Ref::Method(_, ours) => {
                let Ref::Method(_, theirs) = reference else { continue };
                if !Rc::ptr_eq(ours, theirs) {
                    changed |= Rc::make_mut(ours).join(theirs);
                }
            }
            _ => {}
        }
    }
    changed
}

fn join_held(into: &mut Vec<(Symbol, Cell)>, from: &[(Symbol, Cell)]) -> bool {
    let mut changed = false;
    for (name, theirs) in from {
        match into.binary_search_by_key(name, |(name, _)| *name) {
            Ok(at) => changed |= into[at].1.join(theirs),
            Err(at) => {
                into.insert(at, (*name, theirs.clone()));
                changed = true;
            }
        }
    }
    changed
}
