//! Publishing: carrying out one variant on one channel, exactly once, at its time.
//!
//! | looking for | look in |
//! |---|---|
//! | the states and what leads where | `state.rs` (pure) |
//! | when to retry, wait, look or ask | `verdict.rs` (pure) |
//! | local times, zones, gaps and folds | `times.rs` (pure) |
//! | queue slots, recurrence | `slots.rs`, `recurrence.rs` (pure) |
//! | who does what when: lanes, leases, fences | `engine.rs` |
//! | prepare, arm, send, look up | `carry_out/` |
//! | what many lanes store, written together | `journal/` |
//! | what is live, where something went wrong | `words.rs` (pure) |
//! | the whole story of one publication | `explain.rs` |
//! | what is due when, at a glance | `calendar/` |
//!
//! Left out: what a post says (`posts`), which channels there are (`channels`), what a platform wants (`connector`).

mod calendar;
mod carry_out;
pub mod crash;
mod engine;
mod explain;
pub mod http;
mod journal;
pub mod live;
mod recurrence;
mod scopes;
mod slots;
mod state;
mod store;
#[cfg(test)]
mod tests;
pub mod times;
mod turn;
mod verdict;
mod words;

use base::{
    Code, Problem, Scope, Timestamp,
    ids::{ChannelId, PostId, PublicationId, WorkspaceId},
};
use db::Tx;

pub use engine::{ANNOUNCED, Engine, EngineSettings};
pub use explain::{Story, Telling, explain};
pub use recurrence::{Every, Occurrence, Repeat, Rule};
pub use slots::{Place, Slot, next_free};
pub use state::{Event, Life, State, step};
pub use store::{NewPublication, Publication, insert_series, live_parts, lives_of_posts, of_posts, scheduled_at};
pub use verdict::LATE_AFTER;

use crate::{App, audit, channels, events, fault::Fault};

/// Reasons for which something is parked that a new login mends.
pub const MENDED_BY_RECONNECT: &[&str] = &["reconnect_needed", "scope_missing", "account_blocked", "token_expired"];
/// Reasons that an operator mends.
pub const MENDED_BY_OPERATOR: &[&str] = &["app_misconfigured", "quota_used_up", "address_refused"];

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
    let found = app.read(move |tx| Box::pin(store::get(tx, workspace, id))).await?;
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

fn too_late(p: &Publication) -> Fault {
    let live = words::what_is_live(p.life).map_or_else(String::new, |live| format!(" {live}"));
    let detail = match p.life.state {
        State::Armed | State::Processing | State::Unknown => {
            "It is being sent right now, so it cannot be changed any more."
        }
        State::Published => "It has been published. Delete it there, or edit it where the platform allows that.",
        State::Cancelled => "It was called off before.",
        State::NeedsEyes => "It may be live. Look, and decide: it is live, send again, or drop it.",
        State::Failed => "It has failed. Send it again, or drop it.",
        _ => "A part of it is live already, so it cannot be moved. It can be cancelled.",
    };
    Problem::new(Code::TooLate, format!("{detail}{live}")).with("state", p.life.state).into()
}

/// Calls a publication off. Compare-and-set: after this answer nothing of it is sent any more.
///
/// # Errors
/// Too late; not found; those of the database.
pub async fn cancel(app: &App, scope: &Scope, id: PublicationId) -> Result<Publication, Fault> {
    decide(app, scope, id, Decision::Cancel).await
}

/// What a person decides about a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Call it off.
    Cancel,
    /// Another time: the instant, and the local time and zone if one was chosen.
    Move {
        /// When.
        due_at: Timestamp,
        /// As chosen.
        local: Option<(String, String)>,
    },
    /// I have looked: it is live. See [`live::found_at`].
    IsLive {
        /// The post.
        remote: connector::Remote,
    },
    /// Send it (again), now.
    Send,
    /// Leave it.
    Drop,
}

