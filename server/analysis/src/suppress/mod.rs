//! Marks in a text that ask to ignore findings: `nosemgrep`, and those of other tools.
//!
//! The marks of a text are read anew at every analysis, from the text (`nosemgrep`, which counts wherever it stands, as in
//! Semgrep) and from the tree's comments (all others). A mark of another tool that names one of that tool's checks counts
//! where the rule looks for the same: by the weakness ([`checks`]), or because the rule says that it is that check
//! ([`profile::Profile`]). What marks ask for in vain is said by [`Marks::hints`].

mod annotation;
mod checks;
mod code;
mod comment;
mod foreign;
mod hints;
mod ignore;
mod mark;
mod nosemgrep;
mod profile;
mod profiles;
mod removal;

pub use checks::weaknesses;
pub(crate) use hints::Ran;
pub use ignore::{Habit, offer_ignores};
pub(crate) use nosemgrep::names;
pub(crate) use profiles::Profiles;

use crate::analyze::Options;
use crate::rule::RuleSet;
use code::Statements;
use mark::{Asks, Mark, Reach};
use weir_model::{Finding, ForeignMarks, Language, MarkKind, Span, Weakness};
use weir_syntax::Part;

/// More marks than these that count over several lines are not heeded: each is compared with each finding, and a text with
/// so many was made to take long.
const MOST_RANGES: usize = 1000;

/// The marks of a text, and which of them are of use.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    all: Vec<Mark>,
    /// Of each mark: whether there is something to ignore, for each check that it names or for all of it.
    used: Vec<Vec<bool>>,
    /// The lines where marks count, in order, each with the number of its mark.
    lines: Vec<(Span, usize)>,
    /// The numbers of those that count over several.
    ranges: Vec<usize>,
}

impl Marks {
    /// Reads the marks of a text that count, in the part of it that holds them.
    pub(crate) fn of(part: &Part<'_>, path: &str, options: Options) -> Self {
        if options.ignore_suppressions {
            return Self::default();
        }
        let mut marks = Vec::new();
        nosemgrep::find(part.text, part.tree, &mut marks);
        if options.foreign_marks > ForeignMarks::None {
            foreign::find(part.text, path, part.language, part.tree, &mut marks);
            if part.language == Some(Language::Java) {
                annotation::find(part.text, part.tree, &mut marks);
            }
        }
        marks.retain(|mark| mark.counts(options.foreign_marks));
        let used = marks.iter().map(|mark| vec![false; mark.checks().len().max(1)]).collect();
        let (mut lines, mut ranges) = (Vec::new(), Vec::new());
        for (at, mark) in marks.iter().enumerate() {
            match &mark.reach {
                Reach::First(all) => lines.extend(all.iter().map(|&line| (line, at))),
                Reach::Line(line) => lines.push((*line, at)),
                Reach::Range(_) => ranges.push(at),
            }
        }
        lines.sort_unstable();
        ranges.truncate(MOST_RANGES);
        Self { all: marks, used, lines, ranges }
    }

    /// Marks the findings of a file that somebody asks to ignore in this part of it.
    pub(crate) fn apply(&mut self, findings: &mut [Finding], part: &Part<'_>, rules: &RuleSet, today: i64) {
        if self.all.is_empty() {
            return;
        }
        let of_statements = self.all.iter().any(|mark| matches!(mark.reach, Reach::Line(_)));
        let statements = of_statements.then(|| Statements::of(part.tree));
        for finding in findings {
            let Some(span) = part.within(finding.span) else { continue };
            let statement = statements.as_ref().map(|all| all.around(span, part.text));
            let place = statement.map_or(span, |statement| statement.union(span));
            // Lines follow each other: those at the place are side by side.
            let from = self.lines.partition_point(|(line, _)| line.end < place.start);
            let near = self.lines[from..].iter().take_while(|(line, _)| line.start <= place.end).map(|&(_, at)| at);
            let mut near: Vec<usize> = near.chain(self.ranges.iter().copied()).collect();
            near.sort_unstable();
            near.dedup();
            for at in near {
                let mark = &self.all[at];
                if !mark.covers(span, statement.unwrap_or(span)) {
                    continue;
                }
                let asked = mark.asked(finding, span, rules);
                for &check in &asked {
                    self.used[at][check] = true;
                }
                if !asked.is_empty() && finding.suppressed.is_none() && !mark.is_expired(today) {
                    finding.suppressed = Some(mark.suppression(part));
                }
            }
        }
    }
}

impl Mark {
    /// Whether it counts by what is said of marks of other tools.
    fn counts(&self, foreign: ForeignMarks) -> bool {
        let least = match (&self.asks, &self.reach) {
            _ if self.kind == MarkKind::Nosemgrep => ForeignMarks::None,
            (Asks::Checks(_) | Asks::Secrets, _) => ForeignMarks::Named,
            (Asks::All, Reach::Line(_) | Reach::First(_)) => ForeignMarks::Lines,
            (Asks::All, Reach::Range(_)) => ForeignMarks::All,
        };
        foreign >= least
    }

    /// Which of its checks are the rule of a finding at a place, by their numbers; the number of everything is 0.
    fn asked(&self, finding: &Finding, place: Span, rules: &RuleSet) -> Vec<usize> {
        let all = |is: bool| if is { vec![0] } else { Vec::new() };
        let profile = || rules.profiles().of_rule(&finding.rule_id);
        match &self.asks {
            Asks::All => all(true),
            Asks::Secrets => all(profile().is_some_and(|profile| profile.classes.contains(&Weakness::SECRETS))),
            Asks::Checks(checks) => {
                let is_asked = |check: &mark::Check| {
                    check.end > place.start
                        && (names(&check.id, &finding.rule_id)
                            || (self.kind != MarkKind::Nosemgrep
                                && profile().is_some_and(|profile| profile.is_like(self.kind, &check.id))))
                };
                (0..).zip(checks).filter(|(_, check)| is_asked(check)).map(|(at, _)| at).collect()
            }
        }
    }
}
