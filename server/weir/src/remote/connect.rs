//! From an address to a sealed link: the engine's proof of its identity, the WebSocket, its welcome, the handshake with its worker.

use super::control::{self, Meaning, Notice};
use super::dial::{self, Stream, Traffic, dial};
use super::error::ConnectError;
use super::http::{self, Answer};
use super::socket::{Closed, Connections, Incoming, Open, Parting, Socket, frame};
use super::target::Target;
use super::url::EngineUrl;
use serde::Deserialize;
use std::fmt::{self, Write as _};
use std::io;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};
use weir_model::framing;
use weir_model::link::{Down, Held, Ledger, Tag};
use weir_seal::{
    Challenge, ClientHandshake, Context, MAX_SEALED_FRAME, Opened, Opener, PublicIdentity, Resumption, Sealer,
};

/// What the engine's front says in the clear is short, but for what a team has agreed on.
const MAX_CONTROL: usize = weir_engine::store::TEAM_BYTES + (64 << 10);

/// An engine answers the upgrade long before that. Whoever waits for it has less patience.
const UPGRADE: Duration = Duration::from_secs(20);

const NO_ENGINE: &str = "there is no Weir engine at this address";

/// A session that a worker may still hold, and what we know of what it holds.
pub(super) struct Session {
    /// As the engine named it.
    pub(super) id: String,
    resumption: Resumption,
    pub(super) ledger: Ledger,
}

/// A sealed link to a worker.
pub(super) struct Connected {
    pub(super) session: Session,
    pub(super) sealer: Sealer,
    pub(super) opener: Opener,
    pub(super) socket: Socket,
    pub(super) traffic: Traffic,
    pub(super) since: Instant,
    /// What the front said until the link was there.
    pub(super) said: Vec<Notice>,
    /// Who we are to the engine.
    pub(super) customer: String,
}

impl fmt::Debug for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connected").finish_non_exhaustive()
    }
}

/// Connects, to the worker of an earlier session if that is still there. The session stays where it is until another one takes
/// its place.
pub(super) async fn connect(
    target: &Target,
    connections: &Connections,
    session: &mut Option<Session>,
) -> Result<Connected, ConnectError> {
    let traffic = Traffic::default();
    let mut stream = dial(&target.url, target.proxy.as_ref(), target.tls.clone(), traffic.clone()).await?;
    prove(&mut stream, target).await?;
    let mut request = uri(target, control::STREAM)?.into_client_request().map_err(|error| websocket(&error))?;
    let mut key =
        HeaderValue::from_str(&target.key).map_err(|_| ConnectError::refused("the API key holds what no key holds"))?;
    key.set_sensitive(true);
    let headers = request.headers_mut();
    headers.insert("x-api-key", key);
    headers.insert("sec-websocket-protocol", HeaderValue::from_static(control::PROTOCOL));
    if let Some(id) = session.as_ref().and_then(|session| HeaderValue::from_str(&session.id).ok()) {
        headers.insert("x-weir-session", id);
    }
    let parting = if session.is_some() { Parting::Keep } else { Parting::End };
    // Whoever waits for it may stop waiting; the session that has begun by then is ended all the same.
    let opened = tokio::spawn(upgrade(request, stream, parting, connections.open())).await;
    let opened = opened.unwrap_or(Err(tungstenite::Error::ConnectionClosed));
    let socket = opened.map_err(|error| match websocket(&error) {
        // There is an engine, and it has no such session.
        ConnectError::Refused(_) if session.is_some() && is_not_found(&error) => ConnectError::SessionOver,
        error => error,
    })?;
    handshake(target, socket, traffic, session).await
}

async fn upgrade(request: Request, stream: Stream, parting: Parting, open: Open) -> Result<Socket, tungstenite::Error> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_CONTROL.max(1 + MAX_SEALED_FRAME)))
        .max_frame_size(Some(MAX_CONTROL.max(1 + MAX_SEALED_FRAME)));
    let opened = timeout(UPGRADE, client_async_with_config(request, stream, Some(config))).await;
    let (stream, _) = opened.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))?;
    Ok(Socket::start(stream, parting, open))
}

