//! Channels: connected accounts and pages, the grants behind them, their queues and pauses.
//!
//! Left out: what is published on a channel (`posts`, `publishing`), and everything that only one platform knows
//! (`connector`, asked by id).

mod apps;
mod calling;
mod checking;
mod choosing;
mod connecting;
mod fate;
pub mod grants;
pub mod http;
mod keeping;
mod mentions;
mod pictures;
mod removed;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use base::{
    Actor, Code, Problem, Scope, Text, Timestamp,
    ids::{ChannelId, QueueSlotId, WorkspaceId},
    say,
};
use connector::{Connector, Failure, FailureKind};
use db::Tx;

pub use apps::{
    AppTest, Cache as AppCache, delete as delete_app, entered as apps_entered, load as load_app, save as save_app,
    test as test_app,
};
pub use calling::Calling;
pub use checking::{check_due, refresh};
pub use choosing::{Chooser, Offer, Offers, Standing, choose, end_unchosen, more, of_browser, offers};
pub use connecting::{
    Back, Begin, Begun, Browser, Came, attempt, begin, come_back, look_at_link, open_link, redirect_uri, with_password,
};
pub use fate::{Fate, Waiting};
pub use keeping::{CHANNELS_MAX, Kept};
pub use mentions::Suggested;
pub use pictures::{Picture, fetch_pictures, picture};
pub use removed::{Named, access_removed, erase, of_account};
pub use store::{Beginner, Channel, Connection, QueueSlot};

use crate::{App, audit, fault::Fault, schedule};

/// A failed call as a problem for the person who is connecting or changing a channel.
pub(crate) fn failed(failure: &Failure) -> Problem {
    let code = match failure.kind {
        FailureKind::InputInvalid | FailureKind::ReconnectNeeded | FailureKind::ScopeMissing => Code::ConnectFailed,
        FailureKind::AppMisconfigured => Code::PlatformNotSetUp,
        FailureKind::AddressRefused => Code::AddressRefused,
        _ => Code::PlatformFailed,
    };
    Problem::new(code, failure.detail.clone()).with("reason", failure.kind).with("who_acts", failure.kind.who_acts())
}

/// Why nothing can be published on a channel: `None` where this installation doesn't know its platform.
pub(crate) fn takes_no_posts(connector: Option<&dyn Connector>) -> Text {
    match connector {
        Some(connector) => say!(
            "{platform} takes no posts, only messages to one person. Choose other channels for this post.",
            platform = connector.about().name
        ),
        None => say!("This installation can't publish to that platform."),
    }
}

/// The channels of the scope's workspace.
///
/// # Errors
/// Those of the database.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<Channel>, Fault> {
    let workspace = scope.workspace();
    let mut all = app.read(async move |tx| store::list(tx, workspace).await).await?;
    all.retain(|channel| scope.reaches(channel.id));
    Ok(all)
}

/// One channel.
///
/// # Errors
/// Not found; those of the database.
pub async fn get(app: &App, scope: &Scope, id: ChannelId) -> Result<Channel, Fault> {
    let workspace = scope.workspace();
    let found: Option<Channel> = app.read(async move |tx| store::get(tx, workspace, id).await).await?;
    // A key that is limited to some channels does not find the others (S-23).
    found.filter(|channel| scope.reaches(channel.id)).ok_or_else(|| Problem::not_found("channel").into())
}

/// One channel, inside a transaction.
///
/// # Errors
/// Those of the database.
pub async fn in_tx(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId) -> Result<Option<Channel>, db::Error> {
    store::get(tx, workspace, id).await
}

/// Pauses a channel with a reason, until a time if there is one (nothing goes out meanwhile).
///
/// # Errors
/// Not found; those of the database.
pub async fn pause(
    app: &App,
    scope: &Scope,
    id: ChannelId,
    reason: &str,
    until: Option<Timestamp>,
) -> Result<Channel, Fault> {
    let reason = reason.trim().to_owned();
    if base::text::is_blank(&reason) || reason.chars().count() > 200 {
        return Err(Problem::field("/reason", say!("say in 1 to 200 characters why the channel is paused")).into());
    }
    if until.is_some_and(|at| at <= app.clock.now()) {
        return Err(Problem::field(
            "/until",
            say!("must be in the future; leave it out to pause until someone resumes it"),
        )
        .into());
    }
    let (scope, now) = (scope.clone(), app.clock.now());
    app.db
        .write(async move |tx| {
            let channel = to_change(tx, &scope, id).await?;
            store::pause(tx, id, Some(&reason), until).await?;
            changed(tx, &scope, channel, "channel.paused", now).await
        })
        .await
}

