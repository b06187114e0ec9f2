//! Whether a rule looks at a file at all.

use super::words::{part, reason};
use crate::analyze::Unit;
use crate::matching::Index;
use crate::paths::Refusal;
use crate::rule::{Lack, Listed, Origin, Rule};
use weir_model::{Format, Outcome, Reason};
use weir_syntax::Part;

/// More names than these are not listed.
const MOST_NAMES: usize = 6;

/// What speaks for and against looking at a file.
pub(super) struct Applies {
    pub(super) reasons: Vec<Reason>,
    /// The first thing that keeps the rule from it.
    pub(super) obstacle: Option<String>,
}

pub(super) fn of(rule: &Rule, listed: &Listed, unit: &Unit<'_>, part: &Part<'_>, index: &Index) -> Applies {
    let mut reasons = vec![language(listed, unit, part)];
    reasons.extend(paths(rule, unit));
    reasons.extend(names(listed, part, index));
    let obstacle = reasons.iter().find(|reason| reason.outcome == Outcome::Fails);
    Applies { obstacle: obstacle.map(|reason| reason.message.clone()), reasons }
}

fn language(rule: &Listed, unit: &Unit<'_>, part: &Part<'_>) -> Reason {
    let mut languages: Vec<&str> = rule.languages.iter().map(|language| language.name()).collect();
    languages.dedup();
    let languages = if rule.any_text { "any text".to_owned() } else { languages.join(", ") };
    match part.language {
        _ if rule.looks_at(part) => reason(Outcome::Holds, format!("the rule reads {languages}")),
        Some(language) => {
            reason(Outcome::Fails, format!("the rule reads {languages}, and the file is {}", language.name()))
        }
        None if matches!(unit.source.format(), Format::Host(_)) => {
            reason(Outcome::Fails, format!("the rule reads {languages}, and the page holds no such code"))
        }
        None => {
            reason(Outcome::Fails, format!("the rule reads {languages}, and the file is in no language Weir reads"))
        }
    }
}

fn paths(rule: &Rule, unit: &Unit<'_>) -> Option<Reason> {
    if rule.paths.is_unlimited() {
        return None;
    }
    let message = match rule.paths.refusal(unit.path) {
        None => return Some(reason(Outcome::Holds, "`paths` of the rule admits the file")),
        Some(Refusal::Excluded(glob)) => format!("`paths` of the rule excludes {} by `{glob}`", unit.path),
        Some(Refusal::NotIncluded(globs)) => {
            let globs: Vec<_> = globs.iter().take(MOST_NAMES).map(|glob| format!("`{glob}`")).collect();
            format!("`paths` of the rule includes only {}, and not {}", globs.join(", "), unit.path)
        }
    };
    Some(reason(Outcome::Fails, message))
}

/// The names that must occur in the file for the rule to be tried.
fn names(rule: &Listed, part: &Part<'_>, index: &Index) -> Option<Reason> {
    let need = rule.need(part.language.filter(|_| rule.looks_at(part)))?;
    Some(match need.lack(&|name| index.has(name)) {
        None => reason(Outcome::Holds, "every name that the rule cannot do without occurs in the file"),
        Some(lack) => reason(Outcome::Fails, format!("the rule is not tried on the file: {} in it", lacking(&lack))),
    })
}

fn lacking(lack: &Lack) -> String {
    let mut names: Vec<&str> = Vec::new();
    let alternatives = collect(lack, &mut names);
    names.dedup();
    let told: Vec<String> = names.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > MOST_NAMES { format!(" and {} more", names.len() - MOST_NAMES) } else { String::new() };
    match (&told[..], alternatives) {
        ([], _) => "no pattern of it can be read as code of this language".to_owned(),
        ([only], _) => format!("{only} does not occur"),
        (_, false) => format!("{}{more} do not occur", told.join(", ")),
        (_, true) => {
            format!("each of its alternatives needs one of {}{more}, and none of these occurs", told.join(", "))
        }
    }
}

/// The names of a lack, and whether they are those of alternatives.
fn collect(lack: &Lack, names: &mut Vec<&str>) -> bool {
    match lack {
        Lack::Names(all) => {
            names.extend(all.iter().map(|name| name.as_str()));
            false
        }
        Lack::Each(lacks) => {
            for lack in lacks {
                collect(lack, names);
            }
            lacks.len() > 1
        }
    }
}

/// That a rule is for other versions.
pub(super) fn other_version(origin: Origin) -> Reason {
    let [major, minor, patch] = crate::rule::COMPATIBLE_WITH;
    let message = format!("the rule is for other versions: this one counts as Semgrep {major}.{minor}.{patch}");
    Reason { rule: Some(part(origin)), ..reason(Outcome::Fails, message) }
}
