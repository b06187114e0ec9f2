//! What the pool decides. Input and time come in, actions go out; nothing here waits, and every race can be replayed in
//! a test.
//!
//! - A document belongs to one slot. Its edits go to the worker at once and cancel what it does with older text; the
//!   worker merges what it has not begun. What is not sent waits here as the newest text alone.
//! - After the loss of a worker everything it had is sent again: rules, then documents. What it had *at hand* is under
//!   suspicion and is sent alone, so that a second loss has one culprit.

use super::document::{OpenDocument, Phase, Record};
use super::refusal::{no_language, rules_too_large, scanned_too_large, too_large};
use super::slot::{Cause, Job, Slot, State, Stuck};
use super::{Command, PoolConfig, Update};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use weir_model::framing::{self, FrameError};
use weir_model::{
    DocId, Document, Edit, Event, Failure, Limits, Note, Request, RuleInfo, RuleProblem, RuleSource, Timing, Version,
};

/// A document that killed its worker twice is left alone for so long.
const QUARANTINE: Duration = Duration::from_secs(5);

/// What happened.
pub(super) enum Input {
    /// A handle asks for something.
    Command(Command),
    /// A process said something.
    Event { slot: usize, run: u64, event: Event },
    /// A process is gone, or could not be started.
    Gone { slot: usize, run: u64 },
    /// It is time: see [`Supervisor::next_wake`].
    Woke,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Action {
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
pub(super) struct Supervisor {
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
    announced: bool,
}

impl Supervisor {
    /// A pool in which nothing runs yet: the first [`handle`](Self::handle) starts the workers.
    pub(super) fn new(config: PoolConfig, now: Instant) -> Self {
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
    pub(super) fn handle(&mut self, input: Input, now: Instant) -> Vec<Action> {
        match input {
            Input::Command(command) => self.command(command, now),
            Input::Event { slot, run, event } if self.slots[slot].run == run => self.event(slot, event, now),
            Input::Gone { slot, run } if self.slots[slot].run == run => self.gone(slot, now),
            Input::Event { .. } | Input::Gone { .. } | Input::Woke => {}
        }
        self.settle(now);
        std::mem::take(&mut self.actions)
    }

    /// When something must happen although nothing happens.
    pub(super) fn next_wake(&self) -> Option<Instant> {
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
            Command::Rules { generation, sources } => self.replace_rules(generation, sources, now),
            Command::Open { doc, path, document } => self.open(doc, path, document),
            Command::Edit { doc, base, document, edits } => self.edit(doc, base, document, edits, now),
            Command::Close { doc } => {
                if let Some(closed) = self.documents.remove(&doc)
                    && matches!(closed.phase, Phase::Working | Phase::Answered)
                {
                    self.send(closed.slot, &Request::Close { doc }, now);
                }
            }
            Command::Scan { job, path, language, bytes, options } => {
                let len = bytes.len();
                if len > self.config.max_file {
                    self.say(scanned_too_large(job, self.config.max_file));
                    return;
                }
                let request = Request::Scan { job, path, language, bytes, options };
                self.queue.push_back(Job { id: job, request, bytes: len, record: Record::default() });
            }
            Command::Shutdown { .. } => unreachable!("taken by the driver"),
        }
    }

    fn replace_rules(&mut self, generation: u64, sources: Arc<[RuleSource]>, now: Instant) {
        self.rules = Some(Rules { generation, sources, disabled: Vec::new(), announced: false });
        for open in self.documents.values_mut() {
            if let Phase::Quarantined { .. } = open.phase {
                // Perhaps the rules were to blame.
                open.phase = Phase::Waiting;
            }
        }
        for slot in 0..self.slots.len() {
            if self.slots[slot].state == State::Up {
                self.send_rules(slot, now);
            }
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
            if !matches!(event, Event::Findings { .. } | Event::Scanned { .. }) {
                return;
            }
        }
        self.slots[slot].quiet_since = now;
        match event {
            Event::Ready { version } => self.ready(slot, version, now),
            Event::RulesLoaded { generation, rules, problems } => self.loaded(slot, generation, rules, problems),
            Event::Findings { doc, version, findings, notes, timing } => {
                let newest = self.documents.get_mut(&doc).filter(|open| open.slot == slot && open.version() == version);
                if let Some(open) = newest.filter(|open| matches!(open.phase, Phase::Working | Phase::Answered)) {
                    open.phase = Phase::Answered;
                    open.record = Record::default();
                    self.slots[slot].breaker.progressed();
                    self.say(Update::Findings { doc, version, findings, notes, timing });
                }
            }
            Event::Resync { doc, .. } => {
                if let Some(open) = self.documents.get_mut(&doc).filter(|open| open.slot == slot)
                    && matches!(open.phase, Phase::Working | Phase::Answered)
                {
                    open.phase = Phase::Waiting;
                }
            }
            Event::Scanned { job, findings, notes, timing } => {
                let jobs = &mut self.slots[slot].jobs;
                if let Some(at) = jobs.iter().position(|held| held.id == job) {
                    jobs.remove(at);
                    self.slots[slot].breaker.progressed();
                    self.say(Update::Scanned { job, findings, notes, timing });
                }
            }
            Event::Stuck { rule_id, rest_ms } => {
                let kill_at = now + Duration::from_millis(rest_ms.into());
                self.slots[slot].stuck = Some(Stuck { rule_id, kill_at });
            }
            Event::Recovered => self.slots[slot].stuck = None,
            Event::Worn => self.slots[slot].worn = true,
            Event::Pong { .. } => {}
        }
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
        };
        self.send(slot, &Request::Limits(limits), now);
        self.send_rules(slot, now);
    }

    fn loaded(&mut self, slot: usize, generation: u64, rules: Vec<RuleInfo>, problems: Vec<RuleProblem>) {
        let Some(current) = self.rules.as_mut().filter(|rules| rules.generation == generation) else { return };
        let first = !std::mem::replace(&mut current.announced, true);
        self.slots[slot].loading = None;
        for open in self.documents.values_mut().filter(|open| open.slot == slot && open.phase == Phase::Answered) {
            // It will be analysed again.
            open.phase = Phase::Working;
        }
        if first {
            self.say(Update::Rules { generation, rules, problems });
        }
    }

    // ---- the end of a worker

    fn gone(&mut self, slot: usize, now: Instant) {
        let cause = match &self.slots[slot].state {
            State::Ending(cause) => Some(cause.clone()),
            _ => None,
        };
        let (planned, failure) = match &cause {
            Some(Cause::Worn) => (true, Failure::WorkerDied),
            Some(Cause::Late { limit, .. }) => (false, Failure::Deadline { limit_ms: limit.as_millis() as u64 }),
            Some(Cause::Broken(failure)) => (false, failure.clone()),
            None => (false, Failure::WorkerDied),
        };
        let rule_id = match cause {
            Some(Cause::Late { rule_id, .. }) => rule_id,
            _ => None,
        };
        if !planned {
            self.say(Update::Restarted { failure: failure.clone() });
            self.blame(slot, rule_id.as_ref(), &failure, now);
        }
        if let Some(rule_id) = rule_id {
            self.cut_off(rule_id);
        }
        for open in self.documents.values_mut().filter(|open| open.slot == slot) {
            if matches!(open.phase, Phase::Working | Phase::Answered) {
                open.phase = Phase::Waiting;
            }
        }
        let place = &mut self.slots[slot];
        while let Some(job) = place.jobs.pop_back() {
            self.queue.push_front(job);
        }
        let pause = if planned { Duration::ZERO } else { place.breaker.crashed() };
        (place.state, place.loading, place.stuck) = (State::Down { until: now + pause }, None, None);
        if !planned && place.breaker.is_open() {
            self.say(Update::Failed { doc: None, job: None, failure });
        }
    }

    /// Holds the loss of a worker against what it had at hand. Only what was at hand alone is held guilty.
    fn blame(&mut self, slot: usize, rule_id: Option<&Arc<str>>, failure: &Failure, now: Instant) {
        if self.slots[slot].loading.is_some() {
            return;
        }
        let docs: Vec<DocId> = self.working(slot).collect();
        let alone = docs.len() + self.slots[slot].jobs.len() == 1;
        let charge = |record: &mut Record| {
            match (rule_id, alone) {
                (None, true) => record.strikes += 1,
                (None, false) => record.strikes = record.strikes.max(1),
                (Some(_), true) => record.cut_offs += 1,
                (Some(_), false) => {}
            }
            alone && record.is_guilty()
        };
        for doc in docs {
            let Some(open) = self.documents.get_mut(&doc) else { continue };
            if charge(&mut open.record) {
                open.phase = Phase::Quarantined { until: now + QUARANTINE, edited: false };
                // One more trial, alone, after the next edit.
                open.record = Record { strikes: 1, cut_offs: 0 };
                self.slots[slot].breaker.progressed();
                self.say(Update::Failed { doc: Some(doc), job: None, failure: failure.clone() });
            }
        }
        let mut guilty = Vec::new();
        self.slots[slot].jobs.retain_mut(|job| {
            let settled = charge(&mut job.record);
            guilty.extend(settled.then_some(job.id));
            !settled
        });
        for job in guilty {
            self.slots[slot].breaker.progressed();
            self.say(Update::Failed { doc: None, job: Some(job), failure: failure.clone() });
        }
    }

    fn cut_off(&mut self, rule_id: Arc<str>) {
        if let Some(rules) = self.rules.as_mut().filter(|rules| !rules.disabled.contains(&rule_id)) {
            rules.disabled.push(Arc::clone(&rule_id));
            self.say(Update::RuleCutOff { rule_id });
        }
    }

    // ---- what follows from the state

    /// Does all that can be done now.
    fn settle(&mut self, now: Instant) {
        for slot in 0..self.slots.len() {
            self.settle_process(slot, now);
            self.settle_documents(slot, now);
        }
        self.settle_queue(now);
    }

    fn settle_process(&mut self, slot: usize, now: Instant) {
        let Some((_, cause)) = self.due(slot).filter(|(at, _)| *at <= now) else {
            if self.slots[slot].worn && self.slots[slot].state == State::Up && self.is_idle(slot) {
                self.kill(slot, Cause::Worn);
            }
            return;
        };
        match cause {
            Some(cause) => self.kill(slot, cause),
            None => {
                self.slots[slot].start(now);
                let run = self.slots[slot].run;
                self.actions.push(Action::Start { slot, run });
            }
        }
    }

    /// When a slot's process is to be started (no cause), or to be killed for one.
    fn due(&self, slot: usize) -> Option<(Instant, Option<Cause>)> {
        let place = &self.slots[slot];
        let late = |limit: Duration| Cause::Late { rule_id: None, limit };
        match &place.state {
            State::Down { until } => Some((*until, None)),
            State::Ending(_) => None,
            State::Starting => {
                Some((place.quiet_since + self.config.rules_deadline, Some(late(self.config.rules_deadline))))
            }
            State::Up if place.loading.is_some() => {
                Some((place.quiet_since + self.config.rules_deadline, Some(late(self.config.rules_deadline))))
            }
            State::Up if self.is_idle(slot) => None,
            State::Up => {
                let limit =
                    if place.jobs.is_empty() { self.config.interactive_deadline } else { self.config.scan_deadline };
                Some(match &place.stuck {
                    Some(stuck) => (stuck.kill_at, Some(Cause::Late { rule_id: stuck.rule_id.clone(), limit })),
                    // The worker itself says when it is late. If not even that comes, it is not well.
                    None => (place.quiet_since + limit * 2, Some(late(limit))),
                })
            }
        }
    }

    /// Replay, part two: what waits is opened with the text of now. Suspects first and alone, then the newest.
    fn settle_documents(&mut self, slot: usize, now: Instant) {
        for open in self.documents.values_mut().filter(|open| open.slot == slot) {
            if let Phase::Quarantined { until, edited: true } = open.phase
                && until <= now
            {
                open.phase = Phase::Waiting;
            }
        }
        while self.slots[slot].is_open() {
            let waiting = self.documents.iter().filter(|(_, open)| open.slot == slot && open.phase == Phase::Waiting);
            let next = waiting.max_by_key(|(_, open)| (open.record.is_suspect(), open.touched)).map(|(&doc, _)| doc);
            let Some(doc) = next else { break };
            if self.has_suspect(slot) && !self.is_idle(slot) {
                break;
            }
            self.send_document(slot, doc, now);
        }
    }

    fn settle_queue(&mut self, now: Instant) {
        while let Some(job) = self.queue.front() {
            let suspect = job.record.is_suspect();
            let takers = (0..self.slots.len()).filter(|&slot| {
                let place = &self.slots[slot];
                place.is_open()
                    && if suspect { self.is_idle(slot) } else { place.takes(job.bytes) && !self.has_suspect(slot) }
            });
            let best = takers.min_by_key(|&slot| {
                // Who types comes before who scans.
                (self.documents.values().any(|open| open.slot == slot), self.slots[slot].jobs.len())
            });
            let Some(slot) = best else { break };
            let Some(job) = self.queue.pop_front() else { break };
            if self.send(slot, &job.request, now) {
                self.slots[slot].jobs.push_back(job);
            } else {
                self.say(scanned_too_large(job.id, self.config.max_file));
            }
        }
        if self.slots.iter().all(|slot| slot.breaker.is_open()) {
            // Nobody knows how long: whoever waits for a file is told.
            for job in std::mem::take(&mut self.queue) {
                self.say(Update::Failed { doc: None, job: Some(job.id), failure: Failure::WorkerDied });
            }
        }
    }

    // ---- sending

    fn send_rules(&mut self, slot: usize, now: Instant) {
        let Some(rules) = &self.rules else { return };
        let (generation, sources, disabled) = (rules.generation, Arc::clone(&rules.sources), rules.disabled.clone());
        if self.send(slot, &Request::Rules { generation, sources, disabled }, now) {
            self.slots[slot].loading = Some(generation);
        } else {
            self.rules = None;
            self.say(Update::Rules { generation, rules: Vec::new(), problems: vec![rules_too_large()] });
        }
    }

    fn send_document(&mut self, slot: usize, doc: DocId, now: Instant) {
        let Some(open) = self.documents.get(&doc) else { return };
        let (version, request) = match open.document.language() {
            Some(language) if open.document.len() <= self.config.max_file => {
                (open.version(), open.open_request(doc, language))
            }
            language => {
                let (version, max) = (open.version(), self.config.max_file);
                self.refuse(doc, version, if language.is_some() { too_large(max) } else { no_language() });
                return;
            }
        };
        if self.send(slot, &request, now) {
            self.set_phase(doc, Phase::Working);
        } else {
            self.refuse(doc, version, too_large(self.config.max_file));
        }
    }

    fn refuse(&mut self, doc: DocId, version: Version, note: Note) {
        self.set_phase(doc, Phase::Refused);
        let (findings, notes, timing) = (Vec::new(), vec![note], Timing::default());
        self.say(Update::Findings { doc, version, findings, notes, timing });
    }

    /// Sends a request; `false` if it is too large for a frame.
    fn send(&mut self, slot: usize, request: &Request, now: Instant) -> bool {
        match framing::encode(request) {
            Ok(frame) => {
                self.slots[slot].quiet_since = now;
                self.actions.push(Action::Send { slot, frame });
                true
            }
            Err(FrameError::TooLarge { .. }) => false,
            Err(error) => unreachable!("a request in memory can be encoded: {error}"),
        }
    }

    fn kill(&mut self, slot: usize, cause: Cause) {
        self.slots[slot].state = State::Ending(cause);
        self.actions.push(Action::Kill { slot });
    }

    fn say(&mut self, update: Update) {
        self.actions.push(Action::Say(update));
    }

    // ---- looking

    fn set_phase(&mut self, doc: DocId, phase: Phase) {
        if let Some(open) = self.documents.get_mut(&doc) {
            open.phase = phase;
        }
    }

    fn is_for_analysis(&self, doc: DocId) -> bool {
        self.documents
            .get(&doc)
            .is_some_and(|open| open.document.language().is_some() && open.document.len() <= self.config.max_file)
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
