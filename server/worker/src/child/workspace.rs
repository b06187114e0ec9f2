//! The documents a worker holds.

use super::inbox::Change;
use std::collections::HashMap;
use std::sync::Arc;
use weir_analysis::{Habit, Memo};
use weir_model::{DocId, Document, Edit, Format, Version};
use weir_syntax::{Limits, Source};

/// The documents a worker holds.
#[derive(Default)]
pub(super) struct Workspace {
    open: HashMap<DocId, Held>,
}

/// One document: its text, and the trees of that text as far as they are made.
pub(super) struct Held {
    pub(super) path: Arc<str>,
    pub(super) format: Format,
    pub(super) without: Vec<Arc<str>>,
    document: Document,
    source: Option<Source>,
    /// What the last analysis left for the next.
    memo: Memo,
    /// Where its marks stand.
    pub(super) habit: Habit,
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
                Change::Open { path, format, document, without } => {
                    let (source, memo, habit, behind) = (None, Memo::default(), Habit::default(), Vec::new());
                    self.open.insert(doc, Held { path, format, without, document, source, memo, habit, behind });
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

    /// Where the documents other than one have their marks.
    pub(super) fn habit(&self, doc: DocId) -> Habit {
        let others = self.open.iter().filter(|(other, _)| **other != doc);
        others.fold(Habit::default(), |habit, (_, held)| habit.and(held.habit))
    }

    /// New rules are in force: those that looped before get another chance.
    pub(super) fn allow_all_rules(&mut self) {
        for held in self.open.values_mut() {
            held.without.clear();
        }
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

    /// The trees of the text, and what the last analysis of it left: the next one puts its own in there. A panic inside costs
    /// these only: they are made again from the text.
    pub(super) fn parsed(&mut self, limits: Limits<'_>) -> (&Source, &mut Memo) {
        let behind = std::mem::take(&mut self.behind);
        let source = match self.source.take() {
            Some(mut source) => {
                if !behind.is_empty() {
                    source.edit(&behind, limits);
                }
                source
            }
            None => Source::parse(self.format, self.document.text().to_string(), limits),
        };
        (self.source.insert(source), &mut self.memo)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use weir_model::{Language, Span};

    const DOC: DocId = DocId(1);

    proptest! {
        /// Edits arrive one by one or several at once, and are parsed now or later: the tree is always of the newest text.
        #[test]
        fn any_grouping_of_edits_ends_in_the_right_text(
            edits in prop::collection::vec((any::<u16>(), 0..6usize, "[a-z(\"é\n]{0,4}", any::<bool>(), any::<bool>()), 1..40),
        ) {
            let mut document = Document::new("def f(x):\n    return eval(x)\n", Version(0), Some(Language::Python));
            let mut workspace = Workspace::default();
            let open = Change::Open { path: "a.py".into(), format: Language::Python.into(), document: document.clone(), without: Vec::new() };
            let mut changes = vec![open];
            for (at, len, text, apply, parse) in edits {
                let chars = document.text().len_chars();
                let at = at as usize % (chars + 1);
                let byte = |at: usize| document.text().char_to_byte(at.min(chars)) as u32;
                let edits = vec![Edit::new(Span::new(byte(at), byte(at + len)), text)];
                let (base, version) = (document.version(), Version(document.version().0 + 1));
                document.apply(&edits, version).expect("an edit that fits");
                changes.push(Change::Edit { base, version, edits });
                if apply {
                    let held = workspace.apply(DOC, std::mem::take(&mut changes)).expect("in step").expect("open");
                    if parse {
                        prop_assert_eq!(held.parsed(Limits::NONE).0.text(), document.text().to_string());
                    }
                }
            }
            let held = workspace.apply(DOC, changes).expect("in step").expect("open");
            prop_assert_eq!(held.version(), document.version());
            prop_assert_eq!(held.parsed(Limits::NONE).0.text(), document.text().to_string());
        }
    }

    #[test]
    fn an_edit_of_another_version_or_text_is_out_of_step() {
        let mut workspace = Workspace::default();
        let edit = |base, start, end| Change::Edit {
            base: Version(base),
            version: Version(base + 1),
            edits: vec![Edit::new(Span::new(start, end), "")],
        };
        let out = |held: Option<i64>| Some(OutOfStep { held: held.map(Version) });
        assert_eq!(workspace.apply(DOC, vec![edit(1, 0, 0)]).err(), out(None));
        let document = Document::new("é", Version(1), Some(Language::Python));
        let open = Change::Open { path: "a.py".into(), format: Language::Python.into(), document, without: Vec::new() };
        assert_eq!(workspace.apply(DOC, vec![open, edit(2, 0, 0)]).err(), out(Some(1)));
        assert_eq!(workspace.apply(DOC, vec![edit(1, 0, 1)]).err(), out(Some(1)), "cuts through a character");
        assert_eq!(workspace.apply(DOC, vec![edit(1, 0, 9)]).err(), out(Some(1)), "past the end");
        assert!(workspace.apply(DOC, vec![edit(1, 0, 2)]).is_ok());
    }
}
