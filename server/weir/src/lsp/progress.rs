//! Progress of what takes long enough to be seen, for clients that show it. What is over before is never begun.

use crate::engines::EngineId;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
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

/// What is over sooner is not worth a word.
const WORTH_SHOWING: Duration = Duration::from_millis(300);

/// Whether a token is that of a scan, which can be cancelled.
pub(crate) fn is_scan(token: &ProgressToken) -> bool {
    matches!(token, ProgressToken::String(token) if token.starts_with(SCAN))
}

/// Shows steps as they come, of tasks that last long enough.
pub(crate) async fn show(client: Client, mut steps: mpsc::UnboundedReceiver<Step>) {
    let mut tasks = Tasks::default();
    loop {
        let due = tasks.due();
        let told = tokio::select! {
            biased;
            step = steps.recv() => match step {
                Some(step) => tasks.step(step, Instant::now()),
                None => return,
            },
            () = sleep_until(due.map_or_else(Instant::now, |(at, _)| at)), if due.is_some() => match due {
                Some((_, task)) => {
                    let token = tasks.token(task);
                    let accepted = client.create_work_done_progress(token.clone()).await.is_ok();
                    tasks.begin(task, token, accepted)
                }
                None => None,
            },
        };
        if let Some((token, value)) = told {
            let params = ProgressParams { token, value: ProgressParamsValue::WorkDone(value) };
            client.send_notification::<Progress>(params).await;
        }
    }
}

/// What the client is to be told.
type Told = Option<(ProgressToken, WorkDoneProgress)>;

/// What is going on.
#[derive(Default)]
struct Tasks {
    going_on: HashMap<Task, State>,
    tokens: u64,
}

enum State {
    /// It is shown if it is going on by then.
    Due(Instant, &'static str),
    Shown(ProgressToken, u32),
    Hidden,
}

impl Tasks {
    /// Takes a step.
    fn step(&mut self, step: Step, now: Instant) -> Told {
        match step {
            Step::Begin { task, title, supported } => {
                let state = || if supported { State::Due(now + WORTH_SHOWING, title) } else { State::Hidden };
                self.going_on.entry(task).or_insert_with(state);
                None
            }
            Step::Report { task, done, all } => {
                let Some(State::Shown(token, shown)) = self.going_on.get_mut(&task) else { return None };
                let percentage = (done * 100 / all.max(1)) as u32;
                // Files are many: a step of a hundredth is the least that anybody sees.
                if percentage <= *shown {
                    return None;
                }
                *shown = percentage;
                let unit = if task == Task::Upload { "MB" } else { "files" };
                let value = WorkDoneProgressReport {
                    message: Some(format!("{done}/{all} {unit}")),
                    percentage: Some(percentage),
                    ..WorkDoneProgressReport::default()
                };
                Some((token.clone(), WorkDoneProgress::Report(value)))
            }
            Step::End { task, message } => match self.going_on.remove(&task) {
                Some(State::Shown(token, _)) => Some((token, WorkDoneProgress::End(WorkDoneProgressEnd { message }))),
                _ => None,
            },
        }
    }

    /// Which task is to be shown next, and when.
    fn due(&self) -> Option<(Instant, Task)> {
        let each = self.going_on.iter().filter_map(|(&task, state)| match state {
            State::Due(at, _) => Some((*at, task)),
            _ => None,
        });
        each.min_by_key(|&(at, _)| at)
    }

    /// What a task is called to the client.
    fn token(&mut self, task: Task) -> ProgressToken {
        self.tokens += 1;
        let prefix = if task == Task::Scan { SCAN } else { "weir-" };
        ProgressToken::String(format!("{prefix}{}", self.tokens))
    }

    /// A task is due, and the client shows it or does not.
    fn begin(&mut self, task: Task, token: ProgressToken, accepted: bool) -> Told {
        let state = self.going_on.get_mut(&task)?;
        let begun = if accepted { State::Shown(token.clone(), 0) } else { State::Hidden };
        let State::Due(_, title) = std::mem::replace(state, begun) else { return None };
        let begin = WorkDoneProgressBegin {
            title: title.to_owned(),
            cancellable: (task == Task::Scan).then_some(true),
            percentage: matches!(task, Task::Scan | Task::Upload).then_some(0),
            ..WorkDoneProgressBegin::default()
        };
        accepted.then_some((token, WorkDoneProgress::Begin(begin)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_soon_is_not_shown_and_what_lasts_is_until_it_ends() {
        let start = Instant::now();
        let mut tasks = Tasks::default();
        let begin = |task| Step::Begin { task, title: "t", supported: true };
        let end = |task| Step::End { task, message: None };
        // Over before it was due.
        assert!(tasks.step(begin(Task::Scan), start).is_none());
        assert_eq!(tasks.due(), Some((start + WORTH_SHOWING, Task::Scan)));
        assert!(tasks.step(Step::Report { task: Task::Scan, done: 1, all: 2 }, start).is_none());
        assert!(tasks.step(end(Task::Scan), start).is_none());
        assert_eq!(tasks.due(), None);
        // It lasts; that it begins once more changes nothing.
        tasks.step(begin(Task::Upload), start);
        tasks.step(begin(Task::Upload), start + WORTH_SHOWING / 2);
        assert_eq!(tasks.due(), Some((start + WORTH_SHOWING, Task::Upload)));
        let token = tasks.token(Task::Upload);
        let told = tasks.begin(Task::Upload, token.clone(), true);
        assert!(matches!(told, Some((_, WorkDoneProgress::Begin(begin))) if begin.percentage == Some(0)));
        assert_eq!(tasks.due(), None);
        let told = tasks.step(Step::Report { task: Task::Upload, done: 1, all: 2 }, start);
        assert!(matches!(told, Some((_, WorkDoneProgress::Report(report))) if report.percentage == Some(50)));
        let told = tasks.step(end(Task::Upload), start);
        assert!(matches!(told, Some((of, WorkDoneProgress::End(_))) if of == token));
        // A client that shows none, and one that refuses this one.
        tasks.step(Step::Begin { task: Task::Scan, title: "t", supported: false }, start);
        assert_eq!(tasks.due(), None);
        tasks.step(begin(Task::Upload), start);
        let token = tasks.token(Task::Upload);
        assert!(tasks.begin(Task::Upload, token, false).is_none());
        assert_eq!(tasks.due(), None);
        assert!(tasks.step(end(Task::Upload), start).is_none());
    }
}
