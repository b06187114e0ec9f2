//! `weir scan`, `weir explain` and `weir test`, run as people and pipelines run them.

mod apps;
mod configured;
mod explain;
mod files;
mod formats;
#[cfg(target_os = "linux")]
mod kept;
mod known;
mod notebooks;
mod outcome;
mod rule_tests;

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;
use weir_tests::binary;

/// A search rule with a fix and a taint rule, so that these tests do not depend on the rules we ship.
const RULES: &str = r#"
rules:
  - id: yaml-load
    languages: [python]
    severity: WARNING
    message: "yaml.load of $X builds any object. Safe loading does not."
    pattern: yaml.load($X)
    fix: yaml.safe_load($X)
    metadata:
      cwe: ["CWE-502: Deserialization of Untrusted Data"]
      owasp: ["A08:2021 - Software and Data Integrity Failures"]
      confidence: HIGH
      references: ["https://example.org/yaml"]
      weir:
        recommendation: Use yaml.safe_load.
  - id: sql
    languages: [python]
    severity: ERROR
    message: "Request data reaches a query"
    mode: taint
    pattern-sources:
      - pattern: request.args.get(...)
    pattern-sinks:
      - pattern: db.execute(...)
    metadata:
      cwe: "CWE-89: SQL Injection"
"#;

/// A finding of `yaml-load` in line 1.
const BAD: &str = "yaml.load(x)\n";

/// A folder with files in it, and the rules of this module beside them.
struct Project {
    folder: TempDir,
}

/// What a run of `weir` left behind.
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(project.root()).expect("a new folder");
        project.write("../rules.yaml", RULES);
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("files lie in folders")).expect("a writable folder");
        fs::write(path, content).expect("a writable folder");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).expect("a readable file")
    }

    /// Makes a git work tree of it, as far as finding its root goes.
    fn git(self) -> Self {
        fs::create_dir(self.root().join(".git")).expect("a new folder");
        self
    }

    /// `weir` in the project's folder, with a cache of its own.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary::weir());
        command.args(args).current_dir(self.root()).env("XDG_CACHE_HOME", self.cache());
        command
    }

    /// Runs it.
    fn weir(&self, args: &[&str]) -> Run {
        let Output { status, stdout, stderr } = self.command(args).output().expect("weir runs");
        let text = |bytes| String::from_utf8(bytes).expect("weir writes UTF-8");
        Run { code: status.code().expect("weir ends by itself"), stdout: text(stdout), stderr: text(stderr) }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Runs `weir scan` with this module's rules.
    fn scan(&self, args: &[&str]) -> Run {
        self.weir(&[&["scan", "--rules", "../rules.yaml"], args].concat())
    }

    /// The files in which a scan finds something, one after the other.
    fn found_in(&self, args: &[&str]) -> String {
        let result = self.scan(&[args, &["--json"]].concat()).json();
        let results = result["results"].as_array().expect("results");
        let mut files: Vec<&str> = results.iter().map(|result| result["path"].as_str().expect("a path")).collect();
        files.dedup();
        files.join(" ")
    }
}

impl Run {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {}{}", self.stdout, self.stderr))
    }
}
