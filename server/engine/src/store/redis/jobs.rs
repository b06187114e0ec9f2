//! Jobs in Redis: each a hash; its files and results by number; a customer's jobs and those that are started by age.

use super::{Redis, SLACK, corrupt, script};
use crate::store::StoreError;
use crate::store::jobs::{Added, Change, Claim, Job, JobFile, JobRoom, JobState, Put};
use redis::Script;
use std::collections::HashMap;
use std::sync::LazyLock;

const STARTED: &str = "weir:jobs-started";

/// The names of a job's parts: the job, its files, its results, its customer's jobs, all that are started.
fn names(tenant: &str, job: &str) -> [String; 5] {
    [
        format!("weir:job:{tenant}:{job}"),
        format!("weir:job-files:{job}"),
        format!("weir:job-results:{job}"),
        format!("weir:jobs:{tenant}"),
        STARTED.to_owned(),
    ]
}

/// Common to all scripts of a job: whether it is there, a number of it, whether a claim is its newest.
const JOB: &str = "
local function number(field) return tonumber(redis.call('HGET', KEYS[1], field) or 0) end
local function state() if number('expires') > now then return redis.call('HGET', KEYS[1], 'state') end end
local function claimed(fence) return state() == 'started' and number('fence') == tonumber(fence) and number('claimed_until') > now end
local function finish(state, reason)
  redis.call('HSET', KEYS[1], 'state', state, 'reason', reason)
  redis.call('DEL', KEYS[2])
end
local function remember(key)
  local left = redis.call('PTTL', KEYS[1])
  if left > 0 then redis.call('PEXPIRE', key, left) end
end
";

/// `id, most, life, slack, tenant, details`: the time, or 0 if there are too many. `KEYS[4]` is the list of the customer's.
static CREATE: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local open = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
  local job = 'weir:job:' .. ARGV[6] .. ':' .. id
  local expires = tonumber(redis.call('HGET', job, 'expires') or 0)
  if expires <= now then
    redis.call('ZREM', KEYS[4], id)
  elseif id == ARGV[2] then
    return redis.call('HGET', job, 'created')
  else
    local state = redis.call('HGET', job, 'state')
    if state == 'receiving' or state == 'started' then open = open + 1 end
  end
end
if open >= tonumber(ARGV[3]) then return '0' end
redis.call('HSET', KEYS[1], 'state', 'receiving', 'reason', '', 'details', ARGV[7], 'files', 0, 'bytes', 0, 'finished', 0,
  'created', int(now), 'expires', int(now + tonumber(ARGV[4])), 'fence', 0, 'claimed_until', 0, 'node', '')
local life = int(tonumber(ARGV[4]) + tonumber(ARGV[5]))
redis.call('PEXPIRE', KEYS[1], life)
redis.call('ZADD', KEYS[4], int(now), ARGV[2])
if redis.call('PTTL', KEYS[4]) < tonumber(life) then redis.call('PEXPIRE', KEYS[4], life) end
return int(now)",
    )
});

/// `index, size, most files, most bytes, file`
static ADD: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{JOB}
if state() ~= 'receiving' then return 'closed' end
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 'already' end
if number('files') >= tonumber(ARGV[4]) or number('bytes') + tonumber(ARGV[3]) > tonumber(ARGV[5]) then return 'full' end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[6])
redis.call('HINCRBY', KEYS[1], 'files', 1)
redis.call('HINCRBY', KEYS[1], 'bytes', ARGV[3])
remember(KEYS[2])
return 'stored'"
    ))
});

/// `what, member`
static CHANGE: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{JOB}
local is = state()
if ARGV[2] == 'start' and is == 'receiving' then
  if number('files') == 0 then
    finish('done', '')
  else
    redis.call('HSET', KEYS[1], 'state', 'started')
    redis.call('ZADD', KEYS[5], number('created'), ARGV[3])
  end
elseif ARGV[2] == 'cancel' and (is == 'receiving' or is == 'started') then
  finish('cancelled', '')
  redis.call('ZREM', KEYS[5], ARGV[3])
end
return 1"
    ))
});

