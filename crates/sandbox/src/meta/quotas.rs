//! Rolling quotas: so many uses in the last so many seconds, counted per account and thing.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use base::Timestamp;
use serde::{Deserialize, Serialize};

/// When what was used, by account and thing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Quotas(BTreeMap<String, VecDeque<Timestamp>>);

impl Quotas {
    /// How often it was used within the window.
    pub fn used(&self, account: &str, what: &str, window: Duration, now: Timestamp) -> u32 {
        let uses = self.0.get(&key(account, what)).into_iter().flatten();
        u32::try_from(uses.filter(|at| **at + window > now).count()).unwrap_or(u32::MAX)
    }

    /// Uses it once, if it may still be used.
    pub fn spend(&mut self, account: &str, what: &str, limit: u32, window: Duration, now: Timestamp) -> bool {
        if self.used(account, what, window, now) >= limit {
            return false;
        }
        let uses = self.0.entry(key(account, what)).or_default();
        uses.retain(|at| *at + window > now);
        uses.push_back(now);
        true
    }
}

fn key(account: &str, what: &str) -> String {
    format!("{account} {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_counts_until_it_is_as_old_as_the_window() {
        let (mut quotas, window) = (Quotas::default(), Duration::from_secs(60));
        let at = |seconds: i64| Timestamp::from_seconds(1_900_000_000 + seconds);
        assert!(quotas.spend("lena", "posts", 2, window, at(0)));
        assert!(quotas.spend("lena", "posts", 2, window, at(30)));
        assert!(!quotas.spend("lena", "posts", 2, window, at(59)));
        assert!(quotas.spend("lena", "posts", 2, window, at(60)), "the first has left the window");
        assert_eq!(
            (quotas.used("lena", "posts", window, at(60)), quotas.used("lena", "replies", window, at(60))),
            (2, 0)
        );
    }
}
