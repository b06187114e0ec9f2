//! Files of projects that list findings to ignore: read elsewhere, heeded here.

use super::{MainLoop, Message};
use crate::engines::Rules;
use crate::lsp::view;
use crate::project::{Project, ProjectId};
use crate::project_marks::ProjectMarks;
use crate::report::rule::Rule;
use crate::workspace::FileFindings;
use ropey::Rope;
use std::path::Path;
use tower_lsp_server::ls_types::MessageType;
use weir_model::{DocId, Finding};

impl MainLoop {
    /// Has the lists of all projects read (again). A file outside of the workspace has none: nothing around it is looked at.
    pub(super) fn read_marks(&self) {
        for project in self.projects.iter() {
            let (id, messages) = (project.id, self.messages.clone());
            if let Some(root) = project.root.clone() {
                tokio::task::spawn_blocking(move || {
                    let marks = ProjectMarks::load(&root);
                    if let Some(messages) = messages.upgrade() {
                        let _ = messages.send(Message::MarksRead { project: id, marks });
                    }
                });
            }
        }
    }

    pub(super) fn marks_read(&mut self, id: ProjectId, marks: ProjectMarks) {
        let Some(project) = self.projects.get_mut(id).filter(|project| project.marks != marks) else { return };
        for problem in marks.problems() {
            self.outbox.log(MessageType::WARNING, problem.clone());
        }
        project.marks = marks;
        self.show_all();
    }

    /// Decides which findings of a document are shown.
    pub(super) fn show(&mut self, doc: DocId) {
        let Some(open) = self.session.get_mut(doc) else { return };
        let Some((project, engine)) = open.place else { return };
        let (Some(project), Some(engine)) = (self.projects.get(project), self.engines.get(engine)) else { return };
        if let Some(file) = &open.file {
            heed(project, &engine.rules, file, open.document.text(), &mut open.findings);
        }
        open.shown =
            view::visible(project, &engine.rules, &open.path, open.document.text(), open.base.as_ref(), &open.findings);
    }

    /// Decides which findings of a file are shown.
    pub(super) fn show_file(&self, path: &Path, mut file: FileFindings) -> FileFindings {
        if let (Some(project), Some(engine)) = (self.projects.get(file.project), self.engines.get(file.engine)) {
            heed(project, &engine.rules, path, &file.text, &mut file.findings);
            file.shown =
                view::visible(project, &engine.rules, &file.path, &file.text, file.base.as_ref(), &file.findings);
        }
        file
    }
}

/// Marks what the project's lists ask to ignore.
fn heed(project: &Project, rules: &Rules, file: &Path, text: &Rope, findings: &mut [Finding]) {
    project.marks.apply(file, text, findings, |rule| rules.get(rule).map(Rule::weaknesses).unwrap_or_default());
}
