//! Connecting an account: from the first click through the platform's consent page to a channel.
//!
//! The `state` that travels with the browser has 256 random bits, is stored only as a digest, is used once, ends after
//! ten minutes, and is bound to who began, the workspace and the connector (S-11). A person finishes in the session in which
//! they began. A program gets a link to hand over; the browser that opens it first is the one that finishes. Either way the
//! right to connect is asked for again at the end. Each connector has one address to come back to, and what comes back to
//! another is not found (S-12).

use std::{collections::BTreeMap, time::Duration};

use base::{
    Actor, Code, Permission, Permissions, Problem, Scope, Secret, Text, Timestamp,
    ids::{ChannelId, ConnectionId, WorkspaceId},
    say,
};
use connector::{Callback, Connector, StartConnect, Tokens};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    apps,
    calling::Calling,
    choosing, failed,
    keeping::{self, Consent, Kept, Wanted},
    store::{self, Beginner, Connection},
};
use crate::{App, fault::Fault, keys, request, secrets::At, workspaces};

/// How long a person may take at the consent page.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// What a person wants to connect.
#[derive(Debug, Clone)]
pub struct Begin {
    /// The platform.
    pub platform: String,
    /// What the person entered, by field name.
    pub input: Value,
    /// The features whose scopes are asked for; empty means all that publishing needs.
    pub features: Vec<String>,
    /// The channel that is to be reconnected.
    pub reconnects: Option<ChannelId>,
    /// Who.
    pub by: Beginner,
}

/// Where the browser has to go.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The attempt's id.
    pub id: ConnectionId,
    /// The platform's consent page; for a program, the link to hand over.
    pub redirect_to: url::Url,
}

pub(super) fn connector<'a>(app: &'a App, platform: &str) -> Result<&'a std::sync::Arc<dyn Connector>, Problem> {
    app.connectors.get(platform).ok_or_else(|| {
        let known: Vec<&str> = app.connectors.iter().map(|connector| connector.about().id).collect();
        Problem::field(
            "/platform",
            say!("`{platform}` is not a platform here; there are: {known}", known = known.join(", ")),
        )
    })
}

/// What the person is shown before connecting, as a digest: what will be read and stored, by which scopes (P-031, P-058).
pub(super) fn screen_hash(connector: &dyn Connector) -> String {
    let about = connector.about();
    let text = format!("{}\n{}\n{}", about.recipient.name, about.recipient.policy_url, about.recipient.reads);
    hex::encode(Sha256::digest(text.as_bytes()))
}

pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Where the platform sends the browser back to: one address per connector.
pub fn redirect_uri(app: &App, platform: &str) -> String {
    format!("{}/connect/{platform}/callback", app.settings.public_url.as_str().trim_end_matches('/'))
}

/// Begins to connect: gives the address of the consent page.
///
/// # Errors
/// An unknown platform, wrong input, a platform that is not set up; those of the database.
pub async fn begin(app: &App, scope: &Scope, begin: Begin) -> Result<Begun, Fault> {
    let connector = connector(app, &begin.platform)?.clone();
    known_features(&*connector, &begin.features)?;
    if let Some(id) = begin.reconnects {
        let channel = super::get(app, scope, id).await?;
        if channel.platform != begin.platform {
            return Err(Problem::field(
                "/channel",
                say!("This is a channel of {platform}.", platform = channel.platform),
            )
            .into());
        }
    }
    let calling = Calling::new(app, &begin.platform, connector::AppCredentials::default(), Tokens::default());
    let input = connector.connect().locate(&calling.call(), begin.input).await.map_err(|failure| failed(&failure))?;
    let instance = connector.connect().instance_of(&input).map_err(|failure| failed(&failure))?;
    let credentials = apps::for_connecting(app, &*connector, instance.as_deref()).await?;
    let state = base::random::token::<32>(&*app.random);
    let request = StartConnect {
        input,
        redirect_uri: redirect_uri(app, &begin.platform),
        state: state.clone(),
        features: begin.features,
    };
    let calling = Calling::new(app, &begin.platform, credentials, Tokens::default());
    let started = connector.connect().start(&calling.call(), &request).await.map_err(|failure| failed(&failure))?;
    let now = app.clock.now();
    let id = ConnectionId::new(now, &*app.random);
    let kept = json!({ "memory": started.memory, "consent": started.redirect_to });
    let kept = Secret::new(kept.to_string());
    let link = matches!(begin.by, Beginner::Key(_)).then(|| base::random::token::<32>(&*app.random));
    let connection = Connection {
        id,
        workspace: scope.workspace(),
        platform: begin.platform,
        instance: instance.unwrap_or_default(),
        beginner: Some(begin.by),
        browser_hash: None,
        reconnects: begin.reconnects,
        memory: app.vault.seal(Some(scope.workspace()), &memory_place(id), &kept).await.map_err(Problem::from)?,
        screen_hash: screen_hash(&*connector),
        expires_at: now + PATIENCE,
        is_used: false,
        outcome: None,
        granted: None,
        grant: None,
    };
    let (state_hash, link_hash) = (digest(&state), link.as_deref().map(digest));
    let claim = request::claim();
    app.db
        .write(async move |tx| {
            store::forget_connections(tx, now - PATIENCE).await?;
            store::insert_connection(tx, &connection, (&state_hash, link_hash.as_deref()), now).await?;
            claim.effected_once(tx).await
        })
        .await?;
    let redirect_to = link.map_or(started.redirect_to, |token| {
        let mut link = app.settings.public_url.clone();
        link.set_path("/link");
        link.set_query(None);
        link.set_fragment(Some(&token));
        link
    });
    Ok(Begun { id, redirect_to })
}

