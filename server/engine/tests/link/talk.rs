//! What tests say over a link, and what they wait for.

use crate::editor::{Editor, PATIENCE, within};
use crate::server::{ALICE, Server, WORKER};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use weir_engine::socket::LinkEvent;
use weir_model::link::{Down, Held, TextHash};
use weir_model::{
    DocId, Event, Finding, ForeignMarks, JobId, Language, Limits, NoteKind, Request, RuleSource, ScanOptions, Version,
};
use weir_worker::{Place, Pool, PoolConfig, Program, Update};

pub(crate) const A: DocId = DocId(1);

const RULES: &str = "rules:
- {id: eval, languages: [python], severity: ERROR, message: 'runs $X', pattern: eval($X)}
- id: tainted
  languages: [python]
  severity: ERROR
  message: a command from outside
  mode: taint
  pattern-sources: [{pattern: 'input()'}]
  pattern-sinks: [{pattern: os.system(...)}]
";

/// An editor with a link and rules in force.
pub(crate) async fn ready(server: &Server) -> Editor {
    let mut editor = Editor::connect(server.address, ALICE, None).await.expect("let in");
    assert_eq!(
        editor.link(&server.identity).await,
        Held { engine: env!("CARGO_PKG_VERSION").to_owned(), ..Held::default() }
    );
    editor.request(limits()).await;
    editor.request(rules(1)).await;
    editor.rules_loaded().await;
    editor
}

/// An editor with a document open, and told that its session ends soon.
pub(crate) async fn told_of_the_end(server: &Server) -> Editor {
    let mut editor = Editor::connect(server.address, ALICE, None).await.expect("let in");
    editor.link(&server.identity).await;
    editor.request(limits()).await;
    editor.request(rules(1)).await;
    editor.request(open(A, 1, "eval(a)")).await;
    let mut found = false;
    while !editor.expiring || !found {
        let got = editor.got().await;
        found |= matches!(editor.open(got), Some(Down::Event(Event::Findings { .. })));
    }
    editor
}

pub(crate) fn limits() -> Request {
    let foreign_marks = ForeignMarks::default();
    Request::Limits(Limits { interactive_ms: 60_000, scan_ms: 60_000, interned_bytes: 1 << 30, foreign_marks })
}

pub(crate) fn sources() -> Arc<[RuleSource]> {
    Arc::from([RuleSource { name: "rules.yaml".to_owned(), text: RULES.to_owned() }])
}

pub(crate) fn rules(generation: u64) -> Request {
    Request::Rules { generation, sources: sources(), disabled: Vec::new(), kept: Vec::new() }
}

pub(crate) fn open(doc: DocId, version: i64, text: &str) -> Request {
    let (path, format) = ("app.py".into(), Language::Python.into());
    Request::Open { doc, path, format, version: Version(version), text: text.to_owned(), without: Vec::new() }
}

pub(crate) fn scan(job: u64, text: String) -> Request {
    let (path, format, options) = ("app.py".into(), Language::Python.into(), ScanOptions::default());
    Request::Scan { job: JobId(job), path, format, bytes: text.into_bytes(), options, without: Vec::new() }
}

pub(crate) fn hash(text: &str) -> TextHash {
    TextHash::of(text.as_bytes())
}

/// The findings of a version, when they come.
pub(crate) async fn findings(editor: &mut Editor, doc: DocId, version: i64) -> Vec<Finding> {
    editor
        .until(|down| match down {
            Down::Event(Event::Findings { doc: of, version: at, findings, .. }) if (*of, at.0) == (doc, version) => {
                Some(findings.clone())
            }
            _ => None,
        })
        .await
}

pub(crate) async fn stale(editor: &mut Editor) -> (DocId, Option<(Version, TextHash)>) {
    editor.until(|down| if let Down::Stale { doc, held } = down { Some((*doc, *held)) } else { None }).await
}

/// The first note of the next answer that has one.
pub(crate) async fn note(editor: &mut Editor) -> NoteKind {
    editor
        .until(|down| match down {
            Down::Event(Event::Findings { notes, .. } | Event::Scanned { notes, .. }) => {
                notes.first().map(|note| note.kind)
            }
            _ => None,
        })
        .await
}

/// Waits until the first session that ends has ended, which is this one of Alice's.
pub(crate) async fn gone(server: &Server, session: &str) {
    gone_of(server, ALICE, session).await;
}

pub(crate) async fn gone_of(server: &Server, key: &str, session: &str) {
    within(async {
        while !server.records().iter().any(|event| matches!(event, LinkEvent::Ended(_))) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let refused = Editor::connect(server.address, key, Some(session)).await.map(|_| ()).expect_err("it is gone");
    assert_eq!(refused.status, 404);
}

/// The status line that somebody gets who speaks no WebSocket.
pub(crate) async fn plain_get(server: &Server) -> String {
    let mut stream = tokio::net::TcpStream::connect(server.address).await.expect("it listens");
    let request =
        format!("GET /api/v1/ast/stream HTTP/1.1\r\nhost: x\r\nx-api-key: {ALICE}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.expect("an answer");
    answer.lines().next().unwrap_or_default().to_owned()
}

/// A worker of this machine's, for comparison.
pub(crate) struct Local {
    pub(crate) pool: Pool,
    updates: tokio::sync::mpsc::UnboundedReceiver<Update>,
}

impl Local {
    pub(crate) fn start() -> Self {
        let (pool, updates) = Pool::start(PoolConfig {
            place: Place::Program(Program { path: WORKER.into(), args: vec!["local".into()] }),
            interactive_deadline: PATIENCE,
            ..PoolConfig::default()
        });
        pool.rules(1, sources(), Arc::from([]));
        Self { pool, updates }
    }

    pub(crate) async fn findings(&mut self, version: i64) -> Vec<Finding> {
        loop {
            match within(self.updates.recv()).await.expect("a pool") {
                Update::Findings { version: at, findings, .. } if at.0 == version => return findings,
                _ => {}
            }
        }
    }
}
