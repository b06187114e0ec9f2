//! Notebooks: the cells of one are one program, in their order.
//!
//! The session knows a notebook as one document under the notebook's own address: its cells one after the other, each with a line
//! break behind it. So a place in a cell is that place so many lines further down, in whatever unit the client counts columns.

mod answers;

use crate::lsp::from_proto;
use ropey::Rope;
use std::collections::HashMap;
use tower_lsp_server::ls_types::{
    DidChangeNotebookDocumentParams, DidChangeTextDocumentParams, DidOpenNotebookDocumentParams,
    DidOpenTextDocumentParams, NotebookCell, NotebookCellKind, Position, Range, TextDocumentContentChangeEvent,
    TextDocumentItem, Uri, VersionedTextDocumentIdentifier,
};
use weir_model::notebook::{self, Cell, Cells, Stretch};
use weir_model::{Format, Language, PositionEncoding, Span};

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

    /// Of the cells, by their places.
    pub(super) const VERSIONS: [i32; 5] = [7, 3, 9, 1, 4];

    /// A notebook of these cells, and its program.
    pub(super) fn notebook(cells: &[&str]) -> (Notebook, Rope) {
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

    pub(super) fn range(program: &Rope, span: Span) -> Range {
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
}
