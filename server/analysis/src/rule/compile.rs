//! Rule files to rules: the keys of a rule's head. What a rule looks for is in [`formula`], [`conditions`] and [`taint`].

mod conditions;
mod formula;
mod generic;
mod modern;
mod taint;

use super::files::{Listed, Parsers, RuleFile};
use super::yaml::{self, Fault, Inside, Place, Yaml};
use super::{Body, Need, Options, Origin, OutOfRange, Rule};
use crate::fix::FixTemplate;
use crate::generic::{Config, Engine};
use crate::paths::Paths;
use std::sync::Arc;
use weir_model::{Language, RuleInfo, RuleProblem, Severity};
use weir_syntax::Symbol;

/// The version of Semgrep whose rule language this is; rules may ask for at least or at most a version.
pub(crate) const COMPATIBLE_WITH: [u32; 3] = [1, 182, 0];

/// A rule file whose YAML was read.
pub(super) struct Opened<'t> {
    text: &'t str,
    file: yaml::File,
    entries: Vec<Entry>,
}

/// What is to be said of a file, in its order.
enum Entry {
    /// A rule: the number of its document, and its own there.
    Rule(usize, usize),
    Problem(RuleProblem),
}

/// Reads the YAML of a rule file.
pub(super) fn open(text: &str) -> Opened<'_> {
    let file = yaml::read(text);
    let mut entries = Vec::new();
    for (number, document) in file.documents.iter().enumerate() {
        let Some(rules) = document.get("rules") else {
            // A file may end with `---`.
            if !document.is_null() {
                let message = "a rule file is a map with the list `rules:`; put the rules under that key".to_owned();
                entries.push(Entry::Problem(problem(text, None, &Fault::new(document.place, message), false)));
            }
            continue;
        };
        let Some(rules) = rules.as_list() else {
            let message = format!("`rules:` must be a list of rules, not {}", rules.describe());
            entries.push(Entry::Problem(problem(text, None, &Fault::new(rules.place, message), false)));
            continue;
        };
        entries.extend((0..rules.len()).map(|at| Entry::Rule(number, at)));
    }
    for fault in &file.broken {
        let message = format!("this is not valid YAML: {}", fault.message);
        entries.push(Entry::Problem(problem(text, None, &Fault::new(fault.place, message), false)));
    }
    Opened { text, file, entries }
}

impl Opened<'_> {
    /// How many parts the file has that can be compiled one by one.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Compiles one part, and adds what became of it to what is known of the file.
    pub(super) fn compile(&self, part: usize, parsers: &mut Parsers, read: &mut RuleFile) {
        match &self.entries[part] {
            Entry::Problem(problem) => read.problems.push(problem.clone()),
            &Entry::Rule(document, at) => {
                let rules = self.file.documents[document].get("rules").and_then(Yaml::as_list).unwrap_or_default();
                rule(self.text, &rules[at], &self.file.duplicates, parsers, read);
            }
        }
    }
}

/// Compiles a rule that was compiled before and had no errors.
pub(super) fn again(yaml: &Yaml, parsers: &mut Parsers) -> Option<Rule> {
    let mut reader = Reader { parsers: std::mem::take(parsers), ..Reader::default() };
    let read = read_rule(&mut reader, yaml);
    *parsers = reader.parsers;
    read.map(|(rule, ..)| rule)
}

fn rule(text: &str, yaml: &Yaml, duplicates: &[Fault], parsers: &mut Parsers, file: &mut RuleFile) {
    let mut reader = Reader { parsers: std::mem::take(parsers), ..Reader::default() };
    let id = yaml.get("id").and_then(Yaml::as_str).map(str::to_owned);
    let compiled = read_rule(&mut reader, yaml);
    let within = |fault: &&Fault| yaml.place.span.contains(fault.place.span);
    reader.errors.extend(duplicates.iter().filter(within).cloned());
    let Reader { errors, unsupported, warnings, out_of_range, languages, .. } = reader;
    *parsers = reader.parsers;
    if let Some(origin) = out_of_range {
        file.out_of_range.extend(id.map(|id| OutOfRange { id: id.into(), origin }));
        return;
    }
    let runs = errors.is_empty() && unsupported.is_empty();
    for (faults, skipped) in [(errors, false), (unsupported, true), (warnings, true)] {
        file.problems.extend(faults.iter().map(|fault| problem(text, id.as_deref(), fault, skipped)));
    }
    if let Some((rule, info, any_text)) = compiled.filter(|_| runs) {
        let needs = languages.iter().map(|&language| (language, Need::of(&rule.body, language))).collect();
        file.rules.push(Listed::new(rule, yaml, info, languages, any_text, needs));
    }
}

