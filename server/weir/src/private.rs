//! Files that are nobody else's: written whole or not at all, for their owner alone.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file out of parts, and its folders if they are not there. It is written beside its place and moved there: whoever
/// reads sees all of it or nothing.
pub(crate) fn write(file: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let Some(folder) = file.parent() else { return Ok(()) };
    private_folder().create(folder)?;
    let draft = file.with_extension(format!("{}.draft", std::process::id()));
    let written = private_file().open(&draft).and_then(|mut out| parts.iter().try_for_each(|part| out.write_all(part)));
    let moved = written.and_then(|()| fs::rename(&draft, file));
    if moved.is_err() {
        let _ = fs::remove_file(&draft);
    }
    moved
}

fn private_folder() -> DirBuilder {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Whether nobody but its owner may read a file. Where rights are no bits, a person's folders are theirs.
pub(crate) fn is_private(about: &fs::Metadata) -> bool {
    #[cfg(unix)]
    #[expect(clippy::verbose_bit_mask, reason = "rights are written as `chmod` takes them")]
    return std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 == 0;
    #[cfg(not(unix))]
    return about.is_file();
}
