//! A redb file, and rows in it that know when they are not what was written.

use crate::store::files::{inode, open_private};
use crate::store::{StoreError, StoreErrorKind};
use redb::{Builder, Database, Durability, ReadableDatabase as _, ReadableTable, TableDefinition, TableError};
use redb::{ReadTransaction, WriteTransaction, backends::FileBackend};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::fs::{self, OpenOptions};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

const DURING: &str = "using the store";
/// Memory for pages of one file. redb takes 1 GiB if nothing is said; our tables are small or read once.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// A redb file in use.
pub(super) struct Db {
    path: PathBuf,
    database: RwLock<State>,
}

enum State {
    /// In use: the database, and which file it is.
    Open(Database, u64),
    /// After an error redb wants to be opened anew.
    Failed,
    Closed,
}

impl Db {
    /// A file that was opened and found whole; tables it does not have are made.
    pub(super) fn new(path: PathBuf, database: Database, tables: &[&'static str]) -> Result<Self, StoreError> {
        let inode = file_at(&path)?;
        guarded(|| {
            let transaction = database.begin_write()?;
            for name in tables {
                transaction.open_table(Table::new(name))?;
            }
            Ok(transaction.commit()?)
        })?;
        Ok(Self { path, database: RwLock::new(State::Open(database, inode)) })
    }

    /// Opens a file, or makes one.
    pub(super) fn open_file(path: &Path, check: bool) -> Result<Database, StoreError> {
        guarded(|| {
            // Opened here rather than by redb, so that nobody else may read it.
            let file = open_private(path, OpenOptions::new().read(true).write(true))
                .map_err(|error| StoreError::io(&error, "opening the store"))?;
            let mut builder = Builder::new();
            builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(check);
            Ok(builder.create_with_backend(FileBackend::new(file)?)?)
        })
    }

    /// Looks something up in one consistent state.
    pub(super) fn read<R>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.with(|database| work(&database.begin_read()?))
    }

    /// Changes something: all of it, on disk when this returns, or nothing.
    pub(super) fn write<R>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.commit(Durability::Immediate, work)
    }

    /// The same for what a power failure may undo; it is on disk with the next change that may not.
    pub(super) fn write_lazily<R>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.commit(Durability::None, work)
    }

    fn commit<R>(
        &self,
        durability: Durability,
        work: impl FnOnce(&WriteTransaction) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.with(|database| {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(durability).map_err(|_| StoreError::new(StoreErrorKind::Internal, DURING))?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
    }

    /// Whether the file is there and can be read.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.read(|_| Ok(()))
    }

    /// Closes the file; nothing else can be done after that.
    pub(super) fn close(&self) -> Result<(), StoreError> {
        let mut state = self.database.write().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Closed) {
            State::Open(database, _) => guarded(|| Ok(database.close()?)),
            State::Failed | State::Closed => Ok(()),
        }
    }

    /// Throws everything away.
    pub(super) fn reset(&self, tables: &[&'static str]) -> Result<(), StoreError> {
        let mut state = self.database.write().unwrap_or_else(PoisonError::into_inner);
        *state = State::Failed;
        fs::remove_file(&self.path).map_err(|error| StoreError::io(&error, DURING))?;
        let new = Self::new(self.path.clone(), Self::open_file(&self.path, false)?, tables)?;
        *state = new.database.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(())
    }

    fn with<R>(&self, work: impl FnOnce(&Database) -> Result<R, StoreError>) -> Result<R, StoreError> {
        let there = file_at(&self.path)?;
        let mut state = self.database.read().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Failed) {
            drop(state);
            let mut failed = self.database.write().unwrap_or_else(PoisonError::into_inner);
            if matches!(*failed, State::Failed) {
                *failed = State::Open(Self::open_file(&self.path, false)?, there);
            }
            drop(failed);
            state = self.database.read().unwrap_or_else(PoisonError::into_inner);
        }
        let done = match &*state {
            // A file that was deleted, or replaced, can be written for ever; nobody will ever read it.
            State::Open(_, opened) if *opened != there => {
                Err(StoreError::new(StoreErrorKind::DirectoryMissing, DURING))
            }
            State::Open(database, _) => guarded(|| work(database)),
            State::Failed | State::Closed => Err(StoreError::new(StoreErrorKind::Internal, DURING)),
        };
        drop(state);
        if done.as_ref().is_err_and(|error| WANT_REOPENING.contains(&error.kind())) {
            let mut state = self.database.write().unwrap_or_else(PoisonError::into_inner);
            if let State::Open(..) = *state {
                // Closing a database that has failed fails, and that is known.
                let _ = guarded(|| {
                    *state = State::Failed;
                    Ok(())
                });
            }
        }
        done
    }
}

