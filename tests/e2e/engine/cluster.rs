//! Several engines that share a Redis: what holds over all of them, and what is left when one of them or Redis dies.

use super::harness::{Engine, Reply, Sealer, administer};
use super::nodes::{Cluster, limits_off};
use super::typing::{IMPORTS, Typing, URI, VULNERABLE};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use weir_tests::binary::{self, weir};
use weir_tests::lsp_client::{LspClient, capabilities};
use weir_tests::waiting::{eventually, wait_until};

/// The answer to one file.
fn analyze_as(node: &Engine, key: &str) -> Reply {
    let sealer = Sealer::new(1);
    let session_key = sealer.base64();
    let headers = [("x-api-key", key), ("content-type", "application/json"), ("X-Encryption-Key", &session_key)];
    let body = sealer.request(&[("a.py", &format!("{IMPORTS}{VULNERABLE}"))]).to_string();
    node.send("POST", "/api/v1/ast/analyze", &headers, Some(body.as_bytes()))
}

#[test]
fn a_key_serves_on_all_nodes_and_its_limits_hold_over_all_of_them() {
    let cluster = Cluster::start(3, &["--requests-per-minute=3"]);
    let add = |name: &str, more: &[&str]| {
        let redis = cluster.redis.address();
        administer(&[&["keys", "add", name, "--redis", &redis], more].concat())
    };
    // Each node by itself would let all of these through.
    let replies: Vec<_> = (0..9).map(|number| analyze_as(&cluster.nodes[number % 3], &cluster.key)).collect();
    assert_eq!(replies[0].ok()["results"][0]["findings"].as_array().map(Vec::len), Some(1));
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert!(!refused.is_empty(), "nine requests were let through");
    for reply in refused {
        reply.expect_error(429, "RATE_LIMITED");
        assert!(reply.header("retry-after").is_some());
    }

    // One that is being read at one node counts at the others, until it is given up.
    let key = add("second", &["--concurrent", "1", "--rate", "100000"]);
    let mut slow = TcpStream::connect(cluster.nodes[0].url.strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "POST /api/v1/ast/analyze HTTP/1.1\r\nHost: x\r\nx-api-key: {key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
    );
    slow.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 25];
    slow.read_exact(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&answer));
    analyze_as(&cluster.nodes[1], &key).expect_error(429, "RATE_LIMITED");
    drop(slow);
    wait_until("the place of a request that was given up", || analyze_as(&cluster.nodes[2], &key).status == 200);

    administer(&["keys", "revoke", "second", "--redis", &cluster.redis.address()]);
    for node in &cluster.nodes {
        analyze_as(node, &key).expect_error(401, "INVALID_API_KEY");
    }
}

#[test]
fn a_session_is_opened_used_and_ended_on_whichever_node() {
    let cluster = Cluster::start(3, &[&limits_off()[..], &["--max-sessions=2"]].concat());
    let sealer = Sealer::new(1);
    let request = |session: Option<&Value>| {
        let mut request = sealer.request(&[("a.py", "x = 1\n")]);
        if let Some(session) = session {
            request["sessionId"] = session.clone();
        }
        request
    };
    let open = |node: usize| cluster.nodes[node].analyze(&sealer, &request(None)).ok()["session"]["sessionId"].clone();
    let used =
        |node: usize, session: &Value| cluster.nodes[node].post("/api/v1/ast/analyze", None, &request(Some(session)));
    let first = open(0);
    for node in [1, 2, 0] {
        assert_eq!(used(node, &first).ok()["session"]["sessionId"], first);
    }
    let second = open(1);
    // One more ends the one that would have ended first, wherever it was opened.
    let third = open(2);
    used(0, &first).expect_error(401, "SESSION_EXPIRED");
    used(0, &second).ok();
    let path = format!("/api/v1/ast/sessions/{}", third.as_str().unwrap());
    assert_eq!(cluster.nodes[0].delete(&path).status, 204);
    used(2, &third).expect_error(401, "SESSION_EXPIRED");
    cluster.nodes[1].delete(&path).expect_error(404, "SESSION_EXPIRED");
}

