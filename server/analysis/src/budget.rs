//! How long an analysis may go on. Clock and cancellation are the caller's.

use std::cell::Cell;
use std::sync::Arc;

/// Why an analysis stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The rule at work used up its share; the others go on.
    Rule,
    /// The whole analysis is out of time.
    Deadline,
    /// A newer version of the document is there.
    Cancelled,
}

/// What the caller lends an analysis.
pub struct Budget<'a> {
    /// Microseconds on a clock that only goes forward.
    pub clock: &'a dyn Fn() -> u64,
    /// Whether the result is no longer wanted.
    pub cancelled: &'a dyn Fn() -> bool,
    /// Told which rule is at work, so that a watchdog can name it.
    pub at_work: &'a dyn Fn(Option<&Arc<str>>),
    /// When the analysis must end, on `clock`.
    pub deadline: u64,
    /// How long one rule may take, in microseconds.
    pub per_rule: u64,
    /// The day it is for `today()` in rules: days since 1970-01-01.
    pub today: i64,
    ticks: Cell<u32>,
    rule_deadline: Cell<u64>,
}

/// The clock is asked once in so many ticks: a tick costs a nanosecond, the clock twenty-five.
const TICKS_PER_LOOK: u32 = 256;

impl<'a> Budget<'a> {
    /// A budget.
    pub fn new(
        clock: &'a dyn Fn() -> u64,
        cancelled: &'a dyn Fn() -> bool,
        at_work: &'a dyn Fn(Option<&Arc<str>>),
        deadline: u64,
        per_rule: u64,
    ) -> Self {
        let (ticks, rule_deadline) = (Cell::new(0), Cell::new(deadline));
        Self { clock, cancelled, at_work, deadline, per_rule, today: 0, ticks, rule_deadline }
    }

    /// The same on a day, in days since 1970-01-01.
    #[must_use]
    pub fn on_day(self, today: i64) -> Self {
        Self { today, ..self }
    }

    /// A budget without end, for tests and for compiling rules.
    pub fn unlimited() -> Budget<'static> {
        Budget::new(&|| 0, &|| false, &|_| (), u64::MAX, u64::MAX)
    }

    /// Starts a rule's share.
    pub fn start_rule(&self, id: &Arc<str>) {
        (self.at_work)(Some(id));
        self.rule_deadline.set((self.clock)().saturating_add(self.per_rule).min(self.deadline));
    }

    /// Ends a rule's share.
    pub fn end_rule(&self) {
        (self.at_work)(None);
        self.rule_deadline.set(self.deadline);
    }

    /// Called at every loop head of the analysis.
    pub fn tick(&self) -> Result<(), Stop> {
        let ticks = self.ticks.get().wrapping_add(1);
        self.ticks.set(ticks);
        if ticks.is_multiple_of(TICKS_PER_LOOK) { self.look() } else { Ok(()) }
    }

    /// As [`tick`](Self::tick), but always looks at the clock: before work that cannot be interrupted.
    pub fn look(&self) -> Result<(), Stop> {
        let now = (self.clock)();
        if (self.cancelled)() {
            Err(Stop::Cancelled)
        } else if now >= self.deadline {
            Err(Stop::Deadline)
        } else if now >= self.rule_deadline.get() {
            Err(Stop::Rule)
        } else {
            Ok(())
        }
    }
}
