//! Jobs in redb: the jobs by customer and id, their files and results by id and number.

use super::Embedded;
use super::db::{Rows, Tables};
use crate::store::StoreError;
use crate::store::jobs::{Added, Change, Claim, Job, JobFile, JobRoom, JobState, Put};
use redb::WriteTransaction;
use serde::{Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;

pub(super) const JOBS: Rows<Job> = Rows::new("jobs");
pub(super) const FILES: Rows<JobFile> = Rows::new("job files");
pub(super) const PARTS: Rows<ByteBuf> = Rows::new("job results");

fn of_tenant(tenant: &str) -> Vec<u8> {
    format!("{tenant}/").into_bytes()
}

fn key(tenant: &str, job: &str) -> Vec<u8> {
    format!("{tenant}/{job}").into_bytes()
}

/// Where the file of a number, or its result, is. Big-endian, so that numbers and keys have one order.
fn part_key(job: &str, index: u32) -> Vec<u8> {
    let mut key = format!("{job}/").into_bytes();
    key.extend_from_slice(&index.to_be_bytes());
    key
}

fn index_of(key: &[u8]) -> Option<u32> {
    key.last_chunk().copied().map(u32::from_be_bytes)
}

fn live(from: &impl Tables, tenant: &str, job: &str, now: u64) -> Result<Option<Job>, StoreError> {
    Ok(JOBS.get(from, &key(tenant, job))?.filter(|job| job.expires > now))
}

fn save(to: &WriteTransaction, job: &Job) -> Result<(), StoreError> {
    if job.has_ended() {
        // Nobody needs them any more, and nobody is to have them longer than that.
        remove_all(&FILES, to, &job.id)?;
    }
    JOBS.put(to, &key(&job.tenant, &job.id), job)
}

fn remove_all<T: Serialize + DeserializeOwned>(
    rows: &Rows<T>,
    from: &WriteTransaction,
    job: &str,
) -> Result<(), StoreError> {
    for key in rows.keys(from, &part_prefix(job), &[], usize::MAX)? {
        rows.remove(from, &key)?;
    }
    Ok(())
}

fn part_prefix(job: &str) -> Vec<u8> {
    format!("{job}/").into_bytes()
}

impl Embedded {
    pub(in crate::store) fn create_job(&self, job: Job, most: u32, now: u64) -> Result<Option<Job>, StoreError> {
        self.jobs.write(|transaction| {
            let others = JOBS.all(transaction, &of_tenant(&job.tenant))?;
            let open = others.iter().filter(|(_, other)| !other.has_ended() && other.expires > now).count();
            if open >= most as usize {
                return Ok(None);
            }
            save(transaction, &job)?;
            Ok(Some(job))
        })
    }

    pub(in crate::store) fn add_job_file(
        &self,
        tenant: &str,
        job: &str,
        index: u32,
        file: &JobFile,
        room: JobRoom,
        now: u64,
    ) -> Result<Added, StoreError> {
        self.jobs.write(|transaction| {
            let Some(mut job) = live(transaction, tenant, job, now)? else { return Ok(Added::Closed) };
            if job.state != JobState::Receiving {
                return Ok(Added::Closed);
            }
            let key = part_key(&job.id, index);
            if FILES.has(transaction, &key)? {
                return Ok(Added::Already);
            }
            let bytes = job.bytes + file.bytes.len() as u64;
            if job.files >= room.files || bytes > room.bytes {
                return Ok(Added::Full);
            }
            FILES.put(transaction, &key, file)?;
            job.files += 1;
            job.bytes = bytes;
            save(transaction, &job)?;
            Ok(Added::Stored)
        })
    }

    pub(in crate::store) fn change_job(
        &self,
        tenant: &str,
        job: &str,
        change: Change,
        now: u64,
    ) -> Result<Option<Job>, StoreError> {
        self.jobs.write(|transaction| {
            let Some(mut job) = live(transaction, tenant, job, now)? else { return Ok(None) };
            if let Some(state) = job.after(change) {
                job.state = state;
                save(transaction, &job)?;
            }
            Ok(Some(job))
        })
    }

    pub(in crate::store) fn job(&self, tenant: &str, job: &str, now: u64) -> Result<Option<Job>, StoreError> {
        self.jobs.read(|transaction| live(transaction, tenant, job, now))
    }

    pub(in crate::store) fn jobs(&self, tenant: &str, now: u64) -> Result<Vec<Job>, StoreError> {
        let all = self.jobs.read(|transaction| JOBS.all(transaction, &of_tenant(tenant)))?;
        let mut jobs: Vec<_> = all.into_iter().map(|(_, job)| job).filter(|job| job.expires > now).collect();
        jobs.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(jobs)
    }

    pub(in crate::store) fn job_parts(
        &self,
        tenant: &str,
        job: &str,
        from: u32,
        most: usize,
        now: u64,
    ) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        self.jobs.read(|transaction| {
            if live(transaction, tenant, job, now)?.is_none() {
                return Ok(Vec::new());
            }
            let mut parts = Vec::new();
            for key in PARTS.keys(transaction, &part_prefix(job), &part_key(job, from), most)? {
                let part = PARTS.get(transaction, &key)?;
                parts.extend(index_of(&key).zip(part.map(ByteBuf::into_vec)));
            }
            Ok(parts)
        })
    }

    pub(in crate::store) fn claim_job(
        &self,
        node: &str,
        of: &[String],
        life: u64,
        now: u64,
    ) -> Result<Option<Claim>, StoreError> {
        // Nodes ask often and mostly in vain: that must not cost a write.
        if self.jobs.read(|transaction| oldest_free(transaction, of, now))?.is_none() {
            return Ok(None);
        }
        self.jobs.write(|transaction| {
            let Some(mut job) = oldest_free(transaction, of, now)? else { return Ok(None) };
            let claim = job.claim(node, life, now);
            save(transaction, &job)?;
            Ok(Some(claim))
        })
    }

    pub(in crate::store) fn renew_claim(&self, claim: &Claim, life: u64, now: u64) -> Result<bool, StoreError> {
        self.jobs.write(|transaction| {
            let Some(mut job) = claimed(transaction, claim, now)? else { return Ok(false) };
            job.claimed_until = now.saturating_add(life);
            save(transaction, &job)?;
            Ok(true)
        })
    }

    pub(in crate::store) fn unfinished(&self, claim: &Claim) -> Result<Vec<u32>, StoreError> {
        self.jobs.read(|transaction| {
            let keys = FILES.keys(transaction, &part_prefix(&claim.job), &[], usize::MAX)?;
            Ok(keys.iter().filter_map(|key| index_of(key)).collect())
        })
    }

    pub(in crate::store) fn job_file(&self, claim: &Claim, index: u32) -> Result<Option<JobFile>, StoreError> {
        self.jobs.read(|transaction| FILES.get(transaction, &part_key(&claim.job, index)))
    }

    pub(in crate::store) fn put_part(
        &self,
        claim: &Claim,
        index: u32,
        part: Vec<u8>,
        now: u64,
    ) -> Result<Put, StoreError> {
        self.jobs.write(|transaction| {
            let Some(mut job) = claimed(transaction, claim, now)? else { return Ok(Put::Lost) };
            let key = part_key(&job.id, index);
            if PARTS.has(transaction, &key)? {
                return Ok(Put::Already);
            }
            PARTS.put(transaction, &key, &ByteBuf::from(part))?;
            FILES.remove(transaction, &key)?;
            job.finished += 1;
            save(transaction, &job)?;
            Ok(Put::Stored)
        })
    }

    pub(in crate::store) fn finish_job(&self, claim: &Claim, state: JobState, now: u64) -> Result<bool, StoreError> {
        self.jobs.write(|transaction| {
            let Some(mut job) = claimed(transaction, claim, now)? else { return Ok(false) };
            job.state = state;
            save(transaction, &job)?;
            Ok(true)
        })
    }

    pub(super) fn sweep_jobs(&self, now: u64) -> Result<u64, StoreError> {
        let expired: Vec<_> = self.jobs.read(|transaction| {
            let all = JOBS.all(transaction, b"")?;
            Ok(all.into_iter().filter(|(_, job)| job.expires <= now).collect())
        })?;
        for (key, job) in &expired {
            self.jobs.write(|transaction| {
                remove_all(&FILES, transaction, &job.id)?;
                remove_all(&PARTS, transaction, &job.id)?;
                JOBS.remove(transaction, key)
            })?;
        }
        Ok(expired.len() as u64)
    }
}

fn oldest_free(from: &impl Tables, of: &[String], now: u64) -> Result<Option<Job>, StoreError> {
    let all = JOBS.all(from, b"")?.into_iter().map(|(_, job)| job);
    let free = all.filter(|job| job.is_free(now) && of.contains(&job.id));
    Ok(free.min_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id))))
}

fn claimed(from: &WriteTransaction, claim: &Claim, now: u64) -> Result<Option<Job>, StoreError> {
    let job = live(from, &claim.tenant, &claim.job, now)?;
    Ok(job.filter(|job| job.is_claimed_by(claim, now)))
}
