//! The report for people: each finding with its code, and the path from source to sink drawn into it.

use super::rule::Rule;
use super::{FileReport, Report};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet, normalize_untrusted_str};
use ropey::Rope;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use weir_model::{Cell, Edit, Finding, Fix, Severity, Span, StepKind};

/// Text is wrapped at the terminal's width, but not wider than people read.
const MAX_WIDTH: usize = 110;
/// An annotation of more lines is drawn on its first line only.
const MAX_DRAWN_LINES: usize = 6;
/// Of a longer path the first and the last steps are drawn.
const MAX_DRAWN_STEPS: usize = 10;

/// How the report is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// With colours.
    pub(crate) colour: bool,
    /// Columns of the terminal, if there is one.
    pub(crate) width: Option<usize>,
}

/// Writes every finding that nobody asked to ignore.
pub(crate) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width.unwrap_or(MAX_WIDTH).max(60));
    let width = style.width.unwrap_or(MAX_WIDTH).clamp(40, MAX_WIDTH);
    // What a rule has to say besides its message is said with its first finding: the hundredth needs no lecture.
    let (mut explained, mut told) = (HashSet::new(), HashSet::new());
    for (file, finding) in report.findings() {
        let rule = report.rules.get(&finding.rule_id).filter(|_| explained.insert(&finding.rule_id));
        let (title, rest) = split_message(&finding.message);
        let rest = told.insert((&finding.rule_id, rest.clone())).then_some(rest);
        let drawing = draw(file, finding, Words { title, rest, rule, width }, &renderer);
        writeln!(out, "{drawing}\n")?;
    }
    Ok(())
}

/// What is said beside the code.
struct Words<'a> {
    title: String,
    rest: Option<String>,
    /// The rule, if it is to explain itself.
    rule: Option<&'a Rule>,
    width: usize,
}

fn draw(file: &FileReport, finding: &Finding, words: Words<'_>, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Critical => Level::ERROR.with_name("critical"),
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let Words { title, rest, rule, width } = words;
    let sheets = sheets(file, finding);
    let snippets = sheets.iter().map(|sheet| {
        let annotations = sheet.marks.iter().map(|mark| {
            let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(sheet.excerpt.within(mark.span)).label(mark.label.clone())
        });
        sheet.excerpt.snippet(&sheet.path).annotations(annotations)
    });
    let mut group = Group::with_title(level.primary_title(title).id(&*finding.rule_id)).elements(snippets);
    // Beside the gutter and the word `note: `.
    let width = width.saturating_sub(18);
    if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
        group = group.element(Level::NOTE.message(wrap(&rest, width)));
    }
    if let Some(facts) = rule.and_then(facts) {
        group = group.element(Level::NOTE.message(wrap(&facts, width)));
    }
    if let Some(advice) = rule.and_then(Rule::recommendation) {
        group = group.element(Level::HELP.message(wrap(advice, width)));
    }
    let mut groups = vec![group];
    let change;
    if let Some(fix) = &finding.fix {
        change = Change::of(file, fix);
        groups.push(change.drawn());
    }
    renderer.render(&groups)
}

/// A fix in the text that people read.
struct Change {
    path: String,
    excerpt: Excerpt,
    edits: Vec<Edit>,
}

impl Change {
    fn of(file: &FileReport, fix: &Fix) -> Self {
        let (path, text, edits) =
            Self::in_cell(file, fix).unwrap_or_else(|| (file.path.to_string(), file.text.clone(), fix.edits.clone()));
        Self { path, excerpt: Excerpt::around(&text, edits.iter().map(|edit| edit.span)), edits }
    }

    /// In a cell what is written into the file is read as a string of JSON.
    fn in_cell(file: &FileReport, fix: &Fix) -> Option<(String, Rope, Vec<Edit>)> {
        let (cell, _) = file.cell(fix.edits.first()?.span)?;
        let edit = |edit: &Edit| {
            let text: String = serde_json::from_str(&format!("\"{}\"", edit.text)).ok()?;
            Some(Edit::new(cell.within(edit.span)?, text))
        };
        let edits = fix.edits.iter().map(edit).collect::<Option<_>>()?;
        Some((path_of(file, Some(cell)), Rope::from_str(&cell.text), edits))
    }

    fn drawn(&self) -> Group<'_> {
        let patches = self.edits.iter().map(|edit| Patch::new(self.excerpt.within(edit.span), edit.text.as_str()));
        let snippet = Snippet::source(self.excerpt.text.as_str())
            .line_start(self.excerpt.first_line)
            .path(self.path.as_str())
            .patches(patches);
        Level::HELP.secondary_title("the rule can repair this (--autofix)").element(snippet)
    }
}

/// A text with annotations: the file, or one cell of a notebook.
struct Sheet {
    path: String,
    excerpt: Excerpt,
    marks: Vec<Mark>,
}

