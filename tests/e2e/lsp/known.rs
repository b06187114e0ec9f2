//! What was there before, in the editor.

use super::Project;
use serde_json::{Value, json};
use std::process::Command;
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, capabilities};

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
