//! How much a customer may, and the arithmetic of it.
//!
//! Requests are counted by GCRA: one number a customer, the time at which all that was admitted would have been used up at
//! the customer's rate. It needs no window, forgets by itself, says exactly when to come back, and is the same few lines
//! here and in Redis. (The crate `governor` fixes a rate per limiter; ours differ by customer and change while we run.)

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a customer may. The defaults are those of the API's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Requests a minute; so many may come at once.
    pub per_minute: u32,
    /// Requests at work at once.
    pub concurrent: u32,
    /// Sessions open at once.
    pub sessions: u32,
    /// How long a session lives, in seconds.
    pub session_seconds: u64,
    /// Files in one request.
    pub files: u32,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// How long a request may take, in milliseconds.
    pub request_ms: u64,
    /// Files of one batch job. A large repository has some ten thousand of code.
    pub job_files: u32,
    /// Bytes of all files of one batch job.
    pub job_bytes: u64,
    /// Batch jobs that are not finished, at once.
    pub jobs: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_minute: 60,
            concurrent: 10,
            sessions: 10,
            session_seconds: 3600,
            files: 10,
            file_bytes: 10 * 1024 * 1024,
            request_ms: 30_000,
            job_files: 50_000,
            job_bytes: 1024 * 1024 * 1024,
            jobs: 4,
        }
    }
}

/// What of the engine's limits is different for one customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitChanges {
    /// See [`Limits::per_minute`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// See [`Limits::concurrent`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u32>,
    /// See [`Limits::sessions`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u32>,
    /// See [`Limits::session_seconds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_seconds: Option<u64>,
    /// See [`Limits::files`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<u32>,
    /// See [`Limits::file_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_bytes: Option<u64>,
    /// See [`Limits::request_ms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_ms: Option<u64>,
    /// See [`Limits::job_files`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_files: Option<u32>,
    /// See [`Limits::job_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_bytes: Option<u64>,
    /// See [`Limits::jobs`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs: Option<u32>,
}

impl LimitChanges {
    /// The engine's limits with these changes.
    pub fn over(&self, limits: &Limits) -> Limits {
        Limits {
            per_minute: self.per_minute.unwrap_or(limits.per_minute),
            concurrent: self.concurrent.unwrap_or(limits.concurrent),
            sessions: self.sessions.unwrap_or(limits.sessions),
            session_seconds: self.session_seconds.unwrap_or(limits.session_seconds),
            files: self.files.unwrap_or(limits.files),
            file_bytes: self.file_bytes.unwrap_or(limits.file_bytes),
            request_ms: self.request_ms.unwrap_or(limits.request_ms),
            job_files: self.job_files.unwrap_or(limits.job_files),
            job_bytes: self.job_bytes.unwrap_or(limits.job_bytes),
            jobs: self.jobs.unwrap_or(limits.jobs),
        }
    }
}

/// A rate, for GCRA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Microseconds that one request uses up.
    pub(crate) each: u64,
    /// How far ahead of the time a customer may be, in microseconds.
    pub(crate) burst: u64,
}

/// Microseconds in a minute: a millisecond is too coarse a share of it for the larger rates.
const MINUTE: u64 = 60_000_000;

impl Rate {
    pub(crate) fn per_minute(requests: u32) -> Self {
        // Nothing a minute is one in a very long time, and no room ahead: every request is refused.
        let Some(each) = MINUTE.checked_div(u64::from(requests)) else { return Self { each: MINUTE, burst: 0 } };
        let each = each.max(1);
        Self { each, burst: each * u64::from(requests) }
    }

    /// Counts requests of a customer who has used up the time until `used_until` (0: never seen), all in microseconds:
    /// the new `used_until`, or how long until so many are admitted.
    pub(crate) fn count(self, used_until: u64, now: u64, requests: u32) -> Result<u64, Duration> {
        let after = used_until.max(now) + self.each * u64::from(requests);
        let ahead = after - now;
        if ahead > self.burst { Err(Duration::from_micros(ahead - self.burst)) } else { Ok(after) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_requests_may_come_at_once_and_then_at_their_rate() {
        for (per_minute, each) in [(60, 1_000_000), (1, 60_000_000), (600, 100_000), (7, 8_571_428)] {
            let rate = Rate::per_minute(per_minute);
            let (mut used, now) = (0, 1_700_000_000_000_000);
            for _ in 0..per_minute {
                used = rate.count(used, now, 1).expect("within the rate");
            }
            assert_eq!(rate.count(used, now, 1), Err(Duration::from_micros(each)), "{per_minute}");
            used = rate.count(used, now + each, 1).expect("one came back");
            assert!(rate.count(used, now + each, 1).is_err());
            // However long nobody comes, no more than a minute's are saved up.
            assert!(rate.count(used, now * 2, per_minute).is_ok());
            assert!(rate.count(used, now * 2, per_minute + 1).is_err());
        }
        assert!(Rate::per_minute(0).count(0, 1, 1).is_err());
    }
}
