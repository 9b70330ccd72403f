//! What the platform says of channels now: names, limits, and whether they are still there.
//!
//! Each grant is asked about once a day, all of its channels with one call. A failing check never stops publishing: it is
//! made again later. What ends a grant or takes a channel away is said before the next post is due.

use std::{sync::Arc, time::Duration};

use base::{
    Scope, Text, Timestamp,
    ids::{ChannelId, GrantId, WorkspaceId},
    say,
};
use connector::{Connector, Failure, FailureKind, Found, Webhooks};
use db::Tx;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::{
    Channel, Fate, Waiting,
    calling::Calling,
    failed, grants,
    store::{self, Target},
};
use crate::{App, events, fault::Fault};

/// How often a grant is asked about.
const EVERY: Duration = Duration::from_secs(24 * 3_600);
/// By how much that is spread, so that channels that were connected together are not checked together for ever.
const SPREAD: Duration = Duration::from_secs(4 * 3_600);
/// How long a check may take; another node takes it over after that.
const CHECK_LEASE: Duration = Duration::from_secs(5 * 60);
/// How long the platform may take.
const CALL_MAX: Duration = Duration::from_secs(60);
/// After one failed check the next comes this much later, then twice that, up to a day.
const FAILED_PAUSE: Duration = Duration::from_secs(30 * 60);
/// How many grants are asked about at once: publishing comes first.
const AT_ONCE: usize = 2;
/// A person who asks again sooner gets what is known.
const FRESH: Duration = Duration::from_secs(30);

/// When a grant that has new channels is asked about first: soon, where the platform wants to be asked for messages about them.
pub(super) fn first(app: &App, connector: &dyn Connector, now: Timestamp) -> Timestamp {
    if subscriptions(connector).is_some() { now } else { next(app, now) }
}

/// The door for a platform that sends messages about a channel only when asked to.
pub(super) fn subscriptions(connector: &dyn Connector) -> Option<&dyn Webhooks> {
    connector.webhooks().filter(|hooks| hooks.wants_subscriptions())
}

/// When a grant that was just seen is asked about next.
pub(super) fn next(app: &App, now: Timestamp) -> Timestamp {
    now + EVERY - Duration::from_secs(app.random.below(SPREAD.as_secs()))
}

/// Asks about every grant whose time has come; says how many were due.
///
/// # Errors
/// Those of the database.
pub async fn check_due(app: &App) -> Result<usize, Fault> {
    use futures::StreamExt as _;
    let now = app.clock.now();
    let due = app.read(async move |tx| store::due_checks(tx, now).await).await?;
    let count = due.len();
    futures::stream::iter(due)
        .for_each_concurrent(AT_ONCE, |(workspace, id, seen)| async move {
            let mine = app.write(async move |tx| store::begin_check(tx, id, seen, now + CHECK_LEASE).await).await;
            match mine {
                Ok(false) => {}
                Ok(true) => match check(app, workspace, id).await {
                    Ok(Ok(())) => {}
                    Ok(Err(failure)) => {
                        tracing::info!(grant = %id, kind = failure.kind.as_str(), "the channels of {id} could not be checked");
                    }
                    Err(fault) => tracing::error!(grant = %id, error = %fault, "the check of {id} failed"),
                },
                Err(fault) => tracing::error!(grant = %id, error = %fault, "the check of {id} could not begin"),
            }
        })
        .await;
    Ok(count)
}

/// Asks the platform about a channel now, and gives what is known then.
///
/// # Errors
/// Not found; a platform that does not answer; those of the database.
pub async fn refresh(app: &App, scope: &Scope, id: ChannelId) -> Result<Channel, Fault> {
    let channel = super::get(app, scope, id).await?;
    let now = app.clock.now();
    if channel.grant_state != "active" || channel.checked_at.is_some_and(|at| now.since(at) < FRESH) {
        return Ok(channel);
    }
    match check(app, channel.workspace, channel.grant).await? {
        // The channel itself says that it has to be reconnected.
        Ok(()) => super::get(app, scope, id).await,
        Err(failure) if failure.kind == FailureKind::ReconnectNeeded => super::get(app, scope, id).await,
        Err(failure) => Err(failed(&failure).into()),
    }
}

