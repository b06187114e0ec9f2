//! Threads to read rules on: the one place where the analysis starts any, and no more than its caller says.

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
    /// Does some work with each of some items, with the tools of the thread that does it: its `own`, and for each other what
    /// `another` gives. The results are in the order of the items, whoever was first.
    pub(super) fn each<P: Send, T: Sync, R: Send>(
        self,
        own: &mut P,
        another: impl Fn(&P) -> P,
        items: &[T],
        work: impl Fn(&mut P, &T) -> R + Sync,
    ) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let run = |tools: &mut P| {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(at) else { return done };
                done.push((at, work(tools, item)));
            }
        };
        let others = self.count.min(items.len()).saturating_sub(1);
        let mut done = thread::scope(|scope| {
            let start = |_| {
                let mut theirs = another(own);
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
        });
        done.sort_unstable_by_key(|&(at, _)| at);
        done.into_iter().map(|(_, result)| result).collect()
    }
}
