//! What the editor's side knows of a remote worker's documents.

use super::{Down, Held, TextHash, Up};
use crate::{DocId, Document, Edit, Event, Format, Request, Span, Version};
use std::collections::HashMap;
use std::sync::Arc;

/// Turns requests to a worker into messages for a remote one, and its messages into events.
///
/// It keeps the text of every document as the worker has it (a rope each), so that it can say on which text an edit was made,
/// and after a broken connection what has changed since.
#[derive(Debug, Default)]
pub struct Ledger {
    documents: HashMap<DocId, Entry>,
    /// The rules sent last.
    rules: Option<TextHash>,
    /// The worker said that it holds them, and was not told to take them since.
    rules_there: bool,
}

/// A document as the worker has it.
#[derive(Debug)]
struct Entry {
    path: Arc<str>,
    format: Format,
    without: Vec<Arc<str>>,
    document: Document,
    hash: TextHash,
    /// It was opened over this connection.
    opened: bool,
}

/// What comes of a request.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// To be sealed and sent.
    Send(Up),
    /// The worker need not be asked: this is what it would answer.
    Answer(Event),
}

impl Ledger {
    /// A link was made to a worker that holds this. To be called before any request goes over the new link.
    pub fn linked(&mut self, held: &Held) {
        let there: HashMap<_, _> = held.documents.iter().map(|held| (held.doc, held)).collect();
        // What the worker has of it is known only if it is what was sent last: of an edit that was lost on its way it is not.
        self.documents.retain(|doc, entry| {
            there.get(doc).is_some_and(|held| held.hash == entry.hash && held.version == entry.document.version())
        });
        for entry in self.documents.values_mut() {
            entry.opened = false;
        }
        self.rules_there = self.rules.is_some() && self.rules == held.rules;
    }

    /// The worker has read the rules that were sent last, and is to be told of them again by their hash alone.
    pub fn rules_read(&mut self) {
        self.rules_there = self.rules.is_some();
    }

    /// What is to be sent for a request.
    pub fn step(&mut self, request: Request) -> Step {
        Step::Send(match request {
            Request::Rules { generation, sources, disabled, kept } => {
                let hash = TextHash::of_rules(&sources, &disabled);
                let same = std::mem::take(&mut self.rules_there) && self.rules == Some(hash);
                self.rules = Some(hash);
                if same {
                    Up::RulesAgain { generation, hash }
                } else {
                    Up::Request(Request::Rules { generation, sources, disabled, kept })
                }
            }
            Request::Open { doc, path, format, version, text, without } => {
                self.open(doc, path, format, version, text, without)
            }
            Request::Edit { doc, base, version, edits } => return self.edit(doc, base, version, edits),
            Request::Close { doc } => {
                self.documents.remove(&doc);
                Up::Request(Request::Close { doc })
            }
            other => Up::Request(other),
        })
    }

    /// What a message of the worker says. `None`: nothing that a local worker would say.
    pub fn event(&mut self, down: Down) -> Option<Event> {
        match down {
            Down::Event(event) => Some(event),
            Down::Stale { doc, held } => {
                self.documents.remove(&doc);
                Some(Event::Resync { doc, held: held.map(|(version, _)| version) })
            }
            Down::Held(_) => None,
        }
    }

    fn open(
        &mut self,
        doc: DocId,
        path: Arc<str>,
        format: Format,
        version: Version,
        text: String,
        without: Vec<Arc<str>>,
    ) -> Up {
        let document = Document::new(&text, version, format);
        let hash = TextHash::of(text.as_bytes());
        let before = self.documents.remove(&doc);
        let (kept_path, kept_without) = (Arc::clone(&path), without.clone());
        let entry = Entry { path, format, without, document, hash, opened: true };
        // Rules that are left out of a document are let in again where rules are read again.
        let all = entry.without.is_empty();
        let same =
            |before: &Entry| all && !before.opened && (before.format, &before.path) == (entry.format, &entry.path);
        let up = match before.filter(same) {
            Some(before) if before.hash == hash => Up::Again { doc, version, hash },
            Some(before) => {
                let edits = vec![change(&before.document.text().to_string(), &text)];
                let (base, base_hash) = (before.document.version(), before.hash);
                Up::Edit { doc, base, base_hash, version, hash, edits }
            }
            None => Up::Request(Request::Open { doc, path: kept_path, format, version, text, without: kept_without }),
        };
        self.documents.insert(doc, entry);
        up
    }

