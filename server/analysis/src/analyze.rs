//! One file, all rules.

use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::matching::{Index, Match};
use crate::memo::{self, Before, Memo, PartMemo, Results, Same};
use crate::message;
use crate::place;
use crate::rule::{self, Body, Formula, Rule, RuleSet, TaintSpec};
use crate::suppress::{Marks, Ran};
use crate::taint::{self, TaintFinding, TaintMatches, TaintRun};
use std::collections::HashMap;
use weir_model::{Finding, ForeignMarks, Hint, Language, Note, NoteKind, Trace};
use weir_syntax::{Part, Source};

/// One file to analyse.
#[derive(Clone, Copy)]
pub struct Unit<'a> {
    /// Path relative to the project's root, with forward slashes; `paths:` of rules look at it.
    pub path: &'a str,
    /// The text with its trees.
    pub source: &'a Source,
}

impl<'a> Unit<'a> {
    /// The whole text.
    pub(crate) fn text(&self) -> &'a str {
        self.source.text()
    }
}

/// How to analyse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Run every rule whatever its `paths:` say.
    pub ignore_paths: bool,
    /// Do not mark findings as suppressed by inline comments.
    pub ignore_suppressions: bool,
    /// Which marks of other tools suppress findings.
    pub foreign_marks: ForeignMarks,
}

/// What an analysis found.
#[derive(Debug, Default)]
pub struct Analysis {
    /// Sorted by place, then rule.
    pub findings: Vec<Finding>,
    /// What there is to say about marks that ask to ignore findings, sorted by place.
    pub hints: Vec<Hint>,
    /// What could not be done.
    pub notes: Vec<Note>,
}

/// Runs the rules over one text. When time is up or a newer text is there, what is known so far is the answer.
pub fn analyze(rules: &RuleSet, unit: &Unit<'_>, options: Options, budget: &Budget<'_>) -> Analysis {
    run_all(None, rules, unit, options, budget)
}

/// As [`analyze()`], with what the last analysis of the same text left: what did not change since then is not looked at
/// again. The answer is the same.
pub fn analyze_again(
    memo: &mut Memo,
    rules: &RuleSet,
    unit: &Unit<'_>,
    options: Options,
    budget: &Budget<'_>,
) -> Analysis {
    run_all(Some(memo), rules, unit, options, budget)
}

fn run_all(
    mut memo: Option<&mut Memo>,
    rules: &RuleSet,
    unit: &Unit<'_>,
    options: Options,
    budget: &Budget<'_>,
) -> Analysis {
    let mut analysis = Analysis::default();
    let parts = unit.source.parts();
    if let Some(memo) = &mut memo {
        memo.forget_others(&parts);
    }
    let mut ran = Ran { rules, options, stopped: Vec::new(), refused: false };
    let mut halted = false;
    for part in &parts {
        let memo = memo.as_mut().map(|memo| memo.of(part));
        let stopped = run_part(memo, &mut ran, unit.path, part, budget, &mut analysis);
        halted |= stopped.is_some();
        if stopped == Some(Stop::Cancelled) {
            break;
        }
    }
    finish(&mut analysis.findings, unit.source);
    heed_marks(&mut analysis, unit, &ran, budget);
    if halted {
        analysis.hints.clear();
    }
    analysis
}

