//! A worker that does on demand what workers must not do, for the tests of the pool.
//!
//! Its rules: a rule file's name is the rule's id, its text is looked for in the code. Words in the code make it misbehave:
//!
//! - `%ABORT%`: the process dies.
//! - `%PANIC%`: the analysis panics.
//! - `%SLOW%`: the analysis goes on until its budget stops it.
//! - `%MEET%`: says its process id where it was told to meet, waits for a byte or the end of the stream.
//!
//! and so do rules: `loop:word` never comes back from code with the word in it.
//!
//! With `meet:PORT` as its argument, its standard error is a connection to that port: a worker can open none later. With
//! `attack NAME` it is one that was taken over (`attack.rs`).
//!
//! Every text also has a finding of the rule `text`, whose message is the whole text.

#[cfg(target_os = "linux")]
mod attack;

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use weir_analysis::{Analysis as Found, Budget, Hits, Memo, Options, Unit};
use weir_model::{
    Answer, Event, Explanation, Finding, Format, Question, RuleInfo, RuleSource, Severity, Span, Verdict, framing,
};
use weir_worker::child::{self, Analysis, Compiled};

fn main() {
    let mode = std::env::args().nth(1);
    if let Some(port) = mode.as_deref().and_then(|mode| mode.strip_prefix("meet:")) {
        connect(port.parse().expect("a port"));
    }
    match mode.as_deref() {
        #[cfg(target_os = "linux")]
        Some("attack") => attack::main(),
        Some("other-version") => say_and_wait(&framing::encode(&Event::Ready { version: "0.0.0-other".to_owned() })),
        Some("frame-over-limit") => say_and_wait(&Ok(u32::MAX.to_le_bytes().to_vec())),
        Some("product") => child::child_main(),
        Some("sealed") => child::run_sealed(Needles),
        _ => child::run(Needles),
    }
}

fn say_and_wait(frame: &Result<Vec<u8>, framing::FrameError>) {
    let frame = frame.as_ref().expect("a small frame");
    std::io::stdout().write_all(frame).and_then(|()| std::io::stdout().flush()).expect("a parent");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

struct Needles;

impl Analysis for Needles {
    type Rules = Vec<(Arc<str>, String)>;

    fn compile(&self, sources: &[RuleSource], disabled: &[Arc<str>], _: &[u8]) -> Compiled<Self::Rules> {
        let rules: Self::Rules = sources
            .iter()
            .map(|source| (Arc::from(source.name.as_str()), source.text.clone()))
            .filter(|(id, _)| !disabled.contains(id))
            .collect();
        let infos = rules.iter().map(|(id, needle)| info(id, needle)).collect();
        Compiled { rules, infos, problems: Vec::new(), kept: Vec::new() }
    }

    fn analyze(
        &self,
        rules: &Self::Rules,
        _: Option<&mut Memo>,
        unit: &Unit<'_>,
        _: Options,
        budget: &Budget<'_>,
    ) -> Found {
        misbehave(unit.source.text(), budget);
        let mut findings = vec![finding(&Arc::from("text"), 0, unit.source.text())];
        for (id, needle) in rules {
            budget.start_rule(id);
            if let Some(word) = needle.strip_prefix("loop:") {
                while unit.source.text().contains(word) {
                    std::thread::yield_now();
                }
            }
            findings
                .extend(unit.source.text().match_indices(needle.as_str()).map(|(at, needle)| finding(id, at, needle)));
            budget.end_rule();
        }
        Found { findings, ..Found::default() }
    }

    fn answer(
        &self,
        rules: &Self::Rules,
        unit: &Unit<'_>,
        question: &Question,
        _: Options,
        budget: &Budget<'_>,
    ) -> Answer {
        let Question::Line(question) = question else { return Answer::Together(Vec::new()) };
        let found = self.analyze(rules, None, unit, Options::default(), budget);
        let asked = rules.iter().filter(|(id, _)| *id == question.rule_id);
        let of = |id: &Arc<str>| found.findings.iter().filter(|finding| finding.rule_id == *id).cloned().collect();
        Answer::Line(asked.map(|(id, needle)| explanation(id, needle, of(id))).collect())
    }

    fn fall_back(&self, _: &Self::Rules, _: Format, _: &str, _: &Budget<'_>) -> Hits {
        Hits::default()
    }
}

fn explanation(id: &Arc<str>, needle: &str, findings: Vec<Finding>) -> Explanation {
    let verdict = if findings.is_empty() { Verdict::NotReported } else { Verdict::Reported };
    Explanation {
        rule_id: Arc::clone(id),
        source: id.to_string(),
        rule_line: 1,
        span: Span::default(),
        verdict,
        summary: format!("looks for {needle}"),
        findings,
        reasons: Vec::new(),
    }
}

fn misbehave(text: &str, budget: &Budget<'_>) {
    if text.contains("%ABORT%") {
        std::process::abort();
    }
    assert!(!text.contains("%PANIC%"), "asked to panic");
    if text.contains("%MEET%") {
        meet();
    }
    if text.contains("%SLOW%") {
        while budget.look().is_ok() {
            std::thread::yield_now();
        }
    }
}

#[cfg(unix)]
fn connect(port: u16) {
    let stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("the test listens");
    rustix::stdio::dup2_stderr(stream).expect("a standard error");
}

#[cfg(not(unix))]
fn connect(_: u16) {}

#[cfg(not(unix))]
fn meet() {}

#[cfg(unix)]
fn meet() {
    let meeting = rustix::stdio::stderr();
    rustix::io::write(meeting, &std::process::id().to_le_bytes()).expect("the test reads");
    let _ = rustix::io::read(meeting, &mut [0; 1]);
}

fn finding(id: &Arc<str>, at: usize, message: &str) -> Finding {
    Finding {
        rule_id: Arc::clone(id),
        message: message.to_owned(),
        severity: Severity::Warning,
        span: Span::from(at..at + message.len()),
        metavars: Vec::new(),
        trace: None,
        fix: None,
        suppressed: None,
        ignore: None,
        fingerprint: String::new(),
    }
}

fn info(id: &Arc<str>, message: &str) -> RuleInfo {
    RuleInfo {
        id: Arc::clone(id),
        source: id.to_string(),
        message: message.to_owned(),
        severity: Severity::Warning,
        languages: Vec::new(),
        metadata: "{}".to_owned(),
    }
}