/// Has who answers show that it holds the pinned identity, before anything is said over this stream that is not for everybody.
async fn prove(stream: &mut Stream, target: &Target) -> Result<(), ConnectError> {
    let challenge = Challenge::random().map_err(|error| ConnectError::away(error.to_string()))?;
    let host = target.url.authority();
    let query = format!("?challenge={challenge}&host={}", escaped(&host));
    let (answer, health) = health(stream, &target.url, &query).await?;
    // One that is about to end proves who it is as well, and says by the upgrade how it stands.
    let health = health.ok_or_else(|| unfit(answer.status))?;
    let proof = health.proof.and_then(|proof| proof.parse().ok());
    if !proof.is_some_and(|proof| target.identity.has_proved(&challenge, &host, &proof)) {
        return Err(ConnectError::handshake(weir_seal::HandshakeError::Signature));
    }
    // Another connection may lead to somebody else.
    if answer.goes_on { Ok(()) } else { Err(ConnectError::away("it does not keep the connection")) }
}

async fn handshake(
    target: &Target,
    mut socket: Socket,
    traffic: Traffic,
    earlier: &mut Option<Session>,
) -> Result<Connected, ConnectError> {
    let mut said = Vec::new();
    let welcome = loop {
        match control(&mut socket).await? {
            Notice::Welcome(welcome) => break welcome,
            other => said.push(other),
        }
    };
    if welcome.identity.parse::<PublicIdentity>().ok() != Some(target.identity) {
        return Err(ConnectError::handshake(weir_seal::HandshakeError::Signature));
    }
    let context = Context { session: welcome.session, customer: welcome.customer };
    // Another session than that which was asked for is a new one.
    let resume = earlier.as_ref().filter(|session| session.id == context.session).map(|session| &session.resumption);
    let (handshake, hello) =
        ClientHandshake::start(&target.identity, &context, resume).map_err(ConnectError::handshake)?;
    let resumes = resume.is_some();
    send(&socket, Tag::Hello, &hello).await?;
    let offer = word(&mut socket, Tag::Hello, &mut said).await.map_err(|error| match error {
        // It was left by a link of which we never heard.
        ConnectError::Refused(_) if resumes => ConnectError::SessionOver,
        error => error,
    })?;
    let (accept, link) = handshake.finish(&offer).map_err(ConnectError::handshake)?;
    send(&socket, Tag::Accept, &accept).await?;
    word(&mut socket, Tag::Accept, &mut said).await?;
    let (mut sealer, mut opener, resumption, resumed) = (link.sealer, link.opener, link.resumption, link.resumed);
    sealer.set_padding(target.padding);
    let held = loop {
        let frame = word(&mut socket, Tag::Sealed, &mut said).await?;
        match opener.open(frame) {
            Ok(Opened::Part { .. }) => {}
            Ok(Opened::Whole(message)) => break framing::decode::<Down>(&message).ok(),
            // Only who has the keys can seal: it is not the worker that made the offer.
            Err(error) => return Err(ConnectError::refused(format!("the sealed link failed: {error}"))),
        }
    };
    let Some(Down::Held(held)) = held else {
        return Err(ConnectError::refused("its worker speaks another version of the protocol"));
    };
    same_version(&held)?;
    let mut ledger = earlier.take().filter(|_| resumed).map(|session| session.ledger).unwrap_or_default();
    ledger.linked(&held);
    socket.part(Parting::End);
    Ok(Connected {
        session: Session { id: context.session, resumption, ledger },
        sealer,
        opener,
        socket,
        traffic,
        since: Instant::now(),
        said,
        customer: context.customer,
    })
}

/// Other versions find other things, and write other messages.
fn same_version(held: &Held) -> Result<(), ConnectError> {
    let own = env!("CARGO_PKG_VERSION");
    if held.engine == own {
        return Ok(());
    }
    Err(ConnectError::refused(format!("it runs Weir {}, this is {own}: both must be the same version", held.engine)))
}

/// Whether an engine is the one it should be and takes the key: who we are to it.
pub(crate) async fn check(target: &Target) -> Result<String, ConnectError> {
    let connections = Connections::default();
    // Nothing was asked of its worker, and nothing will be.
    let Connected { customer, .. } = connect(target, &connections, &mut None).await?;
    connections.closed().await;
    Ok(customer)
}

/// Who an engine says it is. That is proved when there is somebody whom it should be.
pub(crate) async fn identity(target: &super::target::Way) -> Result<PublicIdentity, ConnectError> {
    let mut stream = dial(&target.url, target.proxy.as_ref(), target.tls.clone(), Traffic::default()).await?;
    let (answer, health) = health(&mut stream, &target.url, "").await?;
    let health = health.filter(|_| answer.status == 200).ok_or_else(|| unfit(answer.status))?;
    let identity = health.identity.and_then(|identity| identity.parse().ok());
    identity.ok_or_else(|| ConnectError::refused("the engine at this address says no identity"))
}

/// What an engine says of itself.
#[derive(Deserialize)]
struct Health {
    service: String,
    identity: Option<String>,
    proof: Option<String>,
}

