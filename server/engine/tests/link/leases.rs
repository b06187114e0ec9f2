//! Leases over live connections.

use crate::editor::{Editor, Got, text, within};
use crate::server::{ALICE, BOB, CAROL, Server};
use weir_engine::socket::Notice;
use weir_engine::store::LeaseMode::{self, Collaborative, Exclusive};

/// Asks for a lease; the answer.
async fn take(editor: &mut Editor, id: u64, names: &[&str], mode: LeaseMode) -> Notice {
    let ask = serde_json::json!({ "type": "lease", "id": id, "names": names, "mode": mode });
    editor.send_message(text(&ask.to_string())).await;
    answer(editor).await
}

async fn renew(editor: &mut Editor, id: u64, fence: u64) -> Notice {
    editor.send_message(text(&format!(r#"{{"type":"renewLease","id":{id},"fence":{fence}}}"#))).await;
    answer(editor).await
}

async fn release(editor: &mut Editor, fence: u64) {
    editor.send_message(text(&format!(r#"{{"type":"releaseLease","fence":{fence}}}"#))).await;
}

async fn answer(editor: &mut Editor) -> Notice {
    match editor.got().await {
        Got::Notice(notice) => notice,
        other => panic!("{other:?}"),
    }
}

async fn come(server: &Server, key: &str) -> Editor {
    Editor::connect(server.address, key, None).await.expect("let in")
}

#[track_caller]
fn granted(notice: &Notice) -> u64 {
    match notice {
        Notice::Leased { fence, seconds: 1.., .. } => *fence,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_keeps_others_out_until_it_is_given_back() {
    let server = Server::start(|_| {}).await;
    let (mut alice, mut bob) = (come(&server, ALICE).await, come(&server, BOB).await);
    let first = granted(&take(&mut alice, 1, &["baseline:b", "baseline:a"], Exclusive).await);
    match take(&mut bob, 7, &["baseline:c", "baseline:a"], Exclusive).await {
        Notice::LeaseHeld { id: 7, name, holder, retry_after_ms: 1..=30_000 } => {
            assert_eq!((name.as_str(), holder.as_str()), ("baseline:a", "alice"));
        }
        other => panic!("{other:?}"),
    }
    // Nothing of what was refused is held, and a lease is renewed by who holds it only.
    let other = granted(&take(&mut alice, 2, &["baseline:c"], Exclusive).await);
    assert!(other > first, "fences grow");
    assert_eq!(renew(&mut bob, 8, first).await, Notice::LeaseLost { id: 8 });
    release(&mut bob, first).await;
    assert_eq!(granted(&renew(&mut alice, 3, first).await), first);
    release(&mut alice, first).await;
    // What is given back is so before the next question is answered.
    assert_eq!(renew(&mut alice, 4, first).await, Notice::LeaseLost { id: 4 });
    assert!(granted(&take(&mut bob, 9, &["baseline:a"], Collaborative).await) > other);
    granted(&take(&mut alice, 5, &["baseline:a"], Collaborative).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dies_holding_a_lease_keeps_nobody_waiting() {
    let server = Server::start(|_| {}).await;
    let (mut alice, mut bob) = (come(&server, ALICE).await, come(&server, BOB).await);
    granted(&take(&mut alice, 1, &["baseline:a"], Exclusive).await);
    assert!(matches!(take(&mut bob, 1, &["baseline:a"], Exclusive).await, Notice::LeaseHeld { .. }));
    // The process is gone; its session is not, which waits for the editor to come back.
    drop(alice);
    within(async {
        while !matches!(take(&mut bob, 2, &["baseline:a"], Exclusive).await, Notice::Leased { .. }) {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    })
    .await;
    // One that was taken away, as by an end of its time, is lost: who held it is told when it asks.
    let mut carol = come(&server, CAROL).await;
    let fence = granted(&take(&mut carol, 1, &["baseline:b"], Exclusive).await);
    assert_eq!(server.store.clear_leases("team", Some("baseline:b")).await.expect("cleared"), 1);
    assert_eq!(renew(&mut carol, 2, fence).await, Notice::LeaseLost { id: 2 });
    assert_eq!(renew(&mut carol, 3, fence).await, Notice::LeaseLost { id: 3 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_lease_is_refused_and_who_asks_without_end_is_cut_off() {
    let server = Server::start(|_| {}).await;
    let mut editor = come(&server, CAROL).await;
    let (long, many) =
        ("x".repeat(129), vec!["x"; 33].iter().enumerate().map(|(n, x)| format!("{x}{n}")).collect::<Vec<_>>());
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for names in [&[][..], &[""], &["a\n"], &[&long], &many] {
        assert!(
            matches!(take(&mut editor, 1, names, Exclusive).await, Notice::LeaseRefused { id: 1, .. }),
            "{names:?}"
        );
    }
    for at in 0..16 {
        granted(&take(&mut editor, at, &[&format!("baseline:{at}")], Exclusive).await);
    }
    assert!(matches!(take(&mut editor, 16, &["baseline:16"], Exclusive).await, Notice::LeaseRefused { .. }));
    // Far more than anybody needs, and it is told so, however much is on its way by then.
    for _ in 0..1_000 {
        editor.send_message(text(r#"{"type":"releaseLease","fence":1}"#)).await;
    }
    assert_eq!(editor.closed().await, (4400, "PROTOCOL".to_owned()));
    for wrong in [
        r#"{"type":"lease","id":1,"names":["a"],"mode":"shared"}"#,
        r#"{"type":"lease","id":1,"names":"a","mode":"exclusive"}"#,
        r#"{"type":"renewLease","id":-1,"fence":1}"#,
    ] {
        let mut editor = come(&server, CAROL).await;
        editor.send_message(text(wrong)).await;
        assert_eq!(editor.closed().await, (4400, "PROTOCOL".to_owned()), "{wrong}");
    }
}
