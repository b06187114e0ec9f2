//! `weir.toml`: where it is, and what it says, everything that is wrong with it with its place.

use super::Layer;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fmt, fs};
use toml::de::{DeTable, ValueDeserializer};
use weir_model::{PositionEncoding, Span};

/// The name of the file.
pub(crate) const FILE_NAME: &str = "weir.toml";

/// Something wrong with a file of configuration. What it says elsewhere is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The file.
    pub(crate) path: PathBuf,
    /// Where in it, in bytes.
    pub(crate) span: Span,
    /// Its line and column, from one; 0 for none.
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// What was found and what was expected.
    pub(crate) message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The file that speaks for a folder: in it or above, but not above the project it belongs to (the folder with `.git`).
pub(crate) fn find(folder: &Path) -> Option<PathBuf> {
    for above in folder.ancestors() {
        let file = above.join(FILE_NAME);
        if file.is_file() {
            return Some(file);
        }
        if above.join(".git").exists() {
            break;
        }
    }
    None
}

/// Reads a file of configuration.
pub(crate) fn read(path: &Path) -> (Layer, Vec<Problem>) {
    match fs::read_to_string(path) {
        Ok(text) => parse(path, &text),
        Err(error) => {
            let message = format!("cannot be read: {error}");
            let problem = Problem { path: path.to_owned(), span: Span::default(), line: 0, column: 0, message };
            (Layer::default(), vec![problem])
        }
    }
}

/// Reads the text of a file of configuration.
pub(crate) fn parse(path: &Path, text: &str) -> (Layer, Vec<Problem>) {
    parse_unless(path, text, |_| None)
}

/// The same, but for keys that may not be there: `refusal` says why.
pub(super) fn parse_unless(path: &Path, text: &str, refusal: impl Fn(&str) -> Option<String>) -> (Layer, Vec<Problem>) {
    let rope = ropey::Rope::from_str(text);
    let problem = |span: Option<Range<usize>>, message: &str| {
        let span = span.map_or_else(Span::default, Span::from);
        let at = PositionEncoding::Utf32.position(&rope, span.start);
        let message = message.trim_end().replace('\n', ", ");
        Problem { path: path.to_owned(), span, line: at.line + 1, column: at.column + 1, message }
    };
    let mut layer = Layer::default();
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<_> = errors.iter().map(|error| problem(error.span(), error.message())).collect();
    for (key, value) in table.into_inner() {
        let (at, name) = (key.span(), key.into_inner());
        if let Some(refusal) = refusal(&name) {
            problems.push(problem(Some(at), &refusal));
            continue;
        }
        match layer.set(&name, ValueDeserializer::from(value)) {
            Some(Ok(())) => {}
            Some(Err(error)) => problems.push(problem(error.span().or(Some(at)), error.message())),
            None => problems.push(problem(Some(at), &unknown(&name))),
        }
    }
    problems.sort_by_key(|problem| problem.span);
    // A value that is none is no value of its kind, either: the first says more.
    problems.dedup_by_key(|problem| problem.span);
    (layer, problems)
}

fn unknown(name: &str) -> String {
    format!("there is no setting `{name}`; there are {}", Layer::KEYS.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::filter::Rank;
    use crate::config::{Audit, Level};

    #[test]
    fn every_section_is_read() {
        let text = r#"
            rules = ["rules", "built-in"]
            exclude = ["generated/"]
            max-target-bytes = 5
            timeout = 2.5
            workspace = false

            [filter]
            severity = "warning"
            confidence = "high"
            audit = "hint"
            exclude-rules = ["*-debug-*"]

            [severity]
            "python-*" = "error"
            "python-ssrf" = "off"

            [[folder]]
            paths = ["tests/**"]
            filter.severity = "error"
        "#;
        let (layer, problems) = parse(Path::new("weir.toml"), text);
        assert_eq!(problems, []);
        assert_eq!(layer.rules.as_deref(), Some(["rules".to_owned(), "built-in".to_owned()].as_slice()));
        assert_eq!((layer.max_target_bytes, layer.timeout, layer.workspace), (Some(5), Some(2.5), Some(false)));
        let filter = layer.filter.unwrap();
        assert_eq!((filter.severity, filter.confidence), (Some(Level::Warning), Some(Rank::High)));
        assert_eq!(filter.audit, Some(Audit::Hint));
        assert_eq!(layer.severity.unwrap()["python-ssrf"], Level::Off);
        assert_eq!(layer.folder.unwrap()[0].filter.severity, Some(Level::Error));
    }

    /// All that is wrong is said, and what is right is in force.
    #[test]
    fn problems_have_their_places() {
        for (text, expected) in [
            ("workspce = true\nworkspace = false", vec![(1, 1, "there is no setting `workspce`")]),
            ("rules = \"x\"", vec![(1, 9, "invalid type: string \"x\", expected a sequence")]),
            ("[filter]\nseverity = \"bad\"\n", vec![(2, 12, "unknown variant `bad`")]),
            ("[filter]\nconfidance = \"low\"\n", vec![(2, 1, "unknown field `confidance`")]),
            ("[[folder]]\npaths = [\"a[\"]\n", vec![(2, 9, "error parsing glob 'a['")]),
            ("timeout = \n", vec![(1, 11, "string values must be quoted")]),
            ("a = 1\nb = 2", vec![(1, 1, "no setting `a`"), (2, 1, "no setting `b`")]),
        ] {
            let (_, problems) = parse(Path::new("weir.toml"), text);
            let places: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
            assert_eq!(places, expected.iter().map(|&(line, column, _)| (line, column)).collect::<Vec<_>>(), "{text}");
            for (problem, (_, _, message)) in problems.iter().zip(&expected) {
                assert!(problem.message.contains(message), "{text}: {}", problem.message);
            }
        }
        let (layer, _) = parse(Path::new("weir.toml"), "nonsense = 1\nworkspace = false\n");
        assert_eq!(layer.workspace, Some(false));
    }

    #[test]
    fn the_file_is_looked_for_up_to_the_projects_root() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("project/src/deep");
        fs::create_dir_all(&inner).unwrap();
        fs::write(root.path().join(FILE_NAME), "").unwrap();
        assert_eq!(find(&inner), Some(root.path().join(FILE_NAME)));
        fs::create_dir(root.path().join("project/.git")).unwrap();
        assert_eq!(find(&inner), None);
        fs::write(root.path().join("project/src/weir.toml"), "").unwrap();
        assert_eq!(find(&inner), Some(root.path().join("project/src/weir.toml")));
    }
}
