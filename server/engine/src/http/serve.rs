//! The engine from start to end: it listens, serves each connection, and drains when it is told to end.

use super::body::Room;
use super::tls::Tls;
use super::{Engine, router};
use crate::audit::{Audit, AuditConfig, Entry};
use crate::batch::{self, JobKeys};
use crate::clock::Clock;
use crate::config::{EngineConfig, StartError, Transport};
use crate::rules::Rules;
use crate::socket::{self, Gate, LinkEvent, LinkRecord, Sockets};
use crate::store::{NODE_BEAT, Store, StoreConfig};
use crate::workers::Workers;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// A client that has not sent its headers by then is cut off: connections that say nothing cost places.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);

/// Nor does a handshake take longer.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// Requests at once on one connection of HTTP/2. A customer may have ten at work.
const STREAMS: u32 = 64;

/// How often what has expired is removed.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Jobs end after the file at hand; one that takes longer is cut off.
const JOBS_WITHIN: Duration = Duration::from_secs(10);

/// So much of the audit log may be lost in a power failure.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// When accepting fails (no file descriptors are left), so long passes until the next try.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Runs an engine until it is told to end by SIGTERM or an interrupt. `ready` is told the address once requests are taken.
pub async fn serve(config: EngineConfig, ready: impl FnOnce(SocketAddr)) -> Result<(), StartError> {
    config.check()?;
    let tls = match &config.transport {
        Transport::Tls { cert, key } => Some(Tls::read(cert.clone(), key.clone())?),
        _ => None,
    };
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| StartError::Bind { listen: config.listen, reason: error.to_string() })?;
    let address = listener.local_addr().map_err(|error| StartError::System(error.to_string()))?;
    let told_to_end = told_to_end()?;
    let engine = start(config).await?;
    let jobs = tokio::spawn(batch::run(Arc::clone(&engine)));
    ready(address);
    tokio::select! {
        () = accept(listener, tls.as_deref(), &engine, told_to_end) => {}
        () = sweep(&engine) => {}
        () = keep_audit(&engine) => {}
        () = tell_other_nodes(&engine) => {}
        () = renew(tls.as_ref()) => {}
    }
    engine.jobs.wake();
    // What they have at hand is analysed again after the restart.
    let _ = tokio::time::timeout(JOBS_WITHIN, jobs).await;
    engine.workers.shutdown().await;
    flush_audit(&engine).await;
    if let Err(error) = engine.store.clone().close().await {
        tracing::error!("{error}");
    }
    Ok(())
}

/// Opens the store and has the rules read.
async fn start(config: EngineConfig) -> Result<Arc<Engine>, StartError> {
    let metrics = recorder()?;
    super::metrics::describe();
    let store_config = StoreConfig { redis: config.redis.clone(), ..StoreConfig::embedded(&config.data) };
    let store = Store::open(store_config, Clock::system()).await?;
    for loss in store.losses() {
        tracing::warn!("{loss}");
    }
    let (audit, losses) = Audit::open(&config.data, AuditConfig::default(), Clock::system())?;
    for loss in losses {
        tracing::warn!("{loss}");
    }
    let audit = Arc::new(audit);
    let file = config.identity.clone().unwrap_or_else(|| config.data.join(socket::IDENTITY_FILE));
    let identity = socket::identity(&file).map_err(|error| StartError::System(error.to_string()))?;
    let public = identity.public();
    tracing::info!("identity {public}, fingerprint {}", public.fingerprint());
    if !store.is_one_of_us(&public.to_string()).await? {
        return Err(StartError::OtherIdentity);
    }
    let gate = Gate::of(&store, config.link_limits, recorded_in(Arc::clone(&audit)));
    let sockets = Sockets::new(config.link.clone(), identity, gate);
    let workers = Workers::new(config.workers.clone());
    let rules = Rules::read(workers.clone(), Arc::clone(&config.rules)).await;
    let rules = rules.map_err(|failure| StartError::Workers(failure.to_string()))?;
    Ok(Arc::new(Engine {
        room: Room::new(config.bytes_in_flight),
        config,
        store,
        workers,
        rules,
        metrics,
        jobs: JobKeys::default(),
        audit,
        sockets,
        identity: public,
        draining: AtomicBool::new(false),
    }))
}

/// Serves connections until the engine is told to end, then waits for those at work.
async fn accept(listener: TcpListener, tls: Option<&Tls>, engine: &Arc<Engine>, told_to_end: impl Future<Output = ()>) {
    let app = router(Arc::clone(engine));
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(engine.config.max_connections.max(1)));
    let mut told_to_end = std::pin::pin!(told_to_end);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = &mut told_to_end => break,
        };
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("a connection could not be taken: {error}");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            },
            () = &mut told_to_end => break,
        };
        let _ = stream.set_nodelay(true);
        let (app, tls, watcher) = (app.clone(), tls.map(Tls::acceptor), graceful.watcher());
        tokio::spawn(async move {
            connection(stream, app, tls, watcher).await;
            drop(place);
        });
    }
    engine.draining.store(true, Ordering::Relaxed);
    // Whoever connects now is to be refused, and not to wait where nobody answers: another node will take it.
    drop(listener);
    tracing::info!("draining");
    let drain = engine.config.drain;
    let (served, ()) = tokio::join!(tokio::time::timeout(drain, graceful.shutdown()), engine.sockets.drain(drain));
    if served.is_err() {
        tracing::warn!("requests that were still at work are cut off");
    }
}

