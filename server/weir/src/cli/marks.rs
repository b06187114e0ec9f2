//! What files of the scanned projects ask to ignore.

use super::notices;
use crate::project_marks::{EntryId, Obsolete, ProjectMarks};
use crate::report::rule::Rule;
use crate::walk::{folder_of, git_root};
use ropey::Rope;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use weir_model::Finding;

/// The lists of all projects that a scan looks at, and which of their entries are of use.
pub(super) struct Marks {
    projects: Vec<(ProjectMarks, HashSet<EntryId>)>,
}

impl Marks {
    /// Reads the lists of the projects that some paths belong to.
    pub(super) fn load(paths: &[PathBuf]) -> Self {
        let mut roots: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).map(root).collect();
        roots.sort();
        roots.dedup();
        let projects: Vec<_> = roots.iter().map(|root| (ProjectMarks::load(root), HashSet::new())).collect();
        for (marks, _) in &projects {
            notices::say(&marks.problems().iter().map(|problem| format!("weir: {problem}")).collect::<Vec<_>>());
        }
        Self { projects }
    }

    /// Marks the findings of a file that they ask to ignore.
    pub(super) fn apply(
        &mut self,
        file: &Path,
        text: &Rope,
        findings: &mut [Finding],
        rules: &BTreeMap<Arc<str>, Rule>,
    ) {
        let weaknesses = |id: &str| rules.get(id).map(Rule::weaknesses).unwrap_or_default();
        for (marks, used) in &mut self.projects {
            used.extend(marks.apply(file, text, findings, weaknesses));
        }
    }

    /// Entries of use to nobody, of lists that lie in one of the paths.
    pub(super) fn obsolete(&self, paths: &[PathBuf]) -> Vec<Obsolete> {
        let scanned: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let whole = |folder: &Path| scanned.iter().any(|path| folder.starts_with(path));
        self.projects.iter().flat_map(|(marks, used)| marks.obsolete(used, whole)).collect()
    }
}

/// The project of a path: its git work tree, else the folder.
fn root(path: PathBuf) -> PathBuf {
    let folder = if path.is_dir() { path } else { folder_of(&path).to_owned() };
    git_root(&folder).unwrap_or(folder)
}
