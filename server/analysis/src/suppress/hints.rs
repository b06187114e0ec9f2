//! What marks ask for in vain: nothing is found that they are about, or their last day is over.
//!
//! Silence is better than a wrong word: whoever removes a mark that was of use gets the finding back. So nothing is said of
//! an id that no rule in force has, of a rule that did not look at the text, and of other tools' checks unless a rule says
//! that it is that very check: what those tools find is more than what the rules find.

use super::mark::{Asks, Mark, Reach};
use super::{Marks, checks, names, removal};
use crate::analyze::{Options, Unit};
use crate::place;
use crate::rule::RuleSet;
use weir_model::{Edit, Finding, Hint, HintKind, MarkKind, Span};
use weir_syntax::Part;

/// What of the rules looked at the text.
pub(crate) struct Ran<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) options: Options,
    /// The numbers of rules that were stopped.
    pub(crate) stopped: Vec<u32>,
    /// Whether their `paths` kept rules from the text that might have found something.
    pub(crate) refused: bool,
}

impl Marks {
    /// What there is to say about them, after all findings of the file were looked at.
    pub(crate) fn hints(
        &self,
        findings: &[Finding],
        part: &Part<'_>,
        unit: &Unit<'_>,
        ran: &Ran<'_>,
        today: i64,
    ) -> Vec<Hint> {
        let mut hints = Vec::new();
        for (mark, used) in self.all.iter().zip(&self.used).filter(|(mark, _)| mark.may_go()) {
            if mark.is_expired(today) {
                hints.extend(expired(mark, part));
            } else if used.contains(&false) {
                unused(mark, used, findings, (part, unit), ran, &mut hints);
            }
        }
        hints.into_iter().map(|hint| place::hint(part, hint)).collect()
    }
}

impl Mark {
    /// Whether it stands where it can be removed.
    fn may_go(&self) -> bool {
        self.comment.is_some()
    }
}

fn expired(mark: &Mark, part: &Part<'_>) -> Option<Hint> {
    let is_ours = match &mark.asks {
        Asks::All | Asks::Secrets => true,
        Asks::Checks(_) if mark.kind == MarkKind::Nosemgrep => true,
        Asks::Checks(all) => all.iter().any(|check| !checks::weaknesses(mark.kind, &check.id).is_empty()),
    };
    let until = &mark.until.as_ref().filter(|_| is_ours)?.text;
    let message = format!("This comment counted until {until}: it ignores nothing any more");
    Some(Hint { kind: HintKind::Expired, span: mark.span, message, removal: removal::of_mark(mark, part) })
}

fn unused(
    mark: &Mark,
    used: &[bool],
    findings: &[Finding],
    (part, unit): (&Part<'_>, &Unit<'_>),
    ran: &Ran<'_>,
    hints: &mut Vec<Hint>,
) {
    let hint =
        |span: Span, message: String, removal: Vec<Edit>| Hint { kind: HintKind::Unused, span, message, removal };
    match &mark.asks {
        Asks::All if mark.kind == MarkKind::Nosemgrep && ran.all_looked() => {
            let message = misplaced(mark, None, findings, part)
                .unwrap_or_else(|| "No rule finds anything that this comment asks to ignore".to_owned());
            hints.push(hint(mark.span, message, removal::of_mark(mark, part)));
        }
        Asks::All | Asks::Secrets => {}
        Asks::Checks(all) => {
            let idle = |at: usize| !used[at] && ran.looked(mark.kind, &all[at].id, unit);
            let idle: Vec<usize> = (0..all.len()).filter(|&at| idle(at)).collect();
            let whole = idle.len() == all.len();
            for at in idle {
                let check = &all[at];
                let message = misplaced(mark, Some(&check.id), findings, part)
                    .unwrap_or_else(|| format!("{} finds nothing that this comment asks to ignore", check.id));
                // Of several each is removed by itself, and the last takes the comment along.
                let removal = if whole && all.len() == 1 {
                    removal::of_mark(mark, part)
                } else {
                    removal::of_check(mark, at, part)
                };
                let span = if all.len() == 1 { mark.span } else { check.span };
                hints.push(hint(span, message, removal));
            }
        }
    }
}

/// `nosemgrep` counts where a finding begins, and many expect it to count on all of its lines.
fn misplaced(mark: &Mark, id: Option<&str>, findings: &[Finding], part: &Part<'_>) -> Option<String> {
    let Reach::First(lines) = &mark.reach else { return None };
    let own = *lines.first()?;
    let meant = |finding: &&Finding| {
        let place = part.within(finding.span);
        let inside = place.is_some_and(|place| place.start < own.start && own.start <= place.end);
        inside && id.is_none_or(|id| names(id, &finding.rule_id))
    };
    let finding = findings.iter().find(meant)?;
    let line = memchr::memchr_iter(b'\n', &part.whole.as_bytes()[..finding.span.start as usize]).count() + 1;
    Some(format!("This comment does not count here, but on the line where the finding begins: {line}"))
}

impl Ran<'_> {
    /// Whether every rule that might find something in the text looked at it.
    fn all_looked(&self) -> bool {
        self.stopped.is_empty() && !self.refused && self.rules.is_whole()
    }

    /// Whether some rule is meant by the id of a check, and all that may be looked at the text.
    fn looked(&self, kind: MarkKind, id: &str, unit: &Unit<'_>) -> bool {
        let profiles = self.rules.profiles();
        let is_meant = |number: &u32| match kind {
            MarkKind::Nosemgrep | MarkKind::AstGrep => names(id, self.rules.id(*number)),
            _ => profiles.get(*number).is_check(id),
        };
        let mut meant = profiles.named(id).iter().copied().filter(is_meant).peekable();
        meant.peek().is_some()
            && meant.all(|number| {
                !self.stopped.contains(&number) && self.rules.looks_at(number, unit, self.options.ignore_paths)
            })
            && !self.rules.is_problem(id)
    }
}
