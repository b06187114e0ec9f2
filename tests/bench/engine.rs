//! What clients wait for: requests of 5 and 10 files of 300 lines to a real engine over HTTP, by 1, 10 and 50 of them at once, beside what
//! the contract promises (half a second at P50 for 5 files; two seconds at P95 and five at P99 for 10). Once with every file analysed anew
//! (as the promises mean it), and once with results that are kept from before.
//!
//! `cargo bench -p weir-tests --bench engine`; `WEIR_BENCH_REQUESTS` is how many each client sends (20).

#[path = "../e2e/engine/harness.rs"]
#[expect(dead_code, reason = "the tests do more with it")]
mod harness;

use harness::{Engine, Sealer};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use weir_tests::binary;

/// As in the contract's promises.
const LINES: usize = 300;

fn main() {
    let requests = std::env::var("WEIR_BENCH_REQUESTS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let files = files();
    println!("results files clients    P50 ms    P95 ms    P99 ms  requests/s");
    for (results, life) in [("new", "0"), ("kept", "3600")] {
        let engine = Engine::with(&[
            "--requests-per-minute=1000000",
            "--concurrent-requests=1000",
            "--max-sessions=1000",
            "--max-workers=64",
            "--keep-results",
            life,
        ]);
        for (count, clients) in [(5, 1), (5, 10), (5, 50), (10, 1), (10, 10), (10, 50)] {
            let began = Instant::now();
            let mut times = round(&engine, &files, count, clients, requests);
            let rate = times.len() as f64 / began.elapsed().as_secs_f64();
            times.sort_unstable();
            let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1000.0;
            println!("{results:>7} {count:5} {clients:7} {:9.1} {:9.1} {:9.1} {rate:11.1}", at(50), at(95), at(99));
        }
    }
    println!("promised: P50 500 for 5 files; P95 2000 and P99 5000 for 10");
}

/// How long each request took, the first of each client left out: it starts the session's process.
fn round(engine: &Engine, files: &[(String, String)], count: usize, clients: usize, requests: usize) -> Vec<Duration> {
    std::thread::scope(|scope| {
        let client = |number: usize| {
            move || {
                let sealer = Sealer::new(u8::try_from(number).unwrap_or_default());
                let mine: Vec<(&str, &str)> = (0..count)
                    .map(|at| &files[(number + at) % files.len()])
                    .map(|(p, t)| (p.as_str(), t.as_str()))
                    .collect();
                let mut body = sealer.request(&mine);
                let first = engine.analyze(&sealer, &body).ok();
                body["sessionId"] = first["session"]["sessionId"].clone();
                let mut times = Vec::new();
                for _ in 0..requests {
                    let began = Instant::now();
                    let answer = engine.analyze(&sealer, &body).ok();
                    times.push(began.elapsed());
                    assert_eq!(answer["summary"]["filesAnalyzed"], json!(count));
                }
                times
            }
        };
        let running: Vec<_> = (0..clients).map(|number| scope.spawn(client(number))).collect();
        running.into_iter().flat_map(|client| client.join().expect("a client")).collect()
    })
}

/// Real code: the demo applications' files, each followed by itself until it is long enough.
fn files() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    collect(&binary::root().join("tests/apps"), &mut paths);
    paths.sort();
    let code = |path: &&PathBuf| {
        path.extension()
            .is_some_and(|end| ["py", "js", "ts", "rb", "php", "java", "ex"].iter().any(|known| end == *known))
    };
    let long = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a demo application's file");
        let lines: Vec<&str> = text.lines().collect();
        let name = path.strip_prefix(binary::root()).unwrap_or(path).display().to_string();
        (name, lines.iter().cycle().take(LINES).flat_map(|line| [*line, "\n"]).collect())
    };
    paths.iter().filter(code).map(long).filter(|(_, text): &(String, String)| text.len() > LINES).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { collect(&path, paths) } else { paths.push(path) }
    }
}
