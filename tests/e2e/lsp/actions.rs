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
    assert_eq!(edit["newText"], "    # nosemgrep: yaml-load -- reason\n");
    assert_eq!(edit["range"]["start"], json!({ "line": 3, "character": 0 }));
    server.change(&uri, 2, [3, 0, 3, 0], "    # nosemgrep: yaml-load -- reason\n");
    assert!(server.diagnostics(&uri, 2).is_empty());
}

#[test]
fn a_mark_without_use_is_shown_faded_and_can_be_removed() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = LspClient::start(weir_tests::binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    let mut capabilities = weir_tests::lsp_client::capabilities();
    capabilities["textDocument"]["publishDiagnostics"]["tagSupport"] = json!({ "valueSet": [1, 2] });
    server.initialize(&capabilities, Some(project.path()), &json!(null));
    let uri = project.uri("a.py");
    server.open(&uri, "python", "# nosemgrep: yaml-load\nyaml.load(a)\n\nx = 1  # nosemgrep: yaml-load\n");
    let hints = server.diagnostics(&uri, 1);
    assert_eq!(hints.len(), 1, "{hints:?}");
    assert_eq!((&hints[0]["code"], &hints[0]["severity"]), (&json!("unused-suppression"), &json!(4)));
    assert_eq!(hints[0]["tags"], json!([1]));
    assert_eq!(hints[0]["range"]["start"], json!({ "line": 3, "character": 9 }));
    let actions = actions(&mut server, &uri, &json!({ "diagnostics": [] }));
    let edit = &titled(&actions, "Remove unused suppression")["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!((&edit["newText"], &edit["range"]["start"]["character"]), (&json!(""), &json!(5)));
    // What it was for is back, and it is of use again.
    server.change(&uri, 2, [3, 0, 3, 5], "yaml.load(b)");
    assert!(server.diagnostics(&uri, 2).is_empty());
}

#[test]
fn a_list_of_the_project_hides_findings_until_it_changes() {
    let project = Project::new();
    let entry = |line: u32| {
        json!({ "ignored_warnings": [{
            "warning_type": "Remote Code Execution", "fingerprint": "0", "file": "a.py", "line": line, "note": "trusted",
        }]})
        .to_string()
    };
    project.write("config/brakeman.ignore", &entry(4));
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    server.wait_until_published(&uri, <[Value]>::is_empty);
    project.write("config/brakeman.ignore", &entry(1));
    let list = project.uri("config/brakeman.ignore");
    server.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [{ "uri": list, "type": 2 }] }));
    server.wait_until_published(&uri, |diagnostics| diagnostics.len() == 1);
}

#[test]
fn only_the_kinds_asked_for_are_given() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    let mut kinds = |only: &str| {
        let actions = actions(&mut server, &uri, &json!({ "diagnostics": [], "only": [only] }));
        let kinds = actions.iter().map(|action| action["kind"].as_str().expect("a kind").to_owned());
        kinds.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(kinds("quickfix"), ["quickfix"]);
    assert_eq!(kinds("source"), ["source.fixAll.weir"]);
    assert_eq!(kinds("source.fixAll"), ["source.fixAll.weir"]);
    assert_eq!(kinds("source.fixAll.weir"), ["source.fixAll.weir"]);
    assert_eq!(kinds("source.fixAll.ruff"), [] as [String; 0]);
    assert_eq!(kinds("refactor"), [] as [String; 0]);
}

