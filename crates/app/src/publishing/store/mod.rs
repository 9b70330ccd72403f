//! The only SQL for publications and series; beside it that for lanes, attempts, handles, the story, nodes and the stop.
//!
//! Every write to a publication is a compare-and-set on its state, part and revision; what a node does it does under
//! the fence of its lane.

mod attempts;
mod lanes;
mod nodes;
pub mod proven;
pub mod series;
mod standing;
mod story;

use base::{
    Text, Timestamp,
    ids::{ChannelId, PostId, PublicationId, SeriesId, VariantId, WorkspaceId},
};
use db::{Error, Row, Tx, Value, args};

pub use attempts::*;
pub use lanes::*;
pub use nodes::*;
pub use standing::*;
pub use story::*;

use super::state::{Life, State};

/// A publication to be stored.
#[derive(Debug, Clone)]
pub struct NewPublication {
    /// Its id.
    pub id: PublicationId,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// What is published.
    pub post: PostId,
    /// In which form.
    pub variant: VariantId,
    /// Where.
    pub channel: ChannelId,
    /// The rule it is an occurrence of.
    pub series: Option<SeriesId>,
    /// When.
    pub due_at: Timestamp,
    /// As a person chose it: local time and zone.
    pub local: Option<(String, String)>,
    /// How many parts it has.
    pub parts: u32,
    /// Who lets it go out (P-055).
    pub authorised_by: String,
    /// When it was made.
    pub now: Timestamp,
}

/// A publication as stored.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Its id.
    pub id: PublicationId,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// What is published.
    pub post: PostId,
    /// In which form.
    pub variant: VariantId,
    /// Where.
    pub channel: ChannelId,
    /// The rule it is an occurrence of.
    pub series: Option<SeriesId>,
    /// When it is due.
    pub due_at: Timestamp,
    /// As a person chose it.
    pub local_time: Option<String>,
    /// In which zone.
    pub zone: Option<String>,
    /// When the dispatcher comes back to it.
    pub wake_at: Option<Timestamp>,
    /// Its state.
    pub life: Life,
    /// Why it stands there.
    pub reason: Option<String>,
    /// For people.
    pub detail: Option<Text>,
    /// How often a process died while it sent a part of it.
    pub crashes: u32,
    /// How often a process died while it prepared this part, since that came to an end of its own.
    pub prepare_crashes: u32,
    /// How often a process died while it looked what became of this part.
    pub look_crashes: u32,
    /// Grows with each change by a person.
    pub revision: i64,
    /// Who lets it go out.
    pub authorised_by: String,
    /// The address of its first part.
    pub url: Option<String>,
    /// When its last part went live.
    pub published_at: Option<Timestamp>,
    /// What is live (JSON), where its variant says something else by now.
    pub live_content: Option<String>,
    /// How many of its live parts were deleted at the platform, the last ones first.
    pub gone: u32,
    /// When it was made.
    pub made_at: Timestamp,
}

/// Why a scheduled publication needs attention before its time: its channel's limits have changed, and it would be refused.
const NO_LONGER_FITS: &str = "no_longer_fits";

impl Publication {
    /// Whether its channel's new limits refuse it.
    pub fn no_longer_fits(&self) -> bool {
        self.life.state == State::Scheduled && self.reason.as_deref() == Some(NO_LONGER_FITS)
    }
}

const COLUMNS: &str = "p.id, p.workspace_id, p.post_id, p.variant_id, p.channel_id, p.series_id, p.due_at, p.local_time, \
     p.zone, p.wake_at, p.state, p.reason, p.detail, p.part, p.parts, p.tries, p.doubts, p.looks, p.round, p.crashes, \
     p.prepare_crashes, p.look_crashes, p.revision, p.authorised_by, p.url, p.published_at, p.live_content, p.parts_gone, \
     p.made_at";

fn small(row: &Row, column: &str) -> Result<u32, Error> {
    Ok(u32::try_from(row.int(column)?).unwrap_or(0))
}

