//! One analysis from text to findings, within its time, and alone with its panics.

use super::analysis::Analysis;
use super::inbox::{Asked, ScanWork};
use super::rulebook::Rulebook;
use super::watchdog::{Subject, Watchdog};
use super::workspace::Held;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use weir_analysis::{Budget, Habit, Memo, Options, Unit, offer_ignores};
use weir_model::{Answer, Cells, Finding, ForeignMarks, Hint, HintKind, Note, NoteKind, Question, ScanOptions, Timing};
use weir_syntax::{Limits, ParseNote, Source};

/// A rule that has not ended by then is cut off whatever the deadline: nobody waits for it.
const MAX_PER_RULE: Duration = Duration::from_secs(5);

/// A broken file may have an error on every line; these are enough to say so.
const MAX_SYNTAX_NOTES: usize = 20;

/// What an analysis needs beside the text.
pub(super) struct Desk<A: Analysis> {
    pub(super) analysis: A,
    pub(super) rules: Option<Rulebook<A::Rules>>,
    pub(super) watchdog: Arc<Watchdog>,
    pub(super) epoch: Instant,
    pub(super) foreign_marks: ForeignMarks,
}

/// What comes of one analysis.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    pub(super) hints: Vec<Hint>,
    pub(super) answer: Option<Answer>,
    pub(super) notes: Vec<Note>,
    pub(super) cells: Option<Cells>,
    pub(super) timing: Timing,
}

/// What one analysis is of, how long it may take, and who may call it off.
pub(super) struct Time<'a> {
    pub(super) subject: Subject,
    pub(super) deadline: Duration,
    pub(super) cancelled: &'a dyn Fn() -> bool,
}

impl<A: Analysis> Desk<A> {
    /// How texts are analysed if nothing else is asked.
    fn options(&self) -> Options {
        Options { foreign_marks: self.foreign_marks, ..Options::default() }
    }

    /// Gets the rules ready for a text without some of them.
    pub(super) fn prepare(&mut self, without: &[Arc<str>]) {
        if let Some(rules) = &mut self.rules {
            rules.prepare(&self.analysis, without);
        }
    }

    /// Analyses a document. Its trees are kept for the next time, unless the analysis panics while it makes them.
    ///
    /// `elsewhere`: where other documents have their marks.
    pub(super) fn document(&self, held: &mut Held, elsewhere: Habit, time: &Time<'_>) -> Outcome {
        let mut habit = held.habit;
        let outcome = self.document_with(held, elsewhere, &mut habit, time);
        held.habit = habit;
        outcome
    }

    fn document_with(&self, held: &mut Held, elsewhere: Habit, habit: &mut Habit, time: &Time<'_>) -> Outcome {
        self.outcome(time, |began| {
            let (path, without) = (Arc::clone(&held.path), held.without.clone());
            let (source, memo) = held.parsed(Limits { stop: &|| self.now() >= began + micros(time.deadline) / 2 });
            let parsed = self.now();
            let unit = Unit { path: &path, source };
            let mut outcome = self.analyze(&unit, Some(memo), self.options(), &without, time, began);
            *habit = offer_ignores(source, &mut outcome.findings, elsewhere);
            outcome.after(source, parsed - began)
        })
    }

    /// Parses a document from scratch and, if that gives other trees, analyses it again.
    pub(super) fn settle(&self, held: &mut Held, elsewhere: Habit, time: &Time<'_>) -> Option<Outcome> {
        let changed = self.guarded(time, |began| {
            let stop = || (time.cancelled)() || self.now() >= began + micros(time.deadline) / 2;
            held.settle(Limits { stop: &stop })
        });
        changed.unwrap_or(true).then(|| self.document(held, elsewhere, time))
    }

    /// Does what is asked of one file.
    pub(super) fn scan(&self, work: &ScanWork, time: &Time<'_>) -> Outcome {
        self.outcome(time, |began| {
            let text = String::from_utf8_lossy(&work.bytes);
            let invalid = matches!(text, std::borrow::Cow::Owned(_));
            let stop = || self.now() >= began + micros(time.deadline) / 2;
            let source = Source::parse(work.format, text.into_owned(), Limits { stop: &stop });
            let parsed = self.now();
            let unit = Unit { path: &work.path, source: &source };
            let outcome = match &work.what {
                Asked::Findings(ScanOptions { ignore_paths, ignore_suppressions }) => {
                    let options = Options {
                        ignore_paths: *ignore_paths,
                        ignore_suppressions: *ignore_suppressions,
                        ..self.options()
                    };
                    self.analyze(&unit, None, options, &work.without, time, began)
                }
                Asked::Question(question) => self.answer(&unit, question, time, began),
                // Its bytes are no text: see `Desk::judge`.
                Asked::Judgement(_) => Outcome::default(),
            };
            let mut outcome = outcome.after(&source, parsed - began);
            let is_told_of = !(outcome.findings.is_empty() && outcome.hints.is_empty() && outcome.notes.is_empty());
            outcome.cells = if is_told_of { source.cells() } else { None };
            if invalid {
                outcome.notes.push(note(NoteKind::InvalidUtf8, "not valid UTF-8; what is not was read as U+FFFD"));
            }
            outcome
        })
    }

