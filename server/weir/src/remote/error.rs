//! Why there is no link to an engine, and what follows from it.

use weir_seal::HandshakeError;

/// Why there is no link. Holds no key and no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The engine is not to be had for now. It is tried again.
    #[error("{0}")]
    Away(String),
    /// Somebody answers whom we must not or cannot speak to. It is not tried again by itself: nothing more is sent there.
    #[error("{0}")]
    Refused(String),
    /// The session that was to be taken up again is no more; a new one may be had at once.
    #[error("the session is over")]
    SessionOver,
}

impl ConnectError {
    pub(super) fn away(reason: impl Into<String>) -> Self {
        Self::Away(reason.into())
    }

    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(reason.into())
    }

    /// What a failed handshake means: nothing but missing randomness is the network's or chance's doing.
    pub(super) fn handshake(error: HandshakeError) -> Self {
        match error {
            HandshakeError::Resumption => Self::SessionOver,
            HandshakeError::Randomness(_) => Self::away(error.to_string()),
            HandshakeError::Signature => Self::refused(
                "its identity is not the one that was pinned. If it was changed on purpose, run `weir login` again",
            ),
            HandshakeError::Malformed | HandshakeError::Version | HandshakeError::Suite | HandshakeError::Agreement => {
                Self::refused(format!("the handshake failed: {error}"))
            }
        }
    }
}
