//! Where untrusted data goes: what is found and what is not, language by language, and what rules can say about it.

mod functions;
mod languages;
mod rules;

use crate::check::run;

const RULE: &str = "
    mode: taint
    message: found
    pattern-sources: [{pattern: source(...)}]
    pattern-sinks: [{pattern: sink(...)}, {pattern: calm(...)}]
    pattern-sanitizers: [{pattern: clean(...)}]
";

/// Follows what `source()` gives; every `sink(..)` in the code must be found and no `calm(..)`, though both are sinks.
#[track_caller]
fn follow(language: &str, code: &str) {
    follow_by(language, RULE, code);
}

/// As [`follow`], by another rule.
#[track_caller]
fn follow_by(language: &str, rule: &str, code: &str) {
    let analysis = run(language, rule, code);
    assert!(analysis.notes.is_empty(), "{:?}", analysis.notes);
    // A pipe's match begins before the call.
    let call =
        |start: usize| ["sink(", "calm("].iter().filter_map(|name| Some(start + code[start..].find(name)?)).min();
    let mut found: Vec<_> = analysis.findings.iter().filter_map(|finding| call(finding.span.start as usize)).collect();
    found.dedup();
    let expected: Vec<_> = code.match_indices("sink(").map(|(at, _)| at).collect();
    let lines = |places: &[usize]| {
        let line = |&at: &usize| code[code[..at].rfind('\n').map_or(0, |at| at + 1)..].lines().next().unwrap_or("");
        places.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    assert!(found == expected, "should find\n{}\nbut finds\n{}", lines(&expected), lines(&found));
}
