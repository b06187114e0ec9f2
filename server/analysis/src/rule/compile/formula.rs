//! Formulas: `pattern`, `patterns`, `pattern-either` and their like.

use super::Reader;
use super::conditions::{self, Condition};
use crate::generic::Generic;
use crate::rule::regex::RegexError;
use crate::rule::text::{TextLeaf, TextSearch};
use crate::rule::yaml::{Key, Place, Yaml};
use crate::rule::{Focus, Formula, Leaf, Node, Origin, PatternLeaf};
use weir_syntax::PatternError;

/// Whether a conjunction needs a part that finds something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Positives {
    /// It does.
    Needed,
    /// It does not: the code it is asked of is given, as in `metavariable-pattern`.
    Given,
}

/// The keys of which one makes a formula.
const FORMULA_KEYS: [&str; 4] = ["pattern", "patterns", "pattern-either", "pattern-regex"];

/// The formula of a map that has one of the keys above among others.
pub(super) fn of_map(reader: &mut Reader, map: &Yaml, positives: Positives) -> Option<Formula> {
    let entries = map.as_map().unwrap_or_default();
    let mut found = entries.iter().filter(|(key, _)| FORMULA_KEYS.contains(&key.text.as_str()));
    let Some((key, value)) = found.next() else {
        let keys = FORMULA_KEYS.map(|key| format!("`{key}`")).join(", ");
        reader.error(map.place, format!("one of {keys} is missing"));
        return None;
    };
    for (other, _) in found {
        let message = format!("`{}` cannot stand beside `{}`; put both under `patterns`", other.text, key.text);
        reader.error(other.place, message);
    }
    match item(reader, key, value, positives)? {
        Item::Formula(formula) => Some(formula),
        Item::Condition(_) | Item::Focus(_) => None,
    }
}

/// One entry under `patterns`.
enum Item {
    Formula(Formula),
    Condition(Condition),
    Focus(Focus),
}

fn item(reader: &mut Reader, key: &Key, value: &Yaml, positives: Positives) -> Option<Item> {
    let (name, origin) = (key.text.as_str(), Origin::of(key, value));
    let formula = match name {
        "pattern" => operand(reader, name, value, positives)?,
        "patterns" => all(reader, key, value, positives)?,
        "pattern-either" => any(reader, key, value, positives)?,
        "pattern-regex" => regex(reader, name, value)?,
        "pattern-inside" => {
            Formula::of(Node::Inside(Box::new(operand(reader, name, value, Positives::Needed)?)), origin)
        }
        "pattern-not" => Formula::of(Node::Not(Box::new(operand(reader, name, value, positives)?)), origin),
        "pattern-not-inside" => {
            let inside = Formula::of(Node::Inside(Box::new(operand(reader, name, value, Positives::Needed)?)), origin);
            Formula::of(Node::Not(Box::new(inside)), origin)
        }
        "pattern-not-regex" => Formula::of(Node::Not(Box::new(regex(reader, name, value)?)), origin),
        "semgrep-internal-pattern-anywhere" => {
            Formula::of(Node::Anywhere(Box::new(operand(reader, name, value, Positives::Needed)?)), origin)
        }
        "focus-metavariable" => return focus(reader, key, value).map(Item::Focus),
        _ => return conditions::condition(reader, key, value).map(Item::Condition),
    };
    Some(Item::Formula(formula))
}

impl Formula {
    /// A formula without conditions and focus.
    pub(super) fn of(node: Node, origin: Origin) -> Self {
        Self { node, conditions: Vec::new(), focus: Vec::new(), name: None, origin }
    }
}

/// A pattern's text, or a map with a formula.
fn operand(reader: &mut Reader, name: &str, value: &Yaml, positives: Positives) -> Option<Formula> {
    if value.as_map().is_some() { of_map(reader, value, positives) } else { pattern(reader, name, value) }
}

fn all(reader: &mut Reader, key: &Key, value: &Yaml, positives: Positives) -> Option<Formula> {
    let (name, origin) = (key.text.as_str(), Origin::of(key, value));
    let before = reader.faults();
    let (mut parts, mut conditions, mut focus) = (Vec::new(), Vec::new(), Vec::new());
    for entry in reader.entries(name, value)? {
        let Some(entries) = entry.as_map() else {
            reader.error(entry.place, format!("an entry of `{name}` must be a map, like `pattern: ...`"));
            continue;
        };
        for (key, value) in entries {
            match item(reader, key, value, Positives::Given) {
                Some(Item::Formula(formula)) => parts.push(formula),
                Some(Item::Condition(condition)) => conditions.push(condition),
                Some(Item::Focus(one)) => focus.push(one),
                None => {}
            }
        }
    }
    let complete = before == reader.faults();
    let formula = conjunction(parts, conditions, focus, origin);
    if complete && positives == Positives::Needed {
        must_find(reader, name, value.place, &formula);
    }
    Some(formula)
}

/// A conjunction. What must not match any of several is asked of each of them: `not` of an `inside` is a thing of its own.
pub(super) fn conjunction(
    parts: Vec<Formula>,
    conditions: Vec<Condition>,
    focus: Vec<Focus>,
    origin: Origin,
) -> Formula {
    let parts = parts.into_iter().flat_map(|part| match part.node {
        Node::Not(inner)
            if matches!(inner.node, Node::Any(_)) && inner.conditions.is_empty() && inner.focus.is_empty() =>
        {
            let Node::Any(alternatives) = inner.node else { unreachable!("matched above") };
            alternatives.into_iter().map(|one| Formula::of(Node::Not(Box::new(alone(one))), part.origin)).collect()
        }
        _ => vec![part],
    });
    Formula { node: Node::All(parts.collect()), conditions, focus, name: None, origin }
}

