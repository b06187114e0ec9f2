//! One slot of a pool, and who serves it: a worker of the engine's, or a process here until there is one.

use super::Shared;
use super::backoff::{Backoff, chance, spread};
use super::connect::{Connected, Session, connect};
use super::error::ConnectError;
use super::ready::{self, Beginning};
use super::slot::{self, End};
use super::socket::Parting;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use weir_worker::{Relief, Served};

/// A slot that nobody serves waits so long for a link; then a process here takes it.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);

/// One whose link was lost waits for less: somebody types.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// Meanwhile it is tried again after such pauses: what stands before several engines may still send us to the one that has just
/// died, and the others take us a moment later.
const AGAIN: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200)];

/// Behind the back of a process that stands in, a slow way is as good as any.
const LONG_PATIENCE: Duration = Duration::from_secs(20);

/// A line on which rules of some megabytes take longer than this is no better than this machine.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A link that lasts for less was none: after a few of these a slot is served here, and the next try waits.
const LASTING: Duration = Duration::from_secs(5);

/// So many.
const MAX_SHORT: u32 = 3;

/// A slot.
pub(super) struct Seat {
    shared: Arc<Shared>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the engine's worker may still hold.
    session: Option<Session>,
    /// A link that waits for the process that stands in to have nothing to do.
    ready: Option<Connected>,
    /// Somebody tries to make one.
    trying: bool,
    /// What the process that stands in was told first.
    beginning: Beginning,
    /// By which that process is replaced.
    relief: Option<Relief>,
    /// There was a link; the next one is waited for only shortly.
    lost: bool,
    /// Links in a row that did not last.
    short: u32,
}

impl Seat {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves the slot once: until its worker, wherever it is, is gone.
    pub(super) async fn run(self: Arc<Self>, mut served: Served) {
        let ready = self.state().ready.take().filter(|link| link.socket.is_open());
        let link = if let Some(link) = ready {
            Ok(link)
        } else {
            let Some(link) = self.wait(&mut served).await else { return };
            link
        };
        match link {
            Ok(link) => self.remote(link, served).await,
            Err(error) => self.local(&error, served),
        }
    }

    /// Waits for a link as long as somebody may wait. `None` if the pool wants no worker any more.
    async fn wait(&self, served: &mut Served) -> Option<Result<Connected, ConnectError>> {
        let (patience, again) = {
            let state = self.state();
            if state.short >= MAX_SHORT {
                return Some(Err(ConnectError::away("connections to it do not last")));
            }
            if state.trying || self.shared.is_refused() || (self.shared.is_away() && !state.lost) {
                return Some(Err(ConnectError::away("it was away just now")));
            }
            if state.lost { (SHORT_PATIENCE, &AGAIN[..]) } else { (FIRST_PATIENCE, &[][..]) }
        };
        tokio::select! {
            link = self.connect(patience, again) => Some(link),
            // Before it said that it is ready a worker is asked nothing: this is the end of the pool.
            _ = served.requests.recv() => None,
            Ok(()) = &mut served.killed => None,
        }
    }

    async fn connect(&self, patience: Duration, again: &[Duration]) -> Result<Connected, ConnectError> {
        let mut session = self.state().session.take();
        let linked = tokio::time::timeout(patience, async {
            let target = self.shared.target().await?;
            let mut pauses = again.iter();
            loop {
                let linked = match connect(&target, &self.shared.connections, &mut session).await {
                    Err(ConnectError::SessionOver) if session.take().is_some() => {
                        connect(&target, &self.shared.connections, &mut session).await
                    }
                    linked => linked,
                };
                match (linked, pauses.next()) {
                    (Err(ConnectError::Away(_)), Some(pause)) => tokio::time::sleep(spread(*pause, chance())).await,
                    (linked, _) => return linked,
                }
            }
        });
        let linked = linked.await;
        // A session that was not taken up may be, the next time.
        self.state().session = session;
        linked.unwrap_or_else(|_| Err(ConnectError::away(format!("no link within {} seconds", patience.as_secs()))))
    }

    async fn remote(self: Arc<Self>, mut link: Connected, mut served: Served) {
        self.shared.linked(true);
        let end = slot::serve(&mut link, &mut served, &self.shared).await;
        self.shared.linked(false);
        {
            let mut state = self.state();
            state.lost = true;
            state.short = if link.since.elapsed() < LASTING { state.short + 1 } else { 0 };
        }
        match end {
            End::Lost { reason, over } => {
                tracing::info!("the link to {} was lost: {reason}", self.shared.url);
                self.state().session = Some(link.session).filter(|_| !over);
                served.says.leave();
            }
            // The pool finds out what that was, as with any worker that died.
            End::Broken(reason) => tracing::warn!("a worker of {} is left: {reason}", self.shared.url),
            End::Revoked => {
                let reason = "it takes the API key no more. `weir login` takes another one";
                self.shared.failed(&ConnectError::refused(reason));
                served.says.leave();
            }
            // Whatever is wanted next is sent to the next worker, with all that belongs to it.
            End::Idle => tokio::select! {
                request = served.requests.recv() => if request.is_some() {
                    served.says.leave();
                },
                _ = &mut served.killed => {}
            },
            End::Killed | End::Dismissed => {}
        }
    }

    /// A process here takes the slot, and the engine is tried again behind its back.
    fn local(self: Arc<Self>, error: &ConnectError, served: Served) {
        self.shared.failed(error);
        let mut state = self.state();
        (state.relief, state.lost) = (Some(served.says.relief()), false);
        let try_again = !self.shared.is_refused() && !std::mem::replace(&mut state.trying, true);
        drop(state);
        let Served { requests, killed, says } = served;
        let (pass, passed) = mpsc::unbounded_channel();
        let seat = Arc::clone(&self);
        tokio::spawn(ready::listen(requests, pass, move |request| seat.state().beginning.note(request)));
        self.shared.local.serve(Served { requests: passed, killed, says });
        if try_again {
            tokio::spawn(self.come_back());
        }
    }

    async fn come_back(self: Arc<Self>) {
        let link = tokio::select! {
            link = self.another_link() => link,
            () = self.shared.left() => None,
        };
        let mut state = self.state();
        (state.trying, state.ready) = (false, link);
        if state.ready.is_some()
            && let Some(relief) = &state.relief
        {
            relief.ask();
        }
    }

    /// Tries until there is a link. `None` if nobody wants one any more.
    async fn another_link(&self) -> Option<Connected> {
        let mut backoff = Backoff::after(self.state().short);
        loop {
            tokio::time::sleep(backoff.next(chance())).await;
            let wanted = self.state().relief.as_ref().is_some_and(Relief::is_wanted);
            if !wanted || self.shared.is_refused() {
                return None;
            }
            match self.connect(LONG_PATIENCE, &[]).await {
                Ok(mut link) => match self.ready(&mut link).await {
                    Ok(()) => return Some(link),
                    Err(error) => {
                        link.socket.part(Parting::Keep);
                        self.state().session = Some(link.session);
                        self.shared.failed(&error);
                    }
                },
                Err(error) => self.shared.failed(&error),
            }
        }
    }

    /// Makes a link such that whoever it takes over from is not missed.
    async fn ready(&self, link: &mut Connected) -> Result<(), ConnectError> {
        let beginning = self.state().beginning.clone();
        let late = || ConnectError::away(format!("its worker is not ready within {} seconds", READY_WITHIN.as_secs()));
        tokio::time::timeout(READY_WITHIN, ready::begin(link, beginning)).await.unwrap_or_else(|_| Err(late()))
    }
}
