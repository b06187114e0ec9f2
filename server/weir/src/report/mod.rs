//! What a scan found, and the formats it is written in. Every format gets the same report and decides nothing.

pub(crate) mod explanation;
pub(crate) mod json;
pub(crate) mod rule;
pub(crate) mod sarif;
pub(crate) mod text;

use crate::project_marks::Obsolete;
use crate::walk::Skipped;
use ropey::Rope;
use rule::Rule;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use weir_model::{Cell, Cells, Edit, Finding, Hint, HintKind, Position, PositionEncoding, Range, RuleProblem, Span};

/// All that a scan has to say, in an order that does not depend on how the work was shared out.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The rules that ran, by id.
    pub(crate) rules: BTreeMap<Arc<str>, Rule>,
    /// Rules and rule files that did not run, and why.
    pub(crate) problems: Vec<RuleProblem>,
    /// The files with findings, by path.
    pub(crate) files: Vec<FileReport>,
    /// All files that were analysed, by path.
    pub(crate) scanned: Vec<Arc<str>>,
    /// Files and folders that were not.
    pub(crate) skipped: Vec<Skipped>,
    /// What there is to say about marks that ask to ignore findings, by path and place.
    pub(crate) remarks: Vec<Remark>,
    /// Entries of project files that ask to ignore what is not found.
    pub(crate) obsolete: Vec<Obsolete>,
    /// How many findings were left out because the baseline has them.
    pub(crate) known: usize,
    /// How many because of the team's configuration.
    pub(crate) hidden_by_team: usize,
    /// What went wrong on the way.
    pub(crate) incidents: Vec<Incident>,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

/// One file and the findings in it.
#[derive(Debug)]
pub(crate) struct FileReport {
    /// The path to open: the shown one may have lost what is not UTF-8.
    pub(crate) file: PathBuf,
    /// The path to show.
    pub(crate) path: Arc<str>,
    /// The text that the findings' spans count in.
    pub(crate) text: Rope,
    /// The cells, if it is a notebook: people read these.
    pub(crate) cells: Option<Cells>,
    /// Sorted by place, then rule; suppressed ones among them.
    pub(crate) findings: Vec<Finding>,
}

/// What there is to say about a mark.
#[derive(Debug)]
pub(crate) struct Remark {
    /// The path to show.
    pub(crate) path: Arc<str>,
    pub(crate) place: Place,
    pub(crate) hint: Hint,
}

/// A mark that asks for something in vain, for reports that are read by programs.
pub(crate) struct UselessMark<'a> {
    pub(crate) kind: HintKind,
    /// The path to show.
    pub(crate) path: &'a str,
    pub(crate) at: At,
    pub(crate) message: String,
    /// Removes it; empty where it is an entry of a list.
    pub(crate) removal: &'a [Edit],
}

/// Where a mark is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    Place(Place),
    /// From one.
    Line(u32),
}

/// Something that went wrong while a file was analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incident {
    /// The file, if it is about one.
    pub(crate) path: Option<Arc<str>>,
    /// Where in it (columns in bytes), if it is about a place.
    pub(crate) place: Option<Place>,
    /// The rule, if it is about one.
    pub(crate) rule_id: Option<Arc<str>>,
    /// What kind of thing.
    pub(crate) kind: IncidentKind,
    /// What happened and what to do.
    pub(crate) message: String,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// In bytes.
    pub(crate) span: Span,
    /// In lines and columns of bytes.
    pub(crate) range: Range,
}

impl Place {
    /// The place of a span.
    pub(crate) fn of(text: &Rope, span: Span) -> Self {
        Self { span, range: PositionEncoding::Utf8.range(text, span) }
    }
}

/// Kinds of incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum IncidentKind {
    /// Part of a file is not valid in its language; the rest was analysed.
    PartialParsing,
    /// A file was analysed with something replaced or left out.
    Partial,
    /// A rule took too long and was not run any more.
    RuleTimeout,
    /// A file took too long; its findings may be missing.
    Timeout,
    /// A file could not be analysed.
    Failed,
    /// A path or file could not be read.
    Unreadable,
}

impl IncidentKind {
    /// The name in reports; Semgrep's where there is one.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PartialParsing => "PartialParsing",
            Self::Partial => "Partial analysis",
            Self::RuleTimeout => "Rule timeout",
            Self::Timeout => "Timeout",
            Self::Failed => "Fatal error",
            Self::Unreadable => "Unreadable",
        }
    }

    /// Whether findings are missing for sure, and not only perhaps in the part concerned.
    pub(crate) const fn is_error(self) -> bool {
        matches!(self, Self::RuleTimeout | Self::Timeout | Self::Failed | Self::Unreadable)
    }
}

impl Report {
    /// What there is to say about marks, entries of lists included that are of use to nobody for sure.
    pub(crate) fn useless_marks(&self) -> impl Iterator<Item = UselessMark<'_>> {
        let of_texts = self.remarks.iter().map(|Remark { path, place, hint }| UselessMark {
            kind: hint.kind,
            path,
            at: At::Place(*place),
            message: hint.message.clone(),
            removal: &hint.removal,
        });
        let certain = self.obsolete.iter().filter(|entry| entry.is_certain());
        let of_lists = certain.map(|entry| {
            let (path, line) = entry.place();
            let kind = if entry.is_expired() { HintKind::Expired } else { HintKind::Unused };
            UselessMark { kind, path, at: At::Line(line), message: entry.message(), removal: &[] }
        });
        of_texts.chain(of_lists)
    }

    /// The findings that count, in order: nobody asked to ignore them.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (&FileReport, &Finding)> {
        self.all_findings().filter(|(_, finding)| !finding.is_suppressed())
    }

    /// All findings in order.
    pub(crate) fn all_findings(&self) -> impl Iterator<Item = (&FileReport, &Finding)> {
        self.files.iter().flat_map(|file| file.findings.iter().map(move |finding| (file, finding)))
    }
}

impl FileReport {
    /// The cell that a span stands in, and where in it; of what is no notebook there is none.
    pub(crate) fn cell(&self, span: Span) -> Option<(&Cell, Span)> {
        self.cells.as_ref()?.find(span)
    }
}

/// Where in a notebook something is, in words.
pub(crate) fn in_cell(cells: Option<&Cells>, span: Span) -> Option<String> {
    let (cell, within) = cells?.find(span)?;
    Some(format!("cell {}, line {}", cell.number, line_in(cell, within)))
}

/// The one-based line of a place in a cell.
pub(crate) fn line_in(cell: &Cell, within: Span) -> usize {
    Rope::from_str(&cell.text).byte_to_line(within.start as usize) + 1
}

/// One-based line and column for people and formats.
pub(crate) fn one_based(position: Position) -> (u32, u32) {
    (position.line + 1, position.column + 1)
}

/// The lines a span touches, without the last line's break.
pub(crate) fn lines_of(text: &Rope, span: Span) -> String {
    let range = PositionEncoding::Utf8.range(text, span);
    let start = text.line_to_char(range.start.line as usize);
    let end = text.line_to_char((range.end.line as usize + 1).min(text.len_lines()));
    let mut lines = text.slice(start..end).to_string();
    lines.truncate(lines.trim_end_matches(['\r', '\n']).len());
    lines
}

/// The text under a span; shorter where the span does not fit.
pub(crate) fn text_of(text: &Rope, span: Span) -> String {
    let end = (span.end as usize).min(text.len_bytes());
    let start = (span.start as usize).min(end);
    text.slice(text.byte_to_char(start)..text.byte_to_char(end)).to_string()
}
