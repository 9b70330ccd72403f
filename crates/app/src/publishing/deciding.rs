//! What a person decides about a publication: call it off, move it, send it again, leave it, or say that it is live.

use base::{Code, Problem, Scope, Text, Timestamp, ids::PublicationId, say};
use db::Tx;

use super::{
    ANNOUNCED, Event, Life, Publication, State, about, in_tx, news, step,
    store::{self, Line},
    too_late,
};
use crate::{App, audit, channels, events, fault::Fault, http::IfMatch, posts};

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
    /// I have looked: it is live. See [`super::live::found_at`].
    IsLive {
        /// The post.
        remote: connector::Remote,
    },
    /// Send it (again), now.
    Send,
    /// Leave it.
    Drop,
    /// Take back that it was unscheduled.
    Restore,
}

/// Carries out a decision that was made at the given revision, if one is given, with its audit event, its line in the story and its event.
///
/// # Errors
/// If the publication's state does not allow it; not found; those of the database.
pub async fn decide(
    app: &App,
    scope: &Scope,
    id: PublicationId,
    given: Option<IfMatch>,
    decision: Decision,
) -> Result<Publication, Fault> {
    let (scope, now, claim) = (scope.clone(), app.clock.now(), crate::request::claim());
    app.db
        .write(async move |tx| {
            if matches!(decision, Decision::Restore) {
                // Takes turns with a request that schedules the post: what that stored is seen below.
                let p = in_tx(tx, &scope, id).await?;
                posts::hold(tx, p.workspace, p.post).await?.ok_or_else(|| Problem::not_found("post"))?;
            }
            if let Some(given) = &given {
                given.check(in_tx(tx, &scope, id).await?.shown_revision())?;
            }
            let decided = decide_in(tx, &scope, id, &decision, now).await?;
            claim.effected(tx, axum::http::StatusCode::OK, &format!("/v1/publications/{id}")).await?;
            Ok(decided)
        })
        .await
}

/// The same inside a transaction, which holds the post already where it restores something.
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
        Decision::Restore => {
            let parts = may_be_restored(tx, &p, now).await??;
            store::proven::put_parts(tx, id, parts).await?;
            (Event::Restored, "publication.restored")
        }
    };
    let to = step(p.life, event).map_err(|_| too_late(&p))?;
    let by = scope.actor().to_string();
    let stood = match decision {
        Decision::Move { due_at, local } => store::reschedule(tx, &p, to, *due_at, local.clone(), Some(&by)).await?,
        Decision::Send => {
            close_open_attempt(tx, &p, "absent", None, now).await?;
            store::reschedule(tx, &p, to, now, None, Some(&by)).await?
        }
        Decision::Restore => {
            let local = p.local_time.clone().zip(p.zone.clone());
            store::reschedule(tx, &p, to, p.due_at, local, Some(&by)).await?
        }
        Decision::IsLive { remote } => {
            close_open_attempt(tx, &p, "confirmed", Some(remote.clone()), now).await?;
            let url = Some(remote.url.clone()).filter(|_| p.life.part == 0);
            stand(tx, &p, to, url, now).await?
        }
        Decision::Cancel | Decision::Drop => stand(tx, &p, to, None, now).await?,
    };
    if !stood {
        return Err(too_late(&p));
    }
    let line = Line {
        at: now,
        act: act.trim_start_matches("publication.").to_owned(),
        actor: by,
        detail: match decision {
            Decision::Move { due_at, .. } => Some(say!("Moved to {at}.", at = due_at)),
            Decision::IsLive { remote } => Some(Text::verbatim(&*remote.url)),
            _ => None,
        },
        exchanges: Vec::new(),
    };
    store::tell(tx, id, scope.workspace(), &line).await?;
    audit::record(tx, scope, now, audit::Act::new(act, id).with(about(&p))).await?;
    let stored = in_tx(tx, scope, id).await?;
    events::emit(tx, scope.workspace(), act, &id.to_string(), news(&stored, stored.life.state), now).await?;
    if to.state == State::Scheduled {
        tx.notify(ANNOUNCED, &now.as_micros().to_string()).await?;
    }
    Ok(stored)
}

