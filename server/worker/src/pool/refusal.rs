//! What the pool says of texts and rules that no worker gets to see.

use super::Update;
use super::slot::Job;
use weir_model::{Judged, Note, NoteKind, Refusal, Request, RuleProblem, Timing};

/// The text is over the limit.
pub(super) fn too_large(max_file: usize) -> Note {
    note(NoteKind::TooLarge, format!("larger than {max_file} bytes; not analysed"))
}

/// The answer for a file that is over the limit.
pub(super) fn file_too_large(job: &Job, max_file: usize) -> Update {
    let (notes, timing) = (vec![too_large(max_file)], Timing::default());
    match job.request {
        Request::Ask { job, .. } => Update::Answered { job, answer: None, notes },
        // Whoever has sealed files judged says before how large they may be.
        Request::Judge { job, .. } => Update::Judged { job, judged: Judged::Refused(Refusal::OtherSize) },
        _ => Update::Scanned { job: job.id, findings: Vec::new(), hints: Vec::new(), notes, cells: None, timing },
    }
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
