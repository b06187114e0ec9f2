//! The table of keys against the reader of rules.

use super::*;
use crate::rule::{OPTIONS_WITHOUT_EFFECT, RuleSet};
use std::collections::BTreeSet;
use weir_model::{Language, RuleSource, Severity};

/// A rule with the key in its place, and what it needs beside it.
fn rule(key: &Key, at: At) -> String {
    let (name, example) = (key.name, key.example);
    let entry = format!("{name}: {example}");
    // What a rule needs to find something, if the key is not that itself.
    let beside = |other: &str, what: &str| if name == other { String::new() } else { format!(", {what}") };
    let part = |part: &str| format!("patterns: [{{pattern: $X.f($Y)}}, {{{part}}}]");
    let taint = |key: &str, entry: String| {
        let sources = if key == "sources" { "" } else { "pattern-sources: [{pattern: q()}], " };
        let sinks = if key == "sinks" { "" } else { "pattern-sinks: [{pattern: r()}], " };
        format!("mode: taint, {sources}{sinks}pattern-{key}: [{{{entry}}}]")
    };
    let finds = ["pattern", "patterns", "pattern-either", "pattern-regex", "regex", "all", "any", "inside"];
    let with_pattern =
        |entry: &str| if finds.contains(&name) { entry.to_owned() } else { format!("pattern: $A.s($B), {entry}") };
    let ends = |entry: String| match name {
        "from" => format!("{entry}, to: $A"),
        "to" => format!("{entry}, from: $B"),
        _ => format!("{entry}, from: $B, to: $A"),
    };
    let modern = |key: &str, entry: String| {
        let sources = if key == "sources" { "" } else { "sources: [q()], " };
        let sinks = if key == "sinks" { "" } else { "sinks: [r()], " };
        format!("taint: {{{sources}{sinks}{key}: [{{{entry}}}]}}")
    };
    let body = match at {
        At::Root => return format!("{entry}\n"),
        At::Rule => {
            let formula = [&finds[..4], &["match", "taint", "pattern-sources", "pattern-sinks"]].concat();
            let needs = match name {
                "pattern-sources" => ", mode: taint, pattern-sinks: [{pattern: r()}]",
                "pattern-sinks" => ", mode: taint, pattern-sources: [{pattern: q()}]",
                "pattern-sanitizers" | "pattern-propagators" => {
                    ", mode: taint, pattern-sources: [{pattern: q()}], pattern-sinks: [{pattern: r()}]"
                }
                _ if formula.contains(&name) => "",
                _ => ", pattern: f($X)",
            };
            let head = [("id", "id: r"), ("severity", "severity: ERROR"), ("languages", "languages: [python]")];
            let head = head.iter().filter(|(key, _)| *key != name && !(name == "language" && *key == "languages"));
            let head: Vec<_> = head.map(|(_, text)| *text).collect();
            return format!("rules:\n- {{{}, {entry}{needs}}}\n", head.join(", "));
        }
        At::Part => part(&entry),
        At::Alternative => format!("pattern-either: [{{pattern: g()}}, {{{entry}}}]"),
        At::Operand => part(&format!("pattern-inside: {{{entry}}}")),
        At::Source => taint("sources", with_pattern(&entry)),
        At::Sink => taint("sinks", with_pattern(&entry)),
        At::Sanitizer => taint("sanitizers", with_pattern(&entry)),
        At::Propagator => taint("propagators", ends(with_pattern(&entry))),
        At::MetavariableRegex
        | At::MetavariablePattern
        | At::MetavariableComparison
        | At::MetavariableAnalysis
        | At::MetavariableType
        | At::MetavariableName => {
            let (condition, needs) = match at {
                At::MetavariableRegex => ("regex", beside("regex", "regex: a")),
                At::MetavariablePattern if finds.contains(&name) => ("pattern", String::new()),
                At::MetavariablePattern => ("pattern", beside("pattern", "pattern: a")),
                At::MetavariableComparison => ("comparison", beside("comparison", "comparison: $X > 1")),
                At::MetavariableAnalysis => ("analysis", beside("analyzer", "analyzer: entropy_v2")),
                At::MetavariableType if name == "types" => ("type", String::new()),
                At::MetavariableType => ("type", beside("type", "type: str")),
                _ if name == "metavariable" => ("name", ", module: os".to_owned()),
                _ => ("name", String::new()),
            };
            let subject = beside("metavariable", "metavariable: $X");
            part(&format!("metavariable-{condition}: {{{entry}{subject}{needs}}}"))
        }
        At::Analyzer => {
            let kind = beside("kind", "kind: entropy_v2");
            part(&format!("metavariable-analysis: {{metavariable: $X, analyzer: {{{entry}{kind}}}}}"))
        }
        At::FixRegex => {
            let needs = beside("regex", "regex: a") + &beside("replacement", "replacement: b");
            format!("pattern: f($X), fix-regex: {{{entry}{needs}}}")
        }
        At::Paths => format!("pattern: f($X), paths: {{{entry}}}"),
        At::Options => format!("pattern: f($X), options: {{{entry}}}"),
        At::Metadata => format!("pattern: f($X), metadata: {{{entry}}}"),
        At::Weir => format!("pattern: f($X), metadata: {{weir: {{{entry}}}}}"),
        At::Match if matches!(name, "not" | "anywhere") => format!("match: {{all: [f($X), {{{entry}}}]}}"),
        At::Match if finds.contains(&name) => format!("match: {{{entry}}}"),
        At::Match => format!("match: {{pattern: f($X), {entry}}}"),
        At::Where => {
            let needs = match name {
                "focus" | "comparison" => String::new(),
                "base" | "strip" => ", metavariable: $X, comparison: $X > 1".to_owned(),
                "constant-propagation" => ", metavariable: $X, regex: a".to_owned(),
                "metavariable" | "language" | "where" => {
                    format!(", pattern: a{}", beside("metavariable", "metavariable: $X"))
                }
                _ => ", metavariable: $X".to_owned(),
            };
            format!("match: {{pattern: f($X), where: [{{{entry}{needs}}}]}}")
        }
        At::Taint => {
            let needs = match name {
                "sources" => ", sinks: [r()]",
                "sinks" => ", sources: [q()]",
                _ => ", sources: [q()], sinks: [r()]",
            };
            format!("taint: {{{entry}{needs}}}")
        }
        At::MatchSource => modern("sources", with_pattern(&entry)),
        At::MatchSink => modern("sinks", with_pattern(&entry)),
        At::MatchSanitizer => modern("sanitizers", with_pattern(&entry)),
        At::MatchPropagator => modern("propagators", ends(with_pattern(&entry))),
    };
    format!("rules:\n- {{id: r, severity: ERROR, languages: [python], {body}}}\n")
}

