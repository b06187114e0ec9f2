//! Writing a baseline that others may write, too: people who share a folder, an editor and a CI job.
//!
//! It is read again right before it is written, so that what somebody else added stays. Where the project is analysed by a team's
//! engine, that is done under a lease of the engine's, so that nobody writes in between.

use crate::baseline::Baseline;
use crate::remote::{LeaseError, Remote};
use crate::walk::{folder_of, slashes};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use weir_model::link::TextHash;

/// Of this process: those who come together would read the same.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A lease that is lost before the baseline is written is asked for again. More often is no chance.
const TRIES: usize = 3;

/// Why a baseline was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("{0}; try again in a moment")]
    Lease(LeaseError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A baseline that was written.
pub(crate) struct Changed {
    pub(crate) baseline: Baseline,
    /// Why it was written without a lease, although there is an engine.
    pub(crate) alone: Option<LeaseError>,
}

/// Changes a baseline: reads it, has `change` do its part, and writes it. `root`: what the paths in it are relative to. Whoever else
/// writes it is waited for no longer than `patience`. Without the engine it is written as it was before there were any; that
/// somebody else is at it is another matter.
pub(crate) async fn change(
    remote: Option<&Remote>,
    path: &Path,
    root: &Path,
    patience: Duration,
    change: impl Fn(io::Result<Baseline>) -> io::Result<Baseline> + Send + Sync + 'static,
) -> Result<Changed, ChangeError> {
    let _only = ONE_AT_A_TIME.lock().await;
    let change = Arc::new(change);
    let place = (path.to_owned(), root.to_owned());
    for _ in 0..TRIES {
        let (lease, mut alone) = match remote {
            None => (None, None),
            Some(remote) => match remote.lease(vec![name(path)], patience).await {
                Ok(lease) => (Some(lease), None),
                Err(error @ (LeaseError::Away | LeaseError::Refused(_))) => (None, Some(error)),
                Err(error) => return Err(ChangeError::Lease(error)),
            },
        };
        let (change, (file, folder)) = (Arc::clone(&change), place.clone());
        let changed = tokio::task::spawn_blocking(move || change(Baseline::read(&file, &folder)));
        let baseline = changed.await.map_err(io::Error::other)??;
        if let Some(lease) = &lease {
            match lease.renew().await {
                Ok(()) => {}
                Err(error @ LeaseError::Refused(_)) => alone = Some(error),
                // Somebody else may have written since; another link may be there, or none.
                Err(_) => continue,
            }
        }
        let (file, folder) = place;
        let written = tokio::task::spawn_blocking(move || {
            baseline.write(&file)?;
            // What it says of files that are gone is found out by reading.
            Baseline::read(&file, &folder)
        });
        let baseline = written.await.map_err(io::Error::other)??;
        drop(lease);
        return Ok(Changed { baseline, alone });
    }
    Err(ChangeError::Lease(LeaseError::Lost))
}

/// What a baseline is called among those who share it: a hash of the address that its repository is pushed to and of its place
/// in there, so that it is the same in every clone; of its path, if it is in none.
fn name(path: &Path) -> String {
    let real = folder_of(path).canonicalize().map(|folder| folder.join(path.file_name().unwrap_or_default()));
    let real = real.unwrap_or_else(|_| path.to_owned());
    let place = in_repository(&real).unwrap_or_else(|| slashes(&real));
    TextHash::of(place.as_bytes()).0[..16].iter().fold("baseline:".to_owned(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

fn in_repository(path: &Path) -> Option<String> {
    let repository = gix::discover(folder_of(path)).ok()?;
    let root = repository.workdir()?.canonicalize().ok()?;
    let address = repository.config_snapshot().string("remote.origin.url")?.to_string();
    Some(format!("{}\n{}", host_and_path(&address), slashes(path.strip_prefix(root).ok()?)))
}

/// However somebody has cloned it, and without what only they know.
fn host_and_path(address: &str) -> String {
    let (is_url, rest) = address.split_once("://").map_or((false, address), |(_, rest)| (true, rest));
    let rest = match rest.split_once('@') {
        Some((user, rest)) if !user.contains('/') => rest,
        _ => rest,
    };
    // Without a scheme git writes `host:team/app`; one letter is a drive.
    let end = if is_url { rest.find('/') } else { rest.find(':').filter(|&at| at > 1 && !rest[..at].contains('/')) };
    let (host, path) = end.map_or(("", rest), |end| (&rest[..end], &rest[end + 1..]));
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let path = path.trim_matches('/');
    format!("{host}/{}", path.strip_suffix(".git").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clone_gives_the_baseline_the_same_name() {
        for address in [
            "https://git.example.com/team/app.git",
            "https://git.example.com/team/app",
            "https://ann:token@Git.Example.com/team/app/",
            "git@git.example.com:team/app.git",
            "git.example.com:team/app.git",
            "ssh://git@git.example.com:2222/team/app.git",
        ] {
            assert_eq!(host_and_path(address), "git.example.com/team/app", "{address}");
        }
        for (address, expected) in [("/srv/git/app.git", "/srv/git/app"), ("app.git", "/app"), ("", "/")] {
            assert_eq!(host_and_path(address), expected);
        }
        let clone = |url: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(folder.path().join(".git/objects")).unwrap();
            std::fs::create_dir_all(folder.path().join(".git/refs")).unwrap();
            std::fs::create_dir_all(folder.path().join("sub")).unwrap();
            std::fs::write(folder.path().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
            std::fs::write(folder.path().join(".git/config"), format!("[remote \"origin\"]\n\turl = {url}\n")).unwrap();
            folder
        };
        let (one, two) = (clone("https://git.example.com/app"), clone("git@git.example.com:app.git"));
        let of = |folder: &tempfile::TempDir, file: &str| name(&folder.path().join(file));
        assert_eq!(of(&one, "b.json"), of(&two, "b.json"));
        assert_ne!(of(&one, "b.json"), of(&one, "sub/b.json"));
        assert_ne!(of(&one, "b.json"), of(&clone("https://git.example.com/other"), "b.json"));
        assert!(of(&one, "b.json").len() < 60 && !of(&one, "b.json").contains("example"));
        let none = tempfile::tempdir().unwrap();
        assert_eq!(of(&none, "b.json"), of(&none, "b.json"));
    }
}
