//! Commands of ours.

use super::MainLoop;
use crate::lsp::requests::command::{
    ADD_TO_BASELINE, EXPLAIN_LINE, OPEN_PAGE, OPEN_RULE, OPEN_TARGET, SHOW_PATH, SHOW_TREE, Shown, TEST_RULES,
};
use serde_json::Value;
use std::io;
use tower_lsp_server::ls_types::{ExecuteCommandParams, MessageType, ShowDocumentParams, Uri};

impl MainLoop {
    pub(super) fn command(&mut self, params: &ExecuteCommandParams) {
        let text = |at: usize| params.arguments.get(at).and_then(Value::as_str).unwrap_or_default();
        let shown = match params.command.as_str() {
            OPEN_PAGE => Ok(Shown::page(text(0))),
            OPEN_RULE => self.rule_document(text(0), text(1)),
            ADD_TO_BASELINE => return self.add_to_baseline(text(0), text(1), text(2)),
            SHOW_PATH => self.path_document(text(0), text(1), text(2)),
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
    fn add_to_baseline(&mut self, uri: &str, fingerprint: &str, rule: &str) {
        let Some(open) = uri.parse::<Uri>().ok().and_then(|uri| self.session.by_uri(&uri)) else { return };
        let found = open.findings.iter().find(|found| found.fingerprint == fingerprint && *found.rule_id == *rule);
        let project = open.place.and_then(|(project, _)| self.projects.get_mut(project));
        let (Some(finding), Some(project)) = (found, project) else { return };
        project.baseline.add(&open.path, finding);
        match project.baseline.write(&project.config.baseline) {
            Ok(()) => {
                project.read_baseline();
                self.show_all();
            }
            Err(error) => {
                let text = format!("Weir: cannot write {}: {error}", project.config.baseline.display());
                self.outbox.show(MessageType::ERROR, text);
            }
        }
    }

    fn rule_document(&mut self, rule_id: &str, uri: &str) -> io::Result<Option<ShowDocumentParams>> {
        let open = uri.parse::<Uri>().ok().and_then(|uri| self.session.by_uri(&uri));
        let Some(engine) = open.and_then(|open| self.engines.get(open.place?.1)) else { return Ok(None) };
        let source = engine.rules.get(rule_id).and_then(|rule| engine.text_of(&rule.info.source));
        self.shown.rule(&engine.rules, source, rule_id)
    }

    fn path_document(&mut self, uri: &str, fingerprint: &str, rule: &str) -> io::Result<Option<ShowDocumentParams>> {
        let Some(open) = uri.parse::<Uri>().ok().and_then(|uri| self.session.by_uri(&uri)) else { return Ok(None) };
        let mut findings = open.visible().map(|(finding, _)| finding);
        let found = findings.find(|finding| finding.fingerprint == fingerprint && *finding.rule_id == *rule);
        let (Some(finding), Some(engine)) = (found, open.place.and_then(|(_, engine)| self.engines.get(engine))) else {
            return Ok(None);
        };
        let view = crate::lsp::view::View {
            client: &self.session.client,
            uri: &open.uri,
            version: Some(open.client_version),
            text: open.document.text(),
            rules: &engine.rules,
            notebook: self.notebooks.get(&open.uri),
        };
        self.shown.path(&view, &open.path, finding).map(Some)
    }
}
