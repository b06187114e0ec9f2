//! Imports, in all the ways to bring in the same thing.

use super::{Envs, Unifier};
use crate::matching::metavar::Env;
use crate::matching::names::{Segment, module_path, required};
use weir_syntax::{Kind, NodeId, Role, Tree};

impl Unifier<'_> {
    /// An import of a pattern against any import of code. The code's module may be one within the pattern's.
    pub(super) fn import(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        if tree.kind(t) == Kind::VarDef {
            return self.import_by_require(p, t, env);
        }
        let Some(module) = tree.child(t, Role::Module) else {
            return if pattern.kind(p) == tree.kind(t) { self.structure(p, t, env) } else { Ok(Vec::new()) };
        };
        let mut path = module_path(tree, module);
        let Some(wanted) = pattern.child(p, Role::Module) else {
            // `import $X` where code says what it imports by a full name.
            let (Some(wanted), Some(name)) = (pattern.child(p, Role::Name), tree.child(t, Role::Name)) else {
                return Ok(Vec::new());
            };
            path.push(Segment { name: tree.sym(name), node: name });
            let same = pattern.sym(p).is_empty() || pattern.sym(p) == tree.sym(t);
            return Ok(self.dotted(wanted, &path, env).filter(|_| same).into_iter().collect());
        };
        match (pattern.kind(p), tree.kind(t)) {
            (Kind::ImportFrom, Kind::ImportFrom) => {
                // Only an asterisk stands for all names.
                let name = |tree: &Tree, node: NodeId| tree.child(node, Role::Name);
                let all = name(tree, t).is_some_and(|name| tree.sym(name).as_str() == "*");
                if all && name(pattern, p).is_some_and(|name| pattern.kind(name) == Kind::Metavar) {
                    return Ok(Vec::new());
                }
                let envs = self.module(wanted, module, &path, env)?;
                self.each(envs, |env| self.roles(p, t, &[Role::Module], env))
            }
            (Kind::ImportFrom, _) => {
                // `from a import b` is also `import a.b`.
                let name = pattern.child(p, Role::Name).filter(|_| pattern.child(p, Role::Alias).is_none());
                let (Some(name), Some(last)) = (name, path.pop()) else {
                    return Ok(Vec::new());
                };
                let env = self.dotted(name, &[last], env).and_then(|env| self.dotted(wanted, &path, env));
                Ok(env.into_iter().collect())
            }
            (_, code) => {
                let alias = (pattern.child(p, Role::Alias), tree.child(t, Role::Alias));
                if code == Kind::ImportFrom {
                    let Some(name) = tree.child(t, Role::Name) else { return Ok(Vec::new()) };
                    if alias.0.is_some() {
                        return Ok(Vec::new());
                    }
                    path.push(Segment { name: tree.sym(name), node: name });
                }
                let envs = self.module(wanted, module, &path, env)?;
                match alias {
                    (Some(wanted), Some(alias)) => self.each(envs, |env| self.node(wanted, alias, env)),
                    (Some(_), None) => Ok(Vec::new()),
                    (None, _) => Ok(envs),
                }
            }
        }
    }

    /// `const m = require("m")`, `const {a} = require("m")`.
    fn import_by_require(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let parts = (pattern.child(p, Role::Module), tree.child(t, Role::Target), tree.child(t, Role::Value));
        let (Some(wanted), Some(target), Some(value)) = parts else { return Ok(Vec::new()) };
        let Some([module]) = required(tree, value).as_deref().and_then(|path| <[Segment; 1]>::try_from(path).ok())
        else {
            return Ok(Vec::new());
        };
        let envs = self.module(wanted, module.node, &[module], env)?;
        let alias = pattern.child(p, Role::Alias);
        let Some(name) = pattern.child(p, Role::Name) else {
            return match alias {
                // `import * as $X` says how the module is imported.
                Some(_) => Ok(Vec::new()),
                None => Ok(envs),
            };
        };
        let mut out = Vec::new();
        for entry in tree.with_role(target, Role::Entry) {
            let (Some(key), Some(local)) = (tree.child(entry, Role::Key), tree.child(entry, Role::Value)) else {
                continue;
            };
            let key = Segment { name: tree.sym(key), node: local };
            for env in &envs {
                if let Some(env) = self.dotted(name, &[key], env.clone()) {
                    out.extend(match alias {
                        Some(alias) => self.node(alias, local, env)?,
                        None => vec![env],
                    });
                }
            }
        }
        Ok(out)
    }

    /// A module's name, or that of a module within it.
    fn module(&self, wanted: NodeId, module: NodeId, path: &[Segment], env: Env) -> Envs {
        let envs = self.node(wanted, module, env.clone())?;
        if !envs.is_empty() {
            return Ok(envs);
        }
        if self.pattern.kind(wanted) == Kind::Str {
            let inner = self.file.tree.sym(module).as_str().strip_prefix(self.pattern.sym(wanted).as_str());
            return Ok(super::keep(inner.is_some_and(|rest| rest.starts_with('/')), env));
        }
        let prefixes = (1..=path.len()).rev();
        Ok(prefixes.filter_map(|length| self.dotted(wanted, &path[..length], env.clone())).take(1).collect())
    }
}