/// A problem; whoever knows the file's name adds it.
fn problem(text: &str, rule_id: Option<&str>, fault: &Fault, skipped: bool) -> RuleProblem {
    let place = fault.inside.as_ref().map_or(fault.place, |inside| inside.place(text, fault.place));
    let Place { span, line, column } = place;
    RuleProblem {
        source: String::new(),
        rule_id: rule_id.map(str::to_owned),
        span: Some(span),
        line,
        column,
        message: fault.message.clone(),
        skipped,
    }
}

/// What reading one rule has found out so far. Reading goes on after an error, so that an author sees all at once.
#[derive(Default)]
struct Reader {
    parsers: Parsers,
    languages: Vec<Language>,
    /// Patterns are for any text, and for this engine.
    generic: Option<Engine>,
    generic_config: Config,
    options: Options,
    /// The author's mistakes: the rule does not run.
    errors: Vec<Fault>,
    /// What this engine cannot do yet: the rule does not run.
    unsupported: Vec<Fault>,
    /// What the author should know: the rule runs.
    warnings: Vec<Fault>,
    /// The rule is for other versions: where that is said.
    out_of_range: Option<Origin>,
}

impl Reader {
    fn error(&mut self, place: Place, message: impl Into<String>) {
        self.errors.push(Fault::new(place, message));
    }

    /// An error within the text of a scalar.
    fn error_inside(&mut self, scalar: &Yaml, at: usize, message: impl Into<String>) {
        let inside = scalar.as_str().map(|text| Inside { text: text.to_owned(), at });
        self.errors.push(Fault { inside, ..Fault::new(scalar.place, message) });
    }

    fn unsupported(&mut self, place: Place, message: impl Into<String>) {
        self.unsupported.push(Fault::new(place, message));
    }

    fn warning(&mut self, place: Place, message: impl Into<String>) {
        self.warnings.push(Fault::new(place, message));
    }

    /// How many faults keep the rule from running so far.
    fn faults(&self) -> usize {
        self.errors.len() + self.unsupported.len()
    }

    /// The text of a value that must be one.
    fn text<'y>(&mut self, key: &str, yaml: &'y Yaml) -> Option<&'y str> {
        let text = yaml.as_str().filter(|_| !yaml.is_null());
        if text.is_none() {
            self.error(yaml.place, format!("`{key}` must be a text, not {}", yaml.describe()));
        }
        text
    }

    /// The text under a key that must be there.
    fn required<'y>(&mut self, map: &'y Yaml, key: &str) -> Option<&'y str> {
        if let Some(value) = map.get(key) {
            self.text(key, value)
        } else {
            self.error(map.place, format!("`{key}` is missing"));
            None
        }
    }

    /// The entries of a value that must be a map with some keys.
    fn map<'y>(&mut self, key: &str, yaml: &'y Yaml, keys: &str) -> Option<&'y Yaml> {
        if yaml.as_map().is_some() {
            return Some(yaml);
        }
        self.error(yaml.place, format!("`{key}` must be a map with {keys}, not {}", yaml.describe()));
        None
    }

    /// The list of a value that must be one and have entries.
    fn entries<'y>(&mut self, key: &str, yaml: &'y Yaml) -> Option<&'y [Yaml]> {
        let list = self.list(key, yaml)?;
        if list.is_empty() {
            self.error(yaml.place, format!("`{key}` is empty; it needs an entry"));
        }
        Some(list)
    }

    /// The list of a value that must be one.
    fn list<'y>(&mut self, key: &str, yaml: &'y Yaml) -> Option<&'y [Yaml]> {
        let list = yaml.as_list();
        if list.is_none() {
            self.error(yaml.place, format!("`{key}` must be a list, not {}", yaml.describe()));
        }
        list
    }

    /// The texts of a value that must be a list of them; one text alone will do.
    fn texts(&mut self, key: &str, yaml: &Yaml) -> Vec<String> {
        match yaml.as_list() {
            Some(items) => items.iter().filter_map(|item| self.text(key, item).map(str::to_owned)).collect(),
            None => self.text(key, yaml).map(str::to_owned).into_iter().collect(),
        }
    }

    /// A boolean, or the default where it is missing or wrong.
    fn flag(&mut self, map: &Yaml, key: &str, default: bool) -> bool {
        let Some(value) = map.get(key) else { return default };
        value.as_bool().unwrap_or_else(|| {
            self.error(value.place, format!("`{key}` must be `true` or `false`"));
            default
        })
    }

    /// A metavariable's name, with its dollar sign.
    fn metavariable(&mut self, key: &str, yaml: &Yaml) -> Option<Symbol> {
        let text = self.text(key, yaml)?;
        self.metavariable_named(key, text, yaml.place)
    }

    /// The metavariable of a name, with its dollar sign.
    fn metavariable_named(&mut self, key: &str, text: &str, place: Place) -> Option<Symbol> {
        let name = text.strip_prefix("$...").or_else(|| text.strip_prefix('$')).unwrap_or("");
        let valid = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if !valid {
            self.error(place, format!("`{key}` must name a metavariable, like `$X`"));
        }
        valid.then(|| Symbol::new(text))
    }
}

