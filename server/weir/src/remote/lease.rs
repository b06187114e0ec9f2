//! Leases of an engine on what its team shares: who holds one may write, the others wait.
//!
//! Asked for over any link that is there. A lease ends with the link it was had over, so nobody waits for somebody who is gone. All
//! names of a lease are had in one step or none is, and they are sorted: nobody waits for another in a circle.

use super::backoff::chance;
use super::control::{Ask, Notice};
use super::{Remote, Shared};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

/// An engine that does not say by then whether there is a lease is away.
const ANSWER: Duration = Duration::from_secs(5);

/// First pause before a lease is asked for again: about as long as somebody writes a small file;
const FIRST: Duration = Duration::from_millis(50);

/// and the longest, doubled each time: who has it may be gone without anybody having noticed.
const LONGEST: Duration = Duration::from_secs(2);

/// Why there is no lease. Holds no name of anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LeaseError {
    /// Nobody can be asked.
    #[error("it is away")]
    Away,
    /// Somebody of the team has it, and did not give it back in time.
    #[error("{0} is at it")]
    Held(String),
    /// The engine gives none.
    #[error("it gives none: {0}")]
    Refused(String),
    /// It ended before it was used; somebody else may have written.
    #[error("it ended too early")]
    Lost,
}

/// The links of an engine over which can be asked.
#[derive(Default)]
pub(super) struct Desk {
    lines: Mutex<HashMap<u64, Line>>,
    /// Of links and of questions.
    numbers: AtomicU64,
}

/// One link. That it is asked over keeps it from ending no longer than an answer takes.
struct Line {
    outgoing: mpsc::WeakSender<Message>,
    waiting: HashMap<u64, oneshot::Sender<Notice>>,
}

impl Desk {
    /// A link is there; its number.
    pub(super) fn open(&self, outgoing: &mpsc::Sender<Message>) -> u64 {
        let number = self.number();
        self.lines().insert(number, Line { outgoing: outgoing.downgrade(), waiting: HashMap::new() });
        number
    }

    /// A link is gone, and with it every answer and every lease that was had over it.
    pub(super) fn close(&self, line: u64) {
        self.lines().remove(&line);
    }

    /// An answer has come.
    pub(super) fn answered(&self, id: u64, answer: Notice) {
        let waiting = self.lines().values_mut().find_map(|line| line.waiting.remove(&id));
        if let Some(waiting) = waiting {
            // Who gave up waiting has no use for it.
            let _ = waiting.send(answer);
        }
    }

    /// Asks over a link, or over any.
    async fn ask(&self, line: Option<u64>, ask: impl FnOnce(u64) -> Ask) -> Result<(u64, Notice), LeaseError> {
        let id = self.number();
        let (say, answer) = oneshot::channel();
        let (line, outgoing) = {
            let mut lines = self.lines();
            let open = |(number, line): (&u64, &mut Line)| {
                let outgoing = line.outgoing.upgrade()?;
                line.waiting.insert(id, say);
                Some((*number, outgoing))
            };
            match line {
                Some(number) => lines.get_mut(&number).and_then(|line| open((&number, line))),
                None => lines.iter_mut().find(|(_, line)| line.outgoing.strong_count() > 0).and_then(open),
            }
            .ok_or(LeaseError::Away)?
        };
        let asked = async {
            outgoing.send(Message::text(ask(id).write())).await.ok()?;
            drop(outgoing);
            answer.await.ok()
        };
        let answer = timeout(ANSWER, asked).await.ok().flatten();
        if answer.is_none()
            && let Some(line) = self.lines().get_mut(&line)
        {
            line.waiting.remove(&id);
        }
        answer.map(|answer| (line, answer)).ok_or(LeaseError::Away)
    }

    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<u64, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease. Dropped, it is given back if there is room to say so; else it ends with the link.
pub(crate) struct Lease {
    shared: Arc<Shared>,
    line: u64,
    fence: u64,
}

impl Remote {
    /// Takes an exclusive lease on these things, waiting for who has it no longer than `patience`.
    pub(crate) async fn lease(&self, mut names: Vec<String>, patience: Duration) -> Result<Lease, LeaseError> {
        names.sort_unstable();
        let until = Instant::now() + patience;
        let mut pause = FIRST;
        loop {
            let ask = |id| Ask::Lease { id, names: names.clone(), mode: "exclusive" };
            match self.0.leases.ask(None, ask).await? {
                (line, Notice::Leased { fence, .. }) => {
                    return Ok(Lease { shared: Arc::clone(&self.0), line, fence });
                }
                (_, Notice::LeaseHeld { holder, retry_after_ms, .. }) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(LeaseError::Held(shown(&holder)));
                    }
                    sleep(wait(pause, Duration::from_millis(retry_after_ms), chance()).min(left)).await;
                    pause = (pause * 2).min(LONGEST);
                }
                (_, Notice::LeaseRefused { message, .. }) => return Err(LeaseError::Refused(shown(&message))),
                _ => return Err(LeaseError::Refused("an answer to another question".to_owned())),
            }
        }
    }
}

