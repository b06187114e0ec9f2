//! One live session: its worker, the tasks that carry to it and from it, and the times at which it ends.

use super::control::{End, Notice};
use super::gate::{Customer, LinkEvent};
use super::process;
use super::registry::Shared;
use super::seat::{Answer, Line, Number, Seat, Word};
use super::shares::Held;
use axum::body::Bytes;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::BufReader;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use weir_model::framing;
use weir_model::link::{Counters, Refusal, Tag, Terms};
use weir_seal::{Context, sign_offer};
use weir_worker::Usage;

/// Messages that wait for the worker to read them, of up to 1 MiB: whoever sends more waits.
const WAITING_FOR_WORKER: usize = 2;

/// A worker's answers come in bursts of small frames.
const READ_BUFFER: usize = 16 << 10;

/// Nobody waits longer than that for whoever knows whether a key is good.
const RECHECK_PATIENCE: Duration = Duration::from_secs(10);

/// One live session.
pub(super) struct Session {
    /// Whoever shows it, and is the same customer, may try to take the session up.
    pub(super) id: String,
    pub(super) customer: Customer,
    shared: Arc<Shared>,
    context: Context,
    seat: Mutex<Seat>,
    to_worker: mpsc::Sender<ToWorker>,
    times: Mutex<Times>,
    /// The keeper has to look at the times again.
    changed: Notify,
    end: watch::Sender<Option<End>>,
    /// Sealed frames that the worker has ever sent.
    answers: AtomicU64,
    /// Bytes of memory the worker uses.
    memory: AtomicU64,
    /// What the worker said last.
    counters: Mutex<Counters>,
    _held: Held,
}

/// A message for the worker.
struct ToWorker {
    /// From this connection; `None` from the session itself.
    from: Option<Number>,
    message: Bytes,
}

/// When the session ends.
#[derive(Clone, Copy)]
struct Times {
    expires: Instant,
    expiry_told: bool,
    /// Since when nobody sits here.
    left: Option<Instant>,
    /// When the editor last said something sealed.
    heard: Instant,
}

impl Session {
    /// Begins a session with a worker of its own.
    pub(super) fn start(shared: &Arc<Shared>, id: String, customer: Customer, held: Held) -> io::Result<Arc<Self>> {
        let (child, stdin, stdout) = process::start(&shared.config)?;
        let (to_worker, for_worker) = mpsc::channel(WAITING_FOR_WORKER);
        let now = Instant::now();
        let times = Times { expires: now + shared.config.expiry, expiry_told: false, left: Some(now), heard: now };
        let session = Arc::new(Self {
            context: Context { session: id.clone(), customer: customer.id.clone() },
            id,
            customer,
            shared: Arc::clone(shared),
            seat: Mutex::default(),
            to_worker,
            times: Mutex::new(times),
            changed: Notify::new(),
            end: watch::Sender::new(None),
            answers: AtomicU64::new(0),
            memory: AtomicU64::new(0),
            counters: Mutex::default(),
            _held: held,
        });
        shared.begun(&session);
        tokio::spawn(Arc::clone(&session).keep(child, stdin, stdout, for_worker));
        Ok(session)
    }

    /// A connection sits down; one that sits here has to leave.
    pub(super) fn sit(&self, line: Line) -> Number {
        let (number, before) = self.seat().take(line);
        if let Some(before) = before {
            let _ = before.words.send(Word::End(End::Replaced));
        }
        self.times().left = None;
        number
    }

    /// A connection is gone; whether the session goes on without it.
    pub(super) fn leave(&self, number: Number, why: Option<End>) -> bool {
        let (left, was_linked) = {
            let mut seat = self.seat();
            (seat.leave(number), seat.was_linked())
        };
        if !left {
            // It goes on with another.
            return true;
        }
        if !was_linked {
            // There is nothing to come back to.
            self.end(why.unwrap_or(End::Abandoned));
        } else if self.shared.is_draining() {
            self.end(End::Drained);
        }
        if self.end.borrow().is_some() {
            return false;
        }
        self.shared.record(self, LinkEvent::Left);
        self.times().left = Some(Instant::now());
        self.changed.notify_one();
        true
    }

    /// Ends the session and its worker. The first reason counts.
    pub(super) fn end(&self, why: End) {
        self.end.send_if_modified(|end| {
            let first = end.is_none();
            end.get_or_insert(why);
            first
        });
    }

    /// Passes a message on to the worker; waits until there is room for it. False if the session is over.
    pub(super) async fn send(&self, from: Number, message: Bytes) -> bool {
        self.to_worker.send(ToWorker { from: Some(from), message }).await.is_ok()
    }

    /// The editor has said something sealed.
    pub(super) fn heard(&self) {
        self.times().heard = Instant::now();
    }

    /// Whether this connection has come to keys.
    pub(super) fn is_linked(&self, number: Number) -> bool {
        self.seat().is_linked(number)
    }

    /// Whether a connection sits here.
    pub(super) fn is_taken(&self) -> bool {
        self.seat().is_taken()
    }

