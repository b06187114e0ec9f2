//! The folders of a workspace, each with its configuration. A file belongs to the innermost folder that it lies in; one that
//! lies in none belongs to the `weir.toml` that speaks for it, and nothing around it is looked at.

use crate::baseline::Baseline;
use crate::changed::Commit;
use crate::config::{self, Config, Layer, Problem};
use crate::engines::{EngineId, Engines};
use crate::project_marks::ProjectMarks;
use crate::walk;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A project as it is configured now; another configuration is another project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ProjectId(u64);

/// One folder with its configuration.
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    /// The folder of the workspace; `None` for files outside of all.
    pub(crate) folder: Option<PathBuf>,
    /// What paths in it are relative to: the git work tree it belongs to, else the folder.
    pub(crate) root: Option<PathBuf>,
    /// The `weir.toml` that speaks for it.
    pub(crate) file: Option<PathBuf>,
    pub(crate) config: Config,
    /// What is wrong with the file.
    pub(crate) problems: Vec<Problem>,
    /// What was known before.
    pub(crate) baseline: Baseline,
    /// What is compared with, if only what was changed is shown.
    pub(crate) commit: Option<Arc<Commit>>,
    /// What else is not as it should be, for people.
    pub(crate) notices: Vec<String>,
    /// Who analyses what is in it.
    pub(crate) engine: EngineId,
    /// What its files ask to ignore; nothing before they were read.
    pub(crate) marks: ProjectMarks,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Projects {
    list: Vec<Project>,
    made: u64,
    /// What the command line says.
    rules: Vec<PathBuf>,
}

impl Projects {
    /// `rules`: from the command line.
    pub(crate) fn new(rules: Vec<PathBuf>) -> Self {
        Self { list: Vec::new(), made: 0, rules }
    }

    /// Makes them anew: folders, what their files say and what the editor says of each (`None`: of files outside).
    pub(crate) fn configure(
        &mut self,
        folders: &[PathBuf],
        settings: impl Fn(Option<&Path>) -> Layer,
        engines: &mut Engines,
    ) {
        let before = std::mem::take(&mut self.list);
        for folder in folders {
            let file = config::find(folder);
            self.add(Some(folder.clone()), file, &settings(Some(folder)), engines);
        }
        // What was read counts until it is read again.
        for project in &mut self.list {
            let same = before.iter().find(|old| old.root.is_some() && old.root == project.root);
            project.marks = same.map(|old| old.marks.clone()).unwrap_or_default();
        }
        // The longest path first, so that the first that matches is the innermost.
        self.list
            .sort_by_key(|project| std::cmp::Reverse(project.folder.as_ref().map_or(0, |f| f.components().count())));
        // Without folders the first file is still to be opened: its rules may as well be loaded meanwhile.
        if folders.is_empty() {
            self.add(None, None, &settings(None), engines);
        }
        for project in before.iter().filter(|project| project.folder.is_none()) {
            let file = project.file.clone().filter(|file| file.is_file());
            if self.loose(file.as_deref()).is_none() {
                self.add(None, file, &settings(None), engines);
            }
        }
    }

    /// The project of a file; of one outside of the workspace a project is made if there is none.
    pub(crate) fn of_file(
        &mut self,
        path: Option<&Path>,
        settings: impl Fn(Option<&Path>) -> Layer,
        engines: &mut Engines,
    ) -> &Project {
        let at = path.and_then(|path| self.in_folder(path)).or_else(|| {
            let file = path.and_then(|path| config::find(walk::folder_of(path)));
            Some(self.loose(file.as_deref()).unwrap_or_else(|| {
                self.add(None, file, &settings(None), engines);
                self.list.len() - 1
            }))
        });
        &self.list[at.expect("made if there was none")]
    }

    /// The folder of the workspace that a file lies in.
    pub(crate) fn folder_of(&self, path: &Path) -> Option<&Project> {
        self.in_folder(path).map(|at| &self.list[at])
    }

