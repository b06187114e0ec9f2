//! Notebooks: each is a document of the session, and what is found in it belongs to its cells.

use super::MainLoop;
use crate::notebooks::Change;
use tower_lsp_server::ls_types::{Diagnostic, Uri};

impl MainLoop {
    pub(super) fn notebook(&mut self, change: Change) {
        match change {
            Change::Open(params) => {
                let document = self.notebooks.open(params);
                self.open(document);
            }
            Change::Edit(params) => {
                let Some((change, gone)) = self.notebooks.change(params, self.session.client.encoding) else {
                    tracing::warn!("a change for a notebook that is not open was ignored");
                    return;
                };
                for cell in gone {
                    self.outbox.publish(cell, None, Vec::new());
                }
                self.change(&change);
            }
            Change::Close(uri) => {
                for cell in self.notebooks.close(&uri) {
                    self.outbox.publish(cell, None, Vec::new());
                }
                self.close(&uri);
            }
        }
    }

    /// Sends the diagnostics of a notebook to its cells: clients ask for documents of the session only, and cells are none.
    pub(super) fn publish_cells(&self, uri: &Uri, diagnostics: Vec<Diagnostic>) {
        let cells = self.notebooks.get(uri).map(|notebook| notebook.by_cell(uri, diagnostics));
        for (cell, diagnostics) in cells.unwrap_or_default() {
            self.outbox.publish(cell, None, diagnostics);
        }
    }
}
