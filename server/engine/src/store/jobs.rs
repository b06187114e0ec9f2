//! Batch jobs: files of a repository that nodes analyse one after another, each once.
//!
//! A customer makes a job, adds its files (ciphertext), and starts it. A node claims it for a while and renews the claim; a
//! claim has a *fence*, and what a node with an older one puts is refused. Each file's result is kept once and the file
//! removed with it, so a job that another node takes over goes on where the last one was.

use super::{Backend, Store, StoreError, StoreErrorKind, on};
use crate::clock::milliseconds;
use crate::{hex, random};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A batch job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its name: 192 random bits.
    pub id: String,
    /// The customer's id.
    pub tenant: String,
    /// What its maker wants to remember of it.
    #[serde(with = "serde_bytes")]
    pub details: Vec<u8>,
    /// Where it stands.
    pub state: JobState,
    /// Files added.
    pub files: u32,
    /// Their bytes.
    pub bytes: u64,
    /// Files whose results are there.
    pub finished: u32,
    /// When it was made, in milliseconds since 1970.
    pub created: u64,
    /// When it is forgotten.
    pub expires: u64,
    /// Claims so far; the last one is the fence of the node that has it.
    pub fence: u64,
    /// Until when it is claimed.
    pub claimed_until: u64,
    /// Who has it, or had it last.
    pub node: String,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobState {
    /// Files are added.
    Receiving,
    /// It waits for a node, or a node is at it.
    Started,
    /// All results are there.
    Done,
    /// It was given up; why, in words that may be shown.
    Failed(String),
    /// Its customer no longer wants it.
    Cancelled,
}

/// A job to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// The customer's id.
    pub tenant: String,
    /// See [`Job::details`].
    pub details: Vec<u8>,
    /// How long it is remembered.
    pub life: Duration,
    /// How many jobs the customer may have that have not ended, this one included.
    pub most: u32,
}

/// A file of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFile {
    /// What is known of it; nothing that must be secret.
    #[serde(with = "serde_bytes")]
    pub details: Vec<u8>,
    /// Ciphertext.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// How much may be added to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobRoom {
    /// Files.
    pub files: u32,
    /// Bytes of all files.
    pub bytes: u64,
}

/// Whether a file was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It was.
    Stored,
    /// There is one with this number already, which stays.
    Already,
    /// The job is full.
    Full,
    /// There is no such job, or it takes no more files.
    Closed,
}

/// A node's right to work on a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The customer's id.
    pub tenant: String,
    /// The job's.
    pub job: String,
    /// Of all claims of the job, the newest has the largest.
    pub fence: u64,
}

/// Whether a result was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It was.
    Stored,
    /// There is one already, which stays.
    Already,
    /// The claim is no longer the job's, or the job has ended.
    Lost,
}

/// What a customer asks of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Start,
    Cancel,
}

/// Longest details of a job or file, in bytes.
pub const JOB_DETAILS_BYTES: usize = 64 * 1024;
/// Longest result of a file, in bytes: ten thousand findings with their sealed snippets.
pub const JOB_PART_BYTES: usize = 16 * 1024 * 1024;
/// Longest ciphertext of a file: what the contract allows, with a little for its frame, and room for a higher setting.
pub const JOB_FILE_BYTES: usize = 64 * 1024 * 1024;

impl Job {
    pub(super) fn new(new: NewJob, now: u64) -> Result<Self, StoreError> {
        if new.details.len() > JOB_DETAILS_BYTES {
            return Err(StoreError::new(StoreErrorKind::TooLarge, "making a job"));
        }
        Ok(Self {
            id: random::id::<24>()?,
            tenant: new.tenant,
            details: new.details,
            state: JobState::Receiving,
            files: 0,
            bytes: 0,
            finished: 0,
            created: now,
            expires: now.saturating_add(milliseconds(new.life)),
            fence: 0,
            claimed_until: 0,
            node: String::new(),
        })
    }

