//! Sessions in redb, by customer and id.

use super::Embedded;
use super::db::{Rows, Tables};
use crate::store::{NewSession, Opened, Session, SessionId, StoreError};
use std::time::Duration;

pub(super) const SESSIONS: Rows<Session> = Rows::new("sessions");

fn key(tenant: &str, id: &SessionId) -> Vec<u8> {
    let mut key = of_tenant(tenant);
    key.extend_from_slice(id.as_str().as_bytes());
    key
}

fn of_tenant(tenant: &str) -> Vec<u8> {
    // Ids of customers have no slash.
    format!("{tenant}/").into_bytes()
}

fn open_ones(from: &impl Tables, prefix: &[u8], now: u64) -> Result<Vec<Session>, StoreError> {
    let all = SESSIONS.all(from, prefix)?;
    Ok(all.into_iter().map(|(_, session)| session).filter(|session| session.expires > now).collect())
}

impl Embedded {
    pub(in crate::store) fn open_session(&self, new: NewSession, now: u64) -> Result<Opened, StoreError> {
        let most = new.most;
        let session = Session::open(new, now)?;
        self.store.write(|transaction| {
            let open = open_ones(transaction, &of_tenant(&session.tenant), now)?;
            if open.len() >= most as usize {
                let first = open.iter().map(|session| session.expires).min().unwrap_or(now);
                return Ok(Opened::TooMany { retry_after: Duration::from_millis(first.saturating_sub(now)) });
            }
            SESSIONS.put(transaction, &key(&session.tenant, &session.id), &session)?;
            Ok(Opened::Session(session))
        })
    }

    pub(in crate::store) fn use_session(
        &self,
        tenant: &str,
        id: &SessionId,
        now: u64,
    ) -> Result<Option<Session>, StoreError> {
        let key = key(tenant, id);
        let find = |from: &redb::ReadTransaction| SESSIONS.get(from, &key);
        let Some(session) = self.store.read(find)?.filter(|session| session.expires > now) else { return Ok(None) };
        if session.touched(now).is_none() {
            return Ok(Some(session));
        }
        self.store.write_lazily(|transaction| {
            // It may have been ended in the meantime.
            let Some(mut session) = SESSIONS.get(transaction, &key)? else { return Ok(None) };
            session.expires = session.touched(now).unwrap_or(session.expires);
            SESSIONS.put(transaction, &key, &session)?;
            Ok(Some(session))
        })
    }

    pub(in crate::store) fn move_session(
        &self,
        tenant: &str,
        id: &SessionId,
        node: String,
        now: u64,
    ) -> Result<bool, StoreError> {
        let key = key(tenant, id);
        self.store.write(|transaction| match SESSIONS.get(transaction, &key)? {
            Some(session) if session.expires > now => {
                SESSIONS.put(transaction, &key, &Session { node, ..session })?;
                Ok(true)
            }
            _ => Ok(false),
        })
    }

    pub(in crate::store) fn end_session(&self, tenant: &str, id: &SessionId, now: u64) -> Result<bool, StoreError> {
        let key = key(tenant, id);
        self.store.write(|transaction| {
            let open = SESSIONS.get(transaction, &key)?.is_some_and(|session| session.expires > now);
            SESSIONS.remove(transaction, &key)?;
            Ok(open)
        })
    }

    pub(in crate::store) fn sessions(&self, tenant: Option<&str>, now: u64) -> Result<Vec<Session>, StoreError> {
        let prefix = tenant.map(of_tenant).unwrap_or_default();
        self.store.read(|transaction| open_ones(transaction, &prefix, now))
    }

    pub(super) fn sweep_sessions(&self, now: u64) -> Result<u64, StoreError> {
        let expired: Vec<_> = self.store.read(|transaction| {
            let all = SESSIONS.all(transaction, b"")?;
            Ok(all.into_iter().filter(|(_, session)| session.expires <= now).map(|(key, _)| key).collect())
        })?;
        if expired.is_empty() {
            return Ok(0);
        }
        self.store.write(|transaction| {
            let mut removed = 0;
            for key in &expired {
                // It may have been used in the meantime.
                if SESSIONS.get(transaction, key)?.is_some_and(|session| session.expires <= now) {
                    removed += u64::from(SESSIONS.remove(transaction, key)?);
                }
            }
            Ok(removed)
        })
    }
}