/// The rule, what fronts show of it, and whether it reads any text.
fn read_rule(reader: &mut Reader, yaml: &Yaml) -> Option<(Rule, RuleInfo, bool)> {
    if yaml.as_map().is_none() {
        reader.error(yaml.place, format!("a rule must be a map, not {}", yaml.describe()));
        return None;
    }
    versions(reader, yaml);
    let id = reader.required(yaml, "id").map(Arc::<str>::from);
    if let (Some(id), Some(value)) = (&id, yaml.get("id"))
        && (id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte)))
    {
        reader.error(value.place, "`id` must be made of letters, digits, `.`, `_` and `-`");
    }
    let message = match yaml.get("message") {
        Some(value) => reader.text("message", value).map(str::to_owned),
        None => Some(String::new()),
    };
    let severity = severity(reader, yaml);
    let (names, any_text) = languages(reader, yaml)?;
    options(reader, yaml);
    if reader.languages.is_empty() && names.iter().any(|name| name == "generic") {
        reader.generic = Some(reader.generic_config.engine);
    }
    misspelt(reader, yaml);
    let body = body(reader, yaml);
    let fix = fix(reader, yaml);
    let paths = paths(reader, yaml);
    let rule = Rule {
        id: id?,
        origin: yaml.get("id").map_or(Origin::NOWHERE, |value| Origin::under("id", value)),
        message: message?,
        severity: severity?,
        body: body?,
        fix,
        paths,
        options: reader.options,
    };
    let info = RuleInfo {
        id: rule.id.clone(),
        source: String::new(),
        message: rule.message.clone(),
        severity: rule.severity,
        languages: names,
        metadata: yaml.get("metadata").map_or_else(|| "{}".to_owned(), |metadata| metadata.to_json().to_string()),
    };
    Some((rule, info, any_text))
}

fn versions(reader: &mut Reader, yaml: &Yaml) {
    for key in ["min-version", "max-version"] {
        let Some(value) = yaml.get(key) else { continue };
        let Some(version) = value.as_str().and_then(version) else {
            reader.error(value.place, format!("`{key}` must be a version, like 1.50.0"));
            continue;
        };
        let fits = if key == "min-version" { version <= COMPATIBLE_WITH } else { version >= COMPATIBLE_WITH };
        if !fits {
            reader.out_of_range = Some(Origin::under(key, value));
        }
    }
}

fn version(text: &str) -> Option<[u32; 3]> {
    let mut numbers = [0; 3];
    let release = text.split(['-', '+']).next()?;
    for (at, part) in release.split('.').enumerate() {
        *numbers.get_mut(at)? = part.parse().ok()?;
    }
    Some(numbers)
}

