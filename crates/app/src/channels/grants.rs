//! Grants: opening their tokens, refreshing them one at a time over all nodes, seeing them end (S-15, P-053).

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use base::{
    Problem, Secret, Text, Timestamp,
    ids::{ChannelId, GrantId, NodeId, WorkspaceId},
    say,
};
use connector::{AppCredentials, Connector, Failure, FailureKind, Found, Outcome, Tokens};

use super::{
    Fate, Waiting, apps,
    calling::Calling,
    checking,
    store::{self, Expiry, GrantRow},
};
use crate::{App, crash, fault::Fault, secrets::At};
use db::Tx;

/// How long one refresh may take; its lease.
const REFRESH_LEASE: Duration = Duration::from_secs(45);
/// How long the platform may take; twice this, and storing, fits into the lease.
const REFRESH_CALL_MAX: Duration = Duration::from_secs(18);
/// How often new tokens are tried to be stored: losing them would lose the grant.
const STORE_TRIES: u32 = 6;
/// How often someone who waits for another's refresh looks.
const WAIT_STEP: Duration = Duration::from_millis(100);
/// How often the platform is told that a grant ends.
const REVOKE_TRIES: u32 = 3;
/// Access tokens are refreshed this long before their end; those that live less than five times as long at four fifths of their life.
const REFRESH_AHEAD: Duration = Duration::from_secs(10 * 60);
/// A login whose only token lives longer than this is refreshed halfway through that life.
const LONG_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// A refresh that failed is tried again after this share of what is left of the token's life, …
const RETRY_SHARE: u32 = 50;
/// … at the earliest and at the latest after so long.
const RETRY_PAUSE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(6 * 60 * 60));

/// How long a token must still be good when it is used.
const TOKEN_LEFT_MIN: Duration = Duration::from_secs(90);

/// A grant ready for use.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Its id.
    pub id: GrantId,
    /// The account that gave it.
    pub account_id: String,
    /// The app it belongs to.
    pub app: Arc<AppCredentials>,
    /// The tokens to call with: those of the channel it was opened for if it has its own, else the grant's.
    pub tokens: Arc<Tokens>,
    /// Whether they are the channel's own.
    pub is_own: bool,
    /// Which pair of tokens this is.
    pub version: i64,
    /// Scopes as granted.
    pub scopes: Vec<String>,
}

/// Opens a grant with the grant's own tokens. The inner error says why there is no login.
///
/// # Errors
/// Those of the database and the vault.
pub async fn open(app: &App, workspace: WorkspaceId, id: GrantId) -> Result<Result<Arc<Opened>, Failure>, Fault> {
    match row_of(app, workspace, id).await? {
        Some(row) => Ok(opened(app, workspace, &row).await?.ok_or_else(|| gone(&row))),
        None => Ok(Err(ended())),
    }
}

/// Opens the grant that a channel has at this moment, for a call to the platform with it now: tokens that are about to
/// end are renewed first.
///
/// # Errors
/// As [`open`].
pub async fn open_to_use(
    app: &App,
    workspace: WorkspaceId,
    channel: ChannelId,
) -> Result<Result<Arc<Opened>, Failure>, Fault> {
    Ok(match open_for_channel(app, workspace, channel).await? {
        Ok(opened) => fresh(app, workspace, opened).await,
        Err(failure) => Err(failure),
    })
}

/// These tokens if they are still good for a while, else new ones. They are renewed ahead of their end besides; but no one
/// did that while Fanfare was stopped.
///
/// # Errors
/// Why there are no new tokens.
pub async fn fresh(app: &App, workspace: WorkspaceId, opened: Arc<Opened>) -> Result<Arc<Opened>, Failure> {
    let ends = opened.tokens.expires_at.filter(|_| opened.tokens.refresh.is_some());
    match ends {
        Some(at) if at < app.clock.now() + TOKEN_LEFT_MIN => refresh(app, workspace, opened.id, opened.version).await,
        _ => Ok(opened),
    }
}

/// Opens the grant that a channel has at this moment.
///
/// # Errors
/// Those of the database and the vault.
pub async fn open_for_channel(
    app: &App,
    workspace: WorkspaceId,
    channel: ChannelId,
) -> Result<Result<Arc<Opened>, Failure>, Fault> {
    match app.read(async move |tx| store::grant_of_channel(tx, workspace, channel).await).await? {
        Some(row) => Ok(opened(app, workspace, &row).await?.ok_or_else(|| gone(&row))),
        None => Ok(Err(ended())),
    }
}

