//! Waiting for what another process does, which says nothing when it is done.

use std::time::{Duration, Instant};

/// A machine that is busy with other tests may take long for anything; nothing is measured by this.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Between two looks.
pub const GLANCE: Duration = Duration::from_millis(20);

/// Looks again until there is something, and gives it.
///
/// # Panics
/// If there is nothing for too long.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(GLANCE);
    }
}

/// Looks again until it is so.
///
/// # Panics
/// If it is not so for too long.
#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    eventually(what, || is_so().then_some(()));
}
