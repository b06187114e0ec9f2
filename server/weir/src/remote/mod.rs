//! The editor's and the terminal's side of a remote engine (`docs/remote.md`).
//!
//! [`Remote`] is a place for the workers of a pool: each slot is served over a sealed link by a worker of the engine's, or by a
//! process here where the engine cannot be had. The pool makes no difference between them; to it, the way from one to the
//! other is a worker that is replaced when it has nothing to do.
//!
//! - An engine that is **away** is tried again behind the back of the process that stands in for it.
//! - One that is **refused** (another identity, another version, a key it does not take) is not: nothing is sent there any more.

mod backoff;
pub(crate) mod choice;
mod connect;
mod control;
mod dial;
mod error;
mod http;
mod lease;
pub(crate) mod logins;
mod proxy;
mod ready;
mod seat;
mod slot;
mod socket;
mod target;
#[cfg(test)]
mod tests;
mod url;

pub(crate) use connect::{check, identity};
pub(crate) use control::Team;
pub(crate) use error::ConnectError;
pub(crate) use lease::LeaseError;
pub(crate) use target::{Environment, Target, Way};
pub(crate) use url::EngineUrl;

use logins::{Logins, Wanted};
use seat::Seat;
use socket::Connections;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use weir_worker::{Place, PoolConfig, Program, Serve};

/// A keyring that is locked asks a person, who may be elsewhere.
const KEYRING: Duration = Duration::from_secs(20);

/// How analysis stands with an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It analyses.
    Linked,
    /// It cannot be had for now; analysis goes on here.
    Away(String),
    /// It is not spoken to any more; analysis goes on here.
    Refused(String),
}

/// What there is to tell a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Once for each change.
    State(State),
    /// So many parts of so many of a large text are sent.
    Sending { done: usize, all: usize },
    /// What the team has agreed on, when it is first known and when it changes, and what of it this user wants.
    Team { team: Team, wanted: Wanted },
}

/// Where notices go.
#[derive(Debug, Clone)]
pub(crate) struct Notices(mpsc::UnboundedSender<Notice>);

impl Notices {
    fn say(&self, notice: Notice) {
        // Whoever dropped the receiver does not want to know.
        let _ = self.0.send(notice);
    }
}

/// An engine as a place for workers. Clones are the same engine.
#[derive(Clone)]
pub(crate) struct Remote(Arc<Shared>);

/// What all slots of all pools know of an engine.
struct Shared {
    url: EngineUrl,
    source: Source,
    /// What serves a slot in the engine's stead.
    local: Serve,
    notices: Notices,
    standing: Mutex<Standing>,
    leases: lease::Desk,
    connections: Connections,
    /// Nobody wants anything of it any more.
    left: watch::Sender<bool>,
}

/// Where what is needed to speak to it comes from.
enum Source {
    /// Files and the keyring, when it is first needed.
    Login { logins: Logins, environment: Environment, loaded: tokio::sync::Mutex<Option<Target>> },
    #[cfg(test)]
    Given(Target),
}

#[derive(Default)]
struct Standing {
    /// Slots that a worker of the engine's serves.
    linked: usize,
    refused: bool,
    told: Option<State>,
    /// What the team has agreed on; `None` before any link has told.
    team: Option<Team>,
    wanted: Wanted,
}

impl Remote {
    /// An engine that somebody has logged in to; what there is to tell comes out of the receiver. Nothing is connected before a
    /// pool has a slot to be served.
    pub(crate) fn new(
        url: EngineUrl,
        logins: Logins,
        environment: Environment,
    ) -> (Self, mpsc::UnboundedReceiver<Notice>) {
        let source = Source::Login { logins, environment, loaded: tokio::sync::Mutex::default() };
        Self::with(url, source, Serve::new(|served| Program::this().serve(PoolConfig::default().confinement(), served)))
    }

    fn with(url: EngineUrl, source: Source, local: Serve) -> (Self, mpsc::UnboundedReceiver<Notice>) {
        let (say, notices) = mpsc::unbounded_channel();
        let shared = Shared {
            url,
            source,
            local,
            notices: Notices(say),
            standing: Mutex::default(),
            leases: lease::Desk::default(),
            connections: Connections::default(),
            left: watch::Sender::default(),
        };
        (Self(Arc::new(shared)), notices)
    }

