//! What is said of marks that ask for something in vain, and how they are removed.

use super::{rule, run, run_compiled};
use weir_analysis::{Analysis, RuleSet};
use weir_model::{Document, ForeignMarks, HintKind, Language, RuleSource, Version};

/// The hints, each as its kind, what it is about and the text without it.
fn hints(analysis: &Analysis, code: &str) -> Vec<(HintKind, String, String)> {
    let without = |hint: &weir_model::Hint| {
        let mut document = Document::new(code, Version(0), Some(Language::Python));
        document.apply(&hint.removal, Version(1)).expect("the removal fits");
        document.text().to_string()
    };
    let told = |hint: &weir_model::Hint| (hint.kind, hint.span.text(code).to_owned(), without(hint));
    analysis.hints.iter().map(told).collect()
}

/// What is unused in code, and the code without it.
#[track_caller]
fn check(language: &str, code: &str, expected: &[(&str, &str)]) {
    let analysis = run(&rule("CWE-89"), language, code, ForeignMarks::Lines);
    let found = hints(&analysis, code);
    let expected: Vec<_> =
        expected.iter().map(|(of, without)| (HintKind::Unused, (*of).to_owned(), (*without).to_owned())).collect();
    assert_eq!(found, expected, "{code}");
}

#[test]
fn a_mark_of_use_is_not_spoken_of() {
    for code in [
        "hit(a)  # nosemgrep\n",
        "# nosemgrep: rule\nhit(a)\n",
        "hit(a)  # nosec B608\n",
        "hit(a)  # nosemgrep: other-rule\n",
        "ok(a)  # nosemgrep: other-rule\n",
        "ok(a)  # nosec\n",
        "ok(a)  # nosec B608\n",
        "ok(a)  # NOSONAR\n",
        "ok('nosemgrep and # nosemgrep')\n",
    ] {
        check("python", code, &[]);
    }
}

#[test]
fn an_unused_mark_goes_with_its_comment() {
    check("python", "a\nok(a)  # nosemgrep\nb\n", &[("nosemgrep", "a\nok(a)\nb\n")]);
    check("python", "a\n    \n# nosemgrep: rule -- why\nb\n", &[("nosemgrep: rule -- why", "a\n    \nb\n")]);
    check("python", "if a:\n    # nosemgrep: rule\n    b\n", &[("nosemgrep: rule", "if a:\n    b\n")]);
    check("python", "b  # nosemgrep: rule", &[("nosemgrep: rule", "b")]);
    check("python", "a\n# nosemgrep", &[("nosemgrep", "a\n")]);
    check("python", "a\r\n# nosemgrep\r\nb\r\n", &[("nosemgrep", "a\r\nb\r\n")]);
    check("javascript", "f(a /* nosemgrep */, b)\n", &[("nosemgrep", "f(a, b)\n")]);
    check("javascript", "f(/* nosemgrep */ b)\n", &[("nosemgrep", "f(b)\n")]);
    check(
        "tsx",
        "x = <p>\n  {/* nosemgrep: rule */}\n  <b/>\n</p>\n",
        &[("nosemgrep: rule", "x = <p>\n  <b/>\n</p>\n")],
    );
    check("javascript", "if (a)\n{ /* nosemgrep: rule */ }\n", &[("nosemgrep: rule", "if (a)\n{ }\n")]);
    check("php", "<p>\n<?php // nosemgrep: rule ?>\n<?= f() ?>\n", &[("nosemgrep: rule", "<p>\n<?= f() ?>\n")]);
}

