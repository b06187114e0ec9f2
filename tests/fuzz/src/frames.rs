//! What one process says to another.

use std::io::Cursor;
use weir_model::framing;
use weir_model::{Event, Request};

/// Any bytes as what one process says to another: messages or an error, and what is read is what was written.
pub fn frames(data: &[u8]) {
    all::<Request>(data);
    all::<Event>(data);
    one::<Request>(data);
    one::<Event>(data);
}

/// A stream of frames, to its end or its first error.
fn all<T: serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug>(data: &[u8]) {
    let mut stream = Cursor::new(data);
    while let Ok(Some(message)) = framing::read::<T>(&mut stream) {
        again(&message);
    }
}

/// The body of one frame.
fn one<T: serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug>(data: &[u8]) {
    if let Ok(message) = framing::decode::<T>(data) {
        again(&message);
    }
}

/// What is sent on is what is read there.
fn again<T: serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug>(message: &T) {
    let frame = framing::encode(message).expect("a message that was read can be sent");
    let read = framing::read::<T>(&mut Cursor::new(&frame)).expect("a frame").expect("not the end");
    assert_eq!(framing::encode(&read).expect("a message"), frame, "{message:?}");
}
