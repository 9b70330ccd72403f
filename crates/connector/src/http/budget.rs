//! What an answer's headers say about how many calls are left.
//!
//! Three spellings are in use: `RateLimit-*` (the IETF draft; Bluesky), `X-RateLimit-*` (Mastodon) and `x-rate-limit-*`
//! (X). The reset is an instant in seconds since 1970, a number of seconds to wait, or RFC 3339 (Mastodon).

use std::time::Duration;

use base::Timestamp;
use http::HeaderMap;

/// Calls left in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Calls left.
    pub remaining: u64,
    /// When there are new ones.
    pub reset_at: Timestamp,
}

/// A number of seconds smaller than this is a time to wait, not an instant (2001-09-09).
const INSTANTS_BEGIN_S: i64 = 1_000_000_000;

impl Budget {
    /// Reads the headers; `None` if there are none, or none that make sense.
    pub fn read(headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        ["ratelimit", "x-ratelimit", "x-rate-limit"].iter().find_map(|family| {
            let text = |name: &str| headers.get(format!("{family}-{name}")).and_then(|value| value.to_str().ok());
            let remaining = text("remaining")?.trim().parse().ok()?;
            Some(Self { remaining, reset_at: reset(text("reset")?.trim(), now)? })
        })
    }

    /// The stricter of two: fewer calls left, then the later reset.
    pub(super) fn stricter(self, other: Self) -> Self {
        let key = |one: &Self| (one.remaining, std::cmp::Reverse(one.reset_at));
        if key(&other) < key(&self) { other } else { self }
    }
}

fn reset(text: &str, now: Timestamp) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(seconds) if seconds >= INSTANTS_BEGIN_S => Some(Timestamp::from_seconds(seconds)),
        Ok(seconds) => Some(now + Duration::from_secs(u64::try_from(seconds).ok()?)),
        Err(_) => Timestamp::parse(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &'static str)]) -> Option<(u64, String)> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)));
        let now = Timestamp::parse("2026-11-22T01:00:00Z").expect("a time");
        Budget::read(&headers.collect(), now).map(|budget| (budget.remaining, budget.reset_at.to_string()))
    }

    #[test]
    fn r_34_the_three_spellings_are_read_and_nonsense_is_not() {
        let bluesky = [("ratelimit-remaining", "2999"), ("ratelimit-reset", "1795309200")];
        assert_eq!(read(&bluesky), Some((2999, "2026-11-22T01:00:00Z".to_owned())));
        let mastodon = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-11-22T01:10:00.123456Z")];
        assert_eq!(read(&mastodon), Some((0, "2026-11-22T01:10:00.123456Z".to_owned())));
        let x = [("x-rate-limit-remaining", "7"), ("x-rate-limit-reset", "60")];
        assert_eq!(read(&x), Some((7, "2026-11-22T01:01:00Z".to_owned())));
        assert_eq!(read(&[("x-rate-limit-remaining", "many"), ("x-rate-limit-reset", "60")]), None);
        assert_eq!(read(&[("x-rate-limit-remaining", "7"), ("x-rate-limit-reset", "-1")]), None);
        assert_eq!(read(&[]), None);
    }
}
