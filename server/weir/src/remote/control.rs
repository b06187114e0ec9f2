//! What the engine's front and we say to each other in the clear, beside the sealed link. It holds no code.

use serde::{Deserialize, Serialize};
use weir_model::RuleSource;

/// Where live sessions are.
pub(super) const STREAM: &str = "/api/v1/ast/stream";

/// The version of everything that is said there.
pub(super) const PROTOCOL: &str = "weir.link.v1";

/// We close with this to have the worker killed.
pub(super) const CLOSE_KILL: u16 = 4000;

/// What the front says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Notice {
    /// First of all: who we are to it, and who it is.
    Welcome(Welcome),
    /// What the team has agreed on: now, and whenever it changes.
    Team(Team),
    /// Nothing any more.
    NoTeam,
    /// A lease was granted or renewed.
    Leased { id: u64, fence: u64 },
    /// Somebody has it, for so long at most unless they have it renewed.
    LeaseHeld { id: u64, holder: String, retry_after_ms: u64 },
    /// It has ended.
    LeaseLost { id: u64 },
    /// There is none to be had.
    LeaseRefused { id: u64, message: String },
    /// The session ends soon.
    Expiring,
    /// The engine ends soon: go elsewhere.
    Drain,
    /// The last word before the connection is closed.
    Error(Fault),
    /// What a later version says.
    #[serde(other)]
    Other,
}

/// Who we are to an engine, and who it is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Welcome {
    pub(super) session: String,
    pub(super) customer: String,
    pub(super) identity: String,
}

/// What a team has agreed on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Team {
    /// Rule files, in place of the built-in ones.
    pub(crate) rules: Option<Vec<RuleSource>>,
    /// The text of its configuration.
    pub(crate) config: Option<String>,
}

/// Why a connection is closed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Fault {
    /// For people.
    #[serde(default)]
    pub(super) message: String,
}

/// What we say.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum Ask {
    /// The session is over: its worker may go.
    End,
    /// A lease is wanted.
    Lease { id: u64, names: Vec<String>, mode: &'static str },
    /// It is to last.
    RenewLease { id: u64, fence: u64 },
    /// It is given back.
    ReleaseLease { fence: u64 },
}

/// Reads what the front says. What is not understood is for a later version.
pub(super) fn read(text: &str) -> Notice {
    serde_json::from_str(text).unwrap_or(Notice::Other)
}

impl Ask {
    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).expect("plain data is JSON")
    }
}

/// What the code means that an engine closes a connection with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The session may be taken up again.
    Lost,
    /// It may not, and nothing that the worker had at hand is to blame.
    Over,
    /// The worker died of what it had at hand.
    Died,
    /// Nobody wanted anything for long.
    Idle,
    /// The key is good no more.
    Revoked,
}

impl Meaning {
    /// Of a code (`docs/remote-protocol.md`).
    pub(super) fn of(code: Option<u16>) -> Self {
        match code {
            Some(1000 | 1012 | CLOSE_KILL | 4404 | 4410 | 4503) => Self::Over,
            Some(4401) => Self::Revoked,
            Some(4411) => Self::Idle,
            Some(4500 | 4501) => Self::Died,
            _ => Self::Lost,
        }
    }
}

/// A welcome as an engine writes it.
#[cfg(test)]
pub(super) fn test_welcome(session: &str, customer: &str, identity: &str) -> String {
    serde_json::json!({ "type": "welcome", "session": session, "customer": customer, "identity": identity }).to_string()
}

/// Whether this is how we end a session.
#[cfg(test)]
pub(super) fn test_is_end(text: &str) -> bool {
    text == Ask::End.write()
}
