//! Notebooks: the cells of one are one program, in their order.
//!
//! The session knows a notebook as one document under the notebook's own address: its cells one after the other, each with a line
//! break behind it. So a place in a cell is that place so many lines further down, in whatever unit the client counts columns.

use crate::lsp::from_proto;
use ropey::Rope;
use std::collections::{BTreeMap, HashMap};
use tower_lsp_server::ls_types::{
    AnnotatedTextEdit, CodeAction, Diagnostic, DidChangeNotebookDocumentParams, DidChangeTextDocumentParams,
    DidOpenNotebookDocumentParams, DidOpenTextDocumentParams, DocumentChanges, NotebookCell, NotebookCellKind, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, TextDocumentContentChangeEvent, TextDocumentEdit,
    TextDocumentItem, TextEdit, Uri, VersionedTextDocumentIdentifier, WorkspaceEdit,
};
use weir_model::notebook::{self, Cell, Cells, Stretch};
use weir_model::{Edit, Finding, Format, Hint, Language, PositionEncoding, Span};

/// Characters of a cell within which it says what it is, if it does.
const LONGEST_COMMAND: usize = 256;

/// What happens to notebooks.
pub(crate) enum Change {
    /// `notebookDocument/didOpen`
    Open(DidOpenNotebookDocumentParams),
    /// `notebookDocument/didChange`
    Edit(DidChangeNotebookDocumentParams),
    /// `notebookDocument/didClose`
    Close(Uri),
}

/// The notebooks that are open.
#[derive(Default)]
pub(crate) struct Notebooks(HashMap<Uri, Notebook>);

/// An open notebook.
pub(crate) struct Notebook {
    /// Of its program; cells in another language are no part of it.
    language: String,
    cells: Vec<Member>,
    /// The texts of cells, also of those that are no part of the program.
    texts: HashMap<Uri, Content>,
    /// What a client that asks was told last of each cell, by its id.
    told: HashMap<Uri, String>,
}

struct Member {
    uri: Uri,
    is_code: bool,
}

struct Content {
    language: String,
    /// The client's number for it.
    version: i32,
    text: Rope,
}

impl Notebooks {
    /// A notebook by its address.
    pub(crate) fn get(&self, uri: &Uri) -> Option<&Notebook> {
        self.0.get(uri)
    }

    /// As [`get`](Self::get).
    pub(crate) fn get_mut(&mut self, uri: &Uri) -> Option<&mut Notebook> {
        self.0.get_mut(uri)
    }

    /// The notebook that a cell is of, with its address.
    pub(crate) fn of_cell(&self, cell: &Uri) -> Option<(&Uri, &Notebook)> {
        self.0.iter().find(|(_, notebook)| notebook.texts.contains_key(cell))
    }

    /// Opens a notebook; gives the document that it is.
    pub(crate) fn open(&mut self, params: DidOpenNotebookDocumentParams) -> DidOpenTextDocumentParams {
        let document = params.notebook_document;
        let mut notebook =
            Notebook { language: String::new(), cells: Vec::new(), texts: HashMap::new(), told: HashMap::new() };
        notebook.cells.extend(document.cells.into_iter().map(Member::new));
        notebook.take(params.cell_text_documents);
        notebook.language = notebook.first_language();
        let text = notebook.program();
        let item = TextDocumentItem {
            uri: document.uri.clone(),
            language_id: notebook.language.clone(),
            version: document.version,
            text,
        };
        self.0.insert(document.uri, notebook);
        DidOpenTextDocumentParams { text_document: item }
    }

