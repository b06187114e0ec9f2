//! What is found in a notebook's program, told as something of its cells: diagnostics, edits, actions.

use super::{Notebook, above};
use ropey::Rope;
use std::collections::BTreeMap;
use tower_lsp_server::ls_types::{
    AnnotatedTextEdit, CodeAction, Diagnostic, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier,
    Position, Range, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use weir_model::{Edit, Finding, Hint, PositionEncoding};

impl Notebook {
    /// The diagnostics of the whole as those of its cells; cells without any are among them.
    pub(crate) fn by_cell(&self, own: &Uri, diagnostics: Vec<Diagnostic>) -> Vec<(Uri, Vec<Diagnostic>)> {
        let mut cells: Vec<(Uri, Vec<Diagnostic>)> =
            self.cells.iter().map(|cell| (cell.uri.clone(), Vec::new())).collect();
        for diagnostic in diagnostics {
            if let Some((at, diagnostic)) = self.diagnostic(own, diagnostic) {
                cells[at].1.push(diagnostic);
            }
        }
        cells
    }

    /// Those of one cell.
    pub(crate) fn of_cell(&self, own: &Uri, cell: &Uri, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let placed = diagnostics.into_iter().filter_map(|diagnostic| self.diagnostic(own, diagnostic));
        placed.filter(|(at, _)| self.cells[*at].uri == *cell).map(|(_, diagnostic)| diagnostic).collect()
    }

    fn diagnostic(&self, own: &Uri, mut diagnostic: Diagnostic) -> Option<(usize, Diagnostic)> {
        let (at, range) = self.in_cell(diagnostic.range)?;
        diagnostic.range = range;
        for related in diagnostic.related_information.iter_mut().flatten() {
            if related.location.uri == *own
                && let Some((at, range)) = self.in_cell(related.location.range)
            {
                related.location.uri = self.cells[at].uri.clone();
                related.location.range = range;
            }
        }
        Some((at, diagnostic))
    }

    /// Leaves no edit in what was found that would change more than one cell.
    pub(crate) fn confine(
        &self,
        text: &Rope,
        encoding: PositionEncoding,
        findings: &mut [Finding],
        hints: &mut [Hint],
    ) {
        let fits = |edits: &[Edit]| {
            edits.iter().all(|edit| {
                let range = encoding.range(text, edit.span);
                let position = |at: weir_model::Position| Position::new(at.line, at.column);
                let range = Range { start: position(range.start), end: position(range.end) };
                self.change(TextEdit { range, new_text: edit.text.clone() }, encoding).is_some()
            })
        };
        for finding in findings {
            finding.fix = finding.fix.take().filter(|fix| fits(&fix.edits));
            finding.ignore = finding.ignore.take().filter(|edit| fits(std::slice::from_ref(edit)));
        }
        for hint in hints.iter_mut().filter(|hint| !fits(&hint.removal)) {
            hint.removal.clear();
        }
    }

    /// What can be done about the program as what can be done about its cells.
    pub(crate) fn action(&self, own: &Uri, action: CodeAction, encoding: PositionEncoding) -> Option<CodeAction> {
        let edit = match action.edit {
            Some(edit) => Some(self.workspace_edit(own, edit, encoding)?),
            None => None,
        };
        let local = |diagnostic| Some(self.diagnostic(own, diagnostic)?.1);
        let diagnostics = action.diagnostics.map(|all| all.into_iter().filter_map(local).collect());
        Some(CodeAction { edit, diagnostics, ..action })
    }

    /// Edits of the program as edits of its cells; none if one of them would change two. Other documents keep theirs.
    pub(crate) fn workspace_edit(
        &self,
        own: &Uri,
        edit: WorkspaceEdit,
        encoding: PositionEncoding,
    ) -> Option<WorkspaceEdit> {
        let changes = match edit.changes {
            Some(mut changes) => {
                for change in changes.remove(own).unwrap_or_default() {
                    let (at, change) = self.change(change, encoding)?;
                    changes.entry(self.cells[at].uri.clone()).or_default().push(change);
                }
                Some(changes)
            }
            None => None,
        };
        let document_changes = match edit.document_changes {
            Some(DocumentChanges::Edits(documents)) => {
                let mut of_cells = Vec::new();
                for document in documents {
                    if document.text_document.uri == *own {
                        of_cells.extend(self.document_edits(document.edits, encoding)?);
                    } else {
                        of_cells.push(document);
                    }
                }
                Some(DocumentChanges::Edits(of_cells))
            }
            other => other,
        };
        Some(WorkspaceEdit { changes, document_changes, ..edit })
    }

    /// Edits of the program by cell, each cell with its version.
    fn document_edits(
        &self,
        edits: Vec<OneOf<TextEdit, AnnotatedTextEdit>>,
        encoding: PositionEncoding,
    ) -> Option<Vec<TextDocumentEdit>> {
        let mut by_cell: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for edit in edits {
            let (at, edit) = match edit {
                OneOf::Left(edit) => {
                    let (at, edit) = self.change(edit, encoding)?;
                    (at, OneOf::Left(edit))
                }
                OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id }) => {
                    let (at, text_edit) = self.change(text_edit, encoding)?;
                    (at, OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id }))
                }
            };
            by_cell.entry(at).or_default().push(edit);
        }
        let document = |(at, edits): (usize, Vec<_>)| {
            let uri = self.cells[at].uri.clone();
            let version = self.texts.get(&uri).map(|text| text.version);
            TextDocumentEdit { text_document: OptionalVersionedTextDocumentIdentifier { uri, version }, edits }
        };
        Some(by_cell.into_iter().map(document).collect())
    }

    /// An edit of the program as one of a cell; none if it would change two.
    fn change(&self, edit: TextEdit, encoding: PositionEncoding) -> Option<(usize, TextEdit)> {
        let TextEdit { range, mut new_text } = edit;
        let (at, first, lines) = self.lines().find(|&(_, first, lines)| range.start.line < first + lines)?;
        let end = if range.end.line < first + lines {
            above(range.end, first)
        } else {
            // The break behind the last line is none of the cell's: it stays.
            let stays = new_text.is_empty() || new_text.pop() == Some('\n');
            if !stays || range.end != Position::new(first + lines, 0) {
                return None;
            }
            let text = self.code(&self.cells[at])?;
            let end = encoding.position(text, text.len_bytes() as u32);
            Position::new(end.line, end.column)
        };
        Some((at, TextEdit { range: Range { start: above(range.start, first), end }, new_text }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{VERSIONS, notebook, range};
    use super::*;
    use weir_model::Span;

    #[test]
    fn an_edit_is_made_in_one_cell_or_not_at_all() {
        let (notebook, program) = notebook(&["ab\ncd", "é", "ef\n"]);
        let own: Uri = "file:///a.ipynb".parse().expect("an address");
        let change = |start: usize, end: usize, text: &str| {
            let edit = TextEdit { range: range(&program, Span::from(start..end)), new_text: text.to_owned() };
            let document = OptionalVersionedTextDocumentIdentifier { uri: own.clone(), version: Some(1) };
            let edits = vec![TextDocumentEdit { text_document: document, edits: vec![OneOf::Left(edit)] }];
            let edit =
                WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(edits)), ..WorkspaceEdit::default() };
            let edit = notebook.workspace_edit(&own, edit, PositionEncoding::Utf16)?;
            let Some(DocumentChanges::Edits(changed)) = edit.document_changes else { panic!("edits") };
            let [TextDocumentEdit { text_document, edits }] = &changed[..] else { panic!("one document") };
            let OneOf::Left(edit) = &edits[0] else { panic!("no note") };
            let Range { start, end } = edit.range;
            let places = [(start.line, start.character), (end.line, end.character)];
            Some((text_document.uri.to_string(), text_document.version, places, edit.new_text.clone()))
        };
        let made = |cell: usize, start, end, text: &str| {
            Some((format!("cell:{cell}"), Some(VERSIONS[cell]), [start, end], text.to_owned()))
        };
        assert_eq!(program.to_string(), "ab\ncd\né\nef\n\n");
        assert_eq!(change(1, 4, "x"), made(0, (0, 1), (1, 1), "x"));
        assert_eq!(change(5, 5, "x"), made(0, (1, 2), (1, 2), "x"));
        assert_eq!(change(6, 6, "x\n"), made(1, (0, 0), (0, 0), "x\n"));
        // The break behind a cell stays: a line that goes leaves an empty one.
        assert_eq!(change(3, 6, ""), made(0, (1, 0), (1, 2), ""));
        assert_eq!(change(3, 6, "x\n"), made(0, (1, 0), (1, 2), "x"));
        assert_eq!(change(3, 6, "x"), None);
        assert_eq!(change(4, 8, ""), None);
        assert_eq!(change(4, 9, "x\n"), None);
        assert_eq!(change(9, 12, "\n"), made(2, (0, 0), (1, 0), "\n"));
    }
}
