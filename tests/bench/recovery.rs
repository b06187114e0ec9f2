//! How long somebody who types waits for findings when the engine dies: two nodes share a Redis, the one that is typed through is killed
//! with the last keystroke on its way, and the time runs from that keystroke until its findings are there, by the other node.
//!
//! `cargo bench -p weir-tests --bench recovery`; `WEIR_BENCH_KILLS` is how often (20).

#[path = "../e2e/engine/harness.rs"]
#[expect(dead_code, reason = "the tests do more with it")]
mod harness;
#[path = "../e2e/engine/nodes.rs"]
#[expect(dead_code, reason = "the tests do more with it")]
mod nodes;
#[path = "../e2e/engine/typing.rs"]
#[expect(dead_code, reason = "the tests do more with it")]
mod typing;

use nodes::{Cluster, limits_off};
use std::thread::sleep;
use std::time::{Duration, Instant};
use typing::{Typing, VULNERABLE};

/// Five characters a second: a line takes seven seconds, longer than a link must last to be one.
const KEYSTROKE: Duration = Duration::from_millis(200);

fn main() {
    let kills = std::env::var("WEIR_BENCH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let mut cluster = Cluster::start(2, &limits_off());
    let mut typing = Typing::start(cluster.editor());
    typing.told("analyses");
    let mut times = Vec::new();
    let mut by_this_machine = 0;
    for _ in 0..kills {
        while cluster.live_sessions(0) == 0 {
            sleep(KEYSTROKE);
        }
        let (line, last) = VULNERABLE.split_at(VULNERABLE.len() - 2);
        for at in 0..line.len() {
            typing.types(&line[at..=at]);
            sleep(KEYSTROKE);
        }
        typing.editor.diagnostics(typing::URI, typing.version);
        typing.editor.pending.clear();
        cluster.balancer.hold(true);
        let began = Instant::now();
        typing.types(&last[..1]);
        cluster.kill(0);
        cluster.balancer.hold(false);
        let found = typing.editor.diagnostics(typing::URI, typing.version).len();
        times.push(began.elapsed());
        assert_eq!(found, typing.text.matches(VULNERABLE.trim_end()).count());
        let away = typing.editor.pending.iter().any(|message| message.to_string().contains("is away"));
        by_this_machine += u32::from(away);
        typing.types(&last[1..]);
        cluster.add_node();
    }
    times.sort_unstable();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("kills    P50 ms    max ms  by this machine meanwhile");
    let (middle, longest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{:5} {:9.1} {:9.1} {by_this_machine:5}", times.len(), milliseconds(middle), milliseconds(longest));
}
