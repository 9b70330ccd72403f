//! The only SQL for what lanes make durable on their way, one statement for all records of a batch.
//!
//! Every write is a compare-and-set on the publication's state, part and revision; what a node does it does under the
//! fence of its lane.

use base::{
    Timestamp,
    ids::{AttemptId, ChannelId, GrantId, NodeId, PublicationId},
};
use connector::Prepared;
use db::{Dialect, Error, Tx, Value, args};

use super::{
    super::{
        state::Life,
        store::{self, AttemptEnd, Lane, Line, Standing, Work, json},
        verdict::OnlyWhile,
    },
    Record, Then,
};
use crate::{audit, events};

/// Arms a publication. Nothing changes if someone changed it, paused or ended the channel, stopped publishing, took the
/// lane, or if the login is not the one that the request was prepared with any more.
// `given.node = (SELECT …)` and not `EXISTS`: PostgreSQL would join all lanes of a node with all given rows.
const ARM: &str = "UPDATE publications AS p SET state = 'armed', tries = given.tries, doubts = given.doubts, looks = 0,
            wake_at = given.deadline, reason = NULL, detail = NULL, prepare_crashes = 0
     {given: publication TEXT, revision BIGINT, part BIGINT, tries BIGINT, deadline BIGINT, channel TEXT, fence BIGINT,
             node TEXT, doubts BIGINT, was TEXT, tried BIGINT, login TEXT, tokens BIGINT}
      WHERE p.id = given.publication AND p.state = given.was AND p.revision = given.revision AND p.part = given.part
        AND p.tries = given.tried
        AND given.node =
            (SELECT l.node FROM lanes l WHERE l.channel_id = given.channel AND l.fence = given.fence)
        AND given.tokens =
            (SELECT g.version FROM channels c JOIN grants g ON g.id = c.grant_id
              WHERE c.id = given.channel AND c.state = 'active' AND c.ended_at IS NULL AND c.lost IS NULL
                AND g.id = given.login AND g.state = 'active')
        AND NOT EXISTS (SELECT 1 FROM switches WHERE name = 'emergency_stop' AND value = 'on')";

/// Holds while the channel is paused, and makes a request to resume it wait until the record is stored.
const WHILE_PAUSED: &str = "UPDATE channels SET state = state WHERE id = $1 AND state = 'paused'";

/// The same for a login, and for a channel that the platform does not give any more.
const WHILE_LOGGED_OUT: &str = "UPDATE grants SET state = state
      WHERE id = (SELECT grant_id FROM channels WHERE id = $1)
        AND (state <> 'active' OR EXISTS (SELECT 1 FROM channels WHERE id = $1 AND lost IS NOT NULL))";

const REPEATED: &str = "UPDATE attempts SET outcome = 'repeated', finished_at = $2 WHERE id = $1 AND outcome IS NULL";

const ATTEMPT: &str =
    "INSERT INTO attempts (id, workspace_id, publication_id, channel_id, position, n, op_id, client_id, prepared, request_hash,
            fence, begun_at, armed_at, deadline)
     SELECT given.id, given.workspace, given.publication, given.channel, given.part,
            (SELECT COUNT(*) + 1 FROM attempts a WHERE a.publication_id = given.publication AND a.position = given.part),
            given.op, given.client, given.prepared, given.hash, given.fence, given.begun_at, given.armed_at, given.deadline
     {given: id TEXT, workspace TEXT, publication TEXT, channel TEXT, part BIGINT, op TEXT, client TEXT, prepared TEXT,
             hash TEXT, fence BIGINT, begun_at BIGINT, armed_at BIGINT, deadline BIGINT}";

/// Holds a lane for a call that may take longer than its lease: no one takes it before that. The row stays locked
/// until the arming is stored, so no one takes it in between either.
const HOLD: &str = "UPDATE lanes AS l SET wake_at = {greatest}(l.wake_at, given.until)
     {given: channel TEXT, fence BIGINT, node TEXT, until BIGINT}
      WHERE l.channel_id = given.channel AND l.fence = given.fence AND l.node = given.node";

