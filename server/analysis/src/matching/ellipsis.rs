//! Sequences with `...` and `$...X`: every way to spread a pattern's elements over a list.
//!
//! The pattern is walked once; what is kept between two of its elements is the set of places reached, each with its
//! bindings. Equal states are one state, so that no number of ellipses makes the work exponential.

use super::Binding;
use super::metavar::Env;
use super::unify::Unifier;
use crate::budget::Stop;
use weir_model::Span;
use weir_syntax::{Kind, NodeId};

/// Where a sequence may end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// At the end of the list.
    Exact,
    /// Anywhere.
    Free,
}

/// One way to match a sequence.
#[derive(Clone, PartialEq)]
pub(super) struct Reached {
    /// How many elements of the list are used up.
    pub(super) next: usize,
    /// The bindings.
    pub(super) env: Env,
    /// An ellipsis was just passed: the next element may be anywhere from `next` on.
    floating: bool,
}

/// Matches one element of a pattern's list with one element of the code's.
pub(super) type Element<'u> = dyn Fn(NodeId, NodeId, Env) -> Result<Vec<Env>, Stop> + 'u;

/// What is known of a list beside its elements.
pub(super) trait List {
    /// Where what follows an element begins: elements may have parts of theirs behind them in the list.
    fn after(&self, place: usize) -> usize {
        place + 1
    }

    /// The only places from one on where a pattern's element can match under some bindings, if they are few and known.
    fn places(&self, _p: NodeId, _from: usize, _env: &Env) -> Option<Vec<usize>> {
        None
    }
}

/// A list of which nothing else is known.
struct Plain;

impl List for Plain {}

impl Unifier<'_> {
    /// All ways in which `ps` match a prefix (or all, by `tail`) of `ts`.
    pub(super) fn sequence(
        &self,
        ps: &[NodeId],
        ts: &[NodeId],
        env: Env,
        tail: Tail,
        element: &Element<'_>,
    ) -> Result<Vec<Reached>, Stop> {
        self.sequence_of(ps, ts, env, tail, element, &Plain)
    }

    /// As [`sequence`](Self::sequence), where more is known of the list.
    pub(super) fn sequence_of(
        &self,
        ps: &[NodeId],
        ts: &[NodeId],
        env: Env,
        tail: Tail,
        element: &Element<'_>,
        list: &impl List,
    ) -> Result<Vec<Reached>, Stop> {
        let mut states = vec![Reached { next: 0, env, floating: false }];
        for (at, &p) in ps.iter().enumerate() {
            let last = at + 1 == ps.len();
            let mut next = Vec::new();
            match self.pattern.kind(p) {
                Kind::Ellipsis => {
                    for state in states {
                        add_floating(&mut next, state);
                    }
                }
                Kind::EllipsisMetavar => {
                    let name = self.pattern.sym(p);
                    for state in &states {
                        let starts = if state.floating { state.next..ts.len() + 1 } else { state.next..state.next + 1 };
                        for start in starts {
                            let ends = if last { ts.len() } else { start }..=ts.len();
                            for end in ends {
                                self.budget.tick()?;
                                let nodes = ts[start..end].to_vec();
                                let span = self.span_of(&nodes);
                                if let Some(env) = state.env.clone().bind(self.file, name, Binding::Nodes(nodes, span))
                                {
                                    add(&mut next, Reached { next: end, env, floating: false });
                                }
                            }
                        }
                    }
                }
                _ => {
                    for state in &states {
                        let until = if state.floating { ts.len() } else { ts.len().min(state.next + 1) };
                        let mut attempt = |place: usize| -> Result<(), Stop> {
                            self.budget.tick()?;
                            for env in element(p, ts[place], state.env.clone())? {
                                add(&mut next, Reached { next: list.after(place), env, floating: false });
                            }
                            Ok(())
                        };
                        match list.places(p, state.next, &state.env).filter(|_| state.floating) {
                            Some(places) => places.into_iter().try_for_each(&mut attempt)?,
                            None => (state.next..until).try_for_each(&mut attempt)?,
                        }
                    }
                }
            }
            if next.is_empty() {
                return Ok(next);
            }
            states = next;
        }
        for state in &mut states {
            if state.floating {
                state.next = ts.len();
            }
        }
        if tail == Tail::Exact {
            states.retain(|state| state.next == ts.len());
        }
        Ok(states)
    }

    /// As [`sequence`](Self::sequence) over all of a list of plain nodes; only the bindings are of interest.
    pub(super) fn list(&self, ps: &[NodeId], ts: &[NodeId], env: Env) -> Result<Vec<Env>, Stop> {
        let reached = self.sequence(ps, ts, env, Tail::Exact, &|p, t, env| self.node(p, t, env))?;
        Ok(reached.into_iter().map(|state| state.env).collect())
    }

    /// From the first to the last of some nodes.
    pub(super) fn span_of(&self, nodes: &[NodeId]) -> Span {
        let spans = nodes.iter().map(|&node| self.file.tree.span(node));
        spans.reduce(Span::union).unwrap_or_default()
    }
}

fn add(states: &mut Vec<Reached>, state: Reached) {
    if !states.contains(&state) {
        states.push(state);
    }
}

/// Of floating states with equal bindings the first place reaches all that the others do.
fn add_floating(states: &mut Vec<Reached>, state: Reached) {
    match states.iter_mut().find(|other| other.env == state.env) {
        Some(other) => other.next = other.next.min(state.next),
        None => states.push(Reached { floating: true, ..state }),
    }
}
