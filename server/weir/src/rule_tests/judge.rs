//! Whether rules found what their targets say they should.

use super::annotation::{Annotations, Lines};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// One rule of one rule file on all of its targets.
#[derive(Debug)]
pub(crate) struct Check {
    /// The rule's id, or the one an annotation names.
    pub(crate) rule_id: String,
    /// Expected and reported lines, by target.
    pub(crate) matches: BTreeMap<PathBuf, Match>,
    /// What keeps the check from passing whatever the lines say.
    pub(crate) errors: Vec<String>,
}

/// Lines of one target.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Match {
    /// The text, for showing lines of it.
    pub(crate) text: std::sync::Arc<str>,
    /// Lines that must be reported.
    pub(crate) expected: Lines,
    /// Lines that were, except undecided ones.
    pub(crate) reported: Lines,
}

/// One target as the workers saw it.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The file.
    pub(crate) file: PathBuf,
    /// Its text.
    pub(crate) text: std::sync::Arc<str>,
    /// Lines on which a finding starts, by rule id.
    pub(crate) reported: BTreeMap<String, Lines>,
    /// Why there are no findings, if there are none for a reason.
    pub(crate) failure: Option<String>,
}

impl Check {
    /// Whether every target reported exactly what was expected.
    pub(crate) fn passed(&self) -> bool {
        self.errors.is_empty() && self.matches.values().all(|lines| lines.expected == lines.reported)
    }
}

/// The checks of one rule file: one for every id that is annotated or reported. An id for which nothing is expected and
/// nothing reported proves little, and Semgrep does not count it as a check; here neither.
pub(crate) fn checks(ids: &BTreeSet<String>, broken: &BTreeMap<String, String>, seen: &[Seen]) -> Vec<Check> {
    let annotations: Vec<Annotations> = seen.iter().map(|target| Annotations::read(&target.text)).collect();
    let mut names: BTreeSet<&String> = annotations.iter().flat_map(Annotations::ids).collect();
    names.extend(seen.iter().flat_map(|target| target.reported.keys()));
    names.extend(broken.keys());
    let checks = names.into_iter().map(|name| {
        let mut matches = BTreeMap::new();
        let mut errors: Vec<String> = broken.get(name).cloned().into_iter().collect();
        for (target, annotations) in seen.iter().zip(&annotations) {
            let undecided = annotations.undecided.get(name).cloned().unwrap_or_default();
            let lines = |by_id: &BTreeMap<String, Lines>| -> Lines {
                by_id.get(name).map_or_else(Lines::new, |lines| lines - &undecided)
            };
            let found = Match {
                text: std::sync::Arc::clone(&target.text),
                expected: lines(&annotations.expected),
                reported: lines(&target.reported),
            };
            if !found.expected.is_empty() && !ids.contains(name) && !broken.contains_key(name) {
                errors.push(format!("{}: no rule of this file has this id", target.file.display()));
            }
            if let Some(failure) = &target.failure {
                errors.push(format!("{}: {failure}", target.file.display()));
            }
            matches.insert(target.file.clone(), found);
        }
        Check { rule_id: name.clone(), matches, errors }
    });
    checks.filter(|check| !check.is_vacuous()).collect()
}

impl Check {
    fn is_vacuous(&self) -> bool {
        self.errors.is_empty()
            && self.matches.values().all(|lines| lines.expected.is_empty() && lines.reported.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One rule `a`, a target, and the lines reported; the verdicts as `id: passed`.
    fn judged(text: &str, reported: &[(&str, &[u32])]) -> String {
        let seen = Seen {
            file: "t.py".into(),
            text: text.into(),
            reported: reported.iter().map(|(id, lines)| ((*id).to_owned(), lines.iter().copied().collect())).collect(),
            failure: None,
        };
        let checks = checks(&BTreeSet::from(["a".to_owned()]), &BTreeMap::new(), &[seen]);
        checks.iter().map(|check| format!("{}: {}", check.rule_id, check.passed())).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn lines_must_be_equal_as_sets() {
        assert_eq!(judged("# ruleid: a\nx\ny", &[("a", &[2])]), "a: true");
        assert_eq!(judged("# ruleid: a\nx\ny", &[("a", &[2, 3])]), "a: false");
        assert_eq!(judged("# ruleid: a\nx\ny", &[]), "a: false");
    }

    #[test]
    fn undecided_lines_count_neither_way() {
        assert_eq!(judged("# ruleid: a\nx\n# todoruleid: a\ny\n# todook: a\nz", &[("a", &[2, 6])]), "a: true");
        assert_eq!(judged("# ruleid: a\nx\n# todoruleid: a\ny\n# todook: a\nz", &[("a", &[2, 4])]), "a: true");
    }

    #[test]
    fn a_rule_that_is_only_ok_and_silent_is_no_check() {
        assert_eq!(judged("# ok: a\nx", &[]), "");
        assert_eq!(judged("# ok: a\nx", &[("a", &[2])]), "a: false");
    }

    #[test]
    fn an_annotation_for_a_rule_that_is_not_there_fails() {
        assert_eq!(judged("# ruleid: b\nx", &[]), "b: false");
    }
}
