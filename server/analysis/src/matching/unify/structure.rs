//! Nodes of one kind: their children compared role by role, in order or in any.

use super::{Envs, MOST_ORDERS, Unifier, extend, keep};
use crate::matching::ellipsis::Tail;
use crate::matching::metavar::Env;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Tree};

impl Unifier<'_> {
    /// Nodes of one kind: equal symbols, and children role by role.
    pub(super) fn structure(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        if self.sym_matters(p) && self.pattern.sym(p) != self.file.tree.sym(t) {
            return Ok(Vec::new());
        }
        self.roles(p, t, &[], env)
    }

    /// Children role by role, but for the roles in `done`.
    pub(in crate::matching) fn roles(&self, p: NodeId, t: NodeId, done: &[Role], env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let kind = pattern.kind(p);
        // A body that may be anything may also be missing.
        let open_body = kind == Kind::Function
            && !self.is_signature(t)
            && tree.child(t, Role::Body).is_none()
            && pattern.child(p, Role::Body).is_some_and(|body| self.is_all_ellipsis(body));
        // In Java `try { ... }` alone says nothing of what becomes of exceptions.
        let only_body = kind == Kind::Try
            && self.file.language == Language::Java
            && pattern.children(p).all(|child| pattern.role(child) == Role::Body);
        let unknown = tree.children(t).any(|child| {
            let role = tree.role(child);
            let left_out = may_be_left_out(kind, role) || (only_body && role == Role::Finally);
            !done.contains(&role) && pattern.child(p, role).is_none() && !left_out
        });
        if unknown {
            // Only an ellipsis (`return ...`) stands for what has another role or none.
            return Ok(keep(self.is_all_ellipsis(p), env));
        }
        let mut envs = vec![env];
        let mut previous = None;
        for child in pattern.children(p) {
            let role = pattern.role(child);
            if previous == Some(role) || done.contains(&role) || (open_body && role == Role::Body) {
                continue;
            }
            previous = Some(role);
            let ps: Vec<NodeId> = pattern.with_role(p, role).collect();
            let ts: Vec<NodeId> = tree.with_role(t, role).collect();
            envs = self.each(envs, |env| match role {
                Role::Decorator if self.options.decorators_order_matters => self.in_order(&ps, &ts, env),
                Role::Decorator | Role::Modifier | Role::Catch => self.subset(&ps, &ts, env),
                _ => self.list(&ps, &ts, env),
            })?;
            if envs.is_empty() {
                break;
            }
        }
        Ok(envs)
    }

    /// Every pattern's node matches some code's node, in the same order.
    fn in_order(&self, ps: &[NodeId], ts: &[NodeId], env: Env) -> Envs {
        self.budget.tick()?;
        let Some((&p, rest)) = ps.split_first() else { return Ok(vec![env]) };
        if self.pattern.kind(p) == Kind::Ellipsis {
            return self.in_order(rest, ts, env);
        }
        let mut out = Vec::new();
        for (at, &t) in ts.iter().enumerate() {
            for env in self.node(p, t, env.clone())? {
                extend(&mut out, self.in_order(rest, &ts[at + 1..], env)?);
                if out.len() > MOST_ORDERS {
                    return Ok(out);
                }
            }
        }
        Ok(out)
    }

    /// Whether a function without a body has none to be anything: a method of Java's interfaces, a signature in TypeScript.
    fn is_signature(&self, function: NodeId) -> bool {
        if self.has_open_objects() {
            return true;
        }
        let class = self.file.tree.ancestors(function).nth(1);
        self.file.language == Language::Java
            && class.is_some_and(|class| self.file.tree.sym(class).as_str().ends_with("interface"))
    }

    /// Every pattern's node matches some code's node, in any order, each code's node used once.
    pub(in crate::matching) fn subset(&self, ps: &[NodeId], ts: &[NodeId], env: Env) -> Envs {
        self.budget.tick()?;
        let Some((&p, rest)) = ps.split_first() else { return Ok(vec![env]) };
        if self.pattern.kind(p) == Kind::Ellipsis {
            return self.subset(rest, ts, env);
        }
        let mut out = Vec::new();
        for (at, &t) in ts.iter().enumerate() {
            for env in self.node(p, t, env.clone())? {
                let mut others = ts.to_vec();
                others.remove(at);
                extend(&mut out, self.subset(rest, &others, env)?);
                if out.len() > MOST_ORDERS {
                    return Ok(out);
                }
            }
        }
        Ok(out)
    }

    /// Children of one role in any order; without `...` in the pattern none may be left over.
    pub(super) fn unordered(&self, p: NodeId, t: NodeId, role: Role, env: Env) -> Envs {
        let ps: Vec<NodeId> = self.pattern.with_role(p, role).collect();
        let ts: Vec<NodeId> = self.file.tree.with_role(t, role).collect();
        let (dots, ps): (Vec<_>, Vec<_>) = ps.into_iter().partition(|&p| self.pattern.kind(p) == Kind::Ellipsis);
        let open = !dots.is_empty() || (self.has_open_objects() && self.options.implicit_ellipsis);
        if !open && ps.len() != ts.len() && !ps.iter().any(|&p| self.pattern.kind(p) == Kind::EllipsisMetavar) {
            return Ok(Vec::new());
        }
        if ps.iter().any(|&p| self.pattern.kind(p) == Kind::EllipsisMetavar) {
            return self.list(&self.pattern.with_role(p, role).collect::<Vec<_>>(), &ts, env);
        }
        self.subset(&ps, &ts, env)
    }

    /// Attributes in any order and never all of them; content in order, but only if the pattern has some.
    pub(super) fn jsx(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let group = |role: Role| -> (Vec<NodeId>, Vec<NodeId>) {
            (pattern.with_role(p, role).collect(), tree.with_role(t, role).collect())
        };
        let (names, attributes, content) = (group(Role::Name), group(Role::Attr), group(Role::Element));
        let dots = attributes.0.iter().any(|&p| self.pattern.kind(p) == Kind::Ellipsis);
        if !self.options.xml_attrs_implicit_ellipsis && !dots && attributes.0.len() != attributes.1.len() {
            return Ok(Vec::new());
        }
        let envs = self.list(&names.0, &names.1, env)?;
        let envs = self.each(envs, |env| self.subset(&attributes.0, &attributes.1, env))?;
        if content.0.is_empty() && !self.options.xml_singleton_loose_matching && !content.1.is_empty() {
            return Ok(Vec::new());
        }
        // The pattern's content is what the code's begins with.
        let dots = content.0.iter().any(|&p| self.pattern.kind(p) == Kind::Ellipsis);
        let any_order = !self.options.xml_children_ordered && (dots || content.0.len() == content.1.len());
        self.each(envs, |env| {
            if any_order {
                return self.subset(&content.0, &content.1, env);
            }
            let element = |p: NodeId, t: NodeId, env: Env| self.node(p, t, env);
            let reached = self.sequence(&content.0, &content.1, env, Tail::Free, &element)?;
            Ok(reached.into_iter().map(|state| state.env).collect())
        })
    }

    pub(super) fn loop_body(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        match (self.pattern.child(p, Role::Body), self.file.tree.child(t, Role::Body)) {
            (Some(wanted), Some(body)) => self.node(wanted, body, env),
            (wanted, _) => Ok(keep(wanted.is_none(), env)),
        }
    }

    /// Whether a loop is `for (...)`.
    pub(super) fn is_any_loop(&self, p: NodeId) -> bool {
        let pattern = self.pattern;
        pattern.child(p, Role::Cond).is_none()
            && pattern.child(p, Role::Init).is_some_and(|init| pattern.kind(init) == Kind::Ellipsis)
    }

    fn sym_matters(&self, p: NodeId) -> bool {
        if self.pattern.kind(p) == Kind::KeywordArg {
            return false;
        }
        !matches!(
            self.pattern.kind(p),
            Kind::Member | Kind::ForEach | Kind::Function | Kind::Lambda | Kind::Comprehension
        ) || !self.pattern.sym(p).is_empty()
    }
}

