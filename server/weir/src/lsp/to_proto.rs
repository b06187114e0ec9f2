//! Our words into the protocol's.

use crate::config::{self, Level};
use crate::lsp::Client;
use crate::lsp::view::View;
use ropey::Rope;
use serde_json::json;
use tower_lsp_server::ls_types::{
    AnnotatedTextEdit, ChangeAnnotation, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity,
    DocumentChanges, Location, NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier, Position, Range,
    TextDocumentEdit, TextEdit, WorkspaceEdit,
};
use weir_model::{Edit, Finding, PositionEncoding, RuleProblem, Span, StepKind};

/// The name that stands beside every diagnostic.
pub(crate) const SOURCE: &str = "weir";

/// A path longer than this is shown by its ends: editors draw every place of it.
const MAX_RELATED: usize = 20;

/// The diagnostics of findings, in their order.
pub(crate) fn diagnostics<'a>(
    view: &View<'_>,
    findings: impl Iterator<Item = (&'a Finding, Level)>,
) -> Vec<Diagnostic> {
    findings.map(|(finding, level)| diagnostic(view, finding, level)).collect()
}

/// One finding as a diagnostic.
pub(crate) fn diagnostic(view: &View<'_>, finding: &Finding, level: Level) -> Diagnostic {
    let client = view.client;
    let mut message = finding.message.trim().to_owned();
    let related = related_information(view, finding);
    if related.is_none()
        && let Some(path) = path_in_words(view, finding)
    {
        message = format!("{message}\n{path}");
    }
    Diagnostic {
        range: range(client, view.text, finding.span),
        severity: Some(severity(level)),
        code: Some(NumberOrString::String(finding.rule_id.to_string())),
        code_description: view
            .rules
            .get(&finding.rule_id)
            .filter(|_| client.code_description)
            .and_then(|rule| Some(CodeDescription { href: rule.page()?.parse().ok()? })),
        source: Some(SOURCE.into()),
        message,
        related_information: related,
        tags: None,
        data: client.data.then(|| json!({ "fingerprint": finding.fingerprint, "fixable": finding.fix.is_some() })),
    }
}

/// Something wrong with a `weir.toml` as a diagnostic in it.
pub(crate) fn config_problem(client: &Client, text: &str, problem: &config::Problem) -> Diagnostic {
    Diagnostic {
        range: range(client, &Rope::from_str(text), problem.span),
        severity: Some(DiagnosticSeverity::ERROR),
        code: Some(NumberOrString::String("configuration".into())),
        source: Some(SOURCE.into()),
        message: problem.message.clone(),
        ..Diagnostic::default()
    }
}

/// Something wrong with a rule as a diagnostic in its file.
pub(crate) fn rule_problem(client: &Client, text: &str, problem: &RuleProblem) -> Diagnostic {
    let text = Rope::from_str(text);
    let position = |line: u32, column: u32| weir_model::Position { line, column };
    let span = problem.span.unwrap_or_else(|| {
        let (line, column) = (problem.line.saturating_sub(1), problem.column.saturating_sub(1));
        let start = PositionEncoding::Utf32.offset(&text, position(line, column));
        Span::new(start, PositionEncoding::Utf32.offset(&text, position(line, u32::MAX)).max(start))
    });
    let (severity, code) = if problem.skipped {
        (DiagnosticSeverity::INFORMATION, "rule-skipped")
    } else {
        (DiagnosticSeverity::ERROR, "rule-error")
    };
    Diagnostic {
        range: range(client, &text, span),
        severity: Some(severity),
        code: Some(NumberOrString::String(code.into())),
        source: Some(SOURCE.into()),
        message: problem.message.clone(),
        ..Diagnostic::default()
    }
}

/// What a step of a path is, in words.
pub(crate) const fn step(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Source => "untrusted data enters here",
        StepKind::Assign => "is stored here",
        StepKind::Call => "goes through this call",
        StepKind::Return => "is returned here",
        StepKind::Parameter => "is handed over here",
        StepKind::Sink => "reaches this dangerous place",
    }
}