/// Lets a paused channel go on; what waited for it goes out, or asks if it is late.
///
/// # Errors
/// Not found; those of the database.
pub async fn resume(app: &App, scope: &Scope, id: ChannelId) -> Result<Channel, Fault> {
    let (scope, now, waiting) = (scope.clone(), app.clock.now(), app.waiting);
    app.db
        .write(async move |tx| {
            let channel = to_change(tx, &scope, id).await?;
            store::pause(tx, id, None, None).await?;
            waiting(tx, id, Fate::Resumed, now).await?;
            changed(tx, &scope, channel, "channel.resumed", now).await
        })
        .await
}

/// The operator has entered a platform's app anew: what waited for that goes on, on every channel of the platform.
///
/// # Errors
/// Those of the database.
pub async fn mended_by_operator(app: &App, platform: &str) -> Result<(), Fault> {
    let (platform, now, waiting) = (platform.to_owned(), app.clock.now(), app.waiting);
    app.db
        .write(async move |tx| {
            for channel in store::of_platform(tx, &platform).await? {
                waiting(tx, channel, Fate::AppEntered, now).await?;
            }
            Ok::<_, Fault>(())
        })
        .await
}

/// Resumes channels whose pause has ended by itself; says how many.
///
/// # Errors
/// Those of the database.
pub async fn end_pauses(app: &App) -> Result<usize, Fault> {
    let (now, waiting) = (app.clock.now(), app.waiting);
    let over = app.read(async move |tx| store::pauses_over(tx, now).await).await?;
    for channel in &over {
        let scope = Scope::system("channels", channel.workspace);
        let id = channel.id;
        app.db
            .write(async move |tx| {
                let channel = to_change(tx, &scope, id).await?;
                if store::end_pause(tx, id, now).await? {
                    waiting(tx, id, Fate::Resumed, now).await?;
                }
                changed(tx, &scope, channel, "channel.resumed", now).await
            })
            .await?;
    }
    Ok(over.len())
}

/// Ends a channel: nothing goes out any more, the tokens are erased, and with the last channel of its grant the platform is
/// told (P-052, S-17). Says what the platform answered, if it did not take the revocation.
///
/// # Errors
/// Not found; those of the database.
pub async fn disconnect(app: &App, scope: &Scope, id: ChannelId) -> Result<Option<Text>, Fault> {
    let channel = get(app, scope, id).await?;
    let opened = grants::open(app, channel.workspace, channel.grant).await?;
    let connector = app.connectors.get(&channel.platform);
    // Its tokens are erased with it.
    let subscribed = match connector.and_then(|connector| checking::subscriptions(&**connector)) {
        Some(hooks) => grants::open_for_channel(app, channel.workspace, channel.id).await?.ok().map(|own| (hooks, own)),
        None => None,
    };
    let (here, scope, now) = (app.clone(), scope.clone(), app.clock.now());
    let was_last = app
        .db
        .write(async move |tx| {
            let channel = to_change(tx, &scope, id).await?;
            let why = say!("The channel was disconnected.");
            Ok::<_, Fault>(end(tx, &here, &channel, (scope.actor(), "channel.disconnected", &why), now).await?)
        })
        .await?;
    if let Some((hooks, own)) = subscribed
        && let Err(failure) = hooks.unsubscribe(&Calling::of(app, &channel, &own).call()).await
    {
        tracing::info!(kind = failure.kind.as_str(), "{} still sends what happens on {id}", channel.platform);
    }
    let (Ok(opened), true, Some(connector)) = (opened, was_last, connector) else { return Ok(None) };
    grants::revoke(app, &**connector, (&channel.platform, &channel.instance), &opened, channel.facts).await
}

