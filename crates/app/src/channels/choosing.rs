//! Choosing among the channels that one consent gives.
//!
//! What a consent gave waits in its attempt, sealed, for an hour. The one who began chooses: a person in the session in which
//! they began, a program with its key, the holder of the account in the browser that opened the link. A choice is made once;
//! what no one chose in time is revoked at the platform and erased.

use std::{collections::BTreeSet, time::Duration};

use base::{
    Actor, Permission, Problem, Scope, Secret,
    ids::{ChannelId, ConnectionId, GrantId, WorkspaceId},
    say,
};
use connector::{Account, Found, Granted, Tokens};
use serde::Deserialize;
use serde_json::json;

use super::{
    calling::Calling,
    connecting::{self, Browser},
    failed,
    grants::{self, Opened},
    keeping::{self, Behind, Consent, Kept, Wanted},
    store::{self, Beginner, Connection},
};
use crate::{App, fault::Fault, request, secrets::At, workspaces};

/// How long a choice waits.
pub const CHOICE: Duration = Duration::from_secs(3_600);
/// The most targets of one consent that are offered and kept until the choice.
pub const OFFERED_MAX: usize = 500;

/// All that there is to choose of a consent.
#[derive(Debug, Clone, Default)]
pub struct Offers {
    /// One by one.
    pub items: Vec<Offer>,
    /// How much more the account gives than is offered at once.
    pub left_out: usize,
}

/// What a consent gives, to be chosen or not.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its name within the consent.
    pub key: String,
    /// What the platform says of it.
    pub account: Account,
    /// What it is here.
    pub standing: Standing,
}

/// What something that a consent gives is here.
#[derive(Debug, Clone)]
pub enum Standing {
    /// It can be connected.
    Free,
    /// It is connected by this account, and is renewed whatever is chosen.
    Connected(ChannelId),
    /// It is connected by another account; chosen, it is published there with this one from then on.
    OtherAccount(ChannelId, String),
    /// It is connected in another workspace: its name, if the person who chooses is a member there.
    Elsewhere(Option<String>),
}

/// Who chooses.
#[derive(Debug, Clone)]
pub enum Chooser {
    /// A person in a session, or a key.
    Beginner(Beginner),
    /// A browser that opened a link.
    Browser(Browser),
}

fn place(id: ConnectionId) -> At {
    At::new("connections", "granted_sealed", id)
}

/// Seals what a consent gave for its attempt.
pub(super) async fn seal(
    app: &App,
    workspace: WorkspaceId,
    id: ConnectionId,
    mut granted: Granted,
) -> Result<Vec<u8>, Fault> {
    let left_out = granted.channels.len().saturating_sub(OFFERED_MAX);
    granted.channels.truncate(OFFERED_MAX);
    let text = json!({ "granted": granted.to_sealable().expose(), "left_out": left_out }).to_string();
    Ok(app.vault.seal(Some(workspace), &place(id), &Secret::new(text)).await.map_err(Problem::from)?)
}

/// What a consent gave, and how much more than is kept here.
async fn opened(app: &App, connection: &Connection) -> Result<(Granted, usize), Fault> {
    #[derive(Deserialize)]
    struct Sealed {
        granted: Secret<String>,
        left_out: usize,
    }
    let sealed = connection.granted.as_deref().ok_or_else(connecting::ended)?;
    let text = app.vault.open_text(Some(connection.workspace), &place(connection.id), sealed).await;
    let read = |text: Secret<String>| {
        let Sealed { granted, left_out } = serde_json::from_str(text.expose())?;
        Ok((Granted::from_sealed(&granted)?, left_out))
    };
    Ok(read(text.map_err(Problem::from)?).map_err(|error: serde_json::Error| crate::fault::internal(&error))?)
}

/// Whether a person has to choose: what one account gives is connected without a question, but nothing is moved from one
/// account to another without one.
///
/// # Errors
/// Those of the database.
pub(super) async fn is_needed(app: &App, scope: &Scope, platform: &str, granted: &Granted) -> Result<bool, Fault> {
    let [only] = granted.channels.as_slice() else { return Ok(granted.channels.len() > 1) };
    let (scope, platform, account, only) =
        (scope.clone(), platform.to_owned(), granted.account.id.clone(), only.clone());
    let known = app.read(async move |tx| keeping::behind(tx, &scope, &platform, &account, &only).await).await?;
    Ok(matches!(known, Behind::OtherAccount(_)))
}