#[test]
fn a_node_that_ends_while_somebody_types_loses_no_edit_and_no_finding() {
    let mut cluster = Cluster::start(2, &limits_off());
    let mut typing = Typing::start(cluster.editor());
    typing.told("analyses");
    for (before, after) in [(5, 1), (20, 10), (0, 35)] {
        let (first, second) = VULNERABLE.split_at(before);
        let (second, third) = second.split_at(after);
        typing.types(first);
        assert!(cluster.live_sessions(0) > 0, "it is this node that is typed through");
        // This is on its way when the node dies.
        cluster.balancer.hold(true);
        typing.types(second);
        cluster.kill(0);
        cluster.balancer.hold(false);
        typing.types(third);
        typing.expect_all_findings();
        wait_until("the editor at the other node", || cluster.live_sessions(0) > 0);
        // It is that one by which the next line is analysed.
        typing.types(VULNERABLE);
        typing.expect_all_findings();
        cluster.add_node();
    }
    // One that is told to end hands its editors over.
    cluster.nodes[0].tell_to_end();
    typing.types(VULNERABLE);
    typing.expect_all_findings();
    wait_until("the editor at the other node", || cluster.live_sessions(1) > 0);
    let (code, log, _) = cluster.nodes.remove(0).end();
    assert_eq!(code, Some(0), "{log}");
    typing.types(VULNERABLE);
    typing.expect_all_findings();
    assert!(cluster.live_sessions(0) > 0);
}

#[test]
fn a_scan_whose_node_is_killed_finds_what_this_machine_finds() {
    let mut cluster = Cluster::start(2, &limits_off());
    let scan = |mut command: Command| {
        command.args(["scan", "tests/apps", "--format", "json"]).current_dir(binary::root());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let findings = |scan: Child| -> Value {
        let output = scan.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
        assert!(found["results"].as_array().unwrap().len() > 100, "{said}");
        found["results"].clone()
    };
    let mut remote = scan(cluster.weir());
    wait_until("the scan at its node", || cluster.live_sessions(0) > 0);
    // What it sends now does not get there, so it is not over before.
    cluster.balancer.hold(true);
    assert!(remote.try_wait().unwrap().is_none(), "it is in the middle");
    cluster.kill(0);
    cluster.balancer.hold(false);
    let found = findings(remote);
    assert_eq!(found, findings(scan(Command::new(weir()))));
}

fn upload(sealer: &Sealer, files: usize) -> Value {
    // Long enough for the job to be caught in the middle.
    let text = format!("{IMPORTS}{}{VULNERABLE}", "def f(a, b):\n    return a + b\n\n\n".repeat(100));
    let names: Vec<_> = (0..files).map(|number| format!("{number}.py")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), text.as_str())).collect();
    sealer.request(&files)
}

/// Server-sent events as they come: names, ids and data.
struct Events(BufReader<Box<dyn std::io::Read + Send + Sync>>);

impl Events {
    fn of(node: &Engine, path: &str, last: Option<u64>) -> Self {
        let mut request = ureq::get(format!("{}{path}/events", node.url)).header("x-api-key", &node.key);
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.call().expect("events");
        Self(BufReader::new(Box::new(response.into_body().into_reader())))
    }
}

impl Iterator for Events {
    type Item = (String, Value);

    /// `None` when the connection ends, in order or not.
    fn next(&mut self) -> Option<Self::Item> {
        let (mut name, mut data) = (String::new(), Value::Null);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("data", value)) => data = serde_json::from_str(value).expect("JSON"),
                None if line.trim_end().is_empty() && !name.is_empty() => return Some((name, data)),
                _ => {}
            }
        }
    }
}

#[test]
fn a_job_whose_node_is_killed_is_finished_by_another_each_file_once() {
    const FILES: usize = 150;
    // The second job has the files of the first.
    let mut cluster = Cluster::start(3, &[&limits_off()[..], &["--keep-results=0"]].concat());
    let sealer = Sealer::new(1);
    let opened = cluster.nodes[0].post("/api/v1/ast/batch", Some(&sealer), &upload(&sealer, FILES)).ok();
    let path = format!("/api/v1/ast/batch/{}", opened["batchId"].as_str().unwrap());
    let mut told = Vec::new();
    let index = |data: &Value| data["index"].as_u64().unwrap();
    for (name, data) in Events::of(&cluster.nodes[0], &path, None) {
        if name == "result" {
            told.push(index(&data));
        }
        if told.len() == 5 {
            break;
        }
    }
    cluster.kill(0);
    let page = cluster.nodes[0].get(&path).ok();
    assert_eq!(page["status"], "running", "it is in the middle: {}", page["progress"]);
    // Whoever watches it goes on where it was.
    let mut ended = false;
    for (name, data) in Events::of(&cluster.nodes[0], &path, told.last().copied()) {
        match name.as_str() {
            "result" => told.push(index(&data)),
            "end" => {
                assert_eq!(data["status"], "done", "{data}");
                ended = true;
            }
            _ => {}
        }
    }
    assert!(ended, "the events end with the job: {told:?}");
    assert_eq!(told, (0..FILES as u64).collect::<Vec<_>>());
    let page = cluster.nodes[1].get(&format!("{path}?limit=1000")).ok();
    assert_eq!((&page["status"], &page["progress"]["finished"]), (&json!("done"), &json!(FILES)), "{page}");
    let mut results = BTreeSet::new();
    for result in page["results"].as_array().unwrap() {
        assert_eq!(result["status"], "success", "{result}");
        assert_eq!(result["findings"].as_array().map(Vec::len), Some(1), "{result}");
        assert_eq!(result["path"], format!("{}.py", index(result)));
        assert!(results.insert(index(result)), "twice: {result}");
    }
    assert_eq!(results.len(), FILES);

    // Whoever gives a job up may do so at any node.
    let opened = cluster.nodes[0].post("/api/v1/ast/batch", Some(&sealer), &upload(&sealer, FILES)).ok();
    let path = format!("/api/v1/ast/batch/{}", opened["batchId"].as_str().unwrap());
    let mut events = Events::of(&cluster.nodes[0], &path, None);
    events.find(|(name, _)| name == "result").expect("it is at work");
    assert_eq!(cluster.nodes[1].delete(&path).ok()["status"], "cancelled");
    let (_, end) = events.find(|(name, _)| name == "end").expect("who watches it at another node is told");
    assert_eq!(end["status"], "cancelled");
    let page = cluster.nodes[0].get(&path).ok();
    assert!(page["progress"]["finished"].as_u64().unwrap() < FILES as u64, "{}", page["progress"]);
}

