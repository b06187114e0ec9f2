//! What can go wrong with a store, in words that hold no path, no address and no secret, and say what to do.

use std::io;

/// Something the store could not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{during} failed: {}", .kind.advice())]
pub struct StoreError {
    kind: StoreErrorKind,
    /// What was being done, for people: "opening the store".
    during: &'static str,
}

/// What kind of thing went wrong; each has another cure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// The system forbids it.
    PermissionDenied,
    /// The data directory is not there, or is no longer the one that was opened.
    DirectoryMissing,
    /// There is no room left.
    DiskFull,
    /// What is stored is not what was written.
    Corrupt,
    /// Another process has it open.
    Locked,
    /// Redis does not answer.
    Unreachable,
    /// Redis answers, but will not let us in.
    Refused,
    /// It is larger than the store takes.
    TooLarge,
    /// Something with this name is there already.
    Exists,
    /// It is no longer what somebody took it for who wanted to change it.
    Stale,
    /// The name or address given is not one.
    Invalid,
    /// Another version of Weir wrote it.
    OtherVersion,
    /// A fault of the system or of ours.
    Internal,
}

impl StoreErrorKind {
    /// What it is, and what to do next.
    pub fn advice(self) -> &'static str {
        match self {
            Self::PermissionDenied => {
                "permission denied; give the engine's user read and write access to the data directory and all in it"
            }
            Self::DirectoryMissing => {
                "the data directory is missing or was replaced; put it back (or make an empty one) and start the engine again"
            }
            Self::DiskFull => {
                "no space is left; free some on the file system of the data directory, nothing was changed"
            }
            Self::Corrupt => {
                "what is stored is damaged; start the engine again, which saves what can be saved and says what was lost"
            }
            Self::Locked => {
                "another process has this store open; stop it, or give this one a data directory of its own"
            }
            Self::Unreachable => {
                "Redis does not answer; check that it runs, and that its address, the network and with rediss its certificate are right"
            }
            Self::Refused => {
                "Redis refused; check user, password and permissions in its address, and that it may write"
            }
            Self::TooLarge => "it is larger than the store takes; send less, or raise the limit",
            Self::Exists => "there is one of this name; choose another name, or remove that one first",
            Self::Stale => {
                "somebody else has changed it; look at what is there now, and change that. Nothing was changed"
            }
            Self::Invalid => "that is not a name or address the store takes; see the help of the command",
            Self::OtherVersion => "another version of Weir wrote it; run that version, or upgrade this one",
            Self::Internal => "the system failed in an unexpected way; try again, and report it if it stays",
        }
    }

    /// Whether the store as a whole cannot be had, and the same works again when that has passed or somebody has seen to it.
    pub fn is_outage(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Locked | Self::DiskFull | Self::DirectoryMissing | Self::PermissionDenied
        )
    }
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, during: &'static str) -> Self {
        Self { kind, during }
    }

    /// An error of the file system, of which only the kind is kept: its text may hold a path.
    pub(crate) fn io(error: &io::Error, during: &'static str) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::PermissionDenied,
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StoreErrorKind::DirectoryMissing,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                StoreErrorKind::DiskFull
            }
            io::ErrorKind::WouldBlock => StoreErrorKind::Locked,
            // A directory where a file should be: somebody rearranged the data directory.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::IsADirectory => {
                StoreErrorKind::Corrupt
            }
            _ => StoreErrorKind::Internal,
        };
        Self::new(kind, during)
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}
