//! Files that are not open: the workspace is looked at once, and each file again when it changes on disk.

use super::{MainLoop, Message};
use crate::args::FileArgs;
use crate::changed::Base;
use crate::lsp::progress::is_scan;
use crate::lsp::to_proto;
use crate::lsp::view::View;
use crate::project::{Project, ProjectId};
use crate::walk::{self, Refusal, Target};
use crate::workspace::{FileFindings, shown};
use ropey::Rope;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower_lsp_server::ls_types::{Diagnostic, ProgressToken, Uri};
use weir_model::{Finding, JobId, ScanOptions};

/// A folder of the workspace, and what is looked at in it.
struct Place {
    folder: PathBuf,
    files: FileArgs,
    kinds: walk::Kinds,
}

impl MainLoop {
    /// Looks at all files of the workspace again. Without rules there is nothing to do yet.
    pub(super) fn scan_workspace(&mut self) {
        if self.engines.iter().any(|engine| !engine.is_loaded) {
            return;
        }
        let folders: Vec<_> = self
            .projects
            .iter()
            .filter(|project| project.config.workspace)
            .filter_map(|project| Some((project.folder.clone()?, project.config.files.clone(), project.engine)))
            .collect();
        let epoch = self.workspace.begin(folders.len());
        for (folder, files, engine) in folders {
            let messages = self.messages.clone();
            let kinds =
                self.engines.get(engine).map(|engine| walk::Kinds::of(engine.rules.values().map(|rule| &rule.info)));
            tokio::task::spawn_blocking(move || {
                let wanted = |path: &Path| kinds.as_ref().is_some_and(|kinds| kinds.want(walk::format_of(path)));
                // A glob that is none was refused with the configuration it stands in.
                let selected = walk::select(std::slice::from_ref(&folder), &files, &wanted);
                let targets = selected.map(|selection| selection.targets).unwrap_or_default();
                if let Some(messages) = messages.upgrade() {
                    let _ = messages.send(Message::Walked { epoch, folder, targets });
                }
            });
        }
        self.pump();
    }

    pub(super) fn walked(&mut self, epoch: u64, folder: &Path, targets: Vec<Target>) {
        if epoch != self.workspace.epoch() {
            return;
        }
        self.workspace.walked();
        for target in targets {
            let file = shown(&target);
            // A folder within another is walked by itself, with its own configuration.
            let Some(project) = self.projects.folder_of(&file).filter(|p| p.folder.as_deref() == Some(folder)) else {
                continue;
            };
            if self.session.by_file(&file).is_none() {
                self.workspace.add(target, project.id, project.engine);
            }
        }
        if self.workspace.progress().1 > 0 {
            self.outbox.begin_scan(self.session.client.progress);
        }
        self.pump();
    }

