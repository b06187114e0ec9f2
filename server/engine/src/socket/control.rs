//! What is said in the clear on a live link: JSON in text messages, and the codes that connections are closed with.
//!
//! `docs/remote-protocol.md` is about these. Fields are added to a version, never changed or taken away; whoever reads one it
//! does not know ignores it.

use crate::store::{LeaseMode, Team, TeamRules};
use serde::{Deserialize, Serialize};

/// The subprotocol that both sides must name (`Sec-WebSocket-Protocol`): the version of everything said on the link.
pub const PROTOCOL: &str = "weir.link.v1";

/// To the editor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Notice {
    /// The first message: what the handshake is made for.
    Welcome {
        /// The session; shown when the connection is made again.
        session: String,
        /// The customer.
        customer: String,
        /// The engine's identity. Shown to people; who has pinned another one is not talked into this.
        identity: String,
        /// The version of the engine.
        engine: String,
        /// The session's worker is the one it had before, and may hold what it was sent.
        resumed: bool,
        /// How long the worker is kept if the connection breaks.
        grace_seconds: u64,
        /// When the session ends, unless there is a new handshake by then.
        expires_in_seconds: u64,
        /// Largest binary message taken, in bytes.
        max_message_bytes: u64,
    },
    /// What the team has of its own, after the welcome and whenever that changes. Not sent as long as it has nothing.
    Team {
        /// Grows with every change.
        version: u64,
        /// The team's rule files, which take the place of the built-in ones.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rules: Option<Vec<TeamFile>>,
        /// The text of the team's `weir.toml`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        config: Option<String>,
    },
    /// The team has nothing of its own any more.
    NoTeam,
    /// A lease was granted or renewed.
    Leased {
        /// Of the question.
        id: u64,
        /// Larger than that of every lease granted before; names the lease.
        fence: u64,
        /// It ends after so long unless it is renewed.
        seconds: u64,
    },
    /// Somebody of the team has one of the things.
    LeaseHeld {
        /// Of the question.
        id: u64,
        /// Which of the things.
        name: String,
        /// Who, by the name of their key.
        holder: String,
        /// When theirs ends unless it is renewed or given back before.
        retry_after_ms: u64,
    },
    /// The lease that was to be renewed has ended; somebody else may have had it since.
    LeaseLost {
        /// Of the question.
        id: u64,
    },
    /// There is none to be had, whoever else has one.
    LeaseRefused {
        /// Of the question.
        id: u64,
        /// For people.
        message: String,
    },
    /// The session ends soon unless there is a new handshake.
    Expiring {
        /// How soon.
        seconds: u64,
    },
    /// The engine is about to stop: connect anew, to another one, by then.
    Drain {
        /// How soon.
        seconds: u64,
    },
    /// The last message before the connection is closed.
    Error {
        /// Which kind.
        code: String,
        /// For people.
        message: String,
    },
}

/// One rule file of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamFile {
    /// What to call it in errors.
    pub name: String,
    /// The YAML or JSON text.
    pub text: String,
}

impl From<&Team> for Notice {
    fn from(team: &Team) -> Self {
        let file = |rules: &TeamRules| TeamFile { name: rules.name.clone(), text: rules.text.clone() };
        Self::Team {
            version: team.version,
            rules: team.rules.as_ref().map(|rules| rules.iter().map(file).collect()),
            config: team.config.clone(),
        }
    }
}

/// From the editor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Ask {
    /// The session is over: its worker is not kept.
    End,
    /// A lease on things that the team shares, on all of them or on none. It ends with this connection.
    Lease {
        /// Comes back with the answer.
        id: u64,
        /// The things.
        names: Vec<String>,
        /// What others may do meanwhile.
        mode: LeaseMode,
    },
    /// A lease is to last.
    RenewLease {
        /// Comes back with the answer.
        id: u64,
        /// Which lease.
        fence: u64,
    },
    /// A lease is given back. There is no answer.
    ReleaseLease {
        /// Which lease.
        fence: u64,
    },
}

