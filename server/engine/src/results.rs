//! What is known of files already: one that a customer sends again is opened and checked, and not analysed again.
//!
//! Kept is what a result says of a file beside its text: rules, places, numbers. Snippets are made anew by the worker that
//! opens the file: what is kept helps nobody who has not got the file and its key.

use crate::findings::Outcome;
use crate::http::Engine;
use crate::intake::Sealed;
use crate::rulebook::Rulebook;
use crate::store::{ResultKey, SessionId};
use crate::tenant::Tenant;
use std::sync::Arc;
use weir_model::{Analysed, JudgeOptions, Judged};
use weir_seal::SessionKey;

/// A file's customer, session and rules.
pub(crate) struct Judging<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) session: &'a SessionId,
    pub(crate) rules: &'a Arc<Rulebook>,
    pub(crate) key: &'a SessionKey,
}

impl Judging<'_> {
    /// Has a file opened, and analysed unless that was done before.
    pub(crate) async fn judge(&self, engine: &Engine, file: &Sealed, options: JudgeOptions) -> Outcome {
        let Self { tenant, session, rules, key } = self;
        let life = engine.config.results_life;
        let kept_as = (!life.is_zero()).then(|| kept_as(tenant, rules, file, options));
        let known = match &kept_as {
            Some(kept_as) => known(engine, kept_as).await,
            None => None,
        };
        let is_known = known.is_some();
        let outcome = engine.workers.judge_or_fall_back(session, rules, file, key, options, known).await;
        if let (Some(kept_as), false, Outcome::Judged(Judged::Analysed(analysed))) = (kept_as, is_known, &outcome)
            && let Some(bytes) = analysed.to_keep().and_then(|kept| postcard::to_allocvec(&kept).ok())
            && bytes.len() <= crate::store::RESULT_BYTES
            && let Err(error) = engine.store.keep_result(&kept_as, bytes, life).await
        {
            tracing::warn!("{error}");
        }
        outcome
    }
}

/// What a store cannot give is not known; the file is analysed then.
async fn known(engine: &Engine, kept_as: &ResultKey) -> Option<Analysed> {
    let kept = match engine.store.result(kept_as).await {
        Ok(kept) => kept.and_then(|bytes| postcard::from_bytes(&bytes).ok()),
        Err(error) => {
            tracing::warn!("{error}");
            None
        }
    };
    let outcome = if kept.is_some() { "found" } else { "none" };
    metrics::counter!("weir_engine_results_total", "kept" => outcome).increment(1);
    kept
}

fn kept_as(tenant: &Tenant, rules: &Rulebook, file: &Sealed, options: JudgeOptions) -> ResultKey {
    // How long it may take changes nothing of what is kept: that came to its end. The path does: rules look at it.
    let options = JudgeOptions { within_ms: None, ..options };
    let rest = postcard::to_allocvec(&(&file.path, file.format, options)).unwrap_or_default();
    ResultKey::new(tenant, &file.hash, &rules.hash, env!("CARGO_PKG_VERSION"), &rest)
}
