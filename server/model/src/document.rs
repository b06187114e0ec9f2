//! A text under edit.

use crate::{Edit, Format, Span};
use ropey::Rope;
use serde::{Deserialize, Serialize};

/// The number an editor gives a state of a document. Grows with every change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version(pub i64);

/// An edit that does not fit the document: made for another text, or cutting through a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("edit {start}..{end} does not fit a document of {len} bytes; send the whole text again")]
pub struct StaleEdit {
    /// First byte of the edit.
    pub start: u32,
    /// One past the last byte of the edit.
    pub end: u32,
    /// Length of the document in bytes.
    pub len: usize,
}

/// A document: its text as a rope, the version of that text, and what it is made of.
///
/// A clone is a snapshot and costs no copy of the text.
#[derive(Clone, Debug)]
pub struct Document {
    text: Rope,
    version: Version,
    format: Format,
}

impl Document {
    /// A document with its first text.
    pub fn new(text: &str, version: Version, format: impl Into<Format>) -> Self {
        Self { text: Rope::from_str(text), version, format: format.into() }
    }

    /// The text.
    pub fn text(&self) -> &Rope {
        &self.text
    }

    /// The version of the text.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What it is made of.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.text.len_bytes()
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Applies the edits in order and takes the new version. On an edit that does not fit, the document is left as it
    /// was before the first of them.
    pub fn apply(&mut self, edits: &[Edit], version: Version) -> Result<(), StaleEdit> {
        let before = self.text.clone();
        for edit in edits {
            if let Err(stale) = self.apply_one(edit) {
                self.text = before;
                return Err(stale);
            }
        }
        self.version = version;
        Ok(())
    }

    /// Replaces the whole text.
    pub fn replace(&mut self, text: &str, version: Version) {
        self.text = Rope::from_str(text);
        self.version = version;
    }

    fn apply_one(&mut self, edit: &Edit) -> Result<(), StaleEdit> {
        let Span { start, end } = edit.span;
        let stale = StaleEdit { start, end, len: self.len() };
        if start > end || end as usize > self.len() {
            return Err(stale);
        }
        let (from, to) = (self.text.byte_to_char(start as usize), self.text.byte_to_char(end as usize));
        if self.text.char_to_byte(from) != start as usize || self.text.char_to_byte(to) != end as usize {
            return Err(stale);
        }
        self.text.remove(from..to);
        self.text.insert(from, &edit.text);
        Ok(())
    }
}
