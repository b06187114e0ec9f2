//! The rules of one rule file tried on all of its targets, as `weir test` does it, with the text that is being typed.

use crate::cli::autofix;
use crate::rule_tests::annotation::{Annotations, Lines};
use crate::rule_tests::{Analysed, line_of};
use ropey::Rope;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use weir_model::{Finding, JobId, RuleHead, Span, Version};

/// A target as it is read or typed.
pub(crate) struct TargetText {
    pub(crate) file: PathBuf,
    /// `None`: it cannot be read.
    pub(crate) text: Option<Arc<str>>,
    /// The version of the text, if it is open.
    pub(crate) version: Option<Version>,
    /// What the fixes are to make of it.
    pub(crate) fixed: Option<Arc<str>>,
}

/// A run under way.
pub(crate) struct Run {
    /// No two runs have the same.
    pub(crate) number: u64,
    /// The version of the rules.
    pub(crate) version: Version,
    pub(crate) rules: Vec<RuleHead>,
    /// Targets a worker has.
    pub(crate) waiting: HashMap<JobId, TargetText>,
    pub(crate) done: Vec<(TargetText, Option<Vec<Finding>>)>,
}

/// What came of a run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Finished {
    /// By rule id.
    pub(crate) scores: BTreeMap<String, Score>,
    /// By target.
    pub(crate) verdicts: HashMap<PathBuf, Verdict>,
}

/// How many of the annotations of a rule are met, over all targets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) passed: usize,
    /// Annotated lines, and lines that are reported without one.
    pub(crate) all: usize,
    /// Of those, the targets whose fixes are not what they should be.
    pub(crate) fixes: usize,
}

/// What the rules find in one target.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    /// The version of the target's text, if it was open.
    pub(crate) version: Option<Version>,
    /// The ids of the rules that were tried.
    pub(crate) rules: HashSet<String>,
    pub(crate) remarks: Vec<Remark>,
}

/// One line of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remark {
    pub(crate) span: Span,
    /// One-based.
    pub(crate) line: u32,
    pub(crate) rule_id: String,
    pub(crate) kind: RemarkKind,
    /// What the rule says, if it reports the line.
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RemarkKind {
    /// Reported, as expected.
    Match,
    /// Expected and not reported.
    Missing,
    /// Reported although the annotation says that it is fine.
    Forbidden,
    /// Reported, and no annotation speaks of it.
    Unexpected,
    /// Reported where that counts neither way.
    Undecided,
}

