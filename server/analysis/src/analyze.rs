//! One file, all rules.

use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::matching::{self, Index, Match};
use crate::message;
use crate::rule::{Body, Formula, Rule, RuleSet, TaintSpec};
use crate::suppress;
use crate::taint::{self, TaintFinding, TaintMatches};
use std::collections::HashMap;
use weir_model::{Finding, Language, Note, NoteKind, Trace};
use weir_syntax::Tree;

/// One text to analyse.
pub struct Unit<'a> {
    /// Path relative to the project's root, with forward slashes; `paths:` of rules look at it.
    pub path: &'a str,
    /// The text.
    pub text: &'a str,
    /// Its language; `None` for a text only rules for any text read.
    pub language: Option<Language>,
    /// Its tree; empty without a language.
    pub tree: &'a Tree,
}

/// How to analyse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Run every rule whatever its `paths:` say.
    pub ignore_paths: bool,
    /// Do not mark findings as suppressed by inline comments.
    pub ignore_suppressions: bool,
}

/// What an analysis found.
#[derive(Debug, Default)]
pub struct Analysis {
    /// Sorted by place, then rule.
    pub findings: Vec<Finding>,
    /// What could not be done.
    pub notes: Vec<Note>,
}

/// Runs the rules over one text. When time is up or a newer text is there, what is known so far is the answer.
pub fn analyze(rules: &RuleSet, unit: &Unit<'_>, options: Options, budget: &Budget<'_>) -> Analysis {
    let mut analysis = Analysis::default();
    let index = Index::of(unit.tree);
    let has = |name| index.has(name);
    let admits = |rule: &&Rule| options.ignore_paths || rule.paths.admit(unit.path);
    let applicable: Vec<&Rule> = rules.for_file(unit.language, &has).into_iter().filter(admits).collect();
    if applicable.is_empty() {
        return analysis;
    }
    let file = match FileContext::new(unit, index, budget) {
        Ok(file) => file,
        Err(stop) => {
            analysis.notes.extend(note(stop, None));
            return analysis;
        }
    };
    for rule in applicable {
        budget.start_rule(&rule.id);
        let found = run(&file, rule, budget);
        budget.end_rule();
        match found {
            Ok(found) => analysis.findings.extend(found),
            Err(stop) => {
                analysis.notes.extend(note(stop, Some(rule)));
                if stop != Stop::Rule {
                    break;
                }
            }
        }
    }
    finish(&mut analysis.findings, unit.text, options);
    analysis
}

fn run(file: &FileContext<'_>, rule: &Rule, budget: &Budget<'_>) -> Result<Vec<Finding>, Stop> {
    budget.look()?;
    Ok(match &rule.body {
        Body::Search(formula) => {
            let matches = matching::find(formula, file, budget)?;
            matches.into_iter().map(|found| finding(file, rule, &found, None)).collect()
        }
        Body::Taint(spec) => {
            let found = taint::run(file, spec, &rule.options, &taint_matches(file, spec, budget)?, budget)?;
            let place = |found: &TaintFinding| match found.trace.steps.first() {
                Some(source) if rule.options.taint_focus_on_source => Match { span: source.span, ..found.sink.clone() },
                _ => found.sink.clone(),
            };
            found.into_iter().map(|found| finding(file, rule, &place(&found), Some(found.trace))).collect()
        }
    })
}

/// Evaluates the formulas of a taint rule. Where nothing enters or nothing is reached, there is no more to do.
fn taint_matches(file: &FileContext<'_>, spec: &TaintSpec, budget: &Budget<'_>) -> Result<TaintMatches, Stop> {
    let sinks = find_each(file, spec.sinks.iter().map(|sink| &sink.formula), budget)?;
    let mut matches = TaintMatches { sinks, ..TaintMatches::default() };
    if matches.sinks.is_empty() {
        return Ok(matches);
    }
    matches.sources = find_each(file, spec.sources.iter().map(|source| &source.formula), budget)?;
    if matches.sources.is_empty() {
        return Ok(matches);
    }
    matches.sanitizers = find_each(file, spec.sanitizers.iter().map(|sanitizer| &sanitizer.formula), budget)?;
    matches.propagators = find_each(file, spec.propagators.iter().map(|propagator| &propagator.formula), budget)?;
    Ok(matches)
}

fn find_each<'f>(
    file: &FileContext<'_>,
    formulas: impl Iterator<Item = &'f Formula>,
    budget: &Budget<'_>,
) -> Result<Vec<(usize, Match)>, Stop> {
    let mut all = Vec::new();
    for (index, formula) in formulas.enumerate() {
        all.extend(matching::find(formula, file, budget)?.into_iter().map(|found| (index, found)));
    }
    Ok(all)
}

fn finding(file: &FileContext<'_>, rule: &Rule, found: &Match, trace: Option<Trace>) -> Finding {
    let metavars = message::metavars(file, &found.bindings);
    let fix = rule
        .fix
        .as_ref()
        .map(|fix| fix.instantiate(file.text, found.span, |template| message::fill(template, &metavars)));
    Finding {
        rule_id: rule.id.clone(),
        message: message::fill(&rule.message, &metavars),
        severity: rule.severity,
        span: found.span,
        metavars,
        trace,
        fix,
        suppressed: false,
        fingerprint: String::new(),
    }
}

/// Sorts, drops repetitions, and adds what depends on all findings of the file.
fn finish(findings: &mut Vec<Finding>, text: &str, options: Options) {
    findings.sort_by(|a, b| (a.span, &a.rule_id, &a.message).cmp(&(b.span, &b.rule_id, &b.message)));
    findings.dedup_by(|a, b| a.span == b.span && a.rule_id == b.rule_id && a.message == b.message);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let matched = finding.span.text(text);
        let before = seen.entry(message::fingerprint(&finding.rule_id, matched, 0)).or_default();
        finding.fingerprint = message::fingerprint(&finding.rule_id, matched, *before);
        *before += 1;
        finding.suppressed =
            !options.ignore_suppressions && suppress::is_suppressed(text, finding.span, &finding.rule_id);
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
