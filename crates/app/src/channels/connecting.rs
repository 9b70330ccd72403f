//! Connecting an account: from the first click through the platform's consent page to a channel.
//!
//! The `state` that travels with the browser has 256 random bits, is stored only as a digest, is used once, ends after
//! ten minutes, and is bound to the person, the session, the workspace and the connector that began (S-11). Each connector
//! has one address to come back to, and what comes back to another is not found (S-12).

use std::{collections::BTreeMap, time::Duration};

use base::{
    Code, Problem, Scope, Secret,
    ids::{ChannelId, ConnectionId, GrantId, PersonId},
};
use connector::{Callback, Connector, Found, Granted, StartConnect, Tokens};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    Channel, apps,
    calling::Calling,
    failed, grants,
    store::{self, Connection, NewGrant},
};
use crate::{App, audit, fault::Fault, publishing, secrets::At};

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
    /// Who, and the digest of the session; `None` where a program begins.
    pub person: Option<(PersonId, String)>,
}

/// Where the browser has to go.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The platform's consent page.
    pub redirect_to: url::Url,
}

fn connector<'a>(app: &'a App, platform: &str) -> Result<&'a std::sync::Arc<dyn Connector>, Problem> {
    app.connectors.get(platform).ok_or_else(|| {
        let known: Vec<&str> = app.connectors.iter().map(|connector| connector.about().id).collect();
        Problem::field("/platform", format!("`{platform}` is not a platform here; there are: {}", known.join(", ")))
    })
}

/// What the person is shown before connecting, as a digest: what will be read and stored, by which scopes (P-031, P-058).
fn screen_hash(connector: &dyn Connector) -> String {
    let about = connector.about();
    let text = format!("{}\n{}\n{}", about.recipient.name, about.recipient.policy_url, about.recipient.reads);
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn digest(text: &str) -> String {
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
            return Err(Problem::field("/channel", format!("this is a channel of {}", channel.platform)).into());
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
    let memory = Secret::new(started.memory.to_string());
    let (person, session_hash) = begin.person.unzip();
    let connection = Connection {
        id,
        workspace: scope.workspace(),
        platform: begin.platform,
        instance: instance.unwrap_or_default(),
        person,
        session_hash,
        reconnects: begin.reconnects,
        memory: app.vault.seal(Some(scope.workspace()), &memory_place(id), &memory).await.map_err(Problem::from)?,
        screen_hash: screen_hash(&*connector),
        expires_at: now + PATIENCE,
    };
    let state_hash = digest(&state);
    app.db
        .write(move |tx| {
            let (connection, state_hash) = (connection.clone(), state_hash.clone());
            Box::pin(async move {
                store::forget_connections(tx, now - PATIENCE).await?;
                store::insert_connection(tx, &connection, &state_hash, now).await
            })
        })
        .await?;
    Ok(Begun { redirect_to: started.redirect_to })
}

fn known_features(connector: &dyn Connector, features: &[String]) -> Result<(), Problem> {
    let about = connector.about();
    let known = |name: &String| about.features.iter().any(|feature| feature.name == name);
    let Some(place) = features.iter().position(|name| !known(name)) else { return Ok(()) };
    let names: Vec<&str> = about.features.iter().map(|feature| feature.name).collect();
    let rule = format!("is not a feature of {}; there are: {}", about.name, names.join(", "));
    Err(Problem::field(format!("/features/{place}"), rule))
}

fn memory_place(id: ConnectionId) -> At {
    At::new("connections", "memory_sealed", id)
}

/// The browser is back from the consent page.
///
/// # Errors
/// A state that is unknown, used, ended or of somebody else; a refusal; an account that may not be connected here.
pub async fn come_back(
    app: &App,
    platform: &str,
    query: BTreeMap<String, String>,
    person: Option<(PersonId, String)>,
) -> Result<Vec<Channel>, Fault> {
    let ended =
        || Problem::new(Code::ConnectExpired, "This connection attempt is not known any more, or was used before.");
    let state = query.get("state").ok_or_else(ended)?;
    let (state_hash, now) = (digest(state), app.clock.now());
    let connection = app
        .write(move |tx| {
            let state_hash = state_hash.clone();
            Box::pin(async move { store::use_connection(tx, &state_hash, now).await })
        })
        .await?
        .ok_or_else(ended)?;
    let (who, session) = person.unzip();
    let same_browser = connection.person.is_none() || (connection.person == who && connection.session_hash == session);
    if connection.platform != platform || connection.expires_at < now || !same_browser {
        return Err(ended().into());
    }
    if let Some(error) = query.get("error") {
        let detail = match error.as_str() {
            "access_denied" => "Access was denied at the platform, so nothing was connected.".to_owned(),
            other => format!(
                "The platform answered `{}`; nothing was connected.",
                other.chars().take(60).collect::<String>()
            ),
        };
        return Err(Problem::new(Code::ConnectFailed, detail).into());
    }
    let connector = connector(app, platform)?.clone();
    let text = app.vault.open_text(Some(connection.workspace), &memory_place(connection.id), &connection.memory).await;
    let memory: Value = serde_json::from_str(text.map_err(Problem::from)?.expose()).unwrap_or(Value::Null);
    let credentials = apps::load(app, platform, &connection.instance).await?.unwrap_or_default();
    let calling = Calling::new(app, platform, credentials, Tokens::default());
    let granted = connector.connect().finish(&calling.call(), &memory, &Callback { query }).await;
    let granted = granted.map_err(|failure| failed(&failure))?;
    let by = connection.person.map_or_else(|| "api".to_owned(), |person| person.to_string());
    let keep = Keep { platform, instance: &connection.instance, reconnects: connection.reconnects, by };
    keep_grant(app, &Scope::system("connect", connection.workspace), &*connector, keep, granted).await
}

/// Connects with the platform's own app password or token (P-050).
///
/// # Errors
/// Wrong input, a refusal; those of the database.
pub async fn with_password(app: &App, scope: &Scope, begin: Begin) -> Result<Vec<Channel>, Fault> {
    let connector = connector(app, &begin.platform)?.clone();
    let calling = Calling::new(app, &begin.platform, connector::AppCredentials::default(), Tokens::default());
    let input = connector.connect().locate(&calling.call(), begin.input).await.map_err(|failure| failed(&failure))?;
    let instance = connector.connect().instance_of(&input).map_err(|failure| failed(&failure))?;
    let granted =
        connector.connect().with_password(&calling.call(), &input).await.map_err(|failure| failed(&failure))?;
    let instance = instance.unwrap_or_default();
    let by = scope.actor().to_string();
    let keep = Keep { platform: &begin.platform, instance: &instance, reconnects: begin.reconnects, by };
    keep_grant(app, scope, &*connector, keep, granted).await
}

struct Keep<'a> {
    platform: &'a str,
    instance: &'a str,
    reconnects: Option<ChannelId>,
    by: String,
}

