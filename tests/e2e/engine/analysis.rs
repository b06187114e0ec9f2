//! What an analysis answers.

use super::{Engine, Sealer};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use weir_tests::binary::{root, weir};

const VULNERABLE: &str = "import flask, sqlite3\n\n\ndef notes(cursor):\n    name = flask.request.args['name']\n    cursor.execute(\"SELECT * FROM notes WHERE owner = '\" + name + \"'\")\n";

/// Every field of the contract, by name and type, and no other than those that docs/engine.md names.
#[test]
fn an_answer_is_what_the_contract_says_field_by_field() {
    let engine = Engine::start();
    let sealer = Sealer::new(1);
    let mut request = sealer.request(&[("src/notes.py", VULNERABLE), ("README", "nothing")]);
    request["files"][1] = sealer.file_with_short_iv("lib/empty.rb", b"x = 1\n");
    request["options"]["debug"] = json!({ "includeRawAst": true, "includeTiming": true });
    request["unknown"] = json!({ "fields": ["are passed over"] });
    request["sessionId"] = Value::Null;
    let answer = engine.analyze(&sealer, &request).ok();

    let shape = json!({
        "requestId": "string",
        "session": { "sessionId": "string", "expiresAt": "string" },
        "results": "array",
        "summary": {
            "filesAnalyzed": "number", "filesWithFindings": "number", "totalFindings": "number",
            "findingsBySeverity": { "critical": "number", "high": "number", "medium": "number", "low": "number" },
            "findingsByLanguage": { "python": "number", "ruby": "number" },
            "performance": { "avgParseTimeMs": "number", "totalTimeMs": "number" },
        },
        "timing": {
            "totalMs": "number",
            "breakdown": { "decryption": "number", "parsing": "number", "analysis": "number", "encryption": "number" },
        },
    });
    has_shape(&answer, &shape, "");
    assert_eq!(answer["requestId"], request["requestId"]);
    assert_eq!(answer["summary"]["filesAnalyzed"], 2);
    assert_eq!(answer["summary"]["filesWithFindings"], 1);
    assert_eq!(answer["summary"]["totalFindings"], 1);
    assert_eq!(answer["summary"]["findingsBySeverity"], json!({ "critical": 0, "high": 1, "medium": 0, "low": 0 }));
    assert_eq!(answer["summary"]["findingsByLanguage"], json!({ "python": 1, "ruby": 0 }));

    let result = &answer["results"][0];
    let shape = json!({
        "path": "string", "status": "string", "language": "string", "findings": "array",
        "astStats": { "nodeCount": "number", "maxDepth": "number", "parseTimeMs": "number" },
        "rawAst": { "type": "string", "role": "string", "start": { "line": "number", "column": "number" },
            "end": { "line": "number", "column": "number" }, "children": "array" },
    });
    has_shape(result, &shape, "/results/0");
    assert_eq!(
        (&result["path"], &result["status"], &result["language"]),
        (&json!("src/notes.py"), &json!("success"), &json!("python"))
    );
    let tree = result["rawAst"].to_string();
    for word in ["notes", "flask", "SELECT", "cursor"] {
        assert!(!tree.contains(word), "the tree must not hold text: {word}");
    }

    let finding = &result["findings"][0];
    let shape = json!({
        "patternId": "string", "patternName": "string", "type": "string", "severity": "string",
        "location": {
            "startLine": "number", "startColumn": "number", "endLine": "number", "endColumn": "number",
            "start": { "line": "number", "column": "number" }, "end": { "line": "number", "column": "number" },
        },
        "encryptedSnippet": "string", "confidence": "number",
        "context": { "nodeType": "string", "parentNodeType": "string", "inTestFile": "boolean",
            "hasValidation": "boolean", "usesSecurePattern": "boolean" },
        "recommendation": "string", "references": { "cwe": "string", "owasp": "string" },
    });
    has_shape(finding, &shape, "/results/0/findings/0");
    assert_eq!(finding["patternId"], "python-sql-injection");
    assert_eq!(finding["patternName"], "Python SQL injection");
    assert_eq!((&finding["type"], &finding["severity"]), (&json!("sql_injection"), &json!("high")));
    assert_eq!(finding["location"]["start"], json!({ "line": 6, "column": 20 }));
    assert_eq!(finding["location"]["startLine"], 6);
    assert_eq!(finding["location"]["startColumn"], 20);
    assert_eq!(finding["location"]["end"]["column"], finding["location"]["endColumn"]);
    assert_eq!(finding["references"]["cwe"], "CWE-89");
    let confidence = finding["confidence"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&confidence));
    assert_eq!(sealer.open(finding["encryptedSnippet"].as_str().unwrap()), VULNERABLE.lines().nth(5).unwrap());
    assert_eq!(answer["results"][1]["findings"], json!([]));
    assert_eq!(answer["results"][1]["language"], "ruby");

    // What was not asked for is not there.
    let plain = engine.analyze(&sealer, &sealer.request(&[("a.py", "x = 1\n")])).ok();
    assert!(plain.get("timing").is_none() && plain["results"][0].get("rawAst").is_none());
    assert!(plain["results"][0].get("error").is_none() && plain["results"][0].get("notes").is_none());
}