/// Carries out a decision, with its audit event, its line in the story and its event.
///
/// # Errors
/// If the publication's state does not allow it; not found; those of the database.
pub async fn decide(app: &App, scope: &Scope, id: PublicationId, decision: Decision) -> Result<Publication, Fault> {
    let (scope, now, claim) = (scope.clone(), app.clock.now(), crate::http::idempotency::claim());
    app.db
        .write(move |tx| {
            let (scope, decision, claim) = (scope.clone(), decision.clone(), claim.clone());
            Box::pin(async move {
                let decided = decide_in(tx, &scope, id, &decision, now).await?;
                claim.effected(tx, axum::http::StatusCode::OK, &format!("/v1/publications/{id}")).await?;
                Ok(decided)
            })
        })
        .await
}

/// The same inside a transaction.
///
/// # Errors
/// As [`decide`].
pub async fn decide_in(
    tx: &mut Tx,
    scope: &Scope,
    id: PublicationId,
    decision: &Decision,
    now: Timestamp,
) -> Result<Publication, Fault> {
    let p = in_tx(tx, scope, id).await?;
    let (event, act) = match decision {
        Decision::Cancel => (Event::Cancelled, "publication.cancelled"),
        Decision::Move { .. } => (Event::Changed, "publication.moved"),
        Decision::IsLive { .. } => (Event::PersonSaysLive, "publication.confirmed"),
        Decision::Send => {
            sendable(tx, &p).await?;
            (Event::PersonSaysSend, "publication.sent_again")
        }
        Decision::Drop => (Event::PersonDrops, "publication.dropped"),
    };
    let to = step(p.life, event).map_err(|_| too_late(&p))?;
    let stood = match decision {
        Decision::Move { due_at, local } => store::reschedule(tx, &p, to, *due_at, local.clone()).await?,
        Decision::Send => {
            close_open_attempt(tx, &p, "absent", None, now).await?;
            store::reschedule(tx, &p, to, now, None).await?
        }
        Decision::IsLive { remote } => {
            close_open_attempt(tx, &p, "confirmed", Some(remote.clone()), now).await?;
            stand(tx, &p, to, Some(remote.url.clone()), now).await?
        }
        Decision::Cancel | Decision::Drop => stand(tx, &p, to, None, now).await?,
    };
    if !stood {
        return Err(too_late(&p));
    }
    let line = store::Line {
        at: now,
        act: act.trim_start_matches("publication.").to_owned(),
        actor: scope.actor().to_string(),
        detail: match decision {
            Decision::Move { due_at, .. } => Some(format!("to {due_at}")),
            Decision::IsLive { remote } => Some(remote.url.clone()),
            _ => None,
        },
        exchanges: Vec::new(),
    };
    store::tell(tx, id, scope.workspace(), &line).await?;
    audit::record(tx, scope, now, audit::Act::new(act, id)).await?;
    let stored = in_tx(tx, scope, id).await?;
    events::emit(tx, scope.workspace(), act, &id.to_string(), news(&stored, stored.life.state), now).await?;
    if to.state == State::Scheduled {
        tx.notify(ANNOUNCED, &now.as_micros().to_string()).await?;
    }
    Ok(stored)
}

/// Sending again sends the parts that are not live, and nothing else. It is refused where it could do harm, or nothing at all.
async fn sendable(tx: &mut Tx, p: &Publication) -> Result<(), Fault> {
    let refused = |code: Code, detail: String| -> Result<(), Fault> {
        Err(Problem::new(code, detail).with("state", p.life.state).into())
    };
    let done = match p.life.state {
        State::Scheduled => "It is scheduled and goes out by itself. To send it earlier, give it another time.",
        State::Cancelled => "It was called off. Schedule the post on this channel again instead.",
        State::Published => "Every part of it is live, so there is nothing to send.",
        _ => "",
    };
    if !done.is_empty() {
        return refused(Code::TooLate, done.to_owned());
    }
    let blocked = |detail: String| refused(Code::Conflict, detail);
    match channels::in_tx(tx, p.workspace, p.channel).await? {
        None => {
            blocked("The channel was disconnected. Connect the account again; then send it, or drop it.".to_owned())
        }
        Some(channel) if channel.grant_state != "active" => blocked(format!(
            "{} is not logged in any more. Reconnect the channel first; what waited for that goes on by itself.",
            channel.name
        )),
        Some(channel) if channel.state == "paused" => {
            blocked(format!("{} is paused. Resume the channel first, then send it.", channel.name))
        }
        Some(_) => Ok(()),
    }
}

