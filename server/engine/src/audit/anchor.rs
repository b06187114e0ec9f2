//! How far the chain has come, written down where no line of it is.

use super::chain::{DURING, mark, verify_mark};
use crate::hex;
use crate::store::{MachineSecret, StoreError, StoreErrorKind, replace};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{fmt, fs};

/// A line of the log, known to have been written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Its number.
    pub seq: u64,
    /// Its mark.
    pub mac: String,
}

impl fmt::Display for Anchor {
    /// `41:` and its mark in hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.mac)
    }
}

impl FromStr for Anchor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str =
            "an anchor is a number, a colon and 64 hexadecimal digits, as `weir engine audit anchor` prints it";
        let (seq, mac) = text.trim().split_once(':').ok_or(WRONG)?;
        hex::decode::<32>(mac).ok_or(WRONG)?;
        Ok(Self { seq: seq.parse().map_err(|_| WRONG)?, mac: mac.to_owned() })
    }
}

/// How far the log in a data directory is known to have come; `None` if there is none, or what is written down of it is
/// damaged.
pub fn anchor(data: &Path) -> Result<Option<Anchor>, StoreError> {
    if !MachineSecret::exists(data) {
        return Ok(None);
    }
    let key = MachineSecret::open(data, &mut Vec::new())?.key("weir audit log")?;
    Ok(Signed::read(data, &key).map(|signed| signed.newest))
}

/// What is known of a log, with a mark of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Signed {
    /// The newest line.
    pub(super) newest: Anchor,
    /// The last line of the files that were removed because there were enough.
    pub(super) removed: Option<Anchor>,
}

fn path(data: &Path) -> PathBuf {
    data.join("audit.anchor")
}

impl Signed {
    /// What is written down, if that is what was written.
    pub(super) fn read(data: &Path, key: &[u8; 32]) -> Option<Self> {
        let text = fs::read_to_string(path(data)).ok()?;
        let (mac, body) = text.split_once('\n')?;
        verify_mark(key, body.as_bytes(), &hex::decode(mac)?).then_some(())?;
        serde_json::from_str(body).ok()
    }

    /// Whether something is written down, whatever it is.
    pub(super) fn exists(data: &Path) -> bool {
        path(data).exists()
    }

    /// Changes what is written down.
    pub(super) fn write(data: &Path, key: &[u8; 32], change: impl FnOnce(&mut Self)) -> Result<(), StoreError> {
        let none = Anchor { seq: 0, mac: String::new() };
        let mut signed = Self::read(data, key).unwrap_or(Self { newest: none, removed: None });
        change(&mut signed);
        let body = serde_json::to_string(&signed).map_err(|_| StoreError::new(StoreErrorKind::Internal, DURING))?;
        let text = format!("{}\n{body}", hex::encode(&mark(key, body.as_bytes())?));
        replace(&path(data), text.as_bytes()).map_err(|error| StoreError::io(&error, DURING))
    }
}
