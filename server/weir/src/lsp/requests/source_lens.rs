//! `textDocument/codeLens` in code: above each place where untrusted data enters, what it reaches. Off unless it is asked for.

use crate::cli::notices::plural;
use crate::lsp::requests::command::SHOW_PATH;
use crate::lsp::to_proto;
use crate::lsp::view::View;
use crate::session::OpenDocument;
use serde_json::json;
use std::collections::BTreeMap;
use tower_lsp_server::ls_types::{CodeLens, Command};
use weir_model::{Finding, Span};

/// One lens for each source of a shown finding. When it is clicked the path of the first is shown: as a document, or to clients that
/// show none as a message.
pub(crate) fn lenses(view: &View<'_>, open: &OpenDocument) -> Vec<CodeLens> {
    let mut sources: BTreeMap<Span, Vec<&Finding>> = BTreeMap::new();
    for (finding, _) in open.visible() {
        if let Some(source) = finding.trace.as_ref().and_then(|trace| trace.steps.first()) {
            sources.entry(source.span).or_default().push(finding);
        }
    }
    let lens = |(span, findings): (Span, Vec<&Finding>)| {
        let mut sinks: Vec<Span> = findings.iter().map(|finding| finding.span).collect();
        sinks.sort_unstable();
        sinks.dedup();
        let first = findings[0];
        let arguments = vec![json!(view.uri), json!(first.fingerprint), json!(first.rule_id)];
        let command = Command {
            title: format!("reaches {}", plural(sinks.len(), "sink")),
            command: SHOW_PATH.to_owned(),
            arguments: Some(arguments),
        };
        CodeLens { range: to_proto::range(view.client, view.text, span), command: Some(command), data: None }
    };
    sources.into_iter().map(lens).collect()
}
