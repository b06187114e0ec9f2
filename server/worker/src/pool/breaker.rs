//! How soon a worker is started again.

use std::time::Duration;

/// The first crash costs nothing: the next diagnostics are a keystroke away. Then 50 ms, doubled each time.
const FIRST: Duration = Duration::from_millis(50);

/// So many crashes in a row without one answer in between: the worker cannot live here.
const TOO_MANY: u32 = 6;

/// Then nothing is tried for so long.
const PAUSE: Duration = Duration::from_secs(30);

/// Counts crashes without an answer in between.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    crashes: u32,
}

impl Breaker {
    /// How long to wait before the next start.
    pub(super) fn crashed(&mut self) -> Duration {
        self.crashes += 1;
        match self.crashes {
            1 => Duration::ZERO,
            crashes if crashes < TOO_MANY => FIRST * 2u32.pow(crashes - 2),
            _ => PAUSE,
        }
    }

    /// The worker answered something, or the crash was pinned on one file.
    pub(super) fn progressed(&mut self) {
        self.crashes = 0;
    }

    /// Whether starting again has been given up for the time being.
    pub(super) fn is_open(&self) -> bool {
        self.crashes >= TOO_MANY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_the_breaker_opens() {
        let mut breaker = Breaker::default();
        let pauses: Vec<u128> = (0..5).map(|_| breaker.crashed().as_millis()).collect();
        assert_eq!(pauses, [0, 50, 100, 200, 400]);
        assert!(!breaker.is_open());
        assert_eq!(breaker.crashed(), PAUSE);
        assert!(breaker.is_open());
    }

    #[test]
    fn an_answer_closes_the_breaker() {
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            breaker.crashed();
        }
        breaker.progressed();
        assert!(!breaker.is_open());
        assert_eq!(breaker.crashed(), Duration::ZERO);
    }
}
