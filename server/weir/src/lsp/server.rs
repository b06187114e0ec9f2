//! The protocol's methods. Every handler's first action, before any await, is to send its message to the main loop.

use crate::config;
use crate::lsp::requests::command;
use crate::lsp::{InitialOptions, capabilities, from_proto, parent};
use crate::main_loop::Message;
use crate::notebooks::Change;
use crate::session::file_of;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};
use tower_lsp_server::LanguageServer;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionParams, CompletionResponse,
    DidChangeConfigurationParams, DidChangeNotebookDocumentParams, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseNotebookDocumentParams,
    DidCloseTextDocumentParams, DidOpenNotebookDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    DocumentDiagnosticParams, DocumentDiagnosticReportResult, ExecuteCommandParams, Hover, HoverParams,
    InitializeParams, InitializeResult, InitializedParams, Uri, WorkDoneProgressCancelParams,
    WorkspaceDiagnosticParams, WorkspaceDiagnosticReportResult,
};

/// The protocol's side of the server: no state but the way to the main loop.
pub(crate) struct Server {
    messages: mpsc::UnboundedSender<Message>,
    was_shut_down: Arc<AtomicBool>,
    /// Whether the client knows documents that only the server has.
    shows_virtual: Arc<AtomicBool>,
}

/// `workspace/textDocumentContent` (3.18): which document.
#[derive(Debug, Deserialize)]
pub(crate) struct ContentParams {
    uri: Uri,
}

/// Its text.
#[derive(Debug, Serialize)]
pub(crate) struct Content {
    text: String,
}

impl Server {
    pub(crate) fn new(
        messages: mpsc::UnboundedSender<Message>,
        was_shut_down: Arc<AtomicBool>,
        shows_virtual: Arc<AtomicBool>,
    ) -> Self {
        Self { messages, was_shut_down, shows_virtual }
    }

    fn send(&self, message: Message) {
        // The loop is gone only after shutdown, when nothing is expected of us any more.
        let _ = self.messages.send(message);
    }

    /// `window/workDoneProgress/cancel`
    #[expect(clippy::unused_async, reason = "the service takes methods that are")]
    pub(crate) async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        self.send(Message::CancelProgress(params.token));
    }

    /// `workspace/textDocumentContent`
    pub(crate) async fn text_document_content(&self, params: ContentParams) -> Result<Content> {
        match self.ask(|answer| Message::Content(params.uri, answer)).await? {
            Some(text) => Ok(Content { text }),
            None => Err(Error::invalid_params("there is no such document any more")),
        }
    }

    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Result<T> {
        let (answer, result) = oneshot::channel();
        self.send(message(answer));
        // Dropped unanswered: the document was closed, its version is gone.
        result.await.map_err(|_| Error::content_modified())
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let shows_virtual = self.shows_virtual.load(Ordering::Acquire);
        let client = capabilities::Client { shows_virtual, ..capabilities::Client::new(&params) };
        let answer = capabilities::server(&client);
        let options = params.initialization_options.as_ref().unwrap_or(&Value::Null);
        self.send(Message::Initialize {
            client,
            folders: from_proto::folders(&params),
            options: InitialOptions { settings: config::of_client(options) },
        });
        if let Some(pid) = params.process_id {
            parent::exit_with(pid);
        }
        Ok(answer)
    }

    async fn initialized(&self, _: InitializedParams) {
        self.send(Message::Initialized);
    }

    async fn shutdown(&self) -> Result<()> {
        self.was_shut_down.store(true, Ordering::Release);
        self.ask(Message::Shutdown).await
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.send(Message::Open(params));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.send(Message::Change(params));
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.send(Message::Close(params.text_document.uri));
    }

    async fn notebook_did_open(&self, params: DidOpenNotebookDocumentParams) {
        self.send(Message::Notebook(Change::Open(params)));
    }

    async fn notebook_did_change(&self, params: DidChangeNotebookDocumentParams) {
        self.send(Message::Notebook(Change::Edit(params)));
    }

    async fn notebook_did_close(&self, params: DidCloseNotebookDocumentParams) {
        self.send(Message::Notebook(Change::Close(params.notebook_document.uri)));
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.send(Message::Changed(file_of(&params.text_document.uri).into_iter().collect()));
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.send(Message::Settings(params.settings));
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        self.send(Message::Changed(params.changes.iter().filter_map(|change| file_of(&change.uri)).collect()));
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: &[_]| folders.iter().filter_map(from_proto::folder).collect();
        self.send(Message::Folders { added: paths(&params.event.added), removed: paths(&params.event.removed) });
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(|answer| Message::CodeAction(params, answer)).await.map(Some)
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        self.ask(|answer| Message::Completion(params, answer)).await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.ask(|answer| Message::CodeLens(params.text_document.uri, answer)).await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.ask(|answer| Message::Hover(params, answer)).await
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        Ok(self.ask(|answer| Message::Pull(params, answer)).await?.into())
    }

    async fn workspace_diagnostic(&self, params: WorkspaceDiagnosticParams) -> Result<WorkspaceDiagnosticReportResult> {
        Ok(self.ask(|answer| Message::WorkspacePull(params, answer)).await?.into())
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        self.ask(|answer| Message::Resolve(action, answer)).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        command::check(&params).map_err(Error::invalid_params)?;
        self.send(Message::Command(params));
        Ok(None)
    }
}
