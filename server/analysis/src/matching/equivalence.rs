//! What the rule language sees as equal although the trees differ: constants, imported names, operators in other order,
//! types.

use super::Binding;
use super::metavar::Env;
use super::names::{Segment, module_path};
use super::unify::{Envs, Unifier, extend, keep};
use crate::flow::Value;
use weir_syntax::{Kind, NodeId, Role, Symbol};

impl Unifier<'_> {
    /// Tried when the trees themselves do not match.
    pub(super) fn equivalent(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        match self.pattern.kind(p) {
            Kind::Str | Kind::Number | Kind::Bool | Kind::Null | Kind::Regex | Kind::Atom | Kind::Unary => {
                self.constant(p, t, env)
            }
            Kind::Ident | Kind::Member => match self.file.names.path(self.file.tree, t) {
                Some(path) => Ok(self.dotted(p, &path, env).into_iter().collect()),
                None => Ok(Vec::new()),
            },
            _ => Ok(Vec::new()),
        }
    }

    /// A literal of a pattern against what the code is known to hold.
    fn constant(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        match self.file.constants.get(t) {
            Some(&Value::Node(value)) if value != t => self.node(p, value, env),
            Some(&Value::Str(content)) if self.pattern.kind(p) == Kind::Str => {
                let wanted = self.pattern.sym(p);
                Ok(keep(wanted.as_str() == "..." || wanted == content, env))
            }
            Some(Value::AnyStr) => {
                Ok(keep(self.pattern.kind(p) == Kind::Str && self.pattern.sym(p).as_str() == "...", env))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Imports, told by the full name they bring in: of a pattern's path the code's may be a longer one.
    pub(super) fn import(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let (Some(wanted), Some(module)) = (pattern.child(p, Role::Module), tree.child(t, Role::Module)) else {
            return Ok(Vec::new());
        };
        let mut path = module_path(tree, module);
        let from = tree.kind(t) == Kind::ImportFrom;
        let envs = if pattern.kind(p) == Kind::ImportFrom {
            let envs = self.prefix(wanted, module, &path, env)?;
            self.each(envs, |env| self.roles(p, t, &[Role::Module], env))?
        } else {
            if from {
                let Some(name) = tree.child(t, Role::Name) else { return Ok(Vec::new()) };
                path.push(Segment { name: tree.sym(name), node: name });
            }
            let envs = self.prefix(wanted, module, &path, env)?;
            match (pattern.child(p, Role::Alias), tree.child(t, Role::Alias)) {
                (Some(wanted), Some(alias)) => self.each(envs, |env| self.node(wanted, alias, env))?,
                (Some(_), None) => Vec::new(),
                (None, _) => envs,
            }
        };
        Ok(envs)
    }

    fn prefix(&self, wanted: NodeId, module: NodeId, path: &[Segment], env: Env) -> Envs {
        let envs = self.node(wanted, module, env.clone())?;
        if !envs.is_empty() {
            return Ok(envs);
        }
        Ok((1..=path.len())
            .rev()
            .find_map(|length| self.dotted(wanted, &path[..length], env.clone()))
            .into_iter()
            .collect())
    }

    /// A (possibly dotted) name of a pattern against a full name.
    fn dotted(&self, p: NodeId, path: &[Segment], env: Env) -> Option<Env> {
        let (last, before) = path.split_last()?;
        match self.pattern.kind(p) {
            Kind::Ident => (before.is_empty() && self.pattern.sym(p) == last.name).then_some(env),
            Kind::Metavar => self.bind(p, Binding::Node(last.node), env).pop(),
            Kind::Member => {
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
        if matches!(operator.as_str(), "==" | "!=" | "===") && self.options.symmetric_eq {
            let mut ts: Vec<NodeId> = self.file.tree.children(t).collect();
            ts.reverse();
            let ps: Vec<NodeId> = self.pattern.children(p).collect();
            extend(&mut envs, self.list(&ps, &ts, env)?);
        } else if self.options.ac_matching && is_associative(operator) {
            let (mut ps, mut ts) = (Vec::new(), Vec::new());
            operands(self.pattern, p, operator, &mut ps);
            operands(self.file.tree, t, operator, &mut ts);
            if ps.len() > 2 || ts.len() > 2 || self.is_commutative(operator) {
                let more = if self.is_commutative(operator) {
                    self.in_any_order(ps, &ts, env)?
                } else {
                    self.list(&ps, &ts, env)?
                };
                extend(&mut envs, more);
            }
        }
        Ok(envs)
    }

    fn in_any_order(&self, mut ps: Vec<NodeId>, ts: &[NodeId], env: Env) -> Envs {
        let before = ps.len();
        ps.retain(|&p| self.pattern.kind(p) != Kind::Ellipsis);
        if ps.len() == ts.len() || (before != ps.len() && ps.len() < ts.len()) {
            self.subset(&ps, ts, env)
        } else {
            Ok(Vec::new())
        }
    }

    fn is_commutative(&self, operator: Symbol) -> bool {
        match operator.as_str() {
            "&" | "|" | "^" => true,
            "&&" | "||" => self.options.commutative_boolop,
            _ => false,
        }
    }

    /// Whether code has a type that is written down in the file.
    pub(super) fn of_type(&self, wanted: NodeId, t: NodeId, env: Env) -> Envs {
        let tree = self.file.tree;
        match tree.kind(t) {
            Kind::Ident => match self.file.names.entity(t).and_then(|entity| entity.type_) {
                Some(type_) => self.type_(wanted, type_, env),
                None => Ok(Vec::new()),
            },
            Kind::New => match tree.child(t, Role::Callee) {
                Some(type_) => self.type_(wanted, type_, env),
                None => Ok(Vec::new()),
            },
            Kind::Cast => match tree.child(t, Role::Type) {
                Some(type_) => self.type_(wanted, type_, env),
                None => Ok(Vec::new()),
            },
            kind => Ok(keep(literal_types(kind).contains(&self.pattern.sym(wanted).as_str()), env)),
        }
    }

    fn type_(&self, wanted: NodeId, type_: NodeId, env: Env) -> Envs {
        let envs = self.node(wanted, type_, env.clone())?;
        if !envs.is_empty() || self.file.tree.kind(type_) != Kind::Generic {
            return Ok(envs);
        }
        // `List` is also `List<String>`.
        match self.file.tree.child(type_, Role::Callee) {
            Some(type_) => self.node(wanted, type_, env),
            None => Ok(Vec::new()),
        }
    }
}

fn literal_types(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Str | Kind::Template => &["String", "string", "str"],
        Kind::Number => &["int", "long", "float", "double", "number"],
        Kind::Bool => &["boolean", "bool"],
        _ => &[],
    }
}

fn is_associative(operator: Symbol) -> bool {
    matches!(operator.as_str(), "&&" | "||" | "&" | "|" | "^")
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
