//! `.gitignore`, `.semgrepignore` (version 2) and `--include`/`--exclude`.
//!
//! Every folder from the project's root down may hold both files; the deepest file with an opinion wins, and in one
//! folder `.semgrepignore` before `.gitignore`, so that `!kept/` there brings back what git ignores. `.gitignore` counts
//! in git projects only. Without a `.semgrepignore` at the root, a default set stands in for it.

use super::SkipReason;
use crate::args::FileArgs;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::fs;
use std::path::{Path, PathBuf};

/// What Semgrep leaves out of a project that says nothing itself: what others wrote, what tools made, and tests.
const DEFAULT_SET: &[&str] = &[
    "node_modules/",
    "build/",
    "dist/",
    "vendor/",
    ".env/",
    ".venv/",
    ".tox/",
    "*.min.js",
    ".npm/",
    ".yarn/",
    "test/",
    "tests/",
    "testsuite/",
    "*_test.go",
];

/// How deep `:include` may lead, so that files that include each other end.
const MAX_INCLUDES: usize = 8;

/// What the ignore files say of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Keep,
    GitIgnored,
    SemgrepIgnored,
}

/// The ignore files from the project's root down to the folder being walked.
pub(super) struct Ignores {
    levels: Vec<Level>,
    project: PathBuf,
    in_git: bool,
    use_git: bool,
    use_semgrep: bool,
}

struct Level {
    git: Gitignore,
    semgrep: Gitignore,
}

impl Ignores {
    /// Reads the files of the project's root.
    pub(super) fn new(project: &Path, in_git: bool, args: &FileArgs) -> Self {
        let use_git = in_git && !args.no_ignore && !args.no_git_ignore;
        let mut ignores =
            Self { levels: Vec::new(), project: project.to_owned(), in_git, use_git, use_semgrep: !args.no_ignore };
        if use_git {
            let exclude = read(project, &project.join(".git/info/exclude"));
            ignores.levels.push(Level { git: exclude, semgrep: Gitignore::empty() });
        }
        ignores.enter(project);
        ignores
    }

    /// Whether the project is a git work tree.
    pub(super) fn in_git(&self) -> bool {
        self.in_git
    }

    /// Reads the files of every folder below the root down to this one.
    pub(super) fn enter_down_to(&mut self, folder: &Path) {
        let between: Vec<_> = folder.ancestors().take_while(|above| *above != self.project).collect();
        for folder in between.into_iter().rev() {
            self.enter(folder);
        }
    }

    /// Reads the files of a folder.
    pub(super) fn enter(&mut self, folder: &Path) {
        let git = if self.use_git { read(folder, &folder.join(".gitignore")) } else { Gitignore::empty() };
        let own = folder.join(".semgrepignore");
        let semgrep = if !self.use_semgrep {
            Gitignore::empty()
        } else if folder == self.project && !own.is_file() {
            build(folder, DEFAULT_SET.iter().map(|line| (*line).to_owned()))
        } else {
            read(folder, &own)
        };
        self.levels.push(Level { git, semgrep });
    }

    /// Forgets the folder entered last.
    pub(super) fn leave(&mut self) {
        self.levels.pop();
    }

    /// What is to be done with an entry of the folder entered last.
    pub(super) fn verdict(&self, path: &Path, is_dir: bool) -> Verdict {
        for level in self.levels.iter().rev() {
            for (files, ignored) in [(&level.semgrep, Verdict::SemgrepIgnored), (&level.git, Verdict::GitIgnored)] {
                let matched = files.matched(path, is_dir);
                if matched.is_ignore() {
                    return ignored;
                }
                if matched.is_whitelist() {
                    return Verdict::Keep;
                }
            }
        }
        Verdict::Keep
    }
}

/// Longest glob that is looked at, in bytes: longer than any path. Each brace in a glob is read by a call of its own, and a project's
/// files must not have the stack of this process overflow.
const LONGEST_GLOB: usize = 4096;

/// Whether a glob is not too long to be one.
pub(crate) const fn fits(glob: &str) -> bool {
    glob.len() <= LONGEST_GLOB
}

/// `--include` and `--exclude`: globs as in ignore files, relative to the project's root.
pub(super) struct CommandLine {
    include: Option<Gitignore>,
    exclude: Gitignore,
}

impl CommandLine {
    pub(super) fn new(include: &[String], exclude: &[String]) -> Result<Self, ignore::Error> {
        let globs = |globs: &[String]| {
            let mut builder = GitignoreBuilder::new("");
            for glob in globs {
                if !fits(glob) {
                    let err = format!("longer than {LONGEST_GLOB} bytes");
                    return Err(ignore::Error::Glob { glob: None, err });
                }
                builder.add_line(None, glob)?;
            }
            builder.build()
        };
        let include = if include.is_empty() { None } else { Some(globs(include)?) };
        Ok(Self { include, exclude: globs(exclude)? })
    }

    /// Why to leave out the path, if these say so. A folder is never left out for not being included: files in it may be.
    pub(super) fn verdict(&self, in_project: &Path, is_dir: bool) -> Option<SkipReason> {
        if self.exclude.matched_path_or_any_parents(in_project, is_dir).is_ignore() {
            return Some(SkipReason::Excluded);
        }
        let include = self.include.as_ref()?;
        let included = is_dir || include.matched_path_or_any_parents(in_project, is_dir).is_ignore();
        (!included).then_some(SkipReason::NotIncluded)
    }
}

fn read(folder: &Path, file: &Path) -> Gitignore {
    let mut lines = Vec::new();
    expand(file, MAX_INCLUDES, &mut lines);
    build(folder, lines.into_iter())
}

/// The lines of an ignore file with those of the files it includes in their places.
fn expand(file: &Path, depth: usize, lines: &mut Vec<String>) {
    let Ok(bytes) = fs::read(file) else { return };
    let text = String::from_utf8_lossy(&bytes);
    for line in text.lines() {
        match line.strip_prefix(":include ") {
            Some(_) if depth == 0 => {}
            Some(included) => {
                let folder = file.parent().unwrap_or(Path::new(""));
                expand(&folder.join(included.trim()), depth - 1, lines);
            }
            // Version 1 took `./x` for `/x`, and files written for it are still about.
            None => lines.push(line.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(line).to_owned()),
        }
    }
}

fn build(folder: &Path, lines: impl Iterator<Item = String>) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    for line in lines.filter(|line| fits(line)) {
        // A line that is no glob ignores nothing, in git as here.
        if let Err(error) = builder.add_line(None, &line) {
            tracing::debug!(%error, "ignore line left out");
        }
    }
    builder.build().unwrap_or_else(|error| {
        tracing::warn!(%error, folder = %folder.display(), "ignore file left out");
        Gitignore::empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_nested_without_end_ignores_nothing_and_the_others_count() {
        let nested = format!("{}{}", "{*,".repeat(300_000), "}".repeat(300_000));
        let ignores = build(Path::new("/p"), [nested.clone(), "a.py".to_owned()].into_iter());
        let is_ignored = |file: &str| ignores.matched(Path::new("/p").join(file), false).is_ignore();
        assert!(is_ignored("a.py") && !is_ignored("b.py"));
        let refused = CommandLine::new(&[], &[nested]).err().expect("too long");
        assert!(refused.to_string().contains("longer than 4096 bytes"), "{refused}");
    }
}
