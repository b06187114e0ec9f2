//! For who runs an engine.

use super::person::Person;
use super::{Engine, Sealer};
use serde_json::Value;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use weir_tests::binary::weir;

#[test]
fn probes_metrics_and_descriptions_answer() {
    let engine = Engine::start();
    let sealer = Sealer::new(1);
    engine.analyze(&sealer, &sealer.request(&[("a.py", "x = 1\n")])).ok();
    for path in ["/health", "/health/live", "/health/ready"] {
        assert_eq!(engine.send("GET", path, &[], None).ok()["status"], "ok", "{path}");
    }
    let metrics = engine.send("GET", "/metrics", &[], None).text;
    for line in [
        "weir_engine_files_total{language=\"python\",status=\"success\"} 1",
        "weir_engine_sessions_opened_total 1",
        "weir_engine_sealed_bytes_total 6",
        "weir_engine_parse_seconds_bucket{language=\"python\",size=\"under_10kB\",le=",
        "weir_engine_workers{state=\"idle\"}",
        "weir_engine_sessions 1",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    let api = engine.send("GET", "/openapi.json", &[], None).ok();
    assert!(api["paths"]["/api/v1/ast/analyze"]["post"]["requestBody"].is_object());
    let page = engine.send("GET", "/docs", &[], None);
    assert!(page.header("content-type").unwrap().starts_with("text/html") && page.text.contains("/api/v1/ast/batch"));

    let patterns = engine.get("/api/v1/patterns?language=python&format=standard");
    let told = patterns.ok();
    let all = told["patterns"].as_array().unwrap();
    assert!(!all.is_empty() && told["metadata"]["count"] == all.len());
    let has_regexes = |pattern: &Value| pattern["regex_patterns"].as_array().is_some_and(|all| !all.is_empty());
    assert!(all.iter().all(has_regexes));
    let tag = patterns.header("etag").unwrap();
    let headers = [("x-api-key", engine.key.as_str()), ("if-none-match", tag)];
    assert_eq!(engine.send("GET", "/api/v1/patterns?language=python&format=standard", &headers, None).status, 304);
    let enhanced = engine.get("/api/v1/patterns?language=python&format=enhanced").ok();
    assert!(enhanced["rule_files"][0]["text"].as_str().unwrap().contains("rules:"));
    engine.get("/api/v1/patterns?format=other").expect_error(400, "INVALID_REQUEST");
    engine.get("/api/v1/patterns?language=cobol").expect_error(400, "INVALID_REQUEST");
    engine.send("GET", "/api/v1/patterns", &[], None).expect_error(401, "AUTH_REQUIRED");
}

/// A word of a file is in no answer, no log, no metric, and in no file of the engine.
#[test]
fn an_engine_keeps_nothing_of_what_it_was_sent_and_ends_when_told() {
    const CANARY: &str = "canary_5d1f0e";
    let engine = Engine::start();
    let sealer = Sealer::new(1);
    let text =
        format!("import os, flask\ndef {CANARY}():\n    os.system('{CANARY}' + flask.request.args['{CANARY}'])\n");
    let broken = format!("{CANARY} )))) ((((\n{CANARY} ]]]] [[[[\n");
    let reply = engine.analyze(&sealer, &sealer.request(&[("a.py", &text), ("b.py", &broken), ("c.rb", &text)]));
    let answer = reply.ok();
    assert_eq!(answer["results"][0]["findings"][0]["type"], "command_injection", "{answer}");
    assert!(!reply.text.contains(CANARY), "{}", reply.text);
    assert!(!engine.send("GET", "/metrics", &[], None).text.contains(CANARY));
    let (code, log, stopped) = engine.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains(CANARY), "{log}");
    assert!(!log.contains(&sealer.base64()), "the session's key is in the log");
    for entry in std::fs::read_dir(stopped.data.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let has = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
            assert!(!has(CANARY.as_bytes()) && !has(&[1; 32]), "{}", path.display());
        }
    }
}

