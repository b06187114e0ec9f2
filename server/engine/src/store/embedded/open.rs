//! Opening a redb file that may be damaged, by steps: its own record of transactions, its copy, what can still be
//! read of it, nothing.

use super::backup::{self, Mark};
use super::db::{Db, Table, guarded, whole};
use crate::store::files::{set_aside, sync_directory, with_suffix};
use crate::store::{Loss, Recovery, StoreError, StoreErrorKind};
use redb::{Database, ReadTransaction, ReadableDatabase as _, ReadableTable as _};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const DURING: &str = "bringing back the store";

/// What is done for a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// There are copies, and each row is looked at.
    WithCopy,
    /// There are no copies: it is large and lives for hours.
    Alone,
    /// It is thrown away when it is damaged.
    Not,
}

/// Rows by table and key, as they are stored.
type Saved = BTreeMap<(&'static str, Vec<u8>), Vec<u8>>;

/// Opens a file of these tables, or makes one. Nobody else has it open.
pub(super) fn open(
    path: &Path,
    what: &'static str,
    tables: &[&'static str],
    kept: Kept,
    losses: &mut Vec<Loss>,
) -> Result<Db, StoreError> {
    let mark = if kept == Kept::WithCopy { backup::take_mark(path)? } else { Mark::None };
    // Tables that are not there are made, which can be the first look at a page.
    let opened = open_whole(path, tables, kept, mark).and_then(|whole| Db::new(path.to_owned(), whole, tables));
    match opened {
        Err(error) if error.kind() == StoreErrorKind::Corrupt => {
            let how = bring_back(path, tables, kept, mark)?;
            let loss = Loss::new(what, how);
            tracing::error!("{loss}");
            losses.push(loss);
            Db::new(path.to_owned(), Db::open_file(path, false)?, tables)
        }
        opened => opened,
    }
}

/// The file, if there is nothing wrong with it. redb by itself goes back to the last whole transaction of a file that was
/// not closed.
fn open_whole(path: &Path, tables: &[&'static str], kept: Kept, mark: Mark) -> Result<Database, StoreError> {
    let corrupt = StoreError::new(StoreErrorKind::Corrupt, DURING);
    let gone = !path.exists() && kept == Kept::WithCopy && backup::exists(path);
    // To redb a file without a byte is a new one.
    let is_cut = kept != Kept::Not && fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0);
    if mark == Mark::Differs || gone || is_cut || path.is_dir() {
        return Err(corrupt);
    }
    // What was closed well and has not changed needs no look. Neither do results: each is looked at when it is used.
    let look = mark != Mark::Same && kept != Kept::Not;
    let database = Db::open_file(path, look)?;
    if look && kept == Kept::WithCopy && read_rows(&database, tables).1 > 0 {
        return Err(corrupt);
    }
    Ok(database)
}

/// Sets a damaged file aside and puts what can be saved in its place.
fn bring_back(path: &Path, tables: &[&'static str], kept: Kept, mark: Mark) -> Result<Recovery, StoreError> {
    let io = |error: std::io::Error| StoreError::io(&error, DURING);
    let scratch = with_suffix(path, ".scratch");
    let copied = if kept == Kept::WithCopy && backup::extract(path, &scratch)? {
        rows_of(&scratch, tables).0
    } else {
        Saved::new()
    };
    // The copy made at the close of a file has all that was in it, and what can be read of the file may be older.
    let (mut saved, lost) = if kept == Kept::Not || (mark == Mark::Differs && !copied.is_empty()) || !path.is_file() {
        (Saved::new(), 0)
    } else {
        // redb writes to what it opens; people may want to see the file as it was found.
        fs::copy(path, &scratch).map_err(io)?;
        rows_of(&scratch, tables)
    };
    let kept_rows = saved.len() as u64;
    for (key, row) in copied {
        saved.entry(key).or_insert(row);
    }
    let from_backup = saved.len() as u64 - kept_rows;
    write_rows(&scratch, &saved)?;
    set_aside(path).map_err(io)?;
    fs::rename(&scratch, path).and_then(|()| sync_directory(path)).map_err(io)?;
    Ok(match (kept_rows, from_backup) {
        (0, 0) => Recovery::Empty,
        (0, _) => Recovery::Backup,
        _ => Recovery::Reconstructed { kept: kept_rows, from_backup, lost },
    })
}

/// What can be read of a file, and how much was seen that cannot.
fn rows_of(path: &Path, tables: &[&'static str]) -> (Saved, u64) {
    // Without a check: a damaged page costs what is in it and no more.
    Db::open_file(path, false).map_or((Saved::new(), 0), |database| read_rows(&database, tables))
}

fn read_rows(database: &Database, tables: &[&'static str]) -> (Saved, u64) {
    let (mut saved, mut bad) = (Saved::new(), 0);
    for name in tables {
        // From both ends, as far as each goes: one damaged page in the middle is then all that is lost.
        for backwards in [false, true] {
            let stopped = guarded(|| {
                let transaction: ReadTransaction = database.begin_read()?;
                let table = match transaction.open_table(Table::new(name)) {
                    Err(redb::TableError::TableDoesNotExist(_)) => return Ok(()),
                    table => table?,
                };
                let mut rows = table.iter()?;
                while let Some(row) = if backwards { rows.next_back() } else { rows.next() } {
                    let (key, row) = row?;
                    if whole(name, key.value(), row.value()).is_some() {
                        saved.insert((name, key.value().to_vec()), row.value().to_vec());
                    } else if !backwards {
                        bad += 1;
                    }
                }
                Ok(())
            });
            match stopped {
                Ok(()) => break,
                Err(_) => bad += 1,
            }
        }
    }
    (saved, bad)
}

fn write_rows(path: &Path, rows: &Saved) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(StoreError::io(&error, DURING)),
        _ => {}
    }
    let database = Db::open_file(path, false)?;
    guarded(|| {
        let transaction = database.begin_write()?;
        for ((name, key), row) in rows {
            transaction.open_table(Table::new(name))?.insert(key.as_slice(), row.as_slice())?;
        }
        transaction.commit()?;
        Ok(database.close()?)
    })
}
