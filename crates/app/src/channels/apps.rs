//! The installation's own app at each platform (or at each instance): its client id and secret, sealed.

use std::collections::BTreeMap;

use base::{Code, Problem, Secret};
use connector::{AppCredentials, Connector, Tokens};

use super::{calling::Calling, store};
use crate::{App, fault::Fault, secrets::At};

/// The app for a platform's instance. Where the connector can register one by itself, it is made and kept.
///
/// # Errors
/// A problem if an operator has to enter it first, or if the platform refused to register it.
pub async fn for_connecting(
    app: &App,
    connector: &dyn Connector,
    instance: Option<&str>,
) -> Result<AppCredentials, Fault> {
    let about = connector.about();
    if let Some(known) = load(app, about.id, instance.unwrap_or_default()).await? {
        return Ok(known);
    }
    let calling = Calling::new(app, about.id, AppCredentials::default(), Tokens::default());
    match connector.connect().register(&calling.call(), instance).await {
        Ok(Some(credentials)) => {
            save(app, about.id, &credentials, "system:register").await?;
            Ok(credentials)
        }
        Ok(None) => Err(Problem::new(
            Code::PlatformNotSetUp,
            format!(
                "{} needs an app's client id and secret first; an operator enters them under Settings, Platforms.",
                about.name
            ),
        )
        .into()),
        Err(failure) => Err(super::failed(&failure).into()),
    }
}

/// The stored app; `None` if there is none.
///
/// # Errors
/// Those of the database and the vault.
pub async fn load(app: &App, platform: &str, instance: &str) -> Result<Option<AppCredentials>, Fault> {
    let (p, i) = (platform.to_owned(), instance.to_owned());
    let sealed: Option<Vec<u8>> = app
        .db
        .read(move |tx| {
            let (p, i) = (p.clone(), i.clone());
            Box::pin(async move { store::platform_app(tx, &p, &i).await })
        })
        .await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let text = app.vault.open_text(None, &place(platform, instance), &sealed).await.map_err(Problem::from)?;
    let plain: BTreeMap<String, String> = serde_json::from_str(text.expose()).unwrap_or_default();
    Ok(Some(AppCredentials {
        instance: (!instance.is_empty()).then(|| instance.to_owned()),
        values: plain.into_iter().map(|(name, value)| (name, Secret::from(value))).collect(),
    }))
}

/// Stores an app.
///
/// # Errors
/// Those of the database and the vault.
pub async fn save(app: &App, platform: &str, credentials: &AppCredentials, by: &str) -> Result<(), Fault> {
    let instance = credentials.instance.clone().unwrap_or_default();
    let plain: BTreeMap<&str, &str> =
        credentials.values.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
    let text = Secret::new(serde_json::json!(plain).to_string());
    let sealed = app.vault.seal(None, &place(platform, &instance), &text).await.map_err(Problem::from)?;
    let (platform, by, now) = (platform.to_owned(), by.to_owned(), app.clock.now());
    let stored: Result<(), db::Error> = app
        .db
        .write(move |tx| {
            let (platform, instance, sealed, by) = (platform.clone(), instance.clone(), sealed.clone(), by.clone());
            Box::pin(async move { store::put_platform_app(tx, &platform, &instance, &sealed, &by, now).await })
        })
        .await;
    Ok(stored?)
}

fn place(platform: &str, instance: &str) -> At {
    At::new("platform_apps", "sealed", format!("{platform}/{instance}"))
}