    fn edit(&mut self, doc: DocId, base: Version, version: Version, edits: Vec<Edit>) -> Step {
        let Some(entry) = self.documents.get_mut(&doc) else {
            return Step::Answer(Event::Resync { doc, held: None });
        };
        let (held, base_hash) = (entry.document.version(), entry.hash);
        if held != base || entry.document.apply(&edits, version).is_err() {
            self.documents.remove(&doc);
            return Step::Answer(Event::Resync { doc, held: Some(held) });
        }
        entry.hash = TextHash::of_rope(entry.document.text());
        Step::Send(Up::Edit { doc, base, base_hash, version, hash: entry.hash, edits })
    }
}

/// The one edit that makes one text of another: all between what both begin and end with.
fn change(from: &str, to: &str) -> Edit {
    let common = from.bytes().zip(to.bytes()).take_while(|(a, b)| a == b).count();
    let start = (0..=common).rev().find(|&at| from.is_char_boundary(at) && to.is_char_boundary(at)).unwrap_or_default();
    let (old, new) = (&from[start..], &to[start..]);
    let common = old.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
    let fits = |&len: &usize| old.is_char_boundary(old.len() - len) && new.is_char_boundary(new.len() - len);
    let end = (0..=common).rev().find(fits).unwrap_or_default();
    Edit::new(Span::from(start..start + old.len() - end), &new[..new.len() - end])
}

#[cfg(test)]
mod tests {
    use super::super::HeldDocument;
    use super::*;
    use crate::{Language, RuleSource};
    use proptest::prelude::*;

    const DOC: DocId = DocId(1);

    #[test]
    fn an_edit_says_on_which_text_it_was_made_and_to_which_it_leads() {
        let mut ledger = Ledger::default();
        ledger.linked(&Held::default());
        assert_eq!(ledger.step(open(1, "abc")), Step::Send(Up::Request(open(1, "abc"))));
        let edits = vec![Edit::new(Span::new(1, 2), "xy")];
        let (base, version) = (Version(1), Version(2));
        let (base_hash, hash) = (TextHash::of(b"abc"), TextHash::of(b"axyc"));
        let expected = Up::Edit { doc: DOC, base, base_hash, version, hash, edits: edits.clone() };
        assert_eq!(ledger.step(Request::Edit { doc: DOC, base, version, edits }), Step::Send(expected));
    }

    #[test]
    fn what_the_worker_would_refuse_is_not_sent() {
        let mut ledger = Ledger::default();
        let edit = |base| Request::Edit { doc: DOC, base: Version(base), version: Version(9), edits: Vec::new() };
        assert_eq!(ledger.step(edit(1)), Step::Answer(Event::Resync { doc: DOC, held: None }));
        ledger.step(open(1, "abc"));
        assert_eq!(ledger.step(edit(2)), Step::Answer(Event::Resync { doc: DOC, held: Some(Version(1)) }));
        // It has to be opened again, and is sent whole.
        assert_eq!(ledger.step(open(9, "abc")), Step::Send(Up::Request(open(9, "abc"))));
    }

