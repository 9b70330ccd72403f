//! The events of a workspace, in order: the source of live updates, and later of webhooks and automation.
//!
//! Numbers increase by one in each workspace and become visible in order, so a client that has read up to `n` asks for
//! events after `n` and misses none. An event says what changed but has no content; clients read that separately.

pub mod http;
mod kinds;
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

/// The channel on which new events are announced to this process and to other nodes.
pub const ANNOUNCED: &str = "events";

/// Adds an event, in the transaction of its cause.
///
/// # Errors
/// Database errors.
pub async fn emit(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: &'static str,
    object: &str,
    data: Value,
    now: Timestamp,
) -> Result<(), db::Error> {
    let new = New { workspace, kind, object: object.to_owned(), data: data.to_string(), now };
    documented(&new);
    store::insert(tx, workspace, &[&new]).await?;
    tx.notify(ANNOUNCED, &workspace.to_string()).await
}

/// An event that the API document does not know of is a mistake of ours.
fn documented(event: &New) {
    if cfg!(debug_assertions) {
        let data = serde_json::from_str(&event.data).unwrap_or_default();
        let why = kinds::undocumented(event.kind, &data);
        assert!(why.is_none(), "{}", why.unwrap_or_default());
    }
}

/// Adds many events of many workspaces, in the transaction of their causes; each workspace is numbered and announced once.
///
/// # Errors
/// Database errors.
pub async fn emit_all(tx: &mut Tx, events: &[&New]) -> Result<(), db::Error> {
    // Sorted by workspace: two writers that number several workspaces must not deadlock.
    let mut of: BTreeMap<WorkspaceId, Vec<&New>> = BTreeMap::new();
    for event in events {
        documented(event);
        of.entry(event.workspace).or_default().push(event);
    }
    for (workspace, events) in of {
        store::insert(tx, workspace, &events).await?;
        tx.notify(ANNOUNCED, &workspace.to_string()).await?;
    }
    Ok(())
}
