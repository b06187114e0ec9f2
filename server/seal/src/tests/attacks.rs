//! Attacks on the handshake by whoever carries it, and by an engine or a worker that is not the one that was meant.

use super::scene::{Refused, Scene, context};
use crate::{
    ClientHandshake, Context, HandshakeError, Identity, WorkerHandshake,
    handshake::{Hello, Mode, Offer},
    sign_offer,
};
use HandshakeError::{Agreement, Malformed, Resumption, Signature, Suite, Version};
use Refused::{ByEditor, ByWorker};

/// Points whose product with any secret is zero (RFC 7748, section 6.1), as bytes of one value and exceptions.
fn low_order_points() -> Vec<[u8; 32]> {
    let near_p = |first| {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (first, 0x7f);
        point
    };
    let (zero, mut one) = ([0; 32], [0; 32]);
    one[0] = 1;
    let eight = *b"\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a\
        \xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00";
    let other_eight = *b"\x5f\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b\
        \x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e\xdd\xd0\x9f\x11\x57";
    vec![zero, one, near_p(0xec), near_p(0xed), near_p(0xee), eight, other_eight]
}

/// A worker that says something else in its offer, with a front that signs it.
fn offers(change: impl Fn(&mut Offer) + 'static) -> Scene<'static> {
    let offer = move |bytes: Vec<u8>| {
        let mut offer = Offer::read(&bytes).unwrap();
        change(&mut offer);
        offer.write()
    };
    Scene { offer: Box::new(offer), ..Scene::default() }
}

fn refusal(scene: &Scene) -> Refused {
    scene.play().expect_err("nobody comes to keys")
}

/// One of the four words, with one way to change it.
fn on_the_wire<'a>(word: &str, change: impl Fn(Vec<u8>) -> Vec<u8> + 'a) -> Scene<'a> {
    let change = Box::new(change);
    match word {
        "hello" => Scene { hello: change, ..Scene::default() },
        "signed offer" => Scene { signed: change, ..Scene::default() },
        "accept" => Scene { accept: change, ..Scene::default() },
        _ => unreachable!(),
    }
}

/// Bytes of each word in a handshake that begins anew.
const WORDS: [(&str, usize); 3] = [("hello", 35), ("signed offer", 72 + 64), ("accept", 48)];

#[test]
fn a_handshake_that_nobody_disturbs_comes_to_keys() {
    for (word, len) in WORDS {
        let scene = on_the_wire(word, |bytes| {
            assert_eq!(bytes.len(), len, "{word}");
            bytes
        });
        assert!(!scene.play().unwrap().0.resumed);
    }
}

#[test]
fn a_word_with_any_byte_tampered_is_refused() {
    for (word, len) in WORDS {
        for place in 0..len {
            for mask in [1, 0x80] {
                let scene = on_the_wire(word, |mut bytes| {
                    bytes[place] ^= mask;
                    bytes
                });
                let refused = refusal(&scene);
                let expected: &[_] = match word {
                    "hello" => &[ByEditor(Signature), ByWorker(Malformed), ByWorker(Version)],
                    "signed offer" => &[ByEditor(Signature)],
                    _ => &[ByWorker(Agreement)],
                };
                assert!(expected.contains(&refused), "{word}, byte {place}: {refused:?}");
            }
        }
    }
}

#[test]
fn a_word_cut_off_or_with_something_behind_it_is_refused() {
    for (word, len) in WORDS {
        for end in (0..len).chain([len + 1, len + 64]) {
            refusal(&on_the_wire(word, |mut bytes| {
                bytes.resize(end, 0);
                bytes
            }));
        }
    }
}

#[test]
fn an_offer_without_its_signature_is_refused() {
    let stripped = on_the_wire("signed offer", |bytes| bytes[..72].to_vec());
    assert_eq!(refusal(&stripped), ByEditor(Signature));
    let blank = on_the_wire("signed offer", |bytes| [&bytes[..72], &[0; 64]].concat());
    assert_eq!(refusal(&blank), ByEditor(Signature));
}

#[test]
fn an_offer_signed_by_another_identity_is_refused() {
    let other = Scene { identity: Identity::from_bytes(&[8; 32]), ..Scene::default() };
    assert_eq!(refusal(&other), ByEditor(Signature));
}

#[test]
fn an_offer_signed_for_another_session_or_customer_is_refused() {
    let Context { session, customer } = context();
    for other in [
        Context { session: "7f3b".to_owned(), ..context() },
        Context { customer: "emca".to_owned(), ..context() },
        Context { session: customer.clone(), customer: session.clone() },
        // The same letters, with the border between the two elsewhere.
        Context { session: format!("{session}a"), customer: customer[1..].to_owned() },
    ] {
        let signed_for_other = Scene { front: other.clone(), ..Scene::default() };
        assert_eq!(refusal(&signed_for_other), ByEditor(Signature), "{other:?}");
        let worker_of_other = Scene { worker: other.clone(), ..Scene::default() };
        assert_eq!(refusal(&worker_of_other), ByWorker(Agreement), "{other:?}");
        let editor_of_other = Scene { editor: other.clone(), ..Scene::default() };
        assert_eq!(refusal(&editor_of_other), ByEditor(Signature), "{other:?}");
    }
}

