//! The corners of the protocol.

use super::Project;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, all_capabilities, capabilities};

const TEXT: &str = "import yaml\nyaml.load(x)\n";

/// Rules that are not there yet: whoever reads them waits until they are written.
struct LateRules(PathBuf);

impl LateRules {
    fn new(project: &Project) -> Self {
        let path = project.path().join("late.yaml");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).expect("a pipe in a temporary folder");
        Self(path)
    }

    fn server(&self, project: &Project) -> LspClient {
        let mut server = LspClient::start(binary::weir(), &["--rules", self.0.to_str().expect("a plain name")]);
        server.initialize(&capabilities(), Some(project.path()), &Value::Null);
        server
    }

    fn write(&self, text: &str) {
        let mut pipe = std::fs::OpenOptions::new().write(true).open(&self.0).expect("the pipe is there");
        pipe.write_all(text.as_bytes()).expect("the server reads");
    }
}

fn hover(uri: &str) -> Value {
    json!({ "textDocument": { "uri": uri }, "position": { "line": 1, "character": 3 } })
}

#[test]
fn what_is_no_request_of_the_protocol_is_answered_with_its_error() {
    let project = Project::new();
    let mut server = project.server();
    let mut code = |method: &str, params: &Value| server.request(method, params)["error"]["code"].clone();
    assert_eq!(code("weir/unknown", &json!({})), -32601);
    assert_eq!(code("$/unknown", &json!({})), -32601);
    assert_eq!(code("textDocument/hover", &json!({ "textDocument": 1 })), -32602);
    assert_eq!(code("initialize", &json!({ "capabilities": {} })), -32600);
    server.notify("$/unknown", &json!({}));
    server.notify("weir/unknown", &json!({}));
    server.send_raw(b"Content-Length: 5\r\n\r\n{\"a\":");
    let answer = server.wait("the answer to what is no JSON", |message| message["error"]["code"] == -32700);
    assert_eq!(answer["id"], Value::Null);
    // Several at once are none of them.
    let batch = r#"[{"jsonrpc":"2.0","id":77,"method":"shutdown"}]"#;
    server.send_raw(format!("Content-Length: {}\r\n\r\n{batch}", batch.len()).as_bytes());
    let answer = server.wait("the answer to a batch", |message| message["error"]["code"] == -32600);
    assert_eq!(answer["id"], Value::Null);
    server.request("shutdown", &Value::Null);
    for method in ["textDocument/hover", "weir/unknown", "$/unknown", "initialize"] {
        assert_eq!(server.request(method, &hover("file:///a.py"))["error"]["code"], -32600, "{method}");
    }
}

#[test]
fn half_a_character_is_one_that_is_replaced() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", "import yaml\n");
    let change = json!({
        "jsonrpc": "2.0",
        "method": "textDocument/didChange",
        "params": {
            "textDocument": { "uri": uri, "version": 2 },
            "contentChanges": [{
                "range": { "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 0 } },
                "text": "a = 'HALF'; yaml.load(x)\n",
            }],
        },
    });
    let body = change.to_string().replace("HALF", r"\ud83d");
    server.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert_eq!(server.diagnostics(&uri, 2)[0]["range"]["start"], json!({ "line": 1, "character": 9 }));
    server.change(&uri, 3, [2, 0, 2, 0], "yaml.load(y)\n");
    assert_eq!(server.diagnostics(&uri, 3)[1]["range"]["start"], json!({ "line": 2, "character": 0 }));
}

#[test]
fn a_client_that_says_what_nobody_knows_is_served_without_it() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    let mut abilities = all_capabilities();
    abilities["textDocument"]["hover"]["contentFormat"] = json!(["asciidoc", "markdown"]);
    abilities["textDocument"]["publishDiagnostics"]["tagSupport"] = json!({});
    abilities["workspace"]["workspaceEdit"]["failureHandling"] = json!("hope");
    let params = json!({ "processId": null, "rootUri": "", "trace": "compact", "capabilities": abilities });
    let answer = server.request("initialize", &params);
    assert_eq!(answer["serverInfo"]["name"], "weir", "{answer}");
    server.notify("initialized", &json!({}));
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
    assert_eq!(server.request("textDocument/hover", &hover(&uri))["contents"]["kind"], "markdown");
}

#[test]
fn a_request_that_is_cancelled_or_outlived_by_its_document_says_so() {
    let project = Project::new();
    let rules = LateRules::new(&project);
    let mut server = rules.server(&project);
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    let cancelled = server.send_request("textDocument/hover", &hover(&uri));
    server.notify("$/cancelRequest", &json!({ "id": cancelled }));
    assert_eq!(server.answer(cancelled)["error"]["code"], -32800);
    let outlived = server.send_request("textDocument/hover", &hover(&uri));
    server.notify("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    let answer = server.answer(outlived);
    assert_eq!(answer["error"]["code"], -32801, "{answer}");
    // Nothing was lost by it.
    server.open(&uri, "python", TEXT);
    let waiting = server.send_request("textDocument/hover", &hover(&uri));
    rules.write(super::RULES);
    let answer = server.answer(waiting);
    assert!(answer["contents"]["value"].as_str().is_some_and(|text| text.contains("yaml-load")), "{answer}");
}

#[test]
fn versions_that_repeat_or_go_back_lose_no_edit() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", "import yaml\n");
    for (version, text) in [(7, "yaml.load(a)\n"), (3, "yaml.load(b)\n"), (3, "yaml.load(c)\n"), (0, "yaml.load(d)\n")]
    {
        server.change(&uri, version, [1, 0, 1, 0], text);
    }
    server.wait_until_published(&uri, |diagnostics| diagnostics.len() == 4);
}

