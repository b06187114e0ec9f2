//! What goes to standard output, and that nothing else does.

use super::{BAD, Project};
use serde_json::json;
use std::process::{Command, Stdio};
use weir_tests::binary;

/// A taint path over lines, with characters of one, two and four bytes before it.
const FLOW: &str = "name = request.args.get('ü😀'); q = name\nlog()\ndb.execute(q)\n";

#[test]
fn json_has_the_shape_of_semgrep() {
    let project = Project::new(&[("ü/a.py", "é = yaml.load('😀')\n")]);
    let run = project.scan(&["--json"]);
    let result = &run.json()["results"][0];
    assert_eq!(result["check_id"], "yaml-load");
    assert_eq!(result["path"], "ü/a.py");
    // Measured: Semgrep counts columns and offsets in bytes.
    assert_eq!(result["start"], json!({ "line": 1, "col": 6, "offset": 5 }));
    assert_eq!(result["end"], json!({ "line": 1, "col": 23, "offset": 22 }));
    let extra = &result["extra"];
    assert_eq!(extra["message"], "yaml.load of '😀' builds any object. Safe loading does not.");
    assert_eq!(extra["severity"], "WARNING");
    assert_eq!(extra["lines"], "é = yaml.load('😀')");
    assert_eq!(extra["fix"], "yaml.safe_load('😀')");
    assert_eq!(extra["metadata"]["confidence"], "HIGH");
    assert_eq!(extra["metavars"]["$X"]["abstract_content"], "'😀'");
    assert_eq!(extra["is_ignored"], false);
    assert_eq!(run.json()["paths"]["scanned"], json!(["ü/a.py"]));
    assert_eq!(run.json()["errors"], json!([]));
}

#[test]
fn json_tells_the_path_of_the_data() {
    let project = Project::new(&[("a.py", FLOW)]);
    let trace = project.scan(&["--json"]).json()["results"][0]["extra"]["dataflow_trace"].clone();
    assert_eq!(trace["taint_source"][0], "CliLoc");
    assert_eq!(trace["taint_source"][1][1], "request.args.get('ü😀')");
    assert_eq!(trace["taint_sink"][1][0]["start"]["line"], 3);
    let between: Vec<_> =
        trace["intermediate_vars"].as_array().expect("steps").iter().map(|v| v["content"].clone()).collect();
    assert!(between.contains(&json!("name")) && between.contains(&json!("q")), "{between:?}");
}

#[test]
fn marks_without_use_are_told_apart_from_findings() {
    let text =
        "é = 1\nyaml.load(x)  # nosemgrep: sql\nyaml.load(y)  # nosemgrep: yaml-load -- old (until 2020-01-31)\n";
    let project =
        Project::new(&[("a.py", text), (".snyk", "ignore:\n  Sqli:\n    - '*':\n        expires: 2020-01-31\n")]);
    let told = project.scan(&["--json"]).json();
    assert_eq!(told["results"].as_array().map(Vec::len), Some(2));
    let marks = &told["weir"]["suppressions"];
    let first = json!({
        "check_id": "weir/unused-suppression",
        "path": "a.py",
        "message": "sql finds nothing that this comment asks to ignore",
        "start": { "line": 2, "col": 17, "offset": 23 },
        "end": { "line": 2, "col": 31, "offset": 37 },
        "removal": [{ "start": 19, "end": 37, "text": "" }],
    });
    assert_eq!(marks[0], first);
    assert_eq!(marks[1]["check_id"], "weir/expired-suppression");
    assert_eq!((&marks[2]["path"], &marks[2]["start"]), (&json!(".snyk"), &json!({ "line": 3 })));
    let run = project.scan(&["--sarif"]).json()["runs"][0].clone();
    assert_eq!(run["results"].as_array().map(Vec::len), Some(2));
    let notes = run["invocations"][0]["toolExecutionNotifications"].clone();
    let descriptors = &run["tool"]["driver"]["notifications"];
    let note = |note: &serde_json::Value| {
        let id = &descriptors[note["descriptor"]["index"].as_u64().expect("an index") as usize]["id"];
        assert_eq!((id, &note["level"]), (&note["descriptor"]["id"], &json!("note")));
        let place = &note["locations"][0]["physicalLocation"];
        (id.clone(), place["artifactLocation"]["uri"].clone(), place["region"]["startLine"].clone())
    };
    let notes: Vec<_> = notes.as_array().expect("notifications").iter().map(note).collect();
    let expected = [("unused", "a.py", 2), ("expired", "a.py", 3), ("expired", ".snyk", 3)];
    let expected =
        expected.map(|(what, uri, line)| (json!(format!("weir/{what}-suppression")), json!(uri), json!(line)));
    assert_eq!(notes, expected);
}

