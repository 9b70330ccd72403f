//! What happened in a workspace, in order: the source of the live view, and later of webhooks and automation.
//!
//! Numbers count up by one in each workspace and become visible in order, so a client that has read up to `n` asks for
//! what is after `n` and misses nothing. An event says what changed, not what a post says: content is read where it is.

pub mod http;
mod store;
#[cfg(test)]
mod tests;

use base::{Timestamp, ids::WorkspaceId};
use db::Tx;
use serde_json::Value;

pub use store::Event;

/// The name under which new events are announced to this process and to other nodes.
pub const ANNOUNCED: &str = "events";

/// Adds an event, in the transaction of its cause.
///
/// # Errors
/// Those of the database.
pub async fn emit(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: &str,
    object: &str,
    data: Value,
    now: Timestamp,
) -> Result<i64, db::Error> {
    let seq = store::insert(tx, workspace, kind, object, &data, now).await?;
    tx.notify(ANNOUNCED, &workspace.to_string()).await?;
    Ok(seq)
}
