//! Rate limits as on the platforms: a number of calls in a window that starts with the first one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base::Timestamp;

/// A caller's state after a call was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Calls per window.
    pub limit: u32,
    /// Calls left in this window.
    pub remaining: u32,
    /// When the window ends.
    pub reset_at: Timestamp,
    /// Whether this call is within the limit.
    pub allowed: bool,
}

/// All windows of one network.
#[derive(Default)]
pub struct Limits(Mutex<HashMap<String, (Timestamp, u32)>>);

impl Limits {
    /// Counts a call of `who` (such as an account with a limit's name) and returns their state.
    pub fn count(&self, who: &str, limit: u32, window: Duration, now: Timestamp) -> Standing {
        self.spend(who, limit, window, now, 1)
    }

    /// As [`Limits::count`], for a call that costs more than one point. A refused call costs nothing.
    pub fn spend(&self, who: &str, limit: u32, window: Duration, now: Timestamp, points: u32) -> Standing {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !windows.contains_key(who) {
            windows.insert(who.to_owned(), (now + window, 0));
        }
        let Some((reset_at, used)) = windows.get_mut(who) else {
            return Standing { limit, remaining: 0, reset_at: now + window, allowed: false };
        };
        if *reset_at <= now {
            (*reset_at, *used) = (now + window, 0);
        }
        let allowed = used.saturating_add(points) <= limit;
        *used += if allowed { points } else { 0 };
        Standing { limit, remaining: limit.saturating_sub(*used), reset_at: *reset_at, allowed }
    }

    /// Forgets all windows.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_after_the_last_is_refused_until_the_window_ends() {
        let limits = Limits::default();
        let at = |seconds: i64| Timestamp::from_seconds(1_900_000_000 + seconds);
        let count = |seconds| limits.count("lena", 2, Duration::from_secs(300), at(seconds));
        assert_eq!(count(0), Standing { limit: 2, remaining: 1, reset_at: at(300), allowed: true });
        assert!(count(10).allowed);
        assert!(!count(299).allowed);
        assert_eq!(count(300).reset_at, at(600));
    }
}
