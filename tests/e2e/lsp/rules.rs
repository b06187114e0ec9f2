//! Rules are written in the editor: what is said of the text as it is typed.

use super::Project;
use serde_json::{Value, json};
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, all_capabilities, capabilities};

const RULE: &str = "rules:
- id: no-eval
  languages: [python]
  severity: ERROR
  message: eval of $X
  pattern: eval($X)
";

const TARGET: &str = "# ruleid: no-eval
eval(a)
# ruleid: no-eval
exec(b)
# ok: no-eval
print(c)
";

/// A client that can do everything, on this project.
fn server(project: &Project) -> LspClient {
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.settings = json!({});
    server.initialize(&all_capabilities(), Some(project.path()), &json!(null));
    server
}

fn messages(diagnostics: &[Value]) -> Vec<String> {
    let shown = |diagnostic: &Value| {
        let start = &diagnostic["range"]["start"];
        let message = diagnostic["message"].as_str().unwrap_or_default();
        format!("{}:{} {} {message}", start["line"], start["character"], diagnostic["severity"])
    };
    diagnostics.iter().map(shown).collect()
}

/// Waits until the diagnostics of a document are these.
#[track_caller]
fn says(server: &mut LspClient, uri: &str, expected: &[&str]) {
    server.wait(&format!("{expected:?} in {uri}"), |message| {
        let params = &message["params"];
        message["method"] == "textDocument/publishDiagnostics"
            && params["uri"] == uri
            && messages(params["diagnostics"].as_array().expect("diagnostics")) == expected
    });
}

