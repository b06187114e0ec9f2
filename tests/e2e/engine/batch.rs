//! Batch jobs.

use super::{Engine, Sealer};
use serde_json::{Value, json};
use weir_tests::waiting::eventually;

const VULNERABLE: &str = "import os, flask\nos.system(flask.request.args['x'])\n";

#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
fn upload(sealer: &Sealer, files: &[(&str, &str)], more: Value) -> Value {
    let mut request = sealer.request(files);
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

fn finished(engine: &Engine, path: &str) -> Value {
    eventually("the end of the job", || {
        let page = engine.get(path).ok();
        (page["status"] != "running").then_some(page)
    })
}

#[test]
fn a_job_takes_files_until_it_is_complete_and_answers_for_each_once() {
    let engine = Engine::start();
    let sealer = Sealer::new(1);
    let send = |request: &Value| engine.post("/api/v1/ast/batch", Some(&sealer), request);
    let more = json!({ "complete": false });
    let reply = send(&upload(&sealer, &[("0.py", VULNERABLE), ("1.rb", "x = 1\n")], more));
    assert_eq!(reply.status, 202);
    let opened = reply.ok();
    assert_eq!((&opened["status"], &opened["requestId"]), (&json!("receiving"), &json!("ast-1732617600000-abc")));
    let id = opened["batchId"].clone();
    // The same upload again, as after a lost answer, and then the rest.
    let rest = [("2.py", VULNERABLE), ("LICENSE", "text")];
    let mut rest = upload(&sealer, &rest, json!({ "batchId": id, "firstIndex": 2, "complete": false }));
    send(&rest).ok();
    assert_eq!(send(&rest).ok()["progress"]["files"], 4);
    // One that leaves files out would have the job wait for them.
    let gap = upload(&sealer, &[("9.py", VULNERABLE)], json!({ "batchId": id, "firstIndex": 9 }));
    send(&gap).expect_error(409, "INVALID_REQUEST");
    // The last one, twice as well.
    rest.as_object_mut().unwrap().remove("complete");
    for _ in 0..2 {
        let taken = send(&rest);
        assert_eq!((taken.status, &taken.json()["progress"]["files"]), (202, &json!(4)));
    }

    let path = format!("/api/v1/ast/batch/{}", id.as_str().unwrap());
    let page = finished(&engine, &path);
    assert_eq!(page["status"], "done", "{page}");
    assert_eq!(page["progress"]["finished"], 4);
    let told: Vec<_> = page["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["index"].as_u64(), one["status"].as_str(), one["findings"].as_array().map(Vec::len)))
        .collect();
    let expected = [(0, "success", 1), (1, "success", 0), (2, "success", 1), (3, "skipped", 0)];
    assert_eq!(told, expected.map(|(index, status, found)| (Some(index), Some(status), Some(found))));
    let second = engine.get(&format!("{path}?from=2&limit=1")).ok();
    assert_eq!((&second["results"][0]["path"], &second["next"]), (&json!("2.py"), &json!(3)));

    let headers = [("x-api-key", engine.key.as_str()), ("accept", "text/event-stream"), ("last-event-id", "1")];
    let events = engine.send("GET", &format!("{path}/events"), &headers, None);
    let named = |name: &str| events.text.matches(&format!("event: {name}\n")).count();
    assert_eq!((named("result"), named("end")), (2, 1), "{}", events.text);
    assert_eq!(events.header("x-accel-buffering"), Some("no"));
    assert_eq!(engine.send("GET", &path, &headers, None).header("content-type"), Some("text/event-stream"));

    send(&upload(&sealer, &[("4.py", "")], json!({ "batchId": id }))).expect_error(409, "INVALID_REQUEST");
    let stranger = engine.add_key("stranger");
    for method in ["GET", "DELETE"] {
        engine.send(method, &path, &[("x-api-key", &stranger)], None).expect_error(404, "INVALID_REQUEST");
    }
    engine.get("/api/v1/ast/batch/none").expect_error(404, "INVALID_REQUEST");
    engine.get(&format!("{path}?from=x")).expect_error(400, "INVALID_REQUEST");
    let mut without = upload(&sealer, &[("a.py", "")], json!({}));
    without.as_object_mut().unwrap().remove("options");
    send(&without).expect_error(400, "INVALID_REQUEST");
    engine
        .post("/api/v1/ast/batch", None, &upload(&sealer, &[("a.py", "")], json!({})))
        .expect_error(400, "INVALID_REQUEST");
}

#[test]
fn a_job_survives_a_restart_and_can_be_cancelled() {
    let engine = Engine::start();
    let (sealer, more) = (Sealer::new(1), json!({ "complete": false }));
    let opened =
        engine.post("/api/v1/ast/batch", Some(&sealer), &upload(&sealer, &[("0.py", VULNERABLE)], more.clone())).ok();
    let id = opened["batchId"].as_str().unwrap().to_owned();
    let (code, _, stopped) = engine.end();
    assert_eq!(code, Some(0));
    let engine = stopped.start_again(&["--requests-per-minute", "100000"]);
    // The key comes back with the customer, who need not send it again.
    let rest = upload(&sealer, &[("1.py", VULNERABLE)], json!({ "batchId": id }));
    engine.post("/api/v1/ast/batch", None, &rest).ok();
    let path = format!("/api/v1/ast/batch/{id}");
    let page = finished(&engine, &path);
    assert_eq!((&page["status"], page["results"].as_array().map(Vec::len)), (&json!("done"), Some(2)), "{page}");

    let other = engine.post("/api/v1/ast/batch", Some(&sealer), &upload(&sealer, &[("0.py", VULNERABLE)], more)).ok();
    let path = format!("/api/v1/ast/batch/{}", other["batchId"].as_str().unwrap());
    assert_eq!(engine.delete(&path).ok()["status"], "cancelled");
    assert_eq!(engine.get(&path).ok()["status"], "cancelled");
    engine
        .post(
            "/api/v1/ast/batch",
            Some(&sealer),
            &upload(&sealer, &[("1.py", "")], json!({ "batchId": other["batchId"] })),
        )
        .expect_error(409, "INVALID_REQUEST");
}
