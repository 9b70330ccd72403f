//! Token buckets: how often someone may ask. In memory, per node; plan limits are not kept here.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base::{Code, Problem, Text, Timestamp, say};

/// So many at once, and as many again over the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// In which time an empty bucket fills.
    pub window: Duration,
}

impl Rate {
    /// `burst` per `seconds`.
    pub const fn per(burst: u32, seconds: u64) -> Self {
        Self { burst, window: Duration::from_secs(seconds) }
    }
}

/// The operator's limits; `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests of one API key.
    pub key: Option<Rate>,
    /// Requests of one signed-in person.
    pub person: Option<Rate>,
    /// Requests of one address that shows neither.
    pub address: Option<Rate>,
    /// Sign-in attempts from one address (S-37).
    pub sign_in_address: Option<Rate>,
    /// Sign-in attempts for one e-mail address, known or not.
    pub sign_in_account: Option<Rate>,
    /// Sign-in attempts altogether.
    pub sign_in_all: Option<Rate>,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            key: Some(Rate::per(1_200, 60)),
            person: Some(Rate::per(1_200, 60)),
            address: Some(Rate::per(120, 60)),
            sign_in_address: Some(Rate::per(20, 60)),
            sign_in_account: Some(Rate::per(10, 60)),
            sign_in_all: Some(Rate::per(600, 60)),
        }
    }
}

impl RateLimits {
    /// No limits: for benches, which measure something else.
    pub const fn off() -> Self {
        Self { key: None, person: None, address: None, sign_in_address: None, sign_in_account: None, sign_in_all: None }
    }
}

/// How full a bucket was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The rule.
    pub rate: Rate,
    /// How many are left.
    pub left: u32,
    /// Whole seconds until there is one more, or until this one is allowed.
    pub wait_s: u64,
    /// Whole seconds until all are there again; at least 1 once something was taken.
    pub full_s: u64,
    /// Whether this one was allowed.
    pub allowed: bool,
}

impl Standing {
    /// The fields of draft-ietf-httpapi-ratelimit-headers: the policy, and what is left of it.
    pub fn fields(&self, name: &str) -> (String, String) {
        let window = self.rate.window.as_secs().max(1);
        (
            format!("\"{name}\";q={};w={window}", self.rate.burst),
            format!("\"{name}\";r={};t={}", self.left, self.full_s),
        )
    }

    /// Refuses what the bucket did not allow.
    ///
    /// # Errors
    /// `rate-limited` with the time to wait.
    pub fn check(&self, what: Text) -> Result<(), Problem> {
        if self.allowed {
            return Ok(());
        }
        let (burst, window) = (self.rate.burst, self.rate.window.as_secs());
        Err(Problem::new(Code::RateLimited, say!("At most {burst} {what} in {window} s are allowed."))
            .retry_after(self.wait_s.max(1)))
    }
}

/// What a bucket is found by: a hash, so that no address is kept.
pub fn bucket_key(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The largest number of buckets that are kept; the fullest go first, since forgetting those changes nothing.
const BUCKETS_MAX: usize = 100_000;
const SHARDS: usize = 16;

/// All buckets of this process, by [`bucket_key`].
#[derive(Debug, Default)]
pub struct Buckets([Mutex<HashMap<u64, Bucket>>; SHARDS]);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// When the bucket will be, or was, full. One number says both how full it is and when that was.
    full_at: i64,
}

impl Buckets {
    /// Takes one out of the bucket of `key` in the class `class`.
    pub fn take(&self, class: &'static str, key: impl Hash, rate: Rate, now: Timestamp) -> Standing {
        self.with(class, key, now, |bucket| take_from(bucket, rate, now))
    }

