//! The demo project: the applications that Weir is tested with, a configuration and a guide.

use anyhow::{Context as _, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// The applications' files: their paths and texts.
const APPS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/demo_apps.rs"));

/// What to do, step by step.
pub(super) const GUIDE: &str = "GUIDE.md";
const GUIDE_TEXT: &str = include_str!("guide.md");

/// The file that the guide begins with, and the line at which it is opened.
pub(super) const FIRST: (&str, u32) = ("python/helpdesk/views/tickets.py", 16);

/// Nothing is switched off at first; the guide says what to change.
const CONFIGURATION: &str = "\
# Read by the editor and by `weir scan`. Take the # of the last line away, save, and watch.

[severity]
# \"python-sql-injection\" = \"off\"
";

/// Writes the project into this folder, or into a temporary one that is kept. Gives the folder's full path.
pub(super) fn write(folder: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = match folder {
        Some(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
            if fs::read_dir(folder)?.next().is_some() {
                bail!("{} is not empty", folder.display());
            }
            folder.to_owned()
        }
        None => tempfile::Builder::new().prefix("weir-try-").tempdir()?.keep(),
    };
    let folder = folder.canonicalize()?;
    let own = [(GUIDE, GUIDE_TEXT), ("weir.toml", CONFIGURATION)];
    for (name, text) in APPS.iter().chain(&own) {
        write_file(&folder.join(name), text)?;
    }
    Ok(folder)
}

/// Writes a file, with the folders it is in.
pub(super) fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
