//! Runs of statements.

use super::{Envs, Unifier, extend, is_expression_kind};
use crate::budget::Stop;
use crate::matching::Binding;
use crate::matching::ellipsis::{Reached, Tail};
use crate::matching::metavar::Env;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role};

impl Unifier<'_> {
    /// A block of a pattern against a block of code.
    pub(super) fn block(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let ps: Vec<NodeId> = self.pattern.children(p).collect();
        let ts: Vec<NodeId> = self.file.tree.children(t).collect();
        if let [only] = ps[..] {
            // One metavariable is all the block does, unless braces say that it is one statement.
            let (block, body) = (self.pattern.span(p), self.pattern.span(only));
            let braces = block.start != body.start && !has_suites(self.file.language);
            if self.pattern.kind(only) == Kind::Metavar && !braces {
                return Ok(self.bind(only, Binding::Node(if let [one] = ts[..] { one } else { t }), env));
            }
        }
        // Without ellipsis the pattern shows all there is.
        let tail = if ps.iter().any(|&p| self.is_sequence_hole(p)) { Tail::Free } else { Tail::Exact };
        let reached = self.statements(&ps, &ts, env, tail)?;
        let mut out = Vec::new();
        for (_, state) in reached {
            extend(&mut out, vec![state]);
        }
        Ok(out)
    }

    /// A run of statements from the first of `ts` on: where the last statement passed ends, and the bindings.
    ///
    /// An ellipsis reaches into nested blocks, so with one in the pattern the list is all statements below in their order.
    pub(in crate::matching) fn statements(
        &self,
        ps: &[NodeId],
        ts: &[NodeId],
        env: Env,
        tail: Tail,
    ) -> Result<Vec<(u32, Env)>, Stop> {
        let element = |p: NodeId, t: NodeId, env: Env| self.statement(p, t, env);
        let finish = |reached: Vec<Reached>, list: &[NodeId]| {
            let end = |next: usize| list[..next].iter().map(|&t| self.file.tree.span(t).end).max().unwrap_or_default();
            reached.into_iter().map(|state| (end(state.next), state.env)).collect()
        };
        if !ps.iter().any(|&p| self.is_sequence_hole(p)) {
            return Ok(finish(self.sequence(ps, ts, env, tail, &element)?, ts));
        }
        let flat = self.flattened(ts);
        Ok(finish(self.sequence(ps, &flat, env, tail, &element)?, &flat))
    }

    fn is_sequence_hole(&self, p: NodeId) -> bool {
        matches!(self.pattern.kind(p), Kind::Ellipsis | Kind::EllipsisMetavar)
    }

    /// The statements and all statements below them, in order.
    fn flattened(&self, ts: &[NodeId]) -> Vec<NodeId> {
        let tree = self.file.tree;
        let (Some(&first), Some(&last)) = (ts.first(), ts.last()) else { return Vec::new() };
        (first.0..tree.end(last).0)
            .map(NodeId)
            .filter(|&node| {
                let is_statement = match tree.role(node) {
                    Role::Stmt => true,
                    Role::Else => tree.kind(node) == Kind::If,
                    role => role == tree.role(first) && tree.parent(node) == tree.parent(first),
                };
                is_statement && tree.kind(node) != Kind::Block
            })
            .collect()
    }

    /// A statement of a run: an expression also stands for a simple statement that contains it.
    fn statement(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let mut envs = self.node(p, t, env.clone())?;
        let kind = self.pattern.kind(p);
        let searchable = is_expression_kind(kind) || kind == Kind::TypedMetavar;
        let tree = self.file.tree;
        let simple = is_expression_kind(tree.kind(t)) || matches!(tree.kind(t), Kind::VarDef | Kind::Return);
        if self.options.implicit_deep_exprstmt && searchable && simple {
            for child in tree.children(t) {
                self.within_statement(p, child, &env, &mut envs)?;
            }
        }
        Ok(envs)
    }

    /// Expressions below a simple statement, but not within what runs at another time or makes something of its own.
    fn within_statement(&self, p: NodeId, t: NodeId, env: &Env, out: &mut Vec<Env>) -> Result<(), Stop> {
        let kind = self.file.tree.kind(t);
        if matches!(kind, Kind::Lambda | Kind::Comprehension | Kind::Class | Kind::Block) {
            return Ok(());
        }
        if self.is_expression(t) {
            extend(out, self.node(p, t, env.clone())?);
        }
        if kind == Kind::New {
            return Ok(());
        }
        for child in self.file.tree.children(t) {
            self.within_statement(p, child, env, out)?;
        }
        Ok(())
    }
}

/// Whether blocks have no braces, so that a block of one statement and the statement look alike.
fn has_suites(language: Language) -> bool {
    matches!(language, Language::Python | Language::Ruby | Language::Elixir)
}
