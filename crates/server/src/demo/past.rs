//! Plays back a past month: a clock that starts in the past, jumps from event to event, and then follows the machine's
//! clock.
//!
//! The engine published every post on the demo's calendar at its time to the sandbox platforms, which share this clock. So
//! every history, exchange and metric is genuine; nothing is written to the database directly.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base::{Clock, SystemClock, Timestamp};
use futures::future::BoxFuture;
use tokio::sync::watch;

/// How often the state of a post is polled.
const LOOK: Duration = Duration::from_millis(15);
/// No post takes so long in real time, on whatever machine: one that does hangs, and the month continues without it.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The clock.
#[derive(Clone)]
pub(super) struct StoryClock(Arc<watch::Sender<Option<Timestamp>>>);

impl StoryClock {
    /// Stops at `then`, or follows the machine's clock from the start.
    pub fn new(then: Option<Timestamp>) -> Self {
        Self(Arc::new(watch::Sender::new(then)))
    }

    /// Moves forward to `then`. It never goes back, and no longer moves once it follows the machine's clock.
    pub fn move_to(&self, then: Timestamp) {
        self.0.send_modify(|shown| *shown = shown.map(|now| now.max(then)));
    }

    /// Follows the machine's clock from now on.
    pub fn join_the_present(&self) {
        self.0.send_replace(None);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        self.0.borrow().unwrap_or_else(|| SystemClock.now())
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut shown = self.0.subscribe();
        Box::pin(async move {
            loop {
                let standing = *shown.borrow_and_update();
                match standing {
                    None => return SystemClock.sleep_until(at).await,
                    Some(now) if now >= at => return,
                    // When the clock is gone, so are its waiters.
                    Some(_) => {
                        if shown.changed().await.is_err() {
                            return;
                        }
                    }
                }
            }
        })
    }
}

/// Waits until `settled` returns true; false if it takes too long.
pub(super) async fn until<F, Fut>(settled: F) -> bool
where
    F: Fn() -> Fut,
    Fut: Future<Output = bool>,
{
    let began = Instant::now();
    while !settled().await {
        if began.elapsed() > PATIENCE {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_of_the_past_wakes_when_the_clock_is_moved_or_joins_the_present() {
        let clock = StoryClock::new(Some(Timestamp::from_seconds(1_000)));
        let moved = tokio::spawn(clock.sleep_until(Timestamp::from_seconds(1_060)));
        let joined = tokio::spawn(clock.sleep_until(Timestamp::from_seconds(2_000)));
        clock.move_to(Timestamp::from_seconds(900));
        assert_eq!(clock.now(), Timestamp::from_seconds(1_000), "time does not go back");
        clock.move_to(Timestamp::from_seconds(1_060));
        moved.await.expect("woken");
        assert!(!joined.is_finished());
        clock.join_the_present();
        joined.await.expect("the present is long after 1970");
        clock.move_to(Timestamp::from_seconds(1_000));
        assert!(clock.now() > Timestamp::from_seconds(1_700_000_000));
    }
}
