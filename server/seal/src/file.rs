//! The file cipher of the HTTP contract: AES-256-GCM under the session's key, with the tag beside the ciphertext.
//!
//! What was sealed is bound to nothing but the key, because clients in the field bind it to nothing: whoever holds an
//! answer or a request can put one file of the same session in the place of another. `contentHash` beside it tells.

use crate::{
    Zeroizing,
    key::{NoRandomness, SessionKey, random},
    secret::on_wiped_stack,
};
use aes_gcm::{
    Aes256Gcm, AesGcm, KeyInit, KeySizeUser,
    aead::{
        AeadInOut,
        consts::{U12, U16},
    },
    aes::Aes256,
};
use base64ct::{Base64, Encoding};

/// Bytes of the usual IV, and of those made here.
pub const IV_LEN: usize = 12;
/// Bytes of the other IV that clients send.
pub const LONG_IV_LEN: usize = 16;
/// Bytes of a tag. Shorter ones are not taken: they would be easier to forge.
pub const TAG_LEN: usize = 16;

/// A file that does not open. Says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// An IV of another length.
    #[error("an IV has {IV_LEN} or {LONG_IV_LEN} bytes, not {0}")]
    Iv(usize),
    /// A tag of another length.
    #[error("an authentication tag has {TAG_LEN} bytes, not {0}")]
    Tag(usize),
    /// Another key, or not what was sealed.
    #[error("the content does not open with the session's key")]
    Forged,
}

/// What was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Made for this content alone.
    pub iv: [u8; IV_LEN],
    /// The authentication tag.
    pub tag: [u8; TAG_LEN],
    /// As long as the content.
    pub ciphertext: Vec<u8>,
}

/// Opens a file where it stands.
pub fn open(key: &SessionKey, iv: &[u8], tag: &[u8], ciphertext: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let tag: &[u8; TAG_LEN] = tag.try_into().map_err(|_| FileError::Tag(tag.len()))?;
    let mut content = Zeroizing::new(ciphertext);
    let buffer = content.as_mut_slice().into();
    let opened = on_wiped_stack(|| {
        if let Ok(iv) = <&[u8; IV_LEN]>::try_from(iv) {
            cipher::<AesGcm<Aes256, U12>>(key).decrypt_inout_detached(iv.into(), &[], buffer, tag.into())
        } else if let Ok(iv) = <&[u8; LONG_IV_LEN]>::try_from(iv) {
            cipher::<AesGcm<Aes256, U16>>(key).decrypt_inout_detached(iv.into(), &[], buffer, tag.into())
        } else {
            return Err(FileError::Iv(iv.len()));
        }
        .map_err(|_| FileError::Forged)
    });
    opened.map(|()| content)
}

/// Seals a content under a new random IV.
pub fn seal(key: &SessionKey, content: &[u8]) -> Result<Sealed, NoRandomness> {
    let iv = random()?;
    let mut ciphertext = content.to_vec();
    let buffer = ciphertext.as_mut_slice().into();
    let tag = on_wiped_stack(|| cipher::<Aes256Gcm>(key).encrypt_inout_detached(&iv.into(), &[], buffer))
        .expect("a content is shorter than 64 GiB");
    Ok(Sealed { iv, tag: tag.into(), ciphertext })
}

/// The contract's `encryptedSnippet`: base64 of IV, ciphertext and tag in one.
pub fn seal_snippet(key: &SessionKey, snippet: &str) -> Result<String, NoRandomness> {
    let Sealed { iv, tag, ciphertext } = seal(key, snippet.as_bytes())?;
    Ok(Base64::encode_string(&[&iv[..], &ciphertext, &tag].concat()))
}

fn cipher<C: KeyInit + KeySizeUser>(key: &SessionKey) -> C {
    C::new_from_slice(key.as_bytes()).expect("AES-256 takes 32 bytes")
}
