//! A day of typing: a person's edits over many files, with saves, undos, branch switches and changes of rules. At each checkpoint
//! the editor shows what a scan of the same files finds.
//!
//! `WEIR_DAY=100000` makes it a whole day; it prints what memory the server's processes take.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use weir_tests::binary;
use weir_tests::lsp_client::LspClient;

/// Edits if nothing is said: a few minutes' work of a person, a few seconds of a machine.
const EDITS: usize = 2_000;

/// Files of each language.
const FILES_EACH: usize = 10;

/// How often what is shown is compared with a scan.
const CHECKPOINTS: usize = 8;

/// A file of more bytes is begun anew: a person's files do not grow all day, and what memory is taken says something then.
const LARGEST: usize = 6_000;

/// Languages: the extension, a file to begin with, and what is typed into it.
const LANGUAGES: [(&str, &str, &[&str]); 5] = [
    (
        "py",
        "from flask import request\n\n\ndef show():\n    pass\n",
        &[
            "name = request.args.get('n')",
            "db.execute('SELECT ' + name)",
            "eval(name)",
            "name = 'safe'",
            "print('ä😀')",
        ],
    ),
    (
        "js",
        "function show(req, res) {\n  return 1;\n}\n",
        &[
            "const n = req.query.n;",
            "db.query('SELECT ' + req.query.n);",
            "eval(req.query.n);",
            "res.send(req.query.n);",
        ],
    ),
    (
        "rb",
        "class C < ApplicationController\n  def show\n    1\n  end\nend\n",
        &[
            "name = params[:name]",
            "Ticket.where(\"n = '#{params[:n]}'\")",
            "eval(params[:n])",
            "system(\"ls #{name}\")",
        ],
    ),
    (
        "php",
        "<?php\nfunction show($db) {\n    return 1;\n}\n",
        &["$n = $_GET['n'];", "$db->query('SELECT ' . $_GET['n']);", "echo $_GET['n'];", "eval($_GET['n']);"],
    ),
    (
        "java",
        "class A extends HttpServlet {\n  void show(HttpServletRequest request) {\n    int a = 1;\n  }\n}\n",
        &["String n = request.getParameter(\"n\");", "st.executeQuery(\"SELECT \" + request.getParameter(\"n\"));"],
    ),
];

/// The same numbers every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// One open file as the editor has it.
struct Buffer {
    uri: String,
    name: String,
    language: usize,
    text: String,
    version: i64,
    /// What it was before each of the last edits.
    undo: Vec<String>,
}

/// Rules and where they found something: line and column.
type Places = BTreeSet<(String, u64, u64)>;

/// What is found, by file.
type Found = BTreeMap<String, Places>;

struct Day {
    folder: TempDir,
    server: LspClient,
    buffers: Vec<Buffer>,
    /// What the editor shows: the last that was published, with its version.
    shown: BTreeMap<String, (i64, Places)>,
    dice: Dice,
}

#[test]
fn what_is_shown_is_what_a_scan_finds_after_a_day_of_typing() {
    let edits = std::env::var("WEIR_DAY").ok().and_then(|text| text.parse().ok()).unwrap_or(EDITS);
    let mut day = Day::new();
    let mut memory = String::new();
    for checkpoint in 1..=CHECKPOINTS {
        for _ in 0..edits / CHECKPOINTS {
            day.edit();
        }
        if checkpoint.is_multiple_of(3) {
            day.change_rules(checkpoint);
        }
        if checkpoint.is_multiple_of(4) {
            day.switch_branch();
        }
        day.compare(checkpoint);
        let _ = write!(memory, " {}", day.memory() / 1024);
    }
    eprintln!("{edits} edits; memory of the server's processes at the checkpoints, MB:{memory}");
    // Nothing failed, and no process was started again.
    assert!(day.server.pending.is_empty(), "{:?}", day.server.pending);
    assert_eq!(day.server.shutdown().code(), Some(0));
}

