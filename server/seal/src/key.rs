//! Keys that somebody owns: an engine's identity, and the key of an HTTP session.

use crate::{
    Zeroizing,
    secret::{SECRET_LEN as KEY_LEN, Secret},
};
use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// What a public identity's text form begins with.
const IDENTITY_PREFIX: &str = "weir-ed25519:";

/// The operating system gave no random bytes. Nothing is made up in their stead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct NoRandomness;

/// A text that is no key. Says nothing of what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No `weir-ed25519:` before it.
    #[error("an engine's identity begins with `weir-ed25519:`")]
    Prefix,
    /// No base64 of the standard alphabet with its padding.
    #[error("not base64 (the standard alphabet, padded)")]
    Base64,
    /// Not 32 bytes.
    #[error("a key has {KEY_LEN} bytes, not {0}")]
    Length(usize),
    /// No point of the curve, or one that makes signatures meaningless.
    #[error("these {KEY_LEN} bytes are no public key")]
    Point,
}

/// Random bytes of the operating system that are no secret.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// An engine's secret identity (Ed25519). It signs what workers offer and what it is challenged with, each under a
/// label of its own, and decrypts nothing.
pub struct Identity(SigningKey);

impl Identity {
    /// A new one.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self::from_bytes(Secret::random()?.bytes()))
    }

    /// The one with these secret bytes.
    pub fn from_bytes(secret: &[u8; KEY_LEN]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// Its secret bytes, for who keeps it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; KEY_LEN]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// What editors pin.
    pub fn public(&self) -> PublicIdentity {
        PublicIdentity(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.0.sign(message).to_bytes()
    }
}

/// Bytes of a signature.
pub(crate) const SIGNATURE_LEN: usize = 64;

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Identity({})", self.public().fingerprint())
    }
}

/// An engine's public identity: what an editor pins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicIdentity(VerifyingKey);

impl PublicIdentity {
    /// The identity with these bytes; weak ones, under which a signature says nothing, are refused.
    pub fn from_bytes(bytes: &[u8; KEY_LEN]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Point)?;
        if key.is_weak() { Err(KeyError::Point) } else { Ok(Self(key)) }
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> [u8; KEY_LEN] {
        self.0.to_bytes()
    }

    /// What people compare: the first 16 bytes of its SHA-256 in groups of four hexadecimal digits. Long enough that
    /// nobody finds a second key for it (128 bits), short enough to be read out.
    pub fn fingerprint(&self) -> String {
        let hash = Sha256::digest(self.0.as_bytes());
        let groups: Vec<_> = hash[..16].chunks(2).map(|pair| format!("{:02x}{:02x}", pair[0], pair[1])).collect();
        groups.join("-")
    }

    pub(crate) fn signed(&self, message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

/// `weir-ed25519:` and base64.
impl fmt::Display for PublicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{IDENTITY_PREFIX}{}", Base64::encode_string(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "PublicIdentity({})", self.fingerprint())
    }
}

impl FromStr for PublicIdentity {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let base64 = text.trim().strip_prefix(IDENTITY_PREFIX).ok_or(KeyError::Prefix)?;
        Self::from_bytes(decode(base64)?.bytes())
    }
}

/// The key of an HTTP session (AES-256): what `X-Encryption-Key` carries.
/// Compared in constant time.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(Secret);

impl SessionKey {
    /// A new one.
    pub fn generate() -> Result<Self, NoRandomness> {
        Secret::random().map(Self)
    }

    /// The one with these bytes.
    pub fn from_bytes(bytes: [u8; KEY_LEN]) -> Self {
        let bytes = Zeroizing::new(bytes);
        Self(Secret::filled(|key| key.copy_from_slice(bytes.as_slice())))
    }

    /// From base64, as clients send it.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        decode(text).map(Self)
    }

    /// As base64.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(Base64::encode_string(self.0.bytes()))
    }

    /// Its bytes, for who wraps or passes it on.
    pub fn as_bytes(&self) -> &[u8; KEY_LEN] {
        self.0.bytes()
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

fn decode(base64: &str) -> Result<Secret, KeyError> {
    let bytes = Zeroizing::new(Base64::decode_vec(base64).map_err(|_| KeyError::Base64)?);
    if bytes.len() != KEY_LEN {
        return Err(KeyError::Length(bytes.len()));
    }
    Ok(Secret::filled(|key| key.copy_from_slice(&bytes)))
}
