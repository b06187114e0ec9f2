//! What is kept of keys, and what is done to it: the same for files and for Redis.

use super::{StoreError, StoreErrorKind};
use crate::limits::LimitChanges;
use crate::random;
use crate::tenant::{ApiKey, NewTenant, Role, SecretHash, Tenant, is_name};
use serde::{Deserialize, Serialize};

/// A customer with the hashes of its secrets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeyRecord {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) team: String,
    pub(super) role: Role,
    pub(super) limits: LimitChanges,
    pub(super) created: u64,
    secret: SecretHash,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Previous>,
    #[serde(with = "hex_bytes")]
    cache_secret: [u8; 32],
}

/// The secret before the last rotation.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Previous {
    secret: SecretHash,
    until: u64,
}

impl KeyRecord {
    /// A new customer and its key.
    pub(super) fn new(new: NewTenant, now: u64) -> Result<(ApiKey, Self), StoreError> {
        let team = new.team.unwrap_or_else(|| new.name.clone());
        if !is_name(&new.name) || !is_name(&team) {
            return Err(StoreError::new(StoreErrorKind::Invalid, "adding a key"));
        }
        let key = ApiKey::generate(None)?;
        let record = Self {
            id: key.id(),
            name: new.name,
            team,
            role: new.role,
            limits: new.limits,
            created: now,
            secret: key.hash(),
            previous: None,
            cache_secret: random::bytes()?,
        };
        Ok((key, record))
    }

    /// Whether this key, shown now, is the customer's.
    pub(super) fn admits(&self, key: &ApiKey, now: u64) -> bool {
        let shown = key.hash();
        let previous = self.previous.as_ref().filter(|previous| now < previous.until);
        self.secret.is(&shown) || previous.is_some_and(|previous| previous.secret.is(&shown))
    }

    /// Gives the customer a new secret; the old one is valid until then.
    pub(super) fn rotate(&mut self, until: u64) -> Result<ApiKey, StoreError> {
        let key = ApiKey::generate(Some(&self.id))?;
        self.previous = Some(Previous { secret: self.secret, until });
        self.secret = key.hash();
        Ok(key)
    }

    pub(super) fn tenant(&self, last_used: Option<u64>, now: u64) -> Tenant {
        Tenant {
            id: self.id.clone(),
            name: self.name.clone(),
            team: self.team.clone(),
            role: self.role,
            limits: self.limits,
            created: self.created,
            last_used,
            previous_until: self.previous.as_ref().map(|previous| previous.until).filter(|until| now < *until),
            cache_secret: self.cache_secret,
        }
    }

    /// Whether people mean this one by what they typed.
    pub(super) fn is_called(&self, name_or_id: &str) -> bool {
        self.id == name_or_id || self.name == name_or_id
    }
}

/// Bytes as hex in JSON.
mod hex_bytes {
    use crate::hex;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        hex::decode(&text).ok_or_else(|| D::Error::custom("not 32 bytes in hex"))
    }
}