async fn stand(tx: &mut Tx, p: &Publication, to: Life, url: Option<String>, now: Timestamp) -> Result<bool, db::Error> {
    let wake_at = to.state.moves_by_itself().then_some(now);
    let standing = store::Standing { from: p.life, to, wake_at, reason: None, detail: None, url, now };
    let stood = store::stand(tx, p.id, p.revision, &standing).await?;
    if stood && wake_at.is_some() {
        store::wake_lane(tx, (p.workspace, p.channel), to.state, now).await?;
    }
    Ok(stood)
}

/// A person's word is the outcome of the attempt that nobody else could decide.
async fn close_open_attempt(
    tx: &mut Tx,
    p: &Publication,
    outcome: &'static str,
    remote: Option<connector::Remote>,
    now: Timestamp,
) -> Result<(), db::Error> {
    let open = store::attempts_of(tx, p.id).await?.into_iter().find(|attempt| attempt.outcome.is_none());
    let end = store::AttemptEnd {
        id: open.map(|attempt| attempt.id),
        outcome: Some(outcome),
        remote,
        proof: Some("a person looked".to_owned()),
        ..store::AttemptEnd::default()
    };
    store::end_attempt(tx, &end, now).await
}

/// Something that blocked a channel's publications is mended: what is parked for one of these reasons goes on, or asks if
/// it is late by now.
///
/// # Errors
/// Those of the database.
pub async fn mended(tx: &mut Tx, channel: ChannelId, reasons: &[&str], now: Timestamp) -> Result<(), db::Error> {
    let mut woken = false;
    for p in store::open_of_channel(tx, channel).await? {
        let reason = p.reason.as_deref().unwrap_or_default();
        if p.life.state == State::Unknown && reasons.contains(&reason) {
            stand(tx, &p, p.life, None, now).await?;
            woken = true;
        }
        if p.life.state != State::Parked || !reasons.contains(&reason) {
            continue;
        }
        let late = p.life.part == 0 && now > p.due_at + LATE_AFTER;
        let event = if late { Event::TooLate } else { Event::Mended };
        let Ok(to) = step(p.life, event) else { continue };
        let wake_at = to.state.moves_by_itself().then_some(now.max(p.due_at));
        let detail = late.then(|| {
            format!("It was due at {} while the channel could not publish. Send it now, or drop it.", p.due_at)
        });
        let reason = late.then(|| "missed".to_owned());
        let standing = store::Standing { from: p.life, to, wake_at, reason, detail, url: None, now };
        store::stand(tx, p.id, p.revision, &standing).await?;
        if let Some(at) = wake_at {
            store::wake_lane(tx, (p.workspace, channel), to.state, at).await?;
        }
        if late {
            let data = news(&p, to.state);
            events::emit(tx, p.workspace, "publication.missed", &p.id.to_string(), data, now).await?;
        }
        woken = true;
    }
    if woken {
        tx.notify(ANNOUNCED, &now.as_micros().to_string()).await?;
    }
    Ok(())
}

/// A channel has ended: what is scheduled on it waits for a person.
///
/// # Errors
/// Those of the database.
pub async fn channel_ended(tx: &mut Tx, channel: ChannelId, now: Timestamp) -> Result<(), db::Error> {
    for p in store::open_of_channel(tx, channel).await? {
        let (event, kind, detail) = match p.life.state {
            State::Scheduled => (
                Event::Blocked,
                "publication.parked",
                "The channel was disconnected. Cancel this, or connect the account again and send it.",
            ),
            // Without a login nobody can look it up any more.
            State::Unknown | State::Processing => (
                Event::AskAPerson,
                "publication.needs_eyes",
                "The channel was disconnected while it was not known whether this is live. Look there.",
            ),
            // What is on its way at this moment keeps its state: its outcome is stored when it comes.
            _ => continue,
        };
        let Ok(to) = step(p.life, event) else { continue };
        let standing = store::Standing {
            from: p.life,
            to,
            wake_at: None,
            reason: Some("disconnected".to_owned()),
            detail: Some(detail.to_owned()),
            url: None,
            now,
        };
        if store::stand(tx, p.id, p.revision, &standing).await? {
            let line = store::Line {
                at: now,
                act: "disconnected".to_owned(),
                actor: "system:channels".to_owned(),
                detail: standing.detail.clone(),
                exchanges: Vec::new(),
            };
            store::tell(tx, p.id, p.workspace, &line).await?;
            let data = news(&p, to.state);
            events::emit(tx, p.workspace, kind, &p.id.to_string(), data, now).await?;
        }
    }
    Ok(())
}

