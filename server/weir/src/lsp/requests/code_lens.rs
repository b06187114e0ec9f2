//! `textDocument/codeLens`: above each rule of a rule file, how its tests do. The commands are ours, and the client needs none.

use crate::authoring::{Finished, RemarkKind, Score};
use crate::cli::notices::plural;
use crate::lsp::requests::command::{OPEN_TARGET, TEST_RULES};
use crate::lsp::{Client, to_proto};
use crate::session::OpenDocument;
use serde_json::{Value, json};
use std::path::PathBuf;
use tower_lsp_server::ls_types::{CodeLens, Command};
use weir_model::RuleFile;

/// Lines that a summary names.
const MAX_LINES: usize = 3;

/// The lenses of all rules.
pub(crate) fn lenses(
    client: &Client,
    open: &OpenDocument,
    file: &RuleFile,
    finished: &Finished,
    targets: &[PathBuf],
) -> Vec<CodeLens> {
    let mut lenses = Vec::new();
    for rule in &file.rules {
        let range = to_proto::range(client, open.document.text(), rule.span);
        let mut add = |title: String, command: &str, arguments: Vec<Value>| {
            let command = Command { title, command: command.to_owned(), arguments: Some(arguments) };
            lenses.push(CodeLens { range, command: Some(command), data: None });
        };
        let score = finished.scores.get(&rule.id).copied().unwrap_or_default();
        add(in_words(score), TEST_RULES, vec![json!(open.uri), json!(rule.id)]);
        if client.shows_documents {
            for target in targets.iter().take(MAX_LINES) {
                let name = target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                add(format!("open {name}"), OPEN_TARGET, vec![json!(target)]);
            }
        }
    }
    lenses
}

/// How the tests of one rule do, with the lines that fail.
pub(crate) fn summary(rule: &str, finished: &Finished) -> String {
    let score = finished.scores.get(rule).copied().unwrap_or_default();
    let mut said = format!("{rule}: {}", in_words(score));
    if score.all == 0 {
        said += "; a comment `ruleid: ` or `ok: ` with the rule's id in a file of the same name makes one";
    }
    let mut failed = Vec::new();
    for (file, verdict) in &finished.verdicts {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        for remark in verdict.remarks.iter().filter(|remark| remark.rule_id == rule) {
            let what = match remark.kind {
                RemarkKind::Missing => "is not reported",
                RemarkKind::Forbidden | RemarkKind::Unexpected => "is reported",
                RemarkKind::Match | RemarkKind::Undecided => continue,
            };
            failed.push((name, remark.line, what));
        }
    }
    failed.sort_unstable();
    for (name, line, what) in failed.iter().take(MAX_LINES) {
        said += &format!("; {name}:{line} {what}");
    }
    if failed.len() > MAX_LINES {
        said += &format!("; and {} more", failed.len() - MAX_LINES);
    }
    if score.fixes > 0 {
        said += "; its fix does not make what it should";
    }
    said
}

fn in_words(score: Score) -> String {
    match score {
        Score { all: 0, .. } => "no tests".to_owned(),
        Score { passed, all, .. } => {
            format!("{passed} of {} {}", plural(all, "test"), if all == 1 { "passes" } else { "pass" })
        }
    }
}
