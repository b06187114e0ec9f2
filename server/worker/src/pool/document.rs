//! An open document as the pool knows it.

use std::sync::Arc;
use std::time::Instant;
use weir_model::{DocId, Document, Request, Version};

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
    /// Too large for analysis, and that was said.
    Refused,
    /// It killed its worker. It is not tried before `until`, and only if it was `edited`.
    Quarantined { until: Instant, edited: bool },
}

/// What a document or file has done to its workers.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// Workers lost with it at hand since the last answer.
    pub(super) strikes: u8,
    /// Rules that looped in it: they are not run on it again.
    pub(super) without: Vec<Arc<str>>,
}

/// A file that killed two workers is not shown to a third.
const MAX_STRIKES: u8 = 2;

/// Rules are cut off one by one; a file in which one after the other loops is given up.
const MAX_CUT_OFFS: usize = 5;

impl Record {
    /// Whether it may be to blame for the loss of a worker, and so must be at hand alone.
    pub(super) fn is_suspect(&self) -> bool {
        self.strikes > 0
    }

    /// Notes the loss of a worker: because of a rule, or of the text itself, or perhaps of something else that was at
    /// hand as well. Whether the text is given up.
    pub(super) fn charge(&mut self, rule_id: Option<&Arc<str>>, certain: bool) -> bool {
        match rule_id {
            Some(rule_id) => self.without.push(Arc::clone(rule_id)),
            None if certain => self.strikes += 1,
            None => self.strikes = self.strikes.max(1),
        }
        certain && (self.strikes >= MAX_STRIKES || self.without.len() > MAX_CUT_OFFS)
    }
}

impl OpenDocument {
    pub(super) fn version(&self) -> Version {
        self.document.version()
    }

    /// The request that gives a worker the text as it is now.
    pub(super) fn open_request(&self, doc: DocId) -> Request {
        Request::Open {
            doc,
            path: Arc::clone(&self.path),
            format: self.document.format(),
            version: self.version(),
            text: self.document.text().to_string(),
            without: self.record.without.clone(),
        }
    }
}
