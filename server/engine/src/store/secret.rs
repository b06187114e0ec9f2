//! The machine's secret: 256 random bits in a file that only the engine's user may read, from which keys of its own are
//! derived. They need no slow derivation, as passwords do: there is nothing to guess.

use super::files::{lock, replace, set_aside, sync_directory};
use super::{Loss, Recovery, StoreError, StoreErrorKind};
use crate::{hex, random};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use zeroize::Zeroizing;

const DURING: &str = "reading the machine's secret";

/// The secret of a data directory.
pub(crate) struct MachineSecret(Zeroizing<[u8; 32]>);

impl MachineSecret {
    /// Whether a data directory has one: then there was a log, too.
    pub(crate) fn exists(directory: &Path) -> bool {
        directory.join("secret").exists()
    }

    /// Reads the secret, and makes one where there is none. A damaged one is set aside: what was signed with it can no
    /// longer be checked.
    pub(crate) fn open(directory: &Path, losses: &mut Vec<Loss>) -> Result<Self, StoreError> {
        let path = directory.join("secret");
        let io = |error: io::Error| StoreError::io(&error, DURING);
        // Two programs that start at once must not make two.
        let _lock = lock(&path.with_extension("lock"))?;
        let mut text = Zeroizing::new(String::new());
        match File::open(&path) {
            Ok(file) => match file.take(MOST).read_to_string(&mut text) {
                Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(io(error)),
                _ => {}
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::make(&path),
            Err(error) => return Err(io(error)),
        }
        let read = text.trim_end().split_once(' ').and_then(|(secret, sum)| {
            let secret = Zeroizing::new(hex::decode::<32>(secret)?);
            (sum == check(&secret)).then_some(secret)
        });
        if let Some(secret) = read {
            fs::metadata(&path).and_then(|metadata| keep_private(&path, &metadata)).map_err(io)?;
            return Ok(Self(secret));
        }
        set_aside(&path).map_err(io)?;
        let loss = Loss::new("the machine's secret and signatures made with it", Recovery::Empty);
        tracing::error!("{loss}");
        losses.push(loss);
        Self::make(&path)
    }

    /// A key for one purpose.
    pub(crate) fn key(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        derive(&self.0[..], b"weir machine", purpose)
    }

    fn make(path: &Path) -> Result<Self, StoreError> {
        let secret = Zeroizing::new(random::bytes()?);
        let text = Zeroizing::new(format!("{} {}\n", hex::encode(&secret[..]), check(&secret)));
        replace(path, text.as_bytes())
            .and_then(|()| sync_directory(path))
            .map_err(|error| StoreError::io(&error, DURING))?;
        Ok(Self(secret))
    }
}

/// A key out of a secret that is random, for one purpose.
pub(crate) fn derive(secret: &[u8], salt: &[u8], purpose: &str) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(purpose.as_bytes(), &mut key[..])
        .map_err(|_| StoreError::new(StoreErrorKind::Internal, "deriving a key"))?;
    Ok(key)
}

/// A file that is longer is not one of ours.
const MOST: u64 = 1024;

/// A few digits by which a damaged secret is told.
fn check(secret: &[u8; 32]) -> String {
    let sum: [u8; 32] = Sha256::new().chain_update(b"weir secret").chain_update(secret).finalize().into();
    hex::encode(&sum[..8])
}

/// Takes away what others may do with it.
#[cfg(unix)]
fn keep_private(path: &Path, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let others = metadata.permissions().mode() & 0o077;
    if others == 0 {
        return Ok(());
    }
    tracing::warn!("others could read the machine's secret; now they cannot");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn keep_private(_path: &Path, _metadata: &fs::Metadata) -> io::Result<()> {
    Ok(())
}
