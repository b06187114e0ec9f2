//! Exit codes, rule errors, filters and fixes.

use super::{BAD, Project};
use serde_json::json;

#[test]
fn findings_fail_a_scan_only_if_asked_to() {
    let project = Project::new(&[("a.py", BAD), ("b.py", "x = 1\n")]);
    assert_eq!(project.scan(&[]).code, 0);
    assert_eq!(project.scan(&["--error"]).code, 1);
    assert_eq!(project.scan(&["b.py", "--error"]).code, 0);
    assert_eq!(project.scan(&["--error", "--severity", "ERROR"]).code, 0);
    assert_eq!(project.scan(&["--error", "--exclude-rule", "yaml-load"]).code, 0);
}

#[test]
fn broken_syntax_fails_a_scan_only_if_strict() {
    let project = Project::new(&[("a.py", "def (:\n")]);
    assert_eq!(project.scan(&[]).code, 0);
    assert_eq!(project.scan(&["--strict"]).code, 3);
}

#[test]
fn a_broken_rule_is_named_with_its_place_and_takes_no_other_down() {
    let project = Project::new(&[("a.py", BAD)]);
    project.write("../broken.yaml", "rules:\n  - id: b\n    languages: [python]\n    message: m\n");
    project.write("../unread.yaml", "rules: [\n");
    let rules = ["scan", "--rules", "../broken.yaml", "--rules", "../unread.yaml"];
    let run = project.weir(&[&rules[..], &["--rules", "../rules.yaml", "--json"]].concat());
    assert_eq!(run.code, 7);
    assert!(run.stderr.contains("../broken.yaml:2:"), "{}", run.stderr);
    assert!(run.stderr.contains("../unread.yaml:"), "{}", run.stderr);
    assert_eq!(run.json()["results"].as_array().map(Vec::len), Some(1));
    let types: Vec<_> = run.json()["errors"].as_array().expect("errors").iter().map(|e| e["type"].clone()).collect();
    assert!(types.len() >= 2 && types.iter().all(|kind| kind == "Rule parse error"), "{types:?}");
}

#[test]
fn a_scan_without_a_rule_that_runs_has_failed() {
    let project = Project::new(&[("a.py", BAD)]);
    project.write("../unread.yaml", "rules: [\n");
    assert_eq!(project.weir(&["scan", "--rules", "../unread.yaml"]).code, 7);
    assert_eq!(project.weir(&["scan", "--rules", "../missing.yaml"]).code, 7);
}

