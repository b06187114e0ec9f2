//! Diagnostics that the client asks for.

use super::Project;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, capabilities};

/// A client that asks, on this project with the test's rules.
fn server(project: &Project) -> LspClient {
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    let mut abilities = capabilities();
    abilities["textDocument"]["diagnostic"] = json!({ "dynamicRegistration": true });
    abilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    server.initialize(&abilities, Some(project.path()), &json!(null));
    server
}

fn pull(server: &mut LspClient, uri: &str, previous: Option<&str>) -> Value {
    let params = json!({ "textDocument": { "uri": uri }, "previousResultId": previous });
    server.request("textDocument/diagnostic", &params)
}

fn pull_workspace(server: &mut LspClient, previous: &Value) -> Value {
    server.request("workspace/diagnostic", &json!({ "previousResultIds": previous }))
}

#[test]
fn a_document_is_answered_for_its_newest_text_and_nothing_is_pushed() {
    let project = Project::new();
    let mut server = server(&project);
    let uri = project.uri("a.py");
    server.open(&uri, "python", "import yaml\nyaml.load(x)\n");
    let first = pull(&mut server, &uri, None);
    assert_eq!((&first["kind"], first["items"].as_array().map(Vec::len)), (&json!("full"), Some(1)), "{first}");
    let id = first["resultId"].as_str().expect("a result id").to_owned();
    let again = pull(&mut server, &uri, Some(&id));
    assert_eq!(again, json!({ "kind": "unchanged", "resultId": id }));
    server.change(&uri, 2, [1, 0, 1, 0], "yaml.load(y)\n");
    let changed = pull(&mut server, &uri, Some(&id));
    assert_eq!(changed["items"].as_array().map(Vec::len), Some(2), "{changed}");
    assert!(server.pending.iter().all(|message| message["method"] != "textDocument/publishDiagnostics"));
}

#[test]
fn the_client_is_told_to_ask_again_when_rules_change() {
    let project = Project::new();
    let mut server = server(&project);
    let uri = project.uri("a.py");
    server.open(&uri, "python", "import yaml\nyaml.load(x)\n");
    let first = pull(&mut server, &uri, None);
    assert_eq!(first["items"][0]["severity"], 2, "{first}");
    server.wait_for("workspace/diagnostic/refresh");
    let rules = std::fs::read_to_string(project.rules()).expect("rules");
    std::fs::write(project.rules(), rules.replace("WARNING", "ERROR")).expect("a writable folder");
    let change = json!({ "uri": project.uri("rules.yaml"), "type": 2 });
    server.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [change] }));
    // What was told before may still be on its way.
    while pull(&mut server, &uri, None)["items"][0]["severity"] != 1 {
        server.wait_for("workspace/diagnostic/refresh");
    }
}

#[test]
fn the_workspace_is_answered_for_files_that_are_not_open() {
    let project = Project::new();
    project.write("a.py", "import yaml\nyaml.load(x)\n");
    project.write("deep/b.py", "import yaml\nyaml.load(x)\nyaml.load(y)\n");
    project.write("node_modules/c.py", "import yaml\nyaml.load(x)\n");
    project.write("d.py", "x = 1\n");
    let mut server = server(&project);
    let report = pull_workspace(&mut server, &json!([]));
    let found: Vec<_> = report["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| (item["uri"].as_str().expect("a uri").to_owned(), item["items"].as_array().map(Vec::len)))
        .collect();
    assert_eq!(found, [(project.uri("a.py"), Some(1)), (project.uri("deep/b.py"), Some(2))], "{report}");

    // What is open is answered by itself; what was mended is answered with nothing.
    server.open(&project.uri("a.py"), "python", "import yaml\nyaml.load(x)\n");
    project.write("deep/b.py", "x = 1\n");
    let change = json!({ "uri": project.uri("deep/b.py"), "type": 2 });
    server.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [change] }));
    let previous: Vec<_> = report["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| json!({ "uri": item["uri"], "value": item["resultId"] }))
        .collect();
    let mut report = pull_workspace(&mut server, &json!(previous));
    while report["items"][0]["kind"] == "unchanged" {
        report = pull_workspace(&mut server, &json!(previous));
    }
    assert_eq!(report["items"].as_array().map(Vec::len), Some(1), "{report}");
    assert_eq!(report["items"][0]["uri"], project.uri("deep/b.py"));
    assert_eq!(report["items"][0]["items"], json!([]));
}

#[test]
fn the_workspace_comes_in_parts_where_they_are_asked_for() {
    let project = Project::new();
    project.write("a.py", "import yaml\nyaml.load(x)\n");
    project.write("b.py", "import yaml\nyaml.load(x)\n");
    let mut server = server(&project);
    // At first the parts come as the files are looked at, then all at once.
    for round in 0..10 {
        let token = format!("parts-{round}");
        let params = json!({ "previousResultIds": [], "partialResultToken": token });
        let answer = server.request("workspace/diagnostic", &params);
        assert_eq!(answer["items"], json!([]));
        // The answer is the end: a client listens no longer.
        let is_part =
            |message: &&Value| message["method"] == "$/progress" && message["params"]["token"] == token.as_str();
        let parts = server.pending.iter().filter(is_part);
        let items = parts.flat_map(|part| part["params"]["value"]["items"].as_array().expect("items"));
        let uris: BTreeSet<_> = items.map(|item| item["uri"].as_str().expect("a uri").to_owned()).collect();
        assert_eq!(uris.into_iter().collect::<Vec<_>>(), [project.uri("a.py"), project.uri("b.py")], "round {round}");
    }
}
