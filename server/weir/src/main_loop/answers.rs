//! Requests, which wait until the findings they are about are those of the text.

use super::MainLoop;
use super::rule_documents::of_target;
use crate::lsp::hints;
use crate::lsp::requests::{code_action, diagnostic, hover, project_file, source_lens};
use crate::lsp::view::View;
use crate::session::{OpenDocument, file_of};
use std::collections::HashMap;
use tokio::sync::oneshot;
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionOrCommand, CodeActionParams, CodeActionResponse, CodeLens, Diagnostic,
    DocumentDiagnosticParams, DocumentDiagnosticReport, Hover, HoverParams, ProgressToken, Range, Uri,
    WorkspaceDiagnosticParams, WorkspaceDiagnosticReport, WorkspaceDocumentDiagnosticReport,
};
use weir_model::DocId;

/// A request that waits until its document's findings are those of its text.
pub(super) enum Waiting {
    CodeAction(CodeActionParams, oneshot::Sender<CodeActionResponse>),
    Resolve(Box<CodeAction>, oneshot::Sender<CodeAction>),
    Hover(HoverParams, oneshot::Sender<Option<Hover>>),
    Lenses(Uri, oneshot::Sender<Option<Vec<CodeLens>>>),
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
        match self.session.by_uri(self.whole_of(uri)) {
            Some(open) if !open.is_current() || self.awaits_rules(open.id) => {
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
                let Some((asked, open)) = self.asked_of(&params) else {
                    return drop(answer.send(Vec::new()));
                };
                let project = open.place.and_then(|(project, _)| self.projects.get(project));
                let (Some(view), Some(project)) = (self.view(open), project) else {
                    return drop(answer.send(Vec::new()));
                };
                let trials = code_action::trials(&view, open, &asked);
                if trials.is_empty() {
                    let rules = self.rules_at_hand();
                    let settings = project_file::file(project).and_then(|file| self.session.by_file(&file));
                    let actions = code_action::actions(&view, open, project, settings, &asked, &rules);
                    let local = actions.into_iter().filter_map(|action| self.in_cells(&open.uri, action));
                    let _ = answer.send(local.collect());
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
                    _ => {
                        let resolved = code_action::resolved(&view, open, (*action).clone());
                        drop(answer.send(self.action_in_cells(&open.uri, resolved).unwrap_or(*action)));
                    }
                }
            }
            Waiting::Hover(params, answer) => {
                let place = &params.text_document_position_params;
                let uri = &place.text_document.uri;
                let open = self.session.by_uri(self.whole_of(uri));
                let at = Range { start: place.position, end: place.position };
                let found = open.and_then(|open| Some((open, self.view(open)?, self.range_of(uri, at)?)));
                let Some((open, view, Range { start: at, .. })) = found else {
                    return drop(answer.send(None));
                };
                let trials = hover::trials(&view, open, at);
                if trials.is_empty() {
                    let mut hover = hover::hover(&view, open, at);
                    if let Some((notebook, hover)) = self.notebooks.get(&open.uri).zip(hover.as_mut()) {
                        hover.range = hover.range.and_then(|range| notebook.local(range));
                    }
                    let _ = answer.send(hover);
                } else if !answer.is_closed() {
                    self.try_first(open.id, trials, Waiting::Hover(params, answer));
                }
            }
            Waiting::Lenses(uri, answer) => {
                let open = self.session.by_uri(self.whole_of(&uri));
                let is_on = |project| self.projects.get(project).is_some_and(|project| project.config.source_lens);
                let open = open.filter(|open| open.place.is_some_and(|(project, _)| is_on(project)));
                let lenses = open.and_then(|open| Some(source_lens::lenses(&self.view(open)?, open)));
                let cell = self.notebooks.of_cell(&uri).map(|(_, notebook)| notebook);
                let local = |lens: CodeLens| match cell {
                    Some(notebook) => Some(CodeLens { range: notebook.local_of(&uri, lens.range)?, ..lens }),
                    None => Some(lens),
                };
                let _ = answer.send(lenses.map(|lenses| lenses.into_iter().filter_map(local).collect()));
            }
            Waiting::Pull(params, answer) => {
                let uri = &params.text_document.uri;
                self.tell_cell(uri);
                let diagnostics = self.diagnostics(uri);
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
            notebook: self.notebooks.get(&open.uri),
        })
    }

    /// A place of a document as one of what is analysed: that of a cell is one of its notebook's program, if it is in that.
    fn range_of(&self, uri: &Uri, range: Range) -> Option<Range> {
        match self.notebooks.of_cell(uri) {
            Some((_, notebook)) => notebook.range_of(uri, range),
            None => Some(range),
        }
    }

    /// What actions are asked for, of the document that is analysed.
    fn asked_of(&self, params: &CodeActionParams) -> Option<(CodeActionParams, &OpenDocument)> {
        let uri = &params.text_document.uri;
        let open = self.session.by_uri(self.whole_of(uri))?;
        let mut asked = params.clone();
        asked.range = self.range_of(uri, params.range)?;
        asked.text_document.uri = open.uri.clone();
        Some((asked, open))
    }

    /// An action as the client can take it: what it would change of a notebook, it changes in the cells.
    fn in_cells(&self, uri: &Uri, action: CodeActionOrCommand) -> Option<CodeActionOrCommand> {
        match action {
            CodeActionOrCommand::CodeAction(action) => {
                self.action_in_cells(uri, action).map(CodeActionOrCommand::CodeAction)
            }
            command @ CodeActionOrCommand::Command(_) => Some(command),
        }
    }

    fn action_in_cells(&self, uri: &Uri, action: CodeAction) -> Option<CodeAction> {
        match self.notebooks.get(uri) {
            Some(notebook) => notebook.action(uri, action, self.session.client.encoding),
            None => Some(action),
        }
    }

    /// All there is to say of a file or a cell, open or not. Of a notebook that is open nothing is said but of its cells.
    pub(super) fn diagnostics(&self, uri: &Uri) -> Vec<Diagnostic> {
        match self.notebooks.of_cell(uri) {
            Some((own, notebook)) => notebook.of_cell(own, uri, self.of_document(own)),
            None if self.notebooks.get(uri).is_some() => Vec::new(),
            None => self.of_document(uri),
        }
    }

    /// All there is to say of a document that is analysed as one.
    pub(super) fn of_document(&self, uri: &Uri) -> Vec<Diagnostic> {
        let open = self.session.by_uri(uri);
        // What is said of the text as it is typed takes the place of what is known of the file.
        if let Some(said) = open.and_then(|open| self.rule_diagnostics(open.id)) {
            return said;
        }
        let mut diagnostics = match open {
            Some(open) => {
                let all = |view: View<'_>| {
                    let findings = of_target(&view, open, self.verdict_of(open.id));
                    findings.into_iter().chain(hints::diagnostics(&view, &open.hints)).collect()
                };
                self.view(open).map(all).unwrap_or_default()
            }
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
            // A notebook is no document that it asks about.
            uris.retain(|uri| self.session.by_uri(uri).is_none() || self.notebooks.get(uri).is_some());
            uris.sort_by(|a, b| a.as_str().cmp(b.as_str()));
            uris.dedup();
            let items: Vec<_> = uris
                .into_iter()
                .map(|uri| {
                    let (diagnostics, previous) = (self.diagnostics(&uri), pull.previous.get(&uri));
                    diagnostic::workspace_report(uri, diagnostics, previous.map(String::as_str))
                })
                .collect();
            match pull.token {
                Some(token) => {
                    self.outbox.partial(token, items);
                    self.outbox.end_of_parts(pull.answer);
                }
                None => drop(pull.answer.send(WorkspaceDiagnosticReport { items })),
            }
        }
    }
}