/// Runs the rules over one part of a file. Gives what stopped it for good.
fn run_part(
    mut memo: Option<&mut PartMemo>,
    ran: &mut Ran<'_>,
    path: &str,
    part: &Part<'_>,
    budget: &Budget<'_>,
    analysis: &mut Analysis,
) -> Option<Stop> {
    let (rules, options) = (ran.rules, ran.options);
    let kept = memo.as_mut().and_then(|memo| memo.take(rules, path, part, options));
    let difference = kept.as_ref().and_then(|kept| kept.difference(part));
    let earlier = kept.as_ref().zip(difference.as_ref()).map(|(kept, difference)| kept.earlier(difference));
    let index =
        Index::of(part.tree, part.language, earlier.as_ref().map(|earlier| (earlier.index, earlier.difference)));
    let has = |name| index.has(name);
    let admits = |(_, rule): &(u32, &Rule)| options.ignore_paths || rule.paths.admit(path);
    let (applicable, refused): (Vec<_>, Vec<_>) = rules.for_part(part, &has).into_iter().partition(admits);
    ran.refused |= !refused.is_empty();
    if applicable.is_empty() {
        if let Some(memo) = memo {
            memo.put_back(kept);
        }
        return None;
    }
    let file = match FileContext::new(part, index, memo.is_some(), earlier.as_ref(), budget) {
        Ok(file) => file,
        Err(stop) => {
            if let Some(memo) = memo {
                memo.put_back(kept);
            }
            analysis.notes.extend(note(stop, None));
            return Some(stop);
        }
    };
    let before = kept.zip(difference).and_then(|(kept, difference)| kept.before(&file, difference));
    let mut results: Vec<Option<Results>> = Vec::new();
    results.resize_with(rules.len(), || None);
    let mut stopped = None;
    for (number, rule) in applicable {
        budget.start_rule(&rule.id);
        let mut run = Run {
            file: &file,
            before: before.as_ref(),
            old: before.as_ref().and_then(|before| before.results(number as usize)),
            new: Results::default(),
            same: Same::All,
            for_later: memo.is_some(),
            budget,
        };
        let found = run.rule(rule);
        let new = run.new;
        budget.end_rule();
        match found {
            Ok(found) => {
                analysis.findings.extend(found.into_iter().filter_map(|found| place::finding(part, found)));
                results[number as usize] = Some(new);
            }
            Err(stop) => {
                analysis.notes.extend(note(stop, Some(rule)));
                ran.stopped.push(number);
                if stop != Stop::Rule {
                    stopped = Some(stop);
                    break;
                }
            }
        }
    }
    match (memo, before) {
        // The newer version that called this one off is compared with the last that was looked at in full.
        (Some(memo), Some(before)) if stopped == Some(Stop::Cancelled) => memo.put_back(Some(before.into_kept())),
        (Some(memo), _) => memo.keep(rules, path, part, options, file, results),
        (None, _) => {}
    }
    stopped
}

/// Marks what somebody asks to ignore, and finds out what is asked in vain.
fn heed_marks(analysis: &mut Analysis, unit: &Unit<'_>, ran: &Ran<'_>, budget: &Budget<'_>) {
    for part in unit.source.parts().iter().filter(|part| part.holds_marks) {
        let mut marks = Marks::of(part, unit.path, ran.options);
        marks.apply(&mut analysis.findings, part, ran.rules, budget.today);
        analysis.hints.extend(marks.hints(&analysis.findings, part, unit, ran, budget.today));
    }
    analysis.hints.sort_by_key(|hint| hint.span);
}

/// Runs one rule over one file, from scratch.
pub(crate) fn run(file: &FileContext<'_>, rule: &Rule, budget: &Budget<'_>) -> Result<Vec<Finding>, Stop> {
    Run { file, before: None, old: None, new: Results::default(), same: Same::All, for_later: false, budget }.rule(rule)
}

/// One rule over one file.
struct Run<'a> {
    file: &'a FileContext<'a>,
    before: Option<&'a Before>,
    /// What its formulas found in the version before, and what they find now.
    old: Option<&'a Results>,
    new: Results,
    /// Whether all its formulas that were asked so far find what they found.
    same: Same,
    /// The next version of the text will ask.
    for_later: bool,
    budget: &'a Budget<'a>,
}

