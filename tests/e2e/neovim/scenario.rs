//! What Neovim is told to do, and what is left on disk afterwards.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use weir_tests::binary;

/// Steps for a Neovim with one file open and `weir lsp` attached.
pub(crate) struct Scenario {
    folder: TempDir,
    file: PathBuf,
    filetype: &'static str,
    steps: Vec<Value>,
}

impl Scenario {
    /// A copy of a file of one of the demo applications, with its neighbours.
    pub(crate) fn on_app(language: &'static str, file: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&binary::root().join("tests/apps").join(language), folder.path());
        Self { file: folder.path().join(file), folder, filetype: language, steps: Vec::new() }
    }

    /// A file with this text.
    pub(crate) fn on_text(filetype: &'static str, name: &str, text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("a writable folder");
        Self { file, folder, filetype, steps: Vec::new() }
    }

    /// The file as it is on disk.
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.file).expect("a readable file")
    }

    /// One more step; `drive.lua` says which there are.
    pub(crate) fn step(mut self, step: Value) -> Self {
        self.steps.push(step);
        self
    }

    /// Runs the steps; gives the file as it is on disk afterwards.
    pub(crate) fn run(self) -> String {
        let scenario = json!({
            "cmd": [binary::weir(), "lsp"],
            "root": self.folder.path(),
            "file": self.file,
            "filetype": self.filetype,
            "steps": self.steps,
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/neovim/drive.lua");
        let output = Command::new(neovim())
            .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-l"])
            .arg(script)
            .env("SCENARIO", scenario.to_string())
            .env("XDG_STATE_HOME", self.folder.path().join(".state"))
            .output()
            .expect("Neovim starts");
        // `print` of a script goes to standard error.
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("\"ok\":true"), "{said}");
        self.text()
    }
}

/// The editor under test. It is never skipped: a machine without it fails here.
fn neovim() -> PathBuf {
    let installed = binary::root().join("target/tools/neovim/bin/nvim");
    assert!(installed.exists(), "Neovim is not installed: run tests/setup once");
    installed
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
