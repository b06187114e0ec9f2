//! What customers of one engine use up, in memory: after a restart everybody starts anew, which harms nobody.

use crate::limits::Rate;
use crate::store::limits::Counted;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most names counted at once. Customers are few; beyond this, who was idle longest is forgotten.
const MOST: usize = 100_000;

#[derive(Default)]
pub(crate) struct Meters {
    by_name: Mutex<HashMap<String, Meter>>,
}

#[derive(Default)]
struct Meter {
    /// See [`Rate::count`].
    used_until: u64,
    /// Until when each permit is held, in milliseconds.
    permits: HashMap<String, u64>,
}

impl Meters {
    pub(crate) fn admit(&self, name: &str, rate: Rate, most: u32, permit: &str, now: u64, life: u64) -> Counted {
        let mut meters = self.meters();
        let meter = entry(&mut meters, name, now);
        meter.permits.retain(|_, until| *until > now);
        if meter.permits.len() >= most as usize {
            return Counted::TooMany;
        }
        match rate.count(meter.used_until, micros(now), 1) {
            Ok(used_until) => {
                meter.used_until = used_until;
                meter.permits.insert(permit.to_owned(), now.saturating_add(life));
                Counted::Within
            }
            Err(retry_after) => Counted::TooFast(retry_after),
        }
    }

    pub(crate) fn count(&self, name: &str, rate: Rate, times: u32, now: u64) -> Result<(), Duration> {
        let mut meters = self.meters();
        let meter = entry(&mut meters, name, now);
        meter.used_until = rate.count(meter.used_until, micros(now), times)?;
        Ok(())
    }

    pub(crate) fn working(&self, name: &str, now: u64) -> u32 {
        self.meters().get(name).map_or(0, |meter| meter.permits.values().filter(|until| **until > now).count() as u32)
    }

    pub(crate) fn renew(&self, name: &str, permit: &str, now: u64, life: u64) -> bool {
        match self.meters().get_mut(name).and_then(|meter| meter.permits.get_mut(permit)) {
            Some(until) if *until > now => {
                *until = now.saturating_add(life);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn leave(&self, name: &str, permit: &str) {
        if let Some(meter) = self.meters().get_mut(name) {
            meter.permits.remove(permit);
        }
    }

    /// Forgets who has nothing used up.
    pub(crate) fn sweep(&self, now: u64) {
        self.meters().retain(|_, meter| {
            meter.permits.retain(|_, until| *until > now);
            !meter.is_idle(now)
        });
    }

    fn meters(&self) -> MutexGuard<'_, HashMap<String, Meter>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter {
    fn is_idle(&self, now: u64) -> bool {
        self.permits.is_empty() && self.used_until <= micros(now)
    }
}

fn entry<'a>(meters: &'a mut HashMap<String, Meter>, name: &str, now: u64) -> &'a mut Meter {
    if meters.len() >= MOST && !meters.contains_key(name) {
        meters.retain(|_, meter| !meter.is_idle(now));
        if meters.len() >= MOST {
            let longest = meters.iter().min_by_key(|(_, meter)| meter.used_until).map(|(name, _)| name.clone());
            longest.and_then(|name| meters.remove(&name));
        }
    }
    meters.entry(name.to_owned()).or_default()
}

fn micros(milliseconds: u64) -> u64 {
    milliseconds.saturating_mul(1000)
}
