//! Sessions.

use super::{Engine, Sealer};
use serde_json::{Value, json};

const FILE: (&str, &str) = ("a.py", "x = 1\n");

#[test]
fn a_session_goes_on_without_its_key_until_it_is_ended() {
    let engine = Engine::start();
    let sealer = Sealer::new(1);
    let first = engine.analyze(&sealer, &sealer.request(&[FILE])).ok();
    let id = first["session"]["sessionId"].as_str().unwrap().to_owned();
    let mut next = sealer.request(&[FILE]);
    next["sessionId"] = json!(id);
    let second = engine.post("/api/v1/ast/analyze", None, &next).ok();
    assert_eq!(second["session"]["sessionId"], id.as_str());
    assert_eq!(second["results"][0]["status"], "success");
    // A key that is sent is the one that is meant, for this request.
    let other = Sealer::new(2);
    let mut with_other = other.request(&[FILE]);
    with_other["sessionId"] = json!(id);
    assert_eq!(engine.analyze(&other, &with_other).ok()["results"][0]["status"], "success");
    assert_eq!(engine.post("/api/v1/ast/analyze", None, &next).ok()["results"][0]["status"], "success");

    // Another customer has no such session, and cannot end it.
    let stranger = engine.add_key("stranger");
    let path = format!("/api/v1/ast/sessions/{id}");
    engine.send("DELETE", &path, &[("x-api-key", &stranger)], None).expect_error(404, "SESSION_EXPIRED");
    let session_key = sealer.base64();
    let headers =
        [("x-api-key", stranger.as_str()), ("content-type", "application/json"), ("X-Encryption-Key", &session_key)];
    let reply = engine.send("POST", "/api/v1/ast/analyze", &headers, Some(next.to_string().as_bytes()));
    reply.expect_error(401, "SESSION_EXPIRED");
    assert_eq!(engine.post("/api/v1/ast/analyze", None, &next).ok()["results"][0]["status"], "success");

    let ended = engine.delete(&path);
    assert_eq!((ended.status, ended.text.as_str()), (204, ""));
    engine.delete(&path).expect_error(404, "SESSION_EXPIRED");
    engine.delete("/api/v1/ast/sessions/%ff").expect_error(404, "SESSION_EXPIRED");
    engine.send("DELETE", &path, &[], None).expect_error(401, "AUTH_REQUIRED");
    engine.analyze(&sealer, &next).expect_error(401, "SESSION_EXPIRED");
}

#[test]
fn one_more_session_ends_the_oldest_and_time_ends_all() {
    let engine = Engine::with(&["--max-sessions", "2", "--session-lifetime", "1"]);
    let sealer = Sealer::new(1);
    let open = || engine.analyze(&sealer, &sealer.request(&[FILE])).ok()["session"]["sessionId"].clone();
    let again = |id: &Value| {
        let mut request = sealer.request(&[FILE]);
        request["sessionId"] = id.clone();
        engine.analyze(&sealer, &request)
    };
    let (first, _second, third) = (open(), open(), open());
    again(&first).expect_error(401, "SESSION_EXPIRED");
    // Each look is a use, which the session outlives by a second: it is over at the next one, unless the machine did not get
    // round to it.
    for _ in 0..20 {
        if again(&third).status == 401 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1_100));
    }
    panic!("the session did not end");
}
