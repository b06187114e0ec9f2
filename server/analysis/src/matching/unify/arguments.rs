//! Calls: positional arguments in order, keyword arguments in any.

use super::{Envs, Unifier, extend};
use crate::matching::Binding;
use crate::matching::ellipsis::Tail;
use crate::matching::metavar::Env;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Tree};

impl Unifier<'_> {
    /// Calls and `new`.
    pub(super) fn call(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let (Some(callee), Some(called)) = (pattern.child(p, Role::Callee), tree.child(t, Role::Callee)) else {
            return self.roles(p, t, &[], env);
        };
        let envs = self.node(callee, called, env)?;
        if envs.is_empty() {
            return Ok(envs);
        }
        let ps: Vec<NodeId> = pattern.with_role(p, Role::Arg).collect();
        let template = ps.first().is_some_and(|&arg| pattern.kind(arg) == Kind::Template);
        if template && is_tagged(pattern, p) != is_tagged(tree, t) {
            return Ok(Vec::new());
        }
        let mut ts: Vec<NodeId> = tree.with_role(t, Role::Arg).collect();
        let has_block = pattern.child(p, Role::BlockArg).is_some();
        if !has_block {
            // An ellipsis among the arguments may stand for a block, too.
            ts.extend(tree.with_role(t, Role::BlockArg).filter(|_| ps.iter().any(|&p| self.is_dots(p))));
        }
        let mut done = vec![Role::Callee, Role::Arg];
        if !has_block {
            done.push(Role::BlockArg);
        }
        let envs = self.each(envs, |env| self.arguments(&ps, &ts, env))?;
        self.each(envs, |env| self.roles(p, t, &done, env))
    }

    /// In Ruby a name that is a statement may be a call without arguments.
    pub(super) fn is_hidden_call(&self, t: NodeId) -> bool {
        self.file.language == Language::Ruby && self.file.tree.role(t) == Role::Stmt
    }

    /// `@x` calls `x`; a decorator with arguments has the call in it.
    pub(super) fn decorator_as_call(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        match self.file.tree.child(t, Role::Value) {
            Some(value) if self.file.tree.kind(value) != Kind::Call => self.hidden_call(p, value, env),
            _ => Ok(Vec::new()),
        }
    }

    pub(super) fn hidden_call(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, mut envs) = (self.pattern, vec![env]);
        if let Some(callee) = pattern.child(p, Role::Callee) {
            envs = self.each(envs, |env| self.node(callee, t, env))?;
        }
        let args: Vec<NodeId> = pattern.with_role(p, Role::Arg).collect();
        let no_block = pattern.child(p, Role::BlockArg).is_none();
        self.each(envs, |env| if no_block { self.list(&args, &[], env) } else { Ok(Vec::new()) })
    }

    fn is_dots(&self, p: NodeId) -> bool {
        matches!(self.pattern.kind(p), Kind::Ellipsis | Kind::EllipsisMetavar)
    }

    /// Arguments: a keyword argument of the pattern takes the code's from wherever it stands, the rest goes in order.
    pub(super) fn arguments(&self, ps: &[NodeId], ts: &[NodeId], env: Env) -> Envs {
        self.budget.tick()?;
        let is_keyword = |t: NodeId| self.file.tree.kind(t) == Kind::KeywordArg;
        let is_block = |t: NodeId| self.file.tree.role(t) == Role::BlockArg;
        if !ps.iter().any(|&p| self.pattern.kind(p) == Kind::KeywordArg) {
            // A keyword argument or block is never what a positional pattern means; only ellipses pass over it.
            let element = |p: NodeId, t: NodeId, env: Env| {
                if is_keyword(t) || is_block(t) { Ok(Vec::new()) } else { self.node(p, t, env) }
            };
            let reached = self.sequence(ps, ts, env, Tail::Exact, &element)?;
            return Ok(reached.into_iter().map(|state| state.env).collect());
        }
        let (&p, rest) = ps.split_first().expect("there is a keyword argument");
        let mut out = Vec::new();
        if self.is_dots(p) {
            for at in 0..=ts.len() {
                let env = if self.pattern.kind(p) == Kind::Ellipsis {
                    Some(env.clone())
                } else {
                    let nodes = ts[..at].to_vec();
                    let span = self.span_of(&nodes);
                    self.bind(p, Binding::Nodes(nodes, span), env.clone()).pop()
                };
                if let Some(env) = env {
                    extend(&mut out, self.arguments(rest, &ts[at..], env)?);
                }
            }
        } else if self.pattern.kind(p) == Kind::KeywordArg {
            for (at, &t) in ts.iter().enumerate().filter(|&(_, &t)| is_keyword(t)) {
                let envs = self.structure(p, t, env.clone())?;
                let mut others = ts.to_vec();
                others.remove(at);
                extend(&mut out, self.each(envs, |env| self.arguments(rest, &others, env))?);
            }
        } else if let Some((&t, others)) = ts.split_first().filter(|&(&t, _)| !is_keyword(t) && !is_block(t)) {
            let envs = self.node(p, t, env)?;
            out = self.each(envs, |env| self.arguments(rest, others, env))?;
        }
        Ok(out)
    }
}

/// Whether a call is a tagged template: its argument stands right behind what is called.
fn is_tagged(tree: &Tree, call: NodeId) -> bool {
    let span = |role: Role| tree.child(call, role).map(|child| tree.span(child));
    matches!((span(Role::Callee), span(Role::Arg)), (Some(callee), Some(arg)) if callee.end == arg.start)
}
