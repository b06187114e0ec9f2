//! From the first byte to the last.

use super::Project;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
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

/// A server that is connected to by an argument, and what its connection is, to read and to write.
fn connected<S: Read + Write + Send + 'static>(argument: &str, accept: impl FnOnce() -> [S; 2]) -> LspClient {
    let mut server = Command::new(binary::weir());
    server.arg("lsp").arg(argument).stdin(Stdio::null()).stdout(Stdio::null());
    let server = server.spawn().expect("the server starts");
    let [input, output] = accept();
    LspClient::over(server, input, output)
}

fn serves(mut server: LspClient) {
    let project = Project::new();
    let options = json!({ "rules": [project.rules()] });
    server.initialize(&capabilities(), Some(project.path()), &options);
    let uri = project.uri("a.py");
    server.open(&uri, "python", "yaml.load(x)\n");
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
    assert_eq!(server.shutdown().code(), Some(0));
}

#[test]
fn an_editor_that_listens_is_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    serves(connected(&format!("--socket={port}"), || {
        let (stream, _) = listener.accept().expect("a connection");
        [stream.try_clone().expect("another end"), stream]
    }));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("editor.sock");
    let listener = UnixListener::bind(&path).expect("a socket in a temporary folder");
    serves(connected(&format!("--pipe={}", path.display()), || {
        let (stream, _) = listener.accept().expect("a connection");
        [stream.try_clone().expect("another end"), stream]
    }));
}

#[test]
fn an_editor_that_does_not_listen_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("editor.sock");
    let output = Command::new(binary::weir()).arg("lsp").arg("--pipe").arg(&path).output().expect("the server runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot connect to the editor") && said.contains("editor.sock"), "{said}");
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
    let shown = server.published(&project.uri("broken.yaml"));
    assert_eq!(shown[0]["code"], "rule-error", "{shown:?}");
    let uri = project.uri("a.py");
    server.open(&uri, "python", "yaml.load(x)\n");
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
    server.request("shutdown", &json!(null));
    let interrupts = |message: &serde_json::Value| message["method"] == "window/showMessage";
    assert!(!server.pending.iter().any(interrupts), "{:?}", server.pending);

    // With none that runs there is nothing found, which looks as if there were nothing to find.
    let mut server = LspClient::start(binary::weir(), &[]);
    server.initialize(&capabilities(), None, &json!({ "rules": [broken] }));
    let shown = server.wait_for("window/showMessage");
    let text = "Weir: no rule runs: 1 problem in rule files. The server's log has the places.";
    assert_eq!(shown["params"]["message"], text);
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
    for is_argument in [false, true] {
        let mut parent = Command::new("cat").stdin(Stdio::piped()).spawn().expect("cat runs");
        let argument = if is_argument { format!("--clientProcessId={}", parent.id()) } else { "--stdio".to_owned() };
        let mut server = LspClient::start(binary::weir(), &[&argument]);
        let pid = (!is_argument).then_some(parent.id());
        server.request("initialize", &json!({ "processId": pid, "capabilities": {}, "rootUri": project.uri("") }));
        parent.kill().and_then(|()| parent.wait()).expect("the parent can be ended");
        assert_eq!(server.wait_for_end().code(), Some(1));
    }
}
