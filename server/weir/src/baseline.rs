//! The baseline: findings that were there when a project began to use Weir, in one small file that belongs into the repository.
//!
//! A finding is known by its rule and its fingerprint, which do not depend on where in the file it stands. One in a file that the
//! baseline does not know is looked for under files that are gone: a file that was renamed keeps its findings.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};
use weir_model::Finding;

/// The layout of the file.
const VERSION: u32 = 1;

/// Hexadecimal digits of a fingerprint that are kept: enough to tell apart what one rule finds in one project.
const DIGITS: usize = 16;

/// What was known at the time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Baseline {
    /// Findings by file, relative to the project's root.
    files: BTreeMap<String, BTreeSet<String>>,
    /// Those of files that are no longer there.
    moved: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    findings: BTreeMap<String, BTreeSet<String>>,
}

impl Baseline {
    /// Reads a baseline; an empty one if there is no such file. `root`: what the paths in it are relative to.
    pub(crate) fn read(path: &Path, root: &Path) -> io::Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let file: File = serde_json::from_str(&text)
            .map_err(|error| io::Error::other(format!("not a baseline ({error}); `weir baseline` writes it anew")))?;
        if file.version != VERSION {
            return Err(io::Error::other(format!(
                "written by another version of Weir (layout {}, this reads {VERSION})",
                file.version
            )));
        }
        let is_gone = |name: &&String| !root.join(name).exists();
        let gone = file.findings.iter().filter(|(name, _)| is_gone(name));
        let moved = gone.flat_map(|(_, findings)| findings.iter().cloned()).collect();
        Ok(Self { files: file.findings, moved })
    }

    /// Writes it, whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let file = File { version: VERSION, findings: self.files.clone() };
        let text = serde_json::to_string_pretty(&file).map_err(io::Error::other)? + "\n";
        let folder = crate::walk::folder_of(path);
        let part = tempfile::NamedTempFile::new_in(folder)?;
        fs::write(part.path(), text)?;
        part.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Adds a finding of a file.
    pub(crate) fn add(&mut self, file: &str, finding: &Finding) {
        self.files.entry(file.to_owned()).or_default().insert(key(&finding.rule_id, &finding.fingerprint));
    }

    /// Adds what is known of some files.
    pub(crate) fn keep(&mut self, before: &Self, of: impl Fn(&str) -> bool) {
        let kept = before.files.iter().filter(|(name, _)| of(name));
        self.files.extend(kept.map(|(name, findings)| (name.clone(), findings.clone())));
    }

    /// Adds what somebody else added meanwhile: what is there now and was not before.
    pub(crate) fn add_news(&mut self, before: &Self, now: &Self) {
        for (file, findings) in &now.files {
            let old = before.files.get(file);
            let mut news = findings.iter().filter(|key| old.is_none_or(|old| !old.contains(*key))).peekable();
            if news.peek().is_some() {
                self.files.entry(file.clone()).or_default().extend(news.cloned());
            }
        }
    }

    /// Whether a finding of a file is known.
    pub(crate) fn holds(&self, file: &str, finding: &Finding) -> bool {
        if self.is_empty() {
            return false;
        }
        let key = key(&finding.rule_id, &finding.fingerprint);
        match self.files.get(file) {
            Some(known) => known.contains(&key),
            None => self.moved.contains(&key),
        }
    }

    /// Whether nothing was known.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How many findings and files it has.
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.files.values().map(BTreeSet::len).sum(), self.files.len())
    }
}

/// How a baseline calls files: by their place under its root, which need not be the folder that is scanned.
pub(crate) struct Names {
    root: PathBuf,
}

impl Names {
    /// For a baseline with this root.
    pub(crate) fn under(root: &Path) -> Self {
        Self { root: root.canonicalize().unwrap_or_else(|_| root.to_owned()) }
    }

    /// The name of a file; that in its project for one that is elsewhere.
    pub(crate) fn of(&self, file: &Path, in_project: &str) -> String {
        file.strip_prefix(&self.root).map_or_else(|_| in_project.to_owned(), crate::walk::slashes)
    }

    /// Where a file of this name is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

fn key(rule: &str, fingerprint: &str) -> String {
    format!("{rule} {}", &fingerprint[..fingerprint.len().min(DIGITS)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_model::{Severity, Span};

    fn finding(rule: &str, fingerprint: &str) -> Finding {
        Finding {
            rule_id: rule.into(),
            message: String::new(),
            severity: Severity::Error,
            span: Span::default(),
            metavars: Vec::new(),
            trace: None,
            fix: None,
            suppressed: None,
            ignore: None,
            fingerprint: fingerprint.to_owned(),
        }
    }

    #[test]
    fn a_finding_is_known_in_its_file_and_in_one_that_took_its_place() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("baseline.json");
        let mut baseline = Baseline::default();
        baseline.add("a.py", &finding("sql", "0123456789abcdef0000"));
        baseline.add("b.py", &finding("xss", "1123456789abcdef0000"));
        baseline.write(&path).unwrap();
        fs::write(root.path().join("a.py"), "").unwrap();
        let read = Baseline::read(&path, root.path()).unwrap();
        assert_eq!(read.len(), (2, 2));
        for (file, rule, fingerprint, expected) in [
            ("a.py", "sql", "0123456789abcdef0000", true),
            ("a.py", "sql", "0123456789abcdee0000", false),
            ("a.py", "xss", "0123456789abcdef0000", false),
            // `a.py` is still there: what is in another file is new.
            ("c.py", "sql", "0123456789abcdef0000", false),
            // `b.py` is gone.
            ("c.py", "xss", "1123456789abcdef0000", true),
            ("a.py", "xss", "1123456789abcdef0000", false),
        ] {
            assert_eq!(read.holds(file, &finding(rule, fingerprint)), expected, "{file} {rule} {fingerprint}");
        }
    }

    #[test]
    fn what_is_no_baseline_says_so() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("baseline.json");
        assert_eq!(Baseline::read(&path, root.path()).unwrap(), Baseline::default());
        for (text, why) in [("{}", "not a baseline"), ("{\"version\":9,\"findings\":{}}", "another version")] {
            fs::write(&path, text).unwrap();
            let error = Baseline::read(&path, root.path()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_others_added_meanwhile_stays_and_what_is_gone_does_not_come_back() {
        let of = |entries: &[(&str, &str)]| {
            let mut baseline = Baseline::default();
            for (file, rule) in entries {
                baseline.add(file, &finding(rule, "0123456789abcdef"));
            }
            baseline
        };
        let before = of(&[("a.py", "gone"), ("a.py", "stays"), ("old.py", "gone")]);
        let now =
            of(&[("a.py", "gone"), ("a.py", "stays"), ("a.py", "theirs"), ("old.py", "gone"), ("b.py", "theirs")]);
        let mut found = of(&[("a.py", "stays"), ("c.py", "ours")]);
        found.add_news(&before, &now);
        assert_eq!(found, of(&[("a.py", "stays"), ("a.py", "theirs"), ("b.py", "theirs"), ("c.py", "ours")]));
    }
}