    /// Says something to whoever sits here.
    pub(super) fn say(&self, notice: Notice) {
        self.seat().say(Word::Notice(notice));
    }

    /// How long until the session ends, unless there is a new handshake.
    pub(super) fn expires_in(&self) -> Duration {
        self.times().expires.saturating_duration_since(Instant::now())
    }

    /// Bytes of memory that the worker uses.
    pub(super) fn memory(&self) -> u64 {
        self.memory.load(Relaxed)
    }

    /// What the worker said last.
    pub(super) fn counters(&self) -> Counters {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn seat(&self) -> MutexGuard<'_, Seat> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- carrying

    async fn write(self: Arc<Self>, mut stdin: ChildStdin, mut messages: mpsc::Receiver<ToWorker>) {
        let config = &self.shared.config;
        let terms = Terms {
            session: self.id.clone(),
            customer: self.customer.id.clone(),
            max_documents: config.session_documents,
            max_bytes: config.session_bytes,
            max_file: config.file_bytes,
            idle_ms: config.idle_document.as_millis() as u64,
            max_interactive_ms: config.interactive_deadline.as_millis() as u32,
            max_scan_ms: config.scan_deadline.as_millis() as u32,
            pads: config.pads,
        };
        let Ok(terms) = framing::encode(&terms) else { return };
        let terms = [&[Tag::Terms.byte()], &terms[4..]].concat();
        if process::write(&mut stdin, &terms).await.is_err() {
            return;
        }
        while let Some(ToWorker { from, message }) = messages.recv().await {
            let tag = message.first().and_then(|&byte| Tag::from_byte(byte));
            if let (Some(number), Some(tag)) = (from, tag)
                && !self.seat().sends(number, tag, &message[1..])
            {
                continue;
            }
            if process::write(&mut stdin, &message).await.is_err() {
                return;
            }
        }
    }

    async fn read(self: Arc<Self>, stdout: ChildStdout) {
        let mut stdout = BufReader::with_capacity(READ_BUFFER, stdout);
        while let Some((tag, message)) = process::read(&mut stdout).await {
            if self.said(tag, message).await.is_err() {
                tracing::warn!("a sealed worker is stopped: it says what none of ours says");
                break;
            }
        }
        self.end(End::WorkerEnded);
    }

    /// The worker has said something. What is for a connection waits until that has room for it.
    async fn said(&self, tag: Tag, mut message: Vec<u8>) -> Result<(), ()> {
        let meters = &self.shared.meters;
        let frames = match tag {
            Tag::Hello | Tag::Accept => {
                let answer = self.seat().answered(tag);
                match answer {
                    Answer::Sign { hello, frames } => {
                        let signed = sign_offer(&self.shared.identity, &self.context, &hello, &message[1..]);
                        message.truncate(1);
                        message.extend_from_slice(&signed);
                        Some(frames)
                    }
                    Answer::Linked { frames } => {
                        self.linked();
                        Some(frames)
                    }
                    Answer::Drop => None,
                    Answer::Broken => return Err(()),
                }
            }
            Tag::Sealed => {
                self.answers.fetch_add(1, Relaxed);
                let frames = self.seat().sealed();
                if frames.is_some() {
                    meters.frames_down.fetch_add(1, Relaxed);
                    meters.bytes_down.fetch_add(message.len() as u64, Relaxed);
                }
                frames
            }
            Tag::Counters => {
                self.counted(&framing::decode(&message[1..]).map_err(|_| ())?);
                None
            }
            Tag::Refused => match message.get(1).and_then(|&byte| Refusal::from_byte(byte)).ok_or(())? {
                Refusal::Handshake => {
                    meters.refused_handshakes.fetch_add(1, Relaxed);
                    self.seat().refused()?
                }
                Refusal::Frame | Refusal::Message => {
                    self.seat().broken();
                    None
                }
            },
            Tag::Unconfined => {
                process::tell_unconfined(&String::from_utf8_lossy(&message[1..]));
                None
            }
            Tag::Terms => return Err(()),
        };
        if let Some(frames) = frames {
            // Whoever is gone meanwhile misses nothing: what it does not know by then it asks for again.
            let _ = frames.send(message).await;
        }
        Ok(())
    }

    fn linked(&self) {
        self.shared.meters.links.fetch_add(1, Relaxed);
        {
            let mut times = self.times();
            let now = Instant::now();
            (times.expires, times.expiry_told, times.heard) = (now + self.shared.config.expiry, false, now);
        }
        self.changed.notify_one();
    }

    fn counted(&self, now: &Counters) {
        let before = std::mem::replace(&mut *self.counters.lock().unwrap_or_else(PoisonError::into_inner), now.clone());
        self.shared.meters.worker(&before, now);
    }

    // ---- keeping

    /// Keeps the worker until the session ends, then makes sure that it is gone.
    async fn keep(
        self: Arc<Self>,
        mut child: Child,
        stdin: ChildStdin,
        stdout: ChildStdout,
        messages: mpsc::Receiver<ToWorker>,
    ) {
        let writer = tokio::spawn(Arc::clone(&self).write(stdin, messages));
        let reader = tokio::spawn(Arc::clone(&self).read(stdout));
        let why = self.watch_over(&mut child).await;
        self.end(why);
        writer.abort();
        reader.abort();
        // An error means that it is gone already. Waiting for it leaves no zombie, and its memory is gone after that.
        let _ = child.start_kill();
        if let Err(error) = child.wait().await {
            tracing::warn!("a sealed worker cannot be waited for: {error}");
        }
        self.shared.gone(&self, why);
        self.seat().say(Word::End(why));
    }

    async fn watch_over(&self, child: &mut Child) -> End {
        let config = &self.shared.config;
        let mut end = self.end.subscribe();
        let mut looked = Instant::now();
        let mut rechecked = looked;
        let mut burning = Burning::default();
        loop {
            let next = self.due().min(looked + config.tick);
            tokio::select! {
                _ = child.wait() => return End::WorkerEnded,
                _ = end.changed() => {}
                () = self.changed.notified() => {}
                () = sleep_until(next) => {}
            }
            if let Some(why) = *end.borrow_and_update() {
                return why;
            }
            if let Some(why) = self.look_at_times() {
                return why;
            }
            let now = Instant::now();
            if now >= looked + config.tick {
                looked = now;
                let _ = self.to_worker.try_send(ToWorker { from: None, message: TICK.clone() });
                let usage = child.id().and_then(weir_worker::usage).unwrap_or_default();
                self.memory.store(usage.memory, Relaxed);
                if burning.since(usage, self.answers.load(Relaxed), now).is_some_and(|since| now - since >= config.burn)
                {
                    return End::Burned;
                }
            }
            if now >= rechecked + config.recheck {
                rechecked = now;
                let asked = (self.shared.gate.is_valid)(self.customer.key.clone());
                if let Ok(Some(false)) = timeout(RECHECK_PATIENCE, asked).await {
                    return End::Revoked;
                }
            }
        }
    }

    /// When something is due by the times.
    fn due(&self) -> Instant {
        let (config, times) = (&self.shared.config, *self.times());
        let expiry =
            if times.expiry_told { times.expires } else { times.expires - config.expiry_notice.min(config.expiry) };
        let idle = times.heard + config.idle;
        times.left.map_or(idle, |left| left + config.grace).min(idle).min(expiry)
    }

    fn look_at_times(&self) -> Option<End> {
        let config = &self.shared.config;
        let now = Instant::now();
        let mut times = self.times();
        if times.expires <= now {
            return Some(End::Expired);
        }
        if times.left.is_some_and(|left| left + config.grace <= now) {
            return Some(End::Abandoned);
        }
        if times.heard + config.idle <= now {
            return Some(End::Idle);
        }
        if !times.expiry_told && times.expires - config.expiry_notice.min(config.expiry) <= now {
            times.expiry_told = true;
            let seconds = (times.expires - now).as_secs();
            drop(times);
            self.say(Notice::Expiring { seconds });
        }
        None
    }
}

/// Asks a worker for its counters.
static TICK: Bytes = Bytes::from_static(&[Tag::Counters as u8]);

/// Since when a worker works without saying anything.
#[derive(Default)]
struct Burning {
    before: Option<(Usage, u64, Instant)>,
    since: Option<Instant>,
}

impl Burning {
    /// By what it has used and said up to now.
    fn since(&mut self, usage: Usage, answers: u64, now: Instant) -> Option<Instant> {
        let (before, said, at) = self.before.replace((usage, answers, now)).unwrap_or((usage, answers, now));
        // Not only now and then: one that waits for something has not lost its way, and on a busy machine a fifth of the time is
        // all that one may get. A hundredth is ten milliseconds.
        let worked = Duration::from_millis((usage.ticks.saturating_sub(before.ticks)) * 10);
        if answers != said || worked * 5 < now - at || worked.is_zero() {
            self.since = None;
        } else {
            self.since.get_or_insert(at);
        }
        self.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Processor time in hundredths, answers, what time it is in seconds, since when it burns.
    #[test]
    fn a_worker_burns_while_it_works_and_says_nothing() {
        let begin = Instant::now();
        let mut burning = Burning::default();
        for (ticks, answers, at, expected) in [
            (0, 0, 0, None),
            (900, 0, 10, Some(0)),
            (1900, 0, 20, Some(0)),
            (2900, 1, 30, None),
            (3900, 1, 40, Some(30)),
            (4090, 1, 50, None),
            (4090, 1, 60, None),
            (4400, 1, 70, Some(60)),
        ] {
            let usage = Usage { ticks, memory: 0 };
            let since = burning.since(usage, answers, begin + Duration::from_secs(at));
            assert_eq!(since, expected.map(|at| begin + Duration::from_secs(at)), "at {at}");
        }
    }
}
