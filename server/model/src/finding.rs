//! What an analysis says.

use crate::{Edit, Span};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How bad a finding is, in the words of the rule language (old and new severities are one scale).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// `INFO`, `LOW`, `INVENTORY`, `EXPERIMENT`.
    Info,
    /// `WARNING`, `MEDIUM`.
    #[default]
    Warning,
    /// `ERROR`, `HIGH`.
    Error,
    /// `CRITICAL`.
    Critical,
}

impl Severity {
    /// Reads a rule's `severity:`; `None` if it is no severity.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "INFO" | "LOW" | "INVENTORY" | "EXPERIMENT" => Self::Info,
            "WARNING" | "MEDIUM" => Self::Warning,
            "ERROR" | "HIGH" => Self::Error,
            "CRITICAL" => Self::Critical,
            _ => return None,
        })
    }

    /// The name reports print.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
}

/// One place where a rule matched. All spans are in bytes of the analysed version of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id as written in its file.
    pub rule_id: Arc<str>,
    /// The rule's message with metavariables filled in.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What the metavariables were bound to, by name with the dollar sign, sorted by name.
    pub metavars: Vec<(String, MetavarValue)>,
    /// The path from source to sink, for findings of `mode: taint`.
    pub trace: Option<Trace>,
    /// The rule's fix, ready to apply.
    pub fix: Option<Fix>,
    /// An inline comment (`nosemgrep`) asks to ignore this finding: reported as such, never shown as a problem.
    pub suppressed: bool,
    /// Stable over moved lines: hash of the rule id, the matched text with white space folded, and the count of equal
    /// findings before it in the file. Hex.
    pub fingerprint: String,
}

/// What stands around a finding: guesses from names, for people who judge it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// The kind of the smallest node of the tree around it; empty in a text without tree.
    pub node: String,
    /// The kind of the node around that.
    pub parent: Option<String>,
    /// The path is that of a test.
    pub in_test_file: bool,
    /// A value that reaches it was looked at before.
    pub has_validation: bool,
    /// Something that makes values harmless is part of it.
    pub uses_secure_pattern: bool,
}

impl Surroundings {
    /// How sure it is that a finding matters, between 0 and 1: `rule` is how sure its rule is of all that it finds.
    pub fn confidence(&self, rule: f64) -> f64 {
        let lowered = [(self.in_test_file, 0.5), (self.has_validation, 0.7), (self.uses_secure_pattern, 0.6)];
        lowered.into_iter().filter(|(is_so, _)| *is_so).fold(rule, |sure, (_, by)| sure * by)
    }
}

/// What a metavariable was bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetavarValue {
    /// Where it is bound, if the value stands in the document.
    pub span: Span,
    /// The text of the binding.
    pub content: String,
    /// The constant the binding is known to hold, where it differs from its text.
    pub constant: Option<String>,
}

/// The path of untrusted data. The first step is the source, the last the sink.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The steps in order.
    pub steps: Vec<Step>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where the data is at this step.
    pub span: Span,
    /// What happens here.
    pub kind: StepKind,
}

/// What happens at a step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepKind {
    /// Untrusted data enters.
    Source,
    /// It is stored in a variable, field or element.
    Assign,
    /// It goes through a call.
    Call,
    /// It is returned.
    Return,
    /// It is handed to a parameter.
    Parameter,
    /// It reaches a dangerous place.
    Sink,
}

/// A repair: replacements in the analysed version of the document, not overlapping, sorted by place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// The replacements, all in offsets of the same (the analysed) text.
    pub edits: Vec<Edit>,
}

/// Something the analysis could not do, or did in part. Never holds source text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What.
    pub kind: NoteKind,
    /// Where, if it is about a place.
    pub span: Option<Span>,
    /// The rule it is about, if it is about one.
    pub rule_id: Option<Arc<str>>,
    /// For people; says what to do next where something can be done.
    pub message: String,
}

/// Kinds of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoteKind {
    /// Part of the file is not valid in its language; the rest was analysed.
    SyntaxError,
    /// The file was not valid UTF-8; replaced bytes were analysed as U+FFFD.
    InvalidUtf8,
    /// Code nested too deeply was left out.
    TooDeep,
    /// The file is larger than the limit and was not analysed.
    TooLarge,
    /// Parsing or analysis ran out of time; findings may be missing.
    Timeout,
    /// A rule was cut off because it took too long.
    RuleTimeout,
    /// One analysis panicked; nothing else is affected.
    Panic,
    /// Not a text in a language Weir reads.
    Skipped,
    /// The file could not be read.
    Unreadable,
}
