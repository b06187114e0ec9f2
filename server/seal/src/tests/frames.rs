//! Frames on their way: they arrive as they were sent, all and in order, or the link is over.

use super::scene::{deliver, linked};
use crate::{
    MAX_CHUNK, MAX_MESSAGE, MAX_SEALED_FRAME, Opened, Opener, Padding, SealError, Sealer, schedule::Limits,
    secret::Secret,
};
use proptest::prelude::*;
use std::time::Duration;

/// Two small messages, and one of three chunks between them.
fn messages() -> [Vec<u8>; 3] {
    [b"first".to_vec(), vec![5; 2 * MAX_CHUNK + 10], b"third".to_vec()]
}

type Attack = fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>;

/// What is done to the frames first, 1/3, 2/3, 3/3, third; and how many messages come out before it is noticed.
const ATTACKS: &[(&str, usize, Attack)] = &[
    ("a frame replayed", 1, |f| vec![f[0].clone(), f[0].clone()]),
    ("a frame replayed later", 3, |f| [&f[..], &f[..1]].concat()),
    ("a chunk replayed", 1, |f| vec![f[0].clone(), f[1].clone(), f[1].clone()]),
    ("messages in another order", 0, |f| vec![f[4].clone(), f[0].clone()]),
    ("chunks in another order", 1, |f| vec![f[0].clone(), f[2].clone(), f[1].clone(), f[3].clone()]),
    ("a message dropped", 0, |f| f[1..].to_vec()),
    ("a chunk dropped", 1, |f| vec![f[0].clone(), f[1].clone(), f[3].clone()]),
    ("the last chunk dropped", 1, |f| vec![f[0].clone(), f[1].clone(), f[2].clone(), f[4].clone()]),
    ("a chunk of another message", 1, |f| vec![f[0].clone(), f[1].clone(), f[4].clone()]),
    ("a chunk cut short", 1, |mut f| {
        f[1].truncate(MAX_CHUNK);
        f
    }),
    ("a chunk with something behind it", 1, |mut f| {
        f[1].push(0);
        f
    }),
    ("two frames in one", 0, |f| vec![f[..2].concat()]),
    ("the final flag taken", 0, |mut f| {
        f[0][0] ^= 1;
        f
    }),
    ("the final flag given", 1, |mut f| {
        f[1][0] ^= 1;
        f
    }),
    ("a change of keys announced", 0, |mut f| {
        f[0][0] ^= 2;
        f
    }),
    ("another total", 0, |mut f| {
        f[0][1] ^= 1;
        f
    }),
    ("padding tampered", 0, |mut f| {
        f[0][200] ^= 1;
        f
    }),
    ("an empty frame", 0, |mut f| {
        f.insert(0, Vec::new());
        f
    }),
    ("a frame longer than any", 0, |mut f| {
        f.insert(0, vec![0; MAX_SEALED_FRAME + 1]);
        f
    }),
];

#[test]
fn what_is_not_the_next_frame_ends_the_link() {
    for (attack, whole, attacked) in ATTACKS {
        let (mut editor, mut worker) = linked();
        let frames = messages().iter().flat_map(|message| editor.sealer.seal(message).unwrap()).collect();
        let (arrived, error) = deliver(&mut worker.opener, attacked(frames));
        assert_eq!(error, Some(SealError::Forged), "{attack}");
        assert_eq!(arrived, messages()[..*whole], "{attack}");
    }
}

#[test]
fn a_frame_with_any_byte_tampered_does_not_open() {
    let (mut editor, _) = linked();
    let len = editor.sealer.seal(b"secret").unwrap()[0].len();
    assert_eq!(len, 256 + 16);
    for place in 0..len {
        let (mut editor, mut worker) = linked();
        let mut frames = editor.sealer.seal(b"secret").unwrap();
        frames[0][place] ^= 1 << (place % 8);
        assert_eq!(deliver(&mut worker.opener, frames), (vec![], Some(SealError::Forged)), "byte {place}");
    }
}

#[test]
fn a_frame_cut_off_anywhere_does_not_open() {
    for len in 0..256 + 16 {
        let (mut editor, mut worker) = linked();
        let mut frames = editor.sealer.seal(b"secret").unwrap();
        frames[0].truncate(len);
        assert_eq!(deliver(&mut worker.opener, frames), (vec![], Some(SealError::Forged)), "{len} bytes");
    }
}

#[test]
fn a_frame_reflected_to_its_sender_does_not_open() {
    let (mut editor, mut worker) = linked();
    for end in [&mut editor, &mut worker] {
        let frames = end.sealer.seal(b"mine").unwrap();
        assert_eq!(deliver(&mut end.opener, frames), (vec![], Some(SealError::Forged)));
    }
}

