//! The only SQL for publications, lanes, attempts, handles, the story and series.
//!
//! Every write to a publication is a compare-and-set on its state, part and revision; what a node does it does under
//! the fence of its lane.

use std::time::Duration;

use base::{
    Timestamp,
    ids::{AttemptId, ChannelId, NodeId, PostId, PublicationId, SeriesId, VariantId, WorkspaceId, kinds},
};
use connector::{Exchange, Prepared, Remote};
use db::{Error, Row, Tx, Value, args};

use super::state::{Life, State};

/// A publication to be stored.
#[derive(Debug, Clone)]
pub struct NewPublication {
    /// Its id.
    pub id: PublicationId,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// What is published.
    pub post: PostId,
    /// In which form.
    pub variant: VariantId,
    /// Where.
    pub channel: ChannelId,
    /// The rule it is an occurrence of.
    pub series: Option<SeriesId>,
    /// When.
    pub due_at: Timestamp,
    /// As a person chose it: local time and zone.
    pub local: Option<(String, String)>,
    /// How many parts it has.
    pub parts: u32,
    /// Who lets it go out (P-055).
    pub authorised_by: String,
    /// When it was made.
    pub now: Timestamp,
}

/// A publication as stored.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Its id.
    pub id: PublicationId,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// What is published.
    pub post: PostId,
    /// In which form.
    pub variant: VariantId,
    /// Where.
    pub channel: ChannelId,
    /// The rule it is an occurrence of.
    pub series: Option<SeriesId>,
    /// When it is due.
    pub due_at: Timestamp,
    /// As a person chose it.
    pub local_time: Option<String>,
    /// In which zone.
    pub zone: Option<String>,
    /// When the dispatcher comes back to it.
    pub wake_at: Option<Timestamp>,
    /// Where it stands.
    pub life: Life,
    /// Why it stands there.
    pub reason: Option<String>,
    /// For people.
    pub detail: Option<String>,
    /// How often a process died while it prepared or sent a part of it.
    pub crashes: u32,
    /// How often a process died while it looked what became of this part.
    pub look_crashes: u32,
    /// Grows with each change by a person.
    pub revision: i64,
    /// Who lets it go out.
    pub authorised_by: String,
    /// The address of its first part.
    pub url: Option<String>,
    /// When its last part went live.
    pub published_at: Option<Timestamp>,
    /// When it was made.
    pub made_at: Timestamp,
}

const COLUMNS: &str = "p.id, p.workspace_id, p.post_id, p.variant_id, p.channel_id, p.series_id, p.due_at, p.local_time, \
     p.zone, p.wake_at, p.state, p.reason, p.detail, p.part, p.parts, p.tries, p.doubts, p.looks, p.round, p.crashes, \
     p.look_crashes, p.revision, p.authorised_by, p.url, p.published_at, p.made_at";

fn small(row: &Row, column: &str) -> Result<u32, Error> {
    Ok(u32::try_from(row.int(column)?).unwrap_or(0))
}

fn publication(row: &Row) -> Result<Publication, Error> {
    let state = row.text("state")?;
    Ok(Publication {
        id: row.id("id")?,
        workspace: row.id("workspace_id")?,
        post: row.id("post_id")?,
        variant: row.id("variant_id")?,
        channel: row.id("channel_id")?,
        series: row.opt_id("series_id")?,
        due_at: row.timestamp("due_at")?,
        local_time: row.opt_text("local_time")?,
        zone: row.opt_text("zone")?,
        wake_at: row.opt_timestamp("wake_at")?,
        life: Life {
            state: State::parse(&state).ok_or_else(|| Error::Misuse(format!("unknown state `{state}`")))?,
            part: small(row, "part")?,
            parts: small(row, "parts")?,
            tries: small(row, "tries")?,
            doubts: small(row, "doubts")?,
            looks: small(row, "looks")?,
            round: small(row, "round")?,
        },
        reason: row.opt_text("reason")?,
        detail: row.opt_text("detail")?,
        crashes: small(row, "crashes")?,
        look_crashes: small(row, "look_crashes")?,
        revision: row.int("revision")?,
        authorised_by: row.text("authorised_by")?,
        url: row.opt_text("url")?,
        published_at: row.opt_timestamp("published_at")?,
        made_at: row.timestamp("made_at")?,
    })
}