/// Opens the grants of the channels whose lanes a node took under this batch's name. Those that cannot be opened are left
/// out; who needs one finds out why.
pub async fn open_for_lanes(app: &App, node: NodeId, batch: String) -> BTreeMap<ChannelId, Arc<Opened>> {
    let read = app.read(async move |tx| store::grants_of_lanes(tx, node, &batch).await);
    let mut logins = BTreeMap::new();
    for (channel, workspace, row) in read.await.unwrap_or_default() {
        if let Ok(Some(opened)) = opened(app, workspace, &row).await {
            logins.insert(channel, opened);
        }
    }
    logins
}

/// Why there is nothing to call with.
fn gone(row: &GrantRow) -> Failure {
    row.lost.as_ref().or(row.reason.as_ref()).map_or_else(ended, without_login)
}

fn ended() -> Failure {
    without_login(&say!("The channel's login has ended."))
}

fn without_login(why: &Text) -> Failure {
    Failure::rejected(
        FailureKind::ReconnectNeeded,
        say!("{why} Reconnect the channel, and the posts waiting for it will be published."),
    )
}

async fn row_of(app: &App, workspace: WorkspaceId, id: GrantId) -> Result<Option<GrantRow>, Fault> {
    Ok(app.db.read(async move |tx| store::grant(tx, workspace, id).await).await?)
}

async fn opened(app: &App, workspace: WorkspaceId, row: &GrantRow) -> Result<Option<Arc<Opened>>, Fault> {
    let Some(sealed) = row.tokens.as_deref().filter(|_| row.state == "active" && row.lost.is_none()) else {
        return Ok(None);
    };
    let (at, sealed) = match &row.own {
        Some((place, own)) => (own_place(place), own.as_slice()),
        None => (place(row.id), sealed),
    };
    let text = app.vault.open_text(Some(workspace), &at, sealed).await.map_err(Problem::from)?;
    let tokens = Tokens::from_sealed(&text).map_err(|error| crate::fault::internal(&error))?;
    let credentials = apps::opened(app, &row.platform, &row.instance, row.app.as_deref()).await?.unwrap_or_default();
    let scopes = row.scopes.split_whitespace().map(str::to_owned).collect();
    Ok(Some(Arc::new(Opened {
        id: row.id,
        account_id: row.account_id.clone(),
        app: credentials,
        tokens: Arc::new(tokens),
        is_own: row.own.is_some(),
        version: row.version,
        scopes,
    })))
}

/// Where a channel's own tokens stand, for sealing.
fn own_place(place: &str) -> At {
    At::new("channels", "tokens_sealed", place)
}

/// Seals what a grant gives, with the tokens that it has of its own, for its place.
pub(super) async fn seal_target(
    app: &App,
    workspace: WorkspaceId,
    platform: &str,
    found: Found,
) -> Result<store::Target, Fault> {
    let at = own_place(&store::own_place(platform, &found.account.id, &found.target_key));
    let own = match &found.tokens {
        Some(tokens) => Some(seal_at(app, workspace, &at, tokens).await?),
        None => None,
    };
    Ok(store::Target { found: Found { tokens: None, ..found }, own })
}

/// Tells the platform that a grant ends, unless that would end another grant of the account that is in use here. What the
/// platform answered, if it did not take it.
///
/// # Errors
/// Those of the database.
pub(super) async fn revoke(
    app: &App,
    connector: &dyn Connector,
    (platform, instance): (&str, &str),
    opened: &Opened,
    facts: serde_json::Value,
) -> Result<Option<Text>, Fault> {
    if connector.connect().revokes_all_of_account() {
        let (platform, instance, account) = (platform.to_owned(), instance.to_owned(), opened.account_id.clone());
        let id = opened.id;
        let other = app.read(async move |tx| store::has_other_grant(tx, &platform, &instance, &account, id).await);
        if other.await? {
            return Ok(None);
        }
    }
    let calling = Calling::new(app, platform, opened.app.clone(), opened.tokens.clone());
    let calling = calling.about(&opened.account_id, facts);
    let mut said = None;
    for _ in 0..REVOKE_TRIES {
        match connector.connect().revoke(&calling.call()).await {
            Ok(()) => return Ok(None),
            Err(failure) if matches!(failure.outcome, Outcome::Rejected) => return Ok(Some(failure.detail)),
            Err(failure) => said = Some(failure.detail),
        }
    }
    Ok(said)
}

/// Where a grant's tokens stand, for sealing.
fn place(id: GrantId) -> At {
    At::new("grants", "tokens_sealed", id)
}

/// Where the pair before stands.
fn place_before(id: GrantId) -> At {
    At::new("grants", "previous_sealed", id)
}

