//! Publishing: carrying out one variant on one channel, exactly once, at its time.
//!
//! | looking for | look in |
//! |---|---|
//! | the states and what leads where | `state.rs` (pure) |
//! | when to retry, wait, look or ask | `verdict.rs` (pure) |
//! | who does what when: lanes, leases, fences | `engine.rs` |
//! | prepare, arm, send, look up | `carry_out/` |
//! | what many lanes store, written together | `journal/` |
//! | what is live, where something went wrong | `words.rs` (pure) |
//! | what a person decides | `deciding.rs` |
//! | what a reconnect, a pause, a disconnect or a converted video means for what waits | `waking.rs` |
//! | what is live of each, and what is known beside its life | `store/proven.rs` |
//! | the rules by which posts recur | `series.rs` |
//! | the emergency stop; changed time zones | `stop.rs`, `clocks.rs` |
//! | the whole story of one publication | `explain.rs` |
//! | what is due when, at a glance | `calendar/` |
//!
//! Left out: what a post says (`posts`), when that is (`schedule`), which channels there are (`channels`), what a platform wants (`connector`).

mod calendar;
mod carry_out;
mod clocks;
mod deciding;
mod engine;
mod explain;
pub mod http;
mod journal;
pub mod live;
mod scopes;
mod state;
mod stop;
mod store;
#[cfg(test)]
mod tests;
mod turn;
mod verdict;
mod waking;
mod words;

use base::{
    Code, Problem, Scope,
    ids::{PostId, PublicationId, VariantId, WorkspaceId},
    say,
};
use db::Tx;

pub use clocks::re_resolve;
pub use deciding::{Decision, decide, decide_in, may_be_restored};
pub use engine::{ANNOUNCED, Engine, EngineSettings};
pub use explain::{Story, Telling, explain};
pub(crate) use scopes::lacks;
pub use state::{Event, Life, State, step};
pub use stop::{set_stop, stopped};
pub use store::proven::because as remark;
pub use store::series::{
    NewSeries, Series, SeriesRule, insert as insert_series, of_posts as series_of_posts, one as one_series,
    put as put_series,
};
pub(crate) use store::taken;
pub use store::{
    NewPublication, Publication, fits, live_parts, lives_of_posts, of_posts, open_of_channel, said_between,
    scheduled_at,
};
pub use verdict::LATE_AFTER;
pub use waking::{erase, heed, is_carried_out, media_ready};

use crate::{App, fault::Fault, http::Revision, posts::Content};

/// Stores a publication and wakes the dispatcher, in the transaction of its cause.
///
/// # Errors
/// Those of the database.
pub async fn schedule(tx: &mut Tx, new: &NewPublication) -> Result<(), db::Error> {
    store::insert(tx, new).await?;
    tx.notify(ANNOUNCED, &new.due_at.as_micros().to_string()).await
}

/// One publication of the scope's workspace.
///
/// # Errors
/// Not found; those of the database.
pub async fn get(app: &App, scope: &Scope, id: PublicationId) -> Result<Publication, Fault> {
    let workspace = scope.workspace();
    let found = app.read(async move |tx| store::get(tx, workspace, id).await).await?;
    let found: Option<Publication> = found;
    // A key that is limited to some channels does not find what is on the others (S-23).
    found.filter(|p| scope.reaches(p.channel)).ok_or_else(|| Problem::not_found("publication").into())
}

async fn in_tx(tx: &mut Tx, scope: &Scope, id: PublicationId) -> Result<Publication, Fault> {
    let found = store::get(tx, scope.workspace(), id).await?;
    found.filter(|p| scope.reaches(p.channel)).ok_or_else(|| Problem::not_found("publication").into())
}

/// What is known to other programs when a publication changes: enough to redraw it without asking.
pub(crate) fn news(p: &Publication, state: State) -> serde_json::Value {
    serde_json::json!({
        "publication": p.id, "post": p.post, "channel": p.channel, "state": state, "due_at": p.due_at, "url": p.url,
        "part": p.life.part, "parts": p.life.parts,
    })
}

/// What the audit log says a publication is of: its id alone leads nowhere.
fn about(p: &Publication) -> serde_json::Value {
    serde_json::json!({ "post": p.post, "channel": p.channel })
}

fn too_late(p: &Publication) -> Fault {
    let detail = match p.life.state {
        State::Armed | State::Processing | State::Unknown => {
            say!("It is being sent right now, so it can't be changed any more.")
        }
        State::Published => say!("It has been published. Delete it there, or edit it where the platform allows that."),
        State::Cancelled => say!("It was already unscheduled."),
        State::Deleted => say!("It was published, and later deleted at the platform."),
        State::NeedsEyes => say!("It may be live. Check, then decide: it is live, publish it again, or leave it."),
        State::Failed => say!("It has failed. Publish it again, or leave it."),
        _ => say!("A part of it is already live, so it can't be moved. The rest can be cancelled."),
    };
    let detail = match words::what_is_live(p.life) {
        Some(live) => detail.then(live),
        None => detail,
    };
    Problem::new(Code::TooLate, detail).with("state", p.life.state).into()
}

impl Publication {
    /// How often it has changed since it was made, as far as a person has to know before they decide about it: moved,
    /// edited, sent again, unscheduled, live, deleted.
    pub fn changes(&self) -> i64 {
        let standing = match self.life.state {
            State::Deleted => 2,
            State::Cancelled => 1,
            _ => i64::from(self.published_at.is_some()),
        };
        self.revision - 1 + standing
    }

    /// The revision that its `ETag` names.
    pub fn shown_revision(&self) -> Revision {
        Revision(self.changes().unsigned_abs() + 1)
    }
}

/// Whether something of it is live, or no one knows that it is not.
///
/// # Errors
/// Those of the database.
pub async fn may_be_live(tx: &mut Tx, p: &Publication) -> Result<bool, db::Error> {
    Ok(match p.life.state {
        State::Published | State::Armed | State::Processing | State::Unknown | State::NeedsEyes => true,
        State::Deleted => false,
        // A person who dropped it in doubt has not said that it is not there.
        _ => p.life.part > 0 || store::attempts_of(tx, p.id).await?.iter().any(|attempt| attempt.outcome.is_none()),
    })
}

/// The content of a post has changed: its publications that can still change take it, under a new revision.
///
/// # Errors
/// Too late, if one of them is on its way or live.
pub async fn content_changed(tx: &mut Tx, scope: &Scope, publications: &[(Publication, u32)]) -> Result<(), Fault> {
    let by = scope.actor().to_string();
    for (p, parts) in publications {
        if !p.life.state.is_open() {
            continue;
        }
        let changeable = matches!(p.life.state, State::Scheduled | State::Parked | State::Missed | State::Failed);
        if !changeable || p.life.part > 0 || !store::touch(tx, p, *parts, &by).await? {
            return Err(too_late(p));
        }
    }
    Ok(())
}

/// A variant says something else from now on: what is live of it stays as it is.
///
/// # Errors
/// Those of the database.
pub async fn keep_live(tx: &mut Tx, variant: VariantId, said: &Content, says: &Content) -> Result<(), db::Error> {
    store::proven::keep_live(tx, variant, &store::json(said), &store::json(says)).await
}

/// The publications of one post.
///
/// # Errors
/// Those of the database.
pub async fn of_post(tx: &mut Tx, workspace: WorkspaceId, post: PostId) -> Result<Vec<Publication>, db::Error> {
    store::of_posts(tx, workspace, &[post]).await
}
