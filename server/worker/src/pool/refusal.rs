//! What the pool says of texts and rules that no worker gets to see.

use super::Update;
use weir_model::{JobId, Note, NoteKind, RuleProblem, Timing};

/// The text is over the limit.
pub(super) fn too_large(max_file: usize) -> Note {
    note(NoteKind::TooLarge, format!("larger than {max_file} bytes; not analysed"))
}

/// The document is in no language Weir reads.
pub(super) fn no_language() -> Note {
    note(NoteKind::Skipped, "in no language Weir reads; not analysed".to_owned())
}

/// The answer for a file of a scan that is over the limit.
pub(super) fn scanned_too_large(job: JobId, max_file: usize) -> Update {
    Update::Scanned { job, findings: Vec::new(), notes: vec![too_large(max_file)], timing: Timing::default() }
}

/// All rule files together do not fit a frame.
pub(super) fn rules_too_large() -> RuleProblem {
    RuleProblem {
        source: String::new(),
        rule_id: None,
        span: None,
        line: 0,
        column: 0,
        message: "all rule files together are too large; none is in force. Load fewer".to_owned(),
        skipped: false,
    }
}

fn note(kind: NoteKind, message: String) -> Note {
    Note { kind, span: None, rule_id: None, message }
}
