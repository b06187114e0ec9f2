//! Why a rule reports a line, or why it does not.

use crate::{Finding, MetavarValue, Span};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::cell::Cell;
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
    /// What it is made of: at most [`MAX_DEPTH`] levels, whoever sent them.
    #[serde(deserialize_with = "nested")]
    pub below: Vec<Reason>,
}

/// Rules are not nested more deeply, so reasons are not; whoever sends deeper ones wants the stack of the process that reads them.
pub const MAX_DEPTH: usize = 256;

thread_local! {
    /// How deep what is being read is.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

fn nested<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Reason>, D::Error> {
    let depth = DEPTH.get();
    if depth >= MAX_DEPTH {
        return Err(D::Error::custom("reasons are nested too deeply"));
    }
    DEPTH.set(depth + 1);
    let below = Vec::deserialize(input);
    DEPTH.set(depth);
    below
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing;

    #[test]
    fn reasons_nested_too_deeply_are_refused_and_do_not_fill_the_stack() {
        let nest = |depth: usize| {
            let mut below = Vec::new();
            for _ in 0..depth {
                let (message, places) = (String::new(), Vec::new());
                below = vec![Reason { outcome: Outcome::Holds, rule: None, message, places, below }];
            }
            below
        };
        let read = |reasons: &Vec<Reason>| framing::decode::<Vec<Reason>>(&framing::encode(reasons).unwrap()[4..]);
        assert_eq!(read(&nest(MAX_DEPTH)).unwrap(), nest(MAX_DEPTH));
        assert!(read(&nest(MAX_DEPTH + 1)).is_err());
        assert!(read(&nest(1)).is_ok(), "what was refused is forgotten");
        // As bytes: nobody can build such a thing. Each level is an outcome, no rule, no message, no place, one below.
        let deep: Vec<u8> = std::iter::once(1).chain([0, 0, 0, 0, 1].repeat(1_000_000)).collect();
        assert!(framing::decode::<Vec<Reason>>(&deep).is_err());
    }
}
