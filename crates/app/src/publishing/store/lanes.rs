//! Lanes: which channel's queue wakes when, who works on it, and what there is to do in it.

use std::time::Duration;

use base::{
    Timestamp,
    ids::{ChannelId, NodeId, PublicationId, WorkspaceId},
};
use db::{Error, Row, Tx, Value, args};

use super::{COLUMNS, Publication, publication, small};
use crate::publishing::state::State;

/// Makes sure that the channel's lane wakes at `at`, or earlier, for a publication in this state; not before what the
/// channel's limits allow. A lane that is being worked on finds its next time when it is released.
pub async fn wake_lane(
    tx: &mut Tx,
    (workspace, channel): (WorkspaceId, ChannelId),
    state: State,
    at: Timestamp,
) -> Result<(), Error> {
    tx.send(
        "INSERT INTO lanes (channel_id, workspace_id, wake_at, failures, fence) VALUES ($1, $2, $3, 0, 0)
         ON CONFLICT (channel_id) DO UPDATE SET wake_at = CASE
             WHEN lanes.node IS NOT NULL THEN lanes.wake_at
             ELSE {least}(COALESCE(lanes.wake_at, $5),
                          {greatest}($3, COALESCE(CASE WHEN $4 THEN lanes.blocked_until ELSE lanes.reads_blocked_until END, $3)))
             END",
        args![channel, workspace, at, state == State::Scheduled, i64::MAX],
    )
    .await
}

/// A person who reconnects a channel has settled what its account was restricted for: what is due may be sent again. `true` if
/// the channel was restricted.
pub async fn lift_restriction(tx: &mut Tx, channel: ChannelId, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE lanes SET blocked_until = NULL, blocked_reason = NULL,
                      wake_at = CASE WHEN node IS NULL THEN {least}(COALESCE(wake_at, $2), $2) ELSE wake_at END
                WHERE channel_id = $1 AND blocked_reason = 'restricted'";
    Ok(tx.execute(sql, args![channel, now]).await? > 0)
}

/// A lane that this node has taken.
#[derive(Debug)]
pub struct Lane {
    /// The channel.
    pub channel: ChannelId,
    /// The right to write for this channel; a later claim has a higher one.
    pub fence: i64,
    /// Straight transient failures of sending so far.
    pub failures: u32,
    /// Nothing is sent before this instant.
    pub sends_from: Option<Timestamp>,
    /// When its lease ends, as far as this worker knows; it is renewed while the node lives.
    pub leased_until: Timestamp,
    /// What a dead process had in hand, if the lane was not given back.
    pub left_behind: Option<PublicationId>,
}

/// Takes up to `limit` lanes that have something to do. A lane whose node has not renewed its lease counts as free.
pub async fn claim(
    tx: &mut Tx,
    node: NodeId,
    batch: &str,
    now: Timestamp,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Lane>, Error> {
    let rows = tx
        .rows(
            "UPDATE lanes SET node = $1, batch = $2, fence = fence + 1, wake_at = $3
              WHERE channel_id IN (SELECT channel_id FROM lanes WHERE wake_at <= $4 AND (node IS NULL OR node <> $1)
                                    ORDER BY wake_at LIMIT $5 {skip_locked})
             RETURNING channel_id, fence, failures, current, blocked_until",
            args![node, batch, now + lease, now, limit as i64],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Lane {
                channel: row.id("channel_id")?,
                fence: row.int("fence")?,
                failures: small(row, "failures")?,
                sends_from: row.opt_timestamp("blocked_until")?,
                leased_until: now + lease,
                left_behind: row.opt_id("current")?,
            })
        })
        .collect()
}

/// Takes note that nothing is in the hands of these lanes yet.
pub async fn empty_hands(tx: &mut Tx, node: NodeId, batch: &str) -> Result<(), Error> {
    tx.execute("UPDATE lanes SET current = NULL WHERE node = $1 AND batch = $2", args![node, batch]).await?;
    Ok(())
}

/// Gives back every lane of a batch, whether or not its claim was stored: its answer did not come.
pub async fn void_batch(tx: &mut Tx, batch: &str, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE lanes SET node = NULL, batch = NULL, wake_at = $2 WHERE batch = $1";
    tx.execute(sql, args![batch, now]).await?;
    Ok(())
}

/// Everything needed to carry out one publication.
#[derive(Debug, Clone)]
pub struct Work {
    /// The publication.
    pub publication: Publication,
    /// The variant's content (JSON).
    pub content: String,
    /// How many handles are journaled for it.
    pub handles: i64,
    /// The platform.
    pub platform: String,
    /// The channel's permanent id at the platform.
    pub account_id: String,
    /// The channel's facts (JSON).
    pub facts: String,
    /// `active` or `paused`.
    pub channel_state: String,
    /// Why it is paused.
    pub paused_reason: Option<String>,
}

