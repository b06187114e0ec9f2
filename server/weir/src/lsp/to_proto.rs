//! Our words into the protocol's.

use crate::lsp::Client;
use crate::session::{OpenDocument, Session};
use serde_json::json;
use tower_lsp_server::ls_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DocumentChanges, Location,
    NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier, Position, Range, TextDocumentEdit, TextEdit,
    WorkspaceEdit,
};
use weir_model::{Edit, Finding, Severity, Span, StepKind};

/// The name that stands beside every diagnostic.
const SOURCE: &str = "weir";

/// A path longer than this is shown by its ends: editors draw every place of it.
const MAX_RELATED: usize = 20;

/// The diagnostics of a document's findings, in their order.
pub(crate) fn diagnostics(session: &Session, open: &OpenDocument) -> Vec<Diagnostic> {
    open.visible().map(|finding| diagnostic(session, open, finding)).collect()
}

/// One finding as a diagnostic.
pub(crate) fn diagnostic(session: &Session, open: &OpenDocument, finding: &Finding) -> Diagnostic {
    let client = &session.client;
    let mut message = finding.message.trim().to_owned();
    let related = related_information(client, open, finding);
    if related.is_none()
        && let Some(path) = path_in_words(client, open, finding)
    {
        message = format!("{message}\n{path}");
    }
    Diagnostic {
        range: range(client, open, finding.span),
        severity: Some(severity(finding.severity)),
        code: Some(NumberOrString::String(finding.rule_id.to_string())),
        code_description: session
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

/// The editor's place of a span of the document.
pub(crate) fn range(client: &Client, open: &OpenDocument, span: Span) -> Range {
    let range = client.encoding.range(open.document.text(), span);
    let position = |position: weir_model::Position| Position { line: position.line, character: position.column };
    Range { start: position(range.start), end: position(range.end) }
}

/// Edits of the document's current text as a workspace edit, versioned where the client can check it.
pub(crate) fn workspace_edit(client: &Client, open: &OpenDocument, edits: &[Edit]) -> WorkspaceEdit {
    let edits =
        edits.iter().map(|edit| TextEdit { range: range(client, open, edit.span), new_text: edit.text.clone() });
    if client.document_changes {
        let text_document =
            OptionalVersionedTextDocumentIdentifier { uri: open.uri.clone(), version: Some(open.client_version) };
        let edits = edits.map(OneOf::Left).collect();
        WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(vec![TextDocumentEdit { text_document, edits }])),
            ..WorkspaceEdit::default()
        }
    } else {
        WorkspaceEdit { changes: Some([(open.uri.clone(), edits.collect())].into()), ..WorkspaceEdit::default() }
    }
}

const fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Critical | Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Info => DiagnosticSeverity::INFORMATION,
    }
}

/// The path as places, where the client takes them and there is a path.
fn related_information(
    client: &Client,
    open: &OpenDocument,
    finding: &Finding,
) -> Option<Vec<DiagnosticRelatedInformation>> {
    let steps = &finding.trace.as_ref().filter(|_| client.related_information)?.steps;
    let left_out = steps.len().saturating_sub(MAX_RELATED);
    let shown = steps.iter().enumerate().filter(|&(at, _)| {
        let middle = MAX_RELATED / 2..MAX_RELATED / 2 + left_out;
        !middle.contains(&at)
    });
    let places = shown.map(|(at, this)| DiagnosticRelatedInformation {
        location: Location { uri: open.uri.clone(), range: range(client, open, this.span) },
        message: format!("{}. {}", at + 1, step(this.kind)),
    });
    Some(places.collect())
}

/// The ends of the path in one line, for clients that show nothing but the message.
fn path_in_words(client: &Client, open: &OpenDocument, finding: &Finding) -> Option<String> {
    let steps = &finding.trace.as_ref()?.steps;
    let line = |span| range(client, open, span).start.line + 1;
    let (source, sink) = (line(steps.first()?.span), line(steps.last()?.span));
    let between = steps.len().saturating_sub(2);
    Some(match between {
        0 => format!("Path: line {source} to line {sink}"),
        1 => format!("Path: line {source} to line {sink} by 1 step"),
        _ => format!("Path: line {source} to line {sink} by {between} steps"),
    })
}