#[test]
fn changes_that_overtook_each_other_are_made_in_their_order() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", "import yaml\n\n");
    let typed: Vec<char> = "yaml.load(x)".chars().collect();
    for pair in 0..typed.len() / 2 {
        for at in [2 * pair + 1, 2 * pair] {
            let column = u32::try_from(at).expect("a short line");
            server.change(&uri, i64::from(column) + 2, [1, column, 1, column], &typed[at].to_string());
        }
    }
    assert_eq!(server.diagnostics(&uri, 13)[0]["range"]["end"], json!({ "line": 1, "character": 12 }));
}

#[test]
fn a_hundred_documents_are_open_at_once() {
    let project = Project::new();
    let mut server = project.server();
    let uris: Vec<String> = (0..100).map(|at| project.uri(&format!("d{at}.py"))).collect();
    for uri in &uris {
        server.open(uri, "python", "import yaml\n");
    }
    for uri in &uris {
        server.change(uri, 2, [1, 0, 1, 0], "yaml.load(x)\n");
    }
    for uri in &uris {
        assert_eq!(server.diagnostics(uri, 2).len(), 1, "{uri}");
    }
}

#[test]
fn the_configuration_changes_while_somebody_types() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", "import yaml\n");
    for round in 0..20 {
        let level = if round % 2 == 0 { "error" } else { "hint" };
        let settings = json!({ "weir": { "severity": { "yaml-load": level } } });
        server.change(&uri, 2 + round, [1, 0, 1, 0], "yaml.load(x)\n");
        server.notify("workspace/didChangeConfiguration", &json!({ "settings": settings }));
    }
    server.wait_until_published(&uri, |diagnostics| {
        diagnostics.len() == 20 && diagnostics.iter().all(|diagnostic| diagnostic["severity"] == 4)
    });
}

#[test]
fn rule_files_are_renamed_and_removed() {
    let project = Project::new();
    let rules = std::fs::read_to_string(project.rules()).expect("rules");
    project.write("rules/a.yaml", &rules);
    project.write("rules/other.yaml", &rules.replace("yaml-load", "other").replace("id: sql", "id: other-sql"));
    let folder = project.path().join("rules");
    let mut server = LspClient::start(binary::weir(), &["--rules", folder.to_str().expect("a plain name")]);
    let mut abilities = all_capabilities();
    abilities["workspace"]["didChangeWatchedFiles"] =
        json!({ "dynamicRegistration": true, "relativePatternSupport": true });
    server.initialize(&abilities, Some(project.path()), &Value::Null);
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    let codes = |diagnostics: &[Value]| -> BTreeSet<String> {
        diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().expect("a code").to_owned()).collect()
    };
    let wanted = |codes: &[&str]| -> BTreeSet<String> { codes.iter().map(|&code| code.to_owned()).collect() };
    server.wait_until_published(&uri, |found| codes(found) == wanted(&["other", "yaml-load"]));
    std::fs::rename(folder.join("a.yaml"), folder.join("b.yaml")).expect("the file is there");
    std::fs::remove_file(folder.join("other.yaml")).expect("the file is there");
    let change = |name: &str, kind: u32| json!({ "uri": project.uri(name), "type": kind });
    let changes = [change("rules/a.yaml", 3), change("rules/b.yaml", 1), change("rules/other.yaml", 3)];
    server.notify("workspace/didChangeWatchedFiles", &json!({ "changes": changes }));
    server.wait_until_published(&uri, |found| codes(found) == wanted(&["yaml-load"]));
}

