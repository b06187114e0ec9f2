//! A pool against an engine in this process, which speaks the real handshake over a real socket.

use super::connect;
use super::control;
use super::socket::frame;
use super::{ConnectError, Notice, Remote, Source, State, Target, Way};
use futures_util::{SinkExt as _, StreamExt as _};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request as Head, Response};
use weir_model::link::{Down, Held, HeldDocument, Tag, TextHash, Up};
use weir_model::{
    DocId, Document, Edit, Event, Format, JobId, Language, Note, NoteKind, Request, RuleSource, ScanOptions, Span,
    Timing, Version, framing,
};
use weir_seal::{Context, Identity, Opened, Resumption, WorkerHandshake, Zeroizing, sign_offer};
use weir_worker::{Pool, PoolConfig, Serve, Served, Update};

/// Far more than any of this takes: a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

const KEY: &str = "the-key-of-a-test";
const DOC: DocId = DocId(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_is_served_over_a_sealed_link() {
    let engine = Engine::start(Behaviour::default()).await;
    let mut test = Test::start(&engine.target());
    test.rules().await;
    assert_eq!(test.open("text").await, ("there".to_owned(), "text".to_owned()));
    assert_eq!(test.edit(4, 4, " typed").await, ("there".to_owned(), "text typed".to_owned()));
    // One of several frames, whose progress is told.
    let large = "x".repeat(3 << 20);
    assert_eq!(test.scan(&large).await, "there");
    test.until_notice(|notice| matches!(notice, Notice::Sending { done, all } if done == all && *all > 1)).await;
    assert!(matches!(&test.notices[..], [Notice::State(State::Linked), Notice::Sending { .. }]), "{:?}", test.notices);
    assert!(engine.seen(|up| matches!(up, Up::Request(Request::Rules { kept, .. }) if kept.is_empty())));
    test.end().await;
    engine.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_away_is_stood_in_for_and_takes_over_when_it_comes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let identity = Arc::new(Identity::generate().expect("randomness"));
    let mut test = Test::start(&target(address, &identity));
    test.rules().await;
    assert_eq!(test.open("text").await.0, "here");
    assert!(matches!(&test.notices[..], [Notice::State(State::Away(_))]), "{:?}", test.notices);
    let engine = Engine::at(address, identity, Behaviour::default()).await;
    test.until_notice(|notice| *notice == Notice::State(State::Linked)).await;
    let mut len = 4;
    // It takes the slot over at a moment at which nothing is owed: from some edit on, and no edit is lost on the way.
    loop {
        let (place, text) = test.edit(len, len, "x").await;
        len += 1;
        assert_eq!(text.len(), len as usize);
        if place == "there" {
            break;
        }
    }
    // It had read the rules by then: nobody waits for them.
    let ups = engine.ups();
    let rules = |up: &Up| matches!(up, Up::Request(Request::Rules { .. }));
    let again = |up: &Up| matches!(up, Up::RulesAgain { .. });
    assert!(ups.iter().filter(|up| rules(up)).count() == 1 && ups.iter().any(again), "{ups:?}");
    assert!(!test.said.iter().any(|update| matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
    test.end().await;
    engine.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_the_next_link_only_what_changed_is_sent_and_nothing_is_held_against_a_document() {
    let engine = Engine::start(Behaviour::default()).await;
    let mut test = Test::start(&engine.target());
    test.rules().await;
    test.open("text").await;
    // More often than a document's record would stand.
    for cut in 1..=2 {
        engine.cut();
        engine.linked(cut + 1).await;
        let (place, text) = test.edit(0, 0, "x").await;
        assert_eq!((place.as_str(), text), ("there", format!("{}text", "x".repeat(cut))));
    }
    let count = |wanted: &dyn Fn(&Up) -> bool| engine.ups().iter().filter(|up| wanted(up)).count();
    assert_eq!(count(&|up| matches!(up, Up::Request(Request::Open { .. }))), 1, "its text was sent once");
    assert_eq!(count(&|up| matches!(up, Up::Request(Request::Rules { .. }))), 1, "and so were the rules");
    assert!(!test.said.iter().any(|update| matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
    assert_eq!(test.notices, [Notice::State(State::Linked)], "nobody is told of what is over before it is seen");
    test.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_must_not_be_spoken_to_is_sent_nothing_and_not_tried_again() {
    let other = || Identity::generate().expect("randomness").public();
    for (behaviour, part) in [
        (Behaviour { key: "another-key", ..Behaviour::default() }, "refuses the API key"),
        (Behaviour { version: "0.0.0-other", ..Behaviour::default() }, "same version"),
        (Behaviour { says: Some(other().to_string()), ..Behaviour::default() }, "pinned"),
        (Behaviour { signs: false, ..Behaviour::default() }, "pinned"),
        (Behaviour { offers: Some(b"an offer of no version".to_vec()), ..Behaviour::default() }, "handshake"),
    ] {
        let engine = Engine::start(behaviour).await;
        let mut test = Test::start(&engine.target());
        test.rules().await;
        assert_eq!(test.open("secret").await.0, "here");
        let [Notice::State(State::Refused(reason))] = &test.notices[..] else { panic!("{:?}", test.notices) };
        assert!(reason.contains(part) && !reason.contains(KEY), "{reason}");
        // Another worker for the slot is one of here at once.
        test.pool.rules(2, Arc::from([]), Arc::from([]));
        assert_eq!(test.edit(0, 0, "x").await.0, "here");
        assert_eq!((engine.ups().len(), engine.connections()), (0, 1), "{part}");
        test.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_of_which_nothing_is_heard_any_more_is_away() {
    let engine = Engine::start(Behaviour::default()).await;
    let mut test = Test::start(&engine.target());
    test.rules().await;
    test.open("text").await;
    engine.state.silent.store(true, Ordering::SeqCst);
    assert_eq!(test.edit(0, 0, "x").await, ("here".to_owned(), "xtext".to_owned()));
    test.until_notice(|notice| matches!(notice, Notice::State(State::Away(_)))).await;
    assert!(!test.said.iter().any(|update| matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
    test.end().await;
}

#[tokio::test]
async fn a_stranger_on_the_port_is_no_engine() {
    for (answer, part) in [
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", Err("no Weir engine")),
        ("HTTP/1.1 302 Found\r\nlocation: http://evil/\r\ncontent-length: 0\r\n\r\n", Err("302")),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Err("200")),
        ("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", Ok("503")),
        ("HTTP/1.1 429 Slowly\r\ncontent-length: 0\r\n\r\n", Ok("429")),
        ("SSH-2.0-x\r\n\r\n", Err("WebSocket")),
        ("", Ok("connection")),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let identity = Identity::generate().expect("randomness");
        let target = target(listener.local_addr().expect("an address"), &identity);
        let stranger = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut buffer = [0; 1024];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut buffer).await;
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes()).await;
        });
        match (connect::connect(&target, &mut None).await, part) {
            (Err(ConnectError::Away(reason)), Ok(part)) => assert!(reason.contains(part), "{reason}"),
            (Err(ConnectError::Refused(reason)), Err(part)) => assert!(reason.contains(part), "{reason}"),
            (result, _) => panic!("{answer}: {result:?}"),
        }
        stranger.await.expect("it answers");
    }
}

// ---- a pool and its owner

struct Test {
    pool: Pool,
    updates: mpsc::UnboundedReceiver<Update>,
    said: Vec<Update>,
    notice: mpsc::UnboundedReceiver<Notice>,
    notices: Vec<Notice>,
    document: Document,
}

impl Test {
    fn start(target: &Target) -> Self {
        let here = Serve::new(|served| drop(tokio::spawn(stand_in(served))));
        let (remote, notice) = Remote::with(target.url.clone(), Source::Given(target.clone()), here);
        let config = PoolConfig { place: remote.place(), ..PoolConfig::this_program(1) };
        let (pool, updates) = Pool::start(config);
        let document = Document::new("", Version(0), Some(Language::Python));
        Self { pool, updates, said: Vec::new(), notice, notices: Vec::new(), document }
    }

    async fn rules(&mut self) {
        let sources = Arc::from([RuleSource { name: "rules".to_owned(), text: "a rule".to_owned() }]);
        self.pool.rules(1, sources, Arc::from(*b"what was kept here"));
        self.until(|update| matches!(update, Update::Rules { .. })).await;
    }

    /// Where it was analysed, and which text that was.
    async fn open(&mut self, text: &str) -> (String, String) {
        self.document = Document::new(text, Version(1), Some(Language::Python));
        self.pool.open(DOC, "a.py".into(), self.document.clone());
        self.answer().await
    }

    async fn edit(&mut self, start: u32, end: u32, text: &str) -> (String, String) {
        let base = self.document.version();
        let edits = vec![Edit::new(Span::new(start, end), text)];
        self.document.apply(&edits, Version(base.0 + 1)).expect("an edit that fits");
        self.pool.edit(DOC, base, self.document.clone(), edits);
        self.answer().await
    }

    async fn answer(&mut self) -> (String, String) {
        let newest = self.document.version();
        let update =
            self.until(|update| matches!(update, Update::Findings { version, .. } if *version == newest)).await;
        let Update::Findings { notes, .. } = update else { unreachable!() };
        let (place, text) = notes[0].message.split_once(':').expect("a place and a text");
        (place.to_owned(), text.to_owned())
    }

    async fn scan(&mut self, text: &str) -> String {
        self.pool.scan(JobId(1), "b.py".into(), Format::Text, text.as_bytes().to_vec(), ScanOptions::default());
        match self.until(|update| matches!(update, Update::Scanned { .. })).await {
            Update::Scanned { notes, .. } => notes[0].message.clone(),
            _ => unreachable!(),
        }
    }

    async fn until(&mut self, wanted: impl Fn(&Update) -> bool) -> Update {
        loop {
            let update = tokio::time::timeout(PATIENCE, self.updates.recv()).await;
            let update = update.unwrap_or_else(|_| panic!("nothing more came after {:?}", self.said));
            let update = update.expect("the pool runs");
            self.said.push(update.clone());
            while let Ok(notice) = self.notice.try_recv() {
                self.take(notice);
            }
            if wanted(&update) {
                return update;
            }
        }
    }

    async fn until_notice(&mut self, wanted: impl Fn(&Notice) -> bool) {
        while !self.notices.iter().any(&wanted) {
            let notice = tokio::time::timeout(PATIENCE, self.notice.recv()).await.expect("a notice");
            let notice = notice.expect("the engine is there");
            if wanted(&notice) {
                self.take(notice);
                return;
            }
            self.take(notice);
        }
    }

    /// How far a text is sent is told many times; that it is sent is enough.
    fn take(&mut self, notice: Notice) {
        if !matches!(notice, Notice::Sending { done, all } if done < all) {
            self.notices.push(notice);
        }
    }

    async fn end(self) {
        tokio::time::timeout(PATIENCE, self.pool.shutdown()).await.expect("shutdown ends");
    }
}

fn target(address: SocketAddr, identity: &Identity) -> Target {
    let url = format!("http://{address}").parse().expect("an address");
    let way = Way::new(url, None, None).expect("a way");
    way.to(identity.public(), Zeroizing::new(KEY.to_owned()))
}

// ---- workers, here and there

/// A worker that answers with the text it has, and where it is.
#[derive(Default)]
struct Worker {
    place: &'static str,
    documents: HashMap<DocId, Document>,
}

impl Worker {
    fn ask(&mut self, request: Request) -> Vec<Event> {
        match request {
            Request::Rules { generation, .. } => self.loaded(generation),
            Request::Open { doc, format, version, text, .. } => {
                self.documents.insert(doc, Document::new(&text, version, format));
                vec![self.findings(doc)]
            }
            Request::Edit { doc, base, version, edits } => {
                let held = self.documents.get_mut(&doc).filter(|document| document.version() == base);
                match held.map(|document| document.apply(&edits, version)) {
                    Some(Ok(())) => vec![self.findings(doc)],
                    _ => vec![Event::Resync { doc, held: None }],
                }
            }
            Request::Close { doc } => {
                self.documents.remove(&doc);
                Vec::new()
            }
            Request::Scan { job, .. } => {
                let (findings, hints, notes) = (Vec::new(), Vec::new(), vec![note(self.place.to_owned())]);
                vec![Event::Scanned { job, findings, hints, notes, cells: None, timing: Timing::default() }]
            }
            Request::Ping { nonce } => vec![Event::Pong { nonce }],
            _ => Vec::new(),
        }
    }

    fn loaded(&self, generation: u64) -> Vec<Event> {
        let kept = b"what the engine made of them".to_vec();
        let mut events = vec![Event::RulesLoaded { generation, rules: Vec::new(), problems: Vec::new(), kept }];
        events.extend(self.documents.keys().map(|&doc| self.findings(doc)));
        events
    }

    fn findings(&self, doc: DocId) -> Event {
        let document = &self.documents[&doc];
        let notes = vec![note(format!("{}:{}", self.place, document.text()))];
        let (version, timing) = (document.version(), Timing::default());
        Event::Findings { doc, version, findings: Vec::new(), hints: Vec::new(), notes, timing }
    }
}

fn note(message: String) -> Note {
    Note { kind: NoteKind::Skipped, span: None, rule_id: None, message }
}

/// What a process of this machine would be.
async fn stand_in(mut served: Served) {
    let mut worker = Worker { place: "here", ..Worker::default() };
    served.says.say(Event::Ready { version: env!("CARGO_PKG_VERSION").to_owned() });
    loop {
        tokio::select! {
            Ok(()) = &mut served.killed => return,
            frame = served.requests.recv() => {
                let Some(frame) = frame else { return };
                let request = framing::decode(&frame[4..]).expect("a request");
                for event in worker.ask(request) {
                    served.says.say(event);
                }
            }
        }
    }
}

// ---- an engine

#[derive(Clone)]
struct Behaviour {
    /// The key it takes.
    key: &'static str,
    version: &'static str,
    /// Who it says it is, if not who it is.
    says: Option<String>,
    /// It signs what it offers, with its own identity.
    signs: bool,
    /// What it offers, if not what its worker does.
    offers: Option<Vec<u8>>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self { key: KEY, version: env!("CARGO_PKG_VERSION"), says: None, signs: true, offers: None }
    }
}

struct Engine {
    address: SocketAddr,
    identity: Arc<Identity>,
    state: Arc<Shared>,
}

struct Shared {
    behaviour: Behaviour,
    connections: AtomicUsize,
    links: AtomicUsize,
    silent: AtomicBool,
    ups: Mutex<Vec<Up>>,
    cut: broadcast::Sender<()>,
    ended: AtomicBool,
    changed: tokio::sync::Notify,
    /// The one session, and what its worker holds.
    session: tokio::sync::Mutex<Session>,
}

#[derive(Default)]
struct Session {
    worker: Worker,
    rules: Option<TextHash>,
    resumption: Option<Resumption>,
}

impl Engine {
    async fn start(behaviour: Behaviour) -> Self {
        let identity = Arc::new(Identity::generate().expect("randomness"));
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0)), identity, behaviour).await
    }

    async fn at(address: SocketAddr, identity: Arc<Identity>, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let worker = Worker { place: "there", ..Worker::default() };
        let state = Arc::new(Shared {
            behaviour,
            connections: AtomicUsize::new(0),
            links: AtomicUsize::new(0),
            silent: AtomicBool::new(false),
            ups: Mutex::default(),
            cut: broadcast::channel(1).0,
            ended: AtomicBool::new(false),
            changed: tokio::sync::Notify::new(),
            session: tokio::sync::Mutex::new(Session { worker, ..Session::default() }),
        });
        let (shared, signer) = (Arc::clone(&state), Arc::clone(&identity));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (shared, signer) = (Arc::clone(&shared), Arc::clone(&signer));
                let mut cut = shared.cut.subscribe();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = converse(stream, &shared, &signer) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Self { address, identity, state }
    }

    fn target(&self) -> Target {
        target(self.address, &self.identity)
    }

    /// Cuts all connections.
    fn cut(&self) {
        self.state.cut.send(()).expect("somebody is connected");
    }

    fn ups(&self) -> Vec<Up> {
        self.state.ups.lock().expect("not poisoned").clone()
    }

    fn seen(&self, wanted: impl Fn(&Up) -> bool) -> bool {
        self.ups().iter().any(wanted)
    }

    fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Until so many links were made.
    async fn linked(&self, links: usize) {
        self.wait(|state| state.links.load(Ordering::SeqCst) >= links).await;
    }

    /// Until the editor has said that its session is over.
    async fn ended(&self) {
        self.wait(|state| state.ended.load(Ordering::SeqCst)).await;
    }

    async fn wait(&self, done: impl Fn(&Shared) -> bool) {
        let wait = async {
            loop {
                let changed = self.state.changed.notified();
                if done(&self.state) {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("it happens");
    }
}

/// One connection, until it or the editor's patience ends.
async fn converse(stream: TcpStream, shared: &Shared, identity: &Identity) -> Option<()> {
    if shared.silent.load(Ordering::SeqCst) {
        return None;
    }
    let behaviour = &shared.behaviour;
    let key = behaviour.key;
    #[expect(clippy::result_large_err, reason = "the trait's")]
    let check = |head: &Head, response: Response| {
        let said = |name: &str| head.headers().get(name).and_then(|value| value.to_str().ok());
        if said("x-api-key") == Some(key) {
            let mut response = response;
            let protocol = said("sec-websocket-protocol").expect("a version").parse().expect("a header");
            response.headers_mut().insert("sec-websocket-protocol", protocol);
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = tokio_tungstenite::tungstenite::http::StatusCode::UNAUTHORIZED;
        Err(refusal)
    };
    let mut socket = accept_hdr_async(stream, check).await.ok()?;
    let says = behaviour.says.clone().unwrap_or_else(|| identity.public().to_string());
    let context = Context { session: "the-session".to_owned(), customer: "the-customer".to_owned() };
    socket.send(Message::text(control::test_welcome(&context.session, &context.customer, &says))).await.ok()?;
    let hello = binary(&mut socket, Tag::Hello).await?;
    let mut session = shared.session.lock().await;
    let (handshake, offer) = WorkerHandshake::offer(&hello, &context, session.resumption.as_ref()).ok()?;
    let offer = behaviour.offers.clone().unwrap_or(offer);
    let forger = Identity::generate().ok()?;
    let signer = if behaviour.signs { identity } else { &forger };
    socket.send(frame(Tag::Hello, &sign_offer(signer, &context, &hello, &offer))).await.ok()?;
    let accept = binary(&mut socket, Tag::Accept).await?;
    let mut link = handshake.accept(&accept).ok()?;
    session.resumption = Some(link.resumption.clone());
    socket.send(frame(Tag::Accept, &[])).await.ok()?;
    let documents = session.worker.documents.iter().map(|(&doc, document)| HeldDocument {
        doc,
        version: document.version(),
        hash: TextHash::of_rope(document.text()),
    });
    let held = Held { engine: behaviour.version.to_owned(), rules: session.rules, documents: documents.collect() };
    let mut downs = vec![Down::Held(held)];
    loop {
        for down in downs.drain(..) {
            let message = framing::encode(&down).expect("small");
            for sealed in link.sealer.seal(&message[4..]).expect("small") {
                socket.send(frame(Tag::Sealed, &sealed)).await.ok()?;
            }
        }
        if shared.links.load(Ordering::SeqCst) < shared.connections.load(Ordering::SeqCst) {
            shared.links.store(shared.connections.load(Ordering::SeqCst), Ordering::SeqCst);
            shared.changed.notify_waiters();
        }
        let body = match socket.next().await?.ok()? {
            Message::Binary(bytes) => bytes[1..].to_vec(),
            Message::Text(text) => {
                assert!(control::test_is_end(text.as_str()), "{text}");
                shared.ended.store(true, Ordering::SeqCst);
                shared.changed.notify_waiters();
                continue;
            }
            _ => continue,
        };
        if shared.silent.load(Ordering::SeqCst) {
            continue;
        }
        if let Opened::Whole(message) = link.opener.open(body).ok()? {
            let up: Up = framing::decode(&message).ok()?;
            shared.ups.lock().expect("not poisoned").push(up.clone());
            downs = session.up(up);
        }
    }
}

impl Session {
    fn up(&mut self, up: Up) -> Vec<Down> {
        let held = |worker: &Worker, doc: DocId| {
            worker.documents.get(&doc).map(|held| (held.version(), TextHash::of_rope(held.text())))
        };
        let events = match up {
            Up::Request(request) => {
                if let Request::Rules { sources, disabled, .. } = &request {
                    self.rules = Some(TextHash::of_rules(sources, disabled));
                }
                self.worker.ask(request)
            }
            Up::Edit { doc, base, base_hash, version, hash, edits } => {
                if held(&self.worker, doc) != Some((base, base_hash)) {
                    return vec![Down::Stale { doc, held: held(&self.worker, doc) }];
                }
                let events = self.worker.ask(Request::Edit { doc, base, version, edits });
                assert_eq!(held(&self.worker, doc), Some((version, hash)), "the text it says it leads to");
                events
            }
            Up::Again { doc, version, hash } => {
                let document = self.worker.documents.get_mut(&doc).expect("it says it holds it");
                assert_eq!(TextHash::of_rope(document.text()), hash);
                document.apply(&[], version).expect("no edit");
                vec![self.worker.findings(doc)]
            }
            Up::RulesAgain { generation, hash } => {
                assert_eq!(self.rules, Some(hash));
                self.worker.loaded(generation)
            }
        };
        events.into_iter().map(Down::Event).collect()
    }
}

async fn binary(socket: &mut tokio_tungstenite::WebSocketStream<TcpStream>, expected: Tag) -> Option<Vec<u8>> {
    loop {
        match socket.next().await?.ok()? {
            Message::Binary(bytes) => {
                assert_eq!(Tag::from_byte(bytes[0]), Some(expected));
                return Some(bytes[1..].to_vec());
            }
            Message::Text(_) => {}
            _ => return None,
        }
    }
}
