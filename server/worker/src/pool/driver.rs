//! The pool's one task: feeds the supervisor what happens and does what it decides.

use super::process::Process;
use super::supervisor::{Action, Input, Supervisor};
use super::{Command, PoolConfig, Update};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// A worker that does not end by itself within this time after the end of its input is killed.
const GOODBYE: Duration = Duration::from_millis(500);

/// Runs a pool until its last handle is gone or one asks it to shut down.
pub(super) async fn run(
    config: PoolConfig,
    mut commands: mpsc::UnboundedReceiver<Command>,
    updates: mpsc::UnboundedSender<Update>,
) {
    let (inputs, mut happened) = mpsc::unbounded_channel();
    let mut supervisor = Supervisor::new(config.clone(), Instant::now());
    let mut processes: HashMap<usize, Process> = HashMap::new();
    let mut input = Input::Woke;
    let done = loop {
        for action in supervisor.handle(input, Instant::now()) {
            match action {
                Action::Start { slot, run } => {
                    processes.insert(slot, Process::start(&config, slot, run, inputs.clone()));
                }
                Action::Send { slot, frame } => {
                    if let Some(process) = processes.get(&slot) {
                        process.send(frame);
                    }
                }
                Action::Kill { slot } => {
                    if let Some(process) = processes.get_mut(&slot) {
                        process.kill();
                    }
                }
                Action::Say(update) => {
                    // An owner who has dropped the receiver does not want to know.
                    let _ = updates.send(update);
                }
            }
        }
        input = tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Shutdown { done }) => break Some(done),
                Some(command) => Input::Command(command),
                None => break None,
            },
            Some(input) = happened.recv() => input,
            () = sleep_until(supervisor.next_wake()) => Input::Woke,
        };
    };
    drop(inputs);
    end(processes, happened, done).await;
}

/// Ends all workers: first by the end of their input, then by force.
async fn end(
    mut processes: HashMap<usize, Process>,
    mut happened: mpsc::UnboundedReceiver<Input>,
    done: Option<oneshot::Sender<()>>,
) {
    for process in processes.values_mut() {
        process.close();
    }
    // The channel ends when the last process is gone.
    let all_gone = async { while happened.recv().await.is_some() {} };
    tokio::pin!(all_gone);
    if tokio::time::timeout(GOODBYE, &mut all_gone).await.is_err() {
        processes.values_mut().for_each(Process::kill);
        all_gone.await;
    }
    if let Some(done) = done {
        let _ = done.send(());
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