    /// Changes a notebook; gives what that does to the document that it is, and the cells that are no more.
    pub(crate) fn change(
        &mut self,
        params: DidChangeNotebookDocumentParams,
        encoding: PositionEncoding,
    ) -> Option<(DidChangeTextDocumentParams, Vec<Uri>)> {
        let id = params.notebook_document;
        let notebook = self.0.get_mut(&id.uri)?;
        let (mut changes, mut gone) = (Vec::new(), Vec::new());
        let cells = params.change.cells;
        let (structure, contents) = cells.map_or((None, None), |cells| (cells.structure, cells.text_content));
        if let Some(structure) = structure {
            let start = (structure.array.start as usize).min(notebook.cells.len());
            let end = (start + structure.array.delete_count as usize).min(notebook.cells.len());
            let new = structure.array.cells.unwrap_or_default();
            notebook.cells.splice(start..end, new.into_iter().map(Member::new));
            notebook.take(structure.did_open.unwrap_or_default());
            for closed in structure.did_close.unwrap_or_default() {
                notebook.texts.remove(&closed.uri);
                notebook.told.remove(&closed.uri);
                gone.push(closed.uri);
            }
            changes.push(whole(notebook.program()));
        }
        for content in contents.unwrap_or_default() {
            for change in content.changes {
                changes.extend(notebook.edit(&content.document.uri, change, encoding));
            }
            if let Some(text) = notebook.texts.get_mut(&content.document.uri) {
                text.version = content.document.version;
            }
        }
        let text_document = VersionedTextDocumentIdentifier { uri: id.uri, version: id.version };
        Some((DidChangeTextDocumentParams { text_document, content_changes: changes }, gone))
    }

    /// Closes a notebook; gives its cells.
    pub(crate) fn close(&mut self, uri: &Uri) -> Vec<Uri> {
        self.0.remove(uri).map(|notebook| notebook.cells.into_iter().map(|cell| cell.uri).collect()).unwrap_or_default()
    }
}