/// The texts that a finding and its path stand in, that of the finding first.
fn sheets(file: &FileReport, finding: &Finding) -> Vec<Sheet> {
    let mut by_cell: BTreeMap<Option<u32>, (Option<&Cell>, Vec<Mark>)> = BTreeMap::new();
    for mark in marks(finding) {
        let (cell, span) = file.cell(mark.span).map_or((None, mark.span), |(cell, span)| (Some(cell), span));
        let (_, marks) = by_cell.entry(cell.map(|cell| cell.number)).or_insert((cell, Vec::new()));
        marks.push(Mark { span, ..mark });
    }
    let sheet = |(cell, mut marks): (Option<&Cell>, Vec<Mark>)| {
        let text = cell.map_or_else(|| file.text.clone(), |cell| Rope::from_str(&cell.text));
        for mark in &mut marks {
            mark.span = first_line_if_long(&text, mark.span);
        }
        let excerpt = Excerpt::around(&text, marks.iter().map(|mark| mark.span));
        Sheet { path: path_of(file, cell), excerpt, marks }
    };
    let mut sheets: Vec<Sheet> = by_cell.into_values().map(sheet).collect();
    sheets.sort_by_key(|sheet| !sheet.marks.iter().any(|mark| mark.primary));
    sheets
}

/// How the place of a text begins.
fn path_of(file: &FileReport, cell: Option<&Cell>) -> String {
    cell.map_or_else(|| file.path.to_string(), |cell| format!("{} (cell {})", file.path, cell.number))
}

/// One annotation of the code.
struct Mark {
    span: Span,
    primary: bool,
    label: Option<String>,
}

/// The finding itself, and the steps that lead to it, numbered. Steps at one place are one mark, which says what is
/// most worth knowing of it: that data enters or reaches its sink, before that it passes.
fn marks(finding: &Finding) -> Vec<Mark> {
    let mut places: Vec<(Span, Vec<StepKind>)> = Vec::new();
    for step in finding.trace.iter().flat_map(|trace| &trace.steps) {
        // That data goes through the call it stands in needs no line of its own.
        let around_last = places.last().is_some_and(|(span, _)| step.span != *span && step.span.contains(*span));
        if step.kind == StepKind::Call && around_last {
            continue;
        }
        match places.iter_mut().find(|(span, _)| *span == step.span) {
            Some((_, kinds)) => kinds.push(step.kind),
            None => places.push((step.span, vec![step.kind])),
        }
    }
    let half = MAX_DRAWN_STEPS / 2;
    let left_out = half..places.len().saturating_sub(half).max(half);
    let mut marks: Vec<Mark> = places
        .iter()
        .enumerate()
        .filter(|(at, _)| places.len() <= MAX_DRAWN_STEPS || !left_out.contains(at))
        .map(|(at, (span, kinds))| {
            let ends: Vec<_> = kinds.iter().filter(|kind| matches!(kind, StepKind::Source | StepKind::Sink)).collect();
            let told = if ends.is_empty() { kinds.iter().take(1).collect() } else { ends };
            let told: Vec<_> = told.into_iter().map(|kind| words(*kind)).collect();
            let label = format!("{}. {}", at + 1, told.join(", "));
            Mark { span: *span, primary: *span == finding.span, label: Some(label) }
        })
        .collect();
    if !marks.iter().any(|mark| mark.primary) {
        marks.push(Mark { span: finding.span, primary: true, label: None });
    }
    marks
}

const fn words(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Source => "untrusted data enters here",
        StepKind::Assign => "is kept here",
        StepKind::Call => "goes through here",
        StepKind::Return => "is returned here",
        StepKind::Parameter => "arrives here",
        StepKind::Sink => "reaches its sink",
    }
}

fn first_line_if_long(text: &Rope, span: Span) -> Span {
    let (start, end) = (clamp(text, span.start), clamp(text, span.end));
    let line = text.byte_to_line(start);
    if text.byte_to_line(end) - line < MAX_DRAWN_LINES {
        return span;
    }
    let content = text.line(line).to_string();
    let end = text.line_to_byte(line) + content.trim_end().len();
    Span::new(span.start, (end as u32).max(span.start + 1))
}

/// Whole lines of a file.
struct Excerpt {
    text: String,
    /// One-based.
    first_line: usize,
    start: usize,
}

impl Excerpt {
    fn around(text: &Rope, spans: impl Iterator<Item = Span>) -> Self {
        let (start, end) = spans.fold((u32::MAX, 0), |(start, end), span| (start.min(span.start), end.max(span.end)));
        let first = text.byte_to_line(clamp(text, start.min(end)));
        let last = text.byte_to_line(clamp(text, end));
        let until = text.line_to_byte((last + 1).min(text.len_lines()));
        let start = text.line_to_byte(first);
        Self { text: text.byte_slice(start..until).to_string(), first_line: first + 1, start }
    }

