//! Explanations as text for people and as JSON for programs.

use super::text::Style;
use super::{Place as At, one_based, text_of};
use crate::walk::SkipReason;
use annotate_snippets::normalize_untrusted_str;
use ropey::Rope;
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use weir_model::{
    Explanation, Finding, MetavarValue, Note, Outcome, Place, PositionEncoding, Reason, RulePart, Span, Verdict,
};

/// Text is wrapped at the terminal's width, but not wider than people read.
const MAX_WIDTH: usize = 110;
/// Longer pieces of code and of rules are cut: their line is told.
const MAX_CODE: usize = 70;

/// What a command has to say.
pub(crate) struct Told<'a> {
    /// The path to show.
    pub(crate) path: &'a str,
    /// The text that spans count in.
    pub(crate) text: &'a Rope,
    /// One-based.
    pub(crate) line: u32,
    /// Why a scan of the project would leave out the file.
    pub(crate) left_out: Option<SkipReason>,
    /// One for every rule that is meant.
    pub(crate) explanations: Vec<Explanation>,
    /// What could not be done.
    pub(crate) notes: Vec<Note>,
}

const fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reported => "reported",
        Verdict::Suppressed => "suppressed",
        Verdict::NotRun => "not run",
        Verdict::NotReported => "not reported",
        Verdict::Stopped => "stopped",
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => "holds",
        Outcome::Fails => "fails",
        Outcome::Neutral => "neutral",
    }
}

/// Writes explanations for people.
pub(crate) fn text(told: &Told<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let width = style.width.unwrap_or(MAX_WIDTH).clamp(40, MAX_WIDTH);
    let mut page = Page { told, colour: style.colour, width, out };
    for explanation in &told.explanations {
        page.explanation(explanation)?;
    }
    Ok(())
}

struct Page<'a> {
    told: &'a Told<'a>,
    colour: bool,
    width: usize,
    out: &'a mut dyn Write,
}

/// What colours say.
#[derive(Clone, Copy)]
enum Paint {
    Good,
    Bad,
    Faint,
    Strong,
}

impl Page<'_> {
    fn explanation(&mut self, explanation: &Explanation) -> io::Result<()> {
        let Explanation { rule_id, source, rule_line, span, verdict, summary, reasons, .. } = explanation;
        let code = cut(text_of(self.told.text, *span).trim());
        let place = format!("{}:{}", self.told.path, self.told.line);
        writeln!(self.out, "{}  {code}", self.painted(Paint::Strong, &place))?;
        let paint = if *verdict == Verdict::Reported { Paint::Good } else { Paint::Bad };
        let verdict = self.painted(paint, name(*verdict));
        let rule_file = self.painted(Paint::Faint, &format!("({source}:{rule_line})"));
        writeln!(self.out, "{rule_id} {rule_file}: {verdict}")?;
        self.wrapped("  ", summary)?;
        writeln!(self.out)?;
        if let Some(reason) = self.told.left_out {
            let message = format!("a scan leaves the file out unless it is named itself: {}", reason.words());
            self.line(Outcome::Fails, &message)?;
        }
        // A broken file may have an error on every line; what is said here is whether the line is one of these.
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            self.told.notes.iter().partition(|note| note.span.is_none_or(|broken| broken.touches(*span)));
        for note in here {
            self.line(Outcome::Neutral, &note.message)?;
        }
        if let Some(first) = elsewhere.iter().find_map(|note| note.span) {
            let message =
                format!("parts of the file, first in line {}, could not be read as code", self.line_of(first));
            self.line(Outcome::Neutral, &message)?;
        }
        for reason in reasons {
            self.reason(reason, 0)?;
        }
        writeln!(self.out)
    }

    fn line(&mut self, outcome: Outcome, message: &str) -> io::Result<()> {
        let sign = self.sign(outcome);
        writeln!(self.out, "{sign} {message}")
    }

    fn reason(&mut self, reason: &Reason, depth: usize) -> io::Result<()> {
        let indent = "  ".repeat(depth);
        let sign = self.sign(reason.outcome);
        if let Some(part) = &reason.rule {
            let place = self.painted(Paint::Faint, &format!("(line {})", part.line));
            writeln!(self.out, "{indent}{sign} {} {place}", words(part))?;
            self.wrapped(&format!("{indent}    "), &reason.message)?;
        } else {
            // The sign stands where the first line's indent ends.
            let lines = fill(&reason.message, self.width.saturating_sub(indent.len() + 2));
            for (at, line) in lines.lines().enumerate() {
                let lead = if at == 0 { sign.as_str() } else { " " };
                writeln!(self.out, "{indent}{lead} {line}")?;
            }
        }
        for place in &reason.places {
            self.place(place, &indent)?;
        }
        for below in &reason.below {
            self.reason(below, depth + 1)?;
        }
        Ok(())
    }

    fn place(&mut self, place: &Place, indent: &str) -> io::Result<()> {
        let (line, column) = one_based(At::of(self.told.text, place.span).range.start);
        let at = self.painted(Paint::Faint, &format!("{line}:{column}"));
        let mut rest = cut(&text_of(self.told.text, place.span));
        for (name, value) in &place.metavars {
            rest += &format!("  {name} = {}", cut(&value.content));
            if let Some(constant) = &value.constant {
                rest += &format!(" (holds {})", cut(constant));
            }
        }
        if !place.label.is_empty() {
            rest += &format!("  <- {}", normalize_untrusted_str(&place.label));
        }
        writeln!(self.out, "{indent}      {at}  {rest}")
    }

    fn wrapped(&mut self, indent: &str, message: &str) -> io::Result<()> {
        for line in fill(message, self.width.saturating_sub(indent.len())).lines() {
            writeln!(self.out, "{indent}{line}")?;
        }
        Ok(())
    }

    fn line_of(&self, span: Span) -> u32 {
        PositionEncoding::Utf8.position(self.told.text, span.start).line + 1
    }

    fn sign(&self, outcome: Outcome) -> String {
        match outcome {
            Outcome::Holds => self.painted(Paint::Good, "+"),
            Outcome::Fails => self.painted(Paint::Bad, "x"),
            Outcome::Neutral => self.painted(Paint::Faint, "-"),
        }
    }

    fn painted(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Good => "32",
            Paint::Bad => "31",
            Paint::Faint => "2",
            Paint::Strong => "1",
        };
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A part of a rule on one line.
fn words(part: &RulePart) -> String {
    if part.text.is_empty() { part.key.clone() } else { format!("{}: {}", part.key, cut(&part.text)) }
}