/// Asks the platform what a grant gives now, and stores what it says of the channels behind it. The inner error says why
/// nothing is known.
///
/// # Errors
/// Those of the database.
pub(super) fn check(
    app: &App,
    workspace: WorkspaceId,
    id: GrantId,
) -> BoxFuture<'_, Result<Result<(), Failure>, Fault>> {
    Box::pin(check_now(app, workspace, id))
}

async fn check_now(app: &App, workspace: WorkspaceId, id: GrantId) -> Result<Result<(), Failure>, Fault> {
    let channels = app.read(async move |tx| store::of_grant(tx, id).await).await?;
    let Some(first) = channels.first() else { return Ok(Ok(())) };
    let Some(connector) = app.connectors.get(&first.platform).cloned() else { return Ok(Ok(())) };
    let said = match ask(app, workspace, id, &connector, first).await? {
        // The account is the channel, and it is not there any more.
        Err(failure) if failure.kind == FailureKind::RemoteNotFound && !connector.connect().gives_several() => {
            Ok(Vec::new())
        }
        said => said,
    };
    match said {
        Ok(found) => {
            let mut targets = Vec::new();
            for found in found {
                let before = channels.iter().find(|channel| is_channel(channel, &found));
                let has_new_limits = before
                    .is_some_and(|channel| limits(&connector, &channel.facts) != limits(&connector, &found.facts));
                let target = grants::seal_target(app, workspace, &first.platform, found).await?;
                targets.push((target, has_new_limits));
            }
            let now = app.clock.now();
            let (platform, next, waiting) = (connector.about().name, next(app, now), app.waiting);
            let said = Said { grant: id, workspace, platform, targets, now, next, waiting };
            app.write(async move |tx| said.store(tx).await).await?;
            subscribe(app, id, &connector).await?;
            Ok(Ok(()))
        }
        Err(failure) => {
            let now = app.clock.now();
            app.write(async move |tx| {
                let failures = store::check_failures(tx, id).await? + 1;
                let doubled = FAILED_PAUSE * 2u32.saturating_pow(u32::try_from(failures - 1).unwrap_or(0).min(6));
                store::end_check(tx, id, now + doubled.min(EVERY), failures).await
            })
            .await?;
            Ok(Err(failure))
        }
    }
}

/// Asks the platform to send what happens on the channels of a grant, where it wants to be asked. One that refuses is asked again
/// with the next check.
async fn subscribe(app: &App, id: GrantId, connector: &Arc<dyn Connector>) -> Result<(), Fault> {
    let Some(hooks) = subscriptions(&**connector) else { return Ok(()) };
    let channels = app.read(async move |tx| store::of_grant(tx, id).await).await?;
    for channel in channels.into_iter().filter(|channel| channel.lost.is_none()) {
        let Ok(opened) = grants::open_for_channel(app, channel.workspace, channel.id).await? else { continue };
        if let Err(failure) = hooks.subscribe(&Calling::of(app, &channel, &opened).call()).await {
            let kind = failure.kind.as_str();
            tracing::warn!(channel = %channel.id, kind, "{} sends nothing about {}: {failure}", channel.platform, channel.id);
        }
    }
    Ok(())
}