/// Seals tokens for their row.
pub(super) async fn seal(app: &App, workspace: WorkspaceId, id: GrantId, tokens: &Tokens) -> Result<Vec<u8>, Fault> {
    seal_at(app, workspace, &place(id), tokens).await
}

async fn seal_at(app: &App, workspace: WorkspaceId, at: &At, tokens: &Tokens) -> Result<Vec<u8>, Fault> {
    let sealable: Secret<String> = tokens.to_sealable();
    Ok(app.vault.seal(Some(workspace), at, &sealable).await.map_err(Problem::from)?)
}

/// When tokens that begin now are to be refreshed.
///
/// Where a refresh token outlives the access token, an access token that has ended costs nothing: a new one is fetched when it is
/// needed, however long Fanfare was stopped. Where it doesn't (a platform that exchanges the access token itself), a token
/// that ends while Fanfare is stopped takes the login with it. Such a token is refreshed halfway: Fanfare may be stopped, or the
/// platform refuse, for half its life, and platforms that don't exchange young tokens take one of that age.
pub(super) fn expiry(tokens: &Tokens, now: Timestamp) -> Expiry {
    let refresh_at = tokens.expires_at.filter(|_| tokens.refresh.is_some()).map(|end| {
        let life = end.since(now);
        match life {
            _ if renews_itself(tokens) && life > LONG_LIFE => now + life / 2,
            _ if life > REFRESH_AHEAD * 5 => end - REFRESH_AHEAD,
            _ => now + life * 4 / 5,
        }
    });
    Expiry { expires_at: tokens.expires_at, refresh_at }
}

/// Whether the access token is exchanged itself, so that its end is that of the login.
fn renews_itself(tokens: &Tokens) -> bool {
    tokens.refresh_expires_at.is_some_and(|last| tokens.expires_at.is_some_and(|end| last <= end))
}

/// When a refresh that failed is tried again, if the platform doesn't say: seldom while the token lives long, so that a
/// trouble of days is not asked about every minute.
fn retry_at(ends_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let left = ends_at.map(|end| end.since(now)).unwrap_or_default();
    now + (left / RETRY_SHARE).clamp(RETRY_PAUSE.0, RETRY_PAUSE.1)
}

/// New tokens in place of those of `seen`. One refresh at a time over all nodes: the second waits and takes
/// what the first one got. A refresh is journaled before it is sent.
///
/// # Errors
/// Why there are no new tokens.
pub async fn refresh(app: &App, workspace: WorkspaceId, id: GrantId, seen: i64) -> Result<Arc<Opened>, Failure> {
    refresh_for(app, workspace, id, seen, Need::Now).await
}

/// Why tokens are refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing can be done with the ones that there are.
    Now,
    /// They will end.
    Ahead,
}

async fn refresh_for(
    app: &App,
    workspace: WorkspaceId,
    id: GrantId,
    seen: i64,
    need: Need,
) -> Result<Arc<Opened>, Failure> {
    let patience = app.clock.now() + REFRESH_LEASE;
    loop {
        let row = row_of(app, workspace, id).await.map_err(|fault| own_trouble(&fault))?.ok_or_else(ended)?;
        let current = opened(app, workspace, &row).await.map_err(|fault| own_trouble(&fault))?;
        let Some(current) = current else { return Err(gone(&row)) };
        if current.version != seen {
            return Ok(current);
        }
        let now = app.clock.now();
        let taken =
            app.db.write(async move |tx| store::begin_refresh(tx, id, seen, now, now + REFRESH_LEASE).await).await;
        match taken.map_err(|error: db::Error| own_trouble(&Fault::Store(error)))? {
            Some(fence) => return make(app, workspace, &row, current, (fence, need)).await,
            None if now < patience => tokio::time::sleep(WAIT_STEP).await,
            None => {
                let detail = say!("Another renewal of this login is still running. Fanfare tries again.");
                return Err(Failure::new(Outcome::NotSent, FailureKind::Unavailable, detail));
            }
        }
    }
}

fn own_trouble(fault: &Fault) -> Failure {
    tracing::error!(error = %fault, "a login could not be read or stored");
    Failure::new(
        Outcome::NotSent,
        FailureKind::Unavailable,
        say!("Fanfare's own database did not answer. It tries again."),
    )
}

