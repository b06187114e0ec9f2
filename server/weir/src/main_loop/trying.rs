//! Repairs are tried by a worker before they are offered: the request waits for that.

use super::MainLoop;
use super::answers::Waiting;
use crate::repairs::Trial;
use std::collections::HashMap;
use std::sync::Arc;
use weir_model::{Answer, DocId, JobId, Version};

/// Files of scans and these share no number: a pool tells them apart by it.
const FIRST: u64 = 1 << 32;

/// What is being tried, and who waits for it.
#[derive(Default)]
pub(super) struct Trying {
    jobs: HashMap<JobId, (DocId, Version, Trial)>,
    waiting: Vec<(Vec<JobId>, Waiting)>,
    asked: u64,
}

impl MainLoop {
    /// Has repairs of a document tried, then answers the request.
    pub(super) fn try_first(&mut self, doc: DocId, trials: Vec<Trial>, request: Waiting) {
        let Some(open) = self.session.get(doc) else { return };
        let Some(engine) = open.place.and_then(|(_, engine)| self.engines.get(engine)) else { return };
        let mut jobs = Vec::new();
        for trial in trials {
            self.trying.asked += 1;
            let job = JobId(FIRST + self.trying.asked);
            let (format, bytes) = (open.document.format(), open.document.text().to_string().into_bytes());
            engine.pool.ask(job, Arc::clone(&open.path), format, bytes, trial.question(&open.findings));
            self.trying.jobs.insert(job, (doc, open.document.version(), trial));
            jobs.push(job);
        }
        self.trying.waiting.push((jobs, request));
    }

    /// A worker has answered, or never will.
    pub(super) fn tried(&mut self, job: JobId, answer: Option<Answer>) {
        let Some((doc, version, trial)) = self.trying.jobs.remove(&job) else { return };
        // What was tried on another text says nothing of this one: the request asks again.
        if let Some(open) = self.session.get_mut(doc).filter(|open| open.analyzed == Some(version)) {
            open.repairs.take(trial, answer);
        }
        for (jobs, _) in &mut self.trying.waiting {
            jobs.retain(|&waited| waited != job);
        }
        let (ready, waiting) =
            std::mem::take(&mut self.trying.waiting).into_iter().partition(|(jobs, _)| jobs.is_empty());
        self.trying.waiting = waiting;
        let ready: Vec<(Vec<JobId>, Waiting)> = ready;
        for (_, request) in ready {
            match self.session.get(doc).map(|open| open.uri.clone()) {
                Some(uri) => self.when_current(&uri, request),
                None => drop(request),
            }
        }
    }

    /// Whether a number is one of these.
    pub(super) fn is_trial(job: JobId) -> bool {
        job.0 > FIRST
    }
}