/// Stores a new publication and wakes its lane.
pub async fn insert(tx: &mut Tx, new: &NewPublication) -> Result<(), Error> {
    let (local, zone) = new.local.clone().unzip();
    tx.send(
        "INSERT INTO publications (id, workspace_id, post_id, variant_id, channel_id, series_id, due_at, local_time, zone,
                wake_at, state, part, parts, tries, doubts, looks, round, crashes, revision, authorised_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7, 'scheduled', 0, $10, 0, 0, 0, 0, 0, 1, $11, $12)",
        args![
            new.id, new.workspace, new.post, new.variant, new.channel, new.series, new.due_at, local, zone, new.parts,
            new.authorised_by.clone(), new.now
        ],
    )
    .await?;
    wake_lane(tx, (new.workspace, new.channel), State::Scheduled, new.due_at).await
}

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
    /// While it was prepared or sent.
    pub sending: u32,
    /// While it was looked up.
    pub looking: u32,
}

/// Counts a crash against a publication, at the door of what was done with it, and says how many there are now.
pub async fn count_crash(tx: &mut Tx, id: PublicationId) -> Result<Crashes, Error> {
    let row = tx
        .row(
            "UPDATE publications SET
                    crashes = crashes + CASE WHEN state IN ('unknown', 'processing') THEN 0 ELSE 1 END,
                    look_crashes = look_crashes + CASE WHEN state IN ('unknown', 'processing') THEN 1 ELSE 0 END
              WHERE id = $1 RETURNING crashes, look_crashes",
            args![id],
        )
        .await?;
    let read = |row: Row| Ok(Crashes { sending: small(&row, "crashes")?, looking: small(&row, "look_crashes")? });
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

/// When the next lane wakes.
pub async fn next_wake(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    let row = tx.one("SELECT MIN(wake_at) AS wake_at FROM lanes WHERE wake_at IS NOT NULL", &[]).await?;
    row.opt_timestamp("wake_at")
}

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
    pub detail: Option<String>,
    /// Where it is.
    pub remote: Option<Remote>,
    /// What proves it.
    pub proof: Option<String>,
    /// What was said, secrets removed.
    pub exchanges: Vec<Exchange>,
}

/// A publication's next standing.
#[derive(Debug, Clone)]
pub struct Standing {
    /// From here …
    pub from: Life,
    /// … to here.
    pub to: Life,
    /// When the dispatcher comes back; `None` if it does not.
    pub wake_at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// For people.
    pub detail: Option<String>,
    /// The address of the first part, once known.
    pub url: Option<String>,
    /// Now.
    pub now: Timestamp,
}

/// Moves a publication on, if it stands where we thought and the attempt in question has no outcome yet.
pub const STAND: &str =
    "UPDATE publications AS p SET state = given.state, part = given.part, tries = given.tries, doubts = given.doubts,
            looks = given.looks, round = given.round, wake_at = given.wake_at, reason = given.reason, detail = given.detail,
            url = COALESCE(p.url, given.url), published_at = COALESCE(p.published_at, given.published_at),
            crashes = CASE WHEN given.part > given.stood THEN 0 ELSE p.crashes END,
            look_crashes = CASE WHEN given.state IN ('armed', 'unknown', 'processing') THEN p.look_crashes ELSE 0 END
     {given: id TEXT, revision BIGINT, was TEXT, stood BIGINT, state TEXT, part BIGINT, tries BIGINT, doubts BIGINT,
             looks BIGINT, round BIGINT, wake_at BIGINT, reason TEXT, detail TEXT, url TEXT, published_at BIGINT,
             tried BIGINT, attempt TEXT}
      WHERE p.id = given.id AND p.revision = given.revision AND p.state = given.was AND p.part = given.stood
        AND p.tries = given.tried
        AND (given.attempt IS NULL
             OR EXISTS (SELECT 1 FROM attempts a WHERE a.id = given.attempt AND a.outcome IS NULL))";

impl Standing {
    /// The arguments of [`STAND`].
    pub fn args(&self, id: PublicationId, revision: i64, attempt: Option<AttemptId>) -> Vec<Value> {
        let Standing { from, to, .. } = self;
        let published = (to.state == State::Published).then_some(self.now);
        args![
            id,
            revision,
            from.state.as_str(),
            from.part,
            to.state.as_str(),
            to.part,
            to.tries,
            to.doubts,
            to.looks,
            to.round,
            self.wake_at,
            self.reason.as_deref(),
            self.detail.as_deref(),
            self.url.as_deref(),
            published,
            from.tries,
            attempt
        ]
        .to_vec()
    }
}

