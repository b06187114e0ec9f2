//! Batch jobs at work: claimed from the store, analysed file by file in a process of their own, answered into the store.
//!
//! A job's files wait as ciphertext. Its key is in this process's memory while it is at work, and otherwise wrapped under the
//! customer's API key: after a restart, and at another node, a job goes on when its customer asks for it, because only then it can.

use crate::contract::{BatchResult, FileAnalysisResult};
use crate::findings;
use crate::http::Engine;
use crate::intake::{Named, Sealed};
use crate::results::Judging;
use crate::store::{Claim, JOB_PART_BYTES, JobFile, SessionId, StoreError};
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

/// The keys of jobs that can be worked on: those that were opened here, and those for which somebody asked.
#[derive(Default)]
pub(crate) struct JobKeys {
    keys: Mutex<HashMap<String, Known>>,
    more: Notify,
}

/// A job's key, and whose it is.
#[derive(Clone)]
struct Known {
    tenant: String,
    key: SessionKey,
}

/// How long a node has a job before another may take it. It renews as long as it lives, so this is how long a job rests whose node
/// has died.
const CLAIM: Duration = Duration::from_secs(10);

/// So often: twice may be lost.
const RENEW_EVERY: Duration = Duration::from_secs(3);

/// Without being told of a new job, one is looked for: another node may have died.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Jobs at work at once in one engine: each has an analysis process.
const AT_ONCE: usize = 4;

impl JobKeys {
    /// Notes the key of a job that its customer has shown.
    pub(crate) fn learn(&self, tenant: &str, job: &str, key: SessionKey) {
        self.lock().insert(job.to_owned(), Known { tenant: tenant.to_owned(), key });
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
        self.lock().get(job).map(|known| known.key.clone())
    }

    fn jobs(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
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
        // Without its key a job is left to nodes that have it.
        let known = engine.jobs.jobs();
        if known.is_empty() {
            let _ = more.await;
            continue;
        }
        match engine.store.claim_job(node, &known, CLAIM).await {
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
            return gone(engine, claim, &details.session).await;
        }
        let Some(file) = engine.store.job_file(claim, index).await? else { continue };
        let Some((named, sealed)) = unpack(file) else { continue };
        let size = named.size;
        let outcome = match sealed {
            Some(sealed) => {
                let judged = judging.judge(engine, &sealed, details.options);
                match while_ours(engine, claim, judged).await? {
                    Some(outcome) => outcome,
                    None => return gone(engine, claim, &details.session).await,
                }
            }
            None => findings::Outcome::TooLarge,
        };
        let (result, _) = findings::result(named, outcome, &rules);
        findings::count(&result, size);
        engine.store.put_part(claim, index, encoded(index, result)).await?;
    }
    // Done is a job of which every file has a result.
    let is_whole = engine.store.job(&claim.tenant, &claim.job).await?.is_some_and(|job| job.finished == job.files);
    let finished = engine.store.finish_job(claim, (!is_whole).then_some("some of its files were lost")).await?;
    if !finished {
        return gone(engine, claim, &details.session).await;
    }
    engine.workers.end(&details.session);
    engine.jobs.forget(&claim.job);
    Ok(())
}

/// Does what may take longer than a claim lasts. `None`: the job is no longer ours.
async fn while_ours<T>(engine: &Engine, claim: &Claim, work: impl Future<Output = T>) -> Result<Option<T>, StoreError> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(Some(done)),
            () = tokio::time::sleep(RENEW_EVERY) => {
                if !engine.store.renew_claim(claim, CLAIM).await? {
                    return Ok(None);
                }
            }
        }
    }
}

/// A job is another node's, or nobody's any more.
async fn gone(engine: &Engine, claim: &Claim, session: &SessionId) -> Result<(), StoreError> {
    engine.workers.end(session);
    forget_if_ended(engine, &claim.tenant, &claim.job).await
}

/// Forgets the keys of jobs that ended at other nodes, or by themselves.
pub(crate) async fn forget_ended(engine: &Engine) -> Result<(), StoreError> {
    let known: Vec<_> = engine.jobs.lock().iter().map(|(job, known)| (known.tenant.clone(), job.clone())).collect();
    for (tenant, job) in known {
        forget_if_ended(engine, &tenant, &job).await?;
    }
    Ok(())
}

async fn forget_if_ended(engine: &Engine, tenant: &str, job: &str) -> Result<(), StoreError> {
    if engine.store.job(tenant, job).await?.is_none_or(|job| job.has_ended()) {
        engine.jobs.forget(job);
    }
    Ok(())
}

/// A result as it is kept, and sent as it is kept.
fn encoded(index: u32, result: FileAnalysisResult) -> Vec<u8> {
    let mut result = BatchResult { index, result };
    let kept = serde_json::to_vec(&result).unwrap_or_default();
    if kept.len() <= JOB_PART_BYTES {
        return kept;
    }
    // A file that asks for more than is kept ends with that, and not its job.
    findings::too_many(&mut result.result);
    serde_json::to_vec(&result).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::FileStatus;

    #[test]
    fn a_result_that_is_larger_than_is_kept_is_told_to_be() {
        let tree = format!("\"{}\"", "x".repeat(JOB_PART_BYTES));
        let result = FileAnalysisResult {
            path: "a.py".to_owned(),
            status: FileStatus::Success,
            error: None,
            language: "python".to_owned(),
            findings: Vec::new(),
            ast_stats: None,
            raw_ast: Some(serde_json::value::RawValue::from_string(tree).expect("JSON")),
            fallback: None,
            notes: Vec::new(),
        };
        let kept = encoded(7, result);
        assert!(kept.len() <= JOB_PART_BYTES);
        let told: serde_json::Value = serde_json::from_slice(&kept).expect("JSON");
        assert_eq!(
            (&told["index"], &told["status"], &told["error"]["type"]),
            (&7.into(), &"error".into(), &"INTERNAL_ERROR".into())
        );
    }
}
