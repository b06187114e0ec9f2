//! Notebooks: each is a document of the session, and what is found in it belongs to its cells.

use super::MainLoop;
use crate::lsp::requests::diagnostic;
use crate::notebooks::Change;
use crate::session::file_of;
use tower_lsp_server::ls_types::{Diagnostic, Uri};
use weir_model::{DocId, Format};

impl MainLoop {
    pub(super) fn notebook(&mut self, change: Change) {
        match change {
            Change::Open(params) => {
                let document = self.notebooks.open(params);
                let (uri, format) =
                    (&document.text_document.uri, Format::from_lsp_id(&document.text_document.language_id));
                let was_shown = file_of(uri).is_some_and(|file| self.workspace.files.contains_key(&file));
                if was_shown && !self.session.client.pull {
                    // From here on what is found is said of the cells.
                    self.outbox.publish(uri.clone(), None, Vec::new());
                }
                self.open_as(document, format);
                if was_shown {
                    self.refresh();
                }
            }
            Change::Edit(params) => {
                let Some((change, gone)) = self.notebooks.change(params, self.session.client.encoding) else {
                    tracing::warn!("a change for a notebook that is not open was ignored");
                    return;
                };
                self.forget_cells(gone);
                self.change(&change);
            }
            Change::Close(uri) => {
                let cells = self.notebooks.close(&uri);
                self.forget_cells(cells);
                self.close(&uri);
            }
        }
    }

    /// Clients that ask know by themselves that there is nothing to be said of what is closed.
    fn forget_cells(&self, cells: Vec<Uri>) {
        if !self.session.client.pull {
            for cell in cells {
                self.outbox.publish(cell, None, Vec::new());
            }
        }
    }

    /// The document that a cell is a part of, or the document itself.
    pub(super) fn whole_of<'a>(&'a self, uri: &'a Uri) -> &'a Uri {
        self.notebooks.of_cell(uri).map_or(uri, |(own, _)| own)
    }

    /// Leaves no edit that would change two cells in what was found in a notebook.
    pub(super) fn confine_to_cells(&mut self, doc: DocId) {
        let encoding = self.session.client.encoding;
        let Some(open) = self.session.get_mut(doc) else { return };
        if let Some(notebook) = self.notebooks.get(&open.uri) {
            notebook.confine(open.document.text(), encoding, &mut open.findings, &mut open.hints);
        }
    }

    /// What was typed in one cell may change what is found in another: who asked about that is to ask again.
    pub(super) fn refresh_cells(&mut self, doc: DocId) {
        let Some(uri) = self.session.get(doc).map(|open| open.uri.clone()) else { return };
        let Some(notebook) = self.notebooks.get(&uri).filter(|_| self.session.client.pull) else { return };
        let told: Vec<Uri> = notebook.cells().filter(|cell| notebook.is_told(cell)).cloned().collect();
        let mut differs = false;
        for cell in told {
            differs |= self.tell_cell(&cell);
        }
        if differs {
            self.refresh();
        }
    }

    /// Notes what a client knows of a cell from now on. Gives whether it was told something else before.
    pub(super) fn tell_cell(&mut self, cell: &Uri) -> bool {
        let id = diagnostic::id(&self.diagnostics(cell));
        let own = self.notebooks.of_cell(cell).map(|(own, _)| own.clone());
        own.and_then(|own| self.notebooks.get_mut(&own)).is_some_and(|notebook| notebook.tell(cell, id))
    }

    /// Sends the diagnostics of a notebook to its cells.
    pub(super) fn publish_cells(&self, uri: &Uri, diagnostics: Vec<Diagnostic>) {
        let cells = self.notebooks.get(uri).map(|notebook| notebook.by_cell(uri, diagnostics));
        for (cell, diagnostics) in cells.unwrap_or_default() {
            self.outbox.publish(cell, None, diagnostics);
        }
    }
}
