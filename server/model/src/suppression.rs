//! Marks that ask to ignore findings, and what there is to say about marks.

use crate::{Edit, Span};
use serde::{Deserialize, Serialize};

/// Why a finding is not to be shown as a problem: somebody asked to ignore it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// By what mark.
    pub mark: MarkKind,
    /// Where the mark is.
    pub place: MarkPlace,
    /// Why, as written beside the mark.
    pub reason: Option<String>,
    /// The last day on which it counts, `YYYY-MM-DD`.
    pub until: Option<String>,
}

/// Where a mark is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkPlace {
    /// In the text of the finding.
    Text(Span),
    /// In a file of the project that lists what to ignore.
    File {
        /// Relative to the project's root, with forward slashes.
        path: String,
        /// One-based; 0 if the format has no lines worth naming.
        line: u32,
    },
}

/// Marks by whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)] // each is the name of a tool
pub enum MarkKind {
    /// `nosemgrep`, `nosem`: Semgrep's and ours.
    Nosemgrep,
    Bandit,
    Gosec,
    /// `noqa`, of Flake8 and Ruff.
    Noqa,
    Ruff,
    Sobelow,
    Brakeman,
    DevSkim,
    AstGrep,
    Snyk,
    Sonar,
    /// `ESLint` and those that read its comments.
    Eslint,
    Biome,
    Rubocop,
    Phpcs,
    Psalm,
    Gitleaks,
    DetectSecrets,
    Trufflehog,
    Checkov,
    /// tfsec and its successor Trivy.
    Tfsec,
    Kics,
    Bearer,
    /// `codeql[...]` and the older `lgtm[...]`.
    CodeQl,
    /// `@SuppressWarnings`
    Java,
    /// `@SuppressFBWarnings`
    SpotBugs,
    /// `.snyk`, of Snyk's tools.
    SnykPolicy,
}

impl MarkKind {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nosemgrep => "nosemgrep",
            Self::Bandit => "nosec",
            Self::Gosec => "#nosec",
            Self::Noqa => "noqa",
            Self::Ruff => "ruff",
            Self::Sobelow => "sobelow_skip",
            Self::Brakeman => "brakeman.ignore",
            Self::DevSkim => "DevSkim: ignore",
            Self::AstGrep => "ast-grep-ignore",
            Self::Snyk => "deepcode ignore",
            Self::Sonar => "NOSONAR",
            Self::Eslint => "eslint-disable",
            Self::Biome => "biome-ignore",
            Self::Rubocop => "rubocop:disable",
            Self::Phpcs => "phpcs:ignore",
            Self::Psalm => "@psalm-suppress",
            Self::Gitleaks => "gitleaks:allow",
            Self::DetectSecrets => "pragma: allowlist secret",
            Self::Trufflehog => "trufflehog:ignore",
            Self::Checkov => "checkov:skip",
            Self::Tfsec => "tfsec:ignore",
            Self::Kics => "kics-scan ignore",
            Self::Bearer => "bearer:disable",
            Self::CodeQl => "codeql",
            Self::Java => "@SuppressWarnings",
            Self::SpotBugs => "@SuppressFBWarnings",
            Self::SnykPolicy => ".snyk",
        }
    }
}

/// Which marks of other tools count. `nosemgrep` always does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ForeignMarks {
    /// None.
    None,
    /// Those that name a check that is one of ours.
    Named,
    /// Those as well that name no check and speak of one line.
    #[default]
    Lines,
    /// Those as well that name no check and speak of more than a line, often a whole file.
    All,
}

/// A mark about which there is something to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// What.
    pub kind: HintKind,
    /// The mark, or that one of its ids of which it is said.
    pub span: Span,
    /// For people.
    pub message: String,
    /// Removes it: one id of several, the mark, or all of its comment with the space around it.
    pub removal: Vec<Edit>,
}

/// What there may be to say about a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HintKind {
    /// Nothing is found that it asks to ignore.
    Unused,
    /// Its last day is over.
    Expired,
}

impl HintKind {
    /// The id reports give it, which no rule has.
    pub const fn rule_id(self) -> &'static str {
        match self {
            Self::Unused => "weir/unused-suppression",
            Self::Expired => "weir/expired-suppression",
        }
    }

    /// What it says of a mark.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unused => "Nothing is found that a mark asks to ignore",
            Self::Expired => "The last day of a mark is over: it ignores nothing any more",
        }
    }

    /// The name reports print.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unused => "unused-suppression",
            Self::Expired => "expired-suppression",
        }
    }
}
