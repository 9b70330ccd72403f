//! The only SQL for the calendar: a range of the index `publications_calendar`, with the beginning of what is said.

use std::borrow::Cow;

use base::{
    Timestamp,
    ids::{ChannelId, MediaId, PublicationId, WorkspaceId},
};
use db::{Error, Row, Tx, Value};
use serde::Deserialize;

use super::{DraftItem, Item, State, Wanted, beginning};

/// What a glance at a content needs.
#[derive(Deserialize)]
struct Glance<'a> {
    #[serde(borrow)]
    parts: Vec<GlancePart<'a>>,
}

#[derive(Deserialize, Default)]
struct GlancePart<'a> {
    #[serde(borrow, default)]
    text: Cow<'a, str>,
    #[serde(default)]
    media: Vec<GlanceFile>,
}

#[derive(Deserialize)]
struct GlanceFile {
    id: MediaId,
}

/// Another publication took its place: what was unscheduled before anything of it was live shows only until then.
const REPLACED: &str = "p.part = 0 AND EXISTS (SELECT 1 FROM publications n
     WHERE n.post_id = p.post_id AND n.variant_id = p.variant_id AND (n.made_at > p.made_at OR (n.made_at = p.made_at AND n.state <> 'cancelled'))
       AND (p.series_id IS NULL OR n.series_id IS NULL OR n.series_id <> p.series_id))";

/// Drafts whose author means them to be published in a time (at most `limit`, next first); without one, drafts that have none
/// (those never scheduled and those of which everything was unscheduled), edited last first. Each is found through an index
/// of few posts: nearly all posts of a workspace are out, and have no such time either. Only those that go to one of the
/// channels, or to any if there are none; with `nowhere`, those that go nowhere yet, too.
pub async fn drafts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    time: Option<(Timestamp, Timestamp)>,
    (channels, nowhere): (&[ChannelId], bool),
    limit: u32,
) -> Result<Vec<DraftItem>, Error> {
    let (few, is_meant, order, mut arguments): (_, _, _, Vec<Value>) = match time {
        Some((from, until)) => (
            "",
            "o.planned_at >= $2 AND o.planned_at < $3",
            "o.planned_at, o.id",
            vec![workspace.into(), from.into(), until.into()],
        ),
        // A CROSS JOIN, because SQLite keeps its order: from the few to their posts.
        None => (
            "(SELECT id FROM posts WHERE workspace_id = $1 AND laid_out_at IS NULL AND ended_at IS NULL
              UNION ALL
              SELECT DISTINCT p.post_id FROM publications p JOIN posts c ON c.id = p.post_id
               WHERE p.workspace_id = $1 AND p.state = 'cancelled' AND c.laid_out_at IS NOT NULL
             ) d CROSS JOIN ",
            "o.id = d.id AND o.planned_at IS NULL",
            "o.changed_at DESC, o.id DESC",
            vec![workspace.into()],
        ),
    };
    let on = "SELECT 1 FROM variants v WHERE v.post_id = o.id AND v.ended_at IS NULL";
    let there = among("v.channel_id", Value::among(channels), &mut arguments);
    let going = match there.is_empty() {
        true => String::new(),
        false if nowhere => format!("AND (EXISTS ({on}{there}) OR NOT EXISTS ({on}))"),
        false => format!("AND EXISTS ({on}{there})"),
    };
    arguments.push(limit.into());
    let sql = format!(
        "SELECT o.id, o.body, o.made_by, o.review, o.planned_at, o.planned_local, o.planned_zone, o.changed_at
           FROM {few}posts o
          WHERE o.workspace_id = $1 AND {is_meant} AND o.ended_at IS NULL {going}
            AND NOT EXISTS (SELECT 1 FROM publications p JOIN variants v ON v.id = p.variant_id
                             WHERE p.post_id = o.id AND v.ended_at IS NULL AND p.state <> 'cancelled')
          ORDER BY {order} LIMIT ${}",
        arguments.len()
    );
    tx.rows(&sql, &arguments).await?.iter().map(draft).collect()
}

