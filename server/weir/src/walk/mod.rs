//! Which files a scan looks at, and why not at the others.

mod content;
mod ignores;
mod kind;

pub(crate) use content::{Refusal, admit};
pub(crate) use kind::{Kinds, format_of};

use crate::args::{DEFAULT_MAX_BYTES, FileArgs};
pub(crate) use ignores::fits;
use ignores::{Ignores, Verdict};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// A file to scan.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The path to open.
    pub(crate) file: PathBuf,
    /// The path to show: as it was asked for, with forward slashes.
    pub(crate) shown: Arc<str>,
    /// Relative to the project's root with forward slashes, for the `paths:` of rules.
    pub(crate) in_project: Arc<str>,
    /// Named on the command line itself, so neither ignored nor too large nor minified.
    pub(crate) explicit: bool,
}

/// A file or folder that is not scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// The path to show.
    pub(crate) path: String,
    /// Why.
    pub(crate) reason: SkipReason,
    /// What is to be known beyond the reason, or empty.
    pub(crate) detail: String,
}

/// Why a file is not scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SkipReason {
    /// A `.gitignore` says so.
    GitIgnored,
    /// A `.semgrepignore`, or the default set that stands in for it, says so.
    SemgrepIgnored,
    /// `--exclude` says so.
    Excluded,
    /// `--include` does not name it.
    NotIncluded,
    /// A symbolic link: what it points to is scanned where it lies.
    SymbolicLink,
    /// A git submodule: a project of its own.
    Submodule,
    /// A pipe, socket or device.
    NotAFile,
    /// Over the size limit.
    TooLarge,
    /// No text.
    Binary,
    /// Made by a tool for machines.
    Minified,
    /// No rule looks at files of this kind.
    NoLanguage,
    /// Could not be opened or read.
    Unreadable,
}

impl SkipReason {
    /// Semgrep's name for it where there is one.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::GitIgnored => "gitignore_patterns_match",
            Self::SemgrepIgnored => "semgrepignore_patterns_match",
            Self::Excluded => "cli_exclude_flags_match",
            Self::NotIncluded => "cli_include_flags_do_not_match",
            Self::SymbolicLink => "symbolic_link",
            Self::Submodule => "git_submodule",
            Self::NotAFile => "irregular_file",
            Self::TooLarge => "exceeded_size_limit",
            Self::Binary => "binary",
            Self::Minified => "minified",
            Self::NoLanguage => "wrong_language",
            Self::Unreadable => "insufficient_permissions",
        }
    }

    /// In words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::GitIgnored => "ignored by .gitignore",
            Self::SemgrepIgnored => "ignored by .semgrepignore or the default ignore set",
            Self::Excluded => "left out by --exclude",
            Self::NotIncluded => "not named by --include",
            Self::SymbolicLink => "symbolic link",
            Self::Submodule => "git submodule",
            Self::NotAFile => "not a regular file",
            Self::TooLarge => "too large",
            Self::Binary => "not a text",
            Self::Minified => "minified",
            Self::NoLanguage => "no rule looks at this kind of file",
            Self::Unreadable => "cannot be read",
        }
    }

    /// Whether the user asked for the file to be left out, so that saying it again is noise.
    pub(crate) const fn is_asked_for(self) -> bool {
        matches!(
            self,
            Self::GitIgnored | Self::SemgrepIgnored | Self::Excluded | Self::NotIncluded | Self::SymbolicLink
        )
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// In the order of the shown paths, each file once.
    pub(crate) targets: Vec<Target>,
    /// What was left out on the way. An ignored folder stands for all in it.
    pub(crate) skipped: Vec<Skipped>,
    /// Paths of the command line that do not exist.
    pub(crate) missing: Vec<Skipped>,
}

/// Finds the files to scan under `roots`. A root is scanned whatever the ignore files say of it: it was named.
/// `wanted` says whether any rule looks at files of this name.
pub(crate) fn select(
    roots: &[PathBuf],
    args: &FileArgs,
    wanted: &dyn Fn(&Path) -> bool,
) -> Result<Selection, ignore::Error> {
    let filter = ignores::CommandLine::new(&args.include, &args.exclude)?;
    let mut walk = Walk { args, filter, wanted, seen: HashSet::new(), selection: Selection::default() };
    for root in roots {
        walk.root(root);
    }
    let mut selection = walk.selection;
    selection.targets.sort_by(|a, b| a.shown.cmp(&b.shown));
    selection.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(selection)
}

