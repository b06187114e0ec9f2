//! A formula as a tree in the rule's own words: what each part matches around the line, and what it does to what the
//! others leave.

use super::Asked;
use super::words::{MOST_PLACES, at, count, line_of, lines, part, place, reason};
use crate::budget::Stop;
use crate::matching::{Effect, Match, Matched, find, find_recorded, nearest, quote};
use crate::rule::analyzer::Analyzer;
use crate::rule::{Condition, Focus, Formula, Leaf, Node, Test};
use weir_model::{Outcome, Place, Reason, Span};
use weir_syntax::Symbol;

/// What a part is to the conjunction it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Finds, or is one of several that do.
    Finds,
    /// Keeps what lies within.
    Inside,
    /// Keeps what unifies.
    Anywhere,
    /// Takes away what is at the same place.
    Not,
    /// Takes away what lies within.
    NotInside,
    /// Takes away what unifies.
    NotAnywhere,
}

impl Asked<'_> {
    /// What a formula does around the line.
    pub(super) fn formula(&self, formula: &Formula) -> Result<Reason, Stop> {
        self.found(formula)?;
        self.part(formula)
    }

    /// What a formula matches by itself. Where the conjunction around it had no need to know, it is found out now.
    fn found(&self, formula: &Formula) -> Result<Matched, Stop> {
        if let Some(found) = self.record.found_by(formula) {
            return Ok(found);
        }
        find_recorded(formula, self.file, &self.record, self.budget)?;
        Ok(self.record.found_by(formula).unwrap_or_default())
    }

    /// A part of a conjunction, or a formula that stands alone.
    fn part(&self, formula: &Formula) -> Result<Reason, Stop> {
        let (used, acting, inner) = match &formula.node {
            Node::Not(inner) => match &inner.node {
                Node::Inside(within) => (Use::NotInside, &**inner, &**within),
                Node::Anywhere(within) => (Use::NotAnywhere, &**inner, &**within),
                _ => (Use::Not, &**inner, &**inner),
            },
            Node::Inside(inner) => (Use::Inside, formula, &**inner),
            Node::Anywhere(inner) => (Use::Anywhere, &**inner, &**inner),
            _ => (Use::Finds, formula, formula),
        };
        let found = self.found(inner)?;
        let effect = self.record.effect_of(acting);
        let mut told = match used {
            Use::Finds => self.finds(inner, &found, effect.as_ref())?,
            Use::Inside | Use::Anywhere => self.keeps(used, inner, &found, effect.as_ref())?,
            Use::Not | Use::NotInside | Use::NotAnywhere => self.takes_away(used, &found, effect.as_ref()),
        };
        told.rule = Some(part(formula.origin));
        told.below = self.below(inner)?;
        // A part that stands in a conjunction of its own is told once.
        if let [only] = &mut told.below[..]
            && only.rule == told.rule
        {
            told.below = std::mem::take(&mut only.below);
        }
        // What the places of alternatives are is told by those.
        if matches!(inner.node, Node::Any(_)) && used == Use::Finds {
            told.places.clear();
        }
        Ok(told)
    }

    /// What a formula is made of.
    fn below(&self, formula: &Formula) -> Result<Vec<Reason>, Stop> {
        let mut below = Vec::new();
        match &formula.node {
            Node::Leaf(_) => {}
            Node::All(parts) | Node::Any(parts) => {
                for part in parts {
                    self.budget.tick()?;
                    below.push(self.part(part)?);
                }
                // Where one of several is enough, the others are lost for nothing.
                if matches!(formula.node, Node::Any(_)) && below.iter().any(|way| way.outcome == Outcome::Holds) {
                    let lost = below.iter_mut().filter(|way| way.outcome == Outcome::Fails);
                    lost.for_each(|way| way.outcome = Outcome::Neutral);
                }
            }
            Node::Inside(inner) | Node::Anywhere(inner) | Node::Not(inner) => below.push(self.part(inner)?),
        }
        below.extend(formula.conditions.iter().map(|condition| self.condition(condition)));
        below.extend(formula.focus.iter().map(|focus| self.focus(focus)));
        Ok(below)
    }

    fn finds(&self, formula: &Formula, found: &Matched, effect: Option<&Effect>) -> Result<Reason, Stop> {
        if found.here.is_empty() {
            return self.nothing(formula, found, "on the line");
        }
        let places = self.places(&found.here);
        let lost = effect.is_some_and(|effect| !effect.before.is_empty() && effect.after.is_empty());
        if lost {
            let before = effect.map_or(&[][..], |effect| &effect.before);
            let message = match self.conflict(before, &found.here) {
                Some(conflict) => {
                    format!("matches here, but does not go together with the parts before it: {conflict}")
                }
                None => "matches here, but not in the same range as the parts before it".to_owned(),
            };
            return Ok(Reason { places, ..reason(Outcome::Fails, message) });
        }
        let message = match &formula.node {
            Node::Leaf(_) => "matches".to_owned(),
            _ => format!("leaves {} on the line", count(found.here.len(), "match")),
        };
        Ok(Reason { places, ..reason(Outcome::Holds, message) })
    }

    /// Why a formula matches nothing near the line.
    fn nothing(&self, formula: &Formula, found: &Matched, near: &str) -> Result<Reason, Stop> {
        let places = lines(self.file, found.elsewhere.iter().copied());
        let nothing = |verb: &str| match found.elsewhere.len() {
            0 => format!("{verb} nothing in the file"),
            _ => format!("{verb} nothing {near}, only in {places}"),
        };
        let is_plain = formula.conditions.is_empty() && formula.focus.is_empty();
        match &formula.node {
            Node::Leaf(Leaf::Pattern(leaf)) if is_plain => {
                let near_by = nearest(leaf, self.file, self.line, self.budget)?;
                // Of a pattern that matches in the file it is known that its parts do.
                let message = match near_by.span {
                    None if !found.elsewhere.is_empty() && leaf.is_sequence(self.file.language) => nothing("matches"),
                    _ => format!("{}: {}", nothing("matches"), near_by.differs),
                };
                let places = near_by.span.into_iter().map(|span| at(span, "comes closest")).collect();
                Ok(Reason { places, ..reason(Outcome::Fails, message) })
            }
            Node::Leaf(_) => Ok(reason(Outcome::Fails, nothing("matches"))),
            Node::Any(parts) => {
                let message = match parts.len() {
                    1 => nothing("matches"),
                    many => format!("{}: none of its {many} alternatives does", nothing("matches")),
                };
                Ok(reason(Outcome::Fails, message))
            }
            _ => Ok(reason(Outcome::Fails, nothing("leaves"))),
        }
    }

    /// `pattern-inside` and its like.
    fn keeps(&self, used: Use, formula: &Formula, found: &Matched, effect: Option<&Effect>) -> Result<Reason, Stop> {
        let inside = used == Use::Inside;
        let Some(effect) = effect else {
            let message = if found.here.is_empty() {
                "was not asked: nothing was left. By itself it matches nothing around the line"
            } else {
                "was not asked: nothing was left. By itself it matches around the line"
            };
            return Ok(Reason { places: self.places(&found.here), ..reason(Outcome::Neutral, message) });
        };
        let around = |kept: &[Match]| -> Vec<Match> {
            let holds = |outer: &&Match| !inside || kept.iter().any(|found| outer.span.contains(found.span));
            found.here.iter().filter(holds).cloned().collect()
        };
        if !effect.after.is_empty() {
            let message = if inside { "lies within what it matches" } else { "goes together with what it matches" };
            return Ok(Reason { places: self.places(&around(&effect.after)), ..reason(Outcome::Holds, message) });
        }
        if found.here.is_empty() && inside {
            return self.nothing(formula, found, "around the line");
        }
        if effect.before.is_empty() {
            return Ok(reason(Outcome::Neutral, "was not asked: nothing was left"));
        }
        let outer = around(&effect.before);
        let others = if inside { outer.clone() } else { find(formula, self.file, self.budget)? };
        let message = match self.conflict(&effect.before, &others) {
            Some(conflict) => format!("what it matches does not go together with the rest: {conflict}"),
            None if inside && outer.is_empty() => {
                "what it matches touches the line, but the match does not lie within it".to_owned()
            }
            None => "what it matches does not go together with the rest".to_owned(),
        };
        let outer = if outer.is_empty() { &found.here } else { &outer };
        Ok(Reason { places: self.places(outer), ..reason(Outcome::Fails, message) })
    }

    /// `$X` is one thing here and another one there.
    fn conflict(&self, matches: &[Match], others: &[Match]) -> Option<String> {
        let pairs = matches.iter().flat_map(|found| others.iter().map(move |other| (found, other)));
        let mut conflicts = pairs.filter_map(|(found, other)| {
            let name = found.bindings.conflict(&other.bindings, self.file)?;
            let code =
                |of: &Match| of.bindings.get(name).map_or_else(String::new, |bound| self.code(bound.span(self.file)));
            Some(format!("`{}` is {} here and {} there", name.as_str(), code(found), code(other)))
        });
        conflicts.next()
    }

    /// `pattern-not` and its like.
    fn takes_away(&self, used: Use, found: &Matched, effect: Option<&Effect>) -> Reason {
        let Some(effect) = effect.filter(|effect| !effect.before.is_empty()) else {
            return reason(Outcome::Neutral, "was not asked: nothing was left");
        };
        let because = match used {
            Use::NotInside => "what lies within what it matches",
            Use::NotAnywhere => "what goes together with what it matches",
            _ => "what it matches itself",
        };
        if effect.dropped.is_empty() {
            let message = match (used, found.here.first()) {
                (_, None) => "takes nothing away: it matches nothing here".to_owned(),
                (Use::Not, Some(_)) if self.conflict(&effect.before, &found.here).is_none() => {
                    "takes nothing away: what it matches is another range than the match".to_owned()
                }
                (_, Some(_)) => match self.conflict(&effect.before, &found.here) {
                    Some(conflict) => format!("takes nothing away: {conflict}"),
                    None => "takes nothing away: the match does not lie within what it matches".to_owned(),
                },
            };
            return Reason { places: self.places(&found.here), ..reason(Outcome::Holds, message) };
        }
        let (taken, all) = (effect.dropped.len(), effect.before.len());
        let (outcome, message) = if effect.after.is_empty() {
            (Outcome::Fails, format!("takes the match away: it removes {because}"))
        } else {
            (Outcome::Holds, format!("takes {taken} of {} away: it removes {because}", count(all, "match")))
        };
        let mut places = Vec::new();
        for (dropped, because) in effect.dropped.iter().take(MOST_PLACES) {
            if because.span == dropped.span {
                places.push(place(self.file, because, "is taken away"));
            } else {
                places.push(at(dropped.span, "is taken away"));
                places.push(place(self.file, because, "because of this"));
            }
        }
        Reason { places, ..reason(outcome, message) }
    }

    fn condition(&self, condition: &Condition) -> Reason {
        let effect = self.record.effect_of(condition).filter(|effect| !effect.before.is_empty());
        let told = match effect {
            None => reason(Outcome::Neutral, "was not asked: nothing was left"),
            Some(effect) if effect.after.len() == effect.before.len() => reason(Outcome::Holds, "holds"),
            Some(effect) => {
                let failed: Vec<&Match> = effect.before.iter().filter(|found| !effect.after.contains(found)).collect();
                let outcome = if effect.after.is_empty() { Outcome::Fails } else { Outcome::Holds };
                let why = failed.first().map_or_else(String::new, |found| self.unmet(&condition.test, found));
                let message = match (effect.after.len(), failed.len()) {
                    (0, _) => why,
                    (_, taken) => format!("takes {taken} of {} away: {why}", count(effect.before.len(), "match")),
                };
                let failed: Vec<Match> = failed.into_iter().cloned().collect();
                Reason { places: self.places(&failed), ..reason(outcome, message) }
            }
        };
        Reason { rule: Some(part(condition.origin)), ..told }
    }

    /// Why a match does not meet a condition.
    fn unmet(&self, test: &Test, found: &Match) -> String {
        let (metavariable, asks) = match test {
            Test::Comparison(_) => {
                return "is not true of what its metavariables are bound to, or cannot be computed".to_owned();
            }
            Test::Regex { metavariable, .. } => (*metavariable, "does not match the regex from its start"),
            Test::Type { metavariable, .. } => (*metavariable, "is not known to be of such a type"),
            Test::Pattern { metavariable, .. } => (*metavariable, "its formula does not match"),
            Test::Analysis { metavariable, analyzer: Analyzer::Entropy | Analyzer::EntropyV2(_) } => {
                (*metavariable, "is no known text that looks random")
            }
            Test::Analysis { metavariable, analyzer: Analyzer::Redos } => {
                (*metavariable, "is no known regex that may take very long")
            }
            Test::Name { metavariable, .. } => (*metavariable, "is not known to stand for such a name"),
        };
        match found.bindings.get(metavariable) {
            Some(bound) => {
                format!("`{}` is {}, which {asks}", metavariable.as_str(), self.code(bound.span(self.file)))
            }
            None => unbound(metavariable),
        }
    }

    fn focus(&self, focus: &Focus) -> Reason {
        let names: Vec<&str> = focus.metavariables.iter().map(|name| name.as_str()).collect();
        let names = names.join(", ");
        let effect = self.record.effect_of(focus).filter(|effect| !effect.before.is_empty());
        let told = match effect {
            None => reason(Outcome::Neutral, "was not asked: nothing was left"),
            Some(effect) if !effect.after.is_empty() => {
                let message = format!("the match is now the place of {names}");
                Reason { places: self.places(&effect.after), ..reason(Outcome::Holds, message) }
            }
            Some(effect) => {
                let bound = |found: &Match| {
                    let mut bound = focus.metavariables.iter().filter_map(|&name| found.bindings.get(name));
                    bound.next().map(|bound| bound.span(self.file))
                };
                match effect.before.iter().find_map(bound) {
                    Some(span) => {
                        let line = line_of(self.file, span.start);
                        let message = format!("the match is now the place of {names}, which is in line {line}");
                        Reason { places: vec![at(span, "")], ..reason(Outcome::Fails, message) }
                    }
                    None => reason(
                        Outcome::Fails,
                        focus.metavariables.first().map_or_else(String::new, |&name| unbound(name)),
                    ),
                }
            }
        };
        Reason { rule: Some(part(focus.origin)), ..told }
    }

    fn places(&self, matches: &[Match]) -> Vec<Place> {
        let mut places: Vec<Place> =
            matches.iter().take(MOST_PLACES).map(|found| place(self.file, found, "")).collect();
        if let (Some(more), Some(last)) = (matches.len().checked_sub(MOST_PLACES + 1), places.last_mut()) {
            last.label = format!("and {} more", more + 1);
        }
        places
    }

    /// Code in quotes.
    pub(super) fn code(&self, span: Span) -> String {
        quote(span.text(self.file.text))
    }
}

fn unbound(metavariable: Symbol) -> String {
    format!("`{}` is bound to nothing: no part that matches here has it", metavariable.as_str())
}
