//! Where the time of a keystroke goes, without processes and pipes: `cargo bench -p weir-analysis --bench keystroke --
//! [--rules PATH]... [--by-rule] FILE...`.
//!
//! Types a call's argument into the middle of each file and deletes it again. Prints the median of what tree-sitter needs
//! (the floor), of lowering, of the analysis, the slowest analysis, the ratio of the whole to the floor, and what the
//! analysis of the same text from scratch takes. `--by-rule` also names the rules that took longest over all keystrokes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use weir_analysis::{Budget, Memo, Options, RuleSet, Unit, analyze_again};
use weir_model::{Edit, Language, RuleSource, Span};
use weir_syntax::{Kind, Limits, NodeId, Source};

/// Changes per file.
const EDITS: usize = 400;

fn main() {
    let mut rules: Vec<PathBuf> = Vec::new();
    let mut files: Vec<PathBuf> = Vec::new();
    let mut by_rule = false;
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--rules" => rules.push(args.next().expect("a path").into()),
            "--by-rule" => by_rule = true,
            _ => files.push(arg.into()),
        }
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
        keystrokes(&set, file, by_rule);
    }
}

fn keystrokes(set: &RuleSet, file: &Path, by_rule: bool) {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let language = Language::from_path(file).expect("a file in one of the languages");
    let (text, argument) = with_call(language, &text);
    let typed = "\"a\" + code";

    let mut source = Source::parse(language, text, Limits::NONE);
    let (mut parses, mut lowers, mut analyses) = (Vec::new(), Vec::new(), Vec::new());
    let clock = Stopwatch::default();
    let at_work = |rule: Option<&Arc<str>>| clock.at_work(rule);
    let budget = Budget::new(&|| 0, &|| false, &at_work, u64::MAX, u64::MAX);
    let run = |source: &Source, memo: &mut Memo| {
        let path = file.to_string_lossy();
        let unit = Unit { path: &path, source };
        analyze_again(memo, set, &unit, Options::default(), &budget).findings.len()
    };
    let mut memo = Memo::default();
    let mut findings = run(&source, &mut memo);
    clock.spent.borrow_mut().clear();
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
    let by = if by_rule { clock.longest() } else { Vec::new() };
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
    for (rule, spent) in by {
        println!("    {:>9.3} ms an edit  {rule}", ms(spent) / EDITS as f64);
    }
}

/// The text with a call in the middle, in a function if there is one, and where its argument goes.
fn with_call(language: Language, text: &str) -> (String, usize) {
    let call =
        if matches!(language, Language::Python | Language::Ruby | Language::Elixir) { "eval()" } else { "eval();" };
    let parsed = |text: String| Source::parse(language, text, Limits::NONE);
    let before = parsed(text.to_owned()).notes().len();
    let middle = text.len() / 2;
    let lines = text[middle..].match_indices('\n').map(|(at, _)| middle + at + 1);
    for at in lines {
        let indent = text[at..].len() - text[at..].trim_start_matches(' ').len();
        let with_call = format!("{}{}{call}\n{}", &text[..at], " ".repeat(indent), &text[at..]);
        let place = at + indent;
        if indent > 0 && text[place..].starts_with(char::is_alphabetic) {
            let source = parsed(with_call);
            let tree = source.tree();
            let is_call = |node: NodeId| tree.kind(node) == Kind::Call && tree.span(node).start as usize == place;
            if source.notes().len() == before && tree.ids().any(is_call) {
                return (source.text().to_owned(), place + "eval(".len());
            }
        }
    }
    panic!("no place for a call in the second half of the file");
}

/// How long each rule was at work.
#[derive(Default)]
struct Stopwatch {
    running: RefCell<Option<(Arc<str>, Instant)>>,
    spent: RefCell<HashMap<Arc<str>, Duration>>,
}

impl Stopwatch {
    fn at_work(&self, rule: Option<&Arc<str>>) {
        if let Some((rule, began)) = self.running.take() {
            *self.spent.borrow_mut().entry(rule).or_default() += began.elapsed();
        }
        self.running.replace(rule.map(|rule| (Arc::clone(rule), Instant::now())));
    }

    /// The rules that took longest, and all together.
    fn longest(&self) -> Vec<(Arc<str>, Duration)> {
        const SHOWN: usize = 12;
        let spent = self.spent.borrow();
        let mut rules: Vec<_> = spent.iter().map(|(rule, spent)| (Arc::clone(rule), *spent)).collect();
        rules.push(("all rules".into(), spent.values().sum()));
        rules.sort_by_key(|(_, spent)| std::cmp::Reverse(*spent));
        rules.truncate(SHOWN);
        rules
    }
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
