//! The only SQL for metrics.

use base::{
    Timestamp,
    ids::{ChannelId, WorkspaceId},
};
use db::{Error, Tx, Value, args};

use super::Point;

/// Stores numbers, each in the place of the one before.
pub async fn put(tx: &mut Tx, workspace: WorkspaceId, channel: ChannelId, points: &[Point]) -> Result<(), Error> {
    for point in points {
        tx.execute(
            "INSERT INTO post_metrics (workspace_id, channel_id, remote_id, metric, value, source, fetched_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (channel_id, remote_id, metric) DO UPDATE SET value = $5, fetched_at = $7, expires_at = $8",
            args![
                workspace, channel, point.remote_id.clone(), point.metric.clone(), point.value, point.source.clone(),
                point.fetched_at, point.expires_at
            ],
        )
        .await?;
    }
    Ok(())
}

/// The numbers of some parts on a channel that may still be shown.
pub async fn of(tx: &mut Tx, channel: ChannelId, ids: &[String], now: Timestamp) -> Result<Vec<Point>, Error> {
    let sql = "SELECT remote_id, metric, value, source, fetched_at, expires_at, changed_at FROM post_metrics
                WHERE channel_id = $1 AND expires_at > $2 AND remote_id {among $3} ORDER BY remote_id, metric";
    let rows = tx.rows(sql, args![channel, now, Value::among(ids)]).await?;
    rows.iter()
        .map(|row| {
            Ok(Point {
                remote_id: row.text("remote_id")?,
                metric: row.text("metric")?,
                value: row.int("value")?,
                source: row.text("source")?,
                fetched_at: row.timestamp("fetched_at")?,
                expires_at: row.timestamp("expires_at")?,
                changed_at: row.opt_timestamp("changed_at")?,
            })
        })
        .collect()
}

/// Notes that a post changed at the platform.
pub async fn changed(tx: &mut Tx, channel: ChannelId, remote: &str, at: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE post_metrics SET changed_at = $3
                WHERE channel_id = $1 AND remote_id = $2 AND (changed_at IS NULL OR changed_at < $3)";
    tx.execute(sql, args![channel, remote, at]).await.map(drop)
}

/// Erases the numbers of a channel's posts.
pub async fn erase(tx: &mut Tx, channel: ChannelId) -> Result<(), Error> {
    tx.execute("DELETE FROM post_metrics WHERE channel_id = $1", args![channel]).await.map(drop)
}

/// Erases what has expired.
pub async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM post_metrics WHERE expires_at <= $1", args![now]).await
}
