//! How long rules take to be read: `cargo bench -p weir-analysis --bench compile [-- FOLDER...]`.
//!
//! Compiles all rules of each folder, and rules made from our own: copies with names of their own, in ids and in the code
//! that patterns look for, so that no pattern is another's. Every sample is a process of its own, as every worker is. Prints
//! the best times: for reading them on all cores, as workers do, the time that passes; for reading them on one and for taking
//! up what was kept of a reading the processor's, where the system tells it; and the ratio of reading on one core to what the
//! YAML parser alone takes over the same text, which is the floor.

use saphyr_parser::Parser;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};
use weir_analysis::RuleFiles;
use weir_model::RuleSource;

/// How many rules are made of ours.
const MADE: usize = 2000;

/// Processes started for each set of rules.
const SAMPLES: usize = 9;

/// The argument that makes this program take one sample, on the number of threads that follows it.
const ONE: &str = "--one";

/// Bytes of stack of a thread that reads rules: ours are not deep.
const STACK: usize = 8 << 20;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == ONE) {
        let threads = args.get(1).and_then(|threads| threads.parse().ok());
        return one(threads.unwrap_or(1), &sources(args.get(2)));
    }
    println!(
        "{:<40} {:>6} {:>9} {:>9} {:>9} {:>9} {:>9} {:>6} {:>7}",
        "rules", "number", "problems", "fresh ms", "one core", "kept ms", "YAML ms", "ratio", "kept kB"
    );
    measure(None);
    for folder in args.iter().filter(|arg| !arg.starts_with("--")) {
        measure(Some(folder));
    }
}

/// Reads the rules once and prints their number, that of their problems, microseconds for reading them and for taking up
/// what was kept, and the bytes that are kept.
fn one(threads: usize, sources: &[RuleSource]) {
    let mut files = RuleFiles::with_threads(threads, STACK);
    let (begin, wall) = (Clock::now(), Instant::now());
    let rules = files.rules(sources, &[]);
    let fresh = if threads == 1 { begin.elapsed() } else { wall.elapsed() };
    let kept = files.keep(sources);
    let mut files = RuleFiles::default();
    let begin = Clock::now();
    files.restore(sources, &kept);
    let again = files.rules(sources, &[]);
    let restored = begin.elapsed();
    assert_eq!(rules.rules(), again.rules(), "what was kept gives the same rules");
    let (number, problems) = (rules.rules().len(), rules.problems().len());
    println!("{number} {problems} {} {} {}", fresh.as_micros(), restored.as_micros(), kept.len());
}

fn measure(folder: Option<&String>) {
    let floor = (0..SAMPLES).map(|_| floor(&sources(folder))).min().unwrap_or_default();
    let [on_one, on_all] = [1, thread::available_parallelism().map_or(1, NonZero::get)].map(|threads| {
        let samples: Vec<_> = (0..SAMPLES).map(|_| sample(threads, folder)).collect();
        move |at: usize| samples.iter().map(|sample| sample[at]).min().unwrap_or_default()
    });
    let best = on_one;
    let [fresh, one_core, kept] = [on_all(2), best(2), best(3)].map(Duration::from_micros);
    println!(
        "{:<40} {:>6} {:>9} {:>9.1} {:>9.1} {:>9.1} {:>9.1} {:>6.1} {:>7}",
        folder.map_or("made of ours", String::as_str),
        best(0),
        best(1),
        ms(fresh),
        ms(one_core),
        ms(kept),
        ms(floor),
        one_core.as_secs_f64() / floor.as_secs_f64(),
        best(4) / 1024,
    );
}

/// What a process of its own prints that reads the rules once.
fn sample(threads: usize, folder: Option<&String>) -> [u64; 5] {
    let program = std::env::current_exe().expect("this program has a path");
    let sample = Command::new(program).args([ONE, &threads.to_string()]).args(folder).output();
    let line = String::from_utf8_lossy(&sample.expect("this program can be started").stdout).into_owned();
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    <[u64; 5]>::try_from(numbers).unwrap_or_else(|_| panic!("a sample failed: {line}"))
}

/// What the YAML parser alone takes.
fn floor(sources: &[RuleSource]) -> Duration {
    let begin = Clock::now();
    let events: usize = sources.iter().map(|source| Parser::new_from_str(&source.text).count()).sum();
    assert!(events > 0, "there are rules");
    begin.elapsed()
}

/// The processor time of this process as Linux counts it; elsewhere the time that passes.
struct Clock {
    processor: Option<Duration>,
    wall: Instant,
}

impl Clock {
    fn now() -> Self {
        Self { processor: processor(), wall: Instant::now() }
    }

    fn elapsed(&self) -> Duration {
        self.processor.zip(processor()).map_or_else(|| self.wall.elapsed(), |(begin, end)| end.saturating_sub(begin))
    }
}

fn processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

fn sources(folder: Option<&String>) -> Vec<RuleSource> {
    match folder {
        Some(folder) => read(Path::new(folder)),
        None => made(),
    }
}

fn read(folder: &Path) -> Vec<RuleSource> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    files
        .iter()
        .map(|file| RuleSource {
            name: file.display().to_string(),
            text: std::fs::read_to_string(file).expect("a readable file"),
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            collect(&path, files);
        } else if name.ends_with(".yaml") && !name.contains(".test.") && !name.contains(".fixed.") {
            files.push(path);
        }
    }
}

/// Our rules over and over, each time under other names.
fn made() -> Vec<RuleSource> {
    let ours = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../patterns"));
    let mut made = Vec::new();
    for copy in 0.. {
        for RuleSource { name, text } in &ours {
            if made.len() == MADE {
                return made;
            }
            let text = if copy == 0 { text.clone() } else { renamed(text, copy) };
            made.push(RuleSource { name: format!("{name}-{copy}"), text });
        }
    }
    made
}

/// Words before a parenthesis that are no names.
const KEYWORDS: &[&str] = &["while", "switch", "catch", "function", "super", "yield", "return", "foreach", "isset"];

/// The text with a number behind its rule's id and behind what is called or has a member: `a.get(x)` becomes `a.get7(x)`.
fn renamed(text: &str, number: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("- id:") {
            out.push_str(&format!("{}-{number}\n", line.trim_end()));
            continue;
        }
        let mut word = 0;
        for (at, c) in line.char_indices() {
            let name = &line[word..at];
            if matches!(c, '(' | '.') && name.len() > 4 && !KEYWORDS.contains(&name) && name.is_ascii() {
                out.push_str(&number.to_string());
            }
            if !c.is_ascii_alphabetic() {
                word = at + c.len_utf8();
            }
            out.push(c);
        }
    }
    out
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