fn draft(row: &Row) -> Result<DraftItem, Error> {
    let body = row.text("body")?;
    let Beginning { text, media, thumbnail } = glance(&body)?;
    Ok(DraftItem {
        post: row.id("id")?,
        channels: Vec::new(),
        made_by: row.text("made_by")?,
        in_review: row.opt_text("review")?.as_deref() == Some("handed_in"),
        planned_at: row.opt_timestamp("planned_at")?,
        local_time: row.opt_text("planned_local")?,
        zone: row.opt_text("planned_zone")?,
        changed_at: row.timestamp("changed_at")?,
        text,
        media,
        thumbnail,
    })
}

/// The next items after one, in order of time and id.
pub async fn piece(
    tx: &mut Tx,
    workspace: WorkspaceId,
    wanted: &Wanted,
    channels: &[ChannelId],
    after: Option<(Timestamp, PublicationId)>,
    limit: u32,
) -> Result<Vec<Item>, Error> {
    let (from, last) = after.map_or((wanted.from, String::new()), |(at, id)| (at, id.to_string()));
    let mut arguments: Vec<Value> = vec![workspace.into(), from.into(), wanted.until.into(), last.into(), limit.into()];
    let channels = among("p.channel_id", Value::among(channels), &mut arguments);
    let states = among("p.state", Value::among(wanted.states.iter().map(|state| state.as_str())), &mut arguments);
    let sql = format!(
        "SELECT p.id, p.post_id, p.channel_id, p.series_id, p.due_at, p.local_time, p.zone, p.state, p.reason, p.parts, p.url,
                COALESCE(p.live_content, v.content) AS content, o.made_by
           FROM publications p JOIN variants v ON v.id = p.variant_id JOIN posts o ON o.id = p.post_id
          WHERE p.workspace_id = $1 AND p.due_at >= $2 AND p.due_at < $3 AND (p.due_at > $2 OR p.id > $4){channels}{states}
            AND o.ended_at IS NULL AND v.ended_at IS NULL AND NOT (p.state = 'cancelled' AND {REPLACED})
          ORDER BY p.due_at, p.id LIMIT $5"
    );
    tx.rows(&sql, &arguments).await?.iter().map(item).collect()
}

/// Only what is in the list, or everything if there is nothing in it.
fn among(column: &str, list: Value, arguments: &mut Vec<Value>) -> String {
    if list == Value::Texts(Vec::new()) {
        return String::new();
    }
    arguments.push(list);
    format!(" AND {column} {{among ${}}}", arguments.len())
}

/// How a content begins.
struct Beginning {
    text: String,
    media: usize,
    thumbnail: Option<MediaId>,
}

fn glance(content: &str) -> Result<Beginning, Error> {
    let glance: Glance<'_> = serde_json::from_str(content)
        .map_err(|error| Error::Misuse(format!("stored content cannot be read: {error}")))?;
    Ok(Beginning {
        text: glance.parts.first().map(|part| beginning(&part.text)).unwrap_or_default(),
        media: glance.parts.iter().map(|part| part.media.len()).sum(),
        thumbnail: glance.parts.iter().find_map(|part| part.media.first()).map(|file| file.id),
    })
}

fn item(row: &Row) -> Result<Item, Error> {
    let state = row.text("state")?;
    let Beginning { text, media, thumbnail } = glance(&row.text("content")?)?;
    Ok(Item {
        publication: row.id("id")?,
        post: row.id("post_id")?,
        channel: row.id("channel_id")?,
        series: row.opt_id("series_id")?,
        due_at: row.timestamp("due_at")?,
        local_time: row.opt_text("local_time")?,
        zone: row.opt_text("zone")?,
        state: State::parse(&state).ok_or_else(|| Error::Misuse(format!("unknown state `{state}`")))?,
        reason: row.opt_text("reason")?,
        parts: u32::try_from(row.int("parts")?).unwrap_or(0),
        url: row.opt_text("url")?,
        made_by: row.text("made_by")?,
        text,
        media,
        thumbnail,
    })
}
