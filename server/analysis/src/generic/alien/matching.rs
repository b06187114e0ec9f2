//! Trying a pattern.

use super::pattern::{Edge, Ellipsis, PartKind, Pattern};
use super::text::{Text, TokenKind};
use crate::budget::{Budget, Stop};
use crate::generic::slots::{Dead, Slots};
use crate::rule::regex::Found;
use weir_model::Span;

/// Behind all places: an ellipsis that gets there has failed.
const NOWHERE: u32 = u32::MAX;

/// A pattern being looked for.
pub(super) struct Search<'a> {
    text: &'a str,
    read: &'a Text,
    pattern: &'a Pattern,
    budget: &'a Budget<'a>,
    slots: Slots<'a>,
    dead: Dead,
}

impl<'a> Search<'a> {
    pub(super) fn new(text: &'a str, read: &'a Text, pattern: &'a Pattern, budget: &'a Budget<'a>) -> Self {
        let slots = Slots::new(text, &pattern.names, pattern.config.caseless);
        Self { text, read, pattern, budget, slots, dead: Dead::default() }
    }

    /// The first match, the first after it, and so on.
    pub(super) fn all(mut self) -> Result<Vec<Found>, Stop> {
        let edge = match self.pattern.parts.first().map(|part| &part.kind) {
            Some(PartKind::Edge(edge)) => Some(*edge),
            _ => None,
        };
        let mut found: Vec<Found> = Vec::new();
        let mut free = 0;
        for at in 0..self.read.tokens.len() {
            self.budget.tick()?;
            // A match from an edge on has the white space before its first word in it.
            let start = match edge {
                Some(Edge::LineStart) if !self.at_line_start(at) => continue,
                Some(_) => self.end_before(at),
                None => self.read.tokens[at].span.start,
            };
            if start < free {
                continue;
            }
            self.slots.undo(0);
            if let Some(end) = self.rest(0, at, start)?
                && end > start
            {
                found.push(Found { span: Span::new(start, end), groups: self.slots.groups() });
                free = end;
            }
            if edge == Some(Edge::TextStart) {
                break;
            }
        }
        Ok(found)
    }

    /// Matches the parts from `part` on against the tokens from `at` on; answers where the match ends, of which `end` is
    /// known so far. Where it fails, bindings are left to be taken back.
    fn rest(&mut self, part: usize, mut at: usize, mut end: u32) -> Result<Option<u32>, Stop> {
        let pattern = self.pattern;
        for (part, wanted) in pattern.parts.iter().enumerate().skip(part) {
            self.budget.tick()?;
            match &wanted.kind {
                PartKind::Ellipsis(ellipsis) => match ellipsis.slot.and_then(|slot| self.slots.get(slot)) {
                    // What it stands for is known.
                    Some(bound) => match self.repeated(bound, at) {
                        Some(next) => {
                            end = if bound.is_empty() { end } else { self.read.tokens[next - 1].span.end };
                            at = next;
                        }
                        None => return Ok(None),
                    },
                    None => return self.ellipsis(part, *ellipsis, at, end),
                },
                PartKind::Edge(edge) => match self.edge(*edge, at, end) {
                    Some(edge) => end = edge,
                    None => return Ok(None),
                },
                kind => {
                    if !self.token(kind, at) {
                        return Ok(None);
                    }
                    end = self.read.tokens[at].span.end;
                    at += 1;
                }
            }
        }
        Ok(Some(end))
    }

    /// Matches an ellipsis, which takes as little as will do, and the parts after it.
    fn ellipsis(&mut self, part: usize, ellipsis: Ellipsis, first: usize, end: u32) -> Result<Option<u32>, Stop> {
        let wanted = part + 1;
        let metavariables = self.pattern.parts.get(wanted).map_or(0, |part| part.metavariables);
        // What the ellipsis binds may decide what matches after it, and is longer at every place.
        let same_everywhere = ellipsis.slot.is_none_or(|slot| metavariables >> slot & 1 == 0);
        let key = self.slots.key(metavariables);
        let bound = self.read.tokens.len() as u32;
        let mut failed = Vec::new();
        let mut at = first;
        let found = loop {
            self.budget.tick()?;
            let possible = key == 0 || self.may_be(wanted, at);
            let known = self.dead.end(wanted as u32, at as u32, key, bound).filter(|_| possible && same_everywhere);
            if possible && same_everywhere {
                failed.push(at as u32);
            }
            if possible && known.is_none() {
                let mark = self.slots.mark();
                let content = self.content(first, at, end);
                if ellipsis.slot.is_none_or(|slot| self.slots.bind(slot, content)) {
                    let end = if content.is_empty() { end } else { content.end };
                    let found = self.rest(wanted, at, end)?;
                    if found.is_some() {
                        failed.pop();
                        break found;
                    }
                }
                self.slots.undo(mark);
            }
            let next = match known {
                Some(next) => (next != NOWHERE).then_some(next as usize),
                None if self.leaves(ellipsis, at) => None,
                None => self.read.next(at, ellipsis.long),
            };
            match next {
                Some(next) => at = next,
                None => break None,
            }
        };
        let end = if found.is_some() { at as u32 } else { NOWHERE };
        self.dead.extend(wanted as u32, &failed, key, bound, end);
        Ok(found)
    }

