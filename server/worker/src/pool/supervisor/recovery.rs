//! The end of a worker: who is to blame, and what becomes of what it had.

use super::{End, Supervisor};
use crate::pool::Update;
use crate::pool::document::{Phase, Record};
use crate::pool::slot::{AtHand, Cause, State};
use std::sync::Arc;
use std::time::{Duration, Instant};
use weir_model::{DocId, Failure, JobId};

/// A document that killed its worker twice is left alone for so long.
const QUARANTINE: Duration = Duration::from_secs(5);

/// A rule that looped in so many files is off until there are new rules.
const MAX_LOOPS: u32 = 3;

impl Supervisor {
    pub(super) fn gone(&mut self, slot: usize, end: End, now: Instant) {
        // One that never was ready is not there to be left, and may not be the next time, either: that is to be paced.
        let left = end == End::Left && self.slots[slot].state == State::Up;
        let cause = match &self.slots[slot].state {
            State::Ending(cause) => Some(cause.clone()),
            _ => None,
        };
        let (planned, failure) = match &cause {
            Some(Cause::Worn) => (true, Failure::WorkerDied),
            Some(Cause::Late { limit, .. }) => (false, Failure::Deadline { limit_ms: limit.as_millis() as u64 }),
            Some(Cause::Broken(failure)) => (false, failure.clone()),
            None => (left, Failure::WorkerDied),
        };
        let at = match cause {
            Some(Cause::Late { at, .. }) => at,
            _ => None,
        };
        if !planned {
            self.say(Update::Restarted { failure: failure.clone() });
            self.blame(slot, at.as_ref(), &failure, now);
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
        if !planned && self.slots.iter().all(|slot| slot.breaker.is_open()) {
            self.say(Update::Failed { doc: None, job: None, failure });
        }
    }

    /// Holds the loss of a worker against what it had at hand: against the one thing, where it said so or had only one;
    /// otherwise all of it is under suspicion.
    fn blame(&mut self, slot: usize, at: Option<&AtHand>, failure: &Failure, now: Instant) {
        if self.slots[slot].loading.is_some() {
            return;
        }
        let mut docs: Vec<DocId> = self.working(slot).collect();
        let mut jobs: Vec<JobId> = self.slots[slot].jobs.iter().map(|job| job.id).collect();
        if let Some(at) = at {
            docs.retain(|&doc| at.doc == Some(doc));
            jobs.retain(|&job| at.job == Some(job));
        }
        let certain = docs.len() + jobs.len() == 1;
        let rule_id = at.and_then(|at| at.rule_id.as_ref()).filter(|_| certain);
        for doc in docs {
            let Some(open) = self.documents.get_mut(&doc) else { continue };
            if open.record.charge(rule_id, certain) {
                open.phase = Phase::Quarantined { until: now + QUARANTINE, edited: false };
                // One more trial, alone, after the next edit.
                open.record = Record { strikes: 1, without: Vec::new() };
                self.slots[slot].breaker.progressed();
                self.say(Update::Failed { doc: Some(doc), job: None, failure: failure.clone() });
            }
        }
        for id in jobs {
            let held = &mut self.slots[slot].jobs;
            let Some(place) = held.iter().position(|job| job.id == id) else { continue };
            if held[place].charge(rule_id, certain) {
                held.remove(place);
                self.slots[slot].breaker.progressed();
                self.say(Update::Failed { doc: None, job: Some(id), failure: failure.clone() });
            }
        }
        if let Some(rule_id) = rule_id {
            self.slots[slot].breaker.progressed();
            self.count_loop(rule_id);
        }
    }

    /// A rule is off for a file in which it looped. One that loops in file after file is off for all: every time costs a
    /// worker and its deadline. Not at once, so that one file made for it does not switch a rule off for a whole project.
    fn count_loop(&mut self, rule_id: &Arc<str>) {
        let Some(rules) = &mut self.rules else { return };
        let loops = rules.loops.entry(Arc::clone(rule_id)).or_default();
        *loops += 1;
        if *loops == MAX_LOOPS {
            rules.disabled.push(Arc::clone(rule_id));
            self.say(Update::RuleCutOff { rule_id: Arc::clone(rule_id) });
        }
    }
}
