//! Attempts at a part, what proves where it is, and the handles that were journaled on the way.

use base::{
    Text, Timestamp,
    ids::{AttemptId, ChannelId, PublicationId, kinds},
};
use connector::{Exchange, Prepared, Remote};
use db::{Error, Tx, Value, args};

use super::{Publication, json, parse, small};

/// What became of an attempt.
#[derive(Debug, Clone, Default)]
pub struct AttemptEnd {
    /// The attempt.
    pub id: Option<AttemptId>,
    /// `accepted`, `confirmed`, `no_effect`, `rejected`, `absent`, `repeated`; `None` leaves it open.
    pub outcome: Option<&'static str>,
    /// A failure's kind.
    pub kind: Option<String>,
    /// For people.
    pub detail: Option<Text>,
    /// Where it is.
    pub remote: Option<Remote>,
    /// What proves it.
    pub proof: Option<Text>,
    /// What was said, secrets removed.
    pub exchanges: Vec<Exchange>,
}

/// Stores what became of an attempt, or adds what was said to one that stays open.
// A look without an outcome forgets nothing: where a part is being worked on, and what its request was refused for, was told
// by its answer. One whose account's data were erased meanwhile ([`erase`]) keeps nothing of what the platform says after that.
pub const END: &str = "UPDATE attempts AS a SET outcome = given.outcome, finished_at = given.at, detail = given.detail,
            kind = CASE WHEN given.outcome IS NULL THEN COALESCE(a.kind, given.kind) ELSE given.kind END,
            remote_id = CASE WHEN a.prepared = '{}' THEN NULL ELSE COALESCE(given.remote_id, a.remote_id) END,
            remote = CASE WHEN a.prepared = '{}' THEN NULL ELSE COALESCE(given.remote, a.remote) END,
            proof = COALESCE(given.proof, a.proof),
            exchanges = CASE WHEN a.prepared = '{}' THEN NULL ELSE COALESCE(a.exchanges, given.exchanges) END
     {given: id TEXT, outcome TEXT, at BIGINT, kind TEXT, detail TEXT, remote_id TEXT, remote TEXT, proof TEXT,
             exchanges TEXT}
      WHERE a.id = given.id AND a.outcome IS NULL";

impl AttemptEnd {
    /// The arguments of [`END`], if there is an attempt.
    pub fn args(&self, now: Timestamp) -> Option<Vec<Value>> {
        let (id, remote) = (self.id?, self.remote.as_ref());
        let exchanges = (!self.exchanges.is_empty()).then(|| json(&self.exchanges));
        let args = args![
            id,
            self.outcome,
            self.outcome.map(|_| now),
            self.kind.as_deref(),
            self.detail.as_ref().map(Text::stored),
            remote.map(|remote| remote.id.as_str()),
            remote.map(json),
            self.proof.as_ref().map(Text::stored),
            exchanges
        ];
        Some(args.to_vec())
    }
}

/// The same, by itself.
pub async fn end_attempt(tx: &mut Tx, end: &AttemptEnd, now: Timestamp) -> Result<(), Error> {
    if let Some(args) = end.args(now) {
        tx.execute(END, &args).await?;
    }
    Ok(())
}

/// An attempt as stored.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Which part.
    pub position: u32,
    /// Which try.
    pub n: u32,
    /// Names the part.
    pub op_id: String,
    /// What was to be sent.
    pub prepared: Prepared,
    /// When the part was first prepared.
    pub begun_at: Timestamp,
    /// When it was armed.
    pub armed_at: Timestamp,
    /// When its call had to end.
    pub deadline: Timestamp,
    /// When its outcome was stored.
    pub finished_at: Option<Timestamp>,
    /// What became of it.
    pub outcome: Option<String>,
    /// The kind of failure: of its outcome, or, while it has none, of its answer.
    pub kind: Option<String>,
    /// For people.
    pub detail: Option<Text>,
    /// Where it is.
    pub remote: Option<Remote>,
    /// What proves it.
    pub proof: Option<Text>,
    /// What was said.
    pub exchanges: Vec<Exchange>,
}

/// All attempts of a publication in order.
pub async fn attempts_of(tx: &mut Tx, id: PublicationId) -> Result<Vec<Attempt>, Error> {
    let rows = tx
        .rows(
            "SELECT id, position, n, op_id, prepared, begun_at, armed_at, deadline, finished_at, outcome,
                    kind, detail, remote, proof, exchanges
               FROM attempts WHERE publication_id = $1 ORDER BY position, n",
            args![id],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Attempt {
                id: row.id::<kinds::Attempt>("id")?,
                position: small(row, "position")?,
                n: small(row, "n")?,
                op_id: row.text("op_id")?,
                prepared: prepared(&row.text("prepared")?)?,
                begun_at: row.timestamp("begun_at")?,
                armed_at: row.timestamp("armed_at")?,
                deadline: row.timestamp("deadline")?,
                finished_at: row.opt_timestamp("finished_at")?,
                outcome: row.opt_text("outcome")?,
                kind: row.opt_text("kind")?,
                detail: row.opt_text("detail")?.as_deref().map(Text::from_stored),
                remote: row.opt_text("remote")?.map(|text| parse(&text)).transpose()?,
                proof: row.opt_text("proof")?.as_deref().map(Text::from_stored),
                exchanges: row.opt_text("exchanges")?.map(|text| parse(&text)).transpose()?.unwrap_or_default(),
            })
        })
        .collect()
}

