//! Why a rule reports a line, or why it does not.
//!
//! The rule is run as ever, and the code that decides notes down what it does around the line
//! ([`Record`](crate::matching::Record), [`Watch`](crate::taint::Watch)). What is made of that here are words and places.

mod applies;
mod formula;
mod taint;
mod words;

use crate::analyze::{self, Options, Unit};
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::matching::{Index, Record};
use crate::place;
use crate::rule::{Body, Listed, OutOfRange, Rule, RuleSet};
use crate::suppress::{self, Marks};
use applies::Applies;
use std::sync::Arc;
use weir_model::{Explanation, Finding, LineQuestion, MarkPlace, Outcome, Reason, Span, Verdict};
use weir_syntax::Part;

/// Explains one line of a text for every rule of the asked name; an id may be given by its last part. No answer means that
/// there is no such rule.
pub fn explain(
    rules: &RuleSet,
    unit: &Unit<'_>,
    question: &LineQuestion,
    options: Options,
    budget: &Budget<'_>,
) -> Vec<Explanation> {
    let setting = Setting { rules, unit, options, budget };
    let line = words::line(unit.text(), question.line);
    let is_asked = |id: &str| suppress::names(&question.rule_id, id);
    let exact = |id: &str| *question.rule_id == *id;
    // Who writes the whole id means that rule, and not another that ends like it.
    let any_exact =
        rules.running().any(|(_, rule)| exact(&rule.info.id)) || rules.out_of_range().any(|(_, rule)| exact(&rule.id));
    let wanted = |id: &str| if any_exact { exact(id) } else { is_asked(id) };
    let of_other_versions = rules.out_of_range().filter(|(_, rule)| wanted(&rule.id));
    let asked = rules.running().filter(|(_, listed)| wanted(&listed.info.id));
    let parts = unit.source.parts();
    let explained = asked.filter_map(|(source, listed)| {
        let rule = rules.compiled(listed)?;
        let case = || Case { source, listed, rule, line, findings: Vec::new(), reasons: Vec::new() };
        // Of a page the part that the rule reports the line of, or else one that has something there.
        let is_reported = |told: &Explanation| matches!(told.verdict, Verdict::Reported | Verdict::Suppressed);
        let looked_at = parts.iter().filter(|part| listed.looks_at(part));
        let told = looked_at.map(|part| (of_rule(case(), &setting, part), part.within(line).is_some()));
        let best = told.max_by_key(|(told, has_something)| (is_reported(told), *has_something));
        best.map(|(told, _)| told).or_else(|| Some(of_rule(case(), &setting, parts.first()?)))
    });
    explained.chain(of_other_versions.map(|(source, rule)| of_other_version(source, rule, line))).collect()
}

/// A line may be a whole file, with findings without number.
const MOST_FINDINGS: usize = 100;

/// What was found out of one rule.
struct Case<'a> {
    /// The name of the rule's file.
    source: &'a str,
    listed: &'a Listed,
    rule: &'a Rule,
    line: Span,
    findings: Vec<Finding>,
    reasons: Vec<Reason>,
}

impl Case<'_> {
    fn closed(self, verdict: Verdict, summary: String) -> Explanation {
        Explanation {
            rule_id: Arc::clone(&self.rule.id),
            source: self.source.to_owned(),
            rule_line: self.rule.origin.line,
            span: self.line,
            verdict,
            summary,
            findings: self.findings,
            reasons: self.reasons,
        }
    }
}

/// What a rule is run with.
struct Setting<'a> {
    rules: &'a RuleSet,
    unit: &'a Unit<'a>,
    options: Options,
    budget: &'a Budget<'a>,
}

