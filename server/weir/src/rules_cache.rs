//! What workers keep of rules, from one start to the next: a file a rule set in the user's cache folder.
//!
//! Nothing depends on it. What cannot be read, is not what was written, or was written by another program is no error: the
//! rules are read again.

use crate::private;
use etcetera::BaseStrategy as _;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use weir_model::RuleSource;

/// Changes when the files' layout does.
const MAGIC: &[u8] = b"weir rules 1\n";

const HASH: usize = 32;

/// Rule files of fewer bytes are read within a few milliseconds.
const MIN_BYTES: usize = 64 << 10;

/// A larger file was not written here: no worker could have sent its content.
const MAX_BYTES: u64 = weir_model::framing::MAX_FRAME as u64 + 1024;

/// So many rule sets are kept, those that were written last.
const MOST_KEPT: usize = 8;

/// The place of one rule set in the cache.
#[derive(Clone, Debug)]
pub(crate) struct RulesCache {
    /// `None` where there is no cache for it.
    file: Option<PathBuf>,
}

impl RulesCache {
    /// The place of the rules in some files, as this program reads them.
    pub(crate) fn of(sources: &[RuleSource]) -> Self {
        let worthwhile = sources.iter().map(|source| source.text.len()).sum::<usize>() >= MIN_BYTES;
        let folder = etcetera::base_strategy::choose_native_strategy().ok().map(|strategy| strategy.cache_dir());
        let file =
            folder.filter(|_| worthwhile).and_then(|folder| Some((folder, program()?))).map(|(folder, program)| {
                let name = hex(&key(&program, sources));
                folder.join("weir").join("rules").join(name)
            });
        Self { file }
    }

    /// What was kept; nothing if nothing was, or not by this program.
    pub(crate) fn read(&self) -> Arc<[u8]> {
        self.file.as_deref().and_then(|file| checked(&read(file)?).map(Arc::from)).unwrap_or_else(|| Arc::from([]))
    }

    /// Keeps something for the next start.
    pub(crate) fn write(&self, kept: &[u8]) {
        let Some(file) = self.file.as_deref().filter(|_| !kept.is_empty()) else { return };
        if let Err(error) = write(file, kept) {
            tracing::debug!("rules are not kept: {error}");
        }
    }
}

/// What tells this program from another build of it: where it is, how large, and since when.
fn program() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    let about = fs::metadata(&path).ok()?;
    let since = about.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {} {}", env!("CARGO_PKG_VERSION"), path.display(), about.len(), since.as_nanos()))
}

fn key(program: &str, sources: &[RuleSource]) -> [u8; HASH] {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(MAGIC);
    part(program.as_bytes());
    // What a file is called changes nothing of what is in it.
    for source in sources {
        part(source.text.as_bytes());
    }
    hash.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn read(file: &Path) -> Option<Vec<u8>> {
    fs::metadata(file).ok().filter(|about| about.is_file() && about.len() <= MAX_BYTES)?;
    fs::read(file).ok()
}

/// The content of a file that is as it was written.
fn checked(file: &[u8]) -> Option<&[u8]> {
    let rest = file.strip_prefix(MAGIC)?;
    let (hash, kept) = rest.split_at_checked(HASH)?;
    (Sha256::digest(kept).as_slice() == hash).then_some(kept)
}

/// Only the user may read it, as rules may be private.
fn write(file: &Path, kept: &[u8]) -> io::Result<()> {
    private::write(file, &[MAGIC, &Sha256::digest(kept), kept])?;
    file.parent().map_or(Ok(()), forget)
}

/// Removes what was written before the newest.
fn forget(folder: &Path) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    files.sort();
    let surplus = files.len().saturating_sub(MOST_KEPT);
    files.iter().take(surplus).try_for_each(|(_, file)| fs::remove_file(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, text: &str) -> RuleSource {
        RuleSource { name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn the_place_depends_on_the_program_and_on_the_texts_in_their_order() {
        let place = |program: &str, texts: &[&str]| {
            key(program, &texts.iter().map(|text| source("r", text)).collect::<Vec<_>>())
        };
        let first = place("p", &["a", "b"]);
        assert_eq!(first, place("p", &["a", "b"]));
        assert_eq!(first, key("p", &[source("x", "a"), source("y", "b")]));
        for other in
            [place("q", &["a", "b"]), place("p", &["b", "a"]), place("p", &["ab"]), place("p", &["a", "b", ""])]
        {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weir/rules/key");
        let cache = RulesCache { file: Some(file.clone()) };
        assert!(cache.read().is_empty());
        cache.write(b"kept");
        assert_eq!(&*cache.read(), b"kept");
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            fs::write(&file, &broken).unwrap();
            assert!(cache.read().is_empty(), "byte {at}");
            fs::write(&file, &whole[..at]).unwrap();
            assert!(cache.read().is_empty(), "{at} bytes");
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(cache.read().is_empty());
        cache.write(b"kept");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("weir/rules/key");
        RulesCache { file: Some(file.clone()) }.write(b"kept");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn a_few_rule_sets_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..2 * MOST_KEPT {
            RulesCache { file: Some(folder.path().join(number.to_string())) }.write(b"kept");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), MOST_KEPT);
    }
}
