//! Where rules come from: the ones built into the binary, or files and folders named in their place.

use crate::config::RulePath;
use ignore::WalkBuilder;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use weir_model::RuleSource;

/// The rule files under `patterns/`, by their path in it.
static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin_rules.rs"));

/// A rule file or folder that could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read rules from {}: {reason}", path.display())]
pub(crate) struct RulesError {
    /// The file or folder.
    pub(crate) path: PathBuf,
    reason: String,
}

/// The rules of these places, and which of them could not be read.
pub(crate) fn load(places: &[RulePath]) -> (Arc<[RuleSource]>, Vec<RulesError>) {
    let mut sources = Vec::new();
    let mut errors = Vec::new();
    for place in places {
        let files = match place {
            RulePath::BuiltIn => {
                sources.extend(built_in());
                continue;
            }
            RulePath::Path(path) => rule_files(path),
        };
        match files {
            Ok(files) => {
                for file in files {
                    match read(&file) {
                        Ok(source) => sources.push(source),
                        Err(error) => errors.push(error),
                    }
                }
            }
            Err(error) => errors.push(error),
        }
    }
    (sources.into(), errors)
}

/// The rules built into the binary.
fn built_in() -> impl Iterator<Item = RuleSource> {
    BUILT_IN.iter().map(|(name, text)| RuleSource { name: format!("built-in/{name}"), text: (*text).to_owned() })
}

/// The rule file itself, or all rule files under a folder in a stable order.
pub(crate) fn rule_files(path: &Path) -> Result<Vec<PathBuf>, RulesError> {
    let failed = |reason: String| RulesError { path: path.to_owned(), reason };
    let metadata = fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    // A folder of rules is taken whole: what git ignores in it was still meant when the folder was named.
    for entry in WalkBuilder::new(path).standard_filters(false).hidden(true).follow_links(true).build() {
        let entry = entry.map_err(|error| failed(error.to_string()))?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) && is_rule_file(entry.path()) {
            files.push(entry.into_path());
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(failed("there is no .yaml or .yml file in this folder".to_owned()));
    }
    Ok(files)
}

/// Reads one rule file.
pub(crate) fn read(path: &Path) -> Result<RuleSource, RulesError> {
    match fs::read(path) {
        Ok(bytes) => {
            Ok(RuleSource { name: path.display().to_string(), text: String::from_utf8_lossy(&bytes).into_owned() })
        }
        Err(error) => Err(RulesError { path: path.to_owned(), reason: error.to_string() }),
    }
}

/// Whether a file in a folder of rules is one: YAML, and neither a rule test's target nor its expected repair.
pub(crate) fn is_rule_file(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else { return false };
    !stem.is_empty() && !name.starts_with('.') && !stem.split('.').skip(1).any(|part| part == "test" || part == "fixed")
}
