//! Calls: positional arguments in order, keyword arguments in any.

use super::{Envs, Unifier, extend};
use crate::matching::metavar::Env;
use weir_syntax::{Kind, NodeId, Role};

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

    fn is_dots(&self, p: NodeId) -> bool {
        matches!(self.pattern.kind(p), Kind::Ellipsis | Kind::EllipsisMetavar)
    }

    /// Arguments: each of the pattern's keyword arguments takes one of the code's, the rest stays in order.
    fn arguments(&self, ps: &[NodeId], ts: &[NodeId], env: Env) -> Envs {
        let keyword = ps.iter().position(|&p| self.pattern.kind(p) == Kind::KeywordArg);
        let Some(at) = keyword else {
            let dots = ps.iter().any(|&p| self.is_dots(p));
            let is_keyword = |t: &NodeId| self.file.tree.kind(*t) == Kind::KeywordArg;
            if !dots && ts.iter().any(is_keyword) {
                return Ok(Vec::new());
            }
            let only_dots = |p: NodeId, t: NodeId, env: Env| {
                // A keyword argument is never what a positional pattern means; only ellipses pass over it.
                if is_keyword(&t) { Ok(Vec::new()) } else { self.node(p, t, env) }
            };
            let reached = self.sequence(ps, ts, env, crate::matching::ellipsis::Tail::Exact, &only_dots)?;
            return Ok(reached.into_iter().map(|state| state.env).collect());
        };
        let mut others = ps.to_vec();
        let p = others.remove(at);
        let mut out = Vec::new();
        for (at, &t) in ts.iter().enumerate().filter(|&(_, &t)| self.file.tree.kind(t) == Kind::KeywordArg) {
            let envs = self.structure(p, t, env.clone())?;
            if envs.is_empty() {
                continue;
            }
            let mut rest = ts.to_vec();
            rest.remove(at);
            extend(&mut out, self.each(envs, |env| self.arguments(&others, &rest, env))?);
        }
        Ok(out)
    }
}