impl Member {
    fn new(cell: NotebookCell) -> Self {
        Self { uri: cell.document, is_code: cell.kind == NotebookCellKind::CODE }
    }
}

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

    /// The cells, in order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &Uri> {
        self.cells.iter().map(|cell| &cell.uri)
    }

    /// Notes what a client was told of a cell. Gives whether that is something else than the last time.
    pub(crate) fn tell(&mut self, cell: &Uri, id: String) -> bool {
        match self.told.insert(cell.clone(), id) {
            Some(before) => self.told.get(cell) != Some(&before),
            None => false,
        }
    }

    /// Whether a client ever asked about a cell.
    pub(crate) fn is_told(&self, cell: &Uri) -> bool {
        self.told.contains_key(cell)
    }

    /// A place of a cell in the program; none if the cell is no part of it.
    pub(crate) fn range_of(&self, cell: &Uri, range: Range) -> Option<Range> {
        let (_, first, lines) = self.lines().find(|&(at, ..)| self.cells[at].uri == *cell)?;
        let last = Position::new(first + lines - 1, u32::MAX);
        let within = |position: Position| if position.line < lines { below(position, first) } else { last };
        Some(Range { start: within(range.start), end: within(range.end) })
    }

    /// A place of the program in the cell that it starts in.
    pub(crate) fn local(&self, range: Range) -> Option<Range> {
        Some(self.in_cell(range)?.1)
    }

    /// The same, if that is this cell.
    pub(crate) fn local_of(&self, cell: &Uri, range: Range) -> Option<Range> {
        let (at, range) = self.in_cell(range)?;
        (self.cells[at].uri == *cell).then_some(range)
    }

    /// The number of a cell among all, and of a line in it, both from one, for a line of the program that is counted from zero.
    pub(crate) fn line(&self, line: u32) -> Option<(usize, u32)> {
        let (at, range) = self.in_cell(Range { start: Position::new(line, 0), end: Position::new(line, 0) })?;
        Some((at + 1, range.start.line + 1))
    }

    /// The cells of the program as those of a notebook on disk are told: where they stand in the text is where they stand in the
    /// program.
    pub(crate) fn as_cells(&self, text: &Rope) -> Cells {
        let cell = |(at, first, _): (usize, u32, u32)| {
            let code = self.code(&self.cells[at])?.to_string();
            let start = text.line_to_byte((first as usize).min(text.len_lines()));
            let stretch = Stretch { at: 0, file: Span::from(start..start + code.len()), is_plain: true };
            Some(Cell { number: at as u32 + 1, text: code, stretches: vec![stretch] })
        };
        Cells(self.lines().filter_map(cell).collect())
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

    fn take(&mut self, documents: Vec<TextDocumentItem>) {
        self.texts.extend(documents.into_iter().map(|document| {
            let text = Rope::from_str(&document.text);
            (document.uri, Content { language: document.language_id, version: document.version, text })
        }));
    }

    /// The language of the first cell that Weir reads.
    fn first_language(&self) -> String {
        let texts = self.cells.iter().filter(|cell| cell.is_code).filter_map(|cell| self.texts.get(&cell.uri));
        let mut languages = texts.map(|text| &text.language);
        languages.find(|id| Format::from_lsp_id(id) != Format::Text).cloned().unwrap_or_default()
    }

    /// The text of a cell that is a part of the program.
    fn code(&self, cell: &Member) -> Option<&Rope> {
        let text = self.texts.get(&cell.uri)?;
        let is_own = cell.is_code && text.language == self.language;
        (is_own && !text.is_apart()).then_some(&text.text)
    }

    fn program(&self) -> String {
        let code = self.cells.iter().filter_map(|cell| self.code(cell));
        code.fold(String::new(), |mut program, text| {
            program.extend(text.chunks());
            program.push('\n');
            program
        })
    }

    /// Each cell of the program with its first line in it and how many lines it has.
    fn lines(&self) -> impl Iterator<Item = (usize, u32, u32)> {
        let mut first = 0;
        self.cells.iter().enumerate().filter_map(move |(at, cell)| {
            let lines = lines(self.code(cell)?);
            first += lines;
            Some((at, first - lines, lines))
        })
    }

    /// A change of a cell as one of the program; none if the cell is no part of it.
    fn edit(
        &mut self,
        uri: &Uri,
        change: TextDocumentContentChangeEvent,
        encoding: PositionEncoding,
    ) -> Option<TextDocumentContentChangeEvent> {
        let place = self.lines().find(|&(at, ..)| self.cells[at].uri == *uri);
        let is_own = self.cells.iter().any(|cell| cell.uri == *uri && cell.is_code);
        let cell = self.texts.get_mut(uri)?;
        let (is_own, was_apart) = (is_own && cell.language == self.language, cell.is_apart());
        let text = &mut cell.text;
        let edit = from_proto::edit(text, encoding, &change);
        let was_split = is_split(text);
        let chars = [edit.span.start, edit.span.end].map(|at| text.byte_to_char(at as usize));
        text.remove(chars[0]..chars[1]);
        text.insert(chars[0], &edit.text);
        let is_split = is_split(text);
        if is_own && was_apart != cell.is_apart() {
            return Some(whole(self.program()));
        }
        let (_, first, lines) = place?;
        if was_split || is_split {
            return Some(whole(self.program()));
        }
        // The line break behind a cell is not its own: the cell ends where its last line does.
        let end = Position::new(first + lines - 1, u32::MAX);
        let within = |position: Position| if position.line < lines { below(position, first) } else { end };
        let range = match change.range {
            Some(range) => Range { start: within(range.start), end: within(range.end) },
            None => Range { start: Position::new(first, 0), end },
        };
        Some(TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: change.text })
    }

    /// A place of the program in the cell that it starts in.
    fn in_cell(&self, range: Range) -> Option<(usize, Range)> {
        let (at, first, lines) = self.lines().find(|&(_, first, lines)| range.start.line < first + lines)?;
        let within =
            |position: Position| Position::new(position.line.saturating_sub(first).min(lines), position.character);
        Some((at, Range { start: within(range.start), end: within(range.end) }))
    }
}

