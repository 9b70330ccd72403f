//! What an answer's headers say about how many calls are left (R-34).
//!
//! Three spellings are in use: `RateLimit-*` (the IETF draft; Bluesky), `X-RateLimit-*` (Mastodon) and `x-rate-limit-*`
//! (X). The reset is an instant in seconds since 1970, a number of seconds to wait, or RFC 3339 (Mastodon). X tells besides
//! what the account (`x-user-limit-24hour-*`) and the whole app (`x-app-limit-24hour-*`) have left of a day.
//!
//! Meta tells in JSON how many percent are used, of calls and of two kinds of time: by the app (`x-app-usage`) and by each
//! account of the business (`x-business-use-case-usage`), with the minutes until a used-up one has calls again.

use std::time::Duration;

use base::Timestamp;
use http::HeaderMap;
use serde_json::Value;

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
        let told = Self { account: strictest(OF_ACCOUNT), app: strictest(OF_APP) };
        let json = |name: &str| serde_json::from_slice::<Value>(headers.get(name)?.as_bytes()).ok();
        let app = json("x-app-usage").and_then(|usage| Budget::used(&usage, now));
        let each = json("x-business-use-case-usage");
        let each =
            each.iter().filter_map(Value::as_object).flat_map(|by_id| by_id.values()).filter_map(Value::as_array);
        let account = each.flatten().filter_map(|usage| Budget::used(usage, now)).reduce(Budget::stricter);
        told.stricter(Self { account, app })
    }

    /// The stricter of each.
    pub(super) fn stricter(self, other: Self) -> Self {
        let either = |one: Option<Budget>, two| one.into_iter().chain(two).reduce(Budget::stricter);
        Self { account: either(self.account, other.account), app: either(self.app, other.app) }
    }
}

/// A number of seconds smaller than this is a time to wait, not an instant (2001-09-09).
const INSTANTS_BEGIN_S: i64 = 1_000_000_000;

/// Meta's shares are of a rolling hour. When a used-up one ends is not always told; some of it comes back sooner.
const ROLLING: Duration = Duration::from_secs(15 * 60);

impl Budget {
    fn of(family: &str, headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        let text = |name: &str| headers.get(format!("{family}-{name}")).and_then(|value| value.to_str().ok());
        let remaining = text("remaining")?.trim().parse().ok()?;
        Some(Self { remaining, reset_at: reset(text("reset")?.trim(), now)? })
    }

    /// What is left where only the used share is told, in percent.
    fn used(usage: &Value, now: Timestamp) -> Option<Self> {
        // One client has seen the last one with an underscore more.
        const SHARES: &[&str] = &["call_count", "total_time", "total_cputime", "total_cpu_time"];
        let used = SHARES.iter().filter_map(|name| usage.get(*name)?.as_u64()).max()?;
        let minutes =
            usage.get("estimated_time_to_regain_access").and_then(Value::as_u64).filter(|minutes| *minutes > 0);
        let wait = minutes.map_or(ROLLING, |minutes| Duration::from_secs(minutes.min(24 * 60) * 60));
        Some(Self { remaining: 100u64.saturating_sub(used), reset_at: now + wait })
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

    #[test]
    fn r_34_meta_tells_the_used_share_of_the_app_and_of_each_account() {
        let app = ("x-app-usage", r#"{"call_count":28,"total_time":100,"total_cputime":25}"#);
        let of_app = read(&[app]).app.map(|budget| (budget.remaining, budget.reset_at.to_string()));
        assert_eq!(of_app, Some((0, "2026-11-22T01:15:00Z".to_owned())));
        let each = r#"{"314":[{"type":"threads","call_count":12,"total_cpu_time":7,"estimated_time_to_regain_access":0}],
            "315":[{"type":"pages","call_count":104,"total_time":1,"estimated_time_to_regain_access":19}]}"#;
        let each = each.replace('\n', "").leak();
        let told = read(&[("x-business-use-case-usage", each), ("x-app-usage", "{}")]);
        assert_eq!(
            told.account.map(|b| (b.remaining, b.reset_at.to_string())),
            Some((0, "2026-11-22T01:19:00Z".to_owned()))
        );
        assert_eq!((told.app, read(&[("x-app-usage", "28")])), (None, Budgets::default()));
    }
}