/// What the lanes of a batch have to do now, at most `per_lane` publications each: what is to be sent before what is to be
/// looked up, the most overdue first, and nothing that the channel's limits do not allow yet.
pub async fn work_of(
    tx: &mut Tx,
    node: NodeId,
    batch: &str,
    now: Timestamp,
    per_lane: u32,
) -> Result<Vec<Work>, Error> {
    let sql = format!(
        "SELECT {COLUMNS}, v.content, c.platform, c.account_id, c.facts, c.state AS channel_state, c.paused_reason,
                (SELECT COUNT(*) FROM handles h WHERE h.publication_id = p.id) AS handles
           FROM (SELECT q.*, ROW_NUMBER() OVER (PARTITION BY q.channel_id
                                             ORDER BY CASE q.state WHEN 'scheduled' THEN 0 ELSE 1 END, q.wake_at, q.id) AS place
                   FROM lanes l JOIN publications q ON q.channel_id = l.channel_id
                  WHERE l.node = $1 AND l.batch = $2 AND q.wake_at <= $3
                    AND COALESCE(CASE q.state WHEN 'scheduled' THEN l.blocked_until ELSE l.reads_blocked_until END, 0) <= $3) p
           JOIN variants v ON v.id = p.variant_id
           JOIN channels c ON c.id = p.channel_id
          WHERE p.place <= $4
          ORDER BY p.channel_id, p.place"
    );
    let rows = tx.rows(&sql, args![node, batch, now, per_lane]).await?;
    rows.iter()
        .map(|row| {
            Ok(Work {
                publication: publication(row)?,
                content: row.text("content")?,
                handles: row.int("handles")?,
                platform: row.text("platform")?,
                account_id: row.text("account_id")?,
                facts: row.text("facts")?,
                channel_state: row.text("channel_state")?,
                paused_reason: row.opt_text("paused_reason")?,
            })
        })
        .collect()
}

/// Says what each of these lanes has in hand, so that a crash can be laid at its door.
pub async fn in_hand(tx: &mut Tx, firsts: &[(&Lane, PublicationId)]) -> Result<(), Error> {
    let rows: Vec<Vec<Value>> = firsts.iter().map(|(lane, id)| args![lane.channel, lane.fence, id].to_vec()).collect();
    tx.send_many(TAKE, &rows).await
}

/// What the lane has in hand.
pub const TAKE: &str = "UPDATE lanes AS l SET current = given.publication
     {given: channel TEXT, fence BIGINT, publication TEXT} WHERE l.channel_id = given.channel AND l.fence = given.fence";

/// Crashes that are counted against a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crashes {
    /// While it was sent.
    pub sending: u32,
    /// While something without effect was done with it: it was prepared, or looked up.
    pub harmless: u32,
}

/// Counts a crash against a publication, at the door of what was done with it, and says how many there are now.
pub async fn count_crash(tx: &mut Tx, id: PublicationId) -> Result<Crashes, Error> {
    let row = tx
        .row(
            "UPDATE publications SET
                    crashes = crashes + CASE state WHEN 'armed' THEN 1 ELSE 0 END,
                    prepare_crashes = prepare_crashes + CASE state WHEN 'scheduled' THEN 1 ELSE 0 END,
                    look_crashes = look_crashes + CASE WHEN state IN ('unknown', 'processing') THEN 1 ELSE 0 END
              WHERE id = $1 RETURNING crashes, look_crashes + prepare_crashes AS harmless",
            args![id],
        )
        .await?;
    let read = |row: Row| Ok(Crashes { sending: small(&row, "crashes")?, harmless: small(&row, "harmless")? });
    row.map_or(Ok(Crashes::default()), read)
}

/// Something went wrong that is not the platform's doing: the publication is left alone for a while.
pub async fn postpone(tx: &mut Tx, id: PublicationId, until: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE publications SET wake_at = $2 WHERE id = $1 AND wake_at IS NOT NULL";
    tx.execute(sql, args![id, until]).await?;
    Ok(())
}

/// Keeps this node's lanes. A lane that is held longer, for a call that takes longer, stays so.
pub async fn renew(tx: &mut Tx, node: NodeId, until: Timestamp) -> Result<u64, Error> {
    tx.execute("UPDATE lanes SET wake_at = {greatest}(wake_at, $2) WHERE node = $1", args![node, until]).await
}

/// At the start of an embedded installation every lease is a dead process's: they are void at once.
pub async fn void_leases(tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE lanes SET wake_at = $1 WHERE node IS NOT NULL", args![now]).await?;
    tx.execute("UPDATE publications SET wake_at = $1 WHERE state = 'armed' AND wake_at IS NOT NULL", args![now])
        .await?;
    Ok(())
}

/// The leases of a node that is known to be dead are void at once.
pub async fn void_leases_of(tx: &mut Tx, node: NodeId, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE publications SET wake_at = $2 WHERE state = 'armed' AND wake_at IS NOT NULL
                  AND channel_id IN (SELECT channel_id FROM lanes WHERE node = $1)";
    tx.execute(sql, args![node, now]).await?;
    tx.execute("UPDATE lanes SET wake_at = $2 WHERE node = $1", args![node, now]).await?;
    Ok(())
}

/// When the next lane wakes.
pub async fn next_wake(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    let row = tx.one("SELECT MIN(wake_at) AS wake_at FROM lanes WHERE wake_at IS NOT NULL", &[]).await?;
    row.opt_timestamp("wake_at")
}
