//! Notebooks: cells are one program.

use super::Project;
use serde_json::{Value, json};
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, all_capabilities, capabilities};

fn cell(uri: &str, kind: u32) -> Value {
    json!({ "kind": kind, "document": uri })
}

fn text(uri: &str, language: &str, text: &str) -> Value {
    json!({ "uri": uri, "languageId": language, "version": 1, "text": text })
}

/// The next diagnostics of a cell.
fn diagnostics(server: &mut LspClient, uri: &str) -> Vec<Value> {
    let is_theirs =
        |message: &Value| message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri;
    let message = server.wait("diagnostics of a cell", is_theirs);
    message["params"]["diagnostics"].as_array().expect("a list").clone()
}

/// Their codes and lines.
fn told(server: &mut LspClient, uri: &str) -> Vec<(String, u64)> {
    let told = |found: &Value| {
        (found["code"].as_str().expect("a rule").to_owned(), found["range"]["start"]["line"].as_u64().expect("a line"))
    };
    diagnostics(server, uri).iter().map(told).collect()
}

#[test]
fn data_is_followed_from_cell_to_cell() {
    let project = Project::new();
    let mut server = project.server();
    let notebook = project.uri("a.ipynb");
    let [a, b, c, d] = ["cell:a", "cell:b", "cell:c", "cell:d"];
    server.notify(
        "notebookDocument/didOpen",
        &json!({
            "notebookDocument": {
                "uri": notebook, "notebookType": "jupyter-notebook", "version": 1,
                "cells": [cell(a, 2), cell(b, 1), cell(c, 2)],
            },
            "cellTextDocuments": [
                text(a, "python", "# 👩\nq = request.args.get('q')"),
                text(b, "markdown", "db.execute(q)"),
                text(c, "python", "\ndb.execute(q)\n"),
            ],
        }),
    );
    let found = diagnostics(&mut server, c).remove(0);
    assert_eq!((&found["code"], &found["range"]["start"]["line"]), (&json!("sql"), &json!(1)));
    let source = &found["relatedInformation"][0]["location"];
    assert_eq!((&source["uri"], &source["range"]["start"]["line"]), (&json!(a), &json!(1)), "it begins in a cell");

    // A line more in the first cell moves nothing in the last.
    let change = |version: u32, cells: Value| json!({ "notebookDocument": { "uri": notebook, "version": version }, "change": { "cells": cells } });
    let edit = |uri: &str, text: &str| {
        let start = json!({ "line": 0, "character": 0 });
        json!({ "textContent": [{
            "document": { "uri": uri, "version": 2 },
            "changes": [{ "range": { "start": start, "end": start }, "text": text }],
        }] })
    };
    server.notify("notebookDocument/didChange", &change(2, edit(a, "x = 1\n")));
    assert_eq!(told(&mut server, c), [("sql".to_owned(), 1)]);
    server.notify("notebookDocument/didChange", &change(3, edit(c, "\n")));
    assert_eq!(told(&mut server, c), [("sql".to_owned(), 2)]);

    // A cell between the two takes the data away; without it, it is there again.
    let structure = |deleted: u32, new: Value, opened: Value, closed: Value| {
        json!({ "structure": {
            "array": { "start": 1, "deleteCount": deleted, "cells": new }, "didOpen": opened, "didClose": closed,
        } })
    };
    let insert = structure(0, json!([cell(d, 2)]), json!([text(d, "python", "q = 'x'")]), json!([]));
    server.notify("notebookDocument/didChange", &change(4, insert));
    assert_eq!(told(&mut server, c), []);
    let remove = structure(1, json!([]), json!([]), json!([{ "uri": d }]));
    server.notify("notebookDocument/didChange", &change(5, remove));
    assert_eq!(told(&mut server, c), [("sql".to_owned(), 2)]);

    server.notify(
        "notebookDocument/didClose",
        &json!({
            "notebookDocument": { "uri": notebook },
            "cellTextDocuments": [{ "uri": a }, { "uri": b }, { "uri": c }],
        }),
    );
    assert_eq!(told(&mut server, c), []);
}

