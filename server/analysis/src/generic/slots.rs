//! What a pattern's metavariables are bound to while it is tried.

use crate::hash::NumberMap;
use std::collections::HashMap;
use weir_model::Span;
use weir_syntax::Symbol;

/// The metavariables of a pattern: each has a number.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<Symbol>);

/// A set of metavariables, by their numbers.
pub(super) type Set = u64;

impl Names {
    /// The number of a name; an error where there are more names than a [`Set`] holds.
    pub(super) fn slot(&mut self, name: &str) -> Result<usize, String> {
        let name = Symbol::new(name);
        if let Some(slot) = self.0.iter().position(|known| *known == name) {
            return Ok(slot);
        }
        if self.0.len() == Set::BITS as usize {
            return Err(format!("a pattern may have at most {} metavariables", Set::BITS));
        }
        self.0.push(name);
        Ok(self.0.len() - 1)
    }
}

/// The bindings so far, which can be taken back.
pub(super) struct Slots<'a> {
    text: &'a str,
    names: &'a Names,
    caseless: bool,
    bound: Vec<Option<Span>>,
    /// What was bound, in order.
    trail: Vec<usize>,
    values: HashMap<&'a str, u32>,
    keys: HashMap<Vec<u32>, u32>,
}

impl<'a> Slots<'a> {
    pub(super) fn new(text: &'a str, names: &'a Names, caseless: bool) -> Self {
        let bound = vec![None; names.0.len()];
        Self { text, names, caseless, bound, trail: Vec::new(), values: HashMap::new(), keys: HashMap::new() }
    }

    /// How much is bound, to come back to.
    pub(super) fn mark(&self) -> usize {
        self.trail.len()
    }

    /// Takes back what was bound since.
    pub(super) fn undo(&mut self, mark: usize) {
        for slot in self.trail.drain(mark..) {
            self.bound[slot] = None;
        }
    }

    /// What a metavariable is bound to.
    pub(super) fn get(&self, slot: usize) -> Option<Span> {
        self.bound[slot]
    }

    /// Binds a metavariable; `false` if it is bound to another text.
    pub(super) fn bind(&mut self, slot: usize, span: Span) -> bool {
        if let Some(bound) = self.bound[slot] {
            return self.same(bound.text(self.text), span.text(self.text));
        }
        self.bound[slot] = Some(span);
        self.trail.push(slot);
        true
    }

    /// Whether two texts are equal to the pattern.
    pub(super) fn same(&self, a: &str, b: &str) -> bool {
        if self.caseless { a.eq_ignore_ascii_case(b) } else { a == b }
    }

    /// A number for what those of the metavariables in `set` that are bound are bound to: zero if none is.
    pub(super) fn key(&mut self, set: Set) -> u32 {
        let (text, bound) = (self.text, &self.bound);
        let mut key = Vec::new();
        for slot in self.trail.iter().copied().filter(|slot| set >> slot & 1 == 1) {
            let next = self.values.len() as u32;
            let value = bound[slot].unwrap_or_default().text(text);
            key.extend([slot as u32, *self.values.entry(value).or_insert(next)]);
        }
        if key.is_empty() {
            return 0;
        }
        let next = self.keys.len() as u32 + 1;
        *self.keys.entry(key).or_insert(next)
    }

    /// The bindings as a match has them.
    pub(super) fn groups(&self) -> Vec<(Symbol, Span)> {
        self.names.0.iter().zip(&self.bound).filter_map(|(name, span)| Some((*name, (*span)?))).collect()
    }
}

/// So many places are remembered at most: some 50 MB. A pattern that needs more has two metavariables that stand twice each,
/// and starts anew.
const MAX_DEAD: usize = 1 << 20;

/// Up to where a part of a pattern is known to match nothing, by the part, the place, and what is bound.
#[derive(Debug, Default)]
pub(super) struct Dead(NumberMap<(u32, u32, u32), Known>);

#[derive(Clone, Copy, Debug)]
struct Known {
    /// Nothing matches before this place.
    end: u32,
    /// In a text that ends here or earlier. What does not match in a longer text does not match in a shorter one.
    bound: u32,
}

impl Dead {
    /// The first place from `at` on that may match, if that is known for a text that ends at `bound`.
    pub(super) fn end(&self, part: u32, at: u32, key: u32, bound: u32) -> Option<u32> {
        self.0.get(&(part, at, key)).filter(|known| bound <= known.bound).map(|known| known.end)
    }

    /// Remembers that nothing from each of these places up to `end` matches in a text that ends at `bound`.
    pub(super) fn extend(&mut self, part: u32, places: &[u32], key: u32, bound: u32, end: u32) {
        if self.0.len() + places.len() > MAX_DEAD {
            self.0.clear();
        }
        for &at in places {
            let known = self.0.entry((part, at, key)).or_insert(Known { end, bound });
            if known.end < end || known.bound < bound {
                *known = Known { end, bound };
            }
        }
    }
}