fn severity(reader: &mut Reader, yaml: &Yaml) -> Option<Severity> {
    let text = reader.required(yaml, "severity")?;
    let severity = Severity::parse(text).or_else(|| Severity::parse(&text.to_ascii_uppercase()));
    if severity.is_none() {
        let place = yaml.get("severity").map_or(yaml.place, |value| value.place);
        reader.error(place, "`severity` must be CRITICAL, HIGH, MEDIUM, LOW, ERROR, WARNING or INFO");
    }
    severity
}

/// The names as written, and whether the rule reads any text. Languages Weir does not read are passed over as long as
/// one is left.
fn languages(reader: &mut Reader, yaml: &Yaml) -> Option<(Vec<String>, bool)> {
    let Some(value) = yaml.get("languages").or_else(|| yaml.get("language")) else {
        reader.error(yaml.place, "`languages` is missing");
        return None;
    };
    let names = reader.texts("languages", value);
    for name in &names {
        for &language in Language::from_rule_name(name) {
            if !reader.languages.contains(&language) {
                reader.languages.push(language);
            }
        }
    }
    let any_text = names.iter().any(|name| matches!(name.as_str(), "regex" | "none" | "generic"));
    if reader.languages.is_empty() && !any_text {
        if names.is_empty() {
            reader.error(value.place, "`languages` names no language");
        } else {
            let names = names.join(", ");
            reader
                .unsupported(value.place, format!("`languages`: Weir does not read {names} yet; the rule is skipped"));
        }
        return None;
    }
    Some((names, any_text))
}

fn options(reader: &mut Reader, yaml: &Yaml) {
    let Some(options) = yaml.get("options") else { return };
    let Some(entries) = options.as_map() else {
        if !options.is_null() {
            reader.error(options.place, format!("`options` must be a map, not {}", options.describe()));
        }
        return;
    };
    for (key, value) in entries {
        let name = key.text.as_str();
        if Options::is_without_effect(name) || generic::option(reader, key, value) {
            continue;
        }
        if matches!(name, "taint_focus_on" | "taint_match_on") {
            match value.as_str() {
                Some(end @ ("source" | "sink")) => reader.options.taint_focus_on_source = end == "source",
                _ => reader.error(value.place, format!("the option `{name}` must be `source` or `sink`")),
            }
            continue;
        }
        match (reader.options.get_mut(name), value.as_bool()) {
            (Some(option), Some(on)) => *option = on,
            (Some(_), None) => reader.error(value.place, format!("the option `{name}` must be `true` or `false`")),
            (None, _) => reader.warning(key.place, format!("the option `{name}` is not known and has no effect")),
        }
    }
}

/// Modes that Weir does not have, the keys rules in them have, and what to do instead.
const OTHER_MODES: &[(&str, &[&str], &str)] = &[
    ("join", &["join"], "joins what several rules find; write what belongs together as one rule with `mode: taint`"),
    (
        "extract",
        &["extract", "dest-language", "dest-rules"],
        "takes code of one language out of another; ask for it where it stands by `metavariable-pattern` with `language`",
    ),
    ("secrets", &[], "asks a service whether a secret is valid; without `mode` the rule finds what looks like one"),
    ("supply_chain", &["r2c-internal-project-depends-on"], "reads lock files; use a scanner of dependencies"),
    ("steps", &["steps"], "runs one rule after the other; write them as rules of their own"),
];

/// Keys of a rule that begin like those of formulas.
const FORMULA_LIKE_KEYS: &[&str] = &[
    "pattern",
    "patterns",
    "pattern-either",
    "pattern-regex",
    "pattern-sources",
    "pattern-sinks",
    "pattern-sanitizers",
    "pattern-propagators",
    "pattern-where-python",
    "fix",
    "fix-regex",
];

