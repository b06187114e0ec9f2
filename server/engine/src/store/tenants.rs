//! Customers and teams: in files beside the embedded store, which command lines change while the engine runs, or in Redis.

use super::files::{SharedFile, make_directory};
use super::keys::KeyRecord;
use super::redis::{News, Redis};
use super::teams::{Team, TeamChange, Teams};
use super::{Loss, StoreConfig, StoreError, StoreErrorKind, blocking};
use crate::clock::{Clock, milliseconds};
use crate::tenant::{ApiKey, NewTenant, Tenant};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked whether somebody else changed a team; with Redis, how often it is asked to tell, if it is away.
const WATCH_EVERY: Duration = Duration::from_millis(500);
/// With Redis it is looked as well, but seldom: a message may be lost with a connection that nobody knows to be lost.
const WATCH_ANYWAY: Duration = Duration::from_secs(15);
/// How exact a key's last use is: not every request may cost a write.
const USED_EXACTNESS: u64 = 60_000;

/// The customers and teams of an engine or cluster. Clones are the same.
#[derive(Clone)]
pub struct Tenants {
    inner: Arc<Inner>,
}

struct Inner {
    backing: Backing,
    clock: Clock,
    losses: Mutex<Vec<Loss>>,
    /// When keys were last used, as far as it is not written down.
    used: Mutex<HashMap<String, u64>>,
    watched: Mutex<Watched>,
}

/// Who is told of teams.
#[derive(Default)]
struct Watched {
    /// Whether somebody looks what others changed.
    looking: bool,
    by_name: HashMap<String, watch::Sender<Option<Arc<Team>>>>,
}

enum Backing {
    Files(Box<Files>),
    Redis(Arc<Redis>),
}

