//! Configuration, from the project and from the editor, and what follows when it changes.

use super::Project;
use serde_json::{Value, json};
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, capabilities};

const TEXT: &str = "import yaml\nyaml.load(x)\n";

#[test]
fn the_projects_file_is_in_force_and_is_read_again_when_it_changes() {
    let project = Project::new();
    project.write("weir.toml", "rules = [\"rules.yaml\"]\nseverity.\"yaml-*\" = \"hint\"\n");
    let mut server = LspClient::initialized(binary::weir(), &[], Some(project.path()));
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    assert_eq!(server.diagnostics(&uri, 1)[0]["severity"], 4);
    project.write("weir.toml", "rules = [\"rules.yaml\"]\nfilter.exclude-rules = [\"yaml-*\"]\n");
    let change = json!({ "uri": project.uri("weir.toml"), "type": 2 });
    server.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [change] }));
    assert_eq!(server.diagnostics(&uri, 1), [] as [serde_json::Value; 0]);
}

#[test]
fn a_client_without_watchers_is_served_by_our_own() {
    let project = Project::new();
    project.write("weir.toml", "rules = [\"rules.yaml\"]\n");
    let mut server = LspClient::initialized(binary::weir(), &[], Some(project.path()));
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    assert_eq!(server.diagnostics(&uri, 1)[0]["severity"], 2);
    project.write("weir.toml", "rules = [\"rules.yaml\"]\nseverity.\"yaml-*\" = \"error\"\n");
    assert_eq!(server.diagnostics(&uri, 1)[0]["severity"], 1);
    let rules = std::fs::read_to_string(project.rules()).expect("rules");
    project.write("rules.yaml", &rules.replace("yaml-load", "json-load"));
    assert_eq!(server.diagnostics(&uri, 1)[0]["code"], "json-load");
}

#[test]
fn a_client_that_watches_for_us_is_left_with_one_set_of_watchers() {
    let project = Project::new();
    let mut abilities = capabilities();
    abilities["workspace"]["didChangeWatchedFiles"] =
        json!({ "dynamicRegistration": true, "relativePatternSupport": true });
    let mut server = LspClient::start(binary::weir(), &[]);
    server.initialize(&abilities, Some(project.path()), &json!(null));
    let first = server.wait_for("client/registerCapability");
    let id = |entry: &Value| entry["id"].as_str().expect("an id").to_owned();
    let mut watching = vec![id(&first["params"]["registrations"][0])];
    for round in 0..8 {
        project.write("weir.toml", &format!("rules = [\"rules.yaml\", \"more{round}.yaml\"]\n"));
        let change = json!({ "uri": project.uri("weir.toml"), "type": 2 });
        server.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [change] }));
        for _ in 0..2 {
            let message = server.wait("a registration or its end", |message| {
                message["params"]["registrations"].is_array() || message["params"]["unregisterations"].is_array()
            });
            if let Some(new) = message["params"]["registrations"].as_array() {
                watching.push(id(&new[0]));
            } else {
                let ended = id(&message["params"]["unregisterations"][0]);
                let at = watching.iter().position(|watcher| *watcher == ended);
                watching.remove(at.unwrap_or_else(|| panic!("{ended} was not registered")));
            }
        }
        assert_eq!(watching.len(), 1, "{watching:?}");
        assert_eq!(watching[0], format!("weir-watched-files-{}", round + 2));
    }
}

#[test]
fn what_is_wrong_with_the_file_is_shown_in_it_and_the_rest_is_in_force() {
    let project = Project::new();
    project.write("weir.toml", "rules = [\"rules.yaml\"]\nworkspce = true\n");
    let mut server = LspClient::initialized(binary::weir(), &[], Some(project.path()));
    let config = project.uri("weir.toml");
    let shown = server.published(&config);
    assert_eq!(shown[0]["range"]["start"], json!({ "line": 1, "character": 0 }));
    assert!(shown[0]["message"].as_str().expect("a message").contains("workspce"), "{shown:?}");
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
    project.write("weir.toml", "rules = [\"rules.yaml\"]\nworkspace = true\n");
    assert_eq!(server.published(&config), [] as [serde_json::Value; 0]);
}