/// What a pattern may leave out: it then says nothing about it.
fn may_be_left_out(kind: Kind, role: Role) -> bool {
    match role {
        Role::Type => kind != Kind::Catch,
        Role::Modifier | Role::Decorator | Role::Default | Role::Base | Role::Interface => true,
        // `raise E from e`
        Role::Arg => kind == Kind::Throw,
        Role::Else => matches!(kind, Kind::If | Kind::While | Kind::ForEach),
        Role::Body => !matches!(kind, Kind::Lambda | Kind::Try | Kind::New),
        Role::Then => kind == Kind::If,
        Role::Alias => true,
        Role::Catch | Role::Resource => kind == Kind::Try,
        Role::Name => kind == Kind::Lambda,
        Role::Guard | Role::Case => true,
        // Java's `throws` and type parameters, options of Elixir's `use` and `for`.
        Role::Child => matches!(kind, Kind::Function | Kind::Class | Kind::ForEach | Kind::Import),
        Role::Param => kind == Kind::Class,
        Role::Callee => kind == Kind::Dict,
        Role::Module => kind == Kind::ImportFrom,
        Role::Part => kind == Kind::Regex,
        _ => false,
    }
}

/// Whether an index is a slice, which no single index stands for.
pub(super) fn slices(tree: &Tree, subscript: NodeId) -> bool {
    tree.with_role(subscript, Role::Index).any(|index| tree.kind(index) == Kind::Slice)
}
