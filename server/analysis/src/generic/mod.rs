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
use crate::rule::text::{Change, Renewed};

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

impl<'a> Target<'a> {
    /// What is searched.
    pub(crate) fn text(self) -> &'a str {
        let (Self::File(text, _) | Self::Part(text)) = self;
        text
    }
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
        Ok(self.chosen(self.candidates(target, budget)?))
    }

    /// From each place the match, if there is one.
    pub(crate) fn candidates(&self, target: Target<'_>, budget: &Budget<'_>) -> Result<Vec<Found>, Stop> {
        match self {
            Self::Space(pattern) => pattern.candidates(target, budget),
            Self::Alien(pattern) => pattern.find(target.text(), budget),
        }
    }

    /// The same after a change, from those before it; `None` if the whole text has to be searched for that.
    pub(crate) fn candidates_again(
        &self,
        old: &[Found],
        change: &Change<'_>,
        budget: &Budget<'_>,
    ) -> Result<Option<Renewed>, Stop> {
        match self {
            Self::Space(pattern) => pattern.candidates_again(old, change, budget),
            // Its ellipses reach to the end of the text.
            Self::Alien(_) => Ok(None),
        }
    }

    /// The matches among candidates, by where they start.
    pub(crate) fn chosen(&self, candidates: Vec<Found>) -> Vec<Found> {
        match self {
            Self::Space(pattern) => pattern.chosen(candidates),
            Self::Alien(_) => candidates,
        }
    }
}

/// How long the metavariable's name is that a text starts with, if it does: a capital and what `rest` lets follow it.
fn name_length(text: &str, rest: impl Fn(char) -> bool) -> Option<usize> {
    let tail = text.strip_prefix(|c: char| c.is_ascii_uppercase())?;
    Some(1 + tail.find(|c| !rest(c)).unwrap_or(tail.len()))
}