impl Run {
    /// Whether all targets were tried.
    pub(crate) fn is_over(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Compares what was found with what was expected.
    pub(crate) fn finish(self) -> Finished {
        let ids: HashSet<String> = self.rules.iter().map(|rule| rule.id.clone()).collect();
        let mut finished = Finished::default();
        for id in &ids {
            finished.scores.insert(id.clone(), Score::default());
        }
        for (target, findings) in self.done {
            let verdict = judge(&target, findings, &ids, &mut finished.scores);
            finished.verdicts.insert(target.file, verdict);
        }
        finished
    }
}

fn judge(
    target: &TargetText,
    findings: Option<Vec<Finding>>,
    ids: &HashSet<String>,
    scores: &mut BTreeMap<String, Score>,
) -> Verdict {
    let Some(text) = &target.text else { return Verdict::default() };
    let failure = findings.is_none().then(|| "it could not be analysed".to_owned());
    let analysed = Analysed { text: Arc::clone(text), findings: findings.unwrap_or_default(), failure };
    let own = |finding: &&Finding| ids.contains(&*finding.rule_id) && !finding.is_suppressed();
    let seen = analysed.seen(&target.file, analysed.findings.iter().filter(own));
    let annotations = Annotations::read(text);
    let none = Lines::new();
    let lines = |by_id: &BTreeMap<String, Lines>, id: &str| by_id.get(id).unwrap_or(&none).clone();
    let lines_of_text = Rope::from_str(text);
    let mut remarks = Vec::new();
    for id in ids {
        let (expected, clean) = (lines(&annotations.expected, id), lines(&annotations.clean, id));
        let (undecided, reported) = (lines(&annotations.undecided, id), lines(&seen.reported, id));
        let score = scores.entry(id.clone()).or_default();
        let extra = reported.iter().filter(|line| ![&expected, &clean, &undecided].iter().any(|of| of.contains(line)));
        score.all += expected.len() + clean.difference(&expected).count() + extra.count();
        score.passed += expected.intersection(&reported).count();
        score.passed += clean.difference(&expected).filter(|line| !reported.contains(line)).count();
        for &line in expected.difference(&reported) {
            let (span, kind) = (span_of(&lines_of_text, line), RemarkKind::Missing);
            remarks.push(Remark { span, line, rule_id: id.clone(), kind, message: String::new() });
        }
        for finding in analysed.findings.iter().filter(own).filter(|finding| *finding.rule_id == **id) {
            let line = line_of(&lines_of_text, finding);
            let kind = if expected.contains(&line) {
                RemarkKind::Match
            } else if undecided.contains(&line) {
                RemarkKind::Undecided
            } else if clean.contains(&line) {
                RemarkKind::Forbidden
            } else {
                RemarkKind::Unexpected
            };
            let (span, message) = (finding.span, finding.message.clone());
            remarks.push(Remark { span, line, rule_id: id.clone(), kind, message });
        }
        if let Some(fixed) = &target.fixed {
            let of_rule = analysed.findings.iter().filter(own).filter(|finding| *finding.rule_id == **id);
            let has_fix = of_rule.clone().any(|finding| finding.fix.is_some());
            let (repaired, _) = autofix::repaired(text, analysed.findings.iter().filter(own));
            if has_fix {
                score.all += 1;
                score.passed += usize::from(repaired == **fixed);
                score.fixes += usize::from(repaired != **fixed);
            }
        }
    }
    remarks.sort_by(|a, b| (a.span, &a.rule_id).cmp(&(b.span, &b.rule_id)));
    Verdict { version: target.version, rules: ids.clone(), remarks }
}

/// A line without its break and its indentation.
fn span_of(text: &Rope, line: u32) -> Span {
    let at = (line as usize - 1).min(text.len_lines().saturating_sub(1));
    let content = text.line(at).to_string();
    let start = text.line_to_byte(at) + content.len() - content.trim_start().len();
    Span::from(start..start + content.trim().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(text: &str, code: &str) -> Finding {
        let start = text.find(code).expect("the code");
        Finding {
            rule_id: "a".into(),
            message: "bad".to_owned(),
            severity: weir_model::Severity::Error,
            span: Span::from(start..start + code.len()),
            metavars: Vec::new(),
            trace: None,
            fix: None,
            suppressed: None,
            ignore: None,
            fingerprint: String::new(),
        }
    }

    #[test]
    fn lines_are_compared_with_their_annotations() {
        let text = "# ruleid: a\nf(1)\n# ruleid: a\n  g(2)\n# ok: a\nf(3)\n# ok: a\ng(4)\n# todook: a\nf(5)\nf(6)\n";
        let found = ["f(1)", "f(3)", "f(5)", "f(6)"].map(|code| finding(text, code)).to_vec();
        let target =
            TargetText { file: "t.py".into(), text: Some(text.into()), version: Some(Version(1)), fixed: None };
        let run = Run {
            number: 1,
            version: Version(1),
            rules: vec![RuleHead { id: "a".to_owned(), span: Span::default() }],
            waiting: HashMap::new(),
            done: vec![(target, Some(found))],
        };
        assert!(run.is_over());
        let finished = run.finish();
        assert_eq!(finished.scores["a"], Score { passed: 2, all: 5, fixes: 0 });
        let verdict = &finished.verdicts[&PathBuf::from("t.py")];
        let remarks: Vec<_> = verdict.remarks.iter().map(|remark| (remark.span.text(text), remark.kind)).collect();
        assert_eq!(
            remarks,
            [
                ("f(1)", RemarkKind::Match),
                ("g(2)", RemarkKind::Missing),
                ("f(3)", RemarkKind::Forbidden),
                ("f(5)", RemarkKind::Undecided),
                ("f(6)", RemarkKind::Unexpected),
            ]
        );
    }
}
