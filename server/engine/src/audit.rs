//! Who did what, without what they did it to: lines of JSON in the data directory's `audit`.
//!
//! Each line carries an HMAC over itself and the HMAC of the line before, under a key of the machine's: a line that was edited,
//! removed, put in or moved breaks the chain, which [`verify`] finds. How far the chain has come is written down beside the folder: so
//! lines that are missing at the end are missed, too. Someone who can read the machine's secret can forge all of it, but not what
//! an [`Anchor`] that is kept elsewhere says.

mod anchor;
mod chain;
mod verify;

pub use anchor::{Anchor, anchor};
pub use verify::{Broken, MOST_BROKEN, Verified, verify};

use crate::clock::Clock;
use crate::store::{Loss, StoreError};
use chain::Chain;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is written of one thing that happened. Nothing in it may hold source text, a path of a customer's, or a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The customer's id; empty: nobody's.
    pub tenant: String,
    /// The request's id, as the customer chose it; shortened to [`REQUEST_BYTES`].
    pub request: String,
    /// What was done: `analyze`, `session.open`.
    pub action: String,
    /// What came of it: `ok`, or the code of an error.
    pub status: String,
    /// Numbers: files, findings, bytes, milliseconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
}

/// Longest request id that is written.
pub const REQUEST_BYTES: usize = 128;

/// How large the audit log may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditConfig {
    /// A new file is begun when one is as large, in bytes, and every day.
    pub file_bytes: u64,
    /// Older files are removed when there are more.
    pub files: usize,
}

impl Default for AuditConfig {
    fn default() -> Self {
        // A hundred thousand requests a file; a quarter of a year at one file a day.
        Self { file_bytes: 32 * 1024 * 1024, files: 90 }
    }
}

/// The audit log of one engine, which writes it alone.
pub struct Audit {
    chain: Mutex<Chain>,
    clock: Clock,
}

impl Audit {
    /// Opens the log in a data directory, and goes on where it ends. If that is not where it ended last time, a line says
    /// so, and so does the list.
    pub fn open(data: &Path, config: AuditConfig, clock: Clock) -> Result<(Self, Vec<Loss>), StoreError> {
        let mut losses = Vec::new();
        let chain = Chain::open(data, config, clock.now(), &mut losses)?;
        Ok((Self { chain: Mutex::new(chain), clock }, losses))
    }

    /// Writes a line. It is in the file when this returns, and safe from a power failure after the next [`Audit::flush`].
    pub fn append(&self, entry: Entry) -> Result<(), StoreError> {
        self.chain().append(entry, self.clock.now())
    }

    /// Makes what was written last, and writes down how far the chain has come. To be called about once a second and at
    /// the end.
    pub fn flush(&self) -> Result<Anchor, StoreError> {
        self.chain().flush()
    }

    fn chain(&self) -> std::sync::MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The folder of the log in a data directory.
fn folder(data: &Path) -> PathBuf {
    data.join("audit")
}

/// The files of a log with the numbers of their first lines, oldest first.
fn files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let io = |error: std::io::Error| StoreError::io(&error, "reading the audit log");
    let mut files = Vec::new();
    for file in std::fs::read_dir(folder).map_err(io)? {
        let path = file.map_err(io)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number =
            name.strip_prefix("audit-").and_then(|rest| rest.split('-').next()).and_then(|digits| digits.parse().ok());
        if let (Some(number), Some("jsonl")) = (number, path.extension().and_then(|end| end.to_str())) {
            files.push((number, path));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
