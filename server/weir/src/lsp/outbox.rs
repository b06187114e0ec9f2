//! What we tell the client unasked, in order, without ever making the main loop wait for a slow client.

use crate::engines::EngineId;
use crate::lsp::order::{self, Marks};
use crate::lsp::progress::{self, Step, Task};
use crate::lsp::throttle::Throttle;
use crate::main_loop::Message;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::notification::Notification;
use tower_lsp_server::ls_types::{
    ConfigurationItem, Diagnostic, MessageType, ProgressToken, Registration, ShowDocumentParams, Unregistration, Uri,
    WorkspaceDiagnosticReport, WorkspaceDocumentDiagnosticReport,
};

/// A client that does not answer what its settings are within this time does not answer at all; if it does later, that counts.
const PATIENCE: Duration = Duration::from_secs(2);

/// A client that is told to ask again asks for everything: not more often than this.
const REFRESH_PAUSE: Duration = Duration::from_millis(300);

/// The method that watchers are registered for.
const WATCH: &str = "workspace/didChangeWatchedFiles";

/// The way out. Messages keep their order; of diagnostics for one document only the newest is sent. Progress has a way of
/// its own, because it waits for the client's consent.
pub(crate) struct Outbox {
    queue: mpsc::UnboundedSender<Outgoing>,
    refresh: Throttle,
    refresh_lenses: Throttle,
    progress: mpsc::UnboundedSender<Step>,
    client: Client,
}

enum Outgoing {
    Publish { uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic> },
    Show(MessageType, String),
    Log(MessageType, String),
    Partial(PartialReport),
    EndOfParts(oneshot::Sender<WorkspaceDiagnosticReport>),
    ShowDocument(ShowDocumentParams),
    Register { id: String, options: Value },
    Unregister { id: String },
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
    pub(super) fn start(client: Client, marks: Marks) -> Self {
        let (queue, outgoing) = mpsc::unbounded_channel();
        let (progress, steps) = mpsc::unbounded_channel();
        tokio::spawn(progress::show(client.clone(), steps));
        tokio::spawn(write(client.clone(), marks, outgoing));
        let to = client.clone();
        let refresh = Throttle::start(REFRESH_PAUSE, move || {
            let to = to.clone();
            order::request("refresh", async move { to.workspace_diagnostic_refresh().await });
        });
        let to = client.clone();
        let refresh_lenses = Throttle::start(REFRESH_PAUSE, move || {
            let to = to.clone();
            order::request("lenses", async move { to.code_lens_refresh().await });
        });
        Self { queue, refresh, refresh_lenses, progress, client }
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

    /// Answers `workspace/diagnostic`, once all parts are on their way. The answer itself is empty then: so the protocol has it.
    pub(crate) fn end_of_parts(&self, answer: oneshot::Sender<WorkspaceDiagnosticReport>) {
        self.send(Outgoing::EndOfParts(answer));
    }

    /// Has the client show a document.
    pub(crate) fn show_document(&self, params: ShowDocumentParams) {
        self.send(Outgoing::ShowDocument(params));
    }

    /// Has the client ask for all diagnostics again, soon.
    pub(crate) fn refresh(&self) {
        self.refresh.want();
    }

    /// Has the client ask for all code lenses again, soon.
    pub(crate) fn refresh_lenses(&self) {
        self.refresh_lenses.want();
    }

    /// Has the client watch files, under a name that was not used before.
    pub(crate) fn register_watchers(&self, id: String, options: Value) {
        self.send(Outgoing::Register { id, options });
    }

    /// Ends what was registered under a name.
    pub(crate) fn unregister_watchers(&self, id: String) {
        self.send(Outgoing::Unregister { id });
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

async fn write(client: Client, marks: Marks, mut queue: mpsc::UnboundedReceiver<Outgoing>) {
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, 256).await > 0 {
        let newest = newest(&batch);
        for (at, outgoing) in batch.drain(..).enumerate() {
            let to = client.clone();
            match outgoing {
                Outgoing::Publish { uri, version, diagnostics } => {
                    if newest.get(&uri) == Some(&at) {
                        client.publish_diagnostics(uri, diagnostics, version).await;
                    }
                }
                Outgoing::Show(kind, text) => client.show_message(kind, text).await,
                Outgoing::Log(kind, text) => client.log_message(kind, text).await,
                Outgoing::Partial(report) => client.send_notification::<PartialReport>(report).await,
                Outgoing::EndOfParts(answer) => {
                    marks.passed(&client).await;
                    let _ = answer.send(WorkspaceDiagnosticReport { items: Vec::new() });
                }
                Outgoing::ShowDocument(params) => {
                    order::request("document", async move { to.show_document(params).await.map(drop) });
                }
                Outgoing::Register { id, options } => {
                    let watchers = Registration { id, method: WATCH.to_owned(), register_options: Some(options) };
                    order::request("registration", async move { to.register_capability(vec![watchers]).await });
                }
                Outgoing::Unregister { id } => {
                    let watchers = Unregistration { id, method: WATCH.to_owned() };
                    order::request("registration", async move { to.unregister_capability(vec![watchers]).await });
                }
            }
        }
    }
}

/// Where in the batch the newest diagnostics of each document are.
fn newest(batch: &[Outgoing]) -> HashMap<Uri, usize> {
    let publishes = batch.iter().enumerate().filter_map(|(at, outgoing)| match outgoing {
        Outgoing::Publish { uri, .. } => Some((uri.clone(), at)),
        _ => None,
    });
    publishes.collect()
}
