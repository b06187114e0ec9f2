//! What several people write, an engine keeps apart.

use super::Engine;
use super::person::Person;
use super::team::project;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use weir_tests::lsp_client::{LspClient, capabilities};
use weir_tests::waiting::{PATIENCE, wait_until};

/// A client of another make that holds a lease, and dies when it is dropped.
struct Holder {
    _connection: TcpStream,
}

impl Holder {
    /// Takes the lease on a project's baseline.
    fn of_baseline(engine: &Engine, project: &Path) -> Self {
        let file = project.canonicalize().unwrap().join(".weir-baseline.json");
        let hash = Sha256::digest(file.to_str().unwrap().as_bytes());
        let name = hash[..16].iter().fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
        let address = engine.url.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            connection,
            "GET /api/v1/ast/stream HTTP/1.1\r\nHost: {address}\r\nx-api-key: {}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             Sec-WebSocket-Protocol: weir.link.v1\r\n\r\n",
            engine.key
        )
        .unwrap();
        let ask = format!(r#"{{"type":"lease","id":1,"names":["baseline:{name}"],"mode":"exclusive"}}"#);
        // A masked text message of less than 126 bytes, whose mask changes nothing.
        let head = [0x81, 0x80 | u8::try_from(ask.len()).unwrap(), 0, 0, 0, 0];
        assert!(ask.len() < 126);
        connection.write_all(&[&head, ask.as_bytes()].concat()).unwrap();
        let mut said = Vec::new();
        while !String::from_utf8_lossy(&said).contains(r#""type":"leased""#) {
            let mut more = [0; 4096];
            let read = connection.read(&mut more).unwrap();
            assert!(read > 0, "no lease: {}", String::from_utf8_lossy(&said));
            said.extend(&more[..read]);
        }
        Self { _connection: connection }
    }
}

/// How often leases have come to this.
fn counted(engine: &Engine, outcome: &str) -> u64 {
    let metrics = engine.get("/metrics").text;
    let name = format!("weir_engine_leases_total{{mode=\"exclusive\",outcome=\"{outcome}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |count| count.parse().unwrap())
}

/// Waits until this is so often.
fn wait_for(engine: &Engine, what: &str, so_often: u64, count: impl Fn(&Engine) -> u64) {
    wait_until(&format!("{so_often} times {what}"), || count(engine) >= so_often);
}

/// Leases that nobody has any more. Who ends at once may be gone before it is heard.
fn given_back(engine: &Engine) -> u64 {
    counted(engine, "released") + counted(engine, "left")
}

fn baseline(project: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(project.join(".weir-baseline.json")).unwrap()).unwrap()
}

#[test]
fn a_baseline_is_written_by_one_at_a_time_and_what_others_added_stays() {
    let engine = Engine::start();
    let person = Person::new();
    person.logged_in(&engine);
    let project = project();
    let file = project.path().join(".weir-baseline.json");

    // Somebody writes it, and dies: the next one waits until then, and keeps what they wrote.
    let holder = Holder::of_baseline(&engine, project.path());
    let mut weir = person.weir();
    weir.args(["baseline", "--engine", &engine.url]).arg(project.path()).current_dir(project.path());
    let waits = weir.stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&engine, "held", 1, |engine| counted(engine, "held"));
    assert!(!file.exists(), "nobody wrote it under somebody else's lease");
    let theirs = json!({ "version": 1, "findings": { "b.py": ["theirs 0123456789abcdef"] } });
    std::fs::write(&file, theirs.to_string()).unwrap();
    drop(holder);
    let done = waits.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && !said.contains("without asking"), "{said}");
    let now = baseline(project.path());
    assert_eq!(now["findings"]["b.py"], theirs["findings"]["b.py"], "{now}");
    assert_eq!(now["findings"]["a.py"].as_array().map(Vec::len), Some(2), "{now}");
    wait_for(&engine, "given back", 2, given_back);

    // An editor waits in the same way.
    std::fs::write(&file, theirs.to_string()).unwrap();
    let mut editor = LspClient::start_with(person.weir(), &["--engine", &engine.url]);
    editor.initialize(&capabilities(), Some(project.path()), &Value::Null);
    let uri = format!("file://{}", project.path().join("a.py").display());
    editor.open(&uri, "python", &std::fs::read_to_string(project.path().join("a.py")).unwrap());
    editor.wait("analyses", |message| {
        message["params"]["message"].as_str().is_some_and(|text| text.contains("analyses what you type"))
    });
    editor.wait_until_published(&uri, |found| found.len() == 2);
    let add = |editor: &mut LspClient, rule: &str| {
        let place = json!({ "line": u8::from(rule == "eval"), "character": 0 });
        let range = json!({ "start": place, "end": place });
        let actions = editor.request(
            "textDocument/codeAction",
            &json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } }),
        );
        let title = format!("Add {rule} here to the baseline");
        let action = actions.as_array().unwrap().iter().find(|action| action["title"] == title).unwrap();
        editor.request("workspace/executeCommand", &action["command"]);
    };
    let (held, holder) = (counted(&engine, "held"), Holder::of_baseline(&engine, project.path()));
    add(&mut editor, "eval");
    wait_for(&engine, "held", held + 1, |engine| counted(engine, "held"));
    assert_eq!(baseline(project.path()), theirs);
    drop(holder);
    editor.wait_until_published(&uri, |found| found.len() == 1);
    assert_eq!(baseline(project.path())["findings"]["b.py"], theirs["findings"]["b.py"]);

    // Without the engine it goes on, and says so.
    let _ = engine.end();
    editor.change(&uri, 2, [2, 0, 2, 0], "# more\n");
    editor.wait("away", |message| message["params"]["message"].as_str().is_some_and(|text| text.contains("is away")));
    add(&mut editor, "yaml-load");
    editor.wait("alone", |message| {
        message["params"]["message"].as_str().is_some_and(|text| text.contains("without asking your team's engine"))
    });
    assert_eq!(baseline(project.path())["findings"]["a.py"].as_array().map(Vec::len), Some(2));
    assert_eq!(editor.request("shutdown", &json!(null)), Value::Null);
}

#[test]
fn who_write_a_baseline_at_once_do_so_one_after_another() {
    let engine = Engine::start();
    let person = Person::new();
    person.logged_in(&engine);
    let project = project();
    let run = || {
        let mut weir = person.weir();
        weir.args(["baseline", "--engine", &engine.url]).arg(project.path()).current_dir(project.path());
        weir.stderr(Stdio::piped()).spawn().unwrap()
    };
    for running in [run(), run(), run()] {
        let done = running.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success() && !said.contains("without asking"), "{said}");
        assert!(said.contains("2 findings in 1 file written to"), "{said}");
    }
    wait_for(&engine, "given back", 3, given_back);
    assert_eq!(counted(&engine, "granted"), 3);
    assert_eq!(baseline(project.path())["findings"]["a.py"].as_array().map(Vec::len), Some(2));
}