/// What a link to connect an account is about: the platform, and the name of the workspace that will publish there.
///
/// # Errors
/// A link that is unknown, was opened, has ended, or whose maker may no longer connect.
pub async fn look_at_link(app: &App, token: &str) -> Result<(String, String), Fault> {
    let connection = of_link(app, token).await?;
    let workspace = workspaces::find(app, &Scope::system("connect", connection.workspace)).await;
    Ok((connection.platform, workspace.map_err(Problem::from)?.name))
}

/// Opens a link: gives the consent page, and what the browser must hold when it comes back.
///
/// # Errors
/// As [`look_at_link`].
pub async fn open_link(app: &App, token: &str) -> Result<(url::Url, Secret<String>), Fault> {
    let connection = of_link(app, token).await?;
    let browser = Secret::new(base::random::token::<32>(&*app.random));
    let (id, hash) = (connection.id, digest(browser.expose()));
    let first = app.write(async move |tx| store::open_link(tx, id, &hash).await);
    if !first.await? {
        return Err(ended().into());
    }
    let kept = kept(app, &connection).await?;
    let consent = kept["consent"].as_str().and_then(|text| text.parse().ok());
    Ok((consent.ok_or_else(ended)?, browser))
}

async fn of_link(app: &App, token: &str) -> Result<Connection, Fault> {
    let (hash, now) = (digest(token), app.clock.now());
    let found = app
        .db
        .write(async move |tx| {
            let found = store::connection_of_link(tx, &hash, now).await?;
            if let Some(connection) = &found {
                scope_of(tx, connection, now).await?;
            }
            Ok::<_, Fault>(found)
        })
        .await?;
    found.ok_or_else(|| ended().into())
}

/// What was kept at the beginning.
async fn kept(app: &App, connection: &Connection) -> Result<Value, Fault> {
    let text = app.vault.open_text(Some(connection.workspace), &memory_place(connection.id), &connection.memory).await;
    Ok(serde_json::from_str(text.map_err(Problem::from)?.expose()).unwrap_or(Value::Null))
}

pub(super) fn ended() -> Problem {
    Problem::new(Code::ConnectExpired, say!("This connection attempt is unknown, or was used before. Start again."))
}

/// The standing of who began, at this moment; they must still be allowed to connect.
pub(super) async fn scope_of(tx: &mut db::Tx, connection: &Connection, now: Timestamp) -> Result<Scope, Fault> {
    let actor = match connection.beginner.as_ref().ok_or_else(ended)? {
        Beginner::Session(person, _) => Actor::Person(*person),
        Beginner::Key(key) => Actor::Key(*key),
    };
    let (permissions, channels) = standing_of(tx, connection.workspace, actor, now).await?;
    let named = connection.reconnects.zip(channels.as_ref()).is_none_or(|(id, channels)| channels.contains(&id));
    if !permissions.contains(&Permission::ChannelsManage) || !named {
        return Err(ended().into());
    }
    Ok(Scope::new(actor, connection.workspace, permissions))
}

