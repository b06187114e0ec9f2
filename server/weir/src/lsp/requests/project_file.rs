//! Actions that change what the project's `weir.toml` says about a rule.

use crate::config::FILE_NAME;
use crate::lsp::to_proto;
use crate::lsp::view::View;
use crate::project::Project;
use crate::session::OpenDocument;
use ropey::Rope;
use std::path::PathBuf;
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, CreateFile, CreateFileOptions, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, ResourceOp, TextDocumentEdit, TextEdit, Uri,
    WorkspaceEdit,
};
use weir_model::{Edit, Span};

/// What a rule may be shown as instead, and how that is said.
const LOWER: [(&str, &str); 2] =
    [("hint", "Show {} as a hint in this project"), ("off", "Do not report {} in this project")];

/// Lower a rule in the project. Files outside of a workspace have none. `open`: the file, if it is open; what is typed counts then.
pub(crate) fn actions(view: &View<'_>, project: &Project, open: Option<&OpenDocument>, rule: &str) -> Vec<CodeAction> {
    let Some(path) = file(project) else { return Vec::new() };
    let is_there = open.is_some() || path.is_file();
    if !is_there && !view.client.creates_files {
        return Vec::new();
    }
    let text = match open {
        Some(open) => open.document.text().to_string(),
        None if is_there => std::fs::read_to_string(&path).unwrap_or_default(),
        None => String::new(),
    };
    let uri = open.map(|open| open.uri.clone()).or_else(|| Uri::from_file_path(&path));
    let Some(uri) = uri else { return Vec::new() };
    let identifier = OptionalVersionedTextDocumentIdentifier { uri, version: open.map(|open| open.client_version) };
    let action = |&(level, title): &(&str, &str)| {
        let edit = if is_there {
            change(view, &identifier, &text, lowered(&text, rule, level)?)
        } else {
            create(&identifier, with_severity("", rule, level)?)
        };
        Some(CodeAction {
            title: title.replace("{}", rule),
            kind: Some(CodeActionKind::QUICKFIX),
            edit: Some(edit),
            ..CodeAction::default()
        })
    };
    LOWER.iter().filter_map(action).collect()
}

/// The file that speaks for a project, whether it is there or not.
pub(crate) fn file(project: &Project) -> Option<PathBuf> {
    project.file.clone().or_else(|| Some(project.root.as_ref()?.join(FILE_NAME)))
}

/// The edit that adds a severity to the file, with the file's own line ends; `None` where it cannot be read.
fn lowered(text: &str, rule: &str, level: &str) -> Option<Edit> {
    let before = text.replace("\r\n", "\n");
    let after = with_severity(&before, rule, level)?;
    // What lies between the ends that both texts share.
    let shared = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum::<usize>()
    };
    let start = shared(&mut before.chars(), &mut after.chars());
    let end = shared(&mut before[start..].chars().rev(), &mut after[start..].chars().rev());
    let new = &after[start..after.len() - end];
    let new = if text.contains("\r\n") { new.replace('\n', "\r\n") } else { new.to_owned() };
    let span = Span::new(in_text(text, start) as u32, in_text(text, before.len() - end) as u32);
    Some(Edit { span, text: new })
}

/// Where in a text a place is that was counted with line ends of one byte.
fn in_text(text: &str, counted: usize) -> usize {
    let mut at = 0;
    for _ in 0..counted {
        at += if text.as_bytes()[at..].starts_with(b"\r\n") { 2 } else { 1 };
    }
    at
}

/// The text of the file with one more severity; `None` where it cannot be read.
fn with_severity(text: &str, rule: &str, level: &str) -> Option<String> {
    let mut document: toml_edit::DocumentMut = text.parse().ok()?;
    let table = document.entry("severity").or_insert(toml_edit::table()).as_table_like_mut()?;
    table.insert(rule, toml_edit::value(level));
    Some(document.to_string())
}

fn change(
    view: &View<'_>,
    identifier: &OptionalVersionedTextDocumentIdentifier,
    before: &str,
    edit: Edit,
) -> WorkspaceEdit {
    let range = to_proto::range(view.client, &Rope::from_str(before), edit.span);
    let edit = TextEdit { range, new_text: edit.text };
    if view.client.document_changes {
        let edits = vec![TextDocumentEdit { text_document: identifier.clone(), edits: vec![OneOf::Left(edit)] }];
        WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(edits)), ..WorkspaceEdit::default() }
    } else {
        WorkspaceEdit { changes: Some([(identifier.uri.clone(), vec![edit])].into()), ..WorkspaceEdit::default() }
    }
}

fn create(identifier: &OptionalVersionedTextDocumentIdentifier, text: String) -> WorkspaceEdit {
    let options = Some(CreateFileOptions { overwrite: None, ignore_if_exists: Some(true) });
    let create = ResourceOp::Create(CreateFile { uri: identifier.uri.clone(), options, annotation_id: None });
    let start = Position::default();
    let edit = TextEdit { range: Range { start, end: start }, new_text: text };
    let fill = TextDocumentEdit { text_document: identifier.clone(), edits: vec![OneOf::Left(edit)] };
    let operations = vec![DocumentChangeOperation::Op(create), DocumentChangeOperation::Edit(fill)];
    WorkspaceEdit { document_changes: Some(DocumentChanges::Operations(operations)), ..WorkspaceEdit::default() }
}

#[cfg(test)]
mod tests {
    use super::{lowered, with_severity};

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

    #[test]
    fn a_files_line_ends_stay_what_they_are() {
        let new = "[severity]\r\nr = \"hint\"\r\n";
        for (text, expected) in [
            ("# é\r\nrules = [\"a\"]\r\n", format!("# é\r\nrules = [\"a\"]\r\n\r\n{new}")),
            ("[severity]\r\na = \"off\"\r\n[filter]\r\n", {
                "[severity]\r\na = \"off\"\r\nr = \"hint\"\r\n[filter]\r\n".to_owned()
            }),
            // What is mixed stays mixed.
            ("# a\n# b\r\n[severity]\r\nr = \"off\"\n", "# a\n# b\r\n[severity]\r\nr = \"hint\"\n".to_owned()),
        ] {
            let edit = lowered(text, "r", "hint").expect("it can be read");
            let mut edited = text.to_owned();
            edited.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
            assert_eq!(edited, expected, "{text:?}");
        }
    }
}
