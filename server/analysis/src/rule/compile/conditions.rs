//! Conditions: `metavariable-regex` and its like.

use super::Reader;
use super::formula::{self, Positives};
use crate::generic::Engine;
use crate::rule::analyzer::Analyzer;
use crate::rule::comparison::{Comparison, Number};
use crate::rule::yaml::{Key, Yaml};
use crate::rule::{Formula, FullName, Origin, Test, Within};
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
        "metavariable-analysis" => "`metavariable` and `analyzer`",
        "metavariable-name" => "`metavariable` and `module` or `modules`",
        _ => "",
    };
    if !keys.is_empty() {
        reader.map(name, value, keys)?;
    }
    let test = match name {
        "metavariable-regex" => regex(reader, value),
        "metavariable-pattern" => {
            pattern(reader, value, &|reader, value| formula::of_map(reader, value, Positives::Given))
        }
        "metavariable-type" => types(reader, value),
        "metavariable-comparison" => comparison(reader, value).map(Test::Comparison),
        "metavariable-analysis" => analysis(reader, value),
        "metavariable-name" | "semgrep-internal-metavariable-name" => full_name(reader, value),
        "pattern-where-python" | "pattern-where" => {
            let message = "runs Python, which the rule language gave up; write it as `metavariable-comparison`";
            reader.unsupported(key.place, format!("`{name}` {message}; the rule is skipped"));
            None
        }
        _ => {
            reader.error(key.place, format!("`{name}` is not a key of the rule language"));
            None
        }
    };
    test.map(|test| Condition { test, origin: Origin::of(key, value) })
}

pub(super) fn regex(reader: &mut Reader, value: &Yaml) -> Option<Test> {
    let metavariable = subject(reader, value)?;
    let text = reader.required(value, "regex")?;
    let regex = reader.parsers.regexes.value(text);
    let regex = formula::compiled(reader, "regex", value.get("regex").unwrap_or(value), regex)?;
    let constant_propagation = reader.flag(value, "constant-propagation", false);
    Some(Test::Regex { metavariable, regex, constant_propagation })
}

/// `metavariable-pattern`; `formula` reads the formula in either syntax.
pub(super) fn pattern(
    reader: &mut Reader,
    value: &Yaml,
    formula: &dyn Fn(&mut Reader, &Yaml) -> Option<Formula>,
) -> Option<Test> {
    let metavariable = subject(reader, value)?;
    let (within, languages) = match value.get("language") {
        None => (Within::Same, None),
        Some(language) => {
            let name = reader.text("language", language)?;
            match (name, Language::from_rule_name(name).first()) {
                ("regex" | "none", _) => (Within::Text, Some(Vec::new())),
                _ if Engine::from_language(name).is_some() => (Within::Text, Some(Vec::new())),
                (_, Some(&language)) => (Within::Code(language), Some(vec![language])),
                (_, None) => {
                    let message = format!("`metavariable-pattern` in {name} is not supported yet; the rule is skipped");
                    reader.unsupported(language.place, message);
                    return None;
                }
            }
        }
    };
    let generic = value.get("language").map_or(reader.generic, |language| Engine::from_language(language.as_str()?));
    let outer_generic = std::mem::replace(&mut reader.generic, generic);
    let outer = languages.map(|languages| std::mem::replace(&mut reader.languages, languages));
    let formula = formula(reader, value);
    reader.generic = outer_generic;
    if let Some(outer) = outer {
        reader.languages = outer;
    }
    Some(Test::Pattern { metavariable, within, formula: Box::new(formula?) })
}

/// `metavariable-type`.
pub(super) fn types(reader: &mut Reader, value: &Yaml) -> Option<Test> {
    let metavariable = subject(reader, value)?;
    let Some((key, names)) = ["type", "types"].into_iter().find_map(|key| Some((key, value.get(key)?))) else {
        reader.error(value.place, "`type` or `types` is missing");
        return None;
    };
    let mut types = Vec::new();
    for name in reader.texts(key, names) {
        let (languages, patterns) = (&reader.languages, &mut reader.parsers.patterns);
        let parsed = languages.iter().filter_map(|&language| Some((language, patterns.parse(language, &name).ok()?)));
        let parsed: Vec<_> = parsed.collect();
        if parsed.is_empty() {
            reader.error(names.place, format!("`{key}` must name a type"));
        }
        types.extend(parsed);
    }
    Some(Test::Type { metavariable, types })
}

/// `metavariable-analysis`: the analyzer's name, or a map with its `kind` and perhaps `mode`.
pub(super) fn analysis(reader: &mut Reader, value: &Yaml) -> Option<Test> {
    let metavariable = subject(reader, value)?;
    let analyzer = value.get("analyzer");
    let details = analyzer.filter(|analyzer| analyzer.as_map().is_some()).unwrap_or(value);
    let name = match analyzer {
        Some(analyzer) if analyzer.as_map().is_some() => reader.required(analyzer, "kind")?,
        _ => reader.required(value, "analyzer")?,
    };
    let place = analyzer.map_or(value.place, |analyzer| analyzer.place);
    let Some(analyzer) = Analyzer::named(name) else {
        reader.error(place, "`analyzer` must be `entropy`, `entropy_v2` or `redos`");
        return None;
    };
    let analyzer = match details.get("mode") {
        Some(mode) => {
            let found = reader.text("mode", mode).and_then(|mode| analyzer.in_mode(mode));
            if found.is_none() {
                reader.error(mode.place, "`mode` is for `entropy_v2` and must be `lax`, `default` or `strict`");
            }
            found?
        }
        None => analyzer,
    };
    Some(Test::Analysis { metavariable, analyzer })
}

/// `metavariable-name`.
pub(super) fn full_name(reader: &mut Reader, value: &Yaml) -> Option<Test> {
    let metavariable = subject(reader, value)?;
    if let Some(kind) = value.get("kind") {
        let message = "`kind` asks what a framework makes of a name, which is not known here; the rule is skipped";
        reader.unsupported(kind.place, message);
        return None;
    }
    let mut listed = |keys: [&str; 2]| -> Vec<String> {
        let values = keys.into_iter().filter_map(|key| Some((key, value.get(key)?)));
        values.flat_map(|(key, value)| reader.texts(key, value)).map(|name| dotted(&name)).collect()
    };
    let (modules, names) = (listed(["module", "modules"]), listed(["fqn", "fqns"]));
    if modules.is_empty() && names.is_empty() {
        reader.error(value.place, "`module` or `modules` is missing");
        return None;
    }
    Some(Test::Name { metavariable, name: FullName { modules, names } })
}

/// A full name with its parts joined by dots, whatever joins them in the language.
fn dotted(name: &str) -> String {
    name.replace("::", ".").replace('\\', ".").trim_start_matches('.').to_owned()
}

pub(super) fn comparison(reader: &mut Reader, value: &Yaml) -> Option<Comparison> {
    let text = reader.required(value, "comparison")?;
    let place = value.get("comparison").map_or(value.place, |comparison| comparison.place);
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
    let comparison =
        Comparison::parse(text, number).map_err(|error| reader.error(place, format!("`comparison`: {error}")));
    comparison.ok().map(|comparison| if reader.generic.is_some() { comparison.of_text() } else { comparison })
}

/// The metavariable a condition is about.
fn subject(reader: &mut Reader, value: &Yaml) -> Option<Symbol> {
    if let Some(metavariable) = value.get("metavariable") {
        return reader.metavariable("metavariable", metavariable);
    }
    reader.error(value.place, "`metavariable` is missing");
    None
}
