//! From the first byte to the last.

use super::Project;
use serde_json::json;
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, capabilities};

#[test]
fn exit_after_shutdown_is_clean_and_without_it_is_not() {
    let project = Project::new();
    assert_eq!(project.server().shutdown().code(), Some(0));
    let mut server = project.server();
    server.notify("exit", &json!(null));
    assert_eq!(server.hang_up().code(), Some(1));
}

#[test]
fn requests_before_initialize_are_refused_as_the_protocol_says() {
    let mut server = LspClient::start(binary::weir(), &[]);
    for method in ["textDocument/hover", "weir/unknown", "$/unknown", "shutdown"] {
        assert_eq!(server.request(method, &json!({}))["error"]["code"], -32002, "{method}");
    }
}

#[test]
fn the_rules_are_loaded_with_progress() {
    let project = Project::new();
    let mut server = project.server();
    let begin = server.wait_for("$/progress");
    assert_eq!(begin["params"]["value"]["kind"], "begin");
    let end = server.wait_for("$/progress");
    assert_eq!(end["params"]["value"], json!({ "kind": "end", "message": "2 rules" }));
}

#[test]
fn a_client_that_declares_nothing_gets_no_progress() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(&json!({}), None, &json!(null));
    let uri = project.uri("a.py");
    server.open(&uri, "python", "yaml.load(x)\n");
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
    assert!(server.pending.iter().all(|message| message["method"] != "window/workDoneProgress/create"));
}

#[test]
fn rules_that_are_wrong_are_reported_and_the_others_run() {
    let project = Project::new();
    let broken = project.rules().with_file_name("broken.yaml");
    std::fs::write(
        &broken,
        "rules:\n  - id: no-pattern\n    languages: [python]\n    severity: ERROR\n    message: m\n",
    )
    .expect("a writable folder");
    let folder = broken.parent().and_then(|path| path.to_str()).expect("a plain name");
    let mut server = LspClient::start(binary::weir(), &[]);
    server.initialize(&capabilities(), None, &json!({ "rules": [folder] }));
    let shown = server.wait_for("window/showMessage");
    assert!(shown["params"]["message"].as_str().expect("a message").contains("problem"), "{shown}");
    let uri = project.uri("a.py");
    server.open(&uri, "python", "yaml.load(x)\n");
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
}

#[test]
fn closing_a_document_takes_its_diagnostics_away() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", "yaml.load(x)\n");
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
    server.notify("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    let published = server.wait_for("textDocument/publishDiagnostics");
    assert_eq!(published["params"]["diagnostics"], json!([]));
}

#[test]
fn the_server_does_not_outlive_the_process_it_was_told_to_watch() {
    let project = Project::new();
    let mut parent = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().expect("cat runs");
    let mut server = LspClient::start(binary::weir(), &[]);
    server.request("initialize", &json!({ "processId": parent.id(), "capabilities": {}, "rootUri": project.uri("") }));
    parent.kill().and_then(|()| parent.wait()).expect("the parent can be ended");
    assert_eq!(server.wait_for_end().code(), Some(1));
}
