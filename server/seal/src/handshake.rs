//! How an editor and a worker come to keys that nobody else has, not even the front that carries what they say.
//!
//! ```text
//! editor                        front                      worker
//!   Hello  ---------------------------------------------->  fresh X25519 key
//!          <---- Offer and signature ----- signs <-- Offer
//!   checks the signature against the identity it pinned
//!   HPKE to the worker's key
//!   Accept ---------------------------------------------->  HPKE with its key
//! ```

mod client;
mod words;
mod worker;

pub use client::ClientHandshake;
#[cfg(test)]
pub(crate) use client::{Entropy, Once};
pub use words::MAX_HELLO;
#[cfg(test)]
pub(crate) use words::{Hello, Mode, Offer};
pub use worker::WorkerHandshake;

use crate::{
    key::{Identity, NoRandomness, PublicIdentity},
    seal::{Opener, Sealer},
    secret::Secret,
    transcript::transcript,
};
use hpke::{aead::AesGcm256, kdf::HkdfSha256, kem::X25519HkdfSha256};
use std::fmt;
use subtle::ConstantTimeEq;

type Kem = X25519HkdfSha256;
type Kdf = HkdfSha256;
type Aead = AesGcm256;

/// Why two sides do not come to keys. Says nothing of keys or of who took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// Not a word of a handshake.
    #[error("a message of the handshake has another form")]
    Malformed,
    /// No version of the protocol that both speak, or one that was not asked for.
    #[error("the other side speaks no version of the protocol that is spoken here")]
    Version,
    /// Other algorithms than the version has.
    #[error("the other side asks for algorithms that this version does not have")]
    Suite,
    /// The pinned identity did not sign this offer, to this hello, for this session and customer.
    #[error("the offer is not signed by the engine that is trusted")]
    Signature,
    /// The session can only be taken up by who has its secret, and by its own kind of handshake.
    #[error("the session is not taken up by who left it")]
    Resumption,
    /// The keys that were sent lead to no secret, or the other side came to another one.
    #[error("the two sides come to different keys")]
    Agreement,
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// Whose link it is. Both sides must say the same; it goes into the signature and into the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The session's id.
    pub session: String,
    /// The customer's id.
    pub customer: String,
}

impl Context {
    fn digest(&self) -> [u8; 32] {
        transcript("weir-seal 1 context", &[self.session.as_bytes(), self.customer.as_bytes()])
    }

    /// What both sides must have seen alike, and what the keys are made for.
    fn info(&self, hello: &[u8], offer: &[u8]) -> [u8; 32] {
        transcript("weir-seal 1 handshake", &[&self.digest(), hello, offer])
    }

    /// What the engine signs.
    fn signed(&self, identity: &PublicIdentity, hello: &[u8], offer: &[u8]) -> [u8; 32] {
        transcript("weir-seal 1 signed offer", &[&identity.to_bytes(), &self.digest(), hello, offer])
    }
}

/// The front's part: the worker's offer with the engine's signature behind it. It learns no key by this.
pub fn sign_offer(identity: &Identity, context: &Context, hello: &[u8], offer: &[u8]) -> Vec<u8> {
    let signature = identity.sign(&context.signed(&identity.public(), hello, offer));
    [offer, &signature].concat()
}

/// What lets the same two sides take up a session again, and nobody else. Kept in memory, on both sides, and replaced
/// by that of each new handshake.
#[derive(Clone)]
pub struct Resumption {
    /// Names the secret; travels in the clear.
    pub(crate) id: [u8; ID_LEN],
    pub(crate) secret: Secret,
    /// The context it holds for.
    context: [u8; 32],
}

/// Bytes of a resumption's name.
const ID_LEN: usize = 16;

impl Resumption {
    fn is_for(&self, context: &Context) -> bool {
        self.context.ct_eq(&context.digest()).into()
    }
}

impl fmt::Debug for Resumption {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Resumption(..)")
    }
}

/// What a handshake comes to.
pub struct Link {
    /// For what this side sends.
    pub sealer: Sealer,
    /// For what this side receives.
    pub opener: Opener,
    /// For the next handshake of this session.
    pub resumption: Resumption,
    /// Whether this one took up what was there: the worker is the one that was left, and has what it had.
    pub resumed: bool,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Link").field("resumed", &self.resumed).finish_non_exhaustive()
    }
}

/// Which end of the link this is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Editor,
    Worker,
}

/// The link, by what HPKE exports under a name.
fn link(side: Side, context: &Context, resumed: bool, export: impl Fn(&[u8], &mut [u8])) -> Link {
    let secret = |name: &[u8]| Secret::filled(|secret| export(name, secret));
    let (up, down) = (secret(b"weir-seal 1 editor to worker"), secret(b"weir-seal 1 worker to editor"));
    let (mine, theirs) = if side == Side::Editor { (up, down) } else { (down, up) };
    let mut id = [0; ID_LEN];
    export(b"weir-seal 1 resumption id", &mut id);
    let resumption = Resumption { id, secret: secret(b"weir-seal 1 resumption"), context: context.digest() };
    Link { sealer: Sealer::new(mine), opener: Opener::new(theirs), resumption, resumed }
}