/// The editor's place of a span of a text.
pub(crate) fn range(client: &Client, text: &Rope, span: Span) -> Range {
    let range = client.encoding.range(text, span);
    let position = |position: weir_model::Position| Position { line: position.line, character: position.column };
    Range { start: position(range.start), end: position(range.end) }
}

/// Edits of the text as a workspace edit, versioned where the client can check it.
pub(crate) fn workspace_edit(view: &View<'_>, edits: &[Edit]) -> WorkspaceEdit {
    let edits = edits
        .iter()
        .map(|edit| TextEdit { range: range(view.client, view.text, edit.span), new_text: edit.text.clone() });
    if view.client.document_changes {
        let text_document = OptionalVersionedTextDocumentIdentifier { uri: view.uri.clone(), version: view.version };
        let edits = edits.map(OneOf::Left).collect();
        WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(vec![TextDocumentEdit { text_document, edits }])),
            ..WorkspaceEdit::default()
        }
    } else {
        WorkspaceEdit { changes: Some([(view.uri.clone(), edits.collect())].into()), ..WorkspaceEdit::default() }
    }
}

/// The same, each edit with a note that the client asks about before it makes it. Only for clients that can.
pub(crate) fn annotated_edit(view: &View<'_>, edits: &[Edit], label: &str, description: &str) -> WorkspaceEdit {
    let id = "weir-unsafe".to_owned();
    let annotated = edits.iter().map(|edit| {
        let text_edit = TextEdit { range: range(view.client, view.text, edit.span), new_text: edit.text.clone() };
        OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id: id.clone() })
    });
    let text_document = OptionalVersionedTextDocumentIdentifier { uri: view.uri.clone(), version: view.version };
    let edits = vec![TextDocumentEdit { text_document, edits: annotated.collect() }];
    let annotation = ChangeAnnotation {
        label: label.to_owned(),
        needs_confirmation: Some(true),
        description: Some(description.to_owned()),
    };
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(edits)),
        change_annotations: Some([(id, annotation)].into()),
        ..WorkspaceEdit::default()
    }
}

const fn severity(level: Level) -> DiagnosticSeverity {
    match level {
        Level::Critical | Level::Error => DiagnosticSeverity::ERROR,
        Level::Warning => DiagnosticSeverity::WARNING,
        Level::Info => DiagnosticSeverity::INFORMATION,
        Level::Hint | Level::Off => DiagnosticSeverity::HINT,
    }
}

/// The path as places, where the client takes them and there is a path.
fn related_information(view: &View<'_>, finding: &Finding) -> Option<Vec<DiagnosticRelatedInformation>> {
    let steps = &finding.trace.as_ref().filter(|_| view.client.related_information)?.steps;
    let left_out = steps.len().saturating_sub(MAX_RELATED);
    let shown = steps.iter().enumerate().filter(|&(at, _)| {
        let middle = MAX_RELATED / 2..MAX_RELATED / 2 + left_out;
        !middle.contains(&at)
    });
    let places = shown.map(|(at, this)| DiagnosticRelatedInformation {
        location: Location { uri: view.uri.clone(), range: range(view.client, view.text, this.span) },
        message: format!("{}. {}", at + 1, step(this.kind)),
    });
    Some(places.collect())
}

/// The ends of the path in one line, for clients that show nothing but the message.
fn path_in_words(view: &View<'_>, finding: &Finding) -> Option<String> {
    let steps = &finding.trace.as_ref()?.steps;
    let (source, sink) = (view.line(steps.first()?.span), view.line(steps.last()?.span));
    let between = steps.len().saturating_sub(2);
    Some(match between {
        0 => format!("Path: {source} to {sink}"),
        1 => format!("Path: {source} to {sink} by 1 step"),
        _ => format!("Path: {source} to {sink} by {between} steps"),
    })
}
