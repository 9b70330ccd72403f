//! The installation's own app at each platform (or at each instance): its client id and secret, sealed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base::{Actor, Code, Problem, Secret, Text, say};
use connector::{AppCredentials, Connector, FailureKind, Tokens};
use serde::Serialize;
use utoipa::ToSchema;

use super::{calling::Calling, store};
use crate::{App, audit, fault::Fault, secrets::At};

/// The app for a platform's instance. Where the connector can register one by itself, it is made and kept.
///
/// # Errors
/// A problem if an operator has to enter it first, or if the platform refused to register it.
pub async fn for_connecting(
    app: &App,
    connector: &dyn Connector,
    instance: Option<&str>,
) -> Result<Arc<AppCredentials>, Fault> {
    let about = connector.about();
    if let Some(known) = load(app, about.id, instance.unwrap_or_default()).await? {
        let calling = Calling::new(app, about.id, known.clone(), Tokens::default());
        // An address of ours that changed, or an instance that forgot its apps: the app is made anew.
        let back = super::connecting::redirect_uri(app, about.id);
        if connector.connect().still_serves(&calling.call(), &back).await {
            return Ok(known);
        }
    }
    let calling = Calling::new(app, about.id, AppCredentials::default(), Tokens::default());
    match connector.connect().register(&calling.call(), instance).await {
        Ok(Some(credentials)) => {
            save(app, about.id, &credentials, Actor::System("register")).await?;
            Ok(Arc::new(credentials))
        }
        Ok(None) => Err(Problem::new(
            Code::PlatformNotSetUp,
            say!(
                "{name} needs an app's client ID and secret first. An operator enters them under Settings, Installation.",
                name = about.name
            ),
        )
        .into()),
        Err(failure) => Err(super::failed(&failure).into()),
    }
}

/// Whether Fanfare makes this platform's apps by itself.
fn is_own(connector: &dyn Connector) -> bool {
    connector.about().app_fields.iter().all(|field| field.optional)
}

/// The stored app; `None` if there is none.
///
/// # Errors
/// Those of the database and the vault.
pub async fn load(app: &App, platform: &str, instance: &str) -> Result<Option<Arc<AppCredentials>>, Fault> {
    let (p, i) = (platform.to_owned(), instance.to_owned());
    let sealed: Option<Vec<u8>> = app.db.read(async move |tx| store::platform_app(tx, &p, &i).await).await?;
    opened(app, platform, instance, sealed.as_deref()).await
}

/// Opens what is stored of an app. Many channels share one, so the last one opened of each is kept at hand, and used as long
/// as the stored one is the same.
///
/// # Errors
/// Those of the vault.
pub(super) async fn opened(
    app: &App,
    platform: &str,
    instance: &str,
    sealed: Option<&[u8]>,
) -> Result<Option<Arc<AppCredentials>>, Fault> {
    let Some(sealed) = sealed else { return Ok(None) };
    let key = (platform.to_owned(), instance.to_owned());
    let known =
        app.memory.apps.lock().get(&key).filter(|known| known.sealed == sealed).map(|known| known.plain.clone());
    if known.is_some() {
        return Ok(known);
    }
    let text = app.vault.open_text(None, &place(platform, instance), sealed).await.map_err(Problem::from)?;
    let plain: BTreeMap<String, String> = serde_json::from_str(text.expose()).unwrap_or_default();
    let plain = Arc::new(AppCredentials {
        instance: (!instance.is_empty()).then(|| instance.to_owned()),
        values: plain.into_iter().map(|(name, value)| (name, Secret::from(value))).collect(),
    });
    let mut apps = app.memory.apps.lock();
    if apps.len() >= KEPT_MAX {
        apps.clear();
    }
    apps.insert(key, Kept { sealed: sealed.to_vec(), plain: plain.clone() });
    Ok(Some(plain))
}

/// Apps kept at hand.
const KEPT_MAX: usize = 1_024;

/// Apps that were opened, by platform and instance.
#[derive(Default)]
pub struct Cache(Mutex<BTreeMap<(String, String), Kept>>);

