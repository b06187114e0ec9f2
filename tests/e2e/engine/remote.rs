//! Editors and scans that are analysed by an engine.

use super::Engine;
use super::person::Person;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use tempfile::TempDir;
use weir_tests::lsp_client::{LspClient, capabilities};
use weir_tests::waiting::{eventually, wait_until};

#[test]
fn a_scan_by_an_engine_finds_what_this_machine_finds() {
    let engine = Engine::start();
    let person = Person::new();
    person.logged_in(&engine);
    let (remote, said) = person.scan(&["--engine", &engine.url]);
    assert!(said.contains(&format!("{} analyses", engine.url)), "{said}");
    let (local, _) = person.scan(&[]);
    assert!(local["results"].as_array().unwrap().len() > 100);
    assert_eq!(remote["results"], local["results"]);
    assert_eq!(remote["errors"], local["errors"]);
}

#[test]
fn an_engine_with_another_identity_gets_nothing() {
    let engine = Engine::start();
    let person = Person::new();
    let wrong = "0000-1111-2222-3333-4444-5555-6666-7777";
    assert_eq!(person.login(&engine, &["--accept-fingerprint", wrong]).status.code(), Some(2));
    person.logged_in(&engine);

    // Whoever takes its place has its address and a valid key, but not what it signs with.
    let url = engine.url.clone();
    let (_, _, stopped) = engine.end();
    std::fs::remove_file(stopped.data.path().join("identity.key")).unwrap();
    let impostor = stopped.start_again_at(&url);
    let (remote, said) = person.scan(&["--engine", &url]);
    assert!(said.contains("is not used, this machine analyses") && said.contains(ANOTHER), "{said}");
    assert!(remote["results"].as_array().unwrap().len() > 100, "nothing is lost");
    let (well, said) = status(&person);
    assert!(!well && said.contains(ANOTHER), "{said}");
    assert!(impostor.live_bytes() == 0 && !impostor.was_asked_for_a_link(), "it never saw the key");
}

/// Said of an engine that is not the one that was pinned.
const ANOTHER: &str = "its identity is not the one that was pinned";

/// `weir login --status`: whether all is well, and what it says.
fn status(person: &Person) -> (bool, String) {
    let status = person.weir().args(["login", "--status"]).output().unwrap();
    (status.status.success(), String::from_utf8(status.stdout).unwrap())
}