    #[test]
    fn rules_that_were_read_are_told_of_by_their_hash() {
        let rules = |generation| {
            let sources: Arc<[RuleSource]> = Arc::from([RuleSource { name: "a".into(), text: "rules: []".into() }]);
            Request::Rules { generation, sources, disabled: Vec::new(), kept: Vec::new() }
        };
        let mut ledger = Ledger::default();
        assert_eq!(ledger.step(rules(0)), Step::Send(Up::Request(rules(0))));
        ledger.rules_read();
        assert!(matches!(ledger.step(rules(1)), Step::Send(Up::RulesAgain { generation: 1, .. })));
        // Once: whoever asks again then wants them sent.
        assert_eq!(ledger.step(rules(2)), Step::Send(Up::Request(rules(2))));
    }

    /// What is opened over the next link, and what goes over it, by what the worker holds.
    #[test]
    fn over_the_next_link_only_what_has_changed_goes() {
        let (abc, abxc) = (TextHash::of(b"abc"), TextHash::of(b"abxc"));
        let again = Up::Again { doc: DOC, version: Version(3), hash: abc };
        let edits = vec![Edit::new(Span::new(2, 2), "x")];
        let edit = Up::Edit { doc: DOC, base: Version(1), base_hash: abc, version: Version(3), hash: abxc, edits };
        for (held, opened, expected) in [
            (Some((1, "abc")), "abc", again),
            (Some((1, "abc")), "abxc", edit),
            (Some((1, "other")), "abc", Up::Request(open(3, "abc"))),
            (Some((2, "abc")), "abc", Up::Request(open(3, "abc"))),
            (None, "abc", Up::Request(open(3, "abc"))),
        ] {
            let mut ledger = Ledger::default();
            ledger.step(open(1, "abc"));
            let documents = held.map(|(version, text): (i64, &str)| HeldDocument {
                doc: DOC,
                version: Version(version),
                hash: TextHash::of(text.as_bytes()),
            });
            ledger.linked(&Held { documents: documents.into_iter().collect(), ..Held::default() });
            assert_eq!(ledger.step(open(3, opened)), Step::Send(expected), "{held:?}");
            // Opened once more over the same link, it is meant to be analysed from scratch.
            assert_eq!(ledger.step(open(4, "abc")), Step::Send(Up::Request(open(4, "abc"))));
        }
    }

    #[test]
    fn rules_that_the_worker_holds_are_not_sent_again() {
        let mut ledger = Ledger::default();
        let hash = match ledger.step(rules(1, "a")) {
            Step::Send(Up::Request(Request::Rules { sources, disabled, .. })) => {
                TextHash::of_rules(&sources, &disabled)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(ledger.step(rules(2, "a")), Step::Send(Up::Request(rules(2, "a"))), "over the same link");
        ledger.linked(&Held { rules: Some(hash), ..Held::default() });
        assert_eq!(ledger.step(rules(3, "a")), Step::Send(Up::RulesAgain { generation: 3, hash }));
        ledger.linked(&Held { rules: Some(hash), ..Held::default() });
        assert_eq!(ledger.step(rules(4, "b")), Step::Send(Up::Request(rules(4, "b"))));
        ledger.linked(&Held::default());
        assert_eq!(ledger.step(rules(5, "b")), Step::Send(Up::Request(rules(5, "b"))));
    }

    proptest! {
        #[test]
        fn the_change_between_two_texts_makes_one_of_the_other(from in "[aé€x\n]{0,12}", to in "[aé€x\n]{0,12}") {
            let mut document = Document::new(&from, Version(1), Format::Text);
            document.apply(&[change(&from, &to)], Version(2)).expect("on boundaries of characters");
            prop_assert_eq!(document.text().to_string(), to);
        }
    }

    fn open(version: i64, text: &str) -> Request {
        let (version, text, without) = (Version(version), text.to_owned(), Vec::new());
        Request::Open { doc: DOC, path: "a.py".into(), format: Language::Python.into(), version, text, without }
    }

    fn rules(generation: u64, text: &str) -> Request {
        let sources = Arc::from([RuleSource { name: "rules".to_owned(), text: text.to_owned() }]);
        Request::Rules { generation, sources, disabled: Vec::new(), kept: Vec::new() }
    }
}
