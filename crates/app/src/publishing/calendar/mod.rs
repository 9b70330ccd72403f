//! The calendar: what is due when, at a glance. One light item per publication, in order of time.
//!
//! Left out: whole posts and their stories, which are read one by one (`posts`, `explain`).

pub(super) mod http;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use base::{
    Problem, Scope, Timestamp,
    ids::{ChannelId, MediaId, PostId, PublicationId, SeriesId, WorkspaceId},
    say,
};
use db::Tx;

use super::State;
use crate::{App, fault::Fault, media, posts};

/// The longest time that one answer covers.
const DAYS_MAX: i64 = 92;
/// The most items of one answer.
const ITEMS_MAX: usize = 10_000;
/// Drafts with a time in one answer, at most.
const DRAFTS_MAX: u32 = 1_000;
/// Drafts without a time in one answer, at most.
const UNDATED_MAX: u32 = 50;
/// How much of a text a glance takes in, in characters.
const TEXT_CHARACTERS_MAX: usize = 140;
/// Rows held with their whole content at a time.
const PIECE: u32 = 1_000;

/// What of the calendar is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// From this instant …
    pub from: Timestamp,
    /// … to before this one.
    pub until: Timestamp,
    /// Only these channels; empty is all.
    pub channels: BTreeSet<ChannelId>,
    /// Only these states; empty is all.
    pub states: BTreeSet<State>,
}

/// One publication at a glance.
#[derive(Debug, Clone)]
pub struct Item {
    /// The publication.
    pub publication: PublicationId,
    /// The post.
    pub post: PostId,
    /// The channel.
    pub channel: ChannelId,
    /// The rule it is an occurrence of.
    pub series: Option<SeriesId>,
    /// When it is due.
    pub due_at: Timestamp,
    /// The local time as chosen.
    pub local_time: Option<String>,
    /// Its zone.
    pub zone: Option<String>,
    /// Its state.
    pub state: State,
    /// Why it stands there.
    pub reason: Option<String>,
    /// How many parts it has.
    pub parts: u32,
    /// Where its first part is live.
    pub url: Option<String>,
    /// Who made its post.
    pub made_by: String,
    /// How its first part begins: what is live where it is live, else what its variant says.
    pub text: String,
    /// How many files its parts have.
    pub media: usize,
    /// Its first file, if that is an image.
    pub thumbnail: Option<MediaId>,
}

/// A draft at a glance.
#[derive(Debug, Clone)]
pub struct DraftItem {
    /// The post.
    pub post: PostId,
    /// Where it goes.
    pub channels: Vec<ChannelId>,
    /// Who made it.
    pub made_by: String,
    /// Whether it was handed in for review.
    pub in_review: bool,
    /// When its author means it to be published.
    pub planned_at: Option<Timestamp>,
    /// The local time as chosen.
    pub local_time: Option<String>,
    /// Its zone.
    pub zone: Option<String>,
    /// When it was last edited.
    pub changed_at: Timestamp,
    /// How its first part begins.
    pub text: String,
    /// How many files its parts have.
    pub media: usize,
    /// Its first file, if that is an image.
    pub thumbnail: Option<MediaId>,
}

/// Items in order of time.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    /// What is due.
    pub items: Vec<Item>,
    /// Whether there is more than one answer holds.
    pub truncated: bool,
    /// Drafts that are meant to be published in that time, next first; then the last edited ones without a time.
    pub drafts: Vec<DraftItem>,
}

