//! Results of files that were analysed before, for customers who send the same file again.

use super::{Backend, Store, StoreError, StoreErrorKind, on};
use crate::clock::milliseconds;
use crate::tenant::Tenant;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::time::Duration;

/// By what a result is found. Made with a secret of the customer's, so that it tells nobody else which file it is of,
/// and another customer with the same file finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResultKey(pub(super) [u8; 32]);

/// Longest result that is kept, in bytes.
pub const RESULT_BYTES: usize = 1024 * 1024;

impl ResultKey {
    /// Of a file with this SHA-256 under rules with this hash, by this version of the engine, with whatever else changes
    /// what comes out.
    pub fn new(tenant: &Tenant, content: &[u8; 32], rules: &str, engine: &str, options: &[u8]) -> Self {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&tenant.cache_secret) else { return Self([0; 32]) };
        for part in [content, rules.as_bytes(), engine.as_bytes(), options] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        Self(mac.finalize().into_bytes().into())
    }
}

impl Store {
    /// A result that is kept.
    pub async fn result(&self, key: &ResultKey) -> Result<Option<Vec<u8>>, StoreError> {
        let (key, now) = (*key, self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.result(&key, now)).await,
            Backend::Redis(redis) => redis.result(&key).await,
        }
    }

    /// Keeps a result for so long, or until there is no room and others were used since.
    pub async fn keep_result(&self, key: &ResultKey, result: Vec<u8>, life: Duration) -> Result<(), StoreError> {
        if result.len() > RESULT_BYTES {
            return Err(StoreError::new(StoreErrorKind::TooLarge, "keeping a result"));
        }
        let (key, now, life) = (*key, self.now(), milliseconds(life));
        match &self.inner.backend {
            Backend::Embedded(embedded) => {
                on(embedded, move |embedded| embedded.keep_result(&key, result, life, now)).await
            }
            Backend::Redis(redis) => redis.keep_result(&key, &result, life).await,
        }
    }
}
