//! Every malformed input gets an answer in the contract's form: never a 500, never a word of what was sent.

use super::{Engine, Sealer};
use serde_json::{Value, json};

const CANARY: &str = "CANARY-7f3a";

type Spoil = fn(&mut Value);

/// What is wrong with a request, and what is answered.
const SPOILED: &[(&str, Spoil, u16, &str)] = &[
    ("no id", |it| remove(it, "/requestId"), 400, "INVALID_REQUEST"),
    ("an empty id", |it| it["requestId"] = json!(""), 400, "INVALID_REQUEST"),
    ("a long id", |it| it["requestId"] = json!("x".repeat(257)), 400, "INVALID_REQUEST"),
    ("an id that is a number", |it| it["requestId"] = json!(7), 400, "INVALID_REQUEST"),
    ("no files", |it| remove(it, "/files"), 400, "INVALID_REQUEST"),
    ("an empty list", |it| it["files"] = json!([]), 400, "INVALID_REQUEST"),
    ("files that are no list", |it| it["files"] = json!({}), 400, "INVALID_REQUEST"),
    ("a file that is no object", |it| it["files"][0] = json!(CANARY), 400, "INVALID_REQUEST"),
    ("eleven files", |it| it["files"] = json!(vec![it["files"][0].clone(); 11]), 400, "TOO_MANY_FILES"),
    ("no options", |it| remove(it, "/options"), 400, "INVALID_REQUEST"),
    ("no format", |it| remove(it, "/options/patternFormat"), 400, "INVALID_REQUEST"),
    ("another format", |it| it["options"]["patternFormat"] = json!(CANARY), 400, "INVALID_REQUEST"),
    ("no wish", |it| remove(it, "/options/includeSecurityPatterns"), 400, "INVALID_REQUEST"),
    ("a wish in words", |it| it["options"]["includeSecurityPatterns"] = json!("yes"), 400, "INVALID_REQUEST"),
    ("a time below 0", |it| it["options"]["performance"] = json!({ "maxParseTime": -1 }), 400, "INVALID_REQUEST"),
    (
        "a size with a fraction",
        |it| it["options"]["performance"] = json!({ "maxFileSize": 1.5 }),
        400,
        "INVALID_REQUEST",
    ),
    ("a debug in words", |it| it["options"]["debug"] = json!({ "includeRawAst": CANARY }), 400, "INVALID_REQUEST"),
    ("no path", |it| remove(it, "/files/0/path"), 400, "INVALID_REQUEST"),
    ("an empty path", |it| it["files"][0]["path"] = json!(""), 400, "INVALID_REQUEST"),
    ("an absolute path", |it| it["files"][0]["path"] = json!("/etc/passwd"), 400, "INVALID_REQUEST"),
    ("a path out", |it| it["files"][0]["path"] = json!("a/../../b.py"), 400, "INVALID_REQUEST"),
    ("a path with a nul", |it| it["files"][0]["path"] = json!("a\0.py"), 400, "INVALID_REQUEST"),
    ("a path of five thousand bytes", |it| it["files"][0]["path"] = json!("x".repeat(5000)), 400, "INVALID_REQUEST"),
    ("no content", |it| remove(it, "/files/0/encryptedContent"), 400, "INVALID_REQUEST"),
    (
        "content that is no base64",
        |it| it["files"][0]["encryptedContent"] = json!("CANARY-7f3a!"),
        400,
        "INVALID_REQUEST",
    ),
    ("no encryption", |it| remove(it, "/files/0/encryption"), 400, "INVALID_REQUEST"),
    ("no iv", |it| remove(it, "/files/0/encryption/iv"), 400, "INVALID_REQUEST"),
    ("an iv of 3 bytes", |it| it["files"][0]["encryption"]["iv"] = json!("AAAA"), 400, "INVALID_REQUEST"),
    ("an iv that is no base64", |it| it["files"][0]["encryption"]["iv"] = json!("????"), 400, "INVALID_REQUEST"),
    ("no algorithm", |it| remove(it, "/files/0/encryption/algorithm"), 400, "INVALID_REQUEST"),
    (
        "another algorithm",
        |it| it["files"][0]["encryption"]["algorithm"] = json!("aes-128-cbc"),
        400,
        "INVALID_REQUEST",
    ),
    ("no tag", |it| remove(it, "/files/0/encryption/authTag"), 400, "INVALID_REQUEST"),
    ("a tag of 3 bytes", |it| it["files"][0]["encryption"]["authTag"] = json!("AAAA"), 400, "INVALID_REQUEST"),
    ("no metadata", |it| remove(it, "/files/0/metadata"), 400, "INVALID_REQUEST"),
    ("no size", |it| remove(it, "/files/0/metadata/size"), 400, "INVALID_REQUEST"),
    ("a size below 0", |it| it["files"][0]["metadata"]["size"] = json!(-1), 400, "INVALID_REQUEST"),
    ("a size in words", |it| it["files"][0]["metadata"]["size"] = json!("7"), 400, "INVALID_REQUEST"),
    ("a size over the limit", |it| it["files"][0]["metadata"]["size"] = json!(11 << 20), 413, "FILE_TOO_LARGE"),
    ("an enormous size", |it| it["files"][0]["metadata"]["size"] = json!(u64::MAX), 413, "FILE_TOO_LARGE"),
    ("no hash", |it| remove(it, "/files/0/metadata/contentHash"), 400, "INVALID_REQUEST"),
    ("a short hash", |it| it["files"][0]["metadata"]["contentHash"] = json!("abc"), 400, "INVALID_REQUEST"),
    ("another language", |it| it["files"][0]["metadata"]["language"] = json!("cobol"), 400, "INVALID_REQUEST"),
    ("a session that is none", |it| it["sessionId"] = json!(CANARY), 401, "SESSION_EXPIRED"),
    ("a session that is over", |it| it["sessionId"] = json!("0".repeat(48)), 401, "SESSION_EXPIRED"),
    ("a session that is a number", |it| it["sessionId"] = json!(7), 400, "INVALID_REQUEST"),
];