/// The refresh itself, under its fence.
async fn make(
    app: &App,
    workspace: WorkspaceId,
    row: &GrantRow,
    old: Arc<Opened>,
    (fence, need): (i64, Need),
) -> Result<Arc<Opened>, Failure> {
    crash::point("refresh_journaled");
    let Some(connector) = app.connectors.get(&row.platform).cloned() else {
        return Err(Failure::rejected(
            FailureKind::AppMisconfigured,
            say!("This installation no longer has this platform."),
        ));
    };
    let calling = Calling::new(app, &row.platform, old.app.clone(), old.tokens.clone())
        .about(&row.account_id, serde_json::Value::Null);
    let mut result = in_time(connector.connect().refresh(&calling.call())).await;
    if matches!(&result, Err(failure) if failure.kind == FailureKind::ReconnectNeeded)
        && let Some(before) = pair_before(app, workspace, row).await
    {
        // The newest pair may have been lost on its way from the platform: the one before is the second chance.
        let calling =
            Calling::new(app, &row.platform, old.app.clone(), before).about(&row.account_id, serde_json::Value::Null);
        result = in_time(connector.connect().refresh(&calling.call())).await;
    }
    crash::point("refresh_answered");
    let id = row.id;
    match result {
        Ok(mut tokens) => {
            // An answer without a refresh token means: the old one goes on (S-15).
            tokens.refresh = tokens.refresh.or_else(|| old.tokens.refresh.clone());
            let sealed = seal(app, workspace, id, &tokens).await.map_err(|fault| own_trouble(&fault))?;
            let before =
                seal_at(app, workspace, &place_before(id), &old.tokens).await.map_err(|fault| own_trouble(&fault))?;
            let expiry = expiry(&tokens, app.clock.now());
            let stored = store_pair(app, id, fence, (sealed, before), expiry).await?;
            crash::point("refresh_stored");
            if !stored {
                // Someone ended the grant, or took the right to refresh over and has a newer pair.
                let row = row_of(app, workspace, id).await.map_err(|fault| own_trouble(&fault))?.ok_or_else(ended)?;
                let current = opened(app, workspace, &row).await.map_err(|fault| own_trouble(&fault))?;
                return current.ok_or_else(|| gone(&row));
            }
            let renewed = Opened { tokens: Arc::new(tokens), version: old.version + 1, ..(*old).clone() };
            Ok(Arc::new(renewed))
        }
        Err(failure) => {
            let doubt = failure.outcome == Outcome::Unknown;
            let retry_at = failure.retry_at.unwrap_or_else(|| retry_at(old.tokens.expires_at, app.clock.now()));
            let given_back: Result<(), db::Error> =
                app.db.write(async move |tx| store::abandon_refresh(tx, id, fence, doubt, retry_at).await).await;
            given_back.map_err(|error| own_trouble(&Fault::Store(error)))?;
            // A token that is exchanged itself is used until its end, though its renewal was refused. Whether it is dead, the next
            // call with it tells: one a day is made.
            let is_used = need == Need::Ahead && renews_itself(&old.tokens);
            let still_lives = is_used && old.tokens.expires_at > Some(app.clock.now());
            if failure.kind == FailureKind::ReconnectNeeded && !still_lives {
                let lost = row.refresh_begun_at.is_some();
                let why = if lost {
                    say!(
                        "An earlier renewal of this login was sent and its answer was lost, so the platform has ended the login."
                    )
                } else {
                    say!("The platform has ended this channel's login.")
                };
                mark_dead(app, workspace, id, row.version, &why, None).await.map_err(|fault| own_trouble(&fault))?;
            }
            Err(failure)
        }
    }
}

/// A refresh has to end before its lease does, or someone else would send the same token.
async fn in_time(refresh: impl Future<Output = Result<Tokens, Failure>>) -> Result<Tokens, Failure> {
    tokio::time::timeout(REFRESH_CALL_MAX, refresh).await.unwrap_or_else(|_| {
        Err(Failure::unknown(
            FailureKind::Unavailable,
            say!("The platform did not answer the renewal of the login in time."),
        ))
    })
}

async fn store_pair(
    app: &App,
    id: GrantId,
    fence: i64,
    (tokens, before): (Vec<u8>, Vec<u8>),
    expiry: Expiry,
) -> Result<bool, Failure> {
    let mut tries = 0;
    loop {
        let (tokens, before) = (tokens.clone(), before.clone());
        let stored =
            app.db.write(async move |tx| store::finish_refresh(tx, id, fence, (&tokens, &before), expiry).await).await;
        tries += 1;
        match stored {
            Ok(stored) => return Ok(stored),
            Err(error) if tries == STORE_TRIES => {
                let error: db::Error = error;
                return Err(own_trouble(&Fault::Store(error)));
            }
            Err(_) => tokio::time::sleep(WAIT_STEP * tries).await,
        }
    }
}

