//! What a worker can be asked about one text beside what is found in it, and what it answers.

use crate::{Edit, Explanation, Finding, Surroundings};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is asked about a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Why a rule reports a line, or why it does not. Answered by [`Answer::Line`].
    Line(LineQuestion),
    /// What becomes of the text by each of these repairs alone. Answered by [`Answer::Repairs`].
    Repairs(Vec<Repair>),
    /// Which of these repairs can be made together; an earlier one has precedence. Answered by [`Answer::Together`].
    Together(Vec<Repair>),
    /// What stands around these findings. Answered by [`Answer::Surroundings`].
    Surroundings(Vec<Finding>),
}

/// One rule and one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineQuestion {
    /// The rule's id, or its last part, as in suppressions.
    pub rule_id: Arc<str>,
    /// One-based.
    pub line: u32,
}

/// Edits that are to mend one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// The rule whose finding it is.
    pub rule_id: Arc<str>,
    /// As in [`crate::Fix::edits`].
    pub edits: Vec<Edit>,
}

/// What a worker answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// One for every rule of that name; none: there is no such rule.
    Line(Vec<Explanation>),
    /// One for each repair, in their order.
    Repairs(Vec<Mended>),
    /// The places of those that can be made together, sorted.
    Together(Vec<u32>),
    /// One for each finding, in their order.
    Surroundings(Vec<Surroundings>),
}

/// What a repair does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mended {
    /// The finding is gone and the text parses as well as before.
    Yes,
    /// The text would not parse as well as before.
    BreaksSyntax,
    /// The rule would report as much as before.
    FindingStays,
    /// There was no time to tell.
    Unknown,
}