#[test]
fn what_is_wrong_with_a_rule_is_shown_in_its_file() {
    let project = Project::new();
    let rules = std::fs::read_to_string(project.rules()).expect("rules");
    project.write("rules.yaml", &rules.replace("pattern: yaml.load($X)", "pattern: yaml.load(("));
    let mut server = project.server();
    let shown = server.published(&project.uri("rules.yaml"));
    assert_eq!(shown[0]["code"], "rule-error", "{shown:?}");
    project.write("rules.yaml", &rules);
    assert_eq!(server.published(&project.uri("rules.yaml")), [] as [serde_json::Value; 0]);
}

#[test]
fn the_editors_settings_count_where_the_project_says_nothing() {
    let project = Project::new();
    let rules = project.rules();
    let mut abilities = capabilities();
    abilities["workspace"]["configuration"] = json!(true);
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.settings = json!({ "severity": { "yaml-load": "error" } });
    server.initialize(&abilities, Some(project.path()), &json!({ "severity": { "yaml-load": "hint" } }));
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    assert_eq!(server.diagnostics(&uri, 1)[0]["severity"], 1);
    server.settings = json!({ "filter": { "severity": "critical" } });
    server.notify("workspace/didChangeConfiguration", &json!({ "settings": null }));
    assert_eq!(server.diagnostics(&uri, 1), [] as [serde_json::Value; 0]);
}

#[test]
fn files_that_are_not_open_are_looked_at_and_an_open_one_counts_as_it_is_typed() {
    let project = Project::new();
    project.write("a.py", TEXT);
    project.write("sub/b.py", TEXT);
    let mut server = project.server();
    let (a, b) = (project.uri("a.py"), project.uri("sub/b.py"));
    assert_eq!((server.published(&a).len(), server.published(&b).len()), (1, 1));
    server.open(&a, "python", "x = 1\n");
    assert_eq!(server.diagnostics(&a, 1), [] as [serde_json::Value; 0]);
    // Saving another file does not bring back what is on disk.
    project.write("sub/b.py", "import yaml\nyaml.load(x)\nyaml.load(y)\n");
    server.notify("textDocument/didSave", &json!({ "textDocument": { "uri": b } }));
    assert_eq!(server.published(&b).len(), 2);
    server.notify("textDocument/didSave", &json!({ "textDocument": { "uri": a } }));
    server.change(&a, 2, [0, 0, 0, 0], "y = 2\n");
    assert_eq!(server.diagnostics(&a, 2), [] as [serde_json::Value; 0]);
    server.notify("textDocument/didClose", &json!({ "textDocument": { "uri": a } }));
    server.wait_until_published(&a, |diagnostics| diagnostics.len() == 1);
    std::fs::remove_file(project.path().join("sub/b.py")).expect("the file is there");
    let change = json!({ "uri": b, "type": 3 });
    server.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [change] }));
    server.wait_until_published(&b, <[_]>::is_empty);
}

