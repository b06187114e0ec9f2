//! What the processes cost beside the analysis: `cargo bench -p weir-worker --bench transport`.
//!
//! Prints the time from the start of a pool to its first findings, the round trip of an edit to a one-line document, and
//! how many small files a second go through.

use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use weir_model::{DocId, Document, Edit, JobId, Language, RuleSource, ScanOptions, Span, Version};
use weir_worker::{Pool, PoolConfig, Update};

const EDITS: usize = 2000;
const FILES: u64 = 20_000;
/// How many files are on their way at once, as a scan keeps them.
const AHEAD: u64 = 64;
const DOC: DocId = DocId(1);

#[tokio::main]
async fn main() {
    let rules: Arc<[RuleSource]> = Arc::from([RuleSource { name: "needle".into(), text: "eval".into() }]);
    round_trip(&rules).await;
    for workers in [1, 2] {
        throughput(&rules, workers).await;
    }
}

async fn round_trip(rules: &Arc<[RuleSource]>) {
    let begin = Instant::now();
    let (pool, mut updates) = start(1);
    pool.rules(1, Arc::clone(rules));
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
    pool.rules(1, Arc::clone(rules));
    while !matches!(updates.recv().await, Some(Update::Rules { .. })) {}
    let begin = Instant::now();
    let (mut sent, mut answered) = (0, 0);
    while answered < FILES {
        while sent < FILES && sent - answered < AHEAD {
            let bytes = b"function f(x) { return eval(x); }\n".to_vec();
            pool.scan(JobId(sent), "a.js".into(), Some(Language::JavaScript), bytes, ScanOptions::default());
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

async fn findings(updates: &mut UnboundedReceiver<Update>, wanted: Version) {
    loop {
        match updates.recv().await.expect("the pool runs") {
            Update::Findings { version, .. } if version == wanted => return,
            _ => {}
        }
    }
}

fn start(workers: usize) -> (Pool, UnboundedReceiver<Update>) {
    let program = env!("CARGO_BIN_EXE_weir-test-worker").into();
    Pool::start(PoolConfig { program, args: Vec::new(), ..PoolConfig::this_program(workers) })
}

fn ms(duration: Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1e3)
}
