//! What regexes and generic patterns matched in the whole text, kept from one version to the next: only around a change
//! it is looked for again.

use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::generic::{Documents, Target};
use crate::hash::NumberMap;
use crate::memo::Before;
use crate::rule::TextLeaf;
use crate::rule::regex::Found;
use crate::rule::text::Renewed;
use std::cell::RefCell;
use std::rc::Rc;
use weir_model::Span;
use weir_syntax::{Difference, NodeId, Tree};

/// So many matches of one leaf are kept: memory is bounded.
const MOST: usize = 16_384;

/// The matches of regexes and generic patterns in one file.
#[derive(Debug, Default)]
pub(crate) struct FoundTexts {
    /// By the leaf's number.
    leaves: RefCell<NumberMap<u32, Known>>,
    /// The text as generic patterns see it.
    documents: Documents,
}

/// What is known of one leaf in a file.
#[derive(Clone, Debug)]
struct Known {
    /// `None` if they are too many to be kept.
    found: Option<Matches>,
    /// The smallest subtree outside of which it matches as in the version before, unless it does everywhere.
    changed_in: Option<NodeId>,
}

/// The matches of one leaf.
#[derive(Clone, Debug)]
struct Matches {
    /// What they were chosen from.
    candidates: Rc<[Found]>,
    chosen: Rc<[Found]>,
}

impl Matches {
    fn of(leaf: &TextLeaf, candidates: Vec<Found>) -> Self {
        let candidates: Rc<[Found]> = candidates.into();
        let chosen = if leaf.is_regex() { Rc::clone(&candidates) } else { leaf.chosen(candidates.to_vec()).into() };
        Self { candidates, chosen }
    }

    fn fits(&self) -> bool {
        self.candidates.len() <= MOST
    }
}

impl FoundTexts {
    /// The matches of a leaf, looked for once.
    pub(super) fn all(
        &self,
        leaf: &TextLeaf,
        file: &FileContext<'_>,
        budget: &Budget<'_>,
    ) -> Result<Rc<[Found]>, Stop> {
        if let Some(Known { found: Some(found), .. }) = self.known(leaf) {
            return Ok(found.chosen);
        }
        let candidates = leaf.candidates(Target::File(file.text, &self.documents), budget)?;
        let found = Matches::of(leaf, candidates);
        let chosen = Rc::clone(&found.chosen);
        // Of what is too much to be kept it is known already that it changed.
        if found.fits() || self.known(leaf).is_none() {
            self.put(leaf, Some(found), None);
        }
        Ok(chosen)
    }

    fn put(&self, leaf: &TextLeaf, found: Option<Matches>, changed_in: Option<NodeId>) {
        let found = found.filter(Matches::fits);
        self.leaves.borrow_mut().insert(leaf.number, Known { found, changed_in });
    }

    fn known(&self, leaf: &TextLeaf) -> Option<Known> {
        self.leaves.borrow().get(&leaf.number).cloned()
    }
}

/// Looks for a leaf again where the text has changed, if it was looked for before; gives the smallest subtree outside of
/// which it matches as it did.
pub(crate) fn refresh_text(
    leaf: &TextLeaf,
    file: &FileContext<'_>,
    before: &Before,
    budget: &Budget<'_>,
) -> Result<Option<NodeId>, Stop> {
    if let Some(known) = file.texts.known(leaf) {
        return Ok(known.changed_in);
    }
    let Some(known) = before.texts().known(leaf) else { return Ok(None) };
    let Some(old) = known.found else {
        file.texts.put(leaf, None, Some(Tree::ROOT));
        return Ok(Some(Tree::ROOT));
    };
    let difference = &before.difference;
    let again = leaf.candidates_again(&old.candidates, &before.change(file.text), budget)?;
    let renewed = if let Some(renewed) = again {
        renewed
    } else {
        let found = leaf.candidates(Target::File(file.text, &file.texts.documents), budget)?;
        Renewed { new: 0..found.len(), old: 0..old.candidates.len(), found }
    };
    let mut changed =
        changed_place(&old.candidates[renewed.old.clone()], &renewed.found[renewed.new.clone()], difference);
    let found = Matches::of(leaf, renewed.found);
    if changed.is_some() && !leaf.is_regex() {
        // Which of two that end alike is chosen may change with either.
        changed = changed_place(&old.chosen, &found.chosen, difference);
    }
    let changed_in = match changed {
        _ if !found.fits() => Some(Tree::ROOT),
        changed => changed.map(|place| innermost(file.tree, place)),
    };
    file.texts.put(leaf, Some(found), changed_in);
    Ok(changed_in)
}

/// What stands so close before a match may tell what it means: whether a string is raw.
const BEFORE: u32 = 16;

/// The place of all matches that are no more, are new, or hold or touch what changed.
fn changed_place(old: &[Found], new: &[Found], difference: &Difference) -> Option<Span> {
    let Difference { old_text, new_text, .. } = difference;
    let is_near = |place: Span| Span::new(place.start.saturating_sub(BEFORE), place.end).touches(*new_text);
    let mut changed: Option<Span> = None;
    let mut change = |place: Span| changed = Some(changed.map_or(place, |changed| changed.union(place)));
    let mut new = new.iter().peekable();
    for was in old {
        let moved = moved(was, difference);
        let start = moved.as_ref().map_or(was.span.start, |found| found.span.start);
        while let Some(is) = new.next_if(|is| moved.is_some() && is.span.start < start) {
            change(is.span);
        }
        match new.next_if(|is| moved.as_ref() == Some(*is)) {
            Some(is) if is_near(is.span) => change(is.span),
            Some(_) => {}
            None => {
                let end = |at: u32, edge: u32| {
                    if at <= old_text.start {
                        at
                    } else if at >= old_text.end {
                        at.wrapping_add(difference.text_shift())
                    } else {
                        edge
                    }
                };
                change(Span::new(end(was.span.start, new_text.start), end(was.span.end, new_text.end)));
            }
        }
    }
    new.for_each(|is| change(is.span));
    changed
}

/// The same match after a change; `None` if a part of it changed.
fn moved(found: &Found, difference: &Difference) -> Option<Found> {
    let groups =
        found.groups.iter().map(|(name, span)| Some((*name, difference.span(*span)?))).collect::<Option<_>>()?;
    Some(Found { span: difference.span(found.span)?, groups })
}

/// The smallest subtree around a place.
fn innermost(tree: &Tree, place: Span) -> NodeId {
    let mut at = Tree::ROOT;
    if tree.is_empty() {
        return at;
    }
    while let Some(inner) = tree.children(at).find(|&child| tree.span(child).contains(place)) {
        at = inner;
    }
    at
}
