//! The contract's file cipher, against what clients make.

use crate::{
    SessionKey,
    file::{self, FileError},
};
use base64ct::{Base64, Encoding};

const CONTENT: &str = "def run(user):\n    os.system(user)\n";

/// Made by Node's `createCipheriv('aes-256-gcm', ...)`, which clients use, with a key of 0x42 and IVs that count.
const MADE_BY_NODE: [(usize, &str, &str); 2] = [
    (12, "Ybv3/cNZnCPodSFh+OdRGxK97gXTZ5GQYO1FSrJhzpomkoM=", "ZeukRvWLndl6I2xLEDhS+A=="),
    (16, "wqacJ1UY+cHTk7aqzLCt3phNZqZjoKP9VqL8BcK9ifAmasM=", "e49Lt2FgCBui2SyijklbYw=="),
];

fn key() -> SessionKey {
    SessionKey::from_bytes([0x42; 32])
}

/// IV, tag and ciphertext.
fn made_by_node() -> impl Iterator<Item = (Vec<u8>, Vec<u8>, Vec<u8>)> {
    MADE_BY_NODE.into_iter().map(|(iv, ciphertext, tag)| {
        ((0..iv as u8).collect(), Base64::decode_vec(tag).unwrap(), Base64::decode_vec(ciphertext).unwrap())
    })
}

#[test]
fn files_of_clients_open() {
    for (iv, tag, ciphertext) in made_by_node() {
        assert_eq!(file::open(&key(), &iv, &tag, ciphertext).unwrap().as_slice(), CONTENT.as_bytes());
    }
}

#[test]
fn a_file_with_anything_tampered_does_not_open() {
    for (iv, tag, ciphertext) in made_by_node() {
        let whole = [&iv[..], &tag, &ciphertext].concat();
        for place in 0..whole.len() {
            let mut whole = whole.clone();
            whole[place] ^= 1;
            let (iv, rest) = whole.split_at(iv.len());
            let (tag, ciphertext) = rest.split_at(tag.len());
            let opened = file::open(&key(), iv, tag, ciphertext.to_vec());
            assert_eq!(opened.err(), Some(FileError::Forged), "byte {place}");
        }
        for len in 0..ciphertext.len() {
            assert_eq!(file::open(&key(), &iv, &tag, ciphertext[..len].to_vec()).err(), Some(FileError::Forged));
        }
        let other = SessionKey::from_bytes([0x43; 32]);
        assert_eq!(file::open(&other, &iv, &tag, ciphertext).err(), Some(FileError::Forged));
    }
}

#[test]
fn other_lengths_of_iv_and_tag_are_refused() {
    for len in (0..40).filter(|len| ![12, 16].contains(len)) {
        assert_eq!(file::open(&key(), &vec![0; len], &[0; 16], vec![]).err(), Some(FileError::Iv(len)));
    }
    for len in (0..40).filter(|len| *len != 16) {
        assert_eq!(file::open(&key(), &[0; 12], &vec![0; len], vec![]).err(), Some(FileError::Tag(len)));
    }
}

#[test]
fn what_is_sealed_opens_and_is_never_sealed_alike() {
    for content in ["", "x", CONTENT] {
        let sealed = file::seal(&key(), content.as_bytes()).unwrap();
        assert_eq!(sealed.ciphertext.len(), content.len());
        assert_ne!(file::seal(&key(), content.as_bytes()).unwrap().iv, sealed.iv);
        let opened = file::open(&key(), &sealed.iv, &sealed.tag, sealed.ciphertext).unwrap();
        assert_eq!(opened.as_slice(), content.as_bytes());
    }
}

#[test]
fn a_snippet_is_iv_ciphertext_and_tag_in_one() {
    let snippet = Base64::decode_vec(&file::seal_snippet(&key(), CONTENT).unwrap()).unwrap();
    let (iv, rest) = snippet.split_at(file::IV_LEN);
    let (ciphertext, tag) = rest.split_at(rest.len() - file::TAG_LEN);
    assert_eq!(file::open(&key(), iv, tag, ciphertext.to_vec()).unwrap().as_slice(), CONTENT.as_bytes());
}