/// In every language, the engine finds what a scan of the same files finds.
#[test]
fn findings_are_those_of_a_local_scan() {
    let engine = Engine::start();
    let sealer = Sealer::new(2);
    let mut languages = 0;
    for language in ["javascript", "python", "ruby", "php", "java", "elixir"] {
        let targets = targets(&root().join("patterns").join(language));
        let folder = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        for (number, target) in targets.iter().take(8).enumerate() {
            let name = format!("{number}.{}", target.extension().unwrap().to_str().unwrap());
            let text = std::fs::read_to_string(target).unwrap();
            std::fs::write(folder.path().join(&name), &text).unwrap();
            files.push((name, text));
        }
        let local = scanned(folder.path());
        assert!(!local.is_empty(), "{language}");
        let named: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let answer = engine.analyze(&sealer, &sealer.request(&named)).ok();
        let mut found: Vec<(String, String, u64)> = Vec::new();
        for result in answer["results"].as_array().unwrap() {
            assert_eq!(result["status"], "success", "{result}");
            for finding in result["findings"].as_array().unwrap() {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let line = finding["location"]["startLine"].as_u64().unwrap();
                found.push((text(&result["path"]), text(&finding["patternId"]), line));
            }
        }
        found.sort();
        assert_eq!(found, local, "{language}");
        languages += 1;
    }
    assert_eq!(languages, 6);
}

/// What happens to one file happens to no other: each row is a file, and what becomes of it.
#[test]
fn one_bad_file_fails_alone() {
    type Spoil = fn(&mut Value);
    let engine = Engine::start();
    let sealer = Sealer::new(3);
    let good = || sealer.file("good.py", VULNERABLE.as_bytes());
    let spoiled: [(&str, Spoil, &str, &str); 5] = [
        (
            "another key",
            |file| file["encryption"]["authTag"] = json!("AAAAAAAAAAAAAAAAAAAAAA=="),
            "error",
            "DECRYPTION_FAILED",
        ),
        ("another content", |file| file["encryptedContent"] = json!("AAAA"), "error", "DECRYPTION_FAILED"),
        ("another size", |file| file["metadata"]["size"] = json!(7), "error", "SIZE_MISMATCH"),
        ("another hash", |file| file["metadata"]["contentHash"] = json!("0".repeat(64)), "error", "HASH_MISMATCH"),
        ("another language", |file| file["path"] = json!("LICENSE"), "skipped", "UNKNOWN_LANGUAGE"),
    ];
    for (what, spoil, status, kind) in spoiled {
        let mut bad = good();
        spoil(&mut bad);
        let mut request = sealer.request(&[]);
        request["files"] = json!([bad, good()]);
        let answer = engine.analyze(&sealer, &request).ok();
        let result = &answer["results"][0];
        assert_eq!(result["status"], status, "{what}: {result}");
        let told = if status == "error" { &result["error"]["type"] } else { &result["notes"][0]["type"] };
        assert_eq!(told, kind, "{what}: {result}");
        assert_eq!(result["findings"], json!([]), "{what}");
        assert_eq!(answer["results"][1]["status"], "success", "{what}");
        assert_eq!(answer["summary"]["filesAnalyzed"], 1, "{what}");
        assert_eq!(answer["summary"]["totalFindings"], 1, "{what}");
    }
}

