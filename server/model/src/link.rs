//! The words inside a sealed link: those of a local worker, and what a link that may break needs beside them.
//!
//! A remote worker is spoken to as a local one is. What differs is that both sides check that they speak of the same text,
//! and that a worker may still hold what it was sent over a connection that is gone. [`Ledger`] is the editor's side of that:
//! it turns requests into [`Up`]s and sends again only what the worker does not hold.

mod ledger;

pub use ledger::{Ledger, Step};

use crate::{DocId, Edit, Event, Request, RuleSource, Version};
use ropey::Rope;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// The SHA-256 of a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextHash(pub [u8; 32]);

impl TextHash {
    /// Of the text in a rope. All of it is read anew: 60 us for 100 KB where the processor helps, which is less than the
    /// analysis of any edit in a text of that size takes.
    pub fn of_rope(rope: &Rope) -> Self {
        let mut hasher = Sha256::new();
        for chunk in rope.chunks() {
            hasher.update(chunk);
        }
        Self(hasher.finalize().into())
    }

    /// Its first four bytes in hexadecimal, to tell a few texts apart.
    pub fn short(&self) -> String {
        let [first, second, third, fourth, ..] = self.0;
        format!("{first:02x}{second:02x}{third:02x}{fourth:02x}")
    }

    /// Of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Of the rules of a [`Request::Rules`].
    pub fn of_rules(sources: &[RuleSource], disabled: &[Arc<str>]) -> Self {
        let mut hasher = Sha256::new();
        let mut part = |text: &str| {
            // Lengths keep one part's end apart from the next one's beginning.
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        };
        for source in sources {
            part(&source.name);
            part(&source.text);
        }
        for id in disabled {
            part(id);
        }
        hasher.update((sources.len() as u64).to_le_bytes());
        Self(hasher.finalize().into())
    }
}

impl std::fmt::Debug for TextHash {
    /// The first bytes, to tell texts apart.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TextHash({})", self.short())
    }
}

/// To a sealed worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Up {
    /// A request as to a local worker. Edits come as [`Up::Edit`] and not in here.
    Request(Request),
    /// A change. Answered as [`Request::Edit`] is, or by [`Down::Stale`] if the base is not the text held or the edits do not
    /// lead to the text they should.
    Edit {
        /// The document.
        doc: DocId,
        /// The version the edits were made on.
        base: Version,
        /// The text they were made on.
        base_hash: TextHash,
        /// The version they lead to.
        version: Version,
        /// The text they lead to.
        hash: TextHash,
        /// The edits, in order.
        edits: Vec<Edit>,
    },
    /// Analyse a document that the worker says it holds. Answered as [`Request::Open`] is, or by [`Down::Stale`].
    Again {
        /// The document.
        doc: DocId,
        /// The version it has by now; the text is the same.
        version: Version,
        /// The text.
        hash: TextHash,
    },
    /// The rules that the worker says it holds, under another number. Answered as [`Request::Rules`] is.
    RulesAgain {
        /// As in [`Request::Rules`].
        generation: u64,
        /// [`TextHash::of_rules`]
        hash: TextHash,
    },
}

/// From a sealed worker. `E` is [`Event`], or a reference to one for whoever only writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Down<E = Event> {
    /// What the worker holds. The first message after every handshake.
    Held(Held),
    /// An event as of a local worker.
    Event(E),
    /// The worker does not hold the text that an [`Up::Edit`] or [`Up::Again`] is about: open the document again.
    Stale {
        /// The document.
        doc: DocId,
        /// What the worker has of it, or had before it was left alone for so long that the text was forgotten.
        held: Option<(Version, TextHash)>,
    },
}

/// What a worker holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The version of the worker's binary.
    pub engine: String,
    /// [`TextHash::of_rules`], if it has any.
    pub rules: Option<TextHash>,
    /// The documents of which it has the text.
    pub documents: Vec<HeldDocument>,
}

/// A document that a worker holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDocument {
    /// The document.
    pub doc: DocId,
    /// The version of the text.
    pub version: Version,
    /// The text.
    pub hash: TextHash,
}

/// What a sealed worker tells the process that started it, in the clear: numbers, and names of languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Documents of which the worker has the text.
    pub documents: u64,
    /// Documents of which it has forgotten the text.
    pub idle_documents: u64,
    /// Bytes of text held.
    pub document_bytes: u64,
    /// Messages opened.
    pub opened: u64,
    /// Bytes of them.
    pub opened_bytes: u64,
    /// Messages sealed.
    pub sealed: u64,
    /// Bytes of them.
    pub sealed_bytes: u64,
    /// Edits refused.
    pub stale: u64,
    /// Links made.
    pub links: u64,
    /// Analyses by language, sorted by it.
    pub analyses: Vec<Analyses>,
}

