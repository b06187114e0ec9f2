//! The texts that an editor's edits are checked against, before anything is analysed.
//!
//! A text here shares its memory with the one the analysis has: both are snapshots of one rope.

use std::collections::HashMap;
use std::time::{Duration, Instant};
use weir_model::link::{HeldDocument, Terms, TextHash};
use weir_model::{DocId, Document, Edit, Format, Version};

/// The texts of a session.
pub(super) struct Texts {
    documents: HashMap<DocId, Text>,
    limits: Limits,
    /// Bytes of all texts held.
    bytes: u64,
}

/// How much is held, for how long.
pub(super) struct Limits {
    max_documents: u64,
    max_bytes: u64,
    max_file: u64,
    idle: Duration,
}

/// One document.
struct Text {
    version: Version,
    hash: TextHash,
    touched: Instant,
    state: State,
}

enum State {
    Held(Document),
    /// Forgotten because nobody touched it.
    Idle,
    /// Not taken: it is over a limit.
    Refused,
}

/// What becomes of an edit.
#[derive(Debug, PartialEq)]
pub(super) enum Edited {
    /// It is made.
    Made,
    /// It is one to a text that was not taken, or with it the text is over a limit.
    Refused,
    /// It is one to another text than this, if any is known.
    Stale(Option<(Version, TextHash)>),
}

impl From<&Terms> for Limits {
    fn from(terms: &Terms) -> Self {
        Self {
            max_documents: terms.max_documents,
            max_bytes: terms.max_bytes,
            max_file: terms.max_file,
            idle: Duration::from_millis(terms.idle_ms),
        }
    }
}

impl Texts {
    pub(super) fn new(limits: Limits) -> Self {
        Self { documents: HashMap::new(), limits, bytes: 0 }
    }

    /// Takes a text; `None` if it is over a limit.
    pub(super) fn open(
        &mut self,
        doc: DocId,
        format: Format,
        version: Version,
        text: &str,
        now: Instant,
    ) -> Option<Document> {
        self.close(doc);
        let len = text.len() as u64;
        let fits = len <= self.limits.max_file
            && self.bytes + len <= self.limits.max_bytes
            && self.held() < self.limits.max_documents;
        let document = fits.then(|| Document::new(text, version, format));
        let hash = TextHash::of(text.as_bytes());
        let state = document.clone().map_or(State::Refused, State::Held);
        self.put(doc, Text { version, hash, touched: now, state });
        document
    }

    /// Makes an edit, if it was made on the text held and leads to the text it should.
    pub(super) fn edit(
        &mut self,
        doc: DocId,
        (base, base_hash): (Version, TextHash),
        (version, hash): (Version, TextHash),
        edits: &[Edit],
        now: Instant,
    ) -> Edited {
        let Some(text) = self.documents.get_mut(&doc) else { return Edited::Stale(None) };
        let known = (text.version, text.hash);
        let document = match &text.state {
            State::Held(document) if known == (base, base_hash) => document,
            State::Refused => {
                (text.version, text.touched) = (version, now);
                return Edited::Refused;
            }
            State::Held(_) | State::Idle => return Edited::Stale(Some(known)),
        };
        let mut document = document.clone();
        let before = document.len() as u64;
        if document.apply(edits, version).is_err() || TextHash::of_rope(document.text()) != hash {
            return Edited::Stale(Some(known));
        }
        let after = document.len() as u64;
        (text.version, text.hash, text.touched) = (version, hash, now);
        if after > self.limits.max_file || self.bytes - before + after > self.limits.max_bytes {
            text.state = State::Refused;
            self.bytes -= before;
            return Edited::Refused;
        }
        text.state = State::Held(document);
        self.bytes = self.bytes - before + after;
        Edited::Made
    }

    /// Gives a text another version; what it had before, if this is the text held.
    pub(super) fn again(
        &mut self,
        doc: DocId,
        version: Version,
        hash: TextHash,
        now: Instant,
    ) -> Result<Version, Option<(Version, TextHash)>> {
        let Some(text) = self.documents.get_mut(&doc) else { return Err(None) };
        match &mut text.state {
            State::Held(document) if text.hash == hash => {
                // No edits fit always.
                let _ = document.apply(&[], version);
                text.touched = now;
                Ok(std::mem::replace(&mut text.version, version))
            }
            _ => Err(Some((text.version, text.hash))),
        }
    }

    /// Forgets a document.
    pub(super) fn close(&mut self, doc: DocId) {
        if let Some(Text { state: State::Held(document), .. }) = self.documents.remove(&doc) {
            self.bytes -= document.len() as u64;
        }
    }

    /// Forgets the texts that nobody has touched for long; these.
    pub(super) fn sweep(&mut self, now: Instant) -> Vec<DocId> {
        let idle = self.limits.idle;
        let mut forgotten = Vec::new();
        for (&doc, text) in &mut self.documents {
            if let State::Held(document) = &text.state
                && now.saturating_duration_since(text.touched) >= idle
            {
                self.bytes -= document.len() as u64;
                text.state = State::Idle;
                forgotten.push(doc);
            }
        }
        forgotten
    }

