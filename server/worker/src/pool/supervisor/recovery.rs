//! The end of a worker: who is to blame, and what becomes of what it had.

use super::Supervisor;
use crate::pool::Update;
use crate::pool::document::{Phase, Record};
use crate::pool::slot::{Cause, State};
use std::sync::Arc;
use std::time::{Duration, Instant};
use weir_model::{DocId, Failure};

/// A document that killed its worker twice is left alone for so long.
const QUARANTINE: Duration = Duration::from_secs(5);

impl Supervisor {
    pub(super) fn gone(&mut self, slot: usize, now: Instant) {
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
}
