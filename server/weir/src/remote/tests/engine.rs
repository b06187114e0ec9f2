//! An engine, and what works there and here.

use super::{KEY, PATIENCE};
use crate::remote::socket::frame;
use crate::remote::{Target, Way, control};
use futures_util::{SinkExt as _, StreamExt as _};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request as Head, Response};
use weir_model::link::{Down, Held, HeldDocument, Tag, TextHash, Up};
use weir_model::{
    DocId, Document, Edit, Event, Finding, Fix, Note, NoteKind, Request, Severity, Span, Timing, framing,
};
use weir_seal::{Context, Identity, Opened, Resumption, WorkerHandshake, Zeroizing, sign_offer};
use weir_worker::Served;

pub(super) fn target(address: SocketAddr, identity: &Identity) -> Target {
    let url = format!("http://{address}").parse().expect("an address");
    let way = Way::new(url, None, None).expect("a way");
    way.to(identity.public(), Zeroizing::new(KEY.to_owned()))
}

// ---- workers, here and there

/// A worker that answers with the text it has, and where it is.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) place: &'static str,
    pub(super) documents: HashMap<DocId, Document>,
    /// It finds something where the text has nothing.
    pub(super) lies: bool,
}

impl Worker {
    pub(super) fn ask(&mut self, request: Request) -> Vec<Event> {
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

    pub(super) fn loaded(&self, generation: u64) -> Vec<Event> {
        let kept = b"what the engine made of them".to_vec();
        let mut events = vec![Event::RulesLoaded { generation, rules: Vec::new(), problems: Vec::new(), kept }];
        events.extend(self.documents.keys().map(|&doc| self.findings(doc)));
        events
    }

    pub(super) fn findings(&self, doc: DocId) -> Event {
        let document = &self.documents[&doc];
        let notes = vec![note(format!("{}:{}", self.place, document.text()))];
        let (version, timing) = (document.version(), Timing::default());
        let end = document.len() as u32;
        let places =
            if self.lies { vec![Span::new(0, end), Span::new(end, 0), Span::new(1, u32::MAX)] } else { Vec::new() };
        let findings = places.into_iter().map(finding).collect();
        Event::Findings { doc, version, findings, hints: Vec::new(), notes, timing }
    }
}

fn finding(span: Span) -> Finding {
    Finding {
        rule_id: "a-rule".into(),
        message: String::new(),
        severity: Severity::Error,
        span,
        metavars: Vec::new(),
        trace: None,
        fix: Some(Fix { edits: vec![Edit::new(span, "mine")] }),
        suppressed: None,
        ignore: None,
        fingerprint: String::new(),
    }
}

pub(super) fn note(message: String) -> Note {
    Note { kind: NoteKind::Skipped, span: None, rule_id: None, message }
}

/// What a process of this machine would be.
pub(super) async fn stand_in(mut served: Served) {
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
pub(super) struct Behaviour {
    /// The key it takes.
    pub(super) key: &'static str,
    pub(super) version: &'static str,
    /// Who it says it is, if not who it is.
    pub(super) says: Option<String>,
    /// It proves its identity, and not another.
    pub(super) proves: bool,
    /// It signs what it offers, with its own identity.
    pub(super) signs: bool,
    /// Its worker finds something where the text has nothing.
    pub(super) lies: bool,
    /// What it offers, if not what its worker does.
    pub(super) offers: Option<Vec<u8>>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            key: KEY,
            version: env!("CARGO_PKG_VERSION"),
            says: None,
            proves: true,
            signs: true,
            lies: false,
            offers: None,
        }
    }
}

pub(super) struct Engine {
    pub(super) address: SocketAddr,
    pub(super) identity: Arc<Identity>,
    pub(super) state: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) behaviour: Behaviour,
    pub(super) connections: AtomicUsize,
    /// Connections that are over.
    pub(super) left: AtomicUsize,
    /// Connections over which it was told who we are.
    pub(super) told: AtomicUsize,
    pub(super) links: AtomicUsize,
    pub(super) silent: AtomicBool,
    pub(super) ups: Mutex<Vec<Up>>,
    pub(super) cut: broadcast::Sender<()>,
    pub(super) ended: AtomicBool,
    pub(super) changed: tokio::sync::Notify,
    /// The one session, and what its worker holds.
    pub(super) session: tokio::sync::Mutex<Session>,
}