#[test]
fn comments_suppress_findings_unless_switched_off() {
    let project = Project::new(&[("a.py", "yaml.load(x)  # nosemgrep: yaml-load\n")]);
    let run = project.scan(&["--error"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(run.stderr.contains("1 finding ignored by comments"), "{}", run.stderr);
    assert_eq!(project.scan(&["--error", "--no-suppress"]).code, 1);
}

#[test]
fn marks_of_no_use_are_told_and_change_nothing_else() {
    let text = "x = 1  # nosemgrep: yaml-load\ny = 2  # nosemgrep -- until 2020-01-31\nz = 3  # nosemgrep: other\n";
    let project = Project::new(&[("a.py", text)]);
    let run = project.scan(&["--error", "--strict"]);
    assert_eq!(run.code, 0);
    for line in [
        "weir: a.py:1:10: unused-suppression: yaml-load finds nothing that this comment asks to ignore\n",
        "weir: a.py:2:10: expired-suppression: This comment counted until 2020-01-31",
    ] {
        assert!(run.stderr.contains(line), "{}", run.stderr);
    }
    assert_eq!(run.stderr.matches("-suppression").count(), 2, "{}", run.stderr);
    assert!(!project.scan(&["--quiet"]).stderr.contains("-suppression"));
    assert!(!project.scan(&["--no-suppress"]).stderr.contains("-suppression"));
}

#[test]
fn lists_of_the_project_are_heeded() {
    let entry = |file: &str, line: u32| {
        format!(
            r#"{{"warning_type": "Remote Code Execution", "fingerprint": "{file}", "file": "{file}", "line": {line}, "note": "ours"}}"#
        )
    };
    let list =
        format!("{{\"ignored_warnings\": [\n{},\n{},\n{}\n]}}", entry("a.py", 1), entry("b.py", 1), entry("c.py", 1));
    let project = Project::new(&[("a.py", BAD), ("b.py", "x = 1\n"), ("config/brakeman.ignore", &list)]);
    let run = project.scan(&["--error"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(run.stderr.contains("1 finding ignored by comments and lists"), "{}", run.stderr);
    assert!(run.stderr.contains("weir: config/brakeman.ignore:4: obsolete: c.py is gone\n"), "{}", run.stderr);
    let told = "weir: config/brakeman.ignore:3: nothing was found that this entry is about\n";
    assert!(!run.stderr.contains(told) && project.scan(&["--verbose"]).stderr.contains(told), "{}", run.stderr);
    // Of one file nothing is known about the others.
    assert!(!project.scan(&["a.py"]).stderr.contains("obsolete"));
    let suppression = &project.scan(&["--sarif"]).json()["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!((&suppression["kind"], &suppression["justification"]), (&json!("external"), &json!("ours")));
    assert_eq!(project.scan(&["--error", "--no-suppress"]).code, 1);
}

#[test]
fn marks_of_other_tools_that_name_no_check_can_be_switched_off() {
    let project = Project::new(&[("a.py", "yaml.load(x)  # nosec\nyaml.load(y)  # nosec B506\n")]);
    assert_eq!(project.scan(&["--error"]).code, 0);
    project.write("weir.toml", "foreign-suppressions = false\n");
    let run = project.scan(&["--error"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("1 finding ignored by comments"), "{}", run.stderr);
}

#[test]
fn fixes_are_applied_in_place() {
    let project = Project::new(&[("a.py", "a = 'ü'\r\nyaml.load(yaml.load(x))\r\nyaml.load(y)\r\n")]);
    let before = project.read("a.py");
    let dry = project.scan(&["--autofix", "--dryrun", "--json"]);
    for line in [
        "--- a.py\n",
        "-yaml.load(yaml.load(x))\r\n",
        "+yaml.safe_load(yaml.load(x))\r\n",
        "weir: 2 fixes would be applied in 1 file; 1 not: 1 as another fix changes the same code",
    ] {
        assert!(dry.stderr.contains(line), "{line} is not in\n{}", dry.stderr);
    }
    serde_json::from_str::<serde_json::Value>(&dry.stdout).expect("standard output is the report alone");
    assert_eq!(project.read("a.py"), before);
    let run = project.scan(&["--autofix"]);
    assert!(run.stderr.contains("weir: 2 fixes applied in 1 file; 1 not"), "{}", run.stderr);
    assert_eq!(project.read("a.py"), "a = 'ü'\r\nyaml.safe_load(yaml.load(x))\r\nyaml.safe_load(y)\r\n");
}

#[test]
fn a_fix_that_is_none_is_not_applied() {
    let project = Project::new(&[("a.py", "one(x)\ntwo(x)\nyaml.load(x)\n"), ("b.py", "one(y)\n")]);
    let rule = |id: &str, fix: &str| {
        format!("  - {{id: {id}, languages: [python], severity: ERROR, message: m, pattern: {id}($X), fix: '{fix}'}}\n")
    };
    project.write(
        "../rules.yaml",
        format!("{}{}{}", super::RULES, rule("one", "one(($X)"), rule("two", "two(1, two($X))")),
    );
    let run = project.scan(&["--autofix", "--verbose"]);
    for line in [
        "weir: a.py:1: the fix of one is not applied: the code would not parse any more",
        "weir: a.py:2: the fix of two is not applied: the rule would still report it",
        "weir: 1 fix applied in 1 file; 3 not: 2 as the code would not parse any more, 1 as the rule would still report it",
    ] {
        assert!(run.stderr.contains(line), "{line} is not in\n{}", run.stderr);
    }
    assert_eq!(project.read("a.py"), "one(x)\ntwo(x)\nyaml.safe_load(x)\n");
    assert_eq!(project.read("b.py"), "one(y)\n");
}

#[test]
fn a_file_that_is_not_utf_8_is_not_rewritten() {
    let project = Project::new(&[]);
    project.write("a.py", b"x = '\xFF'\nyaml.load(x)\n");
    assert!(project.scan(&["--autofix"]).stderr.contains("not applied"));
    assert_eq!(std::fs::read(project.root().join("a.py")).expect("readable"), b"x = '\xFF'\nyaml.load(x)\n");
}

#[test]
fn results_do_not_depend_on_how_many_work() {
    let files: Vec<(String, String)> =
        (0..40).map(|n| (format!("d{}/f{n}.py", n % 7), BAD.repeat(1 + n % 3))).collect();
    let project = Project::new(&[]);
    for (path, text) in &files {
        project.write(path, text);
    }
    let one = project.scan(&["--sarif", "--jobs", "1"]).stdout;
    assert_eq!(one, project.scan(&["--sarif", "--jobs", "4"]).stdout);
    assert_eq!(one.matches("\"ruleId\"").count(), files.iter().map(|(_, text)| text.lines().count()).sum::<usize>());
}

#[test]
fn a_log_is_lines_for_people_or_objects_for_machines_and_quotes_no_code() {
    let project = Project::new(&[("a.py", BAD)]);
    let log = |format: Option<&str>| {
        let mut scan = project.command(&["scan", "--quiet", "--rules", "../rules.yaml"]);
        scan.env("WEIR_LOG", "debug").envs(format.map(|format| ("WEIR_LOG_FORMAT", format)));
        String::from_utf8(scan.output().unwrap().stderr).unwrap()
    };
    let (people, machines) = (log(None), log(Some("json")));
    assert!(people.contains("DEBUG") && !people.contains('{'), "{people}");
    assert!(machines.lines().count() > 0);
    for line in machines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    assert!(!people.contains("yaml.load") && !machines.contains("yaml.load"));
}
