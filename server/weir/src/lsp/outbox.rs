//! What we tell the client unasked, in order, without ever making the main loop wait for a slow client.

use std::collections::HashMap;
use tokio::sync::mpsc;
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::notification::Progress;
use tower_lsp_server::ls_types::{
    Diagnostic, MessageType, ProgressParams, ProgressParamsValue, ProgressToken, Uri, WorkDoneProgress,
    WorkDoneProgressBegin, WorkDoneProgressEnd,
};

/// The way out. Messages keep their order; of diagnostics for one document only the newest is sent. Progress has a way of
/// its own, because it waits for the client's consent.
pub(crate) struct Outbox {
    queue: mpsc::UnboundedSender<Outgoing>,
    progress: mpsc::UnboundedSender<Step>,
}

enum Outgoing {
    Publish { uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic> },
    Show(MessageType, String),
    Log(MessageType, String),
}

enum Step {
    Begin { title: &'static str, supported: bool },
    End(String),
}

impl Outbox {
    /// Starts the tasks that write to the client.
    pub(crate) fn start(client: Client) -> Self {
        let (queue, outgoing) = mpsc::unbounded_channel();
        let (progress, steps) = mpsc::unbounded_channel();
        tokio::spawn(show_progress(client.clone(), steps));
        tokio::spawn(write(client, outgoing));
        Self { queue, progress }
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

    /// Begins to show progress, if the client can.
    pub(crate) fn begin_progress(&self, title: &'static str, supported: bool) {
        let _ = self.progress.send(Step::Begin { title, supported });
    }

    /// Ends the progress that was begun.
    pub(crate) fn end_progress(&self, message: &str) {
        let _ = self.progress.send(Step::End(message.to_owned()));
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
        for (at, outgoing) in batch.drain(..).enumerate() {
            match outgoing {
                Outgoing::Publish { uri, version, diagnostics } => {
                    if newest.get(&uri) == Some(&at) {
                        client.publish_diagnostics(uri, diagnostics, version).await;
                    }
                }
                Outgoing::Show(kind, text) => client.show_message(kind, text).await,
                Outgoing::Log(kind, text) => client.log_message(kind, text).await,
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

async fn show_progress(client: Client, mut steps: mpsc::UnboundedReceiver<Step>) {
    let mut shown = None;
    let mut tokens = 0;
    while let Some(step) = steps.recv().await {
        match step {
            Step::Begin { title, supported } => {
                tokens += 1;
                let token = ProgressToken::String(format!("weir-{tokens}"));
                if supported && client.create_work_done_progress(token.clone()).await.is_ok() {
                    let begin = WorkDoneProgressBegin { title: title.to_owned(), ..WorkDoneProgressBegin::default() };
                    report(&client, &token, WorkDoneProgress::Begin(begin)).await;
                    shown = Some(token);
                }
            }
            Step::End(message) => {
                if let Some(token) = shown.take() {
                    let end = WorkDoneProgressEnd { message: Some(message) };
                    report(&client, &token, WorkDoneProgress::End(end)).await;
                }
            }
        }
    }
}

async fn report(client: &Client, token: &ProgressToken, value: WorkDoneProgress) {
    let params = ProgressParams { token: token.clone(), value: ProgressParamsValue::WorkDone(value) };
    client.send_notification::<Progress>(params).await;
}
