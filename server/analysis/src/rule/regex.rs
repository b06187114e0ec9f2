//! Regexes of rules.

/// A compiled regex of a rule.
#[derive(Debug)]
pub(crate) struct Regex(pub(crate) regex::Regex);
