//! One slot of a pool over one sealed link: requests go up, events come down, until one of both ends.

use super::connect::Connected;
use super::control::{self, Meaning, Notice as Control};
use super::socket::{Closed, Incoming, Parting, frame};
use super::{Notice, Shared};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use weir_model::link::{Down, Step, Tag, Up};
use weir_model::{Event, Request, framing};
use weir_seal::Opened;
use weir_worker::Served;

/// An engine of which nothing is heard for so long, while it owes something, is away. Shorter than the pool waits for a
/// worker that says nothing: what the network does is held against no document.
const SILENCE: Duration = Duration::from_secs(3);

/// A worker that answers no ping for so long does not live, although its engine does.
const UNANSWERED: Duration = Duration::from_secs(20);

/// How often both are looked at.
const TICK: Duration = Duration::from_millis(250);

/// How often the worker is asked whether it is there, while somebody types.
const PING: Duration = Duration::from_secs(1);

/// Somebody types for so long after a request.
const BUSY: Duration = Duration::from_secs(5);

/// While nobody does, the engine asks us now and then; one that has not for so long is away.
const QUIET: Duration = Duration::from_secs(90);

/// How a link ended.
#[derive(Debug, PartialEq)]
pub(super) enum End {
    /// The way to the worker was lost. It may still be there, unless its session is over.
    Lost { reason: String, over: bool },
    /// The worker is dead, or not of use: what it had at hand may be to blame.
    Broken(String),
    /// The engine takes our key no more.
    Revoked,
    /// Nobody wanted anything for so long that the engine ended the session.
    Idle,
    /// The pool wants no more of this worker: it is to be killed, or
    Killed,
    /// it has served.
    Dismissed,
}

fn lost(reason: impl Into<String>) -> End {
    End::Lost { reason: reason.into(), over: false }
}

/// What is under way.
struct Slot<'a> {
    link: &'a mut Connected,
    shared: &'a Shared,
    /// Sealed frames that wait to be sent, and how many there were when the first of them was.
    queue: VecDeque<Message>,
    queued: usize,
    /// Bytes that had come and gone when that was looked at, and since when nothing moves.
    bytes: (u64, u64),
    moved: Instant,
    /// Bytes that will have gone when all that was handed over has.
    handed: u64,
    /// The worker was asked something and has said nothing since.
    asked: bool,
    /// When a ping was sent that is not answered.
    pinged: Option<Instant>,
    last_ping: Instant,
    last_request: Instant,
    /// What the front said last before it closed the connection.
    fault: Option<String>,
}

/// Serves a slot until the link or the pool's interest in it ends.
pub(super) async fn serve(link: &mut Connected, served: &mut Served, shared: &Shared) -> End {
    let now = Instant::now();
    for control in std::mem::take(&mut link.said) {
        hear(control, shared, served);
    }
    let bytes = (link.traffic.received(), link.traffic.sent());
    let line = shared.leases.open(&link.socket.outgoing);
    let mut slot = Slot {
        link,
        shared,
        queue: VecDeque::new(),
        queued: 0,
        bytes,
        moved: now,
        handed: bytes.1,
        asked: false,
        pinged: None,
        last_ping: now,
        last_request: now,
        fault: None,
    };
    served.says.say(Event::Ready { version: env!("CARGO_PKG_VERSION").to_owned() });
    let end = slot.run(served).await;
    shared.leases.close(line);
    slot.progress(0);
    slot.link.socket.part(match end {
        End::Killed | End::Broken(_) => Parting::Kill,
        End::Lost { over: false, .. } => Parting::Keep,
        End::Dismissed | End::Lost { over: true, .. } | End::Revoked | End::Idle => Parting::End,
    });
    end
}

