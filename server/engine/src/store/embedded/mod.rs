//! The store of one engine, in its data directory.

mod db;
mod meters;
mod sessions;

use super::{Loss, StoreError, Swept};
use db::Db;
use meters::Meters;
use std::path::Path;

/// The embedded store.
pub(super) struct Embedded {
    store: Db,
    meters: Meters,
    losses: Vec<Loss>,
}

impl Embedded {
    pub(super) fn open(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join("store.redb");
        let store = Db::new(path.clone(), Db::open_file(&path, true)?)?;
        store.write(|transaction| sessions::SESSIONS.create(transaction))?;
        Ok(Self { store, meters: Meters::default(), losses: Vec::new() })
    }

    pub(super) fn meters(&self) -> &Meters {
        &self.meters
    }

    pub(super) fn losses(&self) -> &[Loss] {
        &self.losses
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.store.check()
    }

    pub(super) fn sweep(&self, now: u64) -> Result<Swept, StoreError> {
        self.meters.sweep(now);
        Ok(Swept { sessions: self.sweep_sessions(now)? })
    }

    pub(super) fn close(&self) -> Result<(), StoreError> {
        self.store.close()
    }
}
