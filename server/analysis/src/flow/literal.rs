//! Literals, and what becomes of several.

use super::fold::{Scalar, integer};
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Symbol};

/// A value known before the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The literal that was assigned.
    Node(NodeId),
    /// A string that was put together; the content without quotes.
    Str(Symbol),
    /// A whole number that was computed.
    Number(Symbol),
    /// A truth value that was computed.
    Bool(bool),
    /// A string without anything from outside, but one of several: branches assign different literals.
    AnyStr,
}

/// A literal, or a string put together of literals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Literal {
    pub(super) kind: Kind,
    pub(super) sym: Symbol,
    pub(super) node: Option<NodeId>,
    /// A string that may be one of several.
    pub(super) any: bool,
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, self.sym, self.any) == (other.kind, other.sym, other.any)
    }
}

impl Literal {
    pub(super) const ANY: Self = Self { kind: Kind::Str, sym: Symbol::EMPTY, node: None, any: true };

    pub(super) fn string(text: &str) -> Self {
        Self { kind: Kind::Str, sym: Symbol::new(text), node: None, any: false }
    }

    pub(super) fn value(self) -> Value {
        match self.node {
            _ if self.any => Value::AnyStr,
            Some(node) => Value::Node(node),
            None if self.kind == Kind::Number => Value::Number(self.sym),
            None if self.kind == Kind::Bool => Value::Bool(self.sym.as_str() == "true"),
            None => Value::Str(self.sym),
        }
    }

    /// The literal that is one or the other.
    pub(super) fn either(self, other: Self) -> Option<Self> {
        if self == other {
            Some(self)
        } else {
            (self.kind == Kind::Str && other.kind == Kind::Str).then_some(Self::ANY)
        }
    }

    fn scalar(self, language: Language) -> Option<Scalar> {
        match self.kind {
            Kind::Bool => Some(Scalar::Bool(self.sym.as_str() == "true")),
            Kind::Number => integer(self.sym.as_str(), language).map(Scalar::Integer),
            _ => None,
        }
    }

    fn of_scalar(scalar: Scalar) -> Self {
        let (kind, text) = match scalar {
            Scalar::Bool(value) => (Kind::Bool, value.to_string()),
            Scalar::Integer(value) => (Kind::Number, value.to_string()),
        };
        Self { kind, sym: Symbol::new(&text), node: None, any: false }
    }

    pub(super) fn unary(self, operator: &str, language: Language) -> Option<Self> {
        self.scalar(language)?.unary(operator).map(Self::of_scalar)
    }

    pub(super) fn binary(self, operator: &str, other: Self, language: Language) -> Option<Self> {
        self.scalar(language)?.binary(operator, other.scalar(language)?).map(Self::of_scalar)
    }

    /// One after the other, if that makes a string.
    pub(super) fn concat(self, other: Self) -> Option<Self> {
        let text = |literal: Self| matches!(literal.kind, Kind::Str | Kind::Number);
        if !text(self) || !text(other) || (self.kind != Kind::Str && other.kind != Kind::Str) {
            return None;
        }
        if self.any || other.any || self.sym.is_long() || other.sym.is_long() {
            return Some(Self::ANY);
        }
        Some(Self::string(&format!("{}{}", self.sym.as_str(), other.sym.as_str())))
    }
}
