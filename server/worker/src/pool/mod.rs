//! The parent's door: a handle whose every call is one send to the pool's one task.

mod breaker;
mod document;
mod driver;
mod process;
mod program;
mod refusal;
mod served;
mod slot;
mod supervisor;
mod vetting;

pub use program::Program;
pub use served::{Relief, Says, Serve, Served};

use crate::sandbox::{Confinement, Level};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use weir_model::{
    Analysed, Answer, Cells, DocId, Document, Edit, Failure, Finding, ForeignMarks, Format, Hint, JobId, JudgeOptions,
    Judged, Note, Question, RuleInfo, RuleProblem, RuleSource, ScanOptions, Sealing, Timing, Version,
};

/// Where the workers of a pool run.
#[derive(Clone, Debug)]
pub enum Place {
    /// Here, as processes of a program.
    Program(Program),
    /// Where somebody else has them.
    Served(Serve),
}

/// How a pool runs its workers.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// Where they run.
    pub place: Place,
    /// How many workers, at least one.
    pub workers: usize,
    /// How long the analysis of a document under edit may take.
    pub interactive_deadline: Duration,
    /// How long the analysis of one file of a scan may take.
    pub scan_deadline: Duration,
    /// How long a worker may take to start, and to read all rules. Generous: thousands of rules on a busy machine.
    pub rules_deadline: Duration,
    /// Texts of more bytes are not analysed; they get a note.
    pub max_file: usize,
    /// A worker that keeps more bytes of names and literals is replaced when it has nothing to do.
    pub max_interned: u64,
    /// Which marks of other tools suppress findings.
    pub foreign_marks: ForeignMarks,
    /// Workers that cannot be confined refuse to start, and all overwrite what they free: for code of others. Otherwise a worker
    /// gives up what it can.
    pub hardened: bool,
    /// Bytes of memory a worker may take; one that needs more is lost.
    pub memory: u64,
}

impl Default for PoolConfig {
    /// One worker: this program, as `weir worker`.
    fn default() -> Self {
        Self::this_program(1)
    }
}

impl PoolConfig {
    /// Workers of this program, as `weir worker`.
    pub fn this_program(workers: usize) -> Self {
        Self {
            place: Place::Program(Program::this()),
            workers,
            interactive_deadline: Duration::from_secs(2),
            scan_deadline: Duration::from_secs(30),
            rules_deadline: Duration::from_mins(1),
            max_file: 10_000_000,
            max_interned: 256 << 20,
            foreign_marks: ForeignMarks::default(),
            hardened: false,
            memory: Confinement::MEMORY,
        }
    }
}

impl PoolConfig {
    /// How its workers are confined.
    pub fn confinement(&self) -> Confinement {
        Confinement { level: if self.hardened { Level::Hardened } else { Level::Usual }, memory: self.memory }
    }
}

/// What a pool says. Findings of a document come for its newest version only.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The rules of this generation are in force.
    Rules {
        /// As given to [`Pool::rules`].
        generation: u64,
        /// The rules that will run.
        rules: Vec<RuleInfo>,
        /// What is wrong with the others.
        problems: Vec<RuleProblem>,
        /// What spares the next pool of this program reading the same sources; empty if this one was given it.
        kept: Arc<[u8]>,
    },
    /// The findings of the newest version of a document.
    Findings {
        /// The document.
        doc: DocId,
        /// Its version.
        version: Version,
        /// All findings in it.
        findings: Vec<Finding>,
        /// What there is to say about marks in it.
        hints: Vec<Hint>,
        /// What could not be done.
        notes: Vec<Note>,
        /// Where the time went.
        timing: Timing,
    },
    /// The findings of one file of a scan.
    Scanned {
        /// As given to [`Pool::scan`].
        job: JobId,
        /// All findings in it.
        findings: Vec<Finding>,
        /// What there is to say about marks in it.
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
        /// As given to [`Pool::ask`].
        job: JobId,
        /// `None` if there is none, which a note explains.
        answer: Option<Answer>,
        /// What could not be done.
        notes: Vec<Note>,
    },
    /// What became of a sealed file.
    Judged {
        /// As given to [`Pool::judge`].
        job: JobId,
        /// What is known of it.
        judged: Judged,
    },
    /// This rule looped in file after file: it is off until the next [`Pool::rules`]. (In each of these files it is off
    /// from the first time, which a note says; what waited for it is analysed without it.)
    RuleCutOff {
        /// The rule.
        rule_id: Arc<str>,
    },
    /// This version of a document, or this file, gets no findings. With neither, no worker can be kept alive; the pool
    /// tries again after a pause.
    Failed {
        /// The document, if it is about one.
        doc: Option<DocId>,
        /// The file of a scan, if it is about one.
        job: Option<JobId>,
        /// Why.
        failure: Failure,
    },
    /// A worker was lost and is replaced. Nothing to do: what it had at hand is analysed again.
    Restarted {
        /// Why.
        failure: Failure,
    },
}