#[test]
fn a_redis_that_dies_is_waited_for_and_all_goes_on_when_it_is_back() {
    let mut cluster = Cluster::start(2, &limits_off());
    let sealer = Sealer::new(1);
    let mut typing = Typing::start(cluster.editor());
    typing.told("analyses");
    let request = sealer.request(&[("a.py", "x = 1\n")]);
    let session = cluster.nodes[0].analyze(&sealer, &request).ok()["session"]["sessionId"].clone();
    let mut again = request.clone();
    again["sessionId"] = session.clone();
    let mut more = upload(&sealer, 2);
    more["complete"] = json!(false);
    let job = cluster.nodes[0].post("/api/v1/ast/batch", Some(&sealer), &more).ok()["batchId"].clone();
    let path = format!("/api/v1/ast/batch/{}", job.as_str().unwrap());

    cluster.redis.kill();
    for node in &cluster.nodes {
        let session = format!("/api/v1/ast/sessions/{}", session.as_str().unwrap());
        let replies = [
            node.analyze(&sealer, &again),
            node.post("/api/v1/ast/batch", Some(&sealer), &more),
            node.get(&path),
            node.get(&format!("{path}/events")),
            node.delete(&session),
            node.delete(&path),
            node.get("/api/v1/patterns"),
        ];
        for reply in replies {
            reply.expect_error(503, "INTERNAL_ERROR");
            let after: u64 = reply.header("retry-after").expect("when to come back").parse().unwrap();
            assert!((1..=60).contains(&after), "{after}");
        }
        let ready = node.send("GET", "/health/ready", &[], None);
        assert_eq!((ready.status, &ready.json()["status"]), (503, &json!("store unavailable")));
        assert_eq!(node.send("GET", "/health/live", &[], None).status, 200);
    }
    // Who types does not notice.
    typing.types(VULNERABLE);
    typing.expect_all_findings();
    assert!(cluster.live_sessions(0) > 0);

    cluster.redis.start_again(true);
    typing.types(VULNERABLE);
    typing.expect_all_findings();
    assert!(cluster.live_sessions(0) > 0);
    assert_eq!(cluster.nodes[1].post("/api/v1/ast/analyze", None, &again).ok()["session"]["sessionId"], session);
    let mut rest = upload(&sealer, 1);
    (rest["batchId"], rest["firstIndex"]) = (job, json!(2));
    cluster.nodes[1].post("/api/v1/ast/batch", None, &rest).ok();
    let done = eventually("the job", || {
        let page = cluster.nodes[0].get(&path).ok();
        (page["status"] != "running").then_some(page)
    });
    assert_eq!((&done["status"], done["results"].as_array().map(Vec::len)), (&json!("done"), Some(3)), "{done}");
    assert_eq!(cluster.nodes[0].send("GET", "/health/ready", &[], None).status, 200);

    // One that hangs is as one that is away.
    let signal = |signal| {
        let process = rustix::process::Pid::from_raw(cluster.redis.process().try_into().unwrap()).unwrap();
        rustix::process::kill_process(process, signal).unwrap();
    };
    signal(rustix::process::Signal::STOP);
    cluster.nodes[0].analyze(&sealer, &again).expect_error(503, "INTERNAL_ERROR");
    typing.types(VULNERABLE);
    typing.expect_all_findings();
    signal(rustix::process::Signal::CONT);
    wait_until("an answer", || cluster.nodes[0].analyze(&sealer, &again).status == 200);

    // One that comes back with nothing knows nobody. That is said; and who gets a key then is served by the engines that are there.
    cluster.redis.kill();
    cluster.redis.start_again(false);
    cluster.nodes[1].analyze(&sealer, &again).expect_error(401, "INVALID_API_KEY");
    let key = administer(&["keys", "add", "first", "--redis", &cluster.redis.address()]);
    for node in &cluster.nodes {
        assert_eq!(node.send("GET", "/health/ready", &[], None).status, 200);
        assert_eq!(analyze_as(node, &key).ok()["results"][0]["status"], "success");
        node.send("GET", &path, &[("x-api-key", &key)], None).expect_error(404, "INVALID_REQUEST");
    }
    typing.types(VULNERABLE);
    typing.expect_all_findings();
    let log = cluster.kill(1);
    assert!(log.contains("what was kept in Redis"), "{log}");
}