/// After these redb refuses everything until it is opened anew.
const WANT_REOPENING: [StoreErrorKind; 3] =
    [StoreErrorKind::DiskFull, StoreErrorKind::Corrupt, StoreErrorKind::Internal];

/// Which file is there.
fn file_at(path: &Path) -> Result<u64, StoreError> {
    fs::metadata(path).map(|metadata| inode(&metadata)).map_err(|error| StoreError::io(&error, DURING))
}

/// redb is careful with damaged files, but panics are among its answers.
pub(super) fn guarded<R>(work: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(StoreError::new(StoreErrorKind::Corrupt, DURING)))
}

/// A table of values of one type, each with a checksum over its table, key and value: redb's own are looked at only when
/// a file was not closed.
pub(super) struct Rows<T> {
    name: &'static str,
    holds: PhantomData<fn() -> T>,
}

/// Bytes of SHA-256 kept with each value: enough to tell damage.
const SUM: usize = 16;

pub(super) type Table = TableDefinition<'static, &'static [u8], &'static [u8]>;

impl<T: Serialize + DeserializeOwned> Rows<T> {
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, holds: PhantomData }
    }

    /// The name of the table.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn get(&self, from: &impl Tables, key: &[u8]) -> Result<Option<T>, StoreError> {
        from.table(self.table(), |table| match table.get(key)? {
            Some(row) => self.open(key, row.value()).map(Some),
            None => Ok(None),
        })
    }

    /// All rows whose keys begin so, in order of their keys.
    pub(super) fn all(&self, from: &impl Tables, prefix: &[u8]) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
        from.table(self.table(), |table| {
            let mut rows = Vec::new();
            for row in table.range(prefix..)? {
                let (key, value) = row?;
                if !key.value().starts_with(prefix) {
                    break;
                }
                rows.push((key.value().to_vec(), self.open(key.value(), value.value())?));
            }
            Ok(rows)
        })
    }

    /// Whether there is a row.
    pub(super) fn has(&self, from: &impl Tables, key: &[u8]) -> Result<bool, StoreError> {
        from.table(self.table(), |table| Ok(table.get(key)?.is_some()))
    }

    /// Keys that begin so, from this one on, in order, at most so many.
    pub(super) fn keys(
        &self,
        from: &impl Tables,
        prefix: &[u8],
        first: &[u8],
        most: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        from.table(self.table(), |table| {
            let mut keys = Vec::new();
            for row in table.range(prefix.max(first)..)? {
                let (key, _) = row?;
                if keys.len() >= most || !key.value().starts_with(prefix) {
                    break;
                }
                keys.push(key.value().to_vec());
            }
            Ok(keys)
        })
    }

    pub(super) fn put(&self, to: &WriteTransaction, key: &[u8], value: &T) -> Result<(), StoreError> {
        let body = postcard::to_stdvec(value).map_err(|_| StoreError::new(StoreErrorKind::Internal, DURING))?;
        let mut row = sum(self.name, key, &body).to_vec();
        row.extend_from_slice(&body);
        to.open_table(self.table())?.insert(key, row.as_slice())?;
        Ok(())
    }

    /// Says whether there was one.
    pub(super) fn remove(&self, from: &WriteTransaction, key: &[u8]) -> Result<bool, StoreError> {
        Ok(from.open_table(self.table())?.remove(key)?.is_some())
    }

    fn open(&self, key: &[u8], row: &[u8]) -> Result<T, StoreError> {
        let corrupt = StoreError::new(StoreErrorKind::Corrupt, DURING);
        let body = whole(self.name, key, row).ok_or(corrupt)?;
        postcard::from_bytes(body).map_err(|_| corrupt)
    }

    fn table(&self) -> Table {
        TableDefinition::new(self.name)
    }
}

