//! Notebooks: cells are one program.

use super::Project;
use serde_json::{Value, json};
use weir_tests::lsp_client::LspClient;

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