#[derive(Default)]
pub(super) struct Session {
    pub(super) worker: Worker,
    pub(super) rules: Option<TextHash>,
    pub(super) resumption: Option<Resumption>,
}

impl Engine {
    pub(super) async fn start(behaviour: Behaviour) -> Self {
        let identity = Arc::new(Identity::generate().expect("randomness"));
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0)), identity, behaviour).await
    }

    pub(super) async fn at(address: SocketAddr, identity: Arc<Identity>, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let worker = Worker { place: "there", lies: behaviour.lies, ..Worker::default() };
        let state = Arc::new(Shared {
            behaviour,
            connections: AtomicUsize::new(0),
            left: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
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
                    shared.left.fetch_add(1, Ordering::SeqCst);
                    shared.changed.notify_waiters();
                });
            }
        });
        Self { address, identity, state }
    }

    pub(super) fn target(&self) -> Target {
        target(self.address, &self.identity)
    }

    /// Cuts all connections.
    pub(super) fn cut(&self) {
        self.state.cut.send(()).expect("somebody is connected");
    }

    pub(super) fn ups(&self) -> Vec<Up> {
        self.state.ups.lock().expect("not poisoned").clone()
    }

    pub(super) fn seen(&self, wanted: impl Fn(&Up) -> bool) -> bool {
        self.ups().iter().any(wanted)
    }

    pub(super) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Until so many links were made.
    pub(super) async fn linked(&self, links: usize) {
        self.wait(|state| state.links.load(Ordering::SeqCst) >= links).await;
    }

    /// Whether the editor has said that its session is over.
    pub(super) fn ended(&self) -> bool {
        self.state.ended.load(Ordering::SeqCst)
    }

    /// Until all connections are over.
    pub(super) async fn left(&self) {
        self.wait(|state| state.left.load(Ordering::SeqCst) == state.connections.load(Ordering::SeqCst)).await;
    }

    pub(super) async fn wait(&self, done: impl Fn(&Shared) -> bool) {
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

/// The head of a request, up to the empty line.
pub(super) async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?.into());
    }
    Some(head)
}

/// Answers who asks for a proof.
async fn prove(stream: &mut TcpStream, identity: &Identity) -> Option<()> {
    let head = head(stream).await?;
    let (challenge, rest) = head.strip_prefix("GET /health?challenge=")?.split_once("&host=")?;
    let host = rest.split_once(' ')?.0.replace("%3A", ":");
    let proof = identity.prove(&challenge.parse().ok()?, &host);
    let body = format!(r#"{{"service":"weir-engine","proof":"{proof}"}}"#);
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.ok()
}

/// One connection, until it or the editor's patience ends.
pub(super) async fn converse(mut stream: TcpStream, shared: &Shared, identity: &Identity) -> Option<()> {
    if shared.silent.load(Ordering::SeqCst) {
        return None;
    }
    let behaviour = &shared.behaviour;
    let key = behaviour.key;
    let forger = Identity::generate().ok()?;
    prove(&mut stream, if behaviour.proves { identity } else { &forger }).await?;
    #[expect(clippy::result_large_err, reason = "the trait's")]
    let check = |head: &Head, response: Response| {
        let said = |name: &str| head.headers().get(name).and_then(|value| value.to_str().ok());
        shared.told.fetch_add(1, Ordering::SeqCst);
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
    pub(super) fn up(&mut self, up: Up) -> Vec<Down> {
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

pub(super) async fn binary(
    socket: &mut tokio_tungstenite::WebSocketStream<TcpStream>,
    expected: Tag,
) -> Option<Vec<u8>> {
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
