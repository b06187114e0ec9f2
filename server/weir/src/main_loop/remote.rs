//! How it stands with remote engines, told to the person: once for each change, in words that every client shows.

use super::MainLoop;
use crate::remote::{EngineUrl, Notice, State, Team};
use tower_lsp_server::ls_types::MessageType;

impl MainLoop {
    pub(super) fn remote(&mut self, url: &EngineUrl, notice: Notice) {
        match notice {
            Notice::State(state) => self.remote_state(url, state),
            Notice::Sending { done, all } => self.outbox.upload(done, all, self.session.client.progress),
            Notice::Team { team, wanted } => self.team(url, team, wanted),
        }
    }

    /// Rules of a team are run if the user wants them, which is said as well, and otherwise are told of: nobody is to have other
    /// rules than they know of.
    fn team(&mut self, url: &EngineUrl, team: Team, wanted: bool) {
        let text = match &team.rules {
            Some(rules) if wanted => {
                format!("Weir: {} rule files of your team at {url} run in place of the built-in ones", rules.len())
            }
            Some(rules) => format!(
                "Weir: your team at {url} has {} rule files of its own. They are not run; `weir login --team-rules` has them run",
                rules.len()
            ),
            None if wanted => format!("Weir: your team at {url} has no rules of its own any more"),
            None => return,
        };
        self.outbox.show(MessageType::INFO, text);
        if wanted {
            for engine in self.engines.set_team(url, team.rules) {
                self.engines.read_rules(engine);
            }
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
