//! Addresses as clients write them.

use super::Project;
use serde_json::{Value, json};
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, capabilities};

const TEXT: &str = "name = request.args.get('n')\ndb.execute(name)\nyaml.load(x)\n";

/// Names that an address may not hold as they are, and some clients write into it as they are.
const NAMES: [&str; 5] = ["[id]/[...rest].py", "a b.py", "é.py", "a|b^`{c}`.py", "100%.py"];

fn line(line: u32) -> Value {
    json!({ "start": { "line": line, "character": 3 }, "end": { "line": line, "character": 3 } })
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|diagnostic| diagnostic["code"].as_str()).collect()
}

#[test]
fn documents_are_served_whatever_their_names_and_under_the_clients_spelling() {
    let project = Project::new();
    let rules = project.rules();
    // The folder is one of them, too: its configuration counts.
    project.write("[w] é/weir.toml", "[severity]\nsql = \"hint\"\n");
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(&capabilities(), Some(&project.path().join("[w] é")), &Value::Null);
    for name in NAMES {
        let uri = project.uri(&format!("[w] é/{name}"));
        server.open(&uri, "python", "");
        server.change(&uri, 2, [0, 0, 0, 0], TEXT);
        let found = server.diagnostics(&uri, 2);
        assert_eq!(codes(&found), ["sql", "yaml-load"]);
        assert_eq!(found[0]["severity"], 4, "{name}");
        assert_eq!(found[0]["relatedInformation"][0]["location"]["uri"], uri);
        let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 2, "character": 3 } });
        let hover = server.request("textDocument/hover", &params);
        assert!(hover["contents"]["value"].as_str().is_some_and(|text| text.contains("yaml-load")), "{hover}");
        let params =
            json!({ "textDocument": { "uri": uri }, "range": line(2), "context": { "diagnostics": [found[1]] } });
        let actions = server.request("textDocument/codeAction", &params);
        assert_eq!(actions[0]["edit"]["documentChanges"][0]["textDocument"]["uri"], uri, "{actions}");
        server.notify("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
        server.wait_until_published(&uri, <[Value]>::is_empty);
    }
}

#[test]
fn edits_by_document_name_it_as_the_client_does() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    let mut abilities = capabilities();
    abilities["workspace"]["workspaceEdit"] = json!({});
    server.initialize(&abilities, Some(project.path()), &Value::Null);
    let uri = project.uri("[id].py");
    server.open(&uri, "python", TEXT);
    server.diagnostics(&uri, 1);
    let params = json!({ "textDocument": { "uri": uri }, "range": line(2), "context": { "diagnostics": [] } });
    let actions = server.request("textDocument/codeAction", &params);
    assert_eq!(actions[0]["edit"]["changes"][&uri][0]["newText"], "yaml.safe_load(x)", "{actions}");
}

#[test]
fn what_was_found_before_a_file_was_opened_stays_under_one_spelling_alone() {
    let project = Project::new();
    project.write("(g)/+page.py", TEXT);
    let mut server = project.server();
    let (own, theirs) = (project.uri("%28g%29/%2Bpage.py"), project.uri("(g)/+page.py"));
    server.wait_until_published(&own, |found| found.len() == 2);
    server.open(&theirs, "python", "yaml.load(x)\n");
    let next = server.wait_for("textDocument/publishDiagnostics");
    assert_eq!(next["params"], json!({ "uri": own, "diagnostics": [] }));
    assert_eq!(codes(&server.diagnostics(&theirs, 1)), ["yaml-load"]);
    // It is one document: a change under another spelling is one of it, and closed it is the file again.
    server.change(&own, 2, [0, 0, 1, 0], "");
    assert_eq!(codes(&server.diagnostics(&theirs, 2)), [""; 0]);
    server.notify("textDocument/didClose", &json!({ "textDocument": { "uri": theirs } }));
    server.wait_until_published(&theirs, |found| codes(found) == ["sql", "yaml-load"]);
    assert!(server.pending.iter().all(|message| message["params"]["uri"] != json!(own)), "{:?}", server.pending);
}

#[test]
fn cells_of_a_notebook_have_names_of_any_kind() {
    let project = Project::new();
    let mut server = project.server();
    let notebook = project.uri("[n].ipynb");
    let cell = format!("{}#[1]", notebook.replace("file:", "vscode-notebook-cell:"));
    let params = json!({
        "notebookDocument": {
            "uri": notebook, "notebookType": "jupyter-notebook", "version": 1,
            "cells": [{ "kind": 2, "document": cell }],
        },
        "cellTextDocuments": [{ "uri": cell, "languageId": "python", "version": 1, "text": TEXT }],
    });
    server.notify("notebookDocument/didOpen", &params);
    server.wait_until_published(&cell, |found| codes(found) == ["sql", "yaml-load"]);
}
