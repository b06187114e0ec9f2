//! How many ways through an automaton one text can have.
//!
//! Two ways are followed at once, as pairs of states that read the same: if a pair of one state leads back to itself in two
//! ways, every repetition of the text between doubles the ways. Three are followed at once for loops in a row: from one state
//! back to it, from there to another, and from that back to it, over the same text.

use super::automaton::{Automaton, Classes, END};
use crate::budget::{Budget, Stop};
use std::collections::{HashMap, HashSet, VecDeque};

/// So many loops over the same text in a row make a regex vulnerable: with three of them a thousand characters take some
/// seconds, with four an hour.
const MANY: usize = 4;

/// So many steps are taken before a regex is given up as too large; some 100 ms.
const MAX_WORK: usize = 2_000_000;

/// So many sets of states are tried for a text after which nothing matches.
const MAX_SETS: usize = 64;

/// Whether some text has very many ways, and something may follow it with which none of them matches.
pub(super) fn is_vulnerable(automaton: &Automaton, budget: &Budget<'_>) -> Result<bool, Stop> {
    let components = components(automaton);
    let mut search = Search { automaton, budget, component: &components.of, work: 0 };
    for state in (0..automaton.follow.len()).filter(|&state| components.loops[components.of[state]]) {
        if let Some(text) = search.two_ways(state)?
            && search.can_fail_after(state, &text)?
        {
            return Ok(true);
        }
    }
    search.loops_in_a_row(&components)
}

/// The strongly connected components: states that lead to each other. Numbers fall along edges.
struct Components {
    of: Vec<usize>,
    /// Whether a component's states lead back to themselves.
    loops: Vec<bool>,
}

fn components(automaton: &Automaton) -> Components {
    let states = automaton.follow.len();
    let (mut of, mut low, mut order) = (vec![usize::MAX; states], vec![0; states], vec![usize::MAX; states]);
    let (mut stack, mut next, mut count) = (Vec::new(), 0, 0);
    for root in 0..states {
        if order[root] != usize::MAX {
            continue;
        }
        // Tarjan's algorithm; each entry: a state and how many of its edges are through.
        let mut path = vec![(root, 0)];
        while let Some((state, edge)) = path.last_mut() {
            let state = *state;
            if *edge == 0 {
                (order[state], low[state]) = (next, next);
                next += 1;
                stack.push(state);
            }
            if let Some(to) = automaton.follow[state].get(*edge).map(|edge| edge.to) {
                *edge += 1;
                if order[to] == usize::MAX {
                    path.push((to, 0));
                } else if of[to] == usize::MAX {
                    low[state] = low[state].min(order[to]);
                }
                continue;
            }
            path.pop();
            if let Some((above, _)) = path.last() {
                low[*above] = low[*above].min(low[state]);
            }
            if low[state] == order[state] {
                while let Some(member) = stack.pop() {
                    of[member] = count;
                    if member == state {
                        break;
                    }
                }
                count += 1;
            }
        }
    }
    let mut loops = vec![false; count];
    for (state, edges) in automaton.follow.iter().enumerate() {
        loops[of[state]] |= edges.iter().any(|edge| of[edge.to] == of[state]);
    }
    Components { of, loops }
}

struct Search<'a> {
    automaton: &'a Automaton,
    budget: &'a Budget<'a>,
    component: &'a [usize],
    work: usize,
}

/// The classes of a text.
type Text = Vec<Classes>;

