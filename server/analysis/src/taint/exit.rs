//! Where control leaves a function: what `at-exit` sinks count at.

use weir_model::Span;
use weir_syntax::{Kind, NodeId, Role, Tree};

/// Whether nothing of its function runs after what stands at a place: it is in a `return` or `throw`, or in the last statement
/// of the function's body or of a branch that ends it.
pub(crate) fn is_at_exit(tree: &Tree, span: Span) -> bool {
    let Some(innermost) = innermost(tree, span) else { return false };
    let mut at = innermost;
    loop {
        if matches!(tree.kind(at), Kind::Return | Kind::Throw) {
            return true;
        }
        let Some(parent) = tree.parent(at) else { return true };
        match tree.kind(parent) {
            Kind::Function | Kind::Lambda => return tree.role(at) == Role::Body,
            Kind::Class => return false,
            Kind::File | Kind::Block => {
                let last = tree.with_role(parent, Role::Stmt).last();
                if last != Some(at) && !is_before_bare_exit(tree, parent, at) {
                    return false;
                }
            }
            // What is chosen by it follows.
            Kind::If | Kind::Switch | Kind::Case
                if matches!(tree.role(at), Role::Cond | Role::Subject | Role::Guard) =>
            {
                return false;
            }
            Kind::Try if tree.role(at) == Role::Resource => return false,
            // Another round may follow.
            Kind::For | Kind::ForEach | Kind::While | Kind::DoWhile => return false,
            Kind::Try if tree.child(parent, Role::Finally).is_some_and(|finally| finally != at) => return false,
            Kind::Try if tree.role(at) == Role::Body && tree.child(parent, Role::Else).is_some() => return false,
            _ => {}
        }
        at = parent;
    }
}

/// The innermost node that holds a place.
fn innermost(tree: &Tree, span: Span) -> Option<NodeId> {
    let mut at = tree.ids().next()?;
    while let Some(child) = tree.children(at).find(|&child| tree.span(child).contains(span)) {
        at = child;
    }
    Some(at)
}

/// Whether only a bare `return` follows, or the `break` of a `switch`: the statement before it is the last that does something.
fn is_before_bare_exit(tree: &Tree, list: NodeId, statement: NodeId) -> bool {
    let mut after = tree.with_role(list, Role::Stmt).skip_while(|&other| other != statement).skip(1);
    let of_case = tree.parent(list).is_some_and(|above| tree.kind(above) == Kind::Case);
    after.next().is_some_and(|next| match tree.kind(next) {
        Kind::Return => tree.children(next).next().is_none(),
        Kind::Break => of_case,
        _ => false,
    })
}