/// What a scan of the folder `root` would look at of one file, or of one folder, in it: nothing where it is left out or gone.
pub(crate) fn within(root: &Path, path: &Path, args: &FileArgs, wanted: &dyn Fn(&Path) -> bool) -> Vec<Target> {
    // Most files that change are none that anybody asks for, and reading the ignore files costs more than asking.
    let kind = fs::symlink_metadata(path).ok().map(|there| there.file_type());
    let Some(kind) = kind.filter(|kind| kind.is_dir() || kind.is_file() && wanted(path)) else { return Vec::new() };
    let (Ok(filter), Ok(real_root)) = (ignores::CommandLine::new(&args.include, &args.exclude), root.canonicalize())
    else {
        return Vec::new();
    };
    let inside = path.strip_prefix(root).ok().filter(|inside| !inside.as_os_str().is_empty());
    let Some(inside) = inside else { return Vec::new() };
    let project = git_root(&real_root);
    let in_git = project.is_some();
    let project = project.unwrap_or_else(|| real_root.clone());
    let mut ignores = Ignores::new(&project, in_git, args);
    ignores.enter_down_to(&real_root);
    let mut walk = Walk { args, filter, wanted, seen: HashSet::new(), selection: Selection::default() };
    let (mut real, mut parts) = (real_root, inside.components().peekable());
    while let Some(part) = parts.next() {
        real.push(part);
        if parts.peek().is_some() {
            if real.is_symlink() || !walk.is_open(&real, &project, &ignores).is_ok_and(|is_open| is_open) {
                return Vec::new();
            }
            ignores.enter(&real);
        }
    }
    walk.entry(kind, &real, path, &project, &mut ignores);
    walk.selection.targets
}

/// One file that is looked at because it was named, and why a scan of the project around it would leave it out.
pub(crate) fn single(path: &Path) -> io::Result<(Target, Option<SkipReason>)> {
    let real = path.canonicalize()?;
    let parent = real.parent().unwrap_or(&real);
    let git = git_root(parent);
    let in_git = git.is_some();
    // Outside of git a project is the folder that is scanned, which is where one stands.
    let here = || std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let project = git.or_else(|| here().filter(|here| real.starts_with(here))).unwrap_or_else(|| parent.to_owned());
    let target = Target {
        shown: slashes(path).into(),
        in_project: slashes(real.strip_prefix(&project).unwrap_or(&real)).into(),
        file: real,
        explicit: true,
    };
    let ignored = ignored(&target.file, &project, in_git);
    let refused = || admit(&Target { explicit: false, ..target.clone() }, DEFAULT_MAX_BYTES).err();
    let reason = ignored.or_else(|| refused().map(|refusal| refusal.reason));
    Ok((target, reason))
}

/// Why the ignore files leave out a file, or a folder it is in.
fn ignored(file: &Path, project: &Path, in_git: bool) -> Option<SkipReason> {
    let mut ignores = Ignores::new(project, in_git, &FileArgs::default());
    let between: Vec<&Path> = file.ancestors().take_while(|above| *above != project).collect();
    for &at in between.iter().rev() {
        match ignores.verdict(at, at != file) {
            Verdict::Keep => {}
            Verdict::GitIgnored => return Some(SkipReason::GitIgnored),
            Verdict::SemgrepIgnored => return Some(SkipReason::SemgrepIgnored),
        }
        if at != file {
            ignores.enter(at);
        }
    }
    None
}

struct Walk<'a> {
    args: &'a FileArgs,
    filter: ignores::CommandLine,
    wanted: &'a dyn Fn(&Path) -> bool,
    /// Real paths of the targets, so that overlapping roots give each file once.
    seen: HashSet<PathBuf>,
    selection: Selection,
}

