//! Reading the chain to see whether it is what was written.

use super::anchor::{Anchor, Signed};
use super::chain::{LINE_BYTES, Line, NOTHING, OPENED, UNPROVEN};
use super::{files, folder};
use crate::store::{MachineSecret, StoreError};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

/// What a check of the log came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Lines that are in order.
    pub lines: u64,
    /// The numbers of the first and last of them.
    pub range: Option<(u64, u64)>,
    /// Where it is not what was written, in order; at most [`MOST_BROKEN`].
    pub broken: Vec<Broken>,
}

/// More are not told: whoever wants to know has seen enough.
pub const MOST_BROKEN: usize = 100;

/// A place where the log is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The text of a line was changed.
    Edited {
        /// The file, by name.
        file: String,
        /// Its line, from one.
        line: u64,
    },
    /// Lines are missing before this one.
    Missing {
        /// The file, by name.
        file: String,
        /// Its line, from one.
        line: u64,
        /// The number that should stand there.
        expected: u64,
        /// The number that does.
        found: u64,
    },
    /// A line stands where another should: it was moved, repeated or put in.
    OutOfOrder {
        /// The file, by name.
        file: String,
        /// Its line, from one.
        line: u64,
        /// The number that should stand there.
        expected: u64,
        /// The number that does.
        found: u64,
    },
    /// A line is not the one that an anchor kept elsewhere is of: the log was written anew.
    Rewritten {
        /// The file, by name.
        file: String,
        /// Its line, from one.
        line: u64,
    },
    /// When an engine opened the log here, what is written down of it was damaged or missing: how many lines there were before
    /// cannot be said.
    Unproven {
        /// The file, by name.
        file: String,
        /// Its line, from one.
        line: u64,
    },
    /// Lines at the end are missing.
    Truncated {
        /// The last line there.
        ends: u64,
        /// The last line known to have been written.
        known: u64,
    },
    /// What is written down of the log is damaged or missing, so that nothing can be said of its end.
    NoAnchor,
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited { file, line } => write!(out, "{file}:{line}: this line is not what was written"),
            Self::Missing { file, line, expected, found } => {
                write!(out, "{file}:{line}: entries {expected} to {} are missing before this line", found - 1)
            }
            Self::OutOfOrder { file, line, expected, found } => {
                write!(out, "{file}:{line}: entry {found} stands where entry {expected} should")
            }
            Self::Rewritten { file, line } => {
                write!(out, "{file}:{line}: this line is not the one that the anchor is of: the log was written anew")
            }
            Self::Unproven { file, line } => write!(
                out,
                "{file}:{line}: when the log was opened here, audit.anchor was damaged or missing: whether all is there before this \
                 line cannot be said"
            ),
            Self::Truncated { ends, known } => {
                write!(out, "the log ends at entry {ends}, but entry {known} was written: the end is missing")
            }
            Self::NoAnchor => {
                write!(out, "audit.anchor is damaged or missing: whether the end is complete cannot be said")
            }
        }
    }
}

/// Looks at every line of the log in a data directory, whether an engine runs there or not. `elsewhere`: how far the chain
/// had come according to somebody else.
pub fn verify(data: &Path, elsewhere: Option<&Anchor>) -> Result<Verified, StoreError> {
    let folder = folder(data);
    if !MachineSecret::exists(data) && !folder.is_dir() {
        return Ok(Verified { lines: 0, range: None, broken: Vec::new() });
    }
    let key = MachineSecret::open(data, &mut Vec::new())?.key("weir audit log")?;
    // Read first: an engine that runs only writes lines behind it.
    let signed = Signed::read(data, &key);
    let mut verified = Verified { lines: 0, range: None, broken: Vec::new() };
    if signed.is_none() && Signed::exists(data) {
        verified.broken.push(Broken::NoAnchor);
    }
    let files = if folder.is_dir() { files(&folder)? } else { Vec::new() };
    if signed.is_none() && !files.is_empty() && verified.broken.is_empty() {
        verified.broken.push(Broken::NoAnchor);
    }
    let removed = signed.as_ref().and_then(|signed| signed.removed.clone());
    let mut last = removed.unwrap_or(Anchor { seq: 0, mac: NOTHING.to_owned() });
    for (_, path) in files {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut reader = match File::open(&path) {
            // A running engine removes the oldest.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => BufReader::new(opened.map_err(|error| StoreError::io(&error, "reading the audit log"))?),
        };
        for line in 1.. {
            let mut text = Vec::new();
            let read = io::Read::take(&mut reader, LINE_BYTES)
                .read_until(b'\n', &mut text)
                .map_err(|error| StoreError::io(&error, "reading the audit log"))?;
            if read == 0 || verified.broken.len() >= MOST_BROKEN {
                break;
            }
            let text = text.strip_suffix(b"\n").and_then(|text| str::from_utf8(text).ok());
            let Some((entry, true)) = text.and_then(|text| Line::read(text, &key)) else {
                verified.broken.push(Broken::Edited { file: file.clone(), line });
                // Its number is as good a guess as any: if it is right, the next line tells nothing new.
                last = Anchor { seq: last.seq + 1, mac: String::from("?") };
                continue;
            };
            let expected = last.seq + 1;
            let (file, found) = (file.clone(), entry.seq);
            // Behind a line that was edited the mark is not known, but the number is.
            let follows = found == expected && (entry.prev == last.mac || last.mac == "?");
            if entry.entry.action == OPENED && entry.entry.status == UNPROVEN {
                verified.broken.push(Broken::Unproven { file: file.clone(), line });
            }
            if elsewhere.is_some_and(|known| known.seq == found && known.mac != entry.mac) {
                verified.broken.push(Broken::Rewritten { file, line });
            } else if follows {
                verified.lines += 1;
            } else if found > expected {
                verified.broken.push(Broken::Missing { file, line, expected, found });
            } else {
                verified.broken.push(Broken::OutOfOrder { file, line, expected, found });
            }
            verified.range = Some((verified.range.map_or(found, |(first, _)| first.min(found)), found));
            last = Anchor { seq: found, mac: entry.mac };
        }
    }
    let known = signed.map(|signed| signed.newest.seq).into_iter().chain(elsewhere.map(|anchor| anchor.seq)).max();
    if let Some(known) = known.filter(|known| *known > last.seq) {
        verified.broken.push(Broken::Truncated { ends: last.seq, known });
    }
    Ok(verified)
}
