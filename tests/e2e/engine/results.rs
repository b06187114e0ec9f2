//! Results that are kept for files that are sent again.

use super::{Engine, Sealer};
use serde_json::{Value, json};

const VULNERABLE: &str = "import os, flask\n\ndef run():\n    os.system('ls ' + flask.request.args['canary_71c3'])\n";

/// What was found, without snippets: those are sealed anew each time.
fn findings(answer: &Value) -> Value {
    let mut results = answer["results"].clone();
    for result in results.as_array_mut().unwrap() {
        result["astStats"]["parseTimeMs"] = json!(0);
        for finding in result["findings"].as_array_mut().unwrap() {
            finding["encryptedSnippet"] = json!("");
        }
    }
    results
}

fn files(engine: &Engine, kept: &str) -> u64 {
    let metrics = engine.get("/metrics").text;
    let name = format!("weir_engine_results_total{{kept=\"{kept}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |count| count.parse().unwrap())
}

#[test]
fn a_file_that_is_sent_again_is_opened_and_not_analysed_again() {
    let engine = Engine::start();
    let (first, second) = (Sealer::new(1), Sealer::new(2));
    let once = engine.analyze(&first, &first.request(&[("a.py", VULNERABLE)])).ok();
    assert_eq!(once["summary"]["totalFindings"], 1, "{once}");
    assert_eq!((files(&engine, "none"), files(&engine, "found")), (1, 0));

    // In another session, under another key: the same, with a snippet that this key opens.
    let again = engine.analyze(&second, &second.request(&[("a.py", VULNERABLE)])).ok();
    assert_eq!(findings(&again), findings(&once));
    assert_eq!((files(&engine, "none"), files(&engine, "found")), (1, 1));
    let snippet = again["results"][0]["findings"][0]["encryptedSnippet"].as_str().unwrap();
    assert!(second.open(snippet).contains("os.system"));
    assert_ne!(again["session"]["sessionId"], once["session"]["sessionId"]);

    // Who does not have the file gets nothing, whatever hash is claimed.
    let mut claimed = second.request(&[("a.py", "x = 1\n")]);
    claimed["files"][0]["metadata"] = second.file("a.py", VULNERABLE.as_bytes())["metadata"].clone();
    let refused = engine.analyze(&second, &claimed).ok();
    assert_eq!(refused["results"][0]["status"], "error", "{refused}");
    assert_eq!(refused["results"][0]["findings"], json!([]));

    // Another path, other options and another text are other questions, and another customer is somebody else.
    let found = files(&engine, "found");
    let mut without_rules = first.request(&[("a.py", VULNERABLE)]);
    without_rules["options"]["patternFormat"] = json!("standard");
    for request in [
        first.request(&[("tests/a.py", VULNERABLE)]),
        first.request(&[("a.py", &VULNERABLE.replace("run", "walk"))]),
        without_rules,
    ] {
        engine.analyze(&first, &request).ok();
    }
    let other = engine.add_key("other");
    let key = first.base64();
    let headers = [("x-api-key", other.as_str()), ("content-type", "application/json"), ("X-Encryption-Key", &key)];
    let body = first.request(&[("a.py", VULNERABLE)]).to_string();
    let theirs = engine.send("POST", "/api/v1/ast/analyze", &headers, Some(body.as_bytes())).ok();
    assert_eq!(findings(&theirs), findings(&once));
    assert_eq!(files(&engine, "found"), found);

    // What is kept outlives the engine, and holds nothing of the text.
    let (_, log, stopped) = engine.end();
    assert!(!log.contains("canary_71c3"));
    for entry in std::fs::read_dir(stopped.data.path()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(11).any(|word| word == b"canary_71c3"), "{}", entry.path().display());
    }
    let engine = stopped.start_again(&[]);
    let later = engine.analyze(&first, &first.request(&[("a.py", VULNERABLE)])).ok();
    assert_eq!((findings(&later), files(&engine, "found")), (findings(&once), 1));
}

#[test]
fn an_engine_that_is_to_keep_no_results_keeps_none() {
    let engine = Engine::with(&["--keep-results", "0"]);
    let sealer = Sealer::new(1);
    for _ in 0..2 {
        engine.analyze(&sealer, &sealer.request(&[("a.py", VULNERABLE)])).ok();
    }
    assert_eq!((files(&engine, "none"), files(&engine, "found")), (0, 0));
    let metrics = engine.get("/metrics").text;
    let parsed = "weir_engine_parse_seconds_count{language=\"python\",size=\"under_10kB\"} 2";
    assert!(metrics.contains(parsed), "{metrics}");
    assert!(metrics.contains("weir_engine_memory_bytes_count{language=\"python\"} 2"), "{metrics}");
}
