//! `weir try`: a first look, in the editor that is there or else in the terminal.

mod client;
mod demo;
mod editor;
mod replay;
mod setup;

use super::Exit;
use crate::args::TryArgs;
use anyhow::Context as _;
use editor::Editor;
use std::io::{self, IsTerminal, Write};

/// Writes the demo project and shows it.
pub(crate) fn main(args: &TryArgs) -> anyhow::Result<Exit> {
    // Before anything is written: an editor that is not there is no reason to leave a folder behind.
    let editor = match args.editor {
        Some(asked) => Some(Editor::asked(asked)?),
        None if args.terminal || !is_interactive() => None,
        None => Editor::best(),
    };
    let program = std::env::current_exe().context("finding the program that runs")?;
    let folder = demo::write(args.folder.as_deref()).context("writing the demo project")?;
    say(&format!("The demo project is in {}; begin with {} there.", folder.display(), demo::GUIDE))?;
    match editor {
        Some(editor) => editor.open(&folder, &program)?,
        None => replay::run(&folder, &program)?,
    }
    Ok(Exit::Ok)
}

/// Most editors need a terminal, and a script needs an end.
fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A reader who has seen enough (`weir try | head`) is no failure.
fn say(line: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
