//! The only SQL for `audit_chains`, `audit_events` and `audit_checkpoints`, and the hash of an entry.

use base::{Actor, Scope, Timestamp};
use db::{Error, Row, Tx, args};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Act, checkpoints::Checkpoint};

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

/// The names of all chains, of those that are only known by a checkpoint, too.
pub(super) async fn chains(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let sql = "SELECT chain FROM audit_chains UNION SELECT chain FROM audit_checkpoints ORDER BY chain";
    tx.rows(sql, args![]).await?.iter().map(|row| row.text("chain")).collect()
}

/// The number and the hash of a chain's last entry; 0 if there is no such chain.
pub(super) async fn end(tx: &mut Tx, chain: &str) -> Result<(i64, Option<Vec<u8>>), Error> {
    let row = tx.row("SELECT seq, hash FROM audit_chains WHERE chain = $1", args![chain]).await?;
    row.map_or(Ok((0, None)), |row| Ok((row.int("seq")?, row.opt_bytes("hash")?)))
}

/// The hash of one entry.
pub(super) async fn hash_of(tx: &mut Tx, chain: &str, seq: i64) -> Result<Option<Vec<u8>>, Error> {
    let row = tx.row("SELECT hash FROM audit_events WHERE chain = $1 AND seq = $2", args![chain, seq]).await?;
    row.map_or(Ok(None), |row| row.opt_bytes("hash"))
}

/// The chains that continued, and whose last checkpoint was made before an instant or is some entries back.
pub(super) async fn due(tx: &mut Tx, before: Timestamp, entries: i64) -> Result<Vec<String>, Error> {
    let sql = "SELECT c.chain FROM audit_chains c LEFT JOIN audit_checkpoints p ON p.chain = c.chain
                  AND p.seq = (SELECT MAX(seq) FROM audit_checkpoints WHERE chain = c.chain)
                WHERE c.hash IS NOT NULL
                  AND (p.seq IS NULL OR (c.seq > p.seq AND (p.at <= $1 OR c.seq - p.seq >= $2))) ORDER BY c.chain";
    tx.rows(sql, args![before, entries]).await?.iter().map(|row| row.text("chain")).collect()
}

/// Keeps new checkpoints. One that another node made meanwhile stays.
pub(super) async fn put_checkpoints(tx: &mut Tx, new: &[Checkpoint]) -> Result<(), Error> {
    let sql = "INSERT INTO audit_checkpoints (chain, seq, hash, at, key_id, signature) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (chain, seq) DO NOTHING";
    let row = |c: &Checkpoint| args![&c.chain, c.seq, c.hash.clone(), c.at, &c.key, c.signature.clone()].to_vec();
    tx.execute_many(sql, &new.iter().map(row).collect::<Vec<_>>()).await.map(drop)
}

/// Replaces signatures.
pub(super) async fn resign(tx: &mut Tx, old: &[Checkpoint]) -> Result<(), Error> {
    let sql = "UPDATE audit_checkpoints SET key_id = $3, signature = $4 WHERE chain = $1 AND seq = $2";
    let row = |c: &Checkpoint| args![&c.chain, c.seq, &c.key, c.signature.clone()].to_vec();
    tx.execute_many(sql, &old.iter().map(row).collect::<Vec<_>>()).await.map(drop)
}

const CHECKPOINT: &str = "chain, seq, hash, at, key_id, signature";

fn checkpoint(row: &Row) -> Result<Checkpoint, Error> {
    Ok(Checkpoint {
        chain: row.text("chain")?,
        seq: row.int("seq")?,
        hash: row.bytes("hash")?,
        at: row.timestamp("at")?,
        key: row.text("key_id")?,
        signature: row.bytes("signature")?,
    })
}

/// A chain's last checkpoint.
pub(super) async fn newest_checkpoint(tx: &mut Tx, chain: &str) -> Result<Option<Checkpoint>, Error> {
    let sql = format!("SELECT {CHECKPOINT} FROM audit_checkpoints WHERE chain = $1 ORDER BY seq DESC LIMIT 1");
    tx.row(&sql, args![chain]).await?.as_ref().map(checkpoint).transpose()
}

/// The last checkpoint of each chain.
pub(super) async fn newest_checkpoints(tx: &mut Tx) -> Result<Vec<Checkpoint>, Error> {
    let sql = format!(
        "SELECT {CHECKPOINT} FROM audit_checkpoints p
          WHERE seq = (SELECT MAX(seq) FROM audit_checkpoints WHERE chain = p.chain) ORDER BY chain"
    );
    tx.rows(&sql, args![]).await?.iter().map(checkpoint).collect()
}

/// A chain's checkpoints.
pub(super) async fn checkpoints_of(tx: &mut Tx, chain: &str) -> Result<Vec<Checkpoint>, Error> {
    let sql = format!("SELECT {CHECKPOINT} FROM audit_checkpoints WHERE chain = $1 ORDER BY seq");
    tx.rows(&sql, args![chain]).await?.iter().map(checkpoint).collect()
}

/// Checkpoints of all chains after this one.
pub(super) async fn checkpoints_after(
    tx: &mut Tx,
    chain: &str,
    seq: i64,
    limit: u32,
) -> Result<Vec<Checkpoint>, Error> {
    let sql = format!(
        "SELECT {CHECKPOINT} FROM audit_checkpoints WHERE chain > $1 OR (chain = $1 AND seq > $2) ORDER BY chain, seq LIMIT $3"
    );
    tx.rows(&sql, args![chain, seq, limit]).await?.iter().map(checkpoint).collect()
}

/// How many checkpoints each key has signed.
pub(super) async fn signed_by(tx: &mut Tx) -> Result<Vec<(String, u64)>, Error> {
    let sql = "SELECT key_id, COUNT(*) AS n FROM audit_checkpoints GROUP BY key_id ORDER BY key_id";
    let count = |row: &Row| Ok((row.text("key_id")?, u64::try_from(row.int("n")?).unwrap_or(0)));
    tx.rows(sql, args![]).await?.iter().map(count).collect()
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
