//! Conditions: `metavariable-regex` and its like.

use super::Reader;
use super::formula::{self, Positives};
use crate::rule::comparison::{Comparison, Number};
use crate::rule::regex::Regex;
use crate::rule::yaml::{Key, Yaml};
use crate::rule::{Formula, Within};
use weir_model::Language;
use weir_syntax::Symbol;

pub(super) use crate::rule::Condition;

/// A condition under `patterns`.
pub(super) fn condition(reader: &mut Reader, key: &Key, value: &Yaml) -> Option<Condition> {
    let name = key.text.as_str();
    let keys = match name {
        "metavariable-regex" => "`metavariable` and `regex`",
        "metavariable-pattern" => "`metavariable` and `pattern` or the like",
        "metavariable-type" => "`metavariable` and `type`",
        "metavariable-comparison" => "`comparison`",
        _ => "",
    };
    if !keys.is_empty() {
        reader.map(name, value, keys)?;
    }
    match name {
        "metavariable-regex" => regex(reader, value),
        "metavariable-pattern" => {
            pattern(reader, value, &|reader, value| formula::of_map(reader, value, Positives::Given))
        }
        "metavariable-type" => types(reader, value),
        "metavariable-comparison" => comparison(reader, value).map(Condition::Comparison),
        "metavariable-analysis"
        | "metavariable-name"
        | "pattern-where-python"
        | "semgrep-internal-metavariable-name"
        | "pattern-where" => {
            reader.unsupported(key.place, format!("`{name}` is not supported yet; the rule is skipped"));
            None
        }
        _ => {
            reader.error(key.place, format!("`{name}` is not a key of the rule language"));
            None
        }
    }
}

pub(super) fn regex(reader: &mut Reader, value: &Yaml) -> Option<Condition> {
    let metavariable = subject(reader, value)?;
    let text = reader.required(value, "regex")?;
    let place = value.get("regex").map_or(value.place, |regex| regex.place);
    let regex = formula::compiled(reader, "regex", place, Regex::value(text))?;
    let constant_propagation = reader.flag(value, "constant-propagation", false);
    Some(Condition::Regex { metavariable, regex, constant_propagation })
}

/// `metavariable-pattern`; `formula` reads the formula in either syntax.
pub(super) fn pattern(
    reader: &mut Reader,
    value: &Yaml,
    formula: &dyn Fn(&mut Reader, &Yaml) -> Option<Formula>,
) -> Option<Condition> {
    let metavariable = subject(reader, value)?;
    let (within, languages) = match value.get("language") {
        None => (Within::Same, None),
        Some(language) => {
            let name = reader.text("language", language)?;
            match (name, Language::from_rule_name(name).first()) {
                ("regex" | "none" | "generic", _) => (Within::Text, Some(Vec::new())),
                (_, Some(&language)) => (Within::Code(language), Some(vec![language])),
                (_, None) => {
                    let message = format!("`metavariable-pattern` in {name} is not supported yet; the rule is skipped");
                    reader.unsupported(language.place, message);
                    return None;
                }
            }
        }
    };
    let generic = value.get("language").map_or(reader.generic, |language| language.as_str() == Some("generic"));
    let outer_generic = std::mem::replace(&mut reader.generic, generic);
    let outer = languages.map(|languages| std::mem::replace(&mut reader.languages, languages));
    let formula = formula(reader, value);
    reader.generic = outer_generic;
    if let Some(outer) = outer {
        reader.languages = outer;
    }
    Some(Condition::Pattern { metavariable, within, formula: Box::new(formula?) })
}

/// `metavariable-type`.
pub(super) fn types(reader: &mut Reader, value: &Yaml) -> Option<Condition> {
    let metavariable = subject(reader, value)?;
    let Some((key, names)) = ["type", "types"].into_iter().find_map(|key| Some((key, value.get(key)?))) else {
        reader.error(value.place, "`type` or `types` is missing");
        return None;
    };
    let mut types = Vec::new();
    for name in reader.texts(key, names) {
        let (languages, patterns) = (&reader.languages, &mut reader.patterns);
        let parsed = languages.iter().filter_map(|&language| Some((language, patterns.parse(language, &name).ok()?)));
        let parsed: Vec<_> = parsed.collect();
        if parsed.is_empty() {
            reader.error(names.place, format!("`{key}` must name a type"));
        }
        types.extend(parsed);
    }
    Some(Condition::Type { metavariable, types })
}

pub(super) fn comparison(reader: &mut Reader, value: &Yaml) -> Option<Comparison> {
    let text = reader.required(value, "comparison")?;
    let place = value.get("comparison").map_or(value.place, |comparison| comparison.place);
    if ["today(", "strptime("].iter().any(|function| text.contains(function)) {
        reader.unsupported(place, "`comparison`: `today` and `strptime` are not supported yet; the rule is skipped");
        return None;
    }
    let base = match value.get("base") {
        Some(base) => base.as_int().and_then(|base| u32::try_from(base).ok()).filter(|base| (2..=36).contains(base)),
        None => Some(10),
    };
    let Some(base) = base else {
        reader.error(value.get("base").map_or(value.place, |base| base.place), "`base` must be a number from 2 to 36");
        return None;
    };
    let number = match value.get("metavariable") {
        Some(metavariable) => {
            let metavariable = reader.metavariable("metavariable", metavariable)?;
            reader.flag(value, "strip", false).then_some(Number { metavariable, base })
        }
        None => None,
    };
    Comparison::parse(text, number).map_err(|error| reader.error(place, format!("`comparison`: {error}"))).ok()
}

/// The metavariable a condition is about.
fn subject(reader: &mut Reader, value: &Yaml) -> Option<Symbol> {
    if let Some(metavariable) = value.get("metavariable") {
        return reader.metavariable("metavariable", metavariable);
    }
    reader.error(value.place, "`metavariable` is missing");
    None
}
