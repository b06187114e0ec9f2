//! What a worker tells who writes rules.

use crate::Span;
use serde::{Deserialize, Serialize};

/// A rule file as its author wants to see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFile {
    /// What is to be said of it, sorted by place.
    pub marks: Vec<RuleMark>,
    /// The rules in it, in their order, as far as they have an id.
    pub rules: Vec<RuleHead>,
}

/// Something to be said of a place in a rule file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleMark {
    /// Where.
    pub span: Span,
    /// How bad.
    pub kind: RuleMarkKind,
    /// For people.
    pub message: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleMarkKind {
    /// The rule does not run.
    Error,
    /// The rule runs, and not as it should.
    Warning,
    /// Something is not supported, or has no effect.
    Information,
    /// What only its author wants to hear.
    Hint,
}

/// A rule where its file names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleHead {
    /// Its id.
    pub id: String,
    /// Where that stands.
    pub span: Span,
}

/// What can stand, and what stands, at one place of a rule file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCursor {
    /// What can stand there.
    pub completions: Vec<Completion>,
    /// What one of them takes the place of.
    pub replace: Span,
    /// What stands there.
    pub hover: Option<RuleHover>,
}

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What is shown.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What is written.
    pub insert: String,
    /// What it is in a few words; may be empty.
    pub detail: String,
    /// What it does, in Markdown; may be empty.
    pub documentation: String,
}

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CompletionKind {
    /// A key of a map.
    Key,
    /// One of the values a key may have.
    Value,
    /// A metavariable.
    Metavariable,
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleHover {
    /// What it is about.
    pub span: Span,
    /// In Markdown.
    pub text: String,
}

/// What a piece of code looks like to a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// The piece: the smallest statement that holds what was asked about.
    pub span: Span,
    /// Its language.
    pub language: String,
    /// The tree, a node a line: role, kind and name, then a pattern that finds its like.
    pub tree: String,
}
