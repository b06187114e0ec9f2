//! Pictures of what a person sees, kept for whoever looks at a run: `target/screenshots`.

use std::path::PathBuf;
use weir_tests::binary;

/// Where a picture goes; its folder is there.
pub(crate) fn path(name: &str, kind: &str) -> PathBuf {
    let folder = binary::root().join("target/screenshots");
    std::fs::create_dir_all(&folder).expect("a writable target folder");
    folder.join(format!("{name}.{kind}"))
}
