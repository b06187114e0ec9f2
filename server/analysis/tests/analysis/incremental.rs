//! The oracle of everything incremental: after any edits, the tree and the findings are those of the text alone.

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use weir_analysis::{Budget, Options, RuleSet, Unit, analyze};
use weir_model::{Edit, Finding, Language, RuleSource, Span};
use weir_syntax::{Limits, Source};

/// The rules we ship, all of them.
static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
    let sources: Vec<RuleSource> = files(&root().join("patterns"))
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "yaml"))
        .map(|file| RuleSource { name: file.display().to_string(), text: read(&file) })
        .collect();
    assert!(!sources.is_empty(), "there are rules under patterns/");
    RuleSet::compile(&sources, &[])
});

/// Text that breaks a file, mends it, opens what it does not close, or is simply more code.
const PASTES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "'",
    "`",
    "/*",
    "*/",
    "\"\"\"",
    "#",
    "//",
    "<%",
    "?>",
    "<?php ",
    "\n",
    "\r\n",
    "\t",
    "    ",
    ";",
    ":",
    ",",
    "=",
    "$",
    "@",
    "\\",
    "é",
    "👩🏽",
    "x",
    " do\n",
    "end\n",
    "def f(a):\n",
    "function f(a) {\n",
    "if (a) {\n",
    "}\n",
    "return x;\n",
    "class A {\n",
    "<<EOS\n",
    "EOS\n",
    "${",
    "#{",
    "</div>",
    "<div>",
    "...",
    "=>",
    "->",
];

/// One edit, in fractions of whatever text is there when its turn comes.
#[derive(Clone, Debug)]
enum Change {
    Insert {
        at: f64,
        paste: usize,
    },
    Delete {
        at: f64,
        length: usize,
    },
    /// Copies a stretch of the text to another place of it.
    Copy {
        from: f64,
        length: usize,
        to: f64,
    },
    /// Takes the last edit back, as a person does after breaking something.
    Undo,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (0.0..1.0, 0..PASTES.len()).prop_map(|(at, paste)| Change::Insert { at, paste }),
        3 => (0.0..1.0, 0usize..40).prop_map(|(at, length)| Change::Delete { at, length }),
        1 => (0.0..1.0, 0usize..200, 0.0..1.0).prop_map(|(from, length, to)| Change::Copy { from, length, to }),
        2 => Just(Change::Undo),
    ]
}

/// Turns changes into edits of one text, remembering how to take the last one back.
struct Typist {
    text: String,
    undo: Option<Edit>,
}

impl Typist {
    fn edit(&mut self, change: &Change) -> Edit {
        let edit = match *change {
            Change::Insert { at, paste } => {
                let at = self.boundary(at);
                Edit::new(Span::new(at, at), PASTES[paste])
            }
            Change::Delete { at, length } => Edit::new(self.stretch(at, length), ""),
            Change::Copy { from, length, to } => {
                let at = self.boundary(to);
                Edit::new(Span::new(at, at), self.stretch(from, length).text(&self.text))
            }
            Change::Undo => self.undo.take().unwrap_or_else(|| Edit::new(Span::default(), "")),
        };
        let back = Span::new(edit.span.start, edit.span.start + edit.text.len() as u32);
        self.undo = Some(Edit::new(back, edit.span.text(&self.text)));
        self.text.replace_range(edit.span.range(), &edit.text);
        edit
    }

    fn boundary(&self, fraction: f64) -> u32 {
        let mut at = (self.text.len() as f64 * fraction) as usize;
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at as u32
    }

    fn stretch(&self, fraction: f64, length: usize) -> Span {
        let start = self.boundary(fraction);
        let mut end = (start as usize + length).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span::new(start, end as u32)
    }
}

fn check(language: Language, seed: usize, changes: &[Vec<Change>]) -> Result<(), TestCaseError> {
    let seeds = seeds(language);
    let mut typist = Typist { text: seeds[seed % seeds.len()].clone(), undo: None };
    let mut source = Source::parse(language, typist.text.clone(), Limits::NONE);
    for batch in changes {
        let edits: Vec<Edit> = batch.iter().map(|change| typist.edit(change)).collect();
        source.edit(&edits, Limits::NONE);
        prop_assert_eq!(source.text(), &typist.text);
        source.settle(Limits::NONE);
        let scratch = Source::parse(language, typist.text.clone(), Limits::NONE);
        prop_assert!(source.tree() == scratch.tree(), "trees differ after {:?} of\n{}", edits, typist.text);
        prop_assert_eq!(source.notes(), scratch.notes());
    }
    let scratch = Source::parse(language, typist.text.clone(), Limits::NONE);
    prop_assert_eq!(findings(&source), findings(&scratch));
    Ok(())
}

fn findings(source: &Source) -> Vec<Finding> {
    let unit = Unit { path: "app", text: source.text(), language: Some(source.language()), tree: source.tree() };
    analyze(&RULES, &unit, Options::default(), &Budget::unlimited()).findings
}

/// The targets of our rules and the files of the demo application in this language.
fn seeds(language: Language) -> Vec<String> {
    let folders = [root().join("patterns"), root().join("tests/apps")];
    let seeds: Vec<String> = folders
        .iter()
        .flat_map(|folder| files(folder))
        // TSX's grammar reads JavaScript, too.
        .filter(|file| match Language::from_path(file) {
            Some(Language::JavaScript) => matches!(language, Language::JavaScript | Language::Tsx),
            found => found == Some(language),
        })
        .map(|file| read(&file))
        .collect();
    assert!(!seeds.is_empty(), "there is code to edit in {}", language.name());
    seeds
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("a readable file")
}

/// All files below a folder, in a stable order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(folder).expect("a folder of ours").flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

macro_rules! incremental_equals_scratch {
    ($($name:ident: $language:expr;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(
                    seed in any::<usize>(),
                    changes in prop::collection::vec(prop::collection::vec(change(), 1..3), 1..8),
                ) {
                    check($language, seed, &changes)?;
                }
            )*
        }
    };
}

incremental_equals_scratch! {
    javascript: Language::JavaScript;
    typescript: Language::TypeScript;
    tsx: Language::Tsx;
    python: Language::Python;
    ruby: Language::Ruby;
    php: Language::Php;
    java: Language::Java;
    elixir: Language::Elixir;
}
