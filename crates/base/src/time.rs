//! Instants and clocks. Fanfare never reads the wall clock directly, only through a [`Clock`].

use std::{
    fmt,
    ops::{Add, Sub},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize, de};

/// An instant: microseconds since 1970-01-01T00:00:00Z. In the database it is a `BIGINT`, on the wire RFC 3339 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// From whole seconds since 1970.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// The same instant for the calendar library. Instants outside its years are clamped to its ends.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }

    /// From the calendar library's instant.
    pub fn from_jiff(at: jiff::Timestamp) -> Self {
        Self(at.as_microsecond())
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads RFC 3339 with any offset.
    pub fn parse(text: &str) -> Result<Self, jiff::Error> {
        Ok(Self::from_jiff(text.parse::<jiff::Timestamp>()?))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_jiff(), f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|_| {
            de::Error::custom(format!(
                "`{text}` is not an instant; write it like 2030-01-31T09:30:00Z or 2030-01-31T10:30:00+01:00"
            ))
        })
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .examples([serde_json::json!("2030-01-31T09:30:00Z")])
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("Timestamp")
    }
}

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
    /// Returns at `at`, or immediately if that has passed.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            clippy::disallowed_types,
            reason = "the one place that reads the wall clock"
        )]
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(micros(since_1970.unwrap_or_default()))
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        // Long sleeps are cut, so that a wall clock that was set forward is noticed within the minute.
        let clock = *self;
        Box::pin(async move {
            loop {
                let left = at.since(clock.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(Duration::from_secs(60))).await;
            }
        })
    }
}

/// A clock that only moves when a test moves it.
#[derive(Debug, Clone)]
pub struct TestClock {
    shown: Arc<tokio::sync::watch::Sender<Timestamp>>,
    jump: Arc<Mutex<Option<Timestamp>>>,
}

impl TestClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { shown: Arc::new(tokio::sync::watch::Sender::new(now)), jump: Arc::default() }
    }

    /// Sets the time and wakes every sleeper whose time has come.
    pub fn set(&self, now: Timestamp) {
        self.shown.send_replace(now);
    }

    /// Jumps to `then` after the next read, as when a clock is set or a machine was asleep.
    pub fn jump_once_asked(&self, then: Timestamp) {
        *self.jump.lock().unwrap_or_else(PoisonError::into_inner) = Some(then);
    }

    /// Moves the time forward.
    pub fn advance(&self, by: Duration) {
        self.shown.send_modify(|now| *now = *now + by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let now = *self.shown.borrow();
        if let Some(then) = self.jump.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.set(then);
        }
        now
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut shown = self.shown.subscribe();
        Box::pin(async move {
            // The sender is in `self`; without a clock there is no waiter either.
            let _ = shown.wait_for(|now| *now >= at).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_number_agree() {
        let at = Timestamp::parse("2030-01-31T10:30:00+01:00").expect("valid");
        assert_eq!(at.to_string(), "2030-01-31T09:30:00Z");
        assert_eq!(Timestamp::from_micros(at.as_micros()), at);
        let said = serde_json::from_str::<Timestamp>("\"tomorrow\"").expect_err("not an instant").to_string();
        assert!(said.contains("write it like"), "{said}");
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_test_clock_passes_its_time() {
        let clock = TestClock::at(Timestamp::from_micros(0));
        let sleeping = tokio::spawn(clock.sleep_until(Timestamp::from_seconds(60)));
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeping.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeping.await.expect("woken");
    }
}
