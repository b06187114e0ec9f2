//! What was there before: the baseline, and what differs from a commit.

use super::{BAD, Project};
use std::process::Command;

fn git(project: &Project, args: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").args(identity).args(args).current_dir(project.root()).output().expect("git runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn places(project: &Project, args: &[&str]) -> Vec<String> {
    let run = project.scan(&[&["--json"], args].concat());
    let results = run.json()["results"].as_array().expect("results").clone();
    results.iter().map(|result| format!("{}:{}", result["path"], result["start"]["line"]).replace('"', "")).collect()
}

#[test]
fn what_is_in_the_baseline_is_not_reported_wherever_it_moves() {
    let project = Project::new(&[("a.py", BAD), ("b.py", "yaml.load(b)\n"), (".git/HEAD", "")]);
    let run = project.weir(&["baseline", "--rules", "../rules.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("2 findings in 2 files written to"), "{}", run.stderr);
    assert_eq!(places(&project, &[]), [] as [String; 0]);
    assert!(project.scan(&[]).stderr.contains("2 findings in the baseline"));
    assert_eq!(places(&project, &["--no-baseline"]), ["a.py:1", "b.py:1"]);
    // Lines before it, another name of its file, and one more like it.
    project.write("a.py", format!("import yaml\n\n{BAD}{BAD}"));
    std::fs::rename(project.root().join("b.py"), project.root().join("c.py")).expect("the file is there");
    assert_eq!(places(&project, &[]), ["a.py:4"]);
    project.write(".weir-baseline.json", "{}");
    let run = project.scan(&[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("not a baseline"), "{}", run.stderr);
}

/// With the configuration in the root and without git.
#[test]
fn a_baseline_of_a_folder_leaves_that_of_the_others_and_a_mistyped_one_changes_nothing() {
    let project = Project::new(&[("a.py", BAD), ("x/b.py", BAD), ("weir.toml", "changed-only = false\n")]);
    let written = |args: &[&str]| {
        let run = project.weir(&[&["baseline", "--rules", "../rules.yaml"], args].concat());
        (run.code, std::fs::read_to_string(project.root().join(".weir-baseline.json")).expect("written"))
    };
    let (code, whole) = written(&[]);
    assert!(code == 0 && whole.contains("\"a.py\"") && whole.contains("\"x/b.py\""), "{whole}");
    assert_eq!(written(&["x"]), (0, whole.clone()));
    assert_eq!(places(&project, &["x"]), [] as [String; 0]);
    assert_eq!(written(&["mistyped"]), (2, whole.clone()));
    project.write("weir.toml", "changed-only = 7\n");
    assert_eq!(written(&[]), (2, whole.clone()));
    project.write("weir.toml", "changed-only = false\n");
    project.write("x/b.py", "");
    let (code, rest) = written(&["x"]);
    assert!(code == 0 && rest.contains("\"a.py\"") && !rest.contains("x/b.py"), "{rest}");
}

#[test]
fn only_what_differs_from_a_commit_is_reported() {
    let tainted = "from flask import request\n\ndef show():\n    name = 'x'\n    db.execute(name)\n";
    let project = Project::new(&[("a.py", BAD), ("b.py", tainted)]);
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-q", "-m", "one"]);
    assert_eq!(places(&project, &["--baseline-commit", "HEAD"]), [] as [String; 0]);
    project.write("a.py", format!("import yaml\n{BAD}yaml.load(y)\n"));
    project.write("new.py", BAD);
    // The sink stands where it stood; what reaches it is new.
    project.write("b.py", tainted.replace("'x'", "request.args.get('x')"));
    assert_eq!(places(&project, &["--baseline-commit", "HEAD"]), ["a.py:3", "b.py:5", "new.py:1"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-q", "-m", "two"]);
    assert_eq!(places(&project, &["--baseline-commit", "HEAD"]), [] as [String; 0]);
    assert_eq!(places(&project, &["--baseline-commit", "HEAD~1"]), ["a.py:3", "b.py:5", "new.py:1"]);
    let run = project.scan(&["--baseline-commit", "nothing"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("nothing is no commit"), "{}", run.stderr);
}