/// Stores a grant and its channels, all or nothing. What waited for this login goes on.
async fn keep_grant(
    app: &App,
    scope: &Scope,
    connector: &dyn Connector,
    keep: Keep<'_>,
    granted: Granted,
) -> Result<Vec<Channel>, Fault> {
    let now = app.clock.now();
    let id = GrantId::new(now, &*app.random);
    let grant = NewGrant {
        id,
        workspace: scope.workspace(),
        platform: keep.platform.to_owned(),
        instance: keep.instance.to_owned(),
        account_id: granted.account.id.clone(),
        scopes: granted.scopes.join(" "),
        tokens: grants::seal(app, scope.workspace(), id, &granted.tokens).await?,
        expiry: grants::expiry(&granted.tokens, now),
        now,
    };
    let found: Vec<(ChannelId, String, Found)> = granted
        .channels
        .into_iter()
        .map(|found| (ChannelId::new(now, &*app.random), base::random::token::<16>(&*app.random), found))
        .collect();
    let (who, reconnects, by, screen) = (scope.clone(), keep.reconnects, keep.by, screen_hash(connector));
    let claim = crate::request::claim();
    app.db
        .write(move |tx| {
            let (scope, grant, found, by, screen, claim) =
                (who.clone(), grant.clone(), found.clone(), by.clone(), screen.clone(), claim.clone());
            Box::pin(async move {
                store::insert_grant(tx, &grant).await?;
                let mut channels = Vec::new();
                for (id, consent, found) in &found {
                    let Some(channel) = keep_channel(tx, &scope, &grant, *id, reconnects, found).await? else {
                        continue;
                    };
                    store::record_consent(tx, consent, &channel, &by, "given", &screen, now).await?;
                    audit::record(tx, &scope, now, audit::Act::new("channel.connected", channel.id)).await?;
                    let data = serde_json::json!({ "platform": channel.platform });
                    crate::events::emit(tx, scope.workspace(), "channel.connected", &channel.id.to_string(), data, now)
                        .await?;
                    channels.push(channel);
                }
                if reconnects.is_some_and(|id| channels.iter().all(|channel| channel.id != id)) {
                    return Err(other_account(&channels));
                }
                claim.effected(tx, axum::http::StatusCode::OK, "/v1/channels").await?;
                Ok(channels)
            })
        })
        .await
}

fn other_account(channels: &[Channel]) -> Fault {
    let handle = channels.first().map_or("somebody else", |channel| channel.handle.as_str());
    Problem::new(Code::OtherAccount, format!("You signed in as {handle}, but the channel belongs to another account."))
        .into()
}

/// The channel of an account: the one that is there, with the new grant, or a new one (S-14).
async fn keep_channel(
    tx: &mut db::Tx,
    scope: &Scope,
    grant: &NewGrant,
    id: ChannelId,
    reconnects: Option<ChannelId>,
    found: &Found,
) -> Result<Option<Channel>, Fault> {
    let known = store::of_account(tx, &grant.platform, &found.account.id, &found.target_key).await?;
    let id = match known {
        Some(channel) if channel.workspace != scope.workspace() => {
            let detail = format!("{} is connected in another workspace of this installation.", found.account.handle);
            return Err(Problem::new(Code::ChannelElsewhere, detail).into());
        }
        Some(channel) => {
            store::seen(tx, channel.id, grant.id, found, grant.now).await?;
            store::end_unused_grant(tx, channel.grant, "A newer login has taken its place.").await?;
            publishing::mended(tx, channel.id, publishing::MENDED_BY_RECONNECT, grant.now).await?;
            channel.id
        }
        // The grant also has accounts that are not connected; a reconnection adds none.
        None if reconnects.is_some() => return Ok(None),
        None => {
            store::insert(tx, id, scope.workspace(), grant.id, &grant.platform, found, grant.now).await?;
            id
        }
    };
    Ok(store::get(tx, scope.workspace(), id).await?)
}
