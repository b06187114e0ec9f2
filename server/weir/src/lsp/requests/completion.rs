//! `textDocument/completion`: keys, values and metavariables of rules. In code nothing is completed.

use crate::lsp::{Client, to_proto};
use ropey::Rope;
use tower_lsp_server::ls_types::{
    CompletionItem, CompletionItemKind, CompletionResponse, CompletionTextEdit, Documentation, MarkupContent,
    MarkupKind, TextEdit,
};
use weir_model::{Completion, CompletionKind, RuleCursor};

/// What can stand at the cursor, in the order in which it is offered.
pub(crate) fn response(client: &Client, text: &Rope, cursor: RuleCursor) -> Option<CompletionResponse> {
    let range = to_proto::range(client, text, cursor.replace);
    let item = |(at, completion): (usize, Completion)| CompletionItem {
        kind: Some(match completion.kind {
            CompletionKind::Key => CompletionItemKind::PROPERTY,
            CompletionKind::Value => CompletionItemKind::ENUM_MEMBER,
            CompletionKind::Metavariable => CompletionItemKind::VARIABLE,
        }),
        detail: Some(completion.detail).filter(|detail| !detail.is_empty()),
        documentation: Some(completion.documentation)
            .filter(|text| !text.is_empty())
            .map(|value| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })),
        sort_text: Some(format!("{at:04}")),
        // What is typed may be quotes and dashes as well.
        filter_text: Some(completion.insert.trim_end_matches([':', ' ']).trim_start_matches("- ").to_owned()),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: completion.insert })),
        label: completion.label,
        ..CompletionItem::default()
    };
    let items: Vec<CompletionItem> = cursor.completions.into_iter().enumerate().map(item).collect();
    (!items.is_empty()).then_some(CompletionResponse::Array(items))
}
