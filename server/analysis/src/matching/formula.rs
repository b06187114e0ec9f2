//! Evaluation of a formula: matches of its leaves, joined.
//!
//! The order of the parts in the rule never matters: positives are intersected, then negatives drop, then conditions,
//! then focus.

use super::candidates::{Around, Scope};
use super::metavar::Env;
use super::record::Record;
use super::{Binding, Bindings, Match, candidates};
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::rule::regex::Found;
use crate::rule::{Formula, Leaf, Node, PatternLeaf};
use std::rc::Rc;
use weir_model::Span;
use weir_syntax::{Kind, NodeId, Pattern, Symbol};

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
    let scope = Scope { nodes: 0..file.tree.len() as u32, top: Vec::new(), env: Env::default(), around: None };
    Evaluation { file, budget, scope, text: None, record }.formula(formula)
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
        matches.sort_by_key(|found| (found.span.start, found.span.end));
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
        Some(Match { span: found.span, node: found.node, bindings })
    }

    fn leaf(&self, leaf: &Leaf) -> Result<Vec<Match>, Stop> {
        match leaf {
            Leaf::Pattern(leaf) => {
                let pattern = leaf.by_language.iter().find(|(language, _)| *language == self.file.language);
                match pattern {
                    Some((_, pattern)) => self.pattern_leaf(leaf, pattern),
                    None => Ok(Vec::new()),
                }
            }
            Leaf::Regex(regex) => self.text_leaf(|text| regex.find_iter(text, self.budget)),
            Leaf::Generic(generic) => self.text_leaf(|text| generic.find_iter(text, self.budget)),
        }
    }

    /// Many rules ask for the same sources and frameworks: what a pattern finds in the whole file is found once.
    fn pattern_leaf(&self, leaf: &PatternLeaf, pattern: &Pattern) -> Result<Vec<Match>, Stop> {
        let find = || candidates::matches(pattern, leaf.options, self.file, &self.scope, self.budget);
        if !self.scope.is_file(self.file) {
            return find();
        }
        if let Some(found) = self.file.found.get(leaf) {
            let wanted = found.iter().filter(|found| self.scope.wants(found.span));
            return Ok(wanted.cloned().collect());
        }
        let found = find()?;
        if self.scope.around.is_none() {
            self.file.found.keep(leaf, &found);
        }
        Ok(found)
    }

    /// What a regex or a generic pattern finds in the text looked at.
    fn text_leaf(&self, find: impl FnOnce(&str) -> Result<Vec<Found>, Stop>) -> Result<Vec<Match>, Stop> {
        let base = self.text.map_or(0, |span| span.start);
        let text = self.text.map_or(self.file.text, |span| span.text(self.file.text));
        let place = |span: Span| Span::new(base + span.start, base + span.end);
        let matches = find(text)?.into_iter().map(|found| Match {
            span: place(found.span),
            node: None,
            bindings: text_bindings(found.groups, base),
        });
        Ok(matches.collect())
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
        Match { span, node: Some(node), bindings: self.scope.env.finish() }
    }

    /// Ranges of two positives: of two that lie in each other the inner one, with both bindings.
    fn intersect(&self, kept: Part, left: &[Match], part: Part, right: &[Match]) -> Result<Vec<Match>, Stop> {
        let mut out: Vec<Match> = Vec::new();
        for a in left {
            for b in right {
                self.budget.tick()?;
                let inner = if part == Part::Anywhere || b.span.contains(a.span) {
                    a
                } else if a.span.contains(b.span) && part == kept {
                    b
                } else {
                    continue;
                };
                if let Some(bindings) =
                    inner.bindings.merge(if std::ptr::eq(inner, a) { &b.bindings } else { &a.bindings }, self.file)
                {
                    out.push(Match { span: inner.span, node: inner.node, bindings });
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
        let is_regex = matches!(formula.node, Node::Leaf(Leaf::Regex(_)));
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
        let around = Around::new(matches.iter().map(|found| found.span));
        let scope = Scope { env, around: Some(Rc::new(around)), ..self.scope.clone() };
        Evaluation { file: self.file, budget: self.budget, scope, text: self.text, record: None }.formula(formula)
    }

    /// The places of some metavariables instead of the matches', where they lie within them.
    fn focus(&self, names: &[Symbol], matches: &[Match]) -> Result<Vec<Match>, Stop> {
        let mut out = Vec::new();
        for found in matches {
            for &name in names {
                self.budget.tick()?;
                let Some(binding) = found.bindings.get(name) else { continue };
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
                out.push(Match { span: inner, node, bindings: found.bindings.clone() });
            }
        }
        Ok(out)
    }
}

/// What groups bind in a text that starts at `base`.
pub(super) fn text_bindings(groups: Vec<(Symbol, Span)>, base: u32) -> Bindings {
    let place = |span: Span| Binding::Text(Span::new(base + span.start, base + span.end));
    let mut bindings: Vec<_> = groups.into_iter().map(|(name, span)| (name, place(span))).collect();
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
        Node::Leaf(Leaf::Pattern(leaf)) => {
            let pattern = leaf.by_language.iter().find(|(language, _)| *language == file.language);
            pattern.map_or(0, |(_, pattern)| {
                let named = pattern.tree().ids().any(|node| pattern.tree().kind(node) == Kind::Ident);
                let hole =
                    pattern.roots().all(|root| matches!(pattern.tree().kind(root), Kind::Metavar | Kind::Ellipsis));
                if named { 0 } else { 1 + u8::from(hole) }
            })
        }
        Node::Leaf(Leaf::Regex(_) | Leaf::Generic(_)) => 1,
        Node::All(parts) => parts.iter().map(|part| breadth(part, file)).min().unwrap_or(0),
        Node::Any(parts) => parts.iter().map(|part| breadth(part, file)).max().unwrap_or(0),
        Node::Inside(inner) | Node::Anywhere(inner) | Node::Not(inner) => breadth(inner, file),
    }
}

pub(super) fn dedup(matches: &mut Vec<Match>, budget: &Budget<'_>) -> Result<(), Stop> {
    let mut out: Vec<Match> = Vec::with_capacity(matches.len());
    let mut by_span: std::collections::HashMap<Span, Vec<usize>> = std::collections::HashMap::new();
    for found in matches.drain(..) {
        budget.tick()?;
        let same = by_span.entry(found.span).or_default();
        if !same.iter().any(|&at| out[at] == found) {
            same.push(out.len());
            out.push(found);
        }
    }
    *matches = out;
    Ok(())
}
