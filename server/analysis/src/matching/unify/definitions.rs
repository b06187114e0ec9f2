//! Functions, classes and variables.

use super::{Envs, Unifier, extend};
use crate::matching::Binding;
use crate::matching::metavar::Env;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Tree};

impl Unifier<'_> {
    /// Decorators: `@x` and `@x()` are the same, `@x(1)` is something else.
    pub(super) fn decorator(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let parts = |tree: &Tree, node: NodeId| {
            let value = tree.child(node, Role::Value)?;
            Some(match tree.kind(value) {
                Kind::Call => (tree.child(value, Role::Callee)?, tree.with_role(value, Role::Arg).collect()),
                _ => (value, Vec::new()),
            })
        };
        let (Some((wanted, ps)), Some((name, ts))) = (parts(self.pattern, p), parts(self.file.tree, t)) else {
            return Ok(Vec::new());
        };
        let envs = self.node(wanted, name, env)?;
        self.each(envs, |env| self.arguments(&ps, &ts, env))
    }

    /// `catch` clauses; one without a name also matches where the pattern names what it catches by a metavariable.
    pub(super) fn catch(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let kind = |role: Role| pattern.child(p, role).map(|child| pattern.kind(child));
        if kind(Role::Type) == Some(Kind::Ellipsis) || kind(Role::Name) == Some(Kind::Ellipsis) {
            return self.roles(p, t, &[Role::Type, Role::Name], env);
        }
        let types: Vec<NodeId> = tree.with_role(t, Role::Type).collect();
        // One metavariable stands for all that is caught.
        if kind(Role::Type) == Some(Kind::Metavar) && pattern.with_role(p, Role::Type).count() == 1 && types.len() > 1 {
            let wanted = pattern.child(p, Role::Type).expect("it has a kind");
            let span = self.span_of(&types);
            let envs = self.bind(wanted, Binding::Nodes(types, span), env);
            return self.each(envs, |env| self.roles(p, t, &[Role::Type], env));
        }
        let nothing = tree.child(t, Role::Name).is_none() && tree.child(t, Role::Type).is_none();
        if nothing && kind(Role::Name) == Some(Kind::Metavar) && kind(Role::Type).is_none() {
            return self.roles(p, t, &[Role::Name], env);
        }
        self.roles(p, t, &[], env)
    }

    /// Whether a method is an object's own (`def self.m`), which in Ruby is another kind of method.
    pub(super) fn is_singleton(&self, tree: &Tree, function: NodeId) -> bool {
        self.file.language == Language::Ruby
            && tree.with_role(function, Role::Modifier).any(|modifier| tree.sym(modifier).as_str() == "static")
    }

    /// `for x of xs`: a declared variable is as good as one that was there.
    pub(super) fn for_each(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let (Some(wanted), Some(target)) = (pattern.child(p, Role::Target), tree.child(t, Role::Target)) else {
            return self.structure(p, t, env);
        };
        if pattern.kind(wanted) == Kind::VarDef || tree.kind(target) != Kind::VarDef {
            return self.structure(p, t, env);
        }
        let Some(target) = tree.child(target, Role::Target) else { return Ok(Vec::new()) };
        let envs = self.node(wanted, target, env)?;
        self.each(envs, |env| self.roles(p, t, &[Role::Target], env))
    }

    /// `function f() {}` of a pattern against a property or field that holds a function: its name is the function's.
    pub(super) fn function_value(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let is_pair = tree.kind(t) == Kind::Pair && self.has_open_objects();
        let is_field = tree.ancestors(t).nth(1).is_some_and(|above| tree.kind(above) == Kind::Class);
        if !is_pair && !is_field {
            return Ok(Vec::new());
        }
        let target_role = if is_pair { Role::Key } else { Role::Target };
        let (Some(name), Some(target), Some(value)) =
            (pattern.child(p, Role::Name), tree.child(t, target_role), tree.child(t, Role::Value))
        else {
            return Ok(Vec::new());
        };
        if tree.kind(value) != Kind::Lambda || self.is_other_arrow(p, value) {
            return Ok(Vec::new());
        }
        let envs = self.node(name, target, env)?;
        self.each(envs, |env| self.roles(p, value, &[Role::Name], env))
    }

    /// Assignments; Python's `x := v` is `x = v`, JavaScript's `x += v` is `x = x + v`, and `x ??= v` may be `x = v`.
    pub(super) fn assign(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let (wanted, operator) = (pattern.sym(p).as_str(), tree.sym(t).as_str());
        if matches!((wanted, operator), ("=", ":=") | (":=", "=")) {
            return self.roles(p, t, &[], env);
        }
        if operator == "=" && wanted != "=" && self.computes_assignments() {
            return self.computed(p, t, env);
        }
        if wanted == operator || wanted != "=" || !self.computes_assignments() {
            return self.structure(p, t, env);
        }
        if matches!(operator, "??=" | "||=" | "&&=") {
            return self.roles(p, t, &[], env);
        }
        let parts = (pattern.child(p, Role::Target), tree.child(t, Role::Target));
        let values = (pattern.child(p, Role::Value), tree.child(t, Role::Value));
        let ((Some(target), Some(assigned)), (Some(value), Some(added))) = (parts, values) else {
            return Ok(Vec::new());
        };
        let envs = self.node(target, assigned, env)?;
        let is_same =
            |p: NodeId| pattern.kind(p) == Kind::Binary && Some(pattern.sym(p).as_str()) == operator.strip_suffix('=');
        self.each(envs, |env| {
            if !is_same(value) {
                let mut envs = self.node(value, added, env.clone())?;
                if pattern.kind(value) == Kind::DeepEllipsis {
                    extend(&mut envs, self.node(value, assigned, env)?);
                }
                return Ok(envs);
            }
            let (Some(left), Some(right)) = (pattern.child(value, Role::Left), pattern.child(value, Role::Right))
            else {
                return Ok(Vec::new());
            };
            let envs = self.node(left, assigned, env)?;
            self.each(envs, |env| self.node(right, added, env))
        })
    }

    /// `x += v` of a pattern against `x = x + v`.
    fn computed(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let value = tree.child(t, Role::Value).filter(|&value| {
            tree.kind(value) == Kind::Binary
                && pattern.sym(p).as_str().strip_suffix('=') == Some(tree.sym(value).as_str())
        });
        let sides = value.and_then(|value| tree.child(value, Role::Left).zip(tree.child(value, Role::Right)));
        let wanted = pattern.child(p, Role::Target).zip(pattern.child(p, Role::Value));
        let (Some((left, right)), Some((target, added)), Some(assigned)) = (sides, wanted, tree.child(t, Role::Target))
        else {
            return Ok(Vec::new());
        };
        let envs = self.node(target, assigned, env)?;
        let envs = self.each(envs, |env| self.node(target, left, env))?;
        self.each(envs, |env| self.node(added, right, env))
    }

    /// `x = v` of a pattern against a declaration with a value.
    pub(super) fn assign_of_definition(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let parts = |role: Role| Some((pattern.child(p, role)?, tree.child(t, role)?));
        let (Some(target), Some(value)) = (parts(Role::Target), parts(Role::Value)) else { return Ok(Vec::new()) };
        let is_field = || tree.ancestors(t).nth(1).is_some_and(|above| tree.kind(above) == Kind::Class);
        let allowed = self.options.vardef_assign || (self.options.flddef_assign && is_field());
        if !allowed || (pattern.sym(p).as_str() != "=" && !pattern.sym(p).is_empty()) {
            return Ok(Vec::new());
        }
        let envs = self.node(target.0, target.1, env)?;
        self.each(envs, |env| self.node(value.0, value.1, env))
    }

    /// Classes: the pattern's members are some of the code's.
    pub(super) fn class(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        if !pattern.sym(p).is_empty() && pattern.sym(p) != tree.sym(t) {
            return Ok(Vec::new());
        }
        let list = |role: Role| -> (Vec<NodeId>, Vec<NodeId>) {
            (pattern.with_role(p, role).collect(), tree.with_role(t, role).collect())
        };
        let (bases, interfaces) = (list(Role::Base), list(Role::Interface));
        let envs = self.roles(p, t, &[Role::Base, Role::Interface, Role::Body], env)?;
        let envs = self.each(envs, |env| self.subset(&bases.0, &bases.1, env))?;
        let envs = self.each(envs, |env| self.subset(&interfaces.0, &interfaces.1, env))?;
        let (Some(pattern_body), Some(body)) = (pattern.child(p, Role::Body), tree.child(t, Role::Body)) else {
            return Ok(envs);
        };
        let ps: Vec<NodeId> = pattern.children(pattern_body).collect();
        let ts: Vec<NodeId> = tree.children(body).collect();
        // Ruby's classes are run: without an ellipsis the pattern shows all that is.
        if self.file.language == Language::Ruby && ps.is_empty() && !ts.is_empty() {
            return Ok(Vec::new());
        }
        self.each(envs, |env| self.subset(&ps, &ts, env))
    }
}
