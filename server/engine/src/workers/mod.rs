//! The analysis processes of sessions: one a session, none shared, and no more at once than the machine takes.
//!
//! A process is started when its session first needs it, and ends with the session or when it has had nothing to do for a
//! while. One that no session has is kept ready, so that a new session need not wait for rules to be read. Where all places are taken,
//! sessions without work give theirs up, and who asks waits in the order of asking.

mod process;

use crate::config::WorkersConfig;
use crate::findings::Outcome;
use crate::intake::Sealed;
use crate::rulebook::Rulebook;
use crate::store::SessionId;
use process::{Process, Use};
use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use weir_model::{Analysed, Failure, JudgeOptions, Judged, RuleSource};
use weir_seal::SessionKey;
use weir_worker::SealedFile;

/// The analysis processes of sessions. Clones are the same.
#[derive(Clone)]
pub(crate) struct Workers {
    inner: Arc<Inner>,
}

struct Inner {
    config: WorkersConfig,
    places: Arc<Semaphore>,
    live: Mutex<Live>,
    waiting: AtomicUsize,
    /// Processes that were told to end for who waits, and are not gone yet.
    ending: AtomicUsize,
    /// A process ran out of work, or became the spare one: it may be ended for who waits for a place.
    idle: Arc<Notify>,
}

#[derive(Default)]
struct Live {
    by_session: HashMap<SessionId, Arc<Process>>,
    /// Held by who starts a session's process: all files of a request ask for it at once.
    starting: HashMap<SessionId, Arc<tokio::sync::Mutex<()>>>,
    /// One with rules that belongs to nobody yet.
    spare: Option<Arc<Process>>,
    closing: bool,
}

/// How many there are of what, for metrics.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Census {
    pub(crate) live: usize,
    pub(crate) busy: usize,
    pub(crate) most: usize,
    /// Who waits for a place.
    pub(crate) waiting: usize,
}

/// How often it is looked for processes without work, as a share of the time they may be without.
const LOOKS: u32 = 4;

impl Workers {
    /// None yet.
    pub(crate) fn new(config: WorkersConfig) -> Self {
        let most = config.most.max(1);
        let inner = Inner {
            config,
            places: Arc::new(Semaphore::new(most)),
            live: Mutex::default(),
            waiting: AtomicUsize::new(0),
            ending: AtomicUsize::new(0),
            idle: Arc::default(),
        };
        let workers = Self { inner: Arc::new(inner) };
        tokio::spawn(end_idle(Arc::downgrade(&workers.inner)));
        workers
    }

    /// Has rules read by a process that is then ready for a session.
    pub(crate) async fn read(&self, sources: Arc<[RuleSource]>) -> Result<Rulebook, Failure> {
        let place = self.place().await;
        let (process, rulebook) = self.start(place, sources, Arc::from([])).await?;
        self.keep(process);
        Ok(rulebook)
    }

    /// Has a file of a session opened and analysed.
    pub(crate) async fn judge(
        &self,
        session: &SessionId,
        rules: &Arc<Rulebook>,
        file: SealedFile,
    ) -> Result<Judged, Failure> {
        let process = self.of_session(session, rules).await?;
        process.judge(file).await
    }

    /// The same; a file that no worker survives, or that none comes to an end with, is looked at with regexes.
    pub(crate) async fn judge_or_fall_back(
        &self,
        session: &SessionId,
        rules: &Arc<Rulebook>,
        file: &Sealed,
        key: &SessionKey,
        options: JudgeOptions,
        known: Option<Analysed>,
    ) -> Outcome {
        let failure = match self.judge(session, rules, file.for_worker(key, options, known)).await {
            Ok(judged) => return Outcome::Judged(judged),
            Err(failure) => failure,
        };
        let options = JudgeOptions { without_tree: true, ..options };
        if !options.patterns || matches!(failure, Failure::OtherVersion { .. }) {
            return Outcome::Failed(failure);
        }
        match self.judge(session, rules, file.for_worker(key, options, None)).await {
            Ok(Judged::Analysed(analysed)) => Outcome::FellBack(failure, analysed),
            Ok(refused) => Outcome::Judged(refused),
            Err(_) => Outcome::Failed(failure),
        }
    }

    /// Ends the process of a session, if it has one.
    pub(crate) fn end(&self, session: &SessionId) {
        let process = self.live().by_session.remove(session);
        if let Some(process) = process {
            process.end();
        }
    }

    /// Ends all.
    pub(crate) async fn shutdown(&self) {
        let all: Vec<_> = {
            let mut live = self.live();
            live.closing = true;
            let spare = live.spare.take();
            live.by_session.drain().map(|(_, process)| process).chain(spare).collect()
        };
        for process in all {
            process.gone().await;
        }
    }

    /// How many there are.
    pub(crate) fn census(&self) -> Census {
        let live = self.live();
        Census {
            live: live.by_session.len() + usize::from(live.spare.is_some()),
            busy: live.by_session.values().filter(|process| !process.is_idle()).count(),
            most: self.inner.config.most,
            waiting: self.inner.waiting.load(Ordering::Relaxed),
        }
    }

