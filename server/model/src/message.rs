//! What parents and workers say to each other. Local and remote engines speak the same words.

use crate::{
    Analysed, Answer, Cells, Edit, Finding, ForeignMarks, Format, Hint, JudgeOptions, Judged, Note, Question, Sealing,
    Severity, Span, Version,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A document open in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocId(pub u64);

/// One file of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(pub u64);

/// A rule file as read from disk or from the binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSource {
    /// What to call the file in errors.
    pub name: String,
    /// The YAML or JSON text.
    pub text: String,
}

/// To a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// How long, how much, and whose marks count. The first request of every worker, before anything else. Not answered.
    Limits(Limits),
    /// Replace all rules. Answered by [`Event::RulesLoaded`]; every open document is analysed again.
    Rules {
        /// Chosen by the sender; echoed.
        generation: u64,
        /// All rule files.
        sources: Arc<[RuleSource]>,
        /// Ids of rules not to run: they were cut off before.
        disabled: Vec<Arc<str>>,
        /// What a worker of the same program kept of these sources ([`Event::RulesLoaded`]); empty if nothing is known.
        #[serde(with = "serde_bytes")]
        kept: Vec<u8>,
    },
    /// A document and its text, opened or sent again. Answered by [`Event::Findings`].
    Open {
        /// The document.
        doc: DocId,
        /// Path relative to the project's root, with forward slashes; `paths:` of rules look at it.
        path: Arc<str>,
        /// What the text is made of.
        format: Format,
        /// The version of the text.
        version: Version,
        /// The text.
        text: String,
        /// Ids of rules not to run on this document: they looped in it.
        without: Vec<Arc<str>>,
    },
    /// A change. Answered by [`Event::Findings`], or by [`Event::Resync`] if `base` is not the version held.
    Edit {
        /// The document.
        doc: DocId,
        /// The version the edits were made on.
        base: Version,
        /// The version they lead to.
        version: Version,
        /// The edits, in order.
        edits: Vec<Edit>,
    },
    /// Forget a document. Not answered.
    Close {
        /// The document.
        doc: DocId,
    },
    /// Analyse one file and forget it. Answered by [`Event::Scanned`].
    Scan {
        /// Chosen by the sender; echoed.
        job: JobId,
        /// Path relative to the project's root, with forward slashes.
        path: Arc<str>,
        /// What it is made of.
        format: Format,
        /// The file as it is on disk. What is not valid UTF-8 is read as `String::from_utf8_lossy` reads it, and spans
        /// of the answer count bytes of that text: whoever shows them decodes the file the same way.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
        /// How.
        options: ScanOptions,
        /// Ids of rules not to run on this file: they looped in it.
        without: Vec<Arc<str>>,
    },
    /// Answer a question about one text. Answered by [`Event::Answered`].
    Ask {
        /// Chosen by the sender; echoed. Files of scans and these share their numbers.
        job: JobId,
        /// Path relative to the project's root, with forward slashes.
        path: Arc<str>,
        /// What it is made of.
        format: Format,
        /// The file, as in [`Request::Scan`].
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
        /// What is asked about it.
        question: Question,
    },
    /// Open a sealed file, analyse it and forget it. Answered by [`Event::Judged`].
    Judge {
        /// Chosen by the sender; echoed. Files of scans and these share their numbers.
        job: JobId,
        /// Path relative to the project's root, with forward slashes.
        path: Arc<str>,
        /// What it is made of; `None` if only its text can tell.
        format: Option<Format>,
        /// How it is sealed.
        sealing: Box<Sealing>,
        /// What is sealed.
        #[serde(with = "serde_bytes")]
        ciphertext: Vec<u8>,
        /// What is wanted of it.
        options: JudgeOptions,
        /// What is known of it already, snippets aside: it is opened, checked and not analysed again.
        known: Option<Box<Analysed>>,
        /// Ids of rules not to run on this file: they looped in it.
        without: Vec<Arc<str>>,
    },
    /// Are you there? Answered by [`Event::Pong`].
    Ping {
        /// Echoed.
        nonce: u64,
    },
}

/// How long and how much a worker may, and whose marks count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How long the analysis of a document under edit may take, in milliseconds.
    pub interactive_ms: u32,
    /// How long the analysis of one file of a scan may take, in milliseconds.
    pub scan_ms: u32,
    /// How many bytes of names and literals may be kept before the worker asks to be replaced ([`Event::Worn`]).
    pub interned_bytes: u64,
    /// Which marks of other tools suppress findings.
    pub foreign_marks: ForeignMarks,
}

/// How a file is scanned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanOptions {
    /// Run every rule whatever its `paths:` say, as rule tests do.
    pub ignore_paths: bool,
    /// Do not mark findings as suppressed by inline comments.
    pub ignore_suppressions: bool,
}

