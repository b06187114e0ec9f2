//! Time runs out, texts change, and no rule keeps others from reporting.

use std::cell::Cell;
use weir_analysis::{Analysis, Budget, Options, RuleSet, Unit, analyze};
use weir_model::{Language, NoteKind, RuleSource};
use weir_syntax::{Limits, Source};

const RULES: &str = r"
rules:
- {id: slow, message: m, severity: ERROR, languages: [python], pattern-regex: '(?=a)(a|aa)+[cd]'}
- {id: fine, message: m, severity: ERROR, languages: [python], pattern: found()}
";

fn run(budget: &Budget<'_>, options: Options) -> Analysis {
    let rules = RuleSet::compile(&[RuleSource { name: "r".to_owned(), text: RULES.to_owned() }], &[]);
    assert_eq!(rules.problems(), []);
    let source = Source::parse(Language::Python, format!("found()\n{}\n", "a".repeat(60)), Limits::NONE);
    let unit = Unit { path: "a.py", source: &source };
    analyze(&rules, &unit, options, budget)
}

fn notes(analysis: &Analysis) -> Vec<(NoteKind, Option<&str>)> {
    analysis.notes.iter().map(|note| (note.kind, note.rule_id.as_deref())).collect()
}

#[test]
fn a_rule_that_would_never_end_is_named_and_the_others_report() {
    let analysis = run(&Budget::unlimited(), Options::default());
    assert_eq!(notes(&analysis), [(NoteKind::RuleTimeout, Some("slow"))]);
    assert_eq!(analysis.findings.iter().map(|finding| &*finding.rule_id).collect::<Vec<_>>(), ["fine"]);
}

#[test]
fn past_the_deadline_the_answer_is_what_is_known_and_a_note() {
    let time = Cell::new(0);
    let clock = || {
        time.set(time.get() + 1);
        time.get()
    };
    let analysis = run(&Budget::new(&clock, &|| false, &|_| (), 1, 1), Options::default());
    assert_eq!(notes(&analysis), [(NoteKind::Timeout, None)]);
}

#[test]
fn a_rule_past_its_share_costs_only_itself() {
    let time = Cell::new(0);
    let at_work = Cell::new(false);
    // The clock stands still but for the first rule.
    let clock = || {
        time.set(time.get() + u64::from(at_work.get()) * 100);
        time.get()
    };
    let watch = |rule: Option<&std::sync::Arc<str>>| at_work.set(rule.is_some_and(|id| &**id == "slow"));
    let analysis = run(&Budget::new(&clock, &|| false, &watch, u64::MAX, 50), Options::default());
    assert_eq!(notes(&analysis), [(NoteKind::RuleTimeout, Some("slow"))]);
    assert_eq!(analysis.findings.len(), 1);
}

#[test]
fn a_cancelled_analysis_says_nothing_of_it() {
    let analysis = run(&Budget::new(&|| 0, &|| true, &|_| (), u64::MAX, u64::MAX), Options::default());
    assert!(analysis.findings.is_empty() && analysis.notes.is_empty());
}