/// Rules whose repairs are no good, or not safe.
const DOUBTFUL: &str = r#"
rules:
  - id: breaks
    languages: [python]
    severity: WARNING
    message: "m"
    pattern: breaks($X)
    fix: breaks($X
  - id: stays
    languages: [python]
    severity: WARNING
    message: "m"
    pattern: stays($X)
    fix: stays(1)
  - id: unsafe
    languages: [python]
    severity: WARNING
    message: "m"
    pattern: unsafe($X)
    fix: safe($X)
    metadata: { weir: { fix: unsafe } }
  - id: good
    languages: [python]
    severity: WARNING
    message: "m"
    pattern: good($X)
    fix: better($X)
"#;

fn at_line(server: &mut LspClient, uri: &str, line: u32, context: &Value) -> Vec<Value> {
    let range = json!({ "start": { "line": line, "character": 0 }, "end": { "line": line, "character": 1 } });
    let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": context });
    server.request("textDocument/codeAction", &params).as_array().cloned().unwrap_or_default()
}

fn new_texts(action: &Value) -> Vec<&str> {
    let edits = action["edit"]["documentChanges"][0]["edits"].as_array().expect("edits");
    edits.iter().map(|edit| edit["newText"].as_str().expect("a text")).collect()
}

#[test]
fn a_repair_that_is_no_good_is_not_offered_or_says_why() {
    let project = Project::new();
    project.write("rules.yaml", DOUBTFUL);
    let uri = project.uri("a.py");
    let text = "breaks(1)\nstays(2)\nunsafe(3)\n";
    let context = json!({ "diagnostics": [], "triggerKind": 1 });

    let mut server = project.server();
    server.open(&uri, "python", text);
    for line in [0, 1] {
        let titles = at_line(&mut server, &uri, line, &context);
        assert!(
            titles.iter().all(|action| !action["title"].as_str().expect("a title").starts_with("Fix")),
            "{titles:?}"
        );
    }

    let rules = project.rules();
    let mut server = LspClient::start(weir_tests::binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(&weir_tests::lsp_client::all_capabilities(), Some(project.path()), &json!(null));
    server.open(&uri, "python", text);
    let reasons = [(0, "breaks", "the code would not parse any more"), (1, "stays", "the rule would still report it")];
    for (line, rule, reason) in reasons {
        let actions = at_line(&mut server, &uri, line, &context);
        let fix = titled(&actions, &format!("Fix {rule}"));
        assert_eq!((&fix["disabled"]["reason"], &fix["edit"]), (&json!(reason), &json!(null)), "{fix}");
    }
    // As the cursor moves there is nothing to say about it.
    let automatic = at_line(&mut server, &uri, 0, &json!({ "diagnostics": [], "triggerKind": 2 }));
    assert!(automatic.iter().all(|action| action["disabled"].is_null()), "{automatic:?}");
    // One that may change what the code does is asked about.
    let actions = at_line(&mut server, &uri, 2, &context);
    let fix = titled(&actions, "Fix unsafe");
    assert_eq!(fix["isPreferred"], json!(null));
    let id = fix["edit"]["documentChanges"][0]["edits"][0]["annotationId"].as_str().expect("an annotation");
    assert_eq!(fix["edit"]["changeAnnotations"][id]["needsConfirmation"], true);
}

#[test]
fn all_of_a_rule_and_all_that_is_safe_are_repaired_together() {
    let project = Project::new();
    project.write("rules.yaml", DOUBTFUL);
    let uri = project.uri("a.py");
    let text = "good(1)\ngood(good(2))\nunsafe(3)\nunsafe(4)\nbreaks(5)\n";

    let mut server = project.server();
    server.open(&uri, "python", text);
    let actions = at_line(&mut server, &uri, 0, &json!({ "diagnostics": [] }));
    // Of two that overlap the outer one is made; the inner one goes with it, as it is in its text.
    assert_eq!(new_texts(titled(&actions, "Fix all of good in this file")), ["better(1)", "better(good(2))"]);
    let actions = at_line(&mut server, &uri, 3, &json!({ "diagnostics": [], "only": ["source.fixAll"] }));
    assert_eq!(new_texts(&actions[0]), ["better(1)", "better(good(2))"]);

    // A client that asks for edits apart gets them when it does, for the text as it is then.
    let rules = project.rules();
    let mut server = LspClient::start(weir_tests::binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(&weir_tests::lsp_client::all_capabilities(), Some(project.path()), &json!(null));
    server.open(&uri, "python", text);
    let actions = at_line(&mut server, &uri, 2, &json!({ "diagnostics": [], "only": ["source.fixAll", "quickfix"] }));
    let (rule, safe) =
        (titled(&actions, "Fix all of unsafe in this file"), titled(&actions, "Fix all that Weir can repair safely"));
    assert_eq!((&rule["edit"], &safe["edit"]), (&json!(null), &json!(null)));
    let rule = server.request("codeAction/resolve", rule);
    assert_eq!(new_texts(&rule), ["safe(3)", "safe(4)"]);
    let safe = server.request("codeAction/resolve", safe);
    assert_eq!(new_texts(&safe), ["better(1)", "better(good(2))"]);
}

#[test]
fn a_rule_is_lowered_in_the_projects_file() {
    let project = Project::new();
    project.write("weir.toml", "# ours\n[filter]\n");
    let mut server = project.server();
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    let actions = actions(&mut server, &uri, &json!({ "diagnostics": [] }));
    let change = &titled(&actions, "Do not report yaml-load in this project")["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"]["uri"], project.uri("weir.toml"));
    assert_eq!(change["edits"][0]["newText"], "\n[severity]\nyaml-load = \"off\"\n");
    titled(&actions, "Show yaml-load as a hint in this project");
}

#[test]
fn what_is_typed_in_the_projects_file_counts_when_it_is_changed() {
    let project = Project::new();
    project.write("weir.toml", "# ours\r\n[severity]\r\nother = \"off\"\r\n");
    let mut server = project.server();
    let (uri, settings) = (project.uri("a.py"), project.uri("weir.toml"));
    server.open(&settings, "toml", "# ours\r\n[severity]\r\nother = \"off\"\r\n");
    server.change(&settings, 7, [1, 0, 1, 0], "# one\r\n# two\r\n# three\r\n");
    server.open(&uri, "python", TEXT);
    let actions = actions(&mut server, &uri, &json!({ "diagnostics": [] }));
    let change = &titled(&actions, "Show yaml-load as a hint in this project")["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": settings, "version": 7 }));
    let end = json!({ "line": 6, "character": 0 });
    let expected = json!({ "range": { "start": end, "end": end }, "newText": "yaml-load = \"hint\"\r\n" });
    assert_eq!(change["edits"], json!([expected]));
}

