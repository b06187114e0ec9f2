//! Somebody who types.

use serde_json::Value;
use weir_tests::binary::weir;
use weir_tests::lsp_client::{LspClient, capabilities};

/// A line with one finding, if what it uses is imported.
pub(super) const VULNERABLE: &str = "os.system(flask.request.args['x'])\n";
pub(super) const IMPORTS: &str = "import os, flask\n";

/// A document in an editor that is written from its first character on.
pub(super) struct Typing {
    pub(super) editor: LspClient,
    pub(super) text: String,
    pub(super) version: i64,
}

/// The document.
pub(super) const URI: &str = "untitled:app.py";

impl Typing {
    /// Opens it.
    pub(super) fn start(mut editor: LspClient) -> Self {
        editor.open(URI, "python", IMPORTS);
        Self { editor, text: IMPORTS.to_owned(), version: 1 }
    }

    /// Types at the end, a character at a time, and does not wait.
    pub(super) fn types(&mut self, text: &str) {
        for c in text.chars() {
            let row = self.text.matches('\n').count() as u32;
            let column = (self.text.len() - self.text.rfind('\n').map_or(0, |at| at + 1)) as u32;
            self.version += 1;
            self.editor.change(URI, self.version, [row, column, row, column], c.encode_utf8(&mut [0; 4]));
            self.text.push(c);
        }
    }

    /// The findings in what was typed are those that this machine finds.
    #[track_caller]
    pub(super) fn expect_all_findings(&mut self) {
        let found = self.editor.diagnostics(URI, self.version);
        let mut local = LspClient::start(weir(), &["--engine", "local"]);
        local.initialize(&capabilities(), None, &Value::Null);
        local.open(URI, "python", &self.text);
        assert_eq!(found, local.diagnostics(URI, 1), "in {}", self.text);
        assert_eq!(found.len(), self.text.matches(VULNERABLE).count());
    }

    /// Waits until the person is told such a thing.
    pub(super) fn told(&mut self, word: &str) {
        self.editor.wait(word, |message| {
            message["method"] == "window/showMessage"
                && message["params"]["message"].as_str().is_some_and(|text| text.contains(word))
        });
    }
}
