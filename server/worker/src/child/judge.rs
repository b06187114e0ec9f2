//! A sealed file: opened here and nowhere else, and told of without a word of its text.

use super::analysis::Analysis;
use super::desk::{Desk, Time, notes};
use super::inbox::{ScanWork, SealedWork};
use super::raw_ast;
use ropey::Rope;
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use weir_analysis::{Hits, Options, Unit, surroundings};
use weir_model::{
    Analysed, AnalysisDepth, Format, JudgeOptions, JudgeTiming, Judged, Judgement, Language, Note, NoteKind,
    PositionEncoding, Refusal, Remark, Sealing, Span, TreeStats,
};
use weir_seal::{SessionKey, Zeroizing, file};
use weir_syntax::{Limits, Source};

/// Columns of the contract are those of its clients, which are written in JavaScript.
const COLUMNS: PositionEncoding = PositionEncoding::Utf16;

/// A snippet shows no more lines than this, and
const SNIPPET_LINES: usize = 12;

/// no more bytes: a line of minified code may be the whole file.
const SNIPPET_BYTES: usize = 2 << 10;

/// Regexes are linear in the text and take some milliseconds; this bounds those of teams.
const REGEX_TIME: Duration = Duration::from_secs(1);

/// A file of which more than one byte in so many is no code in its language was not parsed, whatever the parser made of it.
const UNPARSED_FROM: u32 = 2;

/// A file that was opened.
struct Opened {
    text: Zeroizing<Vec<u8>>,
    format: Format,
    options: JudgeOptions,
    /// When.
    at: u64,
}

impl<A: Analysis> Desk<A> {
    /// Opens a sealed file and analyses it.
    pub(super) fn judge(&self, work: &ScanWork, sealed: &SealedWork, time: &Time<'_>) -> Judged {
        // What made an analysis panic is not told, and not tried again: regexes need no tree.
        let tries = [sealed.options.without_tree, true];
        let judged = tries.into_iter().find_map(|without_tree| {
            self.guarded(time, |began| self.judge_once(work, sealed, without_tree, time, began))
        });
        judged.unwrap_or_else(|| Judged::Analysed(Box::new(panicked(sealed.format.unwrap_or(Format::Text)))))
    }

    fn judge_once(
        &self,
        work: &ScanWork,
        sealed: &SealedWork,
        without_tree: bool,
        time: &Time<'_>,
        began: u64,
    ) -> Judged {
        let text = match open(&sealed.sealing, &work.bytes) {
            Ok(text) => text,
            Err(refusal) => return Judged::Refused(refusal),
        };
        let at = self.now();
        let Some(format) = sealed.format.or_else(|| from_shebang(&text)) else {
            return Judged::Refused(Refusal::UnknownLanguage);
        };
        let options = JudgeOptions { without_tree, ..sealed.options };
        let opened = Opened { text, format, options, at };
        let mut analysed = match &sealed.known {
            Some(known) => self.tell_again(known, sealed, opened),
            None => self.look(work, sealed, opened, &within(time, sealed)),
        };
        analysed.timing.decrypt_us = (at - began) as u32;
        Judged::Analysed(Box::new(analysed))
    }

    /// What is known of a file, with its snippets: nobody but who has the text and its key can make those.
    fn tell_again(&self, known: &Analysed, sealed: &SealedWork, opened: Opened) -> Analysed {
        let mut analysed = known.clone();
        let (text, _) = readable(opened.text);
        let (rope, key) = (Rope::from_str(&text), SessionKey::from_bytes(sealed.sealing.key.0));
        for finding in &mut analysed.findings {
            finding.snippet = snippet(&key, &rope, COLUMNS.span(&rope, finding.range));
        }
        analysed.timing.encrypt_us = (self.now() - opened.at) as u32;
        analysed
    }

