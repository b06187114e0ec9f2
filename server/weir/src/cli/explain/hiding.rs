//! What of a project hides a finding beside comments, of which the workers know nothing: its lists and its baseline.

use crate::baseline::Baseline;
use crate::cli::marks::Marks;
use crate::report::rule::Rule;
use ropey::Rope;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use weir_model::{Explanation, Finding, MarkPlace, Outcome, Reason, Verdict};

/// What is looked at for one file.
pub(super) struct Hiding<'a> {
    /// All findings of the file, with their fingerprints; none if there is no baseline.
    pub(super) findings: &'a [Finding],
    pub(super) baseline: &'a Baseline,
    pub(super) baseline_file: &'a Path,
    pub(super) file: &'a Path,
    pub(super) in_project: &'a str,
    pub(super) text: &'a Rope,
    pub(super) rules: BTreeMap<Arc<str>, Rule>,
}

impl Hiding<'_> {
    /// Says of an explanation what hides its findings. Where all of them are hidden the line is not reported.
    pub(super) fn heed(&self, marks: &mut Marks, explanation: &mut Explanation) {
        if explanation.verdict != Verdict::Reported {
            return;
        }
        marks.apply(self.file, self.text, &mut explanation.findings, &self.rules);
        let hidden: Vec<Option<String>> = explanation.findings.iter().map(|finding| self.by(finding)).collect();
        let mut told: Vec<&String> = hidden.iter().flatten().collect();
        told.dedup();
        if let [Some(first), ..] = &hidden[..]
            && hidden.iter().all(Option::is_some)
        {
            explanation.verdict = Verdict::Suppressed;
            explanation.summary.clone_from(first);
        }
        let reason = |message: &String| Reason {
            outcome: Outcome::Fails,
            rule: None,
            message: message.clone(),
            places: Vec::new(),
            below: Vec::new(),
        };
        explanation.reasons.extend(told.into_iter().map(reason));
    }

    /// What hides a finding; a comment is told by whoever found it.
    fn by(&self, finding: &Finding) -> Option<String> {
        if let Some(asked) = &finding.suppressed {
            return Some(match &asked.place {
                MarkPlace::File { path, line } => {
                    let mut said = format!("{path}:{line} asks to ignore it");
                    if let Some(reason) = &asked.reason {
                        said += &format!(": {reason}");
                    }
                    said
                }
                MarkPlace::Text(_) => "a comment asks to ignore it".to_owned(),
            });
        }
        let is_same = |other: &&Finding| {
            (&other.rule_id, other.span, &other.message) == (&finding.rule_id, finding.span, &finding.message)
        };
        let whole = self.findings.iter().find(is_same)?;
        let is_known = self.baseline.holds(self.in_project, whole);
        is_known.then(|| format!("it is in the baseline {}: it was there before", self.baseline_file.display()))
    }
}
