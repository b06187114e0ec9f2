//! Files of a project that list findings to ignore: Brakeman's `config/brakeman.ignore`, Sobelow's `.sobelow-skips` and Snyk's
//! `.snyk`.
//!
//! Their fingerprints are those of findings of these tools and cannot be made of ours. So an entry is about a finding of ours
//! if it names its file, a weakness that the rule looks for, and its line or its code. Snyk's name rules and files.

mod brakeman;
mod snyk;
mod sobelow;

use crate::walk::{fits, slashes};
use globset::{GlobBuilder, GlobMatcher};
use ropey::Rope;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fmt, fs};
use weir_model::{Finding, MarkKind, MarkPlace, Suppression, Weakness};

const BRAKEMAN: &str = "config/brakeman.ignore";
const SOBELOW: &str = ".sobelow-skips";
const SNYK: &str = ".snyk";

/// A list may lie in the root or so many folders below: applications of a repository that has several.
const DEPTH: usize = 2;

/// Folders that hold other people's projects.
const FOREIGN: [&str; 4] = ["node_modules", "vendor", "deps", "target"];

/// A longer list is none that a person keeps.
const MAX_BYTES: u64 = 10_000_000;

/// Code of fewer letters is like any other.
const LEAST_CODE: usize = 6;

/// What the files of a project ask to ignore.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProjectMarks {
    lists: Vec<List>,
    problems: Vec<String>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    /// The folder that paths in it are relative to.
    folder: PathBuf,
    /// Where it lies, for people.
    path: PathBuf,
    entries: Vec<Entry>,
}

/// One finding of another tool.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: MarkKind,
    /// Where in the list it stands, from one.
    at: u32,
    files: Files,
    place: Where,
    /// The rule it names, if it may be one of ours.
    rule: Option<String>,
    weaknesses: Vec<Weakness>,
    reason: Option<String>,
    until: Option<Until>,
}

/// Files that an entry is about, relative to the list's folder, with forward slashes.
#[derive(Debug, Clone)]
enum Files {
    One(String),
    /// By a glob, as it is written.
    Matching(String, GlobMatcher),
}

/// Where in a file an entry's finding is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Where {
    At {
        /// From one; 0 if it has none.
        line: u32,
        /// Letters and digits of its code.
        code: String,
    },
    Anywhere,
}

/// When an entry ceases to count.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Until {
    /// `YYYY-MM-DD`
    text: String,
    /// Since 1970.
    second: i64,
}

/// An entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EntryId {
    list: usize,
    entry: usize,
}

/// An entry that there is something to say about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Obsolete {
    /// The list and the line in it.
    path: String,
    line: u32,
    why: Why,
}

/// Why an entry is of use to nobody.
#[derive(Debug, PartialEq, Eq)]
enum Why {
    /// The file it is about is gone.
    Gone(String),
    /// It counted until this day.
    Expired(String),
    /// Nothing was found that it is about.
    Unfound,
}

impl Obsolete {
    /// Whether that is so for the tool whose list it is as well: that tool may find more than we do.
    pub(crate) fn is_certain(&self) -> bool {
        self.why != Why::Unfound
    }

    /// Whether its day is over.
    pub(crate) fn is_expired(&self) -> bool {
        matches!(self.why, Why::Expired(_))
    }

    /// The list, and the line in it.
    pub(crate) fn place(&self) -> (&str, u32) {
        (&self.path, self.line)
    }

    /// Why it is of no use.
    pub(crate) fn message(&self) -> String {
        match &self.why {
            Why::Gone(file) => format!("obsolete: {file} is gone"),
            Why::Expired(day) => format!("this entry counted until {day}: it ignores nothing any more"),
            Why::Unfound => "nothing was found that this entry is about".to_owned(),
        }
    }
}

impl ProjectMarks {
    /// Reads the lists of a project.
    pub(crate) fn load(root: &Path) -> Self {
        let mut all = Self::default();
        all.look(root, DEPTH);
        all
    }

    /// What is wrong with lists, for people.
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Whether a path is that of a list.
    pub(crate) fn is_list(path: &Path) -> bool {
        path.ends_with(BRAKEMAN) || path.ends_with(SOBELOW) || path.ends_with(SNYK)
    }

