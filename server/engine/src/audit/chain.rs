//! Writing the chain.

use super::anchor::{Anchor, Signed};
use super::{AuditConfig, Entry, REQUEST_BYTES, files, folder};
use crate::hex;
use crate::store::{
    Loss, MachineSecret, Recovery, StoreError, StoreErrorKind, make_directory, open_private, sync_directory,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub(super) const DURING: &str = "writing the audit log";
/// The day in milliseconds.
const DAY: u64 = 86_400_000;
/// Longest line that is read: ours are shorter.
pub(super) const LINE_BYTES: u64 = 64 * 1024;

/// A line of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// Counts lines, from one.
    pub(super) seq: u64,
    /// Milliseconds since 1970.
    pub(super) time: u64,
    #[serde(flatten)]
    pub(super) entry: Entry,
    /// The mark of the line before.
    pub(super) prev: String,
    /// The mark of this one: an HMAC over all that stands before it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) mac: String,
}

/// The mark before the first line.
pub(super) const NOTHING: &str = "";

impl Line {
    /// The line as it is written, with its mark.
    fn write(mut self, key: &[u8; 32]) -> Result<(String, String), StoreError> {
        let internal = StoreError::new(StoreErrorKind::Internal, DURING);
        self.mac.clear();
        let body = serde_json::to_string(&self).map_err(|_| internal)?;
        let mac = hex::encode(&mark(key, body.as_bytes())?);
        let line = format!("{},\"mac\":\"{mac}\"}}\n", body.strip_suffix('}').ok_or(internal)?);
        Ok((line, mac))
    }

    /// Reads a line, and says whether its mark is that of exactly this text.
    pub(super) fn read(text: &str, key: &[u8; 32]) -> Option<(Self, bool)> {
        let line: Self = serde_json::from_str(text).ok()?;
        let end = format!(",\"mac\":\"{}\"}}", line.mac);
        let whole = text.strip_suffix(&end).is_some_and(|body| {
            hex::decode::<32>(&line.mac).is_some_and(|stated| verify_mark(key, format!("{body}}}").as_bytes(), &stated))
        });
        Some((line, whole))
    }
}

fn hmac(key: &[u8; 32], bytes: &[u8]) -> Result<Hmac<Sha256>, StoreError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| StoreError::new(StoreErrorKind::Internal, DURING))?;
    mac.update(bytes);
    Ok(mac)
}

pub(super) fn mark(key: &[u8; 32], bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    Ok(hmac(key, bytes)?.finalize().into_bytes().into())
}

pub(super) fn verify_mark(key: &[u8; 32], bytes: &[u8], stated: &[u8; 32]) -> bool {
    hmac(key, bytes).is_ok_and(|mac| mac.verify_slice(stated).is_ok())
}

/// What an engine writes when it opens the log,
pub(super) const OPENED: &str = "log.open";

/// and as what, if nobody could say how far it had come.
pub(super) const UNPROVEN: &str = "unproven";

pub(super) struct Chain {
    data: PathBuf,
    config: AuditConfig,
    key: Zeroizing<[u8; 32]>,
    file: File,
    /// Bytes in it.
    written: u64,
    /// The day it was begun.
    day: u64,
    last: Anchor,
    flushed: Option<Anchor>,
}

impl Chain {
    pub(super) fn open(data: &Path, config: AuditConfig, now: u64, losses: &mut Vec<Loss>) -> Result<Self, StoreError> {
        make_directory(data)?;
        let folder = folder(data);
        make_directory(&folder)?;
        let is_first = !MachineSecret::exists(data);
        let key = MachineSecret::open(data, losses)?.key("weir audit log")?;
        let signed = Signed::read(data, &key);
        let files = files(&folder)?;
        // Without it nobody can say how far the log had come.
        let is_unproven = signed.is_none() && !(is_first && files.is_empty());
        let (mut last, mut torn) = (None, None);
        for (_, path) in files.iter().rev() {
            let (end, damaged) = end_of(path, &key)?;
            torn = torn.or(damaged.map(|at| (path, at)));
            last = end;
            if last.is_some() {
                break;
            }
        }
        let known = signed.as_ref().map(|signed| signed.newest.clone());
        // Where the file ends is behind what was written down last, unless lines are gone.
        let short =
            torn.is_some() || known.as_ref().is_some_and(|known| last.as_ref().is_none_or(|last| last.seq < known.seq));
        // A power failure leaves half of a line that nobody was told is safe. Nothing else is removed.
        if let (Some((path, Torn::Half(at))), Some(seq)) = (torn, last.as_ref().map(|last| last.seq))
            && known.as_ref().is_none_or(|known| known.seq <= seq)
        {
            let file = File::options().write(true).open(path);
            file.and_then(|file| file.set_len(at)).map_err(|error| StoreError::io(&error, DURING))?;
        }
        // The chain goes on from what is known to have been, so that what is gone stays visible.
        let last = match (last, known) {
            (Some(last), Some(known)) if known.seq > last.seq => known,
            (Some(last), _) => last,
            (None, known) => known.unwrap_or(Anchor { seq: 0, mac: NOTHING.to_owned() }),
        };
        let (file, written) = begin(&folder, last.seq + 1, now)?;
        let mut chain = Self { data: data.to_owned(), config, key, file, written, day: now / DAY, last, flushed: None };
        let lost = [
            short.then_some("the last lines of the audit log"),
            is_unproven.then_some("audit.anchor, and with it how far the audit log had come"),
        ];
        for what in lost.into_iter().flatten() {
            let loss = Loss::new(what, Recovery::Empty);
            tracing::error!("{loss}");
            losses.push(loss);
        }
        let status = match (is_unproven, short) {
            (true, _) => UNPROVEN,
            (false, true) => "damaged",
            (false, false) => "ok",
        };
        chain.append(Entry { action: OPENED.to_owned(), status: status.to_owned(), ..Entry::default() }, now)?;
        chain.flush()?;
        Ok(chain)
    }

