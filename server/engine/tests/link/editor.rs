//! The smallest editor there is: a connection, a link, a ledger.

use futures_util::{SinkExt as _, StreamExt as _};
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Bytes, Message};
use weir_engine::socket::{Notice, PROTOCOL, SESSION_HEADER, STREAM_PATH};
use weir_model::framing;
use weir_model::link::{Down, Held, Ledger, Step, Tag, Up};
use weir_model::{Event, Request};
use weir_seal::{ClientHandshake, Context, HandshakeError, Link, Opened, Opener, PublicIdentity, Resumption, Sealer};

/// Far more than any of this takes: a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}

pub(crate) struct Editor {
    pub(crate) socket: WebSocketStream<TcpStream>,
    pub(crate) context: Context,
    pub(crate) resumed: bool,
    /// What it was told of its team when it came.
    pub(crate) team: Notice,
    /// It was told that its session ends soon.
    pub(crate) expiring: bool,
    pub(crate) ledger: Ledger,
    link: Option<(Sealer, Opener)>,
    pub(crate) resumption: Option<Resumption>,
}

/// What comes from the engine.
#[derive(Debug)]
pub(crate) enum Got {
    Binary(Vec<u8>),
    Notice(Notice),
    /// With this code; 0 if none was given.
    Closed(u16),
}

impl Got {
    pub(crate) fn tag(&self) -> Option<Tag> {
        match self {
            Self::Binary(message) => Tag::from_byte(message[0]),
            _ => None,
        }
    }
}

/// An answer to somebody who was not let in.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
}

/// Connects with these headers.
pub(crate) async fn connect(
    address: SocketAddr,
    headers: &[(&str, &str)],
) -> Result<WebSocketStream<TcpStream>, Refusal> {
    let mut request = format!("ws://{address}{STREAM_PATH}").into_client_request().expect("an address");
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a header");
        request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
    }
    let stream = TcpStream::connect(address).await.expect("the engine listens");
    match within(tokio_tungstenite::client_async(request, stream)).await {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], PROTOCOL);
            assert!(!response.headers().contains_key("sec-websocket-extensions"), "compression tells what is sealed");
            Ok(socket)
        }
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            let body: serde_json::Value = serde_json::from_slice(&body).expect("an ErrorResponse");
            let code = body["error"]["code"].as_str().expect("a code").to_owned();
            Err(Refusal { status: response.status().as_u16(), code })
        }
        Err(error) => panic!("{error}"),
    }
}

impl Editor {
    /// Connects to a new session, or to one that was begun.
    pub(crate) async fn connect(address: SocketAddr, key: &str, session: Option<&str>) -> Result<Self, Refusal> {
        let mut headers = vec![("x-api-key", key), ("sec-websocket-protocol", PROTOCOL)];
        headers.extend(session.map(|session| (SESSION_HEADER, session)));
        let socket = connect(address, &headers).await?;
        let context = Context { session: String::new(), customer: String::new() };
        let ledger = Ledger::default();
        let (link, resumption) = (None, None);
        let mut editor =
            Self { socket, context, resumed: false, team: Notice::NoTeam, expiring: false, ledger, link, resumption };
        let Got::Notice(Notice::Welcome { session, customer, resumed, .. }) = editor.got().await else {
            panic!("the first message is the welcome")
        };
        (editor.context, editor.resumed) = (Context { session, customer }, resumed);
        let Got::Notice(team @ (Notice::Team { .. } | Notice::NoTeam)) = editor.got().await else {
            panic!("the second says what the team has")
        };
        editor.team = team;
        Ok(editor)
    }

    /// Connects again, with what is known from before; the connection there was is dropped without a word.
    pub(crate) async fn again(self, address: SocketAddr, key: &str) -> Self {
        let Self { socket, context, ledger, resumption, .. } = self;
        drop(socket);
        let editor = Self::connect(address, key, Some(&context.session)).await.expect("it is still there");
        Self { ledger, resumption, ..editor }
    }

