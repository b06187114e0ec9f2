//! `.snyk`, the policy file of Snyk's tools:
//!
//! ```yaml
//! ignore:
//!   python/Sqli:
//!     - 'src/report.py':
//!         reason: the table's name is ours
//!         expires: 2026-12-31T00:00:00.000Z
//! ```
//!
//! Most of these name a known hole in a package, which is nothing of ours. An entry is about a finding if it names its rule, the
//! check of Snyk Code that the rule is like, or its weakness (`CWE-89`).

use super::{Entry, Files, Until, Where};
use saphyr_parser::{Event, Parser, ScalarStyle};
use weir_model::{MarkKind, Weakness};
use weir_worker::{day, weaknesses};

/// Deeper than any policy is.
const MAX_DEPTH: usize = 32;

/// A part of a YAML file. Aliases are nothing: no policy has them.
enum Node {
    /// With its line, from one.
    Scalar(String, u32),
    List(Vec<Node>),
    Map(Vec<(String, u32, Node)>),
}

/// The entries of a policy.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let Some(Node::Map(keys)) = read(text)? else { return Ok(Vec::new()) };
    let ignored = keys.into_iter().filter(|(key, ..)| key == "ignore").map(|(.., value)| value);
    let mut entries = Vec::new();
    for (id, line, paths) in ignored.flat_map(Node::into_map) {
        let id = id.as_str();
        for path in paths.into_list() {
            match path {
                Node::Scalar(path, line) => entries.push(entry(id, &path, line, &[])?),
                Node::Map(paths) => {
                    for (path, line, about) in paths {
                        entries.push(entry(id, &path, line, &about.into_map())?);
                    }
                }
                Node::List(_) => return Err(format!("line {line}: {id} has a list of lists")),
            }
        }
    }
    Ok(entries)
}

fn entry(id: &str, path: &str, line: u32, about: &[(String, u32, Node)]) -> Result<Entry, String> {
    let said = |wanted: &str| {
        about.iter().find_map(|(key, line, value)| match value {
            Node::Scalar(text, _) if key == wanted && !text.trim().is_empty() => Some((text.trim(), *line)),
            _ => None,
        })
    };
    let until = match said("expires") {
        Some((text, line)) => {
            Some(moment(text).ok_or_else(|| format!("line {line}: `expires` is no day like 2026-12-31: {text}"))?)
        }
        None => None,
    };
    // What stands behind such an arrow is within the file.
    let path = path.split(" > ").next().unwrap_or(path).trim().trim_start_matches("./").trim_start_matches('/');
    Ok(Entry {
        kind: MarkKind::SnykPolicy,
        at: line,
        files: Files::matching(path)?,
        place: Where::Anywhere,
        rule: Some(id.to_owned()),
        weaknesses: classes(id),
        reason: said("reason").map(|(text, _)| text.to_owned()),
        until,
    })
}

/// What an id names: `python/Sqli`, `Sqli`, `javascript/Sqli/test`, `CWE-89`.
fn classes(id: &str) -> Vec<Weakness> {
    if let Some(weakness) = Weakness::read(id) {
        return vec![weakness];
    }
    let name = id.strip_suffix("/test").unwrap_or(id);
    weaknesses(MarkKind::Snyk, name.rsplit('/').next().unwrap_or(name))
}

/// `2026-12-31`, with or without a time, which is told in UTC.
fn moment(text: &str) -> Option<Until> {
    let (date, time) = (text.get(..10)?, text.get(10..)?);
    let clock = time.trim_start_matches(['T', 't', ' ']);
    let mut units = clock.split([':', '.', 'Z', 'z', '+']).map(|digits| digits.parse::<i64>().ok());
    let mut unit = || if clock.is_empty() { Some(0) } else { units.next().flatten() };
    let seconds = unit()? * 3600 + unit()? * 60 + unit().unwrap_or(0);
    Some(Until { text: date.to_owned(), second: day(date)? * 86_400 + seconds })
}

