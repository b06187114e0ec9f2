//! Trying a pattern.

use super::document::Document;
use super::pattern::{PartKind, Pattern, ROOT};
use crate::budget::{Budget, Stop};
use crate::generic::slots::{Dead, Slots};
use crate::rule::regex::Found;
use weir_model::Span;

/// Where the next part is to match: a token, and the block that is being read.
#[derive(Clone, Copy)]
struct Place {
    at: u32,
    block: u32,
}

/// What was matched last.
#[derive(Clone, Copy)]
struct Last {
    line: u32,
    /// The byte after it.
    end: u32,
}

/// An ellipsis that is open.
#[derive(Clone, Copy)]
struct Gap {
    /// It may pass over what stands on this line or before.
    max_line: u32,
    /// Where it starts, in bytes.
    since: u32,
    slot: Option<usize>,
}

/// A pattern being looked for.
pub(super) struct Search<'a> {
    text: &'a str,
    document: &'a Document,
    pattern: &'a Pattern,
    budget: &'a Budget<'a>,
    slots: Slots<'a>,
    dead: Dead,
}

impl<'a> Search<'a> {
    pub(super) fn new(text: &'a str, document: &'a Document, pattern: &'a Pattern, budget: &'a Budget<'a>) -> Self {
        let slots = Slots::new(text, &pattern.names, false);
        Self { text, document, pattern, budget, slots, dead: Dead::default() }
    }

    /// The matches from all places before a byte.
    pub(super) fn candidates(mut self, end: usize) -> Result<Vec<Found>, Stop> {
        let from_block_starts = self.pattern.starts_with_ellipsis();
        let mut found: Vec<Found> = Vec::new();
        for at in 0..self.document.tokens.len() as u32 {
            self.budget.tick()?;
            let token = self.document.token(at);
            let start = token.span.start;
            if start as usize >= end {
                break;
            }
            if from_block_starts && !self.document.starts_block(at) {
                continue;
            }
            let bound = self.document.block(token.block).end;
            let last = Last { line: token.line, end: start };
            self.slots.undo(0);
            let Some(last) = self.rest(ROOT, 0, Place { at, block: token.block }, last, bound)? else { continue };
            if last.end > start {
                found.push(Found { span: Span::new(start, last.end), groups: self.slots.groups() });
            }
        }
        Ok(found)
    }

    /// Matches a list's parts from `part` on against what is before `bound`; answers what was matched last. Where it fails,
    /// bindings are left to be taken back.
    fn rest(
        &mut self,
        list: usize,
        part: usize,
        mut place: Place,
        mut last: Last,
        bound: u32,
    ) -> Result<Option<Last>, Stop> {
        let pattern = self.pattern;
        for (part, wanted) in pattern.lists[list].iter().enumerate().skip(part) {
            self.budget.tick()?;
            match &wanted.kind {
                PartKind::Ellipsis { count, slot } => {
                    let max_line = last.line.saturating_add(pattern.span.saturating_mul(*count));
                    let gap = Gap { max_line, since: last.end, slot: *slot };
                    return self.after_gap(list, part + 1, place, last, bound, gap);
                }
                PartKind::Token(_) | PartKind::Word(_) => {
                    // Blocks are entered and left as if they were not there.
                    if place.at >= bound || !self.token(&wanted.kind, place.at) {
                        return Ok(None);
                    }
                    let token = self.document.token(place.at);
                    last = Last { line: token.line, end: token.span.end };
                    place = Place { at: place.at + 1, block: token.block };
                }
                PartKind::Block(inner) => {
                    if place.at >= self.document.block(place.block).end {
                        return Ok(wanted.may_be_nothing.then_some(last));
                    }
                    match self.document.inner(place.block, place.at) {
                        Some(block) => match self.block(*inner, block, last)? {
                            Some(inner) => {
                                last = inner;
                                place.at = self.document.block(block).end;
                            }
                            None => return Ok(None),
                        },
                        None if self.may_be_nothing(*inner) => {}
                        None => return Ok(None),
                    }
                }
            }
        }
        let complete = list == ROOT || place.at >= self.document.block(place.block).end;
        Ok(complete.then_some(last))
    }