/// The editor closes with this to have its worker killed: it is past its deadline.
pub const CLOSE_KILL: u16 = 4000;

/// Why a session, or a connection, is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The editor said so.
    Asked,
    /// The editor has its worker killed.
    Killed,
    /// No connection within the grace.
    Abandoned,
    /// Nobody said anything.
    Idle,
    /// Its time was over.
    Expired,
    /// The API key is no longer good.
    Revoked,
    /// The engine stops.
    Drained,
    /// The worker ended by itself.
    WorkerEnded,
    /// The worker worked for too long without a word.
    Burned,
    /// The worker could not be started.
    NoWorker,
    /// The editor sent what none sends. The session stays.
    Protocol,
    /// The editor did not come to keys in time, or too often failed to. The session stays if there was a link before.
    Handshake,
    /// The link failed: a frame did not open, or what was in it is of another version. The session stays.
    Broken,
    /// The editor takes nothing, or says nothing. The session stays.
    Silent,
    /// The session goes on over another connection.
    Replaced,
}

impl End {
    /// What the connection is closed with, and what is said before that.
    pub fn close(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Asked => (1000, "ENDED", "the session is over"),
            Self::Killed => (CLOSE_KILL, "KILLED", "the session's worker was ended as asked"),
            Self::Protocol => (4400, "PROTOCOL", "a message that this version does not have, or not here"),
            Self::Revoked => (4401, "INVALID_API_KEY", "the API key is no longer valid"),
            Self::Abandoned => (4404, "SESSION_EXPIRED", "nobody came back for the session in time"),
            Self::Handshake => (4408, "HANDSHAKE", "no keys were agreed on in time"),
            Self::Replaced => (4409, "REPLACED", "the session goes on over another connection"),
            Self::Expired => (4410, "SESSION_EXPIRED", "the session has expired; begin a new one"),
            Self::Idle => (4411, "IDLE", "nothing was said for long; begin a new session when there is something"),
            Self::Silent => (4412, "SILENT", "the connection was dead, or nothing was taken from it"),
            Self::Broken => (4422, "LINK_BROKEN", "a sealed frame could not be read; connect again"),
            Self::WorkerEnded => (4500, "WORKER_ENDED", "the session's worker ended; begin a new session"),
            Self::Burned => (4501, "WORKER_STUCK", "the session's worker did not come back and was ended"),
            Self::NoWorker => (4503, "NO_WORKER", "no worker could be started for the session"),
            Self::Drained => (1012, "DRAIN", "the engine stops; connect again"),
        }
    }

    /// As it is called in metrics and the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Killed => "killed",
            Self::Abandoned => "abandoned",
            Self::Idle => "idle",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Drained => "drained",
            Self::WorkerEnded => "worker_ended",
            Self::Burned => "worker_stuck",
            Self::NoWorker => "no_worker",
            Self::Protocol => "protocol",
            Self::Handshake => "handshake",
            Self::Broken => "link_broken",
            Self::Silent => "silent",
            Self::Replaced => "replaced",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_read_by_their_type_and_in_camel_case() {
        let drain = serde_json::to_string(&Notice::Drain { seconds: 3 }).expect("JSON");
        assert_eq!(drain, r#"{"type":"drain","seconds":3}"#);
        let ask: Ask = serde_json::from_str(r#"{"type":"end","later":1}"#).expect("an unknown field is ignored");
        assert_eq!(ask, Ask::End);
        let notice = Notice::Welcome {
            session: "s".to_owned(),
            customer: "c".to_owned(),
            identity: "i".to_owned(),
            engine: "1".to_owned(),
            resumed: false,
            grace_seconds: 1,
            expires_in_seconds: 2,
            max_message_bytes: 3,
        };
        let text = serde_json::to_string(&notice).expect("JSON");
        assert!(text.contains(r#""expiresInSeconds":2"#), "{text}");
    }
}
