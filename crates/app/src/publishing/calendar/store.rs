//! The only SQL for the calendar: a range of the index `publications_calendar`, with the beginning of what is said.

use std::borrow::Cow;

use base::{
    Timestamp,
    ids::{ChannelId, MediaId, PublicationId, WorkspaceId},
};
use db::{Error, Row, Tx, Value};
use serde::Deserialize;

use super::{Item, State, Wanted, beginning};

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
    let channels = among("p.channel_id", channels.iter().map(Value::from), &mut arguments);
    let states = among("p.state", wanted.states.iter().map(|state| Value::from(state.as_str())), &mut arguments);
    let sql = format!(
        "SELECT p.id, p.post_id, p.channel_id, p.series_id, p.due_at, p.local_time, p.zone, p.state, p.reason, p.parts, p.url,
                v.content
           FROM publications p JOIN variants v ON v.id = p.variant_id
          WHERE p.workspace_id = $1 AND p.due_at >= $2 AND p.due_at < $3 AND (p.due_at > $2 OR p.id > $4){channels}{states}
            AND NOT EXISTS (SELECT 1 FROM posts gone WHERE gone.id = p.post_id AND gone.ended_at IS NOT NULL)
          ORDER BY p.due_at, p.id LIMIT $5"
    );
    tx.rows(&sql, &arguments).await?.iter().map(item).collect()
}

/// ` AND column IN (…)`, or nothing where there is nothing to choose from.
fn among(column: &str, values: impl Iterator<Item = Value>, arguments: &mut Vec<Value>) -> String {
    let first = arguments.len();
    arguments.extend(values);
    let places: Vec<String> = (first + 1..=arguments.len()).map(|n| format!("${n}")).collect();
    if places.is_empty() { String::new() } else { format!(" AND {column} IN ({})", places.join(", ")) }
}

fn item(row: &Row) -> Result<Item, Error> {
    let (state, content) = (row.text("state")?, row.text("content")?);
    let glance: Glance<'_> = serde_json::from_str(&content)
        .map_err(|error| Error::Misuse(format!("stored content cannot be read: {error}")))?;
    let first = glance.parts.first();
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
        text: first.map(|part| beginning(&part.text)).unwrap_or_default(),
        media: glance.parts.iter().map(|part| part.media.len()).sum(),
        thumbnail: glance.parts.iter().find_map(|part| part.media.first()).map(|file| file.id),
    })
}
