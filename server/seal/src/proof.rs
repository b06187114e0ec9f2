//! Who holds an identity shows it to somebody who has no secret to spend yet: a signature over what chance chose.
//!
//! A proof says that the holder of the identity was asked with this challenge, in the name of this host. It does not say who
//! passed the question on.

use crate::{
    key::{Identity, NoRandomness, PublicIdentity, SIGNATURE_LEN, random},
    transcript::transcript,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use std::{fmt, str::FromStr};

/// Bytes of a challenge.
const CHALLENGE_LEN: usize = 32;

/// A text that is no challenge, or no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not base64 of as many bytes as it should have (the alphabet for URLs, not padded)")]
pub struct ProofError;

/// What an identity is to be shown with. Each is used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge([u8; CHALLENGE_LEN]);

impl Challenge {
    /// A new one.
    pub fn random() -> Result<Self, NoRandomness> {
        random().map(Self)
    }
}

/// The answer to a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof([u8; SIGNATURE_LEN]);

/// What is signed: no other signature of an identity's is over a transcript with this label.
fn signed(identity: &PublicIdentity, challenge: &Challenge, host: &str) -> [u8; 32] {
    transcript("weir engine proof v1", &[&identity.to_bytes(), &challenge.0, host.as_bytes()])
}

impl Identity {
    /// Shows that this identity is held, to who asks with this challenge for this host (and port).
    pub fn prove(&self, challenge: &Challenge, host: &str) -> Proof {
        Proof(self.sign(&signed(&self.public(), challenge, host)))
    }
}

impl PublicIdentity {
    /// Whether it is the holder of this identity who answered this challenge for this host.
    pub fn has_proved(&self, challenge: &Challenge, host: &str, proof: &Proof) -> bool {
        self.signed(&signed(self, challenge, host), &proof.0)
    }
}

fn read<const N: usize>(text: &str) -> Result<[u8; N], ProofError> {
    let mut bytes = [0; N];
    let read = Base64UrlUnpadded::decode(text, &mut bytes).map_err(|_| ProofError)?;
    if read.len() == N { Ok(bytes) } else { Err(ProofError) }
}

/// Base64 for URLs, without padding.
impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Base64UrlUnpadded::encode_string(&self.0))
    }
}

impl FromStr for Challenge {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        read(text).map(Self)
    }
}

/// Base64 for URLs, without padding.
impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Base64UrlUnpadded::encode_string(&self.0))
    }
}

impl FromStr for Proof {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        read(text).map(Self)
    }
}