/// Who did what is written down, and not to what.
#[test]
fn requests_are_lines_of_the_audit_log() {
    let engine = Engine::start();
    let sealer = Sealer::new(1);
    engine.analyze(&sealer, &sealer.request(&[("secret/name.py", "x = 1\n")])).ok();
    engine.analyze(&sealer, &sealer.request(&[])).expect_error(400, "INVALID_REQUEST");
    engine.send("POST", "/api/v1/ast/analyze", &[], Some(b"{}")).expect_error(401, "AUTH_REQUIRED");
    let (_, log, stopped) = engine.end();
    let folder = std::fs::read_dir(stopped.data.path().join("audit")).unwrap_or_else(|error| panic!("{error} {log}"));
    let text: String = folder.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap_or_default()).collect();
    assert!(!text.contains("secret"), "{text}");
    let lines = text.lines().filter(|line| line.contains("\"analyze\""));
    let has = |line: &str, words: &[&str]| words.iter().all(|word| line.contains(word));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(has(lines[0], &["ast-1732617600000-abc", "\"ok\"", "\"files\":1"]), "{text}");
    assert!(has(lines[1], &["ast-1732617600000-abc", "INVALID_REQUEST"]), "{text}");
    assert!(has(lines[2], &["\"tenant\":\"\"", "AUTH_REQUIRED"]), "{text}");

    let data = stopped.data.path();
    let audit = |args: &[&str]| {
        let output =
            Command::new(weir()).args(["engine", "audit"]).args(args).arg("--data").arg(data).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (_, anchor, _) = audit(&["anchor"]);
    let anchor = anchor.trim();
    assert!(matches!(audit(&["verify", "--anchor", anchor]), (Some(0), said, _) if said.starts_with("intact: ")));
    let (seq, mac) = anchor.split_once(':').unwrap();
    let other = format!("{seq}:{}", mac.chars().rev().collect::<String>());
    let (code, _, said) = audit(&["verify", "--anchor", &other]);
    assert!(code == Some(1) && said.contains("was written anew"), "{said}");
    assert_eq!(audit(&["verify", "--anchor", "yesterday"]).0, Some(2));
}

/// Where others could listen, plain HTTP must be asked for.
#[test]
fn an_engine_does_not_speak_in_the_clear_by_mistake() {
    let data = tempfile::tempdir().unwrap();
    let start = |args: &[&str]| {
        let output = Command::new(weir()).args(["engine", "--data"]).arg(data.path()).args(args).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap(), output.stdout)
    };
    let (code, error, out) = start(&["--listen", "0.0.0.0:0"]);
    assert_eq!((code, out.as_slice()), (Some(2), &b""[..]));
    assert!(error.contains("--tls-cert") && error.contains("--behind-proxy"), "{error}");
    let (code, error, _) = start(&["--listen", "127.0.0.1:0", "--tls-cert", "none.pem", "--tls-key", "none.pem"]);
    assert!(code == Some(2) && error.contains("--tls-cert"), "{error}");
    let (code, error, _) = start(&["--listen", "127.0.0.1:0", "--tls-cert", "none.pem"]);
    assert!(code == Some(2) && error.contains("--tls-key"), "{error}");
}

/// As on most machines, where nobody has given who runs it the right to lock memory.
#[test]
fn an_engine_that_cannot_confine_its_workers_wholly_serves_all_the_same_and_says_what_is_missing() {
    let little_memory = ["prlimit", "--memlock=65536:65536"];
    // Root may lock more than it may.
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let without_right = if is_root { &["setpriv", "--bounding-set=-ipc_lock"][..] } else { &[] };
    let engine = Engine::started_by(&[without_right, &little_memory].concat());
    let sealer = Sealer::new(1);
    let text = "import os, flask\nos.system(flask.request.args['x'])\n";
    let answer = engine.analyze(&sealer, &sealer.request(&[("a.py", text)])).ok();
    assert_eq!(answer["results"][0]["findings"][0]["type"], "command_injection", "{answer}");
    let person = Person::new();
    person.logged_in(&engine);
    let (remote, said) = person.scan(&["--engine", &engine.url]);
    assert!(said.contains(&format!("{} analyses", engine.url)), "{said}");
    let (local, _) = person.scan(&[]);
    assert_eq!(remote["results"], local["results"]);
    let (code, log, _) = engine.end();
    assert_eq!(code, Some(0));
    for workers in ["analysis processes", "sealed workers"] {
        assert!(log.contains(&format!("{workers} are not confined as they should be")), "{log}");
    }
    assert!(log.contains("LimitMEMLOCK=infinity"), "{log}");
}
