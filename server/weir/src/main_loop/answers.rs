//! Requests, which wait until the findings they are about are those of the text.

use super::MainLoop;
use crate::lsp::requests::{code_action, diagnostic, hover};
use crate::lsp::to_proto;
use crate::lsp::view::View;
use crate::session::{OpenDocument, file_of};
use std::collections::HashMap;
use tokio::sync::oneshot;
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionParams, CodeActionResponse, Diagnostic, DocumentDiagnosticParams, DocumentDiagnosticReport,
    Hover, HoverParams, ProgressToken, Uri, WorkspaceDiagnosticParams, WorkspaceDiagnosticReport,
    WorkspaceDocumentDiagnosticReport,
};
use weir_model::DocId;

/// A request that waits until its document's findings are those of its text.
pub(super) enum Waiting {
    CodeAction(CodeActionParams, oneshot::Sender<CodeActionResponse>),
    Resolve(Box<CodeAction>, oneshot::Sender<CodeAction>),
    Hover(HoverParams, oneshot::Sender<Option<Hover>>),
    Pull(DocumentDiagnosticParams, oneshot::Sender<DocumentDiagnosticReport>),
}

/// A `workspace/diagnostic` that waits until the workspace was looked at.
pub(super) struct WorkspacePull {
    /// What the client has, by file.
    previous: HashMap<Uri, String>,
    /// Where parts of the answer go, if the client takes it in parts.
    token: Option<ProgressToken>,
    answer: oneshot::Sender<WorkspaceDiagnosticReport>,
}

impl MainLoop {
    /// Answers at once if the findings are those of the text, else when they are there.
    pub(super) fn when_current(&mut self, uri: &Uri, request: Waiting) {
        match self.session.by_uri(uri) {
            Some(open) if !open.is_current() => {
                let id = open.id;
                self.waiting.entry(id).or_default().push(request);
            }
            _ => self.answer(request),
        }
    }

    pub(super) fn answer_waiting(&mut self, doc: DocId) {
        for request in self.waiting.remove(&doc).unwrap_or_default() {
            self.answer(request);
        }
    }

    /// Whoever asked may be gone (cancelled): the answer is dropped then.
    fn answer(&mut self, request: Waiting) {
        match request {
            Waiting::CodeAction(params, answer) => {
                let Some(open) = self.session.by_uri(&params.text_document.uri) else {
                    return drop(answer.send(Vec::new()));
                };
                let project = open.place.and_then(|(project, _)| self.projects.get(project));
                let (Some(view), Some(project)) = (self.view(open), project) else {
                    return drop(answer.send(Vec::new()));
                };
                let trials = code_action::trials(&view, open, &params);
                if trials.is_empty() {
                    let _ = answer.send(code_action::actions(&view, open, project, &params));
                } else if !answer.is_closed() {
                    self.try_first(open.id, trials, Waiting::CodeAction(params, answer));
                }
            }
            Waiting::Resolve(action, answer) => {
                let uri = code_action::document_of(&action).and_then(|uri| uri.parse::<Uri>().ok());
                let open = uri.and_then(|uri| self.session.by_uri(&uri));
                let Some((open, view)) = open.and_then(|open| Some((open, self.view(open)?))) else {
                    return drop(answer.send(*action));
                };
                match code_action::trial_to_resolve(&view, open, &action) {
                    Some(trial) if !answer.is_closed() => {
                        self.try_first(open.id, vec![trial], Waiting::Resolve(action, answer));
                    }
                    _ => drop(answer.send(code_action::resolved(&view, open, *action))),
                }
            }
            Waiting::Hover(params, answer) => {
                let uri = &params.text_document_position_params.text_document.uri;
                let open = self.session.by_uri(uri);
                let Some((open, view)) = open.and_then(|open| Some((open, self.view(open)?))) else {
                    return drop(answer.send(None));
                };
                let trials = hover::trials(&view, open, &params);
                if trials.is_empty() {
                    let _ = answer.send(hover::hover(&view, open, &params));
                } else if !answer.is_closed() {
                    self.try_first(open.id, trials, Waiting::Hover(params, answer));
                }
            }
            Waiting::Pull(params, answer) => {
                let diagnostics = self.diagnostics(&params.text_document.uri);
                let _ = answer.send(diagnostic::report(diagnostics, params.previous_result_id.as_deref()));
            }
        }
    }

