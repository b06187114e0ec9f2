//! One analysis process and what is asked of it.

use crate::intake::language_name;
use crate::rulebook::{Rulebook, hash};
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, oneshot};
use weir_model::{Failure, JobId, Judged, RuleSource};
use weir_worker::{Pool, PoolConfig, SealedFile, Update};

/// A process with rules.
pub(crate) struct Process {
    pool: Pool,
    state: Arc<Mutex<State>>,
    jobs: AtomicU64,
    /// Given back when the process is gone.
    place: Mutex<Option<OwnedSemaphorePermit>>,
    /// Told when there is no work any more.
    idle: Arc<Notify>,
}

struct State {
    /// Who waits for what. A waiter that has gone away is answered all the same, and does not hear it.
    waiting: HashMap<JobId, oneshot::Sender<Result<Judged, Failure>>>,
    /// Which rules it has.
    rules: String,
    generation: u64,
    /// How many [`Use`]s there are.
    users: usize,
    idle_since: Instant,
}

/// A process in use: it is not ended for somebody else.
pub(super) struct Use(Arc<Process>);

impl Use {
    pub(super) fn of(process: &Arc<Process>) -> Self {
        process.state().users += 1;
        Self(Arc::clone(process))
    }
}

impl Deref for Use {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.0
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.users -= 1;
        state.rest(&self.0.idle);
    }
}

impl State {
    fn is_idle(&self) -> bool {
        self.users == 0 && self.waiting.is_empty()
    }

    /// Notes, and tells, that there is no work, if so.
    fn rest(&mut self, idle: &Notify) {
        if self.is_idle() {
            self.idle_since = Instant::now();
            idle.notify_one();
        }
    }
}

impl Process {
    /// Starts one and has it read rules; gives what it says of them.
    pub(super) async fn start(
        config: &PoolConfig,
        place: OwnedSemaphorePermit,
        idle: Arc<Notify>,
        sources: Arc<[RuleSource]>,
        kept: Arc<[u8]>,
    ) -> Result<(Self, Rulebook), Failure> {
        let (pool, mut updates) = Pool::start(PoolConfig { workers: 1, ..config.clone() });
        let generation = 1;
        pool.rules(generation, Arc::clone(&sources), Arc::clone(&kept));
        let (rules, told) = loop {
            match updates.recv().await {
                Some(Update::Rules { rules, kept, .. }) => break (rules, kept),
                Some(Update::Failed { doc: None, job: None, failure }) => return Err(failure),
                Some(_) => {}
                None => return Err(Failure::WorkerDied),
            }
        };
        let kept = if told.is_empty() { kept } else { told };
        let rulebook = Rulebook::new(Arc::clone(&sources), rules, kept);
        let state = Arc::new(Mutex::new(State {
            waiting: HashMap::new(),
            rules: hash(&sources),
            generation,
            users: 0,
            idle_since: Instant::now(),
        }));
        tokio::spawn(answer(updates, Arc::clone(&state), Arc::clone(&idle)));
        let (jobs, place) = (AtomicU64::new(0), Mutex::new(Some(place)));
        Ok((Self { pool, state, jobs, place, idle }, rulebook))
    }

    /// Puts other rules in force, if it has others.
    pub(super) fn use_rules(&self, rules: &Rulebook) {
        let mut state = self.state();
        if state.rules != rules.hash {
            state.rules.clone_from(&rules.hash);
            state.generation += 1;
            self.pool.rules(state.generation, Arc::clone(&rules.sources), Arc::clone(&rules.kept));
        }
    }

    /// Has a file opened and analysed.
    pub(super) async fn judge(&self, file: SealedFile) -> Result<Judged, Failure> {
        let job = JobId(self.jobs.fetch_add(1, Ordering::Relaxed));
        let (answer, answered) = oneshot::channel();
        self.state().waiting.insert(job, answer);
        self.pool.judge(job, file);
        answered.await.unwrap_or(Err(Failure::WorkerDied))
    }

    /// Whether nobody waits for it.
    pub(super) fn is_idle(&self) -> bool {
        self.state().is_idle()
    }

    /// Since when nobody does.
    pub(super) fn idle_since(&self) -> Instant {
        self.state().idle_since
    }

    /// Ends it, without waiting for that.
    pub(super) fn end(self: Arc<Self>) {
        tokio::spawn(async move { self.gone().await });
    }

    /// Ends it, and waits until it is gone.
    pub(super) async fn gone(&self) {
        self.pool.clone().shutdown().await;
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands each answer to who waits for it, until the pool is gone.
async fn answer(mut updates: mpsc::UnboundedReceiver<Update>, state: Arc<Mutex<State>>, idle: Arc<Notify>) {
    while let Some(update) = updates.recv().await {
        let (job, outcome) = match update {
            Update::Judged { job, judged } => {
                if let Judged::Analysed(analysed) = &judged {
                    let language = language_name(Some(analysed.format));
                    metrics::histogram!("weir_engine_memory_bytes", "language" => language)
                        .record(analysed.resident as f64);
                }
                (job, Ok(judged))
            }
            Update::Failed { job: Some(job), failure, .. } => (job, Err(failure)),
            Update::Restarted { failure } => {
                let why = if matches!(failure, Failure::Deadline { .. }) { "deadline" } else { "crash" };
                metrics::counter!("weir_engine_parser_restarts_total", "reason" => why).increment(1);
                continue;
            }
            _ => continue,
        };
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let waiter = state.waiting.remove(&job);
        // Whoever asked may have gone away long ago.
        state.rest(&idle);
        drop(state);
        if let Some(waiter) = waiter {
            // Its request may have timed out.
            let _ = waiter.send(outcome);
        }
    }
    // Whoever still waits is told by the end of its channel.
    state.lock().unwrap_or_else(PoisonError::into_inner).waiting.clear();
}
