//! What is wrong with rules is said with its place; the other rules run.

use crate::check::{dedent, whole};
use std::fmt::Write as _;
use std::sync::Arc;
use weir_analysis::{Budget, Options, RuleSet, Unit, analyze};
use weir_model::{Language, RuleSource};
use weir_syntax::{Limits, Source};

fn compile(text: &str) -> RuleSet {
    RuleSet::compile(&[RuleSource { name: "rules.yaml".to_owned(), text: text.to_owned() }], &[])
}

/// The problems, one a line: `line:column skipped|error|message`.
fn problems(set: &RuleSet) -> String {
    set.problems().iter().fold(String::new(), |mut out, problem| {
        let kind = if problem.skipped { "skipped" } else { "error" };
        let _ = writeln!(out, "{}:{} {kind}: {}", problem.line, problem.column, problem.message);
        out
    })
}

/// The keys of one Python rule stand on the file's line 5 and after.
#[track_caller]
fn check(rule: &str, expected: &str) {
    let set = compile(&whole("python", rule));
    let (found, expected) = (problems(&set), dedent(expected));
    assert!(found == expected, "the rule\n{rule}\nshould say\n{expected}\nbut says\n{found}");
}

#[test]
fn all_errors_of_a_rule_are_said_at_once() {
    check(
        "
        message: [a]
        patterns:
        - pattern: f($X
        - pattern-inside: 1 +
        - metavariable-regex: {metavariable: X, regex: a}
        - metavariable-regex: {metavariable: $X, regex: (a}
        - patern: f()
        fix-regex: {regex: '[', replacement: ''}
        ",
        "
        5:12 error: `message` must be a text, not a list
        7:17 error: `pattern`: this is not valid python code, even with metavariables and ellipses: it ends too early
        8:23 error: `pattern-inside`: this is not valid python code, even with metavariables and ellipses: it ends too early
        9:40 error: `metavariable` must name a metavariable, like `$X`
        10:52 error: `regex` is not a valid regex: missing closing parenthesis
        11:5 error: `patern` is not a key of the rule language
        12:23 error: `regex`: missing terminating ] for character class
        ",
    );
}

#[test]
fn what_a_rule_lacks_is_said() {
    check("message: m", "2:3 error: one of `pattern`, `patterns`, `pattern-either`, `pattern-regex` is missing");
    check(
        "patterns: [{pattern-not: f()}]",
        "5:13 error: `patterns` needs an entry that finds something: not only negations",
    );
    check(
        "mode: taint\npattern-sources: [{pattern: f()}]",
        "2:3 error: `pattern-sinks` is missing: a taint rule needs sources and sinks",
    );
    check(
        "pattern: f()\npattern-regex: f",
        "6:3 error: `pattern-regex` cannot stand beside `pattern`; put both under `patterns`",
    );
}

#[test]
fn what_is_not_supported_yet_skips_the_rule_and_says_so() {
    for (rule, expected) in [
        (
            "mode: join\njoin: {}",
            "5:9 skipped: `mode: join` joins what several rules find; write what belongs together as one rule with `mode: taint`; the rule is skipped",
        ),
        (
            "mode: extract\ndest-language: python\npattern: f()",
            "5:9 skipped: `mode: extract` takes code of one language out of another; ask for it where it stands by `metavariable-pattern` with `language`; the rule is skipped",
        ),
        (
            "patterns: [{pattern: $X}, {pattern-where-python: 'True'}]",
            "5:30 skipped: `pattern-where-python` runs Python, which the rule language gave up; write it as `metavariable-comparison`; the rule is skipped",
        ),
        (
            "patterns: [{pattern: $X}, {semgrep-internal-metavariable-name: {metavariable: $X, kind: view}}]",
            "5:91 skipped: `kind` asks what a framework makes of a name, which is not known here; the rule is skipped",
        ),
        (
            "patterns: [{pattern: $X}, {metavariable-pattern: {language: cobol, metavariable: $X, pattern: a}}]",
            "5:63 skipped: `metavariable-pattern` in cobol is not supported yet; the rule is skipped",
        ),
    ] {
        check(rule, expected);
    }
}

#[test]
fn what_a_sink_asks_must_name_metavariables() {
    let rule = |requires: &str| {
        format!(
            "mode: taint\npattern-sources: [{{pattern: a()}}]\npattern-sinks:\n- pattern: f($X)\n  requires: [{requires}]"
        )
    };
    check(&rule("A"), "9:16 error: an entry of `requires` must be a map, like `$X: LABEL`");
    check(&rule("{X: A}"), "9:17 error: `requires` must name a metavariable, like `$X`");
    check(&rule("{$X: A B}"), "9:21 error: `requires`: `B` is out of place; join labels by `and`, `or` and `not`");
}

#[test]
fn what_other_products_add_to_a_rule_is_no_mistake() {
    let set = compile(&whole("python", "pattern: f()\nvalidators: []\nproduct: sast\nversion: 1.0.0\nmode: search"));
    assert_eq!((problems(&set).as_str(), set.rules().len()), ("", 1));
}

#[test]
fn analyzers_and_their_modes_have_names() {
    for (analysis, expected) in [
        ("analyzer: luck", "5:82 error: `analyzer` must be `entropy`, `entropy_v2` or `redos`"),
        (
            "analyzer: {kind: entropy_v2, mode: wild}",
            "5:107 error: `mode` is for `entropy_v2` and must be `lax`, `default` or `strict`",
        ),
        (
            "analyzer: redos, mode: lax",
            "5:95 error: `mode` is for `entropy_v2` and must be `lax`, `default` or `strict`",
        ),
        ("mode: lax", "5:53 error: `analyzer` is missing"),
    ] {
        let rule = format!("patterns: [{{pattern: $X}}, {{metavariable-analysis: {{metavariable: $X, {analysis}}}}}]");
        check(&rule, expected);
    }
}

#[test]
fn unknown_options_are_told_of_and_the_rule_runs() {
    let set = compile(&whole("python", "pattern: f()\noptions: {interfile: true, colour: blue}"));
    assert_eq!(problems(&set), "6:30 skipped: the option `colour` is not known and has no effect\n");
    assert_eq!(set.rules().len(), 1);
}

#[test]
fn one_broken_rule_keeps_no_other_from_running() {
    let set = compile(
        "rules:
- {id: a, message: m, severity: ERROR, languages: [python], pattern: 'f('}
- {id: b, message: m, severity: ERROR, languages: [python], pattern: f()}
- {id: c, message: m, severity: ERROR, languages: [go], pattern: f()}
- {id: d, message: m, severity: ERROR, languages: [go, python], pattern: f()}
- {id: e, message: m, severity: ERROR, languages: [python], pattern: f(), min-version: 99.0.0}
- {id: f, message: m, severity: ERROR, languages: [python], pattern: f(), max-version: 1.2.0}
- {id: g, message: m, severity: WORSE, languages: [python], pattern: f()}
- {id: h, message: m, severity: ERROR, languages: [python], pattern: f(), id: i}
- {id: j, message: m, severity: LOW, languages: [python], pattern: f(), max-version: 99.0.0, unknown: 1}
- text
",
    );
    let ids: Vec<_> = set.rules().iter().map(|rule| &*rule.id).collect();
    assert_eq!(ids, ["b", "d", "j"]);
    assert_eq!(
        problems(&set),
        "2:72 error: `pattern`: this is not valid python code, even with metavariables and ellipses: it ends too early
4:51 skipped: `languages`: Weir does not read go yet; the rule is skipped
8:33 error: `severity` must be CRITICAL, HIGH, MEDIUM, LOW, ERROR, WARNING or INFO
9:75 error: the key `id` stands twice; remove one of them
11:3 error: a rule must be a map, not a text
"
    );
}

#[test]
fn broken_files_are_told_of_with_their_place() {
    for (text, expected) in [
        ("rules:\n- id: [", "3:1 error: this is not valid YAML: "),
        ("[]", "1:1 error: a rule file is a map with the list `rules:`; put the rules under that key"),
        ("rules: {}", "1:8 error: `rules:` must be a list of rules, not a map"),
    ] {
        let found = problems(&compile(text));
        assert!(found.starts_with(expected), "{text}: {found}");
    }
    assert_eq!(problems(&compile("")), "");
}

#[test]
fn the_same_rule_twice_runs_once_and_is_listed_with_both_files() {
    let rule = |name: &str, pattern: &str| RuleSource {
        name: name.to_owned(),
        text: whole("python", &format!("pattern: {pattern}")),
    };
    let set = RuleSet::compile(&[rule("a", "f()"), rule("b", "g()"), rule("c", "f()")], &[]);
    assert_eq!(set.rules().iter().map(|rule| rule.source.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let source = Source::parse(Language::Python, "f()\ng()\n".to_owned(), Limits::NONE);
    let unit = Unit { path: "a.py", source: &source };
    assert_eq!(analyze(&set, &unit, Options::default(), &Budget::unlimited()).findings.len(), 2);
}

#[test]
fn disabled_rules_are_left_out() {
    let source = RuleSource { name: "r".to_owned(), text: whole("python", "pattern: f()") };
    let set = RuleSet::compile(&[source], &[Arc::from("rule")]);
    assert_eq!((set.rules().len(), set.problems().len()), (0, 0));
}

#[test]
fn a_rule_tells_what_fronts_show() {
    let set = compile(
        "rules: [{id: a.b, message: $X is bad, severity: CRITICAL, languages: [js, ts], pattern: $X, metadata: {cwe: [1], yes: no}}]",
    );
    let rule = &set.rules()[0];
    assert_eq!((&*rule.id, rule.message.as_str(), rule.severity.name()), ("a.b", "$X is bad", "CRITICAL"));
    assert_eq!(rule.languages, ["js", "ts"]);
    assert_eq!(rule.metadata, r#"{"cwe":[1],"yes":"no"}"#);
}

/// The kinds of value that a key may want.
#[derive(Clone, Copy)]
enum Wants {
    Text,
    List,
    Map,
    Flag,
}

#[test]
fn a_value_of_the_wrong_kind_is_told_of_where_it_stands() {
    use Wants::{Flag, List, Map, Text};
    // The value is put in place of `@`.
    for (key, wants, rule) in [
        ("message", Text, "message: @\npattern: f()"),
        ("pattern", Text, "pattern: @"),
        ("pattern-regex", Text, "pattern-regex: @"),
        ("patterns", List, "patterns: @"),
        ("pattern-either", List, "pattern-either: @"),
        ("pattern-inside", Text, "patterns: [{pattern: f()}, {pattern-inside: @}]"),
        ("pattern-not-regex", Text, "patterns: [{pattern: f()}, {pattern-not-regex: @}]"),
        ("focus-metavariable", Text, "patterns: [{pattern: $X}, {focus-metavariable: @}]"),
        ("metavariable-regex", Map, "patterns: [{pattern: $X}, {metavariable-regex: @}]"),
        ("metavariable-pattern", Map, "patterns: [{pattern: $X}, {metavariable-pattern: @}]"),
        ("metavariable-type", Map, "patterns: [{pattern: $X}, {metavariable-type: @}]"),
        ("metavariable-comparison", Map, "patterns: [{pattern: $X}, {metavariable-comparison: @}]"),
        ("metavariable", Text, "patterns: [{pattern: $X}, {metavariable-regex: {metavariable: @, regex: a}}]"),
        ("regex", Text, "patterns: [{pattern: $X}, {metavariable-regex: {metavariable: $X, regex: @}}]"),
        ("fix-regex", Map, "pattern: f()\nfix-regex: @"),
        ("options", Map, "pattern: f()\noptions: @"),
        ("paths", Map, "pattern: f()\npaths: @"),
        ("pattern-sources", List, "mode: taint\npattern-sources: @\npattern-sinks: [{pattern: k()}]"),
        ("pattern-sinks", List, "mode: taint\npattern-sources: [{pattern: s()}]\npattern-sinks: @"),
        ("exact", Flag, "mode: taint\npattern-sources: [{pattern: s(), exact: @}]\npattern-sinks: [{pattern: k()}]"),
        ("label", Text, "mode: taint\npattern-sources: [{pattern: s(), label: @}]\npattern-sinks: [{pattern: k()}]"),
        ("taint", Map, "taint: @"),
        ("all", List, "match: {all: @}"),
        ("where", List, "match: {pattern: f(), where: @}"),
        ("where", Map, "match: {pattern: f(), where: [@]}"),
    ] {
        let wrong = match wants {
            Text => &["[[a]]", "~"][..],
            List => &["text", "5"],
            Map => &["text", "[a]", "5"],
            Flag => &["text", "[a]", "5"],
        };
        for value in wrong {
            let (before, after) = rule.split_once('@').expect("a place for the value");
            let text = whole("python", &format!("{before}{value}{after}"));
            let set = compile(&text);
            let place = text.find(&format!("{key}: {value}")).map(|at| at + key.len() + 2).or_else(|| text.find(value));
            let says = |problem: &&weir_model::RuleProblem| {
                let span = problem.span.unwrap_or_default().range();
                !problem.skipped && problem.message.contains(&format!("`{key}`")) && Some(span.start) >= place
            };
            assert!(set.problems().iter().any(|problem| says(&problem)), "{key}: {value}\n{:#?}", set.problems());
            assert_eq!(set.rules().len(), 0, "{key}: {value}");
        }
    }
}

#[test]
fn what_has_no_entry_finds_nothing_and_says_so() {
    check("patterns: []", "5:13 error: `patterns` is empty; it needs an entry");
    check("pattern-either: []", "5:19 error: `pattern-either` is empty; it needs an entry");
    check(
        "mode: taint\npattern-sources: []\npattern-sinks: [{pattern: k()}]",
        "6:20 error: `pattern-sources` is empty; it needs an entry",
    );
    check("match: {any: []}", "5:16 error: `any` is empty; it needs an entry");
}

#[test]
fn keys_that_look_like_those_of_formulas_are_told_of_where_they_mean_nothing() {
    for (rule, expected) in [
        (
            "pattern: f()\npattern-sanitizer: [{pattern: g()}]",
            "6:3 skipped: `pattern-sanitizer` has no meaning here and is ignored; look at how it is spelt and placed",
        ),
        (
            "pattern: f($X)\nmetavariable-regex: {metavariable: $X, regex: a}",
            "6:3 skipped: `metavariable-regex` has no meaning here and is ignored; look at how it is spelt and placed",
        ),
        (
            "pattern: f()\npattern-sources: [{pattern: s()}]",
            "6:3 skipped: `pattern-sources` is ignored; a taint rule says `mode: taint`",
        ),
        ("pattern: f()\nvalidators: 1\nowner: me\nproduct: sast\nversion: 2", ""),
    ] {
        check(rule, expected);
    }
}

#[test]
fn nasty_files_are_told_of_and_cost_their_own_rules_only() {
    let rule = |id: &str| format!("- {{id: {id}, message: m, severity: ERROR, languages: [python], pattern: f()}}\n");
    let list = |rules: &[&str]| format!("rules:\n{}", rules.concat());
    let (a, b, c) = (rule("a"), rule("b"), rule("c"));
    let deep = format!("- {}{}\n", "[".repeat(200), "]".repeat(200));
    let laughs = format!(
        "- &x [{0}]\n- &y [{1}]\n- &z [{2}]\n- [{3}]\n",
        "1,".repeat(50),
        "*x,".repeat(50),
        "*y,".repeat(50),
        "*z,".repeat(50)
    );
    for (text, ids, lines) in [
        (list(&[&a, "\t- id: b\n", &c]), "a c", &[3][..]),
        (list(&[&a, "- id: b\n\tmessage: m\n", &c]), "a c", &[3]),
        (list(&[&a, "- id: 'b\n", &c]), "a c", &[3]),
        (list(&[&a, "- {id: b, id: c}\n", &c]), "a c", &[3, 3, 3]),
        (list(&[&a, "- id: *nobody\n", &c]), "a c", &[3]),
        (list(&[&a, &deep, &c]), "a c", &[3]),
        (list(&[&a, "- ~\n- []\n- 5\n", &c]), "a c", &[3, 4, 5]),
        (list(&[&a, "- ? [x]\n  : y\n", &c]), "a c", &[3]),
        (list(&[&a, "- id: b: c\n", &c]), "a c", &[3]),
        (list(&[&a, "- @id\n", &c]), "a c", &[3]),
        (list(&[&a, "- %id\n", &c]), "a c", &[3]),
        (list(&[&a, "- id: \"\\q\"\n", &c]), "a c", &[3]),
        (format!("{}---\n{}---\n{}", list(&[&a]), list(&[&b]), list(&[&c])), "a b c", &[]),
        (format!("{}---\nother: 1\n---\n{}", list(&[&a]), list(&[&c])), "a c", &[4]),
        (format!("x:\n{laughs}{}", list(&[&a])), "", &[4]),
        ("\u{0}".to_owned(), "", &[1]),
        ("rules: 5".to_owned(), "", &[1]),
        ("rules: [".repeat(1000), "", &[1]),
    ] {
        let set = compile(&text);
        let found: Vec<_> = set.rules().iter().map(|rule| &*rule.id).collect();
        let mut places: Vec<_> = set.problems().iter().map(|problem| problem.line).collect();
        places.sort_unstable();
        assert_eq!((found.join(" ").as_str(), &places[..]), (ids, lines), "{text:.300}\n{}", problems(&set));
        assert!(set.problems().iter().all(|problem| problem.column > 0 && problem.message.len() > 10));
    }
}
