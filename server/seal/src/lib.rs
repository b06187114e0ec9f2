//! Keys and sealed frames. No socket is in sight: bytes in, bytes out.
//!
//! An editor and the worker of its session agree on keys through a front that sees ciphertext only
//! ([`ClientHandshake`], [`WorkerHandshake`], [`sign_offer`]), and seal their messages with them ([`Sealer`], [`Opener`]).
//! Before an editor says who it is, an engine has shown who it is ([`Challenge`], [`Proof`]).
//! `docs/sealed-link.md` has the protocol byte by byte, and what it does not protect against. [`file`](mod@file) is the
//! other cipher of the house: a file of the HTTP contract under a session's key.
//!
//! What never happens here: no key leaves but where its owner asks for its bytes, no error says anything of what was
//! sealed or with what, and there is neither a clock nor a thread.

mod chunk;
mod cipher;
pub mod file;
mod handshake;
mod key;
mod proof;
mod schedule;
mod seal;
mod secret;
mod transcript;
mod zeroizing;

#[cfg(test)]
mod tests;

pub use chunk::{MAX_CHUNK, MAX_MESSAGE, MAX_SEALED_FRAME, Padding};
pub use handshake::{
    ClientHandshake, Context, HandshakeError, Link, MAX_HELLO, Resumption, WorkerHandshake, sign_offer,
};
pub use key::{Identity, KeyError, NoRandomness, PublicIdentity, SessionKey};
pub use proof::{Challenge, Proof, ProofError};
pub use schedule::{REKEY_BYTES, REKEY_FRAMES, REKEY_TIME};
pub use seal::{Frames, Opened, Opener, SealError, Sealer};
pub use zeroizing::{Overwrite, Zeroizing};