/// Analyses of texts in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analyses {
    /// Name of the language, or of what kind of text it is.
    pub language: String,
    /// How many.
    pub count: u64,
    /// How long parsing took, in microseconds.
    pub parse_us: u64,
    /// How long the rest took, in microseconds.
    pub analyze_us: u64,
}

/// The first thing a sealed worker is told, in the clear: who it is for and how much it may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The session; bound into the handshake.
    pub session: String,
    /// The customer; bound into the handshake.
    pub customer: String,
    /// Most documents of which the worker keeps the text.
    pub max_documents: u64,
    /// Most bytes of text in all of them.
    pub max_bytes: u64,
    /// Most bytes of text in one of them, or in one file of a scan.
    pub max_file: u64,
    /// The text of a document that was not touched for so long is forgotten, in milliseconds.
    pub idle_ms: u64,
    /// The longest that the analysis of a document under edit may be given, in milliseconds.
    pub max_interactive_ms: u32,
    /// The longest that one file of a scan may be given, in milliseconds.
    pub max_scan_ms: u32,
    /// What the worker seals is padded to size classes.
    pub pads: bool,
}

/// What a frame between the engine's front and a sealed worker, or on the WebSocket, is: its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// To the worker: the editor's hello. From it: its offer, which the front signs.
    Hello,
    /// To the worker: the editor's accept. From it, empty: the link is made, and what follows is sealed for it.
    Accept,
    /// A sealed frame.
    Sealed,
    /// To the worker, empty: forget idle texts and say the counters. From it: [`Counters`].
    Counters,
    /// To the worker, first of all: [`Terms`]. Never on the WebSocket.
    Terms,
    /// From the worker: a [`Refusal`] byte. The link, or the handshake, is no more; what the worker holds stays.
    Refused,
    /// From the worker, first of all: what it should have given up and did not, as text. It ends if it must not go on so.
    Unconfined,
}

impl Tag {
    /// All, by their byte.
    const ALL: [Self; 7] =
        [Self::Hello, Self::Accept, Self::Sealed, Self::Counters, Self::Terms, Self::Refused, Self::Unconfined];

    /// The byte.
    pub fn byte(self) -> u8 {
        self as u8
    }

    /// By its byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }
}

/// Why a sealed worker gave up a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The handshake failed: another version, another session, or a resumption that is not ours.
    Handshake,
    /// A frame could not be opened, or came where none is due.
    Frame,
    /// A message that was opened is none of this version.
    Message,
}

impl Refusal {
    /// All, by their byte.
    const ALL: [Self; 3] = [Self::Handshake, Self::Frame, Self::Message];

    /// The byte.
    pub fn byte(self) -> u8 {
        self as u8
    }

    /// By its byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing;

    #[test]
    fn tags_and_refusals_are_known_by_their_byte() {
        for byte in 0..=u8::MAX {
            assert!(Tag::from_byte(byte).is_none_or(|tag| tag.byte() == byte));
            assert!(Refusal::from_byte(byte).is_none_or(|refusal| refusal.byte() == byte));
        }
        assert_eq!(Tag::from_byte(2), Some(Tag::Sealed));
        assert_eq!(Tag::from_byte(7), None);
    }

    #[test]
    fn an_event_written_by_reference_is_read_as_one() {
        let event = Event::Pong { nonce: 7 };
        let frame = framing::encode(&Down::Event(&event)).expect("small");
        assert_eq!(framing::decode::<Down>(&frame[4..]).expect("a message"), Down::Event(event));
    }

    #[test]
    fn the_hash_of_rules_tells_apart_what_only_reads_the_same_in_a_row() {
        let source = |name: &str, text: &str| RuleSource { name: name.to_owned(), text: text.to_owned() };
        let hashes = [
            TextHash::of_rules(&[source("a", "bc")], &[]),
            TextHash::of_rules(&[source("ab", "c")], &[]),
            TextHash::of_rules(&[source("a", "bc"), source("d", "e")], &[]),
            TextHash::of_rules(&[source("a", "bc")], &["d".into(), "e".into()]),
            TextHash::of_rules(&[], &[]),
        ];
        for (at, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(hash));
        }
    }

    #[test]
    fn a_rope_has_the_hash_of_its_text() {
        let text = "line ä\n".repeat(5000);
        assert_eq!(TextHash::of_rope(&Rope::from_str(&text)), TextHash::of(text.as_bytes()));
    }
}
