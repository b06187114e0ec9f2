//! Which expressions a name may be read as.

use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Tree};

/// Whether what is assigned may be matched in the place of the name: it is put together of names, literals, fields, operators and
/// calls. What makes a collection or a function, chooses, waits or assigns is something else each time it runs.
pub(super) fn stands_for_names(tree: &Tree, value: NodeId, language: Language) -> bool {
    let has_records = matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx);
    tree.descendants(value).all(|node| match tree.kind(node) {
        Kind::Array
        | Kind::Tuple
        | Kind::Set
        | Kind::Comprehension
        | Kind::Slice
        | Kind::Conditional
        | Kind::Lambda
        | Kind::Function
        | Kind::Class
        | Kind::Block
        | Kind::Assign
        | Kind::Await
        | Kind::Yield
        | Kind::Jsx
        | Kind::Other => false,
        // JavaScript's objects are records; elsewhere keys are worked out, as those of any collection.
        Kind::Dict => has_records && tree.children(node).all(|entry| is_field(tree, entry)),
        _ => true,
    })
}

fn is_field(tree: &Tree, entry: NodeId) -> bool {
    let key = tree.child(entry, Role::Key);
    tree.kind(entry) == Kind::Pair && key.is_some_and(|key| tree.kind(key) == Kind::Str)
}