fn publication(row: &Row) -> Result<Publication, Error> {
    let state = row.text("state")?;
    Ok(Publication {
        id: row.id("id")?,
        workspace: row.id("workspace_id")?,
        post: row.id("post_id")?,
        variant: row.id("variant_id")?,
        channel: row.id("channel_id")?,
        series: row.opt_id("series_id")?,
        due_at: row.timestamp("due_at")?,
        local_time: row.opt_text("local_time")?,
        zone: row.opt_text("zone")?,
        wake_at: row.opt_timestamp("wake_at")?,
        life: Life {
            state: State::parse(&state).ok_or_else(|| Error::Misuse(format!("unknown state `{state}`")))?,
            part: small(row, "part")?,
            parts: small(row, "parts")?,
            tries: small(row, "tries")?,
            doubts: small(row, "doubts")?,
            looks: small(row, "looks")?,
            round: small(row, "round")?,
        },
        reason: row.opt_text("reason")?,
        detail: row.opt_text("detail")?.as_deref().map(Text::from_stored),
        crashes: small(row, "crashes")?,
        prepare_crashes: small(row, "prepare_crashes")?,
        look_crashes: small(row, "look_crashes")?,
        revision: row.int("revision")?,
        authorised_by: row.text("authorised_by")?,
        url: row.opt_text("url")?,
        published_at: row.opt_timestamp("published_at")?,
        live_content: row.opt_text("live_content")?,
        gone: small(row, "parts_gone")?,
        made_at: row.timestamp("made_at")?,
    })
}

/// Stores a new publication and wakes its lane.
pub async fn insert(tx: &mut Tx, new: &NewPublication) -> Result<(), Error> {
    let (local, zone) = new.local.clone().unzip();
    tx.send(
        "INSERT INTO publications (id, workspace_id, post_id, variant_id, channel_id, series_id, due_at, local_time, zone,
                wake_at, state, part, parts, tries, doubts, looks, round, crashes, revision, authorised_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7, 'scheduled', 0, $10, 0, 0, 0, 0, 0, 1, $11, $12)",
        args![
            new.id, new.workspace, new.post, new.variant, new.channel, new.series, new.due_at, local, zone, new.parts,
            new.authorised_by.clone(), new.now
        ],
    )
    .await?;
    wake_lane(tx, (new.workspace, new.channel), State::Scheduled, new.due_at).await
}

/// A publication of this workspace.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: PublicationId) -> Result<Option<Publication>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM publications p WHERE p.workspace_id = $1 AND p.id = $2");
    tx.row(&sql, args![workspace, id]).await?.as_ref().map(publication).transpose()
}

/// The publications of some posts of this workspace, in order of their time.
pub async fn of_posts(tx: &mut Tx, workspace: WorkspaceId, posts: &[PostId]) -> Result<Vec<Publication>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM publications p WHERE p.workspace_id = $1 AND p.post_id {{among $2}}");
    let arguments = [Value::from(workspace), Value::among(posts)];
    let found: Result<Vec<Publication>, Error> = tx.rows(&sql, &arguments).await?.iter().map(publication).collect();
    let mut found = found?;
    // Sorted here: asked for in this order, SQLite walks the whole workspace's calendar rather than sort a few.
    found.sort_by_key(|one| (one.due_at, one.id));
    Ok(found)
}

/// Where a publication of a post stands.
#[derive(Debug)]
pub struct LifeOf {
    /// The post.
    pub post: PostId,
    /// Where it goes.
    pub channel: ChannelId,
    /// Its state.
    pub state: State,
    /// The part that it is at.
    pub part: u32,
    /// How many of its live parts were deleted at the platform.
    pub gone: u32,
    /// Whether its channel's new limits refuse it.
    pub no_longer_fits: bool,
}