pub(super) async fn standing_of(
    tx: &mut db::Tx,
    workspace: WorkspaceId,
    actor: Actor,
    now: Timestamp,
) -> Result<(Permissions, Option<std::collections::BTreeSet<ChannelId>>), db::Error> {
    match actor {
        Actor::Person(person) => Ok((workspaces::permissions_of(tx, workspace, person).await?, None)),
        Actor::Key(key) => keys::standing_of(tx, workspace, key, now).await,
        Actor::System(_) => Ok(([Permission::ChannelsManage].into(), None)),
    }
}

/// What the browser that comes back shows.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The person who is signed in, and their session's id.
    pub session: Option<(base::ids::PersonId, String)>,
    /// What it got when it opened a link.
    pub link: Option<String>,
}

/// What came of the way through the consent page.
#[derive(Debug)]
pub struct Back {
    /// The attempt, if it was one of this browser.
    pub attempt: Option<ConnectionId>,
    /// Whether a link began it, so that no one needs to be signed in here.
    pub is_by_link: bool,
    /// What was connected, or waits for a choice.
    pub outcome: Result<Came, Fault>,
}

/// What a consent has come to.
#[derive(Debug, Clone)]
pub enum Came {
    /// Channels.
    Connected(Vec<Kept>),
    /// Some of what it gives are to be chosen in this attempt.
    Choosing(ConnectionId),
}

/// An attempt to connect in the scope's workspace.
///
/// # Errors
/// Not found; those of the database.
pub async fn attempt(app: &App, scope: &Scope, id: ConnectionId) -> Result<Connection, Fault> {
    let workspace = scope.workspace();
    let found: Option<Connection> = app.read(async move |tx| store::get_connection(tx, workspace, id).await).await?;
    found.ok_or_else(|| Problem::not_found("connection").into())
}

fn known_features(connector: &dyn Connector, features: &[String]) -> Result<(), Problem> {
    let about = connector.about();
    let known = |name: &String| about.features.iter().any(|feature| feature.name == name);
    let Some(place) = features.iter().position(|name| !known(name)) else { return Ok(()) };
    let names: Vec<&str> = about.features.iter().map(|feature| feature.name).collect();
    let rule = say!("is not a feature of {name}; there are: {names}", name = about.name, names = names.join(", "));
    Err(Problem::field(format!("/features/{place}"), rule))
}

pub(super) fn memory_place(id: ConnectionId) -> At {
    At::new("connections", "memory_sealed", id)
}

/// The browser is back from the consent page. The outcome is stored for the one who began.
///
/// # Errors
/// Those of the database; in [`Back::outcome`] a state that is unknown, used, ended or of another browser, a refusal, an
/// account that may not be connected here.
pub async fn come_back(
    app: &App,
    platform: &str,
    query: BTreeMap<String, String>,
    browser: Browser,
) -> Result<Back, Fault> {
    let (state_hash, now) = (query.get("state").map(|state| digest(state)), app.clock.now());
    let used = app.write(async move |tx| match &state_hash {
        Some(hash) => store::use_connection(tx, hash, now).await,
        None => Ok(None),
    });
    let connection: Option<Connection> = used.await?;
    let Some(connection) = connection.filter(|one| is_its_browser(one, &browser)) else {
        return Ok(Back {
            attempt: None,
            is_by_link: browser.session.is_none() && browser.link.is_some(),
            outcome: Err(ended().into()),
        });
    };
    let outcome = finish(app, platform, query, &connection).await;
    let id = connection.id;
    if let Some(noted) = noted(&outcome) {
        app.write(async move |tx| store::end_connection(tx, id, &noted).await).await?;
    }
    let is_by_link = matches!(connection.beginner, Some(Beginner::Key(_)));
    Ok(Back { attempt: Some(id), is_by_link, outcome })
}

pub(super) fn is_its_browser(connection: &Connection, browser: &Browser) -> bool {
    match &connection.beginner {
        Some(Beginner::Session(person, session)) => {
            browser.session.as_ref().is_some_and(|(who, id)| who == person && id == session)
        }
        Some(Beginner::Key(_)) => {
            let shown = browser.link.as_deref().map(digest);
            shown.is_some() && shown == connection.browser_hash
        }
        None => false,
    }
}

/// What came of an attempt: `channels` and `renewed` (ids).
pub(super) fn kept_as_outcome(kept: &[Kept]) -> Value {
    let renewed = kept.iter().filter(|one| one.is_renewed).map(|one| one.channel.id).collect::<Vec<_>>();
    json!({ "channels": kept.iter().map(|one| one.channel.id).collect::<Vec<_>>(), "renewed": renewed })
}