/// The embedded store's files of customers and teams.
struct Files {
    keys: SharedFile<Keys>,
    teams: SharedFile<Teams>,
    used: SharedFile<Used>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Keys {
    keys: BTreeMap<String, KeyRecord>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Used {
    used: BTreeMap<String, u64>,
}

impl Tenants {
    /// The customers and teams of an engine or cluster, whether it runs or not.
    pub async fn open(config: &StoreConfig, clock: Clock) -> Result<Self, StoreError> {
        if let Some(address) = &config.redis {
            return Ok(Self::in_redis(Arc::new(Redis::open(address, clock.clone()).await?), clock));
        }
        let directory = config.data.clone();
        let backing = blocking(move || {
            make_directory(&directory)?;
            Ok(Backing::Files(Box::new(Files {
                keys: SharedFile::new(&directory, "keys.json", "the keys"),
                teams: SharedFile::new(&directory, "teams.json", "the teams' rules and configuration"),
                used: SharedFile::new(&directory, "used.json", "the times of keys' last use"),
            })))
        })
        .await?;
        let tenants = Self::new(backing, clock);
        // What is damaged is found, and told, before anything is asked.
        tenants.list().await?;
        tenants.team("").await?;
        Ok(tenants)
    }

    pub(super) fn in_redis(redis: Arc<Redis>, clock: Clock) -> Self {
        Self::new(Backing::Redis(redis), clock)
    }

    fn new(backing: Backing, clock: Clock) -> Self {
        let inner =
            Inner { backing, clock, losses: Mutex::default(), used: Mutex::default(), watched: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// A new customer, and its key, which nobody can show again.
    pub async fn add(&self, new: NewTenant) -> Result<(ApiKey, Tenant), StoreError> {
        let now = self.now().await?;
        let (key, record) = KeyRecord::new(new, now)?;
        let tenant = record.tenant(None, now);
        match &self.inner.backing {
            Backing::Redis(redis) => redis.add_key(&record).await?,
            Backing::Files(_) => {
                self.files(move |files, losses| {
                    files.keys.update(losses, |keys| {
                        if keys.keys.values().any(|other| other.name == record.name) {
                            return Err(StoreError::new(StoreErrorKind::Exists, "adding a key"));
                        }
                        keys.keys.insert(record.id.clone(), record);
                        Ok(())
                    })
                })
                .await?;
            }
        }
        Ok((key, tenant))
    }

    /// Whose key this is. What is no key, or nobody's, or no longer valid, is `None`.
    pub async fn find(&self, shown: &str) -> Result<Option<Tenant>, StoreError> {
        let Ok(key) = shown.parse::<ApiKey>() else { return Ok(None) };
        let (id, now) = (key.id(), self.now().await?);
        let record = self.record(&id).await?;
        let Some(record) = record.filter(|record| record.admits(&key, now)) else { return Ok(None) };
        self.used().insert(id, now);
        Ok(Some(record.tenant(Some(now), now)))
    }

    /// The customer with this id, unless its keys were revoked.
    pub async fn get(&self, id: &str) -> Result<Option<Tenant>, StoreError> {
        let now = self.now().await?;
        let last = self.used().get(id).copied();
        Ok(self.record(id).await?.map(|record| record.tenant(last, now)))
    }

    async fn record(&self, id: &str) -> Result<Option<KeyRecord>, StoreError> {
        match &self.inner.backing {
            // No thread is asked: in nearly all cases this is one look at a file's metadata.
            Backing::Files(files) => Ok(files.keys.read(&mut self.lost())?.keys.get(id).cloned()),
            Backing::Redis(redis) => redis.key(id).await,
        }
    }

    /// All customers, by name.
    pub async fn list(&self) -> Result<Vec<Tenant>, StoreError> {
        let now = self.now().await?;
        let (records, used) = match &self.inner.backing {
            Backing::Files(_) => {
                let read =
                    |files: &Files, losses: &mut Vec<Loss>| Ok((files.keys.read(losses)?, files.used.read(losses)?));
                let (keys, used) = self.files(read).await?;
                (keys.keys.values().cloned().collect(), used.used.clone().into_iter().collect())
            }
            Backing::Redis(redis) => (redis.keys().await?, redis.used().await?),
        };
        let recent = self.used();
        let last = |id: &String| recent.get(id).or_else(|| used.get(id)).copied();
        let mut tenants: Vec<_> = records.iter().map(|record| record.tenant(last(&record.id), now)).collect();
        tenants.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(tenants)
    }

    /// Makes a customer's keys invalid for good, at once. `None` if there is no such customer.
    pub async fn revoke(&self, name_or_id: &str) -> Result<Option<Tenant>, StoreError> {
        let (wanted, now) = (name_or_id.to_owned(), self.now().await?);
        let record = match &self.inner.backing {
            Backing::Redis(redis) => redis.revoke_key(name_or_id).await?,
            Backing::Files(_) => {
                self.files(move |files, losses| {
                    files.keys.update(losses, |keys| {
                        let called = keys.keys.values().find(|record| record.is_called(&wanted));
                        let id = called.map(|record| record.id.clone());
                        Ok(id.and_then(|id| keys.keys.remove(&id)))
                    })
                })
                .await?
            }
        };
        Ok(record.map(|record| record.tenant(None, now)))
    }

    /// A new key for a customer; the old one stays valid for so long. `None` if there is no such customer.
    pub async fn rotate(&self, name_or_id: &str, grace: Duration) -> Result<Option<(ApiKey, Tenant)>, StoreError> {
        let (wanted, now) = (name_or_id.to_owned(), self.now().await?);
        let until = now.saturating_add(milliseconds(grace));
        let rotated = match &self.inner.backing {
            Backing::Redis(redis) => redis.rotate_key(name_or_id, until).await?,
            Backing::Files(_) => {
                self.files(move |files, losses| {
                    files.keys.update(losses, |keys| {
                        let Some(record) = keys.keys.values_mut().find(|record| record.is_called(&wanted)) else {
                            return Ok(None);
                        };
                        Ok(Some((record.rotate(until)?, record.clone())))
                    })
                })
                .await?
            }
        };
        Ok(rotated.map(|(key, record)| (key, record.tenant(None, now))))
    }

    /// What a team has of its own, if anything.
    pub async fn team(&self, name: &str) -> Result<Option<Arc<Team>>, StoreError> {
        match &self.inner.backing {
            Backing::Files(_) => {
                let teams = self.files(|files, losses| files.teams.read(losses)).await?;
                Ok(teams.teams.get(name).cloned())
            }
            Backing::Redis(redis) => redis.team(name).await,
        }
    }

    /// Changes a team; whoever watches it is told.
    pub async fn set_team(&self, name: &str, change: TeamChange) -> Result<Arc<Team>, StoreError> {
        let wanted = name.to_owned();
        let team = match &self.inner.backing {
            Backing::Redis(redis) => redis.set_team(name, change).await?,
            Backing::Files(_) => {
                self.files(move |files, losses| {
                    files.teams.update(losses, |teams| {
                        let before = teams.teams.get(&wanted).map(Arc::as_ref);
                        let team = Arc::new(change.of(&wanted, before, teams.version + 1)?);
                        teams.version += 1;
                        teams.teams.insert(wanted, Arc::clone(&team));
                        Ok(team)
                    })
                })
                .await?
            }
        };
        self.tell_watchers().await;
        Ok(team)
    }

    /// Leaves a team the built-in rules and no configuration. Says whether it had anything else.
    pub async fn clear_team(&self, name: &str) -> Result<bool, StoreError> {
        let wanted = name.to_owned();
        let had = match &self.inner.backing {
            Backing::Redis(redis) => redis.clear_team(name).await?,
            Backing::Files(_) => {
                self.files(move |files, losses| {
                    files.teams.update(losses, |teams| {
                        teams.version += 1;
                        Ok(teams.teams.remove(&wanted).is_some())
                    })
                })
                .await?
            }
        };
        self.tell_watchers().await;
        Ok(had)
    }

    /// What a team has of its own, now and whenever it changes, whoever changes it.
    pub async fn watch_team(&self, name: &str) -> Result<watch::Receiver<Option<Arc<Team>>>, StoreError> {
        let now = self.team(name).await?;
        let mut watched = self.watched();
        if !std::mem::replace(&mut watched.looking, true) {
            tokio::spawn(look_again(Arc::downgrade(&self.inner)));
        }
        let sender = watched.by_name.entry(name.to_owned()).or_insert_with(|| watch::Sender::new(now.clone()));
        Ok(sender.subscribe())
    }

    /// Writes down what is kept in memory for a while: when keys were last used.
    pub(super) async fn flush(&self) -> Result<(), StoreError> {
        let written: HashMap<String, u64> = match &self.inner.backing {
            Backing::Files(_) => {
                self.files(|files, losses| files.used.read(losses)).await?.used.clone().into_iter().collect()
            }
            Backing::Redis(redis) => redis.used().await?,
        };
        let known: Vec<_> = self.list().await?.into_iter().map(|tenant| tenant.id).collect();
        let recent: Vec<_> = {
            let mut used = self.used();
            used.retain(|id, _| known.contains(id));
            let old = |id: &String, at: u64| written.get(id).is_none_or(|known| known + USED_EXACTNESS <= at);
            used.iter().filter(|(id, at)| old(id, **at)).map(|(id, at)| (id.clone(), *at)).collect()
        };
        match &self.inner.backing {
            _ if recent.is_empty() => Ok(()),
            Backing::Redis(redis) => redis.set_used(&recent).await,
            Backing::Files(_) => {
                self.files(move |files, losses| {
                    files.used.update(losses, |used| {
                        used.used.extend(recent);
                        used.used.retain(|id, _| known.contains(id));
                        Ok(())
                    })
                })
                .await
            }
        }
    }

    /// What was found damaged so far.
    pub fn losses(&self) -> Vec<Loss> {
        self.lost().clone()
    }

    async fn now(&self) -> Result<u64, StoreError> {
        match &self.inner.backing {
            Backing::Files(_) => Ok(self.inner.clock.now()),
            Backing::Redis(redis) => redis.now().await,
        }
    }

    async fn tell_watchers(&self) {
        let names: Vec<_> = {
            let mut watched = self.watched();
            watched.by_name.retain(|_, sender| sender.receiver_count() > 0);
            watched.by_name.keys().cloned().collect()
        };
        for name in names {
            match self.team(&name).await {
                Ok(newest) => {
                    if let Some(sender) = self.watched().by_name.get(&name) {
                        sender.send_if_modified(|shown| shown_anew(shown, newest));
                    }
                }
                // It is looked at again in a moment, and whoever asks for a team is told what is wrong.
                Err(error) => tracing::warn!("{error}"),
            }
        }
    }

    /// Whether teams may have changed since they had this version; the version they have now.
    async fn changed_since(&self, seen: Option<u64>) -> (bool, Option<u64>) {
        let Backing::Redis(redis) = &self.inner.backing else { return (true, None) };
        match redis.teams_version().await {
            Ok(version) => (Some(version) != seen, Some(version)),
            // Also a Redis that lost everything is looked at as soon as it is back.
            Err(_) => (false, None),
        }
    }

    async fn files<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Files, &mut Vec<Loss>) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let Backing::Files(files) = &inner.backing else {
                return Err(StoreError::new(StoreErrorKind::Internal, "using the store"));
            };
            let mut losses = Vec::new();
            let done = work(files, &mut losses);
            inner.losses.lock().unwrap_or_else(PoisonError::into_inner).append(&mut losses);
            done
        })
        .await
    }

