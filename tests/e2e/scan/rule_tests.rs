//! `weir test`.

use super::Project;

const RULE: &str = "rules:
  - id: load
    languages: [python]
    severity: ERROR
    message: m
    pattern: yaml.load($X)
    fix: yaml.safe_load($X)
";

#[test]
fn a_rule_passes_that_finds_what_its_target_says() {
    let target = "# ruleid: load\nyaml.load(x)\n# ok: load\nyaml.safe_load(x)\n# todoruleid: load\nyaml.load(y)\n";
    let project = Project::new(&[("rules/load.yaml", RULE), ("rules/load.py", target)]);
    let run = project.weir(&["test", "rules"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "1 of 1 check passed, 0 of 0 fix tests\n"), "{}", run.stderr);
}

#[test]
fn missing_and_extra_lines_are_shown_with_their_code() {
    let target = "# ruleid: load\nsafe(x)\nyaml.load(oops)\n";
    let project = Project::new(&[("load.yaml", RULE), ("load.py", target)]);
    let run = project.weir(&["test", "load.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("missing     2 | safe(x)"), "{}", run.stdout);
    assert!(run.stdout.contains("extra       3 | yaml.load(oops)"), "{}", run.stdout);
    assert!(run.stdout.contains("0 of 1 check passed"), "{}", run.stdout);
}

#[test]
fn fixes_are_compared_with_the_fixed_file() {
    let target = "# ruleid: load\nyaml.load(x)\n";
    let project = Project::new(&[("load.yaml", RULE), ("load.py", target)]);
    project.write("load.fixed.py", "# ruleid: load\nyaml.safe_load(x)\n");
    assert_eq!(project.weir(&["test", "."]).stdout, "1 of 1 check passed, 1 of 1 fix test\n");
    project.write("load.fixed.py", "# ruleid: load\nyaml.other(x)\n");
    let run = project.weir(&["test", "."]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("expected | yaml.other(x)\n    repaired | yaml.safe_load(x)"), "{}", run.stdout);
}

#[test]
fn rule_files_that_share_an_id_are_judged_apart() {
    let other = RULE.replace("yaml.load($X)\n    fix", "eval($X)\n    fix");
    let project = Project::new(&[
        ("one/load.yaml", RULE),
        ("one/load.py", "# ruleid: load\nyaml.load(x)\neval(x)\n"),
        ("two/load.yaml", &other),
        ("two/load.py", "# ruleid: load\neval(x)\nyaml.load(x)\n"),
    ]);
    assert_eq!(project.weir(&["test", "."]).stdout, "2 of 2 checks passed, 0 of 0 fix tests\n");
}

#[test]
fn a_rule_file_that_was_copied_is_tested_in_both_places() {
    let target = "# ruleid: load\nyaml.load(x)\n";
    let project = Project::new(&[
        ("one/load.yaml", RULE),
        ("one/load.py", target),
        ("two/load.yaml", RULE),
        ("two/load.py", target),
    ]);
    assert_eq!(project.weir(&["test", "."]).stdout, "2 of 2 checks passed, 0 of 0 fix tests\n");
}

#[test]
fn rules_of_one_file_share_its_targets_and_a_folder_of_its_name() {
    let two = format!(
        "{RULE}  - id: eval\n    languages: [python]\n    severity: ERROR\n    message: m\n    pattern: eval($X)\n"
    );
    let project = Project::new(&[
        ("load.yaml", &two),
        ("load.py", "# ruleid: load, eval\nyaml.load(eval(x))\n"),
        ("load/views/more.py", "# ruleid: eval\neval(x)\n"),
        ("load.js", "eval(x)\n"),
        ("unrelated.py", "eval(x)\n"),
    ]);
    assert_eq!(project.weir(&["test", "."]).stdout, "2 of 2 checks passed, 0 of 0 fix tests\n");
}

#[test]
fn the_paths_of_a_rule_do_not_count_in_tests() {
    let rule = format!("{RULE}    paths:\n      include: [somewhere/else]\n");
    let project = Project::new(&[("load.yaml", &rule), ("load.py", "# ruleid: load\nyaml.load(x)\n")]);
    assert_eq!(project.weir(&["test", "."]).code, 0);
}

#[test]
fn a_rule_that_does_not_load_fails_its_test() {
    let rule = RULE.replace("severity: ERROR", "severity: HUGE");
    let project = Project::new(&[("load.yaml", &rule), ("load.py", "# ruleid: load\nyaml.load(x)\n")]);
    let run = project.weir(&["test", "."]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("load.yaml:4:"), "{}", run.stdout);
}

#[test]
fn json_tells_the_lines() {
    let project = Project::new(&[("load.yaml", RULE), ("load.py", "# ruleid: load\nx\nyaml.load(x)\n")]);
    let json = project.weir(&["test", "load.yaml", "--json"]).json();
    let found = &json["results"]["load.yaml"]["checks"]["load"]["matches"]["./load.py"];
    assert_eq!(found["expected_lines"], serde_json::json!([2]));
    assert_eq!(found["reported_lines"], serde_json::json!([3]));
}

#[test]
fn a_folder_without_tests_is_an_error() {
    let project = Project::new(&[("load.yaml", RULE)]);
    let run = project.weir(&["test", "."]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no rule file there has a target"), "{}", run.stderr);
}