#[test]
fn in_pages_too() {
    check(
        "a.html",
        "<p>\n<script>\nok(a) // nosemgrep: rule\n</script>",
        &[("nosemgrep: rule", "<p>\n<script>\nok(a)\n</script>")],
    );
    check(
        "a.html",
        "<p>\n  <!-- nosemgrep: rule -->\n<a onclick='ok(a)'>\n",
        &[("nosemgrep: rule", "<p>\n<a onclick='ok(a)'>\n")],
    );
    check("a.html", "<p>a</p> <!-- nosemgrep -->\n", &[("nosemgrep", "<p>a</p>\n")]);
    check(
        "a.vue",
        "<script>\nif (a)\n{ /* nosemgrep: rule */ }\n</script>",
        &[("nosemgrep: rule", "<script>\nif (a)\n{ }\n</script>")],
    );
    check(
        "a.html.erb",
        "<p>\n<%# nosemgrep: rule -- why %>\n<%= ok(a) %>\n",
        &[("nosemgrep: rule -- why", "<p>\n<%= ok(a) %>\n")],
    );
    check(
        "a.html.erb",
        "<%# nosemgrep: rule, other -%>\n<%= ok(a) %>\n",
        &[("rule", "<%# nosemgrep: other -%>\n<%= ok(a) %>\n")],
    );
    check(
        "a.html.erb",
        "<% # nosemgrep: rule %>\n<%= ok(a) # nosemgrep: rule %>\n",
        &[
            ("nosemgrep: rule", "<%= ok(a) # nosemgrep: rule %>\n"),
            ("nosemgrep: rule", "<% # nosemgrep: rule %>\n<%= ok(a) %>\n"),
        ],
    );
    check("a.html.heex", "<%!-- nosemgrep: rule --%>\n<p>{ok(a)}</p>\n", &[("nosemgrep: rule", "<p>{ok(a)}</p>\n")]);
    check(
        "a.html.j2",
        "{#- nosemgrep: rule -#}\n{{ ok(a) }} {# nosemgrep: rule #}\n",
        &[
            ("nosemgrep: rule", "{{ ok(a) }} {# nosemgrep: rule #}\n"),
            ("nosemgrep: rule", "{#- nosemgrep: rule -#}\n{{ ok(a) }}\n"),
        ],
    );
    check(
        "a.html.j2",
        "{{ ok(a) }} {% comment %} nosemgrep: rule {% endcomment %}\n{{ hit(a) }}\n",
        &[("nosemgrep: rule", "{{ ok(a) }}\n{{ hit(a) }}\n")],
    );
    check("a.html", "<!-- nosemgrep: rule -->\n<a onclick='hit(a)'>\n", &[]);
    // Text is no comment; and no rule looks at a page without code.
    check("a.html", "<p>nosemgrep: rule</p><a onclick='ok(a)'>\n", &[]);
    check("a.html", "<!-- nosemgrep: rule -->\n<p>\n", &[]);
}

#[test]
fn what_else_a_comment_says_stays() {
    check("python", "f(a)  # noqa: E501  # nosemgrep: rule\n", &[("nosemgrep: rule", "f(a)  # noqa: E501\n")]);
    check("python", "f(a)  # nosemgrep: rule  # noqa: E501\n", &[("nosemgrep: rule", "f(a)  # noqa: E501\n")]);
    check("python", "f(a)  # a table of ours, nosemgrep: rule\n", &[("nosemgrep: rule", "f(a)  # a table of ours,\n")]);
}

#[test]
fn of_several_ids_one_is_removed() {
    let rules =
        format!("{}{}", rule("CWE-89"), rule("CWE-78").replace("rules:\n", "").replace("id: rule", "id: second"));
    for (code, expected) in [
        ("hit(a)  # nosemgrep: rule, foreign, gone\n", vec![]),
        ("ok(a)  # nosemgrep: foreign, rule\n", vec![("rule", "ok(a)  # nosemgrep: foreign\n")]),
        ("ok(a)  # nosemgrep: rule, foreign -- why\n", vec![("rule", "ok(a)  # nosemgrep: foreign -- why\n")]),
        (
            "ok(a)  # nosemgrep: rule, second\n",
            vec![("rule", "ok(a)  # nosemgrep: second\n"), ("second", "ok(a)  # nosemgrep: rule\n")],
        ),
    ] {
        let analysis = run(&rules, "python", code, ForeignMarks::Lines);
        let found: Vec<_> = hints(&analysis, code).into_iter().map(|(_, of, without)| (of, without)).collect();
        let expected: Vec<_> = expected.into_iter().map(|(of, without)| (of.to_owned(), without.to_owned())).collect();
        assert_eq!(found, expected, "{code}");
    }
}

