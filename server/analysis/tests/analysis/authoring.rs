//! What who writes rules is told while he types.

use crate::check::dedent;
use std::fmt::Write as _;
use weir_analysis::{Budget, RuleSet, Unit, rule_cursor, rule_file, shape};
use weir_model::{Language, RuleCursor, RuleMarkKind, Span};
use weir_syntax::{Limits, Source};

/// The file with its marks under it: `^^^` under what is meant, how bad it is, and what is said.
fn marked(text: &str) -> String {
    let marks = rule_file(text).marks;
    let mut out = String::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        out.push_str(line);
        for mark in &marks {
            let (from, to) = (mark.span.start as usize, mark.span.end as usize);
            if !(start..start + line.len()).contains(&from) {
                continue;
            }
            let column = text[start..from].chars().count();
            let end = to.min(start + line.trim_end().len()).max(from);
            let width = text[from..end].chars().count().max(1);
            let kind = match mark.kind {
                RuleMarkKind::Error => "error",
                RuleMarkKind::Warning => "warning",
                RuleMarkKind::Information => "information",
                RuleMarkKind::Hint => "hint",
            };
            let _ = writeln!(out, "{}{} {kind}: {}", " ".repeat(column), "^".repeat(width), mark.message);
        }
        start += line.len();
    }
    out
}

/// The marks of a rule file, which stand in it.
#[track_caller]
fn check(file: &str) {
    let file = dedent(file);
    let is_mark = |line: &&str| line.trim_start().starts_with('^');
    let text: String = file.lines().filter(|line| !is_mark(line)).flat_map(|line| [line, "\n"]).collect();
    let found = marked(&text);
    assert!(found == file, "should be\n{file}\nbut is\n{found}");
}

#[test]
fn a_rule_without_faults_has_no_marks() {
    check(
        "
        rules:
          - id: a
            languages: [python]
            severity: ERROR
            message: $X and value($Y) in $_GET and $1
            patterns:
              - pattern: f($X, $Y, $...REST)
              - pattern-not: g($Z)
              - metavariable-regex: {metavariable: $X, regex: (?<N>a)}
              - focus-metavariable: $X
            fix: g($X, $...REST, $N)
            validators: []
            metadata: {weir: {recommendation: Do not, other: 1}, mine: 2}
        ",
    );
}

#[test]
fn a_rule_that_says_nothing_is_marked() {
    check(
        "
        rules:
          - id: a
                ^ hint: this rule has no `message`: who sees its findings is not told what is wrong, and Semgrep does not load it
            languages: [python]
            severity: ERROR
            pattern: f()
        ",
    );
}

#[test]
fn the_rules_we_ship_have_no_marks() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../patterns")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "yaml") {
                let file = rule_file(&std::fs::read_to_string(&entry).expect("a rule file"));
                assert_eq!((file.marks, file.rules.len()), (Vec::new(), 1), "{}", entry.display());
                read += 1;
            }
        }
    }
    assert!(read > 0);
}

#[test]
fn patterns_are_marked_at_the_character_that_is_wrong() {
    check(
        "
        rules:
          - id: a
            languages: [python]
            severity: ERROR
            message: m
            patterns:
              - pattern: |
                  def $F(...):
                      ...
                      $X = )
                           ^ error: `pattern`: this is not valid python code, even with metavariables and ellipses
              - pattern: 'f(''a'', y z)'
                                     ^ error: `pattern`: this is not valid python code, even with metavariables and ellipses
              - pattern: \"f(\\\"a\\\"\"
                               ^^ error: `pattern`: this is not valid python code, even with metavariables and ellipses: it ends too early
              - pattern: >-
                  f(a,
                    b c)
                      ^ error: `pattern`: this is not valid python code, even with metavariables and ellipses
              - pattern-regex: 'a''(b'
                                    ^ error: `pattern-regex` is not a valid regex: missing closing parenthesis
        ",
    );
}

#[test]
fn keys_that_mean_nothing_are_marked_with_what_was_meant() {
    check(
        "
        rules:
          - id: a
            languages: [python]
            severity: ERROR
            mesage: m
            ^^^^^^ hint: `mesage` is no key that Weir knows here, and has no effect; did you mean `message`?
            pattern: f()
            paths: {exclud: [a], include: [b]}
                    ^^^^^^ hint: `exclud` is no key that Weir knows here, and has no effect; did you mean `exclude`?
            options: {colour: blue}
                      ^^^^^^ information: the option `colour` is not known and has no effect
            metadata: {colour: blue}
        ",
    );
}

