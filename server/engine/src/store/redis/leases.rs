//! Leases over all nodes. The holders of a team's things are one hash: each thing's as JSON, with numbers as text, because
//! Lua's JSON would round them.

use super::{Redis, script};
use crate::clock::milliseconds;
use crate::random;
use crate::store::leases::LEASE_HOLDERS;
use crate::store::{Lease, LeaseRequest, LeaseStatistics, Leased, StoreError, StoreErrorKind};
use redis::Script;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

const STATISTICS: &str = "weir:lease-statistics";
const FENCE: &str = "weir:lease-fence";
const TEAMS: &str = "weir:lease-teams";
/// A team whose leases nobody touched for so long has none, in milliseconds.
const FORGOTTEN: u64 = 3_600_000;

/// `live(name)`: who holds a thing of `KEYS[1]`; `save(name, holders)`. `KEYS[2]` are the statistics.
const HOLDERS: &str = "
local function save(name, holders)
  if #holders == 0 then redis.call('HDEL', KEYS[1], name) else redis.call('HSET', KEYS[1], name, cjson.encode(holders)) end
end
local function live(name)
  local holders, ended = {}, 0
  for _, holder in ipairs(cjson.decode(redis.call('HGET', KEYS[1], name) or '[]')) do
    if tonumber(holder.expires) > now then holders[#holders + 1] = holder else ended = ended + 1 end
  end
  if ended > 0 then
    redis.call('HINCRBY', KEYS[2], 'expired', ended)
    save(name, holders)
  end
  return holders
end
";

/// `token, mode, holder, life, most, forgotten, team, names...`: the fence, or the thing, its holder and the wait.
static GRANT: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{HOLDERS}
local all = {{}}
for at = 9, #ARGV do
  local holders = live(ARGV[at])
  for _, holder in ipairs(holders) do
    if holder.token == ARGV[2] then return {{holder.fence, '', '', '0'}} end
    if ARGV[3] == 'exclusive' or holder.mode == 'exclusive' then
      redis.call('HINCRBY', KEYS[2], 'refused', 1)
      return {{'0', ARGV[at], holder.holder, int(holder.expires - now)}}
    end
  end
  if #holders >= tonumber(ARGV[6]) then return {{'0', '', '', '0'}} end
  all[at] = holders
end
-- Larger than before also where the last one was lost with Redis' memory.
local fence = math.max(tonumber(redis.call('GET', KEYS[3]) or 0) + 1, now * 1024)
redis.call('SET', KEYS[3], int(fence))
for at = 9, #ARGV do
  local holders = all[at]
  holders[#holders + 1] =
    {{token = ARGV[2], fence = int(fence), mode = ARGV[3], holder = ARGV[4], expires = int(now + tonumber(ARGV[5]))}}
  save(ARGV[at], holders)
end
redis.call('HINCRBY', KEYS[2], 'granted', 1)
redis.call('SADD', KEYS[4], ARGV[8])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
return {{int(fence), '', '', '0'}}"
    ))
});

/// `what, fence, life, names...`: whether it is held on all. `renew` makes it last, `release` ends it, `look` does neither.
static KEEP: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{HOLDERS}
local held = 1
for at = 5, #ARGV do
  local mine = 0
  for _, holder in ipairs(live(ARGV[at])) do
    if holder.fence == ARGV[3] then mine = 1 end
  end
  if mine == 0 then held = 0 end
end
if ARGV[2] == 'look' or (ARGV[2] == 'renew' and held == 0) then return held end
for at = 5, #ARGV do
  local holders, kept = live(ARGV[at]), {{}}
  for _, holder in ipairs(holders) do
    if holder.fence ~= ARGV[3] then
      kept[#kept + 1] = holder
    elseif ARGV[2] == 'renew' then
      holder.expires = int(now + tonumber(ARGV[4]))
      kept[#kept + 1] = holder
    end
  end
  save(ARGV[at], kept)
end
if ARGV[2] == 'renew' then
  redis.call('HINCRBY', KEYS[2], 'renewed', 1)
elseif held == 1 then
  redis.call('HINCRBY', KEYS[2], 'released', 1)
end
return held"
    ))
});