/// Ends a channel in its transaction, and says who did so, as what, and why: the consent is withdrawn, its grant ends with its
/// last channel, and what waits on the channel is told. Whether it was the last.
async fn end(
    tx: &mut Tx,
    app: &App,
    channel: &Channel,
    (by, act, why): (Actor, &'static str, &Text),
    now: Timestamp,
) -> Result<bool, db::Error> {
    let consent = base::random::token::<16>(&*app.random);
    store::record_consent(tx, &consent, channel, &by.to_string(), "withdrawn", "", now).await?;
    store::end(tx, channel.id, now).await?;
    let was_last = store::end_unused_grant(tx, channel.grant, why).await?;
    (app.waiting)(tx, channel.id, Fate::Ended, now).await?;
    audit::record_in(tx, channel.workspace, by, now, audit::Act::new(act, channel.id)).await?;
    let id = channel.id.to_string();
    crate::events::emit(tx, channel.workspace, act, &id, serde_json::json!({}), now).await?;
    Ok(was_last)
}

/// Channels whose limits are others than before, and since when: what is scheduled on them is to be judged again.
///
/// # Errors
/// Those of the database.
pub async fn with_new_limits(app: &App) -> Result<Vec<(Channel, Timestamp)>, Fault> {
    app.read(async |tx| store::with_new_limits(tx).await).await
}

/// What is scheduled on a channel was judged by the limits that it has since then.
///
/// # Errors
/// Those of the database.
pub async fn judged(tx: &mut Tx, id: ChannelId, since: Timestamp) -> Result<(), db::Error> {
    store::judged(tx, id, since).await
}

/// The channel that is to be changed, inside the transaction that does it.
async fn to_change(tx: &mut Tx, scope: &Scope, id: ChannelId) -> Result<Channel, Fault> {
    let found = store::get(tx, scope.workspace(), id).await?;
    found.filter(|channel| scope.reaches(channel.id)).ok_or_else(|| Problem::not_found("channel").into())
}

/// Adds the audit event and the event of a change to its transaction, and gives the channel as it is now.
async fn changed(
    tx: &mut Tx,
    scope: &Scope,
    channel: Channel,
    act: &'static str,
    now: Timestamp,
) -> Result<Channel, Fault> {
    let id = channel.id;
    audit::record(tx, scope, now, audit::Act::new(act, id)).await?;
    crate::events::emit(tx, scope.workspace(), act, &id.to_string(), serde_json::json!({}), now).await?;
    Ok(store::get(tx, scope.workspace(), id).await?.unwrap_or(channel))
}

/// A channel's queue slots.
///
/// # Errors
/// Not found; those of the database.
pub async fn slots(app: &App, scope: &Scope, id: ChannelId) -> Result<Vec<QueueSlot>, Fault> {
    get(app, scope, id).await?;
    app.read(async move |tx| store::slots(tx, id).await).await
}

/// The most slots a channel may have.
pub const SLOTS_MAX: usize = 200;

/// Replaces a channel's queue slots.
///
/// # Errors
/// A field problem; not found; those of the database.
pub async fn put_slots(
    app: &App,
    scope: &Scope,
    id: ChannelId,
    wanted: Vec<(u8, u16, String)>,
) -> Result<Vec<QueueSlot>, Fault> {
    if wanted.len() > SLOTS_MAX {
        return Err(Problem::field(
            "/slots",
            say!("at most {slots_max} slots; there are {wanted}", slots_max = SLOTS_MAX, wanted = wanted.len()),
        )
        .into());
    }
    let mut seen = BTreeSet::new();
    let mut slots = Vec::new();
    for (place, (weekday, minute, zone)) in wanted.into_iter().enumerate() {
        let at = |name: &str| format!("/slots/{place}/{name}");
        if weekday > 6 {
            return Err(Problem::field(at("weekday"), say!("must be 0 (Monday) to 6 (Sunday)")).into());
        }
        if minute >= 24 * 60 {
            return Err(Problem::field(at("time"), say!("must be a time of day such as 09:30")).into());
        }
        schedule::times::zone(&zone)?;
        if !seen.insert((weekday, minute)) {
            return Err(Problem::field(at("time"), say!("this slot is given twice")).into());
        }
        slots.push(QueueSlot { id: QueueSlotId::new(app.clock.now(), &*app.random), weekday, minute, zone });
    }
    let (scope, now, stored) = (scope.clone(), app.clock.now(), slots.clone());
    app.db
        .write(async move |tx| {
            let channel = to_change(tx, &scope, id).await?;
            store::put_slots(tx, &channel, &stored).await?;
            changed(tx, &scope, channel, "channel.slots_changed", now).await
        })
        .await?;
    Ok(slots)
}

/// A channel's queue slots, inside the transaction that takes one: until its end no one else takes one of this channel.
///
/// # Errors
/// Those of the database.
pub async fn slots_to_take(tx: &mut Tx, id: ChannelId) -> Result<Vec<QueueSlot>, db::Error> {
    store::lock_slots(tx, id).await?;
    store::slots(tx, id).await
}
