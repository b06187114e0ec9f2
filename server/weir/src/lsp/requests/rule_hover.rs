//! `textDocument/hover` in a rule file: what a key does, where a metavariable is bound.

use crate::lsp::{Client, to_proto};
use ropey::Rope;
use tower_lsp_server::ls_types::{Hover, HoverContents, MarkupContent, MarkupKind};
use weir_model::RuleHover;

/// What stands at the cursor.
pub(crate) fn hover(client: &Client, text: &Rope, hover: Option<RuleHover>) -> Option<Hover> {
    let hover = hover?;
    let (kind, value) = if client.markdown {
        (MarkupKind::Markdown, hover.text)
    } else {
        (MarkupKind::PlainText, hover.text.replace(['*', '`'], ""))
    };
    let range = Some(to_proto::range(client, text, hover.span));
    Some(Hover { contents: HoverContents::Markup(MarkupContent { kind, value }), range })
}
