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
use crate::rule::text::{Change, Renewed};
use document::Document;
use matching::Search;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;
use weir_model::Span;

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

/// Where more lines around a change have to be read again, the whole text is.
const MOST_LINES: u32 = 2000;

impl Pattern {
    /// From each place the match, if there is one.
    pub(super) fn candidates(&self, target: Target<'_>, budget: &Budget<'_>) -> Result<Vec<Found>, Stop> {
        let text = target.text();
        budget.look()?;
        if !self.may_match(text) {
            return Ok(Vec::new());
        }
        let document = match target {
            Target::File(text, _) if !document::has_lines(text) => return Ok(Vec::new()),
            Target::File(text, documents) => documents.get(text, self.comments(), budget)?,
            Target::Part(text) => Rc::new(Document::read(text, self.comments(), budget)?),
        };
        Search::new(text, &document, self, budget).candidates(text.len())
    }

    /// The same after a change. What matches from a place on is told by the lines from its own on, as far as the pattern's
    /// ellipses reach: how they are indented against each other, not by what is around them. So only places on changed lines
    /// and on so many before them are tried again. Comments know no lines, and a pattern that starts with an ellipsis asks
    /// for where blocks begin: they have the whole text read.
    pub(super) fn candidates_again(
        &self,
        old: &[Found],
        change: &Change<'_>,
        budget: &Budget<'_>,
    ) -> Result<Option<Renewed>, Stop> {
        let is_local = self.comments() == Comments::None && !self.starts_with_ellipsis() && self.reach() <= MOST_LINES;
        if !is_local || !document::has_lines(change.old_text) || !document::has_lines(change.text) {
            return Ok(None);
        }
        let lines = Lines::around(change.text, change.new, self.reach());
        let text = lines.all.text(change.text);
        let tried = Span::new(lines.all.start, lines.changed.end);
        if !self.may_match(text) {
            return Ok(Some(change.splice(old, tried, Vec::new())));
        }
        let document = Document::read(text, Comments::None, budget)?;
        let found = Search::new(text, &document, self, budget).candidates(tried.len() as usize)?;
        Ok(Some(change.splice(old, tried, found)))
    }

    /// Of candidates with one end the shortest; of a pattern that ends in an ellipsis, which all reach as far, the longest.
    pub(super) fn chosen(&self, candidates: Vec<Found>) -> Vec<Found> {
        let keep_first = self.ends_with_ellipsis();
        let mut chosen: Vec<Found> = Vec::with_capacity(candidates.len());
        let mut by_end = HashMap::with_capacity(candidates.len());
        for candidate in candidates {
            match by_end.entry(candidate.span.end) {
                Entry::Occupied(_) if keep_first => {}
                Entry::Occupied(before) => chosen[*before.get()] = candidate,
                Entry::Vacant(free) => {
                    free.insert(chosen.len());
                    chosen.push(candidate);
                }
            }
        }
        chosen.sort_by_key(|found| found.span);
        chosen
    }
}

/// Lines of a text around a change.
struct Lines {
    /// Those that changed, in part or all.
    changed: Span,
    /// Those, and some before and behind them.
    all: Span,
}

impl Lines {
    /// The changed lines, with so many before and behind them that are not empty.
    fn around(text: &str, place: Span, count: u32) -> Self {
        let bytes = text.as_bytes();
        let line_start = |at: usize| bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let line_end =
            |at: usize| bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end + 1);
        // What counts as empty here is empty to everyone.
        let counts = |line: &[u8]| u32::from(!line.iter().all(u8::is_ascii_whitespace));
        let (start, end) = (line_start(place.start as usize), line_end(place.end as usize));
        let (mut first, mut missing) = (start, count);
        while missing > 0 && first > 0 {
            let before = line_start(first - 1);
            missing -= counts(&bytes[before..first]);
            first = before;
        }
        let (mut last, mut missing) = (end, count);
        while missing > 0 && last < bytes.len() {
            let behind = line_end(last);
            missing -= counts(&bytes[last..behind]);
            last = behind;
        }
        Self { changed: Span::from(start..end), all: Span::from(first..last) }
    }
}