/// An attempt that is to be chosen of, made without a consent page: the consent came by password, or is there already.
pub(super) async fn hold(
    app: &App,
    scope: &Scope,
    (platform, instance): (&str, &str),
    by: Beginner,
    grant: Option<GrantId>,
    granted: Granted,
) -> Result<ConnectionId, Fault> {
    let now = app.clock.now();
    let id = ConnectionId::new(now, &*app.random);
    let workspace = scope.workspace();
    let state = connecting::digest(&base::random::token::<32>(&*app.random));
    let memory = Secret::new(json!({}).to_string());
    let connection = Connection {
        id,
        workspace,
        platform: platform.to_owned(),
        instance: instance.to_owned(),
        beginner: Some(by),
        browser_hash: None,
        reconnects: None,
        memory: app.vault.seal(Some(workspace), &connecting::memory_place(id), &memory).await.map_err(Problem::from)?,
        screen_hash: String::new(),
        expires_at: now + CHOICE,
        is_used: true,
        outcome: None,
        granted: Some(seal(app, workspace, id, granted).await?),
        grant,
    };
    let claim = request::claim();
    app.db
        .write(async move |tx| {
            store::insert_connection(tx, &connection, (&state, None), now).await?;
            claim.effected(tx, axum::http::StatusCode::OK, &format!("/v1/connections/{id}")).await
        })
        .await?;
    Ok(id)
}

/// Asks the platform what else a channel's grant gives. The choice is made as after a consent.
///
/// # Errors
/// Not found, a login that has ended, a platform that gives one channel only or does not answer; those of the database.
pub async fn more(app: &App, scope: &Scope, id: ChannelId, by: Beginner) -> Result<ConnectionId, Fault> {
    let channel = super::get(app, scope, id).await?;
    let connector = app.connectors.get(&channel.platform).cloned().ok_or_else(|| Problem::not_found("platform"))?;
    if !connector.connect().gives_several() {
        let detail = say!("A sign-in at {platform} gives one channel.", platform = connector.about().name);
        return Err(Problem::new(base::Code::Conflict, detail).into());
    }
    let opened = grants::open(app, channel.workspace, channel.grant).await?.map_err(|failure| failed(&failure))?;
    let opened = grants::fresh(app, channel.workspace, opened).await.map_err(|failure| failed(&failure))?;
    let calling = Calling::new(app, &channel.platform, opened.app.clone(), opened.tokens.clone())
        .about(&opened.account_id, channel.facts.clone());
    let channels = connector.connect().targets(&calling.call()).await.map_err(|failure| failed(&failure))?;
    let handle = channel.grant_account.1.clone().unwrap_or_else(|| channel.handle.clone());
    let account =
        Account { id: opened.account_id.clone(), name: handle.clone(), handle, url: String::new(), avatar: None };
    let granted = Granted { account, tokens: Tokens::default(), scopes: opened.scopes.clone(), channels };
    hold(app, scope, (&channel.platform, ""), by, Some(channel.grant), granted).await
}

/// The attempt that this browser opened a link for, while its channels are to be chosen.
///
/// # Errors
/// There is none; those of the database.
pub async fn of_browser(app: &App, browser: &Browser) -> Result<Connection, Fault> {
    let hash = browser.link.as_deref().map(connecting::digest).ok_or_else(connecting::ended)?;
    let found = app.read(async move |tx| store::connection_of_browser(tx, &hash).await).await?;
    found.ok_or_else(|| connecting::ended().into())
}

/// The channels to choose from, for someone who may choose; `None` where no choice is waiting.
///
/// # Errors
/// Those of the database.
pub async fn offers(app: &App, connection: &Connection, chooser: &Chooser) -> Result<Option<Offers>, Fault> {
    let waits = connection.granted.is_some() && connection.outcome.is_none();
    if !waits || connection.expires_at <= app.clock.now() || !may_choose(connection, chooser) {
        return Ok(None);
    }
    let (granted, left_out) = opened(app, connection).await?;
    let (asked, now, platform) = (connection.clone(), app.clock.now(), connection.platform.clone());
    let account = granted.account.id.clone();
    let found = granted.channels.clone();
    // A write, because rights are read with a lock.
    let standings = app
        .db
        .write(async move |tx| {
            let scope = connecting::scope_of(tx, &asked, now).await?;
            let mut standings = Vec::new();
            for found in &found {
                let known = keeping::behind(tx, &scope, &platform, &account, found).await?;
                let may_know = match &known {
                    Behind::Elsewhere(channel) => is_member(tx, scope.actor(), channel.workspace).await?,
                    _ => false,
                };
                standings.push((known, may_know));
            }
            Ok::<_, Fault>(standings)
        })
        .await?;
    let mut offers = Vec::new();
    for (Found { account, .. }, (known, may_know), key) in
        granted.channels.iter().zip(standings).map(|(found, known)| (found, known, keeping::key_of(found)))
    {
        let standing = match known {
            Behind::Nothing => Standing::Free,
            Behind::Here(channel) => Standing::Connected(channel.id),
            Behind::OtherAccount(channel) => {
                let handle = channel.grant_account.1.clone().unwrap_or_else(|| channel.handle.clone());
                Standing::OtherAccount(channel.id, handle)
            }
            Behind::Elsewhere(channel) if may_know => {
                let scope = Scope::system("connect", channel.workspace);
                Standing::Elsewhere(workspaces::find(app, &scope).await.ok().map(|workspace| workspace.name))
            }
            Behind::Elsewhere(_) => Standing::Elsewhere(None),
        };
        offers.push(Offer { key, account: account.clone(), standing });
    }
    Ok(Some(Offers { items: offers, left_out }))
}