    /// The project with this id, if it is still configured so.
    pub(crate) fn get(&self, id: ProjectId) -> Option<&Project> {
        self.list.iter().find(|project| project.id == id)
    }

    /// As [`get`](Self::get).
    pub(crate) fn get_mut(&mut self, id: ProjectId) -> Option<&mut Project> {
        self.list.iter_mut().find(|project| project.id == id)
    }

    /// Reads all baselines again.
    pub(crate) fn read_baselines(&mut self) {
        for project in &mut self.list {
            project.read_baseline();
        }
    }

    /// In which folders sources have lenses.
    pub(crate) fn lenses(&self) -> BTreeSet<Option<PathBuf>> {
        let shown = self.list.iter().filter(|project| project.config.source_lens);
        shown.map(|project| project.folder.clone()).collect()
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Project> {
        self.list.iter()
    }

    fn in_folder(&self, path: &Path) -> Option<usize> {
        self.list.iter().position(|project| project.folder.as_deref().is_some_and(|folder| path.starts_with(folder)))
    }

    fn loose(&self, file: Option<&Path>) -> Option<usize> {
        self.list.iter().position(|project| project.folder.is_none() && project.file.as_deref() == file)
    }

    fn add(&mut self, folder: Option<PathBuf>, file: Option<PathBuf>, client: &Layer, engines: &mut Engines) {
        let (layer, problems) = file.as_deref().map(config::read).unwrap_or_default();
        let start = file.as_deref().map(walk::folder_of).or(folder.as_deref()).unwrap_or(Path::new(""));
        let mut config = Config::new(start, &layer, client, &self.rules);
        if let Some(team) = engines.team_config(&config) {
            config.set_team(team);
        }
        let engine = engines.for_config(&config);
        let root = folder.as_ref().map(|folder| walk::git_root(folder).unwrap_or_else(|| folder.clone()));
        self.made += 1;
        let id = ProjectId(self.made);
        let mut notices = Vec::new();
        let commit = config.changed_since.as_deref().zip(root.as_deref()).and_then(|(name, root)| {
            let commit = Commit::of(root, name).map_err(|error| notices.push(format!("changed-only: {error}")));
            commit.ok().map(Arc::new)
        });
        let mut project = Project {
            id,
            folder,
            root,
            file,
            config,
            problems,
            baseline: Baseline::default(),
            commit,
            notices,
            engine,
            marks: ProjectMarks::default(),
        };
        project.read_baseline();
        self.list.push(project);
    }
}

impl Project {
    /// What the paths in its baseline are relative to.
    pub(crate) fn baseline_root(&self) -> PathBuf {
        self.root.as_deref().unwrap_or(walk::folder_of(&self.config.baseline)).to_owned()
    }

    /// The baseline file. A file outside of all projects has none: its name alone would be one of the folder that Weir happens to
    /// run in.
    pub(crate) fn baseline_file(&self) -> Option<&Path> {
        let path = self.config.baseline.as_path();
        (self.folder.is_some() || self.file.is_some() || path.is_absolute()).then_some(path)
    }

    /// Reads the baseline (again).
    pub(crate) fn read_baseline(&mut self) {
        let Some(path) = self.baseline_file() else { return };
        match Baseline::read(path, &self.baseline_root()) {
            Ok(baseline) => self.baseline = baseline,
            Err(error) => self.notices.push(format!("{}: {error}", path.display())),
        }
    }

    /// The path of a file for `paths:` of rules and for filters: relative to the root, with forward slashes.
    pub(crate) fn relative(&self, file: &Path) -> Arc<str> {
        let root = self.root.clone().or_else(|| walk::git_root(walk::folder_of(file)));
        let inside = root.as_deref().and_then(|root| file.strip_prefix(root).ok());
        let path = inside.unwrap_or_else(|| file.file_name().map_or(file, Path::new));
        walk::slashes(path).into()
    }
}