/// `what, names...` (no names: all): counts who holds them; `clear` takes them away, `look` only forgets what has ended.
static CLEAR: LazyLock<Script> = LazyLock::new(|| {
    script(&format!(
        "{HOLDERS}
local names, count = {{}}, 0
for at = 3, #ARGV do names[#names + 1] = ARGV[at] end
if #names == 0 then names = redis.call('HKEYS', KEYS[1]) end
for _, name in ipairs(names) do
  local holders = live(name)
  count = count + #holders
  if ARGV[2] == 'clear' then holders = {{}} end
  save(name, holders)
end
if ARGV[2] == 'clear' then redis.call('HINCRBY', KEYS[2], 'cleared', count) end
return count"
    ))
});

fn name(team: &str) -> String {
    format!("weir:leases:{team}")
}

impl Redis {
    pub(in crate::store) async fn grant(&self, request: &LeaseRequest) -> Result<Leased, StoreError> {
        let mode = request.mode.name();
        let token = random::id::<16>()?;
        let keys = [&name(&request.team), STATISTICS, FENCE, TEAMS];
        let life = milliseconds(request.life);
        let arguments = (&token, mode, &request.holder, life, LEASE_HOLDERS, FORGOTTEN, &request.team, &request.names);
        let (fence, held, holder, wait): (u64, String, String, u64) = self.run(&GRANT, &keys, arguments).await?;
        match fence {
            0 if held.is_empty() => Err(StoreError::new(StoreErrorKind::TooLarge, "asking for a lease")),
            0 => Ok(Leased::Held { name: held, holder, retry_after: Duration::from_millis(wait) }),
            fence => Ok(Leased::Granted(request.granted(fence))),
        }
    }

    pub(in crate::store) async fn renew_lease(&self, lease: &Lease, life: u64) -> Result<bool, StoreError> {
        self.keep(lease, "renew", life).await
    }

    pub(in crate::store) async fn holds_lease(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.keep(lease, "look", 0).await
    }

    pub(in crate::store) async fn release_lease(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.keep(lease, "release", 0).await
    }

    pub(in crate::store) async fn clear_leases(&self, team: &str, thing: Option<&str>) -> Result<u64, StoreError> {
        let things: Vec<_> = thing.into_iter().collect();
        self.run(&CLEAR, &[&name(team), STATISTICS], ("clear", things)).await
    }

    pub(in crate::store) async fn lease_statistics(&self) -> Result<LeaseStatistics, StoreError> {
        let held = self.sweep_leases().await?;
        let counts: HashMap<String, u64> = self.command(redis::cmd("HGETALL").arg(STATISTICS)).await?;
        let count = |name: &str| counts.get(name).copied().unwrap_or(0);
        Ok(LeaseStatistics {
            held,
            granted: count("granted"),
            refused: count("refused"),
            renewed: count("renewed"),
            released: count("released"),
            expired: count("expired"),
            cleared: count("cleared"),
        })
    }

    /// Forgets what has ended, and counts what has not.
    pub(super) async fn sweep_leases(&self) -> Result<u64, StoreError> {
        let teams: Vec<String> = self.command(redis::cmd("SMEMBERS").arg(TEAMS)).await?;
        let mut held = 0;
        for team in teams {
            let of_team: u64 = self.run(&CLEAR, &[&name(&team), STATISTICS], "look").await?;
            held += of_team;
        }
        Ok(held)
    }

    async fn keep(&self, lease: &Lease, what: &str, life: u64) -> Result<bool, StoreError> {
        let keys = [&name(&lease.team), STATISTICS];
        let held: u8 = self.run(&KEEP, &keys, (what, lease.fence.to_string(), life, &lease.names)).await?;
        Ok(held == 1)
    }
}
