//! What is to be done, in the order it matters. Filled by the reader, emptied by the analysis thread.
//!
//! Changes of one document wait together and are analysed once, as the text they lead to: nothing queues up behind a
//! typist. New rules come before documents, documents before files of a scan.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use weir_model::{
    Analysed, DocId, Document, Edit, Format, JobId, JudgeOptions, Question, Request, RuleSource, ScanOptions, Sealing,
    Version,
};

/// A broken text is settled when nobody has typed for so long: longer than the pause between two keystrokes.
const SETTLE_AFTER: Duration = Duration::from_millis(200);

/// One piece of work.
pub(super) enum Work {
    Rules(RulesWork),
    /// Apply the changes in order, then analyse; without changes, analyse again.
    Document(DocId, Vec<Change>),
    Scan(ScanWork),
    /// Parse a broken text from scratch, now that there is time, and analyse again if that gives another tree.
    Settle(DocId),
}

/// [`Request::Rules`]
pub(super) struct RulesWork {
    pub(super) generation: u64,
    pub(super) sources: Arc<[RuleSource]>,
    pub(super) disabled: Vec<Arc<str>>,
    pub(super) kept: Vec<u8>,
}

/// [`Request::Scan`], [`Request::Ask`], [`Request::Judge`]
pub(super) struct ScanWork {
    pub(super) job: JobId,
    pub(super) path: Arc<str>,
    pub(super) format: Format,
    pub(super) bytes: Vec<u8>,
    pub(super) what: Asked,
    pub(super) without: Vec<Arc<str>>,
}

/// What is asked of a file.
pub(super) enum Asked {
    /// [`Request::Scan`]: what is found in it.
    Findings(ScanOptions),
    /// [`Request::Ask`]: something else.
    Question(Question),
    /// [`Request::Judge`]: what is found in it; its bytes are sealed.
    Judgement(SealedWork),
}

/// What [`Request::Judge`] says beside what others say.
pub(super) struct SealedWork {
    pub(super) format: Option<Format>,
    pub(super) sealing: Box<Sealing>,
    pub(super) options: JudgeOptions,
    pub(super) known: Option<Box<Analysed>>,
}

/// What happens to a document.
pub(super) enum Change {
    Open { path: Arc<str>, format: Format, document: Document, without: Vec<Arc<str>> },
    Edit { base: Version, version: Version, edits: Vec<Edit> },
    Close,
}

impl Change {
    /// What it weighs while it waits. An edit weighs something even if it only removes.
    fn bytes(&self) -> usize {
        match self {
            Self::Open { document, .. } => document.len(),
            Self::Edit { edits, .. } => {
                EDIT_BYTES + edits.iter().map(|edit| EDIT_BYTES + edit.text.len()).sum::<usize>()
            }
            Self::Close => 0,
        }
    }
}

/// The memory of an edit without its text, about.
const EDIT_BYTES: usize = 64;

/// The work that waits, and the way to call off the work at hand.
#[derive(Default)]
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    more: Condvar,
    /// Something was taken out.
    less: Condvar,
    cancelled: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    rules: Option<RulesWork>,
    order: VecDeque<DocId>,
    changes: HashMap<DocId, Vec<Change>>,
    scans: VecDeque<ScanWork>,
    unsettled: VecDeque<DocId>,
    at_work: AtWork,
    /// Bytes of text in all that waits.
    bytes: usize,
}

#[derive(Default, PartialEq)]
enum AtWork {
    #[default]
    Nothing,
    Rules,
    Document(DocId),
    Scan,
}

