//! What the editor offers at a finding.

use super::Project;
use serde_json::{Value, json};
use weir_tests::lsp_client::LspClient;

const TEXT: &str = "import yaml\n\ndef load(text):\n    return yaml.load(text)\n";

fn actions(server: &mut LspClient, uri: &str, context: &Value) -> Vec<Value> {
    let range = json!({ "start": { "line": 3, "character": 15 }, "end": { "line": 3, "character": 15 } });
    let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": context });
    server.request("textDocument/codeAction", &params).as_array().cloned().unwrap_or_default()
}

fn titled<'a>(actions: &'a [Value], title: &str) -> &'a Value {
    actions.iter().find(|action| action["title"] == title).unwrap_or_else(|| panic!("no {title:?} in {actions:?}"))
}

#[test]
fn a_fix_is_offered_from_the_range_alone_and_names_the_version_it_is_for() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    // No wait for diagnostics: the request waits for the findings itself.
    let actions = actions(&mut server, &uri, &json!({ "diagnostics": [] }));
    let fix = titled(&actions, "Fix yaml-load");
    assert_eq!(fix["kind"], "quickfix");
    assert_eq!(fix["isPreferred"], true);
    let change = &fix["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": uri, "version": 1 }));
    assert_eq!(change["edits"][0]["newText"], "yaml.safe_load(text)");
}

#[test]
fn a_finding_is_ignored_by_a_comment_that_the_server_itself_honours() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    let actions = actions(&mut server, &uri, &json!({ "diagnostics": [] }));
    let edit = &titled(&actions, "Ignore yaml-load here")["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!(edit["newText"], "    # nosemgrep: yaml-load\n");
    assert_eq!(edit["range"]["start"], json!({ "line": 3, "character": 0 }));
    server.change(&uri, 2, [3, 0, 3, 0], "    # nosemgrep: yaml-load\n");
    assert!(server.diagnostics(&uri, 2).is_empty());
}

#[test]
fn only_the_kinds_asked_for_are_given() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    assert!(!actions(&mut server, &uri, &json!({ "diagnostics": [], "only": ["quickfix"] })).is_empty());
    assert!(actions(&mut server, &uri, &json!({ "diagnostics": [], "only": ["source"] })).is_empty());
}

#[test]
fn hover_says_what_was_found_and_what_to_write_instead() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    let at = |line: u32| json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": 15 } });
    let hover = server.request("textDocument/hover", &at(3));
    let text = hover["contents"]["value"].as_str().expect("a hover");
    for part in ["**yaml-load**", "yaml.load of text builds any object", "Use yaml.safe_load.", "CWE-502"] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    assert_eq!(hover["range"]["start"], json!({ "line": 3, "character": 11 }));
    assert!(server.request("textDocument/hover", &at(0)).is_null());
}
