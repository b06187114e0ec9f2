//! `metavariable-analysis`: what can be told of a text alone. Estimates of our own; Semgrep's are known by their names only.

mod entropy;
mod redos;

use crate::budget::{Budget, Stop};

/// What a `metavariable-analysis` asks of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Analyzer {
    /// Some of it looks random beside English words, names in code, and ordinary numbers.
    Entropy,
    /// One word of it looks random.
    EntropyV2(Mode),
    /// It is a regex that a backtracking engine may take very long for.
    Redos,
}

/// How much must look random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Lax,
    Default,
    Strict,
}

impl Analyzer {
    /// The analyzer of a name, in its default mode.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "entropy" => Self::Entropy,
            "entropy_v2" => Self::EntropyV2(Mode::Default),
            "redos" => Self::Redos,
            _ => return None,
        })
    }

    /// The analyzer in a mode, if it has modes and this one.
    pub(crate) fn in_mode(self, mode: &str) -> Option<Self> {
        let Self::EntropyV2(_) = self else { return None };
        Some(Self::EntropyV2(match mode {
            "lax" => Mode::Lax,
            "default" => Mode::Default,
            "strict" => Mode::Strict,
            _ => return None,
        }))
    }

    /// Whether a text is what the analyzer looks for.
    pub(crate) fn finds(self, text: &str, budget: &Budget<'_>) -> Result<bool, Stop> {
        match self {
            Self::Entropy => entropy::is_high(text, budget),
            Self::EntropyV2(mode) => entropy::is_high_in_a_word(text, mode, budget),
            Self::Redos => redos::is_vulnerable(text, budget),
        }
    }
}
