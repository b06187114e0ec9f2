//! What a team has agreed on in its engine: a part of a `weir.toml` that counts where neither the project nor the person says
//! anything.
//!
//! It comes from another machine, so it can say less than a file of the project's: which findings are shown and as what, and
//! nothing that names a file, an address or a program, or by which something would not be looked at. Who sets it is told of every
//! mistake in it. Who is sent it may have a Weir that knows other settings than theirs: it takes what it understands.

use super::file::{self, Problem};
use super::{Filter, Folder, Layer, Level};
use crate::remote::EngineUrl;
use crate::walk::fits;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;
use weir_model::Span;

/// What a team can say.
const KEYS: [&str; 3] = ["filter", "severity", "folder"];

/// Largest configuration of a team, in bytes: some hundred lines. Each of them may cost every finding of every editor of the team
/// a glob, and must not be noticed.
pub(crate) const MAX_BYTES: usize = 16 << 10;

/// Settings that are named when they are not taken, and characters of each name. It is somebody else's text.
const NAMED: usize = 5;
const NAME_CHARS: usize = 40;

/// What is wrong with the configuration that somebody wants to give a team.
pub(crate) fn problems(path: &Path, text: &str) -> Vec<Problem> {
    if text.len() > MAX_BYTES {
        let message = format!("has {} bytes; a team's configuration has at most {MAX_BYTES}", text.len());
        return vec![Problem { path: path.to_owned(), span: Span::default(), line: 0, column: 0, message }];
    }
    let refusal = |key: &str| {
        let allowed = KEYS.contains(&key);
        (!allowed).then(|| format!("`{key}` is not for a team to set; there are {}", KEYS.join(", ")))
    };
    file::parse_unless(path, text, refusal).1
}

/// The configuration of a team as it is put in force.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TeamConfig {
    /// In the words of `weir.toml`.
    pub(crate) layer: Layer,
    /// What was sent beside, by the names of the settings: not known here, not for a team, or not as it should be.
    left_out: Vec<String>,
    /// Nothing of it can be read.
    unreadable: bool,
}

impl TeamConfig {
    /// Reads what an engine sent.
    pub(crate) fn read(text: &str) -> Self {
        let mut config = Self::default();
        let table = (text.len() <= MAX_BYTES).then(|| toml::from_str::<Map<String, Value>>(text).ok()).flatten();
        let Some(table) = table else {
            config.unreadable = true;
            return config;
        };
        for (key, value) in table {
            match (key.as_str(), value) {
                ("filter", Value::Object(filter)) => config.layer.filter = Some(config.filter(filter)),
                ("severity", Value::Object(levels)) => {
                    let levels = levels.into_iter().filter_map(|(rule, level)| {
                        let level = Level::deserialize(&level).ok().filter(|_| fits(&rule));
                        if level.is_none() {
                            config.left_out.push(format!("severity.{rule}"));
                        }
                        Some((rule, level?))
                    });
                    config.layer.severity = Some(levels.collect());
                }
                ("folder", Value::Array(folders)) => {
                    let folders = folders.into_iter().filter_map(|folder| config.folder(folder)).collect();
                    config.layer.folder = Some(folders);
                }
                _ => config.left_out.push(key),
            }
        }
        config
    }

    /// Each key by itself, so that one that is not known here does not take the others with it.
    fn filter(&mut self, filter: Map<String, Value>) -> Filter {
        let mut known = Map::new();
        for (key, value) in filter {
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            if Filter::deserialize(Value::Object(alone)).is_ok() {
                known.insert(key, value);
            } else {
                self.left_out.push(format!("filter.{key}"));
            }
        }
        Filter::deserialize(Value::Object(known)).unwrap_or_default()
    }

    /// A folder as a whole: what is not known here may say where it holds.
    fn folder(&mut self, folder: Value) -> Option<Folder> {
        let folder = Folder::deserialize(folder).ok();
        if folder.is_none() {
            self.left_out.push("folder".to_owned());
        }
        folder
    }

    /// What it sets, by the names of the settings; of rules and folders how many. `None` if nothing.
    pub(crate) fn sets(&self) -> Option<String> {
        let mut sets = Vec::new();
        if let Some(filter) = &self.layer.filter {
            sets.extend(filter.keys().map(|key| format!("filter.{key}")));
        }
        if let Some(levels) = self.layer.severity.as_ref().filter(|levels| !levels.is_empty()) {
            sets.push(format!("severity ({})", levels.len()));
        }
        if let Some(folders) = self.layer.folder.as_ref().filter(|folders| !folders.is_empty()) {
            sets.push(format!("folder ({})", folders.len()));
        }
        (!sets.is_empty()).then(|| sets.join(", "))
    }

    /// What of it is not taken, for people. `None` if all of it is.
    pub(crate) fn left_out(&self) -> Option<String> {
        if self.unreadable {
            return Some("it cannot be read".to_owned());
        }
        let name = |name: &String| {
            format!("`{}`", name.chars().take(NAME_CHARS).flat_map(char::escape_debug).collect::<String>())
        };
        let mut names: Vec<String> = self.left_out.iter().take(NAMED).map(name).collect();
        if self.left_out.len() > NAMED {
            names.push(format!("{} more", self.left_out.len() - NAMED));
        }
        (!names.is_empty())
            .then(|| format!("left out, because this version or a team cannot have it: {}", names.join(", ")))
    }
}

