//! What is configured, and what follows when that changes.

use super::MainLoop;
use crate::cli::notices::{plural, problem_line};
use crate::config::{self, FILE_NAME, Layer};
use crate::engines::{Engine, EngineId};
use crate::lsp::watch::Watched;
use crate::lsp::{InitialOptions, to_proto};
use crate::project_marks::ProjectMarks;
use crate::rules_source::RulesError;
use crate::session::OpenDocument;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower_lsp_server::ls_types::{Diagnostic, MessageType, Uri};
use weir_model::{RuleProblem, RuleSource};

/// Files that say which files are looked at.
const IGNORE_FILES: [&str; 2] = [".gitignore", ".semgrepignore"];

/// What the editor says of a folder (`None`: of files outside of all), where it says nothing of it what it said at the start.
pub(super) fn layer(options: &Layer, settings: &HashMap<Option<PathBuf>, Layer>, folder: Option<&Path>) -> Layer {
    let own = settings.get(&folder.map(Path::to_owned)).or_else(|| settings.get(&None));
    own.map_or_else(|| options.clone(), |own| own.over(options))
}

impl MainLoop {
    pub(super) fn take_options(&mut self, options: InitialOptions) {
        self.options = options.settings.layer;
        self.say_problems(&options.settings.problems);
    }

    /// Asks the client for its settings, if it answers such questions; what there is counts at once otherwise.
    pub(super) fn ask_configuration(&mut self) {
        if self.session.client.configuration {
            let scopes = std::iter::once(None).chain(self.folders.iter().cloned().map(Some)).collect();
            self.outbox.ask_configuration(scopes, self.messages.clone());
        } else {
            self.configure();
        }
    }

    /// The client says that its settings are others now. Those that take questions are asked; some say all there is at once,
    /// some nothing.
    pub(super) fn settings_changed(&mut self, value: &Value) {
        if self.session.client.configuration {
            self.ask_configuration();
        } else if value.is_object() {
            self.take_settings(vec![(None, value.clone())]);
            self.configure();
        }
    }

    /// The client's answer; an empty one if it does not answer, and then what it said before counts.
    pub(super) fn configured(&mut self, answers: Vec<(Option<PathBuf>, Value)>) {
        self.take_settings(answers);
        self.configure();
    }

    fn take_settings(&mut self, answers: Vec<(Option<PathBuf>, Value)>) {
        for (folder, value) in answers {
            let settings = config::of_client(&value);
            if folder.is_none() {
                self.say_problems(&settings.problems);
            }
            self.settings.insert(folder, settings.layer);
        }
    }

    fn say_problems(&self, problems: &[String]) {
        for problem in problems {
            self.outbox.show(MessageType::WARNING, format!("Weir: {problem}"));
        }
    }

    /// Puts the configuration in force that folders, files and editor make together.
    pub(super) fn configure(&mut self) {
        let (options, settings) = (&self.options, &self.settings);
        let said = |folder: Option<&Path>| layer(options, settings, folder);
        let lenses = self.projects.lenses();
        self.projects.configure(&self.folders, said, &mut self.engines);
        // Before the first time nobody was answered that there are none.
        if std::mem::replace(&mut self.is_configured, true) && self.projects.lenses() != lenses {
            self.refresh_lenses();
        }
        for id in self.session.ids() {
            self.place(id);
        }
        let used: Vec<EngineId> = self.projects.iter().map(|project| project.engine).collect();
        self.engines.keep(&used);
        for engine in self.engines.iter().filter(|engine| !engine.is_loaded) {
            self.outbox.begin_loading(engine.id, self.session.client.progress);
        }
        for project in self.projects.iter() {
            for problem in project.problems.iter().map(ToString::to_string).chain(project.notices.iter().cloned()) {
                self.outbox.log(MessageType::WARNING, problem);
            }
        }
        self.watch.set(self.watched(), &self.session.client, &self.outbox);
        self.problems_changed();
        self.scan_workspace();
        // Where rules are still to be loaded, that is when to ask again.
        if self.engines.iter().all(|engine| engine.is_loaded) {
            self.refresh();
        }
        for request in std::mem::take(&mut self.early) {
            self.handle(request);
        }
    }

    /// What is to be watched: the folders, and where the rules come from.
    fn watched(&self) -> Watched {
        let mut watched = Watched { folders: self.folders.clone(), ..Default::default() };
        for project in self.projects.iter() {
            watched.files.extend(project.file.clone());
            watched.files.extend(project.baseline_file().map(Path::to_owned));
            watched.git.extend(project.commit.as_ref().map(|commit| commit.git_folder().to_owned()));
        }
        for place in self.engines.iter().flat_map(Engine::places) {
            watched.rules.push(place.canonicalize().unwrap_or_else(|_| place.to_owned()));
        }
        watched
    }

