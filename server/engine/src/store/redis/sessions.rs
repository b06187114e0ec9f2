//! Sessions in Redis: for each customer the times at which they expire, which decide, and the sessions themselves; and who has any.

use super::{Redis, SLACK, corrupt, script};
use crate::store::{NewSession, Opened, Session, SessionId, StoreError};
use redis::Script;
use std::sync::LazyLock;
use std::time::Duration;

/// The customers who have sessions, or had some until lately. To look through all names in Redis instead would take the longer the more
/// results are kept there.
const TENANTS: &str = "weir:session-tenants";

/// Forgets what has expired; `KEYS[1]` are the times, `KEYS[2]` the sessions.
const FORGET: &str = "
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', int(now))) do
  redis.call('HDEL', KEYS[2], id)
  redis.call('ZREM', KEYS[1], id)
end
";

/// `id, lifetime, most, session, slack, tenant`: the time if it is open, or how long until another expires.
static OPEN: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{FORGET}
local open = redis.call('ZSCORE', KEYS[1], ARGV[2])
if open then return {{1, int(now)}} end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or now
  return {{0, int(first - now)}}
end
local expires = now + tonumber(ARGV[3])
redis.call('ZADD', KEYS[1], int(expires), ARGV[2])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[5])
local life = int(tonumber(ARGV[3]) + tonumber(ARGV[6]))
redis.call('SADD', KEYS[3], ARGV[7])
for _, key in ipairs({{KEYS[1], KEYS[2]}}) do
  if redis.call('PTTL', key) < tonumber(life) then redis.call('PEXPIRE', key, life) end
end
return {{1, int(now)}}"
    ))
});

/// `id`: now, when it expires, the session.
static GET: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local expires = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not expires or tonumber(expires) <= now then return false end
return {int(now), int(expires), redis.call('HGET', KEYS[2], ARGV[2])}",
    )
});

/// `id, lifetime, slack`: lives on for its lifetime, if it is still there.
static TOUCH: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local expires = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not expires or tonumber(expires) <= now then return 0 end
redis.call('ZADD', KEYS[1], 'XX', int(now + tonumber(ARGV[3])), ARGV[2])
local life = int(tonumber(ARGV[3]) + tonumber(ARGV[4]))
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) < tonumber(life) then redis.call('PEXPIRE', key, life) end
end
return 1",
    )
});

/// `id, session`: in the place of what is there.
static REPLACE: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local expires = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not expires or tonumber(expires) <= now then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1",
    )
});

/// `id`: whether it was open.
static END: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{FORGET}
redis.call('HDEL', KEYS[2], ARGV[2])
return redis.call('ZREM', KEYS[1], ARGV[2])"
    ))
});

/// `tenant`: expiry times and sessions, one after the other.
static LIST: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{FORGET}
local found = {{}}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  found[#found + 1] = {{int(redis.call('ZSCORE', KEYS[1], id)), redis.call('HGET', KEYS[2], id)}}
end
if #found == 0 then redis.call('SREM', KEYS[3], ARGV[2]) end
return found"
    ))
});

fn names(tenant: &str) -> [String; 2] {
    [format!("weir:session-ends:{tenant}"), format!("weir:sessions:{tenant}")]
}

fn read(expires: u64, session: &[u8]) -> Result<Session, StoreError> {
    let session: Session = postcard::from_bytes(session).map_err(|_| corrupt())?;
    Ok(Session { expires, ..session })
}

fn write(session: &Session) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(session).map_err(|_| corrupt())
}

impl Redis {
    pub(in crate::store) async fn open_session(&self, new: NewSession) -> Result<Opened, StoreError> {
        let most = new.most;
        let session = Session::open(new, self.now().await?)?;
        let names = names(&session.tenant);
        let bytes = write(&session)?;
        let arguments = (session.id.as_str(), session.lifetime, most, bytes, SLACK, &session.tenant);
        let (opened, number): (u8, u64) = self.run(&OPEN, &[&names[0], &names[1], TENANTS], arguments).await?;
        Ok(if opened == 1 {
            Opened::Session(Session { expires: number.saturating_add(session.lifetime), ..session })
        } else {
            Opened::TooMany { retry_after: Duration::from_millis(number) }
        })
    }

    pub(in crate::store) async fn use_session(
        &self,
        tenant: &str,
        id: &SessionId,
    ) -> Result<Option<Session>, StoreError> {
        let names = names(tenant);
        let names = [names[0].as_str(), &names[1]];
        let found: Option<(u64, u64, Vec<u8>)> = self.run(&GET, &names, id.as_str()).await?;
        let Some((now, expires, bytes)) = found else { return Ok(None) };
        let session = read(expires, &bytes)?;
        let Some(expires) = session.touched(now) else { return Ok(Some(session)) };
        let touched: u8 = self.run(&TOUCH, &names, (id.as_str(), session.lifetime, SLACK)).await?;
        Ok((touched == 1).then_some(Session { expires, ..session }))
    }

    pub(in crate::store) async fn move_session(
        &self,
        tenant: &str,
        id: &SessionId,
        node: String,
    ) -> Result<bool, StoreError> {
        let names = names(tenant);
        let names = [names[0].as_str(), &names[1]];
        let found: Option<(u64, u64, Vec<u8>)> = self.run(&GET, &names, id.as_str()).await?;
        let Some((_, expires, bytes)) = found else { return Ok(false) };
        let moved = write(&Session { node, ..read(expires, &bytes)? })?;
        let replaced: u8 = self.run(&REPLACE, &names, (id.as_str(), moved)).await?;
        Ok(replaced == 1)
    }

    pub(in crate::store) async fn end_session(&self, tenant: &str, id: &SessionId) -> Result<bool, StoreError> {
        let names = names(tenant);
        let ended: u8 = self.run(&END, &[&names[0], &names[1]], id.as_str()).await?;
        Ok(ended == 1)
    }

    pub(in crate::store) async fn sessions(&self, tenant: Option<&str>) -> Result<Vec<Session>, StoreError> {
        let tenants = if let Some(tenant) = tenant {
            vec![tenant.to_owned()]
        } else {
            self.command(redis::cmd("SMEMBERS").arg(TENANTS)).await?
        };
        let mut sessions = Vec::new();
        for tenant in tenants {
            let names = names(&tenant);
            let found: Vec<(u64, Vec<u8>)> = self.run(&LIST, &[&names[0], &names[1], TENANTS], tenant.as_str()).await?;
            for (expires, bytes) in found {
                sessions.push(read(expires, &bytes)?);
            }
        }
        sessions.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(sessions)
    }
}
