//! An open document as the pool knows it.

use std::sync::Arc;
use std::time::Instant;
use weir_model::{DocId, Document, Language, Request, Version};

/// An open document: the newest text, the worker it belongs to and how far that worker is with it.
pub(super) struct OpenDocument {
    /// The slot that analyses it, for as long as it is open.
    pub(super) slot: usize,
    pub(super) path: Arc<str>,
    pub(super) document: Document,
    pub(super) phase: Phase,
    pub(super) record: Record,
    /// Grows with every touch by the user: after a restart the document at hand comes first.
    pub(super) touched: u64,
}

/// How far a worker is with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The worker does not have it: it is to be opened with the text as it is by then.
    Waiting,
    /// The worker has the newest version and owes its findings.
    Working,
    /// The worker has the newest version and has answered.
    Answered,
    /// Not for analysis (too large, or in no language Weir reads), and that was said.
    Refused,
    /// It killed its worker. It is not tried before `until`, and only if it was `edited`.
    Quarantined { until: Instant, edited: bool },
}

/// What a document or file has done to its workers since the last answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Record {
    /// Workers lost with it at hand.
    pub(super) strikes: u8,
    /// Workers stopped in it because of a rule. Held against the rule, up to a number.
    pub(super) cut_offs: u8,
}

/// A file that killed two workers is not shown to a third.
const MAX_STRIKES: u8 = 2;

/// Rules are cut off one by one; a file in which one after the other loops is given up.
const MAX_CUT_OFFS: u8 = 5;

impl Record {
    /// Whether it may be to blame for the loss of a worker, and so must be at hand alone.
    pub(super) fn is_suspect(self) -> bool {
        self.strikes > 0
    }

    /// Whether the blame is settled.
    pub(super) fn is_guilty(self) -> bool {
        self.strikes >= MAX_STRIKES || self.cut_offs >= MAX_CUT_OFFS
    }
}

impl OpenDocument {
    pub(super) fn version(&self) -> Version {
        self.document.version()
    }

    /// The request that gives a worker the text as it is now.
    pub(super) fn open_request(&self, doc: DocId, language: Language) -> Request {
        Request::Open {
            doc,
            path: Arc::clone(&self.path),
            language,
            version: self.version(),
            text: self.document.text().to_string(),
        }
    }
}
