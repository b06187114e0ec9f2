//! What is said to who writes rules, as diagnostics.

use crate::authoring::{Remark, RemarkKind};
use crate::lsp::{Client, to_proto};
use ropey::Rope;
use tower_lsp_server::ls_types::{Diagnostic, DiagnosticSeverity, NumberOrString};
use weir_model::{RuleMark, RuleMarkKind, Span};

/// What is to be said of a rule file.
pub(crate) fn marks(client: &Client, text: &Rope, marks: &[RuleMark]) -> Vec<Diagnostic> {
    let shown = |mark: &RuleMark| {
        let (severity, code) = match mark.kind {
            RuleMarkKind::Error => (DiagnosticSeverity::ERROR, "rule-error"),
            RuleMarkKind::Warning => (DiagnosticSeverity::WARNING, "rule-warning"),
            RuleMarkKind::Information => (DiagnosticSeverity::INFORMATION, "rule-skipped"),
            RuleMarkKind::Hint => (DiagnosticSeverity::HINT, "rule-hint"),
        };
        diagnostic(client, text, mark.span, severity, code, mark.message.clone())
    };
    marks.iter().map(shown).collect()
}

/// What rules that are being written find in their target.
pub(crate) fn remarks(client: &Client, text: &Rope, remarks: &[Remark]) -> Vec<Diagnostic> {
    let shown = |remark: &Remark| {
        let rule = &remark.rule_id;
        let (severity, message) = match remark.kind {
            RemarkKind::Match => {
                (DiagnosticSeverity::HINT, format!("{rule} reports this, as expected: {}", remark.message))
            }
            RemarkKind::Undecided => {
                (DiagnosticSeverity::HINT, format!("{rule} reports this, which counts neither way: {}", remark.message))
            }
            RemarkKind::Missing => {
                (DiagnosticSeverity::ERROR, format!("expected by the annotation, not reported by {rule}"))
            }
            RemarkKind::Forbidden => (
                DiagnosticSeverity::ERROR,
                format!("fine by the annotation, and reported by {rule}: {}", remark.message),
            ),
            RemarkKind::Unexpected => (
                DiagnosticSeverity::ERROR,
                format!("reported by {rule}, and no annotation expects it: {}", remark.message),
            ),
        };
        diagnostic(client, text, remark.span, severity, "rule-test", message.trim_end_matches([':', ' ']).to_owned())
    };
    remarks.iter().map(shown).collect()
}

fn diagnostic(
    client: &Client,
    text: &Rope,
    span: Span,
    severity: DiagnosticSeverity,
    code: &str,
    message: String,
) -> Diagnostic {
    Diagnostic {
        range: to_proto::range(client, text, span),
        severity: Some(severity),
        code: Some(NumberOrString::String(code.into())),
        source: Some(to_proto::SOURCE.into()),
        message,
        ..Diagnostic::default()
    }
}