/// The content of a post has changed: its publications that can still change take it, under a new revision.
///
/// # Errors
/// Too late, if one of them is on its way or live.
pub async fn content_changed(tx: &mut Tx, publications: &[(Publication, u32)]) -> Result<(), Fault> {
    for (p, parts) in publications {
        if matches!(p.life.state, State::Cancelled | State::Published) {
            continue;
        }
        let changeable = matches!(p.life.state, State::Scheduled | State::Parked | State::Missed | State::Failed);
        if !changeable || p.life.part > 0 || !store::touch(tx, p, *parts).await? {
            return Err(too_late(p));
        }
    }
    Ok(())
}

/// Whether the emergency stop is set: who set it and when (S-18).
///
/// # Errors
/// Those of the database.
pub async fn stopped(app: &App) -> Result<Option<(String, Timestamp)>, Fault> {
    app.read(|tx| Box::pin(store::stopped(tx))).await
}

/// Sets or lifts the emergency stop: no node arms another attempt once it is set. What is on its way ends.
///
/// # Errors
/// Those of the database.
pub async fn set_stop(app: &App, on: bool, actor: String) -> Result<(), Fault> {
    let now = app.clock.now();
    app.write(move |tx| {
        let actor = actor.clone();
        Box::pin(async move {
            store::set_stop(tx, on, &actor, now).await?;
            tx.notify(ANNOUNCED, &now.as_micros().to_string()).await
        })
    })
    .await
}

/// Reads the local times of what is scheduled anew: when a country changes its clocks, the post keeps the time that the
/// person chose. Says how many moved.
///
/// # Errors
/// Those of the database.
pub async fn re_resolve(app: &App) -> Result<usize, Fault> {
    let now = app.clock.now();
    let (mut after, mut moved) = (None, 0);
    loop {
        let page = app.read(move |tx| Box::pin(store::with_local_time(tx, after, now))).await?;
        let Some(last) = page.last() else { return Ok(moved) };
        after = Some(last.id);
        for p in page {
            let Some((local, zone)) = p.local_time.clone().zip(p.zone.clone()) else { continue };
            let (Ok(civil), Ok(known)) = (times::local(&local), times::zone(&zone)) else { continue };
            let due_at = times::resolve(civil, &known);
            if due_at != p.due_at && due_at > now {
                moved += usize::from(keep_local_time(app, &p, due_at, (local, zone)).await?);
            }
        }
    }
}

/// Moves one publication to where its local time is now, unless somebody was faster.
async fn keep_local_time(
    app: &App,
    p: &Publication,
    due_at: Timestamp,
    local: (String, String),
) -> Result<bool, Fault> {
    let (p, now) = (p.clone(), app.clock.now());
    let Ok(to) = step(p.life, Event::Changed) else { return Ok(false) };
    app.db
        .write(move |tx| {
            let (p, local) = (p.clone(), local.clone());
            Box::pin(async move {
                if !store::reschedule(tx, &p, to, due_at, Some(local)).await? {
                    return Ok(false);
                }
                let detail = Some(format!("to {due_at}: the clocks of its time zone are changed"));
                let actor = "system:time_zones".to_owned();
                let line = store::Line { at: now, act: "moved".to_owned(), actor, detail, exchanges: Vec::new() };
                store::tell(tx, p.id, p.workspace, &line).await?;
                let data = news(&Publication { due_at, ..p.clone() }, to.state);
                events::emit(tx, p.workspace, "publication.moved", &p.id.to_string(), data, now).await?;
                tx.notify(ANNOUNCED, &due_at.as_micros().to_string()).await?;
                Ok(true)
            })
        })
        .await
}

/// The publications of one post.
///
/// # Errors
/// Those of the database.
pub async fn of_post(tx: &mut Tx, workspace: WorkspaceId, post: PostId) -> Result<Vec<Publication>, db::Error> {
    store::of_posts(tx, workspace, &[post]).await
}