    fn look(&mut self, folder: &Path, depth: usize) {
        self.read(folder, BRAKEMAN, brakeman::entries);
        self.read(folder, SOBELOW, |text| Ok(sobelow::entries(text)));
        self.read(folder, SNYK, snyk::entries);
        let Some(depth) = depth.checked_sub(1) else { return };
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_own = !name.starts_with('.') && !FOREIGN.contains(&&*name);
            if is_own && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.look(&entry.path(), depth);
            }
        }
    }

    fn read(&mut self, folder: &Path, name: &str, parse: fn(&str) -> Result<Vec<Entry>, String>) {
        let path = folder.join(name);
        let Ok(about) = fs::metadata(&path) else { return };
        let text = if about.len() > MAX_BYTES {
            Err("too large".to_owned())
        } else {
            fs::read_to_string(&path).map_err(|error| error.to_string())
        };
        match text.and_then(|text| parse(&text)) {
            Ok(entries) => self.lists.push(List { folder: folder.to_owned(), path: from_here(&path), entries }),
            Err(error) => self.problems.push(format!("{}: not read: {error}", path.display())),
        }
    }

    /// Marks the findings of a file that a list asks to ignore. `weaknesses_of` tells what a rule looks for. Gives the entries
    /// that are about some.
    pub(crate) fn apply(
        &self,
        file: &Path,
        text: &Rope,
        findings: &mut [Finding],
        weaknesses_of: impl Fn(&str) -> Vec<Weakness>,
    ) -> Vec<EntryId> {
        // What a list said before counts no longer.
        let is_listed = |asked: &mut Suppression| matches!(asked.place, MarkPlace::File { .. });
        for finding in &mut *findings {
            finding.suppressed.take_if(is_listed);
        }
        let (mut used, now) = (Vec::new(), now());
        for (number, list) in self.lists.iter().enumerate() {
            let Ok(file) = file.strip_prefix(&list.folder) else { continue };
            let file = slashes(file);
            let about_file = (0..).zip(&list.entries).filter(|(_, entry)| entry.files.hold(&file));
            for (at, entry) in about_file {
                for finding in &mut *findings {
                    if entry.is_about(finding, text, &weaknesses_of(&finding.rule_id)) {
                        used.push(EntryId { list: number, entry: at });
                        if entry.is_over(now) {
                            continue;
                        }
                        finding.suppressed.get_or_insert_with(|| entry.suppression(&list.path));
                    }
                }
            }
        }
        used
    }

    /// The entries of use to nobody: their file is gone, or nothing was found that they are about. Only of lists whose folder was
    /// looked at as a whole.
    pub(crate) fn obsolete(&self, used: &HashSet<EntryId>, whole: impl Fn(&Path) -> bool) -> Vec<Obsolete> {
        let (mut obsolete, now) = (Vec::new(), now());
        for (number, list) in self.lists.iter().enumerate().filter(|(_, list)| whole(&list.folder)) {
            for (at, entry) in list.entries.iter().enumerate() {
                let is_used = used.contains(&EntryId { list: number, entry: at });
                // What names neither a weakness nor a rule that found something is another tool's alone.
                if entry.weaknesses.is_empty() && !is_used && entry.rule.is_some() {
                    continue;
                }
                let why = match (&entry.until, &entry.files) {
                    (Some(until), _) if entry.is_over(now) => Why::Expired(until.text.clone()),
                    (_, Files::One(file)) if !list.folder.join(file).exists() => Why::Gone(file.clone()),
                    _ if is_used => continue,
                    _ => Why::Unfound,
                };
                obsolete.push(Obsolete { path: slashes(&list.path), line: entry.at, why });
            }
        }
        obsolete
    }
}

impl fmt::Display for Obsolete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message())
    }
}

impl Entry {
    fn is_about(&self, finding: &Finding, text: &Rope, weaknesses: &[Weakness]) -> bool {
        let named = self.rule.as_deref().is_some_and(|rule| names(rule, &finding.rule_id));
        if !named && !self.weaknesses.iter().any(|weakness| weaknesses.contains(weakness)) {
            return false;
        }
        let Where::At { line: wanted, code: wanted_code } = &self.place else { return true };
        let line = |offset: u32| text.byte_to_line((offset as usize).min(text.len_bytes()));
        let (first, last) = (line(finding.span.start), line(finding.span.end));
        let is_there = (first + 1..=last + 1).contains(&(*wanted as usize));
        is_there
            || (wanted_code.len() >= LEAST_CODE && {
                let code = letters(text.lines_at(first).take(last + 1 - first).flat_map(|line| line.chars()));
                code.contains(wanted_code) || (code.len() >= LEAST_CODE && wanted_code.contains(&code))
            })
    }

    fn suppression(&self, list: &Path) -> Suppression {
        Suppression {
            mark: self.kind,
            place: MarkPlace::File { path: slashes(list), line: self.at },
            reason: self.reason.clone(),
            until: self.until.as_ref().map(|until| until.text.clone()),
        }
    }

    /// Whether its day is over.
    fn is_over(&self, now: i64) -> bool {
        self.until.as_ref().is_some_and(|until| until.second <= now)
    }
}

