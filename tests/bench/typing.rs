//! How long a keystroke takes, through the real language server: `cargo bench -p weir-tests --bench typing [-- FILE...]`.
//!
//! Types an argument into the middle of each file and deletes it again, one character a change, each sent when the answer
//! to the one before is there. Prints the latency from writing the change to reading its diagnostics, the processor time
//! and the peak memory of the server with its workers, and the ratio to what tree-sitter alone needs to parse the same
//! changes in the same run, which is the floor. Without files it writes its own from the demo applications.

mod corpus;
mod floor;
#[expect(dead_code, reason = "another benchmark asks for the processes one by one")]
mod process;

use corpus::Case;
use std::time::{Duration, Instant};
use weir_tests::binary;
use weir_tests::lsp_client::LspClient;

/// Changes per file.
const EDITS: usize = 240;

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let cases =
        if files.is_empty() { corpus::generated() } else { files.iter().map(|file| corpus::read(file)).collect() };
    println!(
        "{:<28} {:>6} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>7}",
        "file", "lines", "p50 ms", "p99 ms", "floor p50", "floor p99", "CPU ms", "ratio", "MB"
    );
    for case in &cases {
        let floor = floor::reparse(case, EDITS);
        let weir = type_into(case);
        println!(
            "{:<28} {:>6} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {:>7.1} {:>7.1}",
            case.name,
            case.text.lines().count(),
            ms(percentile(&weir.latencies, 50)),
            ms(percentile(&weir.latencies, 99)),
            ms(percentile(&floor, 50)),
            ms(percentile(&floor, 99)),
            ms(weir.cpu) / EDITS as f64,
            ms(percentile(&weir.latencies, 50)) / ms(percentile(&floor, 50)),
            weir.peak_bytes as f64 / 1e6,
        );
    }
}

struct Measured {
    latencies: Vec<Duration>,
    cpu: Duration,
    peak_bytes: u64,
}

fn type_into(case: &Case) -> Measured {
    let mut server = LspClient::initialized(binary::weir(), &[], None);
    let uri = format!("file:///bench/{}", case.name);
    server.open(&uri, case.language_id, &case.text);
    server.diagnostics(&uri, 1);
    let before = process::cpu(server.pid());
    let mut latencies = Vec::with_capacity(EDITS);
    for (at, keystroke) in case.keystrokes().take(EDITS).enumerate() {
        let version = 2 + i64::try_from(at).expect("few changes");
        let start = Instant::now();
        server.change(&uri, version, keystroke.range, &keystroke.text);
        server.diagnostics(&uri, version);
        latencies.push(start.elapsed());
    }
    let cpu = process::cpu(server.pid()).checked_sub(before).unwrap();
    let peak_bytes = process::peak_bytes(server.pid());
    server.shutdown();
    Measured { latencies, cpu, peak_bytes }
}

/// Nearest rank.
fn percentile(samples: &[Duration], percent: usize) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
