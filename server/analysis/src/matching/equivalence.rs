//! What the rule language sees as equal although the trees differ: constants, imported names, operators in other order,
//! types.

use super::Binding;
use super::metavar::Env;
use super::names::Segment;
use super::unify::{Envs, MOST_ORDERS, Unifier, extend, keep, same_value};
use crate::flow::Value;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

impl Unifier<'_> {
    /// Tried when the trees themselves do not match.
    pub(super) fn equivalent(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let envs = match self.pattern.kind(p) {
            Kind::Str | Kind::Number | Kind::Bool | Kind::Null | Kind::Regex | Kind::Atom | Kind::Unary => {
                self.constant(p, t, env.clone())?
            }
            Kind::Ident | Kind::Member => self.full_name(p, t, env.clone()).into_iter().collect(),
            _ => Vec::new(),
        };
        if !envs.is_empty() || !self.options.symbolic_propagation {
            return Ok(envs);
        }
        match self.file.constants.symbolic(t) {
            Some(value) if value != t => self.node(p, value, env),
            _ => Ok(envs),
        }
    }

    fn full_name(&self, p: NodeId, t: NodeId, env: Env) -> Option<Env> {
        let (names, tree) = (&self.file.names, self.file.tree);
        if let Some(path) = names.path(tree, t) {
            return self.dotted(p, &path, env);
        }
        // `from m import *` brings in what is asked for by name.
        let literal = |node: NodeId| matches!(self.pattern.kind(node), Kind::Ident | Kind::Member);
        if self.pattern.descendants(p).all(literal) {
            names.wildcard_paths(tree, t).iter().find_map(|path| self.dotted(p, path, env.clone()))
        } else {
            None
        }
    }

    fn is_any_regex(&self, p: NodeId) -> bool {
        self.pattern.kind(p) == Kind::Regex && self.pattern.sym(p).as_str() == "..."
    }

    /// A literal of a pattern against what the code is known to hold.
    fn constant(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        match self.file.constants.get(t).filter(|_| self.options.constant_propagation) {
            // Ruby's `/.../` is any regular expression that stands there.
            Some(Value::Node(_)) if self.file.language == Language::Ruby && self.is_any_regex(p) => Ok(Vec::new()),
            Some(&Value::Node(value)) if value != t => self.node(p, value, env),
            Some(&Value::Str(content)) if self.pattern.kind(p) == Kind::Str => {
                self.content(self.pattern.sym(p), content, content.as_str(), Binding::Node(t), env)
            }
            Some(&Value::Number(number)) => Ok(keep(self.is_number(p, number.as_str()), env)),
            Some(&Value::Bool(value)) => {
                let wanted = self.pattern.kind(p) == Kind::Bool && (self.pattern.sym(p).as_str() == "true") == value;
                Ok(keep(wanted, env))
            }
            Some(Value::AnyStr) => {
                Ok(keep(self.pattern.kind(p) == Kind::Str && self.pattern.sym(p).as_str() == "...", env))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Whether a pattern is a number literal, with or without a sign, of this value.
    fn is_number(&self, p: NodeId, value: &str) -> bool {
        let is = |p: NodeId, value: &str| {
            self.pattern.kind(p) == Kind::Number && same_value(self.pattern.sym(p).as_str(), value, self.file.language)
        };
        match value.strip_prefix('-').zip(self.pattern.child(p, Role::Operand)) {
            Some((value, operand)) => self.pattern.sym(p).as_str() == "-" && is(operand, value),
            None => is(p, value),
        }
    }

    /// A (possibly dotted) name of a pattern against a full name.
    pub(super) fn dotted(&self, p: NodeId, path: &[Segment], env: Env) -> Option<Env> {
        let (last, before) = path.split_last()?;
        match self.pattern.kind(p) {
            Kind::Ident => (before.is_empty() && self.pattern.sym(p) == last.name).then_some(env),
            Kind::Metavar => self.bind(p, Binding::Node(last.node), env).pop(),
            Kind::Str => (before.is_empty() && self.pattern.sym(p) == last.name).then_some(env),
            // `A::b` is no name that an import brings in.
            Kind::Member if self.pattern.sym(p).as_str() != "::" => {
                let name = self.pattern.child(p, Role::Name)?;
                let env = match self.pattern.kind(name) {
                    Kind::Ident => (self.pattern.sym(name) == last.name).then_some(env)?,
                    Kind::Metavar => self.bind(name, Binding::Node(last.node), env).pop()?,
                    _ => return None,
                };
                self.dotted(self.pattern.child(p, Role::Object)?, before, env)
            }
            _ => None,
        }
    }

    /// Operators: as written, then in other groupings and orders where the operator allows it.
    pub(super) fn binary(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let operator = self.pattern.sym(p);
        if operator != self.file.tree.sym(t) {
            return Ok(Vec::new());
        }
        let mut envs = self.roles(p, t, &[], env.clone())?;
        if matches!(operator.as_str(), "==" | "!=" | "===" | "!==") {
            if self.options.symmetric_eq || self.options.commutative_compop {
                let mut ts: Vec<NodeId> = self.file.tree.children(t).collect();
                ts.reverse();
                let ps: Vec<NodeId> = self.pattern.children(p).collect();
                extend(&mut envs, self.list(&ps, &ts, env)?);
            }
            return Ok(envs);
        }
        let mut ts = Vec::new();
        operands(self.file.tree, t, operator, &mut ts);
        extend(&mut envs, self.chained(p, &ts, env)?);
        Ok(envs)
    }

    /// JavaScript's `a += b` is `a + b`, too.
    pub(super) fn compound(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let operator = pattern.sym(p);
        let assigns = tree.sym(t).as_str().strip_suffix('=') == Some(operator.as_str());
        let sides = tree.child(t, Role::Target).zip(tree.child(t, Role::Value));
        let wanted = pattern.child(p, Role::Left).zip(pattern.child(p, Role::Right));
        let (true, Some((target, value)), Some((left, right))) =
            (assigns && self.computes_assignments(), sides, wanted)
        else {
            return Ok(Vec::new());
        };
        let envs = self.node(left, target, env.clone())?;
        let mut envs = self.each(envs, |env| self.node(right, value, env))?;
        let mut ts = vec![target];
        operands(tree, value, operator, &mut ts);
        extend(&mut envs, self.chained(p, &ts, env)?);
        Ok(envs)
    }

    /// A chain of one operator against the operands of another.
    fn chained(&self, p: NodeId, ts: &[NodeId], env: Env) -> Envs {
        let operator = self.pattern.sym(p);
        let mut ps = Vec::new();
        operands(self.pattern, p, operator, &mut ps);
        let associative = self.options.ac_matching && is_associative(operator);
        let dots = ps.iter().any(|&p| self.pattern.kind(p) == Kind::Ellipsis);
        if self.options.ac_matching && self.is_commutative(operator) {
            ps.retain(|&p| self.pattern.kind(p) != Kind::Ellipsis);
            // What is named leaves less to choose from.
            ps.sort_by_key(|&p| self.pattern.kind(p) == Kind::Metavar);
            self.subset(&ps, ts, env)
        } else if dots || associative {
            self.runs(&ps, ts, associative, env)
        } else {
            Ok(Vec::new())
        }
    }

    /// The operands of a chain in order, where a metavariable may stand for several side by side.
    fn runs(&self, ps: &[NodeId], ts: &[NodeId], associative: bool, env: Env) -> Envs {
        self.budget.tick()?;
        let Some((&p, rest)) = ps.split_first() else { return Ok(keep(ts.is_empty(), env)) };
        let mut out = Vec::new();
        let (shortest, longest) = match self.pattern.kind(p) {
            Kind::Ellipsis => (usize::from(!associative), ts.len()),
            Kind::Metavar if associative => (1, ts.len()),
            _ => (1, 1.min(ts.len())),
        };
        for length in shortest..=longest {
            let (taken, others) = ts.split_at(length);
            let envs = match taken {
                [] => vec![env.clone()],
                [one] => self.node(p, *one, env.clone())?,
                many if self.pattern.kind(p) == Kind::Metavar => {
                    self.bind(p, Binding::Nodes(many.to_vec(), self.span_of(many)), env.clone())
                }
                _ => vec![env.clone()],
            };
            extend(&mut out, self.each(envs, |env| self.runs(rest, others, associative, env))?);
            if out.len() > MOST_ORDERS {
                break;
            }
        }
        Ok(out)
    }

    fn is_commutative(&self, operator: Symbol) -> bool {
        match operator.as_str() {
            "&" | "|" | "^" => true,
            "&&" | "||" => self.options.commutative_boolop,
            _ => false,
        }
    }
}

fn is_associative(operator: Symbol) -> bool {
    matches!(operator.as_str(), "&&" | "||" | "&" | "|" | "^" | ".")
}

/// The operands of a chain of one operator.
fn operands(tree: &weir_syntax::Tree, node: NodeId, operator: Symbol, out: &mut Vec<NodeId>) {
    if tree.kind(node) == Kind::Binary && tree.sym(node) == operator {
        for child in tree.children(node) {
            operands(tree, child, operator, out);
        }
    } else {
        out.push(node);
    }
}
