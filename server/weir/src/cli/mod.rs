//! The commands of the terminal.

pub(crate) mod autofix;
pub(crate) mod baseline;
mod engine;
pub(crate) mod explain;
pub(crate) mod login;
mod marks;
pub(crate) mod notices;
pub(crate) mod remote_engine;
pub(crate) mod scan;
pub(crate) mod test;
pub(crate) mod try_it;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// How a command ended, in Semgrep's exit codes, so that scripts written for it keep working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done. Findings do not count unless `--error` asks for it.
    Ok = 0,
    /// Findings, with `--error`; failed checks of `weir test`.
    Findings = 1,
    /// The command could not do its work.
    Failed = 2,
    /// A file could not be analysed in full, with `--strict`.
    Unparsable = 3,
    /// A rule could not be loaded.
    InvalidRule = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Writes a result to standard output. A reader who has seen enough (`weir scan | head`) is no failure.
fn to_stdout(stdout: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(stdout);
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
