//! What we tell the client unasked, in order, without ever making the main loop wait for a slow client.

use crate::engines::EngineId;
use crate::lsp::progress::{self, Step, Task};
use crate::main_loop::Message;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::notification::Notification;
use tower_lsp_server::ls_types::{
    ConfigurationItem, Diagnostic, MessageType, ProgressToken, Registration, ShowDocumentParams, Unregistration, Uri,
    WorkspaceDocumentDiagnosticReport,
};

/// A client that does not answer what its settings are within this time does not answer at all; if it does later, that counts.
const PATIENCE: Duration = Duration::from_secs(2);

/// What our watchers are registered as.
const WATCHERS: &str = "weir-watched-files";

/// The way out. Messages keep their order; of diagnostics for one document only the newest is sent. Progress has a way of
/// its own, because it waits for the client's consent.
pub(crate) struct Outbox {
    queue: mpsc::UnboundedSender<Outgoing>,
    progress: mpsc::UnboundedSender<Step>,
    client: Client,
}

enum Outgoing {
    Publish { uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic> },
    Show(MessageType, String),
    Log(MessageType, String),
    Partial(PartialReport),
    ShowDocument(ShowDocumentParams),
    Refresh,
    RefreshLenses,
    Register(Value),
    Unregister,
}

/// A part of the answer to `workspace/diagnostic`.
#[derive(Debug, Serialize, serde::Deserialize)]
struct PartialReport {
    token: ProgressToken,
    value: Items,
}

#[derive(Debug, Serialize, serde::Deserialize)]
struct Items {
    items: Vec<WorkspaceDocumentDiagnosticReport>,
}

impl Notification for PartialReport {
    type Params = Self;
    const METHOD: &'static str = "$/progress";
}

impl Outbox {
    /// Starts the tasks that write to the client.
    pub(crate) fn start(client: Client) -> Self {
        let (queue, outgoing) = mpsc::unbounded_channel();
        let (progress, steps) = mpsc::unbounded_channel();
        tokio::spawn(progress::show(client.clone(), steps));
        tokio::spawn(write(client.clone(), outgoing));
        Self { queue, progress, client }
    }

    /// Publishes the diagnostics of a document.
    pub(crate) fn publish(&self, uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic>) {
        self.send(Outgoing::Publish { uri, version, diagnostics });
    }

    /// Shows a message to the person.
    pub(crate) fn show(&self, kind: MessageType, text: String) {
        self.send(Outgoing::Show(kind, text));
    }

    /// Writes to the client's log.
    pub(crate) fn log(&self, kind: MessageType, text: String) {
        self.send(Outgoing::Log(kind, text));
    }

    /// Sends a part of the answer to `workspace/diagnostic`.
    pub(crate) fn partial(&self, token: ProgressToken, items: Vec<WorkspaceDocumentDiagnosticReport>) {
        self.send(Outgoing::Partial(PartialReport { token, value: Items { items } }));
    }

    /// Has the client show a document.
    pub(crate) fn show_document(&self, params: ShowDocumentParams) {
        self.send(Outgoing::ShowDocument(params));
    }

    /// Has the client ask for all diagnostics again.
    pub(crate) fn refresh(&self) {
        self.send(Outgoing::Refresh);
    }

    /// Has the client ask for all code lenses again.
    pub(crate) fn refresh_lenses(&self) {
        self.send(Outgoing::RefreshLenses);
    }

    /// Has the client watch files.
    pub(crate) fn register_watchers(&self, options: Value) {
        self.send(Outgoing::Register(options));
    }

    /// Ends that.
    pub(crate) fn unregister_watchers(&self) {
        self.send(Outgoing::Unregister);
    }

    /// Asks the client for its settings, of these folders (`None`: in general); the answer is a message.
    pub(crate) fn ask_configuration(&self, scopes: Vec<Option<PathBuf>>, messages: mpsc::WeakUnboundedSender<Message>) {
        let client = self.client.clone();
        tokio::spawn(async move {
            let item = |scope: &Option<PathBuf>| ConfigurationItem {
                scope_uri: scope.as_ref().and_then(Uri::from_file_path),
                section: Some("weir".to_owned()),
            };
            let asked = client.configuration(scopes.iter().map(item).collect());
            let mut asked = std::pin::pin!(asked);
            let tell = |answers| {
                if let Some(messages) = messages.upgrade() {
                    let _ = messages.send(Message::Configured(answers));
                }
            };
            let answer = if let Ok(answer) = tokio::time::timeout(PATIENCE, &mut asked).await {
                answer
            } else {
                tell(Vec::new());
                asked.await
            };
            tell(scopes.into_iter().zip(answer.unwrap_or_default()).collect());
        });
    }

