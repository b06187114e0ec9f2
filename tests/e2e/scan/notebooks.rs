//! Notebooks on disk.

use super::Project;
use serde_json::{Value, json};

/// One source line a line of the file, as Jupyter writes them.
const NOTEBOOK: &str = r#"{
 "cells": [
  {"cell_type": "markdown", "source": ["yaml.load(text)"]},
  {
   "cell_type": "code",
   "source": [
    "%matplotlib inline\n",
    "q = request.args.get(\"q\")\n",
    "é = yaml.load(\"a: \\\"é\\\"\")"
   ]
  },
  {"cell_type": "code", "source": ["!ls\n", "db.execute(q)"], "outputs": [{"text": "yaml.load(x)"}]}
 ],
 "metadata": {"kernelspec": {"name": "python3", "language": "python"}},
 "nbformat": 4, "nbformat_minor": 5
}
"#;

#[test]
fn findings_of_a_notebook_are_told_by_cell_and_by_their_place_in_the_file() {
    let project = Project::new(&[("a.ipynb", NOTEBOOK)]);
    let told = project.scan(&["."]).stdout;
    assert!(told.contains(" --> a.ipynb (cell 2):3:5\n"), "{told}");
    assert!(told.contains("3 | é = yaml.safe_load(\"a: \\\"é\\\"\")\n"), "{told}");
    assert!(told.contains(" --> a.ipynb (cell 3):2:1\n") && told.contains(" ::: a.ipynb (cell 2):2:5\n"), "{told}");

    let result = project.scan(&[".", "--json"]).json();
    let found: Vec<&Value> = result["results"].as_array().expect("results").iter().collect();
    let places: Vec<_> = found.iter().map(|found| (&found["check_id"], &found["extra"]["cell"])).collect();
    let cell = |number: u32, line: u32| json!({ "number": number, "line": line });
    assert_eq!(places, [(&json!("yaml-load"), &cell(2, 3)), (&json!("sql"), &cell(3, 2))]);
    for found in found {
        let at = |end: &str| found[end]["offset"].as_u64().expect("an offset") as usize;
        let text = &NOTEBOOK[at("start")..at("end")];
        assert!([r#"yaml.load(\"a: \\\"é\\\"\")"#, "db.execute(q)"].contains(&text), "{text}");
    }

    let log = project.scan(&[".", "--sarif"]).json();
    let location = &log["runs"][0]["results"][0]["locations"][0];
    let line = NOTEBOOK.lines().nth(8).expect("a line");
    let column = |text: &str| line[..line.find(text).expect("is there")].encode_utf16().count() as u64 + 1;
    let region = &location["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&json!(9), &json!(column("yaml"))));
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "cell 2, line 3");
}

#[test]
fn a_notebook_is_repaired_within_its_strings() {
    let project = Project::new(&[("a.ipynb", NOTEBOOK)]);
    project.scan(&[".", "--autofix"]);
    assert_eq!(project.read("a.ipynb"), NOTEBOOK.replace(r"é = yaml.load(\", r"é = yaml.safe_load(\"));
}

#[test]
fn a_fix_that_would_leave_no_notebook_is_refused() {
    let project = Project::new(&[("a.ipynb", NOTEBOOK)]);
    let rule =
        "rules:\n- {id: r, languages: [regex], severity: ERROR, message: m, pattern-regex: 'inline', fix: '\"'}\n";
    project.write("r.yaml", rule);
    let run = project.weir(&["scan", "--rules", "r.yaml", "--autofix", "a.ipynb"]);
    assert!(
        run.stderr.contains("0 fixes applied in 0 files; 1 not: 1 as the code would not parse any more"),
        "{}",
        run.stderr
    );
    assert_eq!(project.read("a.ipynb"), NOTEBOOK);
}

#[test]
fn what_is_no_json_is_said() {
    let project = Project::new(&[("a.ipynb", "{\"cells\": [\n}"), ("b.ipynb", NOTEBOOK)]);
    let run = project.scan(&["."]);
    assert!(run.stderr.contains("a.ipynb:2:1: Fatal error: not valid JSON here; no cell"), "{}", run.stderr);
    assert_eq!(project.found_in(&["."]), "b.ipynb");
}
