//! Containers: what will be published, while the network prepares it.

use std::time::Duration;

use base::Timestamp;
use serde::{Deserialize, Serialize};

/// A container lives so long unpublished.
pub const LIFE: Duration = Duration::from_secs(24 * 3600);

/// What a container says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The network still works on it.
    InProgress,
    /// It cannot be published.
    Error,
    /// It waited too long.
    Expired,
    /// It can be published.
    Finished,
    /// It is live.
    Published,
}

impl Status {
    /// The word in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::InProgress => "IN_PROGRESS",
            Status::Finished => "FINISHED",
            Status::Published => "PUBLISHED",
            Status::Error => "ERROR",
            Status::Expired => "EXPIRED",
        }
    }
}

/// How the work on a container goes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum Work {
    /// It needs nothing fetched, or everything is here.
    #[default]
    Done,
    /// A file is on its way. After a restart it never comes.
    Fetching,
    /// It failed with this word.
    Failed(String),
}

/// The life of a container, whatever is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Life {
    /// When it was made.
    pub made_at: Timestamp,
    /// When the network is done with it, if all goes well.
    pub ready_at: Timestamp,
    /// How the work goes.
    pub work: Work,
    /// What it became.
    pub published_as: Option<String>,
}

impl Life {
    /// A container that is ready after this time.
    pub fn new(now: Timestamp, takes: Duration, work: Work) -> Self {
        Self { made_at: now, ready_at: now + takes, work, published_as: None }
    }

    /// What it is now.
    pub fn status(&self, now: Timestamp) -> Status {
        if self.published_as.is_some() {
            Status::Published
        } else if self.made_at + LIFE <= now {
            Status::Expired
        } else if self.work == Work::Fetching || now < self.ready_at {
            Status::InProgress
        } else if self.work == Work::Done {
            Status::Finished
        } else {
            Status::Error
        }
    }

    /// Why it failed, once it says so.
    pub fn failure(&self, now: Timestamp) -> Option<&str> {
        match &self.work {
            Work::Failed(why) if self.status(now) == Status::Error => Some(why),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_goes_from_work_to_ready_and_expires_after_a_day() {
        let at = |seconds: i64| Timestamp::from_seconds(1_900_000_000 + seconds);
        let mut life = Life::new(at(0), Duration::from_secs(5), Work::Fetching);
        assert_eq!(life.status(at(60)), Status::InProgress, "the file has not come");
        life.work = Work::Done;
        assert_eq!((life.status(at(4)), life.status(at(5))), (Status::InProgress, Status::Finished));
        assert_eq!(life.status(at(86_400)), Status::Expired);
        life.work = Work::Failed("UNKNOWN".into());
        assert_eq!((life.failure(at(4)), life.failure(at(5))), (None, Some("UNKNOWN")));
        life.published_as = Some("1".into());
        assert_eq!(life.status(at(86_400)), Status::Published);
    }
}
