//! What the pool decides. Input and time come in, actions go out; nothing here waits, and every race can be replayed in
//! a test.
//!
//! - A document belongs to one slot. Its edits go to the worker at once and cancel what it does with older text; the
//!   worker merges what it has not begun. What is not sent waits here as the newest text alone.
//! - After the loss of a worker everything it had is sent again: rules, then documents. What it had *at hand* is under
//!   suspicion and is sent alone, so that a second loss has one culprit.

mod dispatch;
mod recovery;
#[cfg(test)]
mod simulation;

use super::document::{OpenDocument, Phase, Record};
use super::refusal::file_too_large;
use super::slot::{AtHand, Cause, Job, Slot, State, Stuck};
use super::vetting::Given;
use super::{Command, PoolConfig, SealedFile, Update};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use weir_model::{
    DocId, Document, Edit, Event, Failure, JobId, Limits, Request, RuleInfo, RuleProblem, RuleSource, Version,
};

/// What happened.
pub(in crate::pool) enum Input {
    /// A handle asks for something.
    Command(Command),
    /// A process said something.
    Event { slot: usize, run: u64, event: Event },
    /// A process is gone, or could not be started.
    Gone { slot: usize, run: u64, end: End },
    /// Something better than this process is to be had: replace it when it has nothing to do.
    Relief { slot: usize, run: u64 },
    /// It is time: see [`Supervisor::next_wake`].
    Woke,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) enum End {
    /// What it had at hand may be to blame.
    Died,
    /// The way to it was lost, for which nothing that it had at hand is to blame.
    Left,
}

/// What is to be done.
#[derive(Debug)]
pub(in crate::pool) enum Action {
    /// Start a process in a slot.
    Start { slot: usize, run: u64 },
    /// Send a frame to the process of a slot.
    Send { slot: usize, frame: Vec<u8> },
    /// Kill the process of a slot; [`Input::Gone`] is to follow.
    Kill { slot: usize },
    /// Tell the owner of the pool.
    Say(Update),
}

/// The state of a pool.
pub(in crate::pool) struct Supervisor {
    config: PoolConfig,
    rules: Option<Rules>,
    documents: HashMap<DocId, OpenDocument>,
    queue: VecDeque<Job>,
    slots: Vec<Slot>,
    touches: u64,
    actions: Vec<Action>,
}

struct Rules {
    generation: u64,
    sources: Arc<[RuleSource]>,
    disabled: Vec<Arc<str>>,
    /// What spares a worker reading the sources.
    kept: Arc<[u8]>,
    /// In how many files a rule has looped.
    loops: HashMap<Arc<str>, u32>,
    announced: bool,
}

impl Supervisor {
    /// A pool in which nothing runs yet: the first [`handle`](Self::handle) starts the workers.
    pub(in crate::pool) fn new(config: PoolConfig, now: Instant) -> Self {
        let slots = (0..config.workers.max(1)).map(|_| Slot::new(now)).collect();
        Self {
            config,
            rules: None,
            documents: HashMap::new(),
            queue: VecDeque::new(),
            slots,
            touches: 0,
            actions: Vec::new(),
        }
    }

    /// Takes in what happened; answers what is to be done, in order.
    pub(in crate::pool) fn handle(&mut self, input: Input, now: Instant) -> Vec<Action> {
        match input {
            Input::Command(command) => self.command(command, now),
            Input::Event { slot, run, event } if self.slots[slot].run == run => self.event(slot, event, now),
            Input::Gone { slot, run, end } if self.slots[slot].run == run => self.gone(slot, end, now),
            Input::Relief { slot, run } if self.slots[slot].run == run => self.slots[slot].worn = Some(now),
            Input::Event { .. } | Input::Gone { .. } | Input::Relief { .. } | Input::Woke => {}
        }
        self.settle(now);
        std::mem::take(&mut self.actions)
    }

    /// When something must happen although nothing happens.
    pub(in crate::pool) fn next_wake(&self) -> Option<Instant> {
        let slots = (0..self.slots.len()).filter_map(|slot| self.due(slot).map(|(at, _)| at));
        let quarantines = self.documents.values().filter_map(|open| match open.phase {
            Phase::Quarantined { until, edited: true } => Some(until),
            _ => None,
        });
        slots.chain(quarantines).min()
    }

    // ---- what the owner asks

