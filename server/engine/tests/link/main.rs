//! Live links over real sockets, with real sealed workers.
#![cfg(unix)]

mod editor;
mod leases;
mod server;
mod talk;

use editor::{Editor, Got, PATIENCE, binary, connect, text, within};
use futures_util::SinkExt as _;
use server::{ALICE, BOB, CAROL, MAX_CONNECTIONS, MAX_SESSIONS, Server, UNCOUNTED};
use std::sync::Arc;
use std::time::Duration;
use talk::{
    A, Local, findings, gone, gone_of, hash, limits, note, open, plain_get, ready, rules, scan, stale, told_of_the_end,
};
use tokio_tungstenite::tungstenite::Message;
use weir_engine::socket::{
    CLOSE_KILL, Denied, End, Gate, LinkConfig, LinkEvent, LinkLimits, Notice, PROTOCOL, SESSION_HEADER,
};
use weir_engine::store::{Team, TeamChange, TeamRules};
use weir_engine::tenant::NewTenant;
use weir_engine::{Clock, Store, StoreConfig};
use weir_model::link::{Down, Tag, Up};
use weir_model::{DocId, Document, Edit, Event, Language, NoteKind, Request, Span, Version};
use weir_seal::{HandshakeError, Identity};

const B: DocId = DocId(2);

