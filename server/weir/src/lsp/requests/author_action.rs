//! Code actions for who writes rules: what code looks like to a pattern, and why a rule does or does not report a line. They
//! show a document, so they are for clients that do; their kind keeps them out of the way of repairs.

use crate::lsp::requests::code_action::wants;
use crate::lsp::requests::command::{EXPLAIN_LINE, SHOW_TREE};
use crate::lsp::view::View;
use crate::session::OpenDocument;
use serde_json::{Value, json};
use tower_lsp_server::ls_types::{CodeAction, CodeActionKind, CodeActionParams, Command, Uri};
use weir_model::Format;

/// The kind of these actions.
pub(crate) const RULES: CodeActionKind = CodeActionKind::new("source.rules.weir");

/// Rules that are offered to be explained.
const MAX_RULES: usize = 8;

/// What can be shown of the code at a range; `rules` are those of open rule files.
pub(crate) fn actions(
    view: &View<'_>,
    open: &OpenDocument,
    params: &CodeActionParams,
    rules: &[(String, Uri)],
) -> Vec<CodeAction> {
    if !view.client.shows_documents || !view.client.code_action_literals || !wants(params, &RULES) {
        return Vec::new();
    }
    let uri = json!(open.uri);
    let line = params.range.start.line;
    let line_of = |offset: u32| view.client.encoding.position(view.text, offset).line;
    let reports = |rule: &str| {
        let mut of_rule = open.findings.iter().filter(|finding| *finding.rule_id == *rule);
        of_rule.any(|finding| (line_of(finding.span.start)..=line_of(finding.span.end)).contains(&line))
    };
    let mut named: Vec<(&str, Option<&Uri>)> = rules.iter().map(|(rule, file)| (rule.as_str(), Some(file))).collect();
    let found = open.visible().map(|(finding, _)| &*finding.rule_id).filter(|rule| reports(rule));
    named.extend(found.map(|rule| (rule, None)));
    let mut seen = std::collections::HashSet::new();
    named.retain(|(rule, _)| seen.insert(*rule));
    // What is reported here comes first: it is what people wonder about.
    named.sort_by_key(|(rule, _)| !reports(rule));
    let mut actions: Vec<CodeAction> = named
        .into_iter()
        .take(MAX_RULES)
        .map(|(rule, file)| {
            let title = match (file, reports(rule)) {
                (Some(_), _) => format!("Why does {rule} (not) report this line?"),
                (None, _) => format!("Why does {rule} report this line?"),
            };
            action(title, EXPLAIN_LINE, vec![uri.clone(), json!(rule), json!(line + 1), json!(file)])
        })
        .collect();
    if open.document.format() != Format::Text {
        let title = "Show the syntax tree here".to_owned();
        actions.push(action(title, SHOW_TREE, vec![uri, json!(params.range)]));
    }
    actions
}

fn action(title: String, command: &str, arguments: Vec<Value>) -> CodeAction {
    CodeAction {
        command: Some(Command { title: title.clone(), command: command.to_owned(), arguments: Some(arguments) }),
        title,
        kind: Some(RULES),
        ..CodeAction::default()
    }
}
