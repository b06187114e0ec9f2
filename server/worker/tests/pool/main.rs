//! Pools of real processes, which misbehave on demand (`support/worker.rs`).
#![cfg(unix)]

#[cfg(target_os = "linux")]
mod sandbox;

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use weir_model::{
    Answer, DocId, Document, Edit, Failure, Finding, JobId, Language, LineQuestion, Note, NoteKind, Question,
    RuleSource, ScanOptions, Span, Verdict, Version,
};
use weir_worker::{Place, Pool, PoolConfig, Program, Relief, Serve, Update};

const WORKER: &str = env!("CARGO_BIN_EXE_weir-test-worker");

/// Far more than any of this takes: a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

const A: DocId = DocId(1);
const B: DocId = DocId(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_come_for_the_opened_text_and_for_every_edit() {
    let mut test = Test::start(config(1));
    test.rules(&[("needle", "eval")]).await;
    test.open(A, "eval(x); eval(y)");
    let findings = test.findings(A).await;
    assert_eq!(places(&findings, "needle"), [Span::new(0, 4), Span::new(9, 13)]);
    test.edit(A, &[(0, 4, "print"), (10, 14, "print")]);
    assert_eq!(text(&test.findings(A).await), "print(x); print(y)");
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_rules_are_run_over_open_documents() {
    let mut test = Test::start(config(1));
    test.rules(&[("first", "a")]).await;
    test.open(A, "a b");
    assert_eq!(places(&test.findings(A).await, "first").len(), 1);
    test.rules(&[("second", "b")]).await;
    let findings = test.findings(A).await;
    assert_eq!(places(&findings, "first"), []);
    assert_eq!(places(&findings, "second"), [Span::new(2, 3)]);
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_calls_off_the_analysis_of_the_text_before_it() {
    // Nothing but the edit ends this analysis.
    let mut test = Test::start(PoolConfig { interactive_deadline: Duration::from_hours(1), ..config(1) });
    test.rules(&[]).await;
    test.open(A, "%SLOW%");
    test.edit(A, &[(0, 6, "done")]);
    assert_eq!(text(&test.findings(A).await), "done");
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_typed_during_an_analysis_become_one_text() {
    let meeting = Meeting::new();
    let mut test = Test::start(meeting.config());
    test.rules(&[]).await;
    test.open(A, MEET);
    let at_work = meeting.wait();
    let end = test.documents[&A].len() as u32;
    test.edit(A, &[(0, end, "")]);
    for (at, letter) in "word".chars().enumerate() {
        test.edit(A, &[(at as u32, at as u32, &letter.to_string())]);
    }
    at_work.release();
    // The first text may be answered, if its analysis ended before any edit was read; what was read by then is merged
    // (`child/inbox.rs`).
    test.until(|update| matches!(update, Update::Findings { doc: A, version: Version(6), findings, .. } if text(findings) == "word")).await;
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_work_costs_nothing_but_time() {
    let meeting = Meeting::new();
    let mut test = Test::start(meeting.config());
    test.rules(&[]).await;
    test.open(B, "beside");
    assert_eq!(text(&test.findings(B).await), "beside");
    test.open(A, MEET);
    let at_work = meeting.wait();
    let end = test.documents[&A].len() as u32;
    test.edit(A, &[(0, end, "typed while ")]);
    kill(at_work.pid);
    test.edit(A, &[(12, 12, "it died")]);
    // The next worker starts with the texts it finds: it may answer for one before the edit that follows.
    test.until(|update| matches!(update, Update::Findings { doc: A, version: Version(3), findings, .. } if text(findings) == "typed while it died")).await;
    assert!(test.seen(|update| *update == Update::Restarted { failure: Failure::WorkerDied }));
    test.edit(B, &[(0, 0, "still ")]);
    test.until(|update| matches!(update, Update::Findings { doc: B, version: Version(2), findings, .. } if text(findings) == "still beside")).await;
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_costs_the_analysis_it_happens_in_and_nothing_else() {
    let mut test = Test::start(config(1));
    test.rules(&[]).await;
    test.open(A, "x = %PANIC%");
    test.open(B, "fine");
    let (findings, notes) = test.answer(A).await;
    assert_eq!((findings.len(), kinds(&notes)), (0, vec![NoteKind::Panic]));
    assert_eq!(text(&test.findings(B).await), "fine");
    test.edit(A, &[(4, 11, "1")]);
    assert_eq!(text(&test.findings(A).await), "x = 1");
    assert!(!test.seen(|update| matches!(update, Update::Restarted { .. })));
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_kills_two_workers_is_given_up_and_the_others_are_not() {
    let mut test = Test::start(config(1));
    test.rules(&[]).await;
    test.open(B, "before");
    assert_eq!(text(&test.findings(B).await), "before");
    test.open(A, "%ABORT%");
    test.until(|update| matches!(update, Update::Failed { doc: Some(A), job: None, failure: Failure::WorkerDied }))
        .await;
    assert_eq!(test.count(|update| matches!(update, Update::Restarted { .. })), 2);
    test.edit(B, &[(0, 6, "after")]);
    test.until(|update| matches!(update, Update::Findings { doc: B, version: Version(2), findings, .. } if text(findings) == "after")).await;
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_kills_two_workers_is_reported_and_all_others_are_scanned() {
    let mut test = Test::start(config(2));
    test.rules(&[]).await;
    for job in 0..40 {
        test.scan(job, if job == 7 || job == 8 { b"%ABORT%" } else { b"fine" });
    }
    let (mut scanned, mut failed) = (Vec::new(), Vec::new());
    while scanned.len() + failed.len() < 40 {
        match test.next().await {
            Update::Scanned { job, findings, .. } => {
                assert_eq!(text(&findings), "fine");
                scanned.push(job.0);
            }
            Update::Failed { job: Some(job), doc: None, .. } => failed.push(job.0),
            _ => {}
        }
    }
    failed.sort_unstable();
    assert_eq!(failed, [7, 8]);
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_loops_is_cut_off_and_named_and_all_others_report() {
    let mut test = Test::start(PoolConfig { interactive_deadline: Duration::from_millis(500), ..config(1) });
    test.rules(&[("before", "a"), ("loops", "loop:a"), ("after", "a")]).await;
    test.open(A, "a");
    let (findings, notes) = test.answer(A).await;
    assert_eq!(places(&findings, "before").len(), 1);
    assert_eq!(places(&findings, "after").len(), 1);
    assert_eq!((kinds(&notes), notes[0].rule_id.as_deref()), (vec![NoteKind::RuleTimeout], Some("loops")));
    // Typing goes on without it.
    test.edit(A, &[(1, 1, "a")]);
    assert_eq!(places(&test.findings(A).await, "after").len(), 2);
    let late = Failure::Deadline { limit_ms: 500 };
    assert_eq!(test.count(|update| *update == Update::Restarted { failure: late.clone() }), 1);
    // New rules give it another chance.
    test.rules(&[("loops", "a")]).await;
    assert_eq!(places(&test.findings(A).await, "loops").len(), 2);
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_loops_in_one_file_runs_on_the_others_and_in_three_is_off() {
    let mut test = Test::start(PoolConfig { scan_deadline: Duration::from_millis(300), ..config(1) });
    test.rules(&[("loops", "loop:a"), ("fine", "b")]).await;
    test.scan(1, b"a; b");
    test.until(|update| matches!(update, Update::Scanned { job: JobId(1), notes, .. } if kinds(notes) == [NoteKind::RuleTimeout])).await;
    test.scan(2, b"b");
    test.until(|update| matches!(update, Update::Scanned { job: JobId(2), notes, .. } if notes.is_empty())).await;
    assert!(!test.seen(|update| matches!(update, Update::RuleCutOff { .. })));
    for job in 3..8 {
        test.scan(job, b"a; b");
    }
    for job in 3..8 {
        let scanned = |update: &Update| matches!(update, Update::Scanned { job: JobId(done), findings, .. } if *done == job && places(findings, "fine").len() == 1);
        test.until(scanned).await;
    }
    assert_eq!(test.count(|update| matches!(update, Update::RuleCutOff { rule_id } if &**rule_id == "loops")), 1);
    assert_eq!(test.count(|update| matches!(update, Update::Restarted { .. })), 3);
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_is_explained_and_what_cannot_be_is_said() {
    let limits = PoolConfig { scan_deadline: Duration::from_secs(1), max_file: 1000, ..config(1) };
    let mut test = Test::start(limits);
    test.rules(&[("word", "eval"), ("loops", "loop:zz")]).await;
    test.explain(1, "word", b"eval");
    let answer = test.until(|update| matches!(update, Update::Answered { job: JobId(1), .. })).await;
    let Update::Answered { answer: Some(Answer::Line(explanations)), notes, .. } = answer else {
        unreachable!("waited for")
    };
    assert_eq!((explanations.len(), explanations[0].verdict, notes.len()), (1, Verdict::Reported, 0));
    test.explain(2, "nobody", b"b");
    let unknown = |update: &Update| matches!(update, Update::Answered { job: JobId(2), answer: Some(Answer::Line(explanations)), notes } if explanations.is_empty() && notes.is_empty());
    test.until(unknown).await;
    test.explain(3, "word", b"%PANIC%");
    test.until(
        |update| matches!(update, Update::Answered { job: JobId(3), notes, .. } if kinds(notes) == [NoteKind::Panic]),
    )
    .await;
    test.explain(4, "word", &[b' '; 1001]);
    test.until(|update| matches!(update, Update::Answered { job: JobId(4), notes, .. } if kinds(notes) == [NoteKind::TooLarge])).await;
    // A rule that loops cannot be left out of its own explanation.
    test.explain(5, "loops", b"zz");
    test.until(|update| matches!(update, Update::Failed { job: Some(JobId(5)), .. })).await;
    test.explain(6, "word", b"b");
    test.until(|update| matches!(update, Update::Answered { job: JobId(6), .. })).await;
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_files_are_survived_and_reported_per_file() {
    let mut test = Test::start(PoolConfig { max_file: 10_000_000, ..config(1) });
    test.rules(&[("needle", "eval")]).await;
    let deep = format!("eval{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let long = format!("x = \"{}\"; eval", "a".repeat(9_000_000));
    let large = b" ".repeat(10_000_001);
    let cases: [(&[u8], &[NoteKind], usize); 6] = [
        (b"eval", &[], 1),
        (b"eval(\"\xff\")", &[NoteKind::InvalidUtf8], 1),
        (b"eval\0(1)", &[NoteKind::SyntaxError], 1),
        (deep.as_bytes(), &[NoteKind::TooDeep], 1),
        (long.as_bytes(), &[], 1),
        (&large, &[NoteKind::TooLarge], 0),
    ];
    for (job, (bytes, ..)) in cases.iter().enumerate() {
        test.scan(job as u64, bytes);
    }
    let mut answers = HashMap::new();
    while answers.len() < cases.len() {
        if let Update::Scanned { job, findings, notes, .. } = test.next().await {
            answers.insert(job.0, (kinds(&notes), places(&findings, "needle").len()));
        }
    }
    for (job, (_, notes, findings)) in cases.iter().enumerate() {
        assert_eq!(answers[&(job as u64)], (notes.to_vec(), *findings), "file {job}");
    }
    assert!(!test.seen(|update| matches!(update, Update::Restarted { .. })));
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_over_the_limit_gets_a_note_until_it_shrinks() {
    let mut test = Test::start(PoolConfig { max_file: 10, ..config(1) });
    test.rules(&[]).await;
    test.open(A, "0123456789");
    assert_eq!(text(&test.findings(A).await), "0123456789");
    test.edit(A, &[(10, 10, "!")]);
    assert_eq!(kinds(&test.answer(A).await.1), [NoteKind::TooLarge]);
    test.edit(A, &[(0, 9, "")]);
    assert_eq!(text(&test.findings(A).await), "9!");
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_of_another_version_is_not_used_and_the_reason_is_said() {
    let mut test = Test::start(config_with(&["other-version"]));
    let given_up = |update: &Update| matches!(update, Update::Failed { doc: None, job: None, failure: Failure::OtherVersion { worker, .. } } if worker == "0.0.0-other");
    test.until(given_up).await;
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_over_the_frame_limit_is_refused_and_costs_the_worker() {
    let mut test = Test::start(config_with(&["frame-over-limit"]));
    test.until(|update| *update == Update::Restarted { failure: Failure::WorkerDied }).await;
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_failed_rather_than_kept_waiting_when_no_worker_can_be_started() {
    let mut test = Test::start(PoolConfig { place: program("/nonexistent/weir", &[]), ..config(2) });
    test.pool.rules(1, Arc::from([]), Arc::from([]));
    test.scan(1, b"x");
    test.until(|update| matches!(update, Update::Failed { job: Some(JobId(1)), .. })).await;
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_leaves_no_process_behind_even_one_that_loops() {
    let meeting = Meeting::new();
    let mut test = Test::start(meeting.config());
    test.rules(&[]).await;
    test.open(A, MEET);
    let at_work = meeting.wait();
    test.end().await;
    assert!(!is_alive(at_work.pid), "the worker outlived its pool");
}

#[test]
fn a_worker_ends_with_its_input_whatever_it_is_doing() {
    let meeting = Meeting::new();
    let mut worker = direct_worker(&[&meeting.arg()]);
    let mut input = worker.stdin.take().expect("a pipe");
    for request in first_requests(MEET) {
        weir_model::framing::write(&mut input, &request).expect("the worker reads");
    }
    let _at_work = meeting.wait();
    drop(input);
    assert!(worker.wait().expect("a child").success());
}

#[test]
fn a_worker_refuses_a_frame_over_the_limit() {
    let mut worker = direct_worker(&[]);
    let mut input = worker.stdin.take().expect("a pipe");
    input.write_all(&u32::MAX.to_le_bytes()).expect("the worker reads");
    // The input stays open: it is the announced length that ends the worker, not the end of the stream.
    assert_eq!(worker.wait().expect("a child").code(), Some(70));
    drop(input);
}

/// As a remote engine's workers are, and the process that stands in for one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_somebody_else_serves_is_supervised_as_a_process_is() {
    let (reliefs, mut given) = tokio::sync::mpsc::unbounded_channel::<Relief>();
    let serve = Serve::new(move |served| {
        reliefs.send(served.says.relief()).expect("the test listens");
        Program { path: WORKER.into(), args: Vec::new() }.serve(config(1).confinement(), served);
    });
    let mut test = Test::start(PoolConfig { place: Place::Served(serve), ..config(1) });
    test.rules(&[("needle", "eval")]).await;
    test.open(A, "eval(x)");
    assert_eq!(places(&test.findings(A).await, "needle"), [Span::new(0, 4)]);
    // It is replaced when it has nothing to do, and nobody is told.
    given.recv().await.expect("the first worker").ask();
    let second = tokio::time::timeout(PATIENCE, given.recv()).await.expect("another one").expect("a worker");
    test.edit(A, &[(0, 0, " ")]);
    test.until(|update| matches!(update, Update::Findings { version: Version(2), findings, .. } if places(findings, "needle") == [Span::new(1, 5)])).await;
    assert!(!test.seen(|update| matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
    // A crash is one as any other: the document that killed two is given up, and the next one analyses the others.
    test.open(B, "%ABORT%");
    test.until(|update| matches!(update, Update::Failed { doc: Some(B), .. })).await;
    test.edit(A, &[(0, 1, "")]);
    test.until(|update| matches!(update, Update::Findings { version: Version(3), .. })).await;
    assert!(second.is_wanted(), "it does not know which worker it was for, but that there is a pool");
    test.end().await;
    assert!(!second.is_wanted());
}

// ---- helpers

/// A pool, what its documents hold, and all it has said.
struct Test {
    pool: Pool,
    updates: UnboundedReceiver<Update>,
    history: Vec<Update>,
    documents: HashMap<DocId, Document>,
    generation: u64,
}

impl Test {
    fn start(config: PoolConfig) -> Self {
        let (pool, updates) = Pool::start(config);
        Self { pool, updates, history: Vec::new(), documents: HashMap::new(), generation: 0 }
    }

    async fn rules(&mut self, rules: &[(&str, &str)]) {
        self.generation += 1;
        let sources: Vec<RuleSource> =
            rules.iter().map(|(id, text)| RuleSource { name: (*id).to_owned(), text: (*text).to_owned() }).collect();
        self.pool.rules(self.generation, sources.into(), Arc::from([]));
        let expected = self.generation;
        self.until(|update| matches!(update, Update::Rules { generation, .. } if *generation == expected)).await;
    }

    fn open(&mut self, doc: DocId, text: &str) {
        let document = Document::new(text, Version(1), Some(Language::JavaScript));
        self.documents.insert(doc, document.clone());
        self.pool.open(doc, "a.js".into(), document);
    }

    fn edit(&mut self, doc: DocId, edits: &[(u32, u32, &str)]) {
        let document = self.documents.get_mut(&doc).expect("an open document");
        let base = document.version();
        let edits: Vec<Edit> =
            edits.iter().map(|(start, end, text)| Edit::new(Span::new(*start, *end), *text)).collect();
        document.apply(&edits, Version(base.0 + 1)).expect("edits that fit");
        self.pool.edit(doc, base, document.clone(), edits);
    }

    fn explain(&self, job: u64, rule_id: &str, bytes: &[u8]) {
        let question = Question::Line(LineQuestion { rule_id: rule_id.into(), line: 1 });
        self.pool.ask(JobId(job), "a.js".into(), Language::JavaScript.into(), bytes.to_vec(), question);
    }

    fn scan(&self, job: u64, bytes: &[u8]) {
        let format = Language::JavaScript.into();
        self.pool.scan(JobId(job), "a.js".into(), format, bytes.to_vec(), ScanOptions::default());
    }

    async fn next(&mut self) -> Update {
        let update = tokio::time::timeout(PATIENCE, self.updates.recv()).await;
        let update = update.unwrap_or_else(|_| panic!("nothing more came after {:?}", self.history));
        let update = update.expect("the pool runs");
        self.history.push(update.clone());
        update
    }

    async fn until(&mut self, wanted: impl Fn(&Update) -> bool) -> Update {
        loop {
            let update = self.next().await;
            if wanted(&update) {
                return update;
            }
        }
    }

    /// The next answer for a document. It must be one for its newest text.
    async fn answer(&mut self, doc: DocId) -> (Vec<Finding>, Vec<Note>) {
        let newest = self.documents[&doc].version();
        match self.until(|update| matches!(update, Update::Findings { doc: of, .. } if *of == doc)).await {
            Update::Findings { version, findings, notes, .. } => {
                assert_eq!(version, newest, "an answer for an older text");
                (findings, notes)
            }
            _ => unreachable!(),
        }
    }

    async fn findings(&mut self, doc: DocId) -> Vec<Finding> {
        self.answer(doc).await.0
    }

    fn seen(&self, wanted: impl Fn(&Update) -> bool) -> bool {
        self.count(wanted) > 0
    }

    fn count(&self, wanted: impl Fn(&Update) -> bool) -> usize {
        self.history.iter().filter(|update| wanted(update)).count()
    }

    async fn end(self) {
        tokio::time::timeout(PATIENCE, self.pool.shutdown()).await.expect("shutdown ends");
    }
}

/// An analysis of this says that it is at work, and stays until it is released.
const MEET: &str = "%MEET%";

/// A place where workers are connected to as long as they live.
struct Meeting(TcpListener);

/// An analysis at work. Dropped, it goes on.
struct AtWork {
    pid: u32,
    stream: TcpStream,
}

impl Meeting {
    fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    fn arg(&self) -> String {
        format!("meet:{}", self.0.local_addr().expect("an address").port())
    }

    /// A pool of one worker, which comes here; so do those that replace it.
    fn config(&self) -> PoolConfig {
        config_with(&[&self.arg()])
    }

    /// Waits until the first worker is at work.
    fn wait(&self) -> AtWork {
        let (mut stream, _) = self.0.accept().expect("a worker at work");
        let mut pid = [0; 4];
        stream.read_exact(&mut pid).expect("a process id");
        AtWork { pid: u32::from_le_bytes(pid), stream }
    }
}

impl AtWork {
    fn release(mut self) {
        self.stream.write_all(&[1]).expect("the worker waits");
    }
}

fn config(workers: usize) -> PoolConfig {
    PoolConfig { place: program(WORKER, &[]), ..PoolConfig::this_program(workers) }
}

fn config_with(args: &[&str]) -> PoolConfig {
    PoolConfig { place: program(WORKER, args), ..PoolConfig::this_program(1) }
}

fn program(path: &str, args: &[&str]) -> Place {
    Place::Program(Program { path: path.into(), args: args.iter().map(Into::into).collect() })
}

/// What a worker must be told to analyse one text.
fn first_requests(text: &str) -> [weir_model::Request; 3] {
    let limits = weir_model::Limits {
        interactive_ms: 60_000,
        scan_ms: 60_000,
        interned_bytes: u64::MAX,
        foreign_marks: weir_model::ForeignMarks::default(),
    };
    [
        weir_model::Request::Limits(limits),
        weir_model::Request::Rules { generation: 1, sources: Arc::from([]), disabled: Vec::new(), kept: Vec::new() },
        weir_model::Request::Open {
            doc: A,
            path: "a.js".into(),
            format: Language::JavaScript.into(),
            version: Version(1),
            text: text.to_owned(),
            without: Vec::new(),
        },
    ]
}

fn direct_worker(args: &[&str]) -> Child {
    Command::new(WORKER)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a worker")
}

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill").success());
}

fn is_alive(pid: u32) -> bool {
    Command::new("kill").args(["-0", &pid.to_string()]).stderr(Stdio::null()).status().expect("kill").success()
}

/// The text that was analysed.
fn text(findings: &[Finding]) -> String {
    findings.iter().find(|finding| &*finding.rule_id == "text").expect("every text is echoed").message.clone()
}

fn places(findings: &[Finding], rule: &str) -> Vec<Span> {
    findings.iter().filter(|finding| &*finding.rule_id == rule).map(|finding| finding.span).collect()
}

/// The kinds of the notes, each once.
fn kinds(notes: &[Note]) -> Vec<NoteKind> {
    let mut kinds: Vec<NoteKind> = notes.iter().map(|note| note.kind).collect();
    kinds.dedup();
    kinds
}