#[test]
fn every_key_is_accepted_where_it_is_said_to_stand() {
    for key in KEYS {
        for &at in key.at {
            let text = rule(key, at);
            let set = RuleSet::compile(&[RuleSource { name: String::new(), text: text.clone() }], &[]);
            assert_eq!(set.problems(), [], "{} in {at:?}\n{text}", key.name);
        }
    }
}

#[test]
fn a_key_stands_once_in_a_kind_of_map() {
    let mut seen = BTreeSet::new();
    for key in KEYS {
        for at in key.at {
            assert!(seen.insert((key.name, format!("{at:?}"))), "{} in {at:?}", key.name);
        }
    }
}

/// Words in the source of the reader that look like keys and are none, or none that is offered.
const OTHER_WORDS: &[&str] = &[
    // Values.
    "search",
    "source",
    "sink",
    "only",
    "generic",
    "regex",
    "none",
    "python",
    "spacegrep",
    "aliengrep",
    // What is not supported.
    "pattern-where-python",
    "pattern-where",
    "join",
    "extract",
    "dest-language",
    "dest-rules",
    "secrets",
    "supply_chain",
    "r2c-internal-project-depends-on",
    "steps",
    // Beginnings of keys.
    "focus",
    "metavariable",
    "pattern-",
];

#[test]
fn every_key_that_the_reader_asks_for_is_in_the_table() {
    let source = [
        include_str!("../../rule/compile.rs"),
        include_str!("../../rule/compile/conditions.rs"),
        include_str!("../../rule/compile/formula.rs"),
        include_str!("../../rule/compile/generic.rs"),
        include_str!("../../rule/compile/modern.rs"),
        include_str!("../../rule/compile/taint.rs"),
        include_str!("../../rule/options.rs"),
    ]
    .concat();
    let words = regex::Regex::new(r#""([a-z][a-z0-9_-]+)""#).expect("a constant regex");
    let known: BTreeSet<&str> = KEYS.iter().map(|key| key.name).collect();
    let unknown: BTreeSet<&str> = words
        .captures_iter(&source)
        .filter_map(|found| found.get(1))
        .map(|word| word.as_str())
        .filter(|word| !known.contains(word) && !OTHER_WORDS.contains(word))
        .filter(|word| !OPTIONS_WITHOUT_EFFECT.contains(word))
        .collect();
    assert_eq!(unknown, BTreeSet::new());
}

#[test]
fn names_that_are_offered_are_accepted() {
    assert!(SEVERITIES.iter().all(|(name, _)| Severity::parse(name).is_some()));
    for (name, _) in LANGUAGES.iter().chain(LANGUAGES_WITHIN) {
        let any_text = matches!(*name, "generic" | "regex" | "aliengrep");
        assert!(any_text || !Language::from_rule_name(name).is_empty(), "{name}");
    }
    for key in KEYS {
        let (One(names) | Several(names) | NameOrMap(names, _)) = key.holds else { continue };
        for (name, _) in names {
            for &at in key.at {
                let example = if matches!(key.holds, Several(_)) { format!("[{name}]") } else { (*name).to_owned() };
                let key = Key { example: example.leak(), ..*key };
                // Of the languages only one has the patterns of the examples.
                if key.name.starts_with("language") {
                    continue;
                }
                let text = match name {
                    &"taint" => continue,
                    _ => rule(&key, at),
                };
                let set = RuleSet::compile(&[RuleSource { name: String::new(), text: text.clone() }], &[]);
                assert_eq!(set.problems(), [], "{text}");
            }
        }
    }
}