/// From a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The worker could not give up all that a worker should: comes before [`Ready`](Self::Ready), or in its place.
    Unconfined {
        /// What it still can do, and what whoever runs the machine can do about that.
        lacks: Vec<String>,
        /// It was told to be confined or not to work, and ends.
        refused: bool,
    },
    /// The worker is up. The first event of every worker that is confined.
    Ready {
        /// The version of the worker's binary; parent and worker are the same binary.
        version: String,
    },
    /// The rules are in force.
    RulesLoaded {
        /// Echo.
        generation: u64,
        /// The rules that will run.
        rules: Vec<RuleInfo>,
        /// What is wrong with the others.
        problems: Vec<RuleProblem>,
        /// What spares the next worker reading the sources; empty if this worker was given it.
        #[serde(with = "serde_bytes")]
        kept: Vec<u8>,
    },
    /// The findings of one version of a document.
    Findings {
        /// The document.
        doc: DocId,
        /// The version analysed.
        version: Version,
        /// All findings in it, sorted by place, then rule.
        findings: Vec<Finding>,
        /// What there is to say about marks in it, sorted by place.
        hints: Vec<Hint>,
        /// What could not be done.
        notes: Vec<Note>,
        /// Where the time went.
        timing: Timing,
    },
    /// The worker does not hold the base version of an edit: open the document again.
    Resync {
        /// The document.
        doc: DocId,
        /// The version the worker holds, if it holds the document at all.
        held: Option<Version>,
    },
    /// The findings of one file of a scan.
    Scanned {
        /// Echo.
        job: JobId,
        /// All findings, sorted by place, then rule.
        findings: Vec<Finding>,
        /// What there is to say about marks in it, sorted by place.
        hints: Vec<Hint>,
        /// What could not be done.
        notes: Vec<Note>,
        /// The cells, if it is a notebook and there is something to say of it.
        cells: Option<Cells>,
        /// Where the time went.
        timing: Timing,
    },
    /// The answer to a question about one text.
    Answered {
        /// Echo.
        job: JobId,
        /// `None` if there is none, which a note explains.
        answer: Option<Answer>,
        /// What could not be done.
        notes: Vec<Note>,
    },
    /// What became of a sealed file.
    Judged {
        /// Echo.
        job: JobId,
        /// What is known of it.
        judged: Judged,
    },
    /// Analysis is past its deadline and has not come back: this rule is at work. The parent will kill the worker.
    Stuck {
        /// The document at hand, or
        doc: Option<DocId>,
        /// the file of a scan.
        job: Option<JobId>,
        /// The rule, if one was at work.
        rule_id: Option<Arc<str>>,
        /// How long until the deadline, in milliseconds.
        rest_ms: u32,
    },
    /// Now that nobody types, a text that does not parse is analysed once more, from scratch. Followed by
    /// [`Event::Findings`] or [`Event::Settled`], or by the answer to a request that came in between.
    Settling {
        /// The document.
        doc: DocId,
        /// The version analysed.
        version: Version,
    },
    /// That changed nothing: the findings stand.
    Settled {
        /// The document.
        doc: DocId,
        /// The version analysed.
        version: Version,
    },
    /// What was reported as stuck has ended after all.
    Recovered,
    /// The worker's table of names, which never gives anything back, is over its limit: replace the worker when it has
    /// nothing to do. It goes on working until then.
    Worn,
    /// Answer to [`Request::Ping`].
    Pong {
        /// Echo.
        nonce: u64,
    },
}

/// Why a request got no findings although the worker is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// The deadline passed; the worker was killed and started again.
    #[error("analysis took longer than {limit_ms} ms and was stopped")]
    Deadline {
        /// The limit.
        limit_ms: u64,
    },
    /// The worker died.
    #[error("the analysis process ended unexpectedly")]
    WorkerDied,
    /// The program was replaced on disk while this process ran.
    #[error(
        "the analysis process is version {worker}, this is {own}: restart Weir (in an editor, the language server)"
    )]
    OtherVersion {
        /// Version of the worker.
        worker: String,
        /// Version of its parent.
        own: String,
    },
    /// The worker must be confined and cannot be.
    #[error("the analysis process cannot be confined: {lack}")]
    Unconfined {
        /// Which step failed, and what can be done.
        lack: String,
    },
}

/// What a front needs to know of a rule it shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInfo {
    /// Id as written.
    pub id: Arc<str>,
    /// The file it came from ([`RuleSource::name`]).
    pub source: String,
    /// The message as written, metavariables not filled in.
    pub message: String,
    /// How bad.
    pub severity: Severity,
    /// Names under `languages:`.
    pub languages: Vec<String>,
    /// The `metadata:` object as JSON text (`{}` if there is none).
    pub metadata: String,
}

/// What is wrong with a rule or a rule file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleProblem {
    /// The file ([`RuleSource::name`]).
    pub source: String,
    /// The rule, if its id could be read.
    pub rule_id: Option<String>,
    /// Where in the rule file, in bytes; line and column are one-based below.
    pub span: Option<Span>,
    /// One-based line, 0 if unknown.
    pub line: u32,
    /// One-based column in characters, 0 if unknown.
    pub column: u32,
    /// What was found, what was expected, what to do.
    pub message: String,
    /// A skipped rule (a feature that is not there yet, a version out of range) is no error of its author's.
    pub skipped: bool,
}

/// Where the time of one analysis went, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// tree-sitter.
    pub parse_us: u32,
    /// Lowering to the generic tree.
    pub lower_us: u32,
    /// Matching, flow and taint.
    pub analyze_us: u32,
}
