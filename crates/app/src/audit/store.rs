//! The only SQL for `audit_chains` and `audit_events`, and the hash of an entry.

use base::{Actor, Scope, Timestamp};
use db::{Error, Row, Tx, args};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

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

/// Adds entries to a chain in their order. Writers of one chain wait for each other at its row, because each entry has the
/// hash of the one before.
pub(super) async fn append(tx: &mut Tx, chain: &str, entries: &[(Actor, Timestamp, &Act)]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let row = tx
        .one(
            "INSERT INTO audit_chains (chain, seq) VALUES ($1, $2)
             ON CONFLICT (chain) DO UPDATE SET seq = audit_chains.seq + $2
             RETURNING seq, hash",
            args![chain, entries.len()],
        )
        .await?;
    let before_these = row.int("seq")? - i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let mut before = row.opt_bytes("hash")?;
    let mut rows = Vec::with_capacity(entries.len());
    for (seq, (actor, at, act)) in (before_these + 1..).zip(entries) {
        let entry = Entry {
            seq,
            at: at.as_micros(),
            actor: actor.to_string(),
            act: act.act.to_owned(),
            object: act.object.clone(),
            result: if act.refused { "refused" } else { "done" }.to_owned(),
            detail: act.detail.to_string(),
        };
        let hash = entry.hash(chain, before.as_deref());
        let Entry { seq, at, actor, act, object, result, detail } = entry;
        rows.push(args![chain, seq, at, actor, act, object, result, detail, before, &hash].to_vec());
        before = Some(hash.to_vec());
    }
    tx.send_many(
        "INSERT INTO audit_events (chain, seq, at, actor, act, object, result, detail, previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &rows,
    )
    .await?;
    tx.send("UPDATE audit_chains SET hash = $2 WHERE chain = $1", args![chain, before]).await
}

/// An entry exactly as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub seq: i64,
    pub at: i64,
    pub actor: String,
    pub act: String,
    pub object: String,
    pub result: String,
    pub detail: String,
}

impl Entry {
    /// SHA-256 over the chain, the hash of the entry before, and every field, each with its length before it (S-91).
    pub fn hash(&self, chain: &str, before: Option<&[u8]>) -> [u8; 32] {
        let (seq, at) = (self.seq.to_be_bytes(), self.at.to_be_bytes());
        let texts = [&self.actor, &self.act, &self.object, &self.result, &self.detail].map(|text| text.as_bytes());
        let mut digest = Sha256::new();
        for field in [chain.as_bytes(), before.unwrap_or_default(), &seq, &at].into_iter().chain(texts) {
            digest.update((field.len() as u64).to_be_bytes());
            digest.update(field);
        }
        digest.finalize().into()
    }
}

/// An entry with its hashes; entries of versions before 0.2 have none.
pub(super) struct Sealed {
    pub entry: Entry,
    pub previous: Option<Vec<u8>>,
    pub hash: Option<Vec<u8>>,
}

/// The names of all chains.
pub(super) async fn chains(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let rows = tx.rows("SELECT chain FROM audit_chains ORDER BY chain", args![]).await?;
    rows.iter().map(|row| row.text("chain")).collect()
}

/// The number and the hash of a chain's last entry.
pub(super) async fn end(tx: &mut Tx, chain: &str) -> Result<(i64, Option<Vec<u8>>), Error> {
    let row = tx.one("SELECT seq, hash FROM audit_chains WHERE chain = $1", args![chain]).await?;
    Ok((row.int("seq")?, row.opt_bytes("hash")?))
}

/// Entries of a chain after a number, oldest first.
pub(super) async fn sealed(tx: &mut Tx, chain: &str, after: i64, limit: u32) -> Result<Vec<Sealed>, Error> {
    let sql = "SELECT seq, at, actor, act, object, result, detail, previous_hash, hash FROM audit_events
                WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    let read = |row: &Row| {
        Ok(Sealed {
            entry: Entry {
                seq: row.int("seq")?,
                at: row.int("at")?,
                actor: row.text("actor")?,
                act: row.text("act")?,
                object: row.text("object")?,
                result: row.text("result")?,
                detail: row.text("detail")?,
            },
            previous: row.opt_bytes("previous_hash")?,
            hash: row.opt_bytes("hash")?,
        })
    };
    tx.rows(sql, args![chain, after, limit]).await?.iter().map(read).collect()
}

/// The latest events of the workspace before the number `before`. A key limited to some channels sees what was done to
/// these, and its own actions (S-23).
///
/// # Errors
/// Database errors.
pub async fn page(tx: &mut Tx, scope: &Scope, before: Option<i64>, limit: u32) -> Result<Vec<Event>, Error> {
    let mut args = args![scope.workspace(), before.unwrap_or(i64::MAX), limit].to_vec();
    let mut only = "";
    if let Some(channels) = scope.channels() {
        args.extend([scope.actor().to_string().into(), db::Value::among(channels)]);
        only = "AND (actor = $4 OR object {among $5})";
    }
    let sql = format!(
        "SELECT seq, at, actor, act, object, result, detail FROM audit_events
          WHERE chain = $1 AND seq < $2 {only} ORDER BY seq DESC LIMIT $3"
    );
    tx.rows(&sql, &args).await?.iter().map(event).collect()
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
