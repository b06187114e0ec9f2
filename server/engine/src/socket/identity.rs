//! The engine's identity: one file, made once, which editors know by its fingerprint. All nodes of a cluster have the same.

use crate::store::hand_over;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use weir_seal::{Identity, NoRandomness, Zeroizing};

/// The file's name in the data directory, if no other is named: 32 secret bytes, and a sum of them, so that a bit that was flipped
/// is not another identity.
pub const IDENTITY_FILE: &str = "identity.key";

/// Bytes of a secret identity,
const LEN: usize = 32;

/// and of their sum.
const SUM: usize = 8;

/// Why there is no identity. Says nothing of what is in the file.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Others could have read it.
    #[error(
        "the file of the engine's identity may be read by others (mode {mode:03o}); if nobody did, take that away \
         (chmod 600), else delete it and tell the editors the new engine's identity"
    )]
    Exposed {
        /// Its permissions.
        mode: u32,
    },
    /// Not a key.
    #[error(
        "the file of the engine's identity is damaged; bring it back from a backup, or delete it and tell the editors the \
         new engine's identity"
    )]
    Damaged,
    /// The file system said no.
    #[error("the file of the engine's identity: {0}")]
    Io(#[from] io::Error),
    /// No secret can be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// The identity kept in a file, made if there is none. Of two that make one at once, both get the same.
pub fn identity(path: &Path) -> Result<Identity, IdentityError> {
    match read(path) {
        Err(IdentityError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
        known => return known,
    }
    let identity = Identity::generate()?;
    // Whole or not at all: a file that nobody else may read, moved to its name when it is on disk.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".identity").tempfile_in(folder)?;
    let secret = identity.to_bytes();
    file.write_all(secret.as_slice())?;
    file.write_all(&sum(&secret))?;
    hand_over(file.as_file(), path)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => {
            sync_directory(folder)?;
            Ok(identity)
        }
        Err(lost) if lost.error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(lost) => Err(lost.error.into()),
    }
}

fn read(path: &Path) -> Result<Identity, IdentityError> {
    let file = File::open(path)?;
    is_private(&file)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(LEN + SUM + 1));
    file.take((LEN + SUM) as u64 + 1).read_to_end(&mut bytes)?;
    let (secret, stated) = bytes.split_first_chunk().ok_or(IdentityError::Damaged)?;
    if *stated != sum(secret) {
        return Err(IdentityError::Damaged);
    }
    Ok(Identity::from_bytes(secret))
}

fn sum(secret: &[u8; LEN]) -> [u8; SUM] {
    let sum = Sha256::new().chain_update(b"weir identity").chain_update(secret).finalize();
    std::array::from_fn(|at| sum[at])
}

/// The last bits of a mode are the group's and everybody's.
#[cfg(unix)]
const OWN_BITS: u32 = 6;

#[cfg(unix)]
fn is_private(file: &File) -> Result<(), IdentityError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= OWN_BITS { Ok(()) } else { Err(IdentityError::Exposed { mode }) }
}

/// Elsewhere the directory's own permissions are all there is.
#[cfg(not(unix))]
fn is_private(_: &File) -> Result<(), IdentityError> {
    Ok(())
}

/// A new name is on disk when its directory is.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(path)?.sync_all() } else { Ok(()) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    #[test]
    fn it_is_made_once_for_nobody_else_to_read() {
        let data = directory();
        let path = data.path().join(IDENTITY_FILE);
        let made = identity(&path).expect("made").public();
        assert_eq!(identity(&path).expect("read").public(), made);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(data.path()).expect("a directory").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn those_who_make_it_at_once_get_the_same() {
        let data = directory();
        let path = data.path().join(IDENTITY_FILE);
        let made: Vec<_> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| identity(&path).expect("one").public())).collect();
            makers.into_iter().map(|maker| maker.join().expect("no panic")).collect()
        });
        assert!(made.iter().all(|identity| *identity == made[0]));
    }

    #[test]
    fn one_that_others_may_read_or_that_is_damaged_is_refused_and_stays() {
        let whole = [&[7; LEN][..], &sum(&[7; LEN])].concat();
        let mut flipped = whole.clone();
        flipped[20] ^= 1;
        for (bytes, mode, expected) in [
            (whole.clone(), 0o640, "mode 640"),
            (whole.clone(), 0o604, "mode 604"),
            (whole[..LEN].to_vec(), 0o600, "damaged"),
            ([&whole[..], b"x"].concat(), 0o600, "damaged"),
            (flipped, 0o600, "damaged"),
            (vec![0; LEN + SUM], 0o600, "damaged"),
            (vec![], 0o600, "damaged"),
        ] {
            let data = directory();
            let path = data.path().join(IDENTITY_FILE);
            fs::write(&path, &bytes).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            let error = identity(&path).map(|_| ()).expect_err("refused").to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains(&data.path().display().to_string()), "{error}");
            assert_eq!(fs::read(&path).expect("there"), bytes);
        }
    }
}