    fn with<T>(&self, class: &'static str, key: impl Hash, now: Timestamp, work: impl FnOnce(&mut Bucket) -> T) -> T {
        let hash = bucket_key((class, key));
        let mut shard = self.0[hash as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= BUCKETS_MAX / SHARDS && !shard.contains_key(&hash) {
            prune(&mut shard, now);
        }
        work(shard.entry(hash).or_insert(Bucket { full_at: now.as_micros() }))
    }

    /// Takes one out of each of these buckets if all allow it, and out of none if one does not: who is refused uses nothing up.
    ///
    /// # Errors
    /// The standing of the first that does not allow it.
    pub fn take_all(&self, of: &[(&'static str, u64, Rate)], now: Timestamp) -> Result<(), Standing> {
        for (class, key, rate) in of {
            let standing = self.with(class, key, now, |bucket| take_from(&mut { *bucket }, *rate, now));
            if !standing.allowed {
                return Err(standing);
            }
        }
        for (class, key, rate) in of {
            self.take(class, key, *rate, now);
        }
        Ok(())
    }

    /// Gives back what was taken.
    pub fn give_back(&self, of: &[(&'static str, u64, Rate)], now: Timestamp) {
        for (class, key, rate) in of {
            self.with(class, key, now, |bucket| bucket.full_at -= one(*rate));
        }
    }

    /// How many buckets are kept.
    pub fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Whether nothing was counted yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn prune(shard: &mut HashMap<u64, Bucket>, now: Timestamp) {
    shard.retain(|_, bucket| bucket.full_at > now.as_micros());
    if shard.len() >= BUCKETS_MAX / SHARDS {
        // Everyone is at their limit: someone floods us from very many addresses. Begin again rather than grow.
        shard.clear();
    }
}

/// In how many microseconds one comes back.
fn one(rate: Rate) -> i64 {
    let window = i64::try_from(rate.window.as_micros()).unwrap_or(i64::MAX).max(1);
    (window / i64::from(rate.burst.max(1))).max(1)
}

fn take_from(bucket: &mut Bucket, rate: Rate, now: Timestamp) -> Standing {
    let window = i64::try_from(rate.window.as_micros()).unwrap_or(i64::MAX).max(1);
    let (burst, one) = (i64::from(rate.burst.max(1)), one(rate));
    let missing = (bucket.full_at - now.as_micros()).clamp(0, window);
    let allowed = missing + one <= one * burst;
    let missing = if allowed { missing + one } else { missing };
    bucket.full_at = now.as_micros() + missing;
    let left = (one * burst - missing).max(0) / one;
    let wait = if left > 0 { 0 } else { missing + one - one * burst };
    Standing {
        rate,
        left: u32::try_from(left).unwrap_or(0),
        full_s: u64::try_from(missing).unwrap_or(0).div_ceil(1_000_000),
        wait_s: u64::try_from(wait.max(0)).unwrap_or(0).div_ceil(1_000_000),
        allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_86_a_bucket_empties_fills_again_and_says_how_long_to_wait() {
        let buckets = Buckets::default();
        let rate = Rate::per(3, 60);
        let start = Timestamp::from_seconds(1_000);
        let left: Vec<_> = (0..3).map(|_| buckets.take("t", "a", rate, start).left).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = buckets.take("t", "a", rate, start);
        assert!(!refused.allowed);
        assert_eq!(refused.wait_s, 20);
        assert!(buckets.take("t", "b", rate, start).allowed, "another key has its own bucket");
        assert!(buckets.take("t", "a", rate, start + Duration::from_secs(20)).allowed);
        assert!(!buckets.take("t", "a", rate, start + Duration::from_secs(21)).allowed);
    }

    #[test]
    fn s_37_who_is_refused_uses_nothing_up_and_a_success_is_given_back() {
        let (buckets, now) = (Buckets::default(), Timestamp::from_seconds(1_000));
        let both = [("address", 1, Rate::per(100, 60)), ("account", 2, Rate::per(3, 60))];
        for _ in 0..3 {
            assert!(buckets.take_all(&both, now).is_ok());
        }
        for _ in 0..1_000 {
            assert!(buckets.take_all(&both, now).is_err());
        }
        assert_eq!(buckets.take("address", 1_u64, both[0].2, now).left, 96, "a thousand refusals cost nothing");
        let later = now + Duration::from_secs(20);
        assert!(buckets.take_all(&both, later).is_ok(), "one came back, whatever was tried meanwhile");
        buckets.give_back(&both, later);
        assert!(buckets.take_all(&both, later).is_ok());
    }

    #[test]
    fn s_86_the_number_of_buckets_has_a_limit() {
        let buckets = Buckets::default();
        let start = Timestamp::from_seconds(1_000);
        for number in 0..150_000u32 {
            buckets.take("t", number, Rate::per(3, 60), start);
        }
        assert!(buckets.len() <= BUCKETS_MAX, "{}", buckets.len());
    }

    #[test]
    fn s_86_the_headers_follow_the_draft() {
        let standing = Buckets::default().take("t", 1, Rate::per(600, 60), Timestamp::from_seconds(5));
        assert_eq!(standing.fields("key"), ("\"key\";q=600;w=60".into(), "\"key\";r=599;t=1".into()));
    }
}