impl Lease {
    /// To be asked right before the thing is written: whether it is still ours, and for half a minute more.
    pub(crate) async fn renew(&self) -> Result<(), LeaseError> {
        let ask = |id| Ask::RenewLease { id, fence: self.fence };
        match self.shared.leases.ask(Some(self.line), ask).await?.1 {
            Notice::Leased { fence, .. } if fence == self.fence => Ok(()),
            Notice::LeaseRefused { message, .. } => Err(LeaseError::Refused(shown(&message))),
            _ => Err(LeaseError::Lost),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let lines = self.shared.leases.lines();
        if let Some(outgoing) = lines.get(&self.line).and_then(|line| line.outgoing.upgrade()) {
            // Where there is no room it ends by itself.
            let _ = outgoing.try_send(Message::text(Ask::ReleaseLease { fence: self.fence }.write()));
        }
    }
}

/// How long to wait: half of it is up to chance, so that those who were refused together do not come back together; and no
/// longer than the lease of who has it can last, as far as an engine may be believed.
fn wait(pause: Duration, ends: Duration, chance: u8) -> Duration {
    let whole = pause.min(ends.max(FIRST));
    whole / 2 + whole / 2 * u32::from(chance) / u32::from(u8::MAX)
}

/// What an engine says, as it may be shown.
fn shown(text: &str) -> String {
    const MOST: usize = 100;
    text.chars().filter(|c| !c.is_control()).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_waits_longer_each_time_but_not_past_the_end_of_the_lease() {
        let ms = Duration::from_millis;
        for (pause, ends, chance, expected) in [
            (50, 30_000, 0, 25),
            (50, 30_000, 255, 50),
            (2000, 30_000, 255, 2000),
            (2000, 300, 255, 300),
            (2000, 0, 255, 50),
            (2000, u64::MAX, 0, 1000),
        ] {
            assert_eq!(wait(ms(pause), ms(ends), chance), ms(expected), "{pause} {ends} {chance}");
        }
    }

    #[tokio::test]
    async fn answers_find_who_asked_and_who_asks_over_a_link_that_goes_is_told() {
        let desk = Arc::new(Desk::default());
        let ask = |id| Ask::RenewLease { id, fence: 1 };
        assert_eq!(desk.ask(None, ask).await, Err(LeaseError::Away), "there is no link");
        let (outgoing, mut sent) = mpsc::channel(2);
        let line = desk.open(&outgoing);
        let asking = |desk: &Arc<Desk>| {
            let desk = Arc::clone(desk);
            tokio::spawn(async move { desk.ask(None, |id| Ask::RenewLease { id, fence: 1 }).await })
        };
        let (one, two) = (asking(&desk), asking(&desk));
        let mut ids = Vec::new();
        for _ in 0..2 {
            let said: serde_json::Value = serde_json::from_str(sent.recv().await.unwrap().to_text().unwrap()).unwrap();
            assert_eq!((&said["type"], &said["fence"]), (&"renewLease".into(), &1.into()));
            ids.push(said["id"].as_u64().unwrap());
        }
        // In another order, and one that nobody waits for.
        for id in [99, ids[1], ids[0]] {
            desk.answered(id, Notice::LeaseLost { id });
        }
        let told = [one.await.unwrap(), two.await.unwrap()].map(|answer| match answer.unwrap() {
            (on, Notice::LeaseLost { id }) if on == line => id,
            other => panic!("{other:?}"),
        });
        assert!(told == [ids[0], ids[1]] || told == [ids[1], ids[0]]);
        let lost = asking(&desk);
        sent.recv().await.unwrap();
        desk.close(line);
        assert_eq!(lost.await.unwrap(), Err(LeaseError::Away));
        drop(outgoing);
        assert!(sent.recv().await.is_none(), "nothing else holds the link");
    }
}