#[test]
fn a_version_that_is_not_spoken_is_refused() {
    let asks = |versions: &[u8]| Hello { versions: versions.to_vec(), random: [0; 32], resumes: None }.write();
    for versions in [&[][..], &[0], &[2], &[2, 3, 255]] {
        let refused = WorkerHandshake::offer(&asks(versions), &context(), None).err();
        assert_eq!(refused, Some(Version), "{versions:?}");
    }
    assert!(WorkerHandshake::offer(&asks(&[2, 1]), &context(), None).is_ok(), "the best that both speak");
    assert_eq!(WorkerHandshake::offer(&asks(&[1; 9]), &context(), None).err(), Some(Malformed));
}

#[test]
fn a_downgrade_of_what_the_editor_asked_for_is_refused() {
    // Somebody on the wire rewrites the list of versions, and the engine goes along with it in good faith.
    let rewritten = on_the_wire("hello", |bytes| {
        let mut hello = Hello::read(&bytes).unwrap();
        hello.versions.push(0);
        hello.write()
    });
    assert_eq!(refusal(&rewritten), ByEditor(Signature));
    // A worker that wants less than was asked for does not get it by the front's signature.
    assert_eq!(refusal(&offers(|offer| offer.version = 0)), ByEditor(Version));
    assert_eq!(refusal(&offers(|offer| offer.version = 2)), ByEditor(Version));
    for place in 0..6 {
        assert_eq!(refusal(&offers(move |offer| offer.suite[place] ^= 1)), ByEditor(Suite));
    }
    assert_eq!(refusal(&offers(|offer| offer.mode = Mode::Resumed)), ByEditor(Resumption));
}

#[test]
fn a_signed_offer_of_an_earlier_handshake_is_refused() {
    let (identity, context) = (Identity::from_bytes(&[7; 32]), context());
    let (_, earlier) = ClientHandshake::start(&identity.public(), &context, None).unwrap();
    let (_, offer) = WorkerHandshake::offer(&earlier, &context, None).unwrap();
    let stale = sign_offer(&identity, &context, &earlier, &offer);
    let (editor, _) = ClientHandshake::start(&identity.public(), &context, None).unwrap();
    assert_eq!(editor.finish(&stale).err(), Some(Signature));
}

#[test]
fn a_whole_handshake_replayed_by_the_editors_side_is_refused() {
    let (identity, context) = (Identity::from_bytes(&[7; 32]), context());
    let (editor, hello) = ClientHandshake::start(&identity.public(), &context, None).unwrap();
    let (worker, offer) = WorkerHandshake::offer(&hello, &context, None).unwrap();
    let (accept, _) = editor.finish(&sign_offer(&identity, &context, &hello, &offer)).unwrap();
    assert!(worker.accept(&accept).is_ok());
    let (worker, _) = WorkerHandshake::offer(&hello, &context, None).unwrap();
    assert_eq!(worker.accept(&accept).err(), Some(Agreement));
}

#[test]
fn an_offer_that_the_front_took_from_another_worker_leads_nowhere() {
    // The editor's hello went to its own worker; what the front signs is the offer of another one.
    let (identity, context) = (Identity::from_bytes(&[7; 32]), context());
    let (editor, hello) = ClientHandshake::start(&identity.public(), &context, None).unwrap();
    let (own, _) = WorkerHandshake::offer(&hello, &context, None).unwrap();
    let elsewhere = Context { session: "b204".to_owned(), ..context.clone() };
    let (other, offer) = WorkerHandshake::offer(&hello, &elsewhere, None).unwrap();
    let (accept, _) = editor.finish(&sign_offer(&identity, &context, &hello, &offer)).unwrap();
    assert_eq!(own.accept(&accept).err(), Some(Agreement), "it does not have the key");
    assert_eq!(other.accept(&accept).err(), Some(Agreement), "it was told of another session");
}

#[test]
fn points_that_make_every_secret_the_same_are_refused() {
    for point in low_order_points() {
        assert_eq!(refusal(&offers(move |offer| offer.key = point)), ByEditor(Agreement), "{point:x?}");
        let accept = on_the_wire("accept", |mut bytes| {
            bytes[..32].copy_from_slice(&point);
            bytes
        });
        assert_eq!(refusal(&accept), ByWorker(Agreement), "{point:x?}");
    }
}

#[test]
fn an_offer_of_the_editors_own_words_is_refused() {
    // Reflected: what the editor says comes back to it.
    let (editor, hello) = ClientHandshake::start(&Identity::from_bytes(&[7; 32]).public(), &context(), None).unwrap();
    assert_eq!(editor.finish(&hello).err(), Some(Malformed));
    let (editor, hello) = ClientHandshake::start(&Identity::from_bytes(&[7; 32]).public(), &context(), None).unwrap();
    assert_eq!(editor.finish(&[hello, vec![0; 101]].concat()).err(), Some(Signature));
}
