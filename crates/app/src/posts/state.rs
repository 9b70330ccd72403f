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
    /// Its author has handed it in; a member who may publish schedules it or hands it back.
    InReview,
    /// It waits for its time.
    Scheduled,
    /// Some of it is on its way.
    Publishing,
    /// It is live on every channel that counts.
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
    /// How many of its parts are live.
    pub live: u32,
    /// How many of its parts were live once.
    pub reached: u32,
    /// It waits for its time and would be refused: its channel's limits have changed.
    pub misfit: bool,
}

impl Standing {
    /// Someone has to act, now or before its time.
    fn needs_attention(self) -> bool {
        self.state.waits_for_a_person() || (self.state == State::Scheduled && self.misfit)
    }

    /// Nothing of it was ever live, and nothing will be.
    fn is_cancelled(self) -> bool {
        self.state == State::Cancelled && self.reached == 0
    }

    /// Nothing of it is live or will be.
    fn is_over(self) -> bool {
        self.state == State::Deleted || self.is_cancelled()
    }

    /// All of it is live.
    fn is_whole(self) -> bool {
        self.state == State::Published && self.live == self.reached
    }
}

/// The publications of a post that say where it stands now. On each channel, what is over counts only while nothing came
/// after it, and what stopped in the middle counts no more once all of it is live there. What was called off counts only
/// where there is nothing else.
fn counting(all: &[Standing]) -> Vec<Standing> {
    let channels = |of: fn(Standing) -> bool| -> BTreeSet<ChannelId> {
        all.iter().filter(|one| of(**one)).map(|one| one.channel).collect()
    };
    let (standing, whole) = (channels(|one| !one.is_over()), channels(Standing::is_whole));
    let counts = |one: &Standing| {
        let is_replaced = one.state == State::Cancelled && whole.contains(&one.channel);
        !is_replaced && (!one.is_over() || !standing.contains(&one.channel))
    };
    let left: Vec<Standing> = all.iter().copied().filter(counts).collect();
    if left.iter().all(|one| one.is_cancelled()) {
        return left;
    }
    left.into_iter().filter(|one| !one.is_cancelled()).collect()
}

/// Where a post stands, over all its channels: what lists, counts and pages show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// In a word.
    pub state: PostState,
    /// Channels that count: those it goes to, except where it was called off and nothing of it was live.
    pub channels: usize,
    /// Channels on which all of it is live.
    pub live: usize,
    /// Publications that need attention.
    pub attention: usize,
}

impl Summary {
    /// What publications make of their post. `handed_in`: its author has handed it in for review.
    pub fn of(all: &[Standing], handed_in: bool) -> Self {
        let lives = counting(all);
        let channels = |of: fn(Standing) -> bool| -> usize {
            let with: BTreeSet<ChannelId> = lives.iter().filter(|one| of(**one)).map(|one| one.channel).collect();
            with.len()
        };
        let state = match PostState::among(&lives) {
            PostState::Draft | PostState::Cancelled if handed_in => PostState::InReview,
            state => state,
        };
        Self {
            state,
            channels: channels(|_| true),
            live: channels(Standing::is_whole),
            attention: lives.iter().filter(|one| one.needs_attention()).count(),
        }
    }
}