/// Moves a publication on. `false`: it no longer stands where we thought; nothing was stored.
pub async fn stand(tx: &mut Tx, id: PublicationId, revision: i64, standing: &Standing) -> Result<bool, Error> {
    Ok(tx.execute(STAND, &standing.args(id, revision, None)).await? == 1)
}

/// Stores what became of an attempt, or adds what was said to one that stays open.
// A look without an outcome forgets nothing: where a part is being worked on was told by its answer.
pub const END: &str =
    "UPDATE attempts AS a SET outcome = given.outcome, finished_at = given.at, kind = given.kind, detail = given.detail,
            remote_id = COALESCE(given.remote_id, a.remote_id), remote = COALESCE(given.remote, a.remote),
            proof = COALESCE(given.proof, a.proof), exchanges = COALESCE(a.exchanges, given.exchanges)
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
            self.detail.as_deref(),
            remote.map(|remote| remote.id.as_str()),
            remote.map(json),
            self.proof.as_deref(),
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
    /// SHA-256 of it, in hex.
    pub request_hash: String,
    /// Under which fence.
    pub fence: i64,
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
    /// For people.
    pub detail: Option<String>,
    /// Where it is.
    pub remote: Option<Remote>,
    /// What proves it.
    pub proof: Option<String>,
    /// What was said.
    pub exchanges: Vec<Exchange>,
}

/// All attempts of a publication in order.
pub async fn attempts_of(tx: &mut Tx, id: PublicationId) -> Result<Vec<Attempt>, Error> {
    let rows = tx
        .rows(
            "SELECT id, position, n, op_id, prepared, request_hash, fence, begun_at, armed_at, deadline, finished_at, outcome,
                    detail, remote, proof, exchanges
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
                prepared: parse(&row.text("prepared")?)?,
                request_hash: row.text("request_hash")?,
                fence: row.int("fence")?,
                begun_at: row.timestamp("begun_at")?,
                armed_at: row.timestamp("armed_at")?,
                deadline: row.timestamp("deadline")?,
                finished_at: row.opt_timestamp("finished_at")?,
                outcome: row.opt_text("outcome")?,
                detail: row.opt_text("detail")?,
                remote: row.opt_text("remote")?.map(|text| parse(&text)).transpose()?,
                proof: row.opt_text("proof")?,
                exchanges: row.opt_text("exchanges")?.map(|text| parse(&text)).transpose()?.unwrap_or_default(),
            })
        })
        .collect()
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
        "INSERT INTO handles (publication_id, position, name, workspace_id, value, at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (publication_id, position, name) DO UPDATE SET value = $5, at = $6",
        args![work.id, position, name, work.workspace, json(value), now],
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

/// One line of a publication's story.
#[derive(Debug, Clone)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What happened (`looked_up`, `moved`, `parked`, …).
    pub act: String,
    /// Who did it.
    pub actor: String,
    /// For people.
    pub detail: Option<String>,
    /// What was said.
    pub exchanges: Vec<Exchange>,
}

/// Adds a line to the story.
pub const TELL: &str = "INSERT INTO story (publication_id, seq, workspace_id, at, act, actor, detail, exchanges)
     SELECT given.publication, (SELECT COALESCE(MAX(s.seq), 0) + 1 FROM story s WHERE s.publication_id = given.publication),
            given.workspace, given.at, given.act, given.actor, given.detail, given.exchanges
     {given: publication TEXT, workspace TEXT, at BIGINT, act TEXT, actor TEXT, detail TEXT, exchanges TEXT}";

impl Line {
    /// The arguments of [`TELL`].
    pub fn args(&self, id: PublicationId, workspace: WorkspaceId) -> Vec<Value> {
        let exchanges = (!self.exchanges.is_empty()).then(|| json(&self.exchanges));
        args![id, workspace, self.at, self.act.as_str(), self.actor.as_str(), self.detail.as_deref(), exchanges]
            .to_vec()
    }
}

/// Adds a line to the story of a publication that this transaction has not changed.
pub async fn tell(tx: &mut Tx, id: PublicationId, workspace: WorkspaceId, line: &Line) -> Result<(), Error> {
    // Two writers of one story take turns, so that both lines get a number of their own.
    tx.row("SELECT id FROM publications WHERE id = $1 {for_update}", args![id]).await?;
    tx.execute(TELL, &line.args(id, workspace)).await?;
    Ok(())
}

