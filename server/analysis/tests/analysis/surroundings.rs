//! What stands around a finding.

use crate::check::{run, whole};
use weir_analysis::{Unit, surroundings};
use weir_model::{Language, Surroundings};
use weir_syntax::{Limits, Source};

const RULE: &str =
    "message: ''\nmode: taint\npattern-sources: [pattern: input(...)]\npattern-sinks: [pattern: run(...)]";

/// What stands around the one finding of a rule in code of a file with this path.
fn around(language: &str, path: &str, code: &str) -> Surroundings {
    let findings = run(language, &whole(language, RULE), code).findings;
    assert_eq!(findings.len(), 1, "{code}: {findings:?}");
    let language = Language::from_rule_name(language)[0];
    let source = Source::parse(language, code.to_owned(), Limits::NONE);
    let unit = Unit { path, source: &source };
    surroundings(&unit, &findings).remove(0)
}

#[test]
fn a_value_that_was_looked_at_is_told_apart() {
    for (language, code, expected) in [
        ("python", "def f():\n    x = input()\n    run(x)\n", false),
        ("python", "def f():\n    x = input()\n    if ok(x):\n        run(x)\n", true),
        ("python", "def f():\n    x = input()\n    if not ok(x):\n        return\n    run(x)\n", true),
        ("python", "def f():\n    x = input()\n    if not ok(x):\n        log(x)\n    run(x)\n", false),
        ("python", "def f():\n    x = input()\n    validate(x)\n    run(x)\n", true),
        ("python", "def f():\n    x = input()\n    if other:\n        run(x)\n", false),
        ("python", "def f():\n    x = input()\n    if len(x) < 9: abort(400)\n    run(x)\n", true),
        ("javascript", "function f() { const x = input(); run(x); }", false),
        ("javascript", "function f() { const x = input(); if (!ok.test(x)) throw 1; run(x); }", true),
        ("javascript", "function f() { const x = input(); return ok(x) ? run(x) : 0; }", true),
        ("javascript", "function f() { if (y) return; const x = input(); run(x); }", false),
        ("ruby", "def f\n  x = input()\n  return unless ok?(x)\n  run(x)\nend\n", true),
    ] {
        assert_eq!(around(language, "a", code).has_validation, expected, "{code}");
    }
}

#[test]
fn a_call_that_brings_its_own_protection_is_told_apart() {
    for (code, expected) in [
        ("run(input())\n", false),
        ("run('SELECT ?', input())\n", true),
        ("run('SELECT %s', input())\n", true),
        ("run('SELECT ' + input())\n", false),
        ("run(escape(input()))\n", true),
        ("run(shlex.quote(input()))\n", true),
        ("run(upper(input()))\n", false),
    ] {
        assert_eq!(around("python", "a.py", code).uses_secure_pattern, expected, "{code}");
    }
}

#[test]
fn tests_are_known_by_their_paths() {
    for (path, expected) in [
        ("src/app.py", false),
        ("tests/app.py", true),
        ("src/test_app.py", true),
        ("latest/app.py", false),
        ("app.test.ts", true),
        ("cypress/login.cy.js", true),
        ("spec/models/user_spec.rb", true),
        ("src/test/java/AppTest.java", true),
        ("src/Contest.java", false),
        ("test/app_test.exs", true),
    ] {
        assert_eq!(around("python", path, "run(input())\n").in_test_file, expected, "{path}");
    }
}

#[test]
fn the_nodes_around_it_are_named() {
    let around = around("python", "a.py", "x = run(input())\n");
    assert_eq!((around.node.as_str(), around.parent.as_deref()), ("Call", Some("Assign")));
    let confidence =
        Surroundings { in_test_file: true, has_validation: true, ..Surroundings::default() }.confidence(0.9);
    assert!((confidence - 0.315).abs() < 1e-9, "{confidence}");
}
