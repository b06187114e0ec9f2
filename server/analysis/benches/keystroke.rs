//! Where the time of a keystroke goes, without processes and pipes: `cargo bench -p weir-analysis --bench keystroke --
//! [--rules PATH]... FILE...`.
//!
//! Types a call's argument into the middle of each file and deletes it again. Prints the median of what tree-sitter needs
//! (the floor), of lowering, of the analysis, the slowest analysis, the ratio of the whole to the floor, and what the
//! analysis of the same text from scratch takes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use weir_analysis::{Budget, Memo, Options, RuleSet, Unit, analyze_again};
use weir_model::{Edit, Language, RuleSource, Span};
use weir_syntax::{Limits, Source};

/// Changes per file.
const EDITS: usize = 400;

fn main() {
    let mut rules: Vec<PathBuf> = Vec::new();
    let mut files: Vec<PathBuf> = Vec::new();
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    while let Some(arg) = args.next() {
        if arg == "--rules" { rules.push(args.next().expect("a path").into()) } else { files.push(arg.into()) }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if rules.is_empty() {
        rules.push(root.join("patterns"));
    }
    if files.is_empty() {
        files.push(root.join("tests/apps/python/app/tickets.py"));
    }
    let began = Instant::now();
    let set = RuleSet::compile(&rules.iter().flat_map(|path| sources(path)).collect::<Vec<_>>(), &[]);
    println!("{} rules compiled in {:.0} ms", set.rules().len(), ms(began.elapsed()));
    println!(
        "{:<20} {:>6} {:>8} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9}",
        "file", "lines", "findings", "parse ms", "lower ms", "analyse", "slowest", "ratio", "scratch"
    );
    for file in &files {
        keystrokes(&set, file);
    }
}

fn keystrokes(set: &RuleSet, file: &Path) {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let language = Language::from_path(file).expect("a file in one of the languages");
    let middle = text.len() / 2;
    // The start of a line in the middle that opens a statement.
    let at = text[middle..]
        .match_indices('\n')
        .map(|(at, _)| middle + at + 1)
        .find(|&at| text[at..].trim_start_matches(' ').starts_with(|c: char| c.is_alphabetic()))
        .unwrap_or(0);
    let indent = text[at..].len() - text[at..].trim_start_matches(' ').len();
    let call = format!("{}eval()\n", " ".repeat(indent));
    let text = format!("{}{call}{}", &text[..at], &text[at..]);
    let argument = at + indent + "eval(".len();
    let typed = "\"a\" + code";

    let mut source = Source::parse(language, text, Limits::NONE);
    let (mut parses, mut lowers, mut analyses) = (Vec::new(), Vec::new(), Vec::new());
    let budget = Budget::unlimited();
    let run = |source: &Source, memo: &mut Memo| {
        let path = file.to_string_lossy();
        let unit = Unit { path: &path, text: source.text(), language: Some(language), tree: source.tree() };
        analyze_again(memo, set, &unit, Options::default(), &budget).findings.len()
    };
    let mut memo = Memo::default();
    let mut findings = run(&source, &mut memo);
    for key in 0..EDITS {
        let within = key % (2 * typed.len());
        let edit = if within < typed.len() {
            let at = (argument + within) as u32;
            Edit::new(Span::new(at, at), &typed[within..=within])
        } else {
            let end = (argument + 2 * typed.len() - within) as u32;
            Edit::new(Span::new(end - 1, end), "")
        };
        let began = Instant::now();
        source.edit(&[edit], Limits::NONE);
        let edited = began.elapsed();
        lowers.push(source.lowering());
        parses.push(edited.saturating_sub(source.lowering()));
        let began = Instant::now();
        findings = run(&source, &mut memo);
        analyses.push(began.elapsed());
    }
    let began = Instant::now();
    run(&source, &mut Memo::default());
    let scratch = began.elapsed();
    let [parse, lower, analyse] = [&parses, &lowers, &analyses].map(|samples| percentile(samples, 50));
    println!(
        "{:<20} {:>6} {:>8} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {:>7.1} {:>9.3}",
        file.file_name().unwrap_or_default().to_string_lossy(),
        source.text().lines().count(),
        findings,
        ms(parse),
        ms(lower),
        ms(analyse),
        ms(percentile(&analyses, 100)),
        ms(parse + lower + analyse) / ms(parse),
        ms(scratch),
    );
}

fn sources(path: &Path) -> Vec<RuleSource> {
    if path.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path).expect("a folder").flatten().map(|e| e.path()).collect();
        entries.sort();
        return entries.iter().flat_map(|entry| sources(entry)).collect();
    }
    let is_rule = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    is_rule
        .then(|| RuleSource {
            name: path.to_string_lossy().into_owned(),
            text: std::fs::read_to_string(path).expect("a readable rule file"),
        })
        .into_iter()
        .collect()
}

/// Nearest rank.
fn percentile(samples: &[Duration], percent: usize) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
