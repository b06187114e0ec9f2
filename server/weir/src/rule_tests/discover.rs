//! Which targets belong to which rule file.

use crate::rules_source::{self, RulesError};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A rule file and what its rules are to be run on.
#[derive(Debug)]
pub(crate) struct Suite {
    /// The rule file.
    pub(crate) rules: PathBuf,
    /// The targets, in order; none if the rules are not tested.
    pub(crate) targets: Vec<Target>,
}

/// A file to run rules on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    /// The file.
    pub(crate) file: PathBuf,
    /// The file as it is to be after all fixes, if there is one: `x.fixed.py` beside `x.py`.
    pub(crate) fixed: Option<PathBuf>,
}

/// The suites of rule files, or of all rule files under folders; each rule file once.
pub(crate) fn suites(paths: &[PathBuf]) -> Result<Vec<Suite>, RulesError> {
    let mut files = BTreeSet::new();
    for path in paths {
        files.extend(rules_source::rule_files(path)?);
    }
    files.into_iter().map(|rules| Ok(Suite { targets: targets(&rules), rules })).collect()
}

/// The files beside the rule file whose name up to its first dot is that of the rule file, and all files in a folder of
/// that name.
pub(crate) fn targets(rules: &Path) -> Vec<Target> {
    let folder = rules.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(stem) = stem(rules) else { return Vec::new() };
    let beside = files_in(folder).unwrap_or_default();
    let mut files: Vec<PathBuf> = beside.into_iter().filter(|file| self::stem(file) == Some(stem)).collect();
    collect(&folder.join(stem), &mut files);
    files.retain(|file| !rules_source::is_rule_file(file) && !is_fixed(file));
    files.sort();
    files.into_iter().map(|file| Target { fixed: fixed(&file), file }).collect()
}

fn stem(file: &Path) -> Option<&str> {
    let name = file.file_name()?.to_str()?;
    let stem = name.split('.').next()?;
    (!stem.is_empty()).then_some(stem)
}

fn is_fixed(file: &Path) -> bool {
    file.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.split('.').any(|part| part == "fixed"))
}

fn fixed(file: &Path) -> Option<PathBuf> {
    let extension = file.extension()?.to_str()?;
    let fixed = file.with_extension(format!("fixed.{extension}"));
    fixed.is_file().then_some(fixed)
}

fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.filter_map(Result::ok);
    Ok(entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() && !path.is_symlink() {
            collect(&path, files);
        } else if path.is_file() {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_share_their_name_up_to_the_first_dot_or_lie_in_a_folder_of_that_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in [
            "sqli.yaml",
            "sqli.py",
            "sqli.fixed.py",
            "sqli.test.js",
            "sqli/views/a.py",
            "sqli2.py",
            "other.yml",
            ".hidden.py",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, "").expect("written");
        }
        let suites = suites(&[folder.path().to_owned()]).expect("readable");
        let shown: Vec<String> = suites
            .iter()
            .map(|suite| {
                let name = |path: &Path| path.strip_prefix(folder.path()).expect("inside").display().to_string();
                let targets = suite
                    .targets
                    .iter()
                    .map(|target| name(&target.file) + if target.fixed.is_some() { " (fixed)" } else { "" });
                format!("{}: {}", name(&suite.rules), targets.collect::<Vec<_>>().join(", "))
            })
            .collect();
        assert_eq!(shown, ["other.yml: ", "sqli.yaml: sqli/views/a.py, sqli.py (fixed), sqli.test.js"]);
    }
}
