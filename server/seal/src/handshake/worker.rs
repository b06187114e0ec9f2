//! The worker's side.

use super::{
    Aead, Context, HandshakeError, Kdf, Kem, Link, Resumption, Side, link,
    words::{Hello, Mode, Offer, POINT_LEN, Reader, SUITE, VERSION},
};
use crate::{
    cipher::TAG_LEN,
    key::random,
    secret::{Secret, on_wiped_stack},
};
use hpke::{Deserializable, Kem as _, OpModeR, Serializable, setup_receiver};

/// A worker that has made its offer. Its key is used once, and gone whatever comes.
pub struct WorkerHandshake {
    key: <Kem as hpke::Kem>::PrivateKey,
    context: Context,
    /// What the editor must have, if this goes on from another handshake.
    resume: Option<Resumption>,
    info: [u8; 32],
}

impl WorkerHandshake {
    /// Answers a hello with an offer, for the front to sign. A worker that has a resumption holds what an editor sent,
    /// and is taken up by who has the same only; one that has none begins anew with anybody, and says so.
    pub fn offer(
        hello: &[u8],
        context: &Context,
        resume: Option<&Resumption>,
    ) -> Result<(Self, Vec<u8>), HandshakeError> {
        Self::offer_with(hello, context, resume, random()?, &Secret::random()?)
    }

    pub(crate) fn offer_with(
        hello: &[u8],
        context: &Context,
        resume: Option<&Resumption>,
        random: [u8; 32],
        key_material: &Secret,
    ) -> Result<(Self, Vec<u8>), HandshakeError> {
        let Hello { versions, resumes, .. } = Hello::read(hello)?;
        if !versions.contains(&VERSION) {
            return Err(HandshakeError::Version);
        }
        let mode = match resume {
            None => Mode::Fresh,
            Some(resume) if resumes == Some(resume.id) && resume.is_for(context) => Mode::Resumed,
            Some(_) => return Err(HandshakeError::Resumption),
        };
        let (key, public) = on_wiped_stack(|| Kem::derive_keypair(key_material.bytes()));
        let offer = Offer { version: VERSION, suite: SUITE, mode, random, key: public.to_bytes().into() };
        let offer = offer.write();
        let info = context.info(hello, &offer);
        Ok((Self { key, context: context.clone(), resume: resume.cloned(), info }, offer))
    }

    /// Comes to keys by what the editor answered; refuses whoever did not come to the same ones.
    pub fn accept(self, accept: &[u8]) -> Result<Link, HandshakeError> {
        on_wiped_stack(|| self.agree(accept))
    }

    fn agree(self, accept: &[u8]) -> Result<Link, HandshakeError> {
        let mut rest = Reader(accept);
        let encapsulated: [u8; POINT_LEN] = rest.take()?;
        let confirmation: [u8; TAG_LEN] = rest.take()?;
        rest.end()?;
        let mode = match &self.resume {
            None => OpModeR::Base,
            Some(resume) => OpModeR::Psk(resume.bundle()?),
        };
        let encapsulated = Deserializable::from_bytes(&encapsulated).map_err(|_| HandshakeError::Agreement)?;
        let mut hpke = setup_receiver::<Aead, Kdf, Kem>(&mode, &self.key, &encapsulated, &self.info)
            .map_err(|_| HandshakeError::Agreement)?;
        hpke.open(&confirmation, &[]).map_err(|_| HandshakeError::Agreement)?;
        Ok(link(Side::Worker, &self.context, self.resume.is_some(), |name, out| {
            hpke.export(name, out).expect("a secret of 32 bytes");
        }))
    }
}