/// The story in order.
pub async fn story_of(tx: &mut Tx, id: PublicationId) -> Result<Vec<Line>, Error> {
    let sql = "SELECT at, act, actor, detail, exchanges FROM story WHERE publication_id = $1 ORDER BY seq";
    let rows = tx.rows(sql, args![id]).await?;
    rows.iter()
        .map(|row| {
            Ok(Line {
                at: row.timestamp("at")?,
                act: row.text("act")?,
                actor: row.text("actor")?,
                detail: row.opt_text("detail")?,
                exchanges: row.opt_text("exchanges")?.map(|text| parse(&text)).transpose()?.unwrap_or_default(),
            })
        })
        .collect()
}

/// A publication of this workspace.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: PublicationId) -> Result<Option<Publication>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM publications p WHERE p.workspace_id = $1 AND p.id = $2");
    tx.row(&sql, args![workspace, id]).await?.as_ref().map(publication).transpose()
}

/// The publications of some posts of this workspace, in order of their time.
pub async fn of_posts(tx: &mut Tx, workspace: WorkspaceId, posts: &[PostId]) -> Result<Vec<Publication>, Error> {
    let places: Vec<String> = (2..posts.len() + 2).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM publications p WHERE p.workspace_id = $1 AND p.post_id IN ({}) ORDER BY p.due_at, p.id",
        places.join(", ")
    );
    let mut arguments = vec![Value::from(workspace)];
    arguments.extend(posts.iter().map(Value::from));
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    tx.rows(&sql, &arguments).await?.iter().map(publication).collect()
}

/// Where a publication of a post stands.
#[derive(Debug)]
pub struct LifeOf {
    /// The post.
    pub post: PostId,
    /// Where it goes.
    pub channel: ChannelId,
    /// Where it stands.
    pub state: State,
    /// The part that it is at.
    pub part: u32,
}

/// Where the publications of some posts stand, on the channels that the posts go to.
pub async fn lives_of_posts(tx: &mut Tx, workspace: WorkspaceId, posts: &[PostId]) -> Result<Vec<LifeOf>, Error> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (2..posts.len() + 2).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT p.post_id, p.channel_id, p.state, p.part FROM publications p JOIN variants v ON v.id = p.variant_id
          WHERE p.workspace_id = $1 AND v.ended_at IS NULL AND p.post_id IN ({})",
        places.join(", ")
    );
    let mut arguments = vec![Value::from(workspace)];
    arguments.extend(posts.iter().map(Value::from));
    let rows = tx.rows(&sql, &arguments).await?;
    rows.iter()
        .map(|row| {
            let state = row.text("state")?;
            let state = State::parse(&state).ok_or_else(|| Error::Misuse(format!("unknown state `{state}`")))?;
            Ok(LifeOf { post: row.id("post_id")?, channel: row.id("channel_id")?, state, part: small(row, "part")? })
        })
        .collect()
}

/// What a channel says in a time: when each publication is due and its variant's content (JSON), at most 200, the newest
/// first. What was called off, deleted or refused is left out.
pub async fn said_between(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: ChannelId,
    from: Timestamp,
    until: Timestamp,
    except: Option<PostId>,
) -> Result<Vec<(Timestamp, String)>, Error> {
    let sql = "SELECT p.due_at, v.content FROM publications p JOIN variants v ON v.id = p.variant_id
                WHERE p.workspace_id = $1 AND p.channel_id = $2 AND p.due_at > $3 AND p.due_at < $4
                  AND p.state NOT IN ('cancelled', 'deleted', 'failed') AND p.post_id <> $5
                ORDER BY p.due_at DESC LIMIT 200";
    let except = except.map_or_else(String::new, |id| id.to_string());
    let rows = tx.rows(sql, args![workspace, channel, from, until, except]).await?;
    rows.iter().map(|row| Ok((row.timestamp("due_at")?, row.text("content")?))).collect()
}

/// A channel's publications that are still to go out, or that wait for a person.
pub async fn open_of_channel(tx: &mut Tx, channel: ChannelId) -> Result<Vec<Publication>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM publications p
          WHERE p.channel_id = $1 AND p.state IN ('scheduled', 'armed', 'processing', 'unknown', 'parked', 'needs_eyes')"
    );
    tx.rows(&sql, args![channel]).await?.iter().map(publication).collect()
}