/// `node, life, ids...`: the oldest of these that is free, as `tenant/job`, and the fence. `KEYS[1]` are those that are started.
static CLAIM: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local wanted = {}
for at = 4, #ARGV do wanted[ARGV[at]] = true end
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local tenant, id = string.match(member, '^(.*)/(.*)$')
  local job = 'weir:job:' .. tenant .. ':' .. id
  local expires = tonumber(redis.call('HGET', job, 'expires') or 0)
  if expires <= now or redis.call('HGET', job, 'state') ~= 'started' then
    redis.call('ZREM', KEYS[1], member)
  elseif wanted[id] and tonumber(redis.call('HGET', job, 'claimed_until')) <= now then
    local fence = redis.call('HINCRBY', job, 'fence', 1)
    redis.call('HSET', job, 'claimed_until', int(now + tonumber(ARGV[3])), 'node', ARGV[2])
    return {member, fence}
  end
end
return false",
    )
});

/// `fence, life`
static RENEW: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{JOB}
if not claimed(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'claimed_until', int(now + tonumber(ARGV[3])))
return 1"
    ))
});

/// `fence, index, result`
static PUT: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{JOB}
if not claimed(ARGV[2]) then return 'lost' end
if redis.call('HSETNX', KEYS[3], ARGV[3], ARGV[4]) == 0 then return 'already' end
redis.call('HDEL', KEYS[2], ARGV[3])
redis.call('HINCRBY', KEYS[1], 'finished', 1)
remember(KEYS[3])
return 'stored'"
    ))
});

/// `fence, state, reason, member`
static FINISH: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{JOB}
if not claimed(ARGV[2]) then return 0 end
finish(ARGV[3], ARGV[4])
redis.call('ZREM', KEYS[5], ARGV[5])
return 1"
    ))
});

/// A job as it is kept.
fn read(tenant: &str, id: &str, fields: &HashMap<String, Vec<u8>>) -> Result<Job, StoreError> {
    let text = |name: &str| {
        let bytes = fields.get(name).cloned().ok_or_else(corrupt)?;
        String::from_utf8(bytes).map_err(|_| corrupt())
    };
    let number = |name: &str| text(name)?.parse::<u64>().map_err(|_| corrupt());
    let small = |name: &str| number(name)?.try_into().map_err(|_| corrupt());
    Ok(Job {
        id: id.to_owned(),
        tenant: tenant.to_owned(),
        details: fields.get("details").cloned().ok_or_else(corrupt)?,
        state: match text("state")?.as_str() {
            "receiving" => JobState::Receiving,
            "started" => JobState::Started,
            "done" => JobState::Done,
            "failed" => JobState::Failed(text("reason")?),
            "cancelled" => JobState::Cancelled,
            _ => return Err(corrupt()),
        },
        files: small("files")?,
        bytes: number("bytes")?,
        finished: small("finished")?,
        created: number("created")?,
        expires: number("expires")?,
        fence: number("fence")?,
        claimed_until: number("claimed_until")?,
        node: text("node")?,
    })
}

impl Redis {
    pub(in crate::store) async fn create_job(&self, job: Job, most: u32) -> Result<Option<Job>, StoreError> {
        let life = job.expires.saturating_sub(job.created);
        let arguments = (&job.id, most, life, SLACK, &job.tenant, &job.details);
        let created: u64 = self.run_job(&CREATE, &job.tenant, &job.id, arguments).await?;
        Ok((created != 0).then(|| Job { created, expires: created.saturating_add(life), ..job }))
    }

    pub(in crate::store) async fn add_job_file(
        &self,
        tenant: &str,
        job: &str,
        index: u32,
        file: &JobFile,
        room: JobRoom,
    ) -> Result<Added, StoreError> {
        let bytes = postcard::to_stdvec(file).map_err(|_| corrupt())?;
        let arguments = (index, file.bytes.len(), room.files, room.bytes, bytes);
        let added: String = self.run_job(&ADD, tenant, job, arguments).await?;
        Ok(match added.as_str() {
            "stored" => Added::Stored,
            "already" => Added::Already,
            "full" => Added::Full,
            _ => Added::Closed,
        })
    }

    pub(in crate::store) async fn change_job(
        &self,
        tenant: &str,
        job: &str,
        change: Change,
    ) -> Result<Option<Job>, StoreError> {
        let what = match change {
            Change::Start => "start",
            Change::Cancel => "cancel",
        };
        let _: u8 = self.run_job(&CHANGE, tenant, job, (what, member(tenant, job))).await?;
        self.job(tenant, job).await
    }

