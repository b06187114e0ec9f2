//! Aliengrep: a text is words, braces and other characters; layout means nothing, save for line ends if the rule says so.

mod braces;
mod matching;
mod pattern;
mod text;

pub(crate) use pattern::Pattern;

use crate::budget::{Budget, Stop};
use crate::rule::regex::Found;
use matching::Search;
use text::Text;

impl Pattern {
    /// All matches that do not overlap.
    pub(super) fn find(&self, text: &str, budget: &Budget<'_>) -> Result<Vec<Found>, Stop> {
        budget.look()?;
        if !self.may_match(text) {
            return Ok(Vec::new());
        }
        let read = Text::read(text, self, budget)?;
        Search::new(text, &read, self, budget).all()
    }
}
