//! Who may use the engine: customers, what they are allowed, and the keys they show.
//!
//! A key is `weir_`, sixteen digits by which it is found, `_` and 64 digits that are its secret. Only the SHA-256 of the
//! secret is kept. That is a fast hash on purpose: slow ones protect secrets that people choose and others can guess; of
//! 256 random bits there is nothing to guess, and every request would pay for it.

use crate::limits::{LimitChanges, Limits};
use crate::store::StoreError;
use crate::{hex, random};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq as _;

/// What a customer may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Analyse code.
    #[default]
    Analyst,
    /// Also see and change what belongs to others: sessions, leases, team configuration.
    Admin,
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Analyst => "analyst",
            Self::Admin => "admin",
        })
    }
}

/// A customer: whoever holds one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// By which it is known in the store and in the audit log; part of the key.
    pub id: String,
    /// For people.
    pub name: String,
    /// Whose rules and configuration it gets; customers of one team also share leases.
    pub team: String,
    /// What it may do.
    pub role: Role,
    /// What is different from the engine's limits.
    pub limits: LimitChanges,
    /// When the key was made, in milliseconds since 1970.
    pub created: u64,
    /// When it was last seen, give or take a minute.
    pub last_used: Option<u64>,
    /// Until when the key before the last rotation is valid.
    pub previous_until: Option<u64>,
    /// What this customer's cached results are found by, so that nobody can ask whether another has a file.
    pub(crate) cache_secret: [u8; 32],
}

impl Tenant {
    /// What it may, where this is what the engine allows.
    pub fn limits(&self, engine: &Limits) -> Limits {
        self.limits.over(engine)
    }
}

/// A customer to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTenant {
    /// See [`Tenant::name`].
    pub name: String,
    /// See [`Tenant::team`]; the name, if nothing is said.
    pub team: Option<String>,
    /// See [`Tenant::role`].
    pub role: Role,
    /// See [`Tenant::limits`].
    pub limits: LimitChanges,
}

/// A key as its holder shows it. Not printed by `Debug`.
#[derive(Clone)]
pub struct ApiKey {
    id: [u8; 8],
    secret: [u8; 32],
}

/// What every key begins with, so that scanners for leaked secrets know it.
const PREFIX: &str = "weir_";

impl ApiKey {
    /// A new one with the id of an old one, or with a new id.
    pub(crate) fn generate(id: Option<&str>) -> Result<Self, StoreError> {
        let id = match id.and_then(hex::decode) {
            Some(id) => id,
            None => random::bytes()?,
        };
        Ok(Self { id, secret: random::bytes()? })
    }

    /// The public part: by this it is found.
    pub fn id(&self) -> String {
        hex::encode(&self.id)
    }

    /// The secret itself, to derive other secrets from.
    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// What is kept of the secret.
    pub(crate) fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.secret).into())
    }

    /// The key as text, for the one time that it is shown.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", hex::encode(&self.id), hex::encode(&self.secret))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ApiKey({})", self.id())
    }
}

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no key of Weir's")]
pub struct NoKey;

impl FromStr for ApiKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let (id, secret) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).ok_or(NoKey)?;
        Ok(Self { id: hex::decode(id).ok_or(NoKey)?, secret: hex::decode(secret).ok_or(NoKey)? })
    }
}

/// The hash of a key's secret.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct SecretHash([u8; 32]);

impl SecretHash {
    /// Whether it is the same, in a time that does not tell where they differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        hex::encode(&hash.0)
    }
}

impl TryFrom<String> for SecretHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        hex::decode(&text).map(Self).ok_or("not a SHA-256 in hex")
    }
}

/// Longest name of a customer or team.
pub(crate) const NAME_LENGTH: usize = 64;

/// Whether something may be called so: what is safe in a log line, a shell and a Redis key.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=NAME_LENGTH).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte))
        && !name.starts_with(['-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written_and_nothing_else_is() {
        let key = ApiKey::generate(None).expect("random bytes");
        let text = key.reveal();
        let read: ApiKey = text.parse().expect("a key");
        assert_eq!(read.id(), key.id());
        assert!(read.hash().is(&key.hash()));
        assert!(!format!("{key:?}").contains(&text[22..]));
        let other = ApiKey::generate(Some(&key.id())).expect("random bytes");
        assert_eq!(other.id(), key.id());
        assert!(!other.hash().is(&key.hash()));
        for wrong in
            ["", "weir_", "weir__", &text[1..], &text[..text.len() - 1], &text.to_uppercase(), &format!("{text}0")]
        {
            assert!(wrong.parse::<ApiKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_plain() {
        for (name, expected) in [
            ("acme", true),
            ("a.b_c-d@e", true),
            ("", false),
            ("-x", false),
            (".x", false),
            ("a b", false),
            ("a/b", false),
            ("a\n", false),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(is_name(name), expected, "{name:?}");
        }
    }
}
