//! A regex as an automaton whose states are the places in it that read a character.
//!
//! Characters are told apart only as far as the regex does: each class of them is a bit, the end of the text one more.

use super::charset::CharSet;
use super::parse::Node;

/// Classes of characters.
pub(super) type Classes = u128;

/// The end of the text.
pub(super) const END: Classes = 1 << 127;

/// So many classes have a bit.
const MAX_CLASSES: usize = 127;

/// A loop of more rounds counts as one without end.
const MAX_COPIES: u32 = 16;

/// Larger automata are not looked at: what follows takes time that grows with the square of it and more.
const MAX_NODES: usize = 2_000;

/// So many steps are taken to find which place follows which.
const MAX_STEPS: usize = 1 << 19;

/// The automaton of a regex, or of a part of it that is matched by itself.
pub(super) struct Automaton {
    pub(super) follow: Vec<Vec<Edge>>,
    /// By state: before which classes all is matched.
    pub(super) accepts: Vec<Classes>,
    /// All classes, the end included.
    pub(super) alphabet: Classes,
}

/// From one state to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) to: usize,
    /// The classes with which it can be gone.
    pub(super) once: Classes,
    /// Those with which it can be gone in more than one way.
    pub(super) twice: Classes,
}

/// A place between characters, or before one.
enum Place {
    Fork(Vec<usize>),
    /// Goes on if what comes next is in the classes.
    Guard(Classes, usize),
    /// Reads a character; the number of the state after it.
    Read {
        classes: Classes,
        state: usize,
    },
    Accept,
}

impl Automaton {
    /// The automaton of a regex; `None` if it is too large.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let mut builder = Builder { classes: Alphabet::of(node)?, places: vec![Place::Accept], after: Vec::new() };
        let alphabet = builder.classes.all | END;
        // What is judged apart is judged without what is around it.
        let node = match node {
            Node::Atomic(inner) | Node::Look { inner, .. } => inner,
            other => other,
        };
        builder.add(node, 0)?;
        let Builder { places, after, .. } = builder;
        let mut walk =
            Walk { places: &places, on_path: vec![false; places.len()], steps: 0, edges: Vec::new(), accepts: 0 };
        let (mut follow, mut accepts) = (Vec::new(), Vec::new());
        for &place in &after {
            walk.accepts = 0;
            walk.from(place, alphabet)?;
            follow.push(std::mem::take(&mut walk.edges));
            accepts.push(walk.accepts);
        }
        Some(Self { follow, accepts, alphabet })
    }
}

struct Builder {
    classes: Alphabet,
    places: Vec<Place>,
    /// By state: the place after it.
    after: Vec<usize>,
}

impl Builder {
    fn place(&mut self, place: Place) -> Option<usize> {
        self.places.push(place);
        (self.places.len() <= MAX_NODES).then(|| self.places.len() - 1)
    }

    /// Adds a part that goes on at `next`; gives where it begins.
    fn add(&mut self, node: &Node, next: usize) -> Option<usize> {
        match node {
            Node::Set(set) => {
                let classes = self.classes.of_set(set);
                self.read(classes, next)
            }
            Node::Concat(parts) => parts.iter().rev().try_fold(next, |next, part| self.add(part, next)),
            Node::Either(parts) => {
                let begins = parts.iter().map(|part| self.add(part, next)).collect::<Option<_>>()?;
                self.place(Place::Fork(begins))
            }
            Node::Repeat { inner, min, max } => self.repeat(inner, *min, *max, next),
            Node::Atomic(inner) => self.atomic(inner, next),
            Node::Look { inner, ahead: true, negative } => match self.guard(inner, *negative) {
                Some(classes) => self.place(Place::Guard(classes, next)),
                None => Some(next),
            },
            Node::Look { .. } => Some(next),
            Node::End { or_line } => {
                let end = self.place(Place::Guard(END, next))?;
                if !or_line {
                    return Some(end);
                }
                let line = self.read(self.classes.of_set(&CharSet::one('\n')), end)?;
                self.place(Place::Fork(vec![line, end]))
            }
        }
    }

    fn read(&mut self, classes: Classes, next: usize) -> Option<usize> {
        self.after.push(next);
        self.place(Place::Read { classes, state: self.after.len() - 1 })
    }

    fn repeat(&mut self, inner: &Node, min: u32, max: Option<u32>, next: usize) -> Option<usize> {
        let mut begin = next;
        if let Some(max) = max.filter(|&max| max <= MAX_COPIES) {
            for _ in min..max {
                let one_more = self.add(inner, begin)?;
                begin = self.place(Place::Fork(vec![one_more, next]))?;
            }
        } else {
            // Another place than where a round ends: who comes anew has not just gone round without reading.
            let again = self.place(Place::Fork(Vec::new()))?;
            let body = self.add(inner, again)?;
            self.places[again] = Place::Fork(vec![body, next]);
            begin = self.place(Place::Fork(vec![body, next]))?;
        }
        (0..min.min(MAX_COPIES)).try_fold(begin, |begin, _| self.add(inner, begin))
    }

    /// What is not gone back into. A loop in it ends where no more of its characters come.
    fn atomic(&mut self, inner: &Node, next: usize) -> Option<usize> {
        let Some(min) = least_rounds(inner) else { return self.add(inner, next) };
        let classes = self.characters(inner);
        let exit = self.place(Place::Guard(!classes, next))?;
        let begin = self.place(Place::Fork(Vec::new()))?;
        let body = self.read(classes, begin)?;
        self.places[begin] = Place::Fork(vec![body, exit]);
        if min { Some(body) } else { Some(begin) }
    }