#[test]
fn metavariables_that_nothing_binds_are_marked() {
    check(
        "
        rules:
          - id: a
            languages: [python]
            severity: ERROR
            message: $X, $Y
                         ^^ hint: no pattern that finds something binds $Y: it is shown as it stands here
            patterns:
              - pattern: f($X)
              - pattern-not: g($Y)
              - metavariable-regex: {metavariable: $Z, regex: a}
                                                   ^^ hint: no pattern of this rule binds $Z: the condition never holds
              - metavariable-comparison: {comparison: $X > $W}
                                                           ^^ hint: no pattern of this rule binds $W: the condition never holds
          - id: b
            languages: [python]
            severity: ERROR
            message: $X
            mode: taint
            pattern-sources: [{pattern: $X.get()}]
            pattern-sinks: [{patterns: [{pattern: k($Q)}, {focus-metavariable: $R}]}]
                                                                               ^^ hint: no pattern of this rule binds $R: the condition never holds
        ",
    );
}

#[test]
fn what_is_broken_or_not_supported_or_twice_there_is_marked() {
    check(
        "
        rules:
          - id: a
            message: m
            languages: [cobol]
                       ^^^^^^^ information: `languages`: Weir does not read cobol yet; the rule is skipped
            severity: ERROR
            pattern: f()
          - id: a
                ^ warning: another rule of this file, in line 2, has this id: findings name a rule by it alone
            message: m
            languages: [python]
            severity: ERRO
                      ^^^^ error: `severity` must be CRITICAL, HIGH, MEDIUM, LOW, ERROR, WARNING or INFO
            pattern: f()
        ",
    );
}

