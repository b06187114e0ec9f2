//! How much a customer may.

use super::{Engine, Sealer};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use weir_tests::waiting::wait_until;

#[test]
fn more_requests_a_minute_are_told_when_to_come_back() {
    let engine = Engine::with(&["--requests-per-minute", "3"]);
    let sealer = Sealer::new(1);
    let request = sealer.request(&[("a.py", "x = 1\n")]);
    let replies: Vec<_> = (0..6).map(|_| engine.analyze(&sealer, &request)).collect();
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert!(!refused.is_empty());
    for reply in refused {
        let told = reply.expect_error(429, "RATE_LIMITED");
        assert_eq!(told["requestId"], "ast-1732617600000-abc");
        let after: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&after));
        assert_eq!(told["error"]["details"]["retryAfter"], after);
    }
    assert_eq!(replies[0].status, 200);
    // Another customer is not counted with this one.
    let other = engine.add_key("other");
    let key = sealer.base64();
    let headers = [("x-api-key", other.as_str()), ("content-type", "application/json"), ("X-Encryption-Key", &key)];
    engine.send("POST", "/api/v1/ast/analyze", &headers, Some(request.to_string().as_bytes())).ok();
}

/// A request that has not come to its end counts; one that was given up does not.
#[test]
fn more_requests_at_once_are_refused() {
    let engine = Engine::with(&["--concurrent-requests", "1", "--requests-per-minute", "1000"]);
    let sealer = Sealer::new(1);
    let request = sealer.request(&[("a.py", "x = 1\n")]);
    let address = engine.url.strip_prefix("http://").unwrap();
    let mut slow = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/ast/analyze HTTP/1.1\r\nHost: x\r\nx-api-key: {}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
        engine.key
    );
    slow.write_all(head.as_bytes()).unwrap();
    // It is being read when the engine asks for its body.
    let mut answer = [0; 25];
    slow.read_exact(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 100"));
    let reply = engine.analyze(&sealer, &request);
    reply.expect_error(429, "RATE_LIMITED");
    assert!(reply.header("retry-after").is_some());
    drop(slow);
    wait_until("the place of a request that was given up", || engine.analyze(&sealer, &request).status == 200);
}

/// More sessions than processes: each gives its own up again and again, and no analysis is lost by that.
#[test]
fn sessions_take_turns_where_processes_are_few() {
    let engine = Engine::with(&["--requests-per-minute=100000", "--concurrent-requests=1000", "--max-workers=2"]);
    let text = "import os, flask\nos.system(flask.request.args['x'])\n";
    std::thread::scope(|scope| {
        for number in 0..6 {
            let engine = &engine;
            scope.spawn(move || {
                let sealer = Sealer::new(number);
                let mut request = sealer.request(&[("a.py", text)]);
                for _ in 0..8 {
                    let answer = engine.analyze(&sealer, &request).ok();
                    request["sessionId"] = answer["session"]["sessionId"].clone();
                    let result = &answer["results"][0];
                    assert_eq!((&result["status"], &result["fallback"]), (&json!("success"), &Value::Null), "{result}");
                    assert!(result["findings"][0]["context"].is_object(), "{result}");
                }
            });
        }
    });
}

/// Who says nothing, or not enough to know what, does not keep its place.
#[test]
fn connections_that_ask_for_nothing_make_room_for_others() {
    let engine = Engine::with(&["--max-connections", "3"]);
    let address = engine.url.strip_prefix("http://").unwrap();
    let silent: Vec<_> = ["", "P", "GET / HT"]
        .iter()
        .map(|said| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(said.as_bytes()).unwrap();
            stream
        })
        .collect();
    wait_until("a place", || engine.try_get("/health").is_ok_and(|reply| reply.status == 200));
    drop(silent);
}