#[test]
fn another_tools_mark_is_spoken_of_if_a_rule_is_that_very_check() {
    let rules = rule("CWE-89").replace("metadata: {", "metadata: {bandit-code: B608, ");
    for (code, expected) in [
        ("ok(a)  # nosec B608\n", vec!["ok(a)\n"]),
        ("ok(a)  # nosec B608, B602\n", vec!["ok(a)  # nosec B602\n"]),
        ("ok(a)  # nosec B602\n", vec![]),
        ("hit(a)  # nosec B608\n", vec![]),
    ] {
        let analysis = run(&rules, "python", code, ForeignMarks::Lines);
        let found: Vec<_> = hints(&analysis, code).into_iter().map(|(_, _, without)| without).collect();
        assert_eq!(found, expected, "{code}");
    }
}

#[test]
fn an_expired_mark_is_spoken_of() {
    for (code, expected) in [
        ("hit(a)  # nosemgrep: rule -- old (until 2025-01-31)\n", vec!["hit(a)\n"]),
        ("ok(a)  # nosemgrep -- until 2025-01-31\n", vec!["ok(a)\n"]),
        ("hit(a)  # DevSkim: ignore all until 2025-01-31\n", vec!["hit(a)\n"]),
        ("hit(a)  # DevSkim: ignore DS189424 until 2025-01-31\n", vec!["hit(a)\n"]),
        ("hit(a)  # DevSkim: ignore DS999999 until 2025-01-31\n", vec![]),
    ] {
        let analysis = run(&rule("CWE-89"), "python", code, ForeignMarks::Lines);
        let found = hints(&analysis, code);
        assert!(found.iter().all(|(kind, ..)| *kind == HintKind::Expired), "{code}");
        assert_eq!(found.into_iter().map(|(_, _, without)| without).collect::<Vec<_>>(), expected, "{code}");
    }
}

#[test]
fn a_mark_on_a_later_line_of_a_finding_is_told_where_it_counts() {
    let analysis = run(&rule("CWE-89"), "python", "x\nhit(\n    a)  # nosemgrep: rule\n", ForeignMarks::Lines);
    let messages: Vec<_> = analysis.hints.iter().map(|hint| hint.message.as_str()).collect();
    assert_eq!(messages, ["This comment does not count here, but on the line where the finding begins: 2"]);
}

#[test]
fn nothing_is_said_where_rules_did_not_look() {
    let silent = |rules: &str, disabled: &[&str], code: &str| {
        let disabled: Vec<_> = disabled.iter().map(|&id| id.into()).collect();
        let rules = RuleSet::compile(&[RuleSource { name: "r".to_owned(), text: rules.to_owned() }], &disabled);
        run_compiled(&rules, "python", code, ForeignMarks::Lines).hints.is_empty()
    };
    let rules = rule("CWE-89");
    let second = "- {id: second, message: m, severity: ERROR, languages: [python], pattern: f(...)}\n";
    let more = |rule: &str| format!("{rules}{rule}");
    assert!(!silent(&rules, &[], "ok(a)  # nosemgrep: rule\n"));
    assert!(!silent(&more(second), &[], "f(a)\nok(a)  # nosemgrep\n"));
    // Off, not for this path, of another language, of another version, of a kind that is not there yet.
    assert!(silent(&more(second), &["second"], "ok(a)  # nosemgrep\n"));
    assert!(silent(&more(second), &["second"], "ok(a)  # nosemgrep: second\n"));
    assert!(!silent(&more(second), &["second"], "ok(a)  # nosemgrep: rule\n"));
    let elsewhere = second.replace("id: second", "id: second, paths: {include: [src]}");
    assert!(silent(&more(&elsewhere), &[], "f(a)\nok(a)  # nosemgrep: second\n"));
    assert!(silent(&more(&elsewhere), &[], "f(a)\nok(a)  # nosemgrep\n"));
    let foreign = second.replace("[python]", "[ruby]");
    assert!(silent(&more(&foreign), &[], "ok(a)  # nosemgrep: second\n"));
    let later = second.replace("id: second", "id: second, min-version: 99.0.0");
    assert!(silent(&more(&later), &[], "ok(a)  # nosemgrep: second\n"));
    let unknown = second.replace("pattern: f(...)", "mode: join, join: {}");
    assert!(silent(&more(&unknown), &[], "ok(a)  # nosemgrep: second\nok(a)  # nosemgrep\n"));
}
