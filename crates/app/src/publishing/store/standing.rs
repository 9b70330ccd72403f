//! Where a publication stands: every write here is a compare-and-set on its state, part and revision.

use base::{
    Text, Timestamp,
    ids::{AttemptId, PublicationId},
};
use db::{Error, Tx, Value, args};

use super::{NO_LONGER_FITS, Publication, wake_lane};
use crate::publishing::state::{Life, State};

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
    pub detail: Option<Text>,
    /// The address of the first part, once known; the latest counts, for a platform may tell it only when it is done.
    pub url: Option<String>,
    /// Now.
    pub now: Timestamp,
}

/// Moves a publication on, if it stands where we thought and the attempt in question has no outcome yet.
pub const STAND: &str =
    "UPDATE publications AS p SET state = given.state, part = given.part, tries = given.tries, doubts = given.doubts,
            looks = given.looks, round = given.round, wake_at = given.wake_at, reason = given.reason, detail = given.detail,
            url = CASE WHEN given.url IS NOT NULL
                        AND EXISTS (SELECT 1 FROM channels c WHERE c.id = p.channel_id AND c.account_id = '')
                       THEN NULL ELSE COALESCE(given.url, p.url) END, published_at = COALESCE(p.published_at, given.published_at),
            crashes = CASE WHEN given.part > given.stood THEN 0 ELSE p.crashes END, prepare_crashes = 0,
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
            self.detail.as_ref().map(Text::stored),
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

/// Notes what was done with a publication that is live.
pub async fn remark(tx: &mut Tx, id: PublicationId, reason: &str, detail: &Text) -> Result<(), Error> {
    tx.execute("UPDATE publications SET reason = $2, detail = $3 WHERE id = $1", args![id, reason, detail.stored()])
        .await?;
    Ok(())
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
    // One that was unscheduled counts for one change more in its post's revision, which must not fall back.
    let changed = tx
        .execute(
            "UPDATE publications SET state = 'scheduled', due_at = $4, wake_at = $4, local_time = $5, zone = $6,
                    tries = $7, doubts = $8, looks = $9, round = $10, crashes = 0, prepare_crashes = 0,
                    look_crashes = 0, reason = NULL, detail = NULL,
                    revision = revision + CASE WHEN state = 'cancelled' THEN 2 ELSE 1 END, authorised_by = COALESCE($13, authorised_by)
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

/// Notes whether a scheduled publication fits its channel's new limits; `why` it would be refused, in a sentence. `false`: it was
/// changed meanwhile, or waits for something else.
pub async fn fits(tx: &mut Tx, p: &Publication, why: Option<&Text>) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE publications SET reason = $3, detail = $4
              WHERE id = $1 AND revision = $2 AND state = 'scheduled' AND (reason IS NULL OR reason = $5)",
            args![p.id, p.revision, why.map(|_| NO_LONGER_FITS), why.map(Text::stored), NO_LONGER_FITS],
        )
        .await?;
    Ok(changed == 1)
}

/// Raises the revision, so that an arming under way fails and reads the new content. `false` if it was too late.
/// `by` has seen it as it is now and lets it go out. What it says now was judged by the limits of today.
pub async fn touch(tx: &mut Tx, p: &Publication, parts: u32, by: &str) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE publications SET revision = revision + 1, parts = $4, authorised_by = $7,
                    detail = CASE WHEN reason = $8 THEN NULL ELSE detail END,
                    reason = CASE WHEN reason = $8 THEN NULL ELSE reason END
              WHERE id = $1 AND revision = $2 AND state = $3 AND part = $5 AND tries = $6",
            args![p.id, p.revision, p.life.state.as_str(), parts, p.life.part, p.life.tries, by, NO_LONGER_FITS],
        )
        .await?;
    Ok(changed == 1)
}
