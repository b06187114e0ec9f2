//! A worker as its pool sees it, wherever it runs: requests go in as frames, events come out, and at the end it is gone,
//! which is said once.

use super::supervisor::{End, Input};
use std::fmt;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use weir_model::Event;

/// Serves workers that do not run as processes of this pool. It is called each time a slot needs a worker, and must not
/// block: it spawns what serves the slot. The supervisor makes no difference between such a worker and a process.
#[derive(Clone)]
pub struct Serve(Arc<dyn Fn(Served) + Send + Sync>);

impl Serve {
    /// Workers that a function serves.
    pub fn new(serve: impl Fn(Served) + Send + Sync + 'static) -> Self {
        Self(Arc::new(serve))
    }

    /// Has it serve a worker.
    pub fn serve(&self, served: Served) {
        (self.0)(served);
    }
}

impl fmt::Debug for Serve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Serve")
    }
}

/// The other end of a slot: what its worker is asked, and where it answers.
#[derive(Debug)]
pub struct Served {
    /// What the worker is asked, as [`weir_model::framing`] frames of [`weir_model::Request`]. The end of the channel is the end
    /// of the worker: it finishes nothing and goes.
    pub requests: mpsc::UnboundedReceiver<Vec<u8>>,
    /// Resolves when the worker is to be killed, whatever it is doing. An error means that nobody will any more.
    pub killed: oneshot::Receiver<()>,
    /// Where it answers.
    pub says: Says,
}

/// What a worker says. Dropped, the worker is gone: whatever happens, that is said, and once.
#[derive(Debug)]
pub struct Says {
    slot: usize,
    run: u64,
    end: End,
    inputs: mpsc::UnboundedSender<Input>,
}

/// Asks for the replacement of one worker, from anywhere. It does not keep the pool.
#[derive(Clone, Debug)]
pub struct Relief {
    slot: usize,
    run: u64,
    inputs: mpsc::WeakUnboundedSender<Input>,
}

impl Says {
    pub(super) fn new(slot: usize, run: u64, inputs: mpsc::UnboundedSender<Input>) -> Self {
        Self { slot, run, end: End::Died, inputs }
    }

    /// Which slot of the pool it is.
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// Says something; `false` if nobody listens any more.
    pub fn say(&self, event: Event) -> bool {
        self.inputs.send(Input::Event { slot: self.slot, run: self.run, event }).is_ok()
    }

    /// The worker is gone, and nothing that it had at hand is to blame: the way to it was lost. The slot gets its next worker
    /// at once, so whoever serves that must not lose it in the same way again and again.
    pub fn leave(mut self) {
        self.end = End::Left;
    }

    /// Asks for another worker in place of this one, later on.
    pub fn relief(&self) -> Relief {
        Relief { slot: self.slot, run: self.run, inputs: self.inputs.downgrade() }
    }
}

impl Drop for Says {
    fn drop(&mut self) {
        let _ = self.inputs.send(Input::Gone { slot: self.slot, run: self.run, end: self.end });
    }
}

impl Relief {
    /// Whether the pool is still there.
    pub fn is_wanted(&self) -> bool {
        self.inputs.strong_count() > 0
    }

    /// The worker is to be replaced when it has nothing to do. Nothing if it is gone.
    pub fn ask(&self) {
        if let Some(inputs) = self.inputs.upgrade() {
            let _ = inputs.send(Input::Relief { slot: self.slot, run: self.run });
        }
    }
}