#[test]
fn the_path_the_rule_and_the_weakness_are_shown_where_the_client_can() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = LspClient::start(weir_tests::binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(&weir_tests::lsp_client::all_capabilities(), Some(project.path()), &json!(null));
    let uri = project.uri("a.py");
    server.open(&uri, "python", "from flask import request\nname = request.args.get('n')\ndb.execute(name)\n");
    let actions = at_line(&mut server, &uri, 2, &json!({ "diagnostics": [] }));
    let mut shown = |title: &str| {
        let command = &titled(&actions, title)["command"];
        server.request("workspace/executeCommand", command);
        server.wait_for("window/showDocument")["params"].clone()
    };
    let path = shown("Show the path of sql");
    let file = path["uri"].as_str().and_then(|uri| uri.strip_prefix("file://")).expect("a file");
    let text = std::fs::read_to_string(file).expect("a readable file");
    for part in ["error[sql]", "1. untrusted data enters here", "1. a.py:2:8: untrusted data enters here", "reaches"] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    let rule = shown("Open the rule sql");
    assert!(rule["uri"].as_str().expect("a uri").ends_with("rules.yaml"), "{rule}");
    assert_eq!(rule["selection"]["start"]["line"], 12, "{rule}");
    let page = shown("Read about CWE-89");
    assert_eq!(
        (&page["uri"], &page["external"]),
        (&json!("https://cwe.mitre.org/data/definitions/89.html"), &json!(true))
    );
    let foreign = server.request("workspace/executeCommand", &json!({ "command": "other.command" }));
    assert_eq!(foreign["error"]["code"], -32602);
}

#[test]
fn a_command_that_is_given_something_else_than_it_takes_says_so() {
    let project = Project::new();
    let mut server = project.server();
    for (command, arguments) in [
        ("openRule", json!(null)),
        ("openRule", json!(["sql", "no address"])),
        ("openPage", json!([1])),
        ("showPath", json!(["file:///a.py", "f"])),
        ("addToBaseline", json!([])),
        ("testRules", json!(["file:///a.yaml", {}])),
        ("openTarget", json!([null])),
        ("showTree", json!(["file:///a.py", { "start": 1 }])),
        ("explainLine", json!(["file:///a.py", "sql", -1])),
        ("explainLine", json!(["file:///a.py", "sql", 1, 1])),
    ] {
        let mut params = json!({ "command": format!("weir.{command}") });
        if !arguments.is_null() {
            params["arguments"] = arguments;
        }
        let answer = server.request("workspace/executeCommand", &params);
        assert_eq!(answer["error"]["code"], -32602, "{params}");
        assert!(answer["error"]["message"].as_str().is_some_and(|said| said.contains(command)), "{answer}");
    }
    // The last may be left out.
    let params = json!({ "command": "weir.explainLine", "arguments": ["file:///a.py", "sql", 1] });
    assert_eq!(server.request("workspace/executeCommand", &params), json!(null));
}

