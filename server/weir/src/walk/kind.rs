//! What a file is made of, by its name or, where the name says nothing, by its `#!` line; and which rules look at.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use weir_model::{Format, Language, RuleInfo};

/// An interpreter's name stands within so many bytes of the start of a script.
const SHEBANG: u64 = 128;

/// The kinds of files the rules look at.
pub(crate) struct Kinds {
    languages: HashSet<Language>,
    any_text: bool,
}

impl Kinds {
    /// Those that some rules look at.
    pub(crate) fn of<'a>(rules: impl Iterator<Item = &'a RuleInfo>) -> Self {
        let mut kinds = Self { languages: HashSet::new(), any_text: false };
        for name in rules.flat_map(|rule| &rule.languages) {
            kinds.languages.extend(Language::from_rule_name(name));
            kinds.any_text |= matches!(name.as_str(), "regex" | "generic" | "none");
        }
        kinds
    }

    /// Whether a rule looks at files that are made of this.
    pub(crate) fn want(&self, format: Format) -> bool {
        self.any_text || format.languages().iter().any(|language| self.languages.contains(language))
    }
}

/// What a file is made of.
pub(crate) fn format_of(path: &Path) -> Format {
    let by_name = Format::from_path(path);
    if by_name != Format::Text || path.extension().is_some() {
        return by_name;
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(SHEBANG).read_to_end(&mut start));
    read.ok().and_then(|_| by_shebang(&String::from_utf8_lossy(&start))).into()
}

fn by_shebang(start: &str) -> Option<Language> {
    let line = start.strip_prefix("#!")?.lines().next()?;
    // `#!/usr/bin/env -S python3 -u`, `#!/usr/bin/python3.11`
    let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = words.find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='))?;
    Some(match program.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.') {
        "python" | "pypy" => Language::Python,
        "node" | "nodejs" | "bun" => Language::JavaScript,
        "deno" | "ts-node" | "tsx" => Language::TypeScript,
        "ruby" | "jruby" => Language::Ruby,
        "php" => Language::Php,
        "elixir" => Language::Elixir,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_extension_are_read_by_their_interpreter() {
        assert_eq!(by_shebang("#!/usr/bin/python3.11\n"), Some(Language::Python));
        assert_eq!(by_shebang("#! /usr/bin/env -S LANG=C node --x\n"), Some(Language::JavaScript));
        assert_eq!(by_shebang("#!/bin/sh\n# python"), None);
        assert_eq!(by_shebang("import os"), None);
    }
}
