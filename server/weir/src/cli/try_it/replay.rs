//! The typing without an editor: a real server gets every key, and what it finds is shown as it comes and goes.

use super::client::Client;
use super::demo::{FIRST, write_file};
use crate::args::ScanArgs;
use crate::cli::{scan, to_stdout};
use crate::report::{self, text::Style};
use anyhow::Context as _;
use serde_json::Value;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower_lsp_server::ls_types::Uri;

/// What is typed above the first line of the guide's first file.
const TYPED: [&str; 2] = [
    r#"    title = request.args.get("title", "")"#,
    r#"    get_db().execute("SELECT * FROM tickets WHERE title = '" + title + "'")"#,
];
/// What is replaced in the last line to make it safe, and by what.
const MENDED: (&str, &str) = (r#"'" + title + "'""#, r#"?", (title,)"#);

/// Between two keys, so that a person can watch.
const KEY: Duration = Duration::from_millis(45);
/// When there is something to read.
const READING: Duration = Duration::from_millis(1500);

/// Types into a file of the demo project, and ends with the path of what was typed.
pub(super) fn run(folder: &Path, program: &Path) -> anyhow::Result<()> {
    let (name, line) = FIRST;
    let file = folder.join(name);
    let mut text = fs::read_to_string(&file)?;
    // Counted from zero, and the new lines' room is there before the first key.
    let first = line as usize - 1;
    let at: usize = text.split_inclusive('\n').take(first).map(str::len).sum();
    text.insert_str(at, &"\n".repeat(TYPED.len()));
    let [root, uri] = [folder, &file].map(|path| Uri::from_file_path(path).map(|uri| uri.as_str().to_owned()));
    let (root, uri) = root.zip(uri).context("the demo project's path is no address")?;

    let mut client = Client::open(program, &root, &uri, "python", &text)?;
    let known = client.diagnostics()?.len();
    let mut screen = Screen { terminal: io::stdout().is_terminal(), shown: None };
    screen.say(&format!("`weir lsp` has {name} open, and knows {known} findings in it. Now somebody types:\n"))?;
    for (index, typed) in TYPED.iter().enumerate() {
        let number = first + index;
        for (column, key) in typed.char_indices() {
            client.replace(number, [column, column], key.encode_utf8(&mut [0; 4]))?;
            let found = here(&client.diagnostics()?, first);
            let (before, rest) = (&typed[..column + key.len_utf8()], &typed[column + key.len_utf8()..]);
            let milestone = rest.is_empty() || (index == 0 && column == 0);
            screen.line(number + 1, before, found, milestone)?;
        }
    }
    let last = first + TYPED.len() - 1;
    let tainted = TYPED[TYPED.len() - 1];
    let (unsafe_part, safe_part) = MENDED;
    let start = tainted.find(unsafe_part).context("what is mended was typed")?;
    screen.say("\nWith a placeholder in place of the value:\n")?;
    client.replace(last, [start, start + unsafe_part.len()], safe_part)?;
    let found = here(&client.diagnostics()?, first);
    screen.line(last + 1, &tainted.replacen(unsafe_part, safe_part, 1), found, true)?;
    screen.say("\nAnd with that undone:\n")?;
    client.replace(last, [start, start + safe_part.len()], unsafe_part)?;
    let found = here(&client.diagnostics()?, first);
    screen.line(last + 1, tainted, found, true)?;
    client.shutdown()?;

    text.replace_range(at..at + TYPED.len(), &format!("{}\n", TYPED.join("\n")));
    write_file(&file, &text)?;
    screen.say("\nSaved. What `weir scan` says of it:\n")?;
    draw(&file, first, screen.terminal)
}

/// What is found in the lines that are typed, one line each.
fn here(diagnostics: &[Value], first: usize) -> Vec<String> {
    let lines = first as u64..(first + TYPED.len()) as u64;
    let inside = |found: &&Value| found["range"]["start"]["line"].as_u64().is_some_and(|line| lines.contains(&line));
    let word = |found: &Value| {
        let rule = found["code"].as_str().unwrap_or_default().to_owned();
        let message = found["message"].as_str().and_then(|text| text.lines().next()).unwrap_or_default();
        format!("{rule}: {message}")
    };
    diagnostics.iter().filter(inside).map(word).collect()
}

/// Scans the file, and draws what is found in the lines that were typed.
fn draw(file: &Path, first: usize, terminal: bool) -> anyhow::Result<()> {
    let mut args = ScanArgs { paths: vec![file.to_owned()], ..ScanArgs::default() };
    args.output.quiet = true;
    let mut report = scan::scan(&args)?.report;
    for file in &mut report.files {
        let text = &file.text;
        let lines = first..first + TYPED.len();
        file.findings.retain(|found| lines.contains(&text.byte_to_line(found.span.start as usize)));
        file.path = Arc::from(FIRST.0);
    }
    let colour = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let width = if terminal { width() } else { None };
    to_stdout(anstream::stdout().lock(), |out| report::text::write(&report, Style { colour, width }, out))?;
    Ok(())
}

/// The terminal's columns.
fn width() -> Option<usize> {
    terminal_size::terminal_size().map(|(terminal_size::Width(width), _)| usize::from(width))
}

/// Where the typing is shown.
struct Screen {
    terminal: bool,
    /// The findings that were shown last.
    shown: Option<Vec<String>>,
}

impl Screen {
    /// Says something between two lines that are typed.
    fn say(&self, text: &str) -> io::Result<()> {
        to_stdout(io::stdout().lock(), |out| writeln!(out, "{text}"))?;
        self.pause(READING);
        Ok(())
    }

    /// Shows a line as it stands. In a terminal it is drawn over itself with every key; elsewhere, and for keeping, it is
    /// written when what is found has changed, or when it is a milestone.
    fn line(&mut self, number: usize, text: &str, found: Vec<String>, milestone: bool) -> io::Result<()> {
        let changed = self.shown.as_ref() != Some(&found);
        to_stdout(io::stdout().lock(), |out| {
            if self.terminal {
                // Longer than the terminal is wide it could not be drawn over: its end is what is typed at.
                let room = width().unwrap_or(80).saturating_sub(8);
                let cut = text.chars().count().saturating_sub(room);
                let tail: String = text.chars().skip(cut).collect();
                write!(out, "\r\x1b[2K{number:>4} | {tail}")?;
            }
            if changed || milestone {
                if self.terminal {
                    writeln!(out)?;
                } else {
                    writeln!(out, "{number:>4} | {text}")?;
                }
                match &found[..] {
                    [] => writeln!(out, "     = nothing found")?,
                    found => found.iter().try_for_each(|found| writeln!(out, "     = {found}"))?,
                }
            }
            Ok(())
        })?;
        self.pause(if changed { READING } else { KEY });
        self.shown = Some(found);
        Ok(())
    }

    /// Only people need time.
    fn pause(&self, time: Duration) {
        if self.terminal {
            std::thread::sleep(time);
        }
    }
}
