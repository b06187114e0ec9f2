//! Threads to read rules on: the one place where the analysis starts any, and no more than its caller says.

use super::files::{Parsers, Workshop};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// On how many threads work is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threads {
    /// The calling one counted.
    pub(super) count: usize,
    /// Bytes of stack for each other: trees of patterns may be deep, and walks recurse.
    pub(super) stack: usize,
}

impl Default for Threads {
    /// No thread but the calling one.
    fn default() -> Self {
        Self { count: 1, stack: 0 }
    }
}

impl Threads {
    /// Does some work with each of some items, with the parsers of the thread that does it. The results are in the order of
    /// the items, whoever was first.
    pub(super) fn each<T: Sync, R: Send>(
        self,
        workshop: &Workshop,
        items: &[T],
        work: impl Fn(&mut Parsers, &T) -> R + Sync,
    ) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let run = |parsers: &mut Parsers| {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(at) else { return done };
                done.push((at, work(parsers, item)));
            }
        };
        let others = self.count.min(items.len()).saturating_sub(1);
        let mut done = workshop.with(|own| {
            thread::scope(|scope| {
                let start = |_| {
                    let mut theirs = own.another();
                    let thread = thread::Builder::new().name("rules".to_owned()).stack_size(self.stack);
                    thread.spawn_scoped(scope, move || run(&mut theirs)).ok()
                };
                // Where a thread cannot be started, those that were do its work.
                let others: Vec<_> = (0..others).map_while(start).collect();
                let mut done = run(own);
                for thread in others {
                    done.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
                }
                done
            })
        });
        done.sort_unstable_by_key(|&(at, _)| at);
        done.into_iter().map(|(_, result)| result).collect()
    }
}