fn whole(text: String) -> TextDocumentContentChangeEvent {
    TextDocumentContentChangeEvent { range: None, range_length: None, text }
}

/// How many lines a cell takes in the program.
fn lines(text: &Rope) -> u32 {
    (text.len_lines() - usize::from(is_split(text))) as u32
}

/// Whether the carriage return at the end of a cell and the line feed behind the cell are one break.
fn is_split(text: &Rope) -> bool {
    text.chars_at(text.len_chars()).prev() == Some('\r')
}

impl Content {
    /// Whether it says itself that it is something else than the language it is in.
    fn is_apart(&self) -> bool {
        let start: String = self.text.chars().take(LONGEST_COMMAND).collect();
        Language::from_lsp_id(&self.language).is_some_and(|language| notebook::is_apart(language, &start))
    }
}

fn above(position: Position, lines: u32) -> Position {
    Position::new(position.line - lines, position.character)
}

fn below(position: Position, lines: u32) -> Position {
    Position::new(position.line + lines, position.character)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "file:///a.ipynb";

    /// Of the cells, by their places.
    const VERSIONS: [i32; 5] = [7, 3, 9, 1, 4];

    /// A notebook of these cells, and its program.
    fn notebook(cells: &[&str]) -> (Notebook, Rope) {
        let uri = |at: usize| format!("cell:{at}").parse::<Uri>().expect("an address");
        let member = |at: usize| Member { uri: uri(at), is_code: true };
        let text = |(at, text): (usize, &&str)| {
            (uri(at), Content { language: "python".to_owned(), version: VERSIONS[at], text: Rope::from_str(text) })
        };
        let notebook = Notebook {
            language: "python".to_owned(),
            cells: (0..cells.len()).map(member).collect(),
            texts: cells.iter().enumerate().map(text).collect(),
            told: HashMap::new(),
        };
        let program = Rope::from_str(&notebook.program());
        (notebook, program)
    }

    fn range(program: &Rope, span: Span) -> Range {
        let range = PositionEncoding::Utf16.range(program, span);
        let position = |at: weir_model::Position| Position::new(at.line, at.column);
        Range { start: position(range.start), end: position(range.end) }
    }

    #[test]
    fn every_character_of_a_cell_maps_to_the_program_and_back() {
        let cells = ["x = 'é👩'\r\ny\n", "", "%%bash\nls", "\n👩", "%%time\nz\r"];
        let (notebook, program) = notebook(&cells);
        let text = program.to_string();
        let mut met = 0;
        for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.starts_with("%%bash")) {
            let rope = Rope::from_str(cell);
            for (offset, character) in cell.char_indices() {
                let span = Span::from(offset..offset + character.len_utf8());
                if matches!(character, '\r' | '\n') {
                    continue;
                }
                let uri = &notebook.cells[at].uri;
                let whole = notebook.range_of(uri, range(&rope, span)).expect("a part of the program");
                let position = |at: Position| weir_model::Position { line: at.line, column: at.character };
                let inside = weir_model::Range { start: position(whole.start), end: position(whole.end) };
                assert_eq!(PositionEncoding::Utf16.span(&program, inside).text(&text), character.to_string());
                assert_eq!(notebook.local_of(uri, whole), Some(range(&rope, span)));
                assert_eq!(notebook.line(whole.start.line), Some((at + 1, range(&rope, span).start.line + 1)));
                met += 1;
            }
        }
        assert_eq!(met, 17);
        let told = notebook.as_cells(&program);
        assert!(told.0.iter().all(|cell| cell.stretches[0].file.text(&text) == cell.text), "{told:?}");
        assert_eq!(told.0.iter().map(|cell| cell.number).collect::<Vec<_>>(), [1, 2, 4, 5]);
    }

    #[test]
    fn an_edit_is_made_in_one_cell_or_not_at_all() {
        let (notebook, program) = notebook(&["ab\ncd", "é", "ef\n"]);
        let own: Uri = OWN.parse().expect("an address");
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