    /// Files were made, changed or removed.
    pub(super) fn changed(&mut self, paths: &[PathBuf]) {
        if !self.is_configured {
            return;
        }
        let named = |name: &str| paths.iter().any(|path| path.file_name().is_some_and(|file| file == name));
        // A folder that comes or goes does so with all that is in it.
        let is_of = |file: &Path| paths.iter().any(|path| file.starts_with(path));
        let commits = || self.projects.iter().filter_map(|project| project.commit.as_ref());
        let is_git = commits().any(|commit| paths.iter().any(|path| path.starts_with(commit.git_folder())));
        let is_settings = self.projects.iter().any(|project| project.file.as_deref().is_some_and(is_of));
        if named(FILE_NAME) || is_settings || is_git {
            self.configure();
        }
        if paths.iter().any(|path| ProjectMarks::is_list(path)) {
            self.read_marks();
        }
        if self.projects.iter().any(|project| project.baseline_file().is_some_and(is_of)) {
            self.projects.read_baselines();
            self.show_all();
        }
        let engines: Vec<EngineId> = self
            .engines
            .iter()
            .filter(|engine| {
                engine.places().any(|place| {
                    let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
                    is_of(&place) || paths.iter().any(|path| path.starts_with(&place))
                })
            })
            .map(|engine| engine.id)
            .collect();
        for engine in engines {
            self.engines.read_rules(engine);
        }
        self.targets_changed(paths);
        if IGNORE_FILES.iter().any(|name| named(name)) {
            self.scan_workspace();
            return;
        }
        self.look_at(paths);
    }

    pub(super) fn rules_read(&mut self, id: EngineId, sources: Arc<[RuleSource]>, unreadable: Vec<RulesError>) {
        let Some(engine) = self.engines.get_mut(id) else { return };
        for error in unreadable.iter().filter(|error| !engine.unreadable.contains(error)) {
            self.outbox.show(MessageType::ERROR, error.to_string());
        }
        if engine.load(sources, unreadable) {
            self.outbox.begin_loading(id, self.session.client.progress);
            for doc in self.session.ids() {
                if let Some(open) = self.session.get_mut(doc).filter(|open| open.place.is_some_and(|p| p.1 == id)) {
                    open.analyzed = None;
                }
            }
        }
    }

    /// The workers have the rules.
    pub(super) fn rules_loaded(&mut self, id: EngineId) {
        let Some(engine) = self.engines.get(id) else { return };
        let loaded = format!("{} rules", engine.rules.len());
        self.outbox.end_loading(id, &loaded);
        for problem in &engine.problems {
            self.outbox
                .log(MessageType::WARNING, problem_line(problem, if problem.skipped { "skipped" } else { "error" }));
        }
        // What is wrong with a rule is shown in its file. That none runs looks like code in which there is nothing.
        let is_open = |problem: &RuleProblem| self.is_open_rule_file(Path::new(&problem.source));
        if engine.rules.is_empty() && !engine.problems.is_empty() && !engine.problems.iter().all(is_open) {
            let problems = plural(engine.problems.len(), "problem");
            let text = format!("Weir: no rule runs: {problems} in rule files. The server's log has the places.");
            self.outbox.show(MessageType::WARNING, text);
        }
        self.outbox.log(MessageType::INFO, format!("Weir loaded {loaded}"));
        self.problems_changed();
        self.read_marks();
        self.rules_in_force_changed();
        self.scan_workspace();
        self.refresh();
        self.refresh_source_lenses();
    }

    /// Shows what is wrong with rule files and configuration where it is wrong.
    pub(super) fn problems_changed(&mut self) {
        let mut problems: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
        for problem in self.projects.iter().flat_map(|project| &project.problems) {
            let text = std::fs::read_to_string(&problem.path).unwrap_or_default();
            let shown = to_proto::config_problem(&self.session.client, &text, problem);
            let list = problems.entry(problem.path.clone()).or_default();
            // Several folders may be under one file.
            if !list.contains(&shown) {
                list.push(shown);
            }
        }
        for engine in self.engines.iter() {
            for problem in &engine.problems {
                let path = PathBuf::from(&problem.source);
                if path.is_file() {
                    let text = engine.text_of(&problem.source).unwrap_or_default();
                    let shown = to_proto::rule_problem(&self.session.client, text, problem);
                    problems.entry(path.canonicalize().unwrap_or(path)).or_default().push(shown);
                }
            }
        }
        // Of open rule files what is said is that of their text.
        problems.retain(|file, _| !self.is_open_rule_file(file));
        let before = std::mem::replace(&mut self.problems, problems);
        if self.session.client.pull {
            return;
        }
        for (file, diagnostics) in &self.problems {
            if before.get(file) != Some(diagnostics)
                && let Some(uri) = Uri::from_file_path(file)
            {
                self.outbox.publish(uri, None, diagnostics.clone());
            }
        }
        for file in before.keys().filter(|file| !self.problems.contains_key(*file) && !self.is_open_rule_file(file)) {
            if let Some(uri) = Uri::from_file_path(file) {
                self.outbox.publish(uri, None, Vec::new());
            }
        }
    }

    /// Decides anew what is shown, everywhere.
    pub(super) fn show_all(&mut self) {
        for id in self.session.ids() {
            self.show(id);
            if self.session.get(id).is_some_and(OpenDocument::is_current) {
                self.publish(id);
            }
        }
        self.show_files();
        self.refresh();
        self.refresh_source_lenses();
    }

    /// Other findings are shown: lenses above sources are others, if there are any.
    fn refresh_source_lenses(&self) {
        if !self.projects.lenses().is_empty() {
            self.refresh_lenses();
        }
    }

    /// Has the client ask for lenses again, if it can be told to.
    pub(super) fn refresh_lenses(&self) {
        if self.session.client.refreshes_lenses {
            self.outbox.refresh_lenses();
        }
    }

    /// Has the client ask again, if it asks at all.
    pub(super) fn refresh(&self) {
        if self.session.client.pull && self.session.client.refresh {
            self.outbox.refresh();
        }
    }
}
