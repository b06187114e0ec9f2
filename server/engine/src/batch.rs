//! Batch jobs at work: claimed from the store, analysed file by file in a process of their own, answered into the store.
//!
//! A job's files wait as ciphertext. Its key is in this process's memory while it is at work, and otherwise wrapped under the
//! customer's API key: after a restart, a job goes on when its customer asks for it, because only then it can.

use crate::contract::{BatchResult, FileAnalysisResult};
use crate::findings;
use crate::http::Engine;
use crate::intake::{Named, Sealed};
use crate::results::Judging;
use crate::store::{Claim, JobFile, SessionId, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use weir_model::{Format, JudgeOptions};
use weir_seal::SessionKey;

/// What is kept with a job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct JobDetails {
    /// Its key under the customer's API key, with [`Self::session`] in it.
    pub(crate) wrapped_key: Vec<u8>,
    /// For the analysis process, and to wrap the key.
    pub(crate) session: SessionId,
    /// What is wanted of its files.
    pub(crate) options: JudgeOptions,
    /// Larger files are not looked at.
    pub(crate) max_bytes: Option<u64>,
    /// Whose rules.
    pub(crate) team: String,
}

/// What is kept with a file of a job, beside its ciphertext.
#[derive(Debug, Serialize, Deserialize)]
struct FileDetails {
    path: String,
    format: Option<Format>,
    size: u64,
    /// `None`: it is larger than the job wants to have looked at.
    sealing: Option<(Vec<u8>, [u8; 16], [u8; 32])>,
}

/// The keys of jobs that can be worked on.
#[derive(Default)]
pub(crate) struct JobKeys {
    keys: Mutex<HashMap<String, SessionKey>>,
    more: Notify,
}

/// How long a node has a job before another may take it: it renews in time as long as it lives.
const CLAIM: Duration = Duration::from_secs(30);

/// A job whose key nobody has shown since the engine was started is looked at again after this time.
const KEYLESS: Duration = Duration::from_secs(2);

/// Without being told of a new job, one is looked for: another node may have died.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Jobs at work at once in one engine: each has an analysis process.
const AT_ONCE: usize = 4;

impl JobKeys {
    /// Notes the key of a job that its customer has shown.
    pub(crate) fn learn(&self, job: &str, key: SessionKey) {
        self.lock().insert(job.to_owned(), key);
        self.more.notify_waiters();
    }

    /// Whether the key of a job is known.
    pub(crate) fn knows(&self, job: &str) -> bool {
        self.lock().contains_key(job)
    }

    /// Forgets the key of a job that has ended.
    pub(crate) fn forget(&self, job: &str) {
        self.lock().remove(job);
    }

    /// Says that there may be something to do.
    pub(crate) fn wake(&self) {
        self.more.notify_waiters();
    }

    fn of(&self, job: &str) -> Option<SessionKey> {
        self.lock().get(job).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, SessionKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Packs a file for the store.
pub(crate) fn pack(named: &Named, sealed: Option<Sealed>) -> JobFile {
    let (sealing, bytes) = match sealed {
        Some(Sealed { iv, tag, hash, ciphertext, .. }) => (Some((iv, tag, hash)), ciphertext),
        None => (None, Vec::new()),
    };
    let details = FileDetails { path: named.path.clone(), format: named.format, size: named.size, sealing };
    JobFile { details: postcard::to_allocvec(&details).unwrap_or_default(), bytes }
}

fn unpack(file: JobFile) -> Option<(Named, Option<Sealed>)> {
    let FileDetails { path, format, size, sealing } = postcard::from_bytes(&file.details).ok()?;
    let sealed = sealing.map(|(iv, tag, hash)| {
        let short = Arc::from(path.strip_prefix("./").unwrap_or(&path));
        Sealed { path: short, format, iv, tag, size, hash, ciphertext: file.bytes }
    });
    Some((Named { path, format, size }, sealed))
}

/// Works on jobs until the engine ends.
pub(crate) async fn run(engine: Arc<Engine>) {
    let runners = (0..AT_ONCE).map(|number| {
        let engine = Arc::clone(&engine);
        // Nodes are told apart by their claims' fences; the name is for people.
        tokio::spawn(async move { run_one(&engine, &format!("runner-{number}")).await })
    });
    let runners: Vec<_> = runners.collect();
    for runner in runners {
        // A panic would be one of ours; the other runners go on.
        let _ = runner.await;
    }
}

async fn run_one(engine: &Arc<Engine>, node: &str) {
    while !engine.draining.load(Ordering::Relaxed) {
        // Made before it is looked, so that nothing told in between is missed. What other nodes have, and that a store works
        // again, nobody tells: for that it is looked again.
        let more = tokio::time::timeout(LOOK_EVERY, engine.jobs.more.notified());
        match engine.store.claim_job(node, KEYLESS).await {
            // Of a job without a key the claim runs out; until then others get their turn.
            Ok(Some(claim)) => {
                if let Some(key) = engine.jobs.of(&claim.job)
                    && let Err(error) = work(engine, &claim, &key).await
                {
                    tracing::error!("{error}");
                }
            }
            Ok(None) => {
                let _ = more.await;
            }
            Err(error) => {
                tracing::error!("{error}");
                let _ = more.await;
            }
        }
    }
}

/// Works on one job as long as it is ours.
async fn work(engine: &Arc<Engine>, claim: &Claim, key: &SessionKey) -> Result<(), StoreError> {
    let Some(job) = engine.store.job(&claim.tenant, &claim.job).await? else { return Ok(()) };
    let Some(tenant) = engine.store.tenants().get(&claim.tenant).await? else {
        engine.store.finish_job(claim, Some("the key it was made with is revoked")).await?;
        return Ok(());
    };
    let Ok(details) = postcard::from_bytes::<JobDetails>(&job.details) else {
        engine.store.finish_job(claim, Some("another version of the engine made this job")).await?;
        return Ok(());
    };
    let team = engine.store.tenants().team(&details.team).await?;
    let Ok(rules) = engine.rules.of(team.as_deref()).await else {
        engine.store.finish_job(claim, Some("the rules cannot be read")).await?;
        return Ok(());
    };
    let judging = Judging { tenant: &tenant, session: &details.session, rules: &rules, key };
    for index in engine.store.unfinished(claim).await? {
        if engine.draining.load(Ordering::Relaxed) {
            // Given back: another node, or this one after its restart, goes on.
            engine.store.renew_claim(claim, Duration::ZERO).await?;
            return Ok(());
        }
        if !engine.store.renew_claim(claim, CLAIM).await? {
            engine.workers.end(&details.session);
            return Ok(());
        }
        let Some(file) = engine.store.job_file(claim, index).await? else { continue };
        let Some((named, sealed)) = unpack(file) else { continue };
        let size = named.size;
        let outcome = match sealed {
            Some(sealed) => judging.judge(engine, &sealed, details.options).await,
            None => findings::Outcome::TooLarge,
        };
        let (result, _) = findings::result(named, outcome, &rules);
        findings::count(&result, size);
        engine.store.put_part(claim, index, encoded(index, result)).await?;
    }
    engine.store.finish_job(claim, None).await?;
    engine.workers.end(&details.session);
    engine.jobs.forget(&claim.job);
    Ok(())
}

/// A result as it is kept, and sent as it is kept.
fn encoded(index: u32, result: FileAnalysisResult) -> Vec<u8> {
    serde_json::to_vec(&BatchResult { index, result }).unwrap_or_default()
}
