//! The only SQL for events.

use base::{Timestamp, ids::WorkspaceId};
use db::{Error, Tx, Value, args};

/// An event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Increases by one in the workspace.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What happened (`publication.published`).
    pub kind: String,
    /// The object it is about.
    pub object: String,
    /// Details.
    pub data: serde_json::Value,
}

/// An event to be added.
#[derive(Debug)]
pub struct New {
    /// Where.
    pub workspace: WorkspaceId,
    /// What.
    pub kind: &'static str,
    /// The object it is about.
    pub object: String,
    /// Details, as JSON.
    pub data: String,
    /// When.
    pub now: Timestamp,
}

/// Adds events of one workspace in their order.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, events: &[&New]) -> Result<(), Error> {
    tx.send(
        "INSERT INTO event_counters (workspace_id, last) VALUES ($1, $2)
         ON CONFLICT (workspace_id) DO UPDATE SET last = event_counters.last + $2",
        args![workspace, events.len()],
    )
    .await?;
    // The counter is at the last of them, and no other transaction can change it before the commit.
    let behind = (0..events.len()).rev();
    let rows: Vec<Vec<Value>> = events.iter().zip(behind).map(|(event, behind)| event.args(behind)).collect();
    tx.send_many(
        "INSERT INTO events (workspace_id, seq, at, kind, object_id, data)
         SELECT given.workspace,
                (SELECT c.last - given.behind FROM event_counters c WHERE c.workspace_id = given.workspace),
                given.at, given.kind, given.object, given.data
         {given: workspace TEXT, behind BIGINT, at BIGINT, kind TEXT, object TEXT, data TEXT}",
        &rows,
    )
    .await
}

impl New {
    /// How many of the workspace's events follow it.
    fn args(&self, behind: usize) -> Vec<Value> {
        args![self.workspace, behind, self.now, self.kind, self.object.as_str(), self.data.as_str()].to_vec()
    }
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
                data: serde_json::from_str(&row.text("data")?).unwrap_or(serde_json::Value::Null),
            })
        })
        .collect()
}

/// The numbers of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The oldest event that is kept; `last` + 1 if there is none.
    pub oldest: i64,
    /// The last number assigned; 0 before the first.
    pub last: i64,
}

/// The range of existing numbers.
pub async fn kept(tx: &mut Tx, workspace: WorkspaceId) -> Result<Kept, Error> {
    let sql = "SELECT last, (SELECT MIN(seq) FROM events WHERE workspace_id = $1) AS oldest
                 FROM event_counters WHERE workspace_id = $1";
    let Some(row) = tx.row(sql, args![workspace]).await? else { return Ok(Kept { oldest: 1, last: 0 }) };
    let last = row.int("last")?;
    Ok(Kept { oldest: row.opt_int("oldest")?.unwrap_or(last + 1), last })
}