impl Files {
    /// By a path or glob; a folder stands for all that is in it.
    fn matching(path: &str) -> Result<Self, String> {
        let path = path.trim_end_matches('/');
        if path.is_empty() || path == "*" {
            return Self::glob("**");
        }
        if !path.contains(['*', '?', '[', '{']) && path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
            return Ok(Self::One(path.to_owned()));
        }
        Self::glob(&format!("{path}{{,/**}}"))
    }

    fn glob(glob: &str) -> Result<Self, String> {
        if !fits(glob) {
            return Err("too long for a glob".to_owned());
        }
        let matcher = GlobBuilder::new(glob)
            .literal_separator(true)
            .empty_alternates(true)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self::Matching(glob.to_owned(), matcher.compile_matcher()))
    }

    fn hold(&self, file: &str) -> bool {
        match self {
            Self::One(one) => one == file,
            Self::Matching(_, glob) => glob.is_match(file),
        }
    }
}

impl PartialEq for Files {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(one), Self::One(other)) | (Self::Matching(one, _), Self::Matching(other, _)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Files {}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Whether an id is a rule's, or its last part.
fn names(id: &str, rule_id: &str) -> bool {
    id == rule_id || rule_id.strip_suffix(id).is_some_and(|before| before.ends_with('.'))
}

/// A path as one would write it where one stands.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    here.ok().and_then(|here| path.strip_prefix(here).ok()).map_or_else(|| path.to_owned(), Path::to_owned)
}

