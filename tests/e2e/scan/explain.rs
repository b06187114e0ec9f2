//! `weir explain`: why a line is reported, or why it is not.

use super::Project;

const CODE: &str = "\
def show():
    name = request.args.get('name')
    db.execute('SELECT ' + name)
    number = len(name)
    db.execute('SELECT 1')
    yaml.load(a, b)
    yaml.load(a)  # nosemgrep
";

#[test]
fn a_line_is_explained_for_people() {
    let project = Project::new(&[("a.py", CODE)]);
    let explain = |rule: &str, line: &str| project.weir(&["explain", rule, line, "--rules", "../rules.yaml"]);
    for (rule, line, expected) in [
        (
            "sql",
            "a.py:3",
            "sql (../rules.yaml:16): reported\n  untrusted data that enters in line 2 reaches the sink\n",
        ),
        ("sql", "a.py:5", "not reported\n  the line is a sink, but no untrusted data reaches it"),
        ("yaml-load", "a.py:6", "`load` has 2 arguments where the pattern has 1"),
        ("yaml-load", "a.py:7", "suppressed\n  a comment asks to ignore it\n"),
        ("yaml-load", "a.py:7:5", "suppressed\n"),
    ] {
        let run = explain(rule, line);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{rule} {line}");
        assert!(run.stdout.contains(expected), "{rule} {line}: {}", run.stdout);
    }
    let drawn = explain("yaml-load", "a.py:6").stdout;
    let expected = "\
a.py:6  yaml.load(a, b)
yaml-load (../rules.yaml:3): not reported
  `pattern: yaml.load($X)` (line 7 of the rule file): matches nothing on the line, only in line 7: `load` has
  2 arguments where the pattern has 1

+ the rule reads python
+ every name that the rule cannot do without occurs in the file
x pattern: yaml.load($X) (line 7)
    matches nothing on the line, only in line 7: `load` has 2 arguments where the pattern has 1
      6:5  yaml.load(a, b)  <- comes closest

";
    assert_eq!(drawn, expected);
}

#[test]
fn what_hides_a_line_is_told() {
    let project = Project::new(&[("src/a.py", CODE)]);
    let explain = |line: &str| {
        let run = project.weir(&["explain", "sql", line, "--rules", "../rules.yaml"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        run.stdout
    };
    project.write(".snyk", "ignore:\n  python/Sqli:\n    - src:\n        reason: the table is ours\n");
    let told = explain("src/a.py:3");
    assert!(told.contains("suppressed\n  .snyk:3 asks to ignore it: the table is ours\n"), "{told}");
    assert!(told.contains("\nx .snyk:3 asks to ignore it"), "{told}");
    project.write(".snyk", "ignore:\n  python/Sqli:\n    - src:\n        expires: 2020-01-01\n");
    assert!(explain("src/a.py:3").contains("sql (../rules.yaml:16): reported\n"));
    project.weir(&["baseline", "--rules", "../rules.yaml"]);
    let told = explain("src/a.py:3");
    assert!(told.contains("suppressed\n  it is in the baseline ") && told.contains(".weir-baseline.json"), "{told}");
    assert!(explain("src/a.py:5").contains("not reported"));
}

#[test]
fn a_line_is_explained_for_programs() {
    let project = Project::new(&[("src/a.py", CODE), ("tests/a.py", CODE)]);
    let explain = |line: &str| project.weir(&["explain", "sql", line, "--json", "--rules", "../rules.yaml"]).json();
    let told = explain("src/a.py:3");
    let explanation = &told["explanations"][0];
    assert_eq!((&told["left_out"], &explanation["verdict"]), (&serde_json::Value::Null, &"reported".into()));
    assert_eq!(explanation["findings"][0]["start"]["line"], 3);
    let path =
        explanation["reasons"].as_array().expect("reasons").iter().find(|reason| reason["places"][0].is_object());
    let lines: Vec<_> = path.expect("a path")["places"].as_array().expect("places").iter().collect();
    assert_eq!((&lines[0]["start"]["line"], &lines[0]["code"]), (&2.into(), &"request.args.get('name')".into()));
    assert_eq!(explain("tests/a.py:3")["left_out"], "semgrepignore_patterns_match");
}

#[test]
fn what_cannot_be_explained_says_what_to_do() {
    let project = Project::new(&[("a.py", CODE), ("notes.txt", "text\n"), ("b.py", "yaml.load(\n")]);
    project.write("../broken.yaml", "rules:\n  - id: broken\n    languages: [python]\n    message: m\n");
    let explain = |rule: &str, line: &str| {
        project.weir(&["explain", rule, line, "--rules", "../rules.yaml", "--rules", "../broken.yaml"])
    };
    for (rule, line, code, expected) in [
        ("yaml-laod", "a.py:1", 2, "there is no rule yaml-laod among the 2 rules loaded; did you mean yaml-load?"),
        ("zzz", "a.py:1", 2, "its id is what stands behind `id:`"),
        ("sql", "missing.py:1", 2, "cannot read missing.py"),
        ("sql", "a.py:70", 2, "a.py has 7 lines; there is no line 70"),
        ("sql", "a.py", 2, "like src/app.py:42"),
        ("broken", "a.py:1", 7, "../broken.yaml:2:"),
    ] {
        let run = explain(rule, line);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{rule} {line}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{rule} {line}: {}", run.stderr);
    }
    let other = explain("sql", "notes.txt:1");
    assert!(other.stdout.contains("in no language Weir reads"), "{}", other.stdout);
    let broken = explain("yaml-load", "b.py:1");
    assert!(broken.stdout.contains("not valid here"), "{}", broken.stdout);
}
