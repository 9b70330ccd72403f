//! What a channel's fate means for what waits on it: a login is renewed, a pause ends, an account is disconnected, a video is
//! converted.

use base::{
    Timestamp,
    ids::{ChannelId, WorkspaceId},
    say,
};
use db::Tx;
use futures::future::BoxFuture;

use super::{ANNOUNCED, Event, LATE_AFTER, Life, Publication, State, deciding::stand, news, step, store};
use crate::{channels::Fate, events, media::addresses::Purpose};

/// Reasons for which something is parked that a new login fixes.
const MENDED_BY_RECONNECT: &[&str] = &["reconnect_needed", "scope_missing", "account_blocked", "token_expired"];
/// Reasons that an operator fixes.
const MENDED_BY_OPERATOR: &[&str] = &["app_misconfigured", "quota_used_up", "address_refused"];

/// Hears what happens to a channel, in the transaction in which it happens.
pub fn heed(tx: &mut Tx, channel: ChannelId, fate: Fate, now: Timestamp) -> BoxFuture<'_, Result<(), db::Error>> {
    Box::pin(async move {
        match fate {
            Fate::Reconnected => {
                let lifted = store::lift_restriction(tx, channel, now).await?;
                let woken = mended(tx, channel, MENDED_BY_RECONNECT, now).await?;
                announce(tx, lifted || woken, now).await
            }
            Fate::Resumed => {
                let woken = mended(tx, channel, &["paused"], now).await?;
                announce(tx, woken, now).await
            }
            Fate::AppEntered => {
                let woken = mended(tx, channel, MENDED_BY_OPERATOR, now).await?;
                announce(tx, woken, now).await
            }
            Fate::Ended => ended(tx, channel, now).await,
        }
    })
}

/// Erases what the platform said about the posts of a channel that has ended: an account's holder wants it so.
///
/// # Errors
/// Those of the database.
pub async fn erase(tx: &mut Tx, channel: ChannelId) -> Result<(), db::Error> {
    store::erase(tx, channel).await
}

/// Something that blocked a channel's publications is fixed: what is parked for one of these reasons continues, or asks if
/// it is late by now. Whether there was any.
async fn mended(tx: &mut Tx, channel: ChannelId, reasons: &[&str], now: Timestamp) -> Result<bool, db::Error> {
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
            say!(
                "It was due on {due_at} while the channel could not publish. Publish it now, or leave it.",
                due_at = p.due_at
            )
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
    Ok(woken)
}

/// Tells the dispatchers of all nodes, once in a transaction, that there is something to do.
async fn announce(tx: &mut Tx, is_news: bool, now: Timestamp) -> Result<(), db::Error> {
    match is_news {
        true => tx.notify(ANNOUNCED, &now.as_micros().to_string()).await,
        false => Ok(()),
    }
}

/// Whether a publication is being carried out exactly as it was when a network was given the address of a file for it.
///
/// # Errors
/// Those of the database.
pub async fn is_carried_out(tx: &mut Tx, workspace: WorkspaceId, purpose: &Purpose) -> Result<bool, db::Error> {
    let Some(p) = store::get(tx, workspace, purpose.publication).await? else { return Ok(false) };
    let now = Purpose::of(&p);
    Ok(matches!(p.life.state, State::Scheduled | State::Armed | State::Processing) && now == *purpose)
}

impl Purpose {
    /// A publication as it stands.
    pub(super) fn of(p: &Publication) -> Self {
        let Life { part, round, doubts, .. } = p.life;
        Self { publication: p.id, part, round, doubts, revision: p.revision }
    }
}

/// A video was converted, or could not be: what waits for one continues.
///
/// # Errors
/// Those of the database.
pub async fn media_ready(tx: &mut Tx, workspace: WorkspaceId, now: Timestamp) -> Result<(), db::Error> {
    let mut woken = false;
    for p in store::waiting_for_media(tx, workspace).await? {
        woken |= stand(tx, &p, p.life, None, now).await?;
    }
    announce(tx, woken, now).await
}

/// A channel has ended: what is scheduled on it waits for a person.
async fn ended(tx: &mut Tx, channel: ChannelId, now: Timestamp) -> Result<(), db::Error> {
    for p in store::open_of_channel(tx, channel).await? {
        let (event, kind, detail) = match p.life.state {
            State::Scheduled => (
                Event::Blocked,
                "publication.parked",
                say!("The channel was disconnected. Unschedule this, or connect the account again and publish it."),
            ),
            // Without a login no one can look it up any more.
            State::Unknown | State::Processing => (
                Event::AskAPerson,
                "publication.needs_eyes",
                say!("The channel was disconnected before it was known whether this is live. Check there."),
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
