//! One connection of an editor's to its session.
//!
//! Two halves that do not wait for each other. One reads from the editor and waits while the worker has no room: an editor
//! that floods is slowed by not being read. The other writes to it and waits while the editor takes nothing: the worker is
//! slowed in turn, and after a while the editor counts as gone.

use super::control::{Ask, CLOSE_KILL, End, Notice, PROTOCOL};
use super::gate::TeamWatch;
use super::leases::Leases;
use super::registry::{Permit, Shared};
use super::seat::{Line, Number, Word};
use super::session::Session;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout, timeout_at};
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use weir_model::link::Tag;
use weir_seal::{MAX_HELLO, MAX_SEALED_FRAME};

/// Sealed frames that wait for the editor to take them, of up to 1 MiB.
const WAITING_FOR_EDITOR: usize = 2;

/// Largest message from an editor: a sealed frame and its tag. What says that it is larger is refused before it is read.
pub(super) const MAX_MESSAGE: usize = MAX_SEALED_FRAME + 1;

/// Largest accept: a point, and a confirmation.
const MAX_ACCEPT: usize = 256;

/// Largest text message from an editor.
const MAX_ASK: usize = 4 << 10;

/// Hellos that a connection may send at once: that of a resumption, the one before that, a fresh one, and one more.
const HELLOS: u32 = 4;

/// It may send one more after so long. Each costs a signature.
const HELLO_EVERY: Duration = Duration::from_secs(10);

/// How long somebody has to take the reason why the connection is closed.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves a connection until it ends.
pub(super) async fn serve(
    shared: Arc<Shared>,
    session: Arc<Session>,
    socket: WebSocket,
    resumed: bool,
    permit: Permit,
) {
    let (sink, mut stream) = socket.split();
    let (frames, to_send) = mpsc::channel(WAITING_FOR_EDITOR);
    let (words, to_say) = mpsc::unbounded_channel();
    let _ = words.send(Word::Notice(welcome(&shared, &session, resumed)));
    // Who makes a link knows what its team has before that.
    let mut team = (shared.gate.team)(session.customer.team.clone()).await;
    if let Some(team) = &mut team {
        let _ = words.send(Word::Notice(told(team)));
    }
    let number = session.sit(Line { frames, words: words.clone() });
    if let Some(notice) = shared.drain_notice() {
        let _ = words.send(Word::Notice(notice));
    }
    let mut leases = Leases::new(&shared.gate.leases, &session.customer);
    let writing = write(&shared, sink, to_send, to_say, News { team });
    let why = {
        let mut editor = Editor {
            shared: &shared,
            session: &session,
            number,
            words: &words,
            leases: &mut leases,
            hellos: 0,
            since: Instant::now(),
            accepted: false,
        };
        let reading = editor.read(&mut stream);
        tokio::pin!(writing, reading);
        tokio::select! {
            why = &mut writing => why,
            why = &mut reading => {
                if let Some(why) = why {
                    let _ = words.send(Word::End(why));
                    let _ = timeout(FAREWELL, writing).await;
                }
                why
            }
        }
    };
    if session.leave(number, why)
        && let Some(why) = why
    {
        shared.meters.ended(why);
    }
    leases.end().await;
    if why.is_some() {
        let _ = timeout(FAREWELL, read_off(stream)).await;
    }
    drop(permit);
}

/// Reads until the other side has closed, too. A connection that is dropped with something unread is reset, and a reset can
/// overtake the reason that was sent before it.
async fn read_off(mut stream: SplitStream<WebSocket>) {
    while let Some(Ok(_)) = stream.next().await {}
}

fn welcome(shared: &Shared, session: &Session, resumed: bool) -> Notice {
    Notice::Welcome {
        session: session.id.clone(),
        customer: session.customer.id.clone(),
        identity: shared.identity.public().to_string(),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        resumed,
        grace_seconds: shared.config.grace.as_secs(),
        expires_in_seconds: session.expires_in().as_secs(),
        max_message_bytes: MAX_MESSAGE as u64,
    }
}

/// Writes to the editor until there is an end to say, or it takes nothing.
async fn write(
    shared: &Shared,
    mut sink: SplitSink<WebSocket, Message>,
    mut frames: mpsc::Receiver<Vec<u8>>,
    mut words: mpsc::UnboundedReceiver<Word>,
    mut news: News,
) -> Option<End> {
    let (every, silence) = (shared.config.ping_every, shared.config.silence);
    let mut ping = interval_at(Instant::now() + every, every);
    loop {
        let message = tokio::select! {
            biased;
            word = words.recv() => match word? {
                Word::Notice(notice) => text(&notice),
                Word::End(end) => {
                    let (code, kind, message) = end.close();
                    let last = Notice::Error { code: kind.to_owned(), message: message.to_owned() };
                    let close = Message::Close(Some(CloseFrame { code, reason: kind.into() }));
                    // Who takes nothing does without the reason.
                    let _ = timeout(FAREWELL, async {
                        sink.send(text(&last)).await?;
                        sink.send(close).await
                    }).await;
                    return Some(end);
                }
            },
            Some(frame) = frames.recv() => Message::Binary(frame.into()),
            notice = news.next() => text(&notice),
            _ = ping.tick() => Message::Ping(Vec::new().into()),
        };
        match timeout(silence, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return None,
            Err(_) => return Some(End::Silent),
        }
    }
}