impl Day {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("weir.toml"), "workspace = false\n").expect("a writable folder");
        let mut server = LspClient::initialized(binary::weir(), &[], Some(folder.path()));
        let mut buffers = Vec::new();
        for (language, (extension, text, _)) in LANGUAGES.iter().enumerate() {
            for at in 0..FILES_EACH {
                let name = format!("f{at}.{extension}");
                std::fs::write(folder.path().join(&name), text).expect("a writable folder");
                let uri = format!("file://{}", folder.path().join(&name).display());
                server.open(&uri, "", text);
                buffers.push(Buffer { uri, name, language, text: (*text).to_owned(), version: 1, undo: Vec::new() });
            }
        }
        Self { folder, server, buffers, shown: BTreeMap::new(), dice: Dice(20_261_126) }
    }

    /// One thing that a person does.
    fn edit(&mut self) {
        let at = self.dice.below(self.buffers.len());
        if self.buffers[at].text.len() > LARGEST {
            let (end, text) = (self.buffers[at].text.len(), LANGUAGES[self.buffers[at].language].1);
            return self.replace(at, 0, end, text);
        }
        match self.dice.below(100) {
            0..=44 => self.type_statement(at),
            45..=69 => self.type_character(at),
            70..=84 => self.delete(at),
            85..=94 => self.undo(at),
            _ => self.save(at),
        }
    }

    /// A whole line at the end of a line.
    fn type_statement(&mut self, at: usize) {
        let phrases = LANGUAGES[self.buffers[at].language].2;
        let phrase = phrases[self.dice.below(phrases.len())];
        let text = &self.buffers[at].text;
        let ends: Vec<usize> = text.match_indices('\n').map(|(end, _)| end).chain([text.len()]).collect();
        let end = ends[self.dice.below(ends.len())];
        self.replace(at, end, end, &format!("\n    {phrase}"));
    }

    fn type_character(&mut self, at: usize) {
        let place = self.place(at);
        let typed = ["x", " ", "(", ")", "'", "\n", "ä", "😀", ";", "#"][self.dice.below(10)];
        self.replace(at, place, place, typed);
    }

    fn delete(&mut self, at: usize) {
        let (one, other) = (self.place(at), self.place(at));
        let (from, to) = (one.min(other), one.max(other));
        // Mostly a little, now and then a lot.
        let most = if self.dice.below(20) == 0 { 200 } else { 12 };
        let mut to = to.min(from + most);
        while !self.buffers[at].text.is_char_boundary(to) {
            to += 1;
        }
        self.replace(at, from, to, "");
    }

    fn undo(&mut self, at: usize) {
        if let Some(before) = self.buffers[at].undo.pop() {
            let end = self.buffers[at].text.len();
            self.replace(at, 0, end, &before);
            self.buffers[at].undo.pop();
        }
    }

    fn save(&mut self, at: usize) {
        let buffer = &self.buffers[at];
        std::fs::write(self.folder.path().join(&buffer.name), &buffer.text).expect("a writable folder");
        self.server.notify("textDocument/didSave", &serde_json::json!({ "textDocument": { "uri": buffer.uri } }));
    }

    fn place(&mut self, at: usize) -> usize {
        let mut place = self.dice.below(self.buffers[at].text.len() + 1);
        while !self.buffers[at].text.is_char_boundary(place) {
            place += 1;
        }
        place
    }

    fn replace(&mut self, at: usize, from: usize, to: usize, typed: &str) {
        let buffer = &mut self.buffers[at];
        let range = [position(&buffer.text, from), position(&buffer.text, to)];
        buffer.undo.push(buffer.text.clone());
        if buffer.undo.len() > 20 {
            buffer.undo.remove(0);
        }
        buffer.text.replace_range(from..to, typed);
        buffer.version += 1;
        let [[start_line, start], [end_line, end]] = range;
        self.server.change(&buffer.uri, buffer.version, [start_line, start, end_line, end], typed);
    }

    /// Other severities and one rule less, or all again.
    fn change_rules(&mut self, checkpoint: usize) {
        let rule = if checkpoint.is_multiple_of(2) {
            "severity.\"php-*\" = \"off\"\n"
        } else {
            "severity.\"ruby-*\" = \"off\"\n"
        };
        let file = self.folder.path().join("weir.toml");
        std::fs::write(&file, format!("workspace = false\n{rule}")).expect("a writable folder");
        let change = serde_json::json!({ "uri": format!("file://{}", file.display()), "type": 2 });
        self.server.notify("workspace/didChangeWatchedFiles", &serde_json::json!({ "changes": [change] }));
    }

    /// Half of the files become something else at once.
    fn switch_branch(&mut self) {
        for at in (0..self.buffers.len()).step_by(2) {
            let other = LANGUAGES[self.buffers[at].language].1;
            let end = self.buffers[at].text.len();
            self.replace(at, 0, end, other);
            self.save(at);
        }
    }

    fn compare(&mut self, checkpoint: usize) {
        for at in 0..self.buffers.len() {
            self.save(at);
        }
        let expected = self.scanned();
        // A text that does not parse is looked at once more when nobody types, so what is shown may change once more.
        loop {
            self.take_published();
            let current =
                |buffer: &Buffer| self.shown.get(&buffer.uri).is_some_and(|&(version, _)| version == buffer.version);
            let shown: Found = self
                .buffers
                .iter()
                .filter_map(|buffer| Some((buffer.name.clone(), self.shown.get(&buffer.uri)?.1.clone())))
                .filter(|(_, places)| !places.is_empty())
                .collect();
            if shown == expected && self.buffers.iter().all(current) {
                return;
            }
            let what = format!(
                "what is shown to be what is found at checkpoint {checkpoint}{}",
                self.difference(&shown, &expected)
            );
            let next = self.server.wait(&what, |message| message["method"] == "textDocument/publishDiagnostics");
            self.take(&next);
        }
    }

    /// What differs in one file, and where that was left to be looked at.
    fn difference(&self, shown: &Found, expected: &Found) -> String {
        let none = Places::new();
        let differs = |buffer: &&Buffer| shown.get(&buffer.name) != expected.get(&buffer.name);
        let Some(buffer) = self.buffers.iter().find(differs) else { return String::new() };
        let [shown, expected] = [shown, expected].map(|found| found.get(&buffer.name).unwrap_or(&none));
        let missing: Vec<_> = expected.difference(shown).collect();
        let extra: Vec<_> = shown.difference(expected).collect();
        let kept = std::env::temp_dir().join(format!("weir-day-{}", buffer.name));
        let _ = std::fs::write(&kept, &buffer.text);
        let said = self.server.pending.iter().filter(|message| message["method"] == "window/logMessage").count();
        format!("; {}: missing {missing:?}, extra {extra:?}; {said} messages in the log", kept.display())
    }

    fn take_published(&mut self) {
        let pending = std::mem::take(&mut self.server.pending);
        for message in pending {
            if message["method"] == "textDocument/publishDiagnostics" {
                self.take(&message);
            } else if message["params"]["type"].as_i64().is_some_and(|kind| kind <= 2) {
                self.server.pending.push(message);
            }
        }
    }

    fn take(&mut self, message: &Value) {
        let params = &message["params"];
        let (uri, version) = (params["uri"].as_str().expect("a uri"), params["version"].as_i64().unwrap_or(-1));
        let places = places(params["diagnostics"].as_array().expect("a list"));
        self.shown.insert(uri.to_owned(), (version, places));
    }

    /// What a scan of the same files finds, as an editor shows it.
    fn scanned(&self) -> Found {
        let run = Command::new(binary::weir())
            .args(["scan", "--json", "-q", "."])
            .current_dir(self.folder.path())
            .output()
            .expect("weir runs");
        let report: Value = serde_json::from_slice(&run.stdout).expect("a report");
        let mut found = Found::new();
        for result in report["results"].as_array().expect("results") {
            let name = result["path"].as_str().expect("a path").to_owned();
            let text = std::fs::read_to_string(self.folder.path().join(&name)).expect("a readable file");
            let at = position(&text, result["start"]["offset"].as_u64().expect("an offset") as usize);
            let rule = result["check_id"].as_str().expect("a rule").to_owned();
            found.entry(name).or_default().insert((rule, u64::from(at[0]), u64::from(at[1])));
        }
        found
    }

    /// Kilobytes that the server and its workers have in memory.
    fn memory(&self) -> u64 {
        let server = self.server.pid();
        // A process's children are listed by the thread that started them.
        let threads = std::fs::read_dir(format!("/proc/{server}/task")).into_iter().flatten().flatten();
        let children = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
        let children: Vec<String> =
            children.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
        let all = children.into_iter().chain([server.to_string()]);
        all.map(|pid| resident(&Path::new("/proc").join(pid).join("status"))).sum()
    }
}

fn resident(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn places(diagnostics: &[Value]) -> Places {
    let place = |diagnostic: &Value| {
        let start = &diagnostic["range"]["start"];
        let number = |key: &str| start[key].as_u64().expect("a number");
        (diagnostic["code"].as_str().expect("a rule").to_owned(), number("line"), number("character"))
    };
    diagnostics.iter().map(place).collect()
}

/// Line and column in UTF-16 units of a byte offset.
fn position(text: &str, offset: usize) -> [u32; 2] {
    let before = &text[..offset];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    [line as u32, before[start..].encode_utf16().count() as u32]
}
