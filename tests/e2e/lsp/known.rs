//! What was there before, in the editor.

use super::Project;
use serde_json::{Value, json};
use std::process::Command;
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, all_capabilities, capabilities};

const TEXT: &str = "import yaml\nyaml.load(x)\nyaml.load(y)\n";

fn git(project: &Project, args: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").args(identity).args(args).current_dir(project.path()).output().expect("git runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn actions(server: &mut LspClient, uri: &str) -> Value {
    let range = json!({ "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
    server.request("textDocument/codeAction", &params)
}

#[test]
fn a_finding_is_added_to_the_baseline_and_is_gone() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    let actions = actions(&mut server, &uri);
    let add = actions.as_array().expect("actions").iter();
    let add = add.filter(|action| action["title"] == "Add yaml-load here to the baseline").collect::<Vec<_>>();
    server.request("workspace/executeCommand", &add[0]["command"]);
    server.wait_until_published(&uri, |found| found.len() == 1 && found[0]["range"]["start"]["line"] == 2);
    let file = project.path().join(".weir-baseline.json");
    let text = std::fs::read_to_string(&file).expect("the baseline is there");
    assert!(text.contains("a.py") && text.contains("yaml-load"), "{text}");
    // Somebody else's change of the file counts as well.
    std::fs::remove_file(&file).expect("the file is there");
    let change = json!({ "uri": project.uri(".weir-baseline.json"), "type": 3 });
    server.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [change] }));
    server.wait_until_published(&uri, |found| found.len() == 2);
}

#[test]
fn a_file_outside_of_all_projects_has_no_baseline() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    let add = "Add yaml-load here to the baseline";
    let titled = |actions: &Value| actions.as_array().expect("actions").iter().find(|a| a["title"] == add).cloned();
    let of_project = titled(&actions(&mut server, &uri)).expect("it is offered");
    server.request("workspace/executeCommand", &of_project["command"]);
    server.wait_until_published(&uri, |found| found.len() == 1);
    let written = std::fs::read_to_string(project.path().join(".weir-baseline.json")).expect("a baseline");

    // A server that happens to run in that folder, with nothing open but a text.
    let rules = project.rules();
    let mut program = Command::new(binary::weir());
    program.current_dir(project.path());
    let mut server = LspClient::start_with(program, &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(&all_capabilities(), None, &json!(null));
    let untitled = "untitled:a.py";
    server.open(untitled, "python", TEXT);
    assert_eq!(server.diagnostics(untitled, 1).len(), 2);
    let disabled = titled(&actions(&mut server, untitled)).expect("it is shown why not");
    assert_eq!(disabled["disabled"]["reason"], "only what is in a project can be in its baseline", "{disabled}");
    assert_eq!(disabled["command"], Value::Null);
    let mut command = of_project["command"].clone();
    command["arguments"][0] = json!(untitled);
    server.request("workspace/executeCommand", &command);
    server.wait_for("window/showMessage");
    let now = std::fs::read_to_string(project.path().join(".weir-baseline.json")).expect("a baseline");
    assert_eq!(now, written);
}

#[test]
fn a_baseline_that_is_open_and_not_saved_is_not_written() {
    let project = Project::new();
    let mut server = project.server();
    let (uri, baseline) = (project.uri("a.py"), project.uri(".weir-baseline.json"));
    let empty = "{\"version\":1,\"findings\":{}}";
    project.write(".weir-baseline.json", empty);
    server.open(&baseline, "json", empty);
    server.change(&baseline, 2, [0, 0, 0, 0], " ");
    server.open(&uri, "python", TEXT);
    let actions = actions(&mut server, &uri);
    let add = |title: &str| actions.as_array().expect("actions").iter().find(|a| a["title"] == title).cloned();
    let add = add("Add yaml-load here to the baseline").expect("it is offered");
    server.request("workspace/executeCommand", &add["command"]);
    let message = server.wait_for("window/showMessage")["params"]["message"].clone();
    assert!(message.as_str().is_some_and(|message| message.contains("save it first")), "{message}");
    server.change(&baseline, 3, [0, 0, 0, 1], "");
    server.request("workspace/executeCommand", &add["command"]);
    server.wait_until_published(&uri, |found| found.len() == 1);
}

#[test]
fn only_what_was_changed_is_shown_and_a_commit_ends_that() {
    let project = Project::new();
    project.write("a.py", TEXT);
    project.write("b.py", TEXT);
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-q", "-m", "one"]);
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(&capabilities(), Some(project.path()), &json!({ "scan": { "onlyGitDirty": true } }));
    let (a, new) = (project.uri("a.py"), project.uri("new.py"));
    server.open(&a, "python", TEXT);
    assert_eq!(server.diagnostics(&a, 1), [] as [Value; 0]);
    server.change(&a, 2, [1, 10, 1, 11], "z");
    server.wait_until_published(&a, |found| found.len() == 1 && found[0]["range"]["start"]["line"] == 1);
    // A file that git does not know is new from its first line on.
    server.open(&new, "python", TEXT);
    server.wait_until_published(&new, |found| found.len() == 2);
    project.write("a.py", &TEXT.replace("(x)", "(z)"));
    git(&project, &["commit", "-q", "-a", "-m", "two"]);
    server.wait_until_published(&a, <[_]>::is_empty);
}