impl Inbox {
    /// Adds a request. Cancels the work at hand if the request makes its result worthless, or if somebody who types
    /// would wait for a scan.
    pub(super) fn put(&self, request: Request) {
        let mut waiting = self.lock();
        let cancels = match request {
            Request::Rules { generation, sources, disabled, kept } => {
                waiting.rules = Some(RulesWork { generation, sources, disabled, kept });
                waiting.at_work != AtWork::Rules
            }
            Request::Open { doc, path, format, version, text, without } => {
                let document = Document::new(&text, version, format);
                waiting.change(doc, Change::Open { path, format, document, without })
            }
            Request::Edit { doc, base, version, edits } => waiting.change(doc, Change::Edit { base, version, edits }),
            Request::Close { doc } => waiting.change(doc, Change::Close),
            Request::Scan { job, path, format, bytes, options, without } => {
                let what = Asked::Findings(options);
                waiting.queue_file(ScanWork { job, path, format, bytes, what, without });
                false
            }
            Request::Ask { job, path, format, bytes, question } => {
                let (what, without) = (Asked::Question(question), Vec::new());
                waiting.queue_file(ScanWork { job, path, format, bytes, what, without });
                false
            }
            Request::Judge { job, path, format, sealing, ciphertext: bytes, options, known, without } => {
                let what = Asked::Judgement(SealedWork { format, sealing, options, known });
                let format = format.unwrap_or(Format::Text);
                waiting.queue_file(ScanWork { job, path, format, bytes, what, without });
                false
            }
            Request::Limits(_) | Request::Ping { .. } => false,
        };
        if cancels {
            self.cancelled.store(true, Ordering::Relaxed);
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// Adds a document whose text is read already: [`Request::Open`].
    pub(super) fn open(&self, doc: DocId, path: Arc<str>, document: Document, without: Vec<Arc<str>>) {
        let mut waiting = self.lock();
        let format = document.format();
        if waiting.change(doc, Change::Open { path, format, document, without }) {
            self.cancelled.store(true, Ordering::Relaxed);
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// Waits until fewer bytes of text wait here than that: whoever reads from a stranger must not read on for ever.
    pub(super) fn wait_for_room(&self, bytes: usize) {
        let mut waiting = self.lock();
        while waiting.bytes >= bytes {
            waiting = self.less.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Forgets the files of a scan: nobody waits for them any more.
    pub(super) fn forget_files(&self) {
        let mut waiting = self.lock();
        let scans = std::mem::take(&mut waiting.scans);
        waiting.bytes -= scans.iter().map(|scan| scan.bytes.len()).sum::<usize>();
    }

    /// Waits for work. What was at work before counts as done.
    pub(super) fn take(&self) -> Work {
        let mut waiting = self.lock();
        waiting.at_work = AtWork::Nothing;
        let mut quiet = false;
        loop {
            let work = waiting.take().or_else(|| if quiet { waiting.take_unsettled() } else { None });
            if let Some(work) = work {
                self.cancelled.store(false, Ordering::Relaxed);
                drop(waiting);
                self.less.notify_one();
                return work;
            }
            if waiting.unsettled.is_empty() {
                waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited = self.more.wait_timeout(waiting, SETTLE_AFTER).unwrap_or_else(PoisonError::into_inner);
                quiet = waited.1.timed_out();
                waiting = waited.0;
            }
        }
    }

    /// Whether the result of the work at hand is no longer wanted.
    pub(super) fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Has documents analysed again, after those that are changing.
    pub(super) fn again(&self, docs: impl Iterator<Item = DocId>) {
        let mut waiting = self.lock();
        for doc in docs {
            waiting.queue(doc);
        }
    }

    /// Has a document settled once nothing else is to be done.
    pub(super) fn settle_later(&self, doc: DocId) {
        let mut waiting = self.lock();
        if !waiting.unsettled.contains(&doc) {
            waiting.unsettled.push_back(doc);
        }
    }

    /// Puts a cancelled scan back: it is the next one.
    pub(super) fn put_back(&self, scan: ScanWork) {
        let mut waiting = self.lock();
        waiting.bytes += scan.bytes.len();
        waiting.scans.push_front(scan);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Notes a change; says whether it cancels the work at hand.
    fn change(&mut self, doc: DocId, change: Change) -> bool {
        let mut bytes = self.bytes + change.bytes();
        let changes = self.queue(doc);
        if !matches!(change, Change::Edit { .. }) {
            // What happened to the document before no longer matters.
            bytes -= changes.drain(..).map(|change| change.bytes()).sum::<usize>();
        }
        changes.push(change);
        self.bytes = bytes;
        match self.at_work {
            AtWork::Document(current) => current == doc,
            AtWork::Scan => true,
            AtWork::Rules | AtWork::Nothing => false,
        }
    }

    fn queue(&mut self, doc: DocId) -> &mut Vec<Change> {
        self.changes.entry(doc).or_insert_with(|| {
            self.order.push_back(doc);
            Vec::new()
        })
    }

    fn queue_file(&mut self, file: ScanWork) {
        self.bytes += file.bytes.len();
        self.scans.push_back(file);
    }

    fn take(&mut self) -> Option<Work> {
        if let Some(rules) = self.rules.take() {
            self.at_work = AtWork::Rules;
            return Some(Work::Rules(rules));
        }
        if let Some(doc) = self.order.pop_front() {
            self.at_work = AtWork::Document(doc);
            let changes = self.changes.remove(&doc).unwrap_or_default();
            self.bytes -= changes.iter().map(Change::bytes).sum::<usize>();
            return Some(Work::Document(doc, changes));
        }
        if let Some(scan) = self.scans.pop_front() {
            self.bytes -= scan.bytes.len();
            self.at_work = AtWork::Scan;
            return Some(Work::Scan(scan));
        }
        None
    }

    fn take_unsettled(&mut self) -> Option<Work> {
        let doc = self.unsettled.pop_front()?;
        self.at_work = AtWork::Document(doc);
        Some(Work::Settle(doc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_model::Language;

    const A: DocId = DocId(1);
    const B: DocId = DocId(2);

    #[test]
    fn changes_of_one_document_wait_together() {
        let inbox = Inbox::default();
        for request in [open(A), edit(A), open(B), edit(A)] {
            inbox.put(request);
        }
        assert_eq!(describe(&inbox.take()), "document 1: open edit edit");
        assert_eq!(describe(&inbox.take()), "document 2: open");
    }

    #[test]
    fn what_happened_to_a_document_before_it_was_closed_is_forgotten() {
        let inbox = Inbox::default();
        for request in [open(A), edit(A), Request::Close { doc: A }, open(A)] {
            inbox.put(request);
        }
        assert_eq!(describe(&inbox.take()), "document 1: open");
    }

    #[test]
    fn what_waits_is_weighed_until_it_is_taken_or_forgotten() {
        let inbox = Inbox::default();
        let weight = || inbox.lock().bytes;
        for request in [open(A), edit(A), edit(A), scan(), question(), edit(B)] {
            inbox.put(request);
        }
        assert_eq!(weight(), 3 * EDIT_BYTES);
        inbox.put(open(A));
        assert_eq!(weight(), EDIT_BYTES);
        inbox.take();
        inbox.take();
        assert_eq!(weight(), 0);
        let file = |bytes: &[u8]| match scan() {
            Request::Scan { job, path, format, options, without, .. } => {
                Request::Scan { job, path, format, options, without, bytes: bytes.to_vec() }
            }
            other => other,
        };
        inbox.forget_files();
        inbox.put(file(b"four"));
        assert_eq!(weight(), 4);
        let Work::Scan(work) = inbox.take() else { panic!("a scan was put in") };
        assert_eq!(weight(), 0);
        inbox.put_back(work);
        inbox.put(file(b"two"));
        assert_eq!(weight(), 7);
        inbox.forget_files();
        assert_eq!(weight(), 0);
        inbox.wait_for_room(1);
    }

    #[test]
    fn rules_come_first_then_documents_then_files_of_a_scan() {
        let inbox = Inbox::default();
        for request in [scan(), question(), open(A), rules(1), rules(2)] {
            inbox.put(request);
        }
        assert_eq!(describe(&inbox.take()), "rules 2");
        assert_eq!(describe(&inbox.take()), "document 1: open");
        assert_eq!(describe(&inbox.take()), "scan 7");
        assert_eq!(describe(&inbox.take()), "question 8");
    }

    #[test]
    fn a_document_without_changes_is_analysed_again_when_asked() {
        let inbox = Inbox::default();
        inbox.put(edit(B));
        inbox.again([A, B].into_iter());
        assert_eq!(describe(&inbox.take()), "document 2: edit");
        assert_eq!(describe(&inbox.take()), "document 1:");
    }

    /// What is at work, what comes in, whether that calls it off.
    #[test]
    fn work_is_called_off_by_what_makes_it_worthless_or_is_more_urgent() {
        for (at_work, comes, called_off) in [
            (open(A), edit(A), true),
            (open(A), Request::Close { doc: A }, true),
            (open(A), rules(1), true),
            (open(A), edit(B), false),
            (open(A), scan(), false),
            (scan(), edit(A), true),
            (scan(), rules(1), true),
            (scan(), scan(), false),
            (rules(1), rules(2), false),
            (rules(1), open(A), false),
        ] {
            let inbox = Inbox::default();
            let case = format!("{at_work:?}, then {comes:?}");
            inbox.put(at_work);
            inbox.take();
            inbox.put(comes);
            assert_eq!(inbox.cancelled(), called_off, "{case}");
            inbox.take();
            assert!(!inbox.cancelled(), "the next work is not called off: {case}");
        }
    }

    #[test]
    fn a_scan_that_was_called_off_is_the_next_one() {
        let inbox = Inbox::default();
        inbox.put(scan());
        let Work::Scan(first) = inbox.take() else { panic!("a scan was put in") };
        inbox.put(open(A));
        inbox.put(scan());
        inbox.put_back(ScanWork { job: JobId(1), ..first });
        assert_eq!(describe(&inbox.take()), "document 1: open");
        assert_eq!(describe(&inbox.take()), "scan 1");
        assert_eq!(describe(&inbox.take()), "scan 7");
    }

    fn open(doc: DocId) -> Request {
        let (path, text) = ("a.py".into(), String::new());
        Request::Open { doc, path, format: Language::Python.into(), version: Version(1), text, without: Vec::new() }
    }

    fn edit(doc: DocId) -> Request {
        Request::Edit { doc, base: Version(1), version: Version(2), edits: Vec::new() }
    }

    fn rules(generation: u64) -> Request {
        Request::Rules { generation, sources: Arc::from([]), disabled: Vec::new(), kept: Vec::new() }
    }

    fn question() -> Request {
        let (path, question) = ("a.py".into(), Question::Together(Vec::new()));
        Request::Ask { job: JobId(8), path, format: Format::Text, bytes: Vec::new(), question }
    }

    fn scan() -> Request {
        let (path, options) = ("a.py".into(), ScanOptions::default());
        Request::Scan { job: JobId(7), path, format: Format::Text, bytes: Vec::new(), options, without: Vec::new() }
    }

    fn describe(work: &Work) -> String {
        match work {
            Work::Rules(rules) => format!("rules {}", rules.generation),
            Work::Document(doc, changes) => {
                let names = changes.iter().map(|change| match change {
                    Change::Open { .. } => " open",
                    Change::Edit { .. } => " edit",
                    Change::Close => " close",
                });
                format!("document {}:{}", doc.0, names.collect::<String>())
            }
            Work::Scan(scan) => match scan.what {
                Asked::Findings(_) => format!("scan {}", scan.job.0),
                Asked::Question(_) => format!("question {}", scan.job.0),
                Asked::Judgement(_) => format!("judgement {}", scan.job.0),
            },
            Work::Settle(doc) => format!("settle {}", doc.0),
        }
    }
}
