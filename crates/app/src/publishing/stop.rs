//! The emergency stop (S-18).

use base::{Actor, Timestamp, ids::PersonId};

use super::{ANNOUNCED, store};
use crate::{App, audit, fault::Fault};

/// Whether the emergency stop is set: who set it and when (S-18).
///
/// # Errors
/// Those of the database.
pub async fn stopped(app: &App) -> Result<Option<(String, Timestamp)>, Fault> {
    app.read(async |tx| store::stopped(tx).await).await
}

/// Sets or lifts the emergency stop: no node arms another attempt once it is set. What is on its way ends.
///
/// # Errors
/// Those of the database.
pub async fn set_stop(app: &App, on: bool, by: PersonId) -> Result<(), Fault> {
    let now = app.clock.now();
    app.write(async move |tx| {
        store::set_stop(tx, on, &by.to_string(), now).await?;
        let act = if on { "publishing.stopped" } else { "publishing.resumed" };
        audit::record_instance(tx, Actor::Person(by), now, audit::Act::new(act, "instance")).await?;
        tx.notify(ANNOUNCED, &now.as_micros().to_string()).await
    })
    .await
}
