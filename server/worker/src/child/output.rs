//! Events to the parent.

use super::seal_out::SealOut;
use std::fs::File;
use std::io::{self, Write as _};
use std::process::exit;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use weir_model::framing::{self, FrameError};
use weir_model::{Event, Format, Note, NoteKind, Timing};

/// Standard output as the parent's pipe. One write a frame: the standard handle would cut frames at line breaks.
#[derive(Clone)]
pub(super) struct Output(Arc<Mutex<Pipe>>);

/// The pipe, and what events look like on it.
pub(super) struct Pipe {
    file: File,
    /// If events are sealed.
    pub(super) sealed: Option<SealOut>,
}

impl Output {
    pub(super) fn to_parent() -> Self {
        match own_stdout() {
            Ok(file) => Self(Arc::new(Mutex::new(Pipe { file, sealed: None }))),
            Err(error) => {
                eprintln!("standard output: {error}");
                exit(super::BAD_PARENT);
            }
        }
    }

    /// The same, for events that are sealed.
    pub(super) fn to_front() -> Self {
        let output = Self::to_parent();
        output.pipe().sealed = Some(SealOut::default());
        output
    }

    /// Sends an event. Without a parent to read it there is nothing left to do, so a failure ends the process.
    pub(super) fn send(&self, event: &Event) {
        let mut pipe = self.pipe();
        if pipe.sealed.is_some() {
            return pipe.seal_event(event);
        }
        let frame = match framing::encode(event) {
            Err(FrameError::TooLarge { .. }) => framing::encode(&shorter(event)),
            frame => frame,
        };
        let written = frame
            .map_err(|error| error.to_string())
            .and_then(|frame| pipe.file.write_all(&frame).map_err(|error| error.to_string()));
        if let Err(error) = written {
            give_up(&error);
        }
    }

    /// Counts an analysis, where somebody wants to know.
    pub(super) fn count(&self, format: Format, timing: Timing) {
        if let Some(sealed) = &mut self.pipe().sealed {
            sealed.count(format, timing);
        }
    }

    /// The pipe for as long as nobody else writes to it.
    pub(super) fn pipe(&self) -> MutexGuard<'_, Pipe> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pipe {
    /// Writes bytes as they are. Without anybody to read them there is nothing left to do.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if let Err(error) = self.file.write_all(bytes) {
            give_up(&error.to_string());
        }
    }
}

fn give_up(error: &str) -> ! {
    eprintln!("answer: {error}");
    exit(super::BAD_PARENT)
}

/// The same answer without what is not needed, or with a note in place of findings that are too many for one frame.
pub(super) fn shorter(event: &Event) -> Event {
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
            Event::Scanned { job, findings: Vec::new(), hints: Vec::new(), notes: vec![note], timing }
        }
        Event::Answered { job, .. } => Event::Answered { job, answer: None, notes: vec![note] },
        other => other,
    }
}

#[cfg(unix)]
fn own_stdout() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn own_stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}
