//! Repairs tried on a copy of the text: one is good if the text parses as well as before and the finding is gone.

use crate::analyze::{self, Unit};
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::fix::apply_fixes;
use crate::matching::Index;
use crate::place;
use crate::rule::RuleSet;
use std::collections::HashMap;
use std::sync::Arc;
use weir_model::{Fix, Format, Mended, Repair};
use weir_syntax::{Limits, ParseNote, Source};

/// What each repair does by itself.
pub fn repairs(rules: &RuleSet, unit: &Unit<'_>, repairs: &[Repair], budget: &Budget<'_>) -> Vec<Mended> {
    let mut trial = Trial::new(rules, unit, budget);
    repairs.iter().map(|repair| trial.of(&[repair])).collect()
}

/// Which repairs can be made together: none of them overlaps another, and each does what it does alone. All are tried at once,
/// of those that overlap the first; if that fails, one after the other, each with those that were good before it, so that a bad
/// one keeps no good one away.
pub fn together(rules: &RuleSet, unit: &Unit<'_>, repairs: &[Repair], budget: &Budget<'_>) -> Vec<u32> {
    let mut trial = Trial::new(rules, unit, budget);
    let is_apart = |chosen: &[usize], at: usize| chosen.iter().all(|&other| !overlap(&repairs[other], &repairs[at]));
    let mut apart: Vec<usize> = Vec::new();
    for at in 0..repairs.len() {
        if is_apart(&apart, at) {
            apart.push(at);
        }
    }
    let chosen = |places: &[usize]| places.iter().map(|&at| &repairs[at]).collect::<Vec<_>>();
    let mut good = Vec::new();
    if trial.of(&chosen(&apart)) == Mended::Yes {
        good = apart;
    } else {
        for at in 0..repairs.len() {
            if !is_apart(&good, at) {
                continue;
            }
            good.push(at);
            if trial.of(&chosen(&good)) != Mended::Yes {
                good.pop();
            }
        }
    }
    good.into_iter().map(|at| at as u32).collect()
}

/// Whether two repairs change the same place, or put something at the same place.
fn overlap(one: &Repair, other: &Repair) -> bool {
    one.edits.iter().any(|a| other.edits.iter().any(|b| a.span.overlaps(b.span) || a.span == b.span))
}

/// A text and what is to be compared with it.
struct Trial<'a> {
    rules: &'a RuleSet,
    unit: &'a Unit<'a>,
    budget: &'a Budget<'a>,
    /// Places where the text does not parse; `None` if it was not counted yet.
    errors: Option<usize>,
    /// How much each rule reports in it.
    reported: HashMap<Arc<str>, usize>,
}

impl<'a> Trial<'a> {
    fn new(rules: &'a RuleSet, unit: &'a Unit<'a>, budget: &'a Budget<'a>) -> Self {
        Self { rules, unit, budget, errors: None, reported: HashMap::new() }
    }

    /// What some repairs do together.
    fn of(&mut self, repairs: &[&Repair]) -> Mended {
        self.attempt(repairs).unwrap_or(Mended::Unknown)
    }

    fn attempt(&mut self, repairs: &[&Repair]) -> Result<Mended, Stop> {
        self.budget.look()?;
        let fixes: Vec<Fix> = repairs.iter().map(|repair| Fix { edits: repair.edits.clone() }).collect();
        let text = apply_fixes(self.unit.source.text(), &fixes);
        let before = self.errors()?;
        let source = parse(self.unit.source.format(), &text, self.budget)?;
        if errors(&source) > before {
            return Ok(Mended::BreaksSyntax);
        }
        self.compare(repairs, &Unit { source: &source, ..*self.unit })
    }

    /// Compares what the rules report in the repaired text with what they reported before.
    fn compare(&mut self, repairs: &[&Repair], repaired: &Unit<'_>) -> Result<Mended, Stop> {
        let mut mended: HashMap<&Arc<str>, usize> = HashMap::new();
        for repair in repairs {
            *mended.entry(&repair.rule_id).or_default() += 1;
        }
        for (rule_id, count) in mended {
            if !self.reported.contains_key(rule_id) {
                let before = self.report(rule_id, self.unit)?;
                self.reported.insert(Arc::clone(rule_id), before);
            }
            let before = self.reported[rule_id];
            if self.report(rule_id, repaired)? + count > before {
                return Ok(Mended::FindingStays);
            }
        }
        Ok(Mended::Yes)
    }

    /// How much a rule reports in a text.
    fn report(&self, rule_id: &Arc<str>, unit: &Unit<'_>) -> Result<usize, Stop> {
        let running = self.rules.running().find(|(_, listed)| listed.info.id == *rule_id);
        let Some((listed, rule)) = running.and_then(|(_, listed)| Some((listed, self.rules.compiled(listed)?))) else {
            return Ok(0);
        };
        let mut all = Vec::new();
        for part in unit.source.parts().iter().filter(|part| listed.looks_at(part)) {
            let file = FileContext::new(part, Index::of(part.tree, part.language, None), false, None, self.budget)?;
            self.budget.start_rule(&rule.id);
            let found = analyze::run(&file, rule, self.budget);
            self.budget.end_rule();
            all.extend(found?.into_iter().filter_map(|found| place::finding(part, found)));
        }
        analyze::finish(&mut all, unit.source);
        Ok(all.len())
    }

    fn errors(&mut self) -> Result<usize, Stop> {
        if let Some(errors) = self.errors {
            return Ok(errors);
        }
        let errors = errors(&parse(self.unit.source.format(), self.unit.source.text(), self.budget)?);
        self.errors = Some(errors);
        Ok(errors)
    }
}

fn parse(format: Format, text: &str, budget: &Budget<'_>) -> Result<Source, Stop> {
    let source = Source::parse(format, text.to_owned(), Limits { stop: &|| budget.look().is_err() });
    budget.look()?;
    Ok(source)
}

fn errors(source: &Source) -> usize {
    let errors = source.notes().iter().map(|note| match note {
        ParseNote::Syntax(_) => 1,
        // Nothing is as bad as a notebook that cannot be read any more.
        ParseNote::NotJson(_) => usize::MAX,
        ParseNote::TooDeep(_) | ParseNote::Stopped => 0,
    });
    errors.fold(0, usize::saturating_add)
}