    /// Whether nothing will change any more.
    pub fn has_ended(&self) -> bool {
        !matches!(self.state, JobState::Receiving | JobState::Started)
    }

    /// Whether a node may claim it.
    pub(super) fn is_free(&self, now: u64) -> bool {
        self.state == JobState::Started && self.claimed_until <= now && self.expires > now
    }

    /// Whether the claim is the newest, and not over.
    pub(super) fn is_claimed_by(&self, claim: &Claim, now: u64) -> bool {
        self.state == JobState::Started && self.fence == claim.fence && self.claimed_until > now
    }

    /// Where it stands after its customer asked for this, if that is not where it stands now.
    pub(super) fn after(&self, change: Change) -> Option<JobState> {
        match change {
            Change::Start if self.state == JobState::Receiving && self.files == 0 => Some(JobState::Done),
            Change::Start if self.state == JobState::Receiving => Some(JobState::Started),
            Change::Cancel if !self.has_ended() => Some(JobState::Cancelled),
            Change::Start | Change::Cancel => None,
        }
    }

    /// Gives it to a node.
    pub(super) fn claim(&mut self, node: &str, life: u64, now: u64) -> Claim {
        self.fence += 1;
        self.claimed_until = now.saturating_add(life);
        node.clone_into(&mut self.node);
        Claim { tenant: self.tenant.clone(), job: self.id.clone(), fence: self.fence }
    }
}

/// A job's id as customers send it, if it is one.
fn job_id(text: &str) -> Option<String> {
    hex::decode::<24>(text).map(|_| text.to_owned())
}

