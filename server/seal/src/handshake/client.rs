//! The editor's side.

use super::{
    Aead, Context, HandshakeError, Kdf, Kem, Link, Resumption, Side, link,
    words::{Hello, Mode, Offer, RANDOM_LEN, SUITE, VERSION},
};
use crate::{
    key::{PublicIdentity, SIGNATURE_LEN, random},
    secret::{Secret, on_wiped_stack},
};
use hpke::{
    Deserializable, OpModeS, PskBundle, Serializable,
    rand_core::{TryCryptoRng, TryRng},
    setup_sender_with_rng,
};
use std::convert::Infallible;

/// What a handshake of the editor needs of chance, all of it fetched where a failure can be told.
pub(crate) struct Entropy {
    pub(crate) hello: [u8; RANDOM_LEN],
    pub(crate) key: Secret,
}

/// An editor that waits for an offer.
pub struct ClientHandshake {
    pinned: PublicIdentity,
    context: Context,
    resume: Option<Resumption>,
    hello: Vec<u8>,
    entropy: Entropy,
}

impl ClientHandshake {
    /// Begins: what is to be sent, to whoever claims to be the pinned engine.
    pub fn start(
        pinned: &PublicIdentity,
        context: &Context,
        resume: Option<&Resumption>,
    ) -> Result<(Self, Vec<u8>), HandshakeError> {
        Self::start_with(pinned, context, resume, Entropy { hello: random()?, key: Secret::random()? })
    }

    pub(crate) fn start_with(
        pinned: &PublicIdentity,
        context: &Context,
        resume: Option<&Resumption>,
        entropy: Entropy,
    ) -> Result<(Self, Vec<u8>), HandshakeError> {
        if resume.is_some_and(|resume| !resume.is_for(context)) {
            return Err(HandshakeError::Resumption);
        }
        let hello = Hello { versions: vec![VERSION], random: entropy.hello, resumes: resume.map(|resume| resume.id) };
        let hello = hello.write();
        let (pinned, context, resume) = (*pinned, context.clone(), resume.cloned());
        Ok((Self { pinned, context, resume, hello: hello.clone(), entropy }, hello))
    }

    /// Checks the signed offer, and comes to keys: what is to be sent, and the link. The other side has shown that it
    /// has the keys when its first frame opens.
    pub fn finish(self, signed_offer: &[u8]) -> Result<(Vec<u8>, Link), HandshakeError> {
        on_wiped_stack(|| self.answer(signed_offer))
    }

    fn answer(self, signed_offer: &[u8]) -> Result<(Vec<u8>, Link), HandshakeError> {
        let (bytes, signature) = signed_offer.split_last_chunk::<SIGNATURE_LEN>().ok_or(HandshakeError::Malformed)?;
        // Nothing of an offer is looked at before it is known whose it is.
        if !self.pinned.signed(&self.context.signed(&self.pinned, &self.hello, bytes), signature) {
            return Err(HandshakeError::Signature);
        }
        let offer = Offer::read(bytes)?;
        if offer.version != VERSION {
            return Err(HandshakeError::Version);
        }
        if offer.suite != SUITE {
            return Err(HandshakeError::Suite);
        }
        let mode = match (offer.mode, &self.resume) {
            (Mode::Fresh, _) => OpModeS::Base,
            (Mode::Resumed, Some(resume)) => OpModeS::Psk(resume.bundle()?),
            (Mode::Resumed, None) => return Err(HandshakeError::Resumption),
        };

        let key = Deserializable::from_bytes(&offer.key).map_err(|_| HandshakeError::Agreement)?;
        let info = self.context.info(&self.hello, bytes);
        // A point of low order gives no secret, and is refused in here.
        let (encapsulated, mut hpke) =
            setup_sender_with_rng::<Aead, Kdf, Kem>(&mode, &key, &info, &mut Once(self.entropy.key.bytes()))
                .map_err(|_| HandshakeError::Agreement)?;
        let confirmation = hpke.seal(&[], &[]).map_err(|_| HandshakeError::Agreement)?;
        let accept = [&encapsulated.to_bytes()[..], &confirmation].concat();
        let link = link(Side::Editor, &self.context, offer.mode == Mode::Resumed, |name, out| {
            hpke.export(name, out).expect("a secret of 32 bytes");
        });
        Ok((accept, link))
    }
}

impl Resumption {
    pub(super) fn bundle(&self) -> Result<PskBundle<'_>, HandshakeError> {
        PskBundle::new(self.secret.bytes(), &self.id).map_err(|_| HandshakeError::Resumption)
    }
}

/// Random bytes that were fetched before, for the one key that is made of them. That key has as many bytes; more are
/// never asked for, and asking for more panics rather than repeats.
pub(crate) struct Once<'a>(pub(crate) &'a [u8]);

impl TryRng for Once<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let (now, later) = self.0.split_at(out.len());
        out.copy_from_slice(now);
        self.0 = later;
        Ok(())
    }
}

impl TryCryptoRng for Once<'_> {}
