//! Taking up a session: only the two that left it can.

use super::scene::{Refused, Scene, context, deliver, linked};
use crate::{Context, HandshakeError, secret::Secret};
use HandshakeError::{Agreement, Resumption, Signature};
use Refused::{ByEditor, ByWorker};

#[test]
fn a_session_is_taken_up_by_who_left_it_again_and_again() {
    let (mut editor, mut worker) = linked();
    assert!(!editor.resumed && !worker.resumed);
    for _ in 0..3 {
        let scene = Scene {
            editor_resumes: Some(editor.resumption),
            worker_resumes: Some(worker.resumption),
            ..Scene::default()
        };
        (editor, worker) = scene.play().unwrap();
        assert!(editor.resumed && worker.resumed);
        let frames = editor.sealer.seal(b"again").unwrap();
        assert_eq!(deliver(&mut worker.opener, frames), (vec![b"again".to_vec()], None));
    }
}

#[test]
fn a_worker_that_holds_nothing_begins_anew_and_says_so() {
    let (editor, _) = linked();
    let scene = Scene { editor_resumes: Some(editor.resumption), ..Scene::default() };
    let (editor, worker) = scene.play().unwrap();
    assert!(!editor.resumed && !worker.resumed);
}

#[test]
fn a_worker_that_holds_something_refuses_everybody_else() {
    let (_, left) = linked();
    let (stranger, _) = linked();
    let left = Some(left.resumption);
    for editor_resumes in [None, Some(stranger.resumption)] {
        let scene = Scene { editor_resumes, worker_resumes: left.clone(), ..Scene::default() };
        assert_eq!(scene.play().err(), Some(ByWorker(Resumption)));
    }
}

#[test]
fn the_name_of_a_secret_does_not_do_without_the_secret() {
    let (editor, worker) = linked();
    let mut forged = editor.resumption;
    forged.secret = Secret::filled(|_| ());
    let scene = Scene { editor_resumes: Some(forged), worker_resumes: Some(worker.resumption), ..Scene::default() };
    assert_eq!(scene.play().err(), Some(ByWorker(Agreement)));
}

#[test]
fn a_secret_is_used_up_by_the_handshake_it_was_used_for() {
    let (editor, worker) = linked();
    let old = editor.resumption.clone();
    let scene =
        Scene { editor_resumes: Some(editor.resumption), worker_resumes: Some(worker.resumption), ..Scene::default() };
    let (_, worker) = scene.play().unwrap();
    let scene = Scene { editor_resumes: Some(old), worker_resumes: Some(worker.resumption), ..Scene::default() };
    assert_eq!(scene.play().err(), Some(ByWorker(Resumption)));
}

#[test]
fn a_secret_of_another_session_or_customer_is_refused_on_both_sides() {
    for other in
        [Context { session: "7f3b".to_owned(), ..context() }, Context { customer: "emca".to_owned(), ..context() }]
    {
        let elsewhere =
            Scene { editor: other.clone(), front: other.clone(), worker: other.clone(), ..Scene::default() };
        let (editor, worker) = elsewhere.play().unwrap();
        let resumes = |editor_resumes, worker_resumes| Scene { editor_resumes, worker_resumes, ..Scene::default() };
        let scene = resumes(Some(editor.resumption), None);
        assert_eq!(scene.play().err(), Some(ByEditor(Resumption)));
        let scene = resumes(None, Some(worker.resumption));
        assert_eq!(scene.play().err(), Some(ByWorker(Resumption)));
    }
}

#[test]
fn nobody_on_the_wire_turns_taking_up_into_beginning_anew() {
    let (editor, worker) = linked();
    let fresh = |mut bytes: Vec<u8>| {
        bytes[7] = 0;
        bytes
    };
    let scene = Scene {
        editor_resumes: Some(editor.resumption.clone()),
        worker_resumes: Some(worker.resumption.clone()),
        signed: Box::new(fresh),
        ..Scene::default()
    };
    assert_eq!(scene.play().err(), Some(ByEditor(Signature)));
    // And if the engine signs it, the worker still does not go along.
    let scene = Scene {
        editor_resumes: Some(editor.resumption),
        worker_resumes: Some(worker.resumption),
        offer: Box::new(fresh),
        ..Scene::default()
    };
    assert_eq!(scene.play().err(), Some(ByWorker(Agreement)));
}
