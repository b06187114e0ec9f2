//! Types, as far as they are written down: what a typed metavariable asks.

use super::metavar::Env;
use super::unify::{Envs, Unifier, keep};
use crate::flow::Value;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role};

/// The type of an expression.
#[derive(Clone, Copy)]
enum Type {
    /// Written in the code.
    Written(NodeId),
    /// Follows from what the expression is; any of these names.
    Known(&'static [&'static str]),
}

const BOOLEAN: &[&str] = &["boolean", "bool", "Boolean"];
const INTEGER: &[&str] = &["int", "long", "Integer", "Long"];
const FRACTION: &[&str] = &["float", "double", "Float", "Double"];
const NUMBER: &[&str] = &["number", "float", "int"];
const STRING: &[&str] = &["String", "string", "str"];

impl Unifier<'_> {
    /// Whether code has a type.
    pub(super) fn of_type(&self, wanted: NodeId, t: NodeId, env: Env) -> Envs {
        let tree = self.file.tree;
        if tree.kind(t) == Kind::Conditional {
            for branch in [Role::Then, Role::Else].into_iter().filter_map(|role| tree.child(t, role)) {
                let envs = self.of_type(wanted, branch, env.clone())?;
                if !envs.is_empty() {
                    return Ok(envs);
                }
            }
            return Ok(Vec::new());
        }
        match self.type_of(t) {
            Some(Type::Written(type_)) => self.same_type(wanted, type_, env),
            Some(Type::Known(names)) => Ok(keep(self.is_one_of(wanted, names), env)),
            None => Ok(Vec::new()),
        }
    }

    fn same_type(&self, wanted: NodeId, type_: NodeId, env: Env) -> Envs {
        let tree = self.file.tree;
        let envs = self.node(wanted, type_, env.clone())?;
        if !envs.is_empty() {
            return Ok(envs);
        }
        let names = [BOOLEAN, INTEGER, FRACTION, STRING];
        let simple = tree.descendants(type_).last().map_or("", |name| tree.sym(name).as_str());
        let standard = tree.span(type_).text(self.file.text);
        let boxed = |names: &&&[&str]| {
            names.contains(&simple) && (standard == simple || standard.strip_prefix("java.lang.") == Some(simple))
        };
        if let Some(names) = names.iter().find(boxed) {
            // `int` and `Integer` are one, `int` and `long` are not.
            let same = |name: &str| name.eq_ignore_ascii_case(simple) || (simple.len() < 8 && boxes(name, simple));
            let wanted = self.pattern.sym(wanted);
            return Ok(keep(names.contains(&wanted.as_str()) && same(wanted.as_str()), env));
        }
        match tree.kind(type_) {
            // `List` is also `List<String>`.
            Kind::Generic => match tree.child(type_, Role::Callee) {
                Some(type_) => self.node(wanted, type_, env),
                None => Ok(Vec::new()),
            },
            _ => Ok(Vec::new()),
        }
    }

    fn is_one_of(&self, wanted: NodeId, names: &[&str]) -> bool {
        self.pattern.kind(wanted) == Kind::Ident && names.contains(&self.pattern.sym(wanted).as_str())
    }

    fn type_of(&self, t: NodeId) -> Option<Type> {
        let (tree, names) = (self.file.tree, &self.file.names);
        let written = match tree.kind(t) {
            Kind::Ident => names.type_of(tree, t),
            Kind::Member => names.type_of_field(tree, t),
            Kind::New => tree.child(t, Role::Callee),
            Kind::Cast => tree.child(t, Role::Type),
            Kind::Assign => return self.type_of(tree.child(t, Role::Value)?),
            Kind::Call => return self.result(t),
            _ => None,
        };
        if let Some(type_) = written {
            return Some(Type::Written(type_));
        }
        match self.file.constants.get(t) {
            Some(&Value::Node(value)) => self.literal(value),
            Some(Value::Str(_) | Value::AnyStr) => Some(Type::Known(STRING)),
            Some(Value::Number(_) | Value::Bool(_)) | None => self.literal(t),
        }
    }

    fn literal(&self, t: NodeId) -> Option<Type> {
        let tree = self.file.tree;
        let text = tree.sym(t).as_str();
        Some(Type::Known(match tree.kind(t) {
            Kind::Str => STRING,
            // With something put in nobody has said so.
            Kind::Template if tree.children(t).all(|part| tree.kind(part) == Kind::Str) => STRING,
            Kind::Number => match self.file.language {
                Language::JavaScript | Language::TypeScript | Language::Tsx => NUMBER,
                _ if text.contains('.') => FRACTION,
                _ => INTEGER,
            },
            Kind::Bool => BOOLEAN,
            Kind::Unary if text == "!" => BOOLEAN,
            Kind::Unary => return self.type_of(tree.child(t, Role::Operand)?),
            Kind::Binary => return self.operation(t),
            _ => return None,
        }))
    }

    fn operation(&self, t: NodeId) -> Option<Type> {
        let tree = self.file.tree;
        let operand = |role: Role| self.type_of(tree.child(t, role)?);
        let is = |type_: Option<Type>, names: &[&str]| match type_ {
            Some(Type::Known(known)) => known == names,
            Some(Type::Written(type_)) => names.contains(&tree.span(type_).text(self.file.text)),
            None => false,
        };
        let either = |names: &[&str]| is(operand(Role::Left), names) || is(operand(Role::Right), names);
        match tree.sym(t).as_str() {
            "==" | "!=" | "===" | "!==" | "<" | "<=" | ">" | ">=" | "&&" | "||" | "instanceof" | "in" => {
                Some(Type::Known(BOOLEAN))
            }
            "&" | "|" | "^" if either(BOOLEAN) => Some(Type::Known(BOOLEAN)),
            "+" | "-" if is(operand(Role::Left), INTEGER) && is(operand(Role::Right), INTEGER) => {
                Some(Type::Known(INTEGER))
            }
            _ => None,
        }
    }

    /// What well-known methods give.
    fn result(&self, call: NodeId) -> Option<Type> {
        let tree = self.file.tree;
        let callee = tree.child(call, Role::Callee).filter(|&callee| tree.kind(callee) == Kind::Member)?;
        let (object, name) = (tree.child(callee, Role::Object)?, tree.child(callee, Role::Name)?);
        match tree.sym(name).as_str() {
            "equals" | "equalsIgnoreCase" | "matches" | "isEmpty" | "contains" | "containsKey" | "startsWith"
            | "endsWith" => Some(Type::Known(BOOLEAN)),
            "length" | "size" | "indexOf" | "lastIndexOf" | "hashCode" | "compareTo" => Some(Type::Known(&["int"])),
            "toString" | "substring" | "trim" | "toLowerCase" | "toUpperCase" | "concat" => Some(Type::Known(STRING)),
            // The last argument of `List<T>` and `Map<K, V>` is what is in it.
            "get" => match self.type_of(object)? {
                Type::Written(type_) if tree.kind(type_) == Kind::Generic => {
                    tree.with_role(type_, Role::Arg).last().map(Type::Written)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether one is the boxed form of the other.
fn boxes(a: &str, b: &str) -> bool {
    matches!((a, b), ("int", "Integer") | ("Integer", "int"))
}