/// What the handles ask of the pool's task.
enum Command {
    Rules { generation: u64, sources: Arc<[RuleSource]>, kept: Arc<[u8]> },
    Open { doc: DocId, path: Arc<str>, document: Document },
    Edit { doc: DocId, base: Version, document: Document, edits: Vec<Edit> },
    Close { doc: DocId },
    Scan { job: JobId, path: Arc<str>, format: Format, bytes: Vec<u8>, options: ScanOptions },
    Ask { job: JobId, path: Arc<str>, format: Format, bytes: Vec<u8>, question: Question },
    Judge { job: JobId, file: SealedFile },
    Shutdown { done: oneshot::Sender<()> },
}

/// A sealed file to be judged, and how.
#[derive(Clone, Debug)]
pub struct SealedFile {
    /// Path relative to the project's root, with forward slashes.
    pub path: Arc<str>,
    /// What it is made of; `None` if only its text can tell.
    pub format: Option<Format>,
    /// How it is sealed.
    pub sealing: Box<Sealing>,
    /// What is sealed.
    pub ciphertext: Vec<u8>,
    /// What is wanted of it.
    pub options: JudgeOptions,
    /// What is known of it already ([`Analysed::to_keep`]).
    pub known: Option<Box<Analysed>>,
}

/// A handle on the workers; clones are the same pool. No method waits except [`shutdown`](Self::shutdown), and calls take
/// effect in the order they are made. The pool ends with its last handle.
#[derive(Clone, Debug)]
pub struct Pool {
    commands: mpsc::UnboundedSender<Command>,
}

impl Pool {
    /// Starts the workers. What they find comes out of the receiver, which must be read or dropped.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(config: PoolConfig) -> (Self, mpsc::UnboundedReceiver<Update>) {
        let (commands, asked) = mpsc::unbounded_channel();
        let (say, updates) = mpsc::unbounded_channel();
        tokio::spawn(driver::run(config, asked, say));
        (Self { commands }, updates)
    }

    /// Replaces all rules. Every open document is analysed again. `kept` is what the same program kept of the same sources
    /// ([`Update::Rules`]); nothing will do as well, and takes longer.
    pub fn rules(&self, generation: u64, sources: Arc<[RuleSource]>, kept: Arc<[u8]>) {
        self.send(Command::Rules { generation, sources, kept });
    }

    /// Has a document analysed, now and after every edit. Nothing is analysed before there are rules.
    pub fn open(&self, doc: DocId, path: Arc<str>, document: Document) {
        self.send(Command::Open { doc, path, document });
    }

    /// Says that a document has changed: `edits` made version `base` into `document`.
    pub fn edit(&self, doc: DocId, base: Version, document: Document, edits: Vec<Edit>) {
        self.send(Command::Edit { doc, base, document, edits });
    }

    /// Forgets a document. Findings that are on their way are dropped.
    pub fn close(&self, doc: DocId) {
        self.send(Command::Close { doc });
    }

    /// Has one file analysed. Its bytes are kept until the answer: the caller bounds how many files wait here.
    pub fn scan(&self, job: JobId, path: Arc<str>, format: Format, bytes: Vec<u8>, options: ScanOptions) {
        self.send(Command::Scan { job, path, format, bytes, options });
    }

    /// Has a question about one text answered. The job's number is one of files, as those of [`scan`](Self::scan).
    pub fn ask(&self, job: JobId, path: Arc<str>, format: Format, bytes: Vec<u8>, question: Question) {
        self.send(Command::Ask { job, path, format, bytes, question });
    }

    /// Has one sealed file opened and analysed in a worker. The job's number is one of files, as those of [`scan`](Self::scan).
    pub fn judge(&self, job: JobId, file: SealedFile) {
        self.send(Command::Judge { job, file });
    }

    /// Ends all workers and waits until they are gone.
    pub async fn shutdown(self) {
        let (done, gone) = oneshot::channel();
        self.send(Command::Shutdown { done });
        // An error means that the task is gone already, and the workers with it.
        let _ = gone.await;
    }

    fn send(&self, command: Command) {
        // The task ends before its handles only after a shutdown; whoever asks then has nobody to answer.
        let _ = self.commands.send(command);
    }
}