    /// Files and folders may have changed on disk: looks at what is there now, unless it is open, outside of the workspace or not to
    /// be looked at. They may be thousands, most of which no rule looks at: a build writes them, or a checkout.
    pub(super) fn look_at(&mut self, paths: &[PathBuf]) {
        let mut places: HashMap<ProjectId, Option<Arc<Place>>> = HashMap::new();
        let mut looks = Vec::new();
        for path in paths.iter().filter(|path| self.session.by_file(path).is_none()) {
            let project = self.projects.folder_of(path).filter(|project| project.config.workspace);
            if project.is_none() && !self.workspace.knows(path) {
                continue;
            }
            let place = project.and_then(|project| {
                places.entry(project.id).or_insert_with(|| self.place_of(project).map(Arc::new)).clone()
            });
            looks.push((path.clone(), place));
        }
        if looks.is_empty() {
            return;
        }
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            for (path, place) in looks {
                let targets = place.map_or_else(Vec::new, |place| {
                    let wanted = |path: &Path| place.kinds.want(walk::format_of(path));
                    walk::within(&place.folder, &path, &place.files, &wanted)
                });
                let is_folder = path.is_dir();
                let Some(messages) = messages.upgrade() else { return };
                let _ = messages.send(Message::Looked { path, is_folder, targets });
            }
        });
    }

    /// What decides which files of a project are looked at.
    fn place_of(&self, project: &Project) -> Option<Place> {
        let rules = self.engines.get(project.engine)?.rules.values();
        let kinds = walk::Kinds::of(rules.map(|rule| &rule.info));
        Some(Place { folder: project.folder.clone()?, files: project.config.files.clone(), kinds })
    }

    pub(super) fn looked(&mut self, path: &Path, is_folder: bool, targets: Vec<Target>) {
        // Where there is a folder the files in it are told of by themselves when they go.
        if targets.is_empty() && !is_folder {
            for gone in self.workspace.forget(path) {
                self.file_changed(&gone.uri);
            }
        }
        for target in targets {
            let file = shown(&target);
            let project = self.projects.folder_of(&file).map(|project| (project.id, project.engine));
            if let Some((project, engine)) = project.filter(|_| self.session.by_file(&file).is_none()) {
                self.workspace.add(target, project, engine);
            }
        }
        self.pump();
    }

    /// Has the next files read, as many as may be under way.
    fn pump(&mut self) {
        while let Some((job, target)) = self.workspace.next() {
            let (target, messages) = (target.clone(), self.messages.clone());
            let project = self.projects.folder_of(&shown(&target));
            let commit = project.and_then(|project| project.commit.clone());
            let max_bytes = project.map_or(0, |project| project.config.files.max_bytes());
            tokio::task::spawn_blocking(move || {
                let bytes = walk::admit(&target, max_bytes);
                let base = commit.map(|commit| commit.base(&target.file));
                if let Some(messages) = messages.upgrade() {
                    let _ = messages.send(Message::Read { job, bytes, base });
                }
            });
        }
        let (done, all) = self.workspace.progress();
        self.outbox.scan_progress(done, all);
        if self.is_settled() {
            for gone in self.workspace.finish() {
                self.file_changed(&gone.uri);
            }
            self.outbox.end_scan();
            self.answer_pulls();
        }
    }

    /// Whether all there is to know of the workspace is known.
    pub(super) fn is_settled(&self) -> bool {
        self.is_configured && self.workspace.is_idle() && self.engines.iter().all(|engine| engine.is_loaded)
    }

    pub(super) fn read(&mut self, id: JobId, bytes: Result<Vec<u8>, Refusal>, base: Option<Base>) {
        let Some(job) = self.workspace.working(id) else { return };
        let Some(engine) = self.engines.get(job.engine) else { return self.scanned(id, Vec::new()) };
        let Ok(bytes) = bytes else { return self.scanned(id, Vec::new()) };
        job.base = base;
        job.text = Rope::from_str(&String::from_utf8_lossy(&bytes));
        let format = walk::format_of(&job.target.file);
        engine.pool.scan(id, Arc::clone(&job.target.in_project), format, bytes, ScanOptions::default());
    }

    /// A file of the workspace was analysed, or will not be.
    pub(super) fn scanned(&mut self, id: JobId, findings: Vec<Finding>) {
        let Some(job) = self.workspace.take(id) else { return };
        let file = shown(&job.target);
        if let Some(uri) = Uri::from_file_path(&file)
            && self.session.by_file(&file).is_none()
        {
            let found = FileFindings {
                uri: uri.clone(),
                project: job.project,
                engine: job.engine,
                path: Arc::clone(&job.target.in_project),
                text: job.text,
                base: job.base,
                shown: Vec::new(),
                findings,
            };
            let before = self.workspace.files.remove(&file);
            let found = self.show_file(&file, found);
            let differs = before.is_some() || !found.shown.is_empty();
            if !found.findings.is_empty() {
                self.workspace.files.insert(file, found);
            }
            if differs {
                self.file_changed(&uri);
            }
        }
        self.pump();
    }

    /// Decides anew which findings of files that are not open are shown.
    pub(super) fn show_files(&mut self) {
        let files = std::mem::take(&mut self.workspace.files);
        for (path, file) in files {
            let before = file.shown.clone();
            let file = self.show_file(&path, file);
            let (uri, differs) = (file.uri.clone(), file.shown != before);
            self.workspace.files.insert(path, file);
            if differs {
                self.file_changed(&uri);
            }
        }
    }

    /// Tells the client what there is now in a file that is not open.
    pub(super) fn file_changed(&mut self, uri: &Uri) {
        if self.session.client.pull {
            self.send_part(uri);
            return;
        }
        if self.session.by_uri(uri).is_none() {
            let file = crate::session::file_of(uri);
            let diagnostics = file.and_then(|file| self.diagnostics_on_disk(&file)).unwrap_or_default();
            self.outbox.publish(uri.clone(), None, diagnostics);
        }
    }

    /// The diagnostics of a file that is not open.
    pub(super) fn diagnostics_on_disk(&self, file: &Path) -> Option<Vec<Diagnostic>> {
        let file = self.workspace.files.get(file)?;
        let engine = self.engines.get(file.engine)?;
        let view = View {
            client: &self.session.client,
            uri: &file.uri,
            version: None,
            text: &file.text,
            rules: &engine.rules,
            notebook: None,
        };
        let shown = file.shown.iter().map(|&(at, level)| (&file.findings[at], level));
        Some(to_proto::diagnostics(&view, shown))
    }

    /// The person has seen enough.
    pub(super) fn cancel_progress(&mut self, token: &ProgressToken) {
        if is_scan(token) {
            self.workspace.cancel();
            self.outbox.end_scan();
            self.answer_pulls();
        }
    }
}
