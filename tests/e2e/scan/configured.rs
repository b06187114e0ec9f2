//! `weir.toml` as a scan sees it.

use super::{BAD, Project};

fn ids(project: &Project, args: &[&str]) -> Vec<String> {
    let run = project.weir(&[&["scan", "--json"], args].concat());
    let results = run.json()["results"].as_array().expect("results").clone();
    results
        .iter()
        .map(|result| {
            format!("{} {} {}", result["path"], result["check_id"], result["extra"]["severity"]).replace('"', "")
        })
        .collect()
}

#[test]
fn the_projects_file_names_rules_files_and_what_is_shown() {
    let project = Project::new(&[("a.py", BAD), ("old/b.py", BAD), ("gen/c.py", BAD)]);
    project.write(
        "weir.toml",
        "rules = [\"../rules.yaml\"]\nexclude = [\"gen/\"]\nseverity.\"yaml-*\" = \"error\"\n\
         [[folder]]\npaths = [\"old/\"]\nseverity.\"*\" = \"info\"\n",
    );
    assert_eq!(ids(&project, &[]), ["a.py yaml-load ERROR", "old/b.py yaml-load INFO"]);
    assert_eq!(ids(&project, &["--severity", "INFO"]), ["old/b.py yaml-load INFO"]);
    project
        .write("weir.toml", "rules = [\"../rules.yaml\"]\nfilter.confidence = \"high\"\nfilter.severity = \"error\"\n");
    assert_eq!(ids(&project, &[]), [] as [String; 0]);
}

#[test]
fn a_file_with_mistakes_is_said_to_have_them_and_counts_for_the_rest() {
    let project = Project::new(&[("a.py", BAD)]);
    project.write("weir.toml", "rules = [\"../rules.yaml\"]\nworkspce = true\n[filter]\nseverity = \"bad\"\n");
    let run = project.weir(&["scan", "--json"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("weir.toml:2:1: there is no setting `workspce`"), "{}", run.stderr);
    assert!(run.stderr.contains("weir.toml:4:12: unknown variant `bad`"), "{}", run.stderr);
    assert_eq!(run.json()["results"].as_array().map(Vec::len), Some(1));
}