    pub(super) fn append(&mut self, mut entry: Entry, now: u64) -> Result<(), StoreError> {
        if entry.request.len() > REQUEST_BYTES {
            let end = (0..=REQUEST_BYTES).rev().find(|&at| entry.request.is_char_boundary(at)).unwrap_or(0);
            entry.request.truncate(end);
        }
        if self.written >= self.config.file_bytes || now / DAY != self.day {
            self.rotate(now)?;
        }
        let line = Line { seq: self.last.seq + 1, time: now, entry, prev: self.last.mac.clone(), mac: String::new() };
        let seq = line.seq;
        let (text, mac) = line.write(&self.key)?;
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            // Half a line would look like tampering.
            let _ = self.file.set_len(self.written);
            return Err(StoreError::io(&error, DURING));
        }
        self.written += text.len() as u64;
        self.last = Anchor { seq, mac };
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<Anchor, StoreError> {
        if self.flushed.as_ref() != Some(&self.last) {
            self.file.sync_data().map_err(|error| StoreError::io(&error, DURING))?;
            Signed::write(&self.data, &self.key, |signed| signed.newest = self.last.clone())?;
            self.flushed = Some(self.last.clone());
        }
        Ok(self.last.clone())
    }

    fn rotate(&mut self, now: u64) -> Result<(), StoreError> {
        let io = |error: io::Error| StoreError::io(&error, DURING);
        self.flush()?;
        let folder = folder(&self.data);
        (self.file, self.written) = begin(&folder, self.last.seq + 1, now)?;
        self.day = now / DAY;
        let files = files(&folder)?;
        for (_, path) in files.iter().take(files.len().saturating_sub(self.config.files.max(1))) {
            // What is removed on purpose is written down first, or it would be missed.
            if let (Some(end), _) = end_of(path, &self.key)? {
                Signed::write(&self.data, &self.key, |signed| signed.removed = Some(end))?;
            }
            fs::remove_file(path).map_err(io)?;
        }
        Ok(())
    }
}

/// A new file for the line of this number, or the one that was begun for it and has no line.
fn begin(folder: &Path, seq: u64, now: u64) -> Result<(File, u64), StoreError> {
    let io = |error: io::Error| StoreError::io(&error, DURING);
    let path = folder.join(format!("audit-{seq:016}-{}.jsonl", now / DAY));
    let file = open_private(&path, OpenOptions::new().append(true)).map_err(io)?;
    file.set_len(0).and_then(|()| sync_directory(&path)).map_err(io)?;
    Ok((file, 0))
}

/// What is behind the last whole line of a file.
#[derive(Clone, Copy)]
enum Torn {
    /// Half a line, which begins there.
    Half(u64),
    /// Something else.
    Other,
}

/// The last whole line of a file, and whether there is something behind it.
fn end_of(path: &Path, key: &[u8; 32]) -> Result<(Option<Anchor>, Option<Torn>), StoreError> {
    let mut at = 0;
    let mut reader = BufReader::new(File::open(path).map_err(|error| StoreError::io(&error, DURING))?);
    let mut last = None;
    loop {
        let mut text = Vec::new();
        let read = io::Read::take(&mut reader, LINE_BYTES)
            .read_until(b'\n', &mut text)
            .map_err(|error| StoreError::io(&error, DURING))?;
        if read == 0 {
            return Ok((last, None));
        }
        let line = text.strip_suffix(b"\n").and_then(|text| str::from_utf8(text).ok());
        match line.and_then(|text| Line::read(text, key)) {
            Some((line, true)) => last = Some(Anchor { seq: line.seq, mac: line.mac }),
            _ if line.is_none() && !text.ends_with(b"\n") => return Ok((last, Some(Torn::Half(at)))),
            _ => return Ok((last, Some(Torn::Other))),
        }
        at += read as u64;
    }
}
