//! How it stands with remote engines, told to the person: once for each change, in words that every client shows.

use super::MainLoop;
use crate::remote::{EngineUrl, Notice, State};
use tower_lsp_server::ls_types::MessageType;

impl MainLoop {
    pub(super) fn remote(&mut self, url: &EngineUrl, notice: Notice) {
        match notice {
            Notice::State(state) => self.remote_state(url, state),
            Notice::Sending { done, all } => self.outbox.upload(done, all, self.session.client.progress),
            Notice::Team(team) => drop(team),
        }
    }

    fn remote_state(&self, url: &EngineUrl, state: State) {
        let (kind, text) = match state {
            State::Linked => (MessageType::INFO, format!("Weir: {url} analyses what you type")),
            State::Away(reason) => (
                MessageType::WARNING,
                format!(
                    "Weir: {url} is away ({reason}). Analysis goes on on this machine, and the engine is tried again"
                ),
            ),
            State::Refused(reason) => (
                MessageType::ERROR,
                format!(
                    "Weir: {url} is not used: {reason}. Analysis goes on on this machine, and nothing is sent there"
                ),
            ),
        };
        self.outbox.show(kind, text);
    }
}