/// Options of a request, a file, and what becomes of it.
#[test]
fn options_are_heeded() {
    let engine = Engine::start();
    let sealer = Sealer::new(4);
    let shebang = format!("#!/usr/bin/env python3\n{VULNERABLE}");
    let answer = |path: &str, text: &str, options: Value| {
        let mut request = sealer.request(&[(path, text)]);
        for (name, value) in options.as_object().unwrap() {
            request["options"][name] = value.clone();
        }
        engine.analyze(&sealer, &request).ok()["results"][0].clone()
    };
    let found = |result: &Value| result["findings"].as_array().unwrap().len();

    let result = answer("bin/tool", &shebang, json!({}));
    assert_eq!((&result["language"], found(&result)), (&json!("python"), 1));
    let result = answer("a.py", VULNERABLE, json!({ "includeSecurityPatterns": false }));
    assert_eq!((&result["status"], found(&result)), (&json!("success"), 0));
    assert!(result["astStats"]["nodeCount"].as_u64().unwrap() > 10);
    let result = answer("a.py", VULNERABLE, json!({ "performance": { "maxFileSize": 10 } }));
    assert_eq!((&result["status"], &result["notes"][0]["type"]), (&json!("skipped"), &json!("FILE_TOO_LARGE")));
    assert_eq!(result["language"], "python");
    let result = answer("a.py", VULNERABLE, json!({ "performance": { "maxParseTime": 0 } }));
    assert_eq!(result["status"], "timeout", "{result}");
    let result = answer("a.py", VULNERABLE, json!({ "performance": { "maxParseTime": 20000, "maxFileSize": 10000 } }));
    assert_eq!((&result["status"], found(&result)), (&json!("success"), 1));
    // What asks to be ignored is.
    let ignored = VULNERABLE.replace(" + \"'\")", " + \"'\")  # nosemgrep");
    assert_eq!(found(&answer("a.py", &ignored, json!({}))), 0);
    // Not valid everywhere, but mostly.
    let result = answer("a.py", &format!("{VULNERABLE}\ndef broken(:\n    pass\n"), json!({}));
    assert_eq!((&result["status"], found(&result)), (&json!("success"), 1), "{result}");
    assert_eq!(result["notes"][0]["type"], "SYNTAX_ERROR");
    assert_eq!(result["notes"][0]["location"]["startLine"], 8);
}

/// A text that is no Python is looked at with regular expressions, which is said.
#[test]
fn what_cannot_be_parsed_falls_back_to_regular_expressions() {
    let engine = Engine::start();
    let sealer = Sealer::new(5);
    let broken =
        ")))) ((((\n}}}} {{{{\n%%%% ???? !!!!\ncursor.execute(\"SELECT \" + request.args['x'])\n:::: ;;;; @@@@ $$$$\n";
    let result = engine.analyze(&sealer, &sealer.request(&[("broken.py", broken)])).ok()["results"][0].clone();
    assert_eq!(result["status"], "success", "{result}");
    assert_eq!(result["fallback"]["patternFormat"], "standard");
    assert_eq!(result["fallback"]["reason"], "PARSER_ERROR");
    let mut request = sealer.request(&[("a.py", VULNERABLE)]);
    request["options"]["patternFormat"] = json!("standard");
    let result = engine.analyze(&sealer, &request).ok()["results"][0].clone();
    assert_eq!(result["status"], "success");
    let finding = &result["findings"][0];
    assert_eq!((&finding["type"], &finding["location"]["startLine"]), (&json!("sql_injection"), &json!(6)), "{result}");
    assert!(finding.get("context").is_none() && result.get("fallback").is_none());
    // With nothing to fall back to, it is an error of the parser.
    let mut request = sealer.request(&[("broken.py", broken)]);
    request["options"]["includeSecurityPatterns"] = json!(false);
    let result = engine.analyze(&sealer, &request).ok()["results"][0].clone();
    assert_eq!((&result["status"], &result["error"]["type"]), (&json!("error"), &json!("PARSER_ERROR")));
    assert!(result["error"]["line"].is_u64() && result["error"]["column"].is_u64());
}

/// Every part of `shape` is there with that type, and nothing else is.
#[track_caller]
fn has_shape(value: &Value, shape: &Value, at: &str) {
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match shape {
        Value::String(kind) => assert_eq!(is, kind, "{at}"),
        Value::Object(fields) => {
            let has: Vec<_> = value.as_object().unwrap_or_else(|| panic!("{at} is {is}")).keys().collect();
            let mut wants: Vec<_> = fields.keys().collect();
            let mut has_sorted = has.clone();
            has_sorted.sort();
            wants.sort();
            assert_eq!(has_sorted, wants, "{at}");
            for (name, shape) in fields {
                has_shape(&value[name], shape, &format!("{at}/{name}"));
            }
        }
        other => panic!("no shape: {other}"),
    }
}

/// The rules' own targets below a folder, in a stable order.
fn targets(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            all.extend(targets(&path));
        } else if path.extension().is_none_or(|extension| extension != "yaml") && !name.contains(".fixed.") {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// What a scan finds: file, rule, line.
fn scanned(folder: &Path) -> Vec<(String, String, u64)> {
    let output = Command::new(weir()).args(["scan", "--json", "-q", "."]).current_dir(folder).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let shown = report["results"].as_array().unwrap().iter().filter(|result| result["extra"]["is_ignored"] == false);
    let mut found: Vec<_> = shown
        .map(|result| {
            let text = |value: &Value| value.as_str().unwrap().trim_start_matches("./").to_owned();
            (text(&result["path"]), text(&result["check_id"]), result["start"]["line"].as_u64().unwrap())
        })
        .collect();
    found.sort();
    found
}
