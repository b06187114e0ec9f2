//! What a formula finds after a change, from what it found before.

use super::Before;
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::matching::{self, Match};
use crate::rule::{Formula, Leaf, Node};
use crate::taint::TaintRun;
use std::rc::Rc;
use weir_model::Span;
use weir_syntax::{Difference, NodeId, Tree};

/// What the formulas of one rule found; those that were not asked for are empty places.
#[derive(Debug, Default)]
pub(crate) struct Results {
    formulas: Vec<Option<Vec<Match>>>,
    /// Of a taint rule: what its last run found.
    pub(crate) taint: Option<TaintRun>,
}

impl Results {
    /// What the formula of this number found, unless it was not asked for.
    pub(crate) fn get(&self, formula: usize) -> Option<&[Match]> {
        self.formulas.get(formula)?.as_deref()
    }

    /// Keeps what the formula of this number found.
    pub(crate) fn keep(&mut self, formula: usize, found: &[Match]) {
        if self.formulas.len() <= formula {
            self.formulas.resize(formula + 1, None);
        }
        self.formulas[formula] = Some(found.to_vec());
    }
}

/// How much of what a formula found is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Same {
    /// Something is not.
    No,
    /// The places are; what metavariables are bound to may be another.
    Places,
    /// The places and the nodes that are bound are; what stands in them may be another.
    Bindings,
    /// All is, to the letter.
    All,
}

/// All matches of a formula in a file, and whether they are those of the version before, which `old` is.
pub(crate) fn find(
    formula: &Formula,
    file: &FileContext<'_>,
    before: Option<&Before>,
    old: Option<&[Match]>,
    budget: &Budget<'_>,
) -> Result<(Vec<Match>, Same), Stop> {
    let anew = || matching::find(formula, file, budget);
    let Some((before, old)) = before.zip(old) else { return Ok((anew()?, Same::No)) };
    let mut zone: Option<NodeId> = None;
    let mut is_local = true;
    each_leaf(formula, &mut is_local, &mut |leaf| {
        let changed = match leaf {
            Leaf::Pattern(leaf) => matching::refresh(leaf, file, before, budget)?,
            Leaf::Text(leaf) => matching::refresh_text(leaf, file, before, budget)?,
        };
        if let Some(changed) = changed {
            zone = Some(zone.map_or(changed, |zone| common(file.tree, zone, changed)));
        }
        Ok(())
    })?;
    let moved = || old.iter().map(|found| found.moved(&before.difference));
    let kept = match zone {
        None => moved().collect(),
        Some(node) if !is_local || node == Tree::ROOT => None,
        Some(node) => match widened(file.tree, before, old, node) {
            Some(zone) if !zone.is_all() => outside_and_near(formula, file, before, old, &zone, budget)?,
            _ => None,
        },
    };
    let is_kept = kept.is_some() && zone.is_none();
    let found = kept.map_or_else(anew, Ok)?;
    // As many nodes in place of those that changed: each stands for the one that was there.
    let replaced = |was: NodeId| {
        let Difference { old, new, .. } = &*before.difference;
        (old == new && old.contains(&was.0)).then_some(was)
    };
    let place = |(old, new): (&Match, &Match)| {
        match (old.node, new.node) {
            // What is typed at a node's end is part of it or not: the trees say.
            (Some(was), Some(is)) => {
                before.difference.node(was).or_else(|| replaced(was)) == Some(is)
                    && old.span == before.tree().span(was)
                    && new.span == file.tree.span(is)
            }
            (None, None) => before.difference.span(old.span) == Some(new.span),
            _ => false,
        }
    };
    let same = if is_kept {
        Same::All
    } else if found.len() != old.len() || !old.iter().zip(&found).all(place) {
        Same::No
    } else if moved().zip(&found).all(|(old, new)| old.as_ref() == Some(new)) {
        Same::Bindings
    } else {
        Same::Places
    };
    Ok((found, same))
}

/// The zone of a node, made wider until it holds all by which matches near it were found: their place is only a part of that.
/// `None` if something of that is gone.
fn widened(tree: &Tree, before: &Before, old: &[Match], node: NodeId) -> Option<Rc<matching::Zone>> {
    let wholes: Vec<Option<Span>> =
        old.iter().filter(|found| found.whole != found.span).map(|found| before.difference.span(found.whole)).collect();
    let wholes: Vec<Span> = wholes.into_iter().collect::<Option<_>>()?;
    let mut node = node;
    loop {
        let zone = before.zone(tree, node);
        let around = wholes.iter().filter(|whole| zone.is_near(**whole) && !zone.holds(**whole));
        let Some(wider) = around.copied().reduce(Span::union) else { return Some(zone) };
        node = tree.ancestors(zone.node()).find(|&above| tree.span(above).contains(wider))?;
    }
}

/// What stays outside of a zone, and what is found in it now. `None` if something outside was lost after all.
fn outside_and_near(
    formula: &Formula,
    file: &FileContext<'_>,
    before: &Before,
    old: &[Match],
    zone: &matching::Zone,
    budget: &Budget<'_>,
) -> Result<Option<Vec<Match>>, Stop> {
    let mut found = matching::find_near(formula, file, budget, zone)?;
    for match_ in old {
        match (before.difference.span(match_.whole), match_.moved(&before.difference)) {
            (Some(whole), _) if zone.is_near(whole) => {}
            (_, Some(moved)) => found.push(moved),
            // It stood in the text that changed.
            (None, None) if before.difference.span(match_.span).is_none() => {}
            (_, None) => return Ok(None),
        }
    }
    found.sort_by_key(|found| (found.span.start, found.span.end));
    Ok(Some(found))
}

/// Visits the leaves a formula is made of, its conditions' left out: those are asked of what is bound only. `is_local` turns
/// false where a part looks anywhere: what it finds in one place may matter in all others.
fn each_leaf<'f>(
    formula: &'f Formula,
    is_local: &mut bool,
    visit: &mut dyn FnMut(&'f Leaf) -> Result<(), Stop>,
) -> Result<(), Stop> {
    match &formula.node {
        Node::Leaf(leaf) => visit(leaf),
        Node::All(parts) | Node::Any(parts) => parts.iter().try_for_each(|part| each_leaf(part, is_local, visit)),
        Node::Anywhere(inner) => {
            *is_local = false;
            each_leaf(inner, is_local, visit)
        }
        Node::Inside(inner) | Node::Not(inner) => each_leaf(inner, is_local, visit),
    }
}

/// The smallest subtree around two nodes.
pub(crate) fn common(tree: &Tree, a: NodeId, b: NodeId) -> NodeId {
    std::iter::once(a).chain(tree.ancestors(a)).find(|&above| tree.is_within(b, above)).unwrap_or(Tree::ROOT)
}
