//! What a post's publications make of it, pure.

use std::collections::BTreeSet;

use base::ids::ChannelId;
use serde::{Deserialize, Serialize};

use crate::publishing::State;

/// A post's state, derived from its publications and never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostState {
    /// Nothing is scheduled.
    Draft,
    /// It waits for its time.
    Scheduled,
    /// Some of it is on its way.
    Publishing,
    /// All of it is live.
    Published,
    /// Some of it is live, and nothing more will happen by itself.
    PartlyPublished,
    /// A person has to do something.
    NeedsYou,
    /// None of it could be published.
    Failed,
    /// It was called off.
    Cancelled,
    /// It was live, and was deleted at every platform.
    Deleted,
}

/// Where one publication of a post stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where it goes.
    pub channel: ChannelId,
    /// Its state.
    pub state: State,
    /// The part it is at; so many are live.
    pub part: u32,
}

impl Standing {
    /// Nothing of it is live or will be.
    fn is_over(self) -> bool {
        self.state == State::Deleted || (self.state == State::Cancelled && self.part == 0)
    }
}

impl PostState {
    /// What publications make of their post. On each channel, what is over counts only while nothing came after it.
    pub fn of(all: &[Standing]) -> Self {
        let standing: BTreeSet<ChannelId> = all.iter().filter(|one| !one.is_over()).map(|one| one.channel).collect();
        let lives: Vec<Standing> =
            all.iter().copied().filter(|one| !one.is_over() || !standing.contains(&one.channel)).collect();
        let any = |states: &[State]| lives.iter().any(|one| states.contains(&one.state));
        let all_are = |states: &[State]| lives.iter().all(|one| states.contains(&one.state));
        if lives.is_empty() {
            Self::Draft
        } else if any(&[State::NeedsEyes, State::Missed, State::Parked]) {
            Self::NeedsYou
        } else if any(&[State::Armed, State::Processing, State::Unknown]) {
            Self::Publishing
        } else if any(&[State::Scheduled]) {
            Self::Scheduled
        } else if all_are(&[State::Published]) {
            Self::Published
        } else if lives.iter().any(|one| one.state == State::Published || (one.part > 0 && !one.is_over())) {
            Self::PartlyPublished
        } else if all_are(&[State::Cancelled]) {
            Self::Cancelled
        } else if all_are(&[State::Deleted, State::Cancelled]) {
            Self::Deleted
        } else {
            Self::Failed
        }
    }
}

#[cfg(test)]
mod tests {
    use base::{OsRandom, Timestamp};

    use super::*;

    #[test]
    fn a_post_says_what_is_live_now_and_not_what_once_was() {
        let [a, b] = [1, 2].map(|at| ChannelId::new(Timestamp::from_micros(at), &OsRandom));
        let of = |lives: &[(ChannelId, State, u32)]| {
            let lives: Vec<_> = lives.iter().map(|&(channel, state, part)| Standing { channel, state, part }).collect();
            PostState::of(&lives)
        };
        use State as S;
        for (lives, expected) in [
            (vec![], PostState::Draft),
            (vec![(a, S::Published, 1)], PostState::Published),
            (vec![(a, S::Deleted, 1)], PostState::Deleted),
            (vec![(a, S::Deleted, 1), (b, S::Deleted, 2)], PostState::Deleted),
            (vec![(a, S::Deleted, 1), (b, S::Cancelled, 0)], PostState::Deleted),
            (vec![(a, S::Deleted, 1), (b, S::Published, 1)], PostState::PartlyPublished),
            (vec![(a, S::Deleted, 1), (b, S::Failed, 0)], PostState::Failed),
            (vec![(a, S::Deleted, 1), (a, S::Published, 1)], PostState::Published),
            (vec![(a, S::Deleted, 1), (a, S::Scheduled, 0)], PostState::Scheduled),
            (vec![(a, S::Cancelled, 0), (a, S::Published, 1)], PostState::Published),
            (vec![(a, S::Cancelled, 0), (b, S::Published, 1)], PostState::PartlyPublished),
            (vec![(a, S::Cancelled, 1)], PostState::PartlyPublished),
            (vec![(a, S::Cancelled, 0), (b, S::Failed, 0)], PostState::Failed),
        ] {
            assert_eq!(of(&lives), expected, "{lives:?}");
        }
    }
}
