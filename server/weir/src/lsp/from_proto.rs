//! The protocol's words into ours.

use ropey::Rope;
use std::path::PathBuf;
use tower_lsp_server::ls_types::{self as lsp, InitializeParams, TextDocumentContentChangeEvent, WorkspaceFolder};
use weir_model::{Edit, Position, PositionEncoding, Range, Span};

/// One change as an edit of this text. A change without a range replaces everything.
pub(crate) fn edit(text: &Rope, encoding: PositionEncoding, change: &TextDocumentContentChangeEvent) -> Edit {
    let span = match change.range {
        Some(range) => encoding.span(text, self::range(range)),
        None => Span::new(0, text.len_bytes() as u32),
    };
    Edit::new(span, change.text.as_str())
}

/// A range.
pub(crate) fn range(range: lsp::Range) -> Range {
    Range { start: position(range.start), end: position(range.end) }
}

/// A position.
pub(crate) fn position(position: lsp::Position) -> Position {
    Position { line: position.line, column: position.character }
}

/// The folders of the workspace: the client's list, else its root. None is single-file mode.
pub(crate) fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    if let Some(folders) = params.workspace_folders.as_ref().filter(|folders| !folders.is_empty()) {
        return folders.iter().filter_map(folder).collect();
    }
    #[expect(deprecated, reason = "clients before 3.6 send nothing else")]
    let root = params.root_uri.as_ref();
    root.and_then(directory).into_iter().collect()
}

/// The path of a workspace folder.
pub(crate) fn folder(folder: &WorkspaceFolder) -> Option<PathBuf> {
    directory(&folder.uri)
}

/// The path of what is said to be a folder; none if it is a file, which Zed gives when it has nothing but that open.
fn directory(uri: &lsp::Uri) -> Option<PathBuf> {
    Some(uri.to_file_path()?.into_owned()).filter(|path| !path.is_file())
}
