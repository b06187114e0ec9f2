//! The newer syntax: `match:` with `all`, `any`, `not`, `inside`, `where` in place of `pattern*` and `metavariable-*`.

use super::Reader;
use super::conditions;
use super::formula::{self, Positives};
use crate::rule::yaml::{Key, Yaml};
use crate::rule::{Condition, Focus, Formula, Node, Origin, Test};

/// The keys of which one makes a formula.
const FORMULA_KEYS: [&str; 7] = ["pattern", "regex", "all", "any", "not", "inside", "anywhere"];

/// A formula: a pattern's text, or a map with one of the keys above and perhaps `where`.
pub(super) fn formula(reader: &mut Reader, name: &str, value: &Yaml, positives: Positives) -> Option<Formula> {
    let Some(entries) = value.as_map() else { return formula::pattern(reader, name, value) };
    for (key, _) in entries {
        if key.text == "fix" {
            reader.warning(key.place, "`fix` within `match` is not supported yet; the rule runs without it");
        }
    }
    let mut found = entries.iter().filter(|(key, _)| FORMULA_KEYS.contains(&key.text.as_str()));
    let Some((key, operand)) = found.next() else {
        let keys = FORMULA_KEYS.map(|key| format!("`{key}`")).join(", ");
        reader.error(value.place, format!("one of {keys} is missing"));
        return None;
    };
    for (other, _) in found {
        let message = format!("`{}` cannot stand beside `{}`; put both under `all`", other.text, key.text);
        reader.error(other.place, message);
    }
    let formula = self::operand(reader, key, operand, positives)?;
    let formula = match value.get("where") {
        Some(conditions) => conditioned(reader, formula, conditions),
        None => formula,
    };
    match value.get("as").or_else(|| value.get("as-metavariable")) {
        Some(name) => Some(Formula { name: reader.metavariable("as", name), ..formula }),
        None => Some(formula),
    }
}

fn operand(reader: &mut Reader, key: &Key, value: &Yaml, positives: Positives) -> Option<Formula> {
    let (name, origin) = (key.text.as_str(), Origin::of(key, value));
    let one = |reader: &mut Reader, positives| formula(reader, name, value, positives).map(Box::new);
    match name {
        "regex" => formula::regex(reader, name, value),
        "not" => one(reader, Positives::Given).map(|inner| Formula::of(Node::Not(inner), origin)),
        "inside" => one(reader, Positives::Needed).map(|inner| Formula::of(Node::Inside(inner), origin)),
        "anywhere" => one(reader, Positives::Needed).map(|inner| Formula::of(Node::Anywhere(inner), origin)),
        "all" => {
            let before = reader.faults();
            let parts = parts(reader, name, value, Positives::Given)?;
            let complete = before == reader.faults();
            let formula = formula::conjunction(parts, Vec::new(), Vec::new(), origin);
            if complete && positives == Positives::Needed {
                formula::must_find(reader, name, value.place, &formula);
            }
            Some(formula)
        }
        "any" => {
            let parts = parts(reader, name, value, positives)?;
            Some(Formula::of(Node::Any(parts.into_iter().map(formula::standing_alone).collect()), origin))
        }
        _ => formula(reader, name, value, positives),
    }
}

fn parts(reader: &mut Reader, name: &str, value: &Yaml, positives: Positives) -> Option<Vec<Formula>> {
    Some(reader.entries(name, value)?.iter().filter_map(|part| formula(reader, name, part, positives)).collect())
}

/// The formula with what `where` asks.
fn conditioned(reader: &mut Reader, formula: Formula, value: &Yaml) -> Formula {
    let (mut conditions, mut focus) = (Vec::new(), Vec::new());
    for entry in reader.list("where", value).unwrap_or_default() {
        match condition(reader, entry) {
            Some(Where::Condition(condition)) => conditions.push(condition),
            Some(Where::Focus(one)) => focus.push(one),
            None => {}
        }
    }
    // Conditions of a part of a conjunction see only its own bindings.
    let whole = match formula.node {
        Node::Inside(_) | Node::Anywhere(_) | Node::Not(_) => formula::standing_alone(formula),
        _ => formula,
    };
    Formula { conditions, focus, ..whole }
}

/// An entry under `where`.
enum Where {
    Condition(Condition),
    Focus(Focus),
}

fn condition(reader: &mut Reader, entry: &Yaml) -> Option<Where> {
    let entry = reader.map("where", entry, "`focus`, `comparison` or `metavariable`")?;
    if let Some((key, value)) = entry.as_map().and_then(|map| map.iter().find(|(key, _)| key.text == "focus")) {
        return formula::focus(reader, key, value).map(Where::Focus);
    }
    let test = if entry.get("comparison").is_some() {
        conditions::comparison(reader, entry).map(Test::Comparison)
    } else if entry.get("regex").is_some() {
        conditions::regex(reader, entry)
    } else if entry.get("type").is_some() || entry.get("types").is_some() {
        conditions::types(reader, entry)
    } else if entry.get("analyzer").is_some() {
        conditions::analysis(reader, entry)
    } else if ["module", "modules", "fqn", "fqns", "kind"].iter().any(|key| entry.get(key).is_some()) {
        conditions::full_name(reader, entry)
    } else {
        conditions::pattern(reader, entry, &|reader, entry| formula(reader, "pattern", entry, Positives::Given))
    };
    test.map(|test| Where::Condition(Condition { test, origin: Origin::under("where", entry) }))
}
