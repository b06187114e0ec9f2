//! Values that can do no harm because they are numbers or booleans, where the rule says to trust those.

use super::engine::Engine;
use crate::flow::{Interpret, Value};
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scalar {
    Number,
    Boolean,
}

/// Functions and methods whose result is a number.
const NUMBERS: &[&str] = &[
    "Number",
    "compareTo",
    "compareToIgnoreCase",
    "count",
    "float",
    "floatval",
    "indexOf",
    "int",
    "intval",
    "lastIndexOf",
    "len",
    "length",
    "parseDouble",
    "parseFloat",
    "parseInt",
    "parseLong",
    "size",
    "strlen",
    "to_f",
    "to_i",
];

/// Functions and methods whose result is a boolean.
const BOOLEANS: &[&str] = &[
    "Boolean",
    "bool",
    "boolval",
    "contains",
    "containsKey",
    "empty",
    "endsWith",
    "ends_with?",
    "endswith",
    "equals",
    "equalsIgnoreCase",
    "hasOwnProperty",
    "in_array",
    "includes",
    "include?",
    "isEmpty",
    "is_numeric",
    "isset",
    "matches",
    "parseBoolean",
    "startsWith",
    "start_with?",
    "startswith",
];

impl Engine<'_> {
    /// Whether the rule trusts values of an expression's type.
    pub(super) fn is_trusted(&self, node: NodeId) -> bool {
        let (numbers, booleans) = self.trusts();
        (numbers || booleans) && self.is_trusted_scalar(self.scalar(node))
    }

    /// Whether the rule trusts values of the type a variable or parameter is declared with.
    pub(super) fn is_declared_trusted(&self, declaration: NodeId) -> bool {
        let (numbers, booleans) = self.trusts();
        let tree = self.tree();
        (numbers || booleans)
            && tree.child(declaration, Role::Type).is_some_and(|kind| self.is_trusted_scalar(self.scalar_type(kind)))
    }

    fn trusts(&self) -> (bool, bool) {
        (self.options.taint_assume_safe_numbers, self.options.taint_assume_safe_booleans)
    }

    fn is_trusted_scalar(&self, scalar: Option<Scalar>) -> bool {
        let (numbers, booleans) = self.trusts();
        match scalar {
            Some(Scalar::Number) => numbers,
            Some(Scalar::Boolean) => booleans,
            None => false,
        }
    }

    /// What kind of scalar an expression is sure to be.
    fn scalar(&self, node: NodeId) -> Option<Scalar> {
        let tree = self.tree();
        match tree.kind(node) {
            Kind::Number => Some(Scalar::Number),
            Kind::Bool => Some(Scalar::Boolean),
            Kind::Ident => match self.file.constants.get(node)? {
                Value::Node(literal) if tree.kind(*literal) != Kind::Ident => self.scalar(*literal),
                _ => None,
            },
            Kind::Cast => self.scalar_type(tree.child(node, Role::Type)?),
            Kind::Unary => match tree.sym(node).as_str() {
                "!" => Some(Scalar::Boolean),
                "-" | "~" | "++" | "--" | "post++" | "post--" => Some(Scalar::Number),
                _ => None,
            },
            Kind::Binary => self.scalar_operation(node),
            Kind::Member => {
                let name = tree.child(node, Role::Name)?;
                (tree.sym(name).as_str() == "length").then_some(Scalar::Number)
            }
            Kind::Call => self.scalar_call(node),
            _ => None,
        }
    }

    fn scalar_operation(&self, node: NodeId) -> Option<Scalar> {
        let tree = self.tree();
        let operator = tree.sym(node).as_str();
        if is_comparison(operator) {
            return Some(Scalar::Boolean);
        }
        let is_number = |role| tree.child(node, role).and_then(|side| self.scalar(side)) == Some(Scalar::Number);
        let number = match operator {
            // There, a string times a number is a string.
            "*" if matches!(self.language(), Language::Python | Language::Ruby) => {
                is_number(Role::Left) && is_number(Role::Right)
            }
            "-" | "*" | "/" | "//" | "**" => is_number(Role::Left) || is_number(Role::Right),
            // Where a number plus a string is an error, one side says what the other is.
            "+" if matches!(self.language(), Language::Python | Language::Ruby | Language::Php | Language::Elixir) => {
                is_number(Role::Left) || is_number(Role::Right)
            }
            "+" | "%" => is_number(Role::Left) && is_number(Role::Right),
            _ => false,
        };
        number.then_some(Scalar::Number)
    }

    fn scalar_call(&self, node: NodeId) -> Option<Scalar> {
        let tree = self.tree();
        let callee = tree.child(node, Role::Callee)?;
        let name = if tree.kind(callee) == Kind::Member { tree.child(callee, Role::Name)? } else { callee };
        let name = tree.sym(name).as_str();
        if name == "valueOf" {
            return self.scalar_type(tree.child(callee, Role::Object)?);
        }
        if NUMBERS.contains(&name) { Some(Scalar::Number) } else { BOOLEANS.contains(&name).then_some(Scalar::Boolean) }
    }

    fn scalar_type(&self, node: NodeId) -> Option<Scalar> {
        match self.tree().span(node).text(self.file.text) {
            "int" | "long" | "short" | "byte" | "float" | "double" | "integer" | "Integer" | "Long" | "Short"
            | "Byte" | "Float" | "Double" | "BigInteger" | "BigDecimal" | "number" | "bigint" => Some(Scalar::Number),
            "bool" | "boolean" | "Boolean" => Some(Scalar::Boolean),
            _ => None,
        }
    }
}

/// Whether an operator compares.
pub(super) fn is_comparison(operator: &str) -> bool {
    matches!(
        operator,
        "==" | "!="
            | "==="
            | "!=="
            | "<"
            | ">"
            | "<="
            | ">="
            | "<=>"
            | "in"
            | "not in"
            | "is"
            | "is not"
            | "instanceof"
            | "=~"
    )
}