/// How the channel is doing: straight failures, and whether nothing may be sent, or read, for a while. A wait is never cut
/// short by a later, shorter one; it ends by itself.
const PACE: &str = "UPDATE lanes AS l SET failures = given.failures,
            blocked_reason = CASE WHEN COALESCE(l.blocked_until, 0) > COALESCE(given.sends_from, 0)
                                  THEN l.blocked_reason ELSE given.why END,
            blocked_until = CASE WHEN COALESCE(l.blocked_until, 0) > COALESCE(given.sends_from, 0)
                                 THEN l.blocked_until ELSE given.sends_from END,
            reads_blocked_until = COALESCE(given.reads_from, l.reads_blocked_until)
     {given: channel TEXT, fence BIGINT, failures BIGINT, sends_from BIGINT, why TEXT, reads_from BIGINT}
      WHERE l.channel_id = given.channel AND l.fence = given.fence";

/// What the app has used up at the platform is used up for every channel that was connected through it.
const PACE_APP: &str = "UPDATE lanes AS l SET blocked_reason = 'rate_limited', blocked_until = given.sends_from
     {given: login TEXT, sends_from BIGINT}
      WHERE COALESCE(l.blocked_until, 0) < given.sends_from AND l.channel_id IN
            (SELECT c.id FROM grants mine JOIN grants g ON g.platform = mine.platform AND g.instance = mine.instance
               JOIN channels c ON c.grant_id = g.id WHERE mine.id = given.login AND c.ended_at IS NULL)";

/// What handles stood for is used up or must be made anew.
const FORGET: &str = "DELETE FROM handles WHERE publication_id IN (SELECT given.publication {given: publication TEXT})";

/// In one order, so that two nodes never wait for each other.
const LOCK: &str = "SELECT fence FROM lanes WHERE channel_id IN (SELECT given.channel {given: channel TEXT})
      ORDER BY channel_id {for_update}";

/// Gives a lane back; it wakes when the next of its publications does, not before what limits its sends or its reads.
// Which publication that is has to be looked for only where there is a limit in force: else the index knows the first.
const GIVE_BACK: &str = "UPDATE lanes AS l SET node = NULL, batch = NULL, current = NULL,
            wake_at = (SELECT CASE WHEN MIN(p.wake_at) <
                                        {greatest}(COALESCE(l.blocked_until, 0), COALESCE(l.reads_blocked_until, 0))
                         THEN (SELECT MIN({greatest}(q.wake_at, COALESCE(
                                      CASE q.state WHEN 'scheduled' THEN l.blocked_until ELSE l.reads_blocked_until END, 0)))
                                 FROM publications q WHERE q.channel_id = l.channel_id AND q.wake_at <
                                      {greatest}(COALESCE(l.blocked_until, 0), COALESCE(l.reads_blocked_until, 0)))
                         ELSE MIN(p.wake_at) END
                         FROM publications p WHERE p.channel_id = l.channel_id AND p.wake_at IS NOT NULL)
     {given: channel TEXT, fence BIGINT, node TEXT}
      WHERE l.channel_id = given.channel AND l.fence = given.fence AND l.node = given.node";

