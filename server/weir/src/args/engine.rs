//! What `weir engine` is told: by flags, by the environment (`WEIR_ENGINE_...`), or by a file, in this order.

use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use weir_engine::audit::Anchor;

/// What is said at the end of the help.
pub(super) const HELP: &str = "\
Once requests are taken, one line on standard output says where: `listening on http://127.0.0.1:8787`.
SIGTERM and Ctrl-C let requests at work come to their end (--drain), then the engine ends.
Every flag can be given as an environment variable, and by its name without dashes in front in the file of --config
(TOML; `listen = \"127.0.0.1:8787\"`). Flags have precedence over the environment, and that over the file.

Exit codes:
  0  ended because it was told to; of the other commands: done
  1  there is no such key or team; the audit log is not what was written
  2  it could not start, or the command failed";

/// `weir engine`
#[derive(Debug, Clone, Default, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct EngineArgs {
    #[command(subcommand)]
    pub(crate) command: Option<EngineCommand>,

    /// A file with settings.
    #[arg(long, value_name = "FILE", env = "WEIR_ENGINE_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Use the rules of this file or folder in place of the built-in ones (`built-in` names those) for teams that have none of their
    /// own; may be given several times.
    #[arg(long, value_name = "PATH", env = "WEIR_ENGINE_RULES", value_delimiter = ',')]
    pub(crate) rules: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) settings: EngineSettings,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty, $flag:literal, $value:literal, $env:literal;)+) => {
        /// Settings of an engine: flags, environment and file have the same.
        #[derive(Debug, Clone, Default, Args, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub(crate) struct EngineSettings {
            $($(#[doc = $doc])+ #[arg(long = $flag, value_name = $value, env = $env)] pub(crate) $name: Option<$type>,)+

            /// A proxy before the engine does TLS: plain HTTP on any address.
            #[arg(long, env = "WEIR_ENGINE_BEHIND_PROXY", conflicts_with = "tls_cert")]
            pub(crate) behind_proxy: bool,

            /// Plain HTTP on any address, whoever may be listening.
            #[arg(long, env = "WEIR_ENGINE_INSECURE_HTTP", conflicts_with = "tls_cert")]
            pub(crate) insecure_http: bool,
        }

        impl EngineSettings {
            /// These, and those of another where these say nothing.
            pub(crate) fn or(self, other: Self) -> Self {
                Self {
                    $($name: self.$name.or(other.$name),)+
                    behind_proxy: self.behind_proxy || other.behind_proxy,
                    insecure_http: self.insecure_http || other.insecure_http,
                }
            }
        }
    };
}

