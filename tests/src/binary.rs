//! Where the binary under test is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static BINARY: LazyLock<PathBuf> = LazyLock::new(|| match std::env::var_os("WEIR_BIN") {
    Some(path) => path.into(),
    None => build(),
});

/// The `weir` binary: `WEIR_BIN` if it is set, else built now in the profile of the tests.
pub fn weir() -> &'static Path {
    &BINARY
}

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository")
}

/// Cargo cannot hand one package's tests the binary of another yet (artifact dependencies are unstable), so it is built
/// here; when nothing changed that takes a fraction of a second.
fn build() -> PathBuf {
    // target/<profile>/deps/<test>
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test.parent().and_then(Path::parent).expect("tests lie two folders below target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "weir"]).current_dir(root());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo runs").success(), "the binary under test must build");
    profile.join("weir")
}
