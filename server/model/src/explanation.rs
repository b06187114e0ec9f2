//! Why a rule reports a line, or why it does not.

use crate::{Finding, MetavarValue, Span};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why one rule reports one line of a file, or why it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The rule's id as written in its file.
    pub rule_id: Arc<str>,
    /// The rule file ([`crate::RuleSource::name`]).
    pub source: String,
    /// One-based line of the rule in it.
    pub rule_line: u32,
    /// The line asked about, without its break.
    pub span: Span,
    /// Whether it is reported.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub summary: String,
    /// The rule's findings that touch the line, suppressed ones among them; of very many the first. Without fingerprints,
    /// which take all findings of a file.
    pub findings: Vec<Finding>,
    /// How the verdict comes about, step by step.
    pub reasons: Vec<Reason>,
}

/// Whether a rule reports a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It does.
    Reported,
    /// It would, but a comment asks to ignore that.
    Suppressed,
    /// It does not look at the file at all.
    NotRun,
    /// It looks at the file and finds nothing on the line.
    NotReported,
    /// Time ran out before it could be told.
    Stopped,
}

/// One step on the way to a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// How it turned out.
    pub outcome: Outcome,
    /// What the rule says here, if it is about a part of the rule.
    pub rule: Option<RulePart>,
    /// What happened, for people.
    pub message: String,
    /// Where, in the code.
    pub places: Vec<Place>,
    /// What it is made of.
    pub below: Vec<Reason>,
}

/// How a step turned out for the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The line is still in.
    Holds,
    /// The line is out from here on.
    Fails,
    /// It decides nothing.
    Neutral,
}

/// A part of a rule in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulePart {
    /// The key: `pattern-not`.
    pub key: String,
    /// What it says; empty if that is a list of further parts.
    pub text: String,
    /// One-based line in the rule file, 0 if it stands in none.
    pub line: u32,
    /// Where what it says stands in the rule file, in bytes.
    pub span: Span,
}

/// A place in the code and what is to be known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Where.
    pub span: Span,
    /// What happens there, for people; may be empty.
    pub label: String,
    /// What metavariables are bound to, as in [`Finding::metavars`].
    pub metavars: Vec<(String, MetavarValue)>,
}
