//! What patterns matched in the whole file: rules share sources, sinks and frameworks.
//!
//! It is kept from one version of a text to the next ([`crate::memo`]): what lies before and behind a change is moved by
//! two numbers, only what the change touched is looked at again.

use super::list::{Found, FoundList};
use crate::hash::NumberMap;
use crate::rule::PatternLeaf;
use std::cell::RefCell;
use std::rc::Rc;
use weir_syntax::{NodeId, Symbol};

/// So many matches of one pattern are kept: a pattern that matches more says little, and memory is bounded.
const MOST: usize = 16_384;

/// The rarest name below each node of a pattern, if there is one.
pub(super) type Anchors = Rc<[Option<Symbol>]>;

/// The matches of patterns in one file.
#[derive(Debug, Default)]
pub(crate) struct FoundLeaves {
    /// By the pattern's number.
    leaves: RefCell<NumberMap<u32, Leaf>>,
    /// Whether they are kept for a next version.
    pub(super) for_later: bool,
}

/// By statement of a run: what it matches.
pub(super) type Hits = Rc<[FoundList]>;

/// What is known of one pattern in a file.
#[derive(Debug, Default)]
struct Leaf {
    anchors: Option<Anchors>,
    /// Its matches, if they were asked for.
    known: Option<Known>,
    /// Of a run of statements: what each of its statements matches by itself, for the next version.
    hits: Option<Hits>,
    /// Whether the names it needs occurred.
    occurs: bool,
    /// What trying it again after a change gave.
    refreshed: Option<Refreshed>,
}

/// A pattern was tried again after a change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refreshed {
    /// The smallest subtree outside of which it matches as in the version before, unless it does everywhere.
    pub(super) changed_in: Option<NodeId>,
}

/// The matches of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Known {
    List(FoundList),
    /// Too many to be kept.
    TooMany,
}

impl Known {
    pub(super) fn of(found: Vec<Found>) -> Self {
        if found.len() <= MOST { Self::List(FoundList::new(found)) } else { Self::TooMany }
    }
}

impl FoundLeaves {
    /// Without any matches yet.
    pub(crate) fn new(for_later: bool) -> Self {
        Self { leaves: RefCell::default(), for_later }
    }

    /// What a pattern is known to match.
    pub(super) fn with<T>(&self, leaf: &PatternLeaf, read: impl FnOnce(&FoundList) -> T) -> Option<T> {
        match self.leaves.borrow().get(&leaf.number)?.known.as_ref()? {
            Known::List(list) => Some(read(list)),
            Known::TooMany => None,
        }
    }

    /// Whether a pattern was looked for in the whole file.
    pub(super) fn is_known(&self, leaf: &PatternLeaf) -> bool {
        self.leaves.borrow().get(&leaf.number).is_some_and(|leaf| leaf.known.is_some())
    }

    /// What a pattern is known to match, and whether the names it needs occur.
    pub(super) fn known(&self, leaf: &PatternLeaf) -> Option<(Known, bool)> {
        let all = self.leaves.borrow();
        let leaf = all.get(&leaf.number)?;
        Some((leaf.known.clone()?, leaf.occurs))
    }

    /// Remembers what a pattern matches, and of a run of statements what each of them does.
    pub(super) fn keep(&self, leaf: &PatternLeaf, occurs: bool, found: &[Found], hits: Option<Hits>) {
        let mut all = self.leaves.borrow_mut();
        let entry = all.entry(leaf.number).or_default();
        (entry.known, entry.occurs, entry.hits) = (Some(Known::of(found.to_vec())), occurs, hits);
    }

    /// What each statement of a run matches by itself.
    pub(super) fn hits(&self, leaf: &PatternLeaf) -> Option<Hits> {
        self.leaves.borrow().get(&leaf.number)?.hits.clone()
    }

    /// Puts in what each statement of a run matches by itself.
    pub(super) fn put_hits(&self, leaf: &PatternLeaf, hits: Hits) {
        self.leaves.borrow_mut().entry(leaf.number).or_default().hits = Some(hits);
    }

    /// The anchors of a pattern in this file, worked out once.
    pub(super) fn anchors(&self, leaf: &PatternLeaf, make: impl FnOnce() -> Anchors) -> Anchors {
        if let Some(anchors) = self.leaves.borrow().get(&leaf.number).and_then(|leaf| leaf.anchors.clone()) {
            return anchors;
        }
        let anchors = make();
        self.leaves.borrow_mut().entry(leaf.number).or_default().anchors = Some(anchors.clone());
        anchors
    }

    /// What trying a pattern again after a change gave, if it was tried.
    pub(super) fn refreshed(&self, leaf: &PatternLeaf) -> Option<Refreshed> {
        self.leaves.borrow().get(&leaf.number)?.refreshed
    }

    /// Puts in what a pattern matches after a change.
    pub(super) fn put(&self, leaf: &PatternLeaf, known: Known, occurs: bool, changed_in: Option<NodeId>) {
        let known = match known {
            Known::List(list) if list.len() > MOST => Known::TooMany,
            known => known,
        };
        let mut all = self.leaves.borrow_mut();
        let entry = all.entry(leaf.number).or_default();
        (entry.known, entry.occurs, entry.refreshed) = (Some(known), occurs, Some(Refreshed { changed_in }));
    }
}