/// The value in a row, if the row is what was written.
pub(super) fn whole<'a>(table: &str, key: &[u8], row: &'a [u8]) -> Option<&'a [u8]> {
    let (stated, body) = row.split_at_checked(SUM)?;
    (stated == sum(table, key, body)).then_some(body)
}

fn sum(table: &str, key: &[u8], body: &[u8]) -> [u8; SUM] {
    let mut hash = Sha256::new();
    for part in [table.as_bytes(), key] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.update(body);
    let hash: [u8; 32] = hash.finalize().into();
    std::array::from_fn(|index| hash[index])
}

/// What tables are read from: transactions that read, and that write.
pub(super) trait Tables {
    fn table<R>(
        &self,
        table: Table,
        work: impl FnOnce(&dyn Readable) -> Result<R, StoreError>,
    ) -> Result<R, StoreError>;
}

/// A table that is read.
pub(super) trait Readable {
    fn get(&self, key: &[u8]) -> Result<Option<redb::AccessGuard<'_, &'static [u8]>>, StoreError>;
    fn range(
        &self,
        from: std::ops::RangeFrom<&[u8]>,
    ) -> Result<redb::Range<'_, &'static [u8], &'static [u8]>, StoreError>;
}

impl<T: ReadableTable<&'static [u8], &'static [u8]>> Readable for T {
    fn get(&self, key: &[u8]) -> Result<Option<redb::AccessGuard<'_, &'static [u8]>>, StoreError> {
        Ok(ReadableTable::get(self, key)?)
    }

    fn range(
        &self,
        from: std::ops::RangeFrom<&[u8]>,
    ) -> Result<redb::Range<'_, &'static [u8], &'static [u8]>, StoreError> {
        Ok(ReadableTable::range(self, from)?)
    }
}

impl Tables for ReadTransaction {
    fn table<R>(
        &self,
        table: Table,
        work: impl FnOnce(&dyn Readable) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        work(&self.open_table(table)?)
    }
}

impl Tables for WriteTransaction {
    fn table<R>(
        &self,
        table: Table,
        work: impl FnOnce(&dyn Readable) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        work(&self.open_table(table)?)
    }
}

/// What redb says, of which only the kind is kept.
fn kind(error: &redb::Error) -> StoreError {
    let kind = match error {
        redb::Error::Io(error) => return StoreError::io(error, DURING),
        redb::Error::DatabaseAlreadyOpen => StoreErrorKind::Locked,
        redb::Error::ValueTooLarge(_) => StoreErrorKind::TooLarge,
        redb::Error::UpgradeRequired(_) => StoreErrorKind::OtherVersion,
        redb::Error::PreviousIo | redb::Error::DatabaseClosed => StoreErrorKind::Internal,
        // Our tables are always of the same types: others are damage.
        _ => StoreErrorKind::Corrupt,
    };
    StoreError::new(kind, DURING)
}

macro_rules! said_by_redb {
    ($($error:ty),*) => {
        $(impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                kind(&error.into())
            }
        })*
    };
}

said_by_redb!(redb::DatabaseError, redb::StorageError, redb::TransactionError, redb::CommitError, TableError);