settings! {
    /// Where to listen. 127.0.0.1:8787 if nothing is said; port 0 lets the system choose.
    listen: SocketAddr, "listen", "ADDR", "WEIR_ENGINE_LISTEN";
    /// Where keys, sessions and jobs are kept.
    data: PathBuf, "data", "DIR", "WEIR_ENGINE_DATA";
    /// A Redis or Valkey that several engines share.
    redis: String, "redis", "URL", "WEIR_ENGINE_REDIS";
    /// The engine's identity, by which editors know it: a file that all engines of a cluster have. `identity.key` in the data directory if
    /// nothing is said; made if there is none.
    identity_file: PathBuf, "identity-file", "FILE", "WEIR_ENGINE_IDENTITY_FILE";
    /// TLS: the certificate chain (PEM).
    tls_cert: PathBuf, "tls-cert", "FILE", "WEIR_ENGINE_TLS_CERT";
    /// TLS: the certificate's key (PEM).
    tls_key: PathBuf, "tls-key", "FILE", "WEIR_ENGINE_TLS_KEY";
    /// Requests a minute of one key. 60 if nothing is said.
    requests_per_minute: u32, "requests-per-minute", "N", "WEIR_ENGINE_REQUESTS_PER_MINUTE";
    /// Requests at once of one key. 10 if nothing is said.
    concurrent_requests: u32, "concurrent-requests", "N", "WEIR_ENGINE_CONCURRENT_REQUESTS";
    /// Files in one request. 10 if nothing is said.
    max_files: u32, "max-files", "N", "WEIR_ENGINE_MAX_FILES";
    /// Bytes of one file. 10485760 if nothing is said.
    max_file_bytes: u64, "max-file-bytes", "BYTES", "WEIR_ENGINE_MAX_FILE_BYTES";
    /// Seconds that a request may take. 30 if nothing is said.
    request_timeout: u64, "request-timeout", "SECONDS", "WEIR_ENGINE_REQUEST_TIMEOUT";
    /// Seconds that the analysis of one file may take. 10 if nothing is said.
    file_timeout: u64, "file-timeout", "SECONDS", "WEIR_ENGINE_FILE_TIMEOUT";
    /// Sessions at once of one key; one more ends the one that was unused for longest. 10 if nothing is said.
    max_sessions: u32, "max-sessions", "N", "WEIR_ENGINE_MAX_SESSIONS";
    /// Seconds after its last use that a session ends. 3600 if nothing is said.
    session_lifetime: u64, "session-lifetime", "SECONDS", "WEIR_ENGINE_SESSION_LIFETIME";
    /// Analysis processes at once; sessions wait for one another beyond. 32 if nothing is said.
    max_workers: usize, "max-workers", "N", "WEIR_ENGINE_MAX_WORKERS";
    /// Bytes of memory that an analysis process may take. 4294967296 if nothing is said.
    worker_memory: u64, "worker-memory", "BYTES", "WEIR_ENGINE_WORKER_MEMORY";
    /// Seconds that an analysis process without work is kept. 30 if nothing is said.
    worker_idle: u64, "worker-idle", "SECONDS", "WEIR_ENGINE_WORKER_IDLE";
    /// Live sessions of editors at once, each with an analysis process. 2000 if nothing is said.
    live_sessions: usize, "live-sessions", "N", "WEIR_ENGINE_LIVE_SESSIONS";
    /// Live sessions of one key at once. 500 if nothing is said.
    live_sessions_per_key: usize, "live-sessions-per-key", "N", "WEIR_ENGINE_LIVE_SESSIONS_PER_KEY";
    /// Seconds after which a live session in which nothing happens ends. 1800 if nothing is said.
    live_idle: u64, "live-idle", "SECONDS", "WEIR_ENGINE_LIVE_IDLE";
    /// Pad what is sent to editors to size classes, so that its lengths tell nothing. true if nothing is said.
    pad: bool, "pad", "true|false", "WEIR_ENGINE_PAD";
    /// Files of one batch job. 50000 if nothing is said.
    job_files: u32, "job-files", "N", "WEIR_ENGINE_JOB_FILES";
    /// Bytes of all files of one batch job. 1073741824 if nothing is said.
    job_bytes: u64, "job-bytes", "BYTES", "WEIR_ENGINE_JOB_BYTES";
    /// Unfinished batch jobs of one key. 4 if nothing is said.
    max_jobs: u32, "max-jobs", "N", "WEIR_ENGINE_MAX_JOBS";
    /// Connections at once. 1024 if nothing is said.
    max_connections: usize, "max-connections", "N", "WEIR_ENGINE_MAX_CONNECTIONS";
    /// Bytes of all requests at once; more wait, and are sent away after two seconds. 1073741824 if nothing is said.
    max_bytes_in_flight: u64, "max-bytes-in-flight", "BYTES", "WEIR_ENGINE_MAX_BYTES_IN_FLIGHT";
    /// Seconds that results (rules and places, no code) are kept for files that are sent again; 0 keeps none. 604800 if nothing is said.
    keep_results: u64, "keep-results", "SECONDS", "WEIR_ENGINE_KEEP_RESULTS";
    /// Seconds that requests at work may go on when the engine is told to end. 30 if nothing is said.
    drain: u64, "drain", "SECONDS", "WEIR_ENGINE_DRAIN";
}

