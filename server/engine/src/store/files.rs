//! Small files that several processes read and write: a command line adds a key while the engine runs.
//!
//! Such a file is replaced, never changed: written beside it, flushed, renamed over it. So a reader sees the old one or the
//! new one, and needs no lock; writers take one, so that none undoes another's work. A second copy is written the same
//! way. The first line holds the SHA-256 of the rest.

use super::{Loss, Recovery, StoreError, StoreErrorKind};
use crate::hex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Longest wait for another writer; each holds the lock for some milliseconds.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// How long until a lock that is held is tried again.
const LOCK_RETRY: Duration = Duration::from_millis(5);

/// A value in a file that other processes change, too.
pub(crate) struct SharedFile<T> {
    /// What it holds, for errors: "the keys".
    holds: &'static str,
    path: PathBuf,
    seen: Mutex<Option<(Stamp, Arc<T>)>>,
}

/// What tells one version of a file from the next: each is a new file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
    inode: u64,
}

/// Why a file was not read.
enum Unread {
    Absent,
    Damaged,
    OtherVersion,
    Failed(io::Error),
}

impl<T: Default + Serialize + DeserializeOwned> SharedFile<T> {
    /// The file of this name in a directory. Nothing is read yet.
    pub(crate) fn new(directory: &Path, name: &str, holds: &'static str) -> Self {
        Self { holds, path: directory.join(name), seen: Mutex::new(None) }
    }

    /// The newest value. One look at the file's metadata if it has not changed. Damage is repaired, and told to `losses`.
    pub(crate) fn read(&self, losses: &mut Vec<Loss>) -> Result<Arc<T>, StoreError> {
        let stamp = match Stamp::of(&self.path) {
            Ok(stamp) => stamp,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.directory()?;
                // Never written, or gone: then its copy is still there.
                if !self.copy().exists() {
                    return Ok(Arc::default());
                }
                return self.locked(|| self.repaired(losses));
            }
            Err(error) => return Err(StoreError::io(&error, "reading the store")),
        };
        if let Some((known, value)) = &*self.seen()
            && *known == stamp
        {
            return Ok(Arc::clone(value));
        }
        match read(&self.path) {
            Ok(value) => Ok(self.remember(stamp, value)),
            Err(Unread::OtherVersion) => Err(StoreError::new(StoreErrorKind::OtherVersion, "reading the store")),
            Err(Unread::Failed(error)) => Err(StoreError::io(&error, "reading the store")),
            Err(Unread::Absent | Unread::Damaged) => self.locked(|| self.repaired(losses)),
        }
    }

    /// Changes the value, alone among all processes, and says what `change` says. If that is an error nothing changes.
    pub(crate) fn update<R>(
        &self,
        losses: &mut Vec<Loss>,
        change: impl FnOnce(&mut T) -> Result<R, StoreError>,
    ) -> Result<R, StoreError>
    where
        T: Clone,
    {
        self.locked(|| {
            let mut value = match read(&self.path) {
                Ok(value) => value,
                Err(Unread::OtherVersion) => {
                    return Err(StoreError::new(StoreErrorKind::OtherVersion, "reading the store"));
                }
                Err(Unread::Failed(error)) => return Err(StoreError::io(&error, "reading the store")),
                Err(Unread::Absent) if !self.copy().exists() => T::default(),
                Err(Unread::Absent | Unread::Damaged) => (*self.repaired(losses)?).clone(),
            };
            let said = change(&mut value)?;
            self.write(value)?;
            Ok(said)
        })
    }

    /// With the lock held: the value out of the copy, or an empty one; what is damaged is set aside.
    fn repaired(&self, losses: &mut Vec<Loss>) -> Result<Arc<T>, StoreError> {
        // Another process may have been quicker.
        if let (Ok(stamp), Ok(value)) = (Stamp::of(&self.path), read(&self.path)) {
            return Ok(self.remember(stamp, value));
        }
        let (value, how) = match read(&self.copy()) {
            Ok(value) => (value, Recovery::Backup),
            Err(Unread::Failed(error)) => return Err(StoreError::io(&error, "reading the store's copy")),
            Err(Unread::OtherVersion) => {
                return Err(StoreError::new(StoreErrorKind::OtherVersion, "reading the store's copy"));
            }
            Err(Unread::Absent | Unread::Damaged) => (T::default(), Recovery::Empty),
        };
        set_aside(&self.path).map_err(|error| StoreError::io(&error, "setting a damaged file aside"))?;
        let loss = Loss::new(self.holds, how);
        tracing::error!("{loss}");
        losses.push(loss);
        self.write(value)
    }

    /// With the lock held: replaces the file and then its copy.
    fn write(&self, value: T) -> Result<Arc<T>, StoreError> {
        let body = serde_json::to_vec_pretty(&value)
            .map_err(|_| StoreError::new(StoreErrorKind::Internal, "writing the store"))?;
        let mut bytes = format!("{HEADER}{}\n", sum(HEADER.as_bytes(), &body)).into_bytes();
        bytes.extend_from_slice(&body);
        replace(&self.path, &bytes).map_err(|error| StoreError::io(&error, "writing the store"))?;
        let stamp = Stamp::of(&self.path).map_err(|error| StoreError::io(&error, "reading the store"))?;
        if let Err(error) = replace(&self.copy(), &bytes) {
            // What was asked for is done; the next change tries the copy again.
            tracing::warn!("no copy of {} could be written: {:?}", self.holds, error.kind());
        }
        Ok(self.remember(stamp, value))
    }

    fn locked<R>(&self, work: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
        let _lock = lock(&self.path.with_extension("lock"))?;
        work()
    }

    fn remember(&self, stamp: Stamp, value: T) -> Arc<T> {
        let value = Arc::new(value);
        *self.seen() = Some((stamp, Arc::clone(&value)));
        value
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<(Stamp, Arc<T>)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn copy(&self) -> PathBuf {
        self.path.with_extension("backup")
    }

    fn directory(&self) -> Result<(), StoreError> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        match fs::metadata(directory) {
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::io(&error, "reading the store")),
        }
    }
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { modified: metadata.modified()?, length: metadata.len(), inode: inode(&metadata) })
    }
}