/// Where the publications of some posts stand, on the channels that the posts go to.
pub async fn lives_of_posts(tx: &mut Tx, workspace: WorkspaceId, posts: &[PostId]) -> Result<Vec<LifeOf>, Error> {
    let sql = "SELECT p.post_id, p.channel_id, p.state, p.part, p.parts_gone, p.reason
           FROM publications p JOIN variants v ON v.id = p.variant_id
          WHERE p.workspace_id = $1 AND v.ended_at IS NULL AND p.post_id {among $2}";
    let arguments = [Value::from(workspace), Value::among(posts)];
    let rows = tx.rows(sql, &arguments).await?;
    rows.iter()
        .map(|row| {
            let state = row.text("state")?;
            let state = State::parse(&state).ok_or_else(|| Error::Misuse(format!("unknown state `{state}`")))?;
            Ok(LifeOf {
                post: row.id("post_id")?,
                channel: row.id("channel_id")?,
                state,
                part: small(row, "part")?,
                gone: small(row, "parts_gone")?,
                no_longer_fits: row.opt_text("reason")?.as_deref() == Some(NO_LONGER_FITS),
            })
        })
        .collect()
}

/// What a channel says in a time: when each publication is due and its variant's content (JSON), at most 200, the newest
/// first. What was unscheduled, deleted or refused is left out.
pub async fn said_between(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: ChannelId,
    from: Timestamp,
    until: Timestamp,
    except: Option<PostId>,
) -> Result<Vec<(Timestamp, String)>, Error> {
    let sql = "SELECT p.due_at, v.content FROM publications p JOIN variants v ON v.id = p.variant_id
                WHERE p.workspace_id = $1 AND p.channel_id = $2 AND p.due_at > $3 AND p.due_at < $4
                  AND p.state NOT IN ('cancelled', 'deleted', 'failed') AND p.post_id <> $5
                ORDER BY p.due_at DESC LIMIT 200";
    let except = except.map_or_else(String::new, |id| id.to_string());
    let rows = tx.rows(sql, args![workspace, channel, from, until, except]).await?;
    rows.iter().map(|row| Ok((row.timestamp("due_at")?, row.text("content")?))).collect()
}

/// A channel's publications that are still to be published, or that wait for a person.
pub async fn open_of_channel(tx: &mut Tx, channel: ChannelId) -> Result<Vec<Publication>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM publications p
          WHERE p.channel_id = $1 AND p.state IN ('scheduled', 'armed', 'processing', 'unknown', 'parked', 'needs_eyes')"
    );
    tx.rows(&sql, args![channel]).await?.iter().map(publication).collect()
}

/// Publications of this workspace that wait for a video to be converted.
pub async fn waiting_for_media(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Publication>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM publications p
          WHERE p.workspace_id = $1 AND p.state = 'scheduled' AND p.reason = 'media_not_ready'"
    );
    tx.rows(&sql, args![workspace]).await?.iter().map(publication).collect()
}

/// Instants at which something is scheduled on a channel after `now`.
pub async fn scheduled_at(tx: &mut Tx, channel: ChannelId, now: Timestamp) -> Result<Vec<Timestamp>, Error> {
    let sql =
        "SELECT due_at FROM publications WHERE channel_id = $1 AND due_at > $2 AND state IN ('scheduled', 'parked')";
    tx.rows(sql, args![channel, now]).await?.iter().map(|row| row.timestamp("due_at")).collect()
}

/// Scheduled publications that a person gave a local time, for re-reading when time zone data change.
pub async fn with_local_time(
    tx: &mut Tx,
    after: Option<PublicationId>,
    now: Timestamp,
) -> Result<Vec<Publication>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM publications p
          WHERE p.state = 'scheduled' AND p.zone IS NOT NULL AND p.due_at > $1 AND p.part = 0 AND p.tries = 0 AND p.id > $2
          ORDER BY p.id LIMIT 500"
    );
    let after = after.map_or_else(String::new, |id| id.to_string());
    tx.rows(&sql, args![now, after]).await?.iter().map(publication).collect()
}

pub(in crate::publishing) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

pub(in crate::publishing) fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Misuse(format!("stored JSON cannot be read: {error}")))
}
