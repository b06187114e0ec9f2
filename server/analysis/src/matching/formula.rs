//! Evaluation of a formula: matches of its leaves, joined.
//!
//! The order of the parts in the rule never matters: positives are intersected, then negatives drop, then conditions,
//! then focus.

use super::candidates::{Among, Around, Scope};
use super::list::FoundList;
use super::metavar::Env;
use super::record::Record;
use super::{Binding, Bindings, Match, candidates};
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::generic::Target;
use crate::rule::regex::Found;
use crate::rule::{Formula, Leaf, Node, PatternLeaf, TextLeaf};
use std::rc::Rc;
use weir_model::Span;
use weir_syntax::{Kind, NodeId, Pattern, Symbol, Tree};

/// Whether a formula says only within what something lies: `pattern-inside`, or any or all of several.
fn is_inside(formula: &Formula) -> bool {
    formula.focus.is_empty()
        && match &formula.node {
            Node::Inside(_) => true,
            Node::Any(parts) => parts.iter().all(is_inside),
            Node::All(parts) => {
                let mut positives = parts.iter().filter(|part| !matches!(part.node, Node::Not(_))).peekable();
                positives.peek().is_some() && positives.all(is_inside)
            }
            _ => false,
        }
}

/// All matches of a formula in a file, sorted by place, none twice.
pub(crate) fn find(formula: &Formula, file: &FileContext<'_>, budget: &Budget<'_>) -> Result<Vec<Match>, Stop> {
    evaluate(formula, file, None, budget)
}

/// As [`find`], and notes down what happens around a line.
pub(crate) fn find_recorded(
    formula: &Formula,
    file: &FileContext<'_>,
    record: &Record,
    budget: &Budget<'_>,
) -> Result<Vec<Match>, Stop> {
    evaluate(formula, file, Some(record), budget)
}

fn evaluate(
    formula: &Formula,
    file: &FileContext<'_>,
    record: Option<&Record>,
    budget: &Budget<'_>,
) -> Result<Vec<Match>, Stop> {
    Evaluation { file, budget, scope: Scope::of(file, None), text: None, zone: None, record }.formula(formula)
}

/// The matches of a formula that lie in a subtree, around it or across its border. Formulas that read text or look
/// anywhere have no such part of their own ([`crate::memo`] knows).
pub(crate) fn find_near(
    formula: &Formula,
    file: &FileContext<'_>,
    budget: &Budget<'_>,
    zone: &Zone,
) -> Result<Vec<Match>, Stop> {
    let scope = Scope::of(file, Some(Rc::clone(&zone.among)));
    let near = Evaluation { file, budget, scope, text: None, zone: Some(zone.node), record: None };
    let mut found = near.formula(formula)?;
    found.retain(|found| zone.is_near(found.whole));
    Ok(found)
}

/// A subtree to which evaluation is restricted.
#[derive(Debug)]
pub(crate) struct Zone {
    node: NodeId,
    span: Span,
    among: Rc<Among>,
}

impl Zone {
    /// The zone of a node.
    pub(crate) fn new(tree: &Tree, node: NodeId) -> Self {
        // The body of a heredoc stands apart from the node it belongs to.
        let span = tree.descendants(node).fold(tree.span(node), |span, below| span.union(tree.span(below)));
        Self { node, span, among: Rc::new(Among::zone(tree, node)) }
    }

    /// Whether the zone is the whole file.
    pub(crate) fn is_all(&self) -> bool {
        self.node == Tree::ROOT
    }

    /// The subtree's top.
    pub(crate) fn node(&self) -> NodeId {
        self.node
    }

    /// Whether a place lies in the zone.
    pub(crate) fn holds(&self, place: Span) -> bool {
        self.span.contains(place)
    }

    /// Whether a place shares something with the zone.
    pub(crate) fn is_near(&self, place: Span) -> bool {
        self.span.overlaps(place) || self.span.contains(place) || place.contains(self.span)
    }
}

/// So many matches are looked around one by one.
const FEW: usize = 64;

/// What a range is good for in an intersection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Finds.
    Plain,
    /// Only keeps what lies within.
    Inside,
    /// Only unifies.
    Anywhere,
}

pub(super) struct Evaluation<'a> {
    pub(super) file: &'a FileContext<'a>,
    pub(super) budget: &'a Budget<'a>,
    /// The nodes looked at: the whole file, or those of one binding.
    pub(super) scope: Scope,
    /// The text looked at by regexes, if not all.
    pub(super) text: Option<Span>,
    /// The subtree to which all is restricted, if to one.
    pub(super) zone: Option<NodeId>,
    /// Who is to be told of every step over the whole file.
    pub(super) record: Option<&'a Record>,
}