const TEXT: &str = "import os\ndef f(x):\n    c = input()\n    os.system(c)\n    return eval(x)\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_are_those_of_a_local_worker_edit_by_edit() {
    let server = Server::start(|_| {}).await;
    let mut editor = ready(&server).await;
    let mut local = Local::start();
    let mut document = Document::new(TEXT, Version(1), Some(Language::Python));
    editor.request(open(A, 1, TEXT)).await;
    let opened = findings(&mut editor, A, 1).await;
    assert_eq!(opened.len(), 2);
    local.pool.open(A, "app.py".into(), document.clone());
    assert_eq!(opened, local.findings(1).await);
    for (version, (find, put)) in (2..).zip([
        ("input()", "'ls'"),
        ("eval(x)", "eval(x) + eval('é')"),
        ("'ls'", "input("),
        ("input(", "input()"),
        ("def", ""),
    ]) {
        let start = document.text().to_string().find(find).expect("it is there");
        let edits = vec![Edit::new(Span::from(start..start + find.len()), put)];
        let (base, version) = (document.version(), Version(version));
        document.apply(&edits, version).expect("it fits");
        editor.request(Request::Edit { doc: A, base, version, edits: edits.clone() }).await;
        local.pool.edit(A, base, document.clone(), edits);
        assert_eq!(findings(&mut editor, A, version.0).await, local.findings(version.0).await, "{find} -> {put}");
    }
    local.pool.shutdown().await;
    editor.send_message(text(r#"{"type":"end"}"#)).await;
    assert_eq!(editor.closed().await, (1000, "ENDED".to_owned()));
    let metrics = server.sockets.metrics();
    assert_eq!((metrics.sessions, metrics.links_total), (0, 1));
    assert_eq!(metrics.ended.get("asked"), Some(&1));
    assert!(metrics.frames_up >= 8 && metrics.frames_down >= 8);
    assert_eq!(server.records(), [LinkEvent::Ended(End::Asked)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_another_text_is_refused_with_the_text_that_is_held() {
    let server = Server::start(|_| {}).await;
    let mut editor = ready(&server).await;
    editor.request(open(A, 1, "eval(a)")).await;
    let held = Some((Version(1), hash("eval(a)")));
    let edits = vec![Edit::new(Span::new(5, 6), "b")];
    let (version, to) = (Version(2), hash("eval(b)"));
    for (base, base_hash, hash) in [
        (Version(0), hash("eval(a)"), to),
        (Version(1), hash("eval(z)"), to),
        (Version(1), hash("eval(a)"), hash("eval(z)")),
    ] {
        editor.up(&Up::Edit { doc: A, base, base_hash, version, hash, edits: edits.clone() }).await;
        assert_eq!(stale(&mut editor).await, (A, held));
    }
    editor.up(&Up::Again { doc: B, version, hash: to }).await;
    assert_eq!(stale(&mut editor).await, (B, None));
    editor.request(Request::Edit { doc: A, base: Version(1), version, edits }).await;
    assert_eq!(findings(&mut editor, A, 2).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_broken_connection_only_what_changed_is_sent() {
    let server = Server::start(|_| {}).await;
    let mut editor = ready(&server).await;
    editor.request(open(A, 1, "eval(a)")).await;
    editor.request(open(B, 1, "eval(b)")).await;
    findings(&mut editor, B, 1).await;
    let mut editor = editor.again(server.address, ALICE).await;
    assert!(editor.resumed);
    let mut held = editor.link(&server.identity).await;
    held.documents.sort_by_key(|held| held.doc);
    assert_eq!(held.documents.iter().map(|held| held.doc).collect::<Vec<_>>(), [A, B]);
    editor.request(limits()).await;
    assert!(matches!(editor.request(rules(2)).await, Up::RulesAgain { generation: 2, .. }));
    editor.rules_loaded().await;
    assert!(matches!(editor.request(open(A, 1, "eval(a)")).await, Up::Again { doc: A, .. }));
    assert_eq!(findings(&mut editor, A, 1).await.len(), 1);
    let edit = editor.request(open(B, 2, "eval(b); eval(c)")).await;
    assert!(matches!(&edit, Up::Edit { edits, .. } if edits[0].text == "; eval(c)"), "{edit:?}");
    assert_eq!(findings(&mut editor, B, 2).await.len(), 2);
    // What was sent is sealed with other keys now, and the resumption is another: once more.
    let mut editor = editor.again(server.address, ALICE).await;
    assert_eq!(editor.link(&server.identity).await.documents.len(), 2);
    assert_eq!(server.sockets.metrics().resumed_total, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_taken_up_by_who_left_it_only() {
    let server = Server::start(|_| {}).await;
    let mut editor = ready(&server).await;
    editor.request(open(A, 1, "eval(a)")).await;
    findings(&mut editor, A, 1).await;
    let mut thief = Editor::connect(server.address, ALICE, Some(&editor.context.session)).await.expect("same customer");
    assert_eq!(editor.closed().await, (4409, "REPLACED".to_owned()));
    let refused = thief.offered(&server.identity, None).await.map(|_| ());
    assert_eq!(refused, Err(HandshakeError::Resumption), "without the secret nothing is offered");
    let mut other = Editor::connect(server.address, ALICE, None).await.expect("a session of its own");
    other.link(&server.identity).await;
    let refused = thief.offered(&server.identity, other.resumption).await.map(|_| ());
    assert_eq!(refused, Err(HandshakeError::Resumption), "nor with that of another session");
    let mut editor = editor.again(server.address, ALICE).await;
    assert_eq!(editor.link(&server.identity).await.documents.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_with_another_identity_is_not_believed() {
    let server = Server::start(|_| {}).await;
    let mut editor = Editor::connect(server.address, ALICE, None).await.expect("let in");
    let another = Identity::generate().expect("randomness").public();
    let refused = editor.offered(&another, None).await.map(|_| ());
    assert_eq!(refused, Err(HandshakeError::Signature));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_dies_is_told_and_the_next_session_is_as_good() {
    let server = Server::start(|_| {}).await;
    let mut editor = ready(&server).await;
    server.signal("-KILL");
    assert_eq!(editor.closed().await, (4500, "WORKER_ENDED".to_owned()));
    let gone = Editor::connect(server.address, ALICE, Some(&editor.context.session)).await.map(|_| ());
    let gone = gone.expect_err("its worker is gone");
    assert_eq!((gone.status, gone.code.as_str()), (404, "SESSION_EXPIRED"));
    let mut editor = ready(&server).await;
    editor.request(open(A, 1, "eval(a)")).await;
    assert_eq!(findings(&mut editor, A, 1).await.len(), 1);
}

/// What the worker does, how its sessions end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_misbehaves_is_ended() {
    for (worker, expected) in [("burn", (4501, "WORKER_STUCK")), ("babble", (4500, "WORKER_ENDED"))] {
        let server = Server::with_worker(worker, |config| {
            (config.tick, config.burn) = (Duration::from_millis(100), Duration::from_millis(100));
        })
        .await;
        let mut editor = Editor::connect(server.address, ALICE, None).await.expect("let in");
        assert_eq!(editor.closed().await, (expected.0, expected.1.to_owned()), "{worker}");
    }
    let server = Server::start(|config| config.program.path = "/nowhere/at/all".into()).await;
    let mut socket =
        connect(server.address, &[("x-api-key", ALICE), ("sec-websocket-protocol", PROTOCOL)]).await.expect("let in");
    let said = within(futures_util::StreamExt::next(&mut socket)).await.expect("a close").expect("a close");
    assert!(matches!(said, Message::Close(Some(frame)) if u16::from(frame.code) == 4503));
}

/// Who asks for what, what the answer is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_come_in_is_told_why() {
    let server = Server::start(|_| {}).await;
    let (key, protocol) = (("x-api-key", ALICE), ("sec-websocket-protocol", PROTOCOL));
    let editor = Editor::connect(server.address, ALICE, None).await.expect("let in");
    let session = (SESSION_HEADER, editor.context.session.as_str());
    for (headers, status, code) in [
        (vec![protocol], 401, "AUTH_REQUIRED"),
        (vec![("x-api-key", " "), protocol], 401, "AUTH_REQUIRED"),
        (vec![("authorization", "Basic abc"), protocol], 401, "AUTH_REQUIRED"),
        (vec![("x-api-key", "wrong"), protocol], 401, "INVALID_API_KEY"),
        (vec![("authorization", "Bearer wrong"), protocol], 401, "INVALID_API_KEY"),
        (vec![("x-api-key", "nobody-knows"), protocol], 503, "INTERNAL_ERROR"),
        (vec![("x-api-key", UNCOUNTED), protocol], 503, "INTERNAL_ERROR"),
        (vec![key], 400, "INVALID_REQUEST"),
        (vec![key, ("sec-websocket-protocol", "weir.link.v0")], 400, "INVALID_REQUEST"),
        (vec![key, protocol, (SESSION_HEADER, "guessed")], 404, "SESSION_EXPIRED"),
        (vec![key, protocol, (SESSION_HEADER, "")], 404, "SESSION_EXPIRED"),
        (vec![("x-api-key", BOB), protocol, session], 404, "SESSION_EXPIRED"),
    ] {
        let refusal = connect(server.address, &headers).await.map(|_| ()).expect_err("sent away");
        assert_eq!((refusal.status, refusal.code.as_str()), (status, code), "{headers:?}");
    }
    let bearer = format!("bearer {ALICE}");
    let others = [("authorization", bearer.as_str()), ("sec-websocket-protocol", "weir.link.v9, weir.link.v1")];
    connect(server.address, &others).await.expect("a key by another header, and one of two versions");
    assert_eq!(plain_get(&server).await, "HTTP/1.1 426 Upgrade Required");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_has_so_many_sessions_and_connections_and_no_more() {
    let server = Server::start(|config| config.grace = Duration::from_hours(1)).await;
    let mut editors = Vec::new();
    for _ in 0..MAX_SESSIONS {
        editors.push(ready(&server).await);
    }
    let refused = |got: Result<Editor, editor::Refusal>| got.map(|_| ()).expect_err("one too many").status;
    assert_eq!(refused(Editor::connect(server.address, ALICE, None).await), 429);
    // Without a connection a session is one still.
    let left = editors.pop().expect("one");
    let id = left.context.session.clone();
    left.close(1000).await;
    assert_eq!(refused(Editor::connect(server.address, ALICE, None).await), 429);
    let mut back = Editor::connect(server.address, ALICE, Some(&id)).await.expect("taken up");
    back.send_message(text(r#"{"type":"end"}"#)).await;
    back.closed().await;
    // It is counted until all that belongs to it is gone.
    within(async {
        while Editor::connect(server.address, ALICE, None).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut connected = Vec::new();
    for _ in 0..MAX_CONNECTIONS {
        connected.push(Editor::connect(server.address, BOB, None).await.expect("another key has its own"));
    }
    assert_eq!(refused(Editor::connect(server.address, BOB, None).await), 429);
}

/// What is sent before a link is made, how the connection ends. `None`: with an answer of the worker's, and no end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_before_a_link_ends_the_connection() {
    let server = Server::start(|_| {}).await;
    let sealed = [Tag::Sealed.byte(), 1, 2, 3];
    let protocol = Some((4400, "PROTOCOL"));
    for (message, expected) in [
        (binary(&[]), protocol),
        (binary(&sealed), protocol),
        (binary(&[Tag::Accept.byte()]), protocol),
        (binary(&[Tag::Counters.byte()]), protocol),
        (binary(&[Tag::Terms.byte(), 1]), protocol),
        (binary(&[Tag::Refused.byte(), 0]), protocol),
        (binary(&[200, 1, 2]), protocol),
        (binary(&[[Tag::Hello.byte()].as_slice(), &[7; 500]].concat()), protocol),
        (text("not JSON"), protocol),
        (text(r#"{"type":"unheard-of"}"#), protocol),
        (text(&format!(r#"{{"type":"end","x":"{}"}}"#, "x".repeat(5000))), protocol),
        (binary(&vec![Tag::Sealed.byte(); 3 << 20]), protocol),
        (binary(&[Tag::Hello.byte(), 1, 2, 3]), None),
    ] {
        let mut editor = Editor::connect(server.address, CAROL, None).await.expect("let in");
        let what = format!("{:?}", &message.clone().into_data()[..message.len().min(20)]);
        // Of what is too large not all is taken.
        let _ = within(editor.socket.send(message)).await;
        if let Some((code, reason)) = expected {
            let (got, last) = editor.closed().await;
            // The rest of what is too large may arrive after the connection was closed, and then nothing is heard.
            assert!((got, last.as_str()) == (code, reason) || (got == 0 && what.contains("[2, 2, 2")), "{what}: {got}");
        } else {
            assert_eq!(editor.got().await.tag(), Some(Tag::Refused), "{what}");
            // It may try again.
            editor.link(&server.identity).await;
            editor.send_message(text(r#"{"type":"end"}"#)).await;
            editor.closed().await;
        }
    }
}

/// What is sent over a link, how the connection ends; the session stays, and can be taken up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_over_a_link_ends_the_connection_and_not_the_session() {
    let server = Server::start(|_| {}).await;
    let mut editor = ready(&server).await;
    editor.request(open(A, 1, "eval(a)")).await;
    findings(&mut editor, A, 1).await;
    let replayed = editor.sealed(&Up::Request(Request::Ping { nonce: 1 })).concat();
    editor.send_message(binary(&replayed)).await;
    let forged = [[Tag::Sealed.byte()].as_slice(), &[9; 300]].concat();
    let accept = [Tag::Accept.byte(), 1, 2, 3];
    for (message, expected) in [
        (Some(replayed), (4422, "LINK_BROKEN")),
        (Some(forged), (4422, "LINK_BROKEN")),
        (Some(vec![Tag::Sealed.byte()]), (4422, "LINK_BROKEN")),
        (Some(accept.to_vec()), (4400, "PROTOCOL")),
        (Some(vec![77]), (4400, "PROTOCOL")),
        // Sealed as it should be, and none of the words: an edit without its hashes.
        (None, (4422, "LINK_BROKEN")),
    ] {
        let message = message.unwrap_or_else(|| {
            let (base, version, edits) = (Version(1), Version(2), Vec::new());
            editor.sealed(&Up::Request(Request::Edit { doc: A, base, version, edits })).concat()
        });
        editor.send_message(binary(&message)).await;
        let (code, reason) = editor.closed().await;
        assert_eq!((code, reason.as_str()), expected, "{message:?}");
        editor = editor.again(server.address, ALICE).await;
        assert_eq!(editor.link(&server.identity).await.documents.len(), 1);
    }
    assert_eq!(server.sockets.metrics().sessions_total, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_that_floods_waits_and_nothing_is_lost() {
    const FILES: u64 = 48;
    let server = Server::start(|_| {}).await;
    let mut editor = ready(&server).await;
    server.signal("-STOP");
    let messages: Vec<Vec<u8>> = (0..FILES)
        .flat_map(|job| editor.sealed(&Up::Request(scan(job, format!("# {}", "x".repeat(1_000_000))))))
        .collect();
    let all: usize = messages.iter().map(Vec::len).sum();
    let taken = || server.sockets.metrics().bytes_up as usize;
    let before = taken();
    let stuck = async {
        let mut last = 0;
        // The engine takes no more: neither for the worker nor into its memory.
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            match taken() - before {
                now if now == last && now > 0 => return now,
                now => last = now,
            }
        }
    };
    let mut messages = messages.into_iter();
    tokio::select! {
        () = async {
            for message in messages.by_ref() {
                editor.socket.feed(Message::Binary(message.into())).await.expect("it reads");
                editor.socket.flush().await.expect("it reads");
            }
        } => panic!("48 MB were taken for a worker that reads nothing"),
        now = within(stuck) => assert!(now < all / 4, "{now} of {all}"),
    }
    server.signal("-CONT");
    // The message at hand when the editor gave up is half out: the rest of it goes first.
    for message in messages {
        editor.send_message(Message::Binary(message.into())).await;
    }
    within(editor.socket.flush()).await.expect("it reads");
    for _ in 0..FILES {
        editor.until(|down| matches!(down, Down::Event(Event::Scanned { .. })).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_expires_goes_on_with_a_new_handshake() {
    let server = Server::start(|config| config.expiry_notice = config.expiry).await;
    let mut editor = told_of_the_end(&server).await;
    // Over the same connection: what the worker holds stays, and so does what the editor knows of it.
    let held = editor.link(&server.identity).await;
    assert_eq!(held.documents.len(), 1);
    let edits = vec![Edit::new(Span::new(5, 6), "b")];
    editor.request(Request::Edit { doc: A, base: Version(1), version: Version(2), edits }).await;
    assert_eq!(findings(&mut editor, A, 2).await.len(), 1);
    assert_eq!(server.sockets.metrics().links_total, 2);
}

/// A shorter time for something.
type Change = fn(&mut LinkConfig, Duration);

/// What is done to a session, and how it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_end_when_they_should() {
    let short = Duration::from_millis(50);
    let cases: [(Change, (u16, &str)); 3] = [
        (|config, short| (config.expiry, config.expiry_notice) = (short, Duration::ZERO), (4410, "SESSION_EXPIRED")),
        (|config, short| config.idle = short, (4411, "IDLE")),
        (|config, short| config.handshake_timeout = short, (4408, "HANDSHAKE")),
    ];
    for (change, expected) in cases {
        let server = Server::start(|config| change(config, short)).await;
        let mut editor = Editor::connect(server.address, ALICE, None).await.expect("let in");
        let (code, reason) = editor.closed().await;
        assert_eq!((code, reason.as_str()), expected);
        gone(&server, &editor.context.session).await;
    }
    let server =
        Server::start(|config| (config.tick, config.recheck) = (Duration::from_millis(50), Duration::ZERO)).await;
    let mut editor = ready(&server).await;
    server.revoke(ALICE);
    assert_eq!(editor.closed().await, (4401, "INVALID_API_KEY".to_owned()));
    // A process that is killed, and one that is killed with something unread, or by its network.
    for is_reset in [false, true] {
        let server = Server::start(|config| config.grace = short).await;
        let editor = ready(&server).await;
        let session = editor.context.session.clone();
        if is_reset {
            editor.socket.get_ref().set_zero_linger().expect("a socket");
        }
        drop(editor);
        gone(&server, &session).await;
        assert_eq!(server.records(), [LinkEvent::Left, LinkEvent::Ended(End::Abandoned)]);
        let ended = server.sockets.metrics().ended;
        assert_eq!(ended.iter().filter(|(_, count)| **count > 0).collect::<Vec<_>>(), [(&"abandoned", &1)]);
    }
    let server = Server::start(|_| {}).await;
    let editor = ready(&server).await;
    let session = editor.context.session.clone();
    editor.close(CLOSE_KILL).await;
    gone(&server, &session).await;
    assert_eq!(server.records().last(), Some(&LinkEvent::Ended(End::Killed)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_that_nobody_touches_are_forgotten_and_asked_for_again() {
    let server = Server::start(|config| {
        (config.idle_document, config.tick) = (Duration::from_millis(1), Duration::from_millis(20));
    })
    .await;
    let mut editor = ready(&server).await;
    editor.request(open(A, 1, "eval(a)")).await;
    for nonce in 0.. {
        let hash = hash("eval(a)");
        let (base, version) = (Version(1), Version(1));
        editor.up(&Up::Edit { doc: A, base, base_hash: hash, version, hash, edits: Vec::new() }).await;
        editor.up(&Up::Request(Request::Ping { nonce })).await;
        let forgotten = editor
            .until(|down| match down {
                Down::Stale { doc: A, held } => Some(Some(*held)),
                Down::Event(Event::Pong { nonce: echoed }) if *echoed == nonce => Some(None),
                _ => None,
            })
            .await;
        if let Some(held) = forgotten {
            assert_eq!(held, Some((Version(1), hash)), "what it was is known still");
            break;
        }
    }
    editor.again(server.address, ALICE).await.link(&server.identity).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_a_limit_is_not_analysed_and_that_is_said() {
    let server = Server::start(|config| (config.session_documents, config.file_bytes) = (1, 20)).await;
    let mut editor = ready(&server).await;
    editor.request(open(A, 1, "eval(a)")).await;
    assert_eq!(findings(&mut editor, A, 1).await.len(), 1);
    editor.request(open(B, 1, "eval(b)")).await;
    assert_eq!(note(&mut editor).await, NoteKind::TooLarge);
    let edits = vec![Edit::new(Span::new(5, 6), "b".repeat(30))];
    editor.request(Request::Edit { doc: A, base: Version(1), version: Version(2), edits }).await;
    assert_eq!(note(&mut editor).await, NoteKind::TooLarge);
    editor.request(scan(1, "#".repeat(21))).await;
    assert_eq!(note(&mut editor).await, NoteKind::TooLarge);
    editor.request(Request::Close { doc: A }).await;
    editor.request(open(B, 2, "eval(b)")).await;
    assert_eq!(findings(&mut editor, B, 2).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_stops_says_so_and_waits_for_who_is_there() {
    let server = Server::start(|_| {}).await;
    let mut editor = ready(&server).await;
    let left = Editor::connect(server.address, BOB, None).await.expect("let in");
    let session = left.context.session.clone();
    left.close(1000).await;
    gone_of(&server, BOB, &session).await;
    let draining = tokio::spawn({
        let sockets = server.sockets.clone();
        async move { sockets.drain(PATIENCE).await }
    });
    assert!(matches!(editor.got().await, Got::Notice(Notice::Drain { .. })));
    let refused = Editor::connect(server.address, ALICE, None).await.map(|_| ()).expect_err("nobody comes in");
    assert_eq!(refused.status, 503);
    // There is time to end what is at hand.
    editor.request(open(A, 1, "eval(a)")).await;
    assert_eq!(findings(&mut editor, A, 1).await.len(), 1);
    assert!(!draining.is_finished());
    editor.close(1000).await;
    within(draining).await.expect("no panic");

    let server = Server::start(|_| {}).await;
    let mut editor = ready(&server).await;
    within(server.sockets.drain(Duration::ZERO)).await;
    assert_eq!(editor.closed().await, (1012, "DRAIN".to_owned()));
    assert_eq!(server.sockets.metrics().sessions, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_team_has_of_its_own_is_told_when_it_changes() {
    let server = Server::start(|_| {}).await;
    let mut early = Editor::connect(server.address, ALICE, None).await.expect("let in");
    let rules = TeamRules { name: "ours.yaml".to_owned(), text: "rules: []".to_owned() };
    let team = Team { name: "team".to_owned(), version: 3, rules: Some(vec![rules]), config: None };
    server.team.send_replace(Some(Arc::new(team.clone())));
    let mut late = Editor::connect(server.address, BOB, None).await.expect("let in");
    let expected = Notice::from(&team);
    assert_eq!((&early.team, &late.team), (&Notice::NoTeam, &expected));
    assert!(matches!(early.got().await, Got::Notice(notice) if notice == expected));
    server.team.send_replace(None);
    for editor in [&mut early, &mut late] {
        assert!(matches!(editor.got().await, Got::Notice(Notice::NoTeam)));
    }
}

/// The same doors as an engine has them: by its store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_of_a_store_are_let_in_until_their_key_is_revoked() {
    let data = tempfile::tempdir().expect("a directory");
    let store = Store::open(StoreConfig::embedded(data.path()), Clock::system()).await.expect("a new store");
    let tenants = store.tenants();
    let (key, tenant) =
        tenants.add(NewTenant { name: "alice".to_owned(), ..NewTenant::default() }).await.expect("added");
    let gate = Gate::of(&store, LinkLimits::default(), Arc::new(|_| {}));
    let customer = (gate.authenticate)(key.reveal()).await.expect("known");
    assert_eq!((&customer.id, &customer.team), (&tenant.id, &tenant.team));
    assert_eq!((gate.is_valid)(customer.key.clone()).await, Some(true));
    assert_eq!((gate.authenticate)("weir_no_key".to_owned()).await, Err(Denied::Unknown));
    assert_eq!((gate.is_valid)("nobody".to_owned()).await, Some(false));
    let mut team = (gate.team)(customer.team).await.expect("the store works");
    assert!(team.borrow().is_none());
    let change = TeamChange { config: Some("[rules]".to_owned()), ..TeamChange::default() };
    tenants.set_team(&tenant.team, change).await.expect("set");
    within(team.changed()).await.expect("told");
    tenants.revoke("alice").await.expect("revoked");
    assert_eq!((gate.authenticate)(key.reveal()).await, Err(Denied::Unknown));
    // Of sessions that are open it is noticed a little later.
    within(async {
        while (gate.is_valid)(tenant.id.clone()).await != Some(false) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}
