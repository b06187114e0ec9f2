//! Events to the parent.

use std::fs::File;
use std::io::Write as _;
use std::process::exit;
use std::sync::{Arc, Mutex, PoisonError};
use weir_model::framing::{self, FrameError};
use weir_model::{Event, Note, NoteKind};

/// Standard output as the parent's pipe. One write a frame: the standard handle would cut frames at line breaks.
#[derive(Clone)]
pub(super) struct Output(Arc<Mutex<File>>);

impl Output {
    pub(super) fn to_parent() -> Self {
        match own_stdout() {
            Ok(file) => Self(Arc::new(Mutex::new(file))),
            Err(error) => {
                eprintln!("standard output: {error}");
                exit(super::BAD_PARENT);
            }
        }
    }

    /// Sends an event. Without a parent to read it there is nothing left to do, so a failure ends the process.
    pub(super) fn send(&self, event: &Event) {
        let frame = match framing::encode(event) {
            Err(FrameError::TooLarge { .. }) => framing::encode(&shorter(event)),
            frame => frame,
        };
        let written = frame.map_err(|error| error.to_string()).and_then(|frame| {
            let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(&frame).map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            eprintln!("answer: {error}");
            exit(super::BAD_PARENT);
        }
    }
}

/// The same answer without what is not needed, or with a note in place of findings that are too many for one frame.
fn shorter(event: &Event) -> Event {
    let note = Note {
        kind: NoteKind::TooLarge,
        span: None,
        rule_id: None,
        message: "the findings in this file are too large to send; run fewer rules on it".to_owned(),
    };
    match event.clone() {
        Event::Findings { doc, version, timing, .. } => {
            Event::Findings { doc, version, findings: Vec::new(), hints: Vec::new(), notes: vec![note], timing }
        }
        Event::RulesLoaded { generation, rules, problems, .. } => {
            Event::RulesLoaded { generation, rules, problems, kept: Vec::new() }
        }
        Event::Scanned { job, timing, .. } => {
            Event::Scanned { job, findings: Vec::new(), hints: Vec::new(), notes: vec![note], cells: None, timing }
        }
        Event::Answered { job, .. } => Event::Answered { job, answer: None, notes: vec![note] },
        other => other,
    }
}

#[cfg(unix)]
fn own_stdout() -> std::io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(File::from(std::io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn own_stdout() -> std::io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(File::from(std::io::stdout().as_handle().try_clone_to_owned()?))
}
