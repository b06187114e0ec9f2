//! The store of one engine, in its data directory: three files, for what must not be lost, for jobs, and for results, of
//! which none is missed.

mod backup;
mod db;
mod jobs;
mod leases;
mod meters;
mod open;
mod results;
mod sessions;

use super::files::open_private;
use super::{Loss, Recovery, StoreError, StoreErrorKind, Swept};
use db::{Db, Rows};
use leases::Leases;
use meters::Meters;
use open::{Kept, open};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The embedded store.
pub(super) struct Embedded {
    store: Db,
    jobs: Db,
    results: Db,
    results_bytes: u64,
    meters: Meters,
    leases: Leases,
    losses: Mutex<Vec<Loss>>,
    path: PathBuf,
    /// When the last copy of the store was made.
    copied: AtomicU64,
    /// Held as long as this engine has the store.
    _alone: File,
}

/// How often a copy of the store is made, in milliseconds, beside that at its close. It costs some milliseconds per
/// thousand sessions.
const COPY_EVERY: u64 = 600_000;

/// Takes the lock on the whole store, which no other engine may have.
fn alone(path: &Path) -> Result<File, StoreError> {
    const DURING: &str = "opening the store";
    let io = |error: std::io::Error| StoreError::io(&error, DURING);
    let file = open_private(path, OpenOptions::new().write(true)).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::new(StoreErrorKind::Locked, DURING)),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

/// With less room on the disk there is none for the next transaction: it writes some pages anew.
#[cfg(unix)]
const LEAST_ROOM: u64 = 1 << 20;

/// Whether there is room to write beside a file.
#[cfg(unix)]
fn has_room(path: &Path) -> Result<(), StoreError> {
    const DURING: &str = "checking the store";
    let room = rustix::fs::statvfs(path).map_err(|error| StoreError::io(&error.into(), DURING))?;
    let full = room.f_bavail.saturating_mul(room.f_frsize) < LEAST_ROOM;
    if full { Err(StoreError::new(StoreErrorKind::DiskFull, DURING)) } else { Ok(()) }
}

#[cfg(not(unix))]
fn has_room(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

/// Starts of the engine, under an empty key.
const STARTS: Rows<u32> = Rows::new("starts");

/// What `jobs.redb` holds, for who is told that it is lost.
const JOBS: &str = "the batch jobs";

const STORE_TABLES: [&str; 2] = [STARTS.name(), sessions::SESSIONS.name()];
const JOB_TABLES: [&str; 3] = [jobs::JOBS.name(), jobs::FILES.name(), jobs::PARTS.name()];
const RESULT_TABLES: [&str; 3] = [results::RESULTS.name(), results::ORDER.name(), results::TOTAL.name()];

impl Embedded {
    pub(super) fn open(directory: &Path, results_bytes: u64, now: u64) -> Result<Self, StoreError> {
        let alone = alone(&directory.join("engine.lock"))?;
        let path = directory.join("store.redb");
        let mut losses = Vec::new();
        // They are made at the same time, by the first start.
        let (jobs_path, began) = (directory.join("jobs.redb"), path.exists());
        if began && !jobs_path.exists() {
            let loss = Loss::new(JOBS, Recovery::Empty);
            tracing::error!("{loss}");
            losses.push(loss);
        }
        let store = open(&path, "the sessions", &STORE_TABLES, Kept::WithCopy, &mut losses)?;
        let jobs = open(&jobs_path, JOBS, &JOB_TABLES, Kept::Alone, &mut losses)?;
        let results = open(&directory.join("results.redb"), "cached results", &RESULT_TABLES, Kept::Not, &mut losses)?;
        // Also larger than that of all starts before if the file that counts them was lost.
        let start = store.write(|transaction| {
            let seconds = u32::try_from(now / 1000).unwrap_or(u32::MAX - 1);
            let start = STARTS.get(transaction, b"")?.map_or(0, |last| last.saturating_add(1)).max(seconds);
            STARTS.put(transaction, b"", &start)?;
            Ok(start)
        })?;
        Ok(Self {
            store,
            jobs,
            results,
            results_bytes,
            meters: Meters::default(),
            leases: Leases::new(start),
            losses: Mutex::new(losses),
            path,
            copied: AtomicU64::new(now),
            _alone: alone,
        })
    }

    pub(super) fn meters(&self) -> &Meters {
        &self.meters
    }

    pub(super) fn leases(&self) -> &Leases {
        &self.leases
    }

    pub(super) fn losses(&self) -> Vec<Loss> {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.store.check()?;
        self.jobs.check()?;
        has_room(&self.path)
    }

    pub(super) fn sweep(&self, now: u64) -> Result<Swept, StoreError> {
        self.meters.sweep(now);
        self.leases.sweep(now);
        let sessions = self.sweep_sessions(now)?;
        let jobs = self.sweep_jobs(now)?;
        let results = self.sweep_results(now)?;
        if self.copied.load(Ordering::Relaxed).saturating_add(COPY_EVERY) <= now {
            self.copied.store(now, Ordering::Relaxed);
            self.store.read(|transaction| backup::make(transaction, &STORE_TABLES, &self.path))?;
        }
        Ok(Swept { sessions, jobs, results })
    }

    pub(super) fn close(&self, now: u64) -> Result<(), StoreError> {
        self.copied.store(now, Ordering::Relaxed);
        self.store.read(|transaction| backup::make(transaction, &STORE_TABLES, &self.path))?;
        self.store.close()?;
        backup::mark_clean(&self.path)?;
        self.jobs.close()?;
        self.results.close()
    }
}