/// Whoever listens where the engine was is asked for a proof, and is sent nothing else, whatever is answered.
#[test]
fn who_does_not_prove_to_be_the_engine_learns_neither_key_nor_code() {
    let engine = Engine::start();
    let person = Person::new();
    person.logged_in(&engine);
    let code = TempDir::new().unwrap();
    std::fs::write(code.path().join("app.py"), "import os, flask\nos.system(flask.request.args['x'])\n").unwrap();
    // Asked by somebody else, the engine proves who it is, to whom has asked and with what.
    let host = engine.url.strip_prefix("http://").unwrap();
    let challenge = format!("/health?challenge={}&host={host}", "A".repeat(43));
    let proof = engine.send("GET", &challenge, &[], None);
    assert_eq!((proof.ok()["proof"].as_str().unwrap().len(), proof.header("cache-control")), (86, Some("no-store")));
    for wrong in ["challenge=AAAA", "challenge=", &format!("challenge={}", "A".repeat(43))] {
        engine.send("GET", &format!("/health?{wrong}"), &[], None).expect_error(400, "INVALID_REQUEST");
    }
    let replayed = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", proof.text.len(), proof.text);
    let (url, key) = (engine.url.clone(), engine.key.clone());
    engine.end();

    let upgraded = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n";
    for (answer, expected) in [
        (String::new(), "the connection was lost"),
        ("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), "there is no Weir engine"),
        (upgraded.to_owned(), "101"),
        (replayed, ANOTHER),
    ] {
        let stranger = Stranger::at(&url, answer);
        let output =
            person.weir().args(["scan", "--engine", &url, "--format", "json"]).arg(code.path()).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(report["results"].as_array().unwrap().len() == 1 && said.contains(expected), "{said}");
        let (well, said) = status(&person);
        assert!(!well && said.contains(expected), "{said}");
        let heard = stranger.end();
        assert!(heard.len() >= 2, "both have come: {heard:?}");
        for heard in heard {
            assert!(heard.starts_with("GET /health?challenge=") && heard.ends_with("\r\n\r\n"), "{heard}");
            assert!(heard.matches("\r\n\r\n").count() == 1, "one question: {heard}");
            assert!(!heard.contains(&key) && !heard.to_lowercase().contains("x-api-key"), "{heard}");
        }
    }
}

/// A process ends its sessions before it ends itself: nothing that was analysed is left behind at the engine.
#[test]
fn a_scan_and_an_editor_end_their_sessions() {
    let engine = Engine::start();
    let person = Person::new();
    person.logged_in(&engine);
    let code = TempDir::new().unwrap();
    for file in 0..4 {
        let path = code.path().join(format!("app{file}.py"));
        std::fs::write(path, "import os, flask\nos.system(flask.request.args['x'])\n").unwrap();
    }
    for _ in 0..8 {
        let mut scan = person.weir();
        scan.args(["scan", "--engine", &engine.url, "--jobs", "2"]).arg(code.path());
        assert!(scan.output().unwrap().status.success());
    }
    let mut editor = LspClient::start_with(person.weir(), &["--engine", &engine.url]);
    editor.initialize(&capabilities(), None, &Value::Null);
    editor.open("untitled:app.py", "python", "import os, flask\nos.system(flask.request.args['x'])\n");
    assert_eq!(editor.diagnostics("untitled:app.py", 1).len(), 1);
    assert!(editor.shutdown().success());
    wait_until("no session is left", || engine.live_sessions().0 == 0);
    let (_, ended) = engine.live_sessions();
    assert!(ended.keys().eq(["asked"]) && ended["asked"] >= 10, "{ended:?}");
}

/// Somebody who listens at an address, answers everybody the same, and keeps what is said.
struct Stranger {
    address: SocketAddr,
    heard: JoinHandle<Vec<String>>,
    is_over: Arc<AtomicBool>,
}

impl Stranger {
    fn at(url: &str, answer: String) -> Self {
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind(address).unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let heard = std::thread::spawn(move || {
            let mut talks = Vec::new();
            for mut stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let answer = answer.clone();
                talks.push(std::thread::spawn(move || {
                    let (mut heard, mut byte) = (Vec::new(), [0]);
                    while !heard.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                        heard.push(byte[0]);
                    }
                    let _ = stream.write_all(answer.as_bytes());
                    let _ = stream.shutdown(Shutdown::Write);
                    // All that comes, until the other side has closed.
                    let _ = stream.read_to_end(&mut heard);
                    String::from_utf8_lossy(&heard).into_owned()
                }));
            }
            talks.into_iter().map(|talk| talk.join().unwrap()).collect()
        });
        Self { address, heard, is_over }
    }

    /// What each has said who came.
    fn end(self) -> Vec<String> {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address).unwrap());
        self.heard.join().unwrap()
    }
}

#[test]
fn no_edit_and_no_finding_is_lost_while_an_engine_goes_and_comes_back() {
    let engine = Engine::start();
    let person = Person::new();
    person.logged_in(&engine);
    let url = engine.url.clone();
    let mut editor = LspClient::start_with(person.weir(), &["--engine", &url]);
    editor.initialize(&capabilities(), None, &Value::Null);
    let uri = "untitled:app.py";
    editor.open(uri, "python", "import os, flask\n");
    let told = |editor: &mut LspClient, word: &str| {
        editor.wait(word, |message| {
            message["method"] == "window/showMessage"
                && message["params"]["message"].as_str().is_some_and(|text| text.contains(word))
        });
    };
    // Each line is one more finding, wherever it is analysed.
    let mut version = 1;
    let mut line = |editor: &mut LspClient| {
        version += 1;
        let at = u32::try_from(version).unwrap() - 1;
        editor.change(uri, version, [at, 0, at, 0], "os.system(flask.request.args['x'])\n");
        let found = editor.diagnostics(uri, version);
        assert_eq!(found.len(), usize::try_from(version).unwrap() - 1, "{found:?}");
    };
    told(&mut editor, "analyses");
    line(&mut editor);
    assert!(engine.live_bytes() > 0, "the engine analyses");

    let (_, _, stopped) = engine.end();
    line(&mut editor);
    told(&mut editor, "away");
    line(&mut editor);
    let engine = stopped.start_again_at(&url);
    told(&mut editor, "analyses");
    let before = engine.live_bytes();
    // That is said of the first of two workers; the other one takes over at a moment at which nothing is owed.
    eventually("the engine to analyse again", || {
        line(&mut editor);
        (engine.live_bytes() > before).then_some(())
    });
    assert_eq!(editor.request("shutdown", &json!(null)), Value::Null);
}