/// Whether a person belongs to a workspace. A key belongs to its own only.
async fn is_member(tx: &mut db::Tx, actor: Actor, workspace: WorkspaceId) -> Result<bool, db::Error> {
    match actor {
        Actor::Person(person) => {
            Ok(workspaces::permissions_of(tx, workspace, person).await?.contains(&Permission::ChannelsRead))
        }
        Actor::Key(_) | Actor::System(_) => Ok(false),
    }
}

/// A link's channels are chosen in the browser that opened it: what else the account has is not the program's to know.
fn may_choose(connection: &Connection, chooser: &Chooser) -> bool {
    match chooser {
        Chooser::Beginner(who) => connection.browser_hash.is_none() && connection.beginner.as_ref() == Some(who),
        Chooser::Browser(browser) => connecting::is_its_browser(connection, browser),
    }
}

/// Connects what was chosen. What is connected already is renewed.
///
/// # Errors
/// A choice that was made, has ended or belongs to someone else; a key that the consent does not give; a channel of another
/// workspace; those of the database.
pub async fn choose(
    app: &App,
    connection: &Connection,
    chooser: &Chooser,
    keys: Vec<String>,
) -> Result<Vec<Kept>, Fault> {
    if !may_choose(connection, chooser) {
        return Err(connecting::ended().into());
    }
    let (granted, _) = opened(app, connection).await?;
    let known: BTreeSet<String> = granted.channels.iter().map(keeping::key_of).collect();
    if let Some(at) = keys.iter().position(|key| !known.contains(key)) {
        return Err(Problem::field(format!("/channels/{at}"), say!("This consent gives no such channel.")).into());
    }
    if keys.is_empty() {
        return Err(Problem::field("/channels", say!("Choose at least one channel.")).into());
    }
    let connector = connecting::connector(app, &connection.platform)?.clone();
    let (asked, now) = (connection.clone(), app.clock.now());
    let scope = app.db.write(async move |tx| connecting::scope_of(tx, &asked, now).await).await?;
    let consent =
        Consent { platform: &connection.platform, instance: &connection.instance, grant: connection.grant, granted };
    let ready = keeping::ready(app, &scope, &*connector, consent).await?;
    let (id, wanted, claim) = (connection.id, Wanted::These(keys.into_iter().collect()), request::claim());
    app.db
        .write(async move |tx| {
            // Of two choices at once the second waits here, and finds the first.
            if !store::take_granted(tx, id, now).await? {
                return Err(connecting::ended().into());
            }
            let kept = ready.keep(tx, &wanted).await?;
            store::end_connection(tx, id, &connecting::kept_as_outcome(&kept)).await?;
            claim.effected(tx, axum::http::StatusCode::OK, "/v1/channels").await?;
            Ok::<_, Fault>(kept)
        })
        .await
}

/// Revokes and erases consents from which no channel was chosen in time, and returns how many.
///
/// # Errors
/// Those of the database.
pub async fn end_unchosen(app: &App) -> Result<usize, Fault> {
    let now = app.clock.now();
    let over = app.read(async move |tx| store::unchosen(tx, now).await).await?;
    for connection in &over {
        if connection.grant.is_none()
            && let Err(fault) = revoke(app, connection).await
        {
            tracing::warn!(connection = %connection.id, error = %fault, "an unused consent could not be revoked");
        }
        let id = connection.id;
        app.write(async move |tx| store::erase_granted(tx, id).await).await?;
    }
    Ok(over.len())
}

async fn revoke(app: &App, connection: &Connection) -> Result<(), Fault> {
    let (granted, _) = opened(app, connection).await?;
    let connector = connecting::connector(app, &connection.platform)?.clone();
    let credentials = super::load_app(app, &connection.platform, &connection.instance).await?.unwrap_or_default();
    let facts = granted.channels.first().map(|found| found.facts.clone()).unwrap_or_default();
    let unkept = Opened {
        id: GrantId::new(app.clock.now(), &*app.random),
        account_id: granted.account.id,
        app: credentials,
        tokens: granted.tokens.into(),
        is_own: false,
        version: 0,
        scopes: granted.scopes,
    };
    let said = grants::revoke(app, &*connector, (&connection.platform, &connection.instance), &unkept, facts).await?;
    if let Some(said) = said {
        tracing::info!(connection = %connection.id, "the platform did not confirm a revocation: {}", said.english());
    }
    Ok(())
}
