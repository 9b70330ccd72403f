//! What happened in a workspace, in order: the source of the live view, and later of webhooks and automation.
//!
//! Numbers count up by one in each workspace and become visible in order, so a client that has read up to `n` asks for
//! what is after `n` and misses nothing. An event says what changed, not what a post says: content is read where it is.

pub mod http;
mod store;
mod streams;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use base::{Timestamp, ids::WorkspaceId};
use db::Tx;
use serde_json::Value;

pub use store::{Event, New};
pub use streams::{Place, Streams};

/// The name under which new events are announced to this process and to other nodes.
pub const ANNOUNCED: &str = "events";

/// Adds an event, in the transaction of its cause.
///
/// # Errors
/// Those of the database.
pub async fn emit(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: &'static str,
    object: &str,
    data: Value,
    now: Timestamp,
) -> Result<(), db::Error> {
    let new = New { workspace, kind, object: object.to_owned(), data: data.to_string(), now };
    store::insert(tx, workspace, &[&new]).await?;
    tx.notify(ANNOUNCED, &workspace.to_string()).await
}

/// Adds many events of many workspaces, in the transaction of their causes; each workspace is numbered and announced once.
///
/// # Errors
/// Those of the database.
pub async fn emit_all(tx: &mut Tx, events: &[&New]) -> Result<(), db::Error> {
    // In the order of the workspaces: two who number several of them must not wait for each other in a ring.
    let mut of: BTreeMap<WorkspaceId, Vec<&New>> = BTreeMap::new();
    for event in events {
        of.entry(event.workspace).or_default().push(event);
    }
    for (workspace, events) in of {
        store::insert(tx, workspace, &events).await?;
        tx.notify(ANNOUNCED, &workspace.to_string()).await?;
    }
    Ok(())
}