impl Store {
    /// Makes a job, unless the customer has as many as it may: `None`.
    pub async fn create_job(&self, new: NewJob) -> Result<Option<Job>, StoreError> {
        let (most, now) = (new.most, self.now());
        let job = Job::new(new, now)?;
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.create_job(job, most, now)).await,
            Backend::Redis(redis) => redis.create_job(job, most).await,
        }
    }

    /// Adds the file of this number to a job that was not started.
    pub async fn add_job_file(
        &self,
        tenant: &str,
        job: &str,
        index: u32,
        file: JobFile,
        room: JobRoom,
    ) -> Result<Added, StoreError> {
        if file.details.len() > JOB_DETAILS_BYTES || file.bytes.len() > JOB_FILE_BYTES {
            return Err(StoreError::new(StoreErrorKind::TooLarge, "adding a file to a job"));
        }
        let Some(job) = job_id(job) else { return Ok(Added::Closed) };
        let (tenant, now) = (tenant.to_owned(), self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => {
                on(embedded, move |embedded| embedded.add_job_file(&tenant, &job, index, &file, room, now)).await
            }
            Backend::Redis(redis) => redis.add_job_file(&tenant, &job, index, &file, room).await,
        }
    }

    /// Lets nodes claim a job; it takes no more files. The job as it is then; `None` if there is no such job.
    pub async fn start_job(&self, tenant: &str, job: &str) -> Result<Option<Job>, StoreError> {
        self.change_job(tenant, job, Change::Start).await
    }

    /// Ends a job that has not ended; its files are removed, results stay. The job as it is then.
    pub async fn cancel_job(&self, tenant: &str, job: &str) -> Result<Option<Job>, StoreError> {
        self.change_job(tenant, job, Change::Cancel).await
    }

    /// A customer's job.
    pub async fn job(&self, tenant: &str, job: &str) -> Result<Option<Job>, StoreError> {
        let Some(job) = job_id(job) else { return Ok(None) };
        let (tenant, now) = (tenant.to_owned(), self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.job(&tenant, &job, now)).await,
            Backend::Redis(redis) => redis.job(&tenant, &job).await,
        }
    }

    /// A customer's jobs, oldest first.
    pub async fn jobs(&self, tenant: &str) -> Result<Vec<Job>, StoreError> {
        let (tenant, now) = (tenant.to_owned(), self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.jobs(&tenant, now)).await,
            Backend::Redis(redis) => redis.jobs(&tenant).await,
        }
    }

    /// Results of a job's files from this number on, in order, at most so many.
    pub async fn job_parts(
        &self,
        tenant: &str,
        job: &str,
        from: u32,
        most: usize,
    ) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let Some(job) = job_id(job) else { return Ok(Vec::new()) };
        let (tenant, now) = (tenant.to_owned(), self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => {
                on(embedded, move |embedded| embedded.job_parts(&tenant, &job, from, most, now)).await
            }
            Backend::Redis(redis) => redis.job_parts(&tenant, &job, from, most).await,
        }
    }

    /// Claims that of these jobs that has waited longest, for so long.
    pub async fn claim_job(&self, node: &str, of: &[String], life: Duration) -> Result<Option<Claim>, StoreError> {
        let (node, life, now) = (node.to_owned(), milliseconds(life), self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => {
                let of = of.to_vec();
                on(embedded, move |embedded| embedded.claim_job(&node, &of, life, now)).await
            }
            Backend::Redis(redis) => redis.claim_job(&node, of, life).await,
        }
    }

    /// Keeps a claim for so long from now; with no time at all it is given back. `false`: it was lost.
    pub async fn renew_claim(&self, claim: &Claim, life: Duration) -> Result<bool, StoreError> {
        let (claim, life, now) = (claim.clone(), milliseconds(life), self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.renew_claim(&claim, life, now)).await,
            Backend::Redis(redis) => redis.renew_claim(&claim, life).await,
        }
    }

    /// Numbers of the files of a claimed job that have no result, in order.
    pub async fn unfinished(&self, claim: &Claim) -> Result<Vec<u32>, StoreError> {
        let claim = claim.clone();
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.unfinished(&claim)).await,
            Backend::Redis(redis) => redis.unfinished(&claim).await,
        }
    }

    /// A file of a claimed job, unless it has a result.
    pub async fn job_file(&self, claim: &Claim, index: u32) -> Result<Option<JobFile>, StoreError> {
        let claim = claim.clone();
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.job_file(&claim, index)).await,
            Backend::Redis(redis) => redis.job_file(&claim, index).await,
        }
    }

    /// Keeps the result of a file of a claimed job, and removes the file.
    pub async fn put_part(&self, claim: &Claim, index: u32, part: Vec<u8>) -> Result<Put, StoreError> {
        if part.len() > JOB_PART_BYTES {
            return Err(StoreError::new(StoreErrorKind::TooLarge, "keeping a result"));
        }
        let (claim, now) = (claim.clone(), self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => {
                on(embedded, move |embedded| embedded.put_part(&claim, index, part, now)).await
            }
            Backend::Redis(redis) => redis.put_part(&claim, index, &part).await,
        }
    }

    /// Ends a claimed job, as done or as failed. `false`: the claim was lost, or it has been ended.
    pub async fn finish_job(&self, claim: &Claim, failed: Option<&str>) -> Result<bool, StoreError> {
        let state = failed.map_or(JobState::Done, |reason| JobState::Failed(reason.to_owned()));
        let (claim, now) = (claim.clone(), self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => on(embedded, move |embedded| embedded.finish_job(&claim, state, now)).await,
            Backend::Redis(redis) => redis.finish_job(&claim, state).await,
        }
    }

    async fn change_job(&self, tenant: &str, job: &str, change: Change) -> Result<Option<Job>, StoreError> {
        let Some(job) = job_id(job) else { return Ok(None) };
        let (tenant, now) = (tenant.to_owned(), self.now());
        match &self.inner.backend {
            Backend::Embedded(embedded) => {
                on(embedded, move |embedded| embedded.change_job(&tenant, &job, change, now)).await
            }
            Backend::Redis(redis) => redis.change_job(&tenant, &job, change).await,
        }
    }
}
