//! Rules of strangers: whatever their size and form, they are read or refused, within a worker's stack, and not in
//! a time that grows with the square of their size.

use crate::check::whole;
use weir_analysis::{Budget, Options, RuleSet, Unit, analyze};
use weir_model::{Language, RuleSource};
use weir_syntax::{Limits, Source};

/// A part of a worker's: tests are not optimised.
const STACK: usize = 64 << 20;

/// Compiles a rule file and runs it over some code.
fn run(text: String) {
    let test = move || {
        let rules = RuleSet::compile(&[RuleSource { name: "r".to_owned(), text }], &[]);
        let code = "f(1)\nf('a')\ng()\n".to_owned();
        let source = Source::parse(Language::Python, code, Limits::NONE);
        let unit = Unit { path: "a.py", source: &source };
        analyze(&rules, &unit, Options::default(), &Budget::unlimited());
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(test).expect("a thread");
    thread.join().expect("no panic");
}

fn conditional(comparison: &str) -> String {
    let comparison = serde_json::json!(comparison);
    whole(
        "python",
        &format!("patterns: [{{pattern: f($X)}}, {{metavariable-comparison: {{comparison: {comparison}}}}}]"),
    )
}

#[test]
fn long_sums_in_comparisons() {
    run(conditional(&format!("$X {}", "+ 1".repeat(200_000))));
}

#[test]
fn long_powers_in_comparisons() {
    run(conditional(&"~-$X ** ".repeat(200_000)));
}

#[test]
fn long_alternatives_of_labels() {
    let labels = format!("A {}", "or A ".repeat(200_000));
    run(whole(
        "python",
        &format!(
            "mode: taint\npattern-sources: [{{pattern: g(), label: A}}]\npattern-sinks: [{{pattern: f(...), requires: {labels}}}]"
        ),
    ));
}

#[test]
fn deep_patterns() {
    for (open, inner, close) in
        [("(", "a", ")"), ("f(", "(", ")"), ("[", "1 1", "]"), ("{1:", "+", "}"), ("not ", "a", ""), ("a.", "a", "")]
    {
        let pattern = format!("{}{inner}{}", open.repeat(5_000), close.repeat(5_000));
        run(whole("python", &format!("pattern: '{pattern}'")));
    }
}

#[test]
fn wide_maps() {
    let keys: Vec<_> = (0..200_000).map(|nth| format!("k{nth}: 1")).collect();
    run(format!("{{{}}}", keys.join(", ")));
}

#[test]
fn long_lines_beyond_ascii() {
    let rule = r#"{"id": "é", "message": "m", "severity": "ERROR", "languages": ["python"], "pattern": "f()"}, "#;
    run(format!(r#"{{"rules": [{}]}}"#, rule.repeat(10_000)));
}

#[test]
fn long_patterns_over_any_text() {
    let words = "f ( 1 ) f ( ' a ' ) g ( ) ".repeat(50_000);
    run(format!("rules: [{{id: r, message: m, severity: ERROR, languages: [generic], pattern: \"{words}\"}}]"));
}

#[test]
fn matches_that_end_before_they_start() {
    run(whole("python", "pattern-regex: '(?=f(\\K).)'\nfix-regex: {regex: '(?=f\\K)', replacement: a}"));
    run(whole("python", "pattern-regex: '(?<=\\K(f))'"));
}
