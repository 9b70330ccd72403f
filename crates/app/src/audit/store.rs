//! The only SQL for `audit_chains` and `audit_events`.

use base::{Actor, Scope, Timestamp};
use db::{Error, Row, Tx, args};
use serde_json::Value;

use super::Act;

/// The chain of the installation.
pub(super) const INSTANCE: &str = "instance";

/// One event of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number; the first is 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who, as an id or `system:job`.
    pub actor: String,
    /// What.
    pub act: String,
    /// To what.
    pub object: String,
    /// `done` or `refused`.
    pub result: String,
    /// More about it.
    pub detail: Value,
}

pub(super) async fn append(tx: &mut Tx, chain: &str, actor: Actor, at: Timestamp, act: &Act) -> Result<(), Error> {
    // The chain's row also puts writers of one chain in line, which a hash of the event before will need.
    tx.send(
        "INSERT INTO audit_chains (chain, seq) VALUES ($1, 1) ON CONFLICT (chain) DO UPDATE SET seq = audit_chains.seq + 1",
        args![chain],
    )
    .await?;
    let result = if act.refused { "refused" } else { "done" };
    tx.send(
        "INSERT INTO audit_events (chain, seq, at, actor, act, object, result, detail)
         VALUES ($1, (SELECT seq FROM audit_chains WHERE chain = $1), $2, $3, $4, $5, $6, $7)",
        args![chain, at, actor.to_string(), act.act, &act.object, result, &act.detail],
    )
    .await
}

/// The latest events of the workspace before the number `before`.
///
/// # Errors
/// Those of the database.
pub async fn page(tx: &mut Tx, scope: &Scope, before: Option<i64>, limit: u32) -> Result<Vec<Event>, Error> {
    tx.rows(
        "SELECT seq, at, actor, act, object, result, detail FROM audit_events
          WHERE chain = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
        args![scope.workspace(), before.unwrap_or(i64::MAX), limit],
    )
    .await?
    .iter()
    .map(event)
    .collect()
}

fn event(row: &Row) -> Result<Event, Error> {
    Ok(Event {
        seq: row.int("seq")?,
        at: row.timestamp("at")?,
        actor: row.text("actor")?,
        act: row.text("act")?,
        object: row.text("object")?,
        result: row.text("result")?,
        detail: row.json("detail")?,
    })
}