/// Whether it can still be published at its time after it was unscheduled, and in how many parts by now.
///
/// # Errors
/// Those of the database; inside, why not.
pub async fn may_be_restored(tx: &mut Tx, p: &Publication, now: Timestamp) -> Result<Result<u32, Problem>, db::Error> {
    let no = |code: Code, detail: Text| Ok(Err(Problem::new(code, detail).with("state", p.life.state)));
    if p.life.state != State::Cancelled {
        return no(
            Code::TooLate,
            say!("It was not called off, so there is nothing to take back. Nothing was changed."),
        );
    }
    if step(p.life, Event::Restored).is_err() {
        return no(
            Code::TooLate,
            say!("Some of it was sent before it was called off. Nothing was changed. Schedule the post again."),
        );
    }
    if p.due_at <= now {
        return no(Code::TimePassed, say!("Its time has passed. Nothing was changed. Schedule the post again."));
    }
    let Some(content) = store::proven::said_by_variant(tx, p).await? else {
        return no(Code::Conflict, say!("The post does not go to this channel any more. Nothing was changed."));
    };
    if channels::in_tx(tx, p.workspace, p.channel).await?.is_none() {
        return no(Code::Conflict, say!("The channel was disconnected. Nothing was changed."));
    }
    let in_its_way = |other: &Publication| {
        let stands = other.life.state.is_open() || other.life.state == State::Published;
        other.variant == p.variant && stands && other.made_at >= p.made_at
    };
    // Occurrences of a series stand beside each other; one by one they need not be compared with all others.
    if p.series.is_none() && store::of_posts(tx, p.workspace, &[p.post]).await?.iter().any(in_its_way) {
        return no(Code::TooLate, say!("The post was scheduled there again meanwhile. Nothing was changed."));
    }
    let said = serde_json::from_str::<serde_json::Value>(&content).unwrap_or_default();
    let parts = said["parts"].as_array().and_then(|parts| u32::try_from(parts.len()).ok());
    Ok(Ok(parts.unwrap_or(p.life.parts)))
}

/// Sending again sends the parts that are not live, and nothing else. It is refused where it could do harm, or nothing at all.
async fn sendable(tx: &mut Tx, p: &Publication) -> Result<(), Fault> {
    let refused = |code: Code, detail: Text| -> Result<(), Fault> {
        Err(Problem::new(code, detail).with("state", p.life.state).into())
    };
    let done = match p.life.state {
        State::Scheduled => {
            say!("It is scheduled and will be published automatically. To publish it earlier, reschedule it.")
        }
        State::Cancelled => say!("It was unscheduled. Schedule the post on this channel again instead."),
        State::Deleted => {
            say!(
                "It was published, and later deleted at the platform. Schedule the post on this channel again instead."
            )
        }
        State::Published => say!("Every part of it is live, so there is nothing to publish."),
        _ => Text::verbatim(""),
    };
    if !done.is_empty() {
        return refused(Code::TooLate, done);
    }
    if p.gone > 0 {
        // The next part would answer one that is not there any more.
        let detail = say!(
            "Some of its parts were deleted at the platform. Delete the others there too, then schedule the post again."
        );
        return refused(Code::TooLate, detail);
    }
    let blocked = |detail: Text| refused(Code::Conflict, detail);
    match channels::in_tx(tx, p.workspace, p.channel).await? {
        None => blocked(say!("The channel was disconnected. Connect the account again, then publish it, or leave it.")),
        Some(channel) if channel.grant_state != "active" => blocked(say!(
            "{name} is logged out. Reconnect the channel first; what waits for it is then published automatically.",
            name = channel.name
        )),
        Some(channel) if channel.state == "paused" => {
            blocked(say!("{name} is paused. Resume the channel first, then publish it.", name = channel.name))
        }
        Some(_) => Ok(()),
    }
}

pub(super) async fn stand(
    tx: &mut Tx,
    p: &Publication,
    to: Life,
    url: Option<String>,
    now: Timestamp,
) -> Result<bool, db::Error> {
    let wake_at = to.state.moves_by_itself().then_some(now);
    let standing = store::Standing { from: p.life, to, wake_at, reason: None, detail: None, url, now };
    let stood = store::stand(tx, p.id, p.revision, &standing).await?;
    if stood && wake_at.is_some() {
        store::wake_lane(tx, (p.workspace, p.channel), to.state, now).await?;
    }
    Ok(stood)
}

/// A person's word is the outcome of the attempt that no one else could decide.
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
        proof: Some(say!("someone checked")),
        ..store::AttemptEnd::default()
    };
    store::end_attempt(tx, &end, now).await
}