impl PostState {
    fn among(lives: &[Standing]) -> Self {
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
        } else if lives.iter().all(|one| one.is_whole()) {
            Self::Published
        } else if lives.iter().any(|one| one.live > 0 && !one.is_over()) {
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

    fn standing(channel: ChannelId, state: State, live: u32, reached: u32) -> Standing {
        Standing { channel, state, live, reached, misfit: false }
    }

    #[test]
    fn a_scheduled_post_that_no_longer_fits_needs_attention_and_stays_scheduled() {
        let channel = ChannelId::new(Timestamp::from_micros(1), &OsRandom);
        let of = |state| Summary::of(&[Standing { misfit: true, ..standing(channel, state, 0, 0) }], false);
        assert_eq!((of(State::Scheduled).state, of(State::Scheduled).attention), (PostState::Scheduled, 1));
        assert_eq!(of(State::Cancelled).attention, 0);
    }

    #[test]
    fn a_post_says_what_is_live_now_and_not_what_once_was() {
        let [a, b, c] = [1, 2, 3].map(|at| ChannelId::new(Timestamp::from_micros(at), &OsRandom));
        let of = |lives: &[(ChannelId, State, u32)]| {
            let lives: Vec<_> =
                lives.iter().map(|&(channel, state, live)| standing(channel, state, live, live)).collect();
            let Summary { state, channels, live, .. } = Summary::of(&lives, false);
            (state, live, channels)
        };
        use State as S;
        for (lives, state, live, channels) in [
            (vec![], PostState::Draft, 0, 0),
            (vec![(a, S::Published, 1)], PostState::Published, 1, 1),
            (vec![(a, S::Deleted, 1)], PostState::Deleted, 0, 1),
            (vec![(a, S::Deleted, 1), (b, S::Deleted, 2)], PostState::Deleted, 0, 2),
            (vec![(a, S::Deleted, 1), (b, S::Cancelled, 0)], PostState::Deleted, 0, 1),
            (vec![(a, S::Deleted, 1), (b, S::Published, 1)], PostState::PartlyPublished, 1, 2),
            (vec![(a, S::Deleted, 1), (b, S::Failed, 0)], PostState::Failed, 0, 2),
            (vec![(a, S::Deleted, 1), (a, S::Published, 1)], PostState::Published, 1, 1),
            (vec![(a, S::Deleted, 1), (a, S::Scheduled, 0)], PostState::Scheduled, 0, 1),
            // Published, taken back, published again: everywhere, somewhere else, or on fewer channels.
            (vec![(a, S::Cancelled, 0), (a, S::Published, 1)], PostState::Published, 1, 1),
            (vec![(a, S::Cancelled, 0), (b, S::Cancelled, 0), (a, S::Published, 1)], PostState::Published, 1, 1),
            (vec![(a, S::Cancelled, 0), (b, S::Published, 1)], PostState::Published, 1, 1),
            (vec![(a, S::Cancelled, 0), (b, S::Published, 1), (c, S::Published, 1)], PostState::Published, 2, 2),
            (vec![(a, S::Cancelled, 0), (b, S::Cancelled, 0)], PostState::Cancelled, 0, 2),
            // A thread that was stopped in the middle, and published whole after that.
            (vec![(a, S::Cancelled, 1)], PostState::PartlyPublished, 0, 1),
            (vec![(a, S::Cancelled, 1), (a, S::Published, 3)], PostState::Published, 1, 1),
            (vec![(a, S::Cancelled, 1), (b, S::Published, 3)], PostState::PartlyPublished, 1, 2),
            (vec![(a, S::Failed, 1), (b, S::Published, 3)], PostState::PartlyPublished, 1, 2),
            (vec![(a, S::Cancelled, 0), (b, S::Failed, 0)], PostState::Failed, 0, 1),
        ] {
            assert_eq!(of(&lives), (state, live, channels), "{lives:?}");
        }
    }

    #[test]
    fn what_was_deleted_in_part_is_live_in_part_and_what_was_handed_in_is_in_review_until_it_has_a_time() {
        let channel = ChannelId::new(Timestamp::from_micros(1), &OsRandom);
        let one = |state, live, reached| [standing(channel, state, live, reached)];
        let half = Summary::of(&one(State::Published, 2, 3), false);
        assert_eq!((half.state, half.live, half.channels), (PostState::PartlyPublished, 0, 1));
        assert_eq!(Summary::of(&[], true).state, PostState::InReview);
        assert_eq!(Summary::of(&one(State::Cancelled, 0, 0), true).state, PostState::InReview);
        assert_eq!(Summary::of(&one(State::Scheduled, 0, 0), true).state, PostState::Scheduled);
    }
}
