//! What there is to say about marks that ask to ignore findings, in the protocol's words: hints that editors show faded, and
//! what removes the marks.

use super::to_proto;
use super::view::View;
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, Diagnostic, DiagnosticSeverity, DiagnosticTag, NumberOrString,
};
use weir_model::{Hint, HintKind, Span};

/// The hints as diagnostics.
pub(crate) fn diagnostics<'a>(view: &'a View<'_>, hints: &'a [Hint]) -> impl Iterator<Item = Diagnostic> + 'a {
    hints.iter().map(|hint| diagnostic(view, hint))
}

fn diagnostic(view: &View<'_>, hint: &Hint) -> Diagnostic {
    Diagnostic {
        range: to_proto::range(view.client, view.text, hint.span),
        severity: Some(DiagnosticSeverity::HINT),
        code: Some(NumberOrString::String(hint.kind.name().to_owned())),
        source: Some(to_proto::SOURCE.into()),
        message: hint.message.clone(),
        tags: view.client.unnecessary.then(|| vec![DiagnosticTag::UNNECESSARY]),
        ..Diagnostic::default()
    }
}

/// What can be done about the hints that touch a place.
pub(crate) fn actions<'a>(view: &'a View<'_>, hints: &'a [Hint], place: Span) -> impl Iterator<Item = CodeAction> + 'a {
    let here = hints.iter().filter(move |hint| hint.span.touches(place) && !hint.removal.is_empty());
    here.map(|hint| {
        let what = match hint.kind {
            HintKind::Unused => "unused",
            HintKind::Expired => "expired",
        };
        CodeAction {
            title: format!("Remove {what} suppression"),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![diagnostic(view, hint)]),
            edit: Some(to_proto::workspace_edit(view, &hint.removal)),
            is_preferred: view.client.is_preferred.then_some(true),
            ..CodeAction::default()
        }
    })
}