/// What is left of code when it is written another way: with other quotes, parentheses or spaces.
fn letters(code: impl Iterator<Item = char>) -> String {
    code.filter(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_model::{Severity, Span};

    const RUBY: &str = "class User\n  def self.named(name)\n    where(\"name = '#{name}'\").\n      to_a\n  end\nend\n";

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, ProjectMarks) {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("in the folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let marks = ProjectMarks::load(folder.path());
        (folder, marks)
    }

    fn finding(of: &str) -> Finding {
        let start = RUBY.find(of).expect("in the code") as u32;
        Finding {
            rule_id: "sqli".into(),
            message: String::new(),
            severity: Severity::Error,
            span: Span::new(start, start + of.len() as u32),
            metavars: Vec::new(),
            trace: None,
            fix: None,
            suppressed: None,
            ignore: None,
            fingerprint: String::new(),
        }
    }

    fn list(warning: &str) -> String {
        format!(
            "{{\"ignored_warnings\": [\n{{\"fingerprint\": \"0f\", {warning}}}\n], \"brakeman_version\": \"7.0.0\"}}"
        )
    }

    #[test]
    fn brakemans_entries_are_found_by_file_weakness_and_place() {
        for (warning, expected) in [
            (r#""warning_type": "SQL Injection", "file": "app/user.rb", "line": 3, "note": "why""#, true),
            (r#""warning_type": "SQL Injection", "file": "app/user.rb", "line": 4"#, true),
            (r#""warning_type": "SQL Injection", "file": "app/user.rb", "line": 5"#, false),
            (r#""warning_type": "SQL Injection", "file": "app/other.rb", "line": 3"#, false),
            (r#""warning_type": "Redirect", "file": "app/user.rb", "line": 3"#, false),
            (r#""warning_type": "New", "cwe_id": [564], "file": "app/user.rb", "line": 3"#, true),
            (
                r#""warning_type": "SQL Injection", "file": "app/user.rb", "line": 99, "code": "where(\"name = '#{name}'\")""#,
                true,
            ),
            (
                r#""warning_type": "SQL Injection", "file": "app/user.rb", "line": 99, "code": "where(\"age = '#{name}'\")""#,
                false,
            ),
            (r#""warning_type": "SQL Injection", "file": "app/user.rb", "line": null, "code": null"#, false),
        ] {
            for at in ["", "apps/one/"] {
                let (folder, marks) = project(&[(&format!("{at}{BRAKEMAN}"), &list(warning))]);
                let mut findings = [finding("where(\"name = '#{name}'\").\n      to_a")];
                let file = folder.path().join(at).join("app/user.rb");
                let used = marks.apply(&file, &Rope::from_str(RUBY), &mut findings, |_| vec![Weakness::of(89)]);
                assert_eq!((findings[0].is_suppressed(), used.len()), (expected, usize::from(expected)), "{warning}");
                if warning.contains("why") {
                    let suppression = findings[0].suppressed.clone().expect("suppressed");
                    assert_eq!(suppression.reason.as_deref(), Some("why"));
                    let path = slashes(&folder.path().join(at).join(BRAKEMAN));
                    assert_eq!(suppression.place, MarkPlace::File { path, line: 2 });
                }
            }
        }
    }

    #[test]
    fn sobelows_entries_are_found_by_file_type_and_line() {
        for (entry, expected) in [
            ("SQL.Query: SQL injection,app/user.rb:3,3654153", true),
            ("SQL.Query: SQL injection, with a comma,app/user.rb:3,3654153", true),
            ("XSS.Raw: XSS,app/user.rb:3,3654153", false),
            ("SQL.Query: SQL injection,app/user.rb:2,3654153", false),
            ("5550974065FBAE782CE8F7937AA89C0B", false),
        ] {
            let (folder, marks) = project(&[(SOBELOW, &format!("725B87092FFBE632F9E642C42BCE7D51\n{entry}\n"))]);
            let mut findings = [finding("where")];
            let file = folder.path().join("app/user.rb");
            marks.apply(&file, &Rope::from_str(RUBY), &mut findings, |_| vec![Weakness::of(89)]);
            assert_eq!(findings[0].is_suppressed(), expected, "{entry}");
        }
    }

    #[test]
    fn entries_of_no_use_are_told() {
        let warnings = r#""warning_type": "Redirect", "file": "app/user.rb", "line": 3"#;
        let gone = r#"{"fingerprint": "1f", "warning_type": "Redirect", "file": "app/gone.rb", "line": 3}"#;
        let text = list(warnings).replace("\n]", &format!(",\n{gone}]"));
        let (folder, marks) = project(&[(BRAKEMAN, &text), ("app/user.rb", RUBY)]);
        let told: Vec<String> = marks.obsolete(&HashSet::new(), |_| true).iter().map(ToString::to_string).collect();
        let path = slashes(&folder.path().join(BRAKEMAN));
        assert_eq!(
            told,
            [
                format!("{path}:2: nothing was found that this entry is about"),
                format!("{path}:3: obsolete: app/gone.rb is gone"),
            ]
        );
        assert_eq!(marks.obsolete(&HashSet::new(), |_| false), []);
        let used = HashSet::from([EntryId { list: 0, entry: 0 }, EntryId { list: 0, entry: 1 }]);
        assert_eq!(marks.obsolete(&used, |_| true).len(), 1);
    }

    #[test]
    fn snyks_entries_are_found_by_rule_and_file() {
        for (entry, expected) in [
            ("ruby/Sqli:\n  - '*':\n      reason: why", true),
            ("Sqli:\n  - app/user.rb", true),
            ("CWE-89:\n  - app", true),
            ("CWE-89:\n  - 'app/*.rb'", true),
            ("CWE-89:\n  - '**/user.rb'", true),
            ("sqli:\n  - ./app/user.rb", true),
            ("ruby/PT:\n  - '*'", false),
            ("SNYK-RUBY-RACK-1:\n  - '*'", false),
            ("Sqli:\n  - app/other.rb", false),
            ("Sqli:\n  - ap", false),
            ("Sqli:\n  - '*.rb'", false),
            ("Sqli:\n  - '*':\n      expires: 2999-01-01", true),
            ("Sqli:\n  - '*':\n      expires: 2020-01-01", false),
        ] {
            let policy = format!("ignore:\n  {}\n", entry.replace('\n', "\n  "));
            let (folder, marks) = project(&[(SNYK, &policy)]);
            assert_eq!(marks.problems(), [""; 0], "{policy}");
            let mut findings = [finding("where")];
            let file = folder.path().join("app/user.rb");
            marks.apply(&file, &Rope::from_str(RUBY), &mut findings, |_| vec![Weakness::of(89)]);
            assert_eq!(findings[0].is_suppressed(), expected, "{policy}");
        }
    }

    #[test]
    fn snyks_entries_that_are_over_are_told() {
        let policy = "ignore:\n  Sqli:\n    - 'app/*':\n        expires: 2020-01-31\n  SNYK-RUBY-RACK-1:\n    - '*':\n        \
                      expires: 2020-01-31\n  PT:\n    - app/gone.rb\n    - '*'\n";
        let (folder, marks) = project(&[(SNYK, policy)]);
        let told: Vec<String> = marks.obsolete(&HashSet::new(), |_| true).iter().map(ToString::to_string).collect();
        let path = slashes(&folder.path().join(SNYK));
        assert_eq!(
            told,
            [
                format!("{path}:3: this entry counted until 2020-01-31: it ignores nothing any more"),
                format!("{path}:9: obsolete: app/gone.rb is gone"),
                format!("{path}:10: nothing was found that this entry is about"),
            ]
        );
    }

    #[test]
    fn a_list_that_is_none_is_a_problem() {
        let (_folder, marks) = project(&[(BRAKEMAN, "{")]);
        assert_eq!(marks.problems().len(), 1);
        assert!(marks.problems()[0].contains("brakeman.ignore: not read: EOF"), "{:?}", marks.problems());
    }
}
