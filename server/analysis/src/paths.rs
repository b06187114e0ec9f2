//! `paths:` of rules: which files a rule looks at. Only names are compared; no file is touched.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Which files a rule looks at; by default all.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    /// `None`: all files.
    include: Option<Globs>,
    exclude: Globs,
}

/// Globs, and the texts they were made of.
#[derive(Debug, Default)]
struct Globs {
    set: GlobSet,
    texts: Vec<String>,
}

/// Why a rule does not look at a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal<'a> {
    /// None of `include` matches.
    NotIncluded(&'a [String]),
    /// This one of `exclude` does.
    Excluded(&'a str),
}

impl Paths {
    /// Compiles the globs of `include` and `exclude`.
    pub(crate) fn new(include: Option<&[String]>, exclude: &[String]) -> Result<Self, String> {
        Ok(Self { include: include.map(globs).transpose()?, exclude: globs(exclude)? })
    }

    /// Whether the rule looks at every file.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.include.is_none() && self.exclude.texts.is_empty()
    }

    /// Whether the rule looks at a file; the path is relative to the project's root, with forward slashes. `exclude` wins.
    pub(crate) fn admit(&self, path: &str) -> bool {
        self.refusal(path).is_none()
    }

    /// Why the rule does not look at a file, if it does not.
    pub(crate) fn refusal(&self, path: &str) -> Option<Refusal<'_>> {
        let path = path.trim_start_matches("./");
        if let Some(at) = self.exclude.set.matches(path).first() {
            return Some(Refusal::Excluded(&self.exclude.texts[at / PER_TEXT]));
        }
        let include = self.include.as_ref().filter(|include| !include.set.is_match(path))?;
        Some(Refusal::NotIncluded(&include.texts))
    }
}

/// A folder stands for all below it.
const ENDS: [&str; PER_TEXT] = ["", "/**"];

/// So many globs are made of each text.
const PER_TEXT: usize = 2;

/// Longest glob, in bytes: as long as a path can be. Longer ones are made to nest until the stack of who reads them ends.
const LONGEST: usize = 4096;

/// Globs as `.gitignore` has them: a leading slash anchors at the root, anything else may start in any folder; a folder
/// stands for all below it.
fn globs(patterns: &[String]) -> Result<Globs, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        if pattern.len() > LONGEST {
            return Err(format!("longer than {LONGEST} bytes"));
        }
        let (anchored, rest) = match pattern.strip_prefix("./").unwrap_or(pattern).strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, pattern.strip_prefix("./").unwrap_or(pattern)),
        };
        let rest = rest.trim_end_matches('/');
        let start = if anchored || rest.starts_with("**/") { "" } else { "**/" };
        for end in ENDS {
            let glob = GlobBuilder::new(&format!("{start}{rest}{end}"))
                .literal_separator(true)
                .build()
                .map_err(|error| error.kind().to_string())?;
            set.add(glob);
        }
    }
    let set = set.build().map_err(|error| error.to_string())?;
    Ok(Globs { set, texts: patterns.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_nested_without_end_are_refused() {
        let nested = "{".repeat(400_000) + &"}".repeat(400_000);
        assert!(Paths::new(Some(std::slice::from_ref(&nested)), &[]).is_err());
        assert!(Paths::new(None, &[nested]).is_err());
        let deep = "{".repeat(LONGEST / 2) + &"}".repeat(LONGEST / 2);
        assert!(Paths::new(None, &[deep]).is_ok());
    }

    #[test]
    fn globs_are_those_of_gitignore() {
        for (include, exclude, path, expected) in [
            (None, "", "a/b.py", true),
            (Some("*.py"), "", "a/b.py", true),
            (Some("*.py"), "", "a/b.js", false),
            (Some("a"), "", "x/a/b.py", true),
            (Some("/a"), "", "x/a/b.py", false),
            (Some("/a"), "", "a/b/c.py", true),
            (Some("a/*.py"), "", "x/a/b.py", true),
            (Some("a/*.py"), "", "a/b/c.py", false),
            (Some("a/**/*.py"), "", "a/b/c.py", true),
            (Some("**/tests/**"), "", "x/tests/y/z.py", true),
            (Some("src/"), "", "src/b.py", true),
            (Some("*.py"), "test_*.py", "a/test_b.py", false),
            (None, "node_modules", "x/node_modules/y.js", false),
            (None, "*.min.js", "./x/y.min.js", false),
        ] {
            let include = include.map(|glob| vec![glob.to_owned()]);
            let exclude: Vec<_> = [exclude].iter().filter(|glob| !glob.is_empty()).map(ToString::to_string).collect();
            let paths = Paths::new(include.as_deref(), &exclude).unwrap();
            assert_eq!(paths.admit(path), expected, "{include:?} {exclude:?} {path}");
        }
    }

    #[test]
    fn a_glob_that_is_none_is_an_error() {
        assert!(Paths::new(Some(&["[a".to_owned()]), &[]).is_err());
    }
}
