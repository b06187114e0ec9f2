//! The analysis thread: takes work, does it, answers.

use super::analysis::{Analysis, Compiled};
use super::desk::{Desk, Outcome, Time};
use super::inbox::{Asked, Change, Inbox, RulesWork, ScanWork, Work};
use super::output::Output;
use super::rulebook::Rulebook;
use super::watchdog::Subject;
use super::workspace::Workspace;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use weir_model::{DocId, Event, JobId, Limits, RuleProblem};

/// The state of the analysis thread.
pub(super) struct Server<A: Analysis> {
    pub(super) desk: Desk<A>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) output: Output,
    pub(super) limits: Limits,
    pub(super) workspace: Workspace,
}

impl<A: Analysis> Server<A> {
    /// Works for ever.
    pub(super) fn run(mut self) -> ! {
        let mut worn = false;
        loop {
            match self.inbox.take() {
                Work::Rules(work) => self.rules(work),
                Work::Document(doc, changes) => self.document(doc, changes),
                Work::Scan(work) => self.scan(work),
                Work::Settle(doc) => self.settle(doc),
            }
            if !worn && weir_syntax::interned_bytes() as u64 > self.limits.interned_bytes {
                worn = true;
                self.output.send(&Event::Worn);
            }
        }
    }

    fn rules(&mut self, work: RulesWork) {
        let generation = work.generation;
        let compile = || Rulebook::new(&self.desk.analysis, work);
        let compiled = match catch_unwind(AssertUnwindSafe(compile)) {
            Ok((rulebook, compiled)) => {
                self.desk.rules = Some(rulebook);
                compiled
            }
            Err(_) => Compiled { rules: (), infos: Vec::new(), problems: vec![panicked()], kept: Vec::new() },
        };
        self.workspace.allow_all_rules();
        let Compiled { infos: rules, problems, kept, .. } = compiled;
        self.output.send(&Event::RulesLoaded { generation, rules, problems, kept });
        self.inbox.again(self.workspace.docs());
    }

    fn document(&mut self, doc: DocId, changes: Vec<Change>) {
        let elsewhere = self.workspace.habit(doc);
        let held = match self.workspace.apply(doc, changes) {
            Ok(Some(held)) => held,
            Ok(None) => return,
            Err(out_of_step) => return self.output.send(&Event::Resync { doc, held: out_of_step.held }),
        };
        let time = Time {
            subject: Subject::Document(doc),
            deadline: Duration::from_millis(self.limits.interactive_ms.into()),
            cancelled: &|| self.inbox.cancelled(),
        };
        self.desk.prepare(&held.without);
        let Outcome { findings, hints, notes, timing, .. } = self.desk.document(held, elsewhere, &time);
        self.output.count(held.format, timing);
        if !self.inbox.cancelled() {
            self.output.send(&Event::Findings { doc, version: held.version(), findings, hints, notes, timing });
        }
        if !held.is_settled() {
            self.inbox.settle_later(doc);
        }
    }

    /// A keystroke into a broken text is answered from the tree that reuses the one before it, which is fast; the findings
    /// that stay are those of the text alone.
    fn settle(&mut self, doc: DocId) {
        let elsewhere = self.workspace.habit(doc);
        let Some(held) = self.workspace.get(doc) else { return };
        let version = held.version();
        let time = Time {
            subject: Subject::Document(doc),
            deadline: Duration::from_millis(self.limits.interactive_ms.into()),
            cancelled: &|| self.inbox.cancelled(),
        };
        // The parent has its answer and thinks that nothing is at hand here: were this to hang or crash, it must know.
        self.output.send(&Event::Settling { doc, version });
        self.desk.prepare(&held.without);
        let outcome = self.desk.settle(held, elsewhere, &time);
        if !self.inbox.cancelled() {
            self.output.send(&match outcome {
                Some(Outcome { findings, hints, notes, timing, .. }) => {
                    Event::Findings { doc, version, findings, hints, notes, timing }
                }
                None => Event::Settled { doc, version },
            });
        }
    }

    fn scan(&mut self, work: ScanWork) {
        let time = Time {
            subject: Subject::File(work.job),
            deadline: Duration::from_millis(self.limits.scan_ms.into()),
            cancelled: &|| self.inbox.cancelled(),
        };
        self.desk.prepare(&work.without);
        if let Asked::Judgement(sealed) = &work.what {
            let judged = self.desk.judge(&work, sealed, &time);
            return self.answer_scan(work, |job| Event::Judged { job, judged });
        }
        let Outcome { findings, hints, answer, notes, cells, timing } = self.desk.scan(&work, &time);
        self.output.count(work.format, timing);
        let asks = matches!(work.what, Asked::Question(_));
        self.answer_scan(work, |job| {
            if asks {
                Event::Answered { job, answer, notes }
            } else {
                Event::Scanned { job, findings, hints, notes, cells, timing }
            }
        });
    }

    /// Answers for a file, unless the work was called off: then it is done again later.
    fn answer_scan(&self, work: ScanWork, answer: impl FnOnce(JobId) -> Event) {
        if self.inbox.cancelled() {
            self.inbox.put_back(work);
        } else {
            self.output.send(&answer(work.job));
        }
    }
}

fn panicked() -> RuleProblem {
    RuleProblem {
        source: String::new(),
        rule_id: None,
        span: None,
        line: 0,
        column: 0,
        message: "reading the rules failed; none is in force. Please report it with the rules".to_owned(),
        skipped: false,
    }
}
