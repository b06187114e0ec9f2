//! How long to wait before an engine is tried again.

use std::time::Duration;

/// At first an engine that was restarted is meant,
const FIRST: Duration = Duration::from_millis(500);

/// in the end one that is down for the night.
const LONGEST: Duration = Duration::from_secs(30);

/// Grows with every failure.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// As if it had failed so often already.
    pub(super) fn after(failures: u32) -> Self {
        Self { failures }
    }

    /// How long to wait after one more failure. A thousand editors that lost an engine at once do not come back at once:
    /// `chance` moves each by up to a half.
    pub(super) fn next(&mut self, chance: u8) -> Duration {
        let whole = FIRST.saturating_mul(2u32.saturating_pow(self.failures)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        spread(whole, chance)
    }
}

/// A pause, or up to a half less.
pub(super) fn spread(whole: Duration, chance: u8) -> Duration {
    whole / 2 + whole / 2 * u32::from(chance) / u32::from(u8::MAX)
}

/// A number that nobody knows; without randomness the middle.
pub(super) fn chance() -> u8 {
    let mut byte = [u8::MAX / 2];
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_chance_spreads_them() {
        for (chance, expected) in [
            (0, [250, 500, 1000, 2000, 4000, 8000, 15000, 15000]),
            (255, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]),
        ] {
            let mut backoff = Backoff::after(0);
            assert_eq!([(); 8].map(|()| backoff.next(chance).as_millis()), expected);
        }
        let mut backoff = Backoff::after(u32::MAX);
        assert_eq!(backoff.next(255), LONGEST);
    }
}
