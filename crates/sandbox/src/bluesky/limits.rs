//! Rate limits: 3000 requests in 5 minutes for an address, points for writes, and limits for signing in and uploading.
//!
//! The knob's names: `ip`, `points_hour`, `points_day`, `sign_in`, `sign_in_day`, `upload_day`.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{Bluesky, refusal::Refusal};
use crate::limits::Standing;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// Where a caller stands in one window.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    standing: Standing,
    length: Duration,
}

/// Every request counts for the address it comes from.
pub fn request(twin: &Bluesky) -> Result<Window, Refusal> {
    spend(twin, "ip", "all", (3000, FIVE_MINUTES), 1)
}

/// A write: create 3 points, update and put 2, delete 1; 5000 an hour and 35,000 a day.
pub fn write(twin: &Bluesky, did: &str, points: u32) -> Result<Window, Refusal> {
    let hour = spend(twin, "points_hour", did, (5000, HOUR), points)?;
    Ok(hour.tighter(spend(twin, "points_day", did, (35_000, DAY), points)?))
}

/// Signing in: 30 in 5 minutes, 300 a day.
pub fn sign_in(twin: &Bluesky, who: &str) -> Result<Window, Refusal> {
    let short = spend(twin, "sign_in", who, (30, FIVE_MINUTES), 1)?;
    Ok(short.tighter(spend(twin, "sign_in_day", who, (300, DAY), 1)?))
}

/// An upload: 1000 a day.
pub fn upload(twin: &Bluesky, did: &str) -> Result<Window, Refusal> {
    spend(twin, "upload_day", did, (1000, DAY), 1)
}

fn spend(twin: &Bluesky, name: &str, who: &str, limit: (u32, Duration), points: u32) -> Result<Window, Refusal> {
    let (documented, length) = limit;
    let limit = twin.core.knobs().rate_limit(name, documented);
    let now = twin.core.now();
    let standing = twin.core.limits.spend(&format!("{name} {who}"), limit, length, now, points);
    let window = Window { standing, length };
    if standing.allowed {
        return Ok(window);
    }
    let wait = standing.reset_at.since(now).as_secs_f64().ceil() as u64;
    let refused = Refusal::new(429, "RateLimitExceeded", "Rate Limit Exceeded");
    let refused = window.headers().into_iter().fold(refused, |refused, (name, value)| refused.with(name, value));
    Err(refused.with(header::RETRY_AFTER, wait.to_string()))
}

impl Window {
    /// The one with fewer calls left.
    pub fn tighter(self, other: Self) -> Self {
        if other.standing.remaining < self.standing.remaining { other } else { self }
    }

    fn headers(&self) -> [(HeaderName, String); 4] {
        let Standing { limit, remaining, reset_at, .. } = self.standing;
        [
            (HeaderName::from_static("ratelimit-limit"), limit.to_string()),
            (HeaderName::from_static("ratelimit-remaining"), remaining.to_string()),
            (HeaderName::from_static("ratelimit-reset"), reset_at.as_seconds().to_string()),
            (HeaderName::from_static("ratelimit-policy"), format!("{limit};w={}", self.length.as_secs())),
        ]
    }

    /// Says it in the headers of an answer, unless the answer says something tighter already.
    pub fn write(&self, headers: &mut HeaderMap) {
        for (name, value) in self.headers() {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.entry(name).or_insert(value);
            }
        }
    }
}
