//! Where the parts of a rule stand in its file, in the rule's own words: for [`explain`](crate::explain).

use super::yaml::{Key, Place, Yaml};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use weir_model::Span;
use weir_syntax::Symbol;

/// Where a part of a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The key: `pattern-not`.
    #[serde(with = "as_text")]
    pub(crate) key: Symbol,
    /// What it says, if that is a text or a map of texts; of a list nothing.
    #[serde(with = "as_text")]
    pub(crate) text: Symbol,
    /// One-based, of the key.
    pub(crate) line: u32,
    /// Of the value, in bytes.
    pub(crate) span: Span,
}

impl Origin {
    /// Of what stands in no file.
    pub(crate) const NOWHERE: Self = Self { key: Symbol::EMPTY, text: Symbol::EMPTY, line: 0, span: Span::new(0, 0) };

    /// Of a key and its value.
    pub(crate) fn of(key: &Key, value: &Yaml) -> Self {
        Self::new(&key.text, key.place, value)
    }

    /// Of a value under a key that stands somewhere else: an entry of a list.
    pub(crate) fn under(key: &str, value: &Yaml) -> Self {
        Self::new(key, value.place, value)
    }

    fn new(key: &str, at: Place, value: &Yaml) -> Self {
        Self { key: Symbol::new(key), text: Symbol::new(&words(value)), line: at.line, span: value.place.span }
    }
}

/// A text as it is; of a map the texts in it. What is nested deeper has lines of its own.
fn words(value: &Yaml) -> Cow<'_, str> {
    if let Some(text) = value.as_str() {
        return Cow::Borrowed(text.trim());
    }
    let entries = value.as_map().unwrap_or_default().iter();
    let texts = entries.filter_map(|(key, value)| Some(format!("{}: {}", key.text, value.as_str()?.trim())));
    Cow::Owned(texts.collect::<Vec<_>>().join(", "))
}

/// Symbols are numbers of one process: what is written down is the text.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use weir_syntax::Symbol;

    // The signature is serde's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(super) fn serialize<S: Serializer>(name: &Symbol, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(name.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Symbol, D::Error> {
        Ok(Symbol::new(<&str>::deserialize(from)?))
    }
}
