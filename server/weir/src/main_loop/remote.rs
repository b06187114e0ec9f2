//! How it stands with remote engines, told to the person: once for each change, in words that every client shows.

use super::MainLoop;
use crate::config::team::{self, TeamConfig};
use crate::remote::logins::Wanted;
use crate::remote::{EngineUrl, Notice, State, Team};
use tower_lsp_server::ls_types::MessageType;
use weir_model::RuleSource;

impl MainLoop {
    pub(super) fn remote(&mut self, url: &EngineUrl, notice: Notice) {
        match notice {
            Notice::State(state) => self.remote_state(url, state),
            Notice::Sending { done, all } => self.outbox.upload(done, all, self.session.client.progress),
            Notice::Team { team, wanted } => self.team(url, team, wanted),
        }
    }

    /// What a team has agreed on counts if the user wants it, which is said as well, and otherwise is told of: nobody is to have
    /// other rules or see other findings than they know of.
    fn team(&mut self, url: &EngineUrl, team: Team, wanted: Wanted) {
        let before = self.teams.insert(url.clone(), team.clone()).unwrap_or_default();
        if before.rules != team.rules {
            self.team_rules(url, team.rules, wanted.rules);
        }
        if before.config != team.config {
            self.team_config(url, team.config.as_deref(), wanted.config);
        }
    }

    fn team_rules(&mut self, url: &EngineUrl, rules: Option<Vec<RuleSource>>, wanted: bool) {
        let text = match &rules {
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
            for engine in self.engines.set_team(url, rules) {
                self.engines.read_rules(engine);
            }
        }
    }

    fn team_config(&mut self, url: &EngineUrl, text: Option<&str>, wanted: bool) {
        if let Some(told) = team::told(url, text, wanted) {
            self.outbox.show(MessageType::INFO, format!("Weir: {told}"));
        }
        if wanted {
            self.engines.set_team_config(url, text.map(|text| TeamConfig::read(text).layer));
            self.configure();
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