    fn look(&self, work: &ScanWork, sealed: &SealedWork, opened: Opened, time: &Time<'_>) -> Analysed {
        let Opened { text, format, options, at: began } = opened;
        let limit = time.deadline.as_micros() as u64 / 4 * 3;
        let (text, invalid) = readable(text);
        let stop = || self.now() >= began + limit;
        let parsed_as = if options.without_tree { Format::Text } else { format };
        let source = Source::parse(parsed_as, text, Limits { stop: &stop });
        let parsed = self.now();
        let unit = Unit { path: &work.path, source: &source };
        let syntax = notes(source.notes()).collect::<Vec<_>>();
        let stopped = syntax.iter().any(|note| note.kind == NoteKind::Timeout);
        let unparsed = options.without_tree || !stopped && is_unparsed(&source, &syntax);

        let wants_rules = options.patterns && !options.regexes_only;
        let mut findings = Vec::new();
        let mut rule_notes = Vec::new();
        if wants_rules && !stopped && !unparsed {
            let how = Options { foreign_marks: self.foreign_marks, ..Options::default() };
            let outcome = self.analyze(&unit, None, how, &work.without, time, began);
            (findings, rule_notes) = (outcome.findings, outcome.notes);
        }
        let late = stopped || rule_notes.iter().any(|note| note.kind == NoteKind::Timeout);
        // What a rule has found itself is not told a second time by its regexes.
        let ran: HashSet<Arc<str>> = findings.iter().map(|finding| Arc::clone(&finding.rule_id)).collect();
        findings.retain(|finding| !finding.is_suppressed());
        let around = surroundings(&unit, &findings);
        let regexes = options.patterns && (options.regexes_only || late || unparsed);
        let hits = if regexes { self.regexes(work, format, source.text(), time) } else { Hits::default() };
        let depth = match (late, unparsed) {
            (true, _) => AnalysisDepth::TimedOut { regexes: hits.regexes },
            (_, true) if !options.regexes_only => AnalysisDepth::Unparsed { regexes: hits.regexes },
            _ => AnalysisDepth::Whole,
        };
        let analysed = self.now();

        let rope = Rope::from_str(source.text());
        let key = SessionKey::from_bytes(sealed.sealing.key.0);
        let told = |rule_id, severity, span, around| {
            let (range, snippet) = (COLUMNS.range(&rope, span), snippet(&key, &rope, span));
            Judgement { rule_id, severity, range, around, snippet }
        };
        let hits = hits.hits.into_iter().filter(|hit| !ran.contains(&hit.rule_id));
        let hits = hits.map(|hit| told(hit.rule_id, hit.severity, hit.span, None)).collect::<Vec<_>>();
        let found = findings.into_iter().zip(around);
        let judgements: Vec<Judgement> = found
            .map(|(finding, around)| told(finding.rule_id, finding.severity, finding.span, Some(around)))
            .chain(hits)
            .collect();
        let sealed_at = self.now();
        if invalid {
            rule_notes.push(Note {
                kind: NoteKind::InvalidUtf8,
                span: None,
                rule_id: None,
                message: "not valid UTF-8; what is not was read as U+FFFD".to_owned(),
            });
        }
        let remarks = syntax.into_iter().chain(rule_notes).map(|note| remark(&rope, note)).collect();
        Analysed {
            format,
            findings: judgements,
            notes: remarks,
            depth,
            stats: stats(&source),
            raw_ast: options.raw_ast.then(|| raw_ast::of(&source, &rope, COLUMNS)),
            timing: JudgeTiming {
                decrypt_us: 0,
                parse_us: (parsed - began) as u32,
                analyze_us: (analysed - parsed) as u32,
                encrypt_us: (sealed_at - analysed) as u32,
            },
            resident: 0,
        }
    }
}

impl<A: Analysis> Desk<A> {
    /// What regexes find. They have time of their own: where they are needed most, that of the analysis is used up.
    fn regexes(&self, work: &ScanWork, format: Format, text: &str, time: &Time<'_>) -> Hits {
        let Some(rules) = &self.rules else { return Hits::default() };
        let time = Time { subject: time.subject, deadline: REGEX_TIME, ..*time };
        let rules = rules.without(&work.without);
        self.budgeted(&time, self.now(), |budget| self.analysis.fall_back(rules, format, text, budget))
    }
}

/// The text of a sealed file, if it is the one that was announced.
fn open(sealing: &Sealing, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let key = SessionKey::from_bytes(sealing.key.0);
    let text = file::open(&key, &sealing.iv, &sealing.tag, ciphertext.to_vec()).map_err(|_| Refusal::Unopened)?;
    if text.len() as u64 != sealing.size {
        return Err(Refusal::OtherSize);
    }
    if Sha256::digest(&*text).as_slice() != sealing.hash {
        return Err(Refusal::OtherHash);
    }
    Ok(text)
}