impl Node {
    fn into_map(self) -> Vec<(String, u32, Node)> {
        match self {
            Self::Map(entries) => entries,
            Self::List(_) | Self::Scalar(..) => Vec::new(),
        }
    }

    fn into_list(self) -> Vec<Node> {
        match self {
            Self::List(items) => items,
            Self::Map(_) | Self::Scalar(..) => Vec::new(),
        }
    }
}

/// A list or map that is not closed yet; of a map the key that waits for its value.
enum Open {
    List(Vec<Node>),
    Map(Vec<(String, u32, Node)>, Option<(String, u32)>),
}

/// The first document of a file.
fn read(text: &str) -> Result<Option<Node>, String> {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, range) = event.map_err(|error| error.to_string())?;
        let line = range.start.line() as u32;
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Vec::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|done| match done {
                Open::List(items) => Node::List(items),
                Open::Map(entries, _) => Node::Map(entries),
            }),
            Event::Scalar(text, style, ..) => {
                let is_nothing = style == ScalarStyle::Plain && matches!(&*text, "~" | "null");
                Some(Node::Scalar(if is_nothing { String::new() } else { text.into_owned() }, line))
            }
            Event::Alias(_) => Some(Node::Scalar(String::new(), line)),
            _ => None,
        };
        if open.len() > MAX_DEPTH {
            return Err(format!("line {line}: nested too deeply"));
        }
        let Some(node) = done else { continue };
        match open.last_mut() {
            None => return Ok(Some(node)),
            Some(Open::List(items)) => items.push(node),
            Some(Open::Map(entries, key)) => match (key.take(), node) {
                (Some((name, at)), value) => entries.push((name, at, value)),
                (None, Node::Scalar(name, at)) => *key = Some((name, at)),
                (None, _) => return Err(format!("line {line}: a list or map cannot be a key")),
            },
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_it_is_written() {
        let text = "# Snyk (https://snyk.io) policy file\nversion: v1.25.0\nignore:\n  python/Sqli:\n    - 'src/*.py':\n        \
                    reason: ours\n        expires: 2026-12-31T12:30:01.000Z\n        created: 2026-01-01\n    - '*'\n  \
                    SNYK-JS-LODASH-567746:\n    - 'a > lodash@1':\n        reason: None Given\npatch: {}\n";
        let entries = entries(text).expect("a policy");
        let told: Vec<_> =
            entries.iter().map(|entry| (entry.at, entry.rule.as_deref(), entry.weaknesses.len())).collect();
        let sqli = Some("python/Sqli");
        assert_eq!(told, [(5, sqli, 1), (9, sqli, 1), (11, Some("SNYK-JS-LODASH-567746"), 0)]);
        assert_eq!(entries[0].reason.as_deref(), Some("ours"));
        let until = entries[0].until.as_ref().expect("a last day");
        assert_eq!((until.text.as_str(), until.second), ("2026-12-31", 20_818 * 86_400 + 12 * 3600 + 30 * 60 + 1));
        for (text, why) in [
            ("ignore: [", "did not find"),
            ("ignore:\n  a:\n  - '*':\n      expires: soon\n", "line 4: `expires` is no day"),
            (&"[".repeat(99), "nested too deeply"),
        ] {
            let error = super::entries(text).expect_err(text);
            assert!(error.contains(why), "{error}");
        }
        for text in ["", "a", "- a", "ignore: {}", "ignore:", "ignore:\n  a:\n", "ignore:\n  a: b\n"] {
            assert_eq!(super::entries(text).map(|all| all.len()), Ok(0), "{text}");
        }
    }

    #[test]
    fn days_may_have_a_time() {
        for (text, expected) in [
            ("1970-01-02", Some(86_400)),
            ("1970-01-01T01:00:00Z", Some(3600)),
            ("1970-01-01 00:01", Some(60)),
            ("1970-01-01T00:00:59.999+00:00", Some(59)),
            ("1970-02-30", None),
            ("1970-01-01 soon", None),
            ("Thu, 01 Jan 1970", None),
            ("é", None),
        ] {
            assert_eq!(moment(text).map(|until| until.second), expected, "{text}");
        }
    }
}
