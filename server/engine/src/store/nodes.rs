//! What the nodes of a cluster tell each other: who they are to editors, and how many live sessions each has.
//!
//! A node tells all of it again every few seconds ([`NODE_BEAT`]), as it is then. So a Redis that lost it has it back, and of a node
//! that died nothing is left after [`NODE_LIFE`]. Embedded there is but one node, which knows all there is to know.

use super::{Backend, Store, StoreError};
use crate::clock::milliseconds;
use std::time::Duration;

/// How often a node says that it lives.
pub const NODE_BEAT: Duration = Duration::from_secs(3);

/// A node that did not for so long is dead: its sessions are counted no more. Three beats may be lost; and an editor of it
/// that finds the sessions of its key taken meanwhile waits no longer.
pub const NODE_LIFE: Duration = Duration::from_secs(10);

impl Store {
    /// Notes that this node has this identity. `false`: another one that is alive has another.
    pub async fn is_one_of_us(&self, identity: &str) -> Result<bool, StoreError> {
        match &self.inner.backend {
            Backend::Embedded(_) => Ok(true),
            Backend::Redis(redis) => redis.is_one_of_us(identity, milliseconds(NODE_LIFE)).await,
        }
    }

    /// Notes how many live sessions a customer has on this node: with a limit only if all nodes together keep to it. Says whether
    /// it was noted.
    pub async fn share_live(&self, tenant: &str, sessions: usize, most: Option<usize>) -> Result<bool, StoreError> {
        match &self.inner.backend {
            Backend::Embedded(_) => Ok(most.is_none_or(|most| sessions <= most)),
            Backend::Redis(redis) => {
                redis.share_live(tenant, &self.inner.node, sessions, most, milliseconds(NODE_LIFE)).await
            }
        }
    }
}