/// Rules may have keys for other tools, but one that looks like a key of a formula was meant as one.
fn misspelt(reader: &mut Reader, yaml: &Yaml) {
    for (key, _) in yaml.as_map().unwrap_or_default() {
        let name = key.text.as_str();
        let meant = ["pattern", "metavariable", "focus", "fix"].iter().any(|start| name.starts_with(start));
        if meant && !FORMULA_LIKE_KEYS.contains(&name) {
            reader.warning(
                key.place,
                format!("`{name}` has no meaning here and is ignored; look at how it is spelt and placed"),
            );
        }
    }
    let is_taint = yaml.get("mode").and_then(Yaml::as_str) == Some("taint");
    if let Some((key, _)) =
        yaml.as_map().unwrap_or_default().iter().find(|(key, _)| key.text == "pattern-sources" && !is_taint)
    {
        reader.warning(key.place, "`pattern-sources` is ignored; a taint rule says `mode: taint`");
    }
}

fn body(reader: &mut Reader, yaml: &Yaml) -> Option<Body> {
    let entries = yaml.as_map()?;
    let mode = yaml.get("mode");
    let name = mode.map_or(Some("search"), Yaml::as_str).unwrap_or_default();
    for (other, keys, instead) in OTHER_MODES {
        let key = entries.iter().find(|(key, _)| keys.contains(&key.text.as_str())).map(|(key, _)| key.place);
        if let Some(place) = mode.map(|mode| mode.place).filter(|_| name == *other).or(key) {
            reader.unsupported(place, format!("`mode: {other}` {instead}; the rule is skipped"));
            return None;
        }
    }
    if !matches!(name, "search" | "taint") {
        reader.error(mode.map_or(yaml.place, |mode| mode.place), "`mode` must be `search` or `taint`");
        return None;
    }
    if let Some((key, _)) = entries.iter().find(|(key, _)| key.text == "pattern-where-python") {
        conditions::condition(reader, key, yaml);
        return None;
    }
    if let Some(taint) = yaml.get("taint") {
        let taint = reader.map("taint", taint, "`sources` and `sinks`")?;
        return Some(Body::Taint(taint::spec(reader, taint, taint::Syntax::Modern)));
    }
    if let Some(formula) = yaml.get("match") {
        return modern::formula(reader, "match", formula, formula::Positives::Needed).map(Body::Search);
    }
    if name == "taint" {
        return Some(Body::Taint(taint::spec(reader, yaml, taint::Syntax::Classic)));
    }
    formula::of_map(reader, yaml, formula::Positives::Needed).map(Body::Search)
}

fn fix(reader: &mut Reader, yaml: &Yaml) -> Option<FixTemplate> {
    if let Some(fix) = yaml.get("fix") {
        // An empty fix removes the match.
        let text = if fix.is_null() { Some("") } else { reader.text("fix", fix) };
        return text.map(|text| FixTemplate::Text(text.to_owned()));
    }
    let fix = reader.map("fix-regex", yaml.get("fix-regex")?, "`regex` and `replacement`")?;
    let pattern = reader.required(fix, "regex")?;
    let replacement = match fix.get("replacement") {
        Some(value) if value.is_null() => "",
        _ => reader.required(fix, "replacement")?,
    };
    let count = match fix.get("count") {
        Some(value) => {
            if let Some(count) = value.as_int().and_then(|count| usize::try_from(count).ok()) {
                Some(count).filter(|&count| count > 0)
            } else {
                reader.error(value.place, "`count` must be a number, 0 for all");
                None
            }
        }
        None => None,
    };
    match FixTemplate::regex(pattern, replacement, count) {
        Ok(fix) => Some(fix),
        Err(error) => {
            reader.error_inside(fix.get("regex").unwrap_or(fix), error.at, format!("`regex`: {error}"));
            None
        }
    }
}

fn paths(reader: &mut Reader, yaml: &Yaml) -> Paths {
    let Some(paths) = yaml.get("paths") else { return Paths::default() };
    if paths.as_map().is_none() {
        if !paths.is_null() {
            reader.map("paths", paths, "`include` or `exclude`");
        }
        return Paths::default();
    }
    let mut globs = |key: &str| paths.get(key).filter(|value| !value.is_null()).map(|value| reader.texts(key, value));
    let (include, exclude) = (globs("include"), globs("exclude").unwrap_or_default());
    Paths::new(include.as_deref(), &exclude).unwrap_or_else(|error| {
        reader.error(paths.place, format!("`paths`: {error}"));
        Paths::default()
    })
}
