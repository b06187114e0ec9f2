//! What editors wait for whose engine serves 200 of them: each types one change a second into a file of 300 lines, over a sealed link of
//! its own. Beside it the same with 200 workers of this machine over pipes, so that the difference is the engine's; and one of each alone.
//!
//! `cargo bench -p weir-tests --bench live`; `WEIR_BENCH_SESSIONS` (200) and `WEIR_BENCH_EDITS` (20, of each session) are others.
//! The memory of sessions is read by root alone: their processes let nobody else look.

#[expect(dead_code, reason = "other benchmarks do more with it")]
mod corpus;
#[path = "../e2e/engine/harness.rs"]
#[expect(dead_code, reason = "the tests do more with it")]
mod harness;
#[expect(dead_code, reason = "other benchmarks do more with it")]
mod process;
mod sealed;

use corpus::Case;
use harness::Engine;
use sealed::Session;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use weir_model::{DocId, Edit, Event, ForeignMarks, Format, Language, Limits, Request, RuleSource, Span, Version};
use weir_tests::binary;

/// Each of them types once in this time.
const EVERY: Duration = Duration::from_secs(1);

/// As editors have it.
const LIMITS: Limits =
    Limits { interactive_ms: 2_000, scan_ms: 30_000, interned_bytes: 64 << 20, foreign_marks: ForeignMarks::Lines };

const DOC: DocId = DocId(1);

fn main() {
    let number = |name: &str, usual| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (sessions, edits) = (number("WEIR_BENCH_SESSIONS", 200), number("WEIR_BENCH_EDITS", 20));
    let cases: Arc<[Case]> =
        corpus::generated().into_iter().filter(|case| case.name.starts_with("apps-300.")).collect();
    let rules = rules();
    let engine = Engine::with(&["--live-sessions-per-key=1000", "--max-connections=4096"]);
    let address = engine.url.strip_prefix("http://").expect("plain HTTP").to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        println!("sessions  worker     P50 ms    P95 ms    P99 ms");
        let mut medians = Vec::new();
        for count in [1, sessions] {
            for remote in [false, true] {
                let place = if remote { "engine" } else { "here" };
                let opened = (0..count).map(|at| {
                    let (address, key, cases, rules) =
                        (address.clone(), engine.key.clone(), cases.clone(), rules.clone());
                    async move {
                        let session = if remote { Session::remote(&address, &key).await } else { Session::local() };
                        Typist::ready(session, cases, at, rules).await
                    }
                });
                // One after the other: what is measured is not how they start.
                let mut typists = Vec::new();
                for typist in opened {
                    typists.push(typist.await);
                }
                if remote {
                    memory(&engine, count);
                }
                let typing: Vec<_> =
                    typists.into_iter().map(|typist| tokio::spawn(typist.typed(count, edits))).collect();
                let mut times = Vec::new();
                for one in typing {
                    times.extend(one.await.expect("a typist"));
                }
                times.sort_unstable();
                let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1000.0;
                println!("{count:8}  {place:6} {:10.2} {:9.2} {:9.2}", at(50), at(95), at(99));
                medians.push([at(50), at(95), at(99)]);
            }
            let [here, there] = [medians[medians.len() - 2], medians[medians.len() - 1]];
            println!(
                "{count:8}  ratio  {:10.2} {:9.2} {:9.2}",
                there[0] / here[0],
                there[1] / here[1],
                there[2] / here[2]
            );
        }
    });
}

/// Somebody with a file open.
struct Typist {
    session: Session,
    cases: Arc<[Case]>,
    at: usize,
}

impl Typist {
    /// Opens the file; its findings have come.
    async fn ready(mut session: Session, cases: Arc<[Case]>, at: usize, rules: Arc<[RuleSource]>) -> Self {
        session.ask(Request::Limits(LIMITS)).await;
        session.ask(Request::Rules { generation: 1, sources: rules, disabled: Vec::new(), kept: Vec::new() }).await;
        while !matches!(session.event().await, Event::RulesLoaded { .. }) {}
        let case = &cases[at % cases.len()];
        session
            .ask(Request::Open {
                doc: DOC,
                path: case.name.as_str().into(),
                format: Format::Code(language(case)),
                version: Version(0),
                text: case.text.clone(),
                without: Vec::new(),
            })
            .await;
        let mut typist = Self { session, cases, at };
        assert!(typist.found(0).await > 0, "there is something to find");
        typist
    }

    /// Waits for the findings of a version.
    async fn found(&mut self, version: i64) -> usize {
        loop {
            if let Event::Findings { version: of, findings, .. } = self.session.event().await
                && of == Version(version)
            {
                return findings.len();
            }
        }
    }

    /// Types; how long the findings of each change took.
    async fn typed(mut self, of: usize, edits: usize) -> Vec<Duration> {
        let cases = Arc::clone(&self.cases);
        let keystrokes = cases[self.at % cases.len()].keystrokes();
        // They do not type in step.
        let mut next = Instant::now() + EVERY * self.at as u32 / of as u32;
        let mut times = Vec::new();
        for (version, keystroke) in (1..).zip(keystrokes).take(edits) {
            tokio::time::sleep_until(next).await;
            next += EVERY;
            let (start, end) = keystroke.bytes;
            let edit = Edit::new(Span::new(start as u32, end as u32), keystroke.text);
            let began = Instant::now();
            self.session
                .ask(Request::Edit {
                    doc: DOC,
                    base: Version(version - 1),
                    version: Version(version),
                    edits: vec![edit],
                })
                .await;
            self.found(version).await;
            times.push(began.elapsed());
        }
        times
    }
}

fn language(case: &Case) -> Language {
    match case.name.rsplit('.').next() {
        Some("py") => Language::Python,
        Some("js") => Language::JavaScript,
        _ => Language::TypeScript,
    }
}

/// What the engine's front and the processes of its sessions have for themselves.
fn memory(engine: &Engine, sessions: usize) {
    let kb = |path: String, name: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let values =
            text.lines().filter_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        values.sum::<u64>()
    };
    let front = engine.process();
    let workers = process::children(front);
    let sum = |name: &str| workers.iter().map(|pid| kb(format!("/proc/{pid}/smaps_rollup"), name)).sum::<u64>();
    let (own, shared) = (sum("Private_Clean:") + sum("Private_Dirty:"), sum("Pss:"));
    let rss = kb(format!("/proc/{front}/status"), "VmRSS:");
    println!(
        "{sessions:8}  memory: front {:.1} MB; {} processes, of each {:.2} MB its own, {:.2} MB with its share (PSS)",
        rss as f64 / 1024.0,
        workers.len(),
        own as f64 / 1024.0 / workers.len() as f64,
        shared as f64 / 1024.0 / workers.len() as f64,
    );
}

/// The rules that are built in.
fn rules() -> Arc<[RuleSource]> {
    let mut found = Vec::new();
    collect(&binary::root().join("patterns"), &mut found);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found.into()
}

fn collect(folder: &Path, found: &mut Vec<RuleSource>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|end| end == "yaml") {
            let name = path.strip_prefix(binary::root()).unwrap_or(&path).display().to_string();
            found.push(RuleSource { name, text: std::fs::read_to_string(path).expect("a rule file") });
        }
    }
}
