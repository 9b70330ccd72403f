//! Nodes, their clocks, and the switch that stops them all.

use base::{Timestamp, ids::NodeId};
use db::{Error, Tx, args};

/// The database's clock.
pub async fn database_time(tx: &mut Tx) -> Result<Timestamp, Error> {
    tx.one("SELECT {now_micros} AS now", &[]).await?.timestamp("now")
}

/// A node's sign of life.
pub async fn node_seen(tx: &mut Tx, id: NodeId, name: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO nodes (id, name, started_at, seen_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (id) DO UPDATE SET seen_at = $3",
        args![id, name, now],
    )
    .await?;
    Ok(())
}

/// The emergency stop, if it is set: who set it and when.
pub async fn stopped(tx: &mut Tx) -> Result<Option<(String, Timestamp)>, Error> {
    let row = tx.row("SELECT actor, at FROM switches WHERE name = 'emergency_stop' AND value = 'on'", &[]).await?;
    row.map(|row| Ok((row.text("actor")?, row.timestamp("at")?))).transpose()
}

/// Sets or lifts the emergency stop.
pub async fn set_stop(tx: &mut Tx, on: bool, actor: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO switches (name, value, actor, at) VALUES ('emergency_stop', $1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET value = $1, actor = $2, at = $3",
        args![if on { "on" } else { "off" }, actor, now],
    )
    .await?;
    Ok(())
}