fn of_rule(mut case: Case<'_>, setting: &Setting<'_>, part: &Part<'_>) -> Explanation {
    let Setting { unit, budget, .. } = *setting;
    let (rule, listed) = (case.rule, case.listed);
    let index = Index::of(part.tree, part.language, None);
    let Applies { reasons, obstacle } = applies::of(rule, listed, unit, part, &index);
    case.reasons = reasons;
    if !listed.looks_at(part) {
        return case.closed(Verdict::NotRun, obstacle.unwrap_or_default());
    }
    budget.start_rule(&rule.id);
    let done = look(&mut case, setting, part, index);
    budget.end_rule();
    match (done, obstacle) {
        (Err(stop), _) => {
            let why = match stop {
                Stop::Cancelled => "the work was called off",
                Stop::Rule => "the rule took too long on this file and was stopped, as it is in a scan",
                Stop::Deadline => "the analysis of the file ran out of time",
            };
            case.closed(Verdict::Stopped, why.to_owned())
        }
        (Ok(_), Some(obstacle)) => case.closed(Verdict::NotRun, obstacle),
        (Ok(why), None) => {
            let verdict = match &case.findings[..] {
                [] => Verdict::NotReported,
                all if all.iter().all(Finding::is_suppressed) => Verdict::Suppressed,
                _ => Verdict::Reported,
            };
            let why = if verdict == Verdict::Suppressed { "a comment asks to ignore it".to_owned() } else { why };
            case.closed(verdict, why)
        }
    }
}

/// Runs the rule and tells what it does; gives why the line is reported or is not.
fn look(case: &mut Case<'_>, setting: &Setting<'_>, part: &Part<'_>, index: Index) -> Result<String, Stop> {
    let Setting { rules, unit, options, budget } = *setting;
    let rule = case.rule;
    // Where nothing of the part stands on the line, nothing of it does so at its end either.
    let line = part.within(case.line).unwrap_or(Span::from(part.text.len()..part.text.len()));
    let file = FileContext::new(part, index, false, None, budget)?;
    let mut findings = analyze::run(&file, rule, budget)?;
    findings.retain(|finding| part.place(finding.span).touches(case.line));
    findings.truncate(MOST_FINDINGS);
    case.findings = findings.iter().filter_map(|finding| place::finding(part, finding.clone())).collect();
    analyze::finish(&mut case.findings, unit.source);
    for part in unit.source.parts().iter().filter(|part| part.holds_marks) {
        Marks::of(part, unit.path, options).apply(&mut case.findings, part, rules, budget.today);
    }
    // It counts equal findings before it in the file, which are not all here.
    for finding in &mut case.findings {
        finding.fingerprint.clear();
    }
    let asked = Asked { file: &file, line, record: Record::of(line), budget };
    let reported = match &rule.body {
        Body::Search(formula) => {
            let reason = asked.formula(formula)?;
            let why = if case.findings.is_empty() {
                words::loss(&reason)
            } else {
                "all that the rule asks for is there".to_owned()
            };
            case.reasons.push(reason);
            why
        }
        Body::Taint(spec) => asked.taint(spec, rule, &findings, &mut case.reasons)?,
    };
    case.reasons.iter_mut().for_each(|reason| place::reason(part, reason));
    let hidden = case.findings.iter().filter_map(|finding| suppression(unit.text(), finding)).take(words::MOST_PLACES);
    case.reasons.extend(hidden);
    Ok(reported)
}

/// One line of one file, and what the rule's formulas did there.
struct Asked<'a> {
    file: &'a FileContext<'a>,
    line: Span,
    record: Record,
    budget: &'a Budget<'a>,
}

/// The mark that hides a finding.
fn suppression(text: &str, finding: &Finding) -> Option<Reason> {
    let suppression = finding.suppressed.as_ref()?;
    let MarkPlace::Text(mark) = suppression.place else { return None };
    let number = words::line_in(text, mark.start);
    let mut message = format!("line {number} asks to ignore the finding ({})", suppression.mark.name());
    if let Some(why) = &suppression.reason {
        message += &format!(": {why}");
    }
    Some(Reason { places: vec![words::at(mark, "")], ..words::reason(Outcome::Fails, message) })
}

fn of_other_version(source: &str, rule: &OutOfRange, line: Span) -> Explanation {
    let reason = applies::other_version(rule.origin);
    Explanation {
        rule_id: Arc::clone(&rule.id),
        source: source.to_owned(),
        rule_line: rule.origin.line,
        span: line,
        verdict: Verdict::NotRun,
        summary: reason.message.clone(),
        findings: Vec::new(),
        reasons: vec![reason],
    }
}
