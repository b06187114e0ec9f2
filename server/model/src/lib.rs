//! The words of Weir: the types that travel unchanged from a keystroke to a worker and back.
//!
//! This crate knows nothing of LSP, of tree-sitter, of rules or of processes. Everything here is plain
//! data; conversions to anybody else's types happen at the rim (`weir/src/lsp`, `weir/src/report`).

pub mod authoring;
pub mod document;
pub mod edit;
pub mod encoding;
pub mod explanation;
pub mod finding;
pub mod format;
pub mod framing;
pub mod judge;
pub mod language;
pub mod link;
pub mod message;
pub mod question;
pub mod span;
pub mod suppression;
pub mod weakness;

pub use authoring::{
    Completion, CompletionKind, RuleCursor, RuleFile, RuleHead, RuleHover, RuleMark, RuleMarkKind, Shape,
};
pub use document::{Document, StaleEdit, Version};
pub use edit::Edit;
pub use encoding::{Position, PositionEncoding, Range};
pub use explanation::{Explanation, Outcome, Place, Reason, RulePart, Verdict};
pub use finding::{Finding, Fix, MetavarValue, Note, NoteKind, Severity, Step, StepKind, Surroundings, Trace};
pub use format::{Around, Engine, Format, Host};
pub use judge::{
    Analysed, AnalysisDepth, JudgeOptions, JudgeTiming, Judged, Judgement, Refusal, Remark, Sealing, SecretKey,
    TreeStats,
};
pub use language::Language;
pub use message::{
    DocId, Event, Failure, JobId, Limits, Request, RuleInfo, RuleProblem, RuleSource, ScanOptions, Timing,
};
pub use question::{Answer, LineQuestion, Mended, Question, Repair};
pub use span::Span;
pub use suppression::{ForeignMarks, Hint, HintKind, MarkKind, MarkPlace, Suppression};
pub use weakness::Weakness;