/// A notebook that a client opens: cells of Python, each with its address.
fn open(server: &mut LspClient, notebook: &str, cells: &[(&str, &str)]) {
    let listed: Vec<Value> = cells.iter().map(|(uri, _)| cell(uri, 2)).collect();
    let texts: Vec<Value> = cells.iter().map(|(uri, code)| text(uri, "python", code)).collect();
    let document = json!({ "uri": notebook, "notebookType": "jupyter-notebook", "version": 1, "cells": listed });
    let params = json!({ "notebookDocument": document, "cellTextDocuments": texts });
    server.notify("notebookDocument/didOpen", &params);
}

/// Replaces a range of a cell.
fn edit(server: &mut LspClient, notebook: &str, version: u32, uri: &str, range: &Value, new: &str) {
    let change = json!({ "textContent": [{
        "document": { "uri": uri, "version": version },
        "changes": [{ "range": range, "text": new }],
    }] });
    let params = json!({ "notebookDocument": { "uri": notebook, "version": version }, "change": { "cells": change } });
    server.notify("notebookDocument/didChange", &params);
}

fn range(start: [u32; 2], end: [u32; 2]) -> Value {
    let position = |[line, character]: [u32; 2]| json!({ "line": line, "character": character });
    json!({ "start": position(start), "end": position(end) })
}

fn pull(server: &mut LspClient, uri: &str, previous: Option<&str>) -> Value {
    let params = json!({ "textDocument": { "uri": uri }, "previousResultId": previous });
    server.request("textDocument/diagnostic", &params)
}

/// What is offered at a place of a cell.
fn actions(server: &mut LspClient, uri: &str, at: [u32; 2]) -> Vec<Value> {
    let context = json!({ "diagnostics": [], "triggerKind": 1 });
    let params = json!({ "textDocument": { "uri": uri }, "range": range(at, at), "context": context });
    server.request("textDocument/codeAction", &params).as_array().cloned().unwrap_or_default()
}

fn titled<'a>(actions: &'a [Value], title: &str) -> &'a Value {
    actions.iter().find(|action| action["title"] == title).unwrap_or_else(|| panic!("no {title:?} in {actions:?}"))
}

/// A client with these abilities.
fn client(project: &Project, abilities: &Value) -> LspClient {
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(abilities, Some(project.path()), &json!(null));
    server
}

#[test]
fn cells_are_answered_for_a_client_that_asks_and_nothing_is_pushed() {
    let project = Project::new();
    let mut abilities = capabilities();
    abilities["textDocument"]["diagnostic"] = json!({});
    abilities["workspace"]["diagnostics"] = json!({ "refreshSupport": true });
    let mut server = client(&project, &abilities);
    let (notebook, [a, b]) = (project.uri("a.ipynb"), ["cell:a", "cell:b"]);
    open(&mut server, &notebook, &[(a, "%matplotlib inline\nq = request.args.get('q')"), (b, "db.execute(q)")]);
    let found = pull(&mut server, b, None);
    assert_eq!((&found["items"][0]["code"], &found["items"][0]["range"]["start"]["line"]), (&json!("sql"), &json!(0)));
    let source = &found["items"][0]["relatedInformation"][0]["location"];
    assert_eq!((&source["uri"], &source["range"]["start"]["line"]), (&json!(a), &json!(1)));
    let id = found["resultId"].as_str().expect("a result id").to_owned();
    assert_eq!(pull(&mut server, b, Some(&id)), json!({ "kind": "unchanged", "resultId": id }));
    assert_eq!(pull(&mut server, a, None)["items"], json!([]));
    assert_eq!(pull(&mut server, &notebook, None)["items"], json!([]), "the notebook itself is no document");

    // What is typed in one cell changes what is found in the other: the client is told to ask.
    let refresh = "workspace/diagnostic/refresh";
    edit(&mut server, &notebook, 2, a, &range([1, 0], [1, 1]), "other");
    server.wait_for(refresh);
    assert_eq!(pull(&mut server, b, Some(&id))["items"], json!([]));
    server.pending.retain(|message| message["method"] != refresh);
    edit(&mut server, &notebook, 3, a, &range([1, 0], [1, 5]), "q");
    server.wait_for(refresh);
    assert_eq!(pull(&mut server, b, None)["items"].as_array().map(Vec::len), Some(1));
    assert!(server.pending.iter().all(|message| message["method"] != "textDocument/publishDiagnostics"));
}

