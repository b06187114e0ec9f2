//! The files of a workspace that are not open: which are still to be looked at, and what was found in the others.

use crate::changed::Base;
use crate::config::Level;
use crate::engines::EngineId;
use crate::project::ProjectId;
use crate::walk::Target;
use ropey::Rope;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower_lsp_server::ls_types::Uri;
use weir_model::{Finding, JobId};

/// Files that are read or analysed at once: enough to keep the workers busy between two of the main loop's turns, few enough
/// that memory does not matter.
const AT_ONCE: usize = 4;

/// One file on disk with findings.
pub(crate) struct FileFindings {
    pub(crate) uri: Uri,
    pub(crate) project: ProjectId,
    pub(crate) engine: EngineId,
    /// Relative to the project's root.
    pub(crate) path: Arc<str>,
    pub(crate) text: Rope,
    /// What it was in the commit that is compared with.
    pub(crate) base: Option<Base>,
    pub(crate) findings: Vec<Finding>,
    /// Which of them are shown, and as what.
    pub(crate) shown: Vec<(usize, Level)>,
}

/// One file on its way.
pub(crate) struct Job {
    pub(crate) target: Target,
    pub(crate) project: ProjectId,
    pub(crate) engine: EngineId,
    /// What was read, once it was.
    pub(crate) text: Rope,
    /// What it was in the commit that is compared with.
    pub(crate) base: Option<Base>,
}

/// What is known of the files that are not open.
#[derive(Default)]
pub(crate) struct Workspace {
    /// By the path the client knows.
    pub(crate) files: BTreeMap<PathBuf, FileFindings>,
    queue: VecDeque<Job>,
    working: HashMap<JobId, Job>,
    jobs: u64,
    /// Folders that are being walked.
    walking: usize,
    /// Files there are, of those that were walked since the last time all was done.
    met: HashSet<PathBuf>,
    /// Files done since then.
    done: usize,
    /// Counts whole scans: what belongs to an earlier one is dropped.
    epoch: u64,
    /// A whole scan is under way: when it ends, files that it did not meet are gone.
    is_whole: bool,
}

impl Workspace {
    /// Begins a whole scan of `folders` folders; what was under way is dropped. Gives its number.
    pub(crate) fn begin(&mut self, folders: usize) -> u64 {
        self.queue.clear();
        self.working.clear();
        self.met.clear();
        self.done = 0;
        self.epoch += 1;
        self.walking = folders;
        self.is_whole = true;
        self.epoch
    }

    /// The number of the scan under way, or of the last.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// One folder of the scan was walked.
    pub(crate) fn walked(&mut self) {
        self.walking = self.walking.saturating_sub(1);
    }

    /// Puts a file in the queue.
    pub(crate) fn add(&mut self, target: Target, project: ProjectId, engine: EngineId) {
        self.met.insert(shown(&target));
        self.queue.push_back(Job { target, project, engine, text: Rope::new(), base: None });
    }

    /// The next file to read, unless enough are under way.
    pub(crate) fn next(&mut self) -> Option<(JobId, &Target)> {
        if self.working.len() >= AT_ONCE {
            return None;
        }
        let job = self.queue.pop_front()?;
        self.jobs += 1;
        let id = JobId(self.jobs);
        Some((id, &self.working.entry(id).or_insert(job).target))
    }

    /// A file that is under way; none if it was dropped since.
    pub(crate) fn working(&mut self, id: JobId) -> Option<&mut Job> {
        self.working.get_mut(&id)
    }

    /// Takes a file that is done; none if it was dropped since.
    pub(crate) fn take(&mut self, id: JobId) -> Option<Job> {
        let job = self.working.remove(&id)?;
        self.done += 1;
        Some(job)
    }

    /// Takes what is known of a file that is gone, or of the files in what was a folder.
    pub(crate) fn forget(&mut self, gone: &Path) -> Vec<FileFindings> {
        let from = self.files.range::<Path, _>((Bound::Included(gone), Bound::Unbounded)).map(|(file, _)| file);
        let under: Vec<PathBuf> = from.take_while(|file| file.starts_with(gone)).cloned().collect();
        under.iter().filter_map(|file| self.files.remove(file)).collect()
    }

    /// Whether something is known of a file, or of files in what is or was a folder.
    pub(crate) fn knows(&self, path: &Path) -> bool {
        let mut from = self.files.range::<Path, _>((Bound::Included(path), Bound::Unbounded));
        from.next().is_some_and(|(file, _)| file.starts_with(path))
    }

    /// Files done and files there are.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.done, self.done + self.working.len() + self.queue.len())
    }

    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.walking == 0 && self.queue.is_empty() && self.working.is_empty()
    }

    /// Stops: what is not done is left as it was known before.
    pub(crate) fn cancel(&mut self) {
        self.queue.clear();
        self.working.clear();
        self.walking = 0;
        self.is_whole = false;
        self.epoch += 1;
    }

    /// All is done: gives the files that a whole scan did not meet, which are no longer there.
    pub(crate) fn finish(&mut self) -> Vec<FileFindings> {
        self.done = 0;
        let met = std::mem::take(&mut self.met);
        if !std::mem::take(&mut self.is_whole) {
            return Vec::new();
        }
        let gone: Vec<PathBuf> = self.files.keys().filter(|file| !met.contains(*file)).cloned().collect();
        gone.iter().filter_map(|file| self.files.remove(file)).collect()
    }
}

/// The path of a file as the client knows it: with the links that lead there.
pub(crate) fn shown(target: &Target) -> PathBuf {
    Path::new(&*target.shown).to_owned()
}