#[test]
fn a_frame_of_another_link_does_not_open() {
    let ((mut editor, _), (_, mut worker)) = (linked(), linked());
    let frames = editor.sealer.seal(b"elsewhere").unwrap();
    assert_eq!(deliver(&mut worker.opener, frames), (vec![], Some(SealError::Forged)));
}

#[test]
fn a_message_that_is_cut_off_is_not_taken_for_whole() {
    let (mut editor, mut worker) = linked();
    let frames = editor.sealer.seal(&messages()[1]).unwrap();
    for frame in frames.into_iter().take(2) {
        assert!(!matches!(worker.opener.open(frame), Ok(Opened::Whole(_)) | Err(_)));
        assert!(worker.opener.is_inside_message());
    }
}

#[test]
fn a_large_message_tells_how_far_it_is() {
    let (mut editor, mut worker) = linked();
    let message = vec![1; 10 * MAX_CHUNK + 1];
    for (index, frame) in editor.sealer.seal(&message).unwrap().into_iter().enumerate() {
        assert!(frame.len() <= MAX_SEALED_FRAME);
        match worker.opener.open(frame).unwrap() {
            Opened::Part { received, total } => assert_eq!((received, total), ((index + 1) * MAX_CHUNK, message.len())),
            Opened::Whole(whole) => assert_eq!((index, whole.len()), (10, message.len())),
        }
    }
    assert!(!worker.opener.is_inside_message());
}

#[test]
fn a_message_given_up_halfway_ends_the_direction() {
    let (mut editor, mut worker) = linked();
    let message = &messages()[1];
    let mut frames = editor.sealer.frames(message).unwrap();
    assert_eq!(frames.len(), 3);
    let sent: Vec<_> = frames.by_ref().take(2).collect();
    drop(frames);
    assert_eq!(editor.sealer.seal(b"next"), Err(SealError::Closed));
    assert_eq!(deliver(&mut worker.opener, sent), (vec![], None));
    assert!(worker.opener.is_inside_message());
}

#[test]
fn room_of_an_earlier_message_is_used_again_and_holds_nothing_of_it() {
    let (mut editor, mut worker) = linked();
    let mut open = |len, byte, opener: &mut Opener| {
        let mut opened =
            editor.sealer.frames(&vec![byte; len]).unwrap().map(|frame| opener.open(frame).unwrap()).last();
        let Some(Opened::Whole(message)) = opened.take() else { panic!("whole") };
        assert!(message.len() == len && message.iter().all(|at| *at == byte));
        message
    };
    let first = open(3 * MAX_CHUNK, 1, &mut worker.opener);
    let place = first.as_ptr();
    worker.opener.reuse(first);
    // A message of one frame stays in its frame, and a smaller buffer does not take the place of a larger one.
    let small = open(5, 2, &mut worker.opener);
    worker.opener.reuse(small);
    let second = open(2 * MAX_CHUNK, 3, &mut worker.opener);
    assert_eq!(second.as_ptr(), place);
    worker.opener.reuse(second);
    assert_ne!(open(5 * MAX_CHUNK, 4, &mut worker.opener).as_ptr(), place);
}

#[test]
fn a_message_over_the_limit_is_not_sealed_and_the_link_goes_on() {
    let (mut editor, mut worker) = linked();
    assert_eq!(editor.sealer.seal(&vec![0; MAX_MESSAGE + 1]), Err(SealError::TooLarge));
    let frames = editor.sealer.seal(b"next").unwrap();
    assert_eq!(deliver(&mut worker.opener, frames), (vec![b"next".to_vec()], None));
}

#[test]
fn padding_leaves_few_lengths_to_tell_apart() {
    for (len, padded) in [
        (0, 256),
        (1, 256),
        (251, 256),
        (252, 512),
        (1000, 1024),
        (4091, 4096),
        (4092, 8192),
        (10_000, 12_288),
        (MAX_CHUNK - 5, MAX_CHUNK),
        (MAX_CHUNK, MAX_CHUNK + 5),
    ] {
        let (mut editor, _) = linked();
        assert_eq!(editor.sealer.seal(&vec![1; len]).unwrap()[0].len(), padded + 16, "{len}");
        editor.sealer.set_padding(Padding::Off);
        assert_eq!(editor.sealer.seal(&vec![1; len]).unwrap()[0].len(), 5 + len + 16, "{len}");
    }
}

/// Keys change after so many frames, bytes and seconds.
fn limits(frames: u64, bytes: u64, seconds: u64) -> Limits {
    Limits { frames, bytes, time: Duration::from_secs(seconds) }
}