/// Instants at which something is scheduled on a channel after `now`.
pub async fn scheduled_at(tx: &mut Tx, channel: ChannelId, now: Timestamp) -> Result<Vec<Timestamp>, Error> {
    let sql =
        "SELECT due_at FROM publications WHERE channel_id = $1 AND due_at > $2 AND state IN ('scheduled', 'parked')";
    tx.rows(sql, args![channel, now]).await?.iter().map(|row| row.timestamp("due_at")).collect()
}

/// Scheduled publications that a person gave a local time, for re-reading when time zone data change.
pub async fn with_local_time(
    tx: &mut Tx,
    after: Option<PublicationId>,
    now: Timestamp,
) -> Result<Vec<Publication>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM publications p
          WHERE p.state = 'scheduled' AND p.zone IS NOT NULL AND p.due_at > $1 AND p.part = 0 AND p.tries = 0 AND p.id > $2
          ORDER BY p.id LIMIT 500"
    );
    let after = after.map_or_else(String::new, |id| id.to_string());
    tx.rows(&sql, args![now, after]).await?.iter().map(publication).collect()
}

/// Gives a publication another time; `by` is the person who decided that. Compare-and-set on revision and state; `false` if it was too late.
pub async fn reschedule(
    tx: &mut Tx,
    p: &Publication,
    to: Life,
    due_at: Timestamp,
    local: Option<(String, String)>,
    by: Option<&str>,
) -> Result<bool, Error> {
    let (local, zone) = local.unzip();
    let changed = tx
        .execute(
            "UPDATE publications SET state = 'scheduled', due_at = $4, wake_at = $4, local_time = $5, zone = $6,
                    tries = $7, doubts = $8, looks = $9, round = $10, crashes = 0, look_crashes = 0, reason = NULL, detail = NULL,
                    revision = revision + 1, authorised_by = COALESCE($13, authorised_by)
              WHERE id = $1 AND revision = $2 AND state = $3 AND part = $11 AND tries = $12",
            args![
                p.id, p.revision, p.life.state.as_str(), due_at, local, zone, to.tries, to.doubts, to.looks, to.round,
                p.life.part, p.life.tries, by
            ],
        )
        .await?;
    if changed == 1 {
        wake_lane(tx, (p.workspace, p.channel), State::Scheduled, due_at).await?;
    }
    Ok(changed == 1)
}

/// An edited post may have a new id or address at the platform.
pub async fn replace_remote(tx: &mut Tx, attempt: AttemptId, remote: &Remote) -> Result<(), Error> {
    let sql = "UPDATE attempts SET remote_id = $2, remote = $3 WHERE id = $1";
    tx.execute(sql, args![attempt, remote.id.clone(), json(remote)]).await?;
    Ok(())
}

/// Notes what was done with a publication that is live.
pub async fn remark(tx: &mut Tx, id: PublicationId, reason: &str, detail: &str) -> Result<(), Error> {
    tx.execute("UPDATE publications SET reason = $2, detail = $3 WHERE id = $1", args![id, reason, detail]).await?;
    Ok(())
}

/// Where the live parts of a publication are.
pub async fn live_parts(tx: &mut Tx, id: PublicationId) -> Result<Vec<Remote>, Error> {
    let sql = "SELECT remote FROM attempts WHERE publication_id = $1 AND remote_id IS NOT NULL AND outcome IS NOT NULL
                ORDER BY position";
    tx.rows(sql, args![id]).await?.iter().map(|row| parse(&row.text("remote")?)).collect()
}

/// Raises the revision, so that an arming under way fails and reads the new content. `false` if it was too late.
/// `by` has seen it as it is now and lets it go out.
pub async fn touch(tx: &mut Tx, p: &Publication, parts: u32, by: &str) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE publications SET revision = revision + 1, parts = $4, authorised_by = $7
              WHERE id = $1 AND revision = $2 AND state = $3 AND part = $5 AND tries = $6",
            args![p.id, p.revision, p.life.state.as_str(), parts, p.life.part, p.life.tries, by],
        )
        .await?;
    Ok(changed == 1)
}

/// Stores a rule.
pub async fn insert_series(
    tx: &mut Tx,
    id: SeriesId,
    workspace: WorkspaceId,
    post: PostId,
    rule: &str,
    filled_until: Timestamp,
    made_by: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO series (id, workspace_id, post_id, rule, filled_until, made_by) VALUES ($1, $2, $3, $4, $5, $6)",
        args![id, workspace, post, rule, filled_until, made_by],
    )
    .await?;
    Ok(())
}

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

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Misuse(format!("stored JSON cannot be read: {error}")))
}
