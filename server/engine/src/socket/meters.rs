//! What live links count: numbers, and names of languages.

use super::control::End;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use weir_model::link::{Analyses, Counters};

/// Counts, since the engine began.
#[derive(Debug, Default)]
pub(super) struct Meters {
    pub(super) connections: AtomicU64,
    pub(super) sessions: AtomicU64,
    pub(super) resumed: AtomicU64,
    pub(super) links: AtomicU64,
    pub(super) refused_handshakes: AtomicU64,
    pub(super) frames_up: AtomicU64,
    pub(super) bytes_up: AtomicU64,
    pub(super) frames_down: AtomicU64,
    pub(super) bytes_down: AtomicU64,
    rest: Mutex<Rest>,
}

#[derive(Debug, Default)]
struct Rest {
    ended: BTreeMap<&'static str, u64>,
    workers: Counters,
}

/// What live links have come to, for metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkMetrics {
    /// Connections that are open.
    pub connections: u64,
    /// Sessions that exist.
    pub sessions: u64,
    /// Bytes of memory their workers use, as the system counts them.
    pub worker_memory: u64,
    /// Connections ever made.
    pub connections_total: u64,
    /// Sessions ever begun.
    pub sessions_total: u64,
    /// Sessions ever taken up again.
    pub resumed_total: u64,
    /// Handshakes that came to keys,
    pub links_total: u64,
    /// and that did not.
    pub refused_handshakes_total: u64,
    /// Sealed frames from editors.
    pub frames_up: u64,
    /// Bytes of them.
    pub bytes_up: u64,
    /// Sealed frames to editors.
    pub frames_down: u64,
    /// Bytes of them.
    pub bytes_down: u64,
    /// Why connections and sessions ended, by [`End::name`].
    pub ended: BTreeMap<&'static str, u64>,
    /// What workers say of themselves: what there is now (documents and their bytes), and what they have ever done.
    pub workers: Counters,
}

impl Meters {
    pub(super) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Relaxed);
    }

    pub(super) fn ended(&self, end: End) {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        *rest.ended.entry(end.name()).or_default() += 1;
    }

    /// What a worker said, and what it had said before.
    pub(super) fn worker(&self, before: &Counters, now: &Counters) {
        let all = &mut self.rest.lock().unwrap_or_else(PoisonError::into_inner).workers;
        let grown = |of: fn(&Counters) -> u64| of(now).saturating_sub(of(before));
        all.opened += grown(|of| of.opened);
        all.opened_bytes += grown(|of| of.opened_bytes);
        all.sealed += grown(|of| of.sealed);
        all.sealed_bytes += grown(|of| of.sealed_bytes);
        all.stale += grown(|of| of.stale);
        all.links += grown(|of| of.links);
        for new in &now.analyses {
            let none = Analyses::default();
            let old = before.analyses.iter().find(|old| old.language == new.language).unwrap_or(&none);
            let at = all.analyses.binary_search_by(|known| known.language.cmp(&new.language)).unwrap_or_else(|at| {
                all.analyses.insert(at, Analyses { language: new.language.clone(), ..Analyses::default() });
                at
            });
            let known = &mut all.analyses[at];
            known.count += new.count.saturating_sub(old.count);
            known.parse_us += new.parse_us.saturating_sub(old.parse_us);
            known.analyze_us += new.analyze_us.saturating_sub(old.analyze_us);
        }
    }

    pub(super) fn read(&self) -> LinkMetrics {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        LinkMetrics {
            connections_total: self.connections.load(Relaxed),
            sessions_total: self.sessions.load(Relaxed),
            resumed_total: self.resumed.load(Relaxed),
            links_total: self.links.load(Relaxed),
            refused_handshakes_total: self.refused_handshakes.load(Relaxed),
            frames_up: self.frames_up.load(Relaxed),
            bytes_up: self.bytes_up.load(Relaxed),
            frames_down: self.frames_down.load(Relaxed),
            bytes_down: self.bytes_down.load(Relaxed),
            ended: rest.ended.clone(),
            workers: rest.workers.clone(),
            ..LinkMetrics::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_workers_say_adds_up_over_workers() {
        let said = |opened, counts: &[(&str, u64)]| Counters {
            opened,
            documents: 9,
            analyses: counts
                .iter()
                .map(|&(language, count)| Analyses { language: language.to_owned(), count, ..Analyses::default() })
                .collect(),
            ..Counters::default()
        };
        let meters = Meters::default();
        let (none, first, then) = (Counters::default(), said(2, &[("ruby", 1)]), said(5, &[("java", 2), ("ruby", 4)]));
        meters.worker(&none, &first);
        meters.worker(&first, &then);
        meters.worker(&none, &first);
        let all = meters.read().workers;
        assert_eq!(all, Counters { documents: 0, ..said(7, &[("java", 2), ("ruby", 5)]) });
    }
}
