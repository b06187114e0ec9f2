//! A pool against an engine in this process, which speaks the real handshake over a real socket.

mod engine;
mod pool;

use super::{ConnectError, Notice, State, connect, socket::Connections};
use engine::{Behaviour, Engine, target};
use pool::Test;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use weir_model::link::Up;
use weir_model::{DocId, Request};
use weir_seal::Identity;
use weir_worker::Update;

/// Far more than any of this takes: a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

const KEY: &str = "the-key-of-a-test";
const DOC: DocId = DocId(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_is_served_over_a_sealed_link() {
    let engine = Engine::start(Behaviour::default()).await;
    let mut test = Test::start(&engine.target());
    test.rules().await;
    assert_eq!(test.open("text").await, ("there".to_owned(), "text".to_owned()));
    assert_eq!(test.edit(4, 4, " typed").await, ("there".to_owned(), "text typed".to_owned()));
    // One of several frames, whose progress is told.
    let large = "x".repeat(3 << 20);
    assert_eq!(test.scan(&large).await, "there");
    test.until_notice(|notice| matches!(notice, Notice::Sending { done, all } if done == all && *all > 1)).await;
    assert!(matches!(&test.notices[..], [Notice::State(State::Linked), Notice::Sending { .. }]), "{:?}", test.notices);
    assert!(engine.seen(|up| matches!(up, Up::Request(Request::Rules { kept, .. }) if kept.is_empty())));
    test.end().await;
    assert!(engine.ended(), "it was told before the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_engine_finds_where_the_text_has_nothing_is_left_out_and_that_is_said() {
    let engine = Engine::start(Behaviour { lies: true, ..Behaviour::default() }).await;
    let mut test = Test::start(&engine.target());
    test.rules().await;
    assert_eq!(test.open("text").await, ("there".to_owned(), "text".to_owned()));
    let Some(Update::Findings { findings, notes, .. }) = test.said.last() else { panic!("{:?}", test.said) };
    assert_eq!((findings.len(), notes.len()), (1, 2), "{findings:?} {notes:?}");
    assert!(notes[1].message.starts_with("2 findings name places"), "{notes:?}");
    // And it goes on.
    assert_eq!(test.edit(4, 4, " typed").await, ("there".to_owned(), "text typed".to_owned()));
    test.end().await;
    assert!(engine.ended(), "it was told before the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_away_is_stood_in_for_and_takes_over_when_it_comes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let identity = Arc::new(Identity::generate().expect("randomness"));
    let mut test = Test::start(&target(address, &identity));
    test.rules().await;
    assert_eq!(test.open("text").await.0, "here");
    assert!(matches!(&test.notices[..], [Notice::State(State::Away(_))]), "{:?}", test.notices);
    let engine = Engine::at(address, identity, Behaviour::default()).await;
    test.until_notice(|notice| *notice == Notice::State(State::Linked)).await;
    let mut len = 4;
    // It takes the slot over at a moment at which nothing is owed: from some edit on, and no edit is lost on the way.
    loop {
        let (place, text) = test.edit(len, len, "x").await;
        len += 1;
        assert_eq!(text.len(), len as usize);
        if place == "there" {
            break;
        }
    }
    // It had read the rules by then: nobody waits for them.
    let ups = engine.ups();
    let rules = |up: &Up| matches!(up, Up::Request(Request::Rules { .. }));
    let again = |up: &Up| matches!(up, Up::RulesAgain { .. });
    assert!(ups.iter().filter(|up| rules(up)).count() == 1 && ups.iter().any(again), "{ups:?}");
    assert!(!test.said.iter().any(|update| matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
    test.end().await;
    assert!(engine.ended(), "it was told before the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_the_next_link_only_what_changed_is_sent_and_nothing_is_held_against_a_document() {
    let engine = Engine::start(Behaviour::default()).await;
    let mut test = Test::start(&engine.target());
    test.rules().await;
    test.open("text").await;
    // More often than a document's record would stand.
    for cut in 1..=2 {
        engine.cut();
        engine.linked(cut + 1).await;
        let (place, text) = test.edit(0, 0, "x").await;
        assert_eq!((place.as_str(), text), ("there", format!("{}text", "x".repeat(cut))));
    }
    let count = |wanted: &dyn Fn(&Up) -> bool| engine.ups().iter().filter(|up| wanted(up)).count();
    assert_eq!(count(&|up| matches!(up, Up::Request(Request::Open { .. }))), 1, "its text was sent once");
    assert_eq!(count(&|up| matches!(up, Up::Request(Request::Rules { .. }))), 1, "and so were the rules");
    assert!(!test.said.iter().any(|update| matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
    assert_eq!(test.notices, [Notice::State(State::Linked)], "nobody is told of what is over before it is seen");
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_must_not_be_spoken_to_is_sent_nothing_and_not_tried_again() {
    let other = || Identity::generate().expect("randomness").public();
    for (behaviour, part) in [
        (Behaviour { proves: false, ..Behaviour::default() }, "pinned"),
        (Behaviour { key: "another-key", ..Behaviour::default() }, "refuses the API key"),
        (Behaviour { version: "0.0.0-other", ..Behaviour::default() }, "same version"),
        (Behaviour { says: Some(other().to_string()), ..Behaviour::default() }, "pinned"),
        (Behaviour { signs: false, ..Behaviour::default() }, "pinned"),
        (Behaviour { offers: Some(b"an offer of no version".to_vec()), ..Behaviour::default() }, "handshake"),
    ] {
        let told = usize::from(behaviour.proves);
        let engine = Engine::start(behaviour).await;
        let mut test = Test::start(&engine.target());
        test.rules().await;
        assert_eq!(test.open("secret").await.0, "here");
        let [Notice::State(State::Refused(reason))] = &test.notices[..] else { panic!("{:?}", test.notices) };
        assert!(reason.contains(part) && !reason.contains(KEY), "{reason}");
        // Another worker for the slot is one of here at once.
        test.pool.rules(2, Arc::from([]), Arc::from([]));
        assert_eq!(test.edit(0, 0, "x").await.0, "here");
        assert_eq!((engine.ups().len(), engine.connections()), (0, 1), "{part}");
        test.end().await;
        engine.left().await;
        assert_eq!(engine.state.told.load(Ordering::SeqCst), told, "{part}: who we are");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_of_which_nothing_is_heard_any_more_is_away() {
    let engine = Engine::start(Behaviour::default()).await;
    let mut test = Test::start(&engine.target());
    test.rules().await;
    test.open("text").await;
    engine.state.silent.store(true, Ordering::SeqCst);
    assert_eq!(test.edit(0, 0, "x").await, ("here".to_owned(), "xtext".to_owned()));
    test.until_notice(|notice| matches!(notice, Notice::State(State::Away(_)))).await;
    assert!(!test.said.iter().any(|update| matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
    test.end().await;
}

#[tokio::test]
async fn a_stranger_on_the_port_is_no_engine() {
    for (answer, part) in [
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", Err("no Weir engine")),
        ("HTTP/1.1 404 Not Found\r\n\r\n", Err("no Weir engine")),
        ("HTTP/1.1 302 Found\r\nlocation: http://evil/\r\ncontent-length: 0\r\n\r\n", Err("302")),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Err("no Weir engine")),
        ("HTTP/1.1 200 OK\r\ncontent-length: 25\r\n\r\n{\"service\":\"weir-engine\"}", Err("pinned")),
        ("HTTP/1.1 200 OK\r\ncontent-length: 38\r\n\r\n{\"service\":\"weir-engine\",\"proof\":\"AA\"}", Err("pinned")),
        ("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", Ok("503")),
        ("HTTP/1.1 429 Slowly\r\ncontent-length: 0\r\n\r\n", Ok("429")),
        ("SSH-2.0-x\r\n\r\n", Err("no Weir engine")),
        ("", Ok("connection")),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let identity = Identity::generate().expect("randomness");
        let target = target(listener.local_addr().expect("an address"), &identity);
        let stranger = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut heard = engine::head(&mut stream).await.expect("a question");
            stream.write_all(answer.as_bytes()).await.expect("a reader");
            stream.shutdown().await.expect("open");
            // It may have been reset.
            let _ = stream.read_to_string(&mut heard).await;
            heard
        });
        match (connect::connect(&target, &Connections::default(), &mut None).await, part) {
            (Err(ConnectError::Away(reason)), Ok(part)) => assert!(reason.contains(part), "{reason}"),
            (Err(ConnectError::Refused(reason)), Err(part)) => assert!(reason.contains(part), "{reason}"),
            (result, _) => panic!("{answer}: {result:?}"),
        }
        let heard = stranger.await.expect("it answers");
        assert!(heard.starts_with("GET /health?challenge=") && heard.ends_with("\r\n\r\n"), "{heard}");
        assert!(!heard.contains(KEY) && !heard.contains("x-api-key"), "{heard}");
    }
}
