//! A folder to work in with an editor, and what the editor under test is.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use weir_tests::binary;

/// A folder with code, and beside it a home for an editor, with nothing in it but `weir`, as Cargo installs it.
pub(crate) struct Workplace {
    folder: TempDir,
}

impl Workplace {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["project", "home/.cargo/bin"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("a writable folder");
        }
        let workplace = Self { folder };
        symlink(binary::weir(), workplace.program()).expect("a writable folder");
        workplace
    }

    /// A copy of one of the demo applications.
    pub(crate) fn with_app(language: &str) -> Self {
        let workplace = Self::new();
        copy(&binary::root().join("tests/apps").join(language), &workplace.project());
        workplace
    }

    /// The folder with the code.
    pub(crate) fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// The editor's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Where the editor finds `weir`.
    pub(crate) fn program(&self) -> PathBuf {
        self.home().join(".cargo/bin/weir")
    }

    /// The search path of programs: those of this machine, and `weir`.
    pub(crate) fn path_variable(&self) -> OsString {
        let mut path = self.home().join(".cargo/bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }

    /// Writes a file, with the folders it is in; gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("a writable folder");
        std::fs::write(&file, text).expect("a writable folder");
        file
    }
}

/// What `tests/setup` installed. An editor is never skipped: a machine without it fails here.
pub(crate) fn tool(path: &str) -> PathBuf {
    let installed = binary::root().join("target/tools").join(path);
    assert!(installed.exists(), "{path} is not installed: run tests/setup once");
    installed
}

/// The file's text.
pub(crate) fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("a readable file")
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the application is there").flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a file type").is_dir() {
            std::fs::create_dir_all(&target).expect("a writable folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a writable folder");
        }
    }
}