impl Evaluation<'_> {
    pub(super) fn formula(&self, formula: &Formula) -> Result<Vec<Match>, Stop> {
        let mut matches = self.conditions(&formula.conditions, self.part(&formula.node)?)?;
        for focus in &formula.focus {
            let focused = self.focus(&focus.metavariables, &matches)?;
            if let Some(record) = self.record {
                record.step(focus, &matches, &focused);
            }
            matches = focused;
        }
        if let Some(name) = formula.name {
            matches = matches.into_iter().filter_map(|found| self.named(name, &found)).collect();
        }
        dedup(&mut matches, self.budget)?;
        if let Some(record) = self.record {
            record.found(formula, &matches);
        }
        Ok(matches)
    }

    fn part(&self, node: &Node) -> Result<Vec<Match>, Stop> {
        match node {
            Node::Leaf(leaf) => self.leaf(leaf),
            Node::All(parts) => self.all(parts),
            Node::Any(parts) => {
                let mut out = Vec::new();
                for part in parts {
                    out.extend(self.formula(part)?);
                }
                Ok(out)
            }
            // Alone, what is only inside matches by itself.
            Node::Inside(inner) | Node::Anywhere(inner) => self.formula(inner),
            Node::Not(_) => Ok(Vec::new()),
        }
    }

    /// A match with itself bound to a name; `None` if the name is bound to something else.
    fn named(&self, name: Symbol, found: &Match) -> Option<Match> {
        let binding = found.node.map_or(Binding::Text(found.span), Binding::Node);
        let bindings = found.bindings.merge(&Bindings(vec![(name, binding)]), self.file)?;
        Some(Match { bindings, ..found.clone() })
    }

    fn leaf(&self, leaf: &Leaf) -> Result<Vec<Match>, Stop> {
        match leaf {
            Leaf::Pattern(leaf) => match leaf.pattern(self.file.language) {
                Some(pattern) => self.pattern_leaf(leaf, pattern),
                None => Ok(Vec::new()),
            },
            Leaf::Text(leaf) => self.text_leaf(leaf),
        }
    }

    /// Many rules ask for the same sources and frameworks: what a pattern finds in the whole file is found once.
    fn pattern_leaf(&self, leaf: &PatternLeaf, pattern: &Pattern) -> Result<Vec<Match>, Stop> {
        let (file, scope) = (self.file, &self.scope);
        let all_over = scope.reads_all(file);
        // Whoever looks at the next version must know what every pattern that was asked found, however it was asked.
        let keeps = all_over && if file.found.for_later { true } else { scope.is_free() && self.zone.is_none() };
        if keeps && !file.found.is_known(leaf) {
            self.find_all(leaf, pattern)?;
        }
        if all_over && scope.is_unbound() {
            let known = file.found.with(leaf, |list| match self.zone {
                Some(zone) => list.around(file.tree, zone),
                None => list.iter().map(|found| found.matched).collect(),
            });
            if let Some(mut known) = known {
                known.retain(|found| scope.wants(found.span));
                return Ok(known);
            }
        }
        let found = candidates::matches(leaf, pattern, file, scope, self.budget)?;
        Ok(found.into_iter().map(|found| found.matched).collect())
    }

    /// Finds a pattern in the whole file and keeps what it matches.
    fn find_all(&self, leaf: &PatternLeaf, pattern: &Pattern) -> Result<(), Stop> {
        let (file, scope) = (self.file, Scope::of(self.file, None));
        let found = candidates::matches(leaf, pattern, file, &scope, self.budget)?;
        let occurs = candidates::names_occur(pattern.tree(), file);
        let hits = if occurs && file.found.for_later {
            candidates::hits(leaf, pattern, file, &scope, self.budget)?
                .map(|hits| hits.into_iter().map(FoundList::new).collect())
        } else {
            None
        };
        file.found.keep(leaf, occurs, &found, hits);
        Ok(())
    }

    /// What a regex or a generic pattern finds in the text looked at.
    fn text_leaf(&self, leaf: &TextLeaf) -> Result<Vec<Match>, Stop> {
        let matched = |base: u32, found: &Found| {
            let span = Span::new(base + found.span.start, base + found.span.end);
            Match::new(span, None, text_bindings(&found.groups, base))
        };
        Ok(match self.text {
            None => self.file.texts.all(leaf, self.file, self.budget)?.iter().map(|found| matched(0, found)).collect(),
            Some(part) => {
                let found = leaf.find(Target::Part(part.text(self.file.text)), self.budget)?;
                found.iter().map(|found| matched(part.start, found)).collect()
            }
        })
    }

    fn all(&self, parts: &[Formula]) -> Result<Vec<Match>, Stop> {
        let mut positives: Vec<(Part, &Formula)> = Vec::new();
        let mut negatives = Vec::new();
        for part in parts {
            match &part.node {
                Node::Not(inner) => negatives.push(&**inner),
                Node::Anywhere(inner) => positives.push((Part::Anywhere, inner)),
                _ if is_inside(part) => positives.push((Part::Inside, part)),
                _ => positives.push((Part::Plain, part)),
            }
        }
        // What finds comes first: the others only filter it.
        positives.sort_by_key(|(part, formula)| (*part as u8, breadth(formula, self.file)));
        let mut current: Option<(Part, Vec<Match>)> = None;
        for (part, formula) in positives {
            let next = match &current {
                None => (part, self.formula(formula)?),
                Some((Part::Plain, matches)) if part == Part::Inside => {
                    let mut kept = Vec::new();
                    for group in groups(matches) {
                        let found = self.around(formula, group)?;
                        kept.extend(self.intersect(Part::Plain, group, part, &found)?);
                    }
                    (Part::Plain, kept)
                }
                Some((kept, matches)) => {
                    let found = self.formula(formula)?;
                    (*kept, self.intersect(*kept, matches, part, &found)?)
                }
            };
            if let Some(record) = self.record {
                let before = current.as_ref().map_or(&next.1, |(_, before)| before);
                record.step(formula, before, &next.1);
            }
            current = Some(next);
            if current.as_ref().is_some_and(|(_, matches)| matches.is_empty()) {
                return Ok(Vec::new());
            }
        }
        // A condition's formula may have negatives only: it then speaks of the whole.
        let mut matches = current.map_or_else(|| vec![self.whole()], |(_, matches)| matches);
        for negative in negatives {
            if matches.is_empty() {
                break;
            }
            if let Some(record) = self.record {
                record.anew(negative);
            }
            let left = self.without(&matches, negative)?;
            if let Some(record) = self.record {
                record.step(negative, &matches, &left);
            }
            matches = left;
        }
        Ok(matches)
    }

    fn whole(&self) -> Match {
        let node = NodeId(self.scope.nodes.start);
        let span = self.text.unwrap_or_else(|| self.file.tree.span(node));
        Match::new(span, Some(node), self.scope.env.finish())
    }

    /// Ranges of two positives: of two that lie in each other the inner one, with both bindings. Both lists are sorted by
    /// their starts.
    fn intersect(&self, kept: Part, left: &[Match], part: Part, right: &[Match]) -> Result<Vec<Match>, Stop> {
        let mut out: Vec<Match> = Vec::new();
        let mut add = |inner: &Match, other: &Match| {
            if let Some(bindings) = inner.bindings.merge(&other.bindings, self.file) {
                let other_whole = if other.whole == other.span { inner.whole } else { other.whole };
                let whole = inner.whole.union(other_whole);
                out.push(Match { span: inner.span, node: inner.node, bindings, whole });
            }
        };
        // Of those on the right that begin at or before the place reached, the ones that have not ended there.
        let mut open: Vec<usize> = Vec::new();
        let mut begun = 0;
        for a in left {
            if part == Part::Anywhere {
                for b in right {
                    self.budget.tick()?;
                    add(a, b);
                }
                continue;
            }
            while right.get(begun).is_some_and(|b| b.span.start <= a.span.start) {
                open.push(begun);
                begun += 1;
            }
            open.retain(|&at| right[at].span.end >= a.span.start);
            for &at in &open {
                self.budget.tick()?;
                let b = &right[at];
                if b.span.contains(a.span) {
                    add(a, b);
                } else if a.span.contains(b.span) && part == kept {
                    add(b, a);
                }
            }
            if part == kept {
                for b in right[begun..].iter().take_while(|b| b.span.start <= a.span.end) {
                    self.budget.tick()?;
                    if a.span.contains(b.span) {
                        add(b, a);
                    }
                }
            }
        }
        dedup(&mut out, self.budget)?;
        Ok(out)
    }

    fn without(&self, matches: &[Match], negative: &Formula) -> Result<Vec<Match>, Stop> {
        let (inside, anywhere, formula) = match &negative.node {
            Node::Inside(inner) => (true, false, &**inner),
            Node::Anywhere(inner) => (false, true, &**inner),
            _ => (false, false, negative),
        };
        let is_regex = matches!(&formula.node, Node::Leaf(Leaf::Text(leaf)) if leaf.is_regex());
        let mut out = Vec::new();
        for group in groups(matches) {
            let bad = if anywhere || is_regex { self.formula(formula)? } else { self.around(formula, group)? };
            for found in group {
                let mut dropped = false;
                for bad in &bad {
                    self.budget.tick()?;
                    let place = if anywhere {
                        true
                    } else if inside {
                        bad.span.contains(found.span)
                    } else if is_regex {
                        bad.span.overlaps(found.span) || bad.span.contains(found.span)
                    } else {
                        bad.span == found.span
                    };
                    if place && found.bindings.agrees(&bad.bindings, self.file) {
                        dropped = true;
                        if let Some(record) = self.record {
                            record.dropped(negative, found, bad);
                        }
                        break;
                    }
                }
                if !dropped {
                    out.push(found.clone());
                }
            }
        }
        Ok(out)
    }

    /// The matches of a formula that lie around some matches; of one match also what is bound is asked for, which leaves
    /// little to try.
    fn around(&self, formula: &Formula, matches: &[Match]) -> Result<Vec<Match>, Stop> {
        let env = match matches {
            [only] => Env::from(&only.bindings),
            _ => self.scope.env.clone(),
        };
        let around = Around::new(self.file.tree, matches.iter().map(|found| found.span));
        let scope = Scope { env, around: Some(Rc::new(around)), ..self.scope.clone() };
        Evaluation { file: self.file, budget: self.budget, scope, record: None, ..*self }.formula(formula)
    }

    /// The places of some metavariables instead of the matches', where they lie within them.
    fn focus(&self, names: &[Symbol], matches: &[Match]) -> Result<Vec<Match>, Stop> {
        let mut out = Vec::new();
        for found in matches {
            for &name in names {
                self.budget.tick()?;
                let Some(binding) = found.bindings.get(name) else { continue };
                // What stands for a part of an imported name is in focus where the name is used.
                let used = match binding {
                    Binding::Node(node) => self.file.names.use_of(self.file.tree, *node, found.span).map(Binding::Node),
                    _ => None,
                };
                let binding = used.as_ref().unwrap_or(binding);
                let span = binding.span(self.file);
                let inner = if found.span.contains(span) {
                    span
                } else if span.contains(found.span) {
                    found.span
                } else {
                    continue;
                };
                let node = match binding {
                    Binding::Node(node) if inner == span => Some(*node),
                    _ => found.node.filter(|_| inner == found.span),
                };
                let (bindings, whole) = (found.bindings.clone(), found.whole.union(found.span));
                out.push(Match { span: inner, node, bindings, whole });
            }
        }
        Ok(out)
    }
}