/// What a person is told of the configuration that their team has now. `wanted`: it is put in force.
pub(crate) fn told(url: &EngineUrl, text: Option<&str>, wanted: bool) -> Option<String> {
    let said = text.filter(|text| !text.trim().is_empty());
    Some(match (said, wanted) {
        (Some(text), true) => {
            let config = TeamConfig::read(text);
            let sets = config.sets().unwrap_or_else(|| "nothing".to_owned());
            let left_out = config.left_out().map(|left_out| format!("; {left_out}")).unwrap_or_default();
            format!(
                "the configuration of your team at {url} counts where neither the project nor you say anything. It sets {sets}{left_out}"
            )
        }
        (Some(_), false) => format!(
            "your team at {url} has a configuration of its own. It does not count; `weir login --team-config` has it count"
        ),
        (None, true) => format!("your team at {url} has no configuration of its own any more"),
        (None, false) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::filter::Rank;

    #[test]
    fn who_sets_it_is_told_what_is_wrong_with_its_place() {
        for (text, expected) in [
            ("", vec![]),
            ("filter.severity = \"error\"\n[severity]\n\"a-*\" = \"off\"\n[[folder]]\npaths = [\"x/\"]\n", vec![]),
            ("[filter]\nseverity = \"error\"\n[nonsense]\n", vec![(3, 2, "`nonsense` is not for a team")]),
            ("\nrules = [\"/etc/passwd\"]", vec![(2, 1, "`rules` is not for a team")]),
            ("engine = \"local\"\nbaseline = \"/x\"", vec![(1, 1, "`engine`"), (2, 1, "`baseline`")]),
            ("filter.severity = \"bad\"", vec![(1, 19, "unknown variant `bad`")]),
            ("[filter]\nnew = 1", vec![(2, 1, "unknown field `new`")]),
            ("[filter\n", vec![(1, 8, "unclosed table")]),
        ] {
            let problems = problems(Path::new("team.toml"), text);
            let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
            assert_eq!(
                places,
                expected.iter().map(|&(line, column, _)| (line, column)).collect::<Vec<_>>(),
                "{problems:?}"
            );
            for (problem, (_, _, message)) in problems.iter().zip(&expected) {
                assert!(problem.message.contains(message), "{text}: {}", problem.message);
            }
        }
        let large = problems(Path::new("team.toml"), &"#".repeat(MAX_BYTES + 1));
        assert!(large[0].message.contains("at most"), "{large:?}");
    }

    /// A text, what it sets, what is left out.
    #[test]
    fn what_is_sent_is_taken_as_far_as_it_is_understood() {
        for (text, sets, left_out) in [
            ("", None, None),
            ("filter.confidence = \"high\"", Some("filter.confidence"), None),
            ("filter.confidence = \"high\"\nfilter.later = 3", Some("filter.confidence"), Some("`filter.later`")),
            ("filter.confidence = \"surely\"", None, Some("`filter.confidence`")),
            ("severity.a = \"error\"\nseverity.b = \"fatal\"", Some("severity (1)"), Some("`severity.b`")),
            (
                "[[folder]]\npaths = [\"a\"]\n[[folder]]\npaths = [\"b\"]\nlanguage = \"x\"",
                Some("folder (1)"),
                Some("`folder`"),
            ),
            ("later = 1\nfilter.rules = [\"a*\"]", Some("filter.rules"), Some("`later`")),
            ("filter = 1", None, Some("`filter`")),
            ("[filter", None, Some("cannot be read")),
            ("a=1\nb=1\nc=1\nd=1\ne=1\nf=1\ng=1", None, Some("2 more")),
            ("\"\\u001b[2J\\nx\" = 1", None, Some("`\\u{1b}[2J\\nx`")),
        ] {
            let config = TeamConfig::read(text);
            assert_eq!(config.sets().as_deref(), sets, "{text}");
            let told = config.left_out();
            assert!(
                told.is_some() == left_out.is_some() && told.unwrap_or_default().contains(left_out.unwrap_or_default()),
                "{text}: {:?}",
                config.left_out()
            );
        }
        assert_eq!(
            TeamConfig::read("filter.confidence = \"high\"\nfilter.x = 1").layer.filter.unwrap().confidence,
            Some(Rank::High)
        );
        assert!(TeamConfig::read(&"#".repeat(MAX_BYTES + 1)).unreadable);
    }

    /// Whatever a hostile engine sends, all that comes of it is which findings are shown.
    #[test]
    fn nothing_else_than_what_is_shown_can_be_set() {
        for key in Layer::KEYS.iter().filter(|key| !KEYS.contains(*key)) {
            for value in ["true", "1", "\"x\"", "\"local\"", "[\"../x\"]", "{ url = \"https://evil\" }"] {
                let config = TeamConfig::read(&format!("{key} = {value}"));
                assert_eq!((config.layer.clone(), config.left_out.len()), (Layer::default(), 1), "{key} = {value}");
            }
        }
        for deep in [
            format!("filter.rules = {}{}", "[".repeat(5000), "]".repeat(5000)),
            format!("filter.rules = [\"{}{}\"]", "{*,".repeat(4000), "}".repeat(4000)),
            format!("severity.\"{}{}\" = \"off\"", "{*,".repeat(4000), "}".repeat(4000)),
        ] {
            let config = TeamConfig::read(&deep);
            assert!(config.sets().is_none() && config.left_out().is_some(), "{}", &deep[..40]);
        }
    }
}