#[test]
fn whatever_is_wrong_with_a_request_is_told_and_nothing_of_it_quoted() {
    let engine = Engine::start();
    let sealer = Sealer::new(1);
    for (what, spoil, status, code) in SPOILED {
        let mut request = sealer.request(&[("a.py", "x = 1\n")]);
        request["files"][0]["path"] = json!("CANARY-7f3a.py");
        spoil(&mut request);
        let reply = engine.analyze(&sealer, &request);
        println!("{what}: {} {}", reply.status, reply.text);
        let body = reply.expect_error(*status, code);
        assert!(!reply.text.contains(CANARY), "{what}: {}", reply.text);
        if request["requestId"].as_str().is_some_and(|id| (1..=256).contains(&id.len())) {
            assert_eq!(body["requestId"], request["requestId"], "{what}");
        }
    }
    // Known and unknown ones alike, after all that.
    engine.analyze(&sealer, &sealer.request(&[("a.py", "x = 1\n")])).ok();
}

/// Bodies that are no such JSON.
#[test]
fn bodies_that_are_no_json_are_told_so() {
    let engine = Engine::start();
    let deep = format!("{{\"requestId\":\"deep\",\"files\":{}", "[".repeat(200_000));
    let twice = r#"{"requestId":"a","requestId":"b"}"#;
    let bodies: [(&str, &[u8], Option<&str>); 9] = [
        ("nothing", b"", None),
        ("a brace", b"{", None),
        ("an array", b"[1]", None),
        ("a string", b"\"CANARY-7f3a\"", None),
        ("words", b"CANARY-7f3a", None),
        ("no UTF-8", b"{\"requestId\":\"\xff\"}", None),
        ("the half of it", b"{\"requestId\":\"half\",\"files\":[{\"path\":\"CANARY-7f3a", Some("half")),
        ("brackets", deep.as_bytes(), Some("deep")),
        ("a field twice", twice.as_bytes(), Some("b")),
    ];
    for (what, body, id) in bodies {
        let headers = [("x-api-key", engine.key.as_str()), ("content-type", "application/json")];
        let reply = engine.send("POST", "/api/v1/ast/analyze", &headers, Some(body));
        println!("{what}: {} {}", reply.status, reply.text);
        let told = reply.expect_error(400, "INVALID_REQUEST");
        assert!(!reply.text.contains(CANARY), "{what}: {}", reply.text);
        if let Some(id) = id {
            assert_eq!(told["requestId"], id, "{what}");
        }
    }
}

