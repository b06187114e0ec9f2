//! The protocol's methods. Every handler's first action, before any await, is to send its message to the main loop.

use crate::lsp::{capabilities, from_proto, parent};
use crate::main_loop::Message;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};
use tower_lsp_server::LanguageServer;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::{
    CodeActionParams, CodeActionResponse, DidChangeConfigurationParams, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, Hover, HoverParams, InitializeParams, InitializeResult,
    InitializedParams,
};

/// The protocol's side of the server: no state but the way to the main loop.
pub(crate) struct Server {
    messages: mpsc::UnboundedSender<Message>,
    was_shut_down: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn new(messages: mpsc::UnboundedSender<Message>, was_shut_down: Arc<AtomicBool>) -> Self {
        Self { messages, was_shut_down }
    }

    fn send(&self, message: Message) {
        // The loop is gone only after shutdown, when nothing is expected of us any more.
        let _ = self.messages.send(message);
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
        let client = capabilities::Client::new(&params);
        let encoding = client.encoding;
        self.send(Message::Initialize {
            client,
            folders: from_proto::folders(&params),
            rules: from_proto::rules_option(&params),
        });
        if let Some(pid) = params.process_id {
            parent::exit_with(pid);
        }
        Ok(capabilities::server(encoding))
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
        self.send(Message::Close(params));
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {}

    async fn did_change_configuration(&self, _: DidChangeConfigurationParams) {}

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {}

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: &[_]| folders.iter().filter_map(from_proto::folder).collect();
        self.send(Message::Folders { added: paths(&params.event.added), removed: paths(&params.event.removed) });
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(|answer| Message::CodeAction(params, answer)).await.map(Some)
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.ask(|answer| Message::Hover(params, answer)).await
    }
}