/// The shortest frame has 256 bytes with padding, whatever is in it.
#[test]
fn who_wants_no_padding_sends_and_is_sent_what_is_said_and_no_more() {
    let typed = |args: &[&str], login: &[&str]| {
        let engine = Engine::with(args);
        let person = Person::new();
        person.logged_in_at(&engine.url, &engine.key, login);
        let mut editor = LspClient::start_with(person.weir(), &["--engine", &engine.url]);
        editor.initialize(&capabilities(), None, &Value::Null);
        editor.open("untitled:app.py", "python", "x = 1\n");
        assert_eq!(editor.diagnostics("untitled:app.py", 1).len(), 0);
        editor.wait("the engine analyses", |message| {
            message["params"]["message"].as_str().is_some_and(|text| text.contains("analyses"))
        });
        let sent = |direction| ["bytes", "frames"].map(|what| engine.live(what, direction));
        let before = ["up", "down"].map(sent);
        for version in 2..10 {
            editor.change("untitled:app.py", version, [0, 5, 0, 5], "1");
            assert_eq!(editor.diagnostics("untitled:app.py", version).len(), 0);
        }
        let after = ["up", "down"].map(sent);
        [0, 1].map(|at| (after[at][0] - before[at][0]) / (after[at][1] - before[at][1]))
    };
    let [up, down] = typed(&[], &[]);
    assert!(up >= 256 && down >= 256, "{up} {down}");
    let [up, down] = typed(&["--pad", "false"], &["--no-padding"]);
    assert!(up < 256 && down < 256, "{up} {down}");
}

#[test]
fn a_key_is_kept_where_nobody_else_may_read() {
    let engine = Engine::start();
    let person = Person::new();
    let fingerprint = person.logged_in(&engine);
    let (well, said) = status(&person);
    assert!(well && said.contains(&fingerprint) && !said.contains(&engine.key), "{said}");
    let mut holders = 0;
    look(person.home.path(), &mut |path| {
        if std::fs::read_to_string(path).is_ok_and(|text| text.contains(&engine.key)) {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
            holders += 1;
        }
    });
    assert_eq!(holders, 1);
    assert!(person.weir().args(["logout", &engine.url]).status().unwrap().success());
    look(person.home.path(), &mut |path| {
        assert!(!std::fs::read_to_string(path).is_ok_and(|text| text.contains(&engine.key)), "{}", path.display());
    });
}

/// A home that is somebody else's, or a file that was damaged.
#[test]
fn where_logins_cannot_be_read_this_machine_analyses() {
    let engine = Engine::start();
    let person = Person::new();
    person.logged_in(&engine);
    let (before, _) = person.scan(&[]);
    std::fs::write(person.home.path().join("config/weir/engines.json"), "{").unwrap();
    let (after, said) = person.scan(&[]);
    assert!(before["results"] == after["results"] && !said.contains("engines.json"), "{said}");
    let asked = person.weir().args(["scan", "--engine", "default"]).output().unwrap();
    let said = String::from_utf8(asked.stderr).unwrap();
    assert!(asked.status.code() == Some(2) && said.contains("engines.json"), "{said}");
    let mut editor = LspClient::start_with(person.weir(), &[]);
    editor.initialize(&capabilities(), None, &Value::Null);
    editor.open("untitled:app.py", "python", "import os, flask\nos.system(flask.request.args['x'])\n");
    assert_eq!(editor.diagnostics("untitled:app.py", 1).len(), 1);
    editor.wait("a person is told", |message| {
        message["params"]["message"].as_str().is_some_and(|text| text.contains("engines.json"))
    });
}

fn look(folder: &Path, at: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { look(&path, at) } else { at(&path) }
    }
}
