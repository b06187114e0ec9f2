//! Rules to run and code to edit: our own, or those of a folder named by `WEIR_TEST_RULES`.

use std::path::{Path, PathBuf};
use weir_model::{Format, Language, RuleSource};

/// Longer texts make a case slow and no likelier to fail.
const LONGEST_SEED: usize = 16 << 10;

/// Rules, and the code that lies beside them.
pub(crate) struct Corpus {
    pub(crate) rules: Vec<RuleSource>,
    code: Vec<(Format, String)>,
}

impl Corpus {
    /// Files full of what is rare in code come first; then the rules we ship with their targets, the demo applications, and
    /// what lies in the folders asked for.
    pub(crate) fn read() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders: Vec<PathBuf> = ["tests/analysis/incremental/seeds", "../../patterns", "../../tests/apps"]
            .map(|name| here.join(name))
            .into();
        if let Some(more) = std::env::var_os("WEIR_TEST_RULES") {
            folders.extend(std::env::split_paths(&more));
        }
        let mut corpus = Self { rules: Vec::new(), code: Vec::new() };
        for file in folders.iter().flat_map(|folder| files(folder)) {
            corpus.take(&file);
        }
        corpus
    }

    fn take(&mut self, file: &Path) {
        let name = file.to_string_lossy();
        let is_rule = name.ends_with(".yaml") || name.ends_with(".yml");
        let format = Format::from_path(file);
        if !is_rule && format == Format::Text {
            return;
        }
        // Test data of other people may be in any encoding.
        let Ok(text) = String::from_utf8(std::fs::read(file).expect("a readable file")) else { return };
        if is_rule && text.contains("rules:") {
            self.rules.push(RuleSource { name: name.into_owned(), text });
        } else if format != Format::Text && text.len() <= LONGEST_SEED {
            self.code.push((format, text));
        }
    }

    /// Code in a language, or pages of a template engine.
    pub(crate) fn seeds(&self, format: Format) -> Vec<&str> {
        let reads = |code| match (code, format) {
            // TSX's grammar reads JavaScript, too.
            (Format::Code(Language::JavaScript), Format::Code(language)) => {
                matches!(language, Language::JavaScript | Language::Tsx)
            }
            (Format::Host(code), Format::Host(host)) => code.engine == host.engine,
            (code, format) => code == format,
        };
        let seeds: Vec<&str> =
            self.code.iter().filter(|(code, _)| reads(*code)).map(|(_, text)| text.as_str()).collect();
        assert!(!seeds.is_empty(), "there is code to edit in {format:?}");
        seeds
    }
}

/// All files below a folder, in a stable order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}
