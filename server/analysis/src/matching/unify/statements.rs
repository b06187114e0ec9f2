//! Runs of statements.

use super::{Envs, Unifier, extend, is_expression_kind};
use crate::budget::Stop;
use crate::matching::Binding;
use crate::matching::ellipsis::{List, Reached, Tail};
use crate::matching::metavar::Env;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

/// Statements and all statements below them, in order.
struct Flat<'a> {
    unifier: &'a Unifier<'a>,
    all: &'a [NodeId],
    /// Behind the last of them.
    end: NodeId,
}

impl List for Flat<'_> {
    fn after(&self, place: usize) -> usize {
        self.all.partition_point(|&t| t < self.unifier.file.tree.end(self.all[place]))
    }

    fn places(&self, p: NodeId, from: usize, env: &Env) -> Option<Vec<usize>> {
        let (tree, index) = (self.unifier.file.tree, &self.unifier.file.index);
        let scope = self.all.get(from)?.0..self.end.0;
        let name = self.unifier.needed(p, env)?;
        // To go up from each occurrence costs about what to try a statement does.
        if index.occurrences_in(name, scope.clone()).len() >= self.all.len() - from {
            return None;
        }
        let holding = index.holding(tree, name, scope);
        Some(holding.iter().filter_map(|node| self.all.binary_search(node).ok()).collect())
    }
}

impl Unifier<'_> {
    /// A block of a pattern against a block of code, or the one statement that stands for it.
    pub(super) fn block(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let ps: Vec<NodeId> = self.pattern.children(p).collect();
        let is_block = matches!(self.file.tree.kind(t), Kind::Block | Kind::File);
        let ts: Vec<NodeId> = if is_block { self.file.tree.children(t).collect() } else { vec![t] };
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
    /// What is within a statement that the pattern shows does not follow it.
    pub(in crate::matching) fn statements(
        &self,
        ps: &[NodeId],
        ts: &[NodeId],
        env: Env,
        tail: Tail,
    ) -> Result<Vec<(u32, Env)>, Stop> {
        let element = |p: NodeId, t: NodeId, env: Env| self.statement(p, t, &env);
        let finish = |reached: Vec<Reached>, list: &[NodeId]| {
            let mut ends = Vec::with_capacity(list.len() + 1);
            ends.push(0);
            for &t in list.iter().take(reached.iter().map(|state| state.next).max().unwrap_or_default()) {
                ends.push(self.file.tree.span(t).end.max(ends[ends.len() - 1]));
            }
            reached.into_iter().map(|state| (ends[state.next], state.env)).collect()
        };
        if !ps.iter().any(|&p| self.is_sequence_hole(p)) {
            return Ok(finish(self.sequence(ps, ts, env, tail, &element)?, ts));
        }
        // Most places fail at once: what comes first must match what stands there.
        if let (Some(&p), Some(&t)) = (ps.first(), ts.first())
            && !self.is_sequence_hole(p)
            && self.statement(p, t, &env)?.is_empty()
        {
            return Ok(Vec::new());
        }
        let all = self.flattened(ts);
        let end = ts.last().map_or(NodeId(0), |&last| self.file.tree.end(last));
        Ok(finish(self.sequence_of(ps, &all, env, tail, &element, &Flat { unifier: self, all: &all, end })?, &all))
    }

    /// The rarest name that a statement must contain to match a pattern's under some bindings, if one is known.
    fn needed(&self, p: NodeId, env: &Env) -> Option<Symbol> {
        let mut names = Vec::from_iter(self.anchor(p));
        if !self.options.symbolic_propagation && self.file.language != Language::Php {
            self.bound_names(p, env, &mut names);
        }
        names.into_iter().min_by_key(|&name| self.file.index.occurrences(name).len())
    }

    /// The names that what is bound already must stand for, as far down as a pattern's parts are all there in code.
    fn bound_names(&self, p: NodeId, env: &Env, names: &mut Vec<Symbol>) {
        match self.pattern.kind(p) {
            Kind::Metavar => {
                let Some(&Binding::Node(bound)) = env.get(self.pattern.sym(p)) else { return };
                let name = self.file.tree.sym(bound);
                // A name that holds a literal stands for others that do, and an imported one for what it is called here.
                let is_itself = self.file.tree.kind(bound) == Kind::Ident
                    && self.file.constants.get(bound).is_none()
                    && !self.file.names.is_imported(name);
                names.extend(is_itself.then_some(name));
            }
            Kind::Assign
            | Kind::Await
            | Kind::Binary
            | Kind::Call
            | Kind::DeepEllipsis
            | Kind::KeywordArg
            | Kind::Member
            | Kind::New
            | Kind::Return
            | Kind::Subscript
            | Kind::Unary => self.pattern.children(p).for_each(|child| self.bound_names(child, env, names)),
            _ => {}
        }
    }

    /// Whether a pattern's statement stands for any number of statements.
    pub(in crate::matching) fn is_sequence_hole(&self, p: NodeId) -> bool {
        matches!(self.pattern.kind(p), Kind::Ellipsis | Kind::EllipsisMetavar)
    }

    /// The statements and all statements below them, in order.
    fn flattened(&self, ts: &[NodeId]) -> Vec<NodeId> {
        let tree = self.file.tree;
        let (Some(&first), Some(&last)) = (ts.first(), ts.last()) else { return Vec::new() };
        let nested = self.file.index.statements(first.0..tree.end(last).0);
        let mut all = nested.to_vec();
        if tree.role(first) != Role::Stmt {
            all.extend(ts);
            all.sort_unstable();
            all.dedup();
        }
        if self.file.language == Language::Ruby {
            let mut closed = NodeId(0);
            all.retain(|&t| {
                let open = t >= closed;
                if open && self.is_apart(t) {
                    closed = tree.end(t);
                }
                open
            });
        }
        all
    }

    /// Whether what stands in a Ruby statement does not follow what comes before it: that of another object.
    fn is_apart(&self, t: NodeId) -> bool {
        let tree = self.file.tree;
        match tree.kind(t) {
            Kind::Function => self.is_singleton(tree, t),
            Kind::Class => tree.sym(t).as_str() == "module",
            Kind::Other => tree.sym(t).as_str() == "singleton_class",
            _ => false,
        }
    }

    /// A statement of a run: an expression also stands for a simple statement that contains it.
    pub(in crate::matching) fn statement(&self, p: NodeId, t: NodeId, env: &Env) -> Envs {
        if !self.may_occur(p, t.0..self.file.tree.end(t).0) {
            return Ok(Vec::new());
        }
        let mut envs = self.node(p, t, env.clone())?;
        let kind = self.pattern.kind(p);
        let searchable = is_expression_kind(kind) || kind == Kind::TypedMetavar;
        let tree = self.file.tree;
        let simple = is_expression_kind(tree.kind(t))
            || matches!(tree.kind(t), Kind::VarDef | Kind::Return)
            || (tree.kind(t) == Kind::Throw && self.file.language == Language::Php);
        if self.options.implicit_deep_exprstmt && searchable && simple {
            for child in tree.children(t) {
                self.within_statement(p, child, env, &mut envs)?;
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
        if self.may_stand(p, t) {
            extend(out, self.node(p, t, env.clone())?);
        }
        // Semgrep looks into a constructor's arguments in Java, not in JavaScript.
        if kind == Kind::New && self.file.language != Language::Java {
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
