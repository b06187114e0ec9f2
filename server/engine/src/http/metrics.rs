//! `GET /metrics`, in Prometheus's text format. Numbers, languages and routes: nothing of what was sent, nor by whom.

use super::Shared;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// Counters and gauges for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses((status = 200, description = "Prometheus's text format", content_type = "text/plain"))
)]
pub(super) async fn metrics(State(engine): State<Shared>) -> Response {
    let census = engine.workers.census();
    metrics::gauge!("weir_engine_workers", "state" => "busy").set(census.busy as f64);
    metrics::gauge!("weir_engine_workers", "state" => "idle").set((census.live - census.busy) as f64);
    metrics::gauge!("weir_engine_workers_limit").set(census.most as f64);
    metrics::gauge!("weir_engine_queue", "queue" => "workers").set(census.waiting as f64);
    if let Ok(sessions) = engine.store.sessions(None).await {
        metrics::gauge!("weir_engine_sessions").set(sessions.len() as f64);
    }
    if let Ok(leases) = engine.store.lease_statistics().await {
        metrics::gauge!("weir_engine_leases").set(leases.held as f64);
        metrics::counter!("weir_engine_leases_expired_total").absolute(leases.expired);
    }
    let live = engine.sockets.metrics();
    metrics::gauge!("weir_engine_live_connections").set(live.connections as f64);
    metrics::gauge!("weir_engine_live_sessions").set(live.sessions as f64);
    metrics::gauge!("weir_engine_live_worker_memory_bytes").set(live.worker_memory as f64);
    for (direction, frames, bytes) in
        [("up", live.frames_up, live.bytes_up), ("down", live.frames_down, live.bytes_down)]
    {
        metrics::counter!("weir_engine_live_frames_total", "direction" => direction).absolute(frames);
        metrics::counter!("weir_engine_live_bytes_total", "direction" => direction).absolute(bytes);
    }
    for analyses in live.workers.analyses {
        let language = analyses.language;
        metrics::counter!("weir_engine_live_analyses_total", "language" => language.clone()).absolute(analyses.count);
        for (step, us) in [("parse", analyses.parse_us), ("analyze", analyses.analyze_us)] {
            metrics::counter!("weir_engine_live_microseconds_total", "language" => language.clone(), "step" => step)
                .absolute(us);
        }
    }
    metrics::counter!("weir_engine_live_stale_edits_total").absolute(live.workers.stale);
    for (reason, count) in live.ended {
        metrics::counter!("weir_engine_live_ended_total", "reason" => reason).absolute(count);
    }
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], engine.metrics.render()).into_response()
}

/// Says what each metric is, for who reads them.
pub(super) fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("weir_engine_http_requests_total", "Requests by route, method, status and error code");
    describe_histogram!("weir_engine_http_request_seconds", "How long requests took, by route");
    describe_counter!("weir_engine_files_total", "Files by language and what became of them");
    describe_counter!("weir_engine_findings_total", "Findings by language and severity");
    describe_counter!("weir_engine_sealed_bytes_total", "Bytes of files that were sent sealed");
    describe_histogram!("weir_engine_parse_seconds", "Parsing by language and size of the file");
    describe_histogram!(
        "weir_engine_memory_bytes",
        "Memory of an analysis process after a file, by the file's language"
    );
    describe_counter!("weir_engine_results_total", "Files by whether their result was kept from before");
    describe_counter!("weir_engine_parser_restarts_total", "Analysis processes that were lost and replaced, by reason");
    describe_counter!("weir_engine_sessions_opened_total", "Sessions opened");
    describe_counter!("weir_engine_sessions_ended_total", "Sessions ended, by reason");
    describe_gauge!("weir_engine_sessions", "Sessions that are open");
    describe_gauge!("weir_engine_workers", "Analysis processes, by whether they have work");
    describe_gauge!("weir_engine_workers_limit", "Analysis processes there may be at once");
    describe_gauge!("weir_engine_live_connections", "Editors that are connected");
    describe_gauge!("weir_engine_live_sessions", "Live sessions, those included whose editor is away for a moment");
    describe_gauge!("weir_engine_live_worker_memory_bytes", "Memory of their analysis processes");
    describe_counter!("weir_engine_live_frames_total", "Sealed frames, by direction");
    describe_counter!("weir_engine_live_bytes_total", "Bytes of sealed frames, by direction");
    describe_counter!("weir_engine_live_analyses_total", "Analyses of texts under edit, by language");
    describe_counter!("weir_engine_live_microseconds_total", "Time they took, by language and step");
    describe_counter!("weir_engine_live_stale_edits_total", "Edits of a version that the engine did not have");
    describe_counter!("weir_engine_live_ended_total", "Live connections and sessions that ended, by reason");
    describe_gauge!("weir_engine_leases", "Leases that are held on what teams share");
    describe_counter!("weir_engine_leases_total", "Questions about leases, by mode and what came of them");
    describe_counter!("weir_engine_leases_expired_total", "Leases that ended because nobody gave them back in time");
    describe_histogram!(
        "weir_engine_lease_wait_seconds",
        "How long was waited for leases that somebody else had, by mode"
    );
    describe_histogram!("weir_engine_lease_held_seconds", "How long leases were held, by mode");
    describe_gauge!("weir_engine_queue", "Who waits, by for what");
}

#[cfg(test)]
mod tests {
    /// A panel of the dashboard with a metric that does not exist would stay empty, and nobody would know why.
    #[test]
    fn the_dashboard_shows_metrics_that_there_are() {
        let dashboard = include_str!("../../deploy/grafana.json");
        let names = dashboard.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let names: Vec<&str> = names.filter(|name| name.starts_with("weir_engine_")).collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names {
            let name = name.strip_suffix("_bucket").unwrap_or(name);
            assert!(include_str!("metrics.rs").contains(&format!("\"{name}\"")), "{name}");
        }
    }
}
