//! The audit log: who did what to which thing, when, and whether it was allowed. Append-only (S-91).
//!
//! An event is written in the transaction of what it tells, so neither is there without the other. It holds ids, words
//! and numbers, never content, secrets, names or addresses. Each workspace has a chain of its own, and so has the
//! installation; numbers in a chain have no gaps, and each entry holds the hash of the one before it, so [`verify`] finds what was
//! changed, added or taken out from outside. Who can write to the database can also write a whole new chain: anchoring outside is
//! not here.

pub mod http;
mod store;
#[cfg(test)]
mod tests;
mod verify;

use std::collections::BTreeMap;

use base::{Actor, Scope, Timestamp, ids::WorkspaceId};
use db::{Error, Tx};
use serde_json::{Value, json};

pub use store::{Event, page};
pub use verify::{Verified, verify};

/// What was done.
#[derive(Debug, Clone)]
pub struct Act {
    act: &'static str,
    object: String,
    refused: bool,
    detail: Value,
}

impl Act {
    /// `act` is `noun.verb` in the past (`post.created`); `object` is the id of what it was done to.
    pub fn new(act: &'static str, object: impl std::fmt::Display) -> Self {
        Self { act, object: object.to_string(), refused: false, detail: json!({}) }
    }

    /// It was tried and not allowed.
    #[must_use]
    pub fn refused(mut self) -> Self {
        self.refused = true;
        self
    }

    /// More about it: ids, words and numbers.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Writes an event to the chain of the scope's workspace, in the transaction of what it tells.
///
/// # Errors
/// Those of the database.
pub async fn record(tx: &mut Tx, scope: &Scope, at: Timestamp, act: Act) -> Result<(), Error> {
    store::append(tx, &scope.workspace().to_string(), &[(scope.actor(), at, &act)]).await
}

/// The same where the actor's standing is not that of a scope, such as somebody who just joined.
///
/// # Errors
/// Those of the database.
pub async fn record_in(
    tx: &mut Tx,
    workspace: WorkspaceId,
    actor: Actor,
    at: Timestamp,
    act: Act,
) -> Result<(), Error> {
    store::append(tx, &workspace.to_string(), &[(actor, at, &act)]).await
}

/// Writes an event to the installation's own chain: signing in, operating.
///
/// # Errors
/// Those of the database.
pub async fn record_instance(tx: &mut Tx, actor: Actor, at: Timestamp, act: Act) -> Result<(), Error> {
    store::append(tx, store::INSTANCE, &[(actor, at, &act)]).await
}

/// An entry of many, see [`record_all`].
#[derive(Debug, Clone)]
pub struct New {
    /// In whose chain.
    pub workspace: WorkspaceId,
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// What.
    pub act: Act,
}

/// Writes many events of many workspaces in the transaction of what they tell; each chain is taken once.
///
/// # Errors
/// Those of the database.
pub async fn record_all(tx: &mut Tx, entries: &[&New]) -> Result<(), Error> {
    // In the order of the workspaces: two who write to several chains must not wait for each other in a ring.
    let mut of: BTreeMap<WorkspaceId, Vec<(Actor, Timestamp, &Act)>> = BTreeMap::new();
    for entry in entries {
        of.entry(entry.workspace).or_default().push((entry.actor, entry.at, &entry.act));
    }
    for (workspace, entries) in of {
        store::append(tx, &workspace.to_string(), &entries).await?;
    }
    Ok(())
}