#[test]
fn sarif_rules_say_what_dashboards_sort_by() {
    let project = Project::new(&[("a.py", BAD)]);
    let log = project.scan(&["--format", "sarif"]).json();
    assert_eq!(log["version"], "2.1.0");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules").clone();
    let rule = rules.iter().find(|rule| rule["id"] == "yaml-load").expect("the rule");
    let tags = json!([
        "CWE-502: Deserialization of Untrusted Data",
        "OWASP-A08:2021 - Software and Data Integrity Failures",
        "HIGH CONFIDENCE",
        "security",
    ]);
    assert_eq!(rule["properties"], json!({ "tags": tags, "precision": "high", "security-severity": "5.5" }));
    assert_eq!(rule["defaultConfiguration"]["level"], "warning");
    assert_eq!(rule["helpUri"], "https://example.org/yaml");
    assert!(rule["help"]["markdown"].as_str().is_some_and(|help| help.contains("Use yaml.safe_load.")));
}

#[test]
fn sarif_places_count_utf_16_and_follow_the_data() {
    let project = Project::new(&[("a b/ü.py", FLOW)]);
    let run = project.scan(&["--sarif"]).json()["runs"][0].clone();
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let result = &run["results"][0];
    assert_eq!(run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().expect("an index") as usize]["id"], "sql");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"], json!({ "uri": "a%20b/%C3%BC.py", "uriBaseId": "%SRCROOT%" }));
    assert_eq!(place["region"]["startLine"], 3);
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("steps");
    let region = &steps[0]["location"]["physicalLocation"]["region"];
    assert_eq!((&region["startColumn"], &region["endColumn"]), (&json!(8), &json!(31)));
    let sink = &steps[steps.len() - 1]["location"]["physicalLocation"]["region"]["startLine"];
    assert_eq!(sink, 3);
}

#[test]
fn sarif_carries_fixes_suppressions_and_what_went_wrong() {
    let project =
        Project::new(&[("a.py", "yaml.load(x)  # nosemgrep -- a test\ndef (:\n"), ("large.py", &BAD.repeat(99))]);
    let run = project.scan(&["--sarif", "--max-target-bytes", "1000"]).json()["runs"][0].clone();
    let result = &run["results"][0];
    let suppression = &result["suppressions"][0];
    assert_eq!((&suppression["kind"], &suppression["properties"]["mark"]), (&json!("inSource"), &json!("nosemgrep")));
    assert_eq!(suppression["justification"], "a test");
    assert_eq!(suppression["location"]["physicalLocation"]["region"]["snippet"]["text"], "# nosemgrep -- a test");
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "a.py");
    assert!(
        change["replacements"][0]["insertedContent"]["text"].as_str().is_some_and(|text| text.contains("safe_load"))
    );
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().expect("notifications").clone();
    let about =
        |uri| notes.iter().any(|note| note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri);
    assert!(about("a.py") && about("large.py"), "{notes:?}");
}

#[test]
fn the_text_draws_the_path_into_the_code() {
    let project = Project::new(&[("a.py", FLOW)]);
    let run = project.scan(&[]);
    for part in ["error[sql]: Request data reaches a query", "a.py:3:1", "1. untrusted data enters here", "CWE-89"] {
        assert!(run.stdout.contains(part), "{part} in {}", run.stdout);
    }
    assert!(!run.stdout.contains('\u{1b}'), "no colours where there is no terminal");
    assert!(run.stderr.contains("1 finding (1 error) in 1 file; 1 file scanned with 2 rules"), "{}", run.stderr);
}

#[test]
fn the_result_can_go_to_a_file() {
    let project = Project::new(&[("a.py", BAD)]);
    let run = project.scan(&["--json", "--output", "out.json"]);
    assert_eq!(run.stdout, "");
    assert!(project.read("out.json").contains("yaml-load"));
}

#[test]
fn quiet_leaves_only_the_result() {
    let project = Project::new(&[("a.py", BAD)]);
    assert_eq!(project.scan(&["--quiet"]).stderr, "");
}

#[test]
fn readers_may_leave_before_the_end() {
    let project = Project::new(&[("rules.yaml", super::RULES), ("rules.py", &BAD.repeat(9))]);
    let commands: [(&[&str], i32); 3] =
        [(&["scan", "--rules", "rules.yaml"], 0), (&["test", "."], 1), (&["test", "missing"], 2)];
    for (args, code) in commands {
        let mut weir = Command::new(binary::weir())
            .args(args)
            .current_dir(project.root())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("weir runs");
        drop((weir.stdout.take(), weir.stderr.take()));
        assert_eq!(weir.wait().expect("weir ends").code(), Some(code), "{args:?}");
    }
}