struct Kept {
    sealed: Vec<u8>,
    plain: Arc<AppCredentials>,
}

impl Cache {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, String), Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores an app.
///
/// # Errors
/// Those of the database and the vault.
pub async fn save(app: &App, platform: &str, credentials: &AppCredentials, by: Actor) -> Result<(), Fault> {
    let instance = credentials.instance.clone().unwrap_or_default();
    let plain: BTreeMap<&str, &str> =
        credentials.values.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
    let text = Secret::new(serde_json::json!(plain).to_string());
    let sealed = app.vault.seal(None, &place(platform, &instance), &text).await.map_err(Problem::from)?;
    let (platform, now) = (platform.to_owned(), app.clock.now());
    let stored: Result<(), db::Error> = app
        .db
        .write(async move |tx| {
            store::put_platform_app(tx, &platform, &instance, &sealed, &by.to_string(), now).await?;
            let act = audit::Act::new("platform_app.entered", &platform);
            audit::record_instance(tx, by, now, act).await
        })
        .await;
    Ok(stored?)
}

/// The platforms at which the installation has its own app.
///
/// # Errors
/// Those of the database.
pub async fn entered(app: &App) -> Result<BTreeSet<String>, Fault> {
    let stored = app.read(async |tx| store::platform_apps(tx).await).await?;
    Ok(stored.into_iter().collect())
}

/// Takes the app at a platform away.
///
/// # Errors
/// No such platform, or no app there; those of the database.
pub async fn delete(app: &App, platform: &str, by: Actor) -> Result<(), Fault> {
    known(app, platform)?;
    let (platform, now) = (platform.to_owned(), app.clock.now());
    let gone = app.write(async move |tx| {
        let gone = store::delete_platform_app(tx, &platform, "").await?;
        if gone {
            let act = audit::Act::new("platform_app.deleted", &platform);
            audit::record_instance(tx, by, now, act).await?;
        }
        Ok(gone)
    });
    match gone.await? {
        true => Ok(()),
        false => Err(Problem::new(Code::NotFound, say!("This installation has no app at that platform.")).into()),
    }
}

/// How far an app is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppTest {
    /// The platform knows it, and its secret is right.
    Proven,
    /// It is entered; only the first connection can prove it.
    Entered,
    /// The platform does not take it.
    Refused,
    /// An operator has to enter it first.
    Missing,
    /// Nothing has to be entered: Fanfare registers it automatically.
    NotNeeded,
}

/// Asks the platform about the app, as far as that is possible without a person.
///
/// # Errors
/// No such platform; one that does not answer; those of the database and the vault.
pub async fn test(app: &App, platform: &str) -> Result<(AppTest, Text), Fault> {
    let connector = known(app, platform)?;
    let name = connector.about().name;
    if is_own(&**connector) {
        return Ok((AppTest::NotNeeded, say!("Fanfare registers itself with {name}, so there is nothing to enter.")));
    }
    let Some(credentials) = load(app, platform, "").await? else {
        return Ok((AppTest::Missing, say!("Enter the app that you made at {name} first.")));
    };
    let calling = Calling::new(app, platform, credentials, Tokens::default());
    match connector.connect().test_app(&calling.call()).await {
        Ok(true) => Ok((AppTest::Proven, say!("{name} recognises the app, and its secret is right."))),
        Ok(false) => Ok((
            AppTest::Entered,
            say!(
                "The app is entered. {name} can't confirm it in advance: the first connection will show whether it works."
            ),
        )),
        Err(failure) if failure.kind == FailureKind::AppMisconfigured => Ok((AppTest::Refused, failure.detail)),
        Err(failure) => Err(super::failed(&failure).into()),
    }
}

fn known<'a>(app: &'a App, platform: &str) -> Result<&'a Arc<dyn Connector>, Problem> {
    app.connectors.get(platform).ok_or_else(|| Problem::not_found("platform"))
}

fn place(platform: &str, instance: &str) -> At {
    At::new("platform_apps", "sealed", format!("{platform}/{instance}"))
}
