//! What an answer's headers say about how many calls are left.
//!
//! Three spellings are in use: `RateLimit-*` (the IETF draft; Bluesky), `X-RateLimit-*` (Mastodon) and `x-rate-limit-*`
//! (X). The reset is an instant in seconds since 1970, a number of seconds to wait, or RFC 3339 (Mastodon). X tells besides
//! what the account (`x-user-limit-24hour-*`) and the whole app (`x-app-limit-24hour-*`) have left of a day.

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

/// Calls left, by what they are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budgets {
    /// The account's.
    pub account: Option<Budget>,
    /// Those of the app through which all its accounts come.
    pub app: Option<Budget>,
}

/// Whose headers begin so.
const OF_ACCOUNT: &[&str] = &["ratelimit", "x-ratelimit", "x-rate-limit", "x-user-limit-24hour"];
const OF_APP: &[&str] = &["x-app-limit-24hour"];

impl Budgets {
    /// Reads the headers; a budget without headers, or with none that make sense, is left out.
    pub fn read(headers: &HeaderMap, now: Timestamp) -> Self {
        let strictest = |families: &[&str]| {
            families.iter().filter_map(|family| Budget::of(family, headers, now)).reduce(Budget::stricter)
        };
        Self { account: strictest(OF_ACCOUNT), app: strictest(OF_APP) }
    }

    /// The stricter of each.
    pub(super) fn stricter(self, other: Self) -> Self {
        let either = |one: Option<Budget>, two| one.into_iter().chain(two).reduce(Budget::stricter);
        Self { account: either(self.account, other.account), app: either(self.app, other.app) }
    }
}

/// A number of seconds smaller than this is a time to wait, not an instant (2001-09-09).
const INSTANTS_BEGIN_S: i64 = 1_000_000_000;

impl Budget {
    fn of(family: &str, headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        let text = |name: &str| headers.get(format!("{family}-{name}")).and_then(|value| value.to_str().ok());
        let remaining = text("remaining")?.trim().parse().ok()?;
        Some(Self { remaining, reset_at: reset(text("reset")?.trim(), now)? })
    }

    /// Fewer calls left, then the later reset.
    fn stricter(self, other: Self) -> Self {
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

    fn read(pairs: &[(&'static str, &'static str)]) -> Budgets {
        let headers = pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)));
        let now = Timestamp::parse("2026-11-22T01:00:00Z").expect("a time");
        Budgets::read(&headers.collect(), now)
    }

    fn of_account(pairs: &[(&'static str, &'static str)]) -> Option<(u64, String)> {
        read(pairs).account.map(|budget| (budget.remaining, budget.reset_at.to_string()))
    }

    #[test]
    fn r_34_the_three_spellings_are_read_and_nonsense_is_not() {
        let bluesky = [("ratelimit-remaining", "2999"), ("ratelimit-reset", "1795309200")];
        assert_eq!(of_account(&bluesky), Some((2999, "2026-11-22T01:00:00Z".to_owned())));
        let mastodon = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-11-22T01:10:00.123456Z")];
        assert_eq!(of_account(&mastodon), Some((0, "2026-11-22T01:10:00.123456Z".to_owned())));
        let x = [("x-rate-limit-remaining", "7"), ("x-rate-limit-reset", "60")];
        assert_eq!(of_account(&x), Some((7, "2026-11-22T01:01:00Z".to_owned())));
        assert_eq!(of_account(&[("x-rate-limit-remaining", "many"), ("x-rate-limit-reset", "60")]), None);
        assert_eq!(of_account(&[("x-rate-limit-remaining", "7"), ("x-rate-limit-reset", "-1")]), None);
        assert_eq!(read(&[]), Budgets::default());
    }

    #[test]
    fn r_34_a_day_of_the_account_counts_beside_its_quarter_and_the_app_s_day_is_the_app_s() {
        let x = [
            ("x-rate-limit-remaining", "99"),
            ("x-rate-limit-reset", "900"),
            ("x-user-limit-24hour-remaining", "0"),
            ("x-user-limit-24hour-reset", "7200"),
            ("x-app-limit-24hour-remaining", "3"),
            ("x-app-limit-24hour-reset", "3600"),
        ];
        assert_eq!(of_account(&x), Some((0, "2026-11-22T03:00:00Z".to_owned())));
        assert_eq!(read(&x).app.map(|budget| budget.remaining), Some(3));
        assert_eq!(read(&x).stricter(Budgets::default()), read(&x));
    }
}