#[test]
fn keys_change_by_count_by_bytes_and_by_time() {
    for (why, limits, age) in [
        ("count", limits(1, 1 << 30, 1 << 30), 0),
        ("bytes", limits(1 << 30, 256 + 16, 1 << 30), 0),
        ("time", limits(1 << 30, 1 << 30, 60), 60),
    ] {
        // The same link twice, of which one keeps its key.
        let chain = Secret::filled(|chain| *chain = [3; 32]);
        let (mut changing, mut keeping) = (Sealer::new(chain.clone()), Sealer::new(chain.clone()));
        let mut opener = Opener::new(chain);
        changing.set_limits(limits);
        opener.set_limits(limits);
        changing.set_age(Duration::from_secs(age));
        let first = changing.seal(b"announces it").unwrap();
        assert_ne!(first, keeping.seal(b"announces it").unwrap(), "{why}: the announcement is sealed");
        let second = changing.seal(b"next").unwrap();
        assert_ne!(second, keeping.seal(b"next").unwrap(), "{why}");
        let frames = [first, second].concat();
        assert_eq!(deliver(&mut opener, frames), (vec![b"announces it".to_vec(), b"next".to_vec()], None), "{why}");
    }
}

#[test]
fn a_sender_that_keeps_its_key_for_too_long_is_not_heard() {
    for few in [limits(3, 1 << 30, 600), limits(1 << 30, 3 * (256 + 16), 600)] {
        let (mut editor, mut worker) = linked();
        worker.opener.set_limits(few);
        let frames: Vec<_> = (0..4).flat_map(|_| editor.sealer.seal(b"x").unwrap()).collect();
        assert_eq!(deliver(&mut worker.opener, frames), (vec![b"x".to_vec(); 2], Some(SealError::Overused)));
    }
}

/// Lengths around everything that happens at some length.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 0..600_usize,
        2 => 4000..4200_usize,
        1 => (MAX_CHUNK - 20)..(MAX_CHUNK + 20),
        1 => (2 * MAX_CHUNK - 10)..(2 * MAX_CHUNK + 10),
    ]
}

/// A message of which every place is told from its neighbours.
fn message(len: usize, salt: usize) -> Vec<u8> {
    (0..len).map(|place| (place * 31 + (place >> 8) + salt) as u8).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn messages_arrive_as_they_were_sent(
        sent in proptest::collection::vec((lengths(), any::<bool>(), 0..100_u64), 1..12),
        frames in 1..6_u64,
        bytes in 100..3_000_000_u64,
    ) {
        let (mut editor, mut worker) = linked();
        let limits = limits(frames, bytes, 20);
        for end in [&mut editor, &mut worker] {
            end.sealer.set_limits(limits);
            end.opener.set_limits(limits);
        }
        let mut age = 0;
        for (salt, (len, padded, later)) in sent.into_iter().enumerate() {
            age += later;
            let (from, to) = if salt % 3 == 2 { (&mut worker, &mut editor) } else { (&mut editor, &mut worker) };
            from.sealer.set_padding(if padded { Padding::Classes } else { Padding::Off });
            from.sealer.set_age(Duration::from_secs(age));
            let message = message(len, salt);
            let frames = from.sealer.seal(&message).unwrap();
            prop_assert_eq!(frames.len(), len.div_ceil(MAX_CHUNK).max(1));
            let (arrived, error) = deliver(&mut to.opener, frames);
            prop_assert_eq!(error, None);
            prop_assert!(arrived == [message]);
        }
    }

    #[test]
    fn frames_that_are_disturbed_bring_nothing_that_was_not_sent(
        sent in proptest::collection::vec(lengths(), 1..6),
        (kind, which, place, bit) in (0..6_u8, any::<usize>(), any::<usize>(), 0..8_u8),
    ) {
        let (mut editor, mut worker) = linked();
        let sent: Vec<_> = sent.into_iter().enumerate().map(|(salt, len)| message(len, salt)).collect();
        let mut frames: Vec<_> = sent.iter().flat_map(|message| editor.sealer.seal(message).unwrap()).collect();
        let which = which % frames.len();
        let place = place % frames[which].len();
        let other = place % frames.len();
        match kind {
            0 => frames[which][place] ^= 1 << bit,
            1 => frames[which].truncate(place),
            2 => frames[which].extend_from_slice(&[bit; 3]),
            3 => frames.swap(which, other),
            4 => drop(frames.remove(which)),
            _ => frames.insert(which, frames[other].clone()),
        }
        let (arrived, error) = deliver(&mut worker.opener, frames);
        prop_assert!(sent.starts_with(&arrived), "messages before the first that was disturbed");
        prop_assert!(matches!(error, None | Some(SealError::Forged)));
    }

    #[test]
    fn bytes_of_any_kind_are_refused(frame in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let (_, mut worker) = linked();
        prop_assert!(matches!(worker.opener.open(frame), Err(SealError::Forged)));
    }
}
