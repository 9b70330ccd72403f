//! The only SQL for what an operator looks at. It only reads.

use base::Timestamp;
use db::{Error, Tx, args};

/// Figures of an installation at work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Unfinished publications, by state.
    pub moving: Vec<(String, i64)>,
    /// Channels whose publications are being carried out.
    pub lanes: i64,
    /// Nodes that live.
    pub nodes: i64,
}

/// Counts them.
pub async fn counted(tx: &mut Tx, alive: Timestamp) -> Result<Counted, Error> {
    let states =
        "SELECT state, COUNT(*) AS n FROM publications WHERE wake_at IS NOT NULL GROUP BY state ORDER BY state";
    let rows = tx.rows(states, args![]).await?;
    let moving = rows.iter().map(|row| Ok((row.text("state")?, row.int("n")?)));
    let moving = moving.collect::<Result<Vec<_>, Error>>()?;
    let lanes = tx.one("SELECT COUNT(*) AS n FROM lanes WHERE node IS NOT NULL", args![]).await?;
    let nodes = tx.one("SELECT COUNT(*) AS n FROM nodes WHERE seen_at > $1", args![alive]).await?;
    Ok(Counted { moving, lanes: lanes.int("n")?, nodes: nodes.int("n")? })
}

/// What should have been begun by now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Channels with something to do that no node has taken.
    pub lanes: i64,
    /// The oldest of those since when.
    pub since: Option<Timestamp>,
}

/// Reads it.
pub async fn waiting(tx: &mut Tx, now: Timestamp) -> Result<Waiting, Error> {
    let sql = "SELECT COUNT(*) AS n, MIN(wake_at) AS since FROM lanes WHERE wake_at <= $1 AND node IS NULL";
    let row = tx.one(sql, args![now]).await?;
    Ok(Waiting { lanes: row.int("n")?, since: row.opt_timestamp("since")? })
}

/// A process that works on the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Since when.
    pub started_at: Timestamp,
    /// When it last gave a sign of life.
    pub seen_at: Timestamp,
}

/// The latest seen, at most 100.
pub async fn nodes(tx: &mut Tx) -> Result<Vec<Node>, Error> {
    let rows = tx.rows("SELECT name, started_at, seen_at FROM nodes ORDER BY seen_at DESC LIMIT 100", args![]).await?;
    let node = |row: &db::Row| {
        Ok(Node {
            name: row.text("name")?,
            started_at: row.timestamp("started_at")?,
            seen_at: row.timestamp("seen_at")?,
        })
    };
    rows.iter().map(node).collect()
}

/// When the first person came.
pub async fn first_person(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    tx.one("SELECT MIN(created_at) AS at FROM people", args![]).await?.opt_timestamp("at")
}

/// The database's own clock.
pub async fn database_time(tx: &mut Tx) -> Result<Timestamp, Error> {
    tx.one("SELECT {now_micros} AS now", args![]).await?.timestamp("now")
}

/// Whether the database answers.
pub async fn answers(tx: &mut Tx) -> Result<(), Error> {
    tx.one("SELECT 1 AS one", args![]).await.map(drop)
}
