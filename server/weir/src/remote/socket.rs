//! A WebSocket as two queues. Pings are answered, and reading never waits for writing: a side that does both in turns may wait
//! for itself.

use super::dial::Stream;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use weir_model::link::Tag;

/// Messages that wait to be written. What does not fit waits where it can still be counted.
const OUTGOING: usize = 2;

/// Messages that wait to be looked at.
const INCOMING: usize = 64;

/// What comes in.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A frame of the sealed link.
    Frame(Tag, Vec<u8>),
    /// JSON of the engine's front.
    Control(String),
    /// Nothing more will.
    End(Closed),
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closed {
    /// What the engine closed it with, if it did.
    pub(super) code: Option<u16>,
    /// For people.
    pub(super) reason: String,
}

impl Closed {
    pub(super) fn lost() -> Self {
        Self { code: None, reason: "the connection was lost".to_owned() }
    }
}

/// Both queues. Dropped, the WebSocket is closed.
#[derive(Debug)]
pub(super) struct Socket {
    /// Its end is the end of the connection.
    pub(super) outgoing: mpsc::Sender<Message>,
    /// Its end is the end of the connection, too.
    pub(super) incoming: mpsc::Receiver<Incoming>,
}

impl Socket {
    /// Starts what reads and what writes.
    pub(super) fn start(stream: WebSocketStream<Stream>) -> Self {
        let (sink, stream) = stream.split();
        let (outgoing, to_write) = mpsc::channel(OUTGOING);
        let (say, incoming) = mpsc::channel(INCOMING);
        tokio::spawn(write(sink, to_write));
        tokio::spawn(read(stream, say));
        Self { outgoing, incoming }
    }

    /// Whether the other side was there when we last heard of it.
    pub(super) fn is_open(&self) -> bool {
        !self.outgoing.is_closed() && !self.incoming.is_closed()
    }
}

/// A frame as it travels.
pub(super) fn frame(tag: Tag, body: &[u8]) -> Message {
    let mut frame = Vec::with_capacity(1 + body.len());
    frame.push(tag.byte());
    frame.extend_from_slice(body);
    Message::binary(frame)
}

async fn write(mut sink: SplitSink<WebSocketStream<Stream>, Message>, mut messages: mpsc::Receiver<Message>) {
    while let Some(message) = messages.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
    // Nobody waits for it.
    let _ = sink.close().await;
}

async fn read(mut stream: SplitStream<WebSocketStream<Stream>>, say: mpsc::Sender<Incoming>) {
    let end = loop {
        let message = tokio::select! {
            message = stream.next() => message,
            () = say.closed() => return,
        };
        let incoming = match message {
            Some(Ok(Message::Binary(bytes))) => {
                match bytes.split_first().map(|(&tag, body)| (Tag::from_byte(tag), body)) {
                    Some((Some(tag), body)) => Incoming::Frame(tag, body.to_vec()),
                    _ => break Closed { code: None, reason: "it sends what this version does not know".to_owned() },
                }
            }
            Some(Ok(Message::Text(text))) => Incoming::Control(text.as_str().to_owned()),
            Some(Ok(Message::Close(frame))) => {
                break Closed {
                    code: frame.map(|frame| frame.code.into()),
                    reason: "it closed the connection".to_owned(),
                };
            }
            Some(Ok(_)) => continue,
            None | Some(Err(_)) => break Closed::lost(),
        };
        if say.send(incoming).await.is_err() {
            return;
        }
    };
    let _ = say.send(Incoming::End(end)).await;
}
