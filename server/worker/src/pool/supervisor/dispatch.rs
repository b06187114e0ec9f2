//! What follows from the state: processes are started and killed, documents and files are sent.

use super::{Action, Supervisor};
use crate::pool::Update;
use crate::pool::document::Phase;
use crate::pool::refusal::{file_too_large, rules_too_large, too_large};
use crate::pool::slot::{Cause, State};
use std::sync::Arc;
use std::time::{Duration, Instant};
use weir_model::framing::{self, FrameError};
use weir_model::{DocId, Failure, Note, Request, Timing, Version};

impl Supervisor {
    /// Does all that can be done now.
    pub(super) fn settle(&mut self, now: Instant) {
        self.settle_rules(now);
        for slot in 0..self.slots.len() {
            self.settle_process(slot, now);
            self.settle_documents(slot, now);
        }
        self.settle_queue(now);
    }

    fn settle_process(&mut self, slot: usize, now: Instant) {
        let Some((_, cause)) = self.due(slot).filter(|(at, _)| *at <= now) else { return };
        if let Some(cause) = cause {
            self.kill(slot, cause);
        } else {
            self.slots[slot].start(now);
            let run = self.slots[slot].run;
            self.actions.push(Action::Start { slot, run });
        }
    }

    /// When a slot's process is to be started (no cause), or to be killed for one.
    pub(super) fn due(&self, slot: usize) -> Option<(Instant, Option<Cause>)> {
        let place = &self.slots[slot];
        let late = |limit: Duration| Cause::Late { at: None, limit };
        match &place.state {
            State::Down { until } => Some((*until, None)),
            State::Ending(_) => None,
            State::Starting => {
                Some((place.quiet_since + self.config.rules_deadline, Some(late(self.config.rules_deadline))))
            }
            State::Up if place.loading.is_some() => {
                Some((place.quiet_since + self.config.rules_deadline, Some(late(self.config.rules_deadline))))
            }
            State::Up if self.is_idle(slot) => place.worn.map(|at| (at, Some(Cause::Worn))),
            State::Up => {
                let limit =
                    if place.jobs.is_empty() { self.config.interactive_deadline } else { self.config.scan_deadline };
                Some(match &place.stuck {
                    Some(stuck) => (stuck.kill_at, Some(Cause::Late { at: Some(stuck.at.clone()), limit })),
                    // The worker itself says when it is late. If not even that comes, it is not well.
                    None => (place.quiet_since + limit * 2, Some(late(limit))),
                })
            }
        }
    }

    /// Rules that nobody has read yet go to one worker; what it keeps of them spares the others reading them.
    fn settle_rules(&mut self, now: Instant) {
        for slot in 0..self.slots.len() {
            let new = self.rules.as_ref().is_some_and(|rules| !rules.announced && rules.kept.is_empty());
            let others_read = new && self.slots.iter().any(|place| place.loading.is_some());
            if self.slots[slot].state == State::Up && self.slots[slot].awaits_rules && !others_read {
                self.slots[slot].awaits_rules = false;
                self.send_rules(slot, now);
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
        // Without rules there is nothing to find, and to say so would be wrong.
        while self.rules.is_some() && self.slots[slot].is_open(now) {
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
                place.is_open(now)
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
                self.say(file_too_large(&job, self.config.max_file));
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
        let generation = rules.generation;
        let request = |kept: &[u8]| Request::Rules {
            generation,
            sources: Arc::clone(&rules.sources),
            disabled: rules.disabled.clone(),
            kept: kept.to_vec(),
        };
        let (whole, sources) = (request(&rules.kept), request(&[]));
        if self.send(slot, &whole, now) || self.send(slot, &sources, now) {
            self.slots[slot].loading = Some(generation);
        } else {
            self.rules = None;
            let (rules, problems, kept) = (Vec::new(), vec![rules_too_large()], Arc::from([]));
            self.say(Update::Rules { generation, rules, problems, kept });
        }
    }

    fn send_document(&mut self, slot: usize, doc: DocId, now: Instant) {
        let Some(open) = self.documents.get(&doc) else { return };
        let version = open.version();
        let request = (open.document.len() <= self.config.max_file).then(|| open.open_request(doc));
        if request.is_some_and(|request| self.send(slot, &request, now)) {
            self.set_phase(doc, Phase::Working);
        } else {
            self.refuse(doc, version, too_large(self.config.max_file));
        }
    }

    fn refuse(&mut self, doc: DocId, version: Version, note: Note) {
        self.set_phase(doc, Phase::Refused);
        let (findings, notes, timing) = (Vec::new(), vec![note], Timing::default());
        self.say(Update::Findings { doc, version, findings, hints: Vec::new(), notes, timing });
    }

    /// Sends a request; `false` if it is too large for a frame.
    pub(super) fn send(&mut self, slot: usize, request: &Request, now: Instant) -> bool {
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

    pub(super) fn kill(&mut self, slot: usize, cause: Cause) {
        self.slots[slot].state = State::Ending(cause);
        self.actions.push(Action::Kill { slot });
    }

    pub(super) fn say(&mut self, update: Update) {
        self.actions.push(Action::Say(update));
    }
}
