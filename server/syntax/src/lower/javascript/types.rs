//! TypeScript's types, as far as they have a common kind.

use super::Lowering;
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

/// `x as T`, `x satisfies T`; `as const` has no type. Their symbol says that they do nothing when the program runs.
pub(super) fn as_expression<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    cast(l, node, node.named_child(1), node.named_child(0), role);
}

/// `<T> x`
pub(super) fn type_assertion<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let arguments = node.named_child(0).and_then(|arguments| arguments.named_child(0));
    cast(l, node, arguments, node.named_child(1), role);
}

/// `x!`
pub(super) fn non_null<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    cast(l, node, None, node.named_child(0), role);
}

fn cast<'t>(
    l: &mut Lowering<'t>,
    node: ts::Node<'t>,
    to: Option<ts::Node<'t>>,
    value: Option<ts::Node<'t>>,
    role: Role,
) {
    let sym = Symbol::new(if to.is_some() { "as" } else { "" });
    l.node_sym(Kind::Cast, role, sym, Span::from(node.byte_range()), |l| {
        l.visit_some(to, Role::Type);
        l.visit_some(value, Role::Value);
    });
}

/// `List<string>`, `f<T>`
pub(super) fn generic_type<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Generic, role, node, |l| {
        l.visit_some(node.named_child(0), Role::Callee);
        let [arguments] = l.parts(node, ["type_arguments"]);
        if let Some(arguments) = arguments {
            l.children(arguments, Role::Arg);
        }
    });
}

/// `a.B` as a type
pub(super) fn nested_type<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Member, role, node, |l| {
        let [module, name] = l.parts(node, ["module", "name"]);
        l.visit_some(module, Role::Object);
        l.visit_some(name, Role::Name);
    });
}
