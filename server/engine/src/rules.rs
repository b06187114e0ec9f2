//! The rules of teams, each read once.

use crate::rulebook::Rulebook;
use crate::store::Team;
use crate::workers::Workers;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;
use weir_model::{Failure, RuleSource};

/// The rules of the engine and of teams that have their own.
pub(crate) struct Rules {
    workers: Workers,
    own: Arc<Rulebook>,
    /// By team: the version that was read, and what came of it.
    teams: Mutex<HashMap<String, (u64, Arc<Rulebook>)>>,
}

impl Rules {
    /// Has the engine's own rules read.
    pub(crate) async fn read(workers: Workers, sources: Arc<[RuleSource]>) -> Result<Self, Failure> {
        let own = Arc::new(workers.read(sources).await?);
        Ok(Self { workers, own, teams: Mutex::default() })
    }

    /// The rules of a team; without any of its own those of the engine.
    pub(crate) async fn of(&self, team: Option<&Team>) -> Result<Arc<Rulebook>, Failure> {
        let Some((team, files)) = team.and_then(|team| Some((team, team.rules.as_ref()?))) else {
            return Ok(Arc::clone(&self.own));
        };
        // Held while they are read: others of the team wait for the same.
        let mut teams = self.teams.lock().await;
        if let Some((version, rules)) = teams.get(&team.name)
            && *version == team.version
        {
            return Ok(Arc::clone(rules));
        }
        let sources: Arc<[RuleSource]> =
            files.iter().map(|file| RuleSource { name: file.name.clone(), text: file.text.clone() }).collect();
        let rules = Arc::new(self.workers.read(sources).await?);
        teams.insert(team.name.clone(), (team.version, Arc::clone(&rules)));
        Ok(rules)
    }
}