/// Whether a key may begin a live session at a node: the status of the answer.
fn knock(node: &Engine, key: &str) -> (u16, TcpStream) {
    let mut stream = TcpStream::connect(node.url.strip_prefix("http://").unwrap()).unwrap();
    let request = format!(
        "GET /api/v1/ast/stream HTTP/1.1\r\nHost: x\r\nx-api-key: {key}\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: weir.link.v1\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    (String::from_utf8_lossy(&answer[9..]).parse().unwrap(), stream)
}

#[test]
fn live_sessions_of_a_key_are_counted_over_all_nodes() {
    // An editor has one for each of its analysis processes.
    let mut cluster = Cluster::start(2, &["--live-sessions-per-key=4"]);
    let mut editors: Vec<_> = (0..2).map(|_| Typing::start(cluster.editor())).collect();
    for editor in &mut editors {
        editor.told("analyses");
    }
    wait_until("the editors at their node", || cluster.live_sessions(0) == 4);
    let (status, _) = knock(&cluster.nodes[1], &cluster.key);
    assert_eq!(status, 429, "the other node has all that there may be");
    // A session that ends is free at once. One that does not come to keys ends with its connection.
    let mut stays = editors.remove(0);
    assert!(editors.remove(0).editor.shutdown().success());
    wait_until("a free session", || knock(&cluster.nodes[1], &cluster.key).0 == 101);
    // Those of a node that died are free when it has been silent for a while, and until then the editor analyses by itself.
    let mut goes = Typing::start(cluster.editor());
    goes.types(VULNERABLE);
    goes.expect_all_findings();
    wait_until("both editors at their node", || cluster.live_sessions(0) == 4);
    drop(goes);
    cluster.kill(0);
    stays.types(VULNERABLE);
    stays.expect_all_findings();
    wait_until("the editor at the other node", || cluster.live_sessions(0) > 0);
    stays.types(VULNERABLE);
    stays.expect_all_findings();
}

#[test]
fn what_a_team_agrees_on_reaches_editors_at_any_node() {
    const RULE: &str = "rules:\n  - {id: ours, languages: [python], severity: ERROR, message: m, pattern: ours(...)}\n";
    let mut cluster = Cluster::start(2, &limits_off());
    let person = super::person::Person::new();
    person.logged_in_at(&cluster.balancer.url(), &cluster.key, &["--team-rules"]);
    let url = cluster.balancer.url();
    let mut editors = Vec::new();
    for number in 0..2 {
        let mut editor = LspClient::start_with(person.weir(), &["--engine", &url]);
        editor.initialize(&capabilities(), None, &Value::Null);
        editor.open(URI, "python", "ours(1)\n");
        assert!(editor.diagnostics(URI, 1).is_empty());
        wait_until("the editor at its node", || cluster.live_sessions(0) > 0);
        cluster.prefer(1);
        editors.push((number, editor));
    }
    let rules = person.home.path().join("ours.yaml");
    std::fs::write(&rules, RULE).unwrap();
    let redis = cluster.redis.address();
    administer(&["team", "set", "red", "--rules", rules.to_str().unwrap(), "--redis", &redis]);
    for (_, editor) in &mut editors {
        editor.wait_until_published(URI, |found| found.iter().any(|one| one["code"] == "ours"));
    }
    administer(&["team", "clear", "red", "--redis", &redis]);
    for (_, editor) in &mut editors {
        editor.wait_until_published(URI, <[Value]>::is_empty);
    }
}

#[test]
fn an_engine_with_another_identity_than_the_others_does_not_start() {
    let cluster = Cluster::start(1, &[]);
    let data = tempfile::tempdir().unwrap();
    let other = Command::new(weir())
        .args(["engine", "--listen", "127.0.0.1:0", "--redis", &cluster.redis.address(), "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(said.contains("--identity-file"), "{said}");
}