#[test]
fn a_client_that_knows_documents_of_servers_asks_for_the_path() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = LspClient::start(weir_tests::binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    let mut abilities = weir_tests::lsp_client::all_capabilities();
    abilities["workspace"]["textDocumentContent"] = json!({ "dynamicRegistration": true });
    let answer = server.initialize(&abilities, Some(project.path()), &json!(null));
    assert_eq!(answer["capabilities"]["workspace"]["textDocumentContent"]["schemes"], json!(["weir"]));
    let uri = project.uri("a.py");
    server.open(&uri, "python", "from flask import request\nname = request.args.get('n')\ndb.execute(name)\n");
    let actions = at_line(&mut server, &uri, 2, &json!({ "diagnostics": [] }));
    server.request("workspace/executeCommand", &titled(&actions, "Show the path of sql")["command"]);
    let shown = server.wait_for("window/showDocument")["params"]["uri"].clone();
    assert!(shown.as_str().is_some_and(|uri| uri.starts_with("weir:/path/sql-")), "{shown}");
    let content = server.request("workspace/textDocumentContent", &json!({ "uri": shown }));
    assert!(content["text"].as_str().is_some_and(|text| text.contains("untrusted data enters here")), "{content}");
    let unknown = server.request("workspace/textDocumentContent", &json!({ "uri": "weir:/path/other.txt" }));
    assert_eq!(unknown["error"]["code"], -32602);
}

#[test]
fn a_source_says_what_it_reaches_where_that_is_asked_for() {
    let project = Project::new();
    let rules = project.rules();
    for (on, expected) in [(false, json!(null)), (true, json!(["reaches 2 sinks"]))] {
        let mut server =
            LspClient::start(weir_tests::binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
        let abilities = weir_tests::lsp_client::all_capabilities();
        server.initialize(&abilities, Some(project.path()), &json!({ "sourceLens": on }));
        let uri = project.uri("a.py");
        server.open(&uri, "python", "name = request.args.get('n')\ndb.execute(name)\ndb.execute('a' + name)\n");
        let lenses = server.request("textDocument/codeLens", &json!({ "textDocument": { "uri": uri } }));
        let titles = lenses.as_array().map(|all| all.iter().map(|lens| lens["command"]["title"].clone()).collect());
        assert_eq!(titles.map_or(json!(null), |titles: Vec<Value>| json!(titles)), expected, "{lenses}");
    }
}

#[test]
fn lenses_of_sources_are_asked_for_when_they_are_switched_on() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = LspClient::start(weir_tests::binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.settings = json!({});
    server.initialize(&weir_tests::lsp_client::all_capabilities(), Some(project.path()), &json!(null));
    let uri = project.uri("a.py");
    server.open(&uri, "python", "name = request.args.get('n')\ndb.execute(name)\n");
    let document = json!({ "textDocument": { "uri": uri } });
    assert!(server.request("textDocument/codeLens", &document).is_null());
    server.settings = json!({ "sourceLens": true });
    server.notify("workspace/didChangeConfiguration", &json!({ "settings": null }));
    server.wait_for("workspace/codeLens/refresh");
    let lenses = server.request("textDocument/codeLens", &document);
    assert_eq!(lenses[0]["command"]["title"], "reaches 1 sink", "{lenses}");
}

#[test]
fn a_client_that_shows_no_documents_is_told_the_path() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = LspClient::start(weir_tests::binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    let mut abilities = weir_tests::lsp_client::all_capabilities();
    abilities["window"]["showDocument"] = json!(null);
    server.initialize(&abilities, Some(project.path()), &json!({ "sourceLens": true }));
    let uri = project.uri("a.py");
    server.open(&uri, "python", "name = request.args.get('n')\ndb.execute(name)\n");
    let lenses = server.request("textDocument/codeLens", &json!({ "textDocument": { "uri": uri } }));
    server.request("workspace/executeCommand", &lenses[0]["command"]);
    let message = server.wait_for("window/showMessage")["params"]["message"].clone();
    let message = message.as_str().expect("a text");
    for part in ["the path of sql", "1. a.py:1:8: untrusted data enters here", "a.py:2:1: reaches this dangerous place"]
    {
        assert!(message.contains(part), "{part:?} is missing in {message}");
    }
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