#[test]
fn a_client_that_declares_nothing_is_asked_nothing_and_told_what_it_can_read() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    let answer = server.initialize(&json!({}), Some(project.path()), &Value::Null);
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(answer["capabilities"]["diagnosticProvider"], Value::Null);
    let uri = project.uri("a.py");
    server.open(&uri, "python", "from flask import request\ndb.execute(request.args.get('n'))\n");
    let found = server.diagnostics(&uri, 1);
    for key in ["data", "relatedInformation", "codeDescription", "tags"] {
        assert_eq!(found[0][key], Value::Null, "{found:?}");
    }
    assert!(found[0]["message"].as_str().is_some_and(|message| message.contains("Path: line 2")), "{found:?}");
    let params = json!({
        "textDocument": { "uri": uri },
        "range": { "start": { "line": 1, "character": 0 }, "end": { "line": 1, "character": 0 } },
        "context": { "diagnostics": [] },
    });
    assert_eq!(server.request("textDocument/codeAction", &params), json!([]));
    server.request("shutdown", &Value::Null);
    let asked: Vec<_> = server.pending.iter().filter(|message| message.get("id").is_some()).collect();
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn a_client_that_declares_everything_is_served_with_everything() {
    let project = Project::new();
    project.write("b.py", TEXT);
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    let mut abilities = all_capabilities();
    abilities["general"] = json!({ "positionEncodings": ["utf-8", "utf-16"] });
    abilities["textDocument"]["diagnostic"] = json!({ "dynamicRegistration": true, "relatedDocumentSupport": true });
    abilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    abilities["workspace"]["didChangeWatchedFiles"] =
        json!({ "dynamicRegistration": true, "relativePatternSupport": true });
    let answer = server.initialize(&abilities, Some(project.path()), &Value::Null);
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(answer["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"], true);
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    let report = server.request("textDocument/diagnostic", &json!({ "textDocument": { "uri": uri } }));
    assert_eq!(report["items"].as_array().map(Vec::len), Some(1), "{report}");
    let report = server.request("workspace/diagnostic", &json!({ "previousResultIds": [] }));
    assert_eq!(report["items"][0]["uri"], project.uri("b.py"), "{report}");
    for method in ["workspace/configuration", "client/registerCapability"] {
        server.wait_for(method);
    }
    assert!(server.pending.iter().all(|message| message["method"] != "textDocument/publishDiagnostics"));
}

#[test]
fn rules_that_take_long_to_load_are_shown_to_be_loaded() {
    let project = Project::new();
    let rules = LateRules::new(&project);
    let mut server = rules.server(&project);
    let begin = server.wait_for("$/progress");
    assert_eq!(begin["params"]["value"]["kind"], "begin");
    rules.write(super::RULES);
    let end = server.wait_for("$/progress");
    assert_eq!(end["params"]["value"], json!({ "kind": "end", "message": "2 rules" }));
}

#[test]
fn the_scan_of_the_workspace_is_shown_and_can_be_cancelled() {
    let project = Project::new();
    // Enough that it lasts, on any machine, until it is worth a word.
    for at in 0..4000 {
        project.write(&format!("f{at}.py"), TEXT);
    }
    let mut server = project.server();
    let create = server.wait("a scan", |message| {
        message["method"] == "window/workDoneProgress/create"
            && message["params"]["token"].as_str().is_some_and(|token| token.starts_with("weir-scan-"))
    });
    let token = create["params"]["token"].clone();
    let is_scan = |message: &Value| message["method"] == "$/progress" && message["params"]["token"] == token;
    let begin = server.wait("its begin", is_scan);
    assert_eq!(begin["params"]["value"]["cancellable"], true);
    server.notify("window/workDoneProgress/cancel", &json!({ "token": token }));
    server.wait("its end", |message| is_scan(message) && message["params"]["value"]["kind"] == "end");
    // What is opened is looked at all the same.
    let uri = project.uri("f299.py");
    server.open(&uri, "python", TEXT);
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
}

#[test]
fn documents_that_are_no_file_are_analysed_too() {
    let project = Project::new();
    let mut server = project.server();
    for uri in ["untitled:Untitled-1", "vscode-notebook-cell:/a.ipynb#W0sZmlsZQ"] {
        server.open(uri, "python", TEXT);
        assert_eq!(server.diagnostics(uri, 1).len(), 1, "{uri}");
    }
}

#[test]
fn each_folder_of_the_workspace_has_its_own_configuration() {
    let project = Project::new();
    let rules = std::fs::read_to_string(project.rules()).expect("rules");
    project.write("one/weir.toml", "rules = [\"r.yaml\"]\n");
    project.write("one/r.yaml", &rules.replace("yaml-load", "rule-of-one"));
    project.write("two/weir.toml", "rules = [\"r.yaml\"]\n");
    project.write("two/r.yaml", &rules.replace("yaml-load", "rule-of-two"));
    let mut server = LspClient::start(binary::weir(), &[]);
    let folder = |name: &str| json!({ "uri": project.uri(name), "name": "" });
    server.request(
        "initialize",
        &json!({ "processId": null, "rootUri": null, "capabilities": capabilities(), "workspaceFolders": [folder("one")] }),
    );
    server.notify("initialized", &json!({}));
    let (one, two) = (project.uri("one/a.py"), project.uri("two/a.py"));
    server.open(&one, "python", TEXT);
    assert_eq!(server.diagnostics(&one, 1)[0]["code"], "rule-of-one");
    let event = json!({ "added": [folder("two")], "removed": [] });
    server.notify("workspace/didChangeWorkspaceFolders", &json!({ "event": event }));
    server.open(&two, "python", TEXT);
    server.wait_until_published(&two, |found| found.len() == 1 && found[0]["code"] == "rule-of-two");
    let event = json!({ "added": [], "removed": [folder("one")] });
    server.notify("workspace/didChangeWorkspaceFolders", &json!({ "event": event }));
    server.change(&two, 2, [2, 0, 2, 0], "yaml.load(y)\n");
    assert_eq!(server.diagnostics(&two, 2).len(), 2);
}