async fn connection(
    stream: TcpStream,
    app: axum::Router,
    tls: Option<TlsAcceptor>,
    watcher: hyper_util::server::graceful::Watcher,
) {
    match tls {
        None => speak(stream, app, watcher).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
            Ok(Ok(stream)) => speak(stream, app, watcher).await,
            Ok(Err(error)) => tracing::debug!("a handshake failed: {error}"),
            Err(_) => tracing::debug!("a handshake took too long"),
        },
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    app: axum::Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS).keep_alive_interval(HEADERS_WITHIN);
    let asked = Arc::new(AtomicBool::new(false));
    let (first, app) = (Arc::clone(&asked), TowerToHyperService::new(app));
    let service = hyper::service::service_fn(move |request| {
        first.store(true, Ordering::Relaxed);
        hyper::service::Service::call(&app, request)
    });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let connection = std::pin::pin!(watcher.watch(connection.into_owned()));
    // The library waits without end for the first bytes, by which it tells the versions of HTTP apart.
    let silent = async {
        tokio::time::sleep(HEADERS_WITHIN).await;
        if asked.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = connection => if let Err(error) = ended {
            // A client that goes away, or speaks no HTTP. The error may quote what it said.
            tracing::debug!("a connection ended early (timed out: {})", error.is::<std::io::Error>());
        },
        () = silent => tracing::debug!("a connection asked for nothing"),
    }
}

/// Removes what has expired, for ever.
async fn sweep(engine: &Engine) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        match engine.store.sweep().await {
            Ok(swept) => {
                metrics::counter!("weir_engine_sessions_ended_total", "reason" => "expired").increment(swept.sessions);
            }
            Err(error) => tracing::error!("{error}"),
        }
        if let Err(error) = batch::forget_ended(engine).await {
            tracing::error!("{error}");
        }
        engine.metrics.run_upkeep();
    }
}

/// Tells other nodes of this one, for ever.
async fn tell_other_nodes(engine: &Engine) {
    let identity = engine.identity.to_string();
    loop {
        tokio::time::sleep(NODE_BEAT).await;
        match engine.store.is_one_of_us(&identity).await {
            Ok(true) => {}
            // It was started while Redis was away, or knew nothing.
            Ok(false) => tracing::error!("{}", StartError::OtherIdentity),
            Err(error) => {
                tracing::warn!("{error}");
                continue;
            }
        }
        engine.sockets.tell_other_nodes().await;
    }
}

/// Writes what happens to live sessions to the audit log.
fn recorded_in(audit: Arc<Audit>) -> Arc<dyn Fn(LinkRecord) + Send + Sync> {
    Arc::new(move |record| {
        let (action, status) = match record.what {
            LinkEvent::Opened => ("live.open", "ok"),
            LinkEvent::Resumed => ("live.resume", "ok"),
            LinkEvent::Left => ("live.leave", "ok"),
            LinkEvent::Ended(end) => ("live.end", end.name()),
        };
        let entry = Entry {
            tenant: record.customer,
            request: record.session,
            action: action.to_owned(),
            status: status.to_owned(),
            ..Entry::default()
        };
        let audit = Arc::clone(&audit);
        // Nobody waits for it.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = audit.append(entry) {
                tracing::error!("{error}");
            }
        });
    })
}

/// Takes certificates that were renewed, for ever.
async fn renew(tls: Option<&Arc<Tls>>) {
    match tls {
        Some(tls) => tls.renew().await,
        None => std::future::pending().await,
    }
}

/// Makes what was written to the audit log last, for ever.
async fn keep_audit(engine: &Engine) {
    loop {
        tokio::time::sleep(FLUSH_EVERY).await;
        flush_audit(engine).await;
    }
}

async fn flush_audit(engine: &Engine) {
    let audit = Arc::clone(&engine.audit);
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || audit.flush()).await {
        tracing::error!("{error}");
    }
}

/// Ends when somebody wants the process to end. Asked for before anything is started, so that nothing is lost.
#[cfg(unix)]
fn told_to_end() -> Result<impl Future<Output = ()>, StartError> {
    use tokio::signal::unix::{SignalKind, signal};
    let signal = |kind| signal(kind).map_err(|error| StartError::System(error.to_string()));
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ends when somebody wants the process to end.
#[cfg(not(unix))]
fn told_to_end() -> Result<impl Future<Output = ()>, StartError> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// Times that matter: the contract promises half a second, two and five.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// From what a process has before it reads anything to what it may have at most if nothing else is said.
const BYTES: &[f64] = &[8e6, 16e6, 32e6, 64e6, 128e6, 256e6, 512e6, 1e9, 2e9, 4.3e9];

/// Where metrics are counted. There is one in a process.
fn recorder() -> Result<PrometheusHandle, StartError> {
    let failed = |error: &dyn std::fmt::Display| StartError::System(format!("metrics: {error}"));
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), BYTES))
        .map_err(|error| failed(&error))?
        .install_recorder()
        .map_err(|error| failed(&error))
}