    /// All characters that a part can read.
    fn characters(&self, node: &Node) -> Classes {
        match node {
            Node::Set(set) => self.classes.of_set(set),
            Node::Look { .. } => 0,
            _ => node.children().fold(0, |all, child| all | self.characters(child)),
        }
    }

    /// Before what a look-ahead lets go on, if that is a matter of one character.
    fn guard(&self, inner: &Node, negative: bool) -> Option<Classes> {
        let (classes, is_all) = self.first(inner)?;
        if negative { is_all.then_some(!classes) } else { Some(classes) }
    }

    /// What a part begins with, and whether that is all of it.
    fn first(&self, node: &Node) -> Option<(Classes, bool)> {
        match node {
            Node::Set(set) => Some((self.classes.of_set(set), true)),
            Node::End { or_line: false } => Some((END, true)),
            Node::End { or_line: true } => Some((END | self.classes.of_set(&CharSet::one('\n')), true)),
            Node::Concat(parts) => match parts.as_slice() {
                [only] => self.first(only),
                [first, ..] => self.first(first).map(|(classes, _)| (classes, false)),
                [] => None,
            },
            Node::Either(parts) => parts.iter().map(|part| self.first(part)).reduce(|a, b| {
                let ((a, a_is_all), (b, b_is_all)) = (a?, b?);
                Some((a | b, a_is_all && b_is_all))
            })?,
            _ => None,
        }
    }
}

/// Whether a part with a loop without end reads something at least; `None` if it has no such loop.
fn least_rounds(node: &Node) -> Option<bool> {
    fn has_loop(node: &Node) -> bool {
        matches!(node, Node::Repeat { max, .. } if max.is_none_or(|max| max > MAX_COPIES))
            || node.children().any(has_loop)
    }
    fn reads(node: &Node) -> bool {
        match node {
            Node::Set(_) => true,
            Node::Concat(parts) => parts.iter().any(reads),
            Node::Either(parts) => parts.iter().all(reads),
            Node::Repeat { inner, min, .. } => *min > 0 && reads(inner),
            Node::Atomic(inner) => reads(inner),
            Node::Look { .. } | Node::End { .. } => false,
        }
    }
    has_loop(node).then(|| reads(node))
}

/// Finds what can be read after a state, by every way through places that reads nothing in between.
struct Walk<'p> {
    places: &'p [Place],
    on_path: Vec<bool>,
    steps: usize,
    edges: Vec<Edge>,
    accepts: Classes,
}

impl Walk<'_> {
    fn from(&mut self, start: usize, alphabet: Classes) -> Option<()> {
        // What is left to do: a place to go to, or one to leave again.
        let mut rest = vec![(start, alphabet, false)];
        while let Some((at, guard, leaves)) = rest.pop() {
            if leaves {
                self.on_path[at] = false;
                continue;
            }
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return None;
            }
            // Engines do not go round a loop in which nothing is read.
            if self.on_path[at] || guard == 0 {
                continue;
            }
            match &self.places[at] {
                Place::Accept => self.accepts |= guard,
                Place::Read { classes, state } => self.edge(*state, guard & classes),
                Place::Guard(classes, next) => rest.push((*next, guard & classes, false)),
                Place::Fork(ways) => {
                    self.on_path[at] = true;
                    rest.push((at, guard, true));
                    rest.extend(ways.iter().map(|&way| (way, guard, false)));
                }
            }
        }
        Some(())
    }

    fn edge(&mut self, to: usize, classes: Classes) {
        if classes == 0 {
            return;
        }
        if let Some(edge) = self.edges.iter_mut().find(|edge| edge.to == to) {
            edge.twice |= edge.once & classes;
            edge.once |= classes;
        } else {
            self.edges.push(Edge { to, once: classes, twice: 0 });
        }
    }
}

/// The classes of characters that a regex tells apart.
struct Alphabet {
    /// A character of each class.
    samples: Vec<u32>,
    all: Classes,
}

impl Alphabet {
    fn of(node: &Node) -> Option<Self> {
        let mut sets = vec![CharSet::one('\n')];
        let mut rest = vec![node];
        while let Some(node) = rest.pop() {
            if let Node::Set(set) = node
                && !sets.contains(set)
            {
                sets.push(set.clone());
            }
            rest.extend(node.children());
        }
        let mut edges: Vec<u32> = sets.iter().flat_map(CharSet::edges).chain([0]).filter(|&c| c <= 0x10_ffff).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut seen: Vec<Vec<bool>> = Vec::new();
        let mut samples = Vec::new();
        for sample in edges {
            let within: Vec<bool> = sets.iter().map(|set| set.contains(sample)).collect();
            if !seen.contains(&within) {
                seen.push(within);
                samples.push(sample);
            }
            if samples.len() > MAX_CLASSES {
                return None;
            }
        }
        let all = (1 << samples.len()) - 1;
        Some(Self { samples, all })
    }

    fn of_set(&self, set: &CharSet) -> Classes {
        let bits = self.samples.iter().enumerate().filter(|(_, sample)| set.contains(**sample));
        bits.fold(0, |classes, (bit, _)| classes | (1 << bit))
    }
}
