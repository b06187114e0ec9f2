//! Findings come and go as the text changes, in the order it changed.

use super::Project;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|diagnostic| diagnostic["code"].as_str()).collect()
}

#[test]
fn a_finding_appears_as_it_is_typed_and_goes_when_it_is_mended() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("app.py");
    server.open(&uri, "python", "def show(request, db):\n    name = request.args.get('n')\n    \n");
    assert!(server.diagnostics(&uri, 1).is_empty());

    let call = "db.execute('SELECT ' + name)";
    let mut version = 1;
    for (at, c) in call.chars().enumerate() {
        version += 1;
        let column = 4 + at as u32;
        server.change(&uri, version, [2, column, 2, column], &c.to_string());
    }
    let found = server.diagnostics(&uri, version);
    assert_eq!(codes(&found), ["sql"]);
    assert_eq!(found[0]["range"]["start"], json!({ "line": 2, "character": 4 }));
    assert_eq!(found[0]["source"], "weir");
    assert_eq!(found[0]["severity"], 1);
    assert_eq!(found[0]["codeDescription"]["href"], "https://cwe.mitre.org/data/definitions/89.html");
    let path = found[0]["relatedInformation"].as_array().expect("the path from source to sink");
    assert_eq!(path[0]["location"]["range"]["start"]["line"], 1, "the path starts at the source");
    assert_eq!(path[path.len() - 1]["location"]["range"]["start"]["line"], 2, "and ends at the sink");

    version += 1;
    let name = 4 + "db.execute('SELECT ' + ".len() as u32;
    server.change(&uri, version, [2, name, 2, name + 4], "'x'");
    assert!(server.diagnostics(&uri, version).is_empty());
}

#[test]
fn columns_count_utf16_units_unless_the_client_offers_better() {
    let text = "x = '👩🏽e\u{301}'; yaml.load(x)\r\n";
    for (offered, column) in [(json!(null), 14), (json!(["utf-32", "utf-16"]), 12), (json!(["utf-16", "utf-8"]), 19)] {
        let project = Project::new();
        let rules = project.rules();
        let mut server = weir_tests::lsp_client::LspClient::start(
            weir_tests::binary::weir(),
            &["--rules", rules.to_str().expect("a plain name")],
        );
        server.initialize(&json!({ "general": { "positionEncodings": offered } }), None, &json!(null));
        let uri = project.uri("a.py");
        server.open(&uri, "python", text);
        let found = server.diagnostics(&uri, 1);
        assert_eq!(found[0]["range"]["start"], json!({ "line": 0, "character": column }), "{offered}");
    }
}

#[test]
fn a_client_without_related_information_reads_the_path_in_the_message() {
    let project = Project::new();
    let rules = project.rules();
    let mut server = weir_tests::lsp_client::LspClient::start(
        weir_tests::binary::weir(),
        &["--rules", rules.to_str().expect("a plain name")],
    );
    server.initialize(&json!({}), None, &json!(null));
    let uri = project.uri("a.py");
    server.open(&uri, "python", "def f(request, db):\n    q = request.args.get('q')\n    db.execute(q)\n");
    let found = server.diagnostics(&uri, 1);
    let message = found[0]["message"].as_str().expect("a message");
    assert!(message.contains("Path: line 2 to line 3"), "{message}");
    assert!(found[0].get("relatedInformation").is_none());
    assert!(found[0].get("data").is_none());
}

/// Two thousand changes sent at once, each at an end that only exists if all before it were applied in order.
#[test]
fn racing_changes_are_applied_in_the_order_they_were_sent() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("race.py");
    server.open(&uri, "python", "");
    let line = "yaml.load(a)\n";
    let mut version = 1;
    let (mut row, mut column) = (0, 0);
    for c in line.chars().cycle().take(2_000) {
        version += 1;
        server.change(&uri, version, [row, column, row, column], &c.to_string());
        (row, column) = if c == '\n' { (row + 1, 0) } else { (row, column + 1) };
    }
    let found = server.diagnostics(&uri, version);
    let whole_lines = 2_000 / line.len();
    assert_eq!(found.len(), whole_lines, "one finding a line: no change lost, none out of order");
    for (row, finding) in found.iter().enumerate() {
        assert_eq!(finding["range"]["start"], json!({ "line": row, "character": 0 }));
    }
    let published: Vec<i64> = server
        .pending
        .iter()
        .filter(|message| message["method"] == "textDocument/publishDiagnostics")
        .filter_map(|message| message["params"]["version"].as_i64())
        .collect();
    assert!(published.is_sorted(), "versions only grow: {published:?}");
}

#[test]
fn findings_are_right_again_after_the_worker_is_killed_mid_typing() {
    let project = Project::new();
    let mut server = project.server();
    let uri = project.uri("app.py");
    server.open(&uri, "python", "");
    server.diagnostics(&uri, 1);
    let text = "yaml.load(a)\nyaml.load(b)\nyaml.load(c)\n";
    let (mut row, mut column, mut version) = (0, 0, 1);
    for (at, c) in text.chars().enumerate() {
        if at % 10 == 5 {
            kill_children(server.pid());
        }
        version += 1;
        server.change(&uri, version, [row, column, row, column], &c.to_string());
        (row, column) = if c == '\n' { (row + 1, 0) } else { (row, column + 1) };
    }
    assert_eq!(codes(&server.diagnostics(&uri, version)), ["yaml-load"; 3]);
}

/// Kills the server's analysis processes as `kill -9` does.
fn kill_children(pid: u32) {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the server is alive");
    for task in tasks.flatten() {
        // A child belongs to the thread that made it; a thread may end while we look.
        let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| Pid::from_raw(child.parse().ok()?)) {
            // The child may have died already: that is what is wanted.
            let _ = kill_process(child, Signal::KILL);
        }
    }
}

/// Nested repetition before what does not follow: a backtracking engine tries every way to split the letters.
const ENDLESS: &str = r"
rules:
  - id: endless
    languages: [python]
    severity: INFO
    message: m
    pattern-regex: (x+x+)+(?=y)
";

#[test]
fn a_rule_without_end_is_named_and_all_others_report() {
    let project = Project::new();
    let endless = project.rules().with_file_name("endless.yaml");
    std::fs::write(&endless, ENDLESS).expect("a writable folder");
    let folder = endless.parent().and_then(|path| path.to_str()).expect("a plain name");
    let mut server =
        weir_tests::lsp_client::LspClient::initialized(weir_tests::binary::weir(), &["--rules", folder], None);
    let uri = project.uri("a.py");
    server.open(&uri, "python", &format!("{} = 1  # yz\nyaml.load(a)\n", "x".repeat(4_000)));
    assert_eq!(codes(&server.diagnostics(&uri, 1)), ["yaml-load"]);
    server.wait("a message that names the rule", |message| {
        let said = message["params"]["message"].as_str().unwrap_or_default();
        message["method"].as_str().is_some_and(|method| method.starts_with("window/")) && said.contains("endless")
    });
}
