//! Posts: what an author made, its variants for each channel, and when they are to be published.
//!
//! A post's own state is never stored: it follows from its publications. Left out: carrying anything out (`publishing`).

mod changing;
mod content;
mod finding;
pub mod http;
mod judging;
mod judging_again;
mod making;
mod queue;
mod reading;
mod repeats;
mod review;
mod scheduling;
mod series;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod wholes;

use base::{Scope, Timestamp, ids::ChannelId};
use jiff::civil::DateTime;
use serde_json::Value;

pub(crate) use changing::says_from_now_on;
pub use changing::{Change, delete, edit, restore};
pub use content::{Content, MediaRef, PartContent};
pub use finding::{Counts, Sort, Wanted, counts, find};
pub use judging::{Judgement, validate};
pub use judging_again::judge_again;
pub use making::create;
pub use reading::{Read, Texts, read};
pub use review::{hand_in, return_it};
pub use scheduling::{Times, schedule};
pub use series::{SeriesAct, SeriesChange, change_series, series};
pub use state::{PostState, Standing, Summary};
pub(crate) use store::hold;
pub use store::{Planned, Post, Review, Reviewing, Variant, shows_alt_of, uses_media};
pub(crate) use wholes::channels_of;
pub use wholes::get;

use crate::{
    publishing::{Publication, Series, State},
    schedule::Repeat,
};

/// The most channels of one post.
pub const CHANNELS_MAX: usize = 100;

/// When something is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// At an instant.
    At(Timestamp),
    /// At a local time in a zone.
    Local {
        /// The local time.
        local: DateTime,
        /// The zone's IANA name.
        zone: String,
    },
    /// In the next free queue slot of the channel.
    NextSlot,
}

/// The variant for one channel.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// The channel.
    pub channel: Option<ChannelId>,
    /// Its own parts, instead of the post's.
    pub parts: Option<Vec<PartContent>>,
    /// The platform's options.
    pub options: Value,
    /// Its own time.
    pub when: Option<When>,
}

/// A post to be made.
#[derive(Debug, Clone)]
pub struct NewPost {
    /// What it says.
    pub parts: Vec<PartContent>,
    /// Where it goes.
    pub targets: Vec<Target>,
    /// When; `None` is a draft.
    pub when: Option<When>,
    /// How it recurs.
    pub repeat: Option<Repeat>,
    /// When its author means a draft to be published.
    pub planned: Option<When>,
}

/// A post with all that belongs to it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The post.
    pub post: Post,
    /// Its forms.
    pub variants: Vec<Variant>,
    /// Their publications.
    pub publications: Vec<Publication>,
    /// The rules by which it recurs, first made first.
    pub series: Vec<Series>,
}

impl Whole {
    /// A post with what belongs to it. What its publications went through counts as a change of it, so that no one who read
    /// it before acts on it unawares: its revision grows when something of it is moved, unscheduled, goes live or is deleted.
    /// What went to channels that it was taken off is left out.
    fn of(mut post: Post, variants: Vec<Variant>, mut publications: Vec<Publication>, mut series: Vec<Series>) -> Self {
        post.revision += publications.iter().map(Publication::changes).sum::<i64>();
        publications.retain(|publication| variants.iter().any(|variant| variant.id == publication.variant));
        series.retain(|one| publications.iter().any(|publication| publication.series == Some(one.id)));
        Self { post, variants, publications, series }
    }

    /// Where it stands.
    pub fn summary(&self) -> Summary {
        let standing = |p: &Publication| standing(p.channel, p.life.state, p.life.part, p.gone, p.no_longer_fits());
        Summary::of(&self.publications.iter().map(standing).collect::<Vec<_>>(), self.post.is_handed_in())
    }

    /// What was unscheduled before anything of it was live, and scheduled on the same channel anew.
    pub fn replaced(&self) -> impl Iterator<Item = &Publication> {
        self.publications.iter().filter(|old| {
            old.life.state == State::Cancelled
                && old.life.part == 0
                && self.publications.iter().any(|new| {
                    let is_later =
                        new.made_at > old.made_at || (new.made_at == old.made_at && new.life.state != State::Cancelled);
                    is_later && new.variant == old.variant && (old.series.is_none() || new.series != old.series)
                })
        })
    }

    /// What of it is within reach: a key that is limited to some channels finds neither what is on the others, nor posts
    /// that go to others alone (S-23). A draft that goes nowhere yet is everyone's.
    fn within(mut self, scope: &Scope) -> Option<Self> {
        let goes_nowhere = self.variants.is_empty();
        self.variants.retain(|variant| scope.reaches(variant.channel));
        self.publications.retain(|publication| scope.reaches(publication.channel));
        self.series.retain(|one| self.publications.iter().any(|publication| publication.series == Some(one.id)));
        (goes_nowhere || !self.variants.is_empty()).then_some(self)
    }
}

/// Where a publication stands, for its post: `part` parts went live, of which `gone` were deleted there.
fn standing(channel: ChannelId, state: State, part: u32, gone: u32, misfit: bool) -> Standing {
    Standing { channel, state, live: part.saturating_sub(gone), reached: part, misfit }
}
