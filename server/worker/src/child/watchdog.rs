//! Speaks up when an analysis is about to run over its deadline and does not look at its budget.

use super::output::Output;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use weir_model::{DocId, Event, JobId};

/// The watchdog's view of the analysis thread.
pub(super) struct Watchdog {
    output: Output,
    state: Mutex<State>,
    began: Condvar,
    rule: Mutex<Option<Arc<str>>>,
}

#[derive(Default)]
struct State {
    work: Option<Watched>,
    /// The watchdog waits for work without a time limit. While it waits for a deadline it needs no call: a call for
    /// every keystroke would cost a switch of threads each.
    idle: bool,
}

/// What is at hand.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    /// A document under edit.
    Document(DocId),
    /// A file of a scan.
    File(JobId),
}

#[derive(Clone, Copy)]
struct Watched {
    subject: Subject,
    began: Instant,
    deadline: Duration,
    told: bool,
}

/// Ends the watch when dropped.
pub(super) struct Watch<'a>(&'a Watchdog);

impl Watchdog {
    pub(super) fn new(output: Output) -> Self {
        Self { output, state: Mutex::default(), began: Condvar::new(), rule: Mutex::default() }
    }

    /// Watches over what happens until the answer is dropped.
    pub(super) fn watch(&self, subject: Subject, deadline: Duration) -> Watch<'_> {
        self.at_work(None);
        let mut state = self.lock();
        state.work = Some(Watched { subject, began: Instant::now(), deadline, told: false });
        if state.idle {
            self.began.notify_one();
        }
        drop(state);
        Watch(self)
    }

    /// Notes the rule at work.
    pub(super) fn at_work(&self, rule: Option<&Arc<str>>) {
        *self.rule.lock().unwrap_or_else(PoisonError::into_inner) = rule.cloned();
    }

    /// Watches for ever.
    pub(super) fn run(&self) -> ! {
        let mut state = self.lock();
        loop {
            state = match &mut state.work {
                Some(work) if !work.told => {
                    // Four fifths: what is left is for the parent to hear it and for the analysis to end after all.
                    let due = work.began + work.deadline * 4 / 5;
                    let now = Instant::now();
                    if let Some(rest) = due.checked_duration_since(now).filter(|rest| !rest.is_zero()) {
                        self.began.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0
                    } else {
                        work.told = true;
                        let rest = (work.began + work.deadline).saturating_duration_since(now);
                        let rule_id = self.rule.lock().unwrap_or_else(PoisonError::into_inner).clone();
                        let (doc, job) = match work.subject {
                            Subject::Document(doc) => (Some(doc), None),
                            Subject::File(job) => (None, Some(job)),
                        };
                        // Sent under the lock, so that the end of the work is never told before it.
                        self.output.send(&Event::Stuck { doc, job, rule_id, rest_ms: rest.as_millis() as u32 });
                        state
                    }
                }
                _ => {
                    state.idle = true;
                    let mut woken = self.began.wait(state).unwrap_or_else(PoisonError::into_inner);
                    woken.idle = false;
                    woken
                }
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let told = self.0.lock().work.take().is_some_and(|work| work.told);
        if told {
            self.0.output.send(&Event::Recovered);
        }
    }
}
