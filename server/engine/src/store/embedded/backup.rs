//! Copies of a redb file: made of its rows, so that a copy is small, whole, and of one moment, while others write.
//!
//! A copy is a redb file with its SHA-256 behind it. A file that was closed well also has a mark beside it with its own
//! SHA-256: the copy made at its close holds the same rows, so if the file is no longer what was closed, nothing is lost.

use super::db::{Db, Table, guarded};
use crate::hex;
use crate::store::StoreError;
use crate::store::files::{open_private, replace, sync_directory, with_suffix};
use redb::{ReadTransaction, ReadableTable as _};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

const DURING: &str = "copying the store";
/// What stands before the SHA-256 behind a copy.
const TRAILER: &[u8; 16] = b"weir copy 1     ";
/// How much of a file is read at once.
const BLOCK: usize = 64 * 1024;

fn copy_of(path: &Path) -> PathBuf {
    path.with_extension("backup")
}

fn mark_of(path: &Path) -> PathBuf {
    path.with_extension("clean")
}

/// Whether there is a copy.
pub(super) fn exists(path: &Path) -> bool {
    copy_of(path).exists()
}

/// Makes a copy of what a transaction sees, in place of the last one.
pub(super) fn make(from: &ReadTransaction, tables: &[&'static str], path: &Path) -> Result<(), StoreError> {
    let new = with_suffix(&copy_of(path), ".new");
    remove(&new)?;
    let made = write(from, tables, &new).and_then(|()| {
        let io = |error: io::Error| StoreError::io(&error, DURING);
        let (sum, _) = digest(&new, None).map_err(io)?;
        let mut file = File::options().append(true).open(&new).map_err(io)?;
        file.write_all(TRAILER).and_then(|()| file.write_all(&sum)).and_then(|()| file.sync_all()).map_err(io)?;
        fs::rename(&new, copy_of(path)).and_then(|()| sync_directory(path)).map_err(io)
    });
    if made.is_err() {
        // Half a copy is of no use, and on a full disk in the way.
        let _ = fs::remove_file(&new);
    }
    made
}

fn write(from: &ReadTransaction, tables: &[&'static str], new: &Path) -> Result<(), StoreError> {
    let database = Db::open_file(new, false)?;
    guarded(|| {
        let transaction = database.begin_write()?;
        for name in tables {
            let source = from.open_table(Table::new(name))?;
            let mut copy = transaction.open_table(Table::new(name))?;
            for row in source.iter()? {
                let (key, value) = row?;
                copy.insert(key.value(), value.value())?;
            }
        }
        transaction.commit()?;
        Ok(database.close()?)
    })
}

/// Puts the redb file out of the copy there. `false`: there is no copy, or it is damaged, too.
pub(super) fn extract(path: &Path, to: &Path) -> Result<bool, StoreError> {
    let io = |error: io::Error| StoreError::io(&error, DURING);
    let trailer = (TRAILER.len() + 32) as u64;
    let length = match fs::metadata(copy_of(path)) {
        Ok(metadata) => metadata.len().checked_sub(trailer),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(io(error)),
    };
    let Some(length) = length else { return Ok(false) };
    let (sum, behind) = digest(&copy_of(path), Some(length)).map_err(io)?;
    if behind != [TRAILER.as_slice(), &sum].concat() {
        return Ok(false);
    }
    let mut new = open_private(to, OpenOptions::new().write(true).truncate(true)).map_err(io)?;
    let mut copy = File::open(copy_of(path)).map_err(io)?.take(length);
    io::copy(&mut copy, &mut new).and_then(|_| new.sync_all()).map_err(io)?;
    Ok(true)
}

/// Notes that a file was closed well, as it is now.
pub(super) fn mark_clean(path: &Path) -> Result<(), StoreError> {
    let io = |error: io::Error| StoreError::io(&error, "closing the store");
    let (sum, _) = digest(path, None).map_err(io)?;
    replace(&mark_of(path), hex::encode(&sum).as_bytes()).map_err(io)
}

/// What a mark says of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// There is none, or it is damaged: the engine did not end well.
    None,
    /// The file is what was closed.
    Same,
    /// The file was something else when it was closed.
    Differs,
}

/// What the mark of a file says; it is removed, as the file is about to change.
pub(super) fn take_mark(path: &Path) -> Result<Mark, StoreError> {
    let io = |error: io::Error| StoreError::io(&error, "opening the store");
    let stated = match fs::read_to_string(mark_of(path)) {
        Ok(text) => hex::decode::<32>(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Mark::None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
        Err(error) => return Err(io(error)),
    };
    let mark = match (stated, digest(path, None)) {
        (None, _) => Mark::None,
        (Some(stated), Ok((sum, _))) if sum == stated => Mark::Same,
        (Some(_), Ok(_)) => Mark::Differs,
        (Some(_), Err(error)) if [io::ErrorKind::NotFound, io::ErrorKind::IsADirectory].contains(&error.kind()) => {
            Mark::Differs
        }
        (Some(_), Err(error)) => return Err(io(error)),
    };
    fs::remove_file(mark_of(path)).and_then(|()| sync_directory(path)).map_err(io)?;
    Ok(mark)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&error, DURING)),
        _ => Ok(()),
    }
}

/// The SHA-256 of a file, or of its first bytes, and what stands behind those.
fn digest(path: &Path, first: Option<u64>) -> io::Result<([u8; 32], Vec<u8>)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut left = first.unwrap_or(u64::MAX);
    let mut block = vec![0; BLOCK];
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        let read = file.read(&mut block[..wanted])?;
        if read == 0 {
            break;
        }
        hash.update(&block[..read]);
        left -= read as u64;
    }
    let mut behind = Vec::new();
    file.read_to_end(&mut behind)?;
    Ok((hash.finalize().into(), behind))
}
