//! Counting over all nodes.

use super::{NOTHING, Redis, script};
use crate::limits::Rate;
use crate::store::StoreError;
use crate::store::limits::Counted;
use redis::Script;
use std::sync::LazyLock;
use std::time::Duration;

/// [`Rate::count`] in Redis: `count(name, each, burst, times)` says how many microseconds to wait, 0 if it was counted.
/// Microseconds since 1970 have 51 bits, and a number of Lua's 53.
const COUNT: &str = "
local function count(name, each, burst, times)
  local micros = now * 1000
  local used = math.max(tonumber(redis.call('GET', name) or 0), micros) + each * times
  if used - micros > burst then return used - micros - burst end
  redis.call('SET', name, int(used), 'PX', int(math.ceil((used - micros) / 1000) + 60000))
  return 0
end
";

/// `permit, each, burst, most, life`: 0 and the wait, 1 if admitted, 2 if too many are worked on.
static ADMIT: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{COUNT}
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', int(now))
if redis.call('ZSCORE', KEYS[2], ARGV[2]) then return {{1, 0}} end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[5]) then return {{2, 0}} end
local wait = count(KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4]), 1)
if wait > 0 then return {{0, int(wait)}} end
redis.call('ZADD', KEYS[2], int(now + tonumber(ARGV[6])), ARGV[2])
redis.call('PEXPIRE', KEYS[2], int(tonumber(ARGV[6]) + 60000))
return {{1, 0}}"
    ))
});

/// `each, burst, times`: the wait.
static RATE: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{COUNT}
return int(count(KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])))"
    ))
});

/// `permit, life`: whether it was still held.
static RENEW: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local held = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not held or tonumber(held) <= now then return 0 end
redis.call('ZADD', KEYS[1], int(now + tonumber(ARGV[3])), ARGV[2])
redis.call('PEXPIRE', KEYS[1], int(tonumber(ARGV[3]) + 60000))
return 1",
    )
});

static WORKING: LazyLock<Script> =
    LazyLock::new(|| script("return redis.call('ZCOUNT', KEYS[1], '(' .. int(now), '+inf')"));

fn rate_name(name: &str) -> String {
    format!("weir:rate:{name}")
}

fn permits_name(name: &str) -> String {
    format!("weir:permits:{name}")
}

impl Redis {
    pub(in crate::store) async fn admit(
        &self,
        name: &str,
        rate: Rate,
        most: u32,
        permit: &str,
        life: u64,
    ) -> Result<Counted, StoreError> {
        let arguments = (permit, rate.each, rate.burst, most, life);
        let (what, wait): (u8, u64) = self.run(&ADMIT, &[&rate_name(name), &permits_name(name)], arguments).await?;
        Ok(match what {
            1 => Counted::Within,
            2 => Counted::TooMany,
            _ => Counted::TooFast(Duration::from_micros(wait)),
        })
    }

    pub(in crate::store) async fn count(
        &self,
        name: &str,
        rate: Rate,
        times: u32,
    ) -> Result<Result<(), Duration>, StoreError> {
        let wait: u64 = self.run(&RATE, &[&rate_name(name)], (rate.each, rate.burst, times)).await?;
        Ok(if wait == 0 { Ok(()) } else { Err(Duration::from_micros(wait)) })
    }

    pub(in crate::store) async fn working(&self, name: &str) -> Result<u32, StoreError> {
        self.run(&WORKING, &[&permits_name(name)], NOTHING).await
    }

    pub(in crate::store) async fn renew_permit(&self, name: &str, permit: &str, life: u64) -> Result<bool, StoreError> {
        let renewed: u8 = self.run(&RENEW, &[&permits_name(name)], (permit, life)).await?;
        Ok(renewed == 1)
    }

    pub(in crate::store) async fn leave(&self, name: &str, permit: &str) -> Result<(), StoreError> {
        self.command(redis::cmd("ZREM").arg(permits_name(name)).arg(permit)).await
    }
}
