//! `weir engine`: the analysis service for teams, and what is done to its store.

mod store;

use super::Exit;
use super::engine::block_on;
use crate::args::EngineArgs;
use crate::config::RulePath;
use crate::rules_source;
use anyhow::{Context, bail};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use weir_engine::socket::LinkLimits;
use weir_engine::{EngineConfig, Transport};

/// Where an engine listens if nothing is said.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8787);

/// Runs an engine until it is told to end.
pub(crate) fn main(args: EngineArgs) -> anyhow::Result<Exit> {
    if let Some(command) = args.command {
        return block_on(store::run(command));
    }
    let config = configured(args)?;
    let scheme = if matches!(config.transport, Transport::Tls { .. }) { "https" } else { "http" };
    block_on(async {
        weir_engine::serve(config, |address| {
            // Whoever started the engine waits for this line. If nobody does, there is nobody to tell.
            let mut out = io::stdout().lock();
            let _ = writeln!(out, "listening on {scheme}://{address}").and_then(|()| out.flush());
        })
        .await?;
        Ok(Exit::Ok)
    })
}

fn configured(args: EngineArgs) -> anyhow::Result<EngineConfig> {
    let mut settings = args.settings;
    if let Some(file) = &args.config {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let from_file = toml::from_str(&text).with_context(|| format!("{} is not valid", file.display()))?;
        settings = settings.or(from_file);
    }
    let Some(data) = settings.data else { bail!("--data DIR says where keys, sessions and jobs are to be kept") };
    let (sources, errors) = rules_source::load(&RulePath::named(&args.rules));
    if let Some(error) = errors.into_iter().next() {
        return Err(error.into());
    }
    let mut config = EngineConfig::new(settings.listen.unwrap_or(DEFAULT_LISTEN), data, sources);
    config.redis = settings.redis;
    config.identity = settings.identity_file;
    config.transport = match (settings.tls_cert, settings.tls_key) {
        (Some(cert), Some(key)) => Transport::Tls { cert, key },
        (None, None) if settings.behind_proxy => Transport::BehindProxy,
        (None, None) if settings.insecure_http => Transport::Insecure,
        (None, None) => Transport::Loopback,
        _ => bail!("--tls-cert and --tls-key belong together"),
    };
    set(&mut config.limits.per_minute, settings.requests_per_minute);
    set(&mut config.limits.concurrent, settings.concurrent_requests);
    set(&mut config.limits.files, settings.max_files);
    set(&mut config.limits.file_bytes, settings.max_file_bytes);
    set(&mut config.limits.request_ms, settings.request_timeout.map(|seconds| seconds.saturating_mul(1000)));
    set(&mut config.limits.sessions, settings.max_sessions);
    set(&mut config.limits.session_seconds, settings.session_lifetime);
    set(&mut config.limits.job_files, settings.job_files);
    set(&mut config.limits.job_bytes, settings.job_bytes);
    set(&mut config.limits.jobs, settings.max_jobs);
    set(&mut config.workers.pool.scan_deadline, settings.file_timeout.map(Duration::from_secs));
    set(&mut config.workers.pool.memory, settings.worker_memory);
    set(&mut config.workers.most, settings.max_workers);
    set(&mut config.workers.idle, settings.worker_idle.map(Duration::from_secs));
    set(&mut config.link.confinement.memory, settings.worker_memory);
    set(&mut config.link.max_sessions, settings.live_sessions);
    set(&mut config.link.pads, settings.pad);
    set(&mut config.link.idle, settings.live_idle.map(Duration::from_secs));
    set(&mut config.link.expiry, settings.session_lifetime.map(Duration::from_secs));
    if let Some(sessions) = settings.live_sessions_per_key {
        // An editor that comes back may have its old connection for a while.
        config.link_limits = LinkLimits { sessions, connections: sessions.saturating_mul(2) };
    }
    set(&mut config.max_connections, settings.max_connections);
    set(&mut config.bytes_in_flight, settings.max_bytes_in_flight);
    set(&mut config.results_life, settings.keep_results.map(Duration::from_secs));
    set(&mut config.drain, settings.drain.map(Duration::from_secs));
    Ok(config)
}

fn set<T>(setting: &mut T, said: Option<T>) {
    if let Some(said) = said {
        *setting = said;
    }
}