#[test]
fn a_folder_that_goes_or_comes_does_so_with_the_files_in_it() {
    let project = Project::new();
    project.write("weir.toml", "rules = [\"rules.yaml\"]\nexclude = [\"out/\"]\n");
    project.write("sub/deep/b.py", TEXT);
    project.write("sub.py", TEXT);
    let mut server = LspClient::initialized(binary::weir(), &[], Some(project.path()));
    for name in ["sub/deep/b.py", "sub.py"] {
        assert_eq!(server.published(&project.uri(name)).len(), 1, "{name}");
    }
    let event = |name: &str, kind: u32| json!({ "uri": project.uri(name), "type": kind });
    let rename = |from: &str, to: &str| std::fs::rename(project.path().join(from), project.path().join(to));
    rename("sub", "new").expect("the folder is there");
    server.notify("workspace/didChangeWatchedFiles", &json!({ "changes": [event("sub", 3), event("new", 1)] }));
    assert_eq!(server.published(&project.uri("sub/deep/b.py")), [] as [Value; 0]);
    assert_eq!(server.published(&project.uri("new/deep/b.py")).len(), 1);
    // Where it is not looked at.
    rename("new", "out").expect("the folder is there");
    server.notify(
        "workspace/didChangeWatchedFiles",
        &json!({ "changes": [event("out", 1), event("out/deep/b.py", 1), event("new", 3)] }),
    );
    assert_eq!(server.published(&project.uri("new/deep/b.py")), [] as [Value; 0]);
    server.request("shutdown", &json!(null));
    let told = |name: &str| server.pending.iter().any(|message| message["params"]["uri"] == project.uri(name));
    assert!(!told("out/deep/b.py") && !told("sub.py"), "{:?}", server.pending);
}

#[test]
fn a_client_watches_all_that_may_count_and_a_rule_file_may_be_json() {
    let project = Project::new();
    let rules = |id: &str| {
        json!({ "rules": [{ "id": id, "languages": ["generic"], "severity": "ERROR", "message": "m", "pattern": "secret" }] })
            .to_string()
    };
    project.write("r.json", &rules("one"));
    project.write("weir.toml", "rules = [\"r.json\"]\n");
    let mut abilities = capabilities();
    abilities["workspace"]["didChangeWatchedFiles"] = json!({ "dynamicRegistration": true });
    let mut server = LspClient::start(binary::weir(), &[]);
    server.initialize(&abilities, Some(project.path()), &json!(null));
    let registered = server.wait_for("client/registerCapability");
    let watchers = &registered["params"]["registrations"][0]["registerOptions"]["watchers"];
    assert_eq!(*watchers, json!([{ "globPattern": "**/*" }]));
    let change = |name: &str| json!({ "changes": [{ "uri": project.uri(name), "type": 2 }] });
    project.write("app.conf", "secret\n");
    server.notify("workspace/didChangeWatchedFiles", &change("app.conf"));
    let conf = project.uri("app.conf");
    server.wait_until_published(&conf, |found| found.len() == 1 && found[0]["code"] == "one");
    project.write("r.json", &rules("two"));
    server.notify("workspace/didChangeWatchedFiles", &change("r.json"));
    server.wait_until_published(&conf, |found| found.len() == 1 && found[0]["code"] == "two");
}

#[test]
fn without_a_folder_nothing_around_a_file_is_looked_at() {
    let project = Project::new();
    project.write("a.py", TEXT);
    project.write("b.py", TEXT);
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(&capabilities(), None, &json!(null));
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
    server.request("shutdown", &json!(null));
    assert!(server.pending.iter().all(|message| message["params"]["uri"] != project.uri("b.py")));
}

#[test]
fn a_file_that_is_given_as_the_folder_is_looked_at_alone() {
    let project = Project::new();
    project.write("a.py", TEXT);
    project.write("b.py", TEXT);
    let rules = project.rules();
    let mut server = LspClient::start(binary::weir(), &["--rules", rules.to_str().expect("a plain name")]);
    server.initialize(&capabilities(), Some(&project.path().join("a.py")), &json!(null));
    let uri = project.uri("a.py");
    server.open(&uri, "python", TEXT);
    assert_eq!(server.diagnostics(&uri, 1).len(), 1);
    server.request("shutdown", &json!(null));
    let complaint = |message: &&serde_json::Value| {
        message["method"] == "window/logMessage" && message["params"]["type"].as_i64() < Some(3)
    };
    assert_eq!(server.pending.iter().find(complaint), None);
    assert!(server.pending.iter().all(|message| message["params"]["uri"] != project.uri("b.py")));
}