/// The publications due in a period.
///
/// # Errors
/// A time that is empty or too long; those of the database.
pub async fn calendar(app: &App, scope: &Scope, wanted: Wanted) -> Result<Calendar, Fault> {
    check(&wanted)?;
    let Some(channels) = reached(scope, &wanted.channels) else { return Ok(Calendar::default()) };
    let workspace = scope.workspace();
    let read = app.read(async move |tx| {
        let mut items: Vec<Item> = Vec::new();
        while items.len() <= ITEMS_MAX {
            let after = items.last().map(|item| (item.due_at, item.publication));
            let piece = store::piece(tx, workspace, &wanted, &channels, after, PIECE).await?;
            let more = piece.len() == PIECE as usize;
            items.extend(piece);
            if !more {
                break;
            }
        }
        let truncated = items.len() > ITEMS_MAX;
        items.truncate(ITEMS_MAX);
        let mut drafts =
            if wanted.states.is_empty() { drafts(tx, workspace, &wanted, &channels).await? } else { Vec::new() };
        let shown = items.iter().filter_map(|item| item.thumbnail);
        let shown: BTreeSet<MediaId> = shown.chain(drafts.iter().filter_map(|draft| draft.thumbnail)).collect();
        let images = media::images_of(tx, workspace, shown).await?;
        items.iter_mut().for_each(|item| item.thumbnail = item.thumbnail.filter(|id| images.contains(id)));
        drafts.iter_mut().for_each(|draft| draft.thumbnail = draft.thumbnail.filter(|id| images.contains(id)));
        Ok(Calendar { items, truncated, drafts })
    });
    read.await
}

/// Drafts of a time, and the last edited ones without a time. One that goes nowhere yet is everyone's.
async fn drafts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    wanted: &Wanted,
    channels: &[ChannelId],
) -> Result<Vec<DraftItem>, db::Error> {
    let going = (channels, wanted.channels.is_empty());
    let mut found = store::drafts(tx, workspace, Some((wanted.from, wanted.until)), going, DRAFTS_MAX).await?;
    found.extend(store::drafts(tx, workspace, None, going, UNDATED_MAX).await?);
    let ids: Vec<PostId> = found.iter().map(|draft| draft.post).collect();
    let going = posts::channels_of(tx, workspace, &ids).await?;
    // What goes elsewhere too is shown without that: a limited key learns of no other channel.
    let is_wanted = |id: &ChannelId| channels.is_empty() || channels.contains(id);
    for draft in &mut found {
        draft.channels = going.get(&draft.post).into_iter().flatten().copied().filter(is_wanted).collect();
    }
    Ok(found)
}

fn check(wanted: &Wanted) -> Result<(), Problem> {
    if wanted.until <= wanted.from {
        return Err(Problem::field("/until", say!("must be after `from`")));
    }
    let days_max = std::time::Duration::from_secs(DAYS_MAX.unsigned_abs() * 86_400);
    if wanted.until.since(wanted.from) > days_max {
        return Err(Problem::field(
            "/until",
            say!("may be {days_max} days after `from` at most; ask again for the rest", days_max = DAYS_MAX),
        ));
    }
    Ok(())
}

/// The channels to look at: empty is all of the workspace, `None` is none at all. A key that is limited to some channels
/// sees no others (S-23).
fn reached(scope: &Scope, wanted: &BTreeSet<ChannelId>) -> Option<Vec<ChannelId>> {
    let reached: Vec<ChannelId> = match scope.channels() {
        Some(own) if wanted.is_empty() => own.iter().copied().collect(),
        _ => wanted.iter().copied().filter(|channel| scope.reaches(*channel)).collect(),
    };
    let limited = scope.channels().is_some() || !wanted.is_empty();
    (!limited || !reached.is_empty()).then_some(reached)
}

/// How a text begins, on one line.
fn beginning(text: &str) -> String {
    let mut begun = String::new();
    let mut taken = 0;
    for word in text.split_whitespace() {
        let letters = word.chars().count() + usize::from(!begun.is_empty());
        if taken + letters > TEXT_CHARACTERS_MAX {
            if begun.is_empty() {
                begun.extend(word.chars().take(TEXT_CHARACTERS_MAX - 1));
            }
            begun.push('…');
            break;
        }
        if !begun.is_empty() {
            begun.push(' ');
        }
        begun.push_str(word);
        taken += letters;
    }
    begun
}
