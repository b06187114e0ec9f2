//! What the processes cost beside the analysis: `cargo bench -p weir-worker --bench transport [-- RULES FILE...]`.
//!
//! Prints the time from the start of a pool to its first findings, the round trip of an edit to a one-line document, and
//! how many small files a second go through. With a folder of rules and files, also where the time of an edit in the middle
//! of each file goes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use weir_model::{DocId, Document, Edit, JobId, Language, RuleSource, ScanOptions, Span, Timing, Version};
use weir_worker::{Place, Pool, PoolConfig, Program, Update};

const EDITS: usize = 2000;
const FILES: u64 = 20_000;
/// How many files are on their way at once, as a scan keeps them.
const AHEAD: u64 = 64;
const DOC: DocId = DocId(1);
/// Edits per file whose time is split.
const SPLIT_EDITS: usize = 100;

#[tokio::main]
async fn main() {
    let rules: Arc<[RuleSource]> = Arc::from([RuleSource { name: "needle".into(), text: "eval".into() }]);
    round_trip(&rules).await;
    for workers in [1, 2] {
        throughput(&rules, workers).await;
    }
    let mut paths = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).map(PathBuf::from);
    if let Some(folder) = paths.next() {
        let mut rules = Vec::new();
        read_rules(&folder, &mut rules);
        for file in paths {
            split(rules.clone().into(), &file).await;
        }
    }
}

async fn round_trip(rules: &Arc<[RuleSource]>) {
    let begin = Instant::now();
    let (pool, mut updates) = start(1);
    pool.rules(1, Arc::clone(rules), Arc::from([]));
    let mut document = Document::new("eval(x)", Version(0), Some(Language::JavaScript));
    pool.open(DOC, "a.js".into(), document.clone());
    findings(&mut updates, Version(0)).await;
    println!("start to first findings: {}", ms(begin.elapsed()));
    let mut times = Vec::with_capacity(EDITS);
    for at in 0..EDITS {
        let begin = Instant::now();
        let (base, version) = (document.version(), Version(document.version().0 + 1));
        let text = if at % 2 == 0 { "y" } else { "x" };
        let edits = vec![Edit::new(Span::new(5, 6), text)];
        document.apply(&edits, version).expect("an edit that fits");
        pool.edit(DOC, base, document.clone(), edits);
        findings(&mut updates, version).await;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    println!("edit to findings: p50 {}, p99 {}", ms(times[EDITS / 2]), ms(times[EDITS * 99 / 100]));
    pool.shutdown().await;
}

async fn throughput(rules: &Arc<[RuleSource]>, workers: usize) {
    let (pool, mut updates) = start(workers);
    pool.rules(1, Arc::clone(rules), Arc::from([]));
    while !matches!(updates.recv().await, Some(Update::Rules { .. })) {}
    let begin = Instant::now();
    let (mut sent, mut answered) = (0, 0);
    while answered < FILES {
        while sent < FILES && sent - answered < AHEAD {
            let bytes = b"function f(x) { return eval(x); }\n".to_vec();
            pool.scan(JobId(sent), "a.js".into(), Language::JavaScript.into(), bytes, ScanOptions::default());
            sent += 1;
        }
        if let Some(Update::Scanned { .. }) = updates.recv().await {
            answered += 1;
        }
    }
    let rate = FILES as f64 / begin.elapsed().as_secs_f64();
    println!("small files with {workers} worker(s): {rate:.0} a second");
    pool.shutdown().await;
}

/// Prints the medians of what an edit takes in total and in each part.
async fn split(rules: Arc<[RuleSource]>, file: &Path) {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let middle = text.len() / 2;
    let line = middle + text[middle..].find('\n').map_or(0, |at| at + 1);
    let (pool, mut updates) = start_as(&["product"], 1);
    pool.rules(1, rules, Arc::from([]));
    let mut document = Document::new(&text, Version(0), Language::from_path(file));
    pool.open(DOC, file.to_string_lossy().into(), document.clone());
    findings(&mut updates, Version(0)).await;
    let mut parts: [Vec<Duration>; 5] = Default::default();
    for at in 0..SPLIT_EDITS {
        let begin = Instant::now();
        let (base, version) = (document.version(), Version(document.version().0 + 1));
        let span = Span::from(line..line + at % 2);
        let edits = vec![Edit::new(span, if at % 2 == 0 { "\n" } else { "" })];
        document.apply(&edits, version).expect("an edit that fits");
        pool.edit(DOC, base, document.clone(), edits);
        let timing = findings(&mut updates, version).await;
        let total = begin.elapsed();
        let us = |us: u32| Duration::from_micros(us.into());
        let (parse, lower, analyze) = (us(timing.parse_us), us(timing.lower_us), us(timing.analyze_us));
        let rest = total.saturating_sub(parse + lower + analyze);
        for (part, time) in parts.iter_mut().zip([total, parse, lower, analyze, rest]) {
            part.push(time);
        }
    }
    let [total, parse, lower, analyze, rest] = parts.map(|mut part| {
        part.sort_unstable();
        ms(part[SPLIT_EDITS / 2])
    });
    println!(
        "{}, {} lines: {total} (parse {parse}, lower {lower}, analyze {analyze}, transport {rest})",
        file.display(),
        text.lines().count()
    );
    pool.shutdown().await;
}

async fn findings(updates: &mut UnboundedReceiver<Update>, wanted: Version) -> Timing {
    loop {
        match updates.recv().await.expect("the pool runs") {
            Update::Findings { version, timing, .. } if version == wanted => return timing,
            _ => {}
        }
    }
}

fn start(workers: usize) -> (Pool, UnboundedReceiver<Update>) {
    start_as(&[], workers)
}

fn start_as(args: &[&str], workers: usize) -> (Pool, UnboundedReceiver<Update>) {
    let path = env!("CARGO_BIN_EXE_weir-test-worker").into();
    let args = args.iter().map(Into::into).collect();
    Pool::start(PoolConfig { place: Place::Program(Program { path, args }), ..PoolConfig::this_program(workers) })
}

fn read_rules(folder: &Path, rules: &mut Vec<RuleSource>) {
    for entry in std::fs::read_dir(folder).expect("a folder of rules").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_rules(&path, rules);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).expect("a readable rule");
            rules.push(RuleSource { name: path.display().to_string(), text });
        }
    }
}

fn ms(duration: Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1e3)
}