    fn command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Rules { generation, sources, kept } => self.replace_rules(generation, sources, kept),
            Command::Open { doc, path, document } => self.open(doc, path, document),
            Command::Edit { doc, base, document, edits } => self.edit(doc, base, document, edits, now),
            Command::Close { doc } => {
                if let Some(closed) = self.documents.remove(&doc)
                    && matches!(closed.phase, Phase::Working | Phase::Answered)
                {
                    self.send(closed.slot, &Request::Close { doc }, now);
                }
            }
            Command::Scan { job, path, format, bytes, options } => {
                let len = bytes.len();
                let request = Request::Scan { job, path, format, bytes, options, without: Vec::new() };
                self.queue_job(job, len, request);
            }
            Command::Ask { job, path, format, bytes, question } => {
                let len = bytes.len();
                self.queue_job(job, len, Request::Ask { job, path, format, bytes, question });
            }
            Command::Judge { job, file } => {
                let SealedFile { path, format, sealing, ciphertext, options, known } = file;
                let (len, without) = (ciphertext.len(), Vec::new());
                self.queue_job(
                    job,
                    len,
                    Request::Judge { job, path, format, sealing, ciphertext, options, known, without },
                );
            }
            Command::Shutdown { .. } => unreachable!("taken by the driver"),
        }
    }

    fn queue_job(&mut self, id: JobId, bytes: usize, request: Request) {
        let job = Job { id, request, bytes, record: Record::default() };
        if bytes > self.config.max_file {
            self.say(file_too_large(&job, self.config.max_file));
        } else {
            self.queue.push_back(job);
        }
    }

    fn replace_rules(&mut self, generation: u64, sources: Arc<[RuleSource]>, kept: Arc<[u8]>) {
        let (disabled, loops, announced) = (Vec::new(), HashMap::new(), false);
        self.rules = Some(Rules { generation, sources, disabled, kept, loops, announced });
        for open in self.documents.values_mut() {
            open.record.without.clear();
            if let Phase::Quarantined { .. } = open.phase {
                // Perhaps the rules were to blame.
                open.phase = Phase::Waiting;
            }
        }
        for slot in 0..self.slots.len() {
            // Whoever reads the rules before these reads what nobody wants any more.
            self.slots[slot].loading = None;
            self.slots[slot].awaits_rules = self.slots[slot].state == State::Up;
        }
    }

    fn open(&mut self, doc: DocId, path: Arc<str>, document: Document) {
        let held = |slot: usize| self.documents.values().filter(|open| open.slot == slot).count();
        let slot = match self.documents.get(&doc) {
            Some(open) => open.slot,
            None => (0..self.slots.len()).min_by_key(|&slot| held(slot)).unwrap_or_default(),
        };
        self.touches += 1;
        let (phase, record, touched) = (Phase::Waiting, Record::default(), self.touches);
        self.documents.insert(doc, OpenDocument { slot, path, document, phase, record, touched });
    }

    fn edit(&mut self, doc: DocId, base: Version, document: Document, edits: Vec<Edit>, now: Instant) {
        self.touches += 1;
        let Some(open) = self.documents.get_mut(&doc) else { return };
        let held = std::mem::replace(&mut open.document, document);
        open.touched = self.touches;
        let (slot, version, phase) = (open.slot, open.version(), open.phase);
        match phase {
            Phase::Waiting => {}
            Phase::Refused => open.phase = Phase::Waiting,
            Phase::Quarantined { until, .. } => open.phase = Phase::Quarantined { until, edited: true },
            Phase::Working | Phase::Answered => {
                let alone = phase == Phase::Working || !self.has_suspect(slot);
                let fits = held.version() == base && self.is_for_analysis(doc);
                let request = Request::Edit { doc, base, version, edits };
                if !self.is_for_analysis(doc) {
                    self.send(slot, &Request::Close { doc }, now);
                    self.set_phase(doc, Phase::Waiting);
                } else if alone && fits && self.send(slot, &request, now) {
                    self.set_phase(doc, Phase::Working);
                } else {
                    self.set_phase(doc, Phase::Waiting);
                }
            }
        }
    }

    // ---- what a worker says

    fn event(&mut self, slot: usize, event: Event, now: Instant) {
        if let State::Ending(_) = self.slots[slot].state {
            // It is being killed. Answers it gave before are as good as any.
            if !matches!(
                event,
                Event::Findings { .. } | Event::Scanned { .. } | Event::Answered { .. } | Event::Judged { .. }
            ) {
                return;
            }
        }
        self.slots[slot].quiet_since = now;
        match event {
            // What it goes on without was logged.
            Event::Unconfined { refused: false, .. } => {}
            Event::Unconfined { lacks, refused: true } => {
                self.kill(slot, Cause::Broken(Failure::Unconfined { lack: lacks.join("; ") }));
            }
            Event::Ready { version } => self.ready(slot, version, now),
            Event::RulesLoaded { generation, rules, problems, kept } => {
                self.loaded(slot, generation, rules, problems, kept.into());
            }
            Event::Findings { doc, version, mut findings, mut hints, mut notes, timing } => {
                if let Some(open) = self.held_at(slot, doc, version) {
                    open.phase = Phase::Answered;
                    open.record.strikes = 0;
                    Given::Document(open.document.text()).vet(&mut findings, &mut hints, &mut notes);
                    self.slots[slot].breaker.progressed();
                    self.say(Update::Findings { doc, version, findings, hints, notes, timing });
                }
            }
            Event::Settling { doc, version } => {
                if let Some(open) = self.held_at(slot, doc, version) {
                    open.phase = Phase::Working;
                }
            }
            Event::Settled { doc, version } => {
                if let Some(open) = self.held_at(slot, doc, version) {
                    open.phase = Phase::Answered;
                }
            }
            Event::Resync { doc, .. } => {
                if let Some(open) = self.documents.get_mut(&doc).filter(|open| open.slot == slot)
                    && matches!(open.phase, Phase::Working | Phase::Answered)
                {
                    open.phase = Phase::Waiting;
                }
            }
            Event::Scanned { job, mut findings, mut hints, mut notes, cells, timing } => {
                if let Some(Request::Scan { bytes, .. }) = self.done(slot, job) {
                    let given = Given::file(&bytes);
                    given.vet(&mut findings, &mut hints, &mut notes);
                    let cells = cells.filter(|cells| given.has_cells(cells));
                    self.say(Update::Scanned { job, findings, hints, notes, cells, timing });
                }
            }
            Event::Answered { job, answer, mut notes } => {
                if let Some(Request::Ask { bytes, question, .. }) = self.done(slot, job) {
                    let answer = Given::file(&bytes).vet_answer(&question, answer, &mut notes);
                    self.say(Update::Answered { job, answer, notes });
                }
            }
            Event::Judged { job, judged } => {
                if let Some(Request::Judge { .. }) = self.done(slot, job) {
                    self.say(Update::Judged { job, judged });
                }
            }
            Event::Stuck { doc, job, rule_id, rest_ms } => {
                let kill_at = now + Duration::from_millis(rest_ms.into());
                self.slots[slot].stuck = Some(Stuck { at: AtHand { doc, job, rule_id }, kill_at });
            }
            Event::Recovered => self.slots[slot].stuck = None,
            Event::Worn => self.slots[slot].wears_out(now),
            Event::Pong { .. } => {}
        }
    }

    /// A worker has answered for a file, and this is what it was asked; `None` if it does not have it.
    fn done(&mut self, slot: usize, job: JobId) -> Option<Request> {
        let jobs = &mut self.slots[slot].jobs;
        let at = jobs.iter().position(|held| held.id == job)?;
        let job = jobs.remove(at)?;
        self.slots[slot].breaker.progressed();
        Some(job.request)
    }

    /// Replay, part one: a worker is up and gets its limits and the rules. The documents follow when it has read them.
    fn ready(&mut self, slot: usize, worker: String, now: Instant) {
        if worker != crate::VERSION {
            let own = crate::VERSION.to_owned();
            self.kill(slot, Cause::Broken(Failure::OtherVersion { worker, own }));
            return;
        }
        self.slots[slot].state = State::Up;
        let limits = Limits {
            interactive_ms: self.config.interactive_deadline.as_millis() as u32,
            scan_ms: self.config.scan_deadline.as_millis() as u32,
            interned_bytes: self.config.max_interned,
            foreign_marks: self.config.foreign_marks,
        };
        self.send(slot, &Request::Limits(limits), now);
        self.slots[slot].awaits_rules = true;
    }

    fn loaded(
        &mut self,
        slot: usize,
        generation: u64,
        rules: Vec<RuleInfo>,
        problems: Vec<RuleProblem>,
        kept: Arc<[u8]>,
    ) {
        let Some(current) = self.rules.as_mut().filter(|rules| rules.generation == generation) else { return };
        let first = !std::mem::replace(&mut current.announced, true);
        if !kept.is_empty() {
            current.kept = Arc::clone(&kept);
        }
        self.slots[slot].loading = None;
        for open in self.documents.values_mut().filter(|open| open.slot == slot && open.phase == Phase::Answered) {
            // It will be analysed again.
            open.phase = Phase::Working;
        }
        if first {
            self.say(Update::Rules { generation, rules, problems, kept });
        }
    }

    // ---- looking

    /// The document, if this slot's worker has it and this is its newest version.
    fn held_at(&mut self, slot: usize, doc: DocId, version: Version) -> Option<&mut OpenDocument> {
        self.documents.get_mut(&doc).filter(|open| {
            open.slot == slot && open.version() == version && matches!(open.phase, Phase::Working | Phase::Answered)
        })
    }

    fn set_phase(&mut self, doc: DocId, phase: Phase) {
        if let Some(open) = self.documents.get_mut(&doc) {
            open.phase = phase;
        }
    }

    fn is_for_analysis(&self, doc: DocId) -> bool {
        self.documents.get(&doc).is_some_and(|open| open.document.len() <= self.config.max_file)
    }

    fn working(&self, slot: usize) -> impl Iterator<Item = DocId> {
        let working = move |open: &OpenDocument| open.slot == slot && open.phase == Phase::Working;
        self.documents.iter().filter(move |(_, open)| working(open)).map(|(&doc, _)| doc)
    }

    /// Whether the worker owes nothing.
    fn is_idle(&self, slot: usize) -> bool {
        let place = &self.slots[slot];
        place.loading.is_none() && place.jobs.is_empty() && self.working(slot).next().is_none()
    }

    /// Whether something at hand or waiting in the slot may be to blame for the loss of a worker.
    fn has_suspect(&self, slot: usize) -> bool {
        let document = |open: &OpenDocument| {
            open.slot == slot && open.record.is_suspect() && matches!(open.phase, Phase::Waiting | Phase::Working)
        };
        self.documents.values().any(document) || self.slots[slot].jobs.iter().any(|job| job.record.is_suspect())
    }
}