/// How an attempt is kept whose account's data were erased.
const ERASED: &str = "{}";

/// What an attempt was prepared as. Of an erased one nothing is left, so that only a person can tell what became of it.
fn prepared(text: &str) -> Result<Prepared, Error> {
    match text {
        ERASED => {
            Ok(Prepared { request: serde_json::Value::Null, client_id: None, proof: connector::ProofClass::Person })
        }
        text => parse(text),
    }
}

/// Remote ids of the channel that belong to other parts than this one: never a match in a look-up.
pub async fn taken(tx: &mut Tx, channel: ChannelId, except: PublicationId, part: u32) -> Result<Vec<String>, Error> {
    let rows = tx
        .rows(
            "SELECT remote_id FROM attempts
              WHERE channel_id = $1 AND remote_id IS NOT NULL AND (publication_id <> $2 OR position <> $3)
              ORDER BY remote_id DESC LIMIT 500",
            args![channel, except, part],
        )
        .await?;
    rows.iter().map(|row| row.text("remote_id")).collect()
}

/// Where the live parts of a publication are.
pub async fn live_parts(tx: &mut Tx, id: PublicationId) -> Result<Vec<Remote>, Error> {
    let sql = "SELECT remote FROM attempts WHERE publication_id = $1 AND remote_id IS NOT NULL AND outcome IS NOT NULL
                ORDER BY position";
    tx.rows(sql, args![id]).await?.iter().map(|row| parse(&row.text("remote")?)).collect()
}

/// Erases what the platform said about a channel's posts, and where they are there. What was written here stays. An attempt
/// that is on its way loses its request, too, by which its end knows that nothing is to be kept.
pub async fn erase(tx: &mut Tx, channel: ChannelId) -> Result<(), Error> {
    for sql in [
        "UPDATE attempts SET prepared = '{}', remote_id = NULL, remote = NULL, exchanges = NULL WHERE channel_id = $1",
        "UPDATE story SET exchanges = NULL, detail = CASE WHEN act IN ('late_answer', 'duplicate_found') THEN NULL ELSE detail END
          WHERE (exchanges IS NOT NULL OR act IN ('late_answer', 'duplicate_found'))
            AND publication_id IN (SELECT id FROM publications WHERE channel_id = $1)",
        "DELETE FROM handles WHERE publication_id IN (SELECT id FROM publications WHERE channel_id = $1)",
        "UPDATE publications SET url = NULL WHERE channel_id = $1 AND url IS NOT NULL",
    ] {
        tx.execute(sql, args![channel]).await?;
    }
    Ok(())
}

/// An edited post may have a new id or address at the platform.
pub async fn replace_remote(tx: &mut Tx, attempt: AttemptId, remote: &Remote) -> Result<(), Error> {
    let sql = "UPDATE attempts SET remote_id = $2, remote = $3 WHERE id = $1";
    tx.execute(sql, args![attempt, remote.id.clone(), json(remote)]).await?;
    Ok(())
}

/// The journaled handles of a part.
pub async fn handles_of(
    tx: &mut Tx,
    id: PublicationId,
    position: u32,
) -> Result<Vec<(String, serde_json::Value)>, Error> {
    let sql = "SELECT name, value FROM handles WHERE publication_id = $1 AND position = $2";
    let rows = tx.rows(sql, args![id, position]).await?;
    rows.iter().map(|row| Ok((row.text("name")?, parse(&row.text("value")?)?))).collect()
}

/// Journals a handle.
pub async fn put_handle(
    tx: &mut Tx,
    work: &Publication,
    position: u32,
    name: &str,
    value: &serde_json::Value,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        // Of a channel whose data were erased meanwhile, none is kept.
        "INSERT INTO handles (publication_id, position, name, workspace_id, value, at)
         SELECT p.id, CAST($2 AS BIGINT), CAST($3 AS TEXT), p.workspace_id, CAST($4 AS TEXT), CAST($5 AS BIGINT)
           FROM publications p JOIN channels c ON c.id = p.channel_id
          WHERE p.id = $1 AND c.account_id <> ''
         ON CONFLICT (publication_id, position, name) DO UPDATE SET value = excluded.value, at = excluded.at",
        args![work.id, position, name, json(value), now],
    )
    .await?;
    Ok(())
}

/// Forgets a handle.
pub async fn forget_handle(tx: &mut Tx, id: PublicationId, position: u32, name: &str) -> Result<(), Error> {
    let sql = "DELETE FROM handles WHERE publication_id = $1 AND position = $2 AND name = $3";
    tx.execute(sql, args![id, position, name]).await?;
    Ok(())
}