/// What every version of these files begins with, and this one's number.
const HEADER: &str = "weir store 1 ";
const ANY_HEADER: &[u8] = b"weir store ";

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Unread> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unread::Absent),
        Err(error) => return Err(Unread::Failed(error)),
    };
    let line = bytes.iter().position(|&byte| byte == b'\n').ok_or(Unread::Damaged)?;
    let (first, body) = (&bytes[..line], &bytes[line + 1..]);
    let (header, stated) = first.split_last_chunk::<64>().ok_or(Unread::Damaged)?;
    if stated != sum(header, body).as_bytes() || !header.starts_with(ANY_HEADER) {
        return Err(Unread::Damaged);
    }
    if header != HEADER.as_bytes() {
        return Err(Unread::OtherVersion);
    }
    // Its sum is right, so it is what somebody wrote: a later version's, with words we do not know.
    serde_json::from_slice(body).map_err(|_| Unread::OtherVersion)
}

/// The SHA-256 of what stands before it and behind it.
fn sum(header: &[u8], body: &[u8]) -> String {
    hex::encode(&Sha256::new().chain_update(header).chain_update(body).finalize())
}

/// Takes the lock that is this file, and holds it as long as the file is open.
pub(crate) fn lock(path: &Path) -> Result<File, StoreError> {
    const DURING: &str = "locking the store";
    let file = open_private(path, OpenOptions::new().write(true)).map_err(|error| StoreError::io(&error, DURING))?;
    let until = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(StoreError::io(&error, DURING)),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(LOCK_RETRY),
            Err(TryLockError::WouldBlock) => return Err(StoreError::new(StoreErrorKind::Locked, DURING)),
        }
    }
}

/// Puts bytes in the place of a file so that, whenever the power fails, the old or the new ones are there. Not for several
/// writers at once.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = with_suffix(path, ".new");
    // Left by somebody who was stopped, and perhaps not ours.
    let _ = fs::remove_file(&beside);
    let written = (|| {
        let mut file = open_private(&beside, OpenOptions::new().write(true))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if let Err(error) = written {
        // Half a file is of no use, and on a full disk in the way.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    sync_directory(path)
}

/// Makes a rename in the directory of this file last.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        #[cfg(unix)]
        Some(directory) => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

/// Renames a damaged file, so that people can look at it. There are at most [`SET_ASIDE`] of a file.
pub(crate) fn set_aside(path: &Path) -> io::Result<()> {
    for number in 1..=SET_ASIDE {
        let aside = with_suffix(path, &format!(".damaged-{number}"));
        if number == SET_ASIDE || !aside.exists() {
            return match fs::rename(path, aside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
    }
    Ok(())
}

/// A machine that damages files again and again must not fill its disk with them.
const SET_ASIDE: u32 = 4;

/// The path with something behind its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Opens a file, or makes one that only its owner may read.
pub(crate) fn open_private(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let mut options = options.clone();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.create_new(true).open(path) {
        Ok(file) => hand_over(&file, path).map(|()| file),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.create_new(false).open(path),
        Err(error) => Err(error),
    }
}

/// Gives a new file to the owner of its directory, if root has made it: who administers an engine need not be who runs it, and
/// who runs it must be able to read its keys. Never one that was there before, which somebody else may have put there.
#[cfg(unix)]
pub(crate) fn hand_over(file: &File, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let parent = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (own, directory) = (file.metadata()?, fs::metadata(parent)?);
    if own.uid() == 0 && directory.uid() != 0 {
        fchown(file, Some(directory.uid()), Some(directory.gid()))?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn hand_over(_file: &File, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the directory of a store, unless it is there. Its parent must be: a mount that is missing must not become a
/// directory on another disk.
pub(crate) fn make_directory(path: &Path) -> Result<(), StoreError> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no mode to set"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made.map_err(|error| StoreError::io(&error, "making the data directory")),
    }
}

#[cfg(unix)]
pub(crate) fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
pub(crate) fn inode(_metadata: &fs::Metadata) -> u64 {
    0
}
