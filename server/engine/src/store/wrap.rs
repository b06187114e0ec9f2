//! Sessions' keys, which are kept only under the API key of their customer. It is not kept at all, so what is in the
//! store opens nothing.

use super::secret::derive;
use super::{SessionId, StoreError, StoreErrorKind};
use crate::tenant::ApiKey;
use weir_seal::{SessionKey, file};
use zeroize::Zeroizing;

const DURING: &str = "wrapping a session's key";

/// The key under which one session's key is kept.
fn wrapping(shown: &ApiKey, session: &SessionId) -> Result<SessionKey, StoreError> {
    let key: Zeroizing<[u8; 32]> = derive(shown.secret(), session.as_str().as_bytes(), "weir session key")?;
    Ok(SessionKey::from_bytes(*key))
}

/// Wraps a session's key under the API key that its customer shows.
pub fn wrap(shown: &ApiKey, session: &SessionId, key: &SessionKey) -> Result<Vec<u8>, StoreError> {
    let sealed = file::seal(&wrapping(shown, session)?, key.as_bytes())
        .map_err(|_| StoreError::new(StoreErrorKind::Internal, DURING))?;
    Ok([sealed.iv.as_slice(), &sealed.tag, &sealed.ciphertext].concat())
}

/// The session's key, for the holder of the API key it was wrapped under. `None` for anybody else, and after a rotation.
pub fn unwrap(shown: &ApiKey, session: &SessionId, wrapped: &[u8]) -> Result<Option<SessionKey>, StoreError> {
    let Some((iv, rest)) = wrapped.split_at_checked(file::IV_LEN) else { return Ok(None) };
    let Some((tag, sealed)) = rest.split_at_checked(file::TAG_LEN) else { return Ok(None) };
    let Ok(key) = file::open(&wrapping(shown, session)?, iv, tag, sealed.to_vec()) else { return Ok(None) };
    Ok(<[u8; 32]>::try_from(key.as_slice()).ok().map(SessionKey::from_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sessions_key_comes_back_to_the_holder_of_the_api_key_and_to_nobody_else() {
        let (mine, other) = (ApiKey::generate(None).expect("random"), ApiKey::generate(None).expect("random"));
        let rotated = ApiKey::generate(Some(&mine.id())).expect("random");
        let (session, another) = (SessionId::random().expect("random"), SessionId::random().expect("random"));
        let key = SessionKey::generate().expect("random");
        let wrapped = wrap(&mine, &session, &key).expect("wrapped");
        let unwrapped = |shown: &ApiKey, session: &SessionId, wrapped: &[u8]| {
            unwrap(shown, session, wrapped).expect("derived").map(|key| *key.as_bytes())
        };
        assert_eq!(unwrapped(&mine, &session, &wrapped), Some(*key.as_bytes()));
        assert_eq!(unwrapped(&other, &session, &wrapped), None);
        assert_eq!(unwrapped(&rotated, &session, &wrapped), None);
        assert_eq!(unwrapped(&mine, &another, &wrapped), None);
        for at in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[at] ^= 1;
            assert_eq!(unwrapped(&mine, &session, &changed), None, "{at}");
            assert_eq!(unwrapped(&mine, &session, &wrapped[..at]), None, "{at}");
        }
        assert!(!wrapped.windows(8).any(|part| key.as_bytes().windows(8).any(|key| key == part)));
    }
}
