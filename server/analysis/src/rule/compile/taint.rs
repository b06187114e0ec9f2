//! Taint specifications: `pattern-sources`, `pattern-sinks`, `pattern-sanitizers`, `pattern-propagators`.

use super::Reader;
use super::formula::{self, Positives};
use super::modern;
use crate::rule::requires;
use crate::rule::yaml::Yaml;
use crate::rule::{Formula, Propagator, Requires, Sanitizer, SideEffect, Sink, SinkRequires, Source, TaintSpec};
use weir_syntax::Symbol;

/// The label of sources that name none.
const DEFAULT_LABEL: &str = "__SOURCE__";

/// In which syntax a rule is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `pattern-sources` and its like, beside `mode: taint`.
    Classic,
    /// `sources` and its like, under `taint`.
    Modern,
}

/// The specification: of the rule itself in the classic syntax, of the map under `taint` in the modern one.
pub(super) fn spec(reader: &mut Reader, yaml: &Yaml, syntax: Syntax) -> TaintSpec {
    let mut spec = TaintSpec::default();
    if reader.languages.is_empty() {
        reader
            .error(yaml.place, "a taint rule needs a language that is parsed: in any text there is no data to follow");
        return spec;
    }
    for (classic, needed) in [
        ("pattern-sources", true),
        ("pattern-sinks", true),
        ("pattern-sanitizers", false),
        ("pattern-propagators", false),
    ] {
        let key = match syntax {
            Syntax::Classic => classic,
            Syntax::Modern => classic.trim_start_matches("pattern-"),
        };
        let Some(value) = yaml.get(key) else {
            if needed {
                reader.error(yaml.place, format!("`{key}` is missing: a taint rule needs sources and sinks"));
            }
            continue;
        };
        for entry in entries(reader, key, value) {
            let Some(formula) = formula_of(reader, key, entry, syntax) else { continue };
            match classic {
                "pattern-sources" => spec.sources.extend(source(reader, entry, formula)),
                "pattern-sinks" => spec.sinks.extend(sink(reader, entry, formula)),
                "pattern-sanitizers" => spec.sanitizers.push(sanitizer(reader, entry, formula)),
                _ => spec.propagators.extend(propagator(reader, entry, formula)),
            }
        }
    }
    spec
}

/// The entries of a list; a map with `patterns` or the like in its place counts as one entry.
fn entries<'y>(reader: &mut Reader, key: &str, value: &'y Yaml) -> &'y [Yaml] {
    if value.as_map().is_some() {
        return std::slice::from_ref(value);
    }
    reader.entries(key, value).unwrap_or_default()
}

fn formula_of(reader: &mut Reader, key: &str, entry: &Yaml, syntax: Syntax) -> Option<Formula> {
    match syntax {
        Syntax::Modern => modern::formula(reader, key, entry, Positives::Needed),
        Syntax::Classic if entry.as_map().is_none() => formula::pattern(reader, key, entry),
        Syntax::Classic => formula::of_map(reader, entry, Positives::Needed),
    }
}

fn source(reader: &mut Reader, entry: &Yaml, formula: Formula) -> Option<Source> {
    Some(Source {
        formula,
        exact: reader.flag(entry, "exact", false),
        by_side_effect: side_effect(reader, entry),
        control: reader.flag(entry, "control", false),
        label: label(reader, entry).unwrap_or_else(|| Symbol::new(DEFAULT_LABEL)),
        requires: requires(reader, entry, Requires::Any)?,
    })
}

fn sink(reader: &mut Reader, entry: &Yaml, formula: Formula) -> Option<Sink> {
    Some(Sink {
        formula,
        exact: reader.flag(entry, "exact", true),
        at_exit: reader.flag(entry, "at-exit", false),
        requires: sink_requires(reader, entry)?,
    })
}

fn sanitizer(reader: &mut Reader, entry: &Yaml, formula: Formula) -> Sanitizer {
    Sanitizer {
        formula,
        exact: reader.flag(entry, "exact", false),
        by_side_effect: side_effect(reader, entry),
        not_conflicting: reader.flag(entry, "not_conflicting", false) || reader.flag(entry, "not-conflicting", false),
    }
}

fn propagator(reader: &mut Reader, entry: &Yaml, formula: Formula) -> Option<Propagator> {
    let mut end = |key: &str| {
        if let Some(value) = entry.get(key) {
            reader.metavariable(key, value)
        } else {
            reader
                .error(entry.place, format!("`{key}` is missing: a propagator goes from one metavariable to another"));
            None
        }
    };
    let (from, to) = (end("from"), end("to"));
    Some(Propagator {
        formula,
        from: from?,
        to: to?,
        by_side_effect: side_effect_or(reader, entry, SideEffect::Yes) != SideEffect::No,
        label: label(reader, entry),
        requires: requires(reader, entry, Requires::Any)?,
    })
}

fn side_effect(reader: &mut Reader, entry: &Yaml) -> SideEffect {
    side_effect_or(reader, entry, SideEffect::No)
}

fn side_effect_or(reader: &mut Reader, entry: &Yaml, default: SideEffect) -> SideEffect {
    let Some(value) = entry.get("by-side-effect") else { return default };
    match (value.as_bool(), value.as_str()) {
        (Some(true), _) => SideEffect::Yes,
        (Some(false), _) => SideEffect::No,
        (None, Some("only")) => SideEffect::Only,
        (None, _) => {
            reader.error(value.place, "`by-side-effect` must be `true`, `false` or `only`");
            default
        }
    }
}

fn label(reader: &mut Reader, entry: &Yaml) -> Option<Symbol> {
    let value = entry.get("label")?;
    let text = reader.text("label", value)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        reader.error(value.place, "`label` must be a name: letters, digits and `_`");
    }
    Some(Symbol::new(text))
}

fn requires(reader: &mut Reader, entry: &Yaml, default: Requires) -> Option<Requires> {
    let Some(value) = entry.get("requires") else { return Some(default) };
    condition(reader, value)
}

/// `requires` of a sink: a condition, or a list of one for each of some metavariables.
fn sink_requires(reader: &mut Reader, entry: &Yaml) -> Option<SinkRequires> {
    let list = entry.get("requires").and_then(Yaml::as_list);
    let Some(list) = list else {
        return requires(reader, entry, Requires::Label(Symbol::new(DEFAULT_LABEL))).map(SinkRequires::Whole);
    };
    let mut each = Vec::new();
    for entry in list {
        let Some(entries) = entry.as_map() else {
            reader.error(entry.place, "an entry of `requires` must be a map, like `$X: LABEL`");
            return None;
        };
        for (key, value) in entries {
            let metavariable = reader.metavariable_named("requires", &key.text, key.place);
            each.extend(metavariable.zip(condition(reader, value)));
        }
    }
    Some(SinkRequires::Each(each))
}

fn condition(reader: &mut Reader, value: &Yaml) -> Option<Requires> {
    let text = reader.text("requires", value)?;
    match requires::parse(text) {
        Ok(requires) => Some(requires),
        Err(error) => {
            reader.error(value.place, format!("`requires`: {error}"));
            None
        }
    }
}
