//! A session with a worker, over a sealed link to an engine or over the pipes of a process here: the same requests, the same events.

use futures_util::{SinkExt as _, StreamExt as _};
use std::process::Stdio;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use weir_model::link::{Down, Ledger, Step, Tag};
use weir_model::{Event, Request, framing};
use weir_seal::{ClientHandshake, Context, Opened, Opener, PublicIdentity, Sealer};
use weir_tests::binary;

/// A session.
pub(crate) enum Session {
    /// With an engine.
    Remote(Box<Remote>),
    /// With a process of its own.
    Local { _process: Box<Child>, requests: ChildStdin, events: ChildStdout },
}

/// One that is sealed.
pub(crate) struct Remote {
    socket: WebSocketStream<TcpStream>,
    sealer: Sealer,
    opener: Opener,
    ledger: Ledger,
}

impl Session {
    /// A worker process.
    pub(crate) fn local() -> Self {
        let mut process = Command::new(binary::weir())
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("a worker starts");
        let (requests, events) = (process.stdin.take().expect("piped"), process.stdout.take().expect("piped"));
        Self::Local { _process: Box::new(process), requests, events }
    }

    /// A link to an engine (`host:port`), as `docs/remote-protocol.md` says.
    pub(crate) async fn remote(address: &str, key: &str) -> Self {
        let mut request = format!("ws://{address}/api/v1/ast/stream").into_client_request().expect("an address");
        request.headers_mut().insert("x-api-key", HeaderValue::from_str(key).expect("a key"));
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("weir.link.v1"));
        let stream = TcpStream::connect(address).await.expect("the engine listens");
        stream.set_nodelay(true).expect("a socket");
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.expect("a WebSocket");
        let Some(Ok(Message::Text(welcome))) = socket.next().await else { panic!("the first message is the welcome") };
        let welcome: serde_json::Value = serde_json::from_str(welcome.as_str()).expect("JSON");
        let text = |name: &str| welcome[name].as_str().expect("a text").to_owned();
        // Somebody who measures trusts who they have started.
        let identity: PublicIdentity = text("identity").parse().expect("an identity");
        let context = Context { session: text("session"), customer: text("customer") };
        let (handshake, hello) = ClientHandshake::start(&identity, &context, None).expect("randomness");
        send(&mut socket, Tag::Hello, &hello).await;
        let (accept, link) = handshake.finish(&frame(&mut socket, Tag::Hello).await).expect("an offer");
        send(&mut socket, Tag::Accept, &accept).await;
        frame(&mut socket, Tag::Accept).await;
        let mut remote = Remote { socket, sealer: link.sealer, opener: link.opener, ledger: Ledger::default() };
        let Down::Held(held) = remote.down().await else { panic!("the first message says what is held") };
        remote.ledger.linked(&held);
        Self::Remote(Box::new(remote))
    }

    /// Asks for something.
    pub(crate) async fn ask(&mut self, request: Request) {
        match self {
            Self::Local { requests, .. } => {
                requests.write_all(&framing::encode(&request).expect("small")).await.expect("a worker reads");
            }
            Self::Remote(remote) => {
                let Step::Send(up) = remote.ledger.step(request) else { panic!("it was not sent before") };
                let plain = framing::encode(&up).expect("small");
                for body in remote.sealer.seal(&plain[4..]).expect("small") {
                    send(&mut remote.socket, Tag::Sealed, &body).await;
                }
            }
        }
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> Event {
        match self {
            Self::Local { events, .. } => {
                let mut prefix = [0; 4];
                events.read_exact(&mut prefix).await.expect("a worker lives");
                let mut body = vec![0; u32::from_le_bytes(prefix) as usize];
                events.read_exact(&mut body).await.expect("a worker lives");
                framing::decode(&body).expect("an event")
            }
            Self::Remote(remote) => loop {
                let down = remote.down().await;
                if let Some(event) = remote.ledger.event(down) {
                    return event;
                }
            },
        }
    }
}

impl Remote {
    async fn down(&mut self) -> Down {
        loop {
            let body = frame(&mut self.socket, Tag::Sealed).await;
            if let Opened::Whole(message) = self.opener.open(body).expect("sealed for us") {
                return framing::decode(&message).expect("a message");
            }
        }
    }
}

async fn send(socket: &mut WebSocketStream<TcpStream>, tag: Tag, body: &[u8]) {
    let message = [&[tag.byte()], body].concat();
    socket.send(Message::Binary(message.into())).await.expect("the engine reads");
}

/// The next frame, which must be of this kind; what the front says in the clear is passed over.
async fn frame(socket: &mut WebSocketStream<TcpStream>, tag: Tag) -> Vec<u8> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(message))) => {
                assert_eq!(message.first(), Some(&tag.byte()), "what is due");
                return message[1..].to_vec();
            }
            Some(Ok(Message::Close(frame))) => panic!("closed: {frame:?}"),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}