    pub(in crate::store) async fn job(&self, tenant: &str, job: &str) -> Result<Option<Job>, StoreError> {
        let fields: HashMap<String, Vec<u8>> = self.command(redis::cmd("HGETALL").arg(&names(tenant, job)[0])).await?;
        if fields.is_empty() {
            return Ok(None);
        }
        let (job, now) = (read(tenant, job, &fields)?, self.now().await?);
        Ok((job.expires > now).then_some(job))
    }

    pub(in crate::store) async fn jobs(&self, tenant: &str) -> Result<Vec<Job>, StoreError> {
        let ids: Vec<String> = self.command(redis::cmd("ZRANGE").arg(&names(tenant, "")[3]).arg(0).arg(-1)).await?;
        let mut jobs = Vec::new();
        for id in ids {
            jobs.extend(self.job(tenant, &id).await?);
        }
        Ok(jobs)
    }

    pub(in crate::store) async fn job_parts(
        &self,
        tenant: &str,
        job: &str,
        from: u32,
        most: usize,
    ) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        if self.job(tenant, job).await?.is_none() {
            return Ok(Vec::new());
        }
        let name = &names(tenant, job)[2];
        let mut indexes: Vec<u32> = self.command(redis::cmd("HKEYS").arg(name)).await?;
        indexes.retain(|index| *index >= from);
        indexes.sort_unstable();
        let mut parts = Vec::new();
        for index in indexes.into_iter().take(most) {
            let part: Option<Vec<u8>> = self.command(redis::cmd("HGET").arg(name).arg(index)).await?;
            parts.extend(part.map(|part| (index, part)));
        }
        Ok(parts)
    }

    pub(in crate::store) async fn claim_job(
        &self,
        node: &str,
        of: &[String],
        life: u64,
    ) -> Result<Option<Claim>, StoreError> {
        let claimed: Option<(String, u64)> = self.run(&CLAIM, &[STARTED], (node, life, of)).await?;
        let Some((member, fence)) = claimed else { return Ok(None) };
        let (tenant, job) = member.rsplit_once('/').ok_or_else(corrupt)?;
        Ok(Some(Claim { tenant: tenant.to_owned(), job: job.to_owned(), fence }))
    }

    pub(in crate::store) async fn renew_claim(&self, claim: &Claim, life: u64) -> Result<bool, StoreError> {
        let renewed: u8 = self.run_job(&RENEW, &claim.tenant, &claim.job, (claim.fence, life)).await?;
        Ok(renewed == 1)
    }

    pub(in crate::store) async fn unfinished(&self, claim: &Claim) -> Result<Vec<u32>, StoreError> {
        let mut indexes: Vec<u32> = self.command(redis::cmd("HKEYS").arg(&names(&claim.tenant, &claim.job)[1])).await?;
        indexes.sort_unstable();
        Ok(indexes)
    }

    pub(in crate::store) async fn job_file(&self, claim: &Claim, index: u32) -> Result<Option<JobFile>, StoreError> {
        let name = &names(&claim.tenant, &claim.job)[1];
        let file: Option<Vec<u8>> = self.command(redis::cmd("HGET").arg(name).arg(index)).await?;
        file.map(|bytes| postcard::from_bytes(&bytes).map_err(|_| corrupt())).transpose()
    }

    pub(in crate::store) async fn put_part(&self, claim: &Claim, index: u32, part: &[u8]) -> Result<Put, StoreError> {
        let put: String = self.run_job(&PUT, &claim.tenant, &claim.job, (claim.fence, index, part)).await?;
        Ok(match put.as_str() {
            "stored" => Put::Stored,
            "already" => Put::Already,
            _ => Put::Lost,
        })
    }

    pub(in crate::store) async fn finish_job(&self, claim: &Claim, state: JobState) -> Result<bool, StoreError> {
        let (state, reason) = match state {
            JobState::Failed(reason) => ("failed", reason),
            _ => ("done", String::new()),
        };
        let arguments = (claim.fence, state, reason, member(&claim.tenant, &claim.job));
        let finished: u8 = self.run_job(&FINISH, &claim.tenant, &claim.job, arguments).await?;
        Ok(finished == 1)
    }

    async fn run_job<T: redis::FromRedisValue>(
        &self,
        script: &Script,
        tenant: &str,
        job: &str,
        arguments: impl redis::ToRedisArgs,
    ) -> Result<T, StoreError> {
        let names = names(tenant, job);
        self.run(script, &names.each_ref().map(String::as_str), arguments).await
    }
}

fn member(tenant: &str, job: &str) -> String {
    format!("{tenant}/{job}")
}