/// The same, or `problem`, `detail` and what belongs to it; nothing while a choice is waited for.
fn noted(outcome: &Result<Came, Fault>) -> Option<Value> {
    Some(match outcome {
        Ok(Came::Connected(kept)) => kept_as_outcome(kept),
        Ok(Came::Choosing(_)) => return None,
        Err(Fault::Problem(problem)) => {
            let of = |name: &str| problem.members.get(name).cloned().unwrap_or(Value::Null);
            json!({
                "problem": problem.code.slug(), "detail": base::words::keep(&problem.detail), "expected": of("expected"), "came": of("came"),
            })
        }
        Err(_) => {
            json!({ "problem": Code::Internal.slug(), "detail": base::words::keep(&Text::constant(Code::Internal.title())) })
        }
    })
}

async fn finish(
    app: &App,
    platform: &str,
    query: BTreeMap<String, String>,
    connection: &Connection,
) -> Result<Came, Fault> {
    if connection.platform != platform || connection.expires_at < app.clock.now() {
        return Err(ended().into());
    }
    let connector = connector(app, platform)?.clone();
    let memory = kept(app, connection).await?["memory"].take();
    let (asked, now) = (connection.clone(), app.clock.now());
    let scope = app.db.write(async move |tx| scope_of(tx, &asked, now).await).await?;
    let credentials = apps::load(app, platform, &connection.instance).await?.unwrap_or_default();
    let calling = Calling::new(app, platform, credentials, Tokens::default());
    let granted = connector.connect().finish(&calling.call(), &memory, &Callback { query }).await;
    let granted = granted.map_err(|failure| failed(&failure))?;
    if connection.reconnects.is_none() && choosing::is_needed(app, &scope, platform, &granted).await? {
        let id = connection.id;
        let sealed = choosing::seal(app, connection.workspace, id, granted).await?;
        let until = app.clock.now() + choosing::CHOICE;
        app.write(async move |tx| store::hold_granted(tx, id, &sealed, until).await).await?;
        return Ok(Came::Choosing(id));
    }
    let consent = Consent { platform, instance: &connection.instance, grant: None, granted };
    keep_at_once(app, &scope, &*connector, consent, connection.reconnects).await.map(Came::Connected)
}

/// Connects with the platform's own app password or token (P-050).
///
/// # Errors
/// Wrong input, a refusal; those of the database.
pub async fn with_password(app: &App, scope: &Scope, begin: Begin) -> Result<Came, Fault> {
    let connector = connector(app, &begin.platform)?.clone();
    let calling = Calling::new(app, &begin.platform, connector::AppCredentials::default(), Tokens::default());
    let input = connector.connect().locate(&calling.call(), begin.input).await.map_err(|failure| failed(&failure))?;
    let instance = connector.connect().instance_of(&input).map_err(|failure| failed(&failure))?;
    // Where there is an app too, a token is tested with it.
    let credentials = apps::load(app, &begin.platform, instance.as_deref().unwrap_or_default()).await?;
    let calling = Calling::new(app, &begin.platform, credentials.unwrap_or_default(), Tokens::default());
    let granted =
        connector.connect().with_password(&calling.call(), &input).await.map_err(|failure| failed(&failure))?;
    let (platform, instance) = (begin.platform.as_str(), instance.unwrap_or_default());
    if begin.reconnects.is_none() && choosing::is_needed(app, scope, platform, &granted).await? {
        return choosing::hold(app, scope, (platform, &instance), begin.by, None, granted).await.map(Came::Choosing);
    }
    let consent = Consent { platform, instance: &instance, grant: None, granted };
    keep_at_once(app, scope, &*connector, consent, begin.reconnects).await.map(Came::Connected)
}

/// Keeps a consent of which nothing is to be chosen.
async fn keep_at_once(
    app: &App,
    scope: &Scope,
    connector: &dyn Connector,
    consent: Consent<'_>,
    reconnects: Option<ChannelId>,
) -> Result<Vec<Kept>, Fault> {
    let ready = keeping::ready(app, scope, connector, consent).await?;
    let (wanted, claim) = (reconnects.map_or(Wanted::All, Wanted::Again), request::claim());
    app.db
        .write(async move |tx| {
            let kept = ready.keep(tx, &wanted).await?;
            claim.effected(tx, axum::http::StatusCode::OK, "/v1/channels").await?;
            Ok::<_, Fault>(kept)
        })
        .await
}
