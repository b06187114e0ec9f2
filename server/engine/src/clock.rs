//! The one clock of the engine, which tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time in milliseconds since 1970. Clones tell the same time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// What a clock shows that is moved by hand; `None` for the system's.
    hand: Option<Arc<AtomicU64>>,
}

impl Clock {
    /// The system's clock. With Redis, whose clock all nodes share, that one is asked instead.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still until it is moved.
    pub fn standing_at(milliseconds: u64) -> Self {
        Self { hand: Some(Arc::new(AtomicU64::new(milliseconds))) }
    }

    /// Moves a clock that stands still; the system's is not moved.
    pub fn advance(&self, by: Duration) {
        if let Some(hand) = &self.hand {
            hand.fetch_add(milliseconds(by), Ordering::SeqCst);
        }
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> u64 {
        self.by_hand().unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, milliseconds))
    }

    /// What a clock shows that stands still, `None` for the system's: who shares a clock with others asks that.
    pub(crate) fn by_hand(&self) -> Option<u64> {
        self.hand.as_ref().map(|hand| hand.load(Ordering::SeqCst))
    }
}

/// A duration in the unit of the clock.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
