//! What a binding is worth in a comparison: literals, arithmetic on them, and what names are known to hold.

use super::Binding;
use super::unify::content_span;
use crate::context::FileContext;
use crate::flow;
use crate::rule::comparison::{self, Value};
use weir_syntax::{Kind, NodeId, Role};

/// Arithmetic nested deeper than this is not computed.
const MAX_DEPTH: u32 = 32;

/// The constant a binding is, or its text.
pub(super) fn of(binding: &Binding, file: &FileContext<'_>) -> Value {
    let text = || binding.span(file).text(file.text).to_owned();
    match binding {
        Binding::Node(node) => constant(*node, file, 0).unwrap_or_else(|| Value::Code(text())),
        Binding::Nodes(..) => Value::Code(text()),
        Binding::Text(_) => Value::Str(text()),
    }
}

fn constant(node: NodeId, file: &FileContext<'_>, depth: u32) -> Option<Value> {
    let tree = file.tree;
    if depth > MAX_DEPTH {
        return None;
    }
    let operand = |role: Role| constant(tree.child(node, role)?, file, depth + 1);
    match tree.kind(node) {
        Kind::Number => comparison::number(tree.sym(node).as_str()),
        Kind::Bool => Some(Value::Bool(tree.sym(node).as_str() == "true")),
        Kind::Str => Some(Value::Str(content_span(file, node).text(file.text).to_owned())),
        Kind::Unary => comparison::unary(tree.sym(node).as_str(), operand(Role::Operand)?),
        Kind::Binary if file.constants.get(node).is_none() => {
            comparison::binary(tree.sym(node).as_str(), &operand(Role::Left)?, &operand(Role::Right)?)
        }
        Kind::Array | Kind::Tuple => {
            let items = tree.children(node).map(|item| constant(item, file, depth + 1));
            items.collect::<Option<_>>().map(Value::List)
        }
        _ => match file.constants.get(node)? {
            flow::Value::Node(value) if *value != node => constant(*value, file, depth + 1),
            flow::Value::Number(number) => comparison::number(number.as_str()),
            flow::Value::Bool(value) => Some(Value::Bool(*value)),
            flow::Value::Str(text) => Some(Value::Str(text.as_str().to_owned())),
            _ => None,
        },
    }
}