/// Code on one line, cut where it is long. Whatever in it would steer a terminal is made visible.
fn cut(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(MAX_CODE) {
        line.truncate(end);
        line.push_str("...");
    }
    normalize_untrusted_str(&line)
}

fn fill(message: &str, width: usize) -> String {
    textwrap::fill(&normalize_untrusted_str(message), width.max(20))
}

/// Writes explanations for programs. Lines and columns count from one, columns and offsets in bytes, as in the JSON of a
/// scan.
pub(crate) fn json(told: &Told<'_>, out: &mut dyn Write) -> io::Result<()> {
    let text = told.text;
    let explanations: Vec<Value> = told.explanations.iter().map(|explanation| explained(text, explanation)).collect();
    let notes: Vec<Value> = told
        .notes
        .iter()
        .map(|note| json!({ "message": note.message, "place": note.span.map(|span| range(text, span)) }))
        .collect();
    let value = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "path": told.path,
        "line": told.line,
        "left_out": told.left_out.map(SkipReason::name),
        "explanations": explanations,
        "notes": notes,
    });
    serde_json::to_writer(&mut *out, &value)?;
    out.write_all(b"\n")
}

fn explained(text: &Rope, explanation: &Explanation) -> Value {
    json!({
        "rule_id": explanation.rule_id,
        "rule_file": explanation.source,
        "rule_line": explanation.rule_line,
        "verdict": name(explanation.verdict),
        "summary": explanation.summary,
        "findings": explanation.findings.iter().map(|finding| found(text, finding)).collect::<Vec<_>>(),
        "reasons": explanation.reasons.iter().map(|reason| step(text, reason)).collect::<Vec<_>>(),
    })
}

fn found(text: &Rope, finding: &Finding) -> Value {
    let mut value = range(text, finding.span);
    value["message"] = json!(finding.message);
    value["is_ignored"] = json!(finding.suppressed);
    value
}

fn step(text: &Rope, reason: &Reason) -> Value {
    let rule = reason.rule.as_ref().map(
        |part| json!({ "key": part.key, "text": part.text, "line": part.line, "start": part.span.start, "end": part.span.end }),
    );
    json!({
        "outcome": outcome(reason.outcome),
        "rule": rule,
        "message": reason.message,
        "places": reason.places.iter().map(|place| located(text, place)).collect::<Vec<_>>(),
        "below": reason.below.iter().map(|below| step(text, below)).collect::<Vec<_>>(),
    })
}

fn located(text: &Rope, place: &Place) -> Value {
    let mut value = range(text, place.span);
    value["label"] = json!(place.label);
    value["metavars"] = bound(text, &place.metavars);
    value
}

fn bound(text: &Rope, metavars: &[(String, MetavarValue)]) -> Value {
    let entry = |value: &MetavarValue| {
        let mut entry = range(text, value.span);
        entry["constant"] = json!(value.constant);
        entry
    };
    metavars.iter().map(|(name, value)| (name.clone(), entry(value))).collect::<Map<_, _>>().into()
}

fn range(text: &Rope, span: Span) -> Value {
    let range = At::of(text, span).range;
    let position = |position, offset| {
        let (line, column) = one_based(position);
        json!({ "line": line, "col": column, "offset": offset })
    };
    json!({
        "start": position(range.start, span.start),
        "end": position(range.end, span.end),
        "code": text_of(text, span),
    })
}
