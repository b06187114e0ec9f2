//! What a stranger says to an engine, and an engine to an editor.

use weir_seal::{ClientHandshake, Context, Identity, Link, WorkerHandshake, sign_offer};

/// Any bytes as each word of a handshake and as a frame: refused, each of them, or a hello.
pub fn seal(data: &[u8]) {
    let identity = Identity::from_bytes(&[1; 32]);
    let context = Context { session: "session".to_owned(), customer: "customer".to_owned() };
    let start = || ClientHandshake::start(&identity.public(), &context, None).expect("randomness");

    if let Ok((worker, offer)) = WorkerHandshake::offer(data, &context, None) {
        assert_eq!(offer.len(), 72);
        assert!(worker.accept(data).is_err());
    }
    assert!(start().0.finish(data).is_err(), "nobody signed it");
    // An engine signs what its worker says, whatever that is. The editor may go along, and has no worker.
    let (editor, hello) = start();
    let _ = editor.finish(&sign_offer(&identity, &context, &hello, data));

    let (editor, hello) = start();
    let (worker, offer) = WorkerHandshake::offer(&hello, &context, None).expect("a hello");
    let (accept, _) = editor.finish(&sign_offer(&identity, &context, &hello, &offer)).expect("an offer");
    let Link { mut opener, .. } = worker.accept(&accept).expect("an accept");
    assert!(opener.open(data.to_vec()).is_err(), "nobody sealed it");
}
