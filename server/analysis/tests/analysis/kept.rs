//! Rules that were kept are the rules that were read.

use crate::check::{dedent, run, whole};
use std::path::Path;
use weir_analysis::{Budget, Options, RuleFiles, RuleSet, Unit, analyze, explain};
use weir_model::{Language, LineQuestion, RuleSource};
use weir_syntax::{Limits, Source};

/// The rules of some sources as they were read, and as they are taken from what was kept of that.
fn both(sources: &[RuleSource]) -> [RuleSet; 2] {
    let mut files = RuleFiles::default();
    let fresh = files.rules(sources, &[]);
    let mut restored = RuleFiles::default();
    restored.restore(sources, &files.keep(sources));
    assert!(restored.knows(sources));
    [fresh, restored.rules(sources, &[])]
}

fn source(name: &str, text: String) -> RuleSource {
    RuleSource { name: name.to_owned(), text }
}

/// All that one rule can hold, each with code in which it finds something.
const RULES: &[(&str, &str, &str)] = &[
    ("python", "pattern: f(..., $X)\nmessage: $X\nfix: g($X)", "f(1, 2)"),
    ("python", "pattern-regex: 'f(?P<X>o+)'\nmessage: $X $1", "foo"),
    ("python", "pattern-regex: '(?<=f)o+\\d{1,3}'", "foo12"),
    (
        "python",
        "patterns: [{pattern: $F($X)}, {metavariable-regex: {metavariable: $F, regex: '(?=e)eval'}}]",
        "eval(1)",
    ),
    ("python", "patterns: [{pattern: f($X)}, {metavariable-comparison: {comparison: $X > 3 and $X < 0x10}}]", "f(5)"),
    (
        "python",
        "patterns: [{pattern: f($X)}, {metavariable-pattern: {metavariable: $X, patterns: [{pattern: g(...)}]}}]",
        "f(g(1))",
    ),
    (
        "python",
        "patterns: [{pattern: f($X)}, {pattern-not: f(1)}, {pattern-not-inside: 'with a: ...'}, {focus-metavariable: $X}]",
        "f(2)",
    ),
    ("python", "pattern: f($X)\nfix-regex: {regex: '(f)', replacement: '\\1\\1', count: 1}", "f(2)"),
    ("python", "pattern: f($X)\npaths: {include: ['fil*'], exclude: ['*.js']}", "f(2)"),
    ("python", "pattern: f($X)\noptions: {constant_propagation: false}", "f(2)"),
    ("python", "match: {all: [f($X), {not: f(1)}], where: [{metavariable: $X, regex: '2'}]}", "f(2)"),
    (
        "python",
        "mode: taint\npattern-sources: [{pattern: s(), label: A}]\npattern-sinks: [{pattern: k(...), requires: A and not B}]\npattern-sanitizers: [{pattern: c(...)}]\npattern-propagators: [{pattern: $T.add($F), from: $F, to: $T}]",
        "x = []\nx.add(s())\nk(x)",
    ),
    (
        "java",
        "patterns: [{pattern: f($X)}, {metavariable-type: {metavariable: $X, type: String}}]",
        "class A { void g(String s) { f(s); } }",
    ),
    ("javascript, typescript", "pattern: <$A href={$X} />", "let a = <a href={b} />;"),
    ("typescript", "pattern: '($X: Foo).bar()'", "function f(x: Foo) { x.bar(); }"),
    ("php", "pattern: eval($X);", "<?php eval($a);"),
    ("ruby", "pattern: eval($X)", "eval(a)"),
    ("elixir", "pattern: f($X)", "f(1)"),
    ("regex", "pattern-regex: a+", "aa"),
    ("generic", "pattern: a ... $X", "a b c"),
];

#[test]
fn kept_rules_find_what_fresh_ones_find() {
    for (language, rule, code) in RULES {
        let sources = [source("r.yaml", whole(language, rule))];
        let [fresh, kept] = both(&sources);
        assert_eq!((fresh.rules(), fresh.problems()), (kept.rules(), kept.problems()), "{rule}");
        let language = language.split(", ").last().and_then(|name| Language::from_rule_name(name).last()).copied();
        let parsed = Source::parse(language, (*code).to_owned(), Limits::NONE);
        let unit = Unit { path: "file", source: &parsed };
        let [fresh, kept] =
            [fresh, kept].map(|rules| analyze(&rules, &unit, Options::default(), &Budget::unlimited()).findings);
        assert!(!fresh.is_empty(), "{rule} finds something in {code}");
        assert_eq!(fresh, kept, "{rule}");
        let question = LineQuestion { rule_id: "rule".into(), line: 1 };
        let [fresh, kept] =
            both(&sources).map(|rules| explain(&rules, &unit, &question, Options::default(), &Budget::unlimited()));
        assert!(!fresh.is_empty(), "{rule}");
        assert_eq!(fresh, kept, "{rule}");
    }
}