    fn watched(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.inner.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self) -> std::sync::MutexGuard<'_, Vec<Loss>> {
        self.inner.losses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn used(&self) -> std::sync::MutexGuard<'_, HashMap<String, u64>> {
        self.inner.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Replaces what is shown of a team, if that is another version.
fn shown_anew(shown: &mut Option<Arc<Team>>, newest: Option<Arc<Team>>) -> bool {
    let version = |team: &Option<Arc<Team>>| team.as_ref().map(|team| team.version);
    let changed = version(shown) != version(&newest);
    if changed {
        *shown = newest;
    }
    changed
}

/// Tells watchers what others changed, until nobody watches. One look at a file, or at one number in Redis, each time.
async fn look_again(inner: Weak<Inner>) {
    let (mut seen, mut news) = (None, None);
    loop {
        let redis = match inner.upgrade().as_deref() {
            Some(Inner { backing: Backing::Redis(redis), .. }) => Some(Arc::clone(redis)),
            Some(Inner { backing: Backing::Files(_), .. }) => None,
            None => return,
        };
        match redis {
            Some(redis) => wait_for_news(&redis, &mut news).await,
            None => tokio::time::sleep(WATCH_EVERY).await,
        }
        let Some(inner) = inner.upgrade() else { return };
        let tenants = Tenants { inner };
        let changed;
        (changed, seen) = tenants.changed_since(seen).await;
        if changed {
            tenants.tell_watchers().await;
        }
        let mut watched = tenants.watched();
        watched.by_name.retain(|_, sender| sender.receiver_count() > 0);
        if watched.by_name.is_empty() {
            watched.looking = false;
            return;
        }
    }
}

/// Waits until teams may have changed: somebody says so, or it was not heard for a while whether somebody did.
async fn wait_for_news(redis: &Redis, news: &mut Option<News>) {
    match news {
        Some(heard) => {
            if let Ok(false) = tokio::time::timeout(WATCH_ANYWAY, heard.next()).await {
                *news = None;
            }
        }
        // What changed until now was not heard, and is looked at.
        None => match redis.news_of_teams().await {
            Ok(heard) => *news = Some(heard),
            Err(_) => tokio::time::sleep(WATCH_EVERY).await,
        },
    }
}
