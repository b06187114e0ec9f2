//! Counting what customers do.

use super::{Backend, Store, StoreError};
use crate::limits::{Limits, Rate};
use std::sync::Arc;
use std::time::Duration;

/// How long a permit is held by a node that has died, at least. Longer than a request may take by default; where requests may take
/// longer, so do permits.
pub const PERMIT_LIFE: Duration = Duration::from_mins(1);

/// Whether a request may be worked on.
#[derive(Debug)]
pub enum Admission {
    /// It may, as long as the permit is kept.
    Admitted(Permit),
    /// There were too many in the last minute.
    TooFast {
        /// When the next one will be admitted.
        retry_after: Duration,
    },
    /// Too many are being worked on.
    TooMany {
        /// When it is sensible to ask again.
        retry_after: Duration,
    },
}

/// Others that are being worked on take about so long.
pub(super) const BUSY_RETRY: Duration = Duration::from_secs(1);

/// One of the requests that a customer may have worked on at once. Given back when dropped; lost with its node, it is free
/// after [`PERMIT_LIFE`].
pub struct Permit {
    store: Store,
    tenant: String,
    id: String,
}

impl Store {
    /// Counts a request of a customer, if it is within both limits; if not, it is not counted.
    pub async fn admit(&self, tenant: &str, limits: &Limits) -> Result<Admission, StoreError> {
        let rate = Rate::per_minute(limits.per_minute);
        let id = crate::random::id::<16>()?;
        // Answering takes a moment more.
        let life = crate::clock::milliseconds(PERMIT_LIFE).max(limits.request_ms.saturating_mul(2));
        let counted = match &self.inner.backend {
            Backend::Embedded(embedded) => {
                embedded.meters().admit(tenant, rate, limits.concurrent, &id, self.now(), life)
            }
            Backend::Redis(redis) => redis.admit(tenant, rate, limits.concurrent, &id, life).await?,
        };
        Ok(match counted {
            Counted::Within => Admission::Admitted(Permit { store: self.clone(), tenant: tenant.to_owned(), id }),
            Counted::TooFast(retry_after) => Admission::TooFast { retry_after },
            Counted::TooMany => Admission::TooMany { retry_after: BUSY_RETRY },
        })
    }

    /// Counts so many against a rate a minute that has this name: what is not a request, or who is not a customer. `Err` inside: when to
    /// come back.
    pub async fn count(&self, name: &str, per_minute: u32, times: u32) -> Result<Result<(), Duration>, StoreError> {
        let rate = Rate::per_minute(per_minute);
        Ok(match &self.inner.backend {
            Backend::Embedded(embedded) => embedded.meters().count(name, rate, times, self.now()),
            Backend::Redis(redis) => redis.count(name, rate, times).await?,
        })
    }

    /// How many requests of a customer are being worked on.
    pub async fn working(&self, tenant: &str) -> Result<u32, StoreError> {
        Ok(match &self.inner.backend {
            Backend::Embedded(embedded) => embedded.meters().working(tenant, self.now()),
            Backend::Redis(redis) => redis.working(tenant).await?,
        })
    }
}

/// What counting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Within,
    TooFast(Duration),
    TooMany,
}

impl Permit {
    /// Keeps it for another [`PERMIT_LIFE`]. `false`: it was lost, others may work in its place.
    pub async fn renew(&self) -> Result<bool, StoreError> {
        let life = crate::clock::milliseconds(PERMIT_LIFE);
        Ok(match &self.store.inner.backend {
            Backend::Embedded(embedded) => embedded.meters().renew(&self.tenant, &self.id, self.store.now(), life),
            Backend::Redis(redis) => redis.renew_permit(&self.tenant, &self.id, life).await?,
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        match &self.store.inner.backend {
            Backend::Embedded(embedded) => embedded.meters().leave(&self.tenant, &self.id),
            Backend::Redis(redis) => {
                let (redis, tenant, id) = (Arc::clone(redis), self.tenant.clone(), self.id.clone());
                // Without a runtime the program is ending, and the permit ends by itself.
                if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                    runtime.spawn(async move {
                        if let Err(error) = redis.leave(&tenant, &id).await {
                            tracing::warn!("a permit was not given back and has to expire: {error}");
                        }
                    });
                }
            }
        }
    }
}

impl std::fmt::Debug for Permit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Permit({})", self.tenant)
    }
}
