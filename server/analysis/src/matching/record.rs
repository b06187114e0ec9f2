//! What an evaluation notes down of itself, so that it can be explained.
//!
//! The evaluation asks once for each part of a formula whether anybody wants to know; nobody does but
//! [`explain`](crate::explain).

use super::Match;
use crate::rule::{Condition, Focus, Formula};
use std::cell::RefCell;
use std::collections::HashMap;
use weir_model::Span;

/// What happened around one line while formulas were evaluated over the whole file.
#[derive(Debug)]
pub(crate) struct Record {
    /// Only what touches this is kept in full.
    line: Span,
    found: RefCell<HashMap<usize, Matched>>,
    effects: RefCell<HashMap<usize, Effect>>,
}

/// What a formula matches by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matched {
    /// The matches that touch the line.
    pub(crate) here: Vec<Match>,
    /// Where the others are, in order.
    pub(crate) elsewhere: Vec<Span>,
}

/// What a part of a conjunction, a condition or a focus did to what was left of the matches that touch the line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effect {
    pub(crate) before: Vec<Match>,
    pub(crate) after: Vec<Match>,
    /// What a negative took away, each with the match that did.
    pub(crate) dropped: Vec<(Match, Match)>,
}

/// A part of a formula is known by where it is kept.
pub(crate) trait Part {
    fn key(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl Part for Formula {}
impl Part for Condition {}
impl Part for Focus {}

impl Record {
    /// For what touches this line.
    pub(crate) fn of(line: Span) -> Self {
        Self { line, found: RefCell::default(), effects: RefCell::default() }
    }

    /// What a formula was found to match, if it was evaluated.
    pub(crate) fn found_by(&self, formula: &Formula) -> Option<Matched> {
        self.found.borrow().get(&formula.key()).cloned()
    }

    /// What a part did, if it came to that.
    pub(crate) fn effect_of(&self, part: &impl Part) -> Option<Effect> {
        self.effects.borrow().get(&part.key()).cloned()
    }

    pub(super) fn found(&self, formula: &Formula, matches: &[Match]) {
        let elsewhere = matches.iter().map(|found| found.span).filter(|span| !span.touches(self.line));
        let found = Matched { here: self.here(matches), elsewhere: elsewhere.collect() };
        self.found.borrow_mut().insert(formula.key(), found);
    }

    pub(super) fn step(&self, part: &impl Part, before: &[Match], after: &[Match]) {
        let mut effects = self.effects.borrow_mut();
        let effect = effects.entry(part.key()).or_default();
        (effect.before, effect.after) = (self.here(before), self.here(after));
    }

    /// A part is asked from the beginning.
    pub(super) fn anew(&self, part: &impl Part) {
        self.effects.borrow_mut().remove(&part.key());
    }

    /// A negative takes a match away because of one of its own.
    pub(super) fn dropped(&self, negative: &Formula, found: &Match, because: &Match) {
        if found.span.touches(self.line) {
            let mut effects = self.effects.borrow_mut();
            let effect = effects.entry(negative.key()).or_default();
            effect.dropped.push((found.clone(), because.clone()));
        }
    }

    /// A condition is asked of a match.
    pub(super) fn asked(&self, condition: &Condition, found: &Match, holds: bool) {
        if found.span.touches(self.line) {
            let mut effects = self.effects.borrow_mut();
            let effect = effects.entry(condition.key()).or_default();
            effect.before.push(found.clone());
            effect.after.extend(holds.then(|| found.clone()));
        }
    }

    fn here(&self, matches: &[Match]) -> Vec<Match> {
        matches.iter().filter(|found| found.span.touches(self.line)).cloned().collect()
    }
}
