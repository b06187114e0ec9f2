//! The language server, spoken to as editors speak.

mod actions;
mod configuration;
mod day;
mod known;
mod lifecycle;
mod notebooks;
mod protocol;
mod pull;
mod rules;
mod spelling;
mod templates;
mod typing;

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use weir_tests::binary;
use weir_tests::lsp_client::LspClient;

/// A search rule with a fix and a taint rule, so that these tests do not depend on the rules we ship.
const RULES: &str = r#"
rules:
  - id: yaml-load
    languages: [python]
    severity: WARNING
    message: "yaml.load of $X builds any object"
    pattern: yaml.load($X)
    fix: yaml.safe_load($X)
    metadata:
      cwe: ["CWE-502: Deserialization of Untrusted Data"]
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
      cwe: ["CWE-89: SQL Injection"]
"#;

/// A workspace folder with the test's rules beside it.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("rules.yaml"), RULES).expect("a writable folder");
        Self { folder }
    }

    fn rules(&self) -> PathBuf {
        self.folder.path().join("rules.yaml")
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the folders it lies in.
    fn write(&self, name: &str, text: &str) {
        let file = self.folder.path().join(name);
        let folder = file.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(folder).and_then(|()| std::fs::write(file, text)).expect("a writable folder");
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.folder.path().join(name).display())
    }

    /// A server on this project, initialized, with the test's rules.
    fn server(&self) -> LspClient {
        let rules = self.rules();
        let rules = rules.to_str().expect("temporary folders have plain names");
        LspClient::initialized(binary::weir(), &["--stdio", "--rules", rules], Some(self.folder.path()))
    }
}
