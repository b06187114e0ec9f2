//! What is wanted more often than it should be done.

use std::time::Duration;
use tokio::sync::mpsc;

/// Does something at once, and then not again within a pause; what was wanted meanwhile is done once, at its end.
pub(super) struct Throttle {
    wanted: mpsc::Sender<()>,
}

impl Throttle {
    /// Starts the task that does it.
    pub(super) fn start(pause: Duration, act: impl Fn() + Send + 'static) -> Self {
        let (wanted, mut waiting) = mpsc::channel(1);
        tokio::spawn(async move {
            while waiting.recv().await.is_some() {
                act();
                tokio::time::sleep(pause).await;
            }
        });
        Self { wanted }
    }

    /// It is wanted (again).
    pub(super) fn want(&self) {
        // Where one waits already, that is done after this, and so it is this one's, too.
        let _ = self.wanted.try_send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_done_at_once_the_last_is_never_lost_and_those_between_are_one() {
        let pause = Duration::from_millis(300);
        let done = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&done);
        let throttle = Throttle::start(pause, move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let times = || done.load(Ordering::Relaxed);
        throttle.want();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(times(), 1);
        for _ in 0..20 {
            throttle.want();
        }
        sleep(pause / 2).await;
        assert_eq!(times(), 1);
        sleep(pause / 2).await;
        assert_eq!(times(), 2);
        sleep(3 * pause).await;
        assert_eq!(times(), 2);
        throttle.want();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(times(), 3);
    }
}
