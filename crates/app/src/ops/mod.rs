//! The installation as its operator sees it: is everything in order, what waits, how much room is left.
//!
//! `fanfare doctor`, `/metrics` and `GET /v1/instance` say the same because they ask here. Left out: what an operator changes
//! (platform apps in `channels`, the emergency stop in `publishing`).

pub mod checks;
pub mod http;
mod room;
mod store;
#[cfg(test)]
mod tests;

use std::time::Duration;

use base::Timestamp;

pub use checks::{Finding, Grade};
pub use room::{Reserve, Room, Standing, keep_room, standing};
pub(crate) use room::{give_up, refuse_if_full};
pub use store::{Counted, Node, Waiting};

use crate::{App, fault::Fault};

/// A node that was not seen for so long is gone.
pub const NODE_GONE: Duration = Duration::from_secs(60);

/// Figures that are read from what still moves, never from all that was published.
///
/// # Errors
/// Those of the database.
pub async fn counted(app: &App) -> Result<Counted, Fault> {
    let alive = app.clock.now() - NODE_GONE;
    app.read(async move |tx| store::counted(tx, alive).await).await
}

/// What is overdue at this moment.
///
/// # Errors
/// Those of the database.
pub async fn waiting(app: &App) -> Result<Waiting, Fault> {
    let now = app.clock.now();
    app.read(async move |tx| store::waiting(tx, now).await).await
}

/// The processes that work on this installation, latest seen first.
///
/// # Errors
/// Those of the database.
pub async fn nodes(app: &App) -> Result<Vec<Node>, Fault> {
    app.read(async |tx| store::nodes(tx).await).await
}

/// Since when the installation has an owner, which is the first thing that it stores; `None` before that.
///
/// # Errors
/// Those of the database.
pub async fn data_since(app: &App) -> Result<Option<Timestamp>, Fault> {
    app.read(async |tx| store::first_person(tx).await).await
}

/// The bytes left where this process keeps its files; `None` where no one can say.
pub fn disk_left(app: &App) -> Option<u64> {
    room::space(&app.settings.spool).map(|space| space.left)
}