impl Run<'_> {
    fn rule(&mut self, rule: &Rule) -> Result<Vec<Finding>, Stop> {
        self.budget.look()?;
        let file = self.file;
        Ok(match &rule.body {
            Body::Search(formula) => {
                let matches = self.find(0, formula)?;
                matches.into_iter().map(|found| finding(file, rule, &found, None)).collect()
            }
            Body::Taint(spec) => {
                let matches = self.taint_matches(spec)?;
                let run = self.taint(spec, &rule.options, &matches)?;
                let place = |found: &TaintFinding| match found.trace.steps.first() {
                    Some(source) if rule.options.taint_focus_on_source => {
                        Match { span: source.span, ..found.place(&matches) }
                    }
                    _ => found.place(&matches),
                };
                let found = |found: &TaintFinding| finding(file, rule, &place(found), Some(found.trace.clone()));
                let findings = run.findings.iter().map(found).collect();
                self.new.taint = Some(run);
                findings
            }
        })
    }

    /// What taint reaches; the last run's answer where nothing that it read has changed since.
    fn taint(&self, spec: &TaintSpec, options: &rule::Options, matches: &TaintMatches) -> Result<TaintRun, Stop> {
        // Metavariables that sources and sinks share are compared by their text; others count where they stand for a place.
        let enough = match options.taint_unify_mvars {
            true => Same::All,
            false if spec.binds_places() => Same::Bindings,
            false => Same::Places,
        };
        let old = self.old.and_then(|old| old.taint.as_ref()).filter(|_| self.same >= enough);
        match self.before.zip(old).and_then(|(before, old)| before.taint(self.file, old)) {
            Some((run, None)) => return Ok(run),
            Some((run, Some(function))) => {
                let again = taint::again(self.file, spec, options, matches, self.budget, &run, function)?;
                if let Some(run) = again {
                    return Ok(run);
                }
            }
            None => {}
        }
        taint::run(self.file, spec, options, matches, self.for_later, self.budget)
    }

    /// The matches of the rule's formula of this number.
    fn find(&mut self, number: usize, formula: &Formula) -> Result<Vec<Match>, Stop> {
        let old = self.old.and_then(|old| old.get(number));
        let (found, same) = memo::find(formula, self.file, self.before, old, self.budget)?;
        self.same = self.same.min(same);
        self.new.keep(number, &found);
        Ok(found)
    }

    /// Evaluates the formulas of a taint rule. Where nothing enters or nothing is reached, there is no more to do.
    fn taint_matches(&mut self, spec: &TaintSpec) -> Result<TaintMatches, Stop> {
        let mut number = 0;
        let sinks = self.find_each(&mut number, spec.sinks.iter().map(|sink| &sink.formula))?;
        let mut matches = TaintMatches { sinks, ..TaintMatches::default() };
        if matches.sinks.is_empty() {
            return Ok(matches);
        }
        matches.sources = self.find_each(&mut number, spec.sources.iter().map(|source| &source.formula))?;
        if matches.sources.is_empty() {
            return Ok(matches);
        }
        matches.sanitizers = self.find_each(&mut number, spec.sanitizers.iter().map(|sanitizer| &sanitizer.formula))?;
        matches.propagators =
            self.find_each(&mut number, spec.propagators.iter().map(|propagator| &propagator.formula))?;
        Ok(matches)
    }

    /// The matches of formulas, each with its place among them. `number` counts the rule's formulas.
    fn find_each<'f>(
        &mut self,
        number: &mut usize,
        formulas: impl Iterator<Item = &'f Formula>,
    ) -> Result<Vec<(usize, Match)>, Stop> {
        let mut all = Vec::new();
        for (index, formula) in formulas.enumerate() {
            all.extend(self.find(*number, formula)?.into_iter().map(|found| (index, found)));
            *number += 1;
        }
        Ok(all)
    }
}

fn finding(file: &FileContext<'_>, rule: &Rule, found: &Match, trace: Option<Trace>) -> Finding {
    let metavars = message::metavars(file, &found.bindings);
    let fill = |template: &str| match file.language {
        Language::Elixir => message::fill(&message::without_second_end(template, &metavars), &metavars),
        _ => message::fill(template, &metavars),
    };
    let fix = rule.fix.as_ref().map(|fix| fix.instantiate(file.text, found.span, fill));
    Finding {
        rule_id: rule.id.clone(),
        message: message::fill(&rule.message, &metavars),
        severity: rule.severity,
        span: found.span,
        metavars,
        trace,
        fix,
        suppressed: None,
        ignore: None,
        fingerprint: String::new(),
    }
}

/// Sorts, drops repetitions, and adds what depends on all findings of the file.
pub(crate) fn finish(findings: &mut Vec<Finding>, source: &Source) {
    findings.sort_by(|a, b| (a.span, &a.rule_id, &a.message).cmp(&(b.span, &b.rule_id, &b.message)));
    findings.dedup_by(|a, b| a.span == b.span && a.rule_id == b.rule_id && a.message == b.message);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let matched = source.excerpt(finding.span);
        let before = seen.entry(message::fingerprint(&finding.rule_id, matched, 0)).or_default();
        finding.fingerprint = message::fingerprint(&finding.rule_id, matched, *before);
        *before += 1;
    }
}

fn note(stop: Stop, rule: Option<&Rule>) -> Option<Note> {
    let (kind, message) = match stop {
        Stop::Rule => (NoteKind::RuleTimeout, "the rule took too long on this file and was stopped"),
        Stop::Deadline => (NoteKind::Timeout, "analysis ran out of time; findings may be missing"),
        Stop::Cancelled => return None,
    };
    Some(Note { kind, span: None, rule_id: rule.map(|rule| rule.id.clone()), message: message.to_owned() })
}
