//! What Neovim is told to do, and what is left on disk afterwards.

use crate::workplace::{Workplace, read, tool};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use weir_tests::binary;

/// Steps for a Neovim with one file open and `weir lsp` attached.
pub(crate) struct Scenario {
    workplace: Workplace,
    file: PathBuf,
    filetype: &'static str,
    is_enabled: bool,
    steps: Vec<Value>,
}

impl Scenario {
    /// A copy of a file of one of the demo applications, with its neighbours.
    pub(crate) fn on_app(language: &'static str, file: &str) -> Self {
        let workplace = Workplace::with_app(language);
        Self {
            file: workplace.project().join(file),
            workplace,
            filetype: language,
            is_enabled: false,
            steps: Vec::new(),
        }
    }

    /// A file with this text.
    pub(crate) fn on_text(filetype: &'static str, name: &str, text: &str) -> Self {
        let workplace = Workplace::new();
        let file = workplace.write(&format!("project/{name}"), text);
        Self { file, workplace, filetype, is_enabled: false, steps: Vec::new() }
    }

    /// The file as it is on disk.
    pub(crate) fn text(&self) -> String {
        read(&self.file)
    }

    /// Starts the server as `vim.lsp.enable('weir')` does with the folder that we ship, instead of by hand.
    pub(crate) fn enabled(mut self) -> Self {
        self.workplace.write("project/weir.toml", "");
        self.is_enabled = true;
        self
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
            "runtime": self.is_enabled.then(runtime),
            "root": self.workplace.project(),
            "file": self.file,
            "filetype": self.filetype,
            "steps": self.steps,
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/neovim/drive.lua");
        let output = Command::new(tool("neovim/bin/nvim"))
            .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-l"])
            .arg(script)
            .env("SCENARIO", scenario.to_string())
            .env("PATH", self.workplace.path_variable())
            .env("XDG_STATE_HOME", self.workplace.home().join("state"))
            .output()
            .expect("Neovim starts");
        // `print` of a script goes to standard error.
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("\"ok\":true"), "{said}");
        self.text()
    }
}

/// The folder for the runtimepath that we ship.
pub(crate) fn runtime() -> PathBuf {
    binary::root().join("editors/neovim")
}
