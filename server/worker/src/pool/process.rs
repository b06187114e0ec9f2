//! The pool's end of one worker, wherever that runs.

use super::served::{Says, Served};
use super::supervisor::Input;
use super::{Place, PoolConfig};
use tokio::sync::{mpsc, oneshot};

/// A running worker. Dropped, its input is closed, at which it ends.
pub(super) struct Process {
    frames: Option<mpsc::UnboundedSender<Vec<u8>>>,
    kill: Option<oneshot::Sender<()>>,
}

impl Process {
    /// Starts a worker. All it says goes to `inputs`, and at the end that it is gone: exactly once, whatever happens.
    pub(super) fn start(config: &PoolConfig, slot: usize, run: u64, inputs: mpsc::UnboundedSender<Input>) -> Self {
        let (frames, requests) = mpsc::unbounded_channel();
        let (kill, killed) = oneshot::channel();
        let served = Served { requests, killed, says: Says::new(slot, run, inputs) };
        match &config.place {
            Place::Program(program) => program.serve(config.confinement(), served),
            Place::Served(serve) => serve.serve(served),
        }
        Self { frames: Some(frames), kill: Some(kill) }
    }

    /// Sends a frame. It never waits: a worker reads whatever it is doing.
    pub(super) fn send(&self, frame: Vec<u8>) {
        if let Some(frames) = &self.frames {
            // A worker that is gone is about to be reported as such.
            let _ = frames.send(frame);
        }
    }

    /// Closes the worker's input, after what was sent. A worker ends there.
    pub(super) fn close(&mut self) {
        self.frames = None;
    }

    /// Kills the worker, whatever it is doing.
    pub(super) fn kill(&mut self) {
        if let Some(kill) = self.kill.take() {
            let _ = kill.send(());
        }
    }
}