/// One question, with new tokens where the first are refused.
async fn ask(
    app: &App,
    workspace: WorkspaceId,
    id: GrantId,
    connector: &Arc<dyn Connector>,
    channel: &Channel,
) -> Result<Result<Vec<Found>, Failure>, Fault> {
    let opened = match grants::open(app, workspace, id).await? {
        Ok(opened) => opened,
        Err(failure) => return Ok(Err(failure)),
    };
    let mut opened = match grants::fresh(app, workspace, opened).await {
        Ok(opened) => opened,
        Err(failure) => return Ok(Err(failure)),
    };
    let several = connector.connect().gives_several();
    let account = if several { &opened.account_id } else { &channel.account_id }.clone();
    for has_new in [false, true] {
        let calling = Calling::new(app, &channel.platform, opened.app.clone(), opened.tokens.clone());
        let calling = calling.about(&account, channel.facts.clone());
        let call = calling.call();
        let said = tokio::time::timeout(CALL_MAX, connector.connect().targets(&call)).await.unwrap_or_else(|_| {
            Err(Failure::unknown(FailureKind::Unavailable, say!("The platform did not answer in time.")))
        });
        match said {
            Err(failure) if failure.kind == FailureKind::TokenExpired && !has_new => {
                match grants::refresh(app, workspace, id, opened.version).await {
                    Ok(renewed) => opened = renewed,
                    Err(failure) => return Ok(Err(failure)),
                }
            }
            Err(failure) if failure.kind == FailureKind::ReconnectNeeded => {
                let why = say!("The platform has ended this channel's login.");
                grants::mark_dead(app, workspace, id, opened.version, &why, None).await?;
                return Ok(Err(failure));
            }
            said => return Ok(said),
        }
    }
    Ok(Err(Failure::rejected(FailureKind::TokenExpired, say!("The platform refuses tokens that it has just given."))))
}

/// What was found about the channels of a grant.
struct Said {
    grant: GrantId,
    workspace: WorkspaceId,
    /// The platform's name.
    platform: &'static str,
    /// What the grant gives, and whether its limits are new.
    targets: Vec<(Target, bool)>,
    now: Timestamp,
    next: Timestamp,
    waiting: Waiting,
}

impl Said {
    /// Stores it about the channels of the grant, as long as they still are.
    async fn store(&self, tx: &mut Tx) -> Result<(), db::Error> {
        if !store::lock_active(tx, self.grant).await? {
            return Ok(());
        }
        for channel in store::of_grant(tx, self.grant).await? {
            match self.targets.iter().find(|(target, _)| is_channel(&channel, &target.found)) {
                Some((target, has_new_limits)) => {
                    seen(tx, self.waiting, &channel, target, *has_new_limits, self.now).await?;
                }
                None => {
                    let why = say!(
                        "{name} no longer exists at {platform}, or this account lost access to it.",
                        name = channel.name.clone(),
                        platform = self.platform
                    );
                    lost(tx, self.workspace, channel.id, true, &why, self.now).await?;
                }
            }
        }
        if self.targets.iter().any(|(target, _)| target.own.is_some()) {
            store::renewed(tx, self.grant).await?;
        }
        store::end_check(tx, self.grant, self.next, 0).await
    }
}

/// Whether this is the channel.
pub(super) fn is_channel(channel: &Channel, found: &Found) -> bool {
    channel.account_id == found.account.id && channel.target_key == found.target_key
}

/// Stores what the platform says of a channel now, and notifies the features concerned.
async fn seen(
    tx: &mut Tx,
    waiting: Waiting,
    channel: &Channel,
    target: &Target,
    has_new_limits: bool,
    now: Timestamp,
) -> Result<(), db::Error> {
    let found = &target.found;
    store::seen(tx, channel.id, channel.grant, target, now).await?;
    if channel.lost.is_some() {
        waiting(tx, channel.id, Fate::Reconnected, now).await?;
    }
    if has_new_limits {
        store::limits_changed(tx, channel.id, now).await?;
    }
    let account = &found.account;
    let same_name = (&channel.name, &channel.handle, &channel.url) == (&account.name, &account.handle, &account.url);
    if has_new_limits || !same_name || channel.lost.is_some() {
        let id = channel.id.to_string();
        events::emit(tx, channel.workspace, "channel.changed", &id, json!({}), now).await?;
    }
    Ok(())
}

fn limits(connector: &Arc<dyn Connector>, facts: &Value) -> Option<Value> {
    connector.publish().map(|publish| json!(publish.limits(facts)))
}

/// Notes that the platform does not give a channel any more (`gone`), or refuses its login. Posts wait, as they do without a
/// login.
pub(super) async fn lost(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ChannelId,
    gone: bool,
    why: &Text,
    now: Timestamp,
) -> Result<(), db::Error> {
    if store::lose(tx, id, gone, why, now).await? {
        let data = json!({ "reason": "channel_lost", "detail": why.english() });
        events::emit(tx, workspace, "channel.needs_reconnect", &id.to_string(), data, now).await?;
    }
    Ok(())
}