/// What the team has of its own, if somebody knows. An editor that takes nothing misses all states but the last.
struct News {
    team: Option<TeamWatch>,
}

impl News {
    /// The next state. Waits for ever if there will be none.
    async fn next(&mut self) -> Notice {
        if let Some(team) = &mut self.team
            && team.changed().await.is_ok()
        {
            return told(team);
        }
        self.team = None;
        std::future::pending().await
    }
}

/// What a team has of its own, as it is told.
fn told(team: &mut TeamWatch) -> Notice {
    match &*team.borrow_and_update() {
        Some(team) => (&**team).into(),
        None => Notice::NoTeam,
    }
}

fn text(notice: &Notice) -> Message {
    Message::Text(serde_json::to_string(notice).unwrap_or_default().into())
}

/// Whether it was the editor that did something wrong: what it sent is larger than any may be, or no WebSocket. Else the connection
/// was lost, as when a process ends or a network goes.
fn is_wrong(error: axum::Error) -> bool {
    match error.into_inner().downcast_ref() {
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => false,
        Some(Error::Capacity(_) | Error::Protocol(_) | Error::Utf8(_) | Error::AttackAttempt) => true,
        _ => false,
    }
}

/// What is read from one connection.
struct Editor<'a, 's> {
    shared: &'a Shared,
    session: &'a Session,
    number: Number,
    /// What it is told.
    words: &'a mpsc::UnboundedSender<Word>,
    leases: &'a mut Leases<'s>,
    /// Hellos so far,
    hellos: u32,
    /// since then.
    since: Instant,
    /// An accept was sent: what is sealed may follow.
    accepted: bool,
}

impl Editor<'_, '_> {
    /// Reads until the connection ends. Why, if it is not the editor that ends it, or if that says why.
    async fn read(&mut self, stream: &mut SplitStream<WebSocket>) -> Option<End> {
        let silence = self.shared.config.silence;
        let agreed_by = self.since + self.shared.config.handshake_timeout;
        loop {
            let linked = self.session.is_linked(self.number);
            let until = if linked { Instant::now() + silence } else { agreed_by };
            let message = match timeout_at(until, stream.next()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) => return is_wrong(error).then_some(End::Protocol),
                Ok(None) => return None,
                Err(_) if linked => return Some(End::Silent),
                Err(_) if self.session.is_linked(self.number) => continue,
                Err(_) => return Some(End::Handshake),
            };
            match message {
                Message::Binary(message) => {
                    if let Some(end) = self.check(&message) {
                        return Some(end);
                    }
                    if !self.session.send(self.number, message).await {
                        // The session is over; the other half says why.
                        std::future::pending::<()>().await;
                    }
                }
                Message::Text(text) => match serde_json::from_str(text.as_str()) {
                    Ok(ask) if text.len() <= MAX_ASK => {
                        if let Some(end) = self.asked(ask).await {
                            return Some(end);
                        }
                    }
                    _ => return Some(End::Protocol),
                },
                Message::Close(frame) => {
                    if frame.is_some_and(|frame| frame.code == CLOSE_KILL) {
                        self.session.end(End::Killed);
                    }
                    // The answer to it goes out while we read on.
                    let _ = timeout(FAREWELL, stream.next()).await;
                    return None;
                }
                // They are answered below us.
                Message::Ping(_) | Message::Pong(_) => {}
            }
        }
    }

    /// Does what is asked for in the clear; gives why that is too much.
    async fn asked(&mut self, ask: Ask) -> Option<End> {
        if !matches!(ask, Ask::End) && !self.leases.may_ask() {
            return Some(End::Protocol);
        }
        let answer = match ask {
            Ask::End => {
                self.session.end(End::Asked);
                return None;
            }
            Ask::Lease { id, names, mode } => self.leases.take(id, names, mode).await,
            Ask::RenewLease { id, fence } => self.leases.renew(id, fence).await,
            Ask::ReleaseLease { fence } => {
                self.leases.release(fence).await;
                return None;
            }
        };
        // Who is gone needs no answer.
        let _ = self.words.send(Word::Notice(answer));
        None
    }

    /// Looks at the outside of a message; gives why it is none.
    fn check(&mut self, message: &[u8]) -> Option<End> {
        let Some(&tag) = message.first() else { return Some(End::Protocol) };
        let len = message.len() - 1;
        let fits = match Tag::from_byte(tag) {
            Some(Tag::Hello) => {
                self.hellos += 1;
                self.accepted = false;
                let allowed = HELLOS + (self.since.elapsed().as_secs() / HELLO_EVERY.as_secs()) as u32;
                len <= MAX_HELLO && self.hellos <= allowed
            }
            Some(Tag::Accept) => {
                let first = !std::mem::replace(&mut self.accepted, true);
                len <= MAX_ACCEPT && first && self.hellos > 0
            }
            Some(Tag::Sealed) => {
                self.session.heard();
                self.shared.meters.frames_up.fetch_add(1, Relaxed);
                self.shared.meters.bytes_up.fetch_add(message.len() as u64, Relaxed);
                self.accepted
            }
            Some(Tag::Counters | Tag::Terms | Tag::Refused | Tag::Unconfined) | None => false,
        };
        (!fits).then_some(End::Protocol)
    }
}

/// The subprotocol, for the upgrade.
pub(super) const PROTOCOLS: [&str; 1] = [PROTOCOL];