async fn pair_before(app: &App, workspace: WorkspaceId, row: &GrantRow) -> Option<Tokens> {
    let sealed = row.previous.as_deref()?;
    let text = app.vault.open_text(Some(workspace), &place_before(row.id), sealed).await.ok()?;
    Tokens::from_sealed(&text).ok()
}

/// The platform has ended a grant: its tokens are erased, and the person is told (P-053). `judged` is the pair of tokens that
/// was refused; a newer one that arrived meanwhile is left alone, and posts of the channel that found it out do not wait then.
///
/// # Errors
/// Those of the database.
pub async fn mark_dead(
    app: &App,
    workspace: WorkspaceId,
    id: GrantId,
    judged: i64,
    why: &Text,
    found_by: Option<ChannelId>,
) -> Result<(), Fault> {
    let (why, now, waiting) = (why.clone(), app.clock.now(), app.waiting);
    app.db
        .write(async move |tx| {
            if !store::end_grant(tx, id, judged, "dead", &why).await? {
                return match found_by {
                    Some(channel) => wake_if_reconnected(tx, waiting, workspace, channel, now).await,
                    None => Ok(()),
                };
            }
            for channel in store::of_grant(tx, id).await? {
                let data = serde_json::json!({ "reason": "reconnect_needed", "detail": why.english() });
                crate::events::emit(tx, workspace, "channel.needs_reconnect", &channel.id.to_string(), data, now)
                    .await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// New tokens for a channel whose token has expired: where it has its own, the platform is asked what the grant gives now.
///
/// # Errors
/// Why there are no new tokens.
pub async fn renew(
    app: &App,
    workspace: WorkspaceId,
    channel: ChannelId,
    seen: &Opened,
) -> Result<Arc<Opened>, Failure> {
    if !seen.is_own {
        return refresh(app, workspace, seen.id, seen.version).await;
    }
    checking::check(app, workspace, seen.id).await.map_err(|fault| own_trouble(&fault))??;
    open_for_channel(app, workspace, channel).await.map_err(|fault| own_trouble(&fault))?
}

/// The platform refuses a channel's login. Where that is the grant's, the grant is dead; where it is the channel's own, the
/// channel is lost, and what else the grant gives is asked soon.
///
/// # Errors
/// Those of the database.
pub async fn refused(
    app: &App,
    workspace: WorkspaceId,
    opened: &Opened,
    why: &Text,
    channel: ChannelId,
) -> Result<(), Fault> {
    if !opened.is_own {
        return mark_dead(app, workspace, opened.id, opened.version, why, Some(channel)).await;
    }
    let (id, version, why, now, waiting) = (opened.id, opened.version, why.clone(), app.clock.now(), app.waiting);
    app.db
        .write(async move |tx| {
            let login = store::grant_of_channel(tx, workspace, channel).await?;
            if login.is_some_and(|login| login.id == id && login.version == version && login.lost.is_none()) {
                checking::lost(tx, workspace, channel, false, &why, now).await?;
                store::end_check(tx, id, now, 0).await
            } else {
                wake_if_reconnected(tx, waiting, workspace, channel, now).await
            }
        })
        .await?;
    Ok(())
}

/// Someone reconnected first: what has begun to wait for that since was not there for them to wake.
async fn wake_if_reconnected(
    tx: &mut Tx,
    waiting: Waiting,
    workspace: WorkspaceId,
    channel: ChannelId,
    now: Timestamp,
) -> Result<(), db::Error> {
    let login = store::grant_of_channel(tx, workspace, channel).await?;
    if login.is_some_and(|login| login.state == "active" && login.lost.is_none()) {
        waiting(tx, channel, Fate::Reconnected, now).await?;
    }
    Ok(())
}

/// Refreshes every grant whose time has come; says how many were due.
///
/// # Errors
/// Those of the database.
pub async fn refresh_due(app: &App) -> Result<usize, Fault> {
    let now = app.clock.now();
    let due = app.read(async move |tx| store::due_refreshes(tx, now).await).await?;
    let count = due.len();
    // Several at once: one server that hangs must not make the others late.
    use futures::StreamExt as _;
    futures::stream::iter(due)
        .for_each_concurrent(16, |(workspace, id, version)| async move {
            if let Err(failure) = refresh_for(app, workspace, id, version, Need::Ahead).await {
                tracing::warn!(grant = %id, kind = failure.kind.as_str(), "the login {id} could not be refreshed");
            }
        })
        .await;
    Ok(count)
}