    /// Begins to show that rules are loaded, if the client can.
    pub(crate) fn begin_loading(&self, engine: EngineId, supported: bool) {
        self.step(Step::Begin { task: Task::Rules(engine), title: "Weir: loading rules", supported });
    }

    /// The rules are loaded.
    pub(crate) fn end_loading(&self, engine: EngineId, message: &str) {
        self.step(Step::End { task: Task::Rules(engine), message: Some(message.to_owned()) });
    }

    /// Begins to show that the workspace is looked at, if the client can and it is not shown.
    pub(crate) fn begin_scan(&self, supported: bool) {
        self.step(Step::Begin { task: Task::Scan, title: "Weir: scanning the workspace", supported });
    }

    /// So many files of so many are done.
    pub(crate) fn scan_progress(&self, done: usize, all: usize) {
        self.step(Step::Report { task: Task::Scan, done, all });
    }

    /// The workspace was looked at.
    pub(crate) fn end_scan(&self) {
        self.step(Step::End { task: Task::Scan, message: None });
    }

    /// So many parts of so many of a large text are sent to a remote engine.
    pub(crate) fn upload(&self, done: usize, all: usize, supported: bool) {
        let task = Task::Upload;
        self.step(Step::Begin { task, title: "Weir: sending to the engine", supported });
        self.step(if done < all { Step::Report { task, done, all } } else { Step::End { task, message: None } });
    }

    fn step(&self, step: Step) {
        let _ = self.progress.send(step);
    }

    fn send(&self, outgoing: Outgoing) {
        // The writer ends with the client; nobody is left to tell.
        let _ = self.queue.send(outgoing);
    }
}

async fn write(client: Client, mut queue: mpsc::UnboundedReceiver<Outgoing>) {
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, 256).await > 0 {
        let newest = newest(&batch);
        let last_refresh = batch.iter().rposition(|outgoing| matches!(outgoing, Outgoing::Refresh));
        for (at, outgoing) in batch.drain(..).enumerate() {
            match outgoing {
                Outgoing::Publish { uri, version, diagnostics } => {
                    if newest.get(&uri) == Some(&at) {
                        client.publish_diagnostics(uri, diagnostics, version).await;
                    }
                }
                Outgoing::Show(kind, text) => client.show_message(kind, text).await,
                Outgoing::Log(kind, text) => client.log_message(kind, text).await,
                Outgoing::Partial(report) => client.send_notification::<PartialReport>(report).await,
                Outgoing::ShowDocument(params) => {
                    let client = client.clone();
                    apart("document", async move { client.show_document(params).await.map(|_| ()) });
                }
                Outgoing::Refresh if last_refresh == Some(at) => {
                    let client = client.clone();
                    apart("refresh", async move { client.workspace_diagnostic_refresh().await });
                }
                Outgoing::Refresh => {}
                Outgoing::RefreshLenses => {
                    let client = client.clone();
                    apart("lenses", async move { client.code_lens_refresh().await });
                }
                Outgoing::Register(options) => {
                    let (client, method) = (client.clone(), "workspace/didChangeWatchedFiles".to_owned());
                    let registration =
                        Registration { id: WATCHERS.to_owned(), method, register_options: Some(options) };
                    apart("registration", async move { client.register_capability(vec![registration]).await });
                }
                Outgoing::Unregister => {
                    let (client, method) = (client.clone(), "workspace/didChangeWatchedFiles".to_owned());
                    let registration = Unregistration { id: WATCHERS.to_owned(), method };
                    apart("registration", async move { client.unregister_capability(vec![registration]).await });
                }
            }
        }
    }
}

/// Requests to the client are not waited for: what is to be told next does not depend on the answer.
fn apart(what: &'static str, request: impl Future<Output = tower_lsp_server::jsonrpc::Result<()>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = request.await {
            tracing::debug!("{what}: the client answered with {}", error.code);
        }
    });
}

/// Where in the batch the newest diagnostics of each document are.
fn newest(batch: &[Outgoing]) -> HashMap<Uri, usize> {
    let publishes = batch.iter().enumerate().filter_map(|(at, outgoing)| match outgoing {
        Outgoing::Publish { uri, .. } => Some((uri.clone(), at)),
        _ => None,
    });
    publishes.collect()
}
