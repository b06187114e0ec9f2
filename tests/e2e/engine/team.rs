//! What the editors of a team share: its configuration.

use super::Engine;
use super::person::Person;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, capabilities};

const RULES: &str = "
rules:
  - {id: yaml-load, languages: [python], severity: WARNING, message: builds any object, pattern: yaml.load($X)}
  - {id: eval, languages: [python], severity: ERROR, message: runs $X, pattern: eval($X)}
";

const TEXT: &str = "yaml.load(x)\neval(x)\n";

/// A project with rules of its own, so that these tests do not depend on those we ship.
pub(super) fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("rules.yaml", RULES), ("weir.toml", "rules = [\"rules.yaml\"]\n"), ("a.py", TEXT)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Has the team of the engine's first key agree on a configuration.
fn agree(data: &Path, text: &str) {
    let file = data.join("team.toml");
    std::fs::write(&file, text).unwrap();
    let set = Command::new(binary::weir())
        .args(["engine", "team", "set", "first", "--config"])
        .arg(&file)
        .arg("--data")
        .arg(data)
        .output();
    let set = set.unwrap();
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
}

/// Somebody who is logged in, with or without the wish for what the team has agreed on.
fn person(engine: &Engine, more: &[&str]) -> Person {
    let person = Person::new();
    person.logged_in_at(&engine.url, &engine.key, more);
    person
}

/// The findings that a scan reports, by their rules, and what it said.
fn scan(mut weir: Command, project: &Path) -> (Vec<String>, String) {
    let output = weir.arg("scan").arg(project).args(["--format", "json"]).current_dir(project).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    let rule = |found: &Value| found["check_id"].as_str().unwrap().to_owned();
    (report["results"].as_array().unwrap().iter().map(rule).collect(), said)
}

#[test]
fn editors_have_their_teams_configuration_in_force_as_it_changes() {
    let engine = Engine::start();
    agree(engine.data.path(), "severity.\"yaml-*\" = \"hint\"\n");
    let person = person(&engine, &["--team-config"]);
    let project = project();
    let mut editor = LspClient::start_with(person.weir(), &["--engine", &engine.url]);
    editor.initialize(&capabilities(), Some(project.path()), &Value::Null);
    let uri = format!("file://{}", project.path().join("a.py").display());
    editor.open(&uri, "python", TEXT);
    let severities = |found: &[Value]| found.iter().filter_map(|one| one["severity"].as_u64()).collect::<Vec<_>>();
    let told = |editor: &mut LspClient, word: &str| {
        editor.wait(word, |message| {
            message["method"] == "window/showMessage"
                && message["params"]["message"].as_str().is_some_and(|text| text.contains(word))
        });
    };
    told(&mut editor, "counts where neither the project nor you say anything. It sets severity (1)");
    editor.wait_until_published(&uri, |found| severities(found) == [4, 1]);

    agree(engine.data.path(), "filter.exclude-rules = [\"yaml-*\"]\n");
    told(&mut editor, "It sets filter.exclude-rules");
    editor.wait_until_published(&uri, |found| severities(found) == [1]);

    // The project's own word counts.
    let file = project.path().join("weir.toml");
    std::fs::write(&file, "rules = [\"rules.yaml\"]\nfilter.exclude-rules = []\n").unwrap();
    editor.wait_until_published(&uri, |found| severities(found) == [2, 1]);
    std::fs::write(&file, "rules = [\"rules.yaml\"]\n").unwrap();
    editor.wait_until_published(&uri, |found| severities(found) == [1]);

    // What was known last counts while the engine is away, and no longer than until it is back.
    let url = engine.url.clone();
    let (_, _, stopped) = engine.end();
    editor.change(&uri, 2, [0, 0, 0, 0], "eval(y)\n");
    assert_eq!(severities(&editor.diagnostics(&uri, 2)), [1, 1]);
    told(&mut editor, "is away");
    editor.change(&uri, 3, [0, 0, 0, 0], "yaml.load(y)\n");
    assert_eq!(severities(&editor.diagnostics(&uri, 3)), [1, 1]);
    let clear = Command::new(binary::weir())
        .args(["engine", "team", "clear", "first", "--data"])
        .arg(stopped.data.path())
        .status();
    assert!(clear.unwrap().success());
    let _engine = stopped.start_again_at(&url);
    told(&mut editor, "has no configuration of its own any more");
    editor.wait_until_published(&uri, |found| severities(found) == [2, 1, 2, 1]);
    assert_eq!(editor.request("shutdown", &json!(null)), Value::Null);
}

#[test]
fn scans_have_their_teams_configuration_in_force_if_that_is_wanted_and_say_what_it_hides() {
    let engine = Engine::start();
    agree(engine.data.path(), "filter.exclude-rules = [\"yaml-*\"]\nseverity.eval = \"critical\"\n");
    let project = project();
    let unwilling = person(&engine, &[]);
    let willing = person(&engine, &["--team-config"]);
    let with = |person: &Person, variables: &[(&str, &str)]| {
        let mut weir = person.weir();
        weir.env("WEIR_ENGINE_URL", &engine.url).envs(variables.iter().copied());
        scan(weir, project.path())
    };

    let (found, said) = with(&unwilling, &[]);
    assert_eq!(found, ["yaml-load", "eval"], "{said}");
    assert!(said.contains("It does not count; `weir login --team-config` has it count"), "{said}");

    let identity = engine.get("/health").json()["identity"].as_str().unwrap().to_owned();
    let ci = [("WEIR_ENGINE_IDENTITY", identity.as_str()), ("WEIR_ENGINE_KEY", &engine.key)];
    let nobody = Person::new();
    for (person, variables) in [(&willing, &[][..]), (&nobody, &[ci[0], ci[1], ("WEIR_ENGINE_TEAM_CONFIG", "1")][..])] {
        let (found, said) = with(person, variables);
        assert_eq!(found, ["eval"], "{said}");
        assert!(said.contains("It sets filter.exclude-rules, severity (1)"), "{said}");
        assert!(said.contains("1 finding (1 critical)"), "{said}");
        assert!(said.contains("1 finding hidden by your team's configuration"), "{said}");
    }
    assert_eq!(with(&nobody, &ci).0, ["yaml-load", "eval"], "nobody asked for it");

    // What the project asks for counts before it.
    std::fs::write(project.path().join("weir.toml"), "rules = [\"rules.yaml\"]\nfilter.exclude-rules = []\n").unwrap();
    let (found, said) = with(&willing, &[]);
    assert_eq!(found, ["yaml-load", "eval"], "{said}");
    assert!(!said.contains("hidden"), "{said}");
}
