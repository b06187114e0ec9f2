//! Commands of ours.

use super::{MainLoop, Message};
use crate::baseline::Baseline;
use crate::lsp::requests::command::{
    ADD_TO_BASELINE, EXPLAIN_LINE, NO_BASELINE, OPEN_PAGE, OPEN_RULE, OPEN_TARGET, SHOW_PATH, SHOW_TREE, Shown,
    TEST_RULES,
};
use crate::lsp::spelling;
use crate::shared_baseline::{self, ChangeError, Changed};
use serde_json::Value;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower_lsp_server::ls_types::{ExecuteCommandParams, MessageType, ShowDocumentParams};

/// Who adds a finding to the baseline waits so long for somebody else who writes it: a person looks on.
const BASELINE_PATIENCE: Duration = Duration::from_secs(10);

impl MainLoop {
    pub(super) fn command(&mut self, params: &ExecuteCommandParams) {
        let text = |at: usize| params.arguments.get(at).and_then(Value::as_str).unwrap_or_default();
        let shown = match params.command.as_str() {
            OPEN_PAGE => Ok(Shown::page(text(0))),
            OPEN_RULE => self.rule_document(text(0), text(1)),
            ADD_TO_BASELINE => return self.add_to_baseline(text(0), text(1), text(2)),
            SHOW_PATH => match self.path(text(0), text(1), text(2)) {
                Some(Ok(Drawn::Message(text))) => return self.outbox.show(MessageType::INFO, text),
                Some(Ok(Drawn::Document(document))) => Ok(Some(document)),
                Some(Err(error)) => Err(error),
                None => Ok(None),
            },
            OPEN_TARGET => Ok(Shown::file(text(0))),
            // These are answered by a worker first.
            TEST_RULES => return self.test_rules(text(0), text(1)),
            SHOW_TREE => return self.show_tree(text(0), params.arguments.get(1).unwrap_or(&Value::Null)),
            EXPLAIN_LINE => {
                let line = params.arguments.get(2).and_then(Value::as_u64).unwrap_or_default() as u32;
                let rules = params.arguments.get(3).and_then(Value::as_str);
                return self.explain_line(text(0), text(1), line, rules);
            }
            _ => Ok(None),
        };
        match shown {
            Ok(Some(document)) => self.outbox.show_document(document),
            Ok(None) => {
                let gone = "Weir: there is nothing to show any more; the text has changed".to_owned();
                self.outbox.show(MessageType::INFO, gone);
            }
            Err(error) => self.outbox.show(MessageType::ERROR, format!("Weir: cannot show it: {error}")),
        }
    }

    /// A finding becomes one that was known before.
    fn add_to_baseline(&self, uri: &str, fingerprint: &str, rule: &str) {
        let Some(open) = spelling::parse(uri).and_then(|uri| self.session.by_uri(&uri)) else { return };
        let found = open.findings.iter().find(|found| found.fingerprint == fingerprint && *found.rule_id == *rule);
        let project = open.place.and_then(|(project, _)| self.projects.get(project));
        let (Some(finding), Some(project)) = (found.cloned(), project) else { return };
        let Some(path) = project.baseline_file().map(Path::to_owned) else {
            return self.outbox.show(MessageType::INFO, format!("Weir: {NO_BASELINE}"));
        };
        let (file, root) = (Arc::clone(&open.path), project.baseline_root());
        let (remote, messages) = (self.engines.remote_of(&project.config), self.messages.clone());
        let typed = self.session.by_file(&path).map(|open| open.document.text().clone());
        tokio::spawn(async move {
            let on_disk = path.clone();
            let add = move |now: io::Result<Baseline>| {
                // The file is written, not the editor's text: once that was saved, what was added would be gone.
                if typed.as_ref().is_some_and(|typed| *typed != std::fs::read_to_string(&on_disk).unwrap_or_default()) {
                    return Err(io::Error::other("it is open and has changes that are not saved; save it first"));
                }
                let mut baseline = now?;
                baseline.add(&file, &finding);
                Ok(baseline)
            };
            let written = shared_baseline::change(remote.as_ref(), &path, &root, BASELINE_PATIENCE, add).await;
            if let Some(messages) = messages.upgrade() {
                let _ = messages.send(Message::BaselineWritten(path, written));
            }
        });
    }

    pub(super) fn baseline_written(&mut self, path: &Path, written: Result<Changed, ChangeError>) {
        match written {
            Ok(Changed { alone, .. }) => {
                if let Some(reason) = alone {
                    let text = format!(
                        "Weir: {} was written without asking your team's engine whether somebody else writes it ({reason})",
                        path.display()
                    );
                    self.outbox.show(MessageType::INFO, text);
                }
                self.projects.read_baselines();
                self.show_all();
            }
            Err(error) => {
                self.outbox.show(MessageType::ERROR, format!("Weir: cannot write {}: {error}", path.display()));
            }
        }
    }

    fn rule_document(&mut self, rule_id: &str, uri: &str) -> io::Result<Option<ShowDocumentParams>> {
        let open = spelling::parse(uri).and_then(|uri| self.session.by_uri(&uri));
        let Some(engine) = open.and_then(|open| self.engines.get(open.place?.1)) else { return Ok(None) };
        let source = engine.rules.get(rule_id).and_then(|rule| engine.text_of(&rule.info.source));
        self.shown.rule(&engine.rules, source, rule_id)
    }

    /// The path of a finding; `None` if that is gone.
    fn path(&mut self, uri: &str, fingerprint: &str, rule: &str) -> Option<io::Result<Drawn>> {
        let open = spelling::parse(uri).and_then(|uri| self.session.by_uri(&uri))?;
        let mut findings = open.visible().map(|(finding, _)| finding);
        let finding = findings.find(|finding| finding.fingerprint == fingerprint && *finding.rule_id == *rule)?;
        let engine = open.place.and_then(|(_, engine)| self.engines.get(engine))?;
        let view = crate::lsp::view::View {
            client: &self.session.client,
            uri: &open.uri,
            version: Some(open.client_version),
            text: open.document.text(),
            rules: &engine.rules,
            notebook: self.notebooks.get(&open.uri),
        };
        Some(if view.client.shows_documents {
            self.shown.path(&view, &open.path, finding).map(Drawn::Document)
        } else {
            Ok(Drawn::Message(Shown::path_message(&view, &open.path, finding)))
        })
    }
}

/// The path of a finding, as the client can show it.
enum Drawn {
    Document(ShowDocumentParams),
    Message(String),
}