    /// The address.
    pub(crate) fn url(&self) -> &EngineUrl {
        &self.0.url
    }

    /// What the team has agreed on, as it was told last, and what of it this user wants. `None` if no link has told it yet.
    pub(crate) fn team(&self) -> Option<(Team, Wanted)> {
        let standing = self.0.standing();
        standing.team.clone().map(|team| (team, standing.wanted))
    }

    /// Waits until the engine knows that nothing is wanted of it any more, now that the pools have been shut down: a process that ends
    /// before leaves it with sessions that somebody might come back to. Not for long if it does not listen.
    pub(crate) async fn leave(&self) {
        self.0.left.send_replace(true);
        self.0.connections.closed().await;
    }

    /// A place for the workers of one pool.
    pub(crate) fn place(&self) -> Place {
        let (shared, seats) = (Arc::clone(&self.0), Mutex::new(HashMap::new()));
        Place::Served(Serve::new(move |served| {
            let mut seats = seats.lock().unwrap_or_else(PoisonError::into_inner);
            let seat: &Arc<Seat> =
                seats.entry(served.says.slot()).or_insert_with(|| Arc::new(Seat::new(Arc::clone(&shared))));
            tokio::spawn(Arc::clone(seat).run(served));
        }))
    }
}

impl Shared {
    async fn target(&self) -> Result<Target, ConnectError> {
        let (logins, environment, loaded) = match &self.source {
            Source::Login { logins, environment, loaded } => (logins.clone(), environment.clone(), loaded),
            #[cfg(test)]
            Source::Given(target) => return Ok(target.clone()),
        };
        let mut loaded = loaded.lock().await;
        if let Some(target) = &*loaded {
            return Ok(target.clone());
        }
        let url = self.url.clone();
        let load = tokio::task::spawn_blocking(move || Target::load(&url, &logins, &environment));
        let target = match tokio::time::timeout(KEYRING, load).await {
            Ok(Ok(target)) => target?,
            Ok(Err(_)) => return Err(ConnectError::refused("its login cannot be read")),
            Err(_) => return Err(ConnectError::refused("the keyring that holds its key stays locked")),
        };
        self.standing().wanted = target.team;
        Ok(loaded.insert(target).clone())
    }

    fn standing(&self) -> std::sync::MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until nobody wants anything of it any more.
    async fn left(&self) {
        // It lasts as long as this.
        let _ = self.left.subscribe().wait_for(|left| *left).await;
    }

    fn is_refused(&self) -> bool {
        self.standing().refused
    }

    /// Whether it was away when it was tried last.
    fn is_away(&self) -> bool {
        matches!(self.standing().told, Some(State::Away(_)))
    }

    /// A worker of the engine's serves a slot, from now on or no longer.
    fn linked(&self, more: bool) {
        let mut standing = self.standing();
        standing.linked = if more { standing.linked + 1 } else { standing.linked.saturating_sub(1) };
        if more && !standing.refused {
            self.tell(&mut standing, State::Linked);
        }
    }

    /// A slot is served here, for this reason.
    fn failed(&self, error: &ConnectError) {
        let mut standing = self.standing();
        match error {
            ConnectError::Refused(reason) => {
                standing.refused = true;
                self.tell(&mut standing, State::Refused(reason.clone()));
            }
            // Where it serves others it is not away, but full.
            _ if standing.refused || standing.linked > 0 => {}
            error => self.tell(&mut standing, State::Away(error.to_string())),
        }
    }

    /// What the team has agreed on, as every link says it again.
    fn team(&self, team: Team) {
        let mut standing = self.standing();
        // That there is nothing is no news at first.
        if *standing.team.get_or_insert_default() != team {
            standing.team = Some(team.clone());
            let wanted = standing.wanted;
            self.notices.say(Notice::Team { team, wanted });
        }
    }

    /// Away for another reason than before is no news.
    fn tell(&self, standing: &mut Standing, state: State) {
        let news = match (&standing.told, &state) {
            (Some(State::Away(_)), State::Away(_)) | (Some(State::Refused(_)), State::Refused(_)) => false,
            (told, state) => told.as_ref() != Some(state),
        };
        if news {
            standing.told = Some(state.clone());
            self.notices.say(Notice::State(state));
        }
    }
}