#[test]
fn hover_in_a_cell_names_cells() {
    let project = Project::new();
    let mut server = project.server();
    let (notebook, [a, b]) = (project.uri("a.ipynb"), ["cell:a", "cell:b"]);
    open(&mut server, &notebook, &[(a, "\nq = request.args.get('q')"), (b, "# 👩\ndb.execute(q)")]);
    let hover = |server: &mut LspClient, uri: &str, line: u32, character: u32| {
        let position = json!({ "line": line, "character": character });
        server.request("textDocument/hover", &json!({ "textDocument": { "uri": uri }, "position": position }))
    };
    let told = hover(&mut server, b, 1, 3);
    assert_eq!(told["range"], range([1, 0], [1, 13]));
    let text = told["contents"]["value"].as_str().expect("a text");
    assert!(text.contains("Request data reaches a query"), "{text}");
    assert!(text.contains("1. cell 1 line 2: `request.args.get('q')`"), "{text}");
    assert_eq!(hover(&mut server, a, 0, 0), json!(null));
}

#[test]
fn a_fix_and_the_comment_that_ignores_a_finding_are_made_in_their_cell() {
    let project = Project::new();
    let mut server = client(&project, &all_capabilities());
    let (notebook, [a, b, c]) = (project.uri("a.ipynb"), ["cell:a", "cell:b", "cell:c"]);
    open(&mut server, &notebook, &[(a, "%%time\nx = 1"), (b, "!ls\nyaml.load(x)"), (c, "yaml.load(\n  '👩')")]);
    let offered = actions(&mut server, b, [1, 3]);
    let fix = &titled(&offered, "Fix yaml-load")["edit"]["documentChanges"][0];
    assert_eq!(fix["textDocument"], json!({ "uri": b, "version": 1 }));
    assert_eq!(fix["edits"][0], json!({ "range": range([1, 0], [1, 12]), "newText": "yaml.safe_load(x)" }));
    assert_eq!(titled(&offered, "Fix yaml-load")["diagnostics"][0]["range"], range([1, 0], [1, 12]));
    let ignore = &titled(&offered, "Ignore yaml-load here")["edit"]["documentChanges"][0];
    assert_eq!(ignore["textDocument"]["uri"], b);
    assert_eq!(ignore["edits"][0]["range"], range([1, 0], [1, 0]));

    // All of a rule: resolved when it is chosen, one edit for each cell.
    let all = titled(&offered, "Fix all of yaml-load in this file").clone();
    assert_eq!(all["edit"], json!(null));
    let resolved = server.request("codeAction/resolve", &all);
    let changes = resolved["edit"]["documentChanges"].as_array().expect("changes");
    let cells: Vec<&Value> = changes.iter().map(|change| &change["textDocument"]["uri"]).collect();
    assert_eq!(cells, [b, c]);
    assert_eq!(changes[1]["edits"][0]["range"], range([0, 0], [1, 7]));

    // The fix is applied, and the comment in the first line of the last cell: nothing is found any more.
    edit(&mut server, &notebook, 2, b, &fix["edits"][0]["range"], "yaml.safe_load(x)");
    let offered = actions(&mut server, c, [0, 0]);
    let ignore = &titled(&offered, "Ignore yaml-load here")["edit"]["documentChanges"][0];
    assert_eq!(ignore["textDocument"], json!({ "uri": c, "version": 1 }));
    let comment = ignore["edits"][0]["newText"].as_str().expect("a text").to_owned();
    edit(&mut server, &notebook, 3, c, &ignore["edits"][0]["range"], &comment);
    let offered = actions(&mut server, c, [1, 0]);
    let about = |action: &&Value| action["title"].as_str().is_some_and(|title| title.contains("yaml-load"));
    assert_eq!(offered.iter().filter(about).count(), 0, "{offered:?}");
}

#[test]
fn a_notebook_that_is_not_open_is_looked_at_and_an_open_one_by_its_cells() {
    let project = Project::new();
    project.write("a.ipynb", r#"{"cells": [{"cell_type": "code", "source": ["\n", "yaml.load(x)"]}], "metadata": {}}"#);
    let mut server = project.server();
    let notebook = project.uri("a.ipynb");
    server.wait_until_published(&notebook, |found| found.len() == 1);
    open(&mut server, &notebook, &[("cell:a", "yaml.load(x)")]);
    server.wait_until_published(&notebook, <[Value]>::is_empty);
    assert_eq!(told(&mut server, "cell:a"), [("yaml-load".to_owned(), 0)]);
}