/// Writes records in one transaction. Says of each whether its compare-and-set held (if not, nothing of it is stored), and
/// when the next lane wakes if any was given back.
pub(super) async fn write(tx: &mut Tx, records: &[Record]) -> Result<(Vec<bool>, Option<Timestamp>), Error> {
    let mut batch = Batch { held: vec![true; records.len()], records };
    batch.compare_and_set(tx, WHILE_PAUSED, |record| record.while_paused.as_ref()).await?;
    batch.compare_and_set(tx, WHILE_LOGGED_OUT, |record| record.while_logged_out.as_ref()).await?;
    batch.run(tx, HOLD, |record| record.hold.as_ref()).await?;
    batch.compare_and_set(tx, ARM, |record| record.arm.as_ref()).await?;
    batch.run(tx, REPEATED, |record| record.repeated.as_ref()).await?;
    batch.run(tx, ATTEMPT, |record| record.attempt.as_ref()).await?;
    batch.compare_and_set(tx, store::STAND, |record| record.stand.as_ref()).await?;
    batch.run(tx, store::END, |record| record.end.as_ref()).await?;
    batch.run(tx, PACE, |record| record.pace.as_ref()).await?;
    batch.run(tx, PACE_APP, |record| record.pace_app.as_ref()).await?;
    batch.run(tx, FORGET, |record| record.forget.as_ref()).await?;
    batch.run(tx, store::TELL, |record| record.line.as_ref()).await?;
    batch.run(tx, store::TAKE, |record| record.take.as_ref()).await?;
    let wake = batch.give_back(tx).await?;
    let events: Vec<&events::New> = batch.held().filter_map(|record| record.event.as_ref()).collect();
    // First the audit log, as commands do: two who take the same rows in another order wait for each other.
    let acts: Vec<audit::New> = events.iter().filter_map(|event| audited(event)).collect();
    audit::record_all(tx, &acts.iter().collect::<Vec<_>>()).await?;
    events::emit_all(tx, &events).await?;
    Ok((batch.held, wake))
}

/// What reached a network, or did not, for the audit log (S-94).
fn audited(event: &events::New) -> Option<audit::New> {
    let told = ["publication.published", "publication.part_published", "publication.failed", "publication.needs_eyes"];
    if !told.contains(&event.kind) {
        return None;
    }
    let data: serde_json::Value = serde_json::from_str(&event.data).ok()?;
    let detail = serde_json::json!({ "post": data["post"], "channel": data["channel"] });
    let act = audit::Act::new(event.kind, &event.object).with(detail);
    Some(audit::New { workspace: event.workspace, actor: base::Actor::System("publishing"), at: event.now, act })
}

struct Batch<'a> {
    records: &'a [Record],
    held: Vec<bool>,
}

impl<'a> Batch<'a> {
    fn held(&self) -> impl Iterator<Item = &'a Record> {
        self.records.iter().zip(&self.held).filter(|(_, held)| **held).map(|(record, _)| record)
    }

    /// Runs a statement for the records that hold and have arguments for it.
    async fn run(&self, tx: &mut Tx, sql: &str, args: fn(&Record) -> Option<&Vec<Value>>) -> Result<(), Error> {
        let rows: Vec<&Vec<Value>> = self.held().filter_map(args).collect();
        tx.send_many(sql, &rows).await
    }

    /// The same; a record whose row was not as expected does not hold any more.
    async fn compare_and_set(
        &mut self,
        tx: &mut Tx,
        sql: &str,
        args: fn(&Record) -> Option<&Vec<Value>>,
    ) -> Result<(), Error> {
        let rows: Vec<&Vec<Value>> = self.held().filter_map(args).collect();
        let mut changed = tx.execute_each(sql, &rows).await?.into_iter();
        for (record, held) in self.records.iter().zip(&mut self.held).filter(|(_, held)| **held) {
            if args(record).is_some() {
                *held = changed.next() == Some(1);
            }
        }
        Ok(())
    }

    async fn give_back(&self, tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
        if !self.held().any(|record| record.give_back.is_some()) {
            return Ok(None);
        }
        if tx.dialect() == Dialect::Postgres {
            // The lock first, in a statement of its own: what someone schedules meanwhile is either seen by the next
            // statement, or finds the lane free and wakes it.
            let rows: Vec<&[Value]> =
                self.held().filter_map(|record| record.give_back.as_ref()).map(|args| &args[..1]).collect();
            tx.send_many(LOCK, &rows).await?;
        }
        self.run(tx, GIVE_BACK, |record| record.give_back.as_ref()).await?;
        store::next_wake(tx).await
    }
}