#[test]
fn the_rules_of_a_file_are_told_although_one_is_half_written() {
    let text = "rules:\n- id: a\n  pattern: f(\n- id: 'b\n  x: [\n- id: \"c\"\n- message: m\n";
    let ids: Vec<_> = rule_file(text).rules.into_iter().map(|rule| rule.id).collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

fn at_cursor(marked: &str) -> (String, RuleCursor) {
    let at = marked.find("$0").expect("a cursor");
    let text = marked.replacen("$0", "", 1);
    let cursor = rule_cursor(&text, at as u32);
    (text, cursor)
}

/// What is offered at `$0`, and what the text becomes by the first of it.
#[track_caller]
fn offers(marked: &str, expected: &[&str], first: &str) {
    let (text, cursor) = at_cursor(marked);
    let labels: Vec<_> = cursor.completions.iter().map(|completion| completion.label.as_str()).collect();
    let (found, wanted) = (labels.iter().take(expected.len()).copied().collect::<Vec<_>>(), expected);
    assert_eq!(found, wanted, "{marked}\n{labels:?}");
    if let Some(completion) = cursor.completions.first() {
        let replaced = cursor.replace.range();
        let becomes = format!("{}{}{}", &text[..replaced.start], completion.insert, &text[replaced.end..]);
        assert_eq!(becomes, first, "{marked}");
    } else {
        assert_eq!(expected, &[] as &[&str], "{marked}");
    }
}

#[test]
fn keys_are_offered_where_they_may_stand() {
    offers("$0", &["rules"], "rules:");
    offers("rules:\n  - $0", &["id", "languages"], "rules:\n  - id: ");
    offers("rules:\n  - $0\n", &["id", "languages"], "rules:\n  - id: \n");
    offers("rules:\n  - id: a\n    lang$0", &["languages", "severity"], "rules:\n  - id: a\n    languages: ");
    offers(
        "rules:\n  - id: a\n    $0\n    languages: [python]\n",
        &["severity", "message"],
        "rules:\n  - id: a\n    severity: \n    languages: [python]\n",
    );
    // Beside what is there already.
    offers("rules:\n- $0id: a\n", &["id"], "rules:\n- id: a\n");
    offers(
        "rules:\n- id: a\n  patterns:\n  - pattern: f($X)\n  - $0",
        &["pattern", "patterns", "pattern-either"],
        "rules:\n- id: a\n  patterns:\n  - pattern: f($X)\n  - pattern: ",
    );
    offers("rules:\n- id: a\n  patterns:\n    pat$0", &["pattern"], "rules:\n- id: a\n  patterns:\n    - pattern: ");
    offers(
        "rules:\n- id: a\n  patterns:\n  - metavariable-regex:\n      $0",
        &["metavariable", "regex", "constant-propagation"],
        "rules:\n- id: a\n  patterns:\n  - metavariable-regex:\n      metavariable: ",
    );
    offers(
        "rules:\n- id: a\n  pattern-sinks:\n  - pattern: k($X)\n    $0",
        &["patterns", "pattern-either", "pattern-regex", "exact"],
        "rules:\n- id: a\n  pattern-sinks:\n  - pattern: k($X)\n    patterns:",
    );
    offers("rules:\n- {id: a, $0}", &["languages"], "rules:\n- {id: a, languages: }");
    offers("rules:\n- id: a\n  paths: {inc$0}", &["include", "exclude"], "rules:\n- id: a\n  paths: {include: }");
    offers("{\"rules\": [{\"id\": \"a\", \"$0\"}]}", &["languages"], "{\"rules\": [{\"id\": \"a\", \"languages\": }]}");
    offers(
        "rules:\n- id: a\n  options:\n    $0",
        &["constant_propagation"],
        "rules:\n- id: a\n  options:\n    constant_propagation: ",
    );
    offers(
        "rules:\n- id: a\n  metadata:\n    weir:\n      $0",
        &["recommendation"],
        "rules:\n- id: a\n  metadata:\n    weir:\n      recommendation: ",
    );
}

#[test]
fn nothing_is_offered_where_anything_may_stand() {
    for text in [
        "rules:\n- id: $0",
        "rules:\n- id: a\n  message: so $0",
        "rules:\n- id: a\n  pattern: f($0)",
        "a: b $0",
        "rules:\n- x:\n    $0",
    ] {
        offers(text, &[], "");
    }
}

#[test]
fn values_are_offered_that_a_key_may_have() {
    let rule = "rules:\n- id: a\n  ";
    offers(&format!("{rule}severity: $0"), &["CRITICAL", "ERROR"], &format!("{rule}severity: CRITICAL"));
    offers(&format!("{rule}severity: ER$0"), &["CRITICAL", "ERROR"], &format!("{rule}severity: CRITICAL"));
    offers(
        &format!("{rule}severity: ER$0\n  message: m"),
        &["CRITICAL"],
        &format!("{rule}severity: CRITICAL\n  message: m"),
    );
    offers(&format!("{rule}languages: $0"), &["python"], &format!("{rule}languages: [python]"));
    offers(&format!("{rule}languages: [py$0]"), &["python", "javascript"], &format!("{rule}languages: [python]"));
    offers(&format!("{rule}languages:\n  - $0"), &["python", "javascript"], &format!("{rule}languages:\n  - python"));
    offers(&format!("{rule}mode: t$0"), &["search", "taint"], &format!("{rule}mode: search"));
    offers(
        &format!("{rule}patterns:\n  - metavariable-analysis:\n      analyzer: $0"),
        &["entropy", "entropy_v2", "redos"],
        &format!("{rule}patterns:\n  - metavariable-analysis:\n      analyzer: entropy"),
    );
    offers(
        &format!("{rule}options:\n    ac_matching: $0"),
        &["true", "false"],
        &format!("{rule}options:\n    ac_matching: true"),
    );
    offers(
        &format!("{rule}pattern-sources:\n  - pattern: s()\n    label: USER\n  pattern-sinks:\n  - requires: $0"),
        &["USER"],
        &format!("{rule}pattern-sources:\n  - pattern: s()\n    label: USER\n  pattern-sinks:\n  - requires: USER"),
    );
}

#[test]
fn metavariables_are_offered_that_the_rule_binds() {
    let rule = "rules:\n- id: z\n  pattern: q($OTHER)\n- id: a\n  patterns:\n  - pattern: f($X, $...REST)\n";
    offers(
        &format!("{rule}  - focus-metavariable: $0"),
        &["$...REST", "$X"],
        &format!("{rule}  - focus-metavariable: $...REST"),
    );
    offers(
        &format!("{rule}  - focus-metavariable: $$0"),
        &["$...REST", "$X"],
        &format!("{rule}  - focus-metavariable: $...REST"),
    );
    offers(
        &format!("{rule}  message: see $$0 there"),
        &["$...REST", "$X"],
        &format!("{rule}  message: see $...REST there"),
    );
    offers(&format!("{rule}  fix: |\n    g($X$0)"), &["$...REST", "$X"], &format!("{rule}  fix: |\n    g($...REST)"));
    offers(
        &format!("{rule}  - metavariable-regex: {{metavariable: $0}}"),
        &["$...REST", "$X"],
        &format!("{rule}  - metavariable-regex: {{metavariable: $...REST}}"),
    );
}

#[test]
fn hover_tells_what_a_key_does_and_where_a_metavariable_is_bound() {
    let hover = |marked: &str| {
        let (text, cursor) = at_cursor(marked);
        cursor.hover.map(|hover| (hover.span.text(&text).to_owned(), hover.text))
    };
    let rule = "rules:\n- id: a\n  message: $0$X\n  patterns:\n  - pattern: f($X)\n  - pattern-not: g($X)\n";
    assert_eq!(
        hover(rule),
        Some((
            "$X".to_owned(),
            "**$X**\n\nBound in\n\n- line 5: `pattern: f($X)`\n- line 6: `pattern-not: g($X)` (what must not be there)"
                .to_owned()
        ))
    );
    let (span, text) = hover("rules:\n- id: a\n  pat$0terns: []").expect("a hover");
    assert_eq!(span, "patterns");
    assert!(text.starts_with("**patterns** (a list)\n\nAll of these must hold of the same code."), "{text}");
    let (span, text) = hover("rules:\n- severity: ERR$0OR").expect("a hover");
    assert_eq!((span.as_str(), text.as_str()), ("ERROR", "**ERROR**\n\nA hole. The same as HIGH."));
    assert_eq!(hover("rules:\n- id: a$0"), None);
    assert_eq!(hover("x$0: 1"), None);
}

#[test]
fn every_place_of_every_beginning_of_a_rule_is_answered() {
    let text = "rules:\n- id: a\n  languages: [python]\n  message: |\n    $X é\n  patterns:\n  - {pattern: 'f($X)', x: [\n  - metavariable-regex:\n      regex: \"(\"\n";
    for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
        let part = &text[..end];
        let file = rule_file(part);
        assert!(file.marks.iter().all(|mark| mark.span.end as usize <= end), "{part}\n{:?}", file.marks);
        for at in 0..=end {
            let cursor = rule_cursor(part, at as u32);
            assert!(cursor.replace.end as usize <= end, "{part}");
        }
    }
}