/// What groups bind in a text that starts at `base`.
pub(super) fn text_bindings(groups: &[(Symbol, Span)], base: u32) -> Bindings {
    let place = |span: Span| Binding::Text(Span::new(base + span.start, base + span.end));
    let mut bindings: Vec<_> = groups.iter().map(|(name, span)| (*name, place(*span))).collect();
    bindings.sort_by_key(|(name, _)| *name);
    Bindings(bindings)
}

/// Matches to look around together: each by itself while they are few.
fn groups(matches: &[Match]) -> impl Iterator<Item = &[Match]> {
    matches.chunks(if matches.len() <= FEW { 1 } else { matches.len() })
}

/// How much a formula may find, to begin with what finds least.
fn breadth(formula: &Formula, file: &FileContext<'_>) -> u8 {
    match &formula.node {
        Node::Leaf(Leaf::Pattern(leaf)) => leaf.pattern(file.language).map_or(0, |pattern| {
            let named = pattern.tree().ids().any(|node| pattern.tree().kind(node) == Kind::Ident);
            let hole = pattern.roots().all(|root| matches!(pattern.tree().kind(root), Kind::Metavar | Kind::Ellipsis));
            if named { 0 } else { 1 + u8::from(hole) }
        }),
        Node::Leaf(Leaf::Text(_)) => 1,
        Node::All(parts) => parts.iter().map(|part| breadth(part, file)).min().unwrap_or(0),
        Node::Any(parts) => parts.iter().map(|part| breadth(part, file)).max().unwrap_or(0),
        Node::Inside(inner) | Node::Anywhere(inner) | Node::Not(inner) => breadth(inner, file),
    }
}

/// Sorts matches by place and drops repetitions.
pub(super) fn dedup(matches: &mut Vec<Match>, budget: &Budget<'_>) -> Result<(), Stop> {
    matches.sort_by_key(|found| (found.span.start, found.span.end));
    let mut out: Vec<Match> = Vec::with_capacity(matches.len());
    let mut first_here = 0;
    for found in matches.drain(..) {
        budget.tick()?;
        if out.last().is_some_and(|last| last.span != found.span) {
            first_here = out.len();
        }
        match out[first_here..].iter_mut().find(|other| **other == found) {
            Some(other) => other.whole = other.whole.union(found.whole),
            None => out.push(found),
        }
    }
    *matches = out;
    Ok(())
}
