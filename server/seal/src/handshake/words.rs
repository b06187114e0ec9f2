//! What the two sides say: fixed places, no lengths that could lie, one form for each thing.

use super::{HandshakeError, ID_LEN};

/// The version of the protocol spoken here. It fixes the algorithms; another suite is another version.
pub(crate) const VERSION: u8 = 1;
/// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM by their numbers in RFC 9180.
pub(crate) const SUITE: [u8; 6] = [0, 0x20, 0, 1, 0, 2];

/// Bytes of randomness with which each side makes the handshake its own.
pub(crate) const RANDOM_LEN: usize = 32;
/// Bytes of an X25519 key.
pub(crate) const POINT_LEN: usize = 32;
/// Most versions that a hello may list.
const MAX_VERSIONS: usize = 8;

/// Longest hello.
pub const MAX_HELLO: usize = 1 + MAX_VERSIONS + 1 + RANDOM_LEN + ID_LEN;

/// A handshake begins anew, or goes on from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Fresh = 0,
    Resumed = 1,
}

impl Mode {
    fn read(byte: u8) -> Result<Self, HandshakeError> {
        match byte {
            0 => Ok(Self::Fresh),
            1 => Ok(Self::Resumed),
            _ => Err(HandshakeError::Malformed),
        }
    }
}

/// `count: u8 | versions | mode: u8 | random: 32 | resumption id: 16, if resumed`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hello {
    /// What the editor speaks, what it likes best first.
    pub(crate) versions: Vec<u8>,
    pub(crate) random: [u8; RANDOM_LEN],
    pub(crate) resumes: Option<[u8; ID_LEN]>,
}

impl Hello {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mode = if self.resumes.is_some() { Mode::Resumed } else { Mode::Fresh };
        let mut bytes = vec![self.versions.len() as u8];
        bytes.extend_from_slice(&self.versions);
        bytes.push(mode as u8);
        bytes.extend_from_slice(&self.random);
        bytes.extend(self.resumes.iter().flatten());
        bytes
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut rest = Reader(bytes);
        let [count] = rest.take()?;
        if count as usize > MAX_VERSIONS {
            return Err(HandshakeError::Malformed);
        }
        let versions = rest.slice(count as usize)?.to_vec();
        let [mode] = rest.take()?;
        let random = rest.take()?;
        let resumes = match Mode::read(mode)? {
            Mode::Fresh => None,
            Mode::Resumed => Some(rest.take()?),
        };
        rest.end()?;
        Ok(Self { versions, random, resumes })
    }
}

/// `version: u8 | suite: 6 | mode: u8 | random: 32 | X25519 key: 32`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) version: u8,
    pub(crate) suite: [u8; SUITE.len()],
    pub(crate) mode: Mode,
    pub(crate) random: [u8; RANDOM_LEN],
    pub(crate) key: [u8; POINT_LEN],
}

impl Offer {
    pub(crate) fn write(&self) -> Vec<u8> {
        [&[self.version], &self.suite[..], &[self.mode as u8], &self.random, &self.key].concat()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let mut rest = Reader(bytes);
        let [version] = rest.take()?;
        let suite = rest.take()?;
        let [mode] = rest.take()?;
        let offer = Self { version, suite, mode: Mode::read(mode)?, random: rest.take()?, key: rest.take()? };
        rest.end()?;
        Ok(offer)
    }
}

/// Reads from the front, and wants all of it read.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], HandshakeError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(HandshakeError::Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn slice(&mut self, len: usize) -> Result<&'a [u8], HandshakeError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(HandshakeError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn end(self) -> Result<(), HandshakeError> {
        if self.0.is_empty() { Ok(()) } else { Err(HandshakeError::Malformed) }
    }
}