    /// The documents of which the text is held.
    pub(super) fn list(&self) -> Vec<HeldDocument> {
        let held = self.documents.iter().filter(|(_, text)| matches!(text.state, State::Held(_)));
        held.map(|(&doc, text)| HeldDocument { doc, version: text.version, hash: text.hash }).collect()
    }

    /// The documents whose text was forgotten, with what it was.
    pub(super) fn idle(&self) -> Vec<(DocId, Version, TextHash)> {
        let idle = self.documents.iter().filter(|(_, text)| matches!(text.state, State::Idle));
        idle.map(|(&doc, text)| (doc, text.version, text.hash)).collect()
    }

    /// How many texts are held.
    pub(super) fn held(&self) -> u64 {
        self.documents.values().filter(|text| matches!(text.state, State::Held(_))).count() as u64
    }

    /// How many bytes they have.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn put(&mut self, doc: DocId, text: Text) {
        if let State::Held(document) = &text.state {
            self.bytes += document.len() as u64;
        }
        self.documents.insert(doc, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_model::Span;

    const A: DocId = DocId(1);
    const B: DocId = DocId(2);

    fn texts() -> Texts {
        let idle = Duration::from_mins(10);
        Texts::new(Limits { max_documents: 2, max_bytes: 20, max_file: 10, idle })
    }

    fn hash(text: &str) -> TextHash {
        TextHash::of(text.as_bytes())
    }

    fn open(texts: &mut Texts, doc: DocId, text: &str) -> bool {
        texts.open(doc, Format::Text, Version(1), text, Instant::now()).is_some()
    }

    /// Version and text it is made on, the edit, the text it should lead to, what becomes of it; the text held is `abc`, 1.
    #[test]
    fn an_edit_is_made_on_the_text_held_only_and_leads_to_the_text_it_should() {
        let stale = || Edited::Stale(Some((Version(1), hash("abc"))));
        for (base, on, (start, end, new), to, expected) in [
            (1, "abc", (1, 2, "xy"), "axyc", Edited::Made),
            (0, "abc", (1, 2, "xy"), "axyc", stale()),
            (1, "abd", (1, 2, "xy"), "axyc", stale()),
            (1, "abc", (1, 2, "xy"), "axyd", stale()),
            (1, "abc", (1, 9, "xy"), "axyc", stale()),
            (1, "abc", (1, 2, "12345678901"), "a12345678901c", Edited::Refused),
        ] {
            let mut texts = texts();
            assert!(open(&mut texts, A, "abc"));
            let edits = [Edit::new(Span::new(start, end), new)];
            let (from, into) = ((Version(base), hash(on)), (Version(2), hash(to)));
            assert_eq!(texts.edit(A, from, into, &edits, Instant::now()), expected, "{base} {on} {new} {to}");
            let (text, bytes) = match expected {
                Edited::Made => (Some(("axyc", 2)), 4),
                Edited::Refused => (None, 0),
                Edited::Stale(_) => (Some(("abc", 1)), 3),
            };
            assert_eq!(texts.bytes(), bytes);
            let held = text.map(|(text, version)| HeldDocument { doc: A, version: Version(version), hash: hash(text) });
            assert_eq!(texts.list(), Vec::from_iter(held));
        }
    }

    #[test]
    fn texts_over_a_limit_are_not_taken_and_edits_to_them_are_refused() {
        let mut texts = texts();
        assert!(!open(&mut texts, A, "more than ten"));
        let (from, into) = ((Version(1), hash("?")), (Version(2), hash("!")));
        assert_eq!(texts.edit(A, from, into, &[], Instant::now()), Edited::Refused);
        assert!(open(&mut texts, A, "1234567890"));
        assert!(open(&mut texts, B, "1234567890"));
        assert!(!open(&mut texts, DocId(3), ""), "too many");
        texts.close(A);
        assert!(open(&mut texts, DocId(3), "1234567890"));
        assert!(!open(&mut texts, DocId(3), "12345678901"));
        assert_eq!((texts.held(), texts.bytes()), (1, 10));
    }

    #[test]
    fn a_text_that_nobody_touches_is_forgotten_and_its_edits_are_refused() {
        let mut texts = texts();
        let now = Instant::now();
        assert!(open(&mut texts, A, "abc"));
        assert!(open(&mut texts, B, "abc"));
        let later = now + Duration::from_mins(11);
        assert_eq!(texts.again(B, Version(5), hash("abc"), later), Ok(Version(1)));
        assert_eq!(texts.sweep(later), [A]);
        assert_eq!(texts.sweep(later), []);
        assert_eq!((texts.held(), texts.bytes()), (1, 3));
        assert_eq!(texts.idle(), [(A, Version(1), hash("abc"))]);
        let known = Some((Version(1), hash("abc")));
        let (from, into) = ((Version(1), hash("abc")), (Version(2), hash("abc")));
        assert_eq!(texts.edit(A, from, into, &[], later), Edited::Stale(known));
        assert_eq!(texts.again(A, Version(2), hash("abc"), later), Err(known));
        assert!(open(&mut texts, A, "abc"));
        assert_eq!(texts.edit(A, from, into, &[], later), Edited::Made);
    }
}