    /// The process of a session, with these rules.
    async fn of_session(&self, session: &SessionId, rules: &Arc<Rulebook>) -> Result<Use, Failure> {
        if let Some(process) = self.held(session) {
            process.use_rules(rules);
            return Ok(process);
        }
        let starting = Arc::clone(self.live().starting.entry(session.clone()).or_default());
        let _turn = starting.lock().await;
        let process = match self.held(session) {
            Some(process) => process,
            None => self.start_for(session, rules).await?,
        };
        process.use_rules(rules);
        Ok(process)
    }

    /// Takes the spare process for a session, or starts one.
    async fn start_for(&self, session: &SessionId, rules: &Arc<Rulebook>) -> Result<Use, Failure> {
        let spare = self.live().spare.take();
        let process = if let Some(spare) = spare {
            spare
        } else {
            let place = self.place().await;
            let (sources, kept) = (Arc::clone(&rules.sources), Arc::clone(&rules.kept));
            self.start(place, sources, kept).await?.0
        };
        let process = {
            let mut live = self.live();
            let used = Use::of(&process);
            live.by_session.insert(session.clone(), process);
            used
        };
        self.prepare(rules);
        Ok(process)
    }

    /// The session's process. It is in use before anybody else can look whether it is.
    fn held(&self, session: &SessionId) -> Option<Use> {
        self.live().by_session.get(session).map(Use::of)
    }

    async fn start(
        &self,
        place: OwnedSemaphorePermit,
        sources: Arc<[RuleSource]>,
        kept: Arc<[u8]>,
    ) -> Result<(Arc<Process>, Rulebook), Failure> {
        let (pool, idle) = (&self.inner.config.pool, Arc::clone(&self.inner.idle));
        let (process, rulebook) = Process::start(pool, place, idle, sources, kept).await?;
        Ok((Arc::new(process), rulebook))
    }

    /// Keeps a process for the next session, if there is none.
    fn keep(&self, process: Arc<Process>) {
        let mut live = self.live();
        if live.spare.is_none() && !live.closing {
            live.spare = Some(process);
            self.inner.idle.notify_one();
        }
    }

    /// Starts a process for the next session, if there is a place that nobody waits for.
    fn prepare(&self, rules: &Arc<Rulebook>) {
        let Ok(place) = Arc::clone(&self.inner.places).try_acquire_owned() else { return };
        if self.live().spare.is_some() {
            return;
        }
        let (workers, rules) = (self.clone(), Arc::clone(rules));
        tokio::spawn(async move {
            let (sources, kept) = (Arc::clone(&rules.sources), Arc::clone(&rules.kept));
            if let Ok((process, _)) = workers.start(place, sources, kept).await {
                workers.keep(process);
            }
        });
    }

    /// A place for one more process. Where none is free, the session that has been without work for longest gives its
    /// own up.
    async fn place(&self) -> OwnedSemaphorePermit {
        let mut waiting = pin!(Arc::clone(&self.inner.places).acquire_owned());
        let _waits = Waits::new(&self.inner.waiting);
        loop {
            // Made before it is looked, so that nobody runs out of work in between.
            let idle = self.inner.idle.notified();
            if self.inner.places.available_permits() == 0 {
                self.evict();
            }
            // The turn is kept while sessions that had work when we looked run out of it.
            tokio::select! {
                place = &mut waiting => match place {
                    Ok(place) => return place,
                    Err(_) => unreachable!("the places are never closed"),
                },
                () = idle => {}
            }
        }
    }

    /// Ends a process without work, unless as many are about to be gone as are waited for.
    fn evict(&self) {
        let longest = {
            let mut live = self.live();
            if self.inner.ending.load(Ordering::Relaxed) >= self.inner.waiting.load(Ordering::Relaxed) {
                return;
            }
            let idle = live.by_session.iter().filter(|(_, process)| process.is_idle());
            let longest = idle.min_by_key(|(_, process)| process.idle_since()).map(|(session, _)| session.clone());
            let process = match longest {
                Some(session) => live.by_session.remove(&session),
                None => live.spare.take(),
            };
            self.inner.ending.fetch_add(usize::from(process.is_some()), Ordering::Relaxed);
            process
        };
        if let Some(process) = longest {
            let inner = Arc::clone(&self.inner);
            tokio::spawn(async move {
                process.gone().await;
                inner.ending.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.inner.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts who waits, also if the waiting is given up.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Ends processes that have had nothing to do for too long, until the engine is gone.
async fn end_idle(inner: std::sync::Weak<Inner>) {
    loop {
        let Some(every) = inner.upgrade().map(|inner| inner.config.idle / LOOKS) else { return };
        tokio::time::sleep(every.max(Duration::from_millis(10))).await;
        let Some(inner) = inner.upgrade() else { return };
        let idle: Vec<_> = {
            let mut live = inner.live.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let old = |process: &Process| {
                process.is_idle() && now.saturating_duration_since(process.idle_since()) > inner.config.idle
            };
            // Nobody starts these now.
            live.starting.retain(|_, turn| Arc::strong_count(turn) > 1);
            live.by_session.extract_if(|_, process| old(process)).map(|(_, process)| process).collect()
        };
        for process in idle {
            process.end();
        }
    }
}
