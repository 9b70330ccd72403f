//! The only SQL for series: the rules by which posts recur.

use base::{
    Timestamp,
    ids::{PostId, SeriesId, WorkspaceId},
};
use db::{Error, Row, Tx, Value, args};
use serde::{Deserialize, Serialize};

use super::{json, parse};
use crate::schedule::Repeat;

/// The rule of a series, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesRule {
    /// The first local time.
    pub first: String,
    /// Its zone.
    pub zone: String,
    /// How it recurs.
    pub repeat: Repeat,
}

/// A series to be stored.
#[derive(Debug)]
pub struct NewSeries<'a> {
    /// Its id.
    pub id: SeriesId,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// What recurs.
    pub post: PostId,
    /// How.
    pub rule: &'a SeriesRule,
    /// Its last occurrence that is laid out.
    pub filled_until: Timestamp,
    /// Who made it.
    pub made_by: &'a str,
}

/// A rule by which a post recurs.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its id.
    pub id: SeriesId,
    /// What recurs.
    pub post: PostId,
    /// How.
    pub rule: SeriesRule,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// When it was ended, or replaced by another.
    pub ended_at: Option<Timestamp>,
}

/// Stores a series.
pub async fn insert(tx: &mut Tx, new: &NewSeries<'_>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO series (id, workspace_id, post_id, rule, filled_until, made_by) VALUES ($1, $2, $3, $4, $5, $6)",
        args![new.id, new.workspace, new.post, json(new.rule), new.filled_until, new.made_by],
    )
    .await?;
    Ok(())
}

/// The series of some posts of this workspace, first made first.
pub async fn of_posts(tx: &mut Tx, workspace: WorkspaceId, posts: &[PostId]) -> Result<Vec<Series>, Error> {
    let sql = "SELECT id, post_id, rule, paused_at, ended_at FROM series WHERE workspace_id = $1 AND post_id {among $2} ORDER BY id";
    let arguments = [Value::from(workspace), Value::among(posts)];
    tx.rows(sql, &arguments).await?.iter().map(series).collect()
}

/// A series of this workspace.
pub async fn one(tx: &mut Tx, workspace: WorkspaceId, id: SeriesId) -> Result<Option<Series>, Error> {
    let sql = "SELECT id, post_id, rule, paused_at, ended_at FROM series WHERE workspace_id = $1 AND id = $2";
    tx.row(sql, args![workspace, id]).await?.as_ref().map(series).transpose()
}

fn series(row: &Row) -> Result<Series, Error> {
    Ok(Series {
        id: row.id("id")?,
        post: row.id("post_id")?,
        rule: parse(&row.text("rule")?)?,
        paused_at: row.opt_timestamp("paused_at")?,
        ended_at: row.opt_timestamp("ended_at")?,
    })
}

/// Stores whether a series is paused or ended.
pub async fn put(
    tx: &mut Tx,
    id: SeriesId,
    paused_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute("UPDATE series SET paused_at = $2, ended_at = $3 WHERE id = $1", args![id, paused_at, ended_at]).await?;
    Ok(())
}
