//! Notebooks: the cells of one are one program, in their order.
//!
//! The session knows a notebook as one document under the notebook's own address: its cells one after the other, each with a line
//! break behind it. So a place in a cell is that place so many lines further down, in whatever unit the client counts columns.

use crate::lsp::from_proto;
use ropey::Rope;
use std::collections::HashMap;
use tower_lsp_server::ls_types::{
    Diagnostic, DidChangeNotebookDocumentParams, DidChangeTextDocumentParams, DidOpenNotebookDocumentParams,
    DidOpenTextDocumentParams, NotebookCell, NotebookCellKind, Position, Range, TextDocumentContentChangeEvent,
    TextDocumentItem, Uri, VersionedTextDocumentIdentifier,
};
use weir_model::{Format, PositionEncoding};

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
    cells: Vec<Cell>,
    /// The texts of cells, also of those that are no part of the program.
    texts: HashMap<Uri, Text>,
}

struct Cell {
    uri: Uri,
    is_code: bool,
}

struct Text {
    language: String,
    text: Rope,
}

impl Notebooks {
    /// A notebook by its address.
    pub(crate) fn get(&self, uri: &Uri) -> Option<&Notebook> {
        self.0.get(uri)
    }

    /// Opens a notebook; gives the document that it is.
    pub(crate) fn open(&mut self, params: DidOpenNotebookDocumentParams) -> DidOpenTextDocumentParams {
        let document = params.notebook_document;
        let mut notebook = Notebook { language: String::new(), cells: Vec::new(), texts: HashMap::new() };
        notebook.cells.extend(document.cells.into_iter().map(Cell::new));
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
            notebook.cells.splice(start..end, new.into_iter().map(Cell::new));
            notebook.take(structure.did_open.unwrap_or_default());
            for closed in structure.did_close.unwrap_or_default() {
                notebook.texts.remove(&closed.uri);
                gone.push(closed.uri);
            }
            changes.push(whole(notebook.program()));
        }
        for content in contents.unwrap_or_default() {
            for change in content.changes {
                changes.extend(notebook.edit(&content.document.uri, change, encoding));
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

impl Cell {
    fn new(cell: NotebookCell) -> Self {
        Self { uri: cell.document, is_code: cell.kind == NotebookCellKind::CODE }
    }
}

impl Notebook {
    /// The diagnostics of the whole as those of its cells; cells without any are among them.
    pub(crate) fn by_cell(&self, own: &Uri, diagnostics: Vec<Diagnostic>) -> Vec<(Uri, Vec<Diagnostic>)> {
        let mut cells: Vec<(Uri, Vec<Diagnostic>)> =
            self.cells.iter().map(|cell| (cell.uri.clone(), Vec::new())).collect();
        for mut diagnostic in diagnostics {
            let Some((at, range)) = self.in_cell(diagnostic.range) else { continue };
            diagnostic.range = range;
            for related in diagnostic.related_information.iter_mut().flatten() {
                if related.location.uri == *own
                    && let Some((at, range)) = self.in_cell(related.location.range)
                {
                    related.location.uri = self.cells[at].uri.clone();
                    related.location.range = range;
                }
            }
            cells[at].1.push(diagnostic);
        }
        cells
    }

    fn take(&mut self, documents: Vec<TextDocumentItem>) {
        self.texts.extend(documents.into_iter().map(|document| {
            let text = Text { language: document.language_id, text: Rope::from_str(&document.text) };
            (document.uri, text)
        }));
    }

    /// The language of the first cell that Weir reads.
    fn first_language(&self) -> String {
        let texts = self.cells.iter().filter(|cell| cell.is_code).filter_map(|cell| self.texts.get(&cell.uri));
        let mut languages = texts.map(|text| &text.language);
        languages.find(|id| Format::from_lsp_id(id) != Format::Text).cloned().unwrap_or_default()
    }

    /// The text of a cell that is a part of the program.
    fn code(&self, cell: &Cell) -> Option<&Rope> {
        let text = self.texts.get(&cell.uri)?;
        (cell.is_code && text.language == self.language).then_some(&text.text)
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
        let text = &mut self.texts.get_mut(uri)?.text;
        let edit = from_proto::edit(text, encoding, &change);
        let was_split = is_split(text);
        let chars = [edit.span.start, edit.span.end].map(|at| text.byte_to_char(at as usize));
        text.remove(chars[0]..chars[1]);
        text.insert(chars[0], &edit.text);
        let is_split = is_split(text);
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

fn below(position: Position, lines: u32) -> Position {
    Position::new(position.line + lines, position.character)
}