fn shown(language: Language, marked: &str) -> Option<(String, String)> {
    let at = marked.find("$0").expect("a cursor") as u32;
    let source = Source::parse(language, marked.replacen("$0", "", 1), Limits::NONE);
    let unit = Unit { path: "f", source: &source };
    let shape = shape(&unit, Span::new(at, at), &Budget::unlimited())?;
    Some((shape.span.text(source.text()).to_owned(), shape.tree))
}

#[test]
fn code_is_shown_as_patterns_see_it() {
    let (code, tree) = shown(Language::Python, "def f(x):\n    y = 1\n    db.exec$0ute('a', x)\n").expect("code");
    assert_eq!(code, "db.execute('a', x)");
    let expected = "\
Stmt Call                                       $A.execute(...)
  Callee Member                                 $A.execute
    Object Ident \"db\"                           db or $X
    Name Ident \"execute\"                        execute or $X
  Arg Str \"a\"                                   \"...\"
  Arg Ident \"x\"                                 x or $X
";
    assert_eq!(tree, expected);
    let (code, tree) = shown(Language::Python, "$0\ndef f(x):\n    return x\n").expect("code");
    assert_eq!(code, "def f(x):\n    return x");
    assert!(tree.starts_with("Stmt Function"), "{tree}");
    assert!(tree.lines().next().is_some_and(|line| line.ends_with("def f(...): ...")), "{tree}");
    assert_eq!(shown(Language::Python, "$0"), None);
}

#[test]
fn patterns_that_are_shown_find_the_code_they_stand_beside() {
    for (language, code) in [
        (Language::Python, "$0if a.b(c)[d] and not e:\n    f = g(h, i=1)\nelse:\n    raise X('y') from z\n"),
        (Language::JavaScript, "$0const {a, b} = require('c').d(e => { return `x${e}` }, {f: 1, g})"),
        (Language::Ruby, "$0foo(a, b: 1) { |x| puts \"a#{x}\" }"),
        (Language::Php, "<?php $0$a = $b->c($_GET['d'] . 'e', [1, 2]);"),
        (Language::Java, "class A { void f() { $0String s = g.h(new B(c), d + 1); } }"),
        (Language::Elixir, "$0x = Repo.query(\"a\" <> b, [c])"),
    ] {
        let (span, tree) = shown(language, code).expect("code");
        let text = code.replacen("$0", "", 1);
        let source = Source::parse(language, text.clone(), Limits::NONE);
        let unit = Unit { path: "f", source: &source };
        let mut tried = 0;
        for line in tree.lines().filter(|line| line.starts_with("Stmt") || line.trim_start().starts_with("Value")) {
            let Some((_, pattern)) = line.trim_start().split_once("  ") else { continue };
            let pattern = pattern.trim().split(" or $X").next().unwrap_or_default();
            let rule = serde_json::json!({ "rules": [{
                "id": "r", "severity": "ERROR", "message": "m", "languages": [language.name()], "pattern": pattern,
            }] });
            let source = weir_model::RuleSource { name: String::new(), text: rule.to_string() };
            let set = RuleSet::compile(&[source], &[]);
            assert_eq!(set.problems(), [], "{pattern}");
            let found = weir_analysis::analyze(&set, &unit, weir_analysis::Options::default(), &Budget::unlimited());
            assert!(!found.findings.is_empty(), "{pattern} in {span}\n{tree}");
            tried += 1;
        }
        assert!(tried > 0, "{tree}");
    }
}
