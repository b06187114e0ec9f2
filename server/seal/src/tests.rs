//! What holds of a link, and what does not get through.

use crate::*;

fn context() -> Context {
    Context { session: "session".to_owned(), customer: "customer".to_owned() }
}

#[test]
fn a_message_arrives_both_ways() {
    let identity = Identity::generate().unwrap();
    let (client, hello) = ClientHandshake::start(&identity.public(), &context(), None).unwrap();
    let (worker, offer) = WorkerHandshake::offer(&hello, &context(), None).unwrap();
    let signed = sign_offer(&identity, &context(), &hello, &offer);
    let (accept, mut editor) = client.finish(&signed).unwrap();
    let mut worker = worker.accept(&accept).unwrap();
    for (from, to) in [(&mut editor.sealer, &mut worker.opener), (&mut worker.sealer, &mut editor.opener)] {
        let frames = from.seal(b"hello").unwrap();
        for frame in frames {
            let Opened::Whole(message) = to.open(frame).unwrap() else { panic!() };
            assert_eq!(message.as_slice(), b"hello");
        }
    }
}