    /// Whether the group that an ellipsis stands in ends at a place.
    fn leaves(&self, ellipsis: Ellipsis, at: usize) -> bool {
        let close = ellipsis.within.map(TokenKind::Char);
        close.is_some() && close == self.read.tokens.get(at).map(|token| token.kind)
    }

    /// What an ellipsis has passed over, without the white space around it.
    fn content(&self, first: usize, at: usize, end: u32) -> Span {
        let tokens = &self.read.tokens;
        let mut passed = first..at;
        while passed.end > passed.start && self.read.is_white(passed.end - 1) {
            passed.end -= 1;
        }
        while passed.start < passed.end && self.read.is_white(passed.start) {
            passed.start += 1;
        }
        if passed.is_empty() {
            let place = tokens.get(first).map_or(end, |token| token.span.start);
            return Span::new(place, place);
        }
        Span::new(tokens[passed.start].span.start, tokens[passed.end - 1].span.end)
    }

    /// Where what an ellipsis was bound to before ends, if it stands here again.
    fn repeated(&self, bound: Span, at: usize) -> Option<usize> {
        if bound.is_empty() {
            return Some(at);
        }
        let tokens = &self.read.tokens;
        let start = tokens.get(at)?.span.start;
        let end = start + bound.len();
        let here = self.text.get(start as usize..end as usize)?;
        if !self.slots.same(here, bound.text(self.text)) {
            return None;
        }
        let next = tokens.partition_point(|token| token.span.start < end);
        (next > at && tokens[next - 1].span.end == end).then_some(next)
    }

    /// Whether a token is what a part asks for.
    fn token(&mut self, wanted: &PartKind, at: usize) -> bool {
        let Some(token) = self.read.tokens.get(at) else { return false };
        match (wanted, token.kind) {
            (PartKind::Word(word), TokenKind::Word) => self.slots.same(token.span.text(self.text), word),
            (PartKind::Metavariable(slot), TokenKind::Word) => self.slots.bind(*slot, token.span),
            (PartKind::Char(c), TokenKind::Char(here)) => *c == here,
            (PartKind::LineEnd, TokenKind::LineEnd) => true,
            _ => false,
        }
    }

    /// Whether a token may be what a part asks for. What depends on bindings is remembered for so many of them that it is worth
    /// asking this first.
    fn may_be(&self, part: usize, at: usize) -> bool {
        let token = self.read.tokens.get(at);
        let same = |text: &str| token.is_some_and(|token| self.slots.same(token.span.text(self.text), text));
        match self.pattern.parts.get(part).map(|part| &part.kind) {
            Some(PartKind::Word(word)) => same(word),
            Some(PartKind::Char(c)) => token.is_some_and(|token| token.kind == TokenKind::Char(*c)),
            Some(PartKind::Metavariable(slot)) => {
                token.is_some_and(|token| token.kind == TokenKind::Word)
                    && self.slots.get(*slot).is_none_or(|bound| same(bound.text(self.text)))
            }
            _ => true,
        }
    }

    /// Whether the token at a place is at an edge; where a match that reaches there ends.
    fn edge(&self, edge: Edge, at: usize, end: u32) -> Option<u32> {
        match edge {
            Edge::TextStart => (at == 0).then_some(end),
            Edge::LineStart => self.at_line_start(at).then_some(end),
            Edge::TextEnd => (at == self.read.tokens.len()).then_some(self.text.len() as u32),
            Edge::LineEnd => match self.read.tokens.get(at) {
                Some(token) => (token.kind == TokenKind::LineEnd).then_some(token.span.start),
                None => Some(self.text.len() as u32),
            },
        }
    }

    fn at_line_start(&self, at: usize) -> bool {
        at.checked_sub(1).is_none_or(|before| self.read.tokens[before].kind == TokenKind::LineEnd)
    }

    /// Where the token before one ends.
    fn end_before(&self, at: usize) -> u32 {
        at.checked_sub(1).map_or(0, |before| self.read.tokens[before].span.end)
    }
}
