//! Live links: `GET /api/v1/ast/stream`, a WebSocket between an editor and a worker of its own.
//!
//! This process carries sealed frames between the two and can read none of them. It decides who may connect, starts a worker
//! for each session, keeps it for a while when a connection breaks, signs what a worker offers with the engine's identity,
//! and ends what has to end. It parses no code, and holds neither keys of a link nor anything that was sealed with them.
//! `docs/remote-protocol.md` is what an editor has to know.

mod config;
mod connection;
mod control;
mod gate;
mod identity;
mod leases;
mod meters;
mod process;
mod registry;
mod seat;
mod session;

pub use config::LinkConfig;
pub use control::{Ask, CLOSE_KILL, End, Notice, PROTOCOL, TeamFile};
pub use gate::{Answer, Customer, Denied, Gate, LinkEvent, LinkLimits, LinkRecord, TeamWatch};
pub use identity::{IDENTITY_FILE, IdentityError, identity};
pub use meters::LinkMetrics;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use connection::{MAX_MESSAGE, PROTOCOLS};
use meters::Meters;
use registry::{Permit, Shared, Use};
use session::Session;
use std::sync::Arc;
use std::time::Duration;
use weir_seal::Identity;

/// Where editors connect.
pub const STREAM_PATH: &str = "/api/v1/ast/stream";

/// The header by which an editor that was connected before takes its session up.
pub const SESSION_HEADER: &str = "x-weir-session";

/// Bytes read from a connection at once. Most frames of a live link are small, and there are thousands of connections.
const READ_BUFFER: usize = 8 << 10;

/// Bytes in a session's id: nobody guesses it.
const ID_BYTES: usize = 24;

/// When somebody who was sent away may try again, in seconds.
const RETRY_AFTER: u32 = 5;

/// All live links of an engine. Clones are the same.
#[derive(Clone)]
pub struct Sockets(Arc<Shared>);

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sockets(..)")
    }
}

impl Sockets {
    /// None yet. Offers are signed with this identity.
    pub fn new(config: LinkConfig, identity: Identity, gate: Gate) -> Self {
        Self(Arc::new(Shared::new(config, identity, gate)))
    }

    /// The route.
    pub fn router(&self) -> Router {
        Router::new().route(STREAM_PATH, get(stream)).with_state(self.clone())
    }

    /// Lets nobody in any more, tells the editors to go elsewhere, and ends when all have gone or this time is over.
    pub async fn drain(&self, within: Duration) {
        self.0.drain(within).await;
    }

    /// What there is, and what there was.
    pub fn metrics(&self) -> LinkMetrics {
        self.0.metrics()
    }
}

async fn stream(
    State(Sockets(shared)): State<Sockets>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match admit(&shared, &headers).await {
        Ok((place, permit)) => match upgrade {
            Ok(upgrade) => accept(shared, upgrade, place, permit),
            Err(_) => Refused::new(StatusCode::UPGRADE_REQUIRED, "INVALID_REQUEST", "this is a WebSocket").respond(),
        },
        Err(refused) => refused.respond(),
    }
}

/// What somebody who is let in gets.
enum Place {
    /// The session it had.
    Old(Arc<Session>),
    /// A new one.
    New { customer: Customer, permit: Permit },
}

/// Who is there, and may they come in?
async fn admit(shared: &Arc<Shared>, headers: &HeaderMap) -> Result<(Place, Permit), Refused> {
    let unauthorized = |code, message| Refused::new(StatusCode::UNAUTHORIZED, code, message);
    let key = presented(headers)
        .ok_or_else(|| unauthorized("AUTH_REQUIRED", "no API key (x-api-key, or Authorization: Bearer)"))?;
    let customer = (shared.gate.authenticate)(key.to_owned()).await.map_err(|denied| match denied {
        Denied::Unknown => unauthorized("INVALID_API_KEY", "the API key is not valid"),
        Denied::Unavailable => Refused::unavailable("API keys cannot be checked at the moment"),
    })?;
    if shared.is_draining() {
        return Err(Refused::unavailable("the engine is about to stop; connect to another one"));
    }
    let limited = |message| Refused::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message).later();
    let permit = shared
        .permit(&customer, Use::Connection)
        .ok_or_else(|| limited("as many connections are open by this API key as may be"))?;
    if let Some(id) = headers.get(SESSION_HEADER) {
        let session = id.to_str().ok().and_then(|id| shared.find(id, &customer));
        let gone = || Refused::new(StatusCode::NOT_FOUND, "SESSION_EXPIRED", "no such session; begin a new one");
        return Ok((Place::Old(session.ok_or_else(gone)?), permit));
    }
    if shared.is_full() {
        return Err(Refused::unavailable("the engine has as many live sessions as it takes"));
    }
    let session = shared
        .permit(&customer, Use::Session)
        .ok_or_else(|| limited("as many live sessions exist by this API key as may be"))?;
    Ok((Place::New { customer, permit: session }, permit))
}

/// The API key that somebody shows.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = || {
        let (scheme, key) = text(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key)
    };
    text("x-api-key").or_else(bearer).map(str::trim).filter(|key| !key.is_empty())
}

fn accept(shared: Arc<Shared>, upgrade: WebSocketUpgrade, place: Place, permit: Permit) -> Response {
    let upgrade = upgrade
        .protocols(PROTOCOLS)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0);
    if upgrade.selected_protocol().is_none() {
        let message = format!("no version of the link that is spoken here: {}", PROTOCOLS.join(", "));
        return Refused::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message).respond();
    }
    upgrade.on_upgrade(move |socket| begin(shared, socket, place, permit))
}

async fn begin(shared: Arc<Shared>, socket: WebSocket, place: Place, permit: Permit) {
    let (session, resumed) = match place {
        Place::Old(session) => {
            Meters::add(&shared.meters.resumed, 1);
            shared.record(&session, LinkEvent::Resumed);
            (session, true)
        }
        Place::New { customer, permit } => {
            let started = session_id().and_then(|id| Session::start(&shared, id, customer, permit));
            match started {
                Ok(session) => (session, false),
                Err(error) => {
                    tracing::error!("a sealed worker cannot be started: {error}");
                    shared.meters.ended(End::NoWorker);
                    return turn_away(socket, End::NoWorker).await;
                }
            }
        }
    };
    connection::serve(shared, session, socket, resumed, permit).await;
}

async fn turn_away(mut socket: WebSocket, why: End) {
    let (code, reason, _) = why.close();
    let close = axum::extract::ws::CloseFrame { code, reason: reason.into() };
    // Nobody needs to hear it.
    let _ = socket.send(Message::Close(Some(close))).await;
}

/// An id that nobody guesses.
fn session_id() -> std::io::Result<String> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| std::io::Error::other("the system gives no random bytes"))?;
    Ok(crate::hex::encode(&bytes))
}

/// An answer to somebody who is not let in: the contract's `ErrorResponse`.
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
    later: bool,
}

impl Refused {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), later: false }
    }

    fn unavailable(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "INTERNAL_ERROR", message).later()
    }

    /// It is worth to try again.
    fn later(self) -> Self {
        Self { later: true, ..self }
    }

    fn respond(self) -> Response {
        let body = serde_json::json!({ "error": { "code": self.code, "message": self.message } });
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let mut response = (self.status, json, body.to_string()).into_response();
        if self.later {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER.into());
        }
        if self.status == StatusCode::UPGRADE_REQUIRED {
            response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        response
    }
}
