//! Rules over a text as a worker runs them, and what must hold of what comes out.

use crate::sound;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;
use weir_analysis::{Analysis, Budget, Options, RuleSet, Unit};
use weir_model::{Engine, ForeignMarks, Format, Host, Language, NoteKind, RuleSource};
use weir_syntax::{Limits, Source};

/// How long an analysis may take, in microseconds. libFuzzer's own limit is a multiple of it: what reaches that one did not
/// look at its budget.
const DEADLINE: u64 = 2_000_000;

/// All paths count: rules here are about texts without one.
const OPTIONS: Options =
    Options { ignore_paths: true, ignore_suppressions: false, foreign_marks: ForeignMarks::All };

/// Rules of one file.
pub(crate) fn compile(text: &str) -> RuleSet {
    RuleSet::compile(&[RuleSource { name: "rules.yaml".to_owned(), text: text.to_owned() }], &[])
}

/// Every rule we ship.
pub(crate) static SHIPPED: LazyLock<RuleSet> = LazyLock::new(|| {
    let sources: Vec<RuleSource> = files("patterns")
        .into_iter()
        .filter(|(name, _)| name.ends_with(".yaml"))
        .map(|(name, text)| RuleSource { name, text })
        .collect();
    RuleSet::compile(&sources, &[])
});

/// Makes the rules we ship ready, so that no input seems to take as long as that.
pub fn prepare() {
    LazyLock::force(&SHIPPED);
}

/// Everything that code may be of or in.
pub(crate) static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let engines = [Engine::Html, Engine::Vue, Engine::Svelte, Engine::Erb, Engine::Eex, Engine::Heex, Engine::Jinja];
    let pages = engines.into_iter().map(|engine| Format::Host(Host::page(engine)));
    Language::ALL.into_iter().map(Format::Code).chain(pages).collect()
});

/// Code in a language or pages of an engine, from this repository; the first is full of what is rare.
pub(crate) fn samples(format: impl Into<Format>) -> &'static [String] {
    static SAMPLES: LazyLock<Vec<(Format, Vec<String>)>> = LazyLock::new(|| {
        let mut all = files("server/analysis/tests/analysis/incremental/seeds");
        all.extend(files("patterns"));
        let is_like = |name: &str, format| match (Format::from_path(Path::new(name)), format) {
            (Format::Host(one), Format::Host(other)) => one.engine == other.engine,
            (one, other) => one == other,
        };
        let of = |&format: &Format| {
            let of = all.iter().filter(|(name, _)| is_like(name, format));
            (format, of.map(|(_, text)| text.clone()).collect())
        };
        FORMATS.iter().map(of).collect()
    });
    let format = format.into();
    let (_, samples) = SAMPLES.iter().find(|(of, _)| *of == format).expect("every format is there");
    samples
}

/// What the first line of an input names, and the rest.
pub(crate) fn split(data: &[u8]) -> Option<(Format, &str)> {
    let (name, text) = std::str::from_utf8(data).ok()?.split_once('\n')?;
    match Format::from_lsp_id(name) {
        Format::Text => None,
        format => Some((format, text)),
    }
}

/// Parses a text and checks its trees.
pub(crate) fn parse(format: impl Into<Format>, text: &str) -> Source {
    let source = Source::parse(format, text.to_owned(), Limits::NONE);
    check(&source);
    source
}

/// What holds of every parsed text.
pub(crate) fn check(source: &Source) {
    for part in source.parts() {
        sound::tree(part.text, part.tree).expect("a sound tree");
    }
    sound::notes(source.text(), source.notes()).expect("sound notes");
}

/// Runs rules over a parsed text and checks what they find; `None` if the time ran out.
pub(crate) fn analyze(rules: &RuleSet, source: &Source) -> Option<Analysis> {
    let began = Instant::now();
    let clock = || began.elapsed().as_micros() as u64;
    let budget = Budget::new(&clock, &|| false, &|_| (), DEADLINE, DEADLINE);
    let unit = Unit { path: "app", source };
    let analysis = weir_analysis::analyze(rules, &unit, OPTIONS, &budget);
    sound::analysis(source.text(), &analysis).expect("a sound analysis");
    let in_time = !analysis.notes.iter().any(|note| matches!(note.kind, NoteKind::Timeout | NoteKind::RuleTimeout));
    in_time.then_some(analysis)
}

/// Runs the rules for any text over one.
pub(crate) fn analyze_text(rules: &RuleSet, text: &str) -> Option<Analysis> {
    analyze(rules, &Source::parse(Format::Text, text.to_owned(), Limits::NONE))
}

/// All text files below a folder of the repository, with their names, in a stable order.
fn files(folder: &str) -> Vec<(String, String)> {
    fn below(folder: &Path, found: &mut Vec<(String, String)>) {
        let entries = std::fs::read_dir(folder).expect("a folder of the repository");
        let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                below(&path, found);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.push((path.display().to_string(), text));
            }
        }
    }
    let mut found = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder), &mut found);
    found
}
