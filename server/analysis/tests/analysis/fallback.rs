//! The regexes that stand in for our rules where a text cannot be parsed: what they owe to their rules' own targets.

use regex::{Regex, RegexBuilder};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use weir_analysis::{Budget, Fallbacks, RuleSet};
use weir_model::{Language, RuleSource};

/// A rule with a tree has one or more.
#[test]
fn every_rule_has_regexes_that_regex_engines_of_clients_read_too() {
    for rule in rules() {
        assert!(!rule.fallback.is_empty(), "{}: no fallback", rule.id);
        for text in &rule.fallback {
            let special = text.match_indices("(?").filter(|(at, _)| !text[*at..].starts_with("(?:")).count();
            assert_eq!(special, 0, "{}: `{text}` has groups that not every engine knows", rule.id);
            regex(text);
        }
    }
}

/// A regex follows no data, so it misses some and reports more; but of what its rule finds in its own target it finds
/// nearly all.
#[test]
fn they_find_most_of_what_their_rules_find() {
    let (mut found, mut all) = (0, 0);
    for rule in rules() {
        let regexes: Vec<Regex> = rule.fallback.iter().map(|text| regex(text)).collect();
        let (mut hits, mut wanted) = (0, 0);
        for target in &rule.targets {
            let text = fs::read_to_string(target).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            for line in wanted_lines(&lines, &rule.id) {
                wanted += 1;
                // A match may begin above the line where the rule's begins.
                let at = lines[..line].iter().map(|line| line.len() + 1).sum::<usize>();
                let end = at + lines[line].len();
                let on_line = |regex: &Regex| regex.find_iter(&text).any(|m| m.start() < end && m.end() > at);
                hits += usize::from(regexes.iter().any(on_line));
            }
        }
        assert!(hits * 2 >= wanted && hits > 0, "{}: {hits} of {wanted}", rule.id);
        (found, all) = (found + hits, all + wanted);
    }
    assert!(all > 300, "only {all} lines were looked at");
    assert!(found * 100 >= all * 95, "{found} of {all}");
}

/// A text, and what the regexes of two rules find in it: rule, and what stands there.
#[test]
fn regexes_are_looked_for_in_any_text_of_their_language() {
    const RULES: &str = r"
rules:
  - id: eval
    languages: [python]
    severity: ERROR
    message: m
    pattern: eval(...)
    metadata: {weir: {fallback: ['\beval\(', '^eval\(', '(unclosed']}}
  - id: sleep
    languages: [ruby]
    severity: INFO
    message: m
    pattern: sleep(...)
    metadata: {weir: {fallback: ['sleep']}}
";
    let source = RuleSource { name: "rules.yaml".to_owned(), text: RULES.to_owned() };
    let rules = RuleSet::compile(&[source], &[]);
    let mut fallbacks = Fallbacks::default();
    let mut find = |language: Language, text: &str| {
        let hits = fallbacks.find(&rules, language.into(), text, &Budget::unlimited());
        let told = hits.hits.iter().map(|hit| format!("{} {}", hit.rule_id, hit.span.text(text)));
        (told.collect::<Vec<_>>().join(", "), hits.regexes)
    };
    for (language, text, expected, regexes) in [
        (Language::Python, "x = ((( eval(y)\nEVAL(z)\nsleep\n", "eval eval(, eval EVAL(", 2),
        (Language::Python, "eval(y)  # nosemgrep\n\neval(z)", "eval eval(", 2),
        (Language::Python, "# nosem: eval\neval(y)\n", "", 2),
        (Language::Ruby, "sleep; eval(y)", "sleep sleep", 1),
        (Language::Java, "eval(y)", "", 0),
    ] {
        assert_eq!(find(language, text), (expected.to_owned(), regexes), "{text}");
    }
}

struct Rule {
    id: String,
    fallback: Vec<String>,
    targets: Vec<PathBuf>,
}

fn rules() -> Vec<Rule> {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../patterns"), &mut files);
    let (sources, others): (Vec<_>, Vec<_>) = files
        .into_iter()
        .filter(|file| !file.to_string_lossy().contains(".fixed."))
        .partition(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let source = RuleSource { name: file.display().to_string(), text };
        let compiled = RuleSet::compile(&[source], &[]);
        let [info] = compiled.rules() else { panic!("{}: not one rule", file.display()) };
        let metadata: Value = serde_json::from_str(&info.metadata).unwrap();
        let regexes = metadata["weir"]["fallback"].as_array().into_iter().flatten();
        let folder = file.with_extension("");
        let beside = |other: &&PathBuf| {
            let first = other.file_name().and_then(|name| name.to_str()?.split('.').next());
            other.starts_with(&folder)
                || (other.parent() == file.parent() && first == folder.file_name().and_then(|name| name.to_str()))
        };
        let targets = others.iter().filter(beside);
        Rule {
            id: info.id.to_string(),
            fallback: regexes.map(|regex| regex.as_str().unwrap().to_owned()).collect(),
            targets: targets.cloned().collect(),
        }
    };
    sources.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// Zero-based.
fn wanted_lines(lines: &[&str], rule: &str) -> Vec<usize> {
    let says = |line: &str| ["ruleid:", "ok:", "todoruleid:", "todook:"].iter().any(|word| line.contains(word));
    let of_rule = |line: &&str| {
        line.split_once("ruleid:").is_some_and(|(before, ids)| {
            !before.ends_with("todo") && ids.split(',').any(|id| id.split_whitespace().next() == Some(rule))
        })
    };
    let marks = lines.iter().enumerate().filter(|(_, line)| of_rule(line));
    marks.filter_map(|(at, _)| (at + 1..lines.len()).find(|next| !says(lines[*next]))).collect()
}

fn regex(text: &str) -> Regex {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .multi_line(true)
        .build()
        .unwrap_or_else(|error| panic!("`{text}`: {error}"))
}
