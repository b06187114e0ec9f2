//! Actions that change what the project's `weir.toml` says about a rule.

use crate::config::FILE_NAME;
use crate::lsp::to_proto;
use crate::lsp::view::View;
use crate::project::Project;
use ropey::Rope;
use std::path::PathBuf;
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, CreateFile, CreateFileOptions, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, ResourceOp, TextDocumentEdit, TextEdit, Uri,
    WorkspaceEdit,
};
use weir_model::Span;

/// What a rule may be shown as instead, and how that is said.
const LOWER: [(&str, &str); 2] =
    [("hint", "Show {} as a hint in this project"), ("off", "Do not report {} in this project")];

/// Lower a rule in the project. Files outside of a workspace have none.
pub(crate) fn actions(view: &View<'_>, project: &Project, rule: &str) -> Vec<CodeAction> {
    let Some(path) = file(project) else { return Vec::new() };
    let is_there = path.is_file();
    if !is_there && !view.client.creates_files {
        return Vec::new();
    }
    let text = if is_there { std::fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
    let Some(uri) = Uri::from_file_path(&path) else { return Vec::new() };
    let action = |&(level, title): &(&str, &str)| {
        let changed = with_severity(&text, rule, level)?;
        let edit = if is_there { change(view, &uri, &text, &changed) } else { create(&uri, changed) };
        Some(CodeAction {
            title: title.replace("{}", rule),
            kind: Some(CodeActionKind::QUICKFIX),
            edit: Some(edit),
            ..CodeAction::default()
        })
    };
    LOWER.iter().filter_map(action).collect()
}

fn file(project: &Project) -> Option<PathBuf> {
    project.file.clone().or_else(|| Some(project.root.as_ref()?.join(FILE_NAME)))
}

/// The text of the file with one more severity; `None` where it cannot be read.
fn with_severity(text: &str, rule: &str, level: &str) -> Option<String> {
    let mut document: toml_edit::DocumentMut = text.parse().ok()?;
    let table = document.entry("severity").or_insert(toml_edit::table()).as_table_like_mut()?;
    table.insert(rule, toml_edit::value(level));
    Some(document.to_string())
}

/// What lies between the ends that both texts share.
fn change(view: &View<'_>, uri: &Uri, before: &str, after: &str) -> WorkspaceEdit {
    let shared = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum::<usize>()
    };
    let start = shared(&mut before.chars(), &mut after.chars());
    let end = shared(&mut before[start..].chars().rev(), &mut after[start..].chars().rev());
    let span = Span::new(start as u32, (before.len() - end) as u32);
    let range = to_proto::range(view.client, &Rope::from_str(before), span);
    let edit = TextEdit { range, new_text: after[start..after.len() - end].to_owned() };
    if view.client.document_changes {
        let edits = vec![TextDocumentEdit { text_document: unversioned(uri), edits: vec![OneOf::Left(edit)] }];
        WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(edits)), ..WorkspaceEdit::default() }
    } else {
        WorkspaceEdit { changes: Some([(uri.clone(), vec![edit])].into()), ..WorkspaceEdit::default() }
    }
}

fn create(uri: &Uri, text: String) -> WorkspaceEdit {
    let options = Some(CreateFileOptions { overwrite: None, ignore_if_exists: Some(true) });
    let create = ResourceOp::Create(CreateFile { uri: uri.clone(), options, annotation_id: None });
    let start = Position::default();
    let edit = TextEdit { range: Range { start, end: start }, new_text: text };
    let fill = TextDocumentEdit { text_document: unversioned(uri), edits: vec![OneOf::Left(edit)] };
    let operations = vec![DocumentChangeOperation::Op(create), DocumentChangeOperation::Edit(fill)];
    WorkspaceEdit { document_changes: Some(DocumentChanges::Operations(operations)), ..WorkspaceEdit::default() }
}

fn unversioned(uri: &Uri) -> OptionalVersionedTextDocumentIdentifier {
    OptionalVersionedTextDocumentIdentifier { uri: uri.clone(), version: None }
}

#[cfg(test)]
mod tests {
    use super::with_severity;

    #[test]
    fn a_severity_is_added_and_the_rest_stays_as_it_is() {
        for (text, expected) in [
            ("", "[severity]\nr = \"hint\"\n"),
            ("# mine\nrules = [\"a\"] # here\n", "# mine\nrules = [\"a\"] # here\n\n[severity]\nr = \"hint\"\n"),
            ("[severity]\na = \"off\"\n\n[filter]\n", "[severity]\na = \"off\"\nr = \"hint\"\n\n[filter]\n"),
            ("severity.\"a.*\" = \"off\"\n", "severity.\"a.*\" = \"off\"\nseverity.r = \"hint\"\n"),
            ("[severity]\nr = \"error\" # no\n", "[severity]\nr = \"hint\"\n"),
        ] {
            assert_eq!(with_severity(text, "r", "hint").as_deref(), Some(expected), "{text}");
        }
        assert_eq!(with_severity("severity = [", "r", "hint"), None);
        assert_eq!(with_severity("", "a.b-c", "off").as_deref(), Some("[severity]\n\"a.b-c\" = \"off\"\n"));
    }
}
