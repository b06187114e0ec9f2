//! Patterns over any text: `languages: [generic]`. No grammar: words, punctuation, and what layout says.
//!
//! Two engines, as in the rule language: [`space`] (spacegrep, the default) reads lines and indentation as structure and
//! keeps an ellipsis short; [`alien`] (aliengrep) knows only words and braces and lets an ellipsis run on. Both try a
//! pattern from every place of a text and remember what failed where, so that no pattern takes more than its length times
//! the text's, save for what a metavariable that stands twice adds.

mod alien;
mod config;
mod slots;
mod space;
#[cfg(test)]
mod tests;

pub(crate) use config::{Comments, Config, Engine};
pub(crate) use space::Documents;

use crate::budget::{Budget, Stop};
use crate::rule::regex::Found;

/// So many ellipses and blocks a pattern may have: each is a step down the stack. Patterns that people write have some ten.
const MAX_BRANCHES: usize = 200;

/// A pattern over text.
#[derive(Debug)]
pub(crate) enum Generic {
    /// For spacegrep.
    Space(space::Pattern),
    /// For aliengrep.
    Alien(alien::Pattern),
}

/// A text to search.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// A whole file, with what is known of it.
    File(&'a str, &'a Documents),
    /// What a metavariable is bound to.
    Part(&'a str),
}

impl Generic {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str, engine: Engine, config: &Config) -> Result<Self, String> {
        match engine {
            Engine::Space => space::Pattern::parse(text, config).map(Self::Space),
            Engine::Alien => alien::Pattern::parse(text, config).map(Self::Alien),
        }
    }

    /// All matches, by where they start.
    pub(crate) fn find(&self, target: Target<'_>, budget: &Budget<'_>) -> Result<Vec<Found>, Stop> {
        match (self, target) {
            (Self::Space(pattern), target) => pattern.find(target, budget),
            (Self::Alien(pattern), Target::File(text, _) | Target::Part(text)) => pattern.find(text, budget),
        }
    }
}

/// How long the metavariable's name is that a text starts with, if it does: a capital and what `rest` lets follow it.
fn name_length(text: &str, rest: impl Fn(char) -> bool) -> Option<usize> {
    let tail = text.strip_prefix(|c: char| c.is_ascii_uppercase())?;
    Some(1 + tail.find(|c| !rest(c)).unwrap_or(tail.len()))
}