    /// Comes to keys with the worker; what it holds.
    pub(crate) async fn link(&mut self, identity: &PublicIdentity) -> Held {
        let (link, accept) = self.offered(identity, self.resumption.clone()).await.expect("an offer");
        self.send_raw(Tag::Accept, &accept).await;
        loop {
            match self.got().await {
                got if got.tag() == Some(Tag::Accept) => break,
                // Sealed for the link before.
                got if got.tag() == Some(Tag::Sealed) => {}
                Got::Notice(Notice::Expiring { .. } | Notice::Drain { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        let resumption = link.resumption.clone();
        self.link = Some((link.sealer, link.opener));
        self.resumption = Some(resumption);
        let Down::Held(held) = self.down().await else { panic!("the first message says what is held") };
        self.ledger.linked(&held);
        held
    }

    /// Says hello, and checks what is offered.
    pub(crate) async fn offered(
        &mut self,
        identity: &PublicIdentity,
        resume: Option<Resumption>,
    ) -> Result<(Link, Vec<u8>), HandshakeError> {
        let (handshake, hello) = ClientHandshake::start(identity, &self.context, resume.as_ref())?;
        self.send_raw(Tag::Hello, &hello).await;
        loop {
            match self.got().await {
                Got::Binary(message) if message[0] == Tag::Hello.byte() => {
                    let (accept, link) = handshake.finish(&message[1..])?;
                    return Ok((link, accept));
                }
                Got::Binary(message) if message[0] == Tag::Refused.byte() => return Err(HandshakeError::Resumption),
                Got::Binary(message) if message[0] == Tag::Sealed.byte() => {}
                Got::Notice(Notice::Expiring { .. } | Notice::Drain { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Sends a request as the ledger says.
    pub(crate) async fn request(&mut self, request: Request) -> Up {
        match self.ledger.step(request) {
            Step::Send(up) => {
                self.up(&up).await;
                up
            }
            Step::Answer(event) => panic!("{event:?}"),
        }
    }

    pub(crate) async fn up(&mut self, up: &Up) {
        for message in self.sealed(up) {
            self.send_message(Message::Binary(message.into())).await;
        }
    }

    /// The binary messages of a sealed one.
    pub(crate) fn sealed(&mut self, up: &Up) -> Vec<Vec<u8>> {
        let plain = framing::encode(up).expect("small enough");
        let (sealer, _) = self.link.as_mut().expect("a link");
        let frames = sealer.seal(&plain[4..]).expect("small enough");
        frames.into_iter().map(|frame| [&[Tag::Sealed.byte()], &frame[..]].concat()).collect()
    }

    pub(crate) async fn send_raw(&mut self, tag: Tag, body: &[u8]) {
        self.send_message(Message::Binary([&[tag.byte()], body].concat().into())).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        within(self.socket.send(message)).await.expect("the engine reads");
    }

    /// The next sealed message.
    pub(crate) async fn down(&mut self) -> Down {
        loop {
            let got = self.got().await;
            if let Some(down) = self.open(got) {
                return down;
            }
        }
    }

    /// What a binary message says, if it is whole with this.
    pub(crate) fn open(&mut self, got: Got) -> Option<Down> {
        let mut message = match got {
            Got::Binary(message) => message,
            Got::Notice(Notice::Expiring { .. }) => return None,
            other => panic!("{other:?}"),
        };
        assert_eq!(message.remove(0), Tag::Sealed.byte());
        let (_, opener) = self.link.as_mut().expect("a link");
        match opener.open(message).expect("the next frame") {
            Opened::Part { .. } => None,
            Opened::Whole(message) => Some(framing::decode(&message).expect("a message")),
        }
    }

    /// The next event for which this gives something.
    pub(crate) async fn until<T>(&mut self, mut wanted: impl FnMut(&Down) -> Option<T>) -> T {
        loop {
            let down = self.down().await;
            if let Some(found) = wanted(&down) {
                return found;
            }
        }
    }

    /// Waits until rules are in force.
    pub(crate) async fn rules_loaded(&mut self) {
        self.until(|down| matches!(down, Down::Event(Event::RulesLoaded { .. })).then_some(())).await;
    }

    /// The next message that is not a ping.
    pub(crate) async fn got(&mut self) -> Got {
        let got = within(self.next()).await;
        self.expiring |= matches!(got, Got::Notice(Notice::Expiring { .. }));
        got
    }

    async fn next(&mut self) -> Got {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(message))) => return Got::Binary(Vec::from(message)),
                Some(Ok(Message::Text(text))) => {
                    return Got::Notice(serde_json::from_str(text.as_str()).expect("a notice"));
                }
                Some(Ok(Message::Close(frame))) => {
                    // The answer to it goes out while we read on.
                    while let Some(Ok(_)) = self.socket.next().await {}
                    return Got::Closed(frame.map_or(0, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Got::Closed(0),
            }
        }
    }

    /// Reads on until the connection is closed; with which code, and what was said last.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        let mut last = String::new();
        loop {
            match self.got().await {
                Got::Closed(code) => return (code, last),
                Got::Notice(Notice::Error { code, .. }) => last = code,
                _ => {}
            }
        }
    }

    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        let _ = self.socket.close(Some(frame)).await;
        while !matches!(self.got().await, Got::Closed(_)) {}
    }
}

pub(crate) fn text(text: &str) -> Message {
    Message::Text(text.to_owned().into())
}

pub(crate) fn binary(bytes: &[u8]) -> Message {
    Message::Binary(Bytes::copy_from_slice(bytes))
}
