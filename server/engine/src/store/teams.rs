//! What a team shares: its rules and its configuration, pushed to who is connected when they change.

use super::{StoreError, StoreErrorKind};
use crate::tenant::is_name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rules and configuration of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// Grows with every change, also over a removal in between.
    pub version: u64,
    /// Rule files; `None`: the built-in rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<TeamRules>>,
    /// The text of a `weir.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
}

/// One rule file of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamRules {
    /// What to call it in errors.
    pub name: String,
    /// The YAML or JSON text.
    pub text: String,
}

/// Most bytes of a team's rules and configuration together, as JSON: twice the largest public rule collection, and few enough
/// to be sent to every editor of a team at once. Editors take no larger message.
pub const TEAM_BYTES: usize = 16 * 1024 * 1024;

/// What to change of a team; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamChange {
    /// See [`Team::rules`].
    pub rules: Option<Vec<TeamRules>>,
    /// See [`Team::config`].
    pub config: Option<String>,
    /// Change it only if this is its version; 0: it has nothing of its own.
    pub expected: Option<u64>,
}

/// All teams that have something of their own.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Teams {
    /// The version of the newest change.
    pub(super) version: u64,
    pub(super) teams: BTreeMap<String, Arc<Team>>,
}

impl TeamChange {
    /// The team after the change.
    pub(super) fn of(self, name: &str, before: Option<&Team>, version: u64) -> Result<Team, StoreError> {
        const DURING: &str = "changing a team";
        if !is_name(name) {
            return Err(StoreError::new(StoreErrorKind::Invalid, DURING));
        }
        if self.expected.is_some_and(|expected| expected != before.map_or(0, |team| team.version)) {
            return Err(StoreError::new(StoreErrorKind::Stale, DURING));
        }
        let team = Team {
            name: name.to_owned(),
            version,
            rules: self.rules.or_else(|| before.and_then(|team| team.rules.clone())),
            config: self.config.or_else(|| before.and_then(|team| team.config.clone())),
        };
        if serde_json::to_string(&team).map_or(usize::MAX, |json| json.len()) > TEAM_BYTES {
            return Err(StoreError::new(StoreErrorKind::TooLarge, DURING));
        }
        Ok(team)
    }
}
