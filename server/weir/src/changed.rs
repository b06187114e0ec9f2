//! What a person changed: a text compared with what it was in a commit. Git is not started and its index not read; what is looked
//! up is one file in one commit.

use imara_diff::{Algorithm, Diff, InternedInput};
use ropey::Rope;
use std::ops::Range;
use std::path::{Path, PathBuf};
use weir_model::{Finding, Span};

/// A commit to compare with.
#[derive(Clone)]
pub(crate) struct Commit {
    repository: gix::ThreadSafeRepository,
    /// The work tree.
    root: PathBuf,
    /// As it was named: looked up each time, because branches move.
    name: String,
}

/// What a file was in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Base {
    /// It was not there: all of it is new.
    New,
    /// Its text.
    Text(String),
}

/// The lines of a text that differ from its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Changed {
    /// All of them.
    All,
    /// These, sorted, counted from zero.
    Lines(Vec<Range<u32>>),
}

impl Commit {
    /// A commit of the repository that a folder lies in.
    pub(crate) fn of(folder: &Path, name: &str) -> Result<Self, String> {
        let repository = gix::discover(folder).map_err(|error| format!("no git repository: {error}"))?;
        let root = repository.workdir().ok_or("the git repository has no work tree")?;
        let root = root.canonicalize().map_err(|error| error.to_string())?;
        let commit = Self { repository: repository.into_sync(), root, name: name.to_owned() };
        commit.tree(&commit.repository.to_thread_local()).map(|_| ())?;
        Ok(commit)
    }

    /// The folder where git notes that a branch moves.
    pub(crate) fn git_folder(&self) -> &Path {
        self.repository.path()
    }

    /// What a file was. What cannot be read counts as new: rather too much is shown than too little.
    pub(crate) fn base(&self, file: &Path) -> Base {
        let repository = self.repository.to_thread_local();
        let real = file.canonicalize();
        let inside = real.as_deref().unwrap_or(file).strip_prefix(&self.root).ok();
        let text = inside.and_then(|path| {
            let tree = self.tree(&repository).ok()?;
            let object = tree.lookup_entry_by_path(path).ok()??.object().ok()?;
            Some(String::from_utf8_lossy(&object.data).into_owned())
        });
        text.map_or(Base::New, Base::Text)
    }

    fn tree<'r>(&self, repository: &'r gix::Repository) -> Result<gix::Tree<'r>, String> {
        let unknown = |error: &dyn std::fmt::Display| format!("{} is no commit: {error}", self.name);
        let id = repository.rev_parse_single(self.name.as_str()).map_err(|error| unknown(&error))?;
        let object = id.object().map_err(|error| unknown(&error))?;
        object.peel_to_tree().map_err(|error| unknown(&error))
    }
}

impl Base {
    /// The lines of a text that differ from this.
    pub(crate) fn changed(&self, text: &Rope) -> Changed {
        let Self::Text(base) = self else { return Changed::All };
        // A checkout may have other line breaks than the commit has.
        let (base, text) = (base.replace("\r\n", "\n"), text.to_string().replace("\r\n", "\n"));
        let input = InternedInput::new(base.as_str(), text.as_str());
        let diff = Diff::compute(Algorithm::Histogram, &input);
        Changed::Lines(diff.hunks().map(|hunk| hunk.after).filter(|lines| !lines.is_empty()).collect())
    }
}

impl Changed {
    /// Whether a finding has to do with what was changed: it stands there, or its data comes that way.
    pub(crate) fn touches(&self, text: &Rope, finding: &Finding) -> bool {
        let Self::Lines(changed) = self else { return true };
        let line = |offset: u32| text.byte_to_line((offset as usize).min(text.len_bytes())) as u32;
        let is_changed = |span: Span| {
            let (first, last) = (line(span.start), line(span.end.max(span.start + 1) - 1));
            changed.iter().any(|lines| lines.start <= last && first < lines.end)
        };
        is_changed(finding.span)
            || finding.trace.iter().flat_map(|trace| &trace.steps).any(|step| is_changed(step.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_differ_are_told() {
        // The first and the one behind the last of the lines that differ, or none.
        for (base, text, expected) in [
            ("a\nb\nc\n", "a\nb\nc\n", None),
            ("a\nb\nc\n", "a\nx\nc\n", Some((1, 2))),
            ("a\nb\nc\n", "n\na\nb\nc\n", Some((0, 1))),
            ("a\nb\nc\n", "a\nc\n", None),
            ("a\r\nb\r\n", "a\nb\n", None),
            ("", "a\nb\n", Some((0, 2))),
        ] {
            let expected = Changed::Lines(expected.map(|(start, end)| start..end).into_iter().collect());
            assert_eq!(Base::Text(base.to_owned()).changed(&Rope::from_str(text)), expected, "{text:?}");
        }
        assert_eq!(Base::New.changed(&Rope::from_str("a")), Changed::All);
    }
}