/// Headers, and what is answered.
#[test]
fn keys_types_and_methods_are_checked() {
    let engine = Engine::start();
    let sealer = Sealer::new(1);
    let body = sealer.request(&[("a.py", "x = 1\n")]).to_string();
    let key = engine.key.clone();
    let bearer = format!("Bearer {key}");
    let wrong = format!("{}{}", &key[..key.len() - 1], if key.ends_with('0') { '1' } else { '0' });
    let session_key = sealer.base64();
    let post = |headers: &[(&str, &str)]| engine.send("POST", "/api/v1/ast/analyze", headers, Some(body.as_bytes()));
    let json = ("content-type", "application/json");
    let sealed = ("X-Encryption-Key", session_key.as_str());

    for (what, headers, status, code) in [
        ("no key", vec![json, sealed], 401, "AUTH_REQUIRED"),
        ("an empty key", vec![("x-api-key", ""), json, sealed], 401, "AUTH_REQUIRED"),
        ("another scheme", vec![("authorization", "Basic abc"), json, sealed], 401, "AUTH_REQUIRED"),
        ("a made up key", vec![("x-api-key", "invalid-key"), json, sealed], 401, "INVALID_API_KEY"),
        ("nearly the key", vec![("x-api-key", &wrong), json, sealed], 401, "INVALID_API_KEY"),
        ("a made up bearer", vec![("authorization", "Bearer x"), json, sealed], 401, "INVALID_API_KEY"),
        ("no session key", vec![("x-api-key", &key), json], 400, "INVALID_REQUEST"),
        ("a short session key", vec![("x-api-key", &key), json, ("X-Encryption-Key", "AAAA")], 400, "INVALID_REQUEST"),
        ("no base64", vec![("x-api-key", &key), json, ("X-Encryption-Key", "!!")], 400, "INVALID_REQUEST"),
        ("text", vec![("x-api-key", &key), ("content-type", "text/plain"), sealed], 415, "INVALID_REQUEST"),
        ("no type", vec![("x-api-key", &key), sealed], 415, "INVALID_REQUEST"),
        (
            "another charset",
            vec![("x-api-key", &key), ("content-type", "application/json; charset=latin1"), sealed],
            415,
            "INVALID_REQUEST",
        ),
        ("compressed", vec![("x-api-key", &key), json, sealed, ("content-encoding", "gzip")], 415, "INVALID_REQUEST"),
        ("wants HTML", vec![("x-api-key", &key), json, sealed, ("accept", "text/html")], 406, "INVALID_REQUEST"),
    ] {
        let reply = post(&headers);
        println!("{what}: {} {}", reply.status, reply.text);
        let told = reply.expect_error(status, code);
        // Whoever is refused is told of its own request as well.
        assert_eq!(told["requestId"], "ast-1732617600000-abc", "{what}");
    }
    post(&[("x-api-key", &key), json, sealed]).ok();
    post(&[("authorization", &bearer), json, sealed, ("accept", "*/*")]).ok();

    let session = format!("/api/v1/ast/sessions/{}", "0".repeat(48));
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", "/api/v1/ast", 404),
        ("GET", "/api/v1/ast/analyze/", 404),
        ("GET", "/api/v1/ast/analyze", 405),
        ("PUT", "/api/v1/ast/analyze", 405),
        ("BREW", "/api/v1/ast/analyze", 405),
        ("POST", "/health", 405),
        ("GET", session.as_str(), 405),
        ("PATCH", "/api/v1/ast/batch", 405),
    ] {
        let reply = engine.send(method, path, &[("x-api-key", &key)], None);
        reply.expect_error(status, "INVALID_REQUEST");
        assert_eq!(reply.header("allow").is_some(), status == 405, "{method} {path}");
    }
}

/// More than a request may have is refused before it is sent.
#[test]
fn a_body_over_the_limit_is_refused() {
    let engine = Engine::with(&["--max-files", "1", "--max-file-bytes", "1000"]);
    let sealer = Sealer::new(1);
    let mut request = sealer.request(&[("a.py", "x = 1\n")]);
    request["padding"] = json!("x".repeat(2 << 20));
    engine.analyze(&sealer, &request).expect_error(413, "FILE_TOO_LARGE");
    let text = "x = 1\n".repeat(200);
    engine.analyze(&sealer, &sealer.request(&[("a.py", &text)])).expect_error(413, "FILE_TOO_LARGE");
    let two = sealer.request(&[("a.py", ""), ("b.py", "")]);
    let told = engine.analyze(&sealer, &two).expect_error(400, "TOO_MANY_FILES");
    assert_eq!(told["error"]["details"]["maxFiles"], 1);
}

fn remove(value: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
}

/// A mount that went away, and came back.
#[test]
fn while_the_data_directory_is_away_the_engine_says_when_to_come_again() {
    let engine = Engine::start();
    let sealer = Sealer::new(1);
    let request = sealer.request(&[("a.py", "x = 1\n")]);
    engine.analyze(&sealer, &request).ok();
    let (data, elsewhere) = (engine.data.path(), engine.data.path().with_extension("elsewhere"));
    std::fs::rename(data, &elsewhere).unwrap();
    let reply = engine.analyze(&sealer, &request);
    reply.expect_error(503, "INTERNAL_ERROR");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(engine.get("/health").status, 503);
    std::fs::rename(&elsewhere, data).unwrap();
    engine.analyze(&sealer, &request).ok();
    assert_eq!(engine.get("/health").status, 200);
}