/// What is done to an engine's store, whether it runs or not.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum EngineCommand {
    /// Customers and their keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// A team's rules and configuration, told to its editors as soon as they change.
    #[command(subcommand)]
    Team(TeamCommand),
    /// The log of who did what.
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// Where the store is.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreArgs {
    /// The engine's data directory.
    #[arg(long, value_name = "DIR", env = "WEIR_ENGINE_DATA", required_unless_present = "redis")]
    pub(crate) data: Option<PathBuf>,

    /// The Redis or Valkey that several engines share.
    #[arg(long, value_name = "URL", env = "WEIR_ENGINE_REDIS", hide_env_values = true)]
    pub(crate) redis: Option<String>,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key and print it, alone on standard output. It is not kept and cannot be printed again.
    Add(KeysAddArgs),
    /// List the keys, without their secrets.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Make a key invalid, at once and for good. Running engines see it within a second.
    Revoke {
        /// The key's name or id.
        #[arg(value_name = "NAME|ID")]
        key: String,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Make a new secret for a key and print the key; the old one stays valid for a while.
    Rotate {
        /// The key's name or id.
        #[arg(value_name = "NAME|ID")]
        key: String,
        /// How long, in seconds; 0 ends it at once.
        #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
        grace: u64,
        #[command(flatten)]
        store: StoreArgs,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct KeysAddArgs {
    /// What to call it: letters, digits and -_.@, at most 64.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Whose rules and configuration it gets; its own name if not given.
    #[arg(long, value_name = "TEAM")]
    pub(crate) team: Option<String>,

    /// What its holder may do.
    #[arg(long, value_enum, default_value_t = RoleArg::Analyst)]
    pub(crate) role: RoleArg,

    /// Requests a minute; the engine's setting if not given. The same holds for the others.
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<u32>,

    /// Requests at once.
    #[arg(long, value_name = "N")]
    pub(crate) concurrent: Option<u32>,

    /// Sessions at once.
    #[arg(long, value_name = "N")]
    pub(crate) sessions: Option<u32>,

    /// Seconds that a session lives.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) session_lifetime: Option<u64>,

    /// Files in one request.
    #[arg(long, value_name = "N")]
    pub(crate) files: Option<u32>,

    /// Bytes of one file.
    #[arg(long, value_name = "BYTES")]
    pub(crate) file_bytes: Option<u64>,

    /// Unfinished batch jobs at once.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<u32>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// Analyse code.
    Analyst,
    /// Also see and change what belongs to others.
    Admin,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum TeamCommand {
    /// Give a team rules, a configuration, or both; what is not named stays as it is.
    Set {
        /// The team.
        #[arg(value_name = "NAME")]
        name: String,
        /// A file or folder of rules; may be given several times.
        #[arg(long, value_name = "PATH", required_unless_present = "config")]
        rules: Vec<PathBuf>,
        /// A part of a weir.toml: filter, severity, folder.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Only if the team is at this version, as `team show` has it; 0: if it has nothing of its own.
        #[arg(long, value_name = "VERSION")]
        if_version: Option<u64>,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Print what a team has of its own, as JSON.
    Show {
        /// The team.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Leave a team the engine's rules and no configuration.
    Clear {
        /// The team.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        store: StoreArgs,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum AuditCommand {
    /// Say whether the log is what was written, or where it was edited, cut or reordered.
    Verify {
        /// The engine's data directory.
        #[arg(long, value_name = "DIR", env = "WEIR_ENGINE_DATA")]
        data: PathBuf,
        /// Hold it against what `anchor` printed once, too.
        #[arg(long, value_name = "ANCHOR")]
        anchor: Option<Anchor>,
    },
    /// Print how far the log has come, to be kept where nobody who can change the log can change it.
    Anchor {
        /// The engine's data directory.
        #[arg(long, value_name = "DIR", env = "WEIR_ENGINE_DATA")]
        data: PathBuf,
    },
}
