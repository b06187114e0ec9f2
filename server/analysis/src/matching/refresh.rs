//! What a pattern matches after a change, from what it matched before.

use super::candidates::{self, Scope, kinds_of, single_root};
use super::found::{Known, Refreshed};
use super::list::{Found, FoundList};
use super::unify::is_expression_kind;
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::memo::{Before, common};
use crate::rule::PatternLeaf;
use std::rc::Rc;
use weir_syntax::{NodeId, Pattern, Tree};

/// Tries a pattern again where a change touched the file, if it was asked for before; gives the smallest subtree outside of
/// which it matches as it did.
pub(crate) fn refresh(
    leaf: &PatternLeaf,
    file: &FileContext<'_>,
    before: &Before,
    budget: &Budget<'_>,
) -> Result<Option<NodeId>, Stop> {
    if let Some(Refreshed { changed_in }) = file.found.refreshed(leaf) {
        return Ok(changed_in);
    }
    let (Some(pattern), Some((known, occurred))) = (leaf.pattern(file.language), before.found().known(leaf)) else {
        return Ok(None);
    };
    let occurs = candidates::names_occur(pattern.tree(), file);
    let (known, changed_in) = match known {
        Known::TooMany => (Known::TooMany, Some(anywhere_touched(pattern, file, before))),
        Known::List(list) if occurs != occurred => {
            let scope = Scope::of(file, None);
            let all = candidates::matches(leaf, pattern, file, &scope, budget)?;
            if occurs && let Some(hits) = candidates::hits(leaf, pattern, file, &scope, budget)? {
                file.found.put_hits(leaf, hits.into_iter().map(FoundList::new).collect());
            }
            let changed_in = (list.len() > 0 || !all.is_empty()).then_some(Tree::ROOT);
            (Known::of(all), changed_in)
        }
        Known::List(list) => {
            let scope = Scope::of(file, Some(Rc::clone(&before.among)));
            let same_run = run_is_same(leaf, pattern, file, before, &scope, budget)?;
            let (mut list, mut lost, gone) = list.moved(&before.difference, &before.touched);
            if same_run && gone.is_empty() {
                let binds = |found: &&Found| before.touched.binds(&found.matched, before.difference.new_text);
                let changed = lost.iter().filter(binds).map(|found| found.root);
                let changed_in = changed.reduce(|a, b| common(file.tree, a, b));
                list.add(lost);
                file.found.put(leaf, Known::List(list), occurs, changed_in);
                return Ok(changed_in);
            }
            let mut found = candidates::matches(leaf, pattern, file, &scope, budget)?;
            let changed_in = changed_in(file.tree, before, &mut lost, &mut found, &gone);
            list.add(found);
            (Known::List(list), changed_in)
        }
    };
    file.found.put(leaf, known, occurs, changed_in);
    Ok(changed_in)
}

/// Whether a pattern is a run of statements each of which matches the same statements as before, none of which came or went.
fn run_is_same(
    leaf: &PatternLeaf,
    pattern: &Pattern,
    file: &FileContext<'_>,
    before: &Before,
    scope: &Scope,
    budget: &Budget<'_>,
) -> Result<bool, Stop> {
    let Some(hits) = before.found().hits(leaf) else { return Ok(false) };
    let Some(found) = candidates::hits(leaf, pattern, file, scope, budget)? else { return Ok(false) };
    let mut same = before.within_statement;
    let mut now: Vec<FoundList> = Vec::with_capacity(hits.len());
    for (list, mut found) in hits.iter().zip(found) {
        let (mut list, mut lost, gone) = list.moved(&before.difference, &before.touched);
        same &= changed_in(file.tree, before, &mut lost, &mut found, &gone).is_none();
        list.add(found);
        now.push(list);
    }
    file.found.put_hits(leaf, now.into());
    Ok(same)
}

/// The smallest subtree around all that is found now and was not, or was and is not, or is bound to something touched.
fn changed_in(
    tree: &Tree,
    before: &Before,
    lost: &mut [Found],
    found: &mut [Found],
    gone: &[Option<NodeId>],
) -> Option<NodeId> {
    lost.sort_by_key(|found| found.root);
    found.sort_by_key(|found| found.root);
    let mut changed: Option<NodeId> = None;
    let mut change = |node: NodeId| {
        // What such a node held and holds no more is only below what holds both.
        let node = if before.difference.stretched.contains(&node) { common(tree, node, before.place) } else { node };
        changed = Some(changed.map_or(node, |changed| common(tree, changed, node)));
    };
    for root in gone {
        change(before.place);
        root.iter().copied().for_each(&mut change);
    }
    let (mut lost, mut found) = (&*lost, &*found);
    while let Some(root) = [lost, found].iter().filter_map(|list| list.first()).map(|first| first.root).min() {
        let of_root = |list: &[Found]| list.partition_point(|found| found.root <= root);
        let (was, lost_rest) = lost.split_at(of_root(lost));
        let (is, found_rest) = found.split_at(of_root(found));
        if was != is || is.iter().any(|found| before.touched.binds(&found.matched, before.difference.new_text)) {
            change(root);
        }
        (lost, found) = (lost_rest, found_rest);
    }
    changed
}

/// Of a pattern whose matches are not kept: the smallest subtree around all that it can match and that is touched.
fn anywhere_touched(pattern: &Pattern, file: &FileContext<'_>, before: &Before) -> NodeId {
    let Some(root) = single_root(pattern) else { return Tree::ROOT };
    let kinds: Option<Vec<_>> = kinds_of(pattern.tree().kind(root), file.language).map(Iterator::collect);
    let can_match = |node: &NodeId| {
        let kind = file.tree.kind(*node);
        kinds.as_ref().map_or_else(|| is_expression_kind(kind), |kinds| kinds.contains(&kind))
    };
    let touched = before.touched.all().into_iter().filter(can_match);
    touched.fold(before.place, |around, node| common(file.tree, around, node))
}