impl Slot<'_> {
    async fn run(&mut self, served: &mut Served) -> End {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut may_be_killed = true;
        let outgoing = self.link.socket.outgoing.clone();
        loop {
            tokio::select! {
                killed = &mut served.killed, if may_be_killed => match killed {
                    Ok(()) => return End::Killed,
                    Err(_) => may_be_killed = false,
                },
                permit = outgoing.reserve(), if !self.queue.is_empty() => {
                    let Ok(permit) = permit else {
                        // Why is on its way to be read.
                        self.queue.clear();
                        continue;
                    };
                    if let Some(message) = self.queue.pop_front() {
                        self.handed += message.len() as u64;
                        permit.send(message);
                        self.progress(self.queue.len());
                    }
                }
                incoming = self.link.socket.incoming.recv() => {
                    if let Some(end) = self.take(incoming, served) {
                        return end;
                    }
                }
                // What cannot be sent yet waits, so that what is sent next is the newest.
                request = served.requests.recv(), if self.queue.is_empty() => {
                    let Some(request) = request else { return End::Dismissed };
                    if let Some(end) = self.ask(&request, served) {
                        return end;
                    }
                }
                _ = tick.tick() => {
                    if let Some(end) = self.look(served) {
                        return end;
                    }
                }
            }
        }
    }

    /// Seals a request. What is known of rules here is of another program than the engine's, and stays here.
    fn ask(&mut self, request: &[u8], served: &Served) -> Option<End> {
        let request = match framing::decode(request.get(4..).unwrap_or_default()) {
            Ok(Request::Rules { generation, sources, disabled, .. }) => {
                Request::Rules { generation, sources, disabled, kept: Vec::new() }
            }
            Ok(request) => request,
            Err(error) => return Some(End::Broken(error.to_string())),
        };
        if !self.owed() {
            self.moved = Instant::now();
        }
        (self.asked, self.last_request) = (true, Instant::now());
        match self.link.session.ledger.step(request) {
            Step::Send(up) => self.seal(&up),
            Step::Answer(event) => {
                served.says.say(event);
                None
            }
        }
    }

    fn seal(&mut self, up: &Up) -> Option<End> {
        self.link.sealer.set_age(self.link.since.elapsed());
        let sealed = framing::encode(up).map_err(|error| error.to_string());
        let frames = sealed.and_then(|frame| self.link.sealer.seal(&frame[4..]).map_err(|error| error.to_string()));
        match frames {
            Ok(frames) => self.queue.extend(frames.iter().map(|body| frame(Tag::Sealed, body))),
            Err(error) => return Some(End::Broken(error)),
        }
        self.queued = self.queue.len();
        None
    }

    /// Takes what came. What cannot be opened was not sealed by our worker, and ends the link.
    fn take(&mut self, incoming: Option<Incoming>, served: &Served) -> Option<End> {
        match incoming {
            Some(Incoming::Frame(Tag::Sealed, body)) => match self.link.opener.open(body) {
                Ok(Opened::Part { .. }) => None,
                Ok(Opened::Whole(message)) => match framing::decode::<Down>(&message) {
                    Ok(down) => {
                        self.asked = false;
                        self.hear(down, served);
                        None
                    }
                    Err(error) => Some(End::Broken(error.to_string())),
                },
                Err(error) => Some(lost(error.to_string())),
            },
            Some(Incoming::Frame(Tag::Refused, _)) => Some(lost("its worker gave up the link")),
            Some(Incoming::Frame(..)) => Some(End::Broken("it sends what is not due".to_owned())),
            Some(Incoming::Control(text)) => {
                match control::read(&text) {
                    Control::Error(fault) => self.fault = Some(fault.message),
                    control => hear(control, self.shared, served),
                }
                None
            }
            Some(Incoming::End(closed)) => Some(self.closed(closed)),
            None => Some(self.closed(Closed::lost())),
        }
    }

    fn closed(&mut self, closed: Closed) -> End {
        let reason = self.fault.take().unwrap_or(closed.reason);
        match Meaning::of(closed.code) {
            Meaning::Lost => End::Lost { reason, over: false },
            Meaning::Over => End::Lost { reason, over: true },
            Meaning::Died => End::Broken(reason),
            Meaning::Idle => End::Idle,
            Meaning::Revoked => End::Revoked,
        }
    }

    fn hear(&mut self, down: Down, served: &Served) {
        match self.link.session.ledger.event(down) {
            // That it is there was said when the link was made; how it is confined is for whoever runs the engine.
            None | Some(Event::Ready { .. } | Event::Unconfined { .. }) => {}
            Some(Event::Pong { nonce }) => {
                self.pinged = None;
                served.says.say(Event::Pong { nonce });
            }
            // What an engine makes of rules is not loaded here: it was made elsewhere.
            Some(Event::RulesLoaded { generation, rules, problems, .. }) => {
                served.says.say(Event::RulesLoaded { generation, rules, problems, kept: Vec::new() });
            }
            Some(event) => {
                served.says.say(event);
            }
        }
    }

    /// Whether something is due.
    fn owed(&self) -> bool {
        self.asked || self.is_sending() || self.pinged.is_some()
    }

    /// Whether something is on its way to the system, which takes it no sooner than the line does.
    fn is_sending(&self) -> bool {
        !self.queue.is_empty() || self.link.traffic.sent() < self.handed
    }

    /// Whether it still lives.
    fn look(&mut self, served: &Served) -> Option<End> {
        let now = Instant::now();
        let bytes = (self.link.traffic.received(), self.link.traffic.sent());
        let before = std::mem::replace(&mut self.bytes, bytes);
        // That something is sent says nothing of the other side, but that a large text still has room.
        if bytes.0 != before.0 || (self.is_sending() && bytes.1 != before.1) {
            self.moved = now;
        }
        let owed = self.owed();
        let silence = if owed { SILENCE } else { QUIET };
        if now - self.moved > silence {
            return Some(lost(format!("nothing was heard of it for {} seconds", silence.as_secs())));
        }
        if self.is_sending() {
            // A large file on a slow line: the pool is not to take it for a worker that hangs.
            served.says.say(Event::Pong { nonce: 0 });
        } else if self.pinged.is_some_and(|at| now - at > UNANSWERED) {
            return Some(End::Broken("its worker does not answer".to_owned()));
        } else if self.pinged.is_none() && now - self.last_request < BUSY && now - self.last_ping >= PING {
            if !owed {
                self.moved = now;
            }
            (self.last_ping, self.pinged) = (now, Some(now));
            return self.seal(&Up::Request(Request::Ping { nonce: 0 }));
        }
        None
    }

    /// Says how far a message of several frames is.
    fn progress(&mut self, left: usize) {
        if self.queued > 1 {
            self.shared.notices.say(Notice::Sending { done: self.queued - left, all: self.queued });
        }
        if left == 0 {
            self.queued = 0;
        }
    }
}

/// Takes what the front says while a link is there.
fn hear(control: Control, shared: &Shared, served: &Served) {
    match control {
        Control::Team(team) => shared.team(team),
        Control::NoTeam => shared.team(super::Team::default()),
        Control::Leased { id, .. }
        | Control::LeaseHeld { id, .. }
        | Control::LeaseLost { id }
        | Control::LeaseRefused { id, .. } => shared.leases.answered(id, control),
        // Another node of it may be there, and another session is to be had.
        Control::Drain | Control::Expiring => served.says.relief().ask(),
        Control::Welcome(_) | Control::Error(_) | Control::Other => {}
    }
}
