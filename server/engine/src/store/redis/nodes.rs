//! Nodes in Redis: their identity, and for each customer a hash of how many live sessions it has on which node, until when.

use super::{Redis, script};
use crate::store::StoreError;
use redis::Script;
use std::sync::LazyLock;

const IDENTITY: &str = "weir:identity";

/// `identity, life`: whether it is the one that all have. There is no other time than Redis' own in this.
static IDENTIFY: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local there = redis.call('GET', KEYS[1])
if there and there ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1",
    )
});

/// `node, sessions, most, life`: whether it was noted. Without a limit `most` is -1.
static SHARE: LazyLock<Script> = LazyLock::new(|| {
    script(
        "local sessions, most, others = tonumber(ARGV[3]), tonumber(ARGV[4]), 0
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  local count, ends = string.match(all[at + 1], '^(%d+) (%d+)$')
  if tonumber(ends) <= now then
    redis.call('HDEL', KEYS[1], all[at])
  elseif all[at] ~= ARGV[2] then
    others = others + tonumber(count)
  end
end
if most >= 0 and others + sessions > most then return 0 end
if sessions == 0 then
  redis.call('HDEL', KEYS[1], ARGV[2])
else
  redis.call('HSET', KEYS[1], ARGV[2], ARGV[3] .. ' ' .. int(now + tonumber(ARGV[5])))
  redis.call('PEXPIRE', KEYS[1], int(tonumber(ARGV[5]) + 60000))
end
return 1",
    )
});

impl Redis {
    pub(in crate::store) async fn is_one_of_us(&self, identity: &str, life: u64) -> Result<bool, StoreError> {
        let same: u8 = self.run(&IDENTIFY, &[IDENTITY], (identity, life)).await?;
        Ok(same == 1)
    }

    pub(in crate::store) async fn share_live(
        &self,
        tenant: &str,
        node: &str,
        sessions: usize,
        most: Option<usize>,
        life: u64,
    ) -> Result<bool, StoreError> {
        let most = most.map_or(-1, |most| i64::try_from(most).unwrap_or(i64::MAX));
        let noted: u8 = self.run(&SHARE, &[&format!("weir:live:{tenant}")], (node, sessions, most, life)).await?;
        Ok(noted == 1)
    }
}
