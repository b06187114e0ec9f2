//! `textDocument/codeAction`: repair what the rule can repair, or ignore the finding here.
//!
//! Actions are computed from the range, not from the diagnostics the client sends along: some clients send none.

use crate::config::Level;
use crate::lsp::requests::comment;
use crate::lsp::view::View;
use crate::lsp::{from_proto, to_proto};
use crate::session::OpenDocument;
use ropey::Rope;
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, WorkspaceEdit,
};
use weir_model::{Edit, Finding, Span};

/// What can be done about the findings that touch the range: their fixes, then for each to ignore it.
pub(crate) fn actions(view: &View<'_>, open: &OpenDocument, params: &CodeActionParams) -> CodeActionResponse {
    let wanted = |kind: &CodeActionKind| {
        let only = params.context.only.as_deref();
        only.is_none_or(|only| only.iter().any(|asked| covers(asked, kind)))
    };
    if !view.client.code_action_literals || !wanted(&CodeActionKind::QUICKFIX) {
        return Vec::new();
    }
    let range = view.client.encoding.span(view.text, from_proto::range(params.range));
    let here: Vec<(&Finding, Level)> = open.visible().filter(|(finding, _)| finding.span.touches(range)).collect();
    let fixes = here.iter().filter_map(|&(finding, level)| {
        let edit = to_proto::workspace_edit(view, &finding.fix.as_ref()?.edits);
        Some(action(view, finding, level, format!("Fix {}", finding.rule_id), edit, true))
    });
    let ignores = here.iter().filter_map(|&(finding, level)| {
        let edit = ignore_edit(open, finding)?;
        let edit = to_proto::workspace_edit(view, &[edit]);
        Some(action(view, finding, level, format!("Ignore {} here", finding.rule_id), edit, false))
    });
    fixes.chain(ignores).collect()
}

fn action(
    view: &View<'_>,
    finding: &Finding,
    level: Level,
    title: String,
    edit: WorkspaceEdit,
    preferred: bool,
) -> CodeActionOrCommand {
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![to_proto::diagnostic(view, finding, level)]),
        edit: Some(edit),
        is_preferred: (preferred && view.client.is_preferred).then_some(true),
        ..CodeAction::default()
    })
}

/// Whether a kind asked for includes another: `source` includes `source.fixAll`; the empty kind includes all.
fn covers(asked: &CodeActionKind, kind: &CodeActionKind) -> bool {
    let (asked, kind) = (asked.as_str(), kind.as_str());
    kind.strip_prefix(asked).is_some_and(|rest| asked.is_empty() || rest.is_empty() || rest.starts_with('.'))
}

/// The edit that makes the finding ignored: a comment on the line before it, or one more id in a comment that is there.
fn ignore_edit(open: &OpenDocument, finding: &Finding) -> Option<Edit> {
    let text = open.document.text();
    let line = text.byte_to_line((finding.span.start as usize).min(text.len_bytes()));
    if let Some(edit) = extend(text, line, &finding.rule_id) {
        return Some(edit);
    }
    let start = text.line_to_byte(line) as u32;
    let content = text.line(line).to_string();
    let indent: String = content.chars().take_while(|&c| c == ' ' || c == '\t').collect();
    let (open_comment, close_comment) = comment::before(open.document.format(), text, line)?;
    let end = line_break(text);
    let comment = format!("{indent}{open_comment} nosemgrep: {}{close_comment}{end}", finding.rule_id);
    Some(Edit::new(Span::new(start, start), comment))
}

/// One more id in the comment on the line itself or alone on the line before.
fn extend(text: &Rope, line: usize, rule: &str) -> Option<Edit> {
    [Some(line), line.checked_sub(1)].into_iter().flatten().find_map(|at| {
        let content = text.line(at).to_string();
        let mark = content.find("nosemgrep:")? + "nosemgrep:".len();
        let alone = content.trim_start().starts_with(['#', '/', '<', '{', '*']);
        if at != line && !alone {
            return None;
        }
        let insert = (text.line_to_byte(at) + mark) as u32;
        Some(Edit::new(Span::new(insert, insert), format!(" {rule},")))
    })
}

/// The line break the file uses.
fn line_break(text: &Rope) -> &'static str {
    let first = text.line(0);
    if first.len_chars() >= 2 && first.char(first.len_chars() - 2) == '\r' { "\r\n" } else { "\n" }
}
