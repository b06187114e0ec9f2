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
mod shares;

pub use config::LinkConfig;
pub use control::{Ask, CLOSE_KILL, End, Notice, PROTOCOL, TeamFile};
pub use gate::{Answer, Customer, Denied, Gate, LinkEvent, LinkLimits, LinkRecord, Share, TeamWatch};
pub use identity::{IDENTITY_FILE, IdentityError, identity};
pub use meters::LinkMetrics;

use crate::contract::{ApiError, Code};
use crate::http::RequestId;
use axum::Router;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use connection::{MAX_MESSAGE, PROTOCOLS};
use meters::Meters;
use registry::{Permit, Shared};
use session::Session;
use shares::{Held, NoShare};
use std::sync::Arc;
use std::time::Duration;
use weir_seal::{Challenge, Identity, Proof};

/// Where editors connect.
pub const STREAM_PATH: &str = "/api/v1/ast/stream";

/// The header by which an editor that was connected before takes its session up.
pub const SESSION_HEADER: &str = "x-weir-session";

/// Bytes read from a connection at once. Most frames of a live link are small, and there are thousands of connections.
const READ_BUFFER: usize = 8 << 10;

/// Bytes in a session's id: nobody guesses it.
const ID_BYTES: usize = 24;

/// When somebody who was sent away may try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

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
        Router::new().route(STREAM_PATH, get(stream).fallback(other_method)).with_state(self.clone())
    }

    /// Shows who holds the engine's identity to somebody who asks with this challenge for this host. Anybody may ask: it costs one
    /// signature, and no other signature of the identity's can be had by it.
    pub fn prove(&self, challenge: &Challenge, host: &str) -> Proof {
        self.0.identity.prove(challenge, host)
    }

    /// Lets nobody in any more, tells the editors to go elsewhere, and ends when all have gone or this time is over.
    pub async fn drain(&self, within: Duration) {
        self.0.drain(within).await;
    }

    /// Says how many live sessions there are here, so that limits hold on all nodes together.
    pub async fn tell_other_nodes(&self) {
        self.0.shares.tell_all().await;
    }

    /// What there is, and what there was.
    pub fn metrics(&self) -> LinkMetrics {
        self.0.metrics()
    }
}

async fn stream(
    State(Sockets(shared)): State<Sockets>,
    id: Option<Extension<RequestId>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let accepted = match (admit(&shared, &headers).await, upgrade) {
        (Ok((place, permit)), Ok(upgrade)) => accept(shared, upgrade, place, permit),
        (Ok(_), Err(_)) => Err(ApiError::invalid("this is a WebSocket").with_status(StatusCode::UPGRADE_REQUIRED)),
        (Err(error), _) => Err(error),
    };
    accepted.unwrap_or_else(|error| refuse(error, id))
}

async fn other_method(id: Option<Extension<RequestId>>) -> Response {
    let error = ApiError::invalid("this is a WebSocket, which begins with GET");
    refuse(error.with_status(StatusCode::METHOD_NOT_ALLOWED).with_allow("GET"), id)
}

/// An answer to somebody who is not let in.
fn refuse(error: ApiError, id: Option<Extension<RequestId>>) -> Response {
    let id = id.map(|Extension(RequestId(id))| id);
    let mut response = id.map_or(error.clone(), |id| error.of_request(&id)).into_response();
    if response.status() == StatusCode::UPGRADE_REQUIRED {
        response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    response
}

/// What somebody who is let in gets.
enum Place {
    /// The session it had.
    Old(Arc<Session>),
    /// A new one.
    New { customer: Customer, held: Held },
}

/// Who is there, and may they come in?
async fn admit(shared: &Arc<Shared>, headers: &HeaderMap) -> Result<(Place, Permit), ApiError> {
    let key = presented(headers)
        .ok_or_else(|| ApiError::new(Code::AuthRequired, "no API key (x-api-key, or Authorization: Bearer)"))?;
    let customer = (shared.gate.authenticate)(key.to_owned()).await.map_err(|denied| match denied {
        Denied::Unknown => ApiError::new(Code::InvalidApiKey, "the API key is not valid"),
        Denied::Unavailable => unavailable("API keys cannot be checked at the moment"),
    })?;
    if shared.is_draining() {
        return Err(unavailable("the engine is about to stop; connect to another one"));
    }
    let limited = |message| ApiError::rate_limited(message, RETRY_AFTER);
    let permit =
        shared.permit(&customer).ok_or_else(|| limited("as many connections are open by this API key as may be"))?;
    if let Some(id) = headers.get(SESSION_HEADER) {
        let session = id.to_str().ok().and_then(|id| shared.find(id, &customer));
        let gone = || {
            let error = ApiError::new(Code::SessionExpired, "no such session; begin a new one");
            error.with_status(StatusCode::NOT_FOUND)
        };
        return Ok((Place::Old(session.ok_or_else(gone)?), permit));
    }
    if shared.is_full() {
        return Err(unavailable("the engine has as many live sessions as it takes"));
    }
    let held = shared.shares.take(&customer).await.map_err(|why| match why {
        NoShare::TooMany => limited("as many live sessions exist by this API key as may be"),
        NoShare::Unknown => unavailable("live sessions cannot be counted at the moment"),
    })?;
    Ok((Place::New { customer, held }, permit))
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

fn accept(shared: Arc<Shared>, upgrade: WebSocketUpgrade, place: Place, permit: Permit) -> Result<Response, ApiError> {
    let upgrade = upgrade
        .protocols(PROTOCOLS)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0);
    if upgrade.selected_protocol().is_none() {
        let message = format!("no version of the link that is spoken here: {}", PROTOCOLS.join(", "));
        return Err(ApiError::invalid(message));
    }
    Ok(upgrade.on_upgrade(move |socket| begin(shared, socket, place, permit)))
}

async fn begin(shared: Arc<Shared>, socket: WebSocket, place: Place, permit: Permit) {
    let (session, resumed) = match place {
        Place::Old(session) => {
            Meters::add(&shared.meters.resumed, 1);
            shared.record(&session, LinkEvent::Resumed);
            (session, true)
        }
        Place::New { customer, held } => {
            let started = session_id().and_then(|id| Session::start(&shared, id, customer, held));
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

fn unavailable(message: &str) -> ApiError {
    ApiError::new(Code::InternalError, message)
        .with_status(StatusCode::SERVICE_UNAVAILABLE)
        .with_retry_after(RETRY_AFTER)
}
