//! A sender that has the keys and does not keep to the form: it gets no more than an honest one.

use crate::{
    MAX_CHUNK, MAX_MESSAGE, Opened, Opener, SealError,
    chunk::{FINAL, REKEY},
    schedule::Schedule,
    secret::Secret,
};
use SealError::{Malformed, TooLarge};

/// What stands in a frame: flags, total, body and zeros.
fn plain(flags: u8, total: usize, body: &[u8], padding: usize) -> Vec<u8> {
    [&[flags][..], &(total as u32).to_le_bytes(), body, &vec![0; padding]].concat()
}

/// Opens what is sealed by the keys of the link.
fn open(plains: &[Vec<u8>]) -> Result<Vec<Opened>, SealError> {
    let chain = Secret::filled(|chain| *chain = [1; 32]);
    let (mut schedule, mut opener) = (Schedule::new(chain.clone()), Opener::new(chain));
    let seal = |plain: &Vec<u8>| {
        let mut frame = plain.clone();
        schedule.seal(&mut frame);
        opener.open(frame)
    };
    plains.iter().map(seal).collect()
}

#[test]
fn what_an_honest_sender_writes_opens() {
    let full = vec![7; MAX_CHUNK];
    let total = MAX_CHUNK + 1;
    for plains in [
        vec![plain(FINAL, 0, b"", 0)],
        vec![plain(FINAL, 0, b"", 1000)],
        vec![plain(FINAL, 3, b"abc", 40)],
        vec![plain(0, total, &full, 0), plain(FINAL, total, b"x", 0)],
    ] {
        let opened = open(&plains).unwrap();
        let Some(Opened::Whole(message)) = opened.last() else { panic!("whole") };
        assert_eq!(message.len(), u32::from_le_bytes(plains[0][1..5].try_into().unwrap()) as usize);
    }
}

#[test]
fn what_no_honest_sender_writes_is_refused() {
    let full = vec![7; MAX_CHUNK];
    let total = MAX_CHUNK + 1;
    let begun = plain(0, total, &full, 0);
    let mut dirty = plain(FINAL, 3, b"abc", 40);
    dirty[30] = 1;
    let mut dirty_end = plain(FINAL, 3, b"abc", 40);
    *dirty_end.last_mut().unwrap() = 1;
    for (what, plains, error) in [
        ("nothing", vec![vec![]], Malformed),
        ("half a header", vec![vec![FINAL, 0, 0]], Malformed),
        ("unknown flags", vec![plain(FINAL | 4, 3, b"abc", 0)], Malformed),
        ("unknown flags", vec![plain(0x80 | FINAL, 3, b"abc", 0)], Malformed),
        ("less than announced", vec![plain(FINAL, 4, b"abc", 0)], Malformed),
        ("a small piece of more", vec![plain(0, 4, b"abc", 0)], Malformed),
        ("whole, and not final", vec![plain(0, 3, b"abc", 0)], Malformed),
        ("empty, and not final", vec![plain(0, 0, b"", 0)], Malformed),
        ("final, and not whole", vec![plain(FINAL, total, &full, 0)], Malformed),
        ("padding that says something", vec![dirty], Malformed),
        ("padding that ends in something", vec![dirty_end], Malformed),
        ("more than announced", vec![plain(FINAL, 2, b"abc", 0)], Malformed),
        ("another total", vec![begun.clone(), plain(FINAL, total - 1, b"", 0)], Malformed),
        ("another total", vec![begun.clone(), plain(0, 4 * MAX_CHUNK, &full, 0)], Malformed),
        ("another message within", vec![begun, plain(FINAL, 3, b"abc", 0)], Malformed),
        ("more than anybody may say", vec![plain(0, MAX_MESSAGE + 1, &full, 0)], TooLarge),
        ("as much as can be written", vec![plain(0, u32::MAX as usize, &full, 0)], TooLarge),
    ] {
        assert_eq!(open(&plains).err(), Some(error), "{what}");
    }
}

#[test]
fn keys_that_were_announced_and_not_changed_do_not_open() {
    // The sender says it changes keys, and goes on with the old one: as if somebody kept it to use it.
    let plains = [plain(FINAL | REKEY, 1, b"a", 0), plain(FINAL, 1, b"b", 0)];
    assert_eq!(open(&plains).err(), Some(SealError::Forged));
}
