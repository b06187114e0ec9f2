//! Results in redb: by key, and in the order in which they were used last.

use super::Embedded;
use super::db::Rows;
use crate::store::{ResultKey, StoreError, StoreErrorKind};
use redb::WriteTransaction;
use serde::{Deserialize, Serialize};

pub(super) const RESULTS: Rows<Kept> = Rows::new("results");
/// When each ends, by the time of the last use and key.
pub(super) const ORDER: Rows<u64> = Rows::new("results by use");
/// The sum of sizes, under an empty key.
pub(super) const TOTAL: Rows<u64> = Rows::new("results in all");

/// How exact the time of the last use is, in milliseconds: not every use may cost a write.
const USED_EXACTNESS: u64 = 60_000;
/// What a result takes beside its bytes: keys, times, its place in the order.
const OVERHEAD: u64 = 160;

/// A result.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    expires: u64,
    used: u64,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

impl Kept {
    fn size(&self) -> u64 {
        self.bytes.len() as u64 + OVERHEAD
    }
}

fn order_key(used: u64, key: &[u8]) -> Vec<u8> {
    let mut order = used.to_be_bytes().to_vec();
    order.extend_from_slice(key);
    order
}

impl Embedded {
    pub(in crate::store) fn result(&self, key: &ResultKey, now: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let find = || self.results.read(|transaction| RESULTS.get(transaction, &key.0));
        let kept = self.or_none(find)?;
        let Some(kept) = kept.filter(|kept| kept.expires > now) else { return Ok(None) };
        if kept.used + USED_EXACTNESS <= now {
            self.or_none(|| {
                self.results.write_lazily(|transaction| {
                    if let Some(kept) = take(transaction, &key.0)? {
                        put(transaction, &key.0, &Kept { used: now, ..kept })?;
                    }
                    Ok(())
                })
            })?;
        }
        Ok(Some(kept.bytes))
    }

    pub(in crate::store) fn keep_result(
        &self,
        key: &ResultKey,
        bytes: Vec<u8>,
        life: u64,
        now: u64,
    ) -> Result<(), StoreError> {
        let room = self.results_bytes;
        // What a power failure takes is analysed again.
        let keep = |transaction: &WriteTransaction| {
            take(transaction, &key.0)?;
            put(transaction, &key.0, &Kept { expires: now.saturating_add(life), used: now, bytes })?;
            while TOTAL.get(transaction, b"")?.unwrap_or(0) > room {
                let Some(oldest) = ORDER.keys(transaction, &[], &[], 1)?.pop() else { break };
                // Without its row it would be the oldest for ever.
                if take(transaction, &oldest[size_of::<u64>()..])?.is_none() {
                    ORDER.remove(transaction, &oldest)?;
                }
            }
            Ok(())
        };
        self.or_none(|| self.results.write_lazily(keep))
    }

    /// Does something with the results. If they turn out to be damaged there are none: none is missed, and the next ones
    /// are to be kept again.
    fn or_none<R: Default>(&self, work: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
        match work() {
            Err(error) if error.kind() == StoreErrorKind::Corrupt => {
                tracing::error!("the results that were kept are damaged and were thrown away");
                self.results.reset(&super::RESULT_TABLES)?;
                Ok(R::default())
            }
            done => done,
        }
    }

    pub(super) fn sweep_results(&self, now: u64) -> Result<u64, StoreError> {
        self.or_none(|| self.remove_ended(now))
    }

    fn remove_ended(&self, now: u64) -> Result<u64, StoreError> {
        // The results themselves are not read for that: they are many megabytes.
        let ended: Vec<_> = self.results.read(|transaction| {
            let all = ORDER.all(transaction, b"")?;
            Ok(all.into_iter().filter(|(_, expires)| *expires <= now).map(|(order, _)| order).collect())
        })?;
        let mut removed = 0;
        for some in ended.chunks(SWEPT_AT_ONCE) {
            removed += self.results.write_lazily(|transaction| {
                let mut removed = 0;
                for order in some {
                    // It may have been used in the meantime, and then is elsewhere in the order.
                    if ORDER.has(transaction, order)? && take(transaction, &order[size_of::<u64>()..])?.is_some() {
                        removed += 1;
                    }
                }
                Ok(removed)
            })?;
        }
        // Once a minute what was kept lazily is written down for good.
        self.results.write(|_| Ok(()))?;
        Ok(removed)
    }
}

/// Others wait while so many are removed.
const SWEPT_AT_ONCE: usize = 1000;

fn put(to: &WriteTransaction, key: &[u8], kept: &Kept) -> Result<(), StoreError> {
    RESULTS.put(to, key, kept)?;
    ORDER.put(to, &order_key(kept.used, key), &kept.expires)?;
    let total = TOTAL.get(to, b"")?.unwrap_or(0);
    TOTAL.put(to, b"", &(total + kept.size()))
}

fn take(from: &WriteTransaction, key: &[u8]) -> Result<Option<Kept>, StoreError> {
    let Some(kept) = RESULTS.get(from, key)? else { return Ok(None) };
    RESULTS.remove(from, key)?;
    ORDER.remove(from, &order_key(kept.used, key))?;
    let total = TOTAL.get(from, b"")?.unwrap_or(0);
    TOTAL.put(from, b"", &total.saturating_sub(kept.size()))?;
    Ok(Some(kept))
}
