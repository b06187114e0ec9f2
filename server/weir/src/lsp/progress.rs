//! Progress of what takes long enough to be seen, for clients that show it.

use crate::engines::EngineId;
use std::collections::HashMap;
use tokio::sync::mpsc;
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::notification::Progress;
use tower_lsp_server::ls_types::{
    ProgressParams, ProgressParamsValue, ProgressToken, WorkDoneProgress, WorkDoneProgressBegin, WorkDoneProgressEnd,
    WorkDoneProgressReport,
};

/// What the tokens of scans begin with.
const SCAN: &str = "weir-scan-";

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Task {
    /// Rules are loaded.
    Rules(EngineId),
    /// The workspace is looked at.
    Scan,
    /// A large text is sent to a remote engine.
    Upload,
}

/// What happens to it.
pub(crate) enum Step {
    /// It begins; nothing if it is going on already.
    Begin { task: Task, title: &'static str, supported: bool },
    /// So much is done.
    Report { task: Task, done: usize, all: usize },
    /// It has ended.
    End { task: Task, message: Option<String> },
}

/// One task that the client shows.
struct Shown {
    token: ProgressToken,
    percentage: u32,
}

/// Whether a token is that of a scan, which can be cancelled.
pub(crate) fn is_scan(token: &ProgressToken) -> bool {
    matches!(token, ProgressToken::String(token) if token.starts_with(SCAN))
}

/// Shows steps as they come.
pub(crate) async fn show(client: Client, mut steps: mpsc::UnboundedReceiver<Step>) {
    let mut shown: HashMap<Task, Option<Shown>> = HashMap::new();
    let mut tokens = 0;
    while let Some(step) = steps.recv().await {
        match step {
            Step::Begin { task, .. } if shown.contains_key(&task) => {}
            Step::Begin { task, title, supported } => {
                tokens += 1;
                let scan = task == Task::Scan;
                let token =
                    ProgressToken::String(if scan { format!("{SCAN}{tokens}") } else { format!("weir-{tokens}") });
                let accepted = supported && client.create_work_done_progress(token.clone()).await.is_ok();
                if accepted {
                    let begin = WorkDoneProgressBegin {
                        title: title.to_owned(),
                        cancellable: scan.then_some(true),
                        percentage: (scan || task == Task::Upload).then_some(0),
                        ..WorkDoneProgressBegin::default()
                    };
                    report(&client, &token, WorkDoneProgress::Begin(begin)).await;
                }
                shown.insert(task, accepted.then_some(Shown { token, percentage: 0 }));
            }
            Step::Report { task, done, all } => {
                let percentage = (done * 100 / all.max(1)) as u32;
                // Files are many: a step of a hundredth is the least that anybody sees.
                if let Some(Some(shown)) = shown.get_mut(&task)
                    && percentage > shown.percentage
                {
                    shown.percentage = percentage;
                    let value = WorkDoneProgressReport {
                        message: Some(if task == Task::Upload {
                            format!("{done}/{all} MB")
                        } else {
                            format!("{done}/{all} files")
                        }),
                        percentage: Some(percentage),
                        ..WorkDoneProgressReport::default()
                    };
                    report(&client, &shown.token, WorkDoneProgress::Report(value)).await;
                }
            }
            Step::End { task, message } => {
                if let Some(Some(shown)) = shown.remove(&task) {
                    report(&client, &shown.token, WorkDoneProgress::End(WorkDoneProgressEnd { message })).await;
                }
            }
        }
    }
}

async fn report(client: &Client, token: &ProgressToken, value: WorkDoneProgress) {
    let params = ProgressParams { token: token.clone(), value: ProgressParamsValue::WorkDone(value) };
    client.send_notification::<Progress>(params).await;
}
