//! What a network does to a file after it came, which takes a while and may fail.

use std::time::Duration;

use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Core;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// So many hundredths are done.
    Working(u8),
    /// It can be used.
    Ready,
    /// It cannot be used, and never will.
    Failed,
}

/// The work on one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processing {
    /// When it began; absent for a file that needs none.
    #[serde(default)]
    pub processing_from: Option<Timestamp>,
    /// When it ends.
    pub ready_at: Timestamp,
    /// Whether it fails then.
    pub fails: bool,
}

impl Processing {
    /// For a file that can be used at once.
    pub const fn none(now: Timestamp) -> Self {
        Self { processing_from: None, ready_at: now, fails: false }
    }

    /// Begins, and takes so long unless a knob says otherwise.
    pub fn begin(core: &Core, usual: Duration) -> Self {
        let (knobs, now) = (core.knobs(), core.now());
        let takes = knobs.processing_ms.map_or(usual, Duration::from_millis);
        Self { processing_from: Some(now), ready_at: now + takes, fails: knobs.processing_fails }
    }

    /// How far it is now.
    pub fn stage(&self, now: Timestamp) -> Stage {
        match self.processing_from {
            _ if self.ready_at <= now && self.fails => Stage::Failed,
            Some(from) if self.ready_at > now => {
                let (done, all) = (now.since(from).as_millis(), self.ready_at.since(from).as_millis().max(1));
                Stage::Working(u8::try_from(done * 100 / all).unwrap_or(100))
            }
            _ => Stage::Ready,
        }
    }

    /// Whether the file can be used now.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.stage(now) == Stage::Ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_worked_on_and_then_ready_or_lost() {
        let at = |seconds: i64| Timestamp::from_seconds(1_900_000_000 + seconds);
        let work = Processing { processing_from: Some(at(0)), ready_at: at(10), fails: false };
        assert_eq!([0, 4, 10].map(|s| work.stage(at(s))), [Stage::Working(0), Stage::Working(40), Stage::Ready]);
        assert_eq!(Processing { fails: true, ..work }.stage(at(10)), Stage::Failed);
        assert!(Processing::none(at(0)).is_ready(at(0)));
        let kept: Processing =
            serde_json::from_str(r#"{"ready_at":"2030-01-01T00:00:00Z","fails":false}"#).expect("old");
        assert_eq!(kept.processing_from, None);
    }
}