impl Search<'_> {
    /// A text that leads from a state back to it in two ways.
    fn two_ways(&mut self, state: usize) -> Result<Option<Text>, Stop> {
        let (follow, component) = (&self.automaton.follow, self.component);
        let home = component[state];
        self.search((state, state, false), (state, state, true), |&(a, b, apart), found| {
            for first in follow[a].iter().filter(|edge| component[edge.to] == home) {
                for second in follow[b].iter().filter(|edge| component[edge.to] == home) {
                    let classes = first.once & second.once;
                    found((first.to, second.to, apart || first.to != second.to), classes);
                    if a == b && first.to == second.to {
                        found((first.to, second.to, true), first.twice);
                    }
                }
            }
        })
    }

    /// A text over which one state leads back to itself and to another, and that back to itself.
    fn one_after_the_other(&mut self, first: usize, second: usize) -> Result<Option<Text>, Stop> {
        let (follow, component) = (&self.automaton.follow, self.component);
        let (home, other) = (component[first], component[second]);
        self.search((first, first, second), (first, second, second), |&(a, b, c), found| {
            for x in follow[a].iter().filter(|edge| component[edge.to] == home) {
                for z in follow[c].iter().filter(|edge| component[edge.to] == other && edge.once & x.once != 0) {
                    // Between the two components only: numbers fall along edges.
                    for y in follow[b].iter().filter(|edge| (other..=home).contains(&component[edge.to])) {
                        found((x.to, y.to, z.to), x.once & y.once & z.once);
                    }
                }
            }
        })
    }

    /// A shortest text from one node of a graph to another; none too if that takes too long.
    fn search<T: Copy + Eq + std::hash::Hash>(
        &mut self,
        from: T,
        to: T,
        neighbours: impl Fn(&T, &mut dyn FnMut(T, Classes)),
    ) -> Result<Option<Text>, Stop> {
        let mut came: HashMap<T, (T, Classes)> = HashMap::new();
        let mut rest = VecDeque::from([from]);
        while let Some(at) = rest.pop_front() {
            self.budget.tick()?;
            let mut steps = 0;
            neighbours(&at, &mut |next, classes| {
                steps += 1;
                let classes = classes & !END;
                if classes != 0 && !came.contains_key(&next) {
                    came.insert(next, (at, classes & classes.wrapping_neg()));
                    rest.push_back(next);
                }
            });
            self.work += steps;
            if self.work > MAX_WORK {
                return Ok(None);
            }
            if came.contains_key(&to) {
                let mut text = Vec::new();
                let mut at = to;
                while let Some(&(before, class)) = came.get(&at) {
                    text.push(class);
                    at = before;
                    if at == from {
                        break;
                    }
                }
                text.reverse();
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// Whether [`MANY`] loops that read the same follow each other.
    fn loops_in_a_row(&mut self, components: &Components) -> Result<bool, Stop> {
        let looping: Vec<usize> =
            (0..self.component.len()).filter(|&state| components.loops[self.component[state]]).collect();
        // By component: the most loops in a row that begin with it, the last one's state, and the text they share with it.
        let mut longest: Vec<(usize, Option<(usize, Text)>)> = vec![(1, None); components.loops.len()];
        let mut order = looping.clone();
        order.sort_by_key(|&state| self.component[state]);
        for &first in &order {
            for &second in &order {
                let (from, to) = (self.component[first], self.component[second]);
                if to >= from || longest[to].0 < longest[from].0 {
                    continue;
                }
                if let Some(text) = self.one_after_the_other(first, second)? {
                    let last = longest[to].1.clone().unwrap_or((second, text));
                    longest[from] = (longest[to].0 + 1, Some(last));
                }
            }
        }
        for (count, last) in longest {
            if let Some((state, text)) = last.filter(|_| count >= MANY)
                && self.can_fail_after(state, &text)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether what begins at a state with a text over and over can go on so that nothing matches.
    fn can_fail_after(&self, state: usize, text: &Text) -> Result<bool, Stop> {
        let mut states = vec![state];
        for &class in text.iter().chain(text) {
            if self.matches(&states, class) {
                return Ok(false);
            }
            states = self.step(&states, class);
        }
        let mut seen = HashSet::from([states.clone()]);
        let mut rest = VecDeque::from([states]);
        while let Some(states) = rest.pop_front() {
            self.budget.tick()?;
            if !self.matches(&states, END) {
                return Ok(true);
            }
            let mut classes = self.automaton.alphabet & !END;
            while classes != 0 && seen.len() < MAX_SETS {
                let class = classes & classes.wrapping_neg();
                classes &= !class;
                if self.matches(&states, class) {
                    continue;
                }
                let next = self.step(&states, class);
                if next.is_empty() {
                    return Ok(true);
                }
                if seen.insert(next.clone()) {
                    rest.push_back(next);
                }
            }
        }
        Ok(false)
    }

    /// Whether one of the states has matched all before a class.
    fn matches(&self, states: &[usize], class: Classes) -> bool {
        states.iter().any(|&state| self.automaton.accepts[state] & class != 0)
    }

    fn step(&self, states: &[usize], class: Classes) -> Vec<usize> {
        let edges = states.iter().flat_map(|&state| &self.automaton.follow[state]);
        let mut next: Vec<usize> = edges.filter(|edge| edge.once & class != 0).map(|edge| edge.to).collect();
        next.sort_unstable();
        next.dedup();
        next
    }
}