/// Asks who is there what it says of itself: nothing, if it is no engine.
async fn health(stream: &mut Stream, url: &EngineUrl, query: &str) -> Result<(Answer, Option<Health>), ConnectError> {
    let path = url.path("/health") + query;
    let answer = http::get(stream, &url.authority(), &path).await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => ConnectError::refused(NO_ENGINE),
        io::ErrorKind::UnexpectedEof => ConnectError::away("the connection was lost"),
        _ => ConnectError::away(dial::reason(&error)),
    })?;
    let health = serde_json::from_slice(&answer.body).ok();
    Ok((answer, health.filter(|health: &Health| health.service == "weir-engine")))
}

/// As a value is written in a query.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text.bytes().fold(String::new(), |mut out, byte| {
        if plain(byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn uri(target: &Target, path: &str) -> Result<Uri, ConnectError> {
    let scheme = if target.url.tls() { "wss" } else { "ws" };
    let uri = format!("{scheme}://{}{}", target.url.authority(), target.url.path(path));
    uri.parse().map_err(|_| ConnectError::refused("its address cannot be written"))
}

async fn send(socket: &Socket, tag: Tag, body: &[u8]) -> Result<(), ConnectError> {
    socket.outgoing.send(frame(tag, body)).await.map_err(|_| ConnectError::away("the connection was lost"))
}

/// The next word of the handshake.
async fn word(socket: &mut Socket, expected: Tag, said: &mut Vec<Notice>) -> Result<Vec<u8>, ConnectError> {
    loop {
        match socket.incoming.recv().await {
            Some(Incoming::Frame(tag, body)) if tag == expected => return Ok(body),
            Some(Incoming::Frame(Tag::Refused, _)) => {
                return Err(ConnectError::refused("its worker refused the handshake"));
            }
            Some(Incoming::Frame(..)) => return Err(ConnectError::refused("it speaks another protocol")),
            Some(Incoming::Control(text)) => said.push(control::read(&text)),
            Some(Incoming::End(closed)) => return Err(ended(&closed, said)),
            None => return Err(ConnectError::away("the connection was lost")),
        }
    }
}

async fn control(socket: &mut Socket) -> Result<Notice, ConnectError> {
    match socket.incoming.recv().await {
        Some(Incoming::Control(text)) => Ok(control::read(&text)),
        Some(Incoming::Frame(..)) => Err(ConnectError::refused("it speaks another protocol")),
        Some(Incoming::End(closed)) => Err(ended(&closed, &[])),
        None => Err(ConnectError::away("the connection was lost")),
    }
}

/// Why a connection ended before there was a link.
fn ended(closed: &Closed, said: &[Notice]) -> ConnectError {
    let fault = said.iter().rev().find_map(|notice| match notice {
        Notice::Error(fault) => Some(fault.message.clone()),
        _ => None,
    });
    let reason = fault.unwrap_or_else(|| closed.reason.clone());
    match Meaning::of(closed.code) {
        Meaning::Revoked => ConnectError::refused("it refuses the API key. `weir login` takes another one"),
        Meaning::Lost | Meaning::Over | Meaning::Died | Meaning::Idle => ConnectError::away(reason),
    }
}

fn is_not_found(error: &tungstenite::Error) -> bool {
    matches!(error, tungstenite::Error::Http(answer) if answer.status() == StatusCode::NOT_FOUND)
}

/// What a status means that no engine gives to who may be there.
fn unfit(status: u16) -> ConnectError {
    match status {
        408 | 425 | 429 | 500.. => ConnectError::away(format!("it answers with status {status}")),
        200 | 404 | 410 => ConnectError::refused(NO_ENGINE),
        _ => ConnectError::refused(format!("it answers with status {status}")),
    }
}

/// What an answer other than a WebSocket means.
fn websocket(error: &tungstenite::Error) -> ConnectError {
    match error {
        tungstenite::Error::Http(answer) => match answer.status().as_u16() {
            401 | 403 => ConnectError::refused("it refuses the API key. `weir login` takes another one"),
            404 | 410 => ConnectError::refused("there is no Weir engine at this address, or one without live sessions"),
            status => unfit(status),
        },
        tungstenite::Error::Io(error) => ConnectError::away(dial::reason(error)),
        tungstenite::Error::ConnectionClosed
        | tungstenite::Error::AlreadyClosed
        | tungstenite::Error::Protocol(
            ProtocolError::HandshakeIncomplete | ProtocolError::ResetWithoutClosingHandshake,
        ) => ConnectError::away("the connection was lost"),
        _ => ConnectError::refused("it does not speak WebSocket"),
    }
}