    /// Matches a list's parts from `part` on after an ellipsis, which takes as little as will do.
    fn after_gap(
        &mut self,
        list: usize,
        part: usize,
        mut place: Place,
        last: Last,
        bound: u32,
        gap: Gap,
    ) -> Result<Option<Last>, Stop> {
        let pattern = self.pattern;
        let Some(wanted) = pattern.lists[list].get(part) else {
            let last = self.tail(place, last, gap);
            return Ok(self.bind(gap, last.end).then_some(last));
        };
        let PartKind::Block(inner) = &wanted.kind else {
            return self.after_gap_token(list, part, place, last, bound, gap);
        };
        let mut end = gap.since;
        loop {
            self.budget.tick()?;
            if place.at >= self.document.block(place.block).end {
                return Ok((wanted.may_be_nothing && self.bind(gap, last.end)).then_some(last));
            }
            if let Some(block) = self.document.inner(place.block, place.at) {
                if !self.bind(gap, end) {
                    return Ok(None);
                }
                let Some(last) = self.block(*inner, block, last)? else { return Ok(None) };
                let place = Place { at: self.document.block(block).end, ..place };
                return self.rest(list, part + 1, place, last, bound);
            }
            let token = self.document.token(place.at);
            if token.line > gap.max_line {
                if !self.may_be_nothing(*inner) || !self.bind(gap, end) {
                    return Ok(None);
                }
                return self.rest(list, part + 1, place, last, bound);
            }
            end = token.span.end;
            place.at += 1;
        }
    }

    /// As [`after_gap`](Self::after_gap), where a token is to follow.
    fn after_gap_token(
        &mut self,
        list: usize,
        part: usize,
        place: Place,
        last: Last,
        bound: u32,
        gap: Gap,
    ) -> Result<Option<Last>, Stop> {
        let wanted = &self.pattern.lists[list][part];
        let (first, mut at) = (place.at, place.at);
        // What a gap binds may decide what matches after it, and is longer at every place.
        let same_everywhere = gap.slot.is_none_or(|slot| wanted.metavariables >> slot & 1 == 0);
        let key = self.slots.key(wanted.metavariables);
        let mut failed = Vec::new();
        let mut found = None;
        while at < bound && self.document.token(at).line <= gap.max_line {
            self.budget.tick()?;
            if key != 0 && !self.may_be(&wanted.kind, at) {
                at += 1;
                continue;
            }
            if same_everywhere {
                failed.push(at);
                if let Some(end) = self.dead.end(wanted.id, at, key, bound) {
                    at = end;
                    continue;
                }
            }
            let mark = self.slots.mark();
            let end = if at == first { gap.since } else { self.document.token(at - 1).span.end };
            if self.bind(gap, end) {
                found = self.rest(list, part, Place { at, ..place }, last, bound)?;
                if found.is_some() {
                    failed.pop();
                    break;
                }
            }
            self.slots.undo(mark);
            at += 1;
        }
        self.dead.extend(wanted.id, &failed, key, bound, at);
        Ok(found)
    }

    /// Matches a whole block with a list.
    fn block(&mut self, list: usize, block: u32, last: Last) -> Result<Option<Last>, Stop> {
        let range = self.document.block(block);
        self.rest(list, 0, Place { at: range.start, block }, last, range.end)
    }

    fn may_be_nothing(&self, list: usize) -> bool {
        self.pattern.lists[list].first().is_none_or(|part| part.may_be_nothing)
    }

    /// Whether a token is what a part asks for.
    fn token(&mut self, wanted: &PartKind, at: u32) -> bool {
        let token = self.document.token(at);
        match wanted {
            PartKind::Token(text) => token.span.text(self.text) == text,
            PartKind::Word(slot) => token.is_word && self.slots.bind(*slot, token.span),
            PartKind::Ellipsis { .. } | PartKind::Block(_) => false,
        }
    }

    /// Whether a token may be what a part asks for. What depends on bindings is remembered for so many of them that it is worth
    /// asking this first.
    fn may_be(&self, wanted: &PartKind, at: u32) -> bool {
        let token = self.document.token(at);
        match wanted {
            PartKind::Token(text) => token.span.text(self.text) == text,
            PartKind::Word(slot) => {
                let same = |bound: Span| bound.text(self.text) == token.span.text(self.text);
                token.is_word && self.slots.get(*slot).is_none_or(same)
            }
            PartKind::Ellipsis { .. } | PartKind::Block(_) => true,
        }
    }

    /// What an ellipsis at the end of a list takes: the rest of the block, as far as it may pass.
    fn tail(&self, place: Place, last: Last, gap: Gap) -> Last {
        let end = self.document.block(place.block).end;
        let rest = &self.document.tokens[place.at as usize..end.max(place.at) as usize];
        let within = rest.partition_point(|token| token.line <= gap.max_line);
        match within.checked_sub(1) {
            Some(at) => Last { line: rest[at].line, end: rest[at].span.end },
            None => last,
        }
    }

    /// Binds what an ellipsis passed, up to a byte.
    fn bind(&mut self, gap: Gap, end: u32) -> bool {
        gap.slot.is_none_or(|slot| self.slots.bind(slot, Span::new(gap.since, end.max(gap.since))))
    }
}
