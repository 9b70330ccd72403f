//! The audit log: who did what to which thing, when, and whether it was allowed. Append-only (S-91).
//!
//! An event is written in the transaction of the change it records, so neither exists without the other. It has ids, words
//! and numbers, never content, secrets, names or addresses. Each workspace has its own chain, and so has the installation.
//! Numbers in a chain have no gaps, and each entry has the hash of the one before, so [`verify`] detects entries that were
//! changed, added or removed from outside. Someone who can write to the database can also rewrite a whole chain; that is what
//! signed [`checkpoints`] are for.

pub mod checkpoints;
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

/// An action to record.
#[derive(Debug, Clone)]
pub struct Act {
    act: &'static str,
    object: String,
    refused: bool,
    detail: Value,
}

impl Act {
    /// `act` is a noun and a past-tense verb (`post.created`); `object` is the id of the object it was done to.
    pub fn new(act: &'static str, object: impl std::fmt::Display) -> Self {
        Self { act, object: object.to_string(), refused: false, detail: json!({}) }
    }

    /// Marks it as attempted but denied.
    #[must_use]
    pub fn refused(mut self) -> Self {
        self.refused = true;
        self
    }

    /// Adds details: ids, words and numbers.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Writes an event to the chain of the scope's workspace, in the transaction of the change it records.
///
/// # Errors
/// Database errors.
pub async fn record(tx: &mut Tx, scope: &Scope, at: Timestamp, act: Act) -> Result<(), Error> {
    store::append(tx, &scope.workspace().to_string(), &[(scope.actor(), at, &act)]).await
}

/// The same for an actor without a scope, such as someone who just joined.
///
/// # Errors
/// Database errors.
pub async fn record_in(
    tx: &mut Tx,
    workspace: WorkspaceId,
    actor: Actor,
    at: Timestamp,
    act: Act,
) -> Result<(), Error> {
    store::append(tx, &workspace.to_string(), &[(actor, at, &act)]).await
}

/// Writes an event to the installation's chain: sign-ins and operator actions.
///
/// # Errors
/// Database errors.
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

/// Writes many events of many workspaces in the transaction of the changes they record; each chain is locked once.
///
/// # Errors
/// Database errors.
pub async fn record_all(tx: &mut Tx, entries: &[&New]) -> Result<(), Error> {
    // Sorted by workspace: two writers to several chains must not deadlock.
    let mut of: BTreeMap<WorkspaceId, Vec<(Actor, Timestamp, &Act)>> = BTreeMap::new();
    for entry in entries {
        of.entry(entry.workspace).or_default().push((entry.actor, entry.at, &entry.act));
    }
    for (workspace, entries) in of {
        store::append(tx, &workspace.to_string(), &entries).await?;
    }
    Ok(())
}
