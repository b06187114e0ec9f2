//! Spacegrep: a text is a tree of lines by indentation and, within a line, of braces.
//!
//! A pattern without indentation runs over the tree as if it were flat, but never out of the block it started in. An
//! indented part of a pattern has to be an indented or braced block of the text, as a whole.

mod document;
mod matching;
mod pattern;

pub(crate) use pattern::Pattern;

use super::{Comments, Target};
use crate::budget::{Budget, Stop};
use crate::rule::regex::Found;
use document::Document;
use matching::Search;
use std::cell::OnceCell;
use std::rc::Rc;

/// One file as the patterns see it, read when the first one asks, by what counts as a comment.
#[derive(Debug, Default)]
pub(crate) struct Documents([OnceCell<Rc<Document>>; Comments::COUNT]);

impl Documents {
    fn get(&self, text: &str, comments: Comments, budget: &Budget<'_>) -> Result<Rc<Document>, Stop> {
        let cell = &self.0[comments as usize];
        if let Some(document) = cell.get() {
            return Ok(Rc::clone(document));
        }
        let document = Rc::new(Document::read(text, comments, budget)?);
        Ok(Rc::clone(cell.get_or_init(|| document)))
    }
}

impl Pattern {
    /// All matches, none with the end of another one.
    pub(super) fn find(&self, target: Target<'_>, budget: &Budget<'_>) -> Result<Vec<Found>, Stop> {
        let (Target::File(text, _) | Target::Part(text)) = target;
        budget.look()?;
        if !self.may_match(text) {
            return Ok(Vec::new());
        }
        let document = match target {
            Target::File(text, _) if !document::has_lines(text) => return Ok(Vec::new()),
            Target::File(text, documents) => documents.get(text, self.comments(), budget)?,
            Target::Part(text) => Rc::new(Document::read(text, self.comments(), budget)?),
        };
        Search::new(text, &document, self, budget).all()
    }
}
