//! The documents a worker holds.

use super::inbox::Change;
use std::collections::HashMap;
use std::sync::Arc;
use weir_model::{DocId, Document, Edit, Language, Version};
use weir_syntax::{Limits, Source};

/// The documents a worker holds.
#[derive(Default)]
pub(super) struct Workspace {
    open: HashMap<DocId, Held>,
}

/// One document: its text, and the trees of that text as far as they are made.
pub(super) struct Held {
    pub(super) path: Arc<str>,
    pub(super) language: Language,
    document: Document,
    source: Option<Source>,
    /// Edits that the document has and the source has not. Empty without a source.
    behind: Vec<Edit>,
}

/// The parent's edits are for another text than the one held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OutOfStep {
    /// The version held, if the document is held at all.
    pub(super) held: Option<Version>,
}

impl Workspace {
    /// Applies changes in order. `None`: the document is closed.
    pub(super) fn apply(&mut self, doc: DocId, changes: Vec<Change>) -> Result<Option<&mut Held>, OutOfStep> {
        for change in changes {
            match change {
                Change::Open { path, language, document } => {
                    self.open.insert(doc, Held { path, language, document, source: None, behind: Vec::new() });
                }
                Change::Edit { base, version, edits } => {
                    let held = self.open.get_mut(&doc).ok_or(OutOfStep { held: None })?;
                    held.edit(base, version, edits)?;
                }
                Change::Close => {
                    self.open.remove(&doc);
                }
            }
        }
        Ok(self.open.get_mut(&doc))
    }

    /// A document.
    pub(super) fn get(&mut self, doc: DocId) -> Option<&mut Held> {
        self.open.get_mut(&doc)
    }

    /// All documents.
    pub(super) fn docs(&self) -> impl Iterator<Item = DocId> {
        self.open.keys().copied()
    }
}

impl Held {
    /// The version of the text.
    pub(super) fn version(&self) -> Version {
        self.document.version()
    }

    /// The trees of the text. A panic inside costs the trees only: they are made again from the text.
    pub(super) fn parsed(&mut self, limits: Limits<'_>) -> &Source {
        let behind = std::mem::take(&mut self.behind);
        let source = match self.source.take() {
            Some(mut source) => {
                if !behind.is_empty() {
                    source.edit(&behind, limits);
                }
                source
            }
            None => Source::parse(self.language, self.document.text().to_string(), limits),
        };
        self.source.insert(source)
    }

    /// Whether the trees are those that the text alone gives.
    pub(super) fn is_settled(&self) -> bool {
        self.source.as_ref().is_none_or(Source::is_settled)
    }

    /// Makes them so; gives whether they are other trees now. A panic inside costs the trees only.
    pub(super) fn settle(&mut self, limits: Limits<'_>) -> bool {
        let Some(mut source) = self.source.take() else { return false };
        let changed = source.settle(limits);
        self.source = Some(source);
        changed
    }

    fn edit(&mut self, base: Version, version: Version, edits: Vec<Edit>) -> Result<(), OutOfStep> {
        let held = self.document.version();
        if base != held || self.document.apply(&edits, version).is_err() {
            return Err(OutOfStep { held: Some(held) });
        }
        if self.source.is_some() {
            self.behind.extend(edits);
        }
        Ok(())
    }
}