/// The only part of a conjunction that asks nothing else; or the formula as it is.
fn alone(formula: Formula) -> Formula {
    match formula.node {
        Node::All(mut parts) if parts.len() == 1 && formula.conditions.is_empty() && formula.focus.is_empty() => {
            parts.remove(0)
        }
        _ => formula,
    }
}

/// Says so if a conjunction cannot find anything.
pub(super) fn must_find(reader: &mut Reader, name: &str, place: Place, formula: &Formula) {
    if !finds(formula) {
        reader.error(place, format!("`{name}` needs an entry that finds something: not only negations"));
    }
}

fn any(reader: &mut Reader, key: &Key, value: &Yaml, positives: Positives) -> Option<Formula> {
    let (name, origin) = (key.text.as_str(), Origin::of(key, value));
    let mut parts = Vec::new();
    for entry in reader.entries(name, value)? {
        let Some(entries) = entry.as_map() else {
            reader.error(entry.place, format!("an entry of `{name}` must be a map, like `pattern: ...`"));
            continue;
        };
        for (key, value) in entries {
            match item(reader, key, value, positives) {
                Some(Item::Formula(formula)) => parts.push(standing_alone(formula)),
                Some(Item::Condition(_) | Item::Focus(_)) => {
                    reader.error(key.place, format!("`{}` can only stand under `patterns`", key.text));
                }
                None => {}
            }
        }
    }
    Some(Formula::of(Node::Any(parts), origin))
}

/// `pattern-inside` and its like stand in a conjunction, if need be of their own.
pub(super) fn standing_alone(formula: Formula) -> Formula {
    match formula.node {
        Node::Inside(_) | Node::Anywhere(_) | Node::Not(_) => {
            let origin = formula.origin;
            Formula::of(Node::All(vec![formula]), origin)
        }
        _ => formula,
    }
}

/// Whether a formula finds matches by itself.
fn finds(formula: &Formula) -> bool {
    match &formula.node {
        Node::Leaf(_) => true,
        Node::All(parts) => parts.iter().any(finds),
        Node::Any(parts) => parts.iter().all(finds),
        Node::Inside(inner) => finds(inner),
        Node::Anywhere(_) | Node::Not(_) => false,
    }
}

/// A pattern leaf. A text that is valid in one language of the rule cannot match in the others.
pub(super) fn pattern(reader: &mut Reader, name: &str, value: &Yaml) -> Option<Formula> {
    let text = reader.text(name, value)?;
    if let Some(engine) = reader.generic {
        let generic = Generic::parse(text, engine, &reader.generic_config);
        let generic = generic.map_err(|error| reader.error(value.place, format!("`{name}`: {error}")));
        let leaf = Node::Leaf(Leaf::Text(TextLeaf::new(TextSearch::Generic(generic.ok()?))));
        return Some(Formula::of(leaf, Origin::under("pattern", value)));
    }
    if reader.languages.is_empty() {
        // In a rule for any text a pattern is a regex.
        return regex(reader, name, value);
    }
    let mut by_language = Vec::new();
    let mut first_error = None;
    for &language in &reader.languages {
        match reader.parsers.patterns.parse(language, text) {
            Ok(pattern) => by_language.push((language, pattern)),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    match first_error {
        Some(error) if by_language.is_empty() => {
            let at = match error {
                PatternError::Syntax { at, .. } => at + text.len() - text.trim_start_matches(['\n', '\r']).len(),
                PatternError::Empty => 0,
            };
            reader.error_inside(value, at, format!("`{name}`: {error}"));
            None
        }
        _ => {
            let leaf = PatternLeaf::new(text, by_language, reader.options);
            Some(Formula::of(Node::Leaf(Leaf::Pattern(leaf)), Origin::under("pattern", value)))
        }
    }
}

pub(super) fn regex(reader: &mut Reader, name: &str, value: &Yaml) -> Option<Formula> {
    let text = reader.text(name, value)?;
    let regex = reader.parsers.regexes.search(text);
    let regex = compiled(reader, name, value, regex)?;
    Some(Formula::of(Node::Leaf(Leaf::Text(TextLeaf::new(TextSearch::Regex(regex)))), Origin::under(name, value)))
}

/// A regex, or an error said.
pub(super) fn compiled<R>(reader: &mut Reader, name: &str, value: &Yaml, regex: Result<R, RegexError>) -> Option<R> {
    let say = |error: RegexError| {
        reader.error_inside(value, error.at, format!("`{name}` is not a valid regex: {error}"));
    };
    regex.map_err(say).ok()
}

/// One metavariable or a list of them.
pub(super) fn focus(reader: &mut Reader, key: &Key, value: &Yaml) -> Option<Focus> {
    let name = key.text.as_str();
    let metavariables: Vec<_> = match value.as_list() {
        Some(items) => items.iter().filter_map(|item| reader.metavariable(name, item)).collect(),
        None => reader.metavariable(name, value).into_iter().collect(),
    };
    (!metavariables.is_empty()).then(|| Focus { metavariables, origin: Origin::of(key, value) })
}