    /// Runs one analysis; a panic in it costs its findings and nothing else.
    fn outcome(&self, time: &Time<'_>, analysis: impl FnOnce(u64) -> Outcome) -> Outcome {
        self.guarded(time, analysis).unwrap_or_else(|| Outcome {
            notes: vec![note(NoteKind::Panic, "the analysis of this file failed; please report it with the file")],
            ..Outcome::default()
        })
    }

    /// Runs something under the watchdog's eye. It is told when it began; `None` if it panicked.
    pub(super) fn guarded<T>(&self, time: &Time<'_>, work: impl FnOnce(u64) -> T) -> Option<T> {
        let _watch = self.watchdog.watch(time.subject, time.deadline);
        let began = self.now();
        catch_unwind(AssertUnwindSafe(|| work(began))).ok()
    }

    /// Runs the rules over a parsed text. `began`: when the work began, parsing included.
    pub(super) fn analyze(
        &self,
        unit: &Unit<'_>,
        memo: Option<&mut Memo>,
        options: Options,
        without: &[Arc<str>],
        time: &Time<'_>,
        began: u64,
    ) -> Outcome {
        let parsed = self.now();
        let found = self.budgeted(time, began, |budget| match &self.rules {
            Some(rules) => self.analysis.analyze(rules.without(without), memo, unit, options, budget),
            None => weir_analysis::Analysis::default(),
        });
        Outcome {
            findings: found.findings,
            hints: found.hints,
            answer: None,
            cells: None,
            notes: found.notes.into_iter().chain(without.iter().map(looped)).collect(),
            timing: Timing { analyze_us: (self.now() - parsed) as u32, ..Timing::default() },
        }
    }

    /// Answers a question about a parsed text.
    fn answer(&self, unit: &Unit<'_>, question: &Question, time: &Time<'_>, began: u64) -> Outcome {
        let answer = self.budgeted(time, began, |budget| {
            // Not all questions are about the rules in force: these are answered before there are any, too.
            let none = self.rules.is_none().then(|| self.analysis.compile(&[], &[], &[]).rules);
            let rules = self.rules.as_ref().map(|rules| rules.without(&[])).or(none.as_ref())?;
            Some(self.analysis.answer(rules, unit, question, self.options(), budget))
        });
        Outcome { answer, ..Outcome::default() }
    }

    /// Does something with a budget that leaves a quarter of the time for sending what is known, before the watchdog speaks
    /// and the parent ends the process.
    pub(super) fn budgeted<T>(&self, time: &Time<'_>, began: u64, work: impl FnOnce(&Budget<'_>) -> T) -> T {
        let clock = || self.now();
        let at_work = |rule: Option<&Arc<str>>| self.watchdog.at_work(rule);
        let whole = micros(time.deadline);
        let (until, per_rule) = (began + whole / 4 * 3, (whole / 4).min(micros(MAX_PER_RULE)));
        work(&Budget::new(&clock, time.cancelled, &at_work, until, per_rule).on_day(today()))
    }

    /// Microseconds since the worker started.
    pub(super) fn now(&self) -> u64 {
        micros(self.epoch.elapsed())
    }
}

impl Outcome {
    /// With what parsing had to say, and how long it took in microseconds.
    fn after(mut self, source: &Source, took: u64) -> Self {
        if !source.notes().is_empty() {
            // Where text does not parse rules may find less than they would.
            self.hints.retain(|hint| hint.kind != HintKind::Unused);
        }
        self.notes.splice(0..0, notes(source.notes()));
        // Trees that were kept were not lowered now.
        let lowering = micros(source.lowering()).min(took);
        self.timing.lower_us = lowering as u32;
        self.timing.parse_us = (took - lowering) as u32;
        self
    }
}

fn micros(duration: Duration) -> u64 {
    duration.as_micros() as u64
}

/// Days since 1970-01-01.
fn today() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (since.as_secs() / 86_400).cast_signed()
}

pub(super) fn notes(notes: &[ParseNote]) -> impl Iterator<Item = Note> {
    notes.iter().take(MAX_SYNTAX_NOTES).map(|note| match *note {
        ParseNote::Syntax(span) => Note {
            kind: NoteKind::SyntaxError,
            span: Some(span),
            rule_id: None,
            message: "not valid here; the rest of the file was analysed".to_owned(),
        },
        ParseNote::TooDeep(span) => Note {
            kind: NoteKind::TooDeep,
            span: Some(span),
            rule_id: None,
            message: "nested too deeply; the code inside was not analysed".to_owned(),
        },
        ParseNote::NotJson(at) => Note {
            span: Some(at),
            ..self::note(NoteKind::Skipped, "not valid JSON here; no cell of the notebook was analysed")
        },
        ParseNote::Stopped => self::note(NoteKind::Timeout, "parsing took too long; the file was not analysed"),
    })
}

fn looped(rule_id: &Arc<str>) -> Note {
    let message = "the rule did not come to an end on this file and was stopped; all others ran";
    Note { rule_id: Some(Arc::clone(rule_id)), ..note(NoteKind::RuleTimeout, message) }
}

fn note(kind: NoteKind, message: &str) -> Note {
    Note { kind, span: None, rule_id: None, message: message.to_owned() }
}