    fn snippet<'a>(&'a self, path: &'a str) -> Snippet<'a, Annotation<'a>> {
        Snippet::source(self.text.as_str()).line_start(self.first_line).path(path)
    }

    /// A span of the text as a range of these lines.
    fn within(&self, span: Span) -> std::ops::Range<usize> {
        let within = |offset: u32| (offset as usize).saturating_sub(self.start).min(self.text.len());
        within(span.start)..within(span.end)
    }
}

fn clamp(text: &Rope, offset: u32) -> usize {
    (offset as usize).min(text.len_bytes())
}

/// The first sentence, and what comes after it.
fn split_message(message: &str) -> (String, String) {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.find(". ") {
        Some(end) => (line[..end].to_owned(), line[end + 2..].to_owned()),
        None => (line.strip_suffix('.').unwrap_or(&line).to_owned(), String::new()),
    }
}

/// Weakness, category and confidence in one line.
fn facts(rule: &Rule) -> Option<String> {
    let mut facts = rule.cwe();
    facts.extend(rule.confidence().map(|confidence| format!("confidence {}", confidence.to_ascii_lowercase())));
    (!facts.is_empty()).then(|| facts.join("; "))
}

/// Messages hold code of the file: whatever in it would steer a terminal is made visible first.
fn wrap(text: &str, width: usize) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    textwrap::fill(&normalize_untrusted_str(&folded), width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_model::{RuleInfo, Step, Trace};

    const CODE: &str = "def show(request):\n    name = request.args['n']\n    log()\n    return f'<b>{name}</b>'\n";

    fn span(of: &str) -> Span {
        let start = CODE.find(of).expect("in the code") as u32;
        Span::new(start, start + of.len() as u32)
    }

    fn drawn(findings: Vec<Finding>) -> String {
        let info = RuleInfo {
            id: "xss".into(),
            source: "xss.yaml".to_owned(),
            message: String::new(),
            severity: Severity::Error,
            languages: Vec::new(),
            metadata: r#"{"cwe": "CWE-79: XSS", "weir": {"recommendation": "Escape it."}}"#.to_owned(),
        };
        let report = Report {
            rules: BTreeMap::from([("xss".into(), Rule::new(info))]),
            files: vec![FileReport {
                file: "a.py".into(),
                path: "a.py".into(),
                text: Rope::from_str(CODE),
                cells: None,
                findings,
            }],
            ..Report::default()
        };
        let mut out = Vec::new();
        write(&report, Style { colour: false, width: None }, &mut out).expect("written");
        String::from_utf8(out).expect("text")
    }

    fn finding(message: &str) -> Finding {
        Finding {
            rule_id: "xss".into(),
            message: message.to_owned(),
            severity: Severity::Error,
            span: span("f'<b>{name}</b>'"),
            metavars: Vec::new(),
            trace: None,
            fix: None,
            suppressed: None,
            ignore: None,
            fingerprint: String::new(),
        }
    }

    #[test]
    fn the_path_from_source_to_sink_is_drawn_into_the_code() {
        let step = |of, kind| Step { span: span(of), kind };
        let steps = vec![
            step("request.args", StepKind::Source),
            step("request.args['n']", StepKind::Call),
            step("name", StepKind::Assign),
            step("f'<b>{name}</b>'", StepKind::Sink),
        ];
        let finding = Finding { trace: Some(Trace { steps }), ..finding("Data reaches HTML. It was not escaped.") };
        let expected = "\
error[xss]: Data reaches HTML
 --> a.py:4:12
  |
2 |     name = request.args['n']
  |     ----   ------------ 1. untrusted data enters here
  |     |
  |     2. is kept here
3 |     log()
4 |     return f'<b>{name}</b>'
  |            ^^^^^^^^^^^^^^^^ 3. reaches its sink
  |
  = note: It was not escaped.
  = note: CWE-79: XSS
  = help: Escape it.

";
        assert_eq!(drawn(vec![finding]), expected);
    }

    #[test]
    fn a_fix_is_shown_as_a_change_of_lines() {
        let edits = vec![Edit::new(span("f'<b>{name}</b>'"), "escape(name)")];
        let text = drawn(vec![Finding { fix: Some(Fix { edits }), ..finding("m") }]);
        assert!(text.contains("4 -     return f'<b>{name}</b>'\n4 +     return escape(name)\n"), "{text}");
    }

    #[test]
    fn code_in_a_message_cannot_steer_the_terminal() {
        let text = drawn(vec![finding("Found \u{1b}[2J. And \u{1b}[1A more")]);
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_rule_explains_itself_once() {
        let text = drawn(vec![finding("Data. Explained."), finding("Data. Explained.")]);
        assert_eq!(
            ["error[xss]: Data\n", "Explained", "CWE-79", "Escape it"].map(|part| text.matches(part).count()),
            [2, 1, 1, 1]
        );
    }
}
