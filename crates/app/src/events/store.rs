//! The only SQL for events.

use base::{Timestamp, ids::WorkspaceId};
use db::{Error, Tx, args};
use serde_json::Value;

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// Counts up by one in the workspace.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What (`publication.published`).
    pub kind: String,
    /// To what.
    pub object: String,
    /// More about it.
    pub data: Value,
}

/// Adds an event and gives its number.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: &str,
    object: &str,
    data: &Value,
    now: Timestamp,
) -> Result<i64, Error> {
    let counted = tx
        .one(
            "INSERT INTO event_counters (workspace_id, last) VALUES ($1, 1)
             ON CONFLICT (workspace_id) DO UPDATE SET last = event_counters.last + 1 RETURNING last",
            args![workspace],
        )
        .await?;
    let seq = counted.int("last")?;
    tx.execute(
        "INSERT INTO events (workspace_id, seq, at, kind, object_id, data) VALUES ($1, $2, $3, $4, $5, $6)",
        args![workspace, seq, now, kind, object, data.to_string()],
    )
    .await?;
    Ok(seq)
}

/// Events after a number, oldest first.
pub async fn after(tx: &mut Tx, workspace: WorkspaceId, seq: i64, limit: u32) -> Result<Vec<Event>, Error> {
    let sql =
        "SELECT seq, at, kind, object_id, data FROM events WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    let rows = tx.rows(sql, args![workspace, seq, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(Event {
                seq: row.int("seq")?,
                at: row.timestamp("at")?,
                kind: row.text("kind")?,
                object: row.text("object_id")?,
                data: serde_json::from_str(&row.text("data")?).unwrap_or(Value::Null),
            })
        })
        .collect()
}

/// The last number given out.
pub async fn last(tx: &mut Tx, workspace: WorkspaceId) -> Result<i64, Error> {
    let row = tx.row("SELECT last FROM event_counters WHERE workspace_id = $1", args![workspace]).await?;
    row.map_or(Ok(0), |row| row.int("last"))
}
