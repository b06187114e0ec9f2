//! Runs of statements.

use super::{Envs, Unifier, extend, is_expression_kind};
use crate::budget::Stop;
use crate::flow::Value;
use crate::matching::Binding;
use crate::matching::candidates::can_match;
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
        let names = self.unifier.needed(p, env)?;
        // To go up from each occurrence costs about what to try a statement does.
        let occurrences: usize = names.iter().map(|&name| index.occurrences_in(name, scope.clone()).len()).sum();
        if occurrences >= self.all.len() - from {
            return None;
        }
        let holding = names.iter().flat_map(|&name| index.holding(tree, name, scope.clone()));
        let mut places: Vec<usize> = holding.filter_map(|node| self.all.binary_search(&node).ok()).collect();
        places.sort_unstable();
        places.dedup();
        Some(places)
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

    /// Of the names one of which a statement must contain to match a pattern's under some bindings, the rarest, if any are
    /// known.
    fn needed(&self, p: NodeId, env: &Env) -> Option<Vec<Symbol>> {
        let mut needs: Vec<Vec<Symbol>> = self.anchor(p).map(|name| vec![name]).into_iter().collect();
        if !self.options.symbolic_propagation && self.file.language != Language::Php {
            self.bound_names(p, env, &mut needs);
        }
        let count = |name: &Symbol| self.file.index.occurrences(*name).len();
        needs.into_iter().min_by_key(|names| names.iter().map(count).sum::<usize>())
    }

    /// What the names that are bound already must stand for, as far down as a pattern's parts are all there in code.
    fn bound_names(&self, p: NodeId, env: &Env, needs: &mut Vec<Vec<Symbol>>) {
        match self.pattern.kind(p) {
            Kind::Metavar => {
                let tree = self.file.tree;
                let Some(&Binding::Node(bound)) = env.get(self.pattern.sym(p)) else { return };
                if tree.kind(bound) != Kind::Ident {
                    return;
                }
                // A string that it is known to hold may stand in its place.
                let literal = match self.file.constants.get(bound) {
                    None => None,
                    Some(&Value::Node(value)) if tree.kind(value) == Kind::Str => Some(tree.sym(value)),
                    Some(&Value::Str(content)) => Some(content),
                    Some(_) => return,
                };
                // An imported name may be called otherwise, and of nothing no index is kept.
                let name = tree.sym(bound);
                if !self.file.names.is_imported(name) && literal.is_none_or(|literal| !literal.is_empty()) {
                    needs.push(std::iter::once(name).chain(literal).collect());
                }
            }
            Kind::Array
            | Kind::Assign
            | Kind::Await
            | Kind::Binary
            | Kind::Call
            | Kind::DeepEllipsis
            | Kind::Dict
            | Kind::KeywordArg
            | Kind::Member
            | Kind::New
            | Kind::Pair
            | Kind::Return
            | Kind::Subscript
            | Kind::Unary => self.pattern.children(p).for_each(|child| self.bound_names(child, env, needs)),
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
        self.without_members(first.0..tree.end(last).0, &mut all);
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

    /// Leaves out what the members of objects and classes do that are made in expressions: it does not follow what comes before.
    /// What functions do that are handed on in there may.
    fn without_members(&self, nodes: std::ops::Range<u32>, all: &mut Vec<NodeId>) {
        let (tree, index) = (self.file.tree, &self.file.index);
        let is_script = matches!(self.file.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
        let parent = |node: NodeId| tree.parent(node).map_or(Kind::File, |parent| tree.kind(parent));
        let is_field = |node: NodeId| is_script && parent(node) == Kind::Pair;
        let of = |kind: Kind| index.of_kind(kind, nodes.clone()).iter().copied();
        let methods = of(Kind::Function).filter(|&node| parent(node) == Kind::Dict);
        let fields = of(Kind::Lambda).filter(|&node| is_field(node));
        let classes = of(Kind::Class).filter(|&node| !matches!(tree.role(node), Role::Stmt | Role::Child));
        let bodies = of(Kind::New).filter_map(|node| tree.child(node, Role::Body));
        let mut functions: Vec<_> =
            methods.chain(fields).chain(classes).chain(bodies).map(|node| (node, false)).collect();
        if functions.is_empty() {
            return;
        }
        functions.extend(of(Kind::Lambda).filter(|&node| !is_field(node)).map(|node| (node, true)));
        functions.sort_unstable();
        let mut functions = functions.into_iter().peekable();
        let mut around: Vec<(NodeId, bool)> = Vec::new();
        all.retain(|&t| {
            while let Some((function, follows)) = functions.next_if(|&(function, _)| function < t) {
                around.retain(|&(end, _)| end > function);
                around.push((tree.end(function), follows));
            }
            while around.pop_if(|&mut (end, _)| end <= t).is_some() {}
            around.last().is_none_or(|&(_, follows)| follows)
        });
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
        // A name may stand for code of any kind.
        let can_match = self.options.symbolic_propagation || can_match(self.pattern.kind(p), kind, self.file.language);
        if can_match && self.may_stand(p, t) {
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
