//! A WebSocket as two queues. Pings are answered, and reading never waits for writing: a side that does both in turns may wait
//! for itself.

use super::control::{Ask, CLOSE_KILL};
use super::dial::Stream;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use weir_model::link::Tag;

/// Messages that wait to be written. What does not fit waits where it can still be counted.
const OUTGOING: usize = 2;

/// Messages that wait to be looked at.
const INCOMING: usize = 64;

/// The last word and the answer to it take no longer, or never come.
const FAREWELL: Duration = Duration::from_secs(1);

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

/// What becomes of the session when we close a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// It is over.
    End,
    /// So it is, and its worker is to be killed whatever it is doing.
    Kill,
    /// It waits for us to come back.
    Keep,
}

/// Both queues. Dropped, the session is parted with as was said last, and the WebSocket is closed.
#[derive(Debug)]
pub(super) struct Socket {
    /// Its end is the end of the connection.
    pub(super) outgoing: mpsc::Sender<Message>,
    /// Its end is the end of the connection, too.
    pub(super) incoming: mpsc::Receiver<Incoming>,
    parting: watch::Sender<Parting>,
}

impl Socket {
    /// Starts what reads and what writes.
    pub(super) fn start(stream: WebSocketStream<Stream>, parting: Parting, open: Open) -> Self {
        let (sink, stream) = stream.split();
        let (outgoing, to_write) = mpsc::channel(OUTGOING);
        let (say, incoming) = mpsc::channel(INCOMING);
        let (parting, mut parted) = watch::channel(parting);
        let mut tasks = JoinSet::new();
        tasks.spawn(write(sink, to_write, parted.clone()));
        tasks.spawn(read(stream, say));
        tokio::spawn(async move {
            while parted.changed().await.is_ok() {}
            let _ = timeout(FAREWELL, async { while tasks.join_next().await.is_some() {} }).await;
            drop(open);
        });
        Self { outgoing, incoming, parting }
    }

    /// Whether the other side was there when we last heard of it.
    pub(super) fn is_open(&self) -> bool {
        !self.outgoing.is_closed() && !self.incoming.is_closed()
    }

    /// What is to become of the session when the connection is closed.
    pub(super) fn part(&self, parting: Parting) {
        self.parting.send_replace(parting);
    }
}

/// The connections to an engine.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections(Arc<watch::Sender<usize>>);

/// One of them, until it is closed.
#[derive(Debug)]
pub(super) struct Open(Connections);

impl Connections {
    /// Another one.
    pub(super) fn open(&self) -> Open {
        self.0.send_modify(|count| *count += 1);
        Open(self.clone())
    }

    /// Waits until all are closed. Not for ever: an engine that does not take the last word ends the session a little later.
    pub(super) async fn closed(&self) {
        let _ = timeout(FAREWELL, self.0.subscribe().wait_for(|count| *count == 0)).await;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

/// A frame as it travels.
pub(super) fn frame(tag: Tag, body: &[u8]) -> Message {
    let mut frame = Vec::with_capacity(1 + body.len());
    frame.push(tag.byte());
    frame.extend_from_slice(body);
    Message::binary(frame)
}

async fn write(
    mut sink: SplitSink<WebSocketStream<Stream>, Message>,
    mut messages: mpsc::Receiver<Message>,
    parting: watch::Receiver<Parting>,
) {
    while let Some(message) = messages.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
    let parting = *parting.borrow();
    let last = match parting {
        Parting::End => Some(Message::text(Ask::End.write())),
        Parting::Kill => Some(Message::Close(Some(CloseFrame { code: CLOSE_KILL.into(), reason: "".into() }))),
        Parting::Keep => None,
    };
    if let Some(last) = last {
        // The other side may have closed before.
        let _ = sink.send(last).await;
    }
    let _ = sink.close().await;
}

async fn read(mut stream: SplitStream<WebSocketStream<Stream>>, say: mpsc::Sender<Incoming>) {
    let end = loop {
        let message = tokio::select! {
            message = stream.next() => message,
            () = say.closed() => break None,
        };
        let incoming = match message {
            Some(Ok(Message::Binary(bytes))) => {
                let Some((Some(tag), body)) = bytes.split_first().map(|(&tag, body)| (Tag::from_byte(tag), body))
                else {
                    let reason = "it sends what this version does not know".to_owned();
                    break Some(Closed { code: None, reason });
                };
                Incoming::Frame(tag, body.to_vec())
            }
            Some(Ok(Message::Text(text))) => Incoming::Control(text.as_str().to_owned()),
            Some(Ok(Message::Close(frame))) => {
                break Some(Closed {
                    code: frame.map(|frame| frame.code.into()),
                    reason: "it closed the connection".to_owned(),
                });
            }
            Some(Ok(_)) => continue,
            None | Some(Err(_)) => break Some(Closed::lost()),
        };
        if say.send(incoming).await.is_err() {
            break None;
        }
    };
    if let Some(end) = end {
        let _ = say.send(Incoming::End(end)).await;
        return;
    }
    // It has heard our last word once it closes, too.
    while let Some(Ok(message)) = stream.next().await {
        if message.is_close() {
            return;
        }
    }
}
