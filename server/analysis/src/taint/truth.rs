//! Conditions whose outcome is known: literals, and what a call hands to a parameter.

use super::engine::Engine;
use super::reference::{Literal, Ref};
use crate::flow::{Interpret, Value};
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

/// Conditions nested deeper than this are not looked into.
const MAX_DEPTH: u32 = 8;

impl Engine<'_> {
    /// Whether a condition holds, if that is known.
    pub(super) fn truth(&self, condition: NodeId) -> Option<bool> {
        // What a script says outside of functions is a switch that somebody turns.
        self.functions.last()?;
        self.truth_within(condition, MAX_DEPTH)
    }

    fn truth_within(&self, node: NodeId, depth: u32) -> Option<bool> {
        let tree = self.tree();
        let depth = depth.checked_sub(1)?;
        let side = |role: Role| tree.child(node, role);
        match tree.kind(node) {
            Kind::Unary if tree.sym(node).as_str() == "!" => Some(!self.truth_within(side(Role::Operand)?, depth)?),
            Kind::Binary => {
                let (left, right) = (side(Role::Left)?, side(Role::Right)?);
                match tree.sym(node).as_str() {
                    "&&" => match (self.truth_within(left, depth), self.truth_within(right, depth)) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    },
                    "||" => match (self.truth_within(left, depth), self.truth_within(right, depth)) {
                        (Some(true), _) | (_, Some(true)) => Some(true),
                        (Some(false), Some(false)) => Some(false),
                        _ => None,
                    },
                    operator => compare(operator, self.literal(left)?, self.literal(right)?),
                }
            }
            _ => self.literal(node).and_then(|literal| self.is_true(literal)),
        }
    }

    /// The literal that an expression is sure to be.
    pub(super) fn literal(&self, node: NodeId) -> Option<Literal> {
        let tree = self.tree();
        let of = |node: NodeId| {
            let kind = tree.kind(node);
            let is_literal = matches!(kind, Kind::Bool | Kind::Null | Kind::Number | Kind::Str | Kind::Atom);
            is_literal.then(|| Literal { kind, sym: tree.sym(node) })
        };
        match tree.kind(node) {
            Kind::Ident => {
                let name = tree.sym(node);
                // What the code around sets once and for all may be a switch that somebody turns.
                let function = self.functions.last()?;
                if !self.file.constants.scopes().declared(*function).contains(&name) {
                    return None;
                }
                let held = self.flow.state().map(|state| state.get(name)).unwrap_or_default();
                let handed = held.refs().iter().find_map(|reference| match reference {
                    Ref::Literal(literal) => Some(*literal),
                    _ => None,
                });
                handed.or_else(|| match self.file.constants.get(node)? {
                    Value::Node(literal) => of(*literal),
                    Value::Number(sym) => Some(Literal { kind: Kind::Number, sym: *sym }),
                    Value::Str(sym) => Some(Literal { kind: Kind::Str, sym: *sym }),
                    Value::Bool(value) => {
                        Some(Literal { kind: Kind::Bool, sym: Symbol::new(if *value { "true" } else { "false" }) })
                    }
                    Value::AnyStr => None,
                })
            }
            _ => of(node),
        }
    }

    fn is_true(&self, literal: Literal) -> Option<bool> {
        let text = literal.sym.as_str();
        let everything = matches!(self.language(), Language::Ruby | Language::Elixir);
        match literal.kind {
            Kind::Bool => Some(text == "true"),
            Kind::Null => Some(false),
            _ if everything => Some(true),
            Kind::Number => Some(text.parse::<f64>().ok()? != 0.0),
            Kind::Str => Some(!text.is_empty() && (self.language() != Language::Php || text != "0")),
            _ => None,
        }
    }

    /// The literal among the arguments of a call that is worth telling a function, so that its branches are known.
    pub(super) fn telling_literal(&self, function: NodeId, name: Symbol, argument: NodeId) -> Option<Literal> {
        if !self.options.guarded_taint_signatures {
            return None;
        }
        let literal = self.literal(argument)?;
        if self.file.constants.scopes().is_reassigned(function, name) {
            return None;
        }
        let (tested, passed_on) = self.file.functions().fate(self.tree(), function, name);
        let is_small = matches!(literal.kind, Kind::Bool | Kind::Null | Kind::Number);
        (tested || passed_on && is_small).then_some(literal)
    }
}

/// What comparing two literals gives.
fn compare(operator: &str, left: Literal, right: Literal) -> Option<bool> {
    let number = |literal: Literal| literal.sym.as_str().parse::<f64>().ok().filter(|_| literal.kind == Kind::Number);
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        let order = left.partial_cmp(&right)?;
        return match operator {
            "==" | "===" | "is" => Some(order.is_eq()),
            "!=" | "!==" | "is not" => Some(order.is_ne()),
            "<" => Some(order.is_lt()),
            "<=" => Some(order.is_le()),
            ">" => Some(order.is_gt()),
            ">=" => Some(order.is_ge()),
            _ => None,
        };
    }
    // Strings with escapes may be the same though they are not written so.
    let escaped = |literal: Literal| literal.kind == Kind::Str && literal.sym.as_str().contains('\\');
    if left.kind != right.kind || escaped(left) || escaped(right) {
        return None;
    }
    match operator {
        "==" | "===" | "is" => Some(left.sym == right.sym),
        "!=" | "!==" | "is not" => Some(left.sym != right.sym),
        _ => None,
    }
}