impl Walk<'_> {
    fn root(&mut self, root: &Path) {
        let real = match root.canonicalize() {
            Ok(real) => real,
            Err(error) => {
                let missing = skipped(root, SkipReason::Unreadable, error.to_string());
                self.selection.missing.push(missing);
                return;
            }
        };
        if real.is_dir() {
            let project = git_root(&real);
            let in_git = project.is_some();
            let project = project.unwrap_or_else(|| real.clone());
            let mut ignores = Ignores::new(&project, in_git, self.args);
            ignores.enter_down_to(&real);
            let shown = if root == Path::new(".") { PathBuf::new() } else { root.to_owned() };
            self.folder(&real, &shown, &project, &mut ignores);
        } else if real.is_file() {
            let parent = real.parent().unwrap_or(&real);
            let project = git_root(parent).unwrap_or_else(|| parent.to_owned());
            self.add(&real, root, &project, true);
        } else {
            self.skip(root, SkipReason::NotAFile, String::new());
        }
    }

    fn folder(&mut self, real: &Path, shown: &Path, project: &Path, ignores: &mut Ignores) {
        let mut entries = match fs::read_dir(real).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return self.skip(shown, SkipReason::Unreadable, error.to_string()),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (real, shown) = (entry.path(), shown.join(entry.file_name()));
            match entry.file_type() {
                Err(error) => self.skip(&shown, SkipReason::Unreadable, error.to_string()),
                Ok(kind) => self.entry(kind, &real, &shown, project, ignores),
            }
        }
    }

    /// What a scan meets in a folder.
    fn entry(&mut self, kind: fs::FileType, real: &Path, shown: &Path, project: &Path, ignores: &mut Ignores) {
        if kind.is_dir() {
            self.enter(real, shown, project, ignores);
        } else if kind.is_symlink() {
            self.skip(shown, SkipReason::SymbolicLink, String::new());
        } else if !(self.wanted)(real) {
            // Files nobody asks for are not worth a word: a project has thousands of them.
        } else if !kind.is_file() {
            self.skip(shown, SkipReason::NotAFile, String::new());
        } else {
            match self.verdict(real, project, false, ignores) {
                Some(reason) => self.skip(shown, reason, String::new()),
                None => self.add(real, shown, project, false),
            }
        }
    }

    fn enter(&mut self, real: &Path, shown: &Path, project: &Path, ignores: &mut Ignores) {
        match self.is_open(real, project, ignores) {
            Ok(false) => return,
            Ok(true) => {}
            Err(reason) => return self.skip(shown, reason, String::new()),
        }
        ignores.enter(real);
        self.folder(real, shown, project, ignores);
        ignores.leave();
    }

    /// Whether a folder is gone into, or why not if that is worth a word.
    fn is_open(&self, real: &Path, project: &Path, ignores: &Ignores) -> Result<bool, SkipReason> {
        if real.file_name().is_some_and(|name| name == ".git") {
            return Ok(false);
        }
        if let Some(reason) = self.verdict(real, project, true, ignores) {
            return Err(reason);
        }
        if ignores.in_git() && !self.args.no_ignore && real.join(".git").exists() {
            return Err(SkipReason::Submodule);
        }
        Ok(true)
    }

    fn verdict(&self, real: &Path, project: &Path, is_dir: bool, ignores: &Ignores) -> Option<SkipReason> {
        let in_project = real.strip_prefix(project).unwrap_or(real);
        self.filter.verdict(in_project, is_dir).or_else(|| match ignores.verdict(real, is_dir) {
            Verdict::Keep => None,
            Verdict::GitIgnored => Some(SkipReason::GitIgnored),
            Verdict::SemgrepIgnored => Some(SkipReason::SemgrepIgnored),
        })
    }

    fn add(&mut self, real: &Path, shown: &Path, project: &Path, explicit: bool) {
        if !self.seen.insert(real.to_owned()) {
            if explicit && let Some(target) = self.selection.targets.iter_mut().find(|target| target.file == real) {
                target.explicit = true;
            }
            return;
        }
        self.selection.targets.push(Target {
            file: real.to_owned(),
            shown: slashes(shown).into(),
            in_project: slashes(real.strip_prefix(project).unwrap_or(real)).into(),
            explicit,
        });
    }

    fn skip(&mut self, shown: &Path, reason: SkipReason, detail: String) {
        self.selection.skipped.push(skipped(shown, reason, detail));
    }
}

fn skipped(shown: &Path, reason: SkipReason, detail: String) -> Skipped {
    Skipped { path: slashes(shown), reason, detail }
}

/// The folder with `.git` in it, at or above this one.
pub(crate) fn git_root(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// A path with forward slashes.
pub(crate) fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// The folder a file lies in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ignore::WalkBuilder;

    #[test]
    fn what_is_looked_at_by_itself_is_what_a_scan_looks_at() {
        for is_git in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("project");
            for (name, text) in [
                (".gitignore", "out/\n*.gen.py\n"),
                ("a.py", ""),
                ("a.gen.py", ""),
                ("a.txt", ""),
                ("out/b.py", ""),
                ("sub/c.py", ""),
                ("sub/.semgrepignore", "d.py\n"),
                ("sub/d.py", ""),
                ("sub/deep/e.py", ""),
                ("node_modules/f.py", ""),
                ("left/g.py", ""),
                ("module/.git/config", ""),
                ("module/h.py", ""),
                (if is_git { ".git/i.py" } else { "i.py" }, ""),
            ] {
                let file = root.join(name);
                fs::create_dir_all(file.parent().unwrap()).and_then(|()| fs::write(file, text)).unwrap();
            }
            #[cfg(unix)]
            std::os::unix::fs::symlink(root.join("sub"), root.join("link")).unwrap();
            let args = FileArgs { exclude: vec!["left/".to_owned()], ..FileArgs::default() };
            let wanted = |path: &Path| path.extension().is_some_and(|extension| extension == "py");
            let told = |target: &Target| (target.shown.to_string(), target.in_project.to_string(), target.explicit);
            let scan = select(std::slice::from_ref(&root), &args, &wanted).unwrap().targets;
            assert!(scan.len() > 2, "{scan:?}");
            let mut each = 0;
            for path in WalkBuilder::new(&root).standard_filters(false).follow_links(true).build().skip(1) {
                let path = path.unwrap().into_path();
                let mut found: Vec<_> = within(&root, &path, &args, &wanted).iter().map(told).collect();
                found.sort();
                let under = scan.iter().filter(|target| Path::new(&*target.shown).starts_with(&path));
                assert_eq!(found, under.map(told).collect::<Vec<_>>(), "{}", path.display());
                each += 1;
            }
            assert!(each > 20, "{each}");
            assert!(within(&root, &root.join("gone.py"), &args, &wanted).is_empty());
        }
    }
}
