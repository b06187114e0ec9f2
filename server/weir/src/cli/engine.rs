//! The workers as the terminal's commands use them: load the rules, then stream files through.

use crate::remote::Remote;
use crate::rules_cache::RulesCache;
use anyhow::{Context, bail};
use std::collections::HashMap;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use weir_model::{
    Explanation, Failure, Finding, ForeignMarks, Format, Hint, JobId, LineQuestion, Note, Question, RuleInfo,
    RuleProblem, RuleSource, ScanOptions,
};
use weir_worker::{Pool, PoolConfig, Update};

/// Files a worker has waiting beside the one it works on. More would only fill memory.
const AHEAD: usize = 2;

/// Sessions that a scan takes of a remote engine if nothing else is said: of those that a customer has, others want some.
const REMOTE_WORKERS: usize = 4;

/// Worker processes with rules.
pub(crate) struct Engine {
    pool: Pool,
    updates: UnboundedReceiver<Update>,
    workers: usize,
    generation: u64,
}

/// A file on its way to a worker.
pub(crate) struct File {
    /// The caller's number for it.
    pub(crate) index: usize,
    /// Relative to the project's root.
    pub(crate) path: Arc<str>,
    /// `None` for rules that read any text.
    pub(crate) format: Format,
    /// As on disk.
    pub(crate) bytes: Vec<u8>,
}

/// What became of a file.
pub(crate) struct Answer {
    /// The caller's number for it.
    pub(crate) index: usize,
    /// The text that was analysed: what was not valid UTF-8 is replaced.
    pub(crate) text: String,
    /// What was found, or why nothing.
    pub(crate) outcome: Result<Found, Failure>,
}

/// What was found in a file.
pub(crate) struct Found {
    pub(crate) findings: Vec<Finding>,
    /// What there is to say about marks.
    pub(crate) hints: Vec<Hint>,
    /// What could not be done.
    pub(crate) notes: Vec<Note>,
}

/// The workers' answer to a set of rules.
pub(crate) struct Loaded {
    /// The rules that run.
    pub(crate) rules: Vec<RuleInfo>,
    /// What is wrong with the others.
    pub(crate) problems: Vec<RuleProblem>,
}

impl Engine {
    /// Starts `jobs` workers, or as many as there are processors.
    pub(crate) fn start(jobs: Option<u16>, deadline: Duration, foreign_marks: ForeignMarks) -> Self {
        Self::start_at(None, jobs, deadline, foreign_marks)
    }

    /// As [`start`](Self::start), workers of a remote engine.
    pub(crate) fn start_at(
        remote: Option<&Remote>,
        jobs: Option<u16>,
        deadline: Duration,
        foreign_marks: ForeignMarks,
    ) -> Self {
        let workers = match (jobs, remote) {
            (Some(jobs), _) => usize::from(jobs),
            (None, Some(_)) => processors().min(REMOTE_WORKERS),
            (None, None) => processors(),
        };
        let mut config = PoolConfig::this_program(workers);
        config.scan_deadline = deadline;
        config.foreign_marks = foreign_marks;
        config.max_file = weir_model::framing::MAX_FRAME;
        if let Some(remote) = remote {
            config.place = remote.place();
        }
        let (pool, updates) = Pool::start(config);
        Self { pool, updates, workers, generation: 0 }
    }

    /// How many files may be on their way at once.
    pub(crate) fn capacity(&self) -> usize {
        self.workers * (1 + AHEAD)
    }

    /// Puts rules in force in place of those before.
    pub(crate) async fn load(&mut self, sources: Arc<[RuleSource]>) -> anyhow::Result<Loaded> {
        self.generation += 1;
        let cache = RulesCache::of(&sources);
        self.pool.rules(self.generation, sources, cache.read());
        loop {
            match self.next().await? {
                Update::Rules { generation, rules, problems, kept } if generation == self.generation => {
                    cache.write(&kept);
                    return Ok(Loaded { rules, problems });
                }
                Update::Failed { doc: None, job: None, failure } => return Err(failure).context("loading the rules"),
                _ => {}
            }
        }
    }

    /// Analyses files as they come, a bounded number at a time, and hands over each answer. Returns the rules that were
    /// cut off on the way because they took too long.
    pub(crate) async fn analyse(
        &mut self,
        mut files: Receiver<File>,
        options: ScanOptions,
        mut answered: impl FnMut(Answer),
    ) -> anyhow::Result<Vec<Arc<str>>> {
        let mut cut_off = Vec::new();
        let mut in_flight: HashMap<JobId, String> = HashMap::new();
        let mut more = true;
        while more || !in_flight.is_empty() {
            tokio::select! {
                file = files.recv(), if more && in_flight.len() < self.capacity() => match file {
                    Some(file) => {
                        let job = JobId(file.index as u64);
                        in_flight.insert(job, String::from_utf8_lossy(&file.bytes).into_owned());
                        self.pool.scan(job, file.path, file.format, file.bytes, options);
                    }
                    None => more = false,
                },
                update = self.next() => {
                    let (job, outcome) = match update? {
                        Update::Scanned { job, findings, hints, notes, .. } => {
                            (job, Ok(Found { findings, hints, notes }))
                        }
                        Update::Failed { job: Some(job), failure, .. } => (job, Err(failure)),
                        Update::Failed { doc: None, job: None, failure } => {
                            return Err(failure).context("no analysis process can be kept alive");
                        }
                        Update::RuleCutOff { rule_id } => {
                            cut_off.push(rule_id);
                            continue;
                        }
                        _ => continue,
                    };
                    if let Some(text) = in_flight.remove(&job) {
                        answered(Answer { index: job.0 as usize, text, outcome });
                    }
                }
            }
        }
        Ok(cut_off)
    }

    /// Has it explained why a rule reports a line of a file, or why it does not: one answer for every rule of that name.
    pub(crate) async fn explain(
        &mut self,
        file: File,
        question: LineQuestion,
    ) -> anyhow::Result<(Vec<Explanation>, Vec<Note>)> {
        let File { index, path, format, bytes } = file;
        self.pool.ask(JobId(index as u64), path, format, bytes, Question::Line(question));
        loop {
            match self.next().await? {
                Update::Answered { answer: Some(weir_model::Answer::Line(explanations)), notes, .. } => {
                    return Ok((explanations, notes));
                }
                Update::Answered { notes, .. } => return Ok((Vec::new(), notes)),
                Update::Failed { failure, .. } => return Err(failure.into()),
                _ => {}
            }
        }
    }

    /// Ends the workers.
    pub(crate) async fn shutdown(self) {
        self.pool.shutdown().await;
    }

    async fn next(&mut self) -> anyhow::Result<Update> {
        match self.updates.recv().await {
            Some(update) => Ok(update),
            None => bail!("the analysis processes are gone"),
        }
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Runs a command's work on a runtime of its own.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("starting the runtime")?
        .block_on(work)
}
