//! Rate limits: 3000 requests in 5 minutes for an address, points for writes, and limits for signing in and uploading.
//!
//! The knob's names: `ip`, `points_hour`, `points_day`, `sign_in`, `sign_in_day`, `upload_day`.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{Bluesky, refusal::Refusal};
use crate::limits::{Limit, Standing};

const HOUR_S: u64 = 3600;
const DAY_S: u64 = 24 * 3600;
const FIVE_MINUTES_S: u64 = 300;

/// Where a caller stands in one window.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    standing: Standing,
    length: Duration,
}

/// Every request counts for the address it comes from.
pub fn request(twin: &Bluesky) -> Result<Window, Refusal> {
    spend(twin, Limit::per("ip", 3000, FIVE_MINUTES_S), "all", 1)
}

/// A write: create 3 points, update and put 2, delete 1; 5000 an hour and 35,000 a day.
pub fn write(twin: &Bluesky, did: &str, points: u32) -> Result<Window, Refusal> {
    let hour = spend(twin, Limit::per("points_hour", 5000, HOUR_S), did, points)?;
    Ok(hour.tighter(spend(twin, Limit::per("points_day", 35_000, DAY_S), did, points)?))
}

/// Signing in: 30 in 5 minutes, 300 a day.
pub fn sign_in(twin: &Bluesky, who: &str) -> Result<Window, Refusal> {
    let short = spend(twin, Limit::per("sign_in", 30, FIVE_MINUTES_S), who, 1)?;
    Ok(short.tighter(spend(twin, Limit::per("sign_in_day", 300, DAY_S), who, 1)?))
}

/// An upload: 1000 a day.
pub fn upload(twin: &Bluesky, did: &str) -> Result<Window, Refusal> {
    spend(twin, Limit::per("upload_day", 1000, DAY_S), did, 1)
}

fn spend(twin: &Bluesky, limit: Limit, who: &str, points: u32) -> Result<Window, Refusal> {
    let standing = twin.core.spend(&limit, who, points);
    let window = Window { standing, length: limit.window };
    if standing.allowed {
        return Ok(window);
    }
    let wait = standing.reset_at.since(twin.core.now()).as_secs_f64().ceil() as u64;
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