    /// A document as the client sees it, once it is known who analyses it.
    pub(super) fn view<'a>(&'a self, open: &'a OpenDocument) -> Option<View<'a>> {
        let engine = self.engines.get(open.place?.1)?;
        Some(View {
            client: &self.session.client,
            uri: &open.uri,
            version: Some(open.client_version),
            text: open.document.text(),
            rules: &engine.rules,
        })
    }

    /// All there is to say of a file, open or not.
    fn diagnostics(&self, uri: &Uri) -> Vec<Diagnostic> {
        let mut diagnostics = match self.session.by_uri(uri) {
            Some(open) => self.view(open).map(|view| to_proto::diagnostics(&view, open.visible())).unwrap_or_default(),
            None => file_of(uri).and_then(|file| self.diagnostics_on_disk(&file)).unwrap_or_default(),
        };
        let problems = file_of(uri).and_then(|file| self.problems.get(&file));
        diagnostics.extend(problems.into_iter().flatten().cloned());
        diagnostics
    }

    pub(super) fn pull_workspace(
        &mut self,
        params: WorkspaceDiagnosticParams,
        answer: oneshot::Sender<WorkspaceDiagnosticReport>,
    ) {
        let previous = params.previous_result_ids.into_iter().map(|previous| (previous.uri, previous.value)).collect();
        let token = params.partial_result_params.partial_result_token;
        self.pulls.push(WorkspacePull { previous, token, answer });
        self.answer_pulls();
    }

    /// Sends what was found in one file to those who take it in parts.
    pub(super) fn send_part(&mut self, uri: &Uri) {
        let diagnostics = self.diagnostics(uri);
        for pull in &mut self.pulls {
            if let Some(token) = &pull.token {
                let previous = pull.previous.get(uri).cloned();
                let report = diagnostic::workspace_report(uri.clone(), diagnostics.clone(), previous.as_deref());
                if let WorkspaceDocumentDiagnosticReport::Full(full) = &report
                    && let Some(id) = &full.full_document_diagnostic_report.result_id
                {
                    pull.previous.insert(uri.clone(), id.clone());
                    self.outbox.partial(token.clone(), vec![report]);
                }
            }
        }
    }

    /// Answers questions about the whole workspace, if it was looked at.
    pub(super) fn answer_pulls(&mut self) {
        if !self.is_settled() {
            return;
        }
        for pull in std::mem::take(&mut self.pulls) {
            let on_disk = self.workspace.files.values().map(|file| file.uri.clone());
            let problems = self.problems.keys().filter_map(Uri::from_file_path);
            let mut uris: Vec<Uri> = on_disk.chain(problems).chain(pull.previous.keys().cloned()).collect();
            // Of open documents the client asks by itself: an answer here would be a second voice.
            uris.retain(|uri| self.session.by_uri(uri).is_none());
            uris.sort_by(|a, b| a.as_str().cmp(b.as_str()));
            uris.dedup();
            let items: Vec<_> = uris
                .into_iter()
                .map(|uri| {
                    let (diagnostics, previous) = (self.diagnostics(&uri), pull.previous.get(&uri));
                    diagnostic::workspace_report(uri, diagnostics, previous.map(String::as_str))
                })
                .collect();
            let items = match pull.token {
                // Once parts were sent the answer itself is empty: so the protocol has it.
                Some(token) => {
                    self.outbox.partial(token, items);
                    Vec::new()
                }
                None => items,
            };
            let _ = pull.answer.send(WorkspaceDiagnosticReport { items });
        }
    }
}