/// As much time as was asked for, if that is less than any file may take. A budget leaves a quarter of its time for the
/// answer; what is asked for is all for the analysis.
fn within<'a>(time: &Time<'a>, sealed: &SealedWork) -> Time<'a> {
    let asked = sealed.options.within_ms.map(|ms| Duration::from_millis(ms.into()) / 3 * 4);
    Time { subject: time.subject, deadline: asked.map_or(time.deadline, |asked| asked.min(time.deadline)), ..*time }
}

/// A text out of bytes that may be none, and whether they were.
fn readable(mut bytes: Zeroizing<Vec<u8>>) -> (String, bool) {
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => (text, false),
        Err(error) => {
            let bytes = Zeroizing::new(error.into_bytes());
            (String::from_utf8_lossy(&bytes).into_owned(), true)
        }
    }
}

/// What `#!` in the first line says that it is.
fn from_shebang(text: &[u8]) -> Option<Format> {
    let line = text.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_whitespace().filter_map(|word| word.rsplit('/').next());
    let program = words.find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='))?;
    // `python3.12`, `ruby2.7`
    let name = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let language = match name {
        "node" | "nodejs" | "bun" => Language::JavaScript,
        "deno" | "ts-node" | "tsx" => Language::TypeScript,
        "python" | "pypy" => Language::Python,
        "ruby" | "jruby" => Language::Ruby,
        "php" => Language::Php,
        "java" => Language::Java,
        "elixir" | "iex" => Language::Elixir,
        _ => return None,
    };
    Some(language.into())
}

/// Whether most of the text is no code in its language.
fn is_unparsed(source: &Source, notes: &[Note]) -> bool {
    let broken: u32 =
        notes.iter().filter(|note| is_about_syntax(note)).filter_map(|note| note.span).map(Span::len).sum();
    broken > source.text().trim().len() as u32 / UNPARSED_FROM
}

fn is_about_syntax(note: &Note) -> bool {
    matches!(note.kind, NoteKind::SyntaxError | NoteKind::TooDeep)
}

/// The lines that a finding is on, sealed.
fn snippet(key: &SessionKey, text: &Rope, span: Span) -> String {
    let (first, last) = (line_at(text, span.start), line_at(text, span.end.max(span.start + 1) - 1));
    let last = last.min(first + SNIPPET_LINES - 1);
    let start = text.line_to_char(first);
    let end = text.line_to_char((last + 1).min(text.len_lines()));
    let mut shown = Zeroizing::new(String::new());
    for c in text.slice(start..end).chars() {
        if shown.len() + c.len_utf8() > SNIPPET_BYTES {
            break;
        }
        shown.push(c);
    }
    // Without randomness there is no snippet: it may be left out, and nothing else can be said of it here.
    file::seal_snippet(key, shown.trim_end_matches(['\r', '\n'])).unwrap_or_default()
}

fn line_at(text: &Rope, byte: u32) -> usize {
    text.byte_to_line((byte as usize).min(text.len_bytes()))
}

fn remark(text: &Rope, note: Note) -> Remark {
    let Note { kind, span, rule_id, message } = note;
    Remark { kind, range: span.map(|span| COLUMNS.range(text, span)), rule_id, message }
}

/// The trees of a text, taken together.
fn stats(source: &Source) -> Option<TreeStats> {
    let mut stats = TreeStats::default();
    for part in source.parts().iter().filter(|part| !part.tree.is_empty()) {
        let tree = part.tree;
        let mut depths = vec![1u32; tree.len()];
        for node in tree.ids() {
            if let Some(parent) = tree.parent(node) {
                depths[node.0 as usize] = depths[parent.0 as usize] + 1;
            }
        }
        stats.nodes += tree.len() as u32;
        stats.depth = stats.depth.max(depths.into_iter().max().unwrap_or_default());
    }
    (stats.nodes > 0).then_some(stats)
}

fn panicked(format: Format) -> Analysed {
    Analysed {
        format,
        findings: Vec::new(),
        notes: vec![Remark {
            kind: NoteKind::Panic,
            range: None,
            rule_id: None,
            message: "the analysis of this file failed".to_owned(),
        }],
        depth: AnalysisDepth::Unparsed { regexes: 0 },
        stats: None,
        raw_ast: None,
        timing: JudgeTiming::default(),
        resident: 0,
    }
}
