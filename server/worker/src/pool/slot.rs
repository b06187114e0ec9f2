//! One place for a worker process: what runs there, what it has at hand, when it must have answered.

use super::breaker::Breaker;
use super::document::Record;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use weir_model::{DocId, Failure, JobId, Request};

/// One place for a worker process.
pub(super) struct Slot {
    /// Which of the processes that ran here one after the other. What an earlier one says no longer counts.
    pub(super) run: u64,
    pub(super) state: State,
    /// The generation of rules that the worker is reading.
    pub(super) loading: Option<u64>,
    /// The worker gets the rules when another one has read them.
    pub(super) awaits_rules: bool,
    /// Files of a scan that the worker has, oldest first.
    pub(super) jobs: VecDeque<Job>,
    /// The worker said that its time is almost over.
    pub(super) stuck: Option<Stuck>,
    /// When the worker last said something or was last told something.
    pub(super) quiet_since: Instant,
    /// When the process was started.
    pub(super) started: Instant,
    /// The worker asked to be replaced, and may be from then on.
    pub(super) worn: Option<Instant>,
    pub(super) breaker: Breaker,
}

/// What runs in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing, until then.
    Down { until: Instant },
    /// A process that has not said that it is ready.
    Starting,
    /// A worker that takes requests.
    Up,
    /// A process that was killed and is not gone yet.
    Ending(Cause),
}

/// Why a process was killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It asked for it.
    Worn,
    /// It was past its deadline, with this at hand if it said so.
    Late { at: Option<AtHand>, limit: Duration },
    /// It said what no worker of ours says.
    Broken(Failure),
}

/// What [`weir_model::Event::Stuck`] said.
pub(super) struct Stuck {
    pub(super) at: AtHand,
    pub(super) kill_at: Instant,
}

/// What a worker was doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AtHand {
    pub(super) doc: Option<DocId>,
    pub(super) job: Option<JobId>,
    pub(super) rule_id: Option<Arc<str>>,
}

/// One file of a scan.
pub(super) struct Job {
    pub(super) id: JobId,
    /// Kept whole until the answer, to be sent again if the worker is lost.
    pub(super) request: Request,
    pub(super) bytes: usize,
    pub(super) record: Record,
}

/// A worker gets the next file before it has answered the one before, so that it never waits for the pipe: as long as
/// all it has are fewer files than this
const AHEAD_FILES: usize = 4;

/// and fewer bytes than this. Small files are where the wait would show; large ones had better go to a free worker.
const AHEAD_BYTES: usize = 128 << 10;

/// A worker is not replaced for its wear sooner: where the open documents alone wear one out, each would only load the
/// next.
const LIFE: Duration = Duration::from_mins(1);

impl Job {
    /// As [`Record::charge`]; the file is not sent again with a rule that looped in it.
    pub(super) fn charge(&mut self, rule_id: Option<&Arc<str>>, certain: bool) -> bool {
        let given_up = self.record.charge(rule_id, certain);
        match &mut self.request {
            Request::Scan { without, .. } | Request::Judge { without, .. } => without.clone_from(&self.record.without),
            // It is asked about no other.
            Request::Ask { .. } if rule_id.is_some() => return true,
            _ => {}
        }
        given_up
    }
}

impl Slot {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            run: 0,
            state: State::Down { until: now },
            loading: None,
            awaits_rules: false,
            jobs: VecDeque::new(),
            stuck: None,
            quiet_since: now,
            started: now,
            worn: None,
            breaker: Breaker::default(),
        }
    }

    /// Whether the worker takes documents and files.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.state == State::Up && self.loading.is_none() && !self.awaits_rules && self.worn.is_none_or(|at| now < at)
    }

    /// The worker asks to be replaced.
    pub(super) fn wears_out(&mut self, now: Instant) {
        self.worn = Some(now.max(self.started + LIFE));
    }

    /// Whether the worker may have one more file.
    pub(super) fn takes(&self, bytes: usize) -> bool {
        let held: usize = self.jobs.iter().map(|job| job.bytes).sum();
        self.jobs.is_empty() || (self.jobs.len() < AHEAD_FILES && held + bytes <= AHEAD_BYTES)
    }

    /// A new process was started.
    pub(super) fn start(&mut self, now: Instant) {
        self.run += 1;
        self.state = State::Starting;
        (self.quiet_since, self.started, self.worn) = (now, now, None);
    }
}
