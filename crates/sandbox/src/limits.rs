//! Rate limits as on the platforms: a number of calls in a window that starts with the first one.
//! A network lists its own as rows ([`Limit`]); [`Core::spend`] counts against one, as the knobs have it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base::Timestamp;
use http::Method;

use crate::{Core, knobs::path_fits};

/// A documented limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Its name, by which a knob turns it. Where it is for one method, method and path with `:names` for what varies.
    pub name: &'static str,
    /// Calls, or points, per window.
    pub most: u32,
    /// How long the window is.
    pub window: Duration,
}

impl Limit {
    /// So many calls in so many seconds.
    pub const fn per(name: &'static str, most: u32, seconds: u64) -> Self {
        Self { name, most, window: Duration::from_secs(seconds) }
    }

    /// The row whose name is this method and path.
    pub fn of(rows: &'static [Limit], method: &Method, path: &str) -> Option<&'static Limit> {
        let fits = |(wanted, pattern): (&str, &str)| wanted == method.as_str() && path_fits(pattern, path);
        rows.iter().find(|row| row.name.split_once(' ').is_some_and(fits))
    }
}

impl Core {
    /// Counts so many points of an account, app or address against a limit. A refused call costs nothing.
    pub fn spend(&self, limit: &Limit, who: &str, points: u32) -> Standing {
        let most = self.knobs().rate_limit(limit.name, limit.most);
        self.limits.spend(&format!("{}/{who}", limit.name), most, limit.window, self.now(), points)
    }
}

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
    /// Counts a call of `who` (an account with a limit's name) and returns their state.
    fn spend(&self, who: &str, limit: u32, window: Duration, now: Timestamp, points: u32) -> Standing {
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
        let count = |seconds| limits.spend("lena", 2, Duration::from_secs(300), at(seconds), 1);
        assert_eq!(count(0), Standing { limit: 2, remaining: 1, reset_at: at(300), allowed: true });
        assert!(count(10).allowed);
        assert!(!count(299).allowed);
        assert_eq!(count(300).reset_at, at(600));
    }

    #[test]
    fn a_row_is_found_by_method_and_path() {
        static ROWS: [Limit; 3] =
            [Limit::per("GET /2/users/me", 1, 1), Limit::per("GET /2/users/:id", 2, 1), Limit::per("any", 3, 1)];
        let of = |method, path| Limit::of(&ROWS, &method, path).map(|row| row.most);
        assert_eq!((of(Method::GET, "/2/users/me"), of(Method::GET, "/2/users/7")), (Some(1), Some(2)));
        assert_eq!(of(Method::POST, "/2/users/7"), None);
        assert_eq!((of(Method::GET, "/2/users"), of(Method::GET, "/2/users/7/posts")), (None, None));
    }
}
