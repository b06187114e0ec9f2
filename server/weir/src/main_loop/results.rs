//! What the workers say.

use super::MainLoop;
use crate::engines::EngineId;
use crate::session::OpenDocument;
use tower_lsp_server::ls_types::MessageType;
use weir_model::{DocId, Failure, Note, NoteKind};
use weir_worker::Update;

impl MainLoop {
    pub(super) fn update(&mut self, id: EngineId, update: Update) {
        match update {
            Update::Rules { generation, rules, problems, kept } => {
                if self.engines.get_mut(id).is_some_and(|engine| engine.loaded(generation, rules, problems, kept)) {
                    self.rules_loaded(id);
                }
            }
            Update::Findings { doc, version, findings, hints, notes, .. } => {
                // Of other workers than the document has now, or of rules that are being replaced.
                let is_its = |open: &OpenDocument| open.place.is_some_and(|(_, engine)| engine == id);
                let counts = self.engines.get(id).is_some_and(|engine| engine.is_loaded);
                if !counts || !self.session.get(doc).is_some_and(is_its) {
                    return;
                }
                self.log_notes(doc, &notes);
                if self.session.take_findings(doc, version, findings, hints, notes).is_some() {
                    self.confine_to_cells(doc);
                    self.show(doc);
                    self.publish(doc);
                    // Of a rule file there is more to know than what rules for any text find in it.
                    if !self.awaits_rules(doc) {
                        self.answer_waiting(doc);
                    }
                    self.refresh_cells(doc);
                }
            }
            Update::RuleCutOff { rule_id } => {
                let text = format!(
                    "Weir stopped the rule {rule_id}: it took too long. It is off until rules are loaded again; all others run."
                );
                self.outbox.show(MessageType::WARNING, text);
            }
            Update::Failed { doc, job, failure } => {
                if let Some(job) = job.filter(|&job| Self::is_authoring(job)) {
                    self.authored(job, None, Vec::new());
                    return;
                }
                if let Some(job) = job.filter(|&job| Self::is_trial(job)) {
                    self.tried(job, None);
                    return;
                }
                if let Some(job) = job {
                    self.scanned(job, Vec::new());
                    return;
                }
                let name = doc.and_then(|doc| self.session.get(doc)).map_or("a file".into(), |open| open.path.clone());
                self.outbox.log(MessageType::WARNING, format!("Weir has no findings for {name}: {failure}"));
                if let Some(doc) = doc {
                    self.answer_waiting(doc);
                }
            }
            Update::Restarted { failure } => self.log_restart(&failure),
            Update::Scanned { job, findings, .. } => self.scanned(job, findings),
            Update::Answered { job, answer, notes } if Self::is_authoring(job) => self.authored(job, answer, notes),
            Update::Answered { job, answer, .. } => self.tried(job, answer),
            // Sealed files are a remote engine's, and nobody here asks for them.
            Update::Judged { .. } => {}
        }
    }

    /// Sends the diagnostics of a document to a client that does not ask for them.
    pub(super) fn publish(&self, doc: DocId) {
        if self.session.client.pull {
            return;
        }
        // What is said of rules, and what those that are being written find, is on its way: it is shown with that.
        if let Some(open) = self.session.get(doc).filter(|_| !self.awaits_run(doc) && !self.awaits_rules(doc)) {
            let diagnostics = self.of_document(&open.uri);
            if self.notebooks.get(&open.uri).is_some() {
                return self.publish_cells(&open.uri, diagnostics);
            }
            self.outbox.publish(open.uri.clone(), Some(open.client_version), diagnostics);
        }
    }

    /// Logs what the analysis could not do, when that is new.
    fn log_notes(&self, doc: DocId, notes: &[Note]) {
        let Some(open) = self.session.get(doc) else { return };
        // A file under edit is broken half of the time; its editor's own language server says so.
        let new = notes.iter().filter(|note| note.kind != NoteKind::SyntaxError && !open.notes.contains(note));
        for note in new {
            let rule = note.rule_id.as_ref().map_or_else(String::new, |id| format!("{id}: "));
            self.outbox.log(MessageType::WARNING, format!("{}: {rule}{}", open.path, note.message));
        }
    }

    fn log_restart(&self, failure: &Failure) {
        self.outbox.log(MessageType::WARNING, format!("Weir started its analysis process again: {failure}"));
    }
}