#[test]
fn kept_rules_say_what_fresh_ones_say() {
    let mut sources = vec![
        source("broken.yaml", "rules: [{id: a, pattern: 'f('}".to_owned()),
        source("wrong.yaml", whole("python", "pattern: f(\noptions: {colour: blue}")),
        source("odd.yaml", whole("python", "pattern: f()\noptions: {colour: blue}")),
        source("same.yaml", whole("python", "pattern: f()\noptions: {colour: blue}")),
        source("none.yaml", String::new()),
    ];
    let patterns = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../patterns/python");
    for entry in std::fs::read_dir(patterns).expect("our rules are there").flatten() {
        for entry in std::fs::read_dir(entry.path()).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "yaml") {
                let name = entry.file_name().to_string_lossy().into_owned();
                sources.push(source(&name, std::fs::read_to_string(entry.path()).expect("a readable file")));
            }
        }
    }
    let [fresh, kept] = both(&sources);
    assert!(fresh.rules().len() > 10 && fresh.problems().len() > 4);
    assert_eq!((fresh.rules(), fresh.problems()), (kept.rules(), kept.problems()));
}

#[test]
fn aliases_and_merged_keys_are_kept() {
    let text = dedent(
        "
        head: &head {severity: ERROR, languages: [python], message: m}
        call: &call
          - pattern: f($X)
          - pattern-not: f(1)
        rules:
        - id: a
          <<: *head
          patterns: *call
        ",
    );
    let [fresh, kept] = both(&[source("r", text.clone())]);
    assert_eq!((fresh.rules().len(), fresh.rules()), (1, kept.rules()));
    let parsed = Source::parse(Language::Python, "f(1)\nf(2)\n".to_owned(), Limits::NONE);
    let unit = Unit { path: "a", source: &parsed };
    for rules in [fresh, kept] {
        assert_eq!(analyze(&rules, &unit, Options::default(), &Budget::unlimited()).findings.len(), 1);
    }
}

#[test]
fn what_was_not_kept_of_the_same_files_is_ignored() {
    let sources = [source("a", whole("python", "pattern: f()")), source("b", whole("python", "pattern: g()"))];
    let mut files = RuleFiles::default();
    files.rules(&sources, &[]);
    let kept = files.keep(&sources);
    assert!(!kept.is_empty());
    for (given, sources) in [(&kept[..kept.len() / 2], &sources[..]), (b"", &sources), (&kept, &sources[..1])] {
        let mut files = RuleFiles::default();
        files.restore(sources, given);
        assert_eq!(files.rules(sources, &[]).rules().len(), sources.len());
    }
    assert!(RuleFiles::default().keep(&sources).is_empty(), "nothing is kept of what was not read");
}

#[test]
fn disabled_rules_are_left_out_of_kept_ones() {
    let sources = [source("a", whole("python", "pattern: f()"))];
    let mut files = RuleFiles::default();
    assert_eq!(files.rules(&sources, &["rule".into()]).rules().len(), 0);
    assert_eq!(files.rules(&sources, &[]).rules().len(), 1);
}

#[test]
fn names_too_long_to_be_kept_are_not_asked_for() {
    let name = "f".repeat(300);
    let found = run("python", &format!("pattern: {name}($X)"), &format!("{name}(1)\n"));
    assert_eq!(found.findings.len(), 1);
}

#[test]
fn rules_read_on_several_threads_are_those_read_on_one() {
    let mut sources: Vec<RuleSource> = RULES
        .iter()
        .enumerate()
        .map(|(at, (languages, rule, _))| source(&format!("{at}.yaml"), whole(languages, rule)))
        .collect();
    // A file that threads share, with a fault here and there; one that is not YAML; one that comes twice.
    let mut large = "rules:\n".to_owned();
    for at in 0..60 {
        let languages = ["python", "java, php", "go", "regex"][at % 4];
        let pattern = ["f($X, ...)", "(", "a(b(c))", "[a"][at / 4 % 4];
        large.push_str(&format!(
            "- {{id: r{at}, languages: [{languages}], severity: ERROR, message: m, pattern: '{pattern}'}}\n"
        ));
    }
    sources.push(source("large", format!("{large}- {{id: r1, id: r2}}\n")));
    sources.push(source("broken", format!("{large}- id: [\n")));
    sources.push(source("again", large));
    sources.push(sources[0].clone());
    let read = |threads: usize| {
        let mut files = RuleFiles::with_threads(threads, 8 << 20);
        let set = files.rules(&sources, &[]);
        (set.rules().to_vec(), set.problems().to_vec(), files.keep(&sources))
    };
    let alone = read(1);
    assert!(alone.0.len() > 20 && alone.1.len() > 20, "{alone:?}");
    for _ in 0..8 {
        assert!(read(4) == alone);
    }
}