/// An attempt to be made durable before the first byte leaves.
pub struct Arming<'a> {
    /// Its id.
    pub id: AttemptId,
    /// Names the part, the same over all attempts of a round.
    pub op_id: &'a str,
    /// When the part was first prepared.
    pub begun_at: Timestamp,
    /// What will be sent.
    pub prepared: &'a Prepared,
    /// SHA-256 of it, in hex.
    pub request_hash: String,
    /// The login it was prepared with, and which pair of tokens.
    pub login: (GrantId, i64),
    /// Now.
    pub now: Timestamp,
    /// When the call must have ended.
    pub deadline: Timestamp,
    /// The attempt in doubt whose request is sent once more under the same id.
    pub repeats: Option<AttemptId>,
    /// Until when the lane has to be held for the call, if its lease may end before.
    pub hold_until: Option<Timestamp>,
}

/// How a channel is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Straight transient failures of sending.
    pub failures: u32,
    /// Nothing is sent before this instant, and why.
    pub sends_from: Option<(Timestamp, &'static str)>,
    /// Nothing is looked up before this instant.
    pub reads_from: Option<Timestamp>,
}

impl Record {
    /// Arms an attempt.
    pub fn arm(node: NodeId, lane: &Lane, work: &Work, next: Life, arming: &Arming<'_>) -> Self {
        let p = &work.publication;
        let arm = args![
            p.id,
            p.revision,
            p.life.part,
            next.tries,
            arming.deadline,
            lane.channel,
            lane.fence,
            node,
            next.doubts,
            p.life.state.as_str(),
            p.life.tries,
            arming.login.0,
            arming.login.1
        ];
        let attempt = args![
            arming.id,
            p.workspace,
            p.id,
            p.channel,
            p.life.part,
            arming.op_id,
            arming.prepared.client_id.as_deref(),
            json(arming.prepared),
            arming.request_hash.as_str(),
            lane.fence,
            arming.begun_at,
            arming.now,
            arming.deadline
        ];
        Self {
            hold: arming.hold_until.map(|until| args![lane.channel, lane.fence, node, until].to_vec()),
            arm: Some(arm.to_vec()),
            repeated: arming.repeats.map(|before| args![before, arming.now].to_vec()),
            attempt: Some(attempt.to_vec()),
            ..Self::default()
        }
    }

    /// Moves a publication on and ends its attempt.
    pub fn outcome(work: &Work, standing: &Standing, end: &AttemptEnd) -> Self {
        let p = &work.publication;
        Self { stand: Some(standing.args(p.id, p.revision, end.id)), end: end.args(standing.now), ..Self::default() }
    }

    /// Only as long as this holds; see [`OnlyWhile`].
    pub fn only_while(mut self, condition: OnlyWhile, channel: ChannelId) -> Self {
        let place = match condition {
            OnlyWhile::Paused => &mut self.while_paused,
            OnlyWhile::LoggedOut => &mut self.while_logged_out,
        };
        *place = Some(args![channel].to_vec());
        self
    }

    /// With the channel's pace.
    pub fn paced(mut self, lane: &Lane, pace: &Pace) -> Self {
        let (from, reason) = pace.sends_from.unzip();
        self.pace = Some(args![lane.channel, lane.fence, pace.failures, from, reason, pace.reads_from].to_vec());
        self
    }

    /// With a limit of the whole app that this login belongs to.
    pub fn app_paced(mut self, login: GrantId, sends_from: Timestamp) -> Self {
        self.pace_app = Some(args![login, sends_from].to_vec());
        self
    }

    /// Without the publication's handles.
    pub fn forgetting(mut self, id: PublicationId) -> Self {
        self.forget = Some(args![id].to_vec());
        self
    }

    /// With a line of the publication's story.
    pub fn told(mut self, work: &Work, line: &Line) -> Self {
        self.line = Some(line.args(work.publication.id, work.publication.workspace));
        self
    }

    /// What becomes of the lane.
    pub fn then(mut self, node: NodeId, lane: &Lane, then: Then) -> Self {
        match then {
            Then::Stay => {}
            Then::Take(id) => self.take = Some(args![lane.channel, lane.fence, id].to_vec()),
            Then::GiveBack => self.give_back = Some(args![lane.channel, lane.fence, node].to_vec()),
        }
        self
    }
}
