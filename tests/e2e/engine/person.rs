//! Who works with an engine.

use super::Engine;
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use weir_tests::binary;

/// A person with a home of their own, and no keyring in it.
pub(crate) struct Person {
    pub(crate) home: TempDir,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// Where this person's logins are, for who starts `weir` in another way.
    pub(crate) fn environment(&self) -> [(&'static str, std::path::PathBuf); 2] {
        [("HOME", self.home.path().to_owned()), ("XDG_CONFIG_HOME", self.home.path().join("config"))]
    }

    pub(crate) fn weir(&self) -> Command {
        let mut command = Command::new(binary::weir());
        command.envs(self.environment());
        command
    }

    /// `weir login` with the engine's key.
    pub(crate) fn login(&self, engine: &Engine, more: &[&str]) -> Output {
        self.login_at(&engine.url, &engine.key, more)
    }

    /// The same at another address.
    pub(crate) fn login_at(&self, url: &str, key: &str, more: &[&str]) -> Output {
        let mut login = self
            .weir()
            .args(["login", url, "--key-stdin", "--no-keyring"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who is refused before it is asked for the key does not read it.
        let _ = writeln!(login.stdin.take().unwrap(), "{key}");
        login.wait_with_output().unwrap()
    }

    /// Logs in; gives the fingerprint that was shown.
    pub(crate) fn logged_in(&self, engine: &Engine) -> String {
        self.logged_in_at(&engine.url, &engine.key, &[])
    }

    /// The same at another address, with more to be said.
    pub(crate) fn logged_in_at(&self, url: &str, key: &str, more: &[&str]) -> String {
        let shown = self.login_at(url, key, more);
        let said = String::from_utf8(shown.stderr).unwrap();
        assert_eq!(shown.status.code(), Some(2), "nobody compared the fingerprint: {said}");
        let fingerprint = said.split_whitespace().find(|word| word.split('-').count() == 8).expect("a fingerprint");
        let done = self.login_at(url, key, &[&["--accept-fingerprint", fingerprint], more].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        fingerprint.to_owned()
    }

    /// Scans the demo applications; gives the report, and what was said beside it.
    pub(crate) fn scan(&self, args: &[&str]) -> (Value, String) {
        let output = self
            .weir()
            .args(["scan", "tests/apps", "--format", "json"])
            .args(args)
            .current_dir(binary::root())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}")), said)
    }
}