fn lenses(server: &mut LspClient, uri: &str) -> Vec<String> {
    let answer = server.request("textDocument/codeLens", &json!({ "textDocument": { "uri": uri } }));
    let lenses = answer.as_array().cloned().unwrap_or_default();
    lenses.iter().map(|lens| lens["command"]["title"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_is_wrong_in_the_text_as_typed_takes_the_place_of_what_is_wrong_on_disk() {
    let project = Project::new();
    std::fs::write(project.rules(), RULE.replace("ERROR", "WRONG")).expect("a writable folder");
    let mut server = server(&project);
    let uri = project.uri("rules.yaml");
    let severity = "3:12 1 `severity` must be CRITICAL, HIGH, MEDIUM, LOW, ERROR, WARNING or INFO";
    says(&mut server, &uri, &[severity]);
    // An astral character before the place: columns count as the client counts.
    let typed = RULE.replace("eval($X)", "'𝒳.f($X, y z)'");
    server.open(&uri, "yaml", &typed);
    let broken = "`pattern`: this is not valid python code, even with metavariables and ellipses";
    says(&mut server, &uri, &[&format!("5:23 1 {broken}")]);
    server.change(&uri, 2, [5, 21, 5, 23], "");
    says(&mut server, &uri, &[]);
    server.notify("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
    says(&mut server, &uri, &[severity]);
}

#[test]
fn an_id_that_another_file_in_force_has_is_told_of() {
    let project = Project::new();
    let mut server = server(&project);
    let uri = project.uri("more.yaml");
    server.open(&uri, "yaml", &RULE.replace("no-eval", "yaml-load"));
    let elsewhere =
        format!("1:6 4 {} has a rule of this id, too: findings name a rule by it alone", project.rules().display());
    says(&mut server, &uri, &[&elsewhere]);
}

#[test]
fn keys_and_metavariables_are_completed_and_explained() {
    let project = Project::new();
    let mut server = server(&project);
    // Anywhere: it looks like rules.
    let uri = project.uri("notes.yml");
    server.open(&uri, "yaml", &RULE.replace("pattern: eval($X)", "pattern: eval($X)\n  fi\n  fix: g($)"));
    let at = |line: u32, character: u32| json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } });
    let items = server.request("textDocument/completion", &at(6, 4));
    let item = items.as_array().expect("items").iter().find(|item| item["label"] == "fix-regex").expect("a key");
    let range = json!({ "start": { "line": 6, "character": 2 }, "end": { "line": 6, "character": 4 } });
    assert_eq!(item["textEdit"], json!({ "range": range, "newText": "fix-regex:" }));
    let items = server.request("textDocument/completion", &at(7, 10));
    assert_eq!(items[0]["textEdit"]["newText"], "$X", "{items}");
    let hover = server.request("textDocument/hover", &at(4, 20));
    let text = hover["contents"]["value"].as_str().expect("a hover");
    assert!(text.contains("Bound in") && text.contains("line 6: `pattern: eval($X)`"), "{text}");
    let code = project.uri("a.py");
    server.open(&code, "python", "eval(1)\n");
    let place = json!({ "textDocument": { "uri": code }, "position": { "line": 0, "character": 2 } });
    assert!(server.request("textDocument/completion", &place).is_null());
    assert!(server.request("textDocument/codeLens", &json!({ "textDocument": { "uri": code } })).is_null());
}

#[test]
fn a_rule_is_tested_while_it_is_typed_and_its_open_target_shows_it() {
    let project = Project::new();
    project.write("own/no-eval.yaml", RULE);
    project.write("own/no-eval.py", TARGET);
    let mut server = server(&project);
    let (rules, target) = (project.uri("own/no-eval.yaml"), project.uri("own/no-eval.py"));
    server.open(&rules, "yaml", RULE);
    assert_eq!(lenses(&mut server, &rules), ["2 of 3 tests pass", "open no-eval.py"]);
    server.open(&target, "python", TARGET);
    let found = "1:0 4 no-eval reports this, as expected: eval of a";
    says(&mut server, &target, &[found, "3:0 1 expected by the annotation, not reported by no-eval"]);
    // The rule finds more, unsaved; so does the target have more.
    server.change(&rules, 2, [5, 11, 5, 15], "$F");
    let print = "5:0 1 fine by the annotation, and reported by no-eval: eval of c";
    says(&mut server, &target, &[found, "3:0 4 no-eval reports this, as expected: eval of b", print]);
    assert_eq!(lenses(&mut server, &rules)[0], "2 of 3 tests pass");
    server.change(&target, 2, [4, 0, 6, 0], "");
    says(&mut server, &target, &[found, "3:0 4 no-eval reports this, as expected: eval of b"]);
    assert_eq!(lenses(&mut server, &rules)[0], "2 of 2 tests pass");
    server.wait_for("workspace/codeLens/refresh");
    let arguments = json!([rules, "no-eval"]);
    server.request("workspace/executeCommand", &json!({ "command": "weir.testRules", "arguments": arguments }));
    server.wait("how the tests do", |message| {
        message["method"] == "window/showMessage" && message["params"]["message"] == "Weir: no-eval: 2 of 2 tests pass"
    });
    // Once nobody writes the rule, nothing is said of it.
    server.notify("textDocument/didClose", &json!({ "textDocument": { "uri": rules } }));
    says(&mut server, &target, &[]);
}

#[test]
fn a_client_that_asks_is_answered_for_the_newest_text_of_a_rule() {
    let project = Project::new();
    project.write("own/no-eval.py", TARGET);
    let mut server = LspClient::start(binary::weir(), &[]);
    let mut abilities = capabilities();
    abilities["textDocument"]["diagnostic"] = json!({});
    abilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    server.initialize(&abilities, Some(project.path()), &json!(null));
    let (rules, target) = (project.uri("own/no-eval.yaml"), project.uri("own/no-eval.py"));
    server.open(&rules, "yaml", &RULE.replace("message", "mesage"));
    let pull = |server: &mut LspClient, uri: &str| {
        let answer = server.request("textDocument/diagnostic", &json!({ "textDocument": { "uri": uri } }));
        messages(answer["items"].as_array().expect("items"))
    };
    let meant = "`mesage` is no key that Weir knows here, and has no effect; did you mean `message`?";
    assert_eq!(pull(&mut server, &rules), [format!("4:2 4 {meant}")]);
    server.change(&rules, 2, [4, 2, 4, 8], "message");
    assert_eq!(pull(&mut server, &rules), [] as [&str; 0]);
    server.open(&target, "python", TARGET);
    // The target's turn comes when the rules were tried: the client is told to ask again.
    let mut said = pull(&mut server, &target);
    while said.len() < 2 {
        server.wait_for("workspace/diagnostic/refresh");
        said = pull(&mut server, &target);
    }
    assert_eq!(said[1], "3:0 1 expected by the annotation, not reported by no-eval");
    assert!(server.pending.iter().all(|message| message["method"] != "textDocument/publishDiagnostics"));
}

#[test]
fn the_tree_of_code_and_why_a_rule_does_not_report_a_line_are_shown() {
    let project = Project::new();
    let mut server = server(&project);
    let (rules, target) = (project.uri("own.yaml"), project.uri("a.py"));
    server.open(&rules, "yaml", RULE);
    server.open(&target, "python", "def f(x):\n    exec(x)\n");
    let range = json!({ "start": { "line": 1, "character": 6 }, "end": { "line": 1, "character": 6 } });
    let context = json!({ "diagnostics": [], "only": ["source"] });
    let params = json!({ "textDocument": { "uri": target }, "range": range, "context": context });
    // The rules of the open file are known once something was said of them.
    server.diagnostics(&rules, 1);
    let actions = server.request("textDocument/codeAction", &params);
    let mut shown = |title: &str, part: &str| {
        let actions = actions.as_array().expect("actions");
        let action = actions.iter().find(|action| action["title"] == title);
        let command = &action.unwrap_or_else(|| panic!("no {title:?} in {actions:#?}"))["command"];
        let params = json!({ "command": command["command"], "arguments": command["arguments"] });
        server.request("workspace/executeCommand", &params);
        let message = server.wait_for("window/showDocument");
        let uri = message["params"]["uri"].as_str().expect("a uri").to_owned();
        let text = std::fs::read_to_string(uri.trim_start_matches("file://")).expect("a document");
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    };
    shown("Show the syntax tree here", "Stmt Call                                       exec(...)");
    shown("Why does no-eval (not) report this line?", "no-eval");
}
